"""The workbook of an agreement: what its sheets say, its live sums, and how it is written."""

from __future__ import annotations

import io
import tomllib
import zipfile
from dataclasses import fields
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from agreement_cases import mixed_aco, noisy_run, round_aco, silent_run

import simulate as sim
from simulate.agreement.finance.costs import CostMeasures
from simulate.agreement.finance.finances import AdvanceMeasures, Finances, FinanceView
from simulate.agreement.finance.reinsurance import CoverMeasures, Tail
from simulate.measures.agreement import CumulativeMeasures
from simulate.measures.bottom_line import BottomLineMeasures
from simulate.measures.estimate import Estimate
from simulate.report.agreement_words import agreement_answer, paths_phrase
from simulate.report.html.tables import MEASURES
from simulate.report.workbook.agreement import (
    AgreementContent,
    render_agreement_workbook,
    write_agreement_workbook,
)
from simulate.report.workbook.agreement.content import (
    DOLLARS,
    Figure,
    figure_cells,
    figures_of,
    kind_of,
    title_of,
)

COMMAND = "simulate run --agreement"
FINANCE = {
    "advance": "aip",
    "opening_cash": 2e5,
    "operating_cost": 3e5,
    "aggregate_attachment": 0.005,
    "aggregate_limit": 0.02,
}
#: Parts of the finances that the sheets Finance and Cash by quarter show; `line` is measured.
SHOWN_FINANCES = {"bottom_line", "costs", "repayment", "covers", "advance", "primary_care", "cash",
                  "line"}  # fmt: skip


@pytest.fixture(scope="module")
def run() -> sim.AgreementRun:
    aco = mixed_aco(name="=Tom & Jerry ACO", revenue_category="low")
    return noisy_run(["glide-path", "2xtrack-2,track-3"], aco, true_savings_sd=0.06, **FINANCE)


@pytest.fixture(scope="module")
def finances(run: sim.AgreementRun) -> Finances:
    return run.finances()


@pytest.fixture(scope="module")
def raw(run: sim.AgreementRun, finances: Finances) -> bytes:
    comparison = sim.compare_paths(run, *run.paths)
    return render_agreement_workbook(AgreementContent(run, comparison, finances, COMMAND))


@pytest.fixture(scope="module")
def book(raw: bytes) -> Any:
    return _opened(raw)


def _opened(raw: bytes, values: bool = True) -> Any:
    return openpyxl.load_workbook(io.BytesIO(raw), data_only=values)


def _rows(page: Any) -> list[tuple[Any, ...]]:
    return list(page.iter_rows(values_only=True))


def _text(page: Any) -> str:
    return "\n".join(str(cell) for row in _rows(page) for cell in row if cell)


def _below(page: Any, first: str) -> dict[Any, tuple[Any, ...]]:
    """Return the rows below the header whose first cell is `first`, by their first cell."""
    rows = _rows(page)
    start = next(n for n, row in enumerate(rows) if row[0] == first)
    return {row[0]: row for row in rows[start + 1 :]}


def _is(cell: Any, number: float) -> bool:
    return (cell or 0.0) == pytest.approx(number, rel=1e-14, abs=1e-14)


# --- what the sheets say -----------------------------------------------------------------


def test_the_summary_answers_and_leads_to_every_sheet(book: Any, run: sim.AgreementRun) -> None:
    said = _text(book["Summary"])
    for label in run.paths:
        assert agreement_answer(run, label) in said
    for expected in (COMMAND, paths_phrase(run), sim.__version__, *run.plan.notes()):
        assert expected in said
    cells = (cell for row in book["Summary"].iter_rows() for cell in row if cell.hyperlink)
    links = {cell.hyperlink.location for cell in cells}
    assert links == {f"'{name}'!A1" for name in book.sheetnames if name != "Summary"}
    assert book["Summary"]["A1"].data_type == "s"


