"""What a programme costs, and what an agreement returns on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from simulate.agreement.finance.quarters import QUARTERS
from simulate.agreement.savings import ProgrammeYears
from simulate.measures import estimate as of
from simulate.measures.estimate import Estimate, FloatArray
from simulate.population.intervention import MONTHS, running_by_month


@dataclass(frozen=True)
class CostMeasures:
    """What is left of an agreement's net after its costs; dollars over all years.

    Attributes
    ----------
    costs, present_value_of_costs : float
        Known; a mean where renewal can be refused, because who is out pays nothing more.
    expected_net_after_costs, net_after_costs_p05, net_after_costs_p50, net_after_costs_p95
        Of the sum of net less costs.
    expected_present_value_after_costs : Estimate
    probability_of_covering_costs : Estimate
        The sum of net is at least as large as the costs.
    return_on_costs : Estimate or None
        Expected net after costs over the costs, a fraction; None without costs.
    return_on_costs_p05, return_on_costs_p95 : Estimate or None
        Quantiles of net after costs, over the expected costs.
    savings_per_dollar_of_costs : Estimate or None
        Expected shared savings over the costs: the ratio that CMS's figures of 2011 state.
    programme_costs : float
        What of the costs care programmes take.
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
    programme_costs: float = 0.0

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


def programme_costs(years: ProgrammeYears, growth: float) -> FloatArray:
    """Return the expected cost of a care programme in each quarter of its calendar years, dollars.

    That of a year falls into its quarters as the programme runs in them: fewer people are in
    it while it grows.

    Parameters
    ----------
    years : ProgrammeYears
        Costs in dollars of the first calendar year.
    growth : float
        A year, a fraction.
    """
    months = MONTHS // QUARTERS
    found = []
    for year, effect in enumerate(years):
        running = np.array(running_by_month(effect.programme, year + 1))
        quarters = running.reshape(QUARTERS, months).sum(axis=1)
        spent = effect.cost * (1.0 + growth) ** year
        found.append(spent * quarters / max(quarters.sum(), 1e-9))
    return np.concatenate(found)


def measure_costs(
    net: FloatArray,
    shared_savings: FloatArray,
    present_value: FloatArray,
    costs: tuple[FloatArray, FloatArray],
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
    costs : tuple of two float64 arrays, shape (paths,) or (1,)
        Their sum and their present value.
    certain, replicates
        See `simulate.measures.estimate`.
    """
    spent, worth = costs
    left = net - spent
    quantiles = [of.quantile(left, level, replicates) for level in (0.05, 0.5, 0.95)]
    expected = of.mean(left, replicates)
    low, middle, high = quantiles
    mean_cost = float(np.mean(spent))
    return CostMeasures(
        mean_cost,
        float(np.mean(worth)),
        expected,
        low,
        middle,
        high,
        of.mean(present_value - worth, replicates),
        of.proportion(left >= 0.0, certain, replicates),
        ratio(left, spent, replicates),
        over(low, mean_cost),
        over(high, mean_cost),
        ratio(shared_savings, spent, replicates),
    )


def ratio(values: FloatArray, costs: FloatArray, replicates: int | None = None) -> Estimate | None:
    """Estimate the mean of values over the mean of costs; None where these are 0.

    Error by the delta method, where costs differ from path to path.
    """
    known = float(np.mean(costs))
    found = over(of.mean(values, replicates), known)
    if found is None or costs.size == 1:
        return found
    residual = values - found.value * costs
    return found._replace(standard_error=of.mean(residual, replicates).standard_error / known)


def over(estimate: Estimate, known: float) -> Estimate | None:
    """Return an estimate divided by a known amount; None where that is 0."""
    if known == 0.0:
        return None
    return Estimate(estimate.value / known, estimate.standard_error / known)
