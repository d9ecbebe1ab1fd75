"""The quarters of a path of contracts: which a performance year covers, when it is settled."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simulate.agreement.path import MONTHS, Path
from simulate.measures.cash import CashFlows
from simulate.measures.estimate import BoolArray, FloatArray

QUARTERS = 4
#: Times are sums of quarters in floating point.
_CLOSE = 1e-9


@dataclass(frozen=True)
class Quarters:
    """The quarters from a path's first day to its last payment.

    Attributes
    ----------
    labels : tuple of str
        ``2025 Q1``, of calendar years.
    by_year : tuple of tuple of int
        Quarters of each performance year, while the ACO is in the programme.
    settled : tuple of int
        Quarter in which each performance year is settled.
    """

    labels: tuple[str, ...]
    by_year: tuple[tuple[int, ...], ...]
    settled: tuple[int, ...]

    @property
    def count(self) -> int:
        """How many quarters."""
        return len(self.labels)

    @property
    def times(self) -> FloatArray:
        """When each quarter begins, years from the first day."""
        return np.arange(self.count) / QUARTERS

    def of_cash(self, cash: CashFlows) -> FloatArray:
        """Return dated payments by quarter, dollars, shape (paths, quarters)."""
        found = np.zeros((len(cash.dollars), self.count))
        for payment, time in enumerate(cash.times):
            found[:, quarter_of(time)] += cash.dollars[:, payment]
        return found

    def at_settlements(self, by_year: FloatArray) -> FloatArray:
        """Return what comes with each settlement, years in columns, by quarter."""
        found = np.zeros((len(by_year), self.count))
        for year, quarter in enumerate(self.settled):
            found[:, quarter] += by_year[:, year]
        return found

    def at_year_starts(self, by_year: FloatArray) -> FloatArray:
        """Return what is paid in the first quarter of each performance year, by quarter."""
        found = np.zeros((len(by_year), self.count))
        for year, quarters in enumerate(self.by_year):
            found[:, quarters[0]] += by_year[:, year]
        return found

    def while_inside(self, in_agreement: BoolArray) -> FloatArray:
        """Return 0 in quarters of performance years that a path is not in, else 1."""
        found = np.ones((len(in_agreement), self.count))
        for year, quarters in enumerate(self.by_year):
            found[:, list(quarters)] = in_agreement[:, [year]]
        return found

    def spread(self, by_year: FloatArray) -> FloatArray:
        """Return yearly amounts in equal parts over the quarters of their performance year."""
        found = np.zeros((len(by_year), self.count))
        for year, quarters in enumerate(self.by_year):
            found[:, list(quarters)] += by_year[:, [year]] / len(quarters)
        return found


def quarters_of(path: Path, start_year: int, lag: float) -> Quarters:
    """Return the quarters of a path.

    Parameters
    ----------
    path : Path
    start_year : int
        Calendar year in which it begins.
    lag : float
        Years from the end of a performance year to its settlement.
    """
    by_year = []
    for year in path.years:
        first, count = quarter_of(year.begins_at), math.ceil(year.months_inside * QUARTERS / MONTHS)
        by_year.append(tuple(range(first, first + max(1, count))))
    settled = tuple(quarter_of(year.ends_at + lag) for year in path.years)
    last = max(*settled, quarter_of(1.0 + lag))
    labels = _labels(start_year, quarters_missed(path), last + 1)
    return Quarters(labels, tuple(by_year), settled)


def quarter_of(time: float) -> int:
    """Return the quarter that a time, years from the first day, falls in."""
    return math.floor(time * QUARTERS + _CLOSE)


def quarters_missed(path: Path) -> int:
    """Return how many quarters of its first calendar year lie before a path."""
    last = path.years[-1]
    return round((last.last_calendar + 1 - last.ends_at) * QUARTERS)


def _labels(start_year: int, missed: int, count: int) -> tuple[str, ...]:
    numbers: Sequence[int] = range(missed, missed + count)
    return tuple(f"{start_year + n // QUARTERS} Q{n % QUARTERS + 1}" for n in numbers)
