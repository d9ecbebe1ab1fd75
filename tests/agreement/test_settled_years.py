"""Every performance year of every path against one plain settlement; months and terminations."""

from __future__ import annotations

import numpy as np
import pytest
from agreement_cases import mixed_aco, noisy_run, planned, round_aco, silent_run

import simulate as sim
from simulate.errors import UserError

M = 1_000_000.0
CASES = {
    "glide path": (["glide-path"], {"true_savings": 0.02, "true_savings_sd": 0.08}),
    "track 2 by year": (["track-2"], {"start_year": 2016, "true_savings_sd": 0.1}),
    "two agreements": (["track-1-then-2"], {"start_year": 2013, "benchmark_update_sd": 0.01}),
    "half years": (
        ["4xtrack-3 / 2xbasic-e"],
        {"start_year": 2016, "months": [12, 12, 12, 6, 6], "true_savings_sd": 0.1},
    ),
    "quality by year": (["track-3"], {"start_year": 2016, "quality_by_year": [0.5, 0.9]}),
    "half rate": (["glide-path"], {"aco": mixed_aco(revenue_category="low")}),
}


@pytest.mark.parametrize("name", CASES)
def test_each_year_is_one_settlement(name: str) -> None:
    paths, stated = CASES[name]
    run = noisy_run(paths, **stated)
    label = next(iter(run.paths))
    settled, aco = run.outcomes(label), run.aco
    start = run.plan.start_year
    scores = run.plan.settings.quality_by_year or (aco.quality_score,)
    for place, year in enumerate(settled.path.years):
        circumstances = sim.Circumstances(
            assigned_beneficiaries=aco.assigned_beneficiaries,
            performance_year=year.year,
            agreement_year=year.agreement_year,
            agreement_start_year=start + settled.path.starts[year.agreement],
            low_revenue=aco.revenue_category == "low",
            months_in_year=min(year.months, 12),
        )
        contract = sim.load_contract(year.contract_id)
        for path in range(0, len(settled.net), 7):
            one = sim.settle(
                contract,
                circumstances,
                settled.benchmark[path, place],
                settled.expenditure[path, place],
                scores[min(place, len(scores) - 1)],
            )
            assert one.shared_savings == pytest.approx(
                settled.shared_savings[path, place], abs=0.01
            )
            assert one.shared_losses == pytest.approx(settled.shared_losses[path, place], abs=0.01)


@pytest.mark.parametrize(("months", "part"), [(18, 6 / 12), (21, 9 / 12)])
@pytest.mark.parametrize("true_savings", [0.05, -0.05])
def test_long_first_years_add_the_months_of_2012_to_2013(
    months: int, part: float, true_savings: float
) -> None:
    """Track 2: benchmark (part + 1) x 100 M, 5 % of it saved or lost; quality 1.

    Savings: 60 % less 2 % sequestration. Losses: 40 %, limited to 5 % of the benchmark in the first
    performance year. The interim payment is that of 12 months and never a loss.
    """
    run = silent_run(
        round_aco(performance_year=2012), ["track-2-2012"], true_savings=true_savings,
        start_year=2012, months=months, interim_payment=True,
    )  # fmt: skip
    settled = run.outcomes("track-2-2012")
    whole = (part + 1.0) * 100 * M
    assert np.all(settled.benchmark[:, 0] == whole)
    gross = true_savings * whole
    net = 0.6 * 0.98 * gross if gross > 0 else max(0.4 * gross, -0.05 * whole)
    interim = 0.6 * 0.98 * 0.05 * 100 * M if gross > 0 else 0.0
    np.testing.assert_allclose(settled.net[:, 0], net)
    np.testing.assert_allclose(settled.cash.dollars[:, 0], interim)
    np.testing.assert_allclose(settled.cash.dollars[:, 1], net - interim)
    np.testing.assert_allclose(settled.cash.times[:2], [1.75, part + 1.75])


def test_an_interim_payment_that_must_be_repaid() -> None:
    """21 months: savings of 8 % in 2012 and -3 % in 2013, 100 million a year.

    Interim, 9/12 of 2012 and 3/12 of 2013: 6 - 0.75 = 5.25 M: 5.25 % x 60 % x 0.98 = 3.087 M. The
    final reconciliation, 6 - 3 = 3 M of 175 M, is 1.7 % and below the MSR of 2 %: all is repaid.
    """
    run = silent_run(
        round_aco(performance_year=2012), ["track-2-2012"], true_savings=0.02,
        savings_ramp=[4.0, -1.5, 0.0], start_year=2012, months=21, interim_payment=True,
    )  # fmt: skip
    paid = run.outcomes("track-2-2012").cash.dollars[0]
    np.testing.assert_allclose(paid, [3.087 * M, -3.087 * M, 0.0, 0.0])


def test_half_years_pay_half_of_the_whole_year() -> None:
    """Both halves on all of 2019: 5 % of 100 M; 50 % under Track 1, 30 % of losses never.

    No sequestration on payments for 2019. BASIC B shares 40 %.
    """
    run = silent_run(
        round_aco(performance_year=2018),
        ["3xtrack-1,track-1 / 2xbasic-b"],
        true_savings=0.05,
        start_year=2016,
        months=[12, 12, 12, 6, 6],
        # Rebasing would take the savings away: the region's adjustment gives them back.
        regional_adjustment=0.05 / 0.95,
    )
    settled = run.outcomes(next(iter(run.paths)))
    np.testing.assert_allclose(settled.benchmark[0], [100 * M] * 6)
    half = [0.5 * 0.5 * 5 * M, 0.5 * 0.4 * 5 * M]
    np.testing.assert_allclose(settled.net[0, 3:5], half)
    np.testing.assert_allclose(settled.cash.times, [1.75, 2.75, 3.75, 4.75, 4.75, 5.75])


