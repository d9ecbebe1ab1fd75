"""Quasi-random shared draws: Sobol' points, randomised so that errors are honest, the same bits.

Seeds are fixed. Statistical bounds lie at 4 standard errors or a p value of 1e-4: a changed
random stream raises a false alarm in all of them together with a chance below 1 in 500.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from engine_cases import COMPILED, MODELS, PEOPLE_ONLY, compiled_only, population, simulated
from scipy import stats
from scipy.stats import qmc

from simulate.engine import years as engine
from simulate.engine.panel_years import BaseYears, CalendarYears, simulate_panel
from simulate.engine.shared_draws import (
    FEWEST_YEARS,
    REPLICATES,
    SOURCES,
    Draws,
    direction_numbers,
    scrambled_sequences,
    sobol_uniforms,
)
from simulate.engine.years import Execution, View, simulate_years, simulated_quality
from simulate.kernels.philox import SCRAMBLE_STREAM, SHARED_STREAM, shared_uniforms, stream_word
from simulate.measures import estimate as of
from simulate.population.panel import panel_model
from simulate.population.population import Noise

SIZE, YEARS = (2_000, 1_700) if COMPILED else (40, 260)
ALL_SOURCES = Noise(1.0, 0.02, 0.0065)
VIEWS = (View(0.0), View(0.03, 0.02))
QUASI_RANDOM = Draws(3, "quasi-random")


def points(seed: int, count: int, sources: int = SOURCES) -> np.ndarray:
    """The first points of every sequence, shape (REPLICATES, count, sources)."""
    years = np.arange(count * REPLICATES, dtype=np.uint64)
    draws = [sobol_uniforms(seed, years, source) for source in range(sources)]
    return np.stack(draws, axis=-1).reshape(count, REPLICATES, sources).transpose(1, 0, 2)


# --- the points -------------------------------------------------------------


def test_one_sequence_for_every_source() -> None:
    named = (engine.TRUE_SAVINGS, engine.PRACTICES, engine.COMMON_SHOCK, engine.QUALITY)
    assert sorted(named) == list(range(SOURCES))
    assert FEWEST_YEARS == 10 * REPLICATES


def test_unscrambled_points_are_scipys() -> None:
    count = 1 << 10
    index = np.arange(count, dtype=np.uint64)
    found = np.zeros((count, SOURCES), np.uint64)
    for digit in range(10):
        used = (index >> np.uint64(digit)) & np.uint64(1)
        found ^= direction_numbers()[:, digit] * used[:, None]
    # scipy walks the same points in Gray code order.
    gray = index ^ (index >> np.uint64(1))
    expected = qmc.Sobol(SOURCES, scramble=False, bits=32).random(count)
    np.testing.assert_array_equal(found[gray] / 2.0**32, expected)


@pytest.mark.parametrize("digits", [1, 4, 8])
def test_each_block_of_points_fills_all_intervals(digits) -> None:
    # Any 2**k points from a multiple of 2**k on have one in each of 2**k intervals.
    block = 1 << digits
    drawn = points(11, 3 * block)
    for first in (0, block, 2 * block):
        places = np.sort((drawn[:, first : first + block] * block).astype(int), axis=1)
        np.testing.assert_array_equal(places, np.arange(block)[None, :, None] + 0 * places)


def test_two_sources_fill_all_rectangles() -> None:
    # True savings and practices are a (0, 2)-sequence: one of 64 points in every rectangle
    # of area 1/64, whatever its shape.
    drawn = points(12, 128, sources=2)
    for half in (drawn[:, :64], drawn[:, 64:]):
        for across in range(7):
            places = (half[..., 0] * 2**across).astype(int) * 2 ** (6 - across)
            places += (half[..., 1] * 2 ** (6 - across)).astype(int)
            assert all(np.unique(places[i]).size == 64 for i in range(REPLICATES))


def test_a_mean_varies_as_nested_uniform_scrambling_makes_it() -> None:
    # One uniform point in each of n intervals, pairwise independent: variance 1 / (12 n^3).
    # 4,000 replicates: the variance of a variance is 2 / 4,000 (the means are near normal).
    count = 16
    means = np.concatenate([points(seed, count).mean(axis=1) for seed in range(40)])
    ratio = means.var(axis=0) * 12 * count**3
    assert np.all(np.abs(means.mean(axis=0) - 0.5) < 4 * np.sqrt(1 / (12 * count**3) / 4_000))
    assert np.all(np.abs(ratio - 1.0) < 4 * np.sqrt(2 / 4_000))


def test_each_draw_alone_is_uniform_whatever_its_year() -> None:
    years = np.array([0, 7, 100, 4_299, 5_000_000], dtype=np.uint64)
    drawn = np.array(
        [[sobol_uniforms(seed, years, source) for source in range(SOURCES)] for seed in range(500)]
    )
    for column in drawn.reshape(500, -1).T:
        assert stats.kstest(column, "uniform").pvalue > 1e-4


def test_replicates_and_sources_are_independent_of_each_other() -> None:
    shifts = np.stack([scrambled_sequences(seed).shifts for seed in range(60)]) / 2.0**52
    assert np.unique(shifts).size == shifts.size
    assert stats.pearsonr(shifts[:, :-1].ravel(), shifts[:, 1:].ravel()).pvalue > 1e-4
    assert stats.pearsonr(shifts[..., :-1].ravel(), shifts[..., 1:].ravel()).pvalue > 1e-4
    # What leads from one point to another has its own random matrix in every sequence.
    drawn = np.stack([points(seed, 7) for seed in range(60)])
    steps = (drawn[:, :, 6] - drawn[:, :, 5]) % 1.0
    assert stats.pearsonr(steps[:, :-1].ravel(), steps[:, 1:].ravel()).pvalue > 1e-4


def test_scrambling_has_counters_of_its_own() -> None:
    people_and_shared = {stream_word(s, y) for s in (*range(4), SHARED_STREAM) for y in (0, 65_535)}
    assert stream_word(SCRAMBLE_STREAM) not in people_and_shared
    assert SCRAMBLE_STREAM not in (*range(4), SHARED_STREAM)


# --- a year's draws depend on the seed and its index alone -------------------


def test_any_years_in_any_order() -> None:
    whole = sobol_uniforms(9, np.arange(5_000, dtype=np.uint64), 2)
    some = np.random.default_rng(1).permutation(5_000)[:700].astype(np.uint64)
    np.testing.assert_array_equal(sobol_uniforms(9, some, 2), whole[some.astype(int)])
    assert sobol_uniforms(9, np.empty(0, np.uint64), 2).size == 0


def test_independent_draws_are_those_of_the_random_stream() -> None:
    years = np.arange(300, dtype=np.uint64)
    for calendar_year in (0, 2):
        np.testing.assert_array_equal(
            Draws(8).uniforms(years, 1, calendar_year), shared_uniforms(8, years, 1, calendar_year)
        )
    assert Draws.of(8) == Draws(8)
    assert Draws.of(QUASI_RANDOM) is QUASI_RANDOM
    assert Draws(8).replicates is None


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("chunk_years", [7, 1_000, None])
def test_the_same_bits_for_threads_chunks_and_length(threads, chunk_years) -> None:
    whole = simulate_years(population(SIZE), ALL_SOURCES, VIEWS, YEARS, QUASI_RANDOM)
    assert whole.replicates == REPLICATES
    for years in (1, 150, YEARS):
        found = simulate_years(
            population(SIZE), ALL_SOURCES, VIEWS, years, QUASI_RANDOM,
            Execution(threads, chunk_years),
        )  # fmt: skip
        np.testing.assert_array_equal(found.expenditure, whole.expenditure[:, :years])


def test_the_people_are_the_same_under_either_sampling() -> None:
    found = simulate_years(population(SIZE), PEOPLE_ONLY, (View(0.0),), 60, QUASI_RANDOM)
    expected = simulated(SIZE, PEOPLE_ONLY, years=60, seed=QUASI_RANDOM.seed)
    np.testing.assert_array_equal(found.expenditure, expected.expenditure)
    assert expected.replicates is None


def test_a_view_alone_or_among_others() -> None:
    among = simulate_years(population(SIZE), ALL_SOURCES, VIEWS, 120, QUASI_RANDOM)
    for i, view in enumerate(VIEWS):
        alone = simulate_years(population(SIZE), ALL_SOURCES, (view,), 120, QUASI_RANDOM)
        np.testing.assert_array_equal(alone.expenditure[0], among.expenditure[i])


def test_a_panel_begins_with_the_year_of_the_single_year_engine() -> None:
    years = 130
    calendar_years = CalendarYears(1, BaseYears())
    panel = simulate_panel(
        population(SIZE), ALL_SOURCES, panel_model(MODELS), VIEWS, calendar_years, years,
        QUASI_RANDOM,
    )  # fmt: skip
    alone = simulate_years(population(SIZE), ALL_SOURCES, VIEWS, years, QUASI_RANDOM)
    np.testing.assert_array_equal(panel.expenditure[:, :, 0], alone.expenditure)


def test_other_calendar_years_are_independent() -> None:
    years = np.arange(REPLICATES * 64, dtype=np.uint64)
    np.testing.assert_array_equal(
        QUASI_RANDOM.uniforms(years, 1, 2), shared_uniforms(QUASI_RANDOM.seed, years, 1, 2)
    )


def test_quality_is_drawn_quasi_randomly_too() -> None:
    found = simulated_quality(0.5, 0.1, QUASI_RANDOM, REPLICATES * 64)
    plain = simulated_quality(0.5, 0.1, QUASI_RANDOM.seed, REPLICATES * 64)
    quasi, independent = (
        of.mean(found, REPLICATES).standard_error, of.mean(plain).standard_error,
    )  # fmt: skip
    assert quasi < 0.2 * independent
    assert abs(found.mean() - 0.5) < 4 * quasi


# --- the errors that are reported -------------------------------------------


@compiled_only
def test_standard_errors_are_honest_and_smaller_and_nothing_is_biased() -> None:
    # 200 seeds of a small ACO: their spread is known to 5 %, so four figures within 20 % and
    # four means within 4 standard errors of independent sampling over 400,000 years.
    people, years, seeds = population(500), 1_230, 200
    noise, view = replace(ALL_SOURCES, common_shock_sd=0.02), View(0.01, 0.04)
    long = simulate_years(people, noise, (view,), 400_000, 77).savings_rate(0)
    truths = [estimate.value for estimate in figures(long, None)]
    found = np.array(
        [
            figures(years_of.savings_rate(0), years_of.replicates)
            for years_of in (
                simulate_years(people, noise, (view,), years, Draws(seed, "quasi-random"))
                for seed in range(seeds)
            )
        ]
    )
    values, errors = found[..., 0], found[..., 1]
    spread = values.std(axis=0, ddof=1)
    honest = spread / np.sqrt(np.mean(errors**2, axis=0))
    assert np.all(np.abs(honest - 1.0) < 0.2), honest
    errors_of_means = np.hypot(spread / np.sqrt(seeds), spread * np.sqrt(years / 400_000) * 1.5)
    assert np.all(np.abs(values.mean(axis=0) - truths) < 4.0 * errors_of_means)
    independent = [estimate.standard_error for estimate in figures(long[:years], None)]
    assert np.all(np.mean(errors, axis=0)[:3] < 0.95 * np.array(independent)[:3])


def figures(rate: np.ndarray, replicates: int | None) -> list[of.Estimate]:
    net = np.where(rate >= 0.02, 0.75 * rate, np.where(rate <= -0.02, 0.5 * rate, 0.0))
    return [
        of.proportion(net > 0.0, replicates=replicates),
        of.proportion(net < 0.0, replicates=replicates),
        of.mean(net, replicates),
        of.quantile(net, 0.05, replicates),
    ]
