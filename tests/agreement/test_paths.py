"""Paths as they are written, and the calendar years and months that they cover."""

from __future__ import annotations

import pytest
from agreement_cases import mixed_aco, planned, round_aco, silent_run

import simulate as sim
from simulate.agreement.path import Path
from simulate.agreement.plan import agreement_plan
from simulate.contracts.agreement_rules import agreement_rules
from simulate.contracts.contract import load_contract
from simulate.data import published_results


def path_of(text: str, **stated) -> Path:
    stated = {"start_year": 2025, **stated}
    return planned([text], **stated).paths[0].path


def ids(path: Path) -> list[str]:
    return [year.contract_id for year in path.years]


@pytest.mark.parametrize(
    ("text", "label", "contracts"),
    [
        ("enhanced", "enhanced", ["enhanced"] * 5),
        ("ENHANCED", "enhanced", ["enhanced"] * 5),
        ("glide-path", "glide-path", ["basic-a", "basic-b", "basic-c", "basic-d", "basic-e"]),
        ("Glide Path", "glide-path", ["basic-a", "basic-b", "basic-c", "basic-d", "basic-e"]),
        ("glide-path-from-basic-a", "glide-path", [f"basic-{level}" for level in "abcde"]),
        ("glide-path-from-basic-c", "glide-path-from-basic-c", [f"basic-{x}" for x in "cdeee"]),
        ("glide-path-from-basic-e", "basic-e", ["basic-e"] * 5),
        ("2xbasic-b, basic_c", "2xbasic-b,basic-c", ["basic-b", "basic-b", "basic-c"]),
        ("basic-e,basic-e", "2xbasic-e", ["basic-e"] * 2),
        ("5xbasic-e", "basic-e", ["basic-e"] * 5),
        (
            "basic-a,basic-a,basic-c,basic-d,basic-e",
            "2xbasic-a,basic-c,basic-d,basic-e",
            ["basic-a", "basic-a", "basic-c", "basic-d", "basic-e"],
        ),
    ],
)
def test_what_is_written(text: str, label: str, contracts: list[str]) -> None:
    path = path_of(text)
    assert (path.label, ids(path)) == (label, contracts)
    assert [year.year for year in path.years] == [*range(2025, 2025 + len(contracts))]
    assert {year.agreement for year in path.years} == {0}


@pytest.mark.parametrize(
    ("first_agreement_year", "start_year", "levels"),
    [
        (1, 2025, "eeeee"),  # a new agreement of an ACO experienced with risk
        (4, 2025, "de"),  # one level a year up in an agreement that runs
        (3, 2024, "cde"),  # the stated year itself
        (5, 2026, "e"),
    ],
)
def test_the_glide_path_of_an_aco_that_is_at_level_c(
    first_agreement_year: int, start_year: int, levels: str
) -> None:
    aco = round_aco(performance_year=2024, agreement_year=3, contract="basic-c")
    stated = {"start_year": start_year, "first_agreement_year": first_agreement_year}
    (found,) = planned(["glide-path"], aco, **stated).paths
    assert "".join(i[-1] for i in ids(found.path)) == levels
    (own,) = planned(["default"], aco, **stated).paths
    assert ids(own.path) == ids(found.path)


def test_an_agreement_after_another() -> None:
    path = path_of("track-1-then-2", start_year=2013)
    assert ids(path) == ["track-1"] * 3 + ["track-2"] * 3
    assert [y.agreement_year for y in path.years] == [1, 2, 3, 1, 2, 3]
    assert path.starts == (0, 3, 6)


@pytest.mark.parametrize(
    ("contract", "contracts"),
    [
        ("basic-b", ["basic-b", "basic-c", "basic-d", "basic-e", "basic-e"]),
        ("basic-e", ["basic-e"] * 5),
        ("enhanced", ["enhanced"] * 5),
        ("", ["basic-a", "basic-b", "basic-c", "basic-d", "basic-e"]),
    ],
)
def test_the_path_of_an_aco_that_names_none(contract: str, contracts: list[str]) -> None:
    plan = planned([], round_aco(contract=contract))
    assert ids(plan.paths[0].path) == contracts
    assert plan.start_year == 2025
    assert len(plan.assumed) == 2
    assert planned(["enhanced"], round_aco(), start_year=2025).assumed == ()


