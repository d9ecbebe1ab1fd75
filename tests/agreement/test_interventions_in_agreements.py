"""Care programmes inside agreements: one year to the last bit, hand arithmetic, costs, worth."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from agreement_cases import COMPILED, PATHS, SILENT, mixed_aco, round_aco

import simulate as sim
from simulate.agreement.finance.finances import finances
from simulate.agreement.finance.terms import FinanceTerms
from simulate.agreement.plan import agreement_plan
from simulate.agreement.programme_needed import MovedSpending
from simulate.agreement.run import stated_for_agreement
from simulate.agreement.savings import SavingsCourse, triangular_factor
from simulate.agreement.simulation import ASSUMED, CHANCE_ALONE, assumed_course, simulate_courses
from simulate.engine.shared_draws import Draws
from simulate.engine.years import View
from simulate.scenario.scenario import Scenario

CARE = {"name": "palliative-care", "like": "palliative-care", "estimate": "published"}
VISITS = {
    "name": "visits",
    "group": "all",
    "spend_band": (0.5, 0.9),
    "uptake": 0.5,
    "effect": 500.0,
}
#: Of `round_aco`: 4,000 people who save $500 each, all of it counted: 2 million, 2 %, for certain.
CERTAIN = {**VISITS, "uptake": None, "participants": 4_000}
M = 1_000_000.0


def stated(interventions: list[dict[str, Any]], aco: sim.ACO | None = None) -> Scenario:
    """A scenario with care programmes."""
    return Scenario.model_validate({"aco": aco or mixed_aco(), "interventions": interventions})


def noisy(interventions: list[dict[str, Any]], paths: list[str], **known: Any) -> sim.AgreementRun:
    facts = {"years": PATHS, "true_savings": 0.01, "true_savings_sd": 0.02, **known}
    return sim.run_agreement(stated(interventions), paths, **facts)


def silent(interventions: list[dict[str, Any]], paths: list[str], **known: Any) -> sim.AgreementRun:
    """An agreement without noise: every simulated path is the same, and two are enough."""
    facts = {"benchmark_update": 0.0, "true_savings": 0.0, "msr": "1.0", **SILENT, **known}
    return sim.run_agreement(stated(interventions, round_aco()), paths, years=2, **facts)


# --- bits ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "interventions",
    [
        [CARE],
        [VISITS],
        [{**VISITS, "effect_standard_error": 400.0, "starts_in_month": 4, "ramp_months": 12}, CARE],
        [{**CARE, "uptake": None, "participants": 5}],
        [{**CARE, "starts_in_year": 1, "ends_in_year": 1}],
    ],
)
@pytest.mark.parametrize(
    "assumed",
    [
        {},
        {"true_savings": 0.02, "true_savings_sd": 0.03},
        {"true_savings": 0.02, "benchmark_noise": "10/30/60"},
    ],
)
def test_one_year_is_the_run_of_that_year(
    interventions: list[dict[str, Any]], assumed: dict[str, Any]
) -> None:
    contracts = ["basic-e", "track-2"]
    scenario = stated(interventions, mixed_aco(200)).with_values({"years": PATHS, **assumed})
    single = sim.run(scenario, contracts)
    years = {"agreement.years": 1}
    one = sim.run_agreement(scenario, contracts, start_year=2024, savings_drift_sd=0.03, **years)
    long = sim.run_agreement(scenario, contracts, start_year=2024, savings_drift_sd=0.03)
    assert single.true_savings.view == one.plan.savings_by_year()[0]
    for contract_id in contracts:
        for run in (one, long):
            first = run[contract_id].assumed.measures.by_year[0]
            assert first == single[contract_id].measures
            by_chance = run[contract_id].chance_alone.measures.by_year[0]
            assert by_chance == single[contract_id].chance_alone
        rates = one.outcomes(contract_id, ASSUMED).savings_rate[:, 0]
        np.testing.assert_array_equal(rates, single.savings_rates(ASSUMED))


def test_nothing_added_leaves_every_bit() -> None:
    plain = noisy([], ["enhanced"], savings_ramp=[0.5, 1.0], savings_drift_sd=0.01)
    for changes in ({"uptake": 0.0}, {"participants": 0}):
        nobody = [{**CARE, **changes}]
        run = noisy(nobody, ["enhanced"], savings_ramp=[0.5, 1.0], savings_drift_sd=0.01)
        np.testing.assert_array_equal(run.simulated.expenditure, plain.simulated.expenditure)
        assert run["enhanced"] == plain["enhanced"]


def test_years_before_a_programme_and_chance_alone_are_untouched() -> None:
    plain, later = (
        noisy(interventions, ["enhanced"])
        for interventions in ([], [{**CARE, "starts_in_year": 3, "uptake": 1.0}])
    )
    before, after = plain.simulated.expenditure, later.simulated.expenditure
    np.testing.assert_array_equal(after[CHANCE_ALONE], before[CHANCE_ALONE])
    np.testing.assert_array_equal(after[ASSUMED, :, 0], before[ASSUMED, :, 0])
    # What the other years draw is rounded to 2**-40, once more than without.
    np.testing.assert_allclose(after[ASSUMED, :, 1], before[ASSUMED, :, 1], rtol=1e-9)
    assert np.all(after[ASSUMED, :, 2:].mean(axis=0) < before[ASSUMED, :, 2:].mean(axis=0))


@pytest.mark.parametrize(("threads", "chunk_years"), [(1, 1), (3, 7)])
def test_threads_chunks_and_first_paths(threads: int, chunk_years: int) -> None:
    everything = {"benchmark_update_sd": 0.004, "savings_drift_sd": 0.01, "start_year": 2016}
    programmes, path = [VISITS, {**CARE, "starts_in_year": 2}], ["track-1-then-2"]
    whole = noisy(programmes, path, **everything)
    execution = sim.Execution(threads, chunk_years)
    other = noisy(programmes, path, execution=execution, **everything)
    assert json.dumps(whole.to_dict()) == json.dumps(other.to_dict())
    few = noisy(programmes, path, **{**everything, "years": PATHS // 2})
    np.testing.assert_array_equal(
        few.simulated.expenditure, whole.simulated.expenditure[:, : PATHS // 2]
    )


# --- by hand ---------------------------------------------------------------------------


def test_a_programme_from_the_second_year_pays_and_lowers_the_next_benchmark() -> None:
    """Benchmark 100 million, true savings 0, MSR 1.0 %; 2 million saved a year from year 2.

    | years | benchmark | spent | shared: 75 % less 2 % sequestration        |
    |-------|-----------|-------|---------------------------------------------|
    | 1     | 100 M     | 100 M | nothing                                     |
    | 2, 3  | 100 M     | 98 M  | 0.735 x 2 M = 1.47 M                        |
    | 4 - 6 | 99.333 M  | 98 M  | 0.735 x 1.333 M = 0.98 M, 1.34 % of it      |

    Rebased on thirds of 100, 98 and 98: 98.667 M; half of the prior savings of 4/3 M is given
    back: 99.333 M. Without the programme all stays at 100 million.
    """
    path, later = "3xenhanced/3xenhanced", [{**CERTAIN, "starts_in_year": 2}]
    run = silent(later, [path], start_year=2025)
    settled = run.outcomes(path)
    np.testing.assert_allclose(settled.expenditure[0], [100 * M] + [98 * M] * 5, rtol=1e-6)
    rebased = (100 + 98 + 98) / 3 + 0.5 * 4 / 3
    np.testing.assert_allclose(settled.benchmark[0], [100 * M] * 3 + [rebased * M] * 3, rtol=1e-6)
    expected = [0.0, 1.47 * M, 1.47 * M] + [0.98 * M] * 3
    np.testing.assert_allclose(settled.net[0], expected, rtol=1e-4, atol=1.0)
    without = silent([], [path], start_year=2025).outcomes(path)
    np.testing.assert_allclose(without.benchmark[0], [100 * M] * 6)
    assert not without.net.any()
    assert run.certain(ASSUMED)


def test_a_ramp_through_the_years_and_an_end_by_hand() -> None:
    # From July of the first year over 18 months: 21, 150 and 216 of 216 parts of 2 % (see the
    # test of the programme itself), nothing after the third year. Participants are stated for
    # the first year, in which a third of all have joined.
    programme = {**CERTAIN, "participants": 4_000 / 3, "starts_in_month": 7, "ramp_months": 18}
    run = silent([{**programme, "ends_in_year": 3}], ["enhanced"])
    parts = np.array([21, 150, 216, 0, 0]) / 216
    facts = run.to_dict()["assumptions"]
    np.testing.assert_allclose(facts["true_savings_by_year"], 0.02 * parts, rtol=1e-9, atol=1e-12)
    # Who joins in which month is chance, until all have: 4.5 standard deviations of it.
    luck = np.array(facts["true_savings_sd_by_year"])
    assert np.all(luck[:2] > 0.0)
    off = np.abs(run.outcomes("enhanced").savings_rate[0] - 0.02 * parts)
    assert np.all(off <= 4.5 * luck + 1e-7)
    by_year = facts["interventions"][0]["by_year"]
    joined = [4_000 / 3, 4_000, 4_000, 0, 0]
    assert [year["expected_participants"] for year in by_year] == pytest.approx(joined)


def test_a_ramp_of_the_stated_savings_does_not_ramp_the_programme() -> None:
    run = silent([CERTAIN], ["enhanced"], true_savings=0.04, savings_ramp=[0.5, 1.0])
    found = run.outcomes("enhanced").savings_rate[0]
    np.testing.assert_allclose(found, [0.04, 0.06, 0.06, 0.06, 0.06], rtol=1e-5)


def test_long_and_half_years_hold_what_their_calendar_years_hold() -> None:
    aco = round_aco(performance_year=2012)
    scenario = stated([{**CERTAIN, "starts_in_year": 2}], aco)
    known = {"benchmark_update": 0.0, "true_savings": 0.0, **SILENT}
    run = sim.run_agreement(scenario, ["track-1"], years=2, start_year=2012, months=[18], **known)
    # Half of 2012 without the programme and all of 2013 with it: 2 of 150 million.
    rates = run.outcomes("track-1").savings_rate[0]
    np.testing.assert_allclose(rates, [2 / 150, 0.02, 0.02], rtol=1e-5)


# --- how the years hang together -------------------------------------------------------


def course(interventions: list[dict[str, Any]], **known: Any) -> SavingsCourse:
    facts = {"true_savings": 0.02, "true_savings_sd": 0.01, **known}
    plan = agreement_plan(stated_for_agreement(stated(interventions), facts), ["enhanced"])
    return assumed_course(plan, plan.true_savings.view)


def test_luck_of_those_who_die_is_new_every_year_and_that_of_others_lasts() -> None:
    for programme, lasts in ((CARE, False), (VISITS, True)):
        found = course([{**programme, "effect": 800.0, "estimate": None}])
        effect = found.programmes[0][0]
        luck = effect.participants * (effect.participation_sd / found.benchmark) ** 2
        assert luck > 0.0
        covariance = found.covariance()
        np.testing.assert_allclose(np.diag(covariance), 0.01**2 + luck)
        np.testing.assert_allclose(covariance[0, 1:], 0.01**2 + (luck if lasts else 0.0))


@pytest.mark.parametrize("ramp", [[1.0], [0.5, 1.0], [0.0, -1.0, 2.0]])
def test_simulated_true_savings_have_the_stated_moments(ramp: list[float]) -> None:
    """Means within 4.5 standard errors of 5 years; false alarm below 1 in 20,000."""
    programmes = [{**CARE, "uptake": 1.0, "starts_in_month": 7}, {**CARE, "name": "second"}]
    found, paths = course(programmes, savings_ramp=ramp), 20_000
    z = Draws(3)
    from simulate.agreement.savings import _normal
    from simulate.engine.years import TRUE_SAVINGS

    drawn = found.drawn.mean + found.drawn.sd * _normal(z, paths, TRUE_SAVINGS)
    simulated = drawn[:, None] * np.array(found.factors()) + found.added(z, paths)
    views = found.by_year()
    errors = np.array([view.sd for view in views]) / np.sqrt(paths)
    assert np.all(np.abs(simulated.mean(axis=0) - [v.mean for v in views]) < 4.5 * errors)
    covariance = found.covariance()
    scale = np.sqrt(np.outer(np.diag(covariance), np.diag(covariance)))
    # A covariance of 20,000 normal pairs is known to at most sqrt(2) / sqrt(20,000): 0.01.
    np.testing.assert_allclose(np.cov(simulated.T) / scale, covariance / scale, atol=0.045)
    np.testing.assert_allclose(np.diag(covariance), [v.sd**2 for v in views], rtol=1e-9)


def test_the_triangular_factor() -> None:
    known = np.array([[4.0, 2.0, 0.4], [2.0, 3.0, 0.5], [0.4, 0.5, 1.0]])
    np.testing.assert_allclose(triangular_factor(known), np.linalg.cholesky(known))
    rank_one = np.outer([0.0, 2.0, 1.0], [0.0, 2.0, 1.0])
    for singular in (np.zeros((2, 2)), rank_one, rank_one + np.diag([0.0, 0.0, 3.0])):
        factor = triangular_factor(singular)
        np.testing.assert_allclose(factor @ factor.T, singular, atol=1e-12)
        np.testing.assert_array_equal(factor[:2, :2], triangular_factor(singular[:2, :2]))


def test_a_known_programme_changes_no_spread() -> None:
    found = SavingsCourse(View(0.02), (1.0, 1.0))
    assert not found.changed
    assert found.added(Draws(1), 4).shape == (4, 2)
    certain = course([{**CARE, "effect": 0.0, "estimate": None}], true_savings_sd=0.0)
    assert [view.sd for view in certain.by_year()] == [0.0] * 5


# --- costs -----------------------------------------------------------------------------


def test_costs_fall_into_the_quarters_in_which_it_runs() -> None:
    # $100 a year for each of 4,000, from April of the second year, 10 % more each year.
    programme = {**CERTAIN, "starts_in_year": 2, "starts_in_month": 4, "cost_per_participant": 100}
    run = silent([programme], ["enhanced"], cost_growth=0.1, operating_cost=0.0, start_up_cost=0.0)
    found = finances(run)["enhanced"]
    quarters = found.terms.programme_costs[0]
    yearly = [0.0, 330_000.0, 484_000.0, 532_400.0, 585_640.0]
    np.testing.assert_allclose(quarters[:20].reshape(5, 4).sum(axis=1), yearly)
    np.testing.assert_allclose(quarters[:8], [0] * 5 + [110_000] * 3)
    np.testing.assert_allclose(quarters[8:12], 121_000.0)
    assert not quarters[20:].any()
    costs = found.assumed.costs
    assert costs.costs == costs.programme_costs == pytest.approx(sum(yearly))
    net = run["enhanced"].assumed.measures.cumulative.expected_cumulative_net.value
    assert costs.expected_net_after_costs.value == pytest.approx(net - sum(yearly))
    paid = [quarter.items["care programmes"].value for quarter in found.assumed.cash.quarters]
    np.testing.assert_allclose(paid, -quarters)


def test_costs_grow_with_the_programme_and_stop_with_the_agreement() -> None:
    # Over six months from January: 1+2+3, 4+5+6, 18, 18 of 18 parts of a quarter in full.
    programme = {**CERTAIN, "ramp_months": 6, "cost_per_participant": 57.0 / 4}
    scenario = stated([programme], round_aco(performance_year=2024))
    leaving = {
        "termination": "voluntary", "termination_year": 2026, "termination_months": 6,
    }  # fmt: skip
    plan = agreement_plan(stated_for_agreement(scenario, leaving), ["enhanced"])
    quarters = FinanceTerms(plan, plan.paths[0]).programme_costs[0]
    np.testing.assert_allclose(quarters[:4], [4_750.0, 11_875.0, 14_250.0, 14_250.0])
    np.testing.assert_allclose(quarters[4:6], 57_000.0 / 4)
    # Half of 2026 is paid for.
    assert quarters.sum() == pytest.approx(45_125.0 + 57_000.0 / 2)


def test_a_path_that_begins_in_july_pays_from_then_on() -> None:
    scenario = stated([{**CERTAIN, "cost_per_participant": 4.0}], round_aco(performance_year=2012))
    known = {"start_year": 2012, "months": [18]}
    plan = agreement_plan(stated_for_agreement(scenario, known), ["track-1"])
    terms = FinanceTerms(plan, plan.paths[0])
    assert terms.quarters.labels[0] == "2012 Q3"
    np.testing.assert_allclose(terms.programme_costs[0, :14], 4_000.0)
    assert terms.programme_costs.sum() == pytest.approx(56_000.0)


def test_no_programme_costs_nothing() -> None:
    plain = finances(silent([], ["enhanced"]))["enhanced"]
    assert plain.assumed.costs.programme_costs == 0.0
    assert "care programmes" not in plain.assumed.cash.quarters[0].items
    free = finances(silent([CERTAIN], ["enhanced"]))["enhanced"]
    assert free.assumed.costs.costs == plain.assumed.costs.costs


# --- what it is worth ------------------------------------------------------------------


def test_with_and_without_are_agreement_runs_to_the_last_bit() -> None:
    known = {"years": PATHS, "true_savings": 0.01, "true_savings_sd": 0.02}
    both = stated([VISITS, {**CARE, "starts_in_year": 2}]).with_values(known)
    worth = sim.intervention_worth_in_agreement(both, "palliative-care", ["glide-path", "enhanced"])
    (found,) = worth.effects
    with_it = sim.run_agreement(both, ["glide-path", "enhanced"])
    without = sim.run_agreement(stated([VISITS]).with_values(known), ["glide-path", "enhanced"])
    for label, path in found.paths.items():
        assert path.with_it == with_it[label].assumed.measures
        assert path.without == without[label].assumed.measures
        for place, change in enumerate(path.met_msr):
            chances = [
                m.by_year[place].probability_of_meeting_msr for m in (path.with_it, path.without)
            ]
            assert change.value == pytest.approx(chances[0].value - chances[1].value, abs=1e-12)


def test_worth_by_hand() -> None:
    # The case above over three years: 1.47 million in each of the last two, paid 0.75 years on.
    programme = {**CERTAIN, "starts_in_year": 2, "cost_per_participant": 100.0}
    known = {
        "years": 2, "true_savings": 0.0, "msr": "1.0", "agreement.benchmark_update": 0.0,
        "agreement.years": 3, "agreement.discount_rate": 0.1, **SILENT,
    }  # fmt: skip
    scenario = stated([programme], round_aco()).with_values(known)
    worth = sim.intervention_worth_in_agreement(scenario, "visits", ["enhanced"])
    (found,) = worth.effects
    path = found.paths["enhanced"]
    assert path.differences["expected_cumulative_net"].value == pytest.approx(2.94 * M, rel=1e-4)
    value = 1.47 * M * (1.1**-2.75 + 1.1**-3.75)
    assert path.differences["net_present_value"].value == pytest.approx(value, rel=1e-4)
    assert [change.value for change in path.met_msr] == [0.0, 1.0, 1.0]
    assert path.cost == pytest.approx(0.8 * M)
    spent = sum(0.1 * M * 1.1 ** -(1 + quarter / 4) for quarter in range(8))
    assert path.present_value_of_cost == pytest.approx(spent)
    assert path.net_of_cost.value == pytest.approx(2.14 * M, rel=1e-4)
    assert path.break_even_cost is not None
    assert path.break_even_cost.value == pytest.approx(100.0 * value / spent, rel=1e-4)
    assert path.next_benchmark is not None
    assert path.next_benchmark.value == pytest.approx(-4 / 3 * M + 0.5 * 4 / 3 * M, rel=1e-4)


def test_the_cost_is_that_of_the_finances_where_renewal_is_refused() -> None:
    programme = {**CARE, "cost_per_participant": 1_000.0, "starts_in_year": 2}
    known = {
        "years": PATHS, "true_savings": -0.08, "agreement.start_year": 2016,
        "agreement.renewal_test": "proposed-2014", "finance.cost_growth": 0.05,
    }  # fmt: skip
    scenario, path = stated([programme]).with_values(known), "3xtrack-1/3xtrack-1"
    worth = sim.intervention_worth_in_agreement(scenario, "palliative-care", [path])
    found = worth.effects[0].paths[path]
    run = sim.run_agreement(scenario, [path])
    refused = run[path].assumed.refused
    assert refused is not None
    assert refused.value > 0.0
    spent = finances(run)[path].assumed.costs.programme_costs
    assert found.cost == pytest.approx(spent)
    whole = FinanceTerms(run.plan, run.plan.paths[0]).programme_costs.sum()
    assert found.cost < whole


@pytest.mark.slow_without_compiler
def test_pairs_of_paths_tell_more_than_two_runs() -> None:
    known = {"years": 1_000, "true_savings": 0.01, "true_savings_sd": 0.02}
    for ramp in ([1.0], [0.0, 1.0]):
        asked = stated([CARE]).with_values({**known, "agreement.savings_ramp": ramp})
        worth = sim.intervention_worth_in_agreement(asked, "palliative-care", ["enhanced"])
        path = worth.effects[0].paths["enhanced"]
        sides = [
            m.cumulative.net_present_value.standard_error for m in (path.without, path.with_it)
        ]
        assert path.differences["net_present_value"].standard_error < 0.3 * np.hypot(*sides)


def test_all_effects_in_order_and_their_json() -> None:
    scenario = stated([]).with_values({"years": PATHS, "true_savings": 0.02})
    worth = sim.intervention_worth_in_agreement(scenario, "palliative-care", ["enhanced"])
    added = [effect.years[0].savings for effect in worth.effects]
    assert added == sorted(added)
    facts = json.loads(json.dumps(worth.to_dict()))
    assert list(facts["effects"]) == ["adverse", "no-effect", "cautious", "published"]
    path = facts["effects"]["published"]["paths"]["enhanced"]
    assert len(path["differences_of_meeting_msr"]) == len(path["performance_years"]) == 5
    assert path["programme_cost"] == 0.0


# --- what one more point takes -----------------------------------------------------------


def test_participants_for_one_more_point_by_hand() -> None:
    # No noise and an MSR of 1 %, 1 million: 2,000 of the 4,000 people at $500 each reach it in
    # every year, and the chance goes from none to certain.
    known = {
        "years": 2, "true_savings": 0.0, "msr": "1.0", "agreement.benchmark_update": 0.0, **SILENT,
    }  # fmt: skip
    scenario = stated([CERTAIN], round_aco()).with_values(known)
    (found,) = sim.intervention_worth_in_agreement(scenario, "visits", ["enhanced"]).effects
    needed = found.paths["enhanced"].needed
    assert needed is not None
    assert needed.value == pytest.approx(2_000.0, abs=2.0 * 4_000 / 2**10)
    out_of_reach = scenario.with_values({"msr": "2.0", "true_savings": -0.01})
    (found,) = sim.intervention_worth_in_agreement(out_of_reach, "visits", ["enhanced"]).effects
    assert found.paths["enhanced"].needed is None
    assert found.to_dict(1e8)["paths"]["enhanced"]["participants_for_one_more_point"] is None


@pytest.mark.parametrize("ramp", [[1.0], [0.0, 1.0]])
@pytest.mark.parametrize("care", [CARE, {**VISITS, "effect_standard_error": 400.0}])
def test_moved_spending_is_what_is_simulated(care: dict[str, Any], ramp: list[float]) -> None:
    run = noisy([care], ["enhanced"], years=20, savings_ramp=ramp, savings_drift_sd=0.005)
    (years,) = run.plan.programmes
    without = replace(run.plan, programmes=())
    base = assumed_course(without, run.plan.true_savings.view)
    moved = MovedSpending(without, base, [years])
    nodes = simulate_courses(without, moved.courses, 20).expenditure
    part = years[0].participants / years[0].most_participants
    exact = run.simulated.expenditure[ASSUMED]
    found = moved.at(part, years, nodes) / exact
    # Within what the levels of the spend table leave, and to neither side.
    assert found == pytest.approx(np.ones_like(exact), abs=5e-4 if COMPILED else 0.02)
    assert found.mean() == pytest.approx(1.0, abs=1e-5 if COMPILED else 0.002)


@pytest.mark.slow_without_compiler
def test_as_many_as_are_needed_bring_one_point() -> None:
    known = {"years": 1_000, "true_savings": 0.01, "true_savings_sd": 0.02}
    asked = stated([{**CARE, "uptake": 0.2}]).with_values(known)
    (found,) = sim.intervention_worth_in_agreement(asked, "palliative-care", ["basic-e"]).effects
    needed = found.paths["basic-e"].needed
    assert needed is not None
    enrolled = stated([{**CARE, "uptake": None, "participants": needed.value}]).with_values(known)
    (found,) = sim.intervention_worth_in_agreement(enrolled, "palliative-care", ["basic-e"]).effects
    gained = np.mean([change.value for change in found.paths["basic-e"].met_msr])
    # One path more or less in a year is 0.02 points of the mean.
    assert gained == pytest.approx(0.01, abs=1e-3)


# --- said and refused ------------------------------------------------------------------


def test_what_an_agreement_says_of_its_programmes() -> None:
    run = noisy([{**CARE, "cost_per_participant": 1_500.0}], ["enhanced"])
    (note,) = [n for n in run.plan.notes() if n.startswith("palliative-care")]
    assert "its cost, $1,500 a participant, is not part of the net outcome; finances" in note
    assert "selection" in note
    assert any("$1,500 a participant and year" in n for n in finances(run).notes)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"starts_in_year": 6},
            "starts_in_year = 6: the paths have 5 calendar years, 2025 to 2029",
        ),
        ({"participants": 1_000}, "participants = 1,000: about"),
        ({"like": "palliative"}, "no such intervention"),
    ],
)
def test_programmes_that_do_not_fit(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(sim.UserError, match=said):
        agreement_plan(stated([{**CARE, **changes}]), ["enhanced"])


def test_an_end_before_the_start_is_refused() -> None:
    with pytest.raises(sim.UserError, match="ends_in_year = 1: before starts_in_year = 2"):
        stated([]).with_values(
            {"interventions.palliative-care.starts_in_year": 2,
             "interventions.palliative-care.ends_in_year": 1}
        )  # fmt: skip


@pytest.mark.skipif(not COMPILED, reason="quasi-random years are 1,000 at least")
def test_quasi_random_paths() -> None:
    scenario = stated([CARE], mixed_aco(200)).with_values({"years": 1_000, "seed": 5})
    scenario = scenario.with_value("sampling", "quasi-random", "sampling")
    single = sim.run(scenario, ["enhanced"])
    found = sim.run_agreement(scenario, ["enhanced"], start_year=2024)
    assert found["enhanced"].assumed.measures.by_year[0] == single["enhanced"].measures
