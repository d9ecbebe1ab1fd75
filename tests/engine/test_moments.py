"""Mean, spread and laws of the simulated savings rate.

Seeds are fixed, so a test that passes passes always; the false-alarm rates say how likely a
changed random stream is to fail a test of a correct engine.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from engine_cases import (
    COMPILED,
    MODELS,
    PEOPLE_ONLY,
    compiled_only,
    population,
    sd_and_error,
    simulated,
)

from simulate.engine.years import View
from simulate.population.population import Noise, default_noise, noise_from_constant

SIZES = (2_000, 5_000, 20_000, 50_000)
YEARS = 20_000


def line_in_one_over_size(noise: Noise) -> tuple[float, float, float, float]:
    """Intercept and slope of sd^2 against 1/N with their errors; weighted least squares."""
    x, y, error = [], [], []
    for size in SIZES:
        rates = simulated(size, noise, years=YEARS, seed=100 + size).savings_rate(0)
        sd, sd_error = sd_and_error(rates)
        x.append(1.0 / size)
        y.append(sd * sd)
        error.append(2.0 * sd * sd_error)
    design = np.stack([np.ones(len(x)), np.array(x)], axis=1) / np.array(error)[:, None]
    covariance = np.linalg.inv(design.T @ design)
    intercept, slope = covariance @ design.T @ (np.array(y) / np.array(error))
    return intercept, slope, *np.sqrt(np.diag(covariance))


@compiled_only
def test_people_only_follow_one_over_root_size() -> None:
    # Slope k^2 through the origin. Two comparisons at 3 se: false alarm 0.5 %.
    intercept, slope, intercept_error, slope_error = line_in_one_over_size(PEOPLE_ONLY)
    assert abs(intercept) < 3 * intercept_error
    k = population(50_000).people_noise_constant
    k_error = slope_error / (2.0 * math.sqrt(slope))
    assert abs(math.sqrt(slope) - k) < 3 * k_error
    assert k_error < 0.01 * k


@compiled_only
def test_common_shock_is_a_floor() -> None:
    # Intercept c^2. Two comparisons at 3 se: false alarm 0.5 %.
    c = 0.0065
    intercept, slope, intercept_error, slope_error = line_in_one_over_size(Noise(1.0, 0.0, c))
    assert abs(intercept - c * c) < 3 * intercept_error
    assert intercept > 10 * intercept_error
    k = population(50_000).people_noise_constant
    assert abs(slope - k * k) < 3 * slope_error


@compiled_only
@pytest.mark.parametrize("size", SIZES)
def test_people_noise_at_each_size(size) -> None:
    # 4 se of the sd, false alarm 6e-5 a size.
    p = population(size)
    sd, error = sd_and_error(simulated(size, PEOPLE_ONLY, years=YEARS, seed=3).savings_rate(0))
    assert abs(sd - p.people_noise_constant / math.sqrt(size)) < 4 * error


@compiled_only
@pytest.mark.parametrize("k", [0.5, 1.5, 1.9, 2.15, 4.0])
@pytest.mark.parametrize("tau", [0.0, 0.08])
def test_noise_constant_sets_the_total_above_and_below_the_peoples_own(k, tau) -> None:
    # At any true savings. 4 se, false alarm 6e-5 a case.
    size = 5_000
    noise = noise_from_constant(population(size), k, 0.0)
    rates = simulated(size, noise, View(tau), years=YEARS, seed=4).savings_rate(0)
    sd, error = sd_and_error(rates)
    assert abs(sd * math.sqrt(size) - k) < 4 * error * math.sqrt(size)
    assert abs(rates.mean() - tau) < 4 * sd / math.sqrt(YEARS)


@compiled_only
@pytest.mark.parametrize("tau", [-0.05, 0.0, 0.02, 0.1])
def test_mean_savings_rate_is_the_true_savings(tau) -> None:
    # 4 se, false alarm 6e-5 a case, total and each of four types.
    size = 5_000
    noise = default_noise(population(size), 1.14, 0.0065, people=True)
    found = simulated(size, noise, View(tau), years=YEARS, seed=5)
    rates = found.savings_rate(0)
    assert abs(rates.mean() - tau) < 4 * rates.std() / math.sqrt(YEARS)
    # On the truncated scale: (1 - tau) of the benchmark of each type, not only of the total.
    by_type = found.expenditure[0] / np.array(population(size).benchmark_by_type)
    error = by_type.std(axis=0) / math.sqrt(YEARS)
    assert np.all(np.abs(by_type.mean(axis=0) - (1.0 - tau)) < 4 * error)


@compiled_only
def test_people_of_each_type_scatter_by_their_cv() -> None:
    # 4.5 se of each sd, four types: false alarm 3e-5.
    size = 5_000
    p = population(size)
    by_type = simulated(size, PEOPLE_ONLY, years=YEARS, seed=6).expenditure[0]
    for kind, model in enumerate(MODELS):
        sd, error = sd_and_error(by_type[:, kind] / p.benchmark_by_type[kind])
        expected = model.truncated_cv / math.sqrt(p.beneficiaries[kind])
        assert abs(sd - expected) < 4.5 * error


@compiled_only
def test_savings_are_truncated_like_cms_truncates() -> None:
    # At savings of 20 % fewer people reach the truncation point, so people scatter by more than
    # 80 % of what they do at no savings, and by exactly what min(s Q, T) says.
    size, tau = 5_000, 0.2
    p = population(size)
    rates = simulated(size, PEOPLE_ONLY, View(tau), years=YEARS, seed=7).savings_rate(0)
    from scipy.optimize import brentq

    variance = 0.0
    for count, amount, model in zip(p.beneficiaries, p.benchmark_by_type, MODELS, strict=True):

        def mean(s: float, model=model) -> float:
            return s * model.shape.truncated(model.truncation / s).mean

        scale = brentq(lambda s, mean=mean: mean(s) - (1.0 - tau), 0.3, 1.5)
        cv = model.shape.truncated(model.truncation / scale).cv
        variance += (amount * (1.0 - tau) * cv) ** 2 / count
    expected = math.sqrt(variance) / p.benchmark
    sd, error = sd_and_error(rates)
    assert abs(sd - expected) < 4 * error
    assert expected > (1.0 - tau) * p.people_noise_constant / math.sqrt(size)


@compiled_only
def test_practices_and_uncertain_savings_add_their_variance() -> None:
    # 4 se, false alarm 6e-5.
    size = 10_000
    noise = Noise(1.0, 0.015, 0.006)
    view = View(0.0, 0.02)
    sd, error = sd_and_error(simulated(size, noise, view, years=YEARS, seed=8).savings_rate(0))
    k = population(size).people_noise_constant
    expected = math.sqrt(k * k / size + 0.015**2 + 0.006**2 + 0.02**2)
    assert abs(sd - expected) < 4 * error


@pytest.mark.parametrize(
    ("noise", "sd"),
    [
        (Noise(0.0, 0.03, 0.0), 0.03),
        (Noise(0.0, 0.0, 0.02), math.sqrt(math.expm1(0.02**2))),
        (Noise(0.0, 0.03, 0.02), math.hypot(0.03, 0.02)),
    ],
    ids=["practices", "shock", "both"],
)
def test_shared_sources_alone(noise, sd) -> None:
    # No people are drawn: 200,000 years cost nothing. 4 se, false alarm 6e-5 for each figure.
    years = 200_000
    rates = simulated(5_000, noise, years=years, seed=9).savings_rate(0)
    found, error = sd_and_error(rates)
    assert abs(found - sd) < 4 * error + 1e-3 * sd
    assert abs(rates.mean()) < 4 * sd / math.sqrt(years)


@pytest.mark.parametrize("as_stated", [False, True])
def test_uncertain_true_savings_alone(as_stated) -> None:
    # 4 se, false alarm 6e-5 for each figure; the two views share one draw a year.
    years = 200_000
    silent = Noise(0.0, 0.0, 0.0, as_stated)
    found = simulated(5_000, silent, View(0.03, 0.02), View(0.0, 0.01), years=years, seed=10)
    first, second = found.savings_rate(0), found.savings_rate(1)
    assert abs(first.mean() - 0.03) < 4 * 0.02 / math.sqrt(years)
    assert abs(first.std() - 0.02) < 4 * 0.02 / math.sqrt(2 * years)
    np.testing.assert_allclose((first - 0.03) / 0.02, second / 0.01, atol=1e-9)


@pytest.mark.parametrize("tau", [-0.1, 0.0, 0.02, 0.3])
@pytest.mark.parametrize("as_stated", [False, True])
def test_silence_gives_the_true_savings_in_every_year(tau, as_stated) -> None:
    silent = Noise(0.0, 0.0, 0.0, as_stated)
    rates = simulated(5_000, silent, View(tau), years=9).savings_rate(0)
    np.testing.assert_allclose(rates, tau, atol=1e-14)


def test_part_of_the_people_is_that_part_of_their_deviation() -> None:
    size, years = (2_000, 500) if COMPILED else (40, 5)
    whole = simulated(size, PEOPLE_ONLY, years=years).savings_rate(0)
    half = simulated(size, Noise(0.5, 0.0, 0.0), years=years).savings_rate(0)
    np.testing.assert_allclose(half, 0.5 * whole, atol=1e-12)


def test_doubling_the_constant_below_the_peoples_own_doubles_every_year() -> None:
    size, years = (2_000, 500) if COMPILED else (40, 5)
    p = population(size)
    k = 0.45 * p.people_noise_constant
    once, twice = (
        simulated(size, noise_from_constant(p, c, 0.0), View(0.04), years=years).savings_rate(0)
        for c in (k, 2 * k)
    )
    np.testing.assert_allclose(twice - 0.04, 2.0 * (once - 0.04), atol=1e-12)


@compiled_only
def test_doubling_constant_and_shock_doubles_the_total() -> None:
    # The stress of twice the spread. 4 se of the difference of two sds, false alarm 6e-5.
    size = 5_000
    p = population(size)
    (one, one_error), (two, two_error) = (
        sd_and_error(
            simulated(
                size, noise_from_constant(p, 2.19 * c, 0.0065 * c), years=YEARS, seed=11
            ).savings_rate(0)
        )
        for c in (1, 2)
    )
    assert abs(two - 2.0 * one) < 4 * math.hypot(two_error, 2.0 * one_error)
    assert abs(one - math.hypot(2.19 / math.sqrt(size), 0.0065)) < 4 * one_error


@compiled_only
@pytest.mark.parametrize("size", [5_000, 20_000, 50_000])
def test_default_noise_by_simulation(size) -> None:
    # 2.19/sqrt(N) and a common 0.65 points, from year-to-year changes of CMS results 2021-24.
    noise = default_noise(population(size), 1.14, 0.0065, people=True)
    sd = simulated(size, noise, years=YEARS, seed=12).savings_rate(0).std()
    assert sd == pytest.approx(math.hypot(2.19 / math.sqrt(size), 0.0065), rel=0.05)
