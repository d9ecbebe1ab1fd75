"""The measures of an agreement: of each performance year, and of all years of a path together."""

from __future__ import annotations

from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from simulate.measures import estimate as of
from simulate.measures.cash import CashFlows, median_time
from simulate.measures.estimate import BoolArray, Estimate, FloatArray
from simulate.measures.outcomes import TAIL_LEVEL, Measures, Outcomes, measure

FAN_LEVELS = (0.05, 0.25, 0.50, 0.75, 0.95)


@dataclass(frozen=True)
class AgreementYears:
    """Settled performance years of simulated paths; what the measures are taken of.

    Attributes
    ----------
    years : tuple of Outcomes
        Of each performance year; arrays of shape (paths,), dollars.
    savings_rates : float64 array, shape (paths, performance years)
        Fractions of the benchmark.
    cash : CashFlows
        When what is earned and owed is paid; in all as much as `net`, path by path.
    replicates : int or None
        See `simulate.measures.estimate`.
    """

    years: tuple[Outcomes, ...]
    savings_rates: FloatArray
    cash: CashFlows
    replicates: int | None = None

    @property
    def net(self) -> FloatArray:
        """Shared savings less shared losses, dollars, shape (paths, performance years)."""
        return np.stack([year.net for year in self.years], axis=1)

    @property
    def shared_losses(self) -> FloatArray:
        """Dollars, shape (paths, performance years)."""
        return np.stack([year.shared_losses for year in self.years], axis=1)

    @property
    def shared_savings(self) -> FloatArray:
        """Dollars, shape (paths, performance years)."""
        return np.stack([year.shared_savings for year in self.years], axis=1)

    @property
    def one_sided(self) -> bool:
        """Whether nothing can be owed in any year."""
        return all(year.one_sided for year in self.years)

    @property
    def savings_are_shared(self) -> bool:
        """Whether savings can be shared in any year."""
        return any(year.savings_are_shared for year in self.years)


class FanPoint(NamedTuple):
    """The distribution of a running total at one time: mean and quantiles, dollars."""

    mean: Estimate
    p05: Estimate
    p25: Estimate
    p50: Estimate
    p75: Estimate
    p95: Estimate

    def to_dict(self) -> dict[str, dict[str, float]]:
        """Return plain data for JSON."""
        return {name: estimate.to_dict() for name, estimate in self._asdict().items()}


@dataclass(frozen=True)
class CumulativeMeasures:
    """What an agreement brings over all its performance years; dollars of the year they fall in.

    Attributes
    ----------
    expected_cumulative_net, standard_deviation_of_cumulative_net : Estimate
        Of the sum of net over the performance years, not discounted.
    cumulative_net_p05, cumulative_net_p50, cumulative_net_p95 : Estimate
    net_present_value : Estimate
        Mean of the payments discounted to the first day.
    standard_deviation_of_net_present_value : Estimate
    net_present_value_p05, net_present_value_p50, net_present_value_p95 : Estimate
    probability_of_cumulative_loss : Estimate
        The sum of net is below zero.
    probability_of_ever_earning, probability_of_ever_owing : Estimate
        Something is paid to the ACO, or owed by it, in at least one performance year.
    cumulative_losses_var_95, cumulative_losses_tvar_95 : Estimate
        Value at risk of the sum of shared losses, and its mean in the worst twentieth.
    expected_worst_year, worst_year_p05 : Estimate
        Net of the worst performance year of a path.
    probability_of_breaking_even : Estimate
        What was received comes to exceed what was paid, at some payment.
    time_to_break_even_p50 : Estimate or None
        Years from the first day within which half of all paths do; None where fewer do.
    """

    expected_cumulative_net: Estimate
    standard_deviation_of_cumulative_net: Estimate
    cumulative_net_p05: Estimate
    cumulative_net_p50: Estimate
    cumulative_net_p95: Estimate
    net_present_value: Estimate
    standard_deviation_of_net_present_value: Estimate
    net_present_value_p05: Estimate
    net_present_value_p50: Estimate
    net_present_value_p95: Estimate
    probability_of_cumulative_loss: Estimate
    probability_of_ever_earning: Estimate
    probability_of_ever_owing: Estimate
    cumulative_losses_var_95: Estimate
    cumulative_losses_tvar_95: Estimate
    expected_worst_year: Estimate
    worst_year_p05: Estimate
    probability_of_breaking_even: Estimate
    time_to_break_even_p50: Estimate | None

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON, by measure."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value and value.to_dict() for name, value in found.items()}


