"""What an ACO's record says of its next performance year.

Conditional moments of the panel model, in closed form. A new benchmark in between
is averaged over where it is not known.

Within one agreement the persistent part holds two things that no record can tell apart:
the ACO's own effect, and the error of the benchmark that stays frozen until rebasing.
Both move the next measured savings rate alike, so for the risk of the next year their
sum is the right thing to carry forward; as a measure of merit it is too generous.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from simulate.population.credibility.agreements import renewed_update
from simulate.population.credibility.model import CredibilityModel, MeanChange
from simulate.population.credibility.panel import (
    FloatArray,
    Panel,
    covariance,
    noise_variance,
    panel_of,
    persistent_covariance,
)
from simulate.population.credibility.record import Observation, rebasing_probability

_FEWEST_CONTINUING = 20
_WEIGHT_SHOWN = 0.005


class RatePrediction(NamedTuple):
    """Predictive distribution of one savings rate: Student t, fractions.

    Attributes
    ----------
    mean, sd : float
        Mean and standard deviation (not the t scale).
    df : float
        Degrees of freedom.
    rebasing : float
        Probability that was given to a new benchmark in between.
    """

    mean: float
    sd: float
    df: float
    rebasing: float

    @property
    def scale(self) -> float:
        """Scale of the Student t with this standard deviation."""
        return self.sd * math.sqrt((self.df - 2.0) / self.df)

    def interval(self, level: float) -> tuple[float, float]:
        """Return the central prediction interval of a probability, e.g. 0.9; fractions."""
        from scipy.special import stdtrit

        reach = self.scale * float(stdtrit(self.df, 0.5 + level / 2.0))
        return self.mean - reach, self.mean + reach


@dataclass(frozen=True)
class Posterior:
    """An ACO's true savings in a coming year, given its record; fractions.

    Attributes
    ----------
    mean, sd : float
        Includes the frozen error of a benchmark that is not rebased, and the
        uncertainty about the mean of the coming year.
    weight : float
        Credibility of the ACO's own record: what of its distance from the year means
        is carried forward had it been the same in every year.
    weights : dict of int to float
        The same by performance year; their sum is `weight`.
    year : int
        The coming performance year.
    peers_mean : float
        Expected mean in it of the ACOs that go on.
    rebasing : float
        Probability of a new benchmark in between.
    explanation : str
        All of this in a sentence.
    """

    mean: float
    sd: float
    weight: float
    weights: dict[int, float]
    year: int
    peers_mean: float
    rebasing: float
    explanation: str


class _Case(NamedTuple):
    """Conditional moments with or without a new benchmark in between.

    `volatility` is what the record says of the ACO's own variance, as a factor.
    """

    weights: FloatArray
    mean: float
    persistent_variance: float
    volatility: float
    regional: bool


def predict_rate(
    model: CredibilityModel,
    record: Sequence[Observation],
    year: int,
    people: float | None = None,
    rebased: bool | None = None,
) -> RatePrediction:
    """Predict the savings rate that will be published for an ACO.

    Parameters
    ----------
    model : CredibilityModel
    record : sequence of Observation
        Its published years, ascending; all before `year`.
    year : int
        Performance year to predict.
    people : float, optional
        Assigned beneficiaries then, which set the noise; as in the last year if not
        given. The persistent part stays that of the record's size.
    rebased : bool, optional
        Whether a new agreement begins in between; if not given, as its term says.

    Returns
    -------
    RatePrediction
    """
    chance, cases = _cases(model, record, year, rebased)
    change, change_sd = _change_of_mean(model, record, year)
    mean, between = _mixed([(p, case.mean) for p, case in cases])
    size = record[-1].people if people is None else people
    own = 0.0
    for p, case in cases:
        noise = model.parameters.noise_sd(size, case.regional) ** 2 * case.volatility
        own += p * (case.persistent_variance + noise)
    sd = math.sqrt(own + between + change_sd**2)
    return RatePrediction(change + mean, sd, model.parameters.tail_df + len(record), chance)


def true_savings_posterior(
    model: CredibilityModel,
    record: Sequence[Observation],
    year: int | None = None,
    rebased: bool | None = None,
) -> Posterior:
    """Return an ACO's true savings in its next performance year, given its record.

    The part of the spread that persists within an agreement is true savings together with
    the frozen error of the benchmark; see this module's text. Noise of the coming year
    (people, common shock) is not in it: the simulation adds that.

    Parameters
    ----------
    model, record, rebased
        As in `predict_rate`.
    year : int, optional
        The coming performance year; the one after the last if not given.

    Returns
    -------
    Posterior
    """
    coming = record[-1].performance_year + 1 if year is None else year
    chance, cases = _cases(model, record, coming, rebased)
    peers, change_sd = _change_of_mean(model, record, coming)
    mean, between = _mixed([(p, case.mean) for p, case in cases])
    own = sum(p * case.persistent_variance for p, case in cases)
    by_year = sum((p * case.weights for p, case in cases), np.zeros(len(record)))
    weights = {o.performance_year: float(w) for o, w in zip(record, by_year, strict=True)}
    found = Posterior(
        peers + mean, math.sqrt(own + between + change_sd**2), sum(weights.values()), weights,
        coming, peers, chance, "",
    )  # fmt: skip
    return replace(found, explanation=_explanation(found, record))


def mean_changes(
    model: CredibilityModel, records: Iterable[Sequence[Observation]]
) -> tuple[MeanChange, ...]:
    """Return how the ACOs of each year moved together until the next year they were seen in.

    Parameters
    ----------
    model : CredibilityModel
        Fitted to these records; its own `mean_changes` are not used.
    records : iterable of sequences of Observation

    Returns
    -------
    tuple of MeanChange
        Only steps between successive years of the model; steps with few ACOs are left out.
    """
    successive = set(pairwise(sorted(model.year_means)))
    groups: dict[tuple[int, int, int], list[Sequence[Observation]]] = {}
    for record in records:
        for place, (earlier, later) in enumerate(pairwise(record), start=1):
            step = (earlier.performance_year, later.performance_year)
            if step in successive:
                groups.setdefault((*step, place), []).append(record[: place + 1])
    surprises: dict[tuple[int, int], list[FloatArray]] = {}
    for (before, after, _), group in groups.items():
        panel = panel_of(group)
        weights = _weights(model, panel)
        expected = (weights * _deviations(model, panel)[:, :-1]).sum(axis=1)
        surprise = panel.rates[:, -1] - model.mean_of(before) - expected
        surprises.setdefault((before, after), []).append(surprise)
    return tuple(
        MeanChange(before, after, float(np.concatenate(found).mean()))
        for (before, after), found in sorted(surprises.items())
        if sum(map(len, found)) >= _FEWEST_CONTINUING
    )


def _weights(model: CredibilityModel, panel: Panel) -> FloatArray:
    """Return what each year but the last says of the last one; shape (ACOs, years - 1)."""
    whole = covariance(model.parameters, panel)
    found = np.linalg.solve(whole[:, :-1, :-1], whole[:, :-1, -1:])
    return np.asarray(found[:, :, 0])


def _deviations(model: CredibilityModel, panel: Panel) -> FloatArray:
    """Return each rate less its year's mean; shape (ACOs, years)."""
    means = {year: model.mean_of(year) for year in np.unique(panel.years).tolist()}
    return np.asarray(panel.rates - np.vectorize(means.__getitem__)(panel.years))


