"""When money comes and goes: cash of the year, half years, refused renewals, early exits."""

from __future__ import annotations

import numpy as np
import pytest
from agreement_cases import PATHS, noisy_run, planned, round_aco, silent_run

import simulate as sim
from simulate.agreement.finance.finances import finances
from simulate.agreement.finance.quarters import Quarters, quarters_of
from simulate.analysis.intervention_worth import intervention_worth
from simulate.errors import UserError
from simulate.report.agreement_words import agreement_answer, paths_phrase
from simulate.report.finance import paying_for_costs
from simulate.report.intervention import show_intervention

FREE = {"start_up_cost": 0.0, "operating_cost": 0.0}
M = 1e6


# --- cash beside settlements is paid in its year ---------------------------------------------


def test_practices_are_paid_at_the_start_and_by_month() -> None:
    """Making Care Primary: $145,000 first, $15 for each of 120,000 member months, then quality.

    The incentive is 3 % of primary care, 4 % of 100 million, and comes with the settlement.
    """
    run = silent_run(round_aco(), ["mcp-track-1"], start_year=2024, **{"agreement.years": 2})
    cash = run.outcomes("mcp-track-1").cash
    assert list(cash.times) == [0.0, 0.5, 1.5, 1.75, 2.75]
    assert cash.dollars[0] == pytest.approx([0.145 * M, 1.8 * M, 1.8 * M, 0.12 * M, 0.12 * M])
    np.testing.assert_allclose(cash.dollars.sum(axis=1), run.outcomes("mcp-track-1").net.sum(1))
    found = run["mcp-track-1"].assumed.measures.cumulative
    value = 0.145 * M + 1.8 * M * (1.05**-0.5 + 1.05**-1.5)
    value += 0.12 * M * (1.05**-1.75 + 1.05**-2.75)
    assert found.net_present_value.value == pytest.approx(value)
    items = finances(run)["mcp-track-1"].assumed.cash.quarters
    paid = [quarter.items["contract payments"].value for quarter in items]
    assert paid[:8] == pytest.approx([0.595 * M, *[0.45 * M] * 7])
    assert not any(paid[8:])


@pytest.mark.parametrize("path", ["mcp-track-1", "pc-flex"])
def test_a_month_is_paid_for_a_member_of_that_month(path: str) -> None:
    """9,000 person-years of 10,000 assigned: nine tenths of a monthly payment each."""
    aco = round_aco(person_years={"aged_non_dual": 9_000.0})
    run = silent_run(aco, [path], start_year=2025, **{"agreement.years": 1}, **(
        {} if path == "mcp-track-1" else
        {"advance": "pc-flex", "flex_base_rate": 30.0, "flex_enhancement": 15.0}))  # fmt: skip
    assert run.outcomes(path).beside.during[0] == pytest.approx([9_000 * 12 * 15.0])
    if path == "mcp-track-1":
        one_year = sim.run(aco, ["mcp-track-1"], years=2, true_savings=0.0)
        assert one_year["mcp-track-1"].resolved.terms.extra_cash == pytest.approx(
            9_000 * 12 * 15.0 + 145_000
        )


def test_no_cash_beside_settlements_leaves_their_calendar_alone() -> None:
    settled = noisy_run(["enhanced"]).outcomes("enhanced")
    np.testing.assert_array_equal(settled.cash.dollars, settled.settlements.dollars)
    assert not settled.beside.total.any()


def test_nothing_that_is_sure_has_an_error() -> None:
    run = noisy_run(["mcp-track-1"], start_year=2024, **{"agreement.years": 2})
    for view in (run["mcp-track-1"].assumed, run["mcp-track-1"].chance_alone):
        found = view.measures.cumulative
        assert found.probability_of_ever_earning == (0.0, 0.0)
        assert found.probability_of_ever_owing == (0.0, 0.0)
        assert found.probability_of_breaking_even == (1.0, 0.0)
    shared = noisy_run(["enhanced"])["enhanced"].assumed.measures.cumulative
    assert shared.probability_of_ever_earning.standard_error > 0.0


# --- half years -----------------------------------------------------------------------------


def quarters(text: str, **stated) -> Quarters:
    plan = planned([text], **stated)
    return quarters_of(plan.paths[0].path, plan.start_year, 0.75)


def labels(found: Quarters, year: int) -> tuple[str, str]:
    covered = found.by_year[year]
    return found.labels[covered[0]], found.labels[covered[-1]]