@pytest.mark.parametrize(
    ("kind", "months", "paid"),
    [
        # 42 CFR 425.221(b): losses by months in the programme, savings only at the end of the year.
        ("voluntary", 6, (0.0, 0.0)),
        ("voluntary", 9, (0.0, 9 / 12)),
        ("involuntary", 3, (0.0, 3 / 12)),
        ("voluntary", 12, (1.0, 1.0)),
    ],
)
def test_termination_prorates_the_last_year_and_ends_the_path(
    kind: str, months: int, paid: tuple[float, float]
) -> None:
    for true_savings, share in ((0.05, paid[0]), (-0.05, paid[1])):
        stated = {"true_savings": true_savings, "start_year": 2025}
        whole = silent_run(round_aco(), ["enhanced"], **stated).outcomes("enhanced")
        left = silent_run(
            round_aco(), ["enhanced"], termination=kind, termination_months=months,
            termination_year=2027, **stated,
        ).outcomes("enhanced")  # fmt: skip
        assert [year.year for year in left.path.years] == [2025, 2026, 2027]
        np.testing.assert_array_equal(left.net[:, :2], whole.net[:, :2])
        np.testing.assert_allclose(left.net[:, 2], share * whole.net[:, 2])


def test_participant_revenue_grows_as_the_benchmark_does() -> None:
    """8 % of $40 million stated for 2024, 3 % more each year; 30 % of losses of 20 % are beyond."""
    run = silent_run(
        round_aco(participant_revenue=40 * M), ["basic-e"], true_savings=-0.2,
        benchmark_update=0.03, start_year=2025,
    )  # fmt: skip
    limits = [0.08 * 40 * M * 1.03**years for years in range(1, 6)]
    np.testing.assert_allclose(run.outcomes("basic-e").shared_losses[0], limits)


def test_months_stated_as_text_are_those_of_a_list() -> None:
    stated = {"start_year": 2019, "first_agreement_year": 3, "months": "6,6"}
    plan = planned(["2xbasic-b"], round_aco(performance_year=2018), **stated)
    assert [year.months for year in plan.paths[0].path.years] == [6, 6]
    with pytest.raises(UserError, match="months"):
        planned(["2xbasic-b"], round_aco(performance_year=2018), **{**stated, "months": "6,7"})


def test_ramp_drift_and_growth_by_year() -> None:
    run = silent_run(
        round_aco(performance_year=2023), ["enhanced"], true_savings=0.04,
        savings_ramp=[0.0, 0.5, 1.0], benchmark_update=[0.02, 0.05], start_year=2025,
    )  # fmt: skip
    settled = run.outcomes("enhanced")
    np.testing.assert_allclose(settled.savings_rate[0], [0.0, 0.02, 0.04, 0.04, 0.04])
    # Two years of 2 % from the stated dollars to 2025, then 2 %, then 5 % a year.
    grown = 1.02**2 * np.cumprod([1.0, 1.02, 1.05, 1.05, 1.05])
    np.testing.assert_allclose(settled.benchmark[0], 100 * M * grown)


def test_drift_is_a_random_walk_from_the_first_year() -> None:
    silent = {"people_noise": False, "practice_noise_constant": 0.0, "common_shock_sd": 0.0}
    run = noisy_run(["enhanced"], savings_drift_sd=0.02, years=2_000, true_savings_sd=0.0, **silent)
    rates = run.outcomes("enhanced").savings_rate
    steps = np.diff(rates, axis=1)
    assert np.ptp(rates[:, 0]) < 1e-12
    # 8,000 steps: 4.4 standard errors of their deviation and mean, a false alarm of 1e-5.
    assert steps.std() == pytest.approx(0.02, rel=4.4 / np.sqrt(16_000))
    assert abs(steps.mean()) < 4.4 * 0.02 / np.sqrt(8_000)
    by_chance = run.outcomes("enhanced", 0).savings_rate
    assert np.all(np.abs(by_chance) < 1e-12)


def test_settled_terms_follow_the_years_of_the_agreement() -> None:
    run = noisy_run(["track-2"], start_year=2016)
    limits = [one.terms.loss_limit_of_benchmark for one in run.outcomes("track-2").resolved]
    assert limits == [0.05, 0.075, 0.10]
    later = noisy_run(["track-2"], start_year=2016, first_agreement_year=2)
    limits = [one.terms.loss_limit_of_benchmark for one in later.outcomes("track-2").resolved]
    assert limits == [0.075, 0.10]


def test_a_contract_and_its_terms_of_the_users_own() -> None:
    scenario = sim.Scenario(aco=round_aco()).with_changes(["enhanced.maximum_sharing_rate=0.5"])
    scenario = scenario.with_values(
        {"people_noise": False, "practice_noise_constant": 0.0, "common_shock_sd": 0.0}
    )
    run = sim.run_agreement(
        scenario, ["enhanced"], years=2, true_savings=0.05, benchmark_update=0.0
    )
    np.testing.assert_allclose(run.outcomes("enhanced").net, 0.5 * 0.98 * 5 * M)
    assert run.plan.paths[0].resolved[0].contract.changed()
