"""Paths of calendar years: the same bits, the same marginals, correlations, base years.

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
)

from simulate.engine.panel_years import BaseYears, CalendarYears, SimulatedPanel, simulate_panel
from simulate.engine.years import Execution, View, simulate_years
from simulate.errors import UserError
from simulate.population.panel import (
    Persistence,
    independent_people,
    panel_defaults,
    panel_model,
)
from simulate.population.population import Noise, Population, default_noise, noise_from_constant

SIZE, YEARS = (3_000, 300) if COMPILED else (40, 5)
ALL_SOURCES = Noise(1.0, 0.02, 0.0065)
NOISES = {
    "default": ALL_SOURCES,
    "people": PEOPLE_ONLY,
    "part of the people": Noise(0.4, 0.0, 0.01, as_stated=True),
    "no people": Noise(0.0, 0.02, 0.0065),
    "constant": noise_from_constant(population(SIZE), 2.15, 0.0),
}
noises = pytest.mark.parametrize("noise", NOISES.values(), ids=NOISES.keys())
VIEWS = (View(0.0), View(0.03, 0.02))
CHANCE = (View(0.0),)
WHOLE, PARTIAL = panel_model(MODELS), panel_model(MODELS, partial_years=True)
panels = pytest.mark.parametrize("panel", [WHOLE, PARTIAL], ids=["whole years", "partial years"])
EQUAL_THIRDS = BaseYears((1 / 3, 1 / 3, 1 / 3))


def simulated(
    calendar_years: CalendarYears, noise: Noise = ALL_SOURCES, views=VIEWS, **how
) -> SimulatedPanel:
    how = {"size": SIZE, "years": YEARS, "seed": 1, "panel": WHOLE, "execution": None, **how}
    return simulate_panel(
        population(how["size"]), noise, how["panel"], views, calendar_years, how["years"],
        how["seed"], how["execution"],
    )  # fmt: skip


def same_people_for_life(truncated_correlation: float):
    stated = Persistence(0.5, 0.3, 0.0, 0.0, 1.0, truncated_correlation)
    return panel_model(MODELS, {m.enrollment_type: stated for m in MODELS})


# --- the same bits ---------------------------------------------------------------


@noises
def test_one_year_is_the_single_year_engine(noise) -> None:
    single = simulate_years(population(SIZE), noise, VIEWS, YEARS, 1).expenditure
    for calendar_years in (CalendarYears(), CalendarYears(3, BaseYears())):
        found = simulated(calendar_years, noise)
        np.testing.assert_array_equal(found.expenditure[:, :, 0], single)
    assert np.all(simulated(CalendarYears(), noise).benchmark_by_type == np.array(
        population(SIZE).benchmark_by_type
    ))  # fmt: skip


@panels
@pytest.mark.parametrize(("threads", "chunk_years"), [(1, 1), (2, 7), (5, 100), (1, None)])
def test_threads_and_chunks(panel, threads, chunk_years) -> None:
    span = CalendarYears(3, BaseYears(), practice_correlation=0.5, savings_factors=[0.5, 1.0, 2.0])
    whole = simulated(span, panel=panel)
    found = simulated(span, panel=panel, execution=Execution(threads, chunk_years))
    for name in ("expenditure", "benchmark_by_type", "person_years"):
        np.testing.assert_array_equal(getattr(found, name), getattr(whole, name))


@panels
@noises
def test_first_paths_first_years_and_views_alone(panel, noise) -> None:
    span = CalendarYears(4, BaseYears(), 0.3)
    whole = simulated(span, noise, panel=panel)
    shorter = simulated(CalendarYears(2, BaseYears(), 0.3), noise, panel=panel, years=YEARS // 3)
    np.testing.assert_array_equal(shorter.expenditure, whole.expenditure[:, : YEARS // 3, :2])
    np.testing.assert_array_equal(shorter.benchmark, whole.benchmark[: YEARS // 3])
    without = simulated(CalendarYears(4, None, 0.3), noise, panel=panel)
    np.testing.assert_array_equal(without.expenditure, whole.expenditure)
    for i, view in enumerate(VIEWS):
        alone = simulated(span, noise, (view,), panel=panel)
        np.testing.assert_array_equal(alone.expenditure[0], whole.expenditure[i])


def test_what_a_run_returns() -> None:
    found = simulated(CalendarYears(3, BaseYears()))
    assert found.expenditure.shape == (2, YEARS, 3, 4)
    assert found.person_years.shape == (YEARS, 3, 4)
    assert np.all(found.person_years == population(SIZE).person_years)
    np.testing.assert_allclose(found.total(1), found.expenditure[1].sum(axis=2))
    rates = 1.0 - found.total(1) / found.benchmark_by_type.sum(axis=1)[:, None]
    np.testing.assert_allclose(found.savings_rate(1), rates)


@panels
def test_an_empty_enrollment_type_spends_nothing(panel) -> None:
    whole = population(50)
    nobody = Population((0, 25, 0, 25), (0.0, 24.0, 0.0, 25.0), (9e4, 1e4, 2e4, 1e4), whole.models)
    span = CalendarYears(2, BaseYears())
    found = simulate_panel(nobody, PEOPLE_ONLY, panel, CHANCE, span, 4, 1)
    for values in (found.expenditure[0], found.benchmark_by_type, found.person_years):
        assert not values[..., [0, 2]].any()
        assert values[..., [1, 3]].all()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: BaseYears((0.5, 0.6)), "sum 1"),
        (lambda: BaseYears((1.5, -0.5)), "none negative"),
        (lambda: BaseYears(()), "at least one"),
        (lambda: CalendarYears(0), "0 performance years"),
        (lambda: CalendarYears(2, practice_correlation=1.5), "practice_correlation = 1.5"),
    ],
)
def test_what_cannot_be_is_refused(wrong, message) -> None:
    with pytest.raises(UserError, match=message):
        wrong()


# --- marginals and correlations -------------------------------------------------------


@compiled_only
@panels
def test_every_year_has_the_single_years_mean_and_spread(panel) -> None:
    # Six years, mean and sd at 4.5 se: false alarm 1e-4.
    size, years = 2_000, 20_000
    found = simulated(CalendarYears(6), PEOPLE_ONLY, CHANCE, size=size, years=years, panel=panel)
    rates = found.savings_rate(0)
    k = population(size).people_noise_constant
    for calendar_year in range(6):
        sd, error = sd_and_error(rates[:, calendar_year])
        assert abs(rates[:, calendar_year].mean()) < 4.5 * sd / math.sqrt(years)
        if panel is WHOLE:
            assert abs(sd * math.sqrt(size) - k) < 4.5 * error * math.sqrt(size)
        else:
            # Months are fewest where spending is highest: up to a tenth less noise.
            assert 0.88 * k < sd * math.sqrt(size) < k


@compiled_only
def test_years_of_each_type_are_correlated_as_the_chain_says() -> None:
    # Sums of many people: the correlation has standard error (1 - r^2)/sqrt(years). Four types,
    # three pairs of years and one of base and performance year, 4.5 se: false alarm 1e-4.
    years = 20_000
    span = CalendarYears(4, BaseYears((1.0,)))
    found = simulated(span, PEOPLE_ONLY, CHANCE, size=2_000, years=years)
    for kind, (model, chain) in enumerate(zip(MODELS, WHOLE.chains, strict=True)):
        expected = chain.reached(model).slot_correlation
        path = np.vstack([found.benchmark_by_type[:, kind], found.expenditure[0, :, :, kind].T])
        measured = np.diag(np.corrcoef(path), 1)
        assert np.all(np.abs(measured - expected) < 4.5 / math.sqrt(years))


@compiled_only
@pytest.mark.parametrize("correlation", [0.2, 0.325, 0.5])
def test_the_change_of_the_same_people(correlation) -> None:
    # k^2 = 2 v^2 (1 - rho) by type, v the truncated CV. 4 se, false alarm 6e-5 a type.
    years = 20_000
    panel = same_people_for_life(correlation)
    found = simulated(CalendarYears(2), PEOPLE_ONLY, CHANCE, size=2_000, years=years, panel=panel)
    p = population(2_000)
    for kind, (model, chain) in enumerate(zip(MODELS, panel.chains, strict=True)):
        rho = chain.reached(model).truncated_correlation
        assert rho == pytest.approx(correlation, abs=0.02)
        spent = found.expenditure[0, :, :, kind] / p.benchmark_by_type[kind]
        sd, error = sd_and_error(spent[:, 1] - spent[:, 0])
        expected = model.truncated_cv * math.sqrt(2.0 * (1.0 - rho) / p.beneficiaries[kind])
        assert abs(sd - expected) < 4.0 * error


def test_the_change_at_published_figures() -> None:
    # CV 1.85 and rho 0.325 give k = 2.15.
    aged = MODELS[3]
    rho = same_people_for_life(0.325).chains[3].reached(aged).truncated_correlation
    assert aged.truncated_cv * math.sqrt(2.0 * (1.0 - rho)) == pytest.approx(2.15, abs=0.02)


@compiled_only
def test_months_add_up_to_person_years() -> None:
    # Mean person-years of 60,000 path-years and four types, 4.5 se: false alarm 3e-5.
    found = simulated(CalendarYears(3), PEOPLE_ONLY, CHANCE, years=20_000, size=500, panel=PARTIAL)
    p = population(500)
    share = found.person_years / np.array(p.person_years)
    error = share.std(axis=(0, 1)) / math.sqrt(60_000)
    assert np.all(np.abs(share.mean(axis=(0, 1)) - 1.0) < 4.5 * error)
    assert np.all(share.std(axis=(0, 1)) > 0.0)


# --- what moves all people together ---------------------------------------------------


def test_practice_effects_last_and_shocks_do_not() -> None:
    # Correlations at lags 0 to 3, error below 1/sqrt(years): 4 of them, false alarm 1e-4.
    years = 20_000
    default = CalendarYears().practice_correlation
    assert default == panel_defaults()["practice_correlation"]["value"]
    for noise, rho in ((Noise(0.0, 0.02, 0.0), 0.6), (Noise(0.0, 0.0, 0.02), 0.0)):
        span = CalendarYears(3, BaseYears((1.0,)), practice_correlation=0.6)
        found = simulated(span, noise, CHANCE, years=years, size=50)
        path = np.vstack([found.benchmark, found.total(0).T])
        measured = np.corrcoef(path)
        expected = rho ** np.abs(np.subtract.outer(range(4), range(4)))
        assert np.all(np.abs(measured - expected) < 4.5 / math.sqrt(years))
        np.testing.assert_allclose(path.std(axis=1) / population(50).benchmark, 0.02, rtol=0.03)


def test_true_savings_last_unless_stated_otherwise() -> None:
    silent = Noise(0.0, 0.0, 0.0)
    rates = simulated(CalendarYears(3), silent).savings_rate(1)
    assert rates[:, 0].std() > 0.0
    np.testing.assert_allclose(rates, rates[:, :1] + np.zeros(3), atol=1e-12)
    ramp = simulated(CalendarYears(3, BaseYears(), savings_factors=[0.0, 0.5, 1.0]), silent)
    np.testing.assert_allclose(ramp.savings_rate(1)[:, 1], rates[:, 0] / 2.0, atol=1e-12)
    np.testing.assert_allclose(ramp.savings_rate(1)[:, 0], 0.0, atol=1e-12)
    np.testing.assert_allclose(ramp.benchmark, population(SIZE).benchmark)
    by_path = np.linspace(0.0, 2.0, YEARS)[:, None]
    drift = simulated(CalendarYears(2, savings_factors=by_path), silent).savings_rate(1)
    np.testing.assert_allclose(drift, rates[:, :1] * by_path + np.zeros(2), atol=1e-12)


# --- base years -------------------------------------------------------------------------


@compiled_only
@pytest.mark.parametrize(
    ("base", "expected"), [(BaseYears(), 0.46), (EQUAL_THIRDS, 1 / 3)], ids=["10/30/60", "thirds"]
)
def test_weights_of_independent_base_years(base, expected) -> None:
    # The benchmark's sampling variance is sum w^2 of a year's. 4 se, false alarm 6e-5.
    size, years = 2_000, 20_000
    found = simulated(
        CalendarYears(1, base), PEOPLE_ONLY, CHANCE, size=size, years=years,
        panel=independent_people(),
    )  # fmt: skip
    sd, error = sd_and_error(found.benchmark / population(size).benchmark)
    variance = population(size).people_noise_constant ** 2 / size
    assert abs(sd**2 / variance - expected) < 4.0 * 2.0 * sd * error / variance
    # Different people: the benchmark says nothing about the performance year.
    assert abs(np.corrcoef(found.benchmark, found.total(0)[:, 0])[0, 1]) < 4.5 / math.sqrt(years)


@compiled_only
@pytest.mark.parametrize(("size", "msr"), [(5_000, 0.039), (20_000, 0.025)])
def test_benchmark_noise_raises_the_chance_of_sharing_by_luck(size, msr) -> None:
    # Fixed: the normal figure of k = 1.8 within what skewness does. Noisy: differences of
    # paired probabilities, all beyond 4 se.
    years = 20_000 if size < 10_000 else 10_000
    chances = {}
    for name, base in (("fixed", None), ("10/30/60", BaseYears()), ("thirds", EQUAL_THIRDS)):
        found = simulated(CalendarYears(1, base), PEOPLE_ONLY, CHANCE, size=size, years=years)
        rates = found.savings_rate(0)[:, 0]
        chances[name] = float(np.mean(rates >= msr))
        if base:
            # The same people: a costly base year makes a costly performance year.
            assert 0.1 < np.corrcoef(found.benchmark, found.total(0)[:, 0])[0, 1] < 0.3
            assert rates.std() * math.sqrt(size) == pytest.approx(1.99, abs=0.04)
            # Regression to the mean: a high benchmark is followed by savings by itself.
            assert np.corrcoef(found.benchmark, rates)[0, 1] > 0.3
    error = math.sqrt(2.0 * chances["fixed"] / years)
    assert chances["10/30/60"] > chances["fixed"] + 4.0 * error
    assert chances["thirds"] > chances["fixed"] + 4.0 * error


@compiled_only
def test_base_years_with_every_source_of_noise() -> None:
    size, years = 5_000, 20_000
    noise = default_noise(population(size), 1.14, 0.0065, people=True)
    found = simulated(CalendarYears(1, BaseYears()), noise, CHANCE, size=size, years=years)
    ratio = found.benchmark / population(size).benchmark
    assert abs(ratio.mean() - 1.0) < 4.5 * ratio.std() / math.sqrt(years)
    # People's years are correlated, the rest is not: above sum w^2, below 1.
    variance = noise.practice_sd**2 + 0.0065**2 + population(size).people_noise_constant ** 2 / size
    assert 0.46 < ratio.var() / variance < 0.62
