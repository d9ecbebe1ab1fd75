"""Payments in advance: how much is advanced when, and how it is recouped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from simulate.measures.estimate import BoolArray, Estimate, FloatArray

#: What becomes of a balance that earned shared savings did not meet.
Shortfall = Literal["forgiven", "at-settlement", "at-end"]


@dataclass(frozen=True)
class Recouped:
    """How advances are paid back; dollars, arrays of shape (paths, performance years).

    Attributes
    ----------
    taken : float64 array
        Taken off the earned shared savings of each performance year.
    repaid : float64 array
        Repaid by the ACO at each settlement, beyond that.
    balance : float64 array
        Left of what was advanced up to each performance year, after its settlement.
    """

    taken: FloatArray
    repaid: FloatArray
    balance: FloatArray


@dataclass(frozen=True)
class PrimaryCareMeasures:
    """What ACO Primary Care Flex pays for primary care; dollars over all years, expected.

    Attributes
    ----------
    base_rate, displaced : Estimate
        County base rate, and the claims that it is paid in the place of.
    enhancements : Estimate
        Paid besides; a credit after shared savings or losses.
    added_to_expenditure : Estimate
        By how much measured expenditure is higher for it.
    """

    base_rate: Estimate
    displaced: Estimate
    enhancements: Estimate
    added_to_expenditure: Estimate

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {name: estimate.to_dict() for name, estimate in vars(self).items()}


def recoup(
    advanced: FloatArray,
    earned: FloatArray,
    shortfall: Shortfall,
    ends: BoolArray | None = None,
) -> Recouped:
    """Recoup advances from earned shared savings, performance year by performance year.

    Parameters
    ----------
    advanced : float64 array, shape (paths, performance years)
        Advanced in each performance year, dollars.
    earned : float64 array, shape (paths, performance years)
        Shared savings earned for it, dollars, at least 0.
    shortfall : str
        Whether what is left is never owed, owed at each settlement, or at the last one.
    ends : bool array, shape (paths, performance years), optional
        Which performance year is the last one of each path; the last of all, if left out.

    Notes
    -----
    What a settlement recoups is the lesser of the shared savings earned and the balance of
    the payments up to the end of its performance year (42 CFR 425.630; every published row of
    performance year 2024).
    """
    taken, repaid, balances = (np.zeros_like(earned) for _ in range(3))
    balance = np.zeros(len(earned))
    count = earned.shape[1]
    if ends is None:
        ends = np.broadcast_to(np.arange(count) == count - 1, earned.shape)
    for year in range(count):
        balance = balance + advanced[:, year]
        taken[:, year] = np.minimum(balance, earned[:, year])
        balance = balance - taken[:, year]
        if shortfall != "forgiven":
            owed = ends[:, year] if shortfall == "at-end" else np.True_
            repaid[:, year] = np.where(owed, balance, 0.0)
            balance = np.where(owed, 0.0, balance)
        balances[:, year] = balance
    return Recouped(taken, repaid, balances)


def aip_quarterly_payment(
    assigned: int,
    dual_share: float,
    adi_percentile: float,
    tiers: Mapping[int, float],
    most: int,
) -> float:
    """Return the advance investment payment of a quarter, dollars.

    Parameters
    ----------
    assigned : int
        Assigned beneficiaries.
    dual_share : float
        Share of them with dual eligibility or low-income subsidy, whose score is 100.
    adi_percentile : float
        Score of the others.
    tiers : mapping
        Dollars a beneficiary by lowest score.
    most : int
        For how many it is paid, those of the highest score first.
    """
    dual = min(dual_share * assigned, float(most))
    others = min(float(assigned), float(most)) - dual
    return dual * tier_of(100.0, tiers) + others * tier_of(adi_percentile, tiers)


def tier_of(score: float, tiers: Mapping[int, float]) -> float:
    """Return the dollars of a score."""
    return tiers[max(lowest for lowest in tiers if lowest <= score)]
