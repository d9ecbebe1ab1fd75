"""What an ACO may not enter, and what payments in advance are not for it, by what is known."""

from __future__ import annotations

import re

import pytest
from agreement_cases import planned, round_aco

import simulate as sim
from simulate.agreement.eligibility import advance_not_for_this_aco, standing_of
from simulate.agreement.finance.notes import finance_notes
from simulate.agreement.plan import agreement_plan
from simulate.agreement.run import stated_for_agreement
from simulate.contracts.contract import contract_ids, load_contract
from simulate.data import published_results
from simulate.scenario.scenario import Scenario


def standing(aco: sim.ACO, start_year: int = 2025, **stated):
    return standing_of(stated_for_agreement(aco, stated), start_year)


def said(aco: sim.ACO, path: str, **stated) -> list[str]:
    return list(agreement_plan(stated_for_agreement(aco, stated), [path]).paths[0].broken)


# --- what is known ---------------------------------------------------------------------


def test_the_half_year_of_2019_is_not_counted() -> None:
    """A1006 in CMS's files: Track 1 to June 2019, from July in a new agreement, Level B in 2020."""
    found = standing(sim.ACO.from_published_results("A1006", 2021), 2022)
    assert found.contracts[2020] == found.contracts[2021] == "basic-b"
    assert found.one_sided == (2020, 2021)


def test_the_record_of_a_published_aco() -> None:
    """A4803 in CMS's files: Level B in 2020, 2021 and 2024, all of one agreement from 2020."""
    found = standing(sim.ACO.from_published_results("A4803"))
    assert found.contracts == {2020: "basic-b", 2021: "basic-b", 2024: "basic-b"}
    # Levels only rise within an agreement: it was in Level B, or below it, in 2022 and 2023, too.
    assert found.one_sided == (2020, 2021, 2022, 2023, 2024)
    assert (found.two_sided, found.revenue, found.began) == ({}, "high", 2025)
    earlier = standing(sim.ACO.from_published_results("A4803"), 2021)
    assert earlier.contracts == {2020: "basic-b"}


def test_every_published_two_sided_year_is_one_of_a_two_sided_contract() -> None:
    # What CMS prints as Risk_Model agrees with the terms in the catalogue, row by row.
    for year in (2018, 2021, 2024):
        for row in published_results(year).rows:
            if row.contract in contract_ids():
                assert load_contract(row.contract).two_sided == row.two_sided


def test_an_aco_of_ones_own_is_known_by_what_is_stated() -> None:
    assert standing(round_aco()).contracts == {}
    found = standing(round_aco(contract="basic-b", agreement_year=3))
    assert found.contracts == {2024: "basic-b"}
    assert found.one_sided == (2022, 2023, 2024)
    assert standing(round_aco(contract="enhanced")).two_sided == {2024: "enhanced"}
    running = standing(round_aco(contract="basic-c", agreement_year=3), first_agreement_year=4)
    assert (running.began, running.contracts, running.level_before) == (2022, {}, "basic-c")


# --- what it may not enter -------------------------------------------------------------


@pytest.mark.parametrize(
    ("stated", "path", "start_year", "refused"),
    [
        ({"contract": "basic-c"}, "5xbasic-c", 2025, "basic-c in 2024.*basic-e or enhanced"),
        ({"contract": "basic-c"}, "glide-path", 2025, None),  # it begins where it may
        ({"contract": "enhanced"}, "5xbasic-a", 2025, "enhanced in 2024.*basic-e or enhanced"),
        ({"contract": "enhanced"}, "basic-e", 2025, None),
        ({"contract": "basic-e"}, "enhanced", 2025, None),
        # Levels A and B are one-sided, and whether participants are experienced is not known.
        ({"contract": "basic-b"}, "glide-path-from-basic-a", 2025, None),
        ({}, "glide-path", 2025, None),
        # Until 2023 high revenue ACOs with experience had ENHANCED alone.
        ({"contract": "track-3", "revenue_category": "high"}, "basic-e", 2019, "enhanced only"),
        ({"contract": "track-3", "revenue_category": "low"}, "basic-e", 2019, None),
        ({"contract": "track-3"}, "basic-e", 2019, None),
        ({"contract": "track-1-plus", "revenue_category": "high"}, "basic-e", 2019, None),
        ({"contract": "track-3", "revenue_category": "high"}, "basic-e", 2024, None),
        # Before there was such a rule, and under contracts that it is not about.
        ({"contract": "track-2"}, "track-3", 2018, None),
        ({"contract": "track-2"}, "reach-global", 2021, None),
    ],
)
def test_what_experience_with_risk_leaves_open(stated, path, start_year, refused) -> None:
    aco = round_aco(performance_year=start_year - 1, **stated)
    found = [one for one in said(aco, path) if "experienced" in one]
    assert len(found) == (refused is not None)
    for sentence in found:
        assert sentence.endswith("settled as stated.")
        assert "42 CFR 425.600" in sentence
        assert "unconfirmed" in sentence
        assert re.search(refused, sentence)


