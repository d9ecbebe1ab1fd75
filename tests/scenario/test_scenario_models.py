"""The ACO, the assumptions and the run as the user states them."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from pydantic import ValidationError

from simulate.errors import UserError
from simulate.scenario.aco import ACO, PersonYears, validated_aco
from simulate.scenario.scenario import (
    Assumptions,
    CVByType,
    RunSettings,
    Scenario,
    parsed_value,
    validated_scenario,
)

BY_TYPE = {"esrd": 90_000.0, "disabled": 12_000.0, "aged_dual": 18_000.0, "aged_non_dual": 11_000.0}
STATED = {
    "assigned_beneficiaries": 10_000,
    "person_years": {"esrd": 50.0, "disabled": 900.0, "aged_dual": 700.0, "aged_non_dual": 8_000.0},
    "benchmark_per_capita": BY_TYPE,
}


@pytest.fixture
def aco() -> ACO:
    return ACO.model_validate(STATED)


def test_benchmark_is_person_years_times_dollars(aco: ACO) -> None:
    dollars = 50 * 90_000 + 900 * 12_000 + 700 * 18_000 + 8_000 * 11_000
    assert aco.benchmark == pytest.approx(dollars)
    assert aco.person_years.in_order() == (50.0, 900.0, 700.0, 8_000.0)


def test_models_are_frozen_and_closed(aco: ACO) -> None:
    for model in (aco, aco.person_years, Assumptions(), RunSettings(), Scenario(aco=aco)):
        key = next(iter(type(model).model_fields))
        with pytest.raises(ValidationError, match="frozen"):
            setattr(model, key, None)
        with pytest.raises(ValidationError, match="Extra inputs"):
            type(model).model_validate({**model.model_dump(), "nokey": 1})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"assigned_beneficiaries": 0}, "assigned_beneficiaries = 0"),
        ({"assigned_beneficiaries": 9_000}, r"person_years = 9,650 .*\b9,000\b"),
        ({"assigned_beneficiaries": 10**8}, "assigned_beneficiaries"),
        ({"person_years": {}}, "all are 0"),
        ({"person_years": {"esrd": -1.0}}, "person_years.esrd = -1"),
        ({"person_years": {"esrd": math.nan}}, "person_years.esrd = nan"),
        ({"person_years": {"esrd": math.inf}}, "person_years.esrd = inf"),
        ({"benchmark_per_capita": {**BY_TYPE, "esrd": 12.0}}, "at least 100"),
        ({"benchmark_per_capita": {**BY_TYPE, "esrd": math.inf}}, "finite|less than"),
        (
            {"benchmark_per_capita": {"esrd": 90_000.0}},
            "benchmark_per_capita.disabled = 0: .* at least 100",
        ),
        ({"quality_score": 77}, "77 looks like a percent.*0.77"),
        ({"quality_score": 1.01}, "1.01 looks like a percent"),
        ({"savings_rate": 5}, "5 is not a plausible rate.*0.05"),
        ({"quality_standard": "passed"}, "'met', 'alternative' or 'failed'"),
        ({"spend_basis": "untruncated"}, "same truncated basis"),
        (
            {"spend_basis": "untruncated", "benchmark_basis": "untruncated"},
            "CMS settles on truncated dollars",
        ),
        ({"spend_per_capita": {k: 2 * v for k, v in BY_TYPE.items()}}, "2.00 of the benchmark"),
        ({"spend_per_capita": {k: v / 1000 for k, v in BY_TYPE.items()}}, "0.00 of the benchmark"),
        ({"performance_year": 2011}, "performance_year = 2011"),
        ({"agreement_year": 0}, "agreement_year = 0"),
        ({"participant_revenue": -1.0}, "participant_revenue = -1"),
        ({"qualty_score": 1.0}, "Did you mean quality_score"),
    ],
)
def test_what_an_aco_cannot_be(changes: dict[str, object], said: str) -> None:
    with pytest.raises(UserError, match=said):
        validated_aco({**STATED, **changes}, "test")


def test_whole_number_rounding_of_person_years_is_allowed() -> None:
    ACO.model_validate({**STATED, "assigned_beneficiaries": 9_648})
    with pytest.raises(ValidationError):
        ACO.model_validate({**STATED, "assigned_beneficiaries": 9_647})


def test_a_type_without_people_needs_no_dollars() -> None:
    ACO.model_validate(
        {
            **STATED,
            "person_years": {"aged_non_dual": 9_000.0},
            "benchmark_per_capita": {**BY_TYPE, "esrd": 0.0, "disabled": 0.0, "aged_dual": 0.0},
        }
    )


def test_scaled_to_keeps_every_proportion(aco: ACO) -> None:
    stated = aco.model_copy(update={"participant_revenue": 5e6, "savings_rate": 0.03})
    small = stated.scaled_to(2_500)
    assert small.assigned_beneficiaries == 2_500
    assert small.benchmark == pytest.approx(stated.benchmark / 4)
    assert small.participant_revenue == pytest.approx(5e6 / 4)
    assert small.person_years.in_order() == (12.5, 225.0, 175.0, 2_000.0)
    assert small.scaled_to(10_000).benchmark == pytest.approx(stated.benchmark)
    assert "Scaled from 10,000 to 2,500" in small.notes[-1]
    untouched = {"assigned_beneficiaries", "person_years", "participant_revenue", "notes"}
    assert small.model_dump(exclude=untouched) == stated.model_dump(exclude=untouched)
    assert stated.assigned_beneficiaries == 10_000


@pytest.mark.parametrize("size", [0, -5, 10**9])
def test_scaled_to_a_size_that_cannot_be(aco: ACO, size: int) -> None:
    with pytest.raises(UserError, match=f"assigned_beneficiaries = {size:,}"):
        aco.scaled_to(size)


def test_a_full_aco_scales_without_losing_its_last_person() -> None:
    full = ACO.model_validate({**STATED, "assigned_beneficiaries": 9_650})
    for size in (1, 3, 977, 9_649, 123_457):
        assert full.scaled_to(size).assigned_beneficiaries == size


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.02", 0.02),
        (".5", 0.5),
        ("5.", 5.0),
        ("1e4", 10_000.0),
        ("7", 7),
        ("10_000", 10_000),
        ("true", True),
        ("history", "history"),
        ("'history'", "history"),
        ('["a", "b"]', ["a", "b"]),
        ("{esrd = 0.6}", {"esrd": 0.6}),
        ("-0.5", -0.5),
        ("inf", math.inf),
        ("two words", "two words"),
        ("", ""),
    ],
)
def test_values_are_read_as_toml_numbers_or_text(text: str, value: object) -> None:
    found = parsed_value(text)
    assert found == value
    assert type(found) is type(value)


def test_with_changes_in_order_and_without_touching_the_original(aco: ACO) -> None:
    scenario = Scenario(aco=aco)
    changed = scenario.with_changes(
        [
            "quality_score=0.5",
            "quality_score = 0.75",
            "name=a=b",
            "truncated_cv.esrd=0.7",
            "truncated_cv.aged_dual=1.6",
            "track-3.maximum_loss_rate=0.5",
            "track-3.payment_limit=0.1",
            "basic-e.payment_limit=0.2",
            "person_years.esrd=40",
            "msr=1",
            "contracts=['track-2']",
        ]
    )
    assert changed.aco.quality_score == 0.75
    assert changed.aco.name == "a=b"
    assert changed.assumptions.truncated_cv == CVByType(esrd=0.7, aged_dual=1.6)
    assert changed.assumptions.truncated_cv.stated() == {"esrd": 0.7, "aged_dual": 1.6}
    assert changed.contract_terms == {
        "track-3": {"maximum_loss_rate": 0.5, "payment_limit": 0.1},
        "basic-e": {"payment_limit": 0.2},
    }
    assert changed.aco.person_years == PersonYears(
        esrd=40.0, disabled=900.0, aged_dual=700.0, aged_non_dual=8_000.0
    )
    assert changed.assumptions.msr == "1.0"
    assert changed.run.contracts == ("track-2",)
    assert scenario == Scenario(aco=aco)
    assert scenario.with_changes([]) == scenario


def test_size_scales_and_later_changes_stay(aco: ACO) -> None:
    changed = Scenario(aco=aco).with_changes(
        ["quality_score=0.5", "assigned_beneficiaries=5000", "years=10", "person_years.esrd=20"]
    )
    assert changed.aco.assigned_beneficiaries == 5_000
    assert changed.aco.person_years.in_order() == (20.0, 450.0, 350.0, 4_000.0)
    assert (changed.aco.quality_score, changed.run.years) == (0.5, 10)
    assert Scenario(aco=aco).with_values({"assigned_beneficiaries": 5_000}).aco == aco.scaled_to(
        5_000
    )


def test_every_key_can_be_set_to_what_it_is(aco: ACO) -> None:
    scenario = Scenario(aco=aco)
    for section in (scenario.aco, scenario.assumptions, scenario.run):
        for key in type(section).model_fields:
            value = section.model_dump()[key]
            if value is not None and key != "truncated_cv":
                assert scenario.with_values({key: value}) == scenario, key


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("nokey=1", "no such key.*The keys are: id, name, .*CONTRACT.TERM"),
        ("yeers=1", "Did you mean years"),
        ("years", "KEY=VALUE is wanted"),
        ("years=0", "run.years = 0"),
        ("true_savings_sd=2", "true_savings_sd = 2"),
        ("practice_noise_constant=-1", "practice_noise_constant = -1"),
        ("person_years.old=1", "person_years.old: no such key"),
        ("esrd=1", "no such key"),
    ],
)
def test_changes_that_cannot_be(aco: ACO, change: str, said: str) -> None:
    with pytest.raises(UserError, match=f"^--set {change.split('=')[0]}.*{said}"):
        Scenario(aco=aco).with_changes([change])


def test_rates_are_held_to_fractions() -> None:
    for rate in (-0.49, 0.0, 0.02, "history", None):
        assert Assumptions(true_savings=rate).true_savings == rate
    for rate in (0.5, 2, -5, math.nan, "two"):
        with pytest.raises(ValidationError):
            Assumptions(true_savings=rate)


@pytest.mark.parametrize("choice", ["table", "0.0", "0.5", "2.0", 0.5, 1, 2.0])
def test_msr_choices_are_kept_as_cms_writes_them(choice: object) -> None:
    msr = Assumptions(msr=choice).msr
    assert msr == (choice if isinstance(choice, str) else f"{choice:.1f}")


def test_where_is_named_in_front(aco: ACO) -> None:
    with pytest.raises(UserError, match=r"^here: run\.years = 0"):
        validated_scenario({"aco": STATED, "run": {"years": 0}}, "here")


def test_from_toml(aco: ACO, tmp_path: Path) -> None:
    from simulate.scenario.file import scenario_text

    path = tmp_path / "my.toml"
    path.write_text(scenario_text(Scenario(aco=aco)), "utf-8")
    assert Scenario.from_toml(str(path)) == Scenario(aco=aco)
