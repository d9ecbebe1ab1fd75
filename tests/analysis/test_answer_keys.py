"""Closed forms with normal noise: no-saving false positives and the grid of payments.

Savings rate S normal with mean tau and sd k/sqrt(N). Fixed seeds; the false-alarm rates say how
likely a changed random stream is to fail a correct simulation.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from analysis_cases import COMPILED, aco, compiled_only, plain_terms
from scipy.stats import norm

import simulate as sim
from simulate.analysis.run import outcomes_of
from simulate.contracts.resolution import resolve
from simulate.engine.years import View, simulate_years
from simulate.population.population import Noise, Population
from simulate.population.spend import spend_models

# CMS's size table at these sizes (42 CFR 425.604(b)): percent of the benchmark.
MSR = {5_000: 0.039, 10_000: 0.030, 20_000: 0.025, 50_000: 0.022}
K = 2.15


@compiled_only
@pytest.mark.parametrize(
    ("size", "years", "one_sided", "two_sided"),
    # 10 % at 5,000, 5 % at 20,000 and 1 % at 50,000 are the rates that CMS designed the table
    # for; 0.2553 and 0.0188 are those of a flat 2 % (DeLia, Hoover and Cantor, MMRR 2012;2(4):a04
    # print 0.24 and 0.26 at 5,000, 0.02 at 50,000). Percent, from the normal closed form.
    [
        (5_000, 100_000, 9.98, 25.53),
        (20_000, 100_000, 5.00, 9.42),
        (50_000, 20_000, 1.11, 1.88),
    ],
)
def test_no_saving_false_positives(size, years, one_sided, two_sided) -> None:
    # 3 se each. People are drawn one by one, so the noise is a little skewed (-0.06 at 5,000): it
    # moves the chances there by 0.11 to 0.15 points, one se; false alarm up to 3 % a figure at
    # 5,000 (0.3 % at 20,000 and 50,000).
    run = sim.run(
        aco(size), ["track-1", "track-2-2012"], years=years, seed=3, noise_constant=K,
        true_savings=0.0,
    )  # fmt: skip
    sd = K / math.sqrt(size)
    exact_one, exact_two = norm.sf(MSR[size] / sd), norm.sf(0.02 / sd)
    assert 100 * exact_one == pytest.approx(one_sided, abs=0.006)
    assert 100 * exact_two == pytest.approx(two_sided, abs=0.006)
    by_chance = run["track-1"].chance_alone
    flat = run["track-2-2012"].chance_alone
    for found, exact in (
        (by_chance.probability_of_shared_savings, exact_one),
        (flat.probability_of_shared_savings, exact_two),
        (flat.probability_of_shared_losses, exact_two),
    ):
        assert abs(found.value - exact) < 3 * math.sqrt(exact * (1 - exact) / years)
        assert abs(found.value - exact) < 3.1 * found.standard_error
    # The noise is the constant's: sd within 4 se (false alarm 6e-5).
    assert run.savings_rates(0).std() == pytest.approx(sd, rel=4 / math.sqrt(2 * years))


# Cells of the published-style grid: final 2011 terms, $11,762 per capita, k = 2.15. Columns: N,
# true savings in percent, P reward one-sided, P reward, P penalty two-sided, E payment
# one-sided, E reward, E penalty two-sided ($).
GRID = [
    (5_000, 0, 0.0998, 0.2553, 0.2553, 156_686, 344_757, 229_838),
    (5_000, 3, 0.3836, 0.6289, 0.0500, 679_803, 1_071_207, 38_503),
    (5_000, 7, 0.8460, 0.9500, 0.0015, 1_953_535, 2_457_142, 1_038),
    (5_000, 10, 0.9776, 0.9957, 0.0000, 2_922_258, 3_527_019, 25),
    (10_000, 0, 0.0815, 0.1761, 0.1761, 190_552, 392_714, 261_809),
    (10_000, 3, 0.5000, 0.6791, 0.0100, 1_386_579, 1_980_969, 12_864),
    (20_000, 0, 0.0500, 0.0942, 0.0942, 184_549, 360_319, 240_212),
    (20_000, 5, 0.9500, 0.9758, 0.0000, 5_771_245, 7_008_367, 4),
    (50_000, 0, 0.0111, 0.0188, 0.0188, 82_312, 155_576, 103_717),
    (50_000, 2, 0.4176, 0.5000, 0.0000, 3_559_774, 4_882_124, 83),
    (50_000, 10, 1.0000, 1.0000, 0.0000, 29_405_000, 35_286_000, 0),
]
ALL_CELLS = [(size, pct) for size in MSR for pct in range(11)]


def above(tau: float, sd: float, threshold: float) -> tuple[float, float, float]:
    """P(S >= a), E[S; S >= a] and E[S^2; S >= a] of a normal savings rate."""
    z = (threshold - tau) / sd
    p, density = norm.sf(z), norm.pdf(z)
    second = (tau * tau + sd * sd) * p + sd * density * (tau + threshold)
    return p, tau * p + sd * density, second


def closed_form(size: int, tau: float) -> list[tuple[float, float]]:
    """The six figures of the grid, each with the sd of one simulated year."""
    sd, benchmark = K / math.sqrt(size), size * 11_762.0
    one = above(tau, sd, MSR[size])
    reward = above(tau, sd, 0.02)
    penalty = above(-tau, sd, 0.02)
    figures = [(p, math.sqrt(p * (1 - p))) for p, _, _ in (one, reward, penalty)]
    for rate, (_, first, second) in ((0.5, one), (0.6, reward), (0.4, penalty)):
        dollars = rate * benchmark
        figures.append((dollars * first, dollars * math.sqrt(max(second - first**2, 0.0))))
    return figures


@pytest.mark.parametrize("cell", GRID, ids=[f"{c[0]} at {c[1]} %" for c in GRID])
def test_closed_form_gives_the_grid(cell) -> None:
    size, pct, *expected = cell
    found = [value for value, _ in closed_form(size, pct / 100)]
    np.testing.assert_allclose(found[:3], expected[:3], atol=5.1e-5)
    np.testing.assert_allclose(found[3:], expected[3:], rtol=1e-4, atol=1.0)


def settled_grid(size: int, tau: float, noise: Noise, years: int, seed: int) -> list[np.ndarray]:
    """The six figures by simulated year."""
    population = Population(
        (0, 0, 0, size), (0.0, 0.0, 0.0, size), (1e4, 1e4, 1e4, 11_762.0), spend_models()
    )
    simulated = simulate_years(population, noise, (View(tau),), years, seed)
    who = aco(size)
    one, two = (
        outcomes_of(
            resolve(plain_terms(i), sim.Circumstances(size, 2012)),
            who,
            simulated.benchmark,
            simulated.total(0),
        )
        for i in ("track-1", "track-2-2012")
    )
    return [
        one.met_msr,
        two.met_msr,
        two.met_mlr,
        one.shared_savings,
        two.shared_savings,
        two.shared_losses,
    ]


@pytest.mark.parametrize("size", MSR)
def test_normal_noise_meets_the_whole_grid(size) -> None:
    # 4.5 se, at most 66 figures a size: false alarm 4.5e-4 a size. Figures that rest on fewer
    # than 25 expected years are left out: their sampling error is not normal.
    years = 100_000 if COMPILED else 2_000
    compared = 0
    for pct in range(11) if COMPILED else (0, 3, 7):
        tau = pct / 100
        noise = Noise(0.0, K / math.sqrt(size), 0.0, as_stated=True)
        found = settled_grid(size, tau, noise, years, seed=1000 * pct + size)
        exact = closed_form(size, tau)
        for i, (values, (expected, sd)) in enumerate(zip(found, exact, strict=True)):
            probability = exact[i % 3][0]
            if years * min(probability, 1 - probability) < 25 and (i < 3 or probability < 0.5):
                continue
            assert abs(values.mean() - expected) < 4.5 * sd / math.sqrt(years), (pct, i)
            compared += 1
    assert compared >= (30 if COMPILED else 9)


@compiled_only
@pytest.mark.parametrize(
    ("size", "pct"), [(5_000, 0), (5_000, 3), (5_000, 5), (20_000, 0), (20_000, 2)]
)
def test_people_one_by_one_meet_the_grid(size, pct) -> None:
    # noise_constant with every beneficiary drawn: skewed people instead of normal noise. 4 se and
    # what skewness may add: 0.002 in probability (0.01 is asked at 5,000), 1 % of dollars.
    years, tau = 40_000, pct / 100
    from simulate.population.population import noise_from_constant

    models = spend_models()
    population = Population((0, 0, 0, size), (0.0, 0.0, 0.0, size), (1e4,) * 4, models)
    noise = noise_from_constant(population, K, 0.0)
    assert noise.people == 1.0
    found = settled_grid(size, tau, noise, years, seed=pct + size)
    for i, (values, (expected, sd)) in enumerate(zip(found, closed_form(size, tau), strict=True)):
        slack = 0.002 if i < 3 else 0.01 * expected
        assert abs(values.mean() - expected) < 4 * sd / math.sqrt(years) + slack, i
