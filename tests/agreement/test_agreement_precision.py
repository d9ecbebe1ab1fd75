"""A precision in place of the number of simulated paths: the choice, its bounds, what is said."""

from __future__ import annotations

import json
import math
from dataclasses import fields, replace

import numpy as np
import pytest
from agreement_cases import COMPILED, mixed_aco, noisy_run

import simulate as sim
from simulate.agreement.finance.terms import most_paths_with_finances
from simulate.agreement.plan import agreement_plan, most_paths
from simulate.agreement.run import finished_agreement, stated_for_agreement
from simulate.agreement.simulation import ASSUMED, CHANCE_ALONE
from simulate.analysis import precision
from simulate.analysis.precision import (
    PILOT_YEARS,
    choose_years,
    headline,
    lengths_of_agreement,
    pilot_of,
)
from simulate.cli.agreement import with_its_years
from simulate.measures.agreement import CumulativeMeasures
from simulate.measures.estimate import Estimate, proportion
from simulate.report.agreement_words import paths_phrase
from simulate.scenario.file import scenario_text

PATHS = ["2xtrack-2,track-3", "enhanced"]
STATED = {"true_savings": 0.01, "true_savings_sd": 0.02}


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make pilot and stages so short that the compiler is not needed."""
    monkeypatch.setattr(precision, "PILOT_YEARS", 12)
    monkeypatch.setattr(precision, "STAGES", (5, 10, 15, 20, 30))
    monkeypatch.setattr("simulate.scenario.scenario.LARGEST_PRECISION", 0.5)


def precise_run(target: float = 0.15, **stated: object) -> sim.AgreementRun:
    return sim.run_agreement(mixed_aco(40), PATHS, precision=target, **{**STATED, **stated})


def measured(**stated: Estimate) -> CumulativeMeasures:
    """Measures of all years, with an error beside the headline that must not count."""
    other = {field.name: Estimate(0.5, 0.5) for field in fields(CumulativeMeasures)}
    names = ("ever_earning", "ever_owing", "cumulative_loss")
    known = {f"probability_of_{name}": Estimate(0.0, 0.0) for name in names}
    return CumulativeMeasures(**{**other, **known, **stated})


def share(hits: int) -> Estimate:
    return proportion(np.arange(PILOT_YEARS) < hits)


# --- the choice -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ever_earning", "ever_owing", "cumulative_loss"])
def test_each_headline_probability_decides(name: str) -> None:
    found = measured(**{f"probability_of_{name}": share(4_000)})
    assert share(4_000) in headline(found)
    assert len(headline(found)) == 3
    lengths = lengths_of_agreement(most_paths(5), 5)
    chosen = choose_years(0.002, [measured(), found], None, lengths)
    # 60,000 at two fifths, and the bound above it.
    assert chosen.years == 70_000


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("stated", [{}, {"benchmark_update_sd": 0.004, "savings_drift_sd": 0.01}])
def test_a_run_is_that_of_the_paths_it_was_given(stated: dict[str, float]) -> None:
    found = precise_run(seed=5, **stated)
    assert found.precision is not None
    paths = found.precision.years
    assert found.plan.simulated_paths == paths
    assert paths in precision.STAGES
    plain = sim.run_agreement(mixed_aco(40), PATHS, paths, 5, **STATED, **stated)
    np.testing.assert_array_equal(found.simulated.expenditure, plain.simulated.expenditure)
    assert found.paths == plain.paths
    said = {**found.to_dict(), "precision": None}
    assert json.dumps(said) == json.dumps(plain.to_dict())
    assert scenario_text(found.plan.asked) == scenario_text(plain.plan.asked)


@pytest.mark.usefixtures("short")
def test_the_choice_rests_on_the_pilot_alone() -> None:
    scenario = stated_for_agreement(mixed_aco(40), {"seed": 5, **STATED})
    plan = agreement_plan(scenario, PATHS)
    pilot = finished_agreement(replace(plan, scenario=pilot_of(plan.scenario)))
    views = [v for r in pilot.paths.values() for v in (r.assumed, r.chance_alone)]
    lengths = lengths_of_agreement(most_paths(5), 5)
    expected = choose_years(0.15, [v.measures.cumulative for v in views], None, lengths)
    assert precise_run(seed=5).precision == expected


@pytest.mark.usefixtures("short")
def test_the_choice_is_the_same_for_threads_and_chunks() -> None:
    one = precise_run(execution=sim.Execution(1, 3))
    assert one.to_dict() == precise_run(execution=sim.Execution(3, 50)).to_dict()


@pytest.mark.usefixtures("short")
def test_progress_counts_the_pilot_and_then_the_run() -> None:
    parts: list[list[int]] = []
    execution = sim.Execution(
        1, 4, on_progress=lambda done: parts[-1].append(done),
        on_total=lambda total: parts.append([total]),
    )  # fmt: skip
    found = precise_run(execution=execution)
    assert [part[0] for part in parts] == [precision.PILOT_YEARS, found.plan.simulated_paths]
    assert all(sum(part[1:]) == part[0] for part in parts)


@pytest.mark.skipif(not COMPILED, reason="too many draws for plain Python")
@pytest.mark.parametrize("sampling", ["independent", "quasi-random"])
def test_the_target_is_met(sampling: str) -> None:
    # Each headline probability is missed by one pilot in a hundred at most, by the bound; the
    # stage above it leaves room.
    found = sim.run_agreement(
        mixed_aco(300), ["2xtrack-2", "basic-a"], precision=0.0045, sampling=sampling, **STATED
    )
    assert found.precision is not None
    assert found.largest_error() <= 0.0045
    assert found.precision.met(found.largest_error())


# --- bounds ---------------------------------------------------------------------------------


def test_stages_end_where_memory_does() -> None:
    three, ten = (lengths_of_agreement(most_paths(span), span) for span in (3, 10))
    assert three.stages == precision.STAGES
    assert ten.stages == tuple(s for s in precision.STAGES if s <= most_paths(10))
    assert ten.stages[-1] == 2_000_000
    assert most_paths_with_finances(5) < most_paths(5)


def test_what_memory_does_not_hold_is_refused_with_what_can_be_reached() -> None:
    worst = [measured(probability_of_ever_owing=share(5_000))]
    with pytest.raises(sim.UserError) as refusal:
        choose_years(0.0002, worst, None, lengths_of_agreement(most_paths(10), 10))
    message = str(refusal.value)
    for said in (
        "precision = 0.0002",
        "6,300,000 simulated paths",
        "more than the most, 2,000,000 (memory holds no more of 10 years)",
        "0.00036 can be reached",
    ):
        assert said in message
    assert "exact engine" not in message


@pytest.mark.usefixtures("short")
def test_finances_hold_fewer_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulate.agreement.finance.terms.most_paths_with_finances", lambda _: 12)
    assert precise_run().precision.stages == precision.STAGES  # type: ignore[union-attr]
    chosen = precise_run(operating_cost=1e6, target=0.3).precision
    assert chosen is not None
    assert chosen.stages == (5, 10)


def test_precision_beside_a_number_of_paths_is_refused() -> None:
    with pytest.raises(sim.UserError, match=r"precision = 0\.002 with years = 100"):
        sim.run_agreement(mixed_aco(40), PATHS, 100, precision=0.002)


# --- what is said ---------------------------------------------------------------------------


@pytest.mark.usefixtures("short")
def test_json_and_words_say_how_the_paths_were_chosen() -> None:
    found = precise_run()
    assert found.precision is not None
    said = found.to_dict()["precision"]
    assert said["target"] == 0.15
    assert said["largest_standard_error"] == found.largest_error()
    assert said["years_needed"] == math.ceil(found.precision.needed)
    views = [found[p].assumed for p in found.paths] + [found[p].chance_alone for p in found.paths]
    errors = [p.standard_error for v in views for p in headline(v.measures.cumulative)]
    assert found.largest_error() == max(errors)
    assert noisy_run(PATHS, mixed_aco(40), years=2).to_dict()["precision"] is None
    met = replace(found, precision=replace(found.precision, target=0.5))
    assert "chosen for a standard error of at most 50 points (pilot of" in paths_phrase(met)
    assert "miss" not in paths_phrase(met)
    missed = replace(found, precision=replace(found.precision, target=0.001))
    assert f"which they miss: the largest is {100 * found.largest_error():.3g} points" in (
        paths_phrase(missed)
    )


def test_a_written_scenario_keeps_its_precision() -> None:
    stated = stated_for_agreement(mixed_aco(40), {"precision": 0.002})
    assert with_its_years(stated).run.precision == 0.002
    assert with_its_years(stated_for_agreement(mixed_aco(40), {})).run.years == 20_000
    assert agreement_plan(stated, PATHS).scenario.run.precision == 0.002


@pytest.mark.usefixtures("short")
def test_both_views_are_those_of_the_chosen_length() -> None:
    found = precise_run()
    for view in (CHANCE_ALONE, ASSUMED):
        assert len(found.outcomes("enhanced", view).net) == found.plan.simulated_paths
