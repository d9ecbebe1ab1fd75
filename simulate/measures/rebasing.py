"""What an agreement's results do to the benchmark of the next one."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

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
    lost_per_dollar_saved : Estimate
        How many dollars a year lower it is for each dollar a year less spent in its base years:
        what the rule takes at the margin, averaged over the paths.
    """

    change: Estimate
    probability_of_lower: Estimate
    adjustment: Estimate
    lost_per_dollar_saved: Estimate

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {field.name: getattr(self, field.name).to_dict() for field in fields(self)}


def benchmark_change(
    before: FloatArray,
    after: FloatArray,
    adjustment: FloatArray,
    lost_per_dollar: FloatArray,
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
    lost_per_dollar : float64 array, shape (paths,)
        How much lower the benchmark after is for each dollar less spent in every base year.
    certain : bool
        Nothing is random.
    replicates : int, optional
        See `simulate.measures.estimate`.
    """
    return BenchmarkChange(
        change=of.mean(after / before - 1.0, replicates),
        probability_of_lower=of.proportion(after < before, certain, replicates),
        adjustment=of.mean(adjustment / before, replicates),
        lost_per_dollar_saved=of.mean(lost_per_dollar, replicates),
    )