def test_every_measure_of_every_year_is_a_number_with_its_error(
    book: Any, run: sim.AgreementRun
) -> None:
    rows = [row for row in _rows(book["All measures"]) if row[0] in run.paths]
    wanted = [
        (label, str(year.year), year.contract_id, title, result, place, name)
        for label, result in run.paths.items()
        for place, year in enumerate(result.planned.path.years)
        for name, title, _ in MEASURES
    ]
    assert len(rows) == len(wanted) == 8 * len(MEASURES)
    for row, (*texts, result, place, name) in zip(rows, wanted, strict=True):
        assert list(row[:4]) == texts
        for column, view in ((5, result.assumed), (7, result.chance_alone)):
            estimate = getattr(view.measures.by_year[place], name)
            assert _is(row[column], estimate.value)
            assert _is(row[column + 1], estimate.standard_error)


def test_all_years_have_every_cumulative_measure(book: Any, run: sim.AgreementRun) -> None:
    rows = _below(book["All years"], "Measure")
    for field in fields(CumulativeMeasures):
        row = rows[title_of(field.name)]
        assert row[1] == kind_of(field.name)
        views = [v for r in run.paths.values() for v in (r.assumed, r.chance_alone)]
        for place, view in enumerate(views):
            estimate = getattr(view.measures.cumulative, field.name)
            if estimate is not None:
                assert _is(row[2 + 2 * place], estimate.value)
                assert _is(row[3 + 2 * place], estimate.standard_error)
    assert "Correlation of savings rates, performance years 4 and 5" in rows
    assert "Benchmark of agreement 2: change" in rows


def test_the_comparison_has_both_sides_and_the_paired_difference(
    book: Any, run: sim.AgreementRun
) -> None:
    page = book["Comparison"]
    first, second = run.paths
    paired = sim.compare_paths(run, first, second)
    assert page["A1"].value == f"{first} against {second}"
    rows = [row for row in _rows(page) if row[0] == "Net present value, mean"]
    left = [row for row in _rows(page) if row[0] == "Present value, mean"]
    assert paired.after_costs is not None
    by_view = paired.after_costs.assumed, paired.after_costs.chance_alone
    for row, difference in zip(left, by_view, strict=True):
        assert _is(row[6], difference.differences["expected_present_value"].value)
        assert row[2] - row[4] == pytest.approx(row[6])
    for row, difference in zip(rows, (paired.assumed, paired.chance_alone), strict=True):
        assert _is(row[6], difference.differences["net_present_value"].value)
        assert _is(row[7], difference.differences["net_present_value"].standard_error)
        assert row[2] - row[4] == pytest.approx(row[6])


def test_finances_are_there_figure_by_figure(book: Any, finances: Finances) -> None:
    rows = _below(book["Finance"], "Measure")
    views = [v for path in finances.paths.values() for v in (path.assumed, path.chance_alone)]
    assert {field.name for field in fields(FinanceView)} == SHOWN_FINANCES, "a part has no sheet"
    parts = (("bottom_line", BottomLineMeasures), ("costs", CostMeasures),
             ("advance", AdvanceMeasures))  # fmt: skip
    for name, kind in parts:
        for field in fields(kind):
            # Costs and what is left after everything both say how likely costs are covered.
            same = [row for row in _rows(book["Finance"]) if row[0] == title_of(field.name)]
            for place, view in enumerate(views):
                value = getattr(getattr(view, name), field.name)
                shown = value.value if isinstance(value, Estimate) else value
                assert shown is None or any(_is(row[2 + 2 * place], shown) for row in same)
    assert _is(rows["Amount that covers 99 % of paths"][2], views[0].repayment.covers_99.value)
    share = rows["Is ahead for good, opening cash aside"]
    assert _is(share[2], views[0].cash.probability_of_breaking_even.value)
    time, ahead = views[0].cash.time_to_break_even_p50, "Half of the simulated paths are ahead for"
    shown = next(row for name, row in rows.items() if str(name).startswith(ahead))
    assert shown[2] is None if time is None else _is(shown[2], time.value)
    tail = rows["Left with it, after the premium, mean of the worst twentieth"]
    assert _is(tail[2], views[0].covers["aggregate"].after_premium.worst_twentieth.value)


