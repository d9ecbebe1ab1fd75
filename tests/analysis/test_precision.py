"""A precision in place of years: the pilot's choice, its bound, and that it biases nothing."""

from __future__ import annotations

import math
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from analysis_cases import aco, compiled_only
from scipy import stats

import simulate as sim
from simulate.analysis import precision
from simulate.analysis.precision import (
    CONFIDENCE,
    PILOT_YEARS,
    STAGES,
    choose_years,
    headline,
    largest_error,
    pilot_of,
)
from simulate.analysis.run import ASSUMED
from simulate.engine.shared_draws import FEWEST_YEARS, REPLICATES
from simulate.engine.years import Execution
from simulate.errors import UserError
from simulate.kernels.philox import key_words
from simulate.measures.estimate import Estimate, proportion
from simulate.measures.outcomes import Measures
from simulate.scenario.scenario import MOST_YEARS, RunSettings, Scenario

TRACKS = ["track-2", "track-3"]


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make pilot and stages so short that the compiler is not needed."""
    monkeypatch.setattr(precision, "PILOT_YEARS", 40)
    monkeypatch.setattr(precision, "STAGES", (30, 50, 70, 100, 150))
    monkeypatch.setattr("simulate.scenario.scenario.LARGEST_PRECISION", 0.2)


CERTAIN = Estimate(0.0, 0.0)


def pilot(savings: Estimate, losses: Estimate = CERTAIN) -> Measures:
    """A pilot's measures: two headline probabilities, and an error beside that must not count."""
    other = {field.name: Estimate(0.5, 0.5) for field in fields(Measures)}
    return Measures(
        **{
            **other,
            "probability_of_shared_savings": savings,
            "probability_of_shared_losses": losses,
        }
    )


def share(hits: int) -> Estimate:
    return proportion(np.arange(PILOT_YEARS) < hits)


# --- what is chosen ---------------------------------------------------------


def test_the_stages_fit_the_run_and_the_replicates() -> None:
    assert list(STAGES) == sorted(set(STAGES))
    assert STAGES[-1] == MOST_YEARS
    assert min(PILOT_YEARS, STAGES[0]) >= FEWEST_YEARS
    assert all(stage % REPLICATES == 0 for stage in (PILOT_YEARS, *STAGES))


@pytest.mark.parametrize("hits", [0, 1, 7, 480, 2_500, 4_980, 5_000, 5_100, 9_990, 10_000])
def test_the_bound_is_that_of_the_exact_binomial_interval(hits) -> None:
    # Two-sided at 98 % leaves 1 % on the one side that matters.
    interval = stats.binomtest(hits, PILOT_YEARS).proportion_ci(2 * CONFIDENCE - 1, "exact")
    nearest = min(max(0.5, interval.low), interval.high)
    needed = choose_years(0.01, [pilot(share(hits))]).needed
    assert needed == pytest.approx(nearest * (1 - nearest) / 0.01**2, rel=1e-9)


@pytest.mark.parametrize("truth", [0.0003, 0.01, 0.08, 0.3, 0.47, 0.5, 0.8, 0.995])
def test_the_target_is_missed_by_at_most_one_probability_in_a_hundred(truth) -> None:
    # Summed over every possible pilot, exactly: years too few for p (1 - p) / target**2.
    spread = 8 * math.sqrt(PILOT_YEARS * truth * (1 - truth)) + 8
    low, high = PILOT_YEARS * truth - spread, PILOT_YEARS * truth + spread
    hits = np.arange(max(0, int(low)), min(PILOT_YEARS, int(high)) + 1)
    needed = np.array([choose_years(0.01, [pilot(share(int(h)))]).needed for h in hits])
    too_few = needed < truth * (1 - truth) / 0.01**2
    missed = stats.binom.pmf(hits, PILOT_YEARS, truth)[too_few].sum()
    # One half can be missed to either side; it is then missed by next to nothing.
    assert missed <= (1.0 - CONFIDENCE) * (2 if truth == 0.5 else 1)


@pytest.mark.parametrize(
    ("hits", "target", "years"),
    [
        (5_000, 0.01, 10_000),
        (5_000, 0.001, 300_000),  # 250,000 at one half
        (5_000, 0.0005, 1_000_000),
        (0, 0.001, 10_000),
        (500, 0.001, 70_000),  # 47,500 at 5 %, and the bound above it
        (500, 0.0002, 1_500_000),
    ],
)
def test_the_first_stage_that_is_enough(hits, target, years) -> None:
    assert choose_years(target, [pilot(share(hits))]).years == years


