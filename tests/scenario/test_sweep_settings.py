"""The axes of a sweep: lists, ranges in steps, what is refused."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from simulate.errors import UserError
from simulate.scenario.aco import ACO
from simulate.scenario.file import read_scenario, scenario_text
from simulate.scenario.scenario import Scenario
from simulate.scenario.sweep import SweepSettings


@pytest.mark.parametrize(
    ("stated", "sizes"),
    [
        ("5000:100000:20", tuple(range(5_000, 100_001, 5_000))),
        ({"from": 10, "to": 20, "steps": 3}, (10, 15, 20)),
        ("1000:8000:4:log", (1_000, 2_000, 4_000, 8_000)),
        ({"from": 1000, "to": 8000, "steps": 4, "spacing": "log"}, (1_000, 2_000, 4_000, 8_000)),
        ("300, 200,300", (200, 300)),
        ([300, 200], (200, 300)),
        (np.array([300, 200]), (200, 300)),
        (700, (700,)),
        ("10:12:4", (10, 11, 12)),
        ("", ()),
    ],
)
def test_sizes(stated: object, sizes: tuple[int, ...]) -> None:
    assert SweepSettings.model_validate({"sizes": stated}).sizes == sizes


def test_steps_of_true_savings_are_what_one_would_type() -> None:
    # So that a cell is the run at the same typed rate, to the last bit.
    stated = "-0.05:0.05:21"
    rates = SweepSettings.model_validate({"true_savings": stated}).true_savings
    assert [repr(rate) for rate in rates] == [repr(half / 200) for half in range(-10, 11)]


@settings(max_examples=100)
@given(
    low=st.integers(-4_000, 3_000),
    span=st.integers(1, 1_000),
    steps=st.integers(2, 50),
)
def test_a_range_is_that_of_numpy(low: int, span: int, steps: int) -> None:
    first, last = low / 10_000, (low + span) / 10_000
    rates = SweepSettings.model_validate({"true_savings": f"{first}:{last}:{steps}"}).true_savings
    assert len(rates) == steps
    np.testing.assert_allclose(rates, np.linspace(first, last, steps), rtol=0, atol=1e-10)
    assert list(rates) == sorted(rates)


@pytest.mark.parametrize(
    ("stated", "choices"),
    [
        ("0.0,1,2.00", ("0.0", "1.0", "2.0")),
        ([0, 0.5, "Table"], ("0.0", "0.5", "table")),
        (1.5, ("1.5",)),
        ("2.0,2", ("2.0",)),
    ],
)
def test_msr_choices_are_written_as_cms_does(stated: object, choices: tuple[str, ...]) -> None:
    assert SweepSettings.model_validate({"msr": stated}).msr == choices


@pytest.mark.parametrize(
    ("key", "stated", "said"),
    [
        ("sizes", "5000:100000", "from:to:steps is wanted"),
        ("sizes", "5000:100000:20:cubic", "from:to:steps is wanted"),
        ("sizes", "5000:100000:1", "2 to 200 steps"),
        ("sizes", "5000:100000:2.5", "2 to 200 steps"),
        ("sizes", "5000:100000:201", "2 to 200 steps"),
        ("sizes", "100:50:3", "from below to"),
        ("sizes", "0:50:3:log", "above 0"),
        ("sizes", "many", "sizes = many: a number is wanted"),
        ("sizes", True, "a number .* is wanted"),
        ("sizes", "0", "from 1 to 5,000,000"),
        ("sizes", "99.5", "whole number"),
        ("sizes", "nan", "a number is wanted"),
        ("sizes", "1:inf:3", "a number is wanted"),
        ("sizes", list(range(1, 300)), "299 values; at most 200"),
        ("sizes", {"from": 1, "to": 2}, "from, to, steps"),
        ("sizes", {"from": 1, "to": 2, "step": 3}, "from, to, steps"),
        ("true_savings", "2", "2 percent is written 0.02"),
        ("true_savings", "-0.5:0.05:3", "between -0.5 and 0.5"),
        ("true_savings", "history", "true_savings = history: a number is wanted"),
    ],
)
def test_what_cannot_be_an_axis(key: str, stated: object, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        SweepSettings.model_validate({key: stated})


def test_axes_are_set_by_name_and_survive_the_file(tmp_path) -> None:
    scenario = Scenario(aco=ACO.from_published_results("A1001")).with_changes(
        ["sweep.sizes=5000:15000:3", "sweep.msr=0.0,table", "sweep.prefer=net_p05"]
    )
    assert scenario.sweep.sizes == (5_000, 10_000, 15_000)
    assert (scenario.sweep.msr, scenario.sweep.prefer) == (("0.0", "table"), "net_p05")
    path = tmp_path / "my.toml"
    path.write_text(scenario_text(scenario), "utf-8")
    assert read_scenario(path) == scenario
    text = scenario_text(scenario).replace("sizes = [5000, 10000, 15000]", 'sizes = "5:6:2"')
    path.write_text(text, "utf-8")
    assert read_scenario(path).sweep.sizes == (5, 6)


def test_every_axis_is_commented_in_the_file() -> None:
    text = scenario_text(Scenario(aco=ACO.from_published_results("A1001")))
    section = text.partition("[sweep]")[2].partition("# Terms of")[0]
    for key, field in SweepSettings.model_fields.items():
        above = section.partition(f"\n{key} = ")[0]
        comment = re.findall(r"(?:^# .*\n?)+\Z", above, re.MULTILINE)[0]
        assert " ".join(line.removeprefix("# ") for line in comment.splitlines()) == (
            field.description
        )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("sweep.size=3", r"sweep\.size: no such key. Did you mean sizes\?"),
        ("sizes=3", r"no such key. Did you mean sweep\.sizes"),
        ("sweep.sizes=0", "sizes = 0: a whole number"),
    ],
)
def test_mistakes_are_named(change: str, said: str) -> None:
    with pytest.raises(UserError, match=f"^--set {change}: {said}"):
        Scenario(aco=ACO.from_published_results("A1001")).with_changes([change])
