"""The run from Python: measures by name, plain data, frames, contracts, assumptions."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from analysis_cases import COMPILED, aco, compiled_only, small_run

import simulate as sim
from simulate.analysis.run import ASSUMED, CHANCE_ALONE

MEASURES = {
    "probability_of_shared_savings", "probability_of_shared_losses", "expected_shared_savings",
    "expected_shared_losses", "expected_net", "standard_deviation_of_net", "net_p05", "net_p50",
    "net_p95", "loss_var_95", "loss_tvar_95", "probability_of_loss_limit",
    "probability_of_payment_limit",
}  # fmt: skip


@pytest.fixture(scope="module")
def run() -> sim.Run:
    return small_run(true_savings=0.02, seed=5)


def test_measures_by_name(run) -> None:
    found = run["track-3"].probability_of_shared_losses
    assert isinstance(found, sim.Estimate)
    assert 0.0 < found.value < 1.0
    assert found.standard_error > 0.0
    assert found == run["track-3"].measures.probability_of_shared_losses
    with pytest.raises(AttributeError, match="no_such_measure"):
        _ = run["track-3"].no_such_measure


def test_measures_are_those_of_the_settled_years(run) -> None:
    for contract_id in ("track-2", "track-3"):
        for view, measures in (
            (ASSUMED, run[contract_id].measures),
            (CHANCE_ALONE, run[contract_id].chance_alone),
        ):
            years = run.outcomes(contract_id, view)
            assert measures.expected_net.value == pytest.approx(years.net.mean())
            hits = np.mean(years.shared_losses > 0)
            assert measures.probability_of_shared_losses.value == pytest.approx(hits)
            rates = run.savings_rates(view)
            benchmark = run.population.benchmark
            # Each year by the scalar settlement, from the simulated savings rate.
            for i in range(0, run.years, max(1, run.years // 20)):
                one = sim.settle(
                    sim.load_contract(contract_id),
                    sim.Circumstances(run.aco.assigned_beneficiaries, 2018),
                    benchmark,
                    benchmark * (1 - rates[i]),
                )
                assert years.net[i] == pytest.approx(one.net, abs=0.02)


def test_to_dict_has_the_documented_structure(run) -> None:
    found = run.to_dict()
    assert {"aco", "assumptions", "seed", "years", "contracts", "chance_alone"} <= set(found)
    assert (found["seed"], found["years"]) == (5, run.years)
    for view in ("contracts", "chance_alone"):
        assert list(found[view]) == ["track-2", "track-3"]
        for measures in found[view].values():
            assert set(measures) >= MEASURES
            assert all(set(e) == {"value", "standard_error"} for e in measures.values())
    assert found["assumptions"]["true_savings"] == 0.02
    assert found["aco"]["assigned_beneficiaries"] == run.aco.assigned_beneficiaries
    # Standard JSON: no infinities, no NumPy.
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_the_same_run_is_the_same_json_however_it_is_carried_out(run) -> None:
    expected = json.dumps(run.to_dict())
    for execution in (sim.Execution(1), sim.Execution(2, 7), sim.Execution(2, 1000)):
        again = small_run(true_savings=0.02, seed=5, execution=execution)
        assert json.dumps(again.to_dict()) == expected


def test_a_contract_alone_or_among_others(run) -> None:
    everything = small_run(None, true_savings=0.02, seed=5)
    for contract_id in ("track-2", "track-3"):
        alone = small_run([contract_id], true_savings=0.02, seed=5).to_dict()
        for view in ("contracts", "chance_alone"):
            expected = run.to_dict()[view][contract_id]
            assert alone[view][contract_id] == expected
            assert everything.to_dict()[view][contract_id] == expected


def test_first_years_of_a_longer_run(run) -> None:
    shorter = sim.run(run.scenario, years=run.years // 3)
    np.testing.assert_array_equal(shorter.savings_rates(), run.savings_rates()[: run.years // 3])


def test_seeds_differ(run) -> None:
    assert small_run(true_savings=0.02, seed=6).to_dict() != run.to_dict()


def test_to_frame(run) -> None:
    frame = run.to_frame()
    assert list(frame.columns) == ["contract", "view", "measure", "value", "standard_error"]
    found = frame.set_index(["contract", "view", "measure"])
    assert found.index.is_unique
    assert len(frame) == 2 * 2 * len(run["track-2"].measures.to_dict())
    expected = run["track-3"].chance_alone.net_p05
    assert tuple(found.loc["track-3", "chance alone", "net_p05"]) == expected
    assert tuple(found.loc["track-2", "assumed", "expected_net"]) == run["track-2"].expected_net


def test_unknown_contract_of_a_run_names_what_there_is(run) -> None:
    with pytest.raises(sim.UserError, match=r"'track-33'.*Did you mean track-3.*track-2, track-3"):
        run["track-33"]


def test_unknown_contract_of_the_catalogue_names_what_there_is() -> None:
    with pytest.raises(sim.UserError, match=r"'trak-3' is not in the catalogue.*track-3.*enhanced"):
        small_run(["trak-3"])


def test_a_contract_named_twice_is_refused() -> None:
    with pytest.raises(sim.UserError, match="track-2: named twice"):
        small_run(["track-2", "track-2"])


PROGRAM = "shared-savings-program"


def test_contracts_are_by_default_all_that_took_effect() -> None:
    ids = set(small_run(None).contracts)
    proposed = {i for i in sim.contract_ids() if "proposed" in i}
    assert len(proposed) == 5
    own = {i for i in sim.contract_ids() if sim.load_contract(i).programme == PROGRAM}
    assert ids == own - proposed
    assert len(ids) == 11
    assert set(small_run(["track-3-proposed-2014"]).contracts) == {"track-3-proposed-2014"}


def test_terms_of_a_contract_are_overlaid() -> None:
    scenario = sim.Scenario(
        aco=aco(5_000 if COMPILED else 40, performance_year=2018),
        contract_terms={"track-3": {"maximum_sharing_rate": 0.375}},
    )
    stated = {
        "contracts": ["track-2", "track-3"],
        "years": 200 if COMPILED else 60,
        "seed": 1,
        "true_savings": 0.05,
    }
    changed, plain = sim.run(scenario, **stated), sim.run(scenario.aco, **stated)
    half, whole = (r.outcomes("track-3").shared_savings for r in (changed, plain))
    uncapped = ~plain.outcomes("track-3").limited & ~changed.outcomes("track-3").limited
    assert whole[uncapped].any()
    np.testing.assert_allclose(half[uncapped], 0.5 * whole[uncapped], rtol=1e-12)
    assert changed["track-2"].measures == plain["track-2"].measures
    terms = changed.to_dict()["terms"]
    assert terms["track-3"]["assumed_by_user"] == ["maximum_sharing_rate"]
    assert terms["track-2"]["assumed_by_user"] == []


def test_terms_for_a_contract_outside_the_run_are_refused() -> None:
    scenario = sim.Scenario(aco=aco(40), contract_terms={"track-3": {"payment_limit": 0.1}})
    with pytest.raises(sim.UserError, match=r"track-3.*is not in this run"):
        sim.run(scenario, ["track-2"], years=2)


def test_a_contract_of_ones_own(run) -> None:
    own = sim.load_contract("track-2").model_copy(update={"id": "mine"})
    both = small_run([own, "track-2"], true_savings=0.02, seed=5)
    assert both["mine"].measures == both["track-2"].measures == run["track-2"].measures


@pytest.mark.parametrize(
    ("published", "stated", "choice", "msr"),
    [
        (None, None, "2.0", 0.02),
        (0.005, None, "0.5", 0.005),
        (0.0, None, "0.0", 0.0),
        (0.0312, None, "table", None),
        (0.005, "1.5", "1.5", 0.015),
        (0.005, 1.0, "1.0", 0.01),
    ],
)
def test_published_choice_of_msr_is_used_unless_another_is_stated(
    published, stated, choice, msr
) -> None:
    found = small_run(["track-3"], aco={"published_msr": published}, msr=stated)
    assert found.assumptions()["msr_choice"] == choice
    terms = found["track-3"].resolved.terms
    if msr is None:
        from simulate.contracts.minimum_rate import size_table_rate

        msr = size_table_rate(found.aco.assigned_beneficiaries)
    # Below 5,000 beneficiaries the size table replaces any choice (42 CFR 425.110(b)(3)(iii)).
    if found.aco.assigned_beneficiaries >= 5_000:
        assert terms.msr == pytest.approx(msr)
        assert terms.mlr == pytest.approx(msr)


def test_defaults_are_documented_and_shown() -> None:
    size = 5_000 if COMPILED else 40
    shown = small_run().assumptions()
    assert shown["practice_sd"] == pytest.approx(1.14 / math.sqrt(size))
    assert shown["common_shock_sd"] == 0.0065
    assert shown["true_savings"] == 0.0
    assert shown["truncated_cv"] == pytest.approx(
        {"esrd": 0.60, "disabled": 1.95, "aged_dual": 1.70, "aged_non_dual": 1.85}, abs=1e-3
    )
    if COMPILED:
        assert shown["people_noise_constant"] == pytest.approx(1.81, abs=0.02)
        expected = math.hypot(2.19 / math.sqrt(size), 0.0065)
        assert shown["savings_rate_sd_by_chance"] == pytest.approx(expected, rel=0.08)


def test_sources_of_noise_are_switched() -> None:
    off = {"people_noise": False, "practice_noise_constant": 0.0, "common_shock_sd": 0.0}
    for on in off:
        kept = {name: value for name, value in off.items() if name != on}
        assert small_run(**kept).savings_rates(CHANCE_ALONE).std() > 0.0
    assert small_run(**off).savings_rates(CHANCE_ALONE).std() < 1e-12


def test_another_truncated_cv_is_another_noise() -> None:
    low, high = (small_run(truncated_cv={"aged_non_dual": cv}) for cv in (1.0, 2.5))
    assert low.population.models[3].truncated_cv == pytest.approx(1.0)
    assert low.population.people_noise_constant < high.population.people_noise_constant
    assert low.savings_rates(CHANCE_ALONE).std() < high.savings_rates(CHANCE_ALONE).std()


def test_noise_constant_stands_alone_but_for_a_stated_shock() -> None:
    assert small_run(noise_constant=2.15).noise.common_shock_sd == 0.0
    assert small_run(noise_constant=2.15, common_shock_sd=0.01).noise.common_shock_sd == 0.01


def test_a_scenario_carries_the_run() -> None:
    scenario = sim.Scenario.model_validate(
        {
            "aco": aco(40).model_dump(),
            "assumptions": {"true_savings": 0.03},
            "run": {"contracts": ("track-1",), "years": 7, "seed": 9},
        }
    )
    found = sim.run(scenario)
    assert (found.years, found.scenario.run.seed, list(found.contracts)) == (7, 9, ["track-1"])
    assert found.true_savings.view.mean == 0.03


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        ({"years": 0}, "years"),
        ({"seed": -1}, "seed"),
        ({"true_savings": 5.0}, "true_savings"),
        ({"noise_constant": -1.0}, "noise_constant"),
        ({"nonsense": 1}, "nonsense"),
    ],
)
def test_nonsense_is_refused_by_name(stated, message) -> None:
    with pytest.raises(sim.UserError, match=message):
        sim.run(aco(40), ["track-1"], **stated)


def test_a_probability_of_zero_is_not_certain_because_no_year_was_paid() -> None:
    # An MSR of 2 % at 150,000 beneficiaries and an sd of 0.56 points: one year in 6,000 is paid.
    # None of 50 is no proof that none can be.
    found = sim.run(
        aco(150_000), ["track-1"], years=50, people_noise=False, practice_noise_constant=2.15,
        common_shock_sd=0.0,
    )  # fmt: skip
    assert found.savings_rates(CHANCE_ALONE).std() > 0.005
    chance = found["track-1"].chance_alone.probability_of_shared_savings
    assert chance.value == 0.0
    assert chance.standard_error > 0.0


@compiled_only
@pytest.mark.parametrize("size", [1, 2, 3, 4, 7])
def test_a_handful_of_beneficiaries_saves_nothing_by_being_few(size) -> None:
    # Four enrollment types among fewer people: expected spending is the benchmark all the same.
    # 4 se, false alarm 6e-5.
    who = sim.ACO(
        assigned_beneficiaries=size,
        person_years=dict.fromkeys(("esrd", "disabled", "aged_dual", "aged_non_dual"), size / 5),
        benchmark_per_capita=dict.fromkeys(
            ("esrd", "disabled", "aged_dual", "aged_non_dual"), 10_000.0
        ),
    )
    years = 4_000
    found = sim.run(who, ["track-1"], years=years, practice_noise_constant=0.0)
    rates = found.savings_rates(CHANCE_ALONE)
    assert abs(rates.mean()) < 4 * rates.std() / math.sqrt(years)


@compiled_only
def test_the_half_rate_follows_the_published_start_of_the_agreement() -> None:
    # 42 CFR 425.605(h): agreements from 2024 on. A4592 is low revenue in BASIC since 2019.
    who = sim.ACO.from_published_results("A4592", 2024)
    assert who.revenue_category == "low"
    assert who.agreement_start_year < 2024
    old = sim.run(who, ["basic-e"], years=2_000)["basic-e"].chance_alone
    new = sim.run(who.model_copy(update={"agreement_year": 1}), ["basic-e"], years=2_000)
    begun = new["basic-e"].chance_alone
    assert old.probability_of_shared_savings.value < 0.15
    assert begun.probability_of_shared_savings.value > 0.45  # any savings at all are shared
    assert any("half rate" in note for note in new.notes)
