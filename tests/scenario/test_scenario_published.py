"""ACOs built from CMS's published results, every row of every shipped year."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simulate.data import PublishedResult, published_results, published_years, result
from simulate.data.published_result import ByEnrollmentType
from simulate.errors import UserError
from simulate.scenario.aco import ACO


@pytest.mark.parametrize("year", published_years())
def test_every_row_becomes_an_aco(year: int) -> None:
    for row in published_results(year).rows:
        aco = ACO.from_row(row)
        annual = row.benchmark * 12 / (row.months_covered or 12)
        assert aco.benchmark == pytest.approx(annual, rel=1e-12)
        assert aco.assigned_beneficiaries == row.assigned_beneficiaries
        assert aco.savings_rate == row.savings_rate
        assert aco.contract == row.contract
        assert 0.0 < sum(aco.person_years.in_order()) <= row.assigned_beneficiaries + 2.0
        assert aco.spend_per_capita is not None
        ratios = [
            benchmark / spend
            for benchmark, spend in zip(
                aco.benchmark_per_capita.in_order(), aco.spend_per_capita.in_order(), strict=True
            )
        ]
        assert max(ratios) == pytest.approx(min(ratios), rel=1e-12)
        assert len(set(aco.notes)) == len(aco.notes)
        _check_fallbacks(row, aco)


def _check_fallbacks(row: PublishedResult, aco: ACO) -> None:
    """A cell is either the published one or named in a note."""
    notes = " ".join(aco.notes)
    assert aco.spend_per_capita is not None
    for published, used, named in (
        (row.person_years_by_type, aco.person_years.in_order(), "Person-years not published"),
        (row.per_capita_by_type, aco.spend_per_capita.in_order(), "Per-capita expenditure not"),
    ):
        suppressed = published is None or None in published
        unused = named.startswith("Per") and published is not None and 0.0 in published
        assert (named in notes) == (suppressed or (unused and "Per-capita" in named))
        if published is not None and "exceed the assigned" not in notes:
            for cell, value in zip(published, used, strict=True):
                assert not cell or cell == value
    months = row.months_covered or 12
    assert (f"cover {months} months" in notes) == (months != 12)
    if row.quality_reporting_only or row.quality_score is None:
        assert aco.quality_score == 1.0
        assert "a score of 1" in notes
    else:
        assert aco.quality_score == row.quality_score


def test_all_years_together_are_4336_rows() -> None:
    assert sum(len(published_results(year).rows) for year in published_years()) == 4_336


def test_the_example_of_the_readme() -> None:
    aco = ACO.from_published_results("A1001")
    assert (aco.id, aco.performance_year, aco.contract) == ("A1001", 2024, "enhanced")
    assert aco.assigned_beneficiaries == 116_175
    assert aco.person_years.in_order() == (400.0, 5_088.0, 4_147.0, 104_332.0)
    assert aco.quality_score == 0.7705
    assert aco.revenue_category == "low"
    assert aco.published_msr == 0.02
    assert aco.notes == ()
    assert ACO.from_published_results(" a1001 ", 2024) == aco
    assert ACO.from_published_results("A1001", 2018).performance_year == 2018


def test_half_years_are_put_on_a_year() -> None:
    row, aco = result("A1001", 2019), ACO.from_published_results("A1001", 2019)
    assert row.months_covered == 6
    assert aco.benchmark == pytest.approx(2 * row.benchmark)
    assert aco.notes == ("The published dollars cover 6 months; they are put on a year of 12.",)


def test_suppressed_person_years_take_the_rest() -> None:
    row = result("A1001", 2024)
    one = ACO.from_row(
        replace(row, person_years_by_type=ByEnrollmentType(None, 5088, 4147, 104332))
    )
    assert one.person_years.esrd == pytest.approx(row.person_years - 5088 - 4147 - 104332)
    assert "Person-years not published for ESRD: the rest of the total (400) is used." in one.notes
    none = ACO.from_row(replace(row, person_years_by_type=None))
    assert sum(none.person_years.in_order()) == pytest.approx(row.person_years)
    assert "ESRD, disabled, aged/dual, aged/non-dual: the rest, in the mix" in none.notes[0]
    assert none.person_years.aged_non_dual > none.person_years.disabled > none.person_years.esrd
    for aco in (one, none):
        assert aco.benchmark == pytest.approx(row.benchmark)


def test_suppressed_spending_takes_the_national_figure_at_the_acos_level() -> None:
    row = result("A1001", 2024)
    assert row.per_capita_by_type is not None
    cut = row.per_capita_by_type._replace(esrd=None)
    aco = ACO.from_row(replace(row, per_capita_by_type=cut))
    assert aco.spend_per_capita is not None
    assert 50_000 < aco.spend_per_capita.esrd < 150_000
    assert aco.spend_per_capita.disabled == cut.disabled
    assert aco.notes[0].startswith("Per-capita expenditure not published for ESRD: the national")
    assert aco.benchmark == pytest.approx(row.benchmark)
    nothing = ACO.from_row(replace(row, per_capita_by_type=None))
    assert nothing.benchmark == pytest.approx(row.benchmark)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"quality_score": None}, (1.0, "met")),
        ({"quality_reporting_only": True}, (1.0, "met")),
        ({"quality_score": 0.0}, (0.0, "failed")),
        ({"met_quality_standard": False, "met_alternative_standard": False}, (0.7705, "failed")),
        (
            {"met_quality_standard": False, "met_alternative_standard": True},
            (0.7705, "alternative"),
        ),
        ({"met_quality_standard": None, "met_alternative_standard": None}, (0.7705, "met")),
    ],
)
def test_quality(changes: dict[str, object], expected: tuple[float, str]) -> None:
    aco = ACO.from_row(replace(result("A1001", 2024), **changes))
    assert (aco.quality_score, aco.quality_standard) == expected


def test_a_one_sided_msr_is_no_choice() -> None:
    row = replace(result("A1001", 2024), two_sided=False)
    assert ACO.from_row(row).published_msr is None


def test_person_years_beyond_the_beneficiaries_are_brought_down() -> None:
    row = replace(result("A1001", 2024), assigned_beneficiaries=100_000)
    aco = ACO.from_row(row)
    assert sum(aco.person_years.in_order()) == pytest.approx(97_900)
    assert "exceed the assigned beneficiaries" in aco.notes[0]
    assert aco.benchmark == pytest.approx(row.benchmark)


def test_unknown_ids_and_years() -> None:
    with pytest.raises(UserError, match=r"A100 .*Did you mean"):
        ACO.from_published_results("A100")
    with pytest.raises(UserError, match="does not ship"):
        ACO.from_published_results("A1001", 2022)