def test_cash_by_quarter(book: Any, finances: Finances) -> None:
    rows = _rows(book["Cash by quarter"])
    for path in finances.paths.values():
        start = next(n for n, row in enumerate(rows) if row[0] == "Quarter")
        header, *table = rows[start : start + 1 + len(path.terms.quarters.labels)]
        rows = rows[start + len(table) :]
        for row, label, quarter in zip(
            table, path.terms.quarters.labels, path.assumed.cash.quarters, strict=True
        ):
            assert row[0] == label
            assert _is(row[header.index("Cash")], quarter.position.value)
            assert _is(row[header.index("1 in 20 below")], quarter.position_p05.value)
            assert _is(row[header.index("Costs")], quarter.items["costs"].value)


def test_terms_of_each_performance_year(book: Any, run: sim.AgreementRun) -> None:
    rows = [row for row in _rows(book["Terms by year"]) if row[1]]
    header = next(row for row in rows if row[0] == "Year")
    planned = [result.planned for result in run.paths.values()]
    resolved = [one for path in planned for one in path.resolved]
    table = [row for row in rows if row[1] in {one.contract.id for one in resolved}]
    assert len(table) == len(resolved)
    for row, one in zip(table, resolved, strict=True):
        assert row[1] == one.contract.id
        assert row[header.index("Terms of")] == one.performance_year
        assert _is(row[header.index("MSR")], one.terms.msr)
        limit = row[header.index("Loss limit, of benchmark")]
        assert (
            limit == "none" if not one.two_sided else _is(limit, one.terms.loss_limit_of_benchmark)
        )


def test_a_term_that_changes_has_a_row_for_each_value() -> None:
    # Low-revenue caps and the half rate aside, the loss limit of Track 2 rises: 5, 7.5, 10 %.
    run = silent_run(round_aco(), ["track-2", "enhanced"], start_year=2016)
    book = _opened(render_agreement_workbook(AgreementContent(run, None, None, None)))
    rows = [row for row in _rows(book["Contract terms"]) if row[2] == "Loss limit of benchmark"]
    found = {(row[0], row[1]): row[3] for row in rows}
    limits = [one.terms.loss_limit_of_benchmark for one in run["track-2"].planned.resolved]
    assert found == {
        **{("track-2", str(2016 + i)): v for i, v in enumerate(limits) if len(set(limits)) == 3},
        ("enhanced", "2016 to 2018"): 0.15,
    }
    for row in _rows(book["Contract terms"])[3:]:
        assert row[6], row
        assert row[7] in {"confirmed", "unconfirmed"}


def test_inputs_have_every_key(book: Any, run: sim.AgreementRun) -> None:
    rows = {row[0]: row for row in _rows(book["Inputs"])}
    asked = run.plan.asked
    for model in (asked.aco, asked.assumptions, asked.run, asked.agreement, asked.finance):
        for name, field in type(model).model_fields.items():
            keys = [key for key in rows if key == name or str(key).startswith(f"{name}.")]
            assert keys or name == "notes", name
            assert all(
                rows[key][3] == (field.description or None) for key in keys if key != "years"
            )
    assert rows["True savings"][1] == 0.01
    assert rows["discount_rate"][4] == "default"
    assert rows["operating_cost"][4] == "stated"


def test_the_scenario_runs_again(book: Any, run: sim.AgreementRun) -> None:
    lines = [row[0] or "" for row in _rows(book["Scenario"])[2:]]
    stated = sim.Scenario.model_validate(tomllib.loads("\n".join(lines)))
    again = sim.run_agreement(stated)
    assert again.paths == run.paths
    assert "simulate run FILE.toml --agreement" in _text(book["Scenario"])


# --- formulas and charts -----------------------------------------------------------------


def test_live_sums_are_the_same(book: Any, raw: bytes, run: sim.AgreementRun) -> None:
    formulas = _opened(raw, values=False)
    with_formulas = {
        page.title for page in formulas for row in page.iter_rows() for cell in row
        if cell.data_type == "f"
    }  # fmt: skip
    assert with_formulas == {"By year", "Fan", "Cash by quarter"}
    sums = [row for row in _rows(book["By year"]) if row[0] == "Sum of the years"]
    assert len(sums) == 2 * len(run.paths)
    assert all("the same" in row for row in sums)
    cash = [row for row in _rows(book["Cash by quarter"]) if row[0] == "Sum"]
    assert len(cash) == len(run.paths)
    assert all("the same" in row for row in cash)


