"""The repayment mechanism: how much, how likely shared losses exceed it, how much would do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simulate.measures import estimate as of
from simulate.measures.estimate import Estimate, FloatArray

#: How sure a repayment mechanism is asked to be.
COVERED = 0.99


@dataclass(frozen=True)
class RepaymentMeasures:
    """A repayment mechanism against the shared losses of each performance year; dollars.

    It stands for each year on its own: what is drawn is replaced.

    Attributes
    ----------
    amount : float or None
        None where nothing is asked for.
    rule : str
        Where the amount comes from, in words.
    probability_of_exceeding : Estimate or None
        Shared losses of at least one performance year are larger.
    by_year : tuple of Estimate
        The same of each performance year; empty without an amount.
    expected_uncovered : Estimate or None
        Mean of what the worst performance year owes beyond it.
    covers_99 : Estimate
        What would cover the worst performance year on 99 % of paths.
    smallest_loss : float or None
        The least that the worst performance year of a path owes, where it owes anything; None
        where no path does.
    """

    amount: float | None
    rule: str
    probability_of_exceeding: Estimate | None
    by_year: tuple[Estimate, ...]
    expected_uncovered: Estimate | None
    covers_99: Estimate
    smallest_loss: float | None = None

    @property
    def exceeded_by_any_loss(self) -> bool:
        """Whether it is exceeded on every path that owes: its chance is that of ever owing."""
        if self.amount is None or self.smallest_loss is None:
            return False
        return self.smallest_loss > self.amount

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "amount": self.amount,
            "rule": self.rule,
            "probability_of_exceeding": _plain(self.probability_of_exceeding),
            "by_year": [estimate.to_dict() for estimate in self.by_year],
            "expected_uncovered": _plain(self.expected_uncovered),
            "covers_99": self.covers_99.to_dict(),
            "smallest_loss": self.smallest_loss,
            "exceeded_by_any_loss": self.exceeded_by_any_loss,
        }


def required_amount(
    expenditure: float, of_expenditure: float, revenue: float | None, of_revenue: float | None
) -> float:
    """Return what CMS asks for: a share of expenditure, or the lesser of it and one of revenue.

    Parameters
    ----------
    expenditure : float
        Parts A and B expenditure of the assigned beneficiaries, dollars a year.
    of_expenditure : float
        Fraction of it.
    revenue : float or None
        Participants' Parts A and B revenue, dollars a year; None where it is not known.
    of_revenue : float or None
        Fraction of it; None where the contract does not look at revenue.

    Notes
    -----
    42 CFR 425.204(f)(4).
    """
    amount = of_expenditure * expenditure
    if revenue is None or of_revenue is None:
        return amount
    return min(amount, of_revenue * revenue)


def measure_repayment(
    shared_losses: FloatArray,
    one_sided: Sequence[bool],
    mechanism: tuple[float | None, str],
    certain: bool = False,
    replicates: int | None = None,
) -> RepaymentMeasures:
    """Measure a repayment mechanism.

    Parameters
    ----------
    shared_losses : float64 array, shape (paths, performance years)
        Dollars, at least 0.
    one_sided : sequence of bool
        Performance years in which nothing can be owed.
    mechanism : tuple of float or None, and str
        Its amount, and where that comes from.
    certain, replicates
        See `simulate.measures.estimate`.
    """
    amount, rule = mechanism
    worst = np.asarray(shared_losses.max(axis=1))
    covers = of.quantile(worst, COVERED, replicates)
    owed = worst[worst > 0.0]
    smallest = float(owed.min()) if owed.size else None
    if amount is None:
        return RepaymentMeasures(None, rule, None, (), None, covers, smallest)
    by_year = tuple(
        of.proportion(column > amount, certain or known, replicates)
        for column, known in zip(shared_losses.T, one_sided, strict=True)
    )
    return RepaymentMeasures(
        amount,
        rule,
        of.proportion(worst > amount, certain or all(one_sided), replicates),
        by_year,
        of.mean(np.maximum(worst - amount, 0.0), replicates),
        covers,
        smallest,
    )


def _plain(estimate: Estimate | None) -> dict[str, float] | None:
    return estimate and estimate.to_dict()
