"""What a programme costs, and what an agreement returns on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from simulate.measures import estimate as of
from simulate.measures.estimate import Estimate, FloatArray


@dataclass(frozen=True)
class CostMeasures:
    """What is left of an agreement's net after its costs; dollars over all years.

    Attributes
    ----------
    costs, present_value_of_costs : float
        Known.
    expected_net_after_costs, net_after_costs_p05, net_after_costs_p50, net_after_costs_p95
        Of the sum of net less costs.
    expected_present_value_after_costs : Estimate
    probability_of_covering_costs : Estimate
        The sum of net is at least as large as the costs.
    return_on_costs : Estimate or None
        Expected net after costs over the costs, a fraction; None without costs.
    return_on_costs_p05, return_on_costs_p95 : Estimate or None
    savings_per_dollar_of_costs : Estimate or None
        Expected shared savings over the costs: the ratio that CMS's figures of 2011 state.
    """

    costs: float
    present_value_of_costs: float
    expected_net_after_costs: Estimate
    net_after_costs_p05: Estimate
    net_after_costs_p50: Estimate
    net_after_costs_p95: Estimate
    expected_present_value_after_costs: Estimate
    probability_of_covering_costs: Estimate
    return_on_costs: Estimate | None
    return_on_costs_p05: Estimate | None
    return_on_costs_p95: Estimate | None
    savings_per_dollar_of_costs: Estimate | None

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        return {k: v.to_dict() if isinstance(v, Estimate) else v for k, v in found.items()}


def yearly_costs(yearly: float, growth: float, parts: Sequence[float]) -> FloatArray:
    """Return the operating cost of each performance year, dollars.

    Parameters
    ----------
    yearly : float
        Dollars in the first year.
    growth : float
        A year, a fraction.
    parts : sequence of float
        How long each performance year is, in years.
    """
    before = np.concatenate([[0.0], np.cumsum(parts)[:-1]])
    return np.asarray(yearly * (1.0 + growth) ** before * np.asarray(parts))


def measure_costs(
    net: FloatArray,
    shared_savings: FloatArray,
    present_value: FloatArray,
    costs: tuple[float, float],
    certain: bool = False,
    replicates: int | None = None,
) -> CostMeasures:
    """Measure what is left after costs.

    Parameters
    ----------
    net, shared_savings : float64 arrays, shape (paths,)
        Sums over all performance years, dollars.
    present_value : float64 array, shape (paths,)
        Of the payments of `net`.
    costs : tuple of two floats
        Their sum and their present value.
    certain, replicates
        See `simulate.measures.estimate`.
    """
    spent, worth = costs
    left = net - spent
    quantiles = [of.quantile(left, level, replicates) for level in (0.05, 0.5, 0.95)]
    expected = of.mean(left, replicates)
    savings = of.mean(shared_savings, replicates)
    low, middle, high = quantiles
    return CostMeasures(
        spent,
        worth,
        expected,
        low,
        middle,
        high,
        of.mean(present_value - worth, replicates),
        of.proportion(left >= 0.0, certain, replicates),
        *(over(estimate, spent) for estimate in (expected, low, high, savings)),
    )


def over(estimate: Estimate, known: float) -> Estimate | None:
    """Return an estimate divided by a known amount; None where that is 0."""
    if known == 0.0:
        return None
    return Estimate(estimate.value / known, estimate.standard_error / known)