@pytest.mark.parametrize(
    ("contract", "label", "title", "begins"),
    [
        ("", "glide-path", "BASIC glide path, Levels A to E", "at the first level"),
        ("track-1", "glide-path", "BASIC glide path, Levels A to E", "at the first level"),
        ("basic-a", "glide-path", "BASIC glide path, Levels A to E", "at basic-a"),
        ("basic-b", "glide-path-from-basic-b", "BASIC glide path, Levels B to E", "at basic-b"),
        ("basic-e", "basic-e", "BASIC track, Level E", "at basic-e"),
    ],
)
def test_the_glide_path_begins_at_the_own_level(contract, label, title, begins) -> None:
    plan = planned(["glide-path"], round_aco(contract=contract))
    assert (plan.paths[0].label, plan.paths[0].title) == (label, title)
    assert f"glide-path begins {begins}" in plan.assumed[0]
    # Where nothing is named and the ACO is in the BASIC track, the path is the same.
    if contract != "track-1":
        assert planned([], round_aco(contract=contract)).paths[0].path == plan.paths[0].path
    again = agreement_plan(plan.asked)
    assert again.paths[0].path == plan.paths[0].path


def test_from_where_a_glide_path_begins_can_be_said() -> None:
    at_b = round_aco(contract="basic-b")
    both = planned(["glide-path", "glide-path-from-basic-a"], at_b)
    assert [p.label for p in both.paths] == ["glide-path-from-basic-b", "glide-path-from-basic-a"]
    assert [ids(p.path)[0] for p in agreement_plan(both.asked).paths] == ["basic-b", "basic-a"]
    three = path_of("glide-path", **{"agreement.years": 3})
    assert ids(three) == ["basic-a", "basic-b", "basic-c"]


@pytest.mark.parametrize(
    ("texts", "labels", "said"),
    [
        (
            ["glide-path", "basic-e", "enhanced"],
            ["basic-e", "enhanced"],
            "glide-path is basic-e, where the ACO is, and shown once",
        ),
        (["enhanced", "default", "basic-e"], ["enhanced", "basic-e"], "default is basic-e and"),
        (["5xenhanced", "Enhanced"], ["enhanced"], "5xenhanced is enhanced and shown once"),
    ],
)
def test_a_path_with_two_names_is_shown_once(texts, labels, said) -> None:
    plan = planned(texts, round_aco(contract="basic-e"))
    assert [path.label for path in plan.paths] == labels
    assert sum(said in sentence for sentence in plan.assumed) == 1
    assert not any("glide-path begins" in sentence for sentence in plan.assumed)
    assert [path.path for path in agreement_plan(plan.asked).paths] == [p.path for p in plan.paths]


@pytest.mark.parametrize("texts", [["enhanced", "enhanced"], ["Glide Path", "glide-path"]])
def test_the_same_text_twice_is_refused(texts) -> None:
    with pytest.raises(sim.UserError, match="named twice; once is enough"):
        planned(texts, round_aco(contract="basic-e"))


def test_the_own_level_says_nothing_of_an_earlier_start() -> None:
    at_b = round_aco(contract="basic-b")
    for texts in (["glide-path"], []):
        plan = planned(texts, at_b, start_year=2019)
        assert ids(plan.paths[0].path) == [f"basic-{level}" for level in "abcde"]
        assert "2024, later" in plan.assumed[0]
        assert ids(planned(texts, at_b, start_year=2024).paths[0].path)[0] == "basic-b"


def test_an_agreement_that_runs_is_not_called_new() -> None:
    plan = planned(["basic-e"], round_aco(), first_agreement_year=2)
    assert plan.assumed == (
        "the agreement goes on from its year 2 in 2025, the year after the stated one",
    )
    assert planned(["basic-e"]).assumed[0].startswith("a new agreement from 2025")


def test_standard_paths_take_the_terms_of_each_year() -> None:
    """Track 2 had other terms up to 2015: those of an id of its own in the catalogue."""
    path = path_of("track-1-then-2", start_year=2012)
    assert ids(path) == [*["track-1"] * 3, "track-2-2012", *["track-2"] * 2]
    plan = planned(["track-1-then-2"], start_year=2012)
    assert not any("does not cover" in note for note in plan.notes())
    assert plan.asked.agreement.paths == ("track-1-then-2",)
    # What is stated by its id stays as stated, and a note says that it is of other years.
    stated = planned(["3xtrack-1/3xtrack-2"], start_year=2012)
    assert ids(stated.paths[0].path)[3:] == ["track-2"] * 3
    assert "track-2: does not cover performance year 2015; the terms of 2016 apply." in (
        stated.notes()
    )


def test_a_programme_names_its_contracts() -> None:
    with pytest.raises(
        sim.UserError, match=r"its contracts are reach-global, reach-professional\."
    ):
        planned(["reach"])


def test_a_run_finds_a_path_by_any_text_of_it() -> None:
    run = silent_run(round_aco(contract="basic-b"), ["glide-path", "2xbasic-b,basic-e"])
    assert run["glide-path"] is run["glide-path-from-basic-b"]
    assert run["basic-b, basic-b, basic-e"] is run["2xbasic-b,basic-e"]
    with pytest.raises(sim.UserError, match="not in this run"):
        run["enhanced"]


