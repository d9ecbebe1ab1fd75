"""What could change the answer: held against runs that state the change."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import simulate as sim
from simulate.analysis.cross_check import cross_check
from simulate.analysis.curves import ChanceCurves, Chances
from simulate.analysis.what_if import (
    best_alternative,
    chances_at,
    msr_choices,
    needed_savings,
)
from simulate.measures.estimate import Estimate

IDS = ["track-1", "basic-b", "basic-e", "enhanced"]
MEASURES = ("probability_of_shared_savings", "probability_of_shared_losses", "expected_net")


@pytest.fixture(scope="module")
def aco() -> sim.ACO:
    return sim.ACO.from_published_results("A1401").scaled_to(5_400)


@pytest.fixture(scope="module")
def run(aco: sim.ACO) -> sim.Run:
    return sim.run(aco, IDS, years=80, true_savings=0.01, msr="1.0")


# --- the choice of MSR ---------------------------------------------------------


@pytest.mark.parametrize("place", range(6))
def test_every_choice_is_what_a_run_with_it_finds(run: sim.Run, aco: sim.ACO, place: int) -> None:
    found = msr_choices(run)
    assert found is not None
    stated = sim.run(aco, IDS, years=80, true_savings=0.01, msr=found.choices[place])
    for contract_id in ("basic-e", "enhanced"):
        for chances, measures in (
            (found.assumed[contract_id][place], stated[contract_id].measures),
            (found.chance_alone[contract_id][place], stated[contract_id].chance_alone),
        ):
            assert chances == tuple(getattr(measures, name) for name in MEASURES)


def test_only_contracts_with_a_choice_are_listed(run: sim.Run) -> None:
    found = msr_choices(run)
    assert found is not None
    assert list(found.assumed) == list(found.chance_alone) == ["basic-e", "enhanced"]
    assert found.choices == ("0.0", "0.5", "1.0", "1.5", "2.0", "table")
    assert found.own == "1.0"


@pytest.mark.parametrize(("stated", "own"), [("2", "2.0"), ("size-table", "table")])
def test_the_own_choice_is_found_in_any_spelling(aco: sim.ACO, stated: str, own: str) -> None:
    found = msr_choices(sim.run(aco, ["enhanced"], years=20, msr=stated))
    assert found is not None
    assert found.own == own


def test_below_five_thousand_there_is_no_choice(aco: sim.ACO) -> None:
    small = aco.scaled_to(4_900)
    assert msr_choices(sim.run(small, ["basic-e", "enhanced"], years=20)) is None
    # Under the rules of 2012 to 2015 it was 2 % for everyone.
    assert msr_choices(sim.run(aco, ["track-1", "track-2-2012"], years=20)) is None


def test_an_exact_run_has_the_choices_without_error(aco: sim.ACO) -> None:
    found = msr_choices(sim.run(aco, ["enhanced"], engine="exact", true_savings=0.01))
    assert found is not None
    chances = [one.earns for one in found.assumed["enhanced"]]
    assert all(chance.standard_error == 0.0 for chance in chances)
    values = [chance.value for chance in chances]
    assert values == sorted(values, reverse=True)  # the higher the MSR, the rarer it is met


# --- true savings --------------------------------------------------------------


def curves(at: np.ndarray, earns: np.ndarray, owes: np.ndarray, net: np.ndarray) -> ChanceCurves:
    points = tuple(
        Chances(*(Estimate(float(value), 0.0) for value in point))
        for point in zip(earns, owes, net, strict=True)
    )
    return ChanceCurves(tuple(at.tolist()), {"a": points}, 100)


def test_needed_savings_are_where_the_curves_cross() -> None:
    at = np.linspace(-0.05, 0.05, 11)
    found = needed_savings(curves(at, 0.5 + 10.0 * at, 0.5 - 10.0 * at, at + 0.003), "a")
    assert found.earns_half == pytest.approx(0.0, abs=1e-12)
    assert found.earns_nine_tenths == pytest.approx(0.04)
    assert found.owes_tenth == pytest.approx(0.04)
    assert found.breaks_even == pytest.approx(-0.003)


def test_what_never_happens_is_not_needed() -> None:
    at = np.linspace(-0.05, 0.05, 11)
    nothing = np.zeros(at.size)
    found = needed_savings(curves(at, nothing, nothing, nothing), "a")
    assert vars(found) == dict.fromkeys(vars(found))


def test_chances_between_two_points_lie_on_the_line() -> None:
    at = np.array([0.0, 0.01, 0.02])
    found = chances_at(curves(at, at * 10, 1.0 - at * 10, at * 1e6), "a", 0.0125)
    assert found == pytest.approx((0.125, 0.875, 12_500.0))


@pytest.mark.slow_without_compiler
def test_needed_savings_of_a_run_are_confirmed_by_runs_at_them(aco: sim.ACO) -> None:
    run = sim.run(aco, ["enhanced"], years=4_000, true_savings=0.01)
    found = needed_savings(run.chance_by_true_savings, "enhanced")
    assert found.earns_half is not None
    assert found.breaks_even is not None
    there = sim.run(aco, ["enhanced"], years=4_000, true_savings=found.earns_half)["enhanced"]
    # The same years: what is left is the straight line between two points of the curve.
    assert there.probability_of_shared_savings.value == pytest.approx(0.5, abs=0.01)
    there = sim.run(aco, ["enhanced"], years=4_000, true_savings=found.breaks_even)["enhanced"]
    assert abs(there.expected_net.value) < 0.05 * there.standard_deviation_of_net.value


# --- the best other contract -----------------------------------------------------


def test_the_best_alternative_has_the_largest_expected_net(run: sim.Run) -> None:
    found = best_alternative(run, "basic-e")
    assert found is not None
    others = {i: run[i].expected_net.value for i in ("basic-b", "enhanced")}
    assert found.contract_id == max(others, key=others.__getitem__)
    paired = run.outcomes(found.contract_id).net - run.outcomes("basic-e").net
    assert found.difference.value == pytest.approx(paired.mean())
    error = paired.std(ddof=1) / np.sqrt(paired.size)
    assert found.difference.standard_error == pytest.approx(error, rel=0.01)


def test_a_contract_that_pays_the_same_is_no_alternative(aco: sim.ACO) -> None:
    run = sim.run(aco, ["basic-a", "basic-b"], years=50)
    assert best_alternative(run, "basic-b") is None


def test_contracts_in_force_come_first(aco: sim.ACO) -> None:
    run = sim.run(aco, ["basic-b", "basic-e", "track-3"], years=60, true_savings=0.05)
    assert run["track-3"].expected_net.value > run["basic-e"].expected_net.value
    found = best_alternative(run, "basic-b")
    assert found is not None
    assert found.contract_id == "basic-e"
    ended = best_alternative(sim.run(aco, ["basic-b", "track-3"], years=50), "basic-b")
    assert ended is not None
    assert ended.contract_id == "track-3"


def test_an_exact_run_compares_its_own_figures(aco: sim.ACO) -> None:
    run = sim.run(aco, ["basic-b", "enhanced"], engine="exact", true_savings=0.01)
    found = best_alternative(run, "basic-b")
    assert found is not None
    gap = run["enhanced"].expected_net.value - run["basic-b"].expected_net.value
    assert found.difference == Estimate(gap, 0.0)


# --- against the exact engine ------------------------------------------------------


def test_a_run_lies_near_the_exact_engine(run: sim.Run) -> None:
    found = cross_check(run)
    assert found is not None
    assert found.figures > 15
    # Chances and means of one run at a fixed seed; beyond 4.5 about once in 5,000 such tests.
    assert found.largest < 4.5
    assert 2.5 < found.expected_largest < 3.5


def test_a_wrong_noise_is_found_out(run: sim.Run) -> None:
    stated = run.scenario.with_value("noise_constant", 6.0, "test")
    found = cross_check(replace(run, scenario=stated))
    assert found is not None
    assert found.largest > 6.0


@pytest.mark.parametrize(
    "stated",
    [{"benchmark_noise": "10/30/60"}, {"quality_score_sd": 0.1}, {"noise_constant": 0.0}],
)
def test_what_has_no_closed_distribution_is_not_compared(
    aco: sim.ACO, stated: dict[str, object]
) -> None:
    assert cross_check(sim.run(aco, ["enhanced"], years=20, true_savings=0.02, **stated)) is None
