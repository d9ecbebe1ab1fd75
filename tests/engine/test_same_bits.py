"""The same bits for any threads, chunks, length of the run and company of views."""

from __future__ import annotations

import numpy as np
import pytest
from engine_cases import COMPILED, PEOPLE_ONLY, population, simulated

from simulate.engine.years import Execution, View, simulate_years
from simulate.population.population import Noise, noise_from_constant

SIZE, YEARS = (3_000, 2_300) if COMPILED else (60, 13)
ALL_SOURCES = Noise(1.0, 0.02, 0.0065)
VIEWS = (View(0.0), View(0.03, 0.02))
NOISES = {
    "default": ALL_SOURCES,
    "people": PEOPLE_ONLY,
    "part of the people": Noise(0.4, 0.0, 0.01, as_stated=True),
    "no people": Noise(0.0, 0.02, 0.0065),
    "constant": noise_from_constant(population(SIZE), 2.15, 0.0),
}
noises = pytest.mark.parametrize("noise", NOISES.values(), ids=NOISES.keys())


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("chunk_years", [1, 7, 1000, None])
def test_threads_and_chunks(threads, chunk_years) -> None:
    execution = Execution(threads, chunk_years)
    years = 300 if chunk_years == 1 and COMPILED else YEARS
    found = simulated(SIZE, ALL_SOURCES, *VIEWS, years=years, execution=execution).expenditure
    whole = simulated(SIZE, ALL_SOURCES, *VIEWS, years=YEARS).expenditure
    np.testing.assert_array_equal(found, whole[:, :years])


@noises
def test_first_years_of_a_longer_run(noise) -> None:
    whole = simulated(SIZE, noise, *VIEWS, years=YEARS, execution=Execution(2, 100)).expenditure
    for years in (1, 2, YEARS // 3):
        found = simulated(SIZE, noise, *VIEWS, years=years, execution=Execution(1, 7)).expenditure
        np.testing.assert_array_equal(found, whole[:, :years])


@noises
def test_a_view_alone_or_among_others(noise) -> None:
    years = YEARS // 2
    company = (View(-0.05), *VIEWS, View(0.2), View(0.1, 0.05))
    among = simulated(SIZE, noise, *company, years=years).expenditure
    for i, view in enumerate(company):
        alone = simulated(SIZE, noise, view, years=years).expenditure
        np.testing.assert_array_equal(alone[0], among[i])


def test_seeds_differ_in_both_words() -> None:
    runs = [simulated(50, PEOPLE_ONLY, years=3, seed=s).total(0) for s in (1, 2, 1 + 2**32, 2**62)]
    assert np.unique(np.concatenate(runs)).size == 12


def test_progress_counts_every_year_once() -> None:
    done: list[int] = []
    simulated(20, PEOPLE_ONLY, years=11, execution=Execution(2, 4, done.append))
    assert done == [4, 4, 3]


def test_what_a_run_returns() -> None:
    found = simulated(40, PEOPLE_ONLY, *VIEWS, years=5)
    assert found.expenditure.shape == (2, 5, 4)
    assert found.benchmark == pytest.approx(population(40).benchmark)
    np.testing.assert_allclose(found.total(1), found.expenditure[1].sum(axis=1))
    np.testing.assert_allclose(found.savings_rate(0), 1.0 - found.total(0) / found.benchmark)


def test_an_empty_enrollment_type_spends_nothing() -> None:
    whole = population(50)
    nobody = type(whole)((0, 25, 0, 25), (0.0, 24.0, 0.0, 25.0), (9e4, 1e4, 2e4, 1e4), whole.models)
    found = simulate_years(nobody, PEOPLE_ONLY, (View(0.0),), 4, 1).expenditure
    assert not found[:, :, [0, 2]].any()
    assert found[:, :, [1, 3]].all()
