"""The shipped files against counts and totals known from outside."""

from __future__ import annotations

import gzip
import hashlib
import re
from pathlib import Path

import pytest

import simulate.data
from simulate.data import history, published_results, published_years, result

ROWS = {
    2013: 220,
    2014: 333,
    2015: 392,
    2016: 432,
    2017: 472,
    2018: 548,
    2019: 475,
    2020: 513,
    2021: 475,
    2024: 476,
}
FOLDER = Path(simulate.data.__file__).parent

# 42 CFR 425.604(b): assigned beneficiaries at both ends of a bracket, MSR in percent there.
SIZE_TABLE = (
    (500, 999, 12.2, 8.7),
    (1_000, 2_999, 8.7, 5.0),
    (3_000, 4_999, 5.0, 3.9),
    (5_000, 5_999, 3.9, 3.6),
    (6_000, 6_999, 3.6, 3.4),
    (7_000, 7_999, 3.4, 3.2),
    (8_000, 8_999, 3.2, 3.1),
    (9_000, 9_999, 3.1, 3.0),
    (10_000, 14_999, 3.0, 2.7),
    (15_000, 19_999, 2.7, 2.5),
    (20_000, 49_999, 2.5, 2.2),
    (50_000, 59_999, 2.2, 2.0),
    (60_000, 10**9, 2.0, 2.0),
)


def all_rows():
    return [row for year in published_years() for row in published_results(year).rows]


def test_every_year_has_as_many_rows_as_cms_published():
    assert {year: len(published_results(year).rows) for year in published_years()} == ROWS
    assert {row.performance_year for row in published_results(2019).rows} == {2019}


def test_no_row_of_a_shipped_file_is_lost():
    lines = sum(
        gzip.decompress(path.read_bytes()).count(b"\n") - 1
        for path in (FOLDER / "published_results").iterdir()
    )
    assert lines == len(all_rows()) == 4336
    assert len({(row.aco_id, row.performance_year) for row in all_rows()}) == 4336


def test_totals_of_2024_are_those_that_cms_announced():
    rows = published_results(2024).rows
    earned = [row.earned_savings_or_losses for row in rows]
    assert sum(value > 0 for value in earned) == 359
    assert sum(value for value in earned if value > 0) == pytest.approx(4_124.2e6, abs=0.05e6)
    assert sum(value < 0 for value in earned) == 16
    assert sum(value for value in earned if value < 0) == -19_966_437
    assert sum(row.guardrail is True for row in rows) == 9
    assert sum(row.reduced_shared_savings is True for row in rows) == 13
    assert sum(row.revenue_category == "low" for row in rows) == 274
    assert sum(row.two_sided is True for row in rows) == 319


def test_one_row_of_2024_in_canonical_units():
    row = result("a1001", 2024)
    assert row == result(" A1001 ")
    assert row.aco_name == "PBACO Holding, LLC"
    assert row.contract == "enhanced"
    assert row.assigned_beneficiaries == 116_175
    assert row.benchmark == 1_650_927_172
    assert row.expenditure == 1_504_130_805
    assert row.savings_rate == pytest.approx(146_796_367 / 1_650_927_172, abs=1e-15)
    assert row.savings_rate_printed == 0.0889
    assert row.minimum_savings_rate == row.minimum_loss_rate == 0.02
    assert row.quality_score == 0.7705
    assert row.final_sharing_rate == 0.75
    assert row.final_loss_rate == 0.4221
    assert row.person_years_by_type.aged_non_dual == 104_332
    assert row.extra["Met_40pctl"] == "1"
    assert row.half_unit["assigned_beneficiaries"] == 0.5
    assert row.half_unit["minimum_savings_rate"] == pytest.approx(0.00005)
    assert row.half_unit["person_years_by_type.esrd"] == 0.5


@pytest.mark.parametrize(
    ("year", "contracts"),
    [
        (2013, {"track-1": 215, "track-2-2012": 5}),
        (2016, {"track-1": 410, "track-2": 6, "track-3": 16}),
        (2018, {"track-1": 453, "track-2": 7, "track-3": 36, "track-1-plus": 52}),
        (2019, {"track-1": 389, "track-2": 7, "track-3": 32, "track-1-plus": 47}),
        (
            2024,
            {"enhanced": 205, "basic-e": 104, "basic-b": 103, "basic-a": 54}
            | {"basic-c": 5, "basic-d": 5},
        ),
    ],
)
def test_contracts_by_year(year, contracts):
    found = [row.contract for row in published_results(year).rows]
    assert {contract: found.count(contract) for contract in set(found)} == contracts


def test_units_are_found_in_every_year():
    expected = {2013: "fraction", 2014: "percent", 2015: "percent text", 2018: "fraction"}
    expected |= {2020: "fraction", 2021: "percent text", 2024: "percent"}
    for year, unit in expected.items():
        units = {name.lower(): kind for name, kind in published_results(year).units.items()}
        assert units["minsavperc"] == unit, year
    assert published_results(2021).units["QualScore"] == "percent"
    assert published_results(2014).units["FinalShareRate"] == "fraction"


