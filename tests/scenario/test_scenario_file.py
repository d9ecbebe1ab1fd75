"""Scenario files: every key commented, and nothing lost between writing and reading."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulate.contracts.contract import ContractTerms, contract_ids
from simulate.data.enrollment import ENROLLMENT_TYPES
from simulate.errors import UserError
from simulate.scenario.aco import ACO
from simulate.scenario.file import read_scenario, scenario_text
from simulate.scenario.scenario import Assumptions, RunSettings, Scenario, validated_scenario

#: Anything that a TOML text can hold; lone surrogates are no text.
TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)


def _some(strategy: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.none() | strategy


def _by_type(low: float, high: float) -> st.SearchStrategy[dict[str, float]]:
    return st.fixed_dictionaries({name: st.floats(low, high) for name in ENROLLMENT_TYPES})


@st.composite
def acos(draw: st.DrawFn) -> dict[str, object]:
    person_years = draw(_by_type(0.1, 50_000.0))
    benchmark = draw(_by_type(100.0, 200_000.0))
    level = draw(st.floats(0.6, 1.4))
    return {
        "id": draw(TEXT),
        "name": draw(TEXT),
        "performance_year": draw(st.integers(2012, 2040)),
        "contract": draw(TEXT),
        "assigned_beneficiaries": draw(st.integers(200_001, 5_000_000)),
        "person_years": person_years,
        "benchmark_per_capita": benchmark,
        "spend_per_capita": draw(
            st.sampled_from([None, {name: level * x for name, x in benchmark.items()}])
        ),
        "savings_rate": draw(_some(st.floats(-0.49, 0.49))),
        "published_msr": draw(_some(st.floats(0.0, 1.0))),
        "quality_score": draw(st.floats(0.0, 1.0)),
        "quality_standard": draw(st.sampled_from(["met", "alternative", "failed"])),
        "revenue_category": draw(st.sampled_from(["low", "high", "unknown"])),
        "participant_revenue": draw(_some(st.floats(10_000.0, 9e11))),
        "agreement_year": draw(st.integers(1, 10)),
        "notes": tuple(draw(st.lists(TEXT, max_size=3))),
    }


ASSUMPTIONS = st.fixed_dictionaries(
    {
        "true_savings": st.none() | st.just("history") | st.floats(-0.49, 0.49),
        "true_savings_sd": _some(st.floats(0.0, 0.1)),
        "people_noise": st.booleans(),
        "practice_noise_constant": st.floats(0.0, 20.0),
        "common_shock_sd": _some(st.floats(0.0, 0.2)),
        "noise_constant": _some(st.floats(0.0, 50.0)),
        "truncated_cv": st.fixed_dictionaries(
            {name: _some(st.floats(0.001, 4.9)) for name in ENROLLMENT_TYPES}
        ),
        "msr": st.sampled_from([None, "table", "0.0", "1.5"]),
    }
)
RUN = st.fixed_dictionaries(
    {
        "contracts": st.lists(st.sampled_from(contract_ids()), max_size=3).map(tuple),
        "contract_files": st.just(()),
        "years": st.integers(1, 5_000_000),
        "seed": st.integers(0, 2**63 - 1),
    }
)
TERMS = st.dictionaries(
    st.sampled_from(contract_ids()) | TEXT,
    st.dictionaries(
        st.sampled_from(list(ContractTerms.model_fields)),
        st.floats(allow_nan=False) | st.integers(-(2**63), 2**63 - 1) | TEXT | st.booleans(),
        min_size=1,
        max_size=3,
    ),
    max_size=3,
)


@settings(max_examples=150)
@given(aco=acos(), assumptions=ASSUMPTIONS, run=RUN, terms=TERMS)
def test_every_bit_survives_the_file(
    aco: dict[str, object],
    assumptions: dict[str, object],
    run: dict[str, object],
    terms: dict[str, dict[str, object]],
) -> None:
    if aco["savings_rate"] is None and assumptions["true_savings"] == "history":
        assumptions = {**assumptions, "true_savings": 0.0}  # there is no record to learn from
    scenario = Scenario.model_validate(
        {"aco": aco, "assumptions": assumptions, "run": run, "contract_terms": terms}
    )
    again = validated_scenario(tomllib.loads(scenario_text(scenario)), "file")
    assert again == scenario
    assert repr(again) == repr(scenario)  # tells 0.0 from -0.0, and 1 from True
    assert scenario_text(again) == scenario_text(scenario)


@pytest.mark.parametrize(
    "changes",
    [
        [],
        ["msr=table", "truncated_cv.esrd=0.7", "true_savings=history", "agreement_year=4"],
        ["track-3.maximum_loss_rate=0.5", "basic-e.payment_limit=0.12345678901234567"],
    ],
)
def test_a_file_on_disk(changes: list[str], tmp_path: Path) -> None:
    aco = ACO.from_published_results("A1001")
    scenario = Scenario(aco=aco).with_changes(changes)
    path = tmp_path / "my_aco.toml"
    path.write_text(scenario_text(scenario), "utf-8")
    assert read_scenario(path) == scenario
    path.write_text(scenario_text(scenario).replace("\n", "\r\n"), "utf-8", newline="")
    assert read_scenario(path) == scenario


def _sections(text: str) -> dict[str, list[str]]:
    sections: dict[str, list[str]] = {}
    name = ""
    for line in text.splitlines():
        if line.startswith("["):
            name = line.strip("[]")
        sections.setdefault(name, []).append(line)
    return sections


def test_every_key_is_there_and_commented() -> None:
    text = scenario_text(Scenario(aco=ACO.from_published_results("A1001")))
    sections = _sections(text)
    for name, model in (("aco", ACO), ("assumptions", Assumptions), ("run", RunSettings)):
        lines = sections[name]
        for key, field in model.model_fields.items():
            place = next(
                i for i, line in enumerate(lines) if line.removeprefix("# ").startswith(f"{key} =")
            )
            above = []
            while lines[place - 1].startswith("# ") and " =" not in lines[place - 1]:
                place -= 1
                above.insert(0, lines[place].removeprefix("# "))
            assert field.description, f"{name}.{key} has no description"
            assert " ".join(above) == field.description
    assert '[contract_terms."track-3"]' in text
    comments = [line for line in text.splitlines() if line.startswith("#")]
    assert max(map(len, comments)) <= 100


def test_a_key_that_is_left_out_can_be_filled_in() -> None:
    text = scenario_text(Scenario(aco=ACO.from_published_results("A1001")))
    for key, value in {
        "true_savings": "0.02",
        "msr": '"1.0"',
        "noise_constant": "2.15",
        "truncated_cv": "{esrd = 0.7}",
        "participant_revenue": "1e8",
    }.items():
        assert f"\n# {key} = " in text
        text = re.sub(rf"\n# {key} = .*\n", f"\n{key} = {value}\n", text)
    filled = validated_scenario(tomllib.loads(text), "file")
    assert filled.assumptions.true_savings == 0.02
    assert filled.assumptions.truncated_cv.esrd == 0.7
    assert filled.aco.participant_revenue == 1e8


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "does not exist"),
        (b"\xff\xfe", "cannot be read"),
        (b"[aco\n", "not valid TOML.*line 1"),
        (b"", "aco: missing"),
        (b"[aco]\nid = 'x'\n[rum]\n", "rum: no such key. Did you mean run"),
    ],
)
def test_files_that_cannot_be_read(content: bytes | None, said: str, tmp_path: Path) -> None:
    path = tmp_path / "my.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match=rf"(?s)^scenario .*my\.toml:.*{said}"):
        read_scenario(path)
