"""Counts by type, the noise of people, and the noise that a constant asks for."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulate.population.population import (
    Noise,
    Population,
    default_noise,
    noise_from_constant,
    split_by_person_years,
)
from simulate.population.spend import spend_models

# Person-year mix and dollars per capita of all ACOs (ESRD, disabled, aged/dual, aged/non-dual):
# CMS results of performance years 2018 and 2024.
MIXES = {
    2018: ((0.0075, 0.116, 0.064, 0.8125), (83_492.0, 10_872.0, 16_049.0, 9_912.0)),
    2024: ((0.0035, 0.068, 0.053, 0.8755), (98_180.0, 12_693.0, 20_248.0, 12_424.0)),
}


def population(size: int, year: int = 2018) -> Population:
    mix, dollars = MIXES[year]
    person_years = tuple(0.979 * size * m for m in mix)
    return Population(split_by_person_years(size, person_years), person_years, dollars, MODELS)


MODELS = spend_models()


def test_benchmark_adds_up() -> None:
    p = Population((1, 2, 3, 4), (1.0, 2.0, 2.5, 3.0), (100.0, 10.0, 20.0, 30.0), MODELS)
    assert p.size == 10
    assert p.benchmark_by_type == (100.0, 20.0, 50.0, 90.0)
    assert p.benchmark == 260.0


@pytest.mark.parametrize("year", MIXES)
def test_people_noise_constant_is_the_weighted_cv(year) -> None:
    # k^2 = sum p_e (X_e / X)^2 k_e^2, with the truncated CV of each type.
    mix, dollars = MIXES[year]
    mean = float(np.dot(mix, dollars))
    cvs = (0.60, 1.95, 1.70, 1.85)
    expected = math.sqrt(
        sum(p * (x / mean * v) ** 2 for p, x, v in zip(mix, dollars, cvs, strict=True))
    )
    assert population(1_000_000, year).people_noise_constant == pytest.approx(expected, rel=1e-4)


def test_people_noise_constant_of_the_2018_mix() -> None:
    # 1.81 with the ACO mix of 2018 and the CVs above (to two digits of the mix).
    assert population(100_000).people_noise_constant == pytest.approx(1.81, abs=0.01)


@pytest.mark.parametrize("year", MIXES)
@pytest.mark.parametrize("size", [5_000, 10_000, 20_000, 50_000])
def test_default_noise_is_what_published_results_show(year, size) -> None:
    # 2.19/sqrt(N) and a common 0.65 points: year-to-year changes in the same agreement,
    # performance years 2021-24, 1,015 pairs of CMS results.
    p = population(size, year)
    noise = default_noise(p, 1.14, 0.0065, people=True)
    total = math.hypot(
        noise.people * p.people_noise_constant / math.sqrt(size),
        noise.practice_sd,
        noise.common_shock_sd,
    )
    assert total == pytest.approx(math.hypot(2.19 / math.sqrt(size), 0.0065), rel=0.05)


def test_default_noise_is_never_independent_people_alone() -> None:
    noise = default_noise(population(10_000), 1.14, 0.0065, people=True)
    assert noise == Noise(1.0, pytest.approx(0.0114), 0.0065)
    assert default_noise(population(10_000), 1.14, 0.0065, people=False).people == 0.0


@pytest.mark.parametrize("k", [0.0, 0.5, 1.0, 1.8, 1.9, 2.15, 4.0])
def test_noise_from_constant_sets_the_total(k) -> None:
    p = population(7_000)
    noise = noise_from_constant(p, k, 0.003)
    own = p.people_noise_constant
    total = math.hypot(noise.people * own, noise.practice_sd * math.sqrt(p.size))
    assert total == pytest.approx(k, rel=1e-12)
    assert noise.people == pytest.approx(min(1.0, k / own))
    assert (noise.practice_sd > 0.0) == (k > own)
    assert noise.common_shock_sd == 0.003
    assert noise.as_stated


# Where there are fewer people than types some type must stay empty; tested apart.
parts = st.floats(1e-3, 1e6) | st.just(0.0)


@given(st.integers(4, 5_000_000), st.tuples(parts, parts, parts, parts).filter(any))
def test_split_adds_up_and_leaves_no_type_empty(assigned, person_years) -> None:
    counts = split_by_person_years(assigned, person_years)
    assert sum(counts) == assigned
    total = sum(person_years)
    for count, part in zip(counts, person_years, strict=True):
        assert (count > 0) == (part > 0.0)
        # Within one of proportion, but for the ones that lend a person to the empty.
        assert abs(count - assigned * part / total) <= 4.0


def test_split_by_largest_remainder() -> None:
    assert split_by_person_years(10, (1.0, 1.0, 1.0, 0.0)) in {(4, 3, 3, 0), (3, 4, 3, 0)}
    assert split_by_person_years(100, (0.75, 11.6, 6.4, 81.25)) == (1, 12, 6, 81)
    assert split_by_person_years(1, (0.0, 0.0, 0.0, 0.9)) == (0, 0, 0, 1)
