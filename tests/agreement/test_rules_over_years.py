"""Renewal tests, limits on one-sided years, levels, rebasing: each against plain arithmetic."""

from __future__ import annotations

import re

import numpy as np
import pytest
from agreement_cases import COMPILED, mixed_aco, noisy_run, planned, round_aco, silent_run
from hypothesis import given, settings
from hypothesis import strategies as st

import simulate as sim
from simulate.agreement.rules import RebasingTerms, rebased, refused_renewal
from simulate.contracts.agreement_rules import agreement_rules
from simulate.contracts.contract import Cited, Term
from simulate.errors import UserError

RULES = agreement_rules()
PROPOSED_2014 = RULES.renewal_tests["proposed-2014"]
M = 1_000_000.0


# --- the rules as data -------------------------------------------------------------------------


def test_every_rule_has_its_source() -> None:
    for name in type(RULES).model_fields:
        rule = getattr(RULES, name)
        for one in rule.values() if isinstance(rule, dict) else [rule]:
            assert one.reference
            assert isinstance(one, Cited | Term) or name == "standard_paths"


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("agreement_term", {2012: 3, 2018: 3, 2019: 5, 2025: 5}),
        ("prior_savings_share", {2012: 0.0, 2023: 0.0, 2024: 0.5, 2030: 0.5}),
        ("one_sided_limit", {2012: 3, 2016: 6, 2019: 2, 2023: 7, 2026: 7, 2027: 5}),
    ],
)
def test_rules_by_the_year_in_which_an_agreement_begins(name: str, values: dict) -> None:
    assert {year: RULES.of_year(name, year) for year in values} == values


def test_quality_phase_in_of_0_25_and_32_of_33_measures() -> None:
    rule = RULES.quality_phase_in
    assert sum(rule.measures.values()) == 33
    assert len(rule.measures) == 4
    assert rule.value == [0, 25, 32]
    assert [rule.score(0.0, year) for year in range(4)] == pytest.approx(
        [1.0, 1 - (6 / 7 + 5 / 6 + 5 / 8 + 9 / 12) / 4, 1 / 28, 1 / 28]
    )
    assert [rule.score(1.0, year) for year in range(3)] == pytest.approx([1.0, 1.0, 1.0])


# --- the renewal test of 2014 ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rates", "quality_met", "refused"),
    [
        # The proposal's own example: 15,000 beneficiaries, MSR 2.7 %; one bad year is allowed.
        ((-0.028, -0.028, 0.10), (True, True, True), True),
        ((-0.028, -0.010, -0.20), (True, True, True), False),
        ((-0.010, -0.028, -0.20), (True, True, True), False),
        ((-0.027, -0.028, 0.00), (True, True, True), False),  # equal to it is not beyond it
        ((0.05, 0.05, 0.05), (True, False, False), False),
        ((0.05, 0.05, 0.05), (False, False, True), True),
    ],
)
def test_losses_beyond_the_negative_msr_in_both_years(rates, quality_met, refused) -> None:
    found = refused_renewal(np.array([rates]), [0.027] * 3, quality_met, PROPOSED_2014)
    assert found.tolist() == [refused]


def test_an_agreement_of_one_year_is_not_tested_for_two() -> None:
    found = refused_renewal(np.array([[-0.5]]), [0.03], [True], PROPOSED_2014)
    assert found.tolist() == [False]


def test_who_is_refused_has_no_second_one_sided_agreement() -> None:
    stated = {"start_year": 2016, "true_savings": -0.02, "true_savings_sd": 0.05}
    tested = noisy_run(["2014-proposal"], renewal_test="proposed-2014", **stated)
    free = noisy_run(["2014-proposal"], **stated)
    settled, without = (run.outcomes("2014-proposal") for run in (tested, free))
    msr = [one.terms.msr for one in settled.resolved]
    refused = (without.savings_rate[:, 0] < -msr[0]) & (without.savings_rate[:, 1] < -msr[1])
    assert 0 < refused.sum() < len(refused)
    np.testing.assert_array_equal(settled.refused, refused)
    np.testing.assert_array_equal(settled.in_agreement[:, :3], True)
    np.testing.assert_array_equal(settled.in_agreement[:, 3:], ~refused[:, None].repeat(3, 1))
    assert np.all(settled.net[refused][:, 3:] == 0.0)
    np.testing.assert_array_equal(settled.net[~refused], without.net[~refused])
    probability = tested["2014-proposal"].assumed.refused
    assert probability.value == refused.mean()
    assert free["2014-proposal"].assumed.refused is None


def test_the_glide_path_from_july_2019_keeps_its_level_for_2020() -> None:
    path = planned(["glide-path"], start_year=2019, months=6).paths[0].path
    levels = [year.contract_id[-1] for year in path.years]
    assert levels == ["a", "a", "b", "c", "d", "e"]
    assert [(year.year, year.months) for year in path.years][:2] == [(2019, 6), (2020, 12)]
    whole = planned(["glide-path"], start_year=2020).paths[0].path
    assert [year.contract_id[-1] for year in whole.years] == ["a", "b", "c", "d", "e"]


