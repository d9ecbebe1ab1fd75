"""Care programmes in agreements, as a user of the command line meets them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

QUICK = ("--years", "40", "--set", "people_noise=false")
LIKE = ("--set", "interventions.palliative-care.like=palliative-care")
LATER = ("--set", "interventions.palliative-care.starts_in_year=2")
ACO = ("intervention", "palliative-care", "--aco", "A5309", *QUICK)


@pytest.mark.parametrize("named", [("--agreement",), ("--agreement", "basic-e")])
def test_with_and_without_over_all_years(done: Callable[..., Any], named: tuple[str, ...]) -> None:
    out = done(*ACO, "--cost", "1500", *named).out
    for said in (
        "about 401 die in a year; up to 80 of them take part in a year",
        "What it adds to the true savings",
        "2025-2029",
        "The chance of reaching the MSR, by performance year",
        "All 5 performance years together, with it less without it",
        "net present value less that, more $k",
        "a participant may cost at most $ a year",
        "one more point takes, participants a year",
        "programme cost (+0 % a year), present value $k",
        "the same in later years (finance.cost_growth = 0), while the benchmark",
        "published $12,000 (Lustbader et al., J Palliat Med 2017, doi 10.1089/jpm.2016.0265)",
        "next benchmark, more $k a year",
        "Selection: ",
    ):
        assert " ".join(said.split()) in " ".join(out.split())
    assert "[unconfirmed] A judgement." not in out  # at length in the list alone


def test_json_by_effect_path_and_year(done: Callable[..., Any]) -> None:
    paths = ("--agreement", "glide-path", "--agreement", "enhanced")
    found = done(*ACO, *paths, "--json", "-").json
    assert list(found["effects"]) == ["adverse", "no-effect", "cautious", "published"]
    published = found["effects"]["published"]
    assert len(published["by_year"]) == 5
    (worth, _) = published["paths"].values()
    assert {"net_present_value", "probability_of_ever_owing"} <= set(worth["differences"])
    assert set(worth["break_even_cost_per_participant"]) == {"value", "standard_error"}


def test_a_run_and_a_comparison_take_programmes(done: Callable[..., Any]) -> None:
    shown = done("run", "--aco", "A5309", *QUICK, *LIKE, *LATER, "--agreement").out
    assert "and what palliative-care adds" in shown
    assert "2026-2029" in shown
    command = ("compare", "basic-e", "enhanced", "--aco", "A5309", *QUICK, *LIKE, "--agreement")
    assert "These true savings are those besides what care programmes add." in done(*command).out


def test_json_and_page_of_a_run_show_what_each_year_has(
    done: Callable[..., Any], tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    cost = ("--set", "interventions.palliative-care.cost_per_participant=1500")
    command = ("run", "--aco", "A5309", *QUICK, *LIKE, *LATER, *cost, "--agreement", "--finance")
    found = done(*command, "--report", page, "--json", "-").json
    years = found["assumptions"]["interventions"][0]["by_year"]
    assert years[0]["expected_participants"] == 0.0
    assert years[1]["programme_cost"] == pytest.approx(1_500 * years[1]["expected_participants"])
    (path,) = found["finance"]["paths"].values()
    spent = sum(year["programme_cost"] for year in years)
    assert path["costs"]["programme_costs"] == pytest.approx(spent)
    text = page.read_text("utf-8")
    assert 'id="programmes"' in text
    assert "care programmes" in text.lower()
    assert "2026-2029" in text


def test_a_page_without_programmes_has_no_such_section(
    done: Callable[..., Any], tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    done("run", "--aco", "A5309", *QUICK, "--agreement", "--report", page)
    assert "Care programmes" not in page.read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            (*LATER, "--set", "interventions.palliative-care.starts_in_year=9"),
            "have 5 calendar years",
        ),
        (("--participants", "900"), "state no more than these"),
        (("--contracts", "basic-e"), "--agreement with --contracts"),
        (("--set", "finance.operating_cost=5e6"), "without effect on what a care programme"),
        (("--set", "finance.advance=aip"), "without effect on what a care programme"),
    ],
)
def test_mistakes(refused: Callable[..., str], arguments: tuple[str, ...], message: str) -> None:
    assert message in refused(*ACO, *arguments, "--agreement")


def test_the_name_comes_before_the_option(refused: Callable[..., str]) -> None:
    swapped = ("intervention", "--agreement", "palliative-care", "--aco", "A5309")
    assert "its name comes before the option" in refused(*swapped)


def test_a_later_start_needs_an_agreement(refused: Callable[..., str]) -> None:
    assert "--agreement, or leave it out" in refused(*ACO, *LATER)


def test_a_sweep_says_where_programmes_go(refused: Callable[..., str]) -> None:
    said = refused("sweep", "--aco", "A5309", *LIKE)
    assert "a sweep has none; they go with simulate run, compare and intervention" in said