@dataclass(frozen=True)
class AgreementMeasures:
    """The measures of one path of contracts under one view of the true savings.

    Attributes
    ----------
    by_year : tuple of Measures
        Of each performance year.
    cumulative : CumulativeMeasures
    running_net : tuple of FanPoint
        The sum of net up to each performance year.
    rate_correlations : tuple of Estimate or None
        Correlation of the savings rates of each two performance years that follow one
        another; None where one does not vary.
    """

    by_year: tuple[Measures, ...]
    cumulative: CumulativeMeasures
    running_net: tuple[FanPoint, ...]
    rate_correlations: tuple[Estimate | None, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "by_year": [measures.to_dict() for measures in self.by_year],
            "cumulative": self.cumulative.to_dict(),
            "running_net": [point.to_dict() for point in self.running_net],
            "rate_correlations": [r and r.to_dict() for r in self.rate_correlations],
        }


def measure_agreement(
    paths: AgreementYears, discount_rate: float, certain: bool = False
) -> AgreementMeasures:
    """Compute every measure of one path of contracts.

    Parameters
    ----------
    paths : AgreementYears
    discount_rate : float
        A year; a fraction.
    certain : bool
        Nothing is random, so that a share of 0 or 1 of the paths is exact.
    """
    replicates = paths.replicates
    running = np.cumsum(paths.net, axis=1)
    rates = paths.savings_rates
    return AgreementMeasures(
        by_year=tuple(measure(year, certain) for year in paths.years),
        cumulative=_cumulative(paths, discount_rate, certain),
        running_net=tuple(fan_point(column, replicates) for column in running.T),
        rate_correlations=tuple(
            correlation(rates[:, i], rates[:, j], replicates)
            for i, j in pairwise(range(rates.shape[1]))
        ),
    )


def fan_point(values: FloatArray, replicates: int | None = None) -> FanPoint:
    """Return mean and quantiles of what paths have come to; dollars, shape (paths,)."""
    quantiles = (of.quantile(values, level, replicates) for level in FAN_LEVELS)
    return FanPoint(of.mean(values, replicates), *quantiles)


def correlation(
    first: FloatArray, second: FloatArray, replicates: int | None = None
) -> Estimate | None:
    """Estimate Pearson's correlation; error from each path's influence on it.

    None where one of the two does not vary.
    """
    deviations = [values - np.mean(values) for values in (first, second)]
    variances = [float(np.mean(deviation**2)) for deviation in deviations]
    scale = [float(np.mean(np.abs(values))) for values in (first, second)]
    if any(v <= (1e-12 * s) ** 2 for v, s in zip(variances, scale, strict=True)):
        return None
    one, two = (d / np.sqrt(v) for d, v in zip(deviations, variances, strict=True))
    found = float(np.mean(one * two))
    influence = one * two - 0.5 * found * (one**2 + two**2)
    return Estimate(found, of.mean(influence, replicates).standard_error)


def _cumulative(paths: AgreementYears, rate: float, certain: bool) -> CumulativeMeasures:
    replicates = paths.replicates
    net, losses, savings = paths.net, paths.shared_losses, paths.shared_savings
    total, owed = _added(net), _added(losses)
    value, worst = paths.cash.present_value(rate), net.min(axis=1)
    totals = _spread("cumulative_net", total, replicates)
    values = _spread("net_present_value", value, replicates)
    times = paths.cash.break_even_times()
    never_owes, never_earns = certain or paths.one_sided, certain or not paths.savings_are_shared
    return CumulativeMeasures(
        expected_cumulative_net=of.mean(total, replicates),
        net_present_value=of.mean(value, replicates),
        **totals,
        **values,
        probability_of_cumulative_loss=of.proportion(
            total < 0.0, certain or (paths.one_sided and bool(np.all(worst >= 0.0))), replicates
        ),
        probability_of_ever_earning=of.proportion(_in_any_year(savings), never_earns, replicates),
        probability_of_ever_owing=of.proportion(_in_any_year(losses), never_owes, replicates),
        cumulative_losses_var_95=of.quantile(owed, TAIL_LEVEL, replicates),
        cumulative_losses_tvar_95=of.tail_mean(owed, TAIL_LEVEL, replicates),
        expected_worst_year=of.mean(worst, replicates),
        worst_year_p05=of.quantile(worst, 0.05, replicates),
        # Where nothing is shared, what is paid does not depend on what is spent.
        probability_of_breaking_even=of.proportion(
            np.isfinite(times), never_earns and never_owes, replicates
        ),
        time_to_break_even_p50=median_time(times, replicates),
    )


def _spread(name: str, values: FloatArray, replicates: int | None) -> dict[str, Estimate]:
    levels = {f"{name}_p{100 * level:02.0f}": level for level in (0.05, 0.50, 0.95)}
    return {
        f"standard_deviation_of_{name}": of.standard_deviation(values, replicates),
        **{key: of.quantile(values, level, replicates) for key, level in levels.items()},
    }


def _in_any_year(dollars: FloatArray) -> BoolArray:
    return np.asarray((dollars > 0.0).any(axis=1))


def _added(by_year: FloatArray) -> FloatArray:
    """Return sums over the years, added in their order, shape (paths,)."""
    return np.asarray(np.cumsum(by_year, axis=1)[:, -1])
