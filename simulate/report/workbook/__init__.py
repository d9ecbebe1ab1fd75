"""The workbook: the results as a spreadsheet, with a sheet that settles by formulas."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from simulate.output import check_suffix, check_writable, replace_file
from simulate.report.html.page import one_line
from simulate.report.workbook.book import Book, PlannedSheet
from simulate.report.workbook.charts import CHARTS_SHEET, write_charts
from simulate.report.workbook.comparison import COMPARISON_SHEET, write_comparison
from simulate.report.workbook.content import Content
from simulate.report.workbook.contract_table import NUMBERS_SHEET, REFERENCES_SHEET
from simulate.report.workbook.inputs import INPUTS_SHEET, write_inputs
from simulate.report.workbook.lookups import (
    SIZES_SHEET,
    write_numbers,
    write_references,
    write_sizes,
)
from simulate.report.workbook.results import (
    MEASURES_SHEET,
    RESULTS_SHEET,
    write_measures,
    write_results,
)
from simulate.report.workbook.risk import RISK_SHEET, has_risk, write_risk
from simulate.report.workbook.scenario_sheet import SCENARIO_SHEET, write_scenario_sheet
from simulate.report.workbook.settlement_case import published_case
from simulate.report.workbook.settlement_sheet import SETTLEMENT_SHEET, write_settlement
from simulate.report.workbook.summary import write_summary
from simulate.report.workbook.terms import TERMS_SHEET, write_terms
from simulate.report.workbook.years import YEARS_SHEET, write_years

if TYPE_CHECKING:
    from simulate.analysis.compare import ContractComparison
    from simulate.analysis.run import Run

#: What a workbook's file name ends in.
SUFFIX = ".xlsx"


def write_workbook(
    run: Run,
    path: str | Path,
    comparison: ContractComparison | None = None,
    command: str | Sequence[str] | None = None,
) -> None:
    """Write a run as an Excel workbook, complete or not at all.

    Parameters
    ----------
    run : Run
    path : path
        A name that ends in ``.xlsx``; an existing file is replaced once the new one is
        complete.
    comparison : ContractComparison, optional
        Fills the sheet that compares contracts; else all are held against the ACO's own.
    command : str or sequence of str, optional
        The command line that led to the run.

    Raises
    ------
    UserError
        A name with another ending, or a path that cannot be written.
    """
    check_writable(path, "workbook")
    check_suffix(path, SUFFIX, "workbook")
    replace_file(path, render_workbook(run, comparison, command))


def render_workbook(
    run: Run,
    comparison: ContractComparison | None = None,
    command: str | Sequence[str] | None = None,
) -> bytes:
    """Return the workbook of a run as the bytes of its file; see `write_workbook`.

    The same run gives the same bytes.
    """
    content = Content(run, comparison, one_line(command))
    book = Book(
        f"{run.aco.name or run.aco.id}: shared savings risk",
        f"Shared savings and losses, performance year {run.aco.performance_year}",
    )
    planned = _planned(content)
    write_summary(book, content, [(sheet.name, sheet.what) for sheet in planned])
    for sheet in planned:
        sheet.write(book, content)
    return book.finished()


def _planned(content: Content) -> list[PlannedSheet]:
    run = content.run
    several = len(run.contracts) > 1 and (not content.exact or content.comparison is not None)
    sheets = [
        PlannedSheet(RESULTS_SHEET, "Headline measures of every contract", write_results),
        PlannedSheet(CHARTS_SHEET, "The chances and the range of the net outcome", write_charts),
        PlannedSheet(MEASURES_SHEET, "Every measure with its standard error", write_measures),
        PlannedSheet(COMPARISON_SHEET, "Contracts on the same simulated years", write_comparison),
        PlannedSheet(RISK_SHEET, "The variance by source, and the range of the noise", write_risk),
        PlannedSheet(SETTLEMENT_SHEET, "Live: change the yellow cells", _write_settlement),
        PlannedSheet(TERMS_SHEET, "Every term with its reference and confidence", write_terms),
        PlannedSheet(INPUTS_SHEET, "Every assumption, and every key of the scenario", write_inputs),
        PlannedSheet(YEARS_SHEET, "A sample of the simulated years", write_years),
        PlannedSheet(NUMBERS_SHEET, "What the settlement sheet looks up: terms", _write_numbers),
        PlannedSheet(REFERENCES_SHEET, "What it looks up: their references", _write_references),
        PlannedSheet(SIZES_SHEET, "What it looks up: the MSR by size", _write_sizes),
        PlannedSheet(SCENARIO_SHEET, "The scenario as TOML, to run again", write_scenario_sheet),
    ]
    left_out = {
        COMPARISON_SHEET: not several,
        RISK_SHEET: not has_risk(content),
        YEARS_SHEET: content.exact,
    }
    return [sheet for sheet in sheets if not left_out.get(sheet.name, False)]


def _write_settlement(book: Book, content: Content) -> None:
    write_settlement(book, published_case(content.run, content.table))


def _write_numbers(book: Book, content: Content) -> None:
    write_numbers(book, content.table)


def _write_references(book: Book, content: Content) -> None:
    write_references(book, content.table)


def _write_sizes(book: Book, content: Content) -> None:
    write_sizes(book)
