"""Payments over time, simulated path by path: present value, running total, break-even."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulate.measures import estimate as of
from simulate.measures.estimate import Estimate, FloatArray


@dataclass(frozen=True)
class CashFlows:
    """Dated payments of simulated paths.

    Attributes
    ----------
    times : float64 array, shape (payments,)
        When each is made, in years from the first day; ascending.
    dollars : float64 array, shape (paths, payments)
        What is received (> 0) or paid (< 0).
    labels : tuple of str
        What each is, in words.
    """

    times: FloatArray
    dollars: FloatArray
    labels: tuple[str, ...]

    def __post_init__(self) -> None:
        count = self.dollars.shape[1]
        if self.times.shape != (count,) or len(self.labels) != count:
            raise ValueError("times, labels and the columns of dollars must be as many")
        if np.any(np.diff(self.times) < 0.0):
            raise ValueError("times must ascend")

    def present_value(self, rate: float) -> FloatArray:
        """Return each path's payments discounted to the first day, dollars, shape (paths,).

        Parameters
        ----------
        rate : float
            A year, compounded yearly; a fraction above -1.
        """
        total = np.zeros(len(self.dollars))
        # Payment by payment: a path's value does not depend on how many paths there are.
        for payment, factor in enumerate(discount_factors(self.times, rate)):
            total += factor * self.dollars[:, payment]
        return total

    def running_total(self) -> FloatArray:
        """Return what has been received on balance after each payment, shape (paths, payments)."""
        return np.asarray(np.cumsum(self.dollars, axis=1))

    def break_even_times(self) -> FloatArray:
        """Return when the running total is first above zero, years; infinite where it never is."""
        above = self.running_total() > 0.0
        first = np.argmax(above, axis=1)
        return np.where(above.any(axis=1), self.times[first], np.inf)

    def plus(self, other: CashFlows) -> CashFlows:
        """Return both sets of payments of the same paths, in order of time.

        Of payments at the same time those of `other` come last.
        """
        times = np.concatenate([self.times, other.times])
        order = np.argsort(times, kind="stable")
        dollars = np.concatenate([self.dollars, other.dollars], axis=1)
        labels = (*self.labels, *other.labels)
        return CashFlows(times[order], dollars[:, order], tuple(labels[i] for i in order))


def times_to_stay_ahead(running: FloatArray, times: FloatArray) -> FloatArray:
    """Return from when on a running total is not below zero any more, years, shape (paths,).

    Infinite where it ends below zero.

    Parameters
    ----------
    running : float64 array, shape (paths, payments)
        What has been received on balance after each payment, dollars.
    times : float64 array, shape (payments,)
        When each is made, years; ascending.
    """
    below = running < 0.0
    # The last time that it is below, counted from the end.
    since = np.argmax(below[:, ::-1], axis=1)
    begins = np.append(times, np.inf)[running.shape[1] - since]
    return np.asarray(np.where(below.any(axis=1), begins, times[0]))


def median_time(times: FloatArray, replicates: int | None = None) -> Estimate | None:
    """Estimate the median of times that are infinite on some paths; None where on most."""
    if np.mean(np.isfinite(times)) < 0.5:
        return None
    # Beyond every payment, so that what never happens has a place in the order.
    never = float(times[np.isfinite(times)].max()) + 1.0
    return of.quantile(np.where(np.isfinite(times), times, never), 0.5, replicates)


def discount_factors(times: FloatArray, rate: float) -> tuple[float, ...]:
    """Return what a dollar at each time (years) is worth on the first day."""
    return tuple((1.0 + rate) ** -float(time) for time in times)
