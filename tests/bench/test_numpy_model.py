"""NumPy and the engine simulate the same model, so that their speeds may be compared.

Seeds are fixed, so a test that passes passes always; the false-alarm rates say how likely a
changed random stream is to fail a test of a correct model.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from simulate.bench.numpy_model import NumpyModel
from simulate.bench.subject import BENEFICIARIES, MIX, PER_CAPITA, PERSON_YEARS, subject
from simulate.data import published_results
from simulate.engine.exact import savings_rate_distribution
from simulate.engine.years import View, simulate_years
from simulate.population.families import GammaPower
from simulate.population.population import Noise
from simulate.population.spend import model_from_shape

SIZE, YEARS = 1_500, 20_000
variants = pytest.mark.parametrize("by_component", [False, True], ids=["person", "component"])


def standard_error_of_sd(values: np.ndarray) -> float:
    centred = values - values.mean()
    variance = np.mean(centred**2)
    fourth = np.mean(centred**4)
    return float(np.sqrt((fourth - variance**2) / values.size) / (2.0 * np.sqrt(variance)))


def assert_same(values: np.ndarray, mean: float, sd: float) -> None:
    """Mean and standard deviation within 4 standard errors: false alarm 6e-5 each."""
    assert abs(values.mean() - mean) < 4.0 * sd / math.sqrt(values.size)
    assert abs(values.std() - sd) < 4.0 * standard_error_of_sd(values)


@variants
def test_mean_and_sd_of_a_year_are_those_of_the_exact_engine(by_component: bool) -> None:
    population, noise = subject(SIZE)
    exact = savings_rate_distribution(population, noise, View(0.0))
    drawn = NumpyModel(population, noise, by_component).expenditure(YEARS, seed=2).sum(axis=1)
    assert_same(drawn / population.benchmark, 1.0, exact.sd)


@pytest.mark.slow_without_compiler
@variants
def test_mean_and_sd_of_a_year_are_those_of_the_simulation(by_component: bool) -> None:
    # Each of two samples; 4 se of their difference, false alarm 6e-5 each; laws by
    # Kolmogorov-Smirnov, false alarm 1e-4.
    population, noise = subject(SIZE)
    ours = simulate_years(population, noise, (View(0.0),), YEARS, seed=3).total(0)
    drawn = NumpyModel(population, noise, by_component).expenditure(YEARS, seed=3).sum(axis=1)
    error = math.hypot(ours.std(), drawn.std()) / math.sqrt(YEARS)
    assert abs(ours.mean() - drawn.mean()) < 4.0 * error
    error = math.hypot(standard_error_of_sd(ours), standard_error_of_sd(drawn))
    assert abs(ours.std() - drawn.std()) < 4.0 * error
    assert stats.ks_2samp(ours, drawn).pvalue > 1e-4


@variants
def test_people_of_each_type_scatter_by_their_cv(by_component: bool) -> None:
    population, _ = subject(SIZE)
    people_only = Noise(1.0, 0.0, 0.0)
    spent = NumpyModel(population, people_only, by_component).expenditure(YEARS, seed=4)
    for column, model in enumerate(population.models):
        share = spent[:, column] / population.benchmark_by_type[column]
        cv = model.truncated_cv / math.sqrt(population.beneficiaries[column])
        assert_same(share, 1.0, cv)


@variants
@pytest.mark.parametrize("chunk", [1, 1_000, 10**9])
def test_any_chunk_gives_every_year(by_component: bool, chunk: int) -> None:
    population, noise = subject(400)
    spent = NumpyModel(population, noise, by_component, chunk).expenditure(25, seed=5)
    assert spent.shape == (25, 4)
    assert np.all(spent[:, -1] > 0.0)
    again = NumpyModel(population, noise, by_component, chunk).expenditure(25, seed=5)
    np.testing.assert_array_equal(spent, again)


def test_a_component_without_people_adds_nothing() -> None:
    # ESRD has one person here: most years have nobody in its high component.
    population, _ = subject(300)
    assert population.beneficiaries[0] == 1
    spent = NumpyModel(population, Noise(1.0, 0.0, 0.0), by_component=True).expenditure(500, seed=6)
    per_mean = spent[:, 0] / population.benchmark_by_type[0]
    assert per_mean.max() <= population.models[0].truncation * (1.0 + 1e-12)
    assert 0.9 < per_mean.mean() < 1.1


def test_another_family_is_refused() -> None:
    population, noise = subject(400)
    gamma = model_from_shape("esrd", GammaPower(0.1, 1.5, 1.0, 1.0))
    other = replace(population, models=(gamma, *population.models[1:]))
    with pytest.raises(TypeError, match="lognormals"):
        NumpyModel(other, noise)


def test_the_subject_is_the_typical_aco_of_the_published_results() -> None:
    rows = published_results(2024).rows
    assigned = [row.assigned_beneficiaries for row in rows]
    assert np.median(assigned) == pytest.approx(BENEFICIARIES, rel=0.02)
    person_years = sum(row.person_years for row in rows)
    assert person_years / sum(assigned) == pytest.approx(PERSON_YEARS, abs=0.001)
    known = [
        (row.person_years_by_type, row.per_capita_by_type)
        for row in rows
        if row.person_years_by_type
        and row.per_capita_by_type
        and None not in (*row.person_years_by_type, *row.per_capita_by_type)
    ]
    years, per_capita = (np.array(column, float) for column in zip(*known, strict=True))
    np.testing.assert_allclose(years.sum(axis=0) / years.sum(), MIX, atol=1e-4)
    mean = (years * per_capita).sum(axis=0) / years.sum(axis=0)
    np.testing.assert_allclose(mean, PER_CAPITA, rtol=0.005)
    assert sum(MIX) == pytest.approx(1.0)