def test_the_worst_headline_probability_of_all_contracts_decides() -> None:
    rare, middle = share(100), share(4_000)
    chosen = choose_years(0.001, [pilot(rare), pilot(rare, middle)])
    assert chosen == choose_years(0.001, [pilot(middle)])
    assert chosen.years > choose_years(0.001, [pilot(rare)]).years
    assert choose_years(0.001, [pilot(CERTAIN)]).years == STAGES[0]


def test_quasi_random_pilots_are_believed_within_chi_squared() -> None:
    hits = np.random.default_rng(41).random(PILOT_YEARS) < 0.3
    found = proportion(hits, replicates=REPLICATES)
    # As if a third of the variance were left.
    smaller = found._replace(standard_error=share(3_000).standard_error * 3**-0.5)
    needed = choose_years(0.001, [pilot(smaller)], REPLICATES).needed
    freedom = REPLICATES - 1
    bound = freedom / stats.chi2.ppf(1 - CONFIDENCE, freedom)
    expected = smaller.standard_error**2 * PILOT_YEARS * bound / 0.001**2
    assert needed == pytest.approx(expected, rel=1e-9)
    # Never more than independent years would need, and that for few hits.
    larger = found._replace(standard_error=1.0)
    assert choose_years(0.01, [pilot(larger)], REPLICATES) == choose_years(0.01, [pilot(larger)])
    few = share(60)._replace(standard_error=1e-9)
    assert choose_years(0.01, [pilot(few)], REPLICATES) == choose_years(0.01, [pilot(few)])


def test_what_cannot_be_reached_is_refused_with_what_can() -> None:
    with pytest.raises(UserError) as refusal:
        choose_years(0.00001, [pilot(share(4_000))])
    message = str(refusal.value)
    for said in ("precision = 0.00001", "5,000,000", "0.00023 can be reached", "exact"):
        assert said in message
    assert choose_years(0.00023, [pilot(share(4_000))]).years == MOST_YEARS


# --- nothing is biased ------------------------------------------------------


@pytest.mark.parametrize("seed", [0, 1, 2**63 - 1])
def test_no_run_can_have_the_random_numbers_of_a_pilot(seed) -> None:
    scenario = Scenario(aco=aco(5_000), run=RunSettings(seed=seed, precision=0.001))
    its_seed = pilot_of(scenario).run.seed
    # The seed is the key of every draw, and the keys of runs end below those of pilots.
    with pytest.raises(UserError, match="seed"):
        scenario.with_value("seed", its_seed, "seed")
    assert key_words(its_seed)[0] == key_words(seed)[0]
    assert key_words(its_seed)[1] == key_words(seed)[1] + 2**31
    assert pilot_of(scenario).run.years == PILOT_YEARS
    assert pilot_of(scenario).run.precision is None


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("stated", [{}, {"true_savings": 0.03, "quality_score_sd": 0.1}])
def test_a_run_is_that_of_the_years_it_was_given(stated) -> None:
    found = sim.run(aco(40), TRACKS, seed=5, precision=0.05, **stated)
    assert found.precision is not None
    assert found.years == found.precision.years == found.scenario.run.years
    assert found.years in precision.STAGES
    plain = sim.run(aco(40), TRACKS, found.years, 5, **stated)
    np.testing.assert_array_equal(found.simulated.expenditure, plain.simulated.expenditure)
    assert found.contracts == plain.contracts
    assert found.scenario == plain.scenario


@pytest.mark.usefixtures("short")
def test_the_choice_is_the_same_for_threads_and_chunks() -> None:
    one = sim.run(aco(40), TRACKS, precision=0.05, execution=Execution(1, 3))
    two = sim.run(aco(40), TRACKS, precision=0.05, execution=Execution(3, 50))
    assert one.to_dict() == two.to_dict()


@pytest.mark.usefixtures("short")
def test_the_choice_rests_on_the_pilot_alone() -> None:
    scenario = Scenario(aco=aco(40), run=RunSettings(contracts=tuple(TRACKS), seed=5))
    pilot_run = sim.run(pilot_of(scenario))
    expected = choose_years(0.05, [pilot_run[track].measures for track in TRACKS])
    assert sim.run(scenario, precision=0.05).precision == expected


@pytest.mark.usefixtures("short")
def test_progress_counts_the_pilot_and_then_the_run() -> None:
    parts: list[list[int]] = []
    execution = Execution(
        1, 9, on_progress=lambda done: parts[-1].append(done),
        on_total=lambda total: parts.append([total]),
    )  # fmt: skip
    found = sim.run(aco(40), TRACKS, precision=0.05, execution=execution)
    assert [part[0] for part in parts] == [precision.PILOT_YEARS, found.years]
    assert all(sum(part[1:]) == part[0] for part in parts)


