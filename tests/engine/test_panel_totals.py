"""Paths with enrollment types added up, and random walks: the same bits, plain statistics."""

from __future__ import annotations

import numpy as np
import pytest
from engine_cases import COMPILED, MODELS, population

from simulate.engine.panel_totals import PanelCase, simulate_panel_totals
from simulate.engine.panel_years import BaseYears, CalendarYears, simulate_panel
from simulate.engine.shared_draws import Draws
from simulate.engine.walks import BENCHMARK_UPDATE, SAVINGS_DRIFT, random_walk
from simulate.engine.years import Execution, View
from simulate.population.panel import panel_model
from simulate.population.population import Noise

SIZE, PATHS = (2_000, 200) if COMPILED else (40, 5)
NOISE = Noise(1.0, 0.02, 0.0065)
VIEWS = (View(0.0), View(0.03, 0.02))
PANEL = panel_model(MODELS)


@pytest.mark.parametrize("base", [None, BaseYears()])
@pytest.mark.parametrize("execution", [None, Execution(2, 3)])
def test_totals_are_those_of_the_panel(base, execution) -> None:
    added = np.linspace(-0.02, 0.02, PATHS)[:, None] * np.ones(3)
    years = CalendarYears(3, base, 0.4, [0.5, 1.0, 2.0], added)
    who, draws = population(SIZE), Draws(7)
    found = simulate_panel_totals(
        PanelCase(who, NOISE, PANEL, VIEWS, years, PATHS, draws), execution
    )
    whole = simulate_panel(who, NOISE, PANEL, VIEWS, years, PATHS, draws)
    for view in range(len(VIEWS)):
        np.testing.assert_array_equal(found.expenditure[view], whole.total(view))
    np.testing.assert_allclose(found.benchmark, whole.benchmark, rtol=1e-15)
    assert np.all(found.benchmark == who.benchmark) == (base is None)


def test_what_is_added_to_the_true_savings_is_saved() -> None:
    silent, who = Noise(0.0, 0.0, 0.0), population(SIZE)
    added = np.array([[0.0, 0.01, -0.02]] * PATHS)
    years = CalendarYears(3, savings_factors=[1.0, 2.0, 1.0], savings_added=added)
    case = PanelCase(who, silent, PANEL, (View(0.03),), years, PATHS, Draws(1))
    rates = 1.0 - simulate_panel_totals(case).expenditure[0] / who.benchmark
    np.testing.assert_allclose(rates, [[0.03, 0.07, 0.01]] * PATHS, atol=1e-12)


def test_walks_depend_on_seed_source_and_index_alone() -> None:
    walk = random_walk(Draws(3), 100, 5, SAVINGS_DRIFT, 0.02)
    np.testing.assert_array_equal(random_walk(Draws(3), 40, 3, SAVINGS_DRIFT, 0.02), walk[:40, :3])
    np.testing.assert_array_equal(
        random_walk(Draws(3, "quasi-random"), 100, 5, SAVINGS_DRIFT, 0.02), walk
    )
    assert np.all(walk[:, 0] == 0.0)
    others = [(4, SAVINGS_DRIFT), (3, BENCHMARK_UPDATE)]
    for seed, source in others:
        assert not np.any(random_walk(Draws(seed), 100, 5, source, 0.02)[:, 1:] == walk[:, 1:])
    assert not np.any(random_walk(Draws(3), 100, 5, SAVINGS_DRIFT, 0.0))


def test_steps_are_independent_and_normal() -> None:
    """40,000 steps; 4.4 standard errors of each moment and correlation: false alarm 1e-5 each."""
    steps = np.diff(random_walk(Draws(11), 10_000, 5, BENCHMARK_UPDATE, 1.0), axis=1)
    error = 4.4 / np.sqrt(steps.size)
    assert abs(steps.mean()) < error
    assert abs(steps.std() - 1.0) < error / np.sqrt(2)
    assert abs((steps**4).mean() - 3.0) < error * np.sqrt(96)
    between = np.corrcoef(steps.T)[np.triu_indices(4, 1)]
    assert np.all(np.abs(between) < 4.4 / np.sqrt(10_000))
