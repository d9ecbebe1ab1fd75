"""Curves of a run: each point is, to the last bit, what a run of that point finds alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import simulate as sim
from simulate.analysis.curves import (
    ChanceCurves,
    chance_by_size,
    chance_by_true_savings,
    default_rates,
    default_sizes,
    least_certain,
    loss_exceedance,
    running_estimate,
)
from simulate.analysis.run import ASSUMED, CHANCE_ALONE
from simulate.measures.outcomes import Measures

CONTRACTS = ["track-1", "basic-e", "enhanced"]
PEOPLE = {"disabled": 10.0, "aged_non_dual": 48.0}
DOLLARS = {"esrd": 0.0, "disabled": 12_000.0, "aged_dual": 0.0, "aged_non_dual": 11_000.0}
ACO = sim.ACO(assigned_beneficiaries=60, person_years=PEOPLE, benchmark_per_capita=DOLLARS)

SLOW = pytest.mark.slow_without_compiler
QUASI_RANDOM = pytest.param({"sampling": "quasi-random", "years": 1_000}, marks=SLOW)


def run_of(aco: sim.ACO = ACO, years: int = 60, **stated: Any) -> sim.Run:
    return sim.run(aco, CONTRACTS, years, **stated)


@pytest.fixture(scope="module")
def run() -> sim.Run:
    return run_of(true_savings=0.02, true_savings_sd=0.03)


def assert_point(
    curves: ChanceCurves, place: int, contract_id: str, measures: Measures, within: float = 0.0
) -> None:
    found = curves.chances[contract_id][place]
    expected = (
        measures.probability_of_shared_savings,
        measures.probability_of_shared_losses,
        measures.expected_net,
    )
    for one, other in zip(found, expected, strict=True):
        assert one == pytest.approx(other, rel=0.0, abs=within * max(1.0, abs(other.value)))


@pytest.mark.parametrize(
    "stated",
    [
        {},
        QUASI_RANDOM,
        pytest.param({"benchmark_noise": "10/30/60"}, marks=SLOW),
        {"noise_constant": 2.15},
        {"noise_constant": 0.0},
        {"quality_score_sd": 0.1},
    ],
    ids=str,
)
def test_chances_at_a_true_savings_are_those_of_a_run(stated: dict[str, Any]) -> None:
    rates = (-0.04, 0.0, 0.03)
    run = run_of(true_savings=0.02, true_savings_sd=0.03, **stated)
    curves = chance_by_true_savings(run, rates)
    for place, rate in enumerate(rates):
        alone = run_of(true_savings=rate, **stated)
        for contract_id in CONTRACTS:
            assert_point(curves, place, contract_id, alone[contract_id].measures)
    for contract_id in CONTRACTS:
        assert_point(curves, 1, contract_id, run[contract_id].chance_alone)


@pytest.mark.parametrize(
    "stated",
    [{}, QUASI_RANDOM, pytest.param({"benchmark_noise": "equal-thirds"}, marks=SLOW)],
    ids=str,
)
def test_chances_at_a_size_are_those_of_a_run(stated: dict[str, Any]) -> None:
    sizes = (30, 60, 100)
    stated = {"true_savings": 0.02, "true_savings_sd": 0.03, **stated}
    by_chance, assumed = chance_by_size(run_of(**stated), sizes)
    for place, size in enumerate(sizes):
        alone = run_of(ACO.scaled_to(size), **stated)
        for contract_id in CONTRACTS:
            assert_point(by_chance, place, contract_id, alone[contract_id].chance_alone)
            assert_point(assumed, place, contract_id, alone[contract_id].measures)


def test_the_terms_are_those_of_the_size() -> None:
    # Without any noise an ACO earns where its true savings reach the MSR of its size.
    run = run_of(noise_constant=0.0, true_savings=0.03, msr="table")
    curves = chance_by_size(run, (5_000, 20_000))[ASSUMED]
    earns = [chances.earns.value for chances in curves.chances["track-1"]]
    assert earns == [0.0, 1.0]  # MSR 3.9 % and 2.5 %: 42 CFR 425.604(b)


@pytest.mark.slow_without_compiler
def test_by_luck_alone_the_size_table_allows_about_what_cms_meant() -> None:
    """One-tailed 10 % at 5,000 and 1 % at 50,000, at the noise behind the table.

    k = 2.136 over the root of the size reproduces the table with these levels; 4,000 years know
    a share of 10 % to 0.47 points: 4 standard errors, one false alarm in 16,000 runs.
    """
    mix = {"esrd": 75.0, "disabled": 1_160.0, "aged_dual": 640.0, "aged_non_dual": 8_125.0}
    dollars = {"esrd": 83_492, "disabled": 10_872, "aged_dual": 16_049, "aged_non_dual": 9_912}
    aco = sim.ACO(assigned_beneficiaries=10_000, person_years=mix, benchmark_per_capita=dollars)
    run = sim.run(aco, ["track-1"], 4_000, noise_constant=2.136)
    curves = chance_by_size(run, (5_000, 50_000))[CHANCE_ALONE]
    for chances, meant in zip(curves.chances["track-1"], (0.10, 0.01), strict=True):
        room = 4.0 * np.sqrt(meant * (1.0 - meant) / run.years) + 0.1 * meant
        assert abs(chances.earns.value - meant) < room


def test_an_exact_run_has_curves_without_error() -> None:
    run = sim.run(ACO.scaled_to(6_000), CONTRACTS, engine="exact", true_savings=0.02)
    by_savings = chance_by_true_savings(run, (0.0, 0.02))
    by_size = chance_by_size(run, (5_000, 6_000))
    assert by_savings.years == by_size[0].years == 0
    for contract_id in CONTRACTS:
        by_chance, assumed = run[contract_id].chance_alone, run[contract_id].measures
        # Jumps are located over both views at once in a run, over one here.
        assert_point(by_savings, 0, contract_id, by_chance, 1e-12)
        assert_point(by_savings, 1, contract_id, assumed, 1e-12)
        assert_point(by_size[CHANCE_ALONE], 1, contract_id, by_chance, 1e-12)
        assert_point(by_size[ASSUMED], 1, contract_id, assumed, 1e-12)


def test_a_run_keeps_its_curves(run: sim.Run) -> None:
    assert run.chance_by_true_savings is run.chance_by_true_savings
    assert run.chance_by_true_savings.at == default_rates(run)
    assert run.chance_by_true_savings.years == run.years


def test_default_rates_hold_zero_and_all_that_matters(run: sim.Run) -> None:
    rates = default_rates(run)
    assert 0.0 in rates
    assert rates[0] < -0.02 < 0.02 < rates[-1]
    assert len(rates) <= 61
    np.testing.assert_allclose(np.diff(rates), rates[1] - rates[0], rtol=1e-9)
    assert default_rates(run_of(noise_constant=0.0, true_savings=0.0))[0] < 0.0


@pytest.mark.parametrize("own", [200, 2_647, 4_999, 5_000, 12_345, 100_000, 328_733])
def test_default_sizes_rise_and_hold_the_own(own: int) -> None:
    sizes = default_sizes(own)
    assert list(sizes) == sorted(set(sizes))
    assert {own, 5_000} <= set(sizes)
    assert (sizes[0] < 5_000) == (own < 5_000)
    assert (4_999 in sizes) == (own < 5_000)  # both sides of the step in chosen MSRs
    assert sizes[-1] == max(own, 100_000)


def test_losses_are_exceeded_as_measured(run: sim.Run) -> None:
    for contract_id, view in (("enhanced", ASSUMED), ("basic-e", CHANCE_ALONE)):
        result = run[contract_id]
        measures = result.measures if view == ASSUMED else result.chance_alone
        curve = loss_exceedance(run, contract_id, view)
        owes = measures.probability_of_shared_losses
        assert (curve.chances[0], curve.standard_errors[0]) == owes
        at_risk = measures.loss_var_95.value
        assert at_risk in curve.amounts
        assert curve.at(at_risk) <= 0.05
    assert loss_exceedance(run, "track-1").standard_errors.max() == 0.0


@pytest.mark.parametrize("stated", [{}, QUASI_RANDOM], ids=str)
@pytest.mark.parametrize("name", ["probability_of_shared_losses", "expected_net", "loss_tvar_95"])
def test_a_running_estimate_ends_at_the_run(stated: dict[str, Any], name: str) -> None:
    run = run_of(**stated)
    found = running_estimate(run, "enhanced", name)
    assert found.years[-1] == run.years
    assert found.estimates[-1] == getattr(run["enhanced"].measures, name)
    assert list(found.years) == sorted(set(found.years))


def test_a_running_estimate_is_that_of_a_shorter_run(run: sim.Run) -> None:
    found = running_estimate(run, "basic-e", "expected_net", CHANCE_ALONE)
    for place in (0, len(found.years) // 2):
        shorter = run_of(years=found.years[place], true_savings=0.02, true_savings_sd=0.03)
        assert found.estimates[place] == shorter["basic-e"].chance_alone.expected_net


def test_the_least_certain_probability_has_the_largest_error(run: sim.Run) -> None:
    contract_id, name = least_certain(run)
    assert getattr(run[contract_id], name).standard_error == run.largest_error()
    one_sided = sim.run(ACO, ["track-1"], 20, noise_constant=0.0, true_savings=0.0)
    assert least_certain(one_sided) == ("track-1", "probability_of_shared_savings")


def test_what_cannot_be_followed_is_refused(run: sim.Run) -> None:
    with pytest.raises(sim.UserError, match="Did you mean expected_net"):
        running_estimate(run, "enhanced", "expected_nett")
    exact = sim.run(ACO.scaled_to(6_000), ["enhanced"], engine="exact")
    with pytest.raises(sim.UserError, match="exact engine has none"):
        running_estimate(exact, "enhanced", "expected_net")