def test_quarters_after_a_lone_half_year() -> None:
    # An agreement up to 2018, one from July 2019: nothing in between.
    july = quarters("3xtrack-1 / 3xbasic-b", start_year=2016, months=[12, 12, 12, 6, 12, 12])
    assert labels(july, 2) == ("2018 Q1", "2018 Q4")
    assert labels(july, 3) == ("2019 Q3", "2019 Q4")
    assert labels(july, 5) == ("2021 Q1", "2021 Q4")
    assert july.labels[july.settled[5]] == "2022 Q4"
    # One until June 2019, the next from 2020.
    june = quarters("4xtrack-1 / 2xbasic-e", start_year=2016, months=[12, 12, 12, 6, 12, 12])
    assert labels(june, 3) == ("2019 Q1", "2019 Q2")
    assert labels(june, 4) == ("2020 Q1", "2020 Q4")


def test_half_an_agreement_year_in_the_middle_is_refused() -> None:
    with pytest.raises(UserError, match="6 months in 2019 alone"):
        planned(["3xbasic-e"], start_year=2018, months=[12, 6, 12])


def test_an_aggregate_cover_of_half_a_year_attaches_at_half() -> None:
    """10 % lost: 3 million owed of a whole year, 1.5 of a half; 1 % of 100 million, halved."""
    stated = {"true_savings": -0.1, "aggregate_attachment": 0.01, **FREE}
    half = silent_run(round_aco(), ["basic-e"], start_year=2019, months=[6], **stated)
    found = finances(half)["basic-e"].assumed
    recovered = [paid.value for paid in found.covers["aggregate"].recoveries]
    # Both years at the level of the stated dollars, and of those a half.
    assert recovered == pytest.approx([1.0 * M, *[2.0 * M] * 5], rel=1e-6)
    leaves = {"termination": "voluntary", "termination_year": 2026, "termination_months": 9}
    nine = silent_run(round_aco(), ["basic-e"], start_year=2025, **stated, **leaves)
    recovered = [paid.value for paid in finances(nine)["basic-e"].assumed.covers[
        "aggregate"].recoveries]  # fmt: skip
    assert recovered == pytest.approx([2.0 * M, 1.5 * M], rel=1e-6)


# --- who is refused renewal is out -------------------------------------------------------------

REFUSED = {"start_year": 2016, "renewal_test": "proposed-2014", "true_savings": -0.05}


def test_a_refused_aco_pays_nothing_more() -> None:
    """All paths lose 5 % in both years: out after three years of $1.3 million, not after six."""
    stated = {**REFUSED, "start_up_cost": 0.6 * M, "operating_cost": 1.3 * M}
    found = finances(silent_run(round_aco(), ["2014-proposal"], **stated))["2014-proposal"]
    costs = found.assumed.costs
    assert costs.costs == pytest.approx(0.6 * M + 3 * 1.3 * M)
    assert costs.expected_net_after_costs.value == pytest.approx(-4.5 * M)
    by_quarter = [quarter.items["costs"].value for quarter in found.assumed.cash.quarters]
    assert by_quarter[11] == pytest.approx(-0.325 * M)
    assert not any(by_quarter[12:])
    # By chance alone, without noise, nobody is refused.
    assert found.chance_alone.costs.costs == pytest.approx(0.6 * M + 6 * 1.3 * M)


@pytest.mark.parametrize("shortfall", ["at-settlement", "at-end"])
def test_a_refused_aco_is_advanced_nothing_more(shortfall: str) -> None:
    stated = {"advance": "prepaid", "prepaid_per_quarter": 0.2 * M, "prepaid_shortfall": shortfall}
    at = {**REFUSED, **FREE, **stated, "start_year": 2026}
    run = silent_run(round_aco(), ["3xbasic-a / 3xbasic-b"], **at)
    found = finances(run)["3xbasic-a/3xbasic-b"].assumed
    assert found.advance is not None
    assert found.advance.advanced == pytest.approx(12 * 0.2 * M)
    assert found.advance.expected_repaid.value == pytest.approx(12 * 0.2 * M)
    repaid = {q: -each.items["repaid"].value for q, each in enumerate(found.cash.quarters)}
    quarters_of_it = {q: dollars for q, dollars in repaid.items() if dollars}
    assert quarters_of_it == pytest.approx(
        {15: 2.4 * M} if shortfall == "at-end" else dict.fromkeys((7, 11, 15), 0.8 * M)
    )


def test_costs_of_some_refused_are_those_of_each_path() -> None:
    run = noisy_run(["2014-proposal"], **{**REFUSED, "true_savings": -0.03}, **FREE | {
        "operating_cost": 1 * M})  # fmt: skip
    found = finances(run)["2014-proposal"].assumed
    settled = run.outcomes("2014-proposal")
    spent = settled.in_agreement.sum(axis=1) * 1 * M
    left = settled.net.sum(axis=1) - spent
    assert found.costs.costs == pytest.approx(spent.mean())
    assert found.costs.expected_net_after_costs.value == pytest.approx(left.mean())
    assert found.costs.probability_of_covering_costs.value == np.mean(left >= 0.0)
    # A ratio of two means: its error against the delta method, spelled out.
    ratio = found.costs.return_on_costs
    assert ratio is not None
    assert ratio.value == pytest.approx(left.mean() / spent.mean())
    error = np.std(left - ratio.value * spent, ddof=1) / np.sqrt(PATHS) / spent.mean()
    assert ratio.standard_error == pytest.approx(error)
    assert np.ptp(spent) > 0.0