def test_an_agreement_that_runs_was_entered_before() -> None:
    aco = round_aco(contract="basic-c", agreement_year=3)
    assert said(aco, "glide-path-from-basic-d", first_agreement_year=4) == []
    down = said(aco, "glide-path-from-basic-b", first_agreement_year=4)
    assert len(down) == 1
    assert "goes down from basic-c to basic-b within an agreement" in down[0]


def test_one_sided_years_that_are_known_count() -> None:
    aco = sim.ACO.from_published_results("A4803")
    assert said(aco, "2xbasic-b,3xbasic-e") == []  # 5 and 2 are 7
    (found,) = said(aco, "3xbasic-b,2xbasic-e")
    assert "8 one-sided performance years, 5 of them before (up to 2024)" in found
    assert "allows 7" in found
    # What is stated stands in the place of the record.
    assert said(aco, "3xbasic-b,2xbasic-e", one_sided_years_before=4) == []
    (found,) = said(aco, "2xbasic-b,3xbasic-e", one_sided_years_before=6)
    assert "8 one-sided performance years, but" in found


def test_a_path_without_one_sided_years_breaks_no_limit_on_them() -> None:
    assert said(sim.ACO.from_published_results("A4803"), "enhanced", one_sided_years_before=9) == []


@pytest.mark.parametrize(
    ("path", "start_year", "before", "counted"),
    [
        # Two one-sided years, but those for which levels were frozen (2021, 2022) do not count,
        ("3xbasic-a,2xbasic-e", 2020, 0, None),
        ("basic-a,2xbasic-b,2xbasic-e", 2019, 0, None),
        ("basic-a,basic-e", 2020, 2, 3),
        # and from 2023 an ACO may stay in A or B, so that seven may be one-sided.
        ("5xbasic-b", 2021, 0, None),
        ("5xbasic-b", 2021, 3, 8),
    ],
)
def test_one_sided_years_of_agreements_from_2019(path, start_year, before, counted) -> None:
    found = said(round_aco(), path, start_year=start_year, one_sided_years_before=before)
    assert [f"{counted} one-sided performance years, but" in one for one in found] == (
        [] if counted is None else [True]
    )


@pytest.mark.parametrize(("revenue", "count"), [("low", 0), ("high", 1), ("unknown", 0)])
def test_primary_care_flex_is_for_low_revenue_acos(revenue: str, count: int) -> None:
    found = said(round_aco(revenue_category=revenue), "pc-flex")
    assert len(found) == count
    assert all(one.startswith("pc-flex is for low revenue ACOs") for one in found)


# --- payments in advance ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("advance", "stated", "first", "reasons"),
    [
        ("aip", {}, "basic-a", None),
        ("aip", {"revenue_category": "high"}, "basic-a", "is high revenue;"),
        ("aip", {"contract": "basic-b"}, "basic-a", "was in the programme before (2024);"),
        ("aip", {}, "enhanced", "is not on it under enhanced;"),
        (
            "aip",
            {"revenue_category": "high", "contract": "enhanced"},
            "basic-a",
            "is high revenue, was in the programme before (2024) and bore risk (enhanced in 2024);",
        ),
        ("pc-flex", {"revenue_category": "low"}, "enhanced", None),
        ("pc-flex", {"revenue_category": "high"}, "basic-e", "is high revenue;"),
        ("prepaid", {"contract": "basic-e"}, "basic-e", None),
        ("none", {"revenue_category": "high"}, "basic-a", None),
    ],
)
def test_whom_payments_in_advance_are_for(advance, stated, first, reasons) -> None:
    found = advance_not_for_this_aco(advance, standing(round_aco(**stated)), [first])
    assert bool(found) == (reasons is not None)
    assert f"this one {reasons or ''}" in found or not found


def test_flex_begins_with_2025() -> None:
    late = standing(round_aco(), 2026)
    assert "has one from 2026" in advance_not_for_this_aco("pc-flex", late, ["basic-a"])
    running = standing(round_aco(), 2026, first_agreement_year=2)
    assert advance_not_for_this_aco("pc-flex", running, ["basic-a"]) == ""


def test_prepaid_shared_savings_are_for_those_that_earned() -> None:
    rows = published_results(2024).rows
    earned = {bool(row.earned_savings_or_losses > 0.0): row.aco_id for row in rows}
    for had_savings, aco_id in earned.items():
        known = standing(sim.ACO.from_published_results(aco_id), 2026)
        found = advance_not_for_this_aco("prepaid", known, ["enhanced"])
        assert ("earned none in 2024" in found) is not had_savings


def test_the_finances_say_it_with_their_paragraph() -> None:
    aco = sim.ACO.from_published_results("A4803")
    plan = planned(["enhanced"], aco, advance="aip")
    (note,) = [one for one in finance_notes(plan) if one.startswith("advance = aip")]
    assert "(42 CFR 425.630(b), unconfirmed)" in note
    assert "was in the programme before (2020 to 2024)" in note
    assert isinstance(plan.asked, Scenario)
