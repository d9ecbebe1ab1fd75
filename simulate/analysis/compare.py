"""Two contracts of one run, year against year."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from simulate.analysis.run import ASSUMED, CHANCE_ALONE, Run, outcomes_of
from simulate.analysis.simulation import simulated_under
from simulate.engine.years import Execution, View
from simulate.measures.comparison import Comparison, Flip, compare_outcomes, find_flips
from simulate.measures.estimate import FloatArray

#: Range of true savings rates searched for a change of preference.
SEARCHED = (-0.10, 0.20)
_NODES = 6
_MOST_YEARS = 20_000


@dataclass(frozen=True)
class ContractComparison:
    """Contract `first` against contract `second`, on the same simulated years.

    Attributes
    ----------
    assumed, chance_alone : Comparison
        Paired differences, first less second, at the assumed true savings and at zero.
    flips : tuple of Flip
        Where the contract with the larger expected net outcome changes.
    flip_years : int
        Simulated years that the flips rest on.
    """

    run: Run
    first: str
    second: str
    assumed: Comparison
    chance_alone: Comparison
    flips: tuple[Flip, ...]
    flip_years: int

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison as plain data for JSON."""
        names = (self.first, self.second)
        return {
            "first": self.first,
            "second": self.second,
            "assumed": _as_dict(self.assumed),
            "chance_alone": _as_dict(self.chance_alone),
            "flips": [
                {
                    "true_savings": None if f.true_savings is None else f.true_savings.to_dict(),
                    "equal_between": None if f.equal_between is None else list(f.equal_between),
                    "preferred_below": _name(f.preferred_below, names),
                    "preferred_above": _name(f.preferred_above, names),
                    "searched": list(f.searched),
                }
                for f in self.flips
            ],
            "flip_years": self.flip_years,
        }


def compare(
    run: Run, first: str, second: str, execution: Execution | None = None
) -> ContractComparison:
    """Compare two contracts of a run.

    Parameters
    ----------
    run : Run
        Must hold both contracts.
    first, second : str
        Contract ids; differences are first less second.
    execution : Execution, optional
        How the search for the change of preference is carried out.
    """
    one, two = run[first], run[second]
    assumed, by_chance = (
        compare_outcomes(run.outcomes(first, view), run.outcomes(second, view), run.certain(view))
        for view in (ASSUMED, CHANCE_ALONE)
    )
    years = min(run.years, _MOST_YEARS)
    expenditure = _ExpenditureBySavings(run, years, execution)
    benchmark = run.simulated.settled_against
    if not isinstance(benchmark, float):
        benchmark = benchmark[:years]
    scores = run.quality_scores(years)

    def difference(rate: float) -> FloatArray:
        at = expenditure(rate)
        nets = [outcomes_of(c.resolved, run.aco, benchmark, at, scores).net for c in (one, two)]
        return np.asarray(nets[0] - nets[1])

    flips = tuple(find_flips(difference, SEARCHED, replicates=run.simulated.replicates))
    return ContractComparison(run, first, second, assumed, by_chance, flips, years)


class _ExpenditureBySavings:
    """Total expenditure of the same simulated years at any true savings rate.

    Truncation makes a year's expenditure a slightly curved function of the true
    savings. It is simulated exactly at a few Chebyshev nodes and interpolated by the
    polynomial through them. A single year of 5,000 people is met to a few parts in ten
    thousand, because each person bends at the truncation point; the mean over years to a few
    parts in a hundred thousand, far inside the simulation error.
    """

    def __init__(self, run: Run, years: int, execution: Execution | None) -> None:
        low, high = SEARCHED
        angles = (2 * np.arange(_NODES) + 1) * np.pi / (2 * _NODES)
        self.nodes = 0.5 * (low + high) - 0.5 * (high - low) * np.cos(angles)
        # As uncertain around each mean as in the run, so that a flip says what the run would.
        sd = run.true_savings.view.sd
        views = tuple(View(float(node), sd) for node in self.nodes)
        simulated = simulated_under(
            run.scenario, run.population, run.noise, views, years, execution
        )
        self.totals = np.stack([simulated.total(view) for view in range(_NODES)])

    def __call__(self, rate: float) -> FloatArray:
        weights = [
            np.prod([(rate - other) / (node - other) for other in self.nodes if other != node])
            for node in self.nodes
        ]
        return np.asarray(np.array(weights) @ self.totals)


def _as_dict(comparison: Comparison) -> dict[str, Any]:
    return {
        "differences": {name: d.to_dict() for name, d in comparison.differences.items()},
        "first_better": comparison.first_better.to_dict(),
        "second_better": comparison.second_better.to_dict(),
        "equal": comparison.equal.to_dict(),
    }


def _name(which: int, names: tuple[str, str]) -> str | None:
    return names[which] if which >= 0 else None