@pytest.mark.parametrize("start_year", [2012, 2018])
def test_agreements_before_2019_have_three_years(start_year: int) -> None:
    path = path_of("track-3", start_year=start_year)
    assert len(path.years) == 3
    assert len(path_of("track-3", start_year=start_year, **{"agreement.years": 4}).years) == 4


@pytest.mark.parametrize(("months", "part"), [(18, 0.5), (21, 0.75)])
def test_long_first_years_end_with_2013(months: int, part: float) -> None:
    path = path_of("track-1", start_year=2012, months=months)
    assert [(y.year, y.months) for y in path.years] == [(2013, months), (2014, 12), (2015, 12)]
    assert path.years[0].calendar == ((0, part), (1, 1.0))
    # The agreement lasts 3 years and 6 months, or 3 years and 9 months (42 CFR 425.200).
    assert path.years[-1].ends_at == 3.0 + part
    assert path.calendar_years == 4


def test_july_2019_starters_have_six_performance_years() -> None:
    path = path_of("basic-e", start_year=2019, months=6)
    assert [(y.year, y.months) for y in path.years] == [
        (2019, 6),
        *((y, 12) for y in range(2020, 2025)),
    ]
    assert path.years[-1].ends_at == 5.5


def test_both_halves_of_2019_are_settled_on_the_same_year() -> None:
    path = path_of("4xtrack-1 / 3xbasic-b", start_year=2016, months=[12, 12, 12, 6, 6])
    halves = [year for year in path.years if year.year == 2019]
    assert [(y.agreement, y.months, y.calendar) for y in halves] == [
        (0, 6, ((3, 1.0),)),
        (1, 6, ((3, 1.0),)),
    ]
    # The base years of the second agreement are those before 2019.
    assert path.starts == (0, 3, 6)


def test_every_standard_path_is_one_of_known_contracts() -> None:
    for name in agreement_rules().standard_paths:
        path = path_of(name, start_year=2016)
        assert {load_contract(i).id for i in ids(path)} == set(ids(path))


@pytest.mark.parametrize(
    ("paths", "stated", "message"),
    [
        (["enhnced"], {}, "Did you mean enhanced"),
        (["glide-pth"], {}, "Did you mean glide-path"),
        (["glide-path-from-basic-x"], {}, "no such level.*Did you mean basic-"),
        (["basic-a,,basic-b"], {}, "a contract id is missing"),
        (["0xbasic-a"], {}, "1 to 20 years"),
        (["enhanced", "enhanced"], {}, "named twice"),
        (["enhanced"], {"months": [18]}, "only the first performance year"),
        (["enhanced"], {"months": [12, 21], "start_year": 2012}, "only the first performance year"),
        (["enhanced"], {"months": [6]}, "only 2019"),
        (["basic-a,basic-b"], {"months": [12] * 3}, "3 values for a path of 2"),
        (["2xtrack-1 / 3xtrack-2"], {}, "3 base years"),
        (["enhanced"], {"interim_payment": True}, "18 or 21 months"),
        (["enhanced"], {"quality_phase_in": True}, "2012 to 2014"),
        (["enhanced"], {"termination_months": 3}, "state termination"),
        (["enhanced"], {"termination": "voluntary"}, "termination_year = left out"),
        (["enhanced"], {"termination": "voluntary", "termination_year": 2031}, "2025 to 2029"),
        (["enhanced"], {"years": 5_000_000, "agreement.years": 16}, "GB of memory"),
        (["3xbasic-a,20xbasic-e"], {}, "ends in 2047"),
    ],
)
def test_refusals(paths: list[str], stated: dict[str, object], message: str) -> None:
    with pytest.raises(sim.UserError, match=message):
        planned(paths, mixed_aco(), **stated)


def test_the_default_growth_is_that_of_published_benchmarks() -> None:
    per_capita = []
    for year in (2014, 2024):
        rows = published_results(year).rows
        per_capita.append(sum(r.benchmark for r in rows) / sum(r.person_years for r in rows))
    growth = (per_capita[1] / per_capita[0]) ** (1 / 10) - 1
    assert sim.Scenario(aco=round_aco()).agreement.benchmark_update == (round(growth, 2),)


@pytest.mark.parametrize("texts", [["default"], ["2xbasic-e", "basic-e"], ["track-1-then-2"]])
def test_what_was_asked_gives_the_same_plan_again(texts: list[str]) -> None:
    plan = planned(texts, round_aco(contract="basic-c"))
    again = agreement_plan(plan.asked)
    assert [p.path for p in again.paths] == [p.path for p in plan.paths]
    assert (again.growth, again.scenario.run.years) == (plan.growth, plan.scenario.run.years)
