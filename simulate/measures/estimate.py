"""Estimates with their Monte Carlo standard errors, the right one for each kind.

Everything here is statistics of arrays: one entry a simulated year, all years equally
likely. Paired functions take two arrays settled on the same simulated years.

Years are independent; or, with `replicates`, they fall into so many interleaved sets (year r
belongs to set r % replicates) that are independent of each other, while the years of one set
complement each other as quasi-random points do. Then the error of a mean is the spread of the
sets, and that of any other figure the spread of each year's influence on it, set by set.

Where a constant in all values was itself estimated from the years, as a premium is from what it
insures, `shift` holds each year's influence on it, of mean 0: it belongs to the error of every
figure that the constant moves.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


class Estimate(NamedTuple):
    """A simulated figure and the standard error of its simulation.

    The standard error holds the error from simulating finitely many years and
    nothing else: not the uncertainty of the model or of its assumptions.
    """

    value: float
    standard_error: float

    def to_dict(self) -> dict[str, float]:
        """Return plain data for JSON."""
        return {"value": self.value, "standard_error": self.standard_error}


def proportion(hits: BoolArray, certain: bool = False, replicates: int | None = None) -> Estimate:
    """Estimate a probability by the share of years.

    The standard error of independent years is the binomial one at (hits + 1/2) /
    (years + 1), so that a share of 0 or 1 does not claim to be exact; unless the years are
    `certain`, all alike because nothing is random. It also stands where the replicates agree
    to the last hit, which says nothing about their spread.
    """
    years = hits.size
    count = int(np.count_nonzero(hits))
    if certain:
        return Estimate(count / years, 0.0)
    error = _error_of_mean(hits.astype(np.float64), replicates) if replicates else 0.0
    if error * years < 0.5:
        shrunk = (count + 0.5) / (years + 1.0)
        error = float(np.sqrt(shrunk * (1.0 - shrunk) / years))
    return Estimate(count / years, error)


def proportion_above(
    values: FloatArray,
    certain: bool = False,
    replicates: int | None = None,
    shift: FloatArray | None = None,
) -> Estimate:
    """Estimate the probability of values of 0 or more.

    What a shift adds is its part of the density at 0, taken from the share of values around it
    (within Silverman's width).
    """
    hits = np.asarray(values >= 0.0)
    found = proportion(hits, certain, replicates)
    if certain or shift is None:
        return found
    width = 1.06 * float(np.std(values)) * values.size**-0.2
    density = float(np.mean(np.abs(values) < width)) / (2.0 * width) if width else 0.0
    error = _error_of_mean(hits + density * shift, replicates)
    return Estimate(found.value, error if density else found.standard_error)


def mean(
    values: FloatArray, replicates: int | None = None, shift: FloatArray | None = None
) -> Estimate:
    """Estimate an expectation by the mean; error: standard deviation over root years."""
    influence = values if shift is None else values + shift
    return Estimate(float(np.mean(values)), _error_of_mean(influence, replicates))


def standard_deviation(values: FloatArray, replicates: int | None = None) -> Estimate:
    """Estimate a standard deviation; error by the delta method from the fourth moment."""
    centred = values - np.mean(values)
    variance = float(np.mean(centred**2))
    if variance == 0.0:
        return Estimate(0.0, 0.0)
    error_of_variance = _error_of_mean(centred**2, replicates)
    deviation = float(np.sqrt(variance))
    return Estimate(deviation, error_of_variance / (2.0 * deviation))


def quantile(
    values: FloatArray,
    level: float,
    replicates: int | None = None,
    shift: FloatArray | None = None,
) -> Estimate:
    """Estimate a quantile; error: half the distance of the order statistics one se off.

    The rank of the true quantile is binomial with standard deviation
    sqrt(n p (1-p)), whatever the distribution; with replicates it is as uncertain as the
    share of years up to the estimate. With a shift the error is that of each year's influence.
    """
    if shift is not None:
        middle, influence = _influence_on_quantile(values, level)
        return Estimate(middle, _error_of_mean(influence + shift, replicates))
    low, middle, high = _order_statistics(values, level)
    if replicates:
        spread = _spread_of_rank(values, middle, replicates)
        low, middle, high = _order_statistics(values, level, spread)
    return Estimate(middle, 0.5 * (high - low))


def _spread_of_rank(values: FloatArray, at: float, replicates: int) -> float:
    # Where many years share the value, the rank lies between those below it and those up to it.
    shares = ((values < at).astype(np.float64), (values <= at).astype(np.float64))
    return values.size * max(_error_of_mean(share, replicates) for share in shares)


def tail_mean(
    values: FloatArray,
    level: float,
    replicates: int | None = None,
    shift: FloatArray | None = None,
) -> Estimate:
    """Estimate the mean of the worst (largest) 1 - `level` of years (TVaR).

    By q + E[(X - q)+] / (1 - level), which is right also where the quantile q is
    shared by many years; the error of q itself cancels to first order.
    """
    at = _order_statistics(values, level)[1]
    excess = np.maximum(values - at, 0.0) / (1.0 - level)
    influence = excess if shift is None else excess + shift
    return Estimate(at + float(np.mean(excess)), _error_of_mean(influence, replicates))


def paired_quantile(
    first: FloatArray,
    second: FloatArray,
    level: float,
    replicates: int | None = None,
    shift: FloatArray | None = None,
) -> Estimate:
    """Estimate the difference of two quantiles over the same years.

    The error comes from the influence of each year on both quantiles.
    """
    (one, on_one), (two, on_two) = (
        _influence_on_quantile(sample, level) for sample in (first, second)
    )
    influence = on_one - on_two
    if shift is not None:
        influence += shift
    return Estimate(one - two, _error_of_mean(influence, replicates))


def _influence_on_quantile(values: FloatArray, level: float) -> tuple[float, FloatArray]:
    """Return a quantile and the influence of each year on it.

    The density there is taken from the order statistics one standard error to either side.
    """
    low, middle, high = _order_statistics(values, level)
    per_rank = (high - low) / (2.0 * np.sqrt(level * (1.0 - level) / values.size))
    return middle, per_rank * ((values > middle) - (1.0 - level))


def paired_tail_mean(
    first: FloatArray, second: FloatArray, level: float, replicates: int | None = None
) -> Estimate:
    """Estimate the difference of two tail means over the same years."""
    excess = [
        np.maximum(sample - _order_statistics(sample, level)[1], 0.0) for sample in (first, second)
    ]
    value = tail_mean(first, level).value - tail_mean(second, level).value
    error = _error_of_mean(excess[0] - excess[1], replicates)
    return Estimate(value, error / (1.0 - level))


def paired_deviation(
    first: FloatArray, second: FloatArray, replicates: int | None = None
) -> Estimate:
    """Estimate the difference of two standard deviations over the same years."""
    influence = np.zeros(first.size)
    for sign, sample in ((1.0, first), (-1.0, second)):
        deviation = float(np.std(sample))
        if deviation > 0.0:
            influence += sign * (sample - np.mean(sample)) ** 2 / (2.0 * deviation)
    difference = float(np.std(first)) - float(np.std(second))
    return Estimate(difference, _error_of_mean(influence, replicates))


def _error_of_mean(values: FloatArray, replicates: int | None = None) -> float:
    if values.size < 2:
        return 0.0
    # A constant sample has a mean without error, whatever the rounding of the sum.
    if values[0] == values[-1] and np.all(values == values[0]):
        return 0.0
    if replicates:
        return _error_by_replicates(values, replicates)
    return float(np.std(values, ddof=1) / np.sqrt(values.size))


def _error_by_replicates(values: FloatArray, replicates: int) -> float:
    """Return the error of a mean from the sums of deviations of each replicate.

    Sums, not means, so that replicates may differ in length by a year; and with one year in
    each it is the error of independent years.
    """
    years = values.size
    deviations = np.zeros(-(-years // replicates) * replicates)
    deviations[:years] = values - np.mean(values)
    sums = deviations.reshape(-1, replicates).sum(axis=0)[:years]
    return float(np.sqrt(sums.size / (sums.size - 1.0) * np.sum(sums**2)) / years)


def _order_statistics(
    values: FloatArray, level: float, spread: float | None = None
) -> tuple[float, float, float]:
    """Return the empirical quantile and those `spread` ranks below and above.

    Left out, the spread is one binomial standard error.
    """
    years = values.size
    if spread is None:
        spread = np.sqrt(years * level * (1.0 - level))
    ranks = np.array([level * years - spread, level * years, level * years + spread])
    indices = np.clip(np.ceil(ranks).astype(np.int64) - 1, 0, years - 1)
    ordered = np.partition(values, np.unique(indices))
    low, middle, high = (float(ordered[i]) for i in indices)
    return low, middle, high