def test_a_renewal_test_needs_the_years_that_it_is_of() -> None:
    stated = {"start_year": 2016, "renewal_test": "proposed-2014", "first_agreement_year": 2}
    with pytest.raises(UserError, match="first 2 years of an agreement"):
        planned(["3xtrack-1 / 3xtrack-1"], round_aco(performance_year=2015), **stated)


def test_a_two_sided_agreement_is_open_to_all() -> None:
    run = noisy_run(
        ["track-1-then-2", "track-3"], start_year=2016, true_savings=-0.05,
        renewal_test="proposed-2014",
    )  # fmt: skip
    settled = run.outcomes("track-1-then-2")
    assert settled.refused.any()
    assert settled.in_agreement.all()
    assert run.outcomes("track-3").refused is None


# --- limits and levels -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "stated", "broken"),
    [
        ("5xbasic-a", {"start_year": 2025}, None),
        ("5xbasic-b / 3xbasic-b", {"start_year": 2021}, "8 one-sided performance years.*allows 7"),
        (
            "5xbasic-a",
            {"start_year": 2025, "one_sided_years_before": 3},
            "8 one-sided performance years.*allows 7",
        ),
        ("3xbasic-a / 3xbasic-a", {"start_year": 2027}, "6 one-sided performance years.*allows 5"),
        ("3xbasic-a,basic-e", {"start_year": 2020}, None),
        (
            "basic-a,basic-e",
            {"start_year": 2020, "one_sided_years_before": 2},
            "3 one-sided performance years.*allows 2",
        ),
        ("track-1-twice", {"start_year": 2013}, None),
        ("track-1-twice", {"start_year": 2012, "months": [18]}, None),
        ("track-1-twice", {"start_year": 2012}, "6 one-sided performance years.*allows 3"),
        ("3xtrack-1 / 3xtrack-1", {"start_year": 2012}, "6 one-sided performance years.*allows 3"),
        ("2011-proposal", {"start_year": 2012}, None),
        ("glide-path", {"start_year": 2025}, None),
        ("basic-c,basic-b", {"start_year": 2025}, "goes down from basic-c to basic-b"),
        ("3xbasic-e / 3xbasic-a", {"start_year": 2025}, "from 2028 begins at basic-a.*in 2027"),
        ("3xbasic-e / 3xenhanced", {"start_year": 2025}, None),
        ("glide-path-low-revenue", {"start_year": 2020}, None),
        ("8xbasic-e", {"start_year": 2025}, "with 8 performance years, but its term is 5"),
        ("5xbasic-e / 5xbasic-e", {"start_year": 2025}, None),
        ("3xenhanced", {"start_year": 2025, "first_agreement_year": 4}, "with 6 performance years"),
        ("10xlead-global", {"start_year": 2027}, None),
        ("6xenhanced", {"start_year": 2019, "months": 6}, None),
        ("glide-path", {"start_year": 2019, "months": 6}, None),
    ],
)
def test_a_broken_rule_is_said_and_settled(path: str, stated: dict, broken: str | None) -> None:
    plan = planned([path], **stated)
    said = plan.paths[0].broken
    assert len(said) == (broken is not None)
    for sentence in said:
        assert re.search(broken or "", sentence)
        assert sentence in plan.notes()


# --- rebasing ----------------------------------------------------------------------------------

THIRDS = (1 / 3, 1 / 3, 1 / 3)


def test_rebasing_in_dollars() -> None:
    """Base years of 90, 95 and 100 against a benchmark of 100; the trend 10 % a year.

    Historical: (90 + 95 + 100) / 3 = 95. Savings 10, 5 and 0 of those years' dollars, which are
    1/1.21, 1/1.1 and 1 of the last year's: (8.264 + 4.545 + 0) / 3 = 4.270; half is 2.135.
    """
    spending, benchmark = np.array([[90.0, 95.0, 100.0]]), np.full((1, 3), 100.0)
    found = rebased(spending, benchmark, (1.0, 1.1, 1.21), RebasingTerms(THIRDS, 0.0, 0.5, 9.0))
    saved = (10 / 1.21 + 5 / 1.1) / 3
    np.testing.assert_allclose(found.historical, 95.0)
    np.testing.assert_allclose(found.prior_savings, saved)
    np.testing.assert_allclose(found.benchmark, 95.0 + saved / 2)
    np.testing.assert_allclose(found.lost_per_dollar, 1.0 - 0.5 * (1 / 1.21 + 1 / 1.1 + 1) / 3)


