"""The cash of an agreement quarter by quarter: what comes and goes, what is left, what is owed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from simulate.agreement.finance.quarters import QUARTERS
from simulate.measures import estimate as of
from simulate.measures.cash import median_time, times_to_stay_ahead
from simulate.measures.estimate import Estimate, FloatArray

#: With these probabilities a capital is enough.
CAPITAL_LEVELS = (0.95, 0.99)


@dataclass(frozen=True)
class Ledger:
    """What is received and paid in each quarter of simulated paths.

    Attributes
    ----------
    items : dict of str to float64 array, shape (paths, quarters)
        Dollars received (> 0) or paid (< 0); one row where it is the same on all paths.
    opening : float
        Cash on the first day, dollars.
    """

    items: dict[str, FloatArray]
    opening: float = 0.0

    def total(self) -> FloatArray:
        """Return what each quarter brings, dollars, shape (paths, quarters)."""
        return np.asarray(sum(self.items.values()))

    def position(self) -> FloatArray:
        """Return the cash on hand after each quarter, dollars, shape (paths, quarters)."""
        return np.asarray(self.opening + self.running_total())

    def running_total(self) -> FloatArray:
        """Return what all quarters so far brought, dollars, shape (paths, quarters)."""
        return np.asarray(np.cumsum(self.total(), axis=1))

    def break_even_times(self) -> FloatArray:
        """Return from when on the running total is not below zero to the end, years, (paths,).

        Counted from the first day; what a quarter brings comes at its beginning. Infinite where
        the end is below zero.
        """
        running = self.running_total()
        return times_to_stay_ahead(running, np.arange(running.shape[1]) / QUARTERS)


@dataclass(frozen=True)
class QuarterMeasures:
    """One quarter; dollars.

    Attributes
    ----------
    items : dict of str to Estimate
        Mean of what comes and goes.
    position, position_p05, position_p95 : Estimate
        Cash on hand at its end, mean, 5 % and 95 % quantile.
    probability_of_negative_position : Estimate
    balance, balance_p95 : Estimate or None
        Advances not yet recouped, at its end; None without advances.
    """

    items: dict[str, Estimate]
    position: Estimate
    position_p05: Estimate
    position_p95: Estimate
    probability_of_negative_position: Estimate
    balance: Estimate | None
    balance_p95: Estimate | None

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "items": {name: estimate.to_dict() for name, estimate in self.items.items()},
            "position": self.position.to_dict(),
            "position_p05": self.position_p05.to_dict(),
            "position_p95": self.position_p95.to_dict(),
            "probability_of_negative_position": self.probability_of_negative_position.to_dict(),
            "outstanding_balance": self.balance and self.balance.to_dict(),
            "outstanding_balance_p95": self.balance_p95 and self.balance_p95.to_dict(),
        }


@dataclass(frozen=True)
class CashMeasures:
    """The cash of an agreement.

    Attributes
    ----------
    quarters : tuple of QuarterMeasures
    probability_of_negative_position : Estimate
        Cash on hand is below zero after at least one quarter.
    capital : tuple of Estimate
        Dollars on the first day, besides the cash on hand, that keep it from that with the
        probabilities of `CAPITAL_LEVELS`.
    probability_of_breaking_even : Estimate
        All that came and went, opening cash aside, is not below zero at the end.
    time_to_break_even_p50 : Estimate or None
        Years from the first day from which on that stays so to the end, on half of all paths;
        None where fewer than half get there.
    """

    quarters: tuple[QuarterMeasures, ...]
    probability_of_negative_position: Estimate
    capital: tuple[Estimate, ...]
    probability_of_breaking_even: Estimate
    time_to_break_even_p50: Estimate | None

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        time = self.time_to_break_even_p50
        return {
            "quarters": [quarter.to_dict() for quarter in self.quarters],
            "probability_of_negative_position": self.probability_of_negative_position.to_dict(),
            "capital": {
                f"{level:g}": estimate.to_dict()
                for level, estimate in zip(CAPITAL_LEVELS, self.capital, strict=True)
            },
            "probability_of_breaking_even": self.probability_of_breaking_even.to_dict(),
            "time_to_break_even_p50": time and time.to_dict(),
        }


def measure_ledger(
    ledger: Ledger,
    balance: FloatArray | None = None,
    certain: bool = False,
    replicates: int | None = None,
) -> CashMeasures:
    """Measure the cash of an agreement.

    Parameters
    ----------
    ledger : Ledger
    balance : float64 array, shape (paths, quarters), optional
        Advances not yet recouped, dollars.
    certain, replicates
        See `simulate.measures.estimate`.
    """
    position = ledger.position()
    lowest = np.asarray(position.min(axis=1))
    needed = np.maximum(-lowest, 0.0)
    times = ledger.break_even_times()
    return CashMeasures(
        tuple(
            _quarter(ledger, position, balance, number, (certain, replicates))
            for number in range(position.shape[1])
        ),
        _below_zero(lowest, certain, replicates),
        tuple(of.quantile(needed, level, replicates) for level in CAPITAL_LEVELS),
        of.proportion(np.isfinite(times), certain, replicates),
        median_time(times, replicates),
    )


def _quarter(
    ledger: Ledger,
    position: FloatArray,
    balance: FloatArray | None,
    number: int,
    known: tuple[bool, int | None],
) -> QuarterMeasures:
    certain, replicates = known
    cash = position[:, number]
    owed = None if balance is None else balance[:, number]
    return QuarterMeasures(
        {name: of.mean(rows[:, number], replicates) for name, rows in ledger.items.items()},
        of.mean(cash, replicates),
        of.quantile(cash, 0.05, replicates),
        of.quantile(cash, 0.95, replicates),
        _below_zero(cash, certain, replicates),
        None if owed is None else of.mean(owed, replicates),
        None if owed is None else of.quantile(owed, 0.95, replicates),
    )


def _below_zero(cash: FloatArray, certain: bool, replicates: int | None) -> Estimate:
    # Before the first settlement all paths are alike: known, not simulated.
    alike = bool(np.all(cash == cash[0]))
    return of.proportion(cash < 0.0, certain or alike, replicates)
