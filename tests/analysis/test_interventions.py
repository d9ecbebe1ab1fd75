"""Care programmes in a run: what they add, bits without them, and what one more point takes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from analysis_cases import COMPILED, aco, compiled_only, small_run

import simulate as sim
from simulate.analysis.intervention_worth import POINT
from simulate.scenario.scenario import Scenario

NAME = "palliative-care"
MSR = "probability_of_meeting_msr"
OWN = {
    "name": "visits",
    "group": "all",
    "spend_band": (0.5, 0.9),
    "uptake": 0.5,
    "effect": 500.0,
}


def scenario(**stated: Any) -> Scenario:
    """A scenario without beneficiaries' luck: quick, and as random as any other."""
    interventions = stated.pop("interventions", ())
    facts = {"people_noise": False, "noise_constant": None, "true_savings": 0.02, **stated}
    values = {"years": 20_000 if COMPILED else 500, "contracts": ("basic-e",), **facts}
    stated_aco = aco(10_000, performance_year=2024, revenue_category="low")
    named = {key: value for key, value in values.items() if value is not None}
    plain = Scenario(aco=stated_aco).with_values(named)
    return Scenario.model_validate(
        {**plain.model_dump(exclude_unset=True), "interventions": interventions}
    )


# --- a run ------------------------------------------------------------------


def test_zero_participants_leave_every_bit_of_a_run() -> None:
    plain = small_run(true_savings=0.02, true_savings_sd=0.01)
    for changes in ({"uptake": 0.0}, {"participants": 0.0}):
        stated = {f"interventions.{NAME}.{key}": value for key, value in changes.items()}
        found = sim.run(plain.scenario.with_values(stated), contracts=["track-2", "track-3"])
        np.testing.assert_array_equal(found.simulated.expenditure, plain.simulated.expenditure)
        assert found.to_dict()["contracts"] == plain.to_dict()["contracts"]


def test_expected_savings_rate_by_hand() -> None:
    # 2,000 aged/non-dual of the middle band below the truncation point and above $500 each.
    stated = scenario(
        interventions=[{**OWN, "enrollment_types": ["aged_non_dual"], "uptake": 0.5}],
        true_savings_sd=0.01,
        years=50,
    )
    run = sim.run(stated)
    benchmark = run.population.benchmark
    people = run.population.beneficiaries[3] * 0.4 * 0.5
    assert run.true_savings.view.mean == pytest.approx(0.02 + people * 500.0 / benchmark, rel=1e-9)
    # Who takes part is chance: each of the type does with probability 0.2 and saves $500.
    by_chance = 500.0 * np.sqrt(people * 0.8) / benchmark
    assert run.true_savings.view.sd == pytest.approx(np.hypot(0.01, by_chance), rel=1e-6)
    assert "visits" in run.true_savings.source
    (facts,) = run.to_dict()["assumptions"]["interventions"]
    assert facts["expected_participants"] == pytest.approx(people)


def test_what_a_run_says_of_selection_and_cost() -> None:
    stated = scenario(interventions=[{"name": NAME, "like": NAME}], years=50)
    (note,) = [n for n in sim.run(stated).notes if n.startswith(NAME)]
    assert "selection" in note
    assert "what it costs is not part of the net outcome" in note
    assert "Effect: cautious, of adverse, no-effect, cautious, published." in note


def test_the_exact_engine_takes_the_same_true_savings() -> None:
    stated = scenario(
        interventions=[{"name": NAME, "like": NAME, "estimate": "published"}],
        people_noise=None,
    )
    exact = sim.run(stated.with_value("years", 50, "years"), engine="exact")
    plain = sim.run(
        stated.model_copy(update={"interventions": ()}).with_values(
            {
                "true_savings": exact.true_savings.view.mean,
                "true_savings_sd": exact.true_savings.view.sd,
            }
        ),
        engine="exact",
    )
    assert exact["basic-e"].measures == plain["basic-e"].measures


def test_a_sweep_refuses_interventions() -> None:
    stated = scenario(interventions=[OWN])
    with pytest.raises(sim.UserError, match=r"visits: a sweep has none; .* with --agreement too"):
        sim.sweep(stated)


def test_a_programme_of_a_later_year_adds_nothing_to_the_first() -> None:
    later = scenario(interventions=[{**OWN, "starts_in_year": 2}], years=50)
    run, without = sim.run(later), sim.run(scenario(years=50))
    assert run["basic-e"].measures == without["basic-e"].measures
    assert any(
        "visits" in note and "adds nothing to a run of one year" in note for note in run.notes
    )
    with pytest.raises(sim.UserError, match=r"visits\.starts_in_year = 2: .* --agreement"):
        sim.intervention_worth(later, "visits")


def test_a_precision_is_refused_where_no_years_are_chosen() -> None:
    stated = scenario(interventions=[OWN], years=None).with_value("precision", 0.01, "precision")
    with pytest.raises(sim.UserError, match=r"precision = 0.01: simulate intervention takes years"):
        sim.intervention_worth(stated, "visits")