@settings(max_examples=100)
@given(
    spending=st.lists(st.floats(50.0, 150.0), min_size=3, max_size=3),
    share=st.sampled_from([0.0, 0.5, 0.75]),
    regional=st.floats(-0.1, 0.1),
    cap=st.floats(0.0, 10.0),
)
def test_what_a_rebased_benchmark_can_be(spending, share, regional, cap) -> None:
    terms = RebasingTerms((0.1, 0.3, 0.6), regional, share, cap)
    found = rebased(np.array([spending]), np.full((1, 3), 100.0), (1.0, 1.0, 1.0), terms)
    historical = 0.1 * spending[0] + 0.3 * spending[1] + 0.6 * spending[2]
    saved = 100.0 - sum(spending) / 3
    expected = regional * historical
    if share:
        expected = max(expected, min(share * max(saved, 0.0), cap))
    np.testing.assert_allclose(found.benchmark, historical + expected)
    # What one dollar less of spending takes off, by a step too small to cross a limit.
    step = 1e-6
    less = rebased(np.array([spending]) - step, np.full((1, 3), 100.0), (1.0, 1.0, 1.0), terms)
    lost = (found.benchmark - less.benchmark) / step
    assert lost == pytest.approx(found.lost_per_dollar, abs=1e-6)


@pytest.mark.skipif(not COMPILED, reason="of a few people savings may pass the cap")
@pytest.mark.parametrize("missed", [0.0, 0.004, 0.008])
def test_what_updates_miss_is_not_taken_for_what_savings_cost(missed: float) -> None:
    run = noisy_run(["enhanced"], true_savings=0.05, start_year=2025, benchmark_update_sd=missed)
    lost = run["enhanced"].assumed.next_benchmarks[0].lost_per_dollar_saved
    assert 0.5 <= lost.value < 0.6


def test_success_lowers_the_next_benchmark_by_half_of_what_is_saved() -> None:
    silent = {"people_noise": False, "practice_noise_constant": 0.0, "common_shock_sd": 0.0}
    run = noisy_run(
        ["enhanced"], round_aco(), true_savings=0.05, true_savings_sd=0.005, start_year=2025,
        benchmark_update=0.0, **silent,
    )  # fmt: skip
    change = run["enhanced"].assumed.next_benchmarks[0]
    assert change.lost_per_dollar_saved.value == pytest.approx(0.5, abs=1e-9)
    settled = run.outcomes("enhanced")
    saved = settled.savings_rate[:, 2:].mean(axis=1)
    np.testing.assert_allclose(settled.rebased[0].benchmark, 100 * M * (1 - saved / 2))
    assert change.change.value == pytest.approx(-saved.mean() / 2)
    assert change.probability_of_lower.value == 1.0


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({}, 95 + 2.5),
        ({"prior_savings_share": 0.75}, 95 + 3.75),
        ({"prior_savings_share": 0.0}, 95.0),
        ({"regional_adjustment": 0.04}, 95 * 1.04),
        ({"regional_adjustment": 0.02}, 95 + 2.5),
        ({"regional_adjustment": -0.02}, 95 + 2.5),
        ({"regional_adjustment": -0.02, "prior_savings_share": 0.0}, 95 * 0.98),
    ],
)
def test_the_larger_of_the_adjustments(stated: dict, expected: float) -> None:
    run = silent_run(round_aco(), ["enhanced"], true_savings=0.05, start_year=2025, **stated)
    found = run.outcomes("enhanced").rebased[0].benchmark
    np.testing.assert_allclose(found, expected * M)


def test_a_second_agreement_starts_without_what_updates_missed() -> None:
    stated = {"benchmark_update_sd": 0.03, "common_shock_sd": 0.0065}
    run = noisy_run(["3xenhanced / 3xenhanced"], start_year=2025, **stated)
    settled = run.outcomes(next(iter(run.paths)))
    first_year = run.plan.growth[3] * settled.rebased[0].benchmark
    np.testing.assert_allclose(settled.benchmark[:, 3], first_year)
    assert settled.benchmark[:, 2].std() > 0.0
    assert run.outcomes(settled.path.label).path.starts == (0, 3, 6)


@pytest.mark.skipif(not COMPILED, reason="a standard deviation needs many paths")
def test_a_second_agreement_misses_of_its_own_what_a_first_year_does() -> None:
    run = noisy_run(
        ["3xenhanced / 3xenhanced"], start_year=2025, benchmark_update_sd=0.006, years=6_000
    )
    settled = run.outcomes(next(iter(run.paths)))
    missed = np.log(settled.benchmark[:, 3] / (run.plan.growth[3] * settled.rebased[0].benchmark))
    # False alarm 1e-5 each: 4.4 standard errors from 6,000 paths.
    assert missed.std() == pytest.approx(0.006 / np.sqrt(2), rel=4.4 / np.sqrt(2 * 6_000))
    earlier = np.log(settled.benchmark[:, 1] / settled.benchmark[:, 0])
    assert abs(np.corrcoef(missed, earlier)[0, 1]) < 4.4 / np.sqrt(6_000)


def test_two_years_leave_no_next_benchmark() -> None:
    run = noisy_run(["2xenhanced"], mixed_aco())
    assert run["2xenhanced"].assumed.next_benchmarks == ()
    assert isinstance(run, sim.AgreementRun)