def test_a_refused_aco_pays_no_premium() -> None:
    """Without a loading the price is what an ACO that is in can expect to recover."""
    stated = {**REFUSED, **FREE, "true_savings": -0.03, "stop_loss_attachment": 20_000.0}
    run = noisy_run(["2014-proposal"], premium_loading=0.0, **stated)
    found = finances(run)["2014-proposal"]
    for view, number in ((found.assumed, 1), (found.chance_alone, 0)):
        inside = run.outcomes("2014-proposal", number).in_agreement.mean(axis=0)
        expected = np.array(found.prices["stop_loss"]) * inside
        assert view.covers["stop_loss"].premiums == pytest.approx(tuple(expected))
        by_quarter = [-quarter.items["premiums"].value for quarter in view.cash.quarters]
        assert by_quarter[0:24:4] == pytest.approx(expected)
    cover = found.assumed.covers["stop_loss"]
    assert cover.premiums == pytest.approx([mean.value for mean in cover.recoveries])
    assert 0.0 < cover.premiums[4] < found.prices["stop_loss"][4]


# --- leaving early with savings withheld -----------------------------------------------------


def proposal(share: float, **stated) -> sim.AgreementRun:
    given = {"true_savings": 0.08, "start_year": 2012, **stated}
    overlays = {"track-1-proposed-2011.withhold_forfeited": share}
    scenario = sim.Scenario(aco=round_aco(performance_year=2012)).with_values(overlays)
    return sim.run_agreement(
        scenario, ["2011-proposal"], years=2, benchmark_update=0.0, people_noise=False,
        practice_noise_constant=0.0, common_shock_sd=0.0, **given,
    )  # fmt: skip


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_what_is_withheld_is_lost_on_leaving_early(share: float) -> None:
    early = {"termination": "voluntary", "termination_year": 2013}
    stays, leaves = proposal(share), proposal(share, **early)
    settled = leaves.outcomes("2011-proposal")
    earned = settled.shared_savings[0]
    assert earned[0] > 0.0
    held = 0.25 * earned.sum()
    assert settled.net[0].sum() == pytest.approx(earned.sum() - share * held)
    paid = [0.75 * earned[0], 0.75 * earned[1] + (1.0 - share) * held]
    assert settled.cash.dollars[0] == pytest.approx(paid)
    assert any("still withheld" in note for note in leaves.plan.notes()) is bool(share)
    # An agreement that is completed returns it, also where it ends with its last day.
    whole = stays.outcomes("2011-proposal")
    assert whole.net[0].sum() == pytest.approx(whole.shared_savings[0].sum())
    last = proposal(share, termination="voluntary", termination_year=2014)
    assert last.outcomes("2011-proposal").net[0].sum() == pytest.approx(whole.net[0].sum())


# --- words -----------------------------------------------------------------------------------


def test_one_of_something_is_not_many() -> None:
    run = noisy_run(["enhanced"], years=1, **{"agreement.years": 1})
    answer = agreement_answer(run, "enhanced")
    assert "over 1 performance year you" in answer
    assert "100.0 %" not in answer
    assert "fewer than" not in answer
    assert paths_phrase(run).startswith("1 simulated path of 1 calendar year,")


def test_true_savings_that_pay_for_costs_say_what_they_come_with() -> None:
    plain = finances(silent_run(round_aco(), ["enhanced"]))["enhanced"]
    assert paying_for_costs(plain).startswith("known true savings of")
    assert paying_for_costs(plain).endswith("a year pay for them")
    grown = finances(silent_run(round_aco(), ["enhanced"], savings_ramp=[0.5, 1.0]))["enhanced"]
    assert "(before they grow by year as stated)" in paying_for_costs(grown)


@pytest.mark.slow_without_compiler
def test_a_contract_without_an_msr_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    scenario = sim.Scenario(aco=round_aco()).with_value("years", 50, "years")
    worth = intervention_worth(scenario, "palliative-care", ["mcp-track-1"])
    assert worth.to_dict()["effects"]
    show_intervention(worth)
    out = capsys.readouterr().out
    assert "inf" not in out.split("mcp-track-1: not a")[0]
    assert "no MSR to reach" in " ".join(out.split())