def test_dollar_identities_hold_on_every_row():
    for row in all_rows():
        difference = row.benchmark - row.expenditure
        assert row.benchmark_minus_expenditure == pytest.approx(difference, abs=1.01)
        if row.savings_rate_printed is not None:
            slack = row.half_unit["savings_rate_printed"] * 1.01 + 1.5 / row.benchmark
            assert row.savings_rate_printed == pytest.approx(row.savings_rate, abs=slack)
        if row.updated_benchmark_per_capita is not None:
            annual = row.updated_benchmark_per_capita * row.person_years
            rounding = row.half_unit["updated_benchmark_per_capita"] * row.person_years
            rounding += row.half_unit["person_years"] * row.updated_benchmark_per_capita
            slack = row.period_factor * rounding * 1.02 + 1
            assert row.benchmark == pytest.approx(row.period_factor * annual, abs=slack)
    assert all(not published_results(year).notes for year in published_years())


def test_msr_of_one_sided_rows_is_the_size_table_within_the_printed_digit():
    large = small = 0
    for row in all_rows():
        if row.two_sided or row.assigned_beneficiaries < 500:
            continue
        people = row.assigned_beneficiaries
        low, high, first, last = next(line for line in SIZE_TABLE if line[0] <= people <= line[1])
        expected = (first * (high - people) + last * (people - low)) / (high - low) / 100
        # A tenth more than half a digit: spreadsheets round what was rounded before.
        slack = row.half_unit["minimum_savings_rate"] * 1.1 + 1e-13
        assert row.minimum_savings_rate == pytest.approx(expected, abs=slack), row.aco_id
        large += people >= 5_000
        small += people < 5_000
    assert (large, small) == (3_252, 126)


def test_loss_rate_of_enhanced_follows_the_quality_score():
    rows = [row for row in published_results(2024).rows if row.contract == "enhanced"]
    assert len(rows) == 205
    for row in rows:
        expected = min(max(1 - 0.75 * row.quality_score, 0.40), 0.75)
        assert row.final_loss_rate == pytest.approx(expected, abs=0.00005 * 1.01)


def test_advance_payments_are_recouped_from_savings_up_to_the_balance():
    rows = [row for row in published_results(2024).rows if row.aip]
    assert len(rows) == 19
    for row in rows:
        due = min(max(row.earned_savings_or_losses, 0), row.aip_balance)
        assert row.aip_recoup == pytest.approx(due, abs=1)


def test_months_covered_come_from_the_dollars():
    months = {year: [row.months_covered for row in published_results(year).rows] for year in ROWS}
    assert [months[2013].count(count) for count in (12, 18, 21)] == [106, 87, 27]
    assert [months[2019].count(count) for count in (6, 12)] == [166, 309]
    assert all(set(found) == {12} for year, found in months.items() if year not in (2013, 2019))
    halved = next(row for row in published_results(2019).rows if row.months_covered == 6)
    assert halved.period_factor == 0.5


def test_losses_of_2013_are_negative_earnings():
    owed = [r for r in published_results(2013).rows if (r.earned_savings_or_losses or 0) < 0]
    assert [row.earned_savings_or_losses for row in owed] == [-3_986_552.12]
    assert owed[0].two_sided
    assert owed[0].minimum_loss_rate == 0.02
    assert owed[0].half_unit["earned_savings_or_losses"] == pytest.approx(0.005)


def test_reporting_only_is_kept_apart_from_a_missing_score():
    rows = [row for year in (2014, 2015) for row in published_results(year).rows]
    assert sum(row.quality_reporting_only for row in rows) == 208
    assert all(row.quality_score is None for row in rows if row.quality_reporting_only)


def test_suppressed_cells_are_missing():
    rows = published_results(2024).rows
    assert sum(row.person_years_by_type.esrd is None for row in rows) == 43
    assert all(
        "person_years_by_type.esrd" not in r.half_unit
        for r in rows
        if r.person_years_by_type.esrd is None
    )


def test_precision_is_not_taken_from_dropped_zeros_or_program_noise():
    rows = published_results(2013).rows
    assert {row.half_unit["quality_score"] for row in rows} == {0.00005}
    first = next(row for row in rows if row.benchmark == 613_084_880.4)
    assert first.half_unit["benchmark"] == pytest.approx(0.05)
    rows = published_results(2019).rows
    assert {row.half_unit["quality_score"] for row in rows} == {0.00005}
    assert {row.half_unit["final_sharing_rate"] for row in rows} == {0.005}
    assert {row.half_unit["benchmark"] for row in rows} == {0.5}


def test_history_is_oldest_first_and_ends_where_ids_changed():
    assert [row.performance_year for row in history("a1001")] == [2018, 2019, 2020, 2021, 2024]
    assert [row.performance_year for row in history("A84830")] == [2013, 2014]


def test_provenance_states_the_hash_of_every_shipped_file():
    page = (FOLDER / "PROVENANCE.md").read_text()
    files = sorted((FOLDER / "published_results").iterdir())
    assert len(files) == 9
    for path in files:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        assert re.search(rf"\| {re.escape(path.name)} \|.*{digest}", page), path.name