def test_the_fan_is_drawn_from_the_running_totals(book: Any, raw: bytes, run: Any) -> None:
    rows = [row for row in _rows(book["Fan"]) if row[1] in {"basic-a", "basic-b", "basic-e"}]
    points = run["glide-path"].assumed.measures.running_net
    assert _is(rows[0][2], points[0].p05.value)
    assert _is(rows[0][10], points[0].p95.value)
    assert rows[0][2] + sum(rows[0][-3:]) == pytest.approx(points[0].p95.value)
    with zipfile.ZipFile(io.BytesIO(raw)) as parts:
        charts = [n for n in parts.namelist() if n.startswith("xl/charts/chart")]
        texts = [parts.read(name).decode() for name in charts]
    # A fan and a line of cash for each path.
    assert len(texts) == 2 * len(run.paths)
    assert sum("<c:areaChart>" in text for text in texts) == len(run.paths)


# --- cells -------------------------------------------------------------------------------


def test_figures_in_figures_and_by_year() -> None:
    known = Estimate(1.0, 0.0)
    covered = CoverMeasures((2.0, 3.0), (known,), known, *(Tail(known, known, known, known),) * 3)
    found = figures_of(covered)
    assert found["Premium, performance year 2"] == Figure(DOLLARS, 3.0)
    assert found["Left without it, 5th percentile"] == Figure(DOLLARS, known)
    assert len(found) == 2 + 1 + 1 + 3 * 4 + 1
    assert figure_cells(None) == figure_cells(Figure(DOLLARS, None)) == [(None,), (None,)]
    assert title_of("net_present_value_p05") == "Net present value, 5th percentile"
    assert title_of("net_after_costs_p50") == "Net after costs, median"
    assert [kind_of(name) for name in ("return_on_costs_p05", "time_to_break_even_p50")] == [
        "of costs",
        "years",
    ]


# --- the file ----------------------------------------------------------------------------


def test_sheets_are_left_out_where_there_is_nothing_to_say() -> None:
    run = noisy_run(["enhanced"], mixed_aco(40), years=4)
    book = _opened(render_agreement_workbook(AgreementContent(run, None, None, None)))
    assert not {"Comparison", "Finance", "Cash by quarter"} & set(book.sheetnames)
    assert "called from Python" in _text(book["Summary"])


def test_the_same_run_gives_the_same_bytes(
    raw: bytes, run: sim.AgreementRun, finances: Finances
) -> None:
    comparison = sim.compare_paths(run, *run.paths)
    content = AgreementContent(run, comparison, finances, COMMAND)
    assert render_agreement_workbook(content) == raw


def test_pages_are_landscape_and_repeat_their_headers(raw: bytes) -> None:
    book = _opened(raw, values=False)
    for page in book:
        assert page.page_setup.orientation == "landscape"
        assert (page.page_setup.fitToWidth or 1) == 1
    for name in ("By year", "All years", "Comparison", "Finance", "All measures", "Inputs"):
        assert book[name].print_title_rows
        assert book[name].freeze_panes


def test_methods_write_whole_files_or_none(run: sim.AgreementRun, tmp_path: Path) -> None:
    run.workbook(str(tmp_path / "risk.xlsx"))
    assert "Cash by quarter" in openpyxl.load_workbook(tmp_path / "risk.xlsx").sheetnames
    run.report(str(tmp_path / "risk.html"))
    assert 'id="finance"' in (tmp_path / "risk.html").read_text("utf-8")
    with pytest.raises(sim.UserError, match=r"ends in \.xlsx"):
        write_agreement_workbook(run, tmp_path / "risk.xls")
    with pytest.raises(sim.UserError, match="does not exist"):
        run.workbook(str(tmp_path / "nowhere" / "risk.xlsx"))
    assert sorted(file.name for file in tmp_path.iterdir()) == ["risk.html", "risk.xlsx"]
