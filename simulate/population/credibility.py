"""How much of a published savings rate to believe.

One year's savings rate is the ACO's true savings plus chance. Across the ACOs of a
year the spread of the published rates is wider than chance at their sizes explains;
what is left over is the spread of true savings. The posterior of one ACO's true
savings is the normal-normal (Buehlmann) one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simulate.data import PublishedResult


@dataclass(frozen=True)
class Spread:
    """The spread of true savings across ACOs in one performance year; fractions.

    Parameters
    ----------
    mean, sd : float
        Mean and standard deviation of true savings across ACOs.
    performance_year : int
    acos : int
        How many published results they rest on.
    """

    mean: float
    sd: float
    performance_year: int
    acos: int


@dataclass(frozen=True)
class Posterior:
    """An ACO's true savings given its published savings rate; fractions.

    `weight` is the credibility of the ACO's own rate, from 0 to 1.
    """

    mean: float
    sd: float
    weight: float
    spread: Spread


def spread_of_true_savings(
    results: Sequence[PublishedResult], noise_constant: float, common_shock_sd: float
) -> Spread:
    """Estimate the spread of true savings across the ACOs of one performance year.

    By the method of moments: each rate's squared distance from the mean less its
    noise variance, averaged.

    Parameters
    ----------
    results : sequence of PublishedResult
        Of one performance year.
    noise_constant : float
        Standard deviation of chance is noise_constant / sqrt(assigned beneficiaries).
    common_shock_sd : float
        Part of chance that does not shrink with size. It moves each ACO by its own
        amount (its region against its update), so it widens the spread of a year.
    """
    rates = np.array([row.savings_rate for row in results])
    sizes = np.array([row.assigned_beneficiaries for row in results], dtype=np.float64)
    noise = noise_constant**2 / sizes + common_shock_sd**2
    centre = float(np.mean(rates))
    between = float(np.mean((rates - centre) ** 2 - noise))
    return Spread(centre, max(between, 0.0) ** 0.5, results[0].performance_year, len(rates))


def posterior(savings_rate: float, noise_sd: float, spread: Spread) -> Posterior:
    """Return an ACO's true savings given one published savings rate.

    Parameters
    ----------
    savings_rate : float
        Published, a fraction of the benchmark.
    noise_sd : float
        Standard deviation of chance in that rate.
    spread : Spread
        Of true savings across ACOs in the same year.
    """
    between = spread.sd**2
    weight = between / (between + noise_sd**2) if between > 0.0 else 0.0
    mean = weight * savings_rate + (1.0 - weight) * spread.mean
    return Posterior(mean, (between * (1.0 - weight)) ** 0.5, weight, spread)
