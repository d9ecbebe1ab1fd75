"""Fit the panel model to CMS's results files: penalised maximum likelihood, with intervals.

All years of all ACOs enter one likelihood (`simulate.population.credibility.panel`);
missing years and ids that cannot be joined need no special care. Weak, stated priors
keep what a short history cannot tell apart (one year shows no persistence) in a
plausible range; with many years they hardly matter. Intervals are from the sandwich
estimator with the ACO as the independent unit, so they hold also where the shape of
the model is wrong in detail.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from simulate.data import PublishedResult, ResultsFile
from simulate.errors import UserError
from simulate.population.credibility.agreements import expected_last_year
from simulate.population.credibility.model import CredibilityModel
from simulate.population.credibility.panel import (
    FloatArray,
    Panel,
    Parameters,
    log_likelihood,
    panel_of,
)
from simulate.population.credibility.posterior import mean_changes
from simulate.population.credibility.record import Observation, rebased, records_of

_LOWEST_DF = 2.0
_NORMAL_90 = 1.6448536269514722
_FEWEST_ACOS = 20

# Priors on the transformed scale: (centre, standard deviation). Logarithms, logits for
# the persistences, log(df - 2) for the tails, log of the ratio of c under a national to
# c under a regional update. The noise constant's is the tightest: 2.14 is the k behind
# CMS's MSR table (42 CFR 425.604(b)), give or take 15 %: independent people alone 1.5 to
# 1.9. The others span about a factor of 3 either way at two standard deviations or more.
_PRIORS = {
    "spread": (math.log(0.025), 1.0),
    "spread_size_constant": (math.log(0.03 * 100.0), 1.0),
    "persistence": (math.log(3.0), 0.75),
    "persistence_rebasing": (0.0, 1.0),
    "noise_constant": (math.log(2.14), 0.15),
    "common_sd": (math.log(0.010), 0.7),
    "update_ratio": (0.0, 0.5),
    "tail_df": (math.log(4.0), 0.7),
}
_CENTRE = np.array([centre for centre, _ in _PRIORS.values()])
_WIDTH = np.array([width for _, width in _PRIORS.values()])
_COUNT = len(_PRIORS)

# Early renewals: 5 % a year, worth twenty years of one ACO's agreement.
_PRIOR_RENEWALS, _PRIOR_RENEWAL_YEARS = 1.0, 20.0


def fit_credibility(
    results: Iterable[ResultsFile | PublishedResult], intervals: bool = True
) -> CredibilityModel:
    """Fit the panel model of published savings rates.

    Parameters
    ----------
    results : iterable of ResultsFile or PublishedResult
        Any performance years, each once; gaps are allowed.
    intervals : bool
        Whether to work out 90 % intervals (about twice the time).

    Returns
    -------
    CredibilityModel

    Raises
    ------
    UserError
        Too few ACOs, or an ACO twice in a year.
    """
    given = list(results)
    files = tuple(one.name for one in given if isinstance(one, ResultsFile))
    records = records_of(_rows(given))
    if len(records) < _FEWEST_ACOS:
        raise UserError(
            f"{len(records)} ACOs in the results given: at least {_FEWEST_ACOS} are needed to "
            "tell true savings from chance. Give whole files of CMS's results."
        )
    fit = _Fit(list(records.values()))
    theta = fit.solve()
    means = {year: float(x) for year, x in zip(fit.years, theta[_COUNT:], strict=True)}
    model = CredibilityModel(
        parameters=parameters_of(theta),
        intervals=_intervals(fit, theta) if intervals else {},
        early_renewal=_early_renewal(records.values()),
        year_means=means,
        mean_changes=(),
        acos=len(records),
        rates=sum(map(len, records.values())),
        files=files,
    )
    return replace(model, mean_changes=mean_changes(model, records.values()))


def _rows(results: Iterable[ResultsFile | PublishedResult]) -> Iterable[PublishedResult]:
    for one in results:
        yield from one.rows if isinstance(one, ResultsFile) else (one,)


def parameters_of(theta: FloatArray) -> Parameters:
    """Return the parameters at a point of the transformed scale."""
    logistic = 1.0 / (1.0 + np.exp(-theta[2:4]))
    half_ratio = theta[6] / 2.0
    return Parameters(
        spread=math.exp(theta[0]),
        spread_size_constant=math.exp(theta[1]),
        persistence=float(logistic[0]),
        persistence_rebasing=float(logistic[1]),
        noise_constant=math.exp(theta[4]),
        common_sd_national=math.exp(theta[5] + half_ratio),
        common_sd_regional=math.exp(theta[5] - half_ratio),
        tail_df=_LOWEST_DF + math.exp(theta[7]),
    )


class _Fit:
    """The penalised likelihood of a set of records on the transformed scale."""

    def __init__(self, records: Sequence[Sequence[Observation]]) -> None:
        by_length: dict[int, list[Sequence[Observation]]] = {}
        for record in records:
            by_length.setdefault(len(record), []).append(record)
        self.panels: list[Panel] = [panel_of(group) for group in by_length.values()]
        self.years = sorted({o.performance_year for record in records for o in record})
        self.places = [np.searchsorted(self.years, panel.years) for panel in self.panels]
        rates = np.concatenate([panel.rates.ravel() for panel in self.panels])
        years = np.concatenate([panel.years.ravel() for panel in self.panels])
        medians = [float(np.median(rates[years == year])) for year in self.years]
        self.start = np.array([*_CENTRE, *medians])

    def by_aco(self, theta: FloatArray) -> FloatArray:
        """Return the log-likelihood of each record."""
        parameters, means = parameters_of(theta), theta[_COUNT:]
        return np.concatenate(
            [
                log_likelihood(parameters, panel, means[place])
                for panel, place in zip(self.panels, self.places, strict=True)
            ]
        )

    def loss(self, theta: FloatArray) -> float:
        """Return the negative penalised log-likelihood."""
        penalty = 0.5 * float(np.sum(((theta[:_COUNT] - _CENTRE) / _WIDTH) ** 2))
        return penalty - float(self.by_aco(theta).sum())

    def solve(self) -> FloatArray:
        """Return the maximum; year means are searched in points, like the other scales."""
        from scipy.optimize import minimize

        scale = np.r_[np.ones(_COUNT), np.full(len(self.years), 0.01)]
        found = minimize(
            lambda x: self.loss(x * scale), self.start / scale, method="BFGS",
            options={"gtol": 1e-2},
        )  # fmt: skip
        return np.asarray(found.x * scale)


def _intervals(fit: _Fit, theta: FloatArray) -> dict[str, tuple[float, float]]:
    """Return 90 % intervals by the sandwich estimator; ends mapped to the natural scale."""
    step = np.r_[np.full(_COUNT, 1e-3), np.full(len(fit.years), 1e-5)]
    scores = np.stack(
        [(fit.by_aco(theta + e) - fit.by_aco(theta - e)) / (2.0 * e.sum()) for e in np.diag(step)]
    )
    prior = np.diag(np.r_[_WIDTH**-2.0, np.zeros(len(fit.years))])
    inverse = np.linalg.inv(_hessian(fit.loss, theta, step))
    # A prior counts as one more observation.
    spread = inverse @ (scores @ scores.T + prior) @ inverse
    found = {}
    for name, direction in _directions(len(theta)).items():
        reach = _NORMAL_90 * math.sqrt(direction @ spread @ direction)
        along = direction / (direction @ direction)
        ends = (getattr(parameters_of(theta + sign * reach * along), name) for sign in (-1.0, 1.0))
        found[name] = (next(ends), next(ends))
    return found


def _directions(size: int) -> dict[str, FloatArray]:
    """Return for each parameter what it is on the transformed scale, a linear form."""
    unit = np.eye(size)
    forms = [*unit[:5], unit[5] + unit[6] / 2.0, unit[5] - unit[6] / 2.0, unit[7]]
    return dict(zip(Parameters._fields, forms, strict=True))


def _hessian(
    loss: Callable[[FloatArray], float], theta: FloatArray, step: FloatArray
) -> FloatArray:
    """Return second derivatives by central differences."""
    size, steps = len(theta), np.diag(step * 10.0)
    found = np.empty((size, size))
    for i in range(size):
        for j in range(i + 1):
            a, b = steps[i], steps[j]
            corners = loss(theta + a + b) - loss(theta + a - b)
            corners += loss(theta - a - b) - loss(theta - a + b)
            found[i, j] = found[j, i] = corners / (4.0 * a[i] * b[j])
    return found


def _early_renewal(records: Iterable[Sequence[Observation]]) -> float:
    """Return how often a year an agreement was renewed before it was due to end."""
    renewed, at_risk = _PRIOR_RENEWALS, _PRIOR_RENEWAL_YEARS
    for record in records:
        for earlier, later in pairwise(record):
            start = earlier.agreement_start
            if start is not None and expected_last_year(start) >= later.performance_year:
                renewed += rebased(earlier, later)
                at_risk += later.performance_year - earlier.performance_year
    return renewed / at_risk