# --- what it is worth -------------------------------------------------------


def test_with_and_without_are_runs_to_the_last_bit() -> None:
    stated = scenario(
        interventions=[OWN],
        years=2_000 if COMPILED else 20,
        people_noise=COMPILED,
    )
    worth = sim.intervention_worth(stated, "visits")
    (found,) = worth.effects
    contract = found.contracts["basic-e"]
    run = sim.run(stated)
    without = sim.run(stated.model_copy(update={"interventions": ()}))
    assert contract.with_it == run["basic-e"].measures
    assert contract.without == without["basic-e"].measures
    assert found.view == run.true_savings.view


def test_differences_are_paired_and_the_cost_is_taken_off() -> None:
    stated = scenario(interventions=[{**OWN, "cost_per_participant": 100.0}])
    (found,) = sim.intervention_worth(stated, "visits").effects
    contract = found.contracts["basic-e"]
    gain = contract.differences["expected_net"]
    unpaired = np.hypot(
        contract.with_it.expected_net.standard_error, contract.without.expected_net.standard_error
    )
    assert 0.0 < gain.standard_error < 0.3 * unpaired
    assert contract.net_of_cost.value == pytest.approx(
        gain.value - 100.0 * found.effect.participants
    )
    assert contract.break_even_cost is not None
    assert contract.break_even_cost.value == pytest.approx(gain.value / found.effect.participants)


@compiled_only
@pytest.mark.parametrize("people", [False, True])
def test_the_solved_number_of_decedents_brings_one_more_point(people: bool) -> None:
    stated = scenario(
        interventions=[{"name": NAME, "like": NAME}],
        true_savings_sd=0.02,
        people_noise=people,
        years=20_000,
        msr="1.0",
    )
    worth = sim.intervention_worth(stated, NAME)
    before = sim.run(stated.model_copy(update={"interventions": ()}))["basic-e"]
    for found in worth.effects:
        needed = found.contracts["basic-e"].needed
        if found.label in ("adverse", "no-effect"):
            assert needed is None
            continue
        assert needed is not None
        values = {
            f"interventions.{NAME}.participants": needed.value,
            f"interventions.{NAME}.estimate": found.label,
        }
        after = sim.run(stated.with_values(values))["basic-e"]
        gained = getattr(after, MSR).value - getattr(before, MSR).value
        # The same simulated years: only years that the interpolation puts on the other side
        # of the MSR, and the one year of the search, may differ.
        assert gained == pytest.approx(POINT, abs=3e-4)


@compiled_only
def test_the_error_of_the_needed_number_is_its_spread_over_seeds() -> None:
    numbers, errors = [], []
    for seed in range(1, 31):
        stated = scenario(
            interventions=[{"name": NAME, "like": NAME, "estimate": "published"}],
            true_savings_sd=0.02,
            seed=seed,
            years=5_000,
        )
        needed = sim.intervention_worth(stated, NAME).effects[0].contracts["basic-e"].needed
        assert needed is not None
        numbers.append(needed.value)
        errors.append(needed.standard_error)
    # A standard deviation of 30 is known to 13 %: wrongly red about once in 1,000.
    assert np.std(numbers, ddof=1) == pytest.approx(np.mean(errors), rel=0.45)


def test_the_chance_rises_with_uptake_and_effect() -> None:
    chances = []
    for uptake in (0.0, 0.1, 0.5, 1.0):
        stated = scenario(interventions=[{"name": NAME, "like": NAME, "uptake": uptake}])
        worth = sim.intervention_worth(stated, NAME)
        row = [getattr(e.contracts["basic-e"].with_it, MSR).value for e in worth.effects]
        chances.append(row)
        assert row == sorted(row)  # adverse, no effect, cautious, published
    published = [row[-1] for row in chances]
    assert published == sorted(published)
    assert len(set(chances[0])) == 1  # nobody takes part: all the same


def test_other_interventions_stay_on_both_sides() -> None:
    other = {**OWN, "name": "other"}
    stated = scenario(interventions=[OWN, other])
    worth = sim.intervention_worth(stated, "visits")
    alone = sim.run(scenario(interventions=[other]))
    assert worth.without.view == alone.true_savings.view


def test_what_one_more_point_takes_does_not_depend_on_the_uptake() -> None:
    needed = [
        sim.intervention_worth(
            scenario(interventions=[{"name": NAME, "like": NAME, "participants": participants}]),
            NAME,
        )
        .effects[-1]
        .contracts["basic-e"]
        .needed
        for participants in (0.0, 200.0)
    ]
    assert needed[0] is not None
    assert needed[0] == needed[1]


def test_more_participants_than_the_group_has_are_refused() -> None:
    stated = scenario(interventions=[{"name": NAME, "like": NAME, "participants": 401}])
    with pytest.raises(sim.UserError, match=r"participants = 401: about 400 of 10,000 .* die"):
        sim.intervention_worth(stated, NAME)
