"""An ACO's published savings rates, how far each can be trusted, and the next one's forecast."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from simulate.analysis.true_savings import is_rebased, record_of
from simulate.contracts.contract import emergency_months
from simulate.errors import UserError
from simulate.population.credibility import (
    RatePrediction,
    default_credibility,
    predict_rate,
    true_savings_posterior,
)
from simulate.population.credibility.record import years_between
from simulate.scenario.aco import ACO


class PublishedRate(NamedTuple):
    """A savings rate that was published; fractions of the benchmark.

    Attributes
    ----------
    year : int
        Performance year.
    rate : float
    sampling_sd : float
        Standard deviation of what chance alone adds to the rate of a year at this size:
        people, practices and what moves the whole year.
    weight : float
        What of its distance from the year's mean the forecast carries forward.
    peers_mean : float
        Mean rate of all ACOs in the year.
    new_benchmark : bool
        A new agreement, and so a new benchmark, began since the rate before.
    """

    year: int
    rate: float
    sampling_sd: float
    weight: float
    peers_mean: float
    new_benchmark: bool


@dataclass(frozen=True)
class RateForecast:
    """The record of an ACO's savings rates, and what it says of the next one.

    Attributes
    ----------
    aco_id, aco_name : str
    record : tuple of PublishedRate
        By performance year.
    year : int
        The coming performance year.
    prediction : RatePrediction
        Of the rate that will be published; its mean is weighted by credibility.
    peers_mean : float
        Mean rate expected of all ACOs that go on to that year.
    credibility : float
        The sum of the weights.
    emergency_years : tuple of int
        Years of all these in which the COVID-19 emergency lasted.
    """

    aco_id: str
    aco_name: str
    record: tuple[PublishedRate, ...]
    year: int
    prediction: RatePrediction
    peers_mean: float
    credibility: float
    emergency_years: tuple[int, ...]


def rate_forecast(aco: ACO) -> RateForecast:
    """Return an ACO's published savings rates and the forecast of the next one.

    The forecast is that of ``true_savings = history``, with the noise of the coming year
    on top: what will be published, not what is true.

    Raises
    ------
    UserError
        An ACO without a published savings rate.
    """
    if aco.savings_rate is None:
        raise UserError(
            f"history: ACO {aco.id} has no published savings_rate to learn from. Give "
            "savings_rate, or the id of an ACO in CMS's published results."
        )
    model, record, rebased = default_credibility(), record_of(aco), is_rebased(aco)
    posterior = true_savings_posterior(model, record, rebased=rebased)
    rates = tuple(
        PublishedRate(
            one.performance_year,
            one.savings_rate,
            model.parameters.noise_sd(one.people, one.regional),
            posterior.weights[one.performance_year],
            model.mean_of(one.performance_year),
            new > 0,
        )
        for one, (_, new) in zip(record, years_between(record), strict=True)
    )
    return RateForecast(
        aco.id,
        aco.name,
        rates,
        posterior.year,
        predict_rate(model, record, posterior.year, rebased=rebased),
        posterior.peers_mean,
        posterior.weight,
        tuple(y for y in range(rates[0].year, posterior.year + 1) if emergency_months(y) > 0),
    )
