"""The exact engine against closed forms, and against the identities that it must keep."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from engine_cases import population
from scipy.integrate import quad
from scipy.special import gammainc, gammaincc
from scipy.stats import norm

from simulate.engine.exact import cap_for, savings_rate_distribution, truncated_points
from simulate.engine.years import View
from simulate.errors import UserError
from simulate.population.population import Noise, Population
from simulate.population.spend import SpendModel, default_model

PEOPLE = Noise(1.0, 0.0, 0.0)
DEVIATIONS = np.array([-4.0, -2.5, -1.0, -0.3, 0.0, 0.4, 1.0, 2.0, 3.5])


@dataclass(frozen=True)
class Gamma:
    """Gamma with mean 1: sums of it are gamma again."""

    form: float

    def share_above(self, amount: Any) -> np.ndarray:
        return gammaincc(self.form, self.form * np.asarray(amount))

    def partial_moment(self, order: int, amount: Any) -> np.ndarray:
        rising = math.prod(self.form + i for i in range(order)) / self.form**order
        return rising * gammainc(self.form + order, self.form * np.asarray(amount))


def gamma_population(size: int, form: float) -> Population:
    # The truncation point lies where no beneficiary of any test comes.
    model: Any = SpendModel("esrd", Gamma(form), 100.0)
    return Population((size,), (float(size),), (10_000.0,), (model,))


@pytest.mark.parametrize(("size", "form"), [(40, 1.0), (300, 0.3), (5_000, 0.3), (100_000, 0.3)])
def test_sum_of_gammas(size, form) -> None:
    # One minus the savings rate is gamma with form size * form and mean 1.
    found = savings_rate_distribution(gamma_population(size, form), PEOPLE, View(0.0))
    total = size * form
    assert found.sd == pytest.approx(1.0 / math.sqrt(total), rel=1e-9)
    rates = found.sd * DEVIATIONS
    np.testing.assert_allclose(
        found.cdf(rates), gammaincc(total, total * (1.0 - rates)), rtol=0, atol=1e-6
    )


@pytest.mark.parametrize("as_stated", [False, True])
def test_sum_of_gammas_moved_together(as_stated) -> None:
    # Without truncation the shared factor f multiplies the sum; integrated over it here by an
    # adaptive rule, one normal at a time.
    size, form, practice, mean, sd = 2_000, 0.3, 0.03, 0.02, 0.015
    noise = Noise(1.0, practice, 0.0, as_stated)
    found = savings_rate_distribution(gamma_population(size, form), noise, View(mean, sd))
    total = size * form

    def closed(rate: float) -> float:
        def given(savings: float, effect: float) -> float:
            if as_stated:
                spent = (1.0 - rate + savings) / effect
            else:
                spent = (1.0 - rate) / (effect * (1.0 - savings))
            return float(gammaincc(total, total * spent))

        z, w = np.polynomial.hermite_e.hermegauss(60)
        z, w = z[np.abs(z) < 9], w[np.abs(z) < 9] / w.sum()

        def over_savings(x: float) -> float:
            inner = sum(
                b * given(mean + sd * a, 1.0 + practice * x) for a, b in zip(z, w, strict=True)
            )
            return norm.pdf(x) * inner

        return quad(over_savings, -8.0, 8.0, epsabs=1e-9, epsrel=0, limit=200)[0]

    for rate in mean + found.sd * np.array([-2.5, -0.5, 0.0, 1.0, 2.0]):
        assert found.cdf(rate) == pytest.approx(closed(rate), abs=1e-7)


@pytest.mark.parametrize("size", [5_000, 50_000])
def test_normal_noise(size) -> None:
    # Without people: normal practices, the common shock lognormal, true savings a shift.
    sd = 2.15 / math.sqrt(size)
    practices = savings_rate_distribution(population(size), Noise(0.0, sd, 0.0), View(0.0))
    rates = sd * DEVIATIONS
    np.testing.assert_allclose(practices.cdf(rates), norm.cdf(rates / sd), rtol=0, atol=1e-12)
    np.testing.assert_allclose(practices.quantile(norm.cdf(DEVIATIONS)), rates, atol=1e-10)

    shock = savings_rate_distribution(population(size), Noise(0.0, 0.0, sd), View(0.0))
    z = (np.log1p(-rates) + 0.5 * sd * sd) / sd
    np.testing.assert_allclose(shock.cdf(rates), norm.sf(z), rtol=0, atol=1e-12)

    stated = Noise(0.0, sd, 0.0, as_stated=True)
    both = savings_rate_distribution(population(size), stated, View(0.03, 0.02))
    wide = math.hypot(sd, 0.02)
    np.testing.assert_allclose(
        both.cdf(0.03 + wide * DEVIATIONS), norm.cdf(DEVIATIONS), rtol=0, atol=1e-12
    )


def test_many_people_come_near_the_normal() -> None:
    # Skewness falls as 1/sqrt(N); the Edgeworth expansion to 1/N holds the rest.
    size, form = 4_000_000, 0.3
    found = savings_rate_distribution(gamma_population(size, form), PEOPLE, View(0.0))
    skewness, z = -2.0 / math.sqrt(size * form), DEVIATIONS
    first = norm.cdf(z) - skewness / 6.0 * (z * z - 1.0) * norm.pdf(z)
    np.testing.assert_allclose(found.cdf(found.sd * z), first, rtol=0, atol=1e-6)
    assert found.error < 1e-9


@pytest.mark.parametrize("size", [60, 5_000, 116_000])
def test_mean_and_sd_are_those_of_the_parts(size) -> None:
    people = population(size)
    practice, shock = 0.5 / math.sqrt(size), 0.0065
    found = savings_rate_distribution(people, Noise(0.7, practice, shock), View(0.0))
    shared = (1.0 + practice**2) * math.exp(shock**2) - 1.0
    alone = savings_rate_distribution(people, Noise(0.7, 0.0, 0.0), View(0.0))
    assert alone.sd == pytest.approx(0.7 * people.people_noise_constant / math.sqrt(size), rel=1e-9)
    # Truncation bends the people's part a little with the factor; the rest adds up.
    assert found.sd**2 == pytest.approx(alone.sd**2 + shared, rel=2e-3)

    # The series has the moments that were computed without it.
    step = found.grid[1] - found.grid[0]
    density = found.grid_density[:-1] * step
    offset = found.grid[:-1] - found.mean
    assert density.sum() == pytest.approx(1.0, abs=1e-12)
    assert density @ offset == pytest.approx(0.0, abs=1e-9 * found.sd)
    assert density @ offset**2 == pytest.approx(found.sd**2, rel=1e-7)
    assert found.cdf(found.quantile(np.array([0.01, 0.5, 0.99]))) == pytest.approx(
        [0.01, 0.5, 0.99], abs=1e-12
    )


def test_quadrature_integrates_what_is_broken() -> None:
    found = savings_rate_distribution(population(5_000), Noise(1.0, 0.016, 0.0065), View(0.01))
    rates, weights = found.quadrature(np.array([0.02, -0.013]))
    assert np.all(np.diff(rates) > 0)
    assert weights @ (rates >= 0.02) == pytest.approx(1.0 - found.cdf(0.02), abs=1e-12)
    assert weights @ (rates < -0.013) == pytest.approx(found.cdf(-0.013), abs=1e-12)
    assert weights @ rates == pytest.approx(0.01, abs=1e-12)
    assert math.sqrt(weights @ (rates - 0.01) ** 2) == pytest.approx(found.sd, rel=1e-9)


@pytest.mark.parametrize("factor", [0.3, 0.9, 1.0, 1.3, 3.0])
@pytest.mark.parametrize("enrollment_type", ["esrd", "aged_non_dual"])
def test_discretisation_keeps_the_moments(enrollment_type, factor) -> None:
    model = default_model(enrollment_type)
    cap = cap_for(model.shape, model.truncation, factor)
    exact = model.shape.truncated(cap)
    assert exact.mean * model.truncation / cap == pytest.approx(factor, rel=1e-13)
    amounts, weights = truncated_points(model.shape, cap)
    mean = weights @ amounts
    assert weights.sum() == pytest.approx(1.0, abs=1e-13)
    assert weights[0] == pytest.approx(model.shape.zero_mass, abs=1e-12)
    assert weights[-1] == pytest.approx(exact.share_above, rel=1e-12)
    assert mean == pytest.approx(exact.mean, rel=1e-12)
    assert math.sqrt(weights @ amounts**2 - mean**2) == pytest.approx(exact.cv * mean, rel=1e-10)


def test_nothing_random_is_one_value() -> None:
    found = savings_rate_distribution(population(5_000), Noise(0.0, 0.0, 0.0), View(0.03))
    assert (found.mean, found.sd, found.error) == (0.03, 0.0, 0.0)
    np.testing.assert_array_equal(found.cdf(np.array([0.02, 0.03, 0.04])), [0.0, 1.0, 1.0])
    assert found.quantile(0.05) == 0.03
    rates, weights = found.quadrature(np.array([0.01]))
    assert (rates.tolist(), weights.tolist()) == ([0.03], [1.0])
    with pytest.raises(ValueError, match="no density"):
        found.density(0.03)


def test_refuses_what_it_could_not_compute() -> None:
    with pytest.raises(UserError, match=r"practice effect 40 %.*less noise"):
        savings_rate_distribution(population(500), Noise(1.0, 0.4, 0.0), View(0.0))
    with pytest.raises(UserError, match=r"3 assigned beneficiaries.*monte-carlo"):
        savings_rate_distribution(population(3), PEOPLE, View(0.0))
