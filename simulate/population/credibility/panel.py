"""The panel model of published savings rates: covariance and likelihood.

The rate of ACO i in year t is

    rate = year mean + persistent part + noise

* **Persistent part** (true savings, and the error of the frozen benchmark): standard
  deviation sqrt(a^2 + h^2/N), autoregressive: correlation `persistence` from year to year
  within an agreement, `persistence_rebasing` over a year in which a new agreement began.
* **Noise**: variance k^2/N + c^2, independent from year to year; c depends on how the
  benchmark is updated: national growth misses what moves an ACO's region.
* **Tails**: one random factor scales all of an ACO's years, so its years together are
  multivariate Student t. Some ACOs are more volatile than their size says, and their own
  record shows it.

Fractions throughout; N is `Observation.people`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulate.population.credibility.record import Observation, years_between

FloatArray = NDArray[np.float64]


class Parameters(NamedTuple):
    """The constants of the panel model; fractions of the benchmark.

    Attributes
    ----------
    spread : float
        a: standard deviation of the persistent part across very large ACOs.
    spread_size_constant : float
        h: what size adds to it, a standard deviation of h/sqrt(N) (the frozen benchmark
        rests on people as well).
    persistence : float
        Correlation of the persistent part of two successive years of one agreement.
    persistence_rebasing : float
        The same where a new agreement began in between.
    noise_constant : float
        k: noise of a year that falls with size, a standard deviation of k/sqrt(N).
    common_sd_national, common_sd_regional : float
        c: noise of a year that does not, under a national and under a regional update.
    tail_df : float
        Degrees of freedom of Student's t.
    """

    spread: float
    spread_size_constant: float
    persistence: float
    persistence_rebasing: float
    noise_constant: float
    common_sd_national: float
    common_sd_regional: float
    tail_df: float

    def persistent_sd(self, people: float) -> float:
        """Return the standard deviation of the persistent part across ACOs of one size."""
        return math.hypot(self.spread, self.spread_size_constant / math.sqrt(people))

    def noise_sd(self, people: float, regional: bool = True) -> float:
        """Return the standard deviation of a year's noise at one size."""
        common = self.common_sd_regional if regional else self.common_sd_national
        return math.hypot(common, self.noise_constant / math.sqrt(people))

    def correlation(self, people: float, years: int, rebasings: int = 0,
                    regional: bool = True) -> float:  # fmt: skip
        """Return the correlation of two published rates of one ACO, `years` apart."""
        persistent = self.persistent_sd(people) ** 2
        kept = self.persistence ** (years - rebasings) * self.persistence_rebasing**rebasings
        return persistent * kept / (persistent + self.noise_sd(people, regional) ** 2)

    def change_sd(self, people: float, regional: bool = True) -> float:
        """Return the standard deviation of the change of the rate within an agreement."""
        lost = self.persistent_sd(people) ** 2 * (1.0 - self.persistence)
        return math.sqrt(2.0 * (lost + self.noise_sd(people, regional) ** 2))


class Panel(NamedTuple):
    """Records of equal length as arrays of shape (ACOs, years of record).

    Attributes
    ----------
    rates, people : array
    regional : array of bool
    within, rebasings : array
        Years within an agreement and rebasings since the result before; 0 in the first.
    years : array of int
    """

    rates: FloatArray
    people: FloatArray
    regional: NDArray[np.bool_]
    within: FloatArray
    rebasings: FloatArray
    years: NDArray[np.int64]


def panel_of(records: Sequence[Sequence[Observation]]) -> Panel:
    """Return records, all of one length, as arrays."""
    steps = np.array([years_between(record) for record in records], dtype=np.float64)
    return Panel(
        np.array([[o.savings_rate for o in record] for record in records]),
        np.array([[o.people for o in record] for record in records], dtype=np.float64),
        np.array([[o.regional for o in record] for record in records]),
        steps[:, :, 0],
        steps[:, :, 1],
        np.array([[o.performance_year for o in record] for record in records]),
    )


def persistent_covariance(parameters: Parameters, panel: Panel) -> FloatArray:
    """Return the covariance of the persistent parts; shape (ACOs, years, years)."""
    p = parameters
    sd = np.sqrt(p.spread**2 + p.spread_size_constant**2 / panel.people)
    lost = -np.cumsum(
        panel.within * math.log(p.persistence) + panel.rebasings * math.log(p.persistence_rebasing),
        axis=1,
    )
    apart = np.abs(lost[:, :, None] - lost[:, None, :])
    return np.asarray(sd[:, :, None] * sd[:, None, :] * np.exp(-apart))


def noise_variance(parameters: Parameters, panel: Panel) -> FloatArray:
    """Return the variance of each year's noise; shape (ACOs, years)."""
    p = parameters
    common = np.where(panel.regional, p.common_sd_regional, p.common_sd_national)
    return np.asarray(p.noise_constant**2 / panel.people + common**2)


def covariance(parameters: Parameters, panel: Panel) -> FloatArray:
    """Return the covariance of the published rates; shape (ACOs, years, years)."""
    total = persistent_covariance(parameters, panel)
    diagonal = np.arange(total.shape[1])
    total[:, diagonal, diagonal] += noise_variance(parameters, panel)
    return total


def log_likelihood(parameters: Parameters, panel: Panel, means: FloatArray) -> FloatArray:
    """Return each ACO's log density, multivariate Student t; shape (ACOs,).

    Parameters
    ----------
    parameters : Parameters
    panel : Panel
    means : array of shape (ACOs, years)
        Year mean of each result.
    """
    df, count = parameters.tail_df, panel.rates.shape[1]
    scale = covariance(parameters, panel) * ((df - 2.0) / df)
    root = np.linalg.cholesky(scale)
    z = np.linalg.solve(root, (panel.rates - means)[:, :, None])[:, :, 0]
    diagonal = np.arange(count)
    log_det = np.log(root[:, diagonal, diagonal]).sum(axis=1)
    constant = math.lgamma((df + count) / 2.0) - math.lgamma(df / 2.0)
    constant -= count / 2.0 * math.log(df * math.pi)
    return np.asarray(constant - log_det - (df + count) / 2.0 * np.log1p((z * z).sum(axis=1) / df))
