"""Two paths of contracts of one agreement run, simulated path by simulated path."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from simulate.agreement.run import AgreementRun
from simulate.agreement.settlement import settle_path
from simulate.agreement.simulation import ASSUMED, CHANCE_ALONE, SimulatedAgreement, simulate_views
from simulate.engine.years import Execution, View
from simulate.measures.agreement_comparison import AgreementDifference, compare_agreements
from simulate.measures.comparison import Flip, find_flips
from simulate.measures.estimate import FloatArray

#: Range of mean true savings rates searched for a change of preference.
SEARCHED = (-0.10, 0.20)
_NODES = 6
_MOST_PATHS = 4_000


@dataclass(frozen=True)
class AgreementComparison:
    """Path `first` against path `second`, on the same simulated years.

    Attributes
    ----------
    assumed, chance_alone : AgreementDifference
        First less second, at the assumed true savings and at zero.
    flips : tuple of Flip
        Where the path with the larger expected net present value changes.
    flip_paths : int
        Simulated paths that the flips rest on.
    """

    run: AgreementRun
    first: str
    second: str
    assumed: AgreementDifference
    chance_alone: AgreementDifference
    flips: tuple[Flip, ...]
    flip_paths: int

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison as plain data for JSON."""
        return {
            "first": self.first,
            "second": self.second,
            "assumed": self.assumed.to_dict(),
            "chance_alone": self.chance_alone.to_dict(),
            "flips": [self._flip_facts(flip) for flip in self.flips],
            "flip_paths": self.flip_paths,
        }

    def _flip_facts(self, flip: Flip) -> dict[str, Any]:
        def name(which: int) -> str | None:
            return (self.first, self.second)[which] if which >= 0 else None

        return {
            "true_savings": flip.true_savings and flip.true_savings.to_dict(),
            "equal_between": flip.equal_between and list(flip.equal_between),
            "preferred_below": name(flip.preferred_below),
            "preferred_above": name(flip.preferred_above),
            "searched": list(flip.searched),
        }


def compare_paths(
    run: AgreementRun, first: str, second: str, execution: Execution | None = None
) -> AgreementComparison:
    """Compare two paths of an agreement run.

    Parameters
    ----------
    run : AgreementRun
        Must hold both paths.
    first, second : str
        Labels; differences are first less second.
    execution : Execution, optional
        How the search for the change of preference is carried out.
    """
    planned = run[first].planned, run[second].planned
    rate = run.plan.settings.discount_rate

    def difference(view: int) -> AgreementDifference:
        one, two = (run.settled(p, view).measured_years() for p in planned)
        return compare_agreements(one, two, rate, run.certain(view))

    spending = SpendingBySavings(run, execution)

    def values(mean: float) -> FloatArray:
        simulated, at = spending.simulated, spending(mean)
        one, two = (
            settle_path(run.plan, p, simulated, at[:, : p.path.calendar_years]) for p in planned
        )
        return np.asarray(one.cash.present_value(rate) - two.cash.present_value(rate))

    flips = tuple(find_flips(values, SEARCHED, replicates=spending.simulated.replicates))
    return AgreementComparison(
        run, first, second, difference(ASSUMED), difference(CHANCE_ALONE), flips, spending.paths
    )


class SpendingBySavings:
    """Spending of the first simulated paths at any mean of the true savings.

    Simulated exactly at a few Chebyshev nodes, as uncertain around each mean as in the run
    unless another `sd` is stated, and interpolated by the polynomial through them, as a
    comparison of single years does.
    """

    simulated: SimulatedAgreement

    def __init__(
        self, run: AgreementRun, execution: Execution | None, sd: float | None = None
    ) -> None:
        low, high = SEARCHED
        angles = (2 * np.arange(_NODES) + 1) * np.pi / (2 * _NODES)
        self.nodes = 0.5 * (low + high) - 0.5 * (high - low) * np.cos(angles)
        self.paths = min(run.plan.simulated_paths, _MOST_PATHS)
        sd = run.plan.true_savings.view.sd if sd is None else sd
        views = [View(float(node), sd) for node in self.nodes]
        self.simulated = simulate_views(run.plan, views, self.paths, execution)

    def __call__(self, mean: float) -> FloatArray:
        """Return expenditure at a mean of the true savings, shape (paths, calendar years)."""
        weights = [
            np.prod([(mean - other) / (node - other) for other in self.nodes if other != node])
            for node in self.nodes
        ]
        return np.asarray(np.einsum("n,nyc->yc", np.array(weights), self.simulated.expenditure))
