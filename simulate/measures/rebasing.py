"""What an agreement's results do to the benchmark of the next one."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from simulate.measures import estimate as of
from simulate.measures.estimate import Estimate, FloatArray


@dataclass(frozen=True)
class BenchmarkChange:
    """The benchmark after a renewal against the one before it, at the same year's level.

    Attributes
    ----------
    change : Estimate
        Mean change, a fraction of the benchmark before.
    probability_of_lower : Estimate
    adjustment : Estimate
        Mean regional or prior savings adjustment in it, a fraction of the benchmark before.
    lost_per_dollar_saved : Estimate or None
        How many dollars a year lower it is for each dollar a year saved over its base years:
        the least-squares slope over the paths. None where savings do not vary.
    """

    change: Estimate
    probability_of_lower: Estimate
    adjustment: Estimate
    lost_per_dollar_saved: Estimate | None

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value and value.to_dict() for name, value in found.items()}


def benchmark_change(
    before: FloatArray,
    after: FloatArray,
    adjustment: FloatArray,
    saved: FloatArray,
    certain: bool = False,
    replicates: int | None = None,
) -> BenchmarkChange:
    """Measure how a benchmark changes at renewal.

    Parameters
    ----------
    before, after : float64 arrays, shape (paths,)
        Benchmark of the two agreements at one year's level, dollars a year.
    adjustment : float64 array, shape (paths,)
        What was added to the spending of the base years, dollars a year.
    saved : float64 array, shape (paths,)
        Mean savings of the base years, dollars a year.
    certain : bool
        Nothing is random.
    replicates : int, optional
        See `simulate.measures.estimate`.
    """
    return BenchmarkChange(
        change=of.mean(after / before - 1.0, replicates),
        probability_of_lower=of.proportion(after < before, certain, replicates),
        adjustment=of.mean(adjustment / before, replicates),
        lost_per_dollar_saved=slope(saved, before - after, replicates),
    )


def slope(at: FloatArray, values: FloatArray, replicates: int | None = None) -> Estimate | None:
    """Estimate the least-squares slope of `values` over `at`; None where `at` does not vary.

    Error from each path's influence: its residual times its distance from the mean.
    """
    distance = at - np.mean(at)
    variance = float(np.mean(distance**2))
    if variance <= (1e-12 * float(np.mean(np.abs(at)))) ** 2:
        return None
    found = float(np.mean(distance * values)) / variance
    residual = values - np.mean(values) - found * distance
    error = of.mean(distance * residual, replicates).standard_error
    return Estimate(found, error / variance)
