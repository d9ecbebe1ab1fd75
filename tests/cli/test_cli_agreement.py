"""Agreements on the command line: what is assumed, paths side by side, comparison, refusals."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import pytest

from simulate.agreement.notation import known_names
from simulate.cli.agreement import with_default_agreement

pytestmark = pytest.mark.skipif(
    bool(numba.config.DISABLE_JIT), reason="too many draws for plain Python"
)
SMALL = ("--aco", "A4873", "--years", 200)


def test_without_any_configuration_it_says_what_it_assumed(done: Callable[..., Any]) -> None:
    shown = done("run", *SMALL, "--agreement").out
    assert "the glide path from basic-e, the ACO's own level of 2024, 5 performance years" in shown
    assert "a new agreement from 2025" in shown
    for year in range(2025, 2030):
        assert f"{year}  basic-e" in shown
    for words in ("net present value", "ever owes", "worst year", "A benchmark rebased for 2030"):
        assert words in shown


def test_paths_side_by_side_repeated_or_by_semicolon(done: Callable[..., Any]) -> None:
    whole = "glide-path-from-basic-a"
    repeated = done("run", *SMALL, "--agreement", whole, "--agreement", "enhanced")
    semicolon = done("run", *SMALL, "--agreement", f"{whole}; enhanced")
    assert repeated.out == semicolon.out
    assert "BASIC glide path, Levels A to E, by performance year" in repeated.out
    found = done("run", *SMALL, "--agreement", whole, "--agreement", "--json", "-").json
    assert list(found["agreements"]) == [whole, "basic-e"]


def test_what_an_aco_may_not_enter_is_said_first(done: Callable[..., Any]) -> None:
    """Level E in 2024: an ACO experienced with performance-based risk (42 CFR 425.600)."""
    shown = done("compare", "glide-path-from-basic-a", "enhanced", *SMALL, "--agreement").out
    note, answer = (
        shown.index("Note: glide-path-from-basic-a: an agreement from"),
        shown.index("over 5 performance years"),
    )
    assert note < answer
    found = done("run", *SMALL, "--agreement", "--json", "-").json
    assert not any("experienced" in sentence for sentence in found["notes"])


def test_json_holds_each_year_and_all_years(done: Callable[..., Any]) -> None:
    found = done("run", *SMALL, "--agreement", "3xtrack-1/2xtrack-2", "--json", "-").json
    (label, result), *_ = found["agreements"].items()
    assert label == "3xtrack-1/2xtrack-2"
    assert [year["agreement"] for year in result["performance_years"]] == [1, 1, 1, 2, 2]
    assert len(result["by_year"]) == len(result["running_net"]) == len(result["payments"]) == 5
    assert len(result["rate_correlations"]) == 4
    assert len(result["next_benchmarks"]) == 2
    cumulative = result["cumulative"]
    by_year = [year["expected_net"]["value"] for year in result["by_year"]]
    assert cumulative["expected_cumulative_net"]["value"] == pytest.approx(sum(by_year))
    assert set(result["chance_alone"]) >= {"by_year", "cumulative"}
    assert found["paths_simulated"] == 200


def test_compare_two_paths(done: Callable[..., Any]) -> None:
    shown = done("compare", "glide-path", "enhanced", *SMALL, "--agreement").out
    assert "glide-path begins at basic-e, the ACO's own level of 2024" in shown
    assert "basic-e against enhanced, on the same simulated years" in shown
    assert "is worth more on" in shown
    found = done(
        "compare", "basic-e", "2xbasic-b,3xbasic-e", *SMALL, "--agreement", "--json", "-"
    ).json
    comparison = found["comparison"]
    assert (comparison["first"], comparison["second"]) == ("basic-e", "2xbasic-b,3xbasic-e")
    values = [
        found["agreements"][comparison[name]]["cumulative"]["net_present_value"]["value"]
        for name in ("first", "second")
    ]
    difference = comparison["assumed"]["differences"]["net_present_value"]["value"]
    assert difference == pytest.approx(values[0] - values[1])


def test_two_paths_are_compared_after_costs_where_asked(done: Callable[..., Any]) -> None:
    asked = ("compare", "glide-path-from-basic-a", "enhanced", *SMALL, "--agreement")
    plain = done(*asked, "--json", "-").json
    costs = done(*asked, "--finance", "--json", "-").json
    assert "finance" not in plain
    assert set(costs["finance"]["paths"]) == set(costs["agreements"])
    assert "present value after costs" in done(*asked, "--finance").out


def test_a_scenario_file_with_an_agreement(done: Callable[..., Any], tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    said = done("run", *SMALL, "--agreement", "glide-path", "--write-scenario", file).out
    assert f"simulate run {file} --agreement" in said
    assert 'paths = ["glide-path"]' in file.read_text("utf-8")
    by_file = done("run", file, "--agreement", "--json", "-").json
    by_options = done("run", *SMALL, "--agreement", "glide-path", "--json", "-").json
    assert by_file == by_options
    other = done("run", file, "--agreement", "enhanced", "--json", "-").json
    assert list(other["agreements"]) == ["enhanced"]


def test_left_out_the_number_of_paths_is_written(done: Callable[..., Any], tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    done("run", "--aco", "A4873", "--agreement", "--write-scenario", file)
    assert "\nyears = 20000\n" in file.read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--agreement", "glide-pth"), "Did you mean glide-path"),
        (("--agreement", "my.toml"), "simulate run my.toml --agreement"),
        (("--agreement", "--contracts", "basic-a"), "--agreement with --contracts"),
        (("--agreement", "--decompose"), "--agreement with --decompose"),
        (("--agreement", "--engine", "exact"), "--agreement with --engine exact"),
        (("--agreement", "--precision", "0.1"), "precision 0.1.*at most 0.01"),
        (("--agreement", "--precision", "0.002", "--years", "9"), "--years 9 and --precision"),
        (("--agreement", "--set", "agreement.year=3"), "no such key.*Did you mean years"),
        (("--agreement", "--set", "agreement.discount_rate=5"), "5 percent is written 0.05"),
        (("--agreement", "reach"), "reach is a programme; its contracts are reach-global"),
        (("--contracts", "glide-path"), "glide-path is a path over the years.*add --agreement"),
        (
            ("--agreement", "enhanced", "--set", "agreement.paths=basic-e"),
            "agreement.paths=basic-e: --agreement enhanced names the paths already",
        ),
        (("--set", "agreement.savings_drift_sd=0.02"), "without effect.*add --agreement"),
        (("--set", "finance.advance=aip"), "without effect.*add --agreement"),
    ],
)
def test_mistakes(refused: Callable[..., str], arguments: tuple[object, ...], message: str) -> None:
    assert re.search(message, refused("run", "--aco", "A4873", *arguments))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("glide-path", "basic-e", "--agreement"),
            "both are basic-e: glide-path begins at.*glide-path-from-basic-a",
        ),
        (("5xenhanced", "enhanced", "--agreement"), "both are enhanced; name two different"),
        (("glide-path", "enhanced"), "glide-path is a path over the years.*add --agreement"),
        (("2xbasic-b,basic-e", "track-1-twice"), "are paths over the years.*add --agreement"),
        (("basic-e", "enhanced", "--agreement", "--set", "agreement.paths=a"), "names the paths"),
    ],
)
def test_mistakes_of_compare(
    refused: Callable[..., str], arguments: tuple[object, ...], message: str
) -> None:
    assert re.search(message, refused("compare", "--aco", "A4873", *arguments))


def test_a_path_with_two_names_is_shown_once(done: Callable[..., Any]) -> None:
    paths = ("--agreement", "glide-path", "--agreement", "basic-e", "--agreement", "enhanced")
    shown = done("run", *SMALL, *paths).out
    assert "glide-path is basic-e, where the ACO is, and shown once" in " ".join(shown.split())
    assert "Worth most, by net present value:" in shown
    found = done("run", *SMALL, *paths, "--json", "-").json
    assert list(found["agreements"]) == ["basic-e", "enhanced"]
    best = found["best_by_true_savings"]
    assert best[-1]["path"] in found["agreements"]
    rates = [one["above"]["value"] for one in best[1:]]
    assert best[0]["above"] is None
    assert rates == sorted(rates)


def test_what_waits_for_an_agreement_is_said(done: Callable[..., Any], tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    stated = ("--set", "finance.advance=aip")
    done("run", *SMALL, "--agreement", "basic-e", *stated, "--write-scenario", file)
    shown = done("run", file, "--contracts", "basic-e").out
    assert "Note: [agreement] and [finance] are stated and wait for --agreement;" in shown
    assert "Note: [" not in done("run", *SMALL, "--contracts", "basic-e").out


def test_the_hint_for_a_written_scenario_runs_what_was_asked(
    done: Callable[..., Any], tmp_path: Path
) -> None:
    file = tmp_path / "own.toml"
    arguments = ("run", *SMALL, "--agreement", "basic-e", "--finance")
    said = done(*arguments, "--write-scenario", file).out
    hint = said.partition("Run it with: simulate ")[2].split()
    assert hint == ["run", str(file), "--agreement", "--finance"]
    assert done(*hint, "--json", "-").json == done(*arguments, "--json", "-").json


def test_every_standard_path_is_in_the_help(cli: Callable[..., Any]) -> None:
    shown = cli("run", "--help").out
    for name in known_names():
        assert name in shown


def test_only_run_has_a_path_that_may_be_left_out() -> None:
    given = ["run", "--agreement", "--aco", "A1001", "--agreement", "enhanced", "--agreement"]
    assert with_default_agreement(given) == [
        *("run", "--agreement", "default", "--aco", "A1001"),
        *("--agreement", "enhanced", "--agreement", "default"),
    ]
    for given in (["compare", "a", "b", "--agreement"], [], ["run", "--aco", "A1001"]):
        assert with_default_agreement(given) == given
