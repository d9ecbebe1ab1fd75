"""Two paths of contracts of one agreement run, simulated path by simulated path."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from simulate.agreement.run import AgreementRun
from simulate.agreement.settlement import settle_path
from simulate.agreement.simulation import ASSUMED, CHANCE_ALONE
from simulate.agreement.spending import SEARCHED, SpendingBySavings
from simulate.engine.years import Execution
from simulate.measures.agreement_comparison import AgreementDifference, compare_agreements
from simulate.measures.comparison import Flip, find_flips
from simulate.measures.estimate import FloatArray

if TYPE_CHECKING:
    from simulate.agreement.finance.finances import Finances


@dataclass(frozen=True)
class Compared:
    """One figure of two paths under both views of the true savings, and where they change places.

    Attributes
    ----------
    assumed, chance_alone : AgreementDifference
        First less second, at the assumed true savings and at zero.
    flips : tuple of Flip
        Where the path with the larger expected present value changes.
    """

    assumed: AgreementDifference
    chance_alone: AgreementDifference
    flips: tuple[Flip, ...]

    def to_dict(self, names: tuple[str, str]) -> dict[str, Any]:
        """Return plain data for JSON, the paths by their names."""
        return {
            "assumed": self.assumed.to_dict(),
            "chance_alone": self.chance_alone.to_dict(),
            "flips": [_flip_facts(flip, names) for flip in self.flips],
        }


@dataclass(frozen=True)
class AgreementComparison:
    """Path `first` against path `second`, on the same simulated years.

    Attributes
    ----------
    run : AgreementRun
    first, second : str
        Labels of the paths.
    settlements : Compared
        What contracts pay and are owed.
    after_costs : Compared or None
        What is left after costs, payments in advance and reinsurance: the answer, where finances
        are stated.
    flip_paths : int
        Simulated paths that the flips rest on.
    finances : Finances or None
        What `after_costs` rests on.
    """

    run: AgreementRun
    first: str
    second: str
    settlements: Compared
    after_costs: Compared | None
    flip_paths: int
    finances: Finances | None

    @property
    def assumed(self) -> AgreementDifference:
        """Settlements, first less second, at the assumed true savings."""
        return self.settlements.assumed

    @property
    def chance_alone(self) -> AgreementDifference:
        """Settlements, first less second, at true savings of zero."""
        return self.settlements.chance_alone

    @property
    def flips(self) -> tuple[Flip, ...]:
        """Where the better path changes: by what is left after costs, where that is known."""
        return (self.after_costs or self.settlements).flips

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison as plain data for JSON."""
        names = self.first, self.second
        after_costs = None if self.after_costs is None else self.after_costs.to_dict(names)
        return {
            "first": self.first,
            "second": self.second,
            **self.settlements.to_dict(names),
            "after_costs": after_costs,
            "flip_paths": self.flip_paths,
        }


def _flip_facts(flip: Flip, names: tuple[str, str]) -> dict[str, Any]:
    def name(which: int) -> str | None:
        return names[which] if which >= 0 else None

    return {
        "true_savings": flip.true_savings and flip.true_savings.to_dict(),
        "equal_between": flip.equal_between and list(flip.equal_between),
        "preferred_below": name(flip.preferred_below),
        "preferred_above": name(flip.preferred_above),
        "searched": list(flip.searched),
    }


def compare_paths(
    run: AgreementRun,
    first: str,
    second: str,
    execution: Execution | None = None,
    finances: Finances | None = None,
) -> AgreementComparison:
    """Compare two paths of an agreement run.

    Parameters
    ----------
    run : AgreementRun
        Must hold both paths. Where its scenario states finances, what is left after them is
        compared, too, and is the answer.
    first, second : str
        Labels; differences are first less second.
    execution : Execution, optional
        How the search for the change of preference is carried out.
    finances : Finances, optional
        Those of the run, where they are already reckoned.
    """
    labels = run[first].planned.label, run[second].planned.label
    if finances is None and run.scenario.finance.stated:
        finances = run.finances(execution)
    spending = SpendingBySavings(run, execution)
    after_costs = None
    if finances is not None:
        from simulate.agreement.finance.comparison import compare_finances

        after_costs = compare_finances(finances, labels, spending, execution)
    return AgreementComparison(
        run,
        first,
        second,
        _compare_settlements(run, labels, spending),
        after_costs,
        spending.paths,
        finances,
    )


def _compare_settlements(
    run: AgreementRun, labels: tuple[str, str], spending: SpendingBySavings
) -> Compared:
    planned = [run[label].planned for label in labels]
    rate = run.plan.settings.discount_rate

    def difference(view: int) -> AgreementDifference:
        one, two = (run.settled(p, view).measured_years() for p in planned)
        return compare_agreements(one, two, rate, run.certain(view))

    def values(mean: float) -> FloatArray:
        simulated, at = spending.simulated, spending(mean)
        one, two = (
            settle_path(run.plan, p, simulated, at[:, : p.path.calendar_years]) for p in planned
        )
        return np.asarray(one.cash.present_value(rate) - two.cash.present_value(rate))

    flips = tuple(find_flips(values, SEARCHED, replicates=spending.simulated.replicates))
    return Compared(difference(ASSUMED), difference(CHANCE_ALONE), flips)