def _cases(
    model: CredibilityModel,
    record: Sequence[Observation],
    year: int,
    rebased: bool | None,
) -> tuple[float, list[tuple[float, _Case]]]:
    """Return the probability of rebasing, and each possible case with its probability."""
    last = record[-1]
    chance = (
        rebasing_probability(last, year, model.early_renewal) if rebased is None else float(rebased)
    )
    cases = []
    for probability, new in ((1.0 - chance, False), (chance, True)):
        if probability > 0.0:
            cases.append((probability, _condition(model, record, _coming(last, year, new))))
    return chance, cases


def _coming(last: Observation, year: int, new: bool) -> Observation:
    """Return the coming year as an observation, its rate not known."""
    start = date(year, 1, 1) if new else last.agreement_start
    regional = renewed_update(year) if new else last.regional
    return Observation(last.aco_id, year, math.nan, last.people, start, regional)


def _condition(
    model: CredibilityModel, record: Sequence[Observation], coming: Observation
) -> _Case:
    """Return the coming year's moments given the record."""
    known = record
    if coming.agreement_start is not None and record[-1].agreement_start is None:
        # A new benchmark after a year whose agreement is not known: any other start will do.
        known = [replace(o, agreement_start=date(1, 1, 1)) for o in record]
    panel = panel_of([[*known, coming]])
    persistent = persistent_covariance(model.parameters, panel)[0]
    past = persistent[:-1, :-1] + np.diag(noise_variance(model.parameters, panel)[0, :-1])
    deviation = panel.rates[0, :-1] - [model.mean_of(o.performance_year) for o in record]
    weights = np.linalg.solve(past, persistent[:-1, -1])
    left = float(persistent[-1, -1] - weights @ persistent[:-1, -1])
    # Multivariate t: a record far from its years' means shows a volatile ACO.
    df, count = model.parameters.tail_df, len(record)
    distance = float(deviation @ np.linalg.solve(past, deviation))
    factor = (df - 2.0 + distance) / (df - 2.0 + count)
    return _Case(weights, float(weights @ deviation), left * factor, factor, coming.regional)


def _change_of_mean(
    model: CredibilityModel, record: Sequence[Observation], year: int
) -> tuple[float, float]:
    """Return the expected mean of all ACOs in the coming year and its standard deviation.

    From the mean of the record's last year and the model's drift, which is that of all
    the years the model was fitted to; a backtest fits it to earlier years alone.
    """
    last = record[-1].performance_year
    change, sd = model.drift.over(year - last)
    return model.mean_of(last) + change, sd


def _mixed(cases: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return the mean over cases and the variance between them."""
    mean = sum(p * x for p, x in cases)
    return mean, sum(p * (x - mean) ** 2 for p, x in cases)


def _explanation(found: Posterior, record: Sequence[Observation]) -> str:
    shown = [o for o in reversed(record) if found.weights[o.performance_year] >= _WEIGHT_SHOWN]
    listed = ", ".join(
        f"{o.performance_year}: {100 * o.savings_rate:.2f} %, "
        f"weight {100 * found.weights[o.performance_year]:.0f} %"
        for o in shown or record[-1:]
    )
    count = len(record)
    rates = "published savings rate" if count == 1 else f"{count} published savings rates"
    return (
        f"history: {100 * found.weight:.0f} % the {rates} ({listed}), each against its "
        "year's mean, the rest the mean expected of all ACOs that go on to performance year "
        f"{found.year} ({100 * found.peers_mean:.2f} %); {_benchmark_words(found.rebasing)}"
    )


def _benchmark_words(chance: float) -> str:
    if chance == 1.0:
        return "a new agreement with a rebased benchmark begins, which loses part of the record"
    if chance == 0.0:
        return "the agreement goes on, so the error of its benchmark stays in it"
    return (
        f"the agreement goes on (a rebased benchmark has {100 * chance:.0f} % probability), so "
        "the error of its benchmark stays in it"
    )