@compiled_only
def test_the_target_is_met_with_either_sampling() -> None:
    # The bound holds with 99 %; the next stage above it leaves more room still.
    stated = {"contracts": TRACKS, "true_savings": 0.02, "true_savings_sd": 0.1}
    years = {}
    for sampling in ("independent", "quasi-random"):
        found = sim.run(aco(1_000), precision=0.0012, sampling=sampling, **stated)
        assert found.precision is not None
        assert found.largest_error() <= 0.0012
        assert found.precision.met(found.largest_error())
        years[sampling] = found.years
    assert years["quasi-random"] < years["independent"]


# --- what is said -----------------------------------------------------------


@pytest.mark.usefixtures("short")
def test_json_says_how_the_years_were_chosen() -> None:
    found = sim.run(aco(40), TRACKS, precision=0.05)
    said = found.to_dict()
    assert found.precision is not None
    assert said["years"] == found.years
    assert said["precision"] == {
        "target": 0.05,
        "largest_standard_error": found.largest_error(),
        "met": found.largest_error() <= 0.05,
        "pilot_years": precision.PILOT_YEARS,
        "pilot_confidence": CONFIDENCE,
        "years_needed": math.ceil(found.precision.needed),
        "stages": list(precision.STAGES),
    }
    assert sim.run(aco(40), TRACKS, 30).to_dict()["precision"] is None


def test_the_largest_error_is_that_of_the_headline_probabilities() -> None:
    one, two = pilot(Estimate(0.3, 0.002), Estimate(0.1, 0.004)), pilot(Estimate(0.5, 0.003))
    assert headline(one) == (Estimate(0.3, 0.002), Estimate(0.1, 0.004))
    assert largest_error([one, two]) == 0.004
    assert largest_error([]) == 0.0


@pytest.mark.usefixtures("short")
def test_a_missed_target_is_said_and_not_mended() -> None:
    from simulate.report.sentences import years_phrase

    found = sim.run(aco(40), TRACKS, precision=0.05)
    assert found.precision is not None
    assert "miss" not in years_phrase(found)
    missed = replace(found, precision=replace(found.precision, target=0.001))
    said = years_phrase(missed)
    assert "chosen for a standard error of at most 0.1 points" in said
    assert f"which they miss: the largest is {100 * found.largest_error():.3g} points" in said
    assert missed.to_dict()["precision"]["met"] is False


# --- stating it -------------------------------------------------------------


@pytest.mark.parametrize("value", [0.0, -0.001, 0.011, 0.1, 1, "0.1 %", math.nan])
def test_what_is_no_precision_is_refused(value: Any) -> None:
    with pytest.raises(UserError, match=r"precision = .*at most 0.01.*written 0\.001"):
        sim.run(aco(40), TRACKS, precision=value)


def test_precision_beside_what_leaves_nothing_to_choose_is_refused() -> None:
    with pytest.raises(UserError, match=r"precision = 0\.001 with years = 100"):
        sim.run(aco(40), TRACKS, 100, precision=0.001)
    with pytest.raises(UserError, match=r"precision = 0\.001 with engine = exact"):
        sim.run(aco(40), TRACKS, engine="exact", precision=0.001)


def test_years_and_precision_replace_each_other_and_exclude_each_other_in_a_file() -> None:
    scenario = Scenario(aco=aco(40)).with_changes(["years=300", "precision=0.002"])
    assert scenario.run.precision == 0.002
    assert "years" not in scenario.run.model_fields_set
    scenario = scenario.with_changes(["years=400"])
    assert (scenario.run.years, scenario.run.precision) == (400, None)
    with pytest.raises(ValueError, match=r"years = 300 and precision = 0\.002"):
        RunSettings(years=300, precision=0.002)


def test_too_few_quasi_random_years_are_refused() -> None:
    with pytest.raises(UserError, match=r"years = 999 .*quasi-random.*1,000 years"):
        sim.run(aco(40), TRACKS, 999, sampling="quasi-random")


@compiled_only
def test_a_quasi_random_run_says_so_and_its_first_years_stay() -> None:
    stated = {"contracts": TRACKS, "sampling": "quasi-random", "true_savings_sd": 0.02}
    short_run, long_run = (sim.run(aco(500), years=years, **stated) for years in (1_000, 2_345))
    first = long_run.simulated.expenditure[:, :1_000]
    np.testing.assert_array_equal(short_run.simulated.expenditure, first)
    assert short_run.to_dict()["assumptions"]["sampling"] == "quasi-random"
    assert short_run.outcomes("track-2", ASSUMED).replicates == REPLICATES
    comparison = sim.compare(short_run, *TRACKS)
    assert comparison.assumed.differences["expected_net"].standard_error > 0.0
    assert short_run.decomposition.total() > 0.0
