"""simulate intervention, and interventions in scenario files, as a user meets them."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

QUICK = ("--years", "200", "--set", "people_noise=false")
ACO = ("intervention", "palliative-care", "--aco", "A5309", *QUICK)
SCENARIO = """
[[interventions]]
name = "visits"
group = "all"
spend_band = [0.9, 1.0]
uptake = 0.1
effect = 800.0
effect_standard_error = 400.0
"""


def test_the_worked_example(done: Callable[..., Any]) -> None:
    out = done(*ACO).out
    for said in (
        "about 401 die in the year",
        "counted by CMS",
        "one more point of the chance of reaching it takes",
        "basic-e, pc-flex",
        "Selection: ",
        "Not confirmed: uptake",
        "True savings without it",
    ):
        assert said in out


def test_json_holds_every_effect_and_contract(done: Callable[..., Any]) -> None:
    found = done(*ACO, "--json", "-").json
    assert list(found["effects"]) == ["adverse", "no-effect", "cautious", "published"]
    published = found["effects"]["published"]
    assert list(published["contracts"]) == ["basic-e", "pc-flex"]
    assert published["effect_counted"] < published["effect_per_participant"] == 12_000
    assert 0.0 < found["group_size"] < 500.0
    difference = published["contracts"]["basic-e"]["differences"]["probability_of_meeting_msr"]
    assert set(difference) == {"value", "standard_error"}


def test_the_list(done: Callable[..., Any]) -> None:
    out = " ".join(done("intervention").out.split())
    assert "palliative-care: Home-based palliative care" in out
    assert "expansion of hospice among nursing-home decedents" in out
    assert "Uptake unless stated, 20 %: a judgement" in out
    listed = done("intervention", "--json", "-").json
    assert listed["palliative-care"]["effects"]["published"]["effect"] == 12_000


def test_a_scenario_file_keeps_its_interventions(done: Callable[..., Any], tmp_path: Path) -> None:
    first, second = tmp_path / "first.toml", tmp_path / "second.toml"
    done("run", "--aco", "A5309", *QUICK, "--write-scenario", first)
    first.write_text(first.read_text("utf-8") + SCENARIO, "utf-8")
    done("run", first, "--write-scenario", second)
    assert tomllib.loads(second.read_text("utf-8"))["interventions"][0]["effect"] == 800.0
    runs = [
        done("run", path, "--contracts", "basic-e", "--json", "-").json for path in (first, second)
    ]
    assert runs[0] == runs[1]
    assert runs[0]["assumptions"]["interventions"][0]["name"] == "visits"
    worth = done("intervention", "visits", first, "--contracts", "basic-e", "--json", "-").json
    assert list(worth["effects"]) == ["stated"]


def test_set_takes_a_shipped_one_without_a_file(done: Callable[..., Any]) -> None:
    change = ("--set", "interventions.palliative-care.estimate=published")
    plain, changed = (
        done("run", "--aco", "A5309", "--contracts", "basic-e", *QUICK, *more, "--json", "-").json
        for more in ((), change)
    )
    added = changed["assumptions"]["true_savings"] - plain["assumptions"]["true_savings"]
    assert added == pytest.approx(0.0066, abs=0.0003)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("palliativ-care", "--aco", "A5309"), "Did you mean palliative-care"),
        (("palliative-care",), "no ACO"),
        ((*ACO[1:], "--participants", "5000"), "state no more than these"),
        ((*ACO[1:], "--participants", "50", "--uptake", "0.1"), "state one"),
        ((*ACO[1:], "--uptake", "20"), "20 percent is written 0.2"),
        ((*ACO[1:], "--estimate", "best"), "adverse, no-effect, cautious, published"),
        ((*ACO[1:], "--cost", "-1"), "cost_per_participant"),
        ((*ACO[1:], "--set", "interventions.uptake=0.3"), "interventions.NAME.KEY=VALUE"),
        ((*ACO[1:], "--set", "interventions.palliative-care.uptak=1"), "Did you mean uptake"),
        ((*ACO[1:], "--set", "interventions.palliative-care.spend_band=[0.9,0.1]"), "spend_band"),
    ],
)
def test_mistakes(refused: Callable[..., str], arguments: tuple[str, ...], message: str) -> None:
    assert message in refused("intervention", *arguments)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("effect = 800.0\n", ""), "visits: effect missing"),
        (("uptake = 0.1\n", ""), "uptake (or participants) missing"),
        (('group = "all"\n', 'group = "some"\n'), "group = 'some'"),
        (("uptake = 0.1\n", "uptake = 0.1\nparticipants = 7\n"), "state one"),
        (('name = "visits"', 'name = "visits"\nlike = "visit"'), "no such intervention"),
    ],
)
def test_mistakes_in_a_file(
    done: Callable[..., Any],
    refused: Callable[..., str],
    tmp_path: Path,
    change: tuple[str, str],
    message: str,
) -> None:
    path = tmp_path / "mine.toml"
    done("run", "--aco", "A5309", *QUICK, "--write-scenario", path)
    path.write_text(path.read_text("utf-8") + SCENARIO.replace(*change), "utf-8")
    assert message in refused("run", path, "--contracts", "basic-e")


def test_two_of_one_name_are_refused(
    done: Callable[..., Any], refused: Callable[..., str], tmp_path: Path
) -> None:
    path = tmp_path / "mine.toml"
    done("run", "--aco", "A5309", *QUICK, "--write-scenario", path)
    path.write_text(path.read_text("utf-8") + SCENARIO + SCENARIO, "utf-8")
    assert "visits is stated twice" in refused("run", path)


def test_outputs_are_checked_first(refused: Callable[..., str], tmp_path: Path) -> None:
    assert "--json" in refused(*ACO, "--json", tmp_path / "no" / "where.json")
