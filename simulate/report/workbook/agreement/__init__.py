"""The workbook of an agreement: each performance year, all years together, finances, terms."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from simulate.output import check_suffix, check_writable, replace_file
from simulate.report.html.page import one_line
from simulate.report.html.provenance import without_comments
from simulate.report.workbook import SUFFIX
from simulate.report.workbook.agreement.comparison import write_paths_compared
from simulate.report.workbook.agreement.content import AgreementContent
from simulate.report.workbook.agreement.fan import FAN_SHEET, write_fans
from simulate.report.workbook.agreement.finance import (
    CASH_SHEET,
    FINANCE_SHEET,
    write_cash,
    write_finance,
)
from simulate.report.workbook.agreement.inputs import write_agreement_inputs
from simulate.report.workbook.agreement.results import (
    ALL_YEARS_SHEET,
    BY_YEAR_SHEET,
    write_all_measures,
    write_all_years,
    write_by_year,
)
from simulate.report.workbook.agreement.summary import write_agreement_summary
from simulate.report.workbook.agreement.terms import (
    YEAR_TERMS_SHEET,
    write_cited_terms,
    write_year_terms,
)
from simulate.report.workbook.book import Book, PlannedSheet
from simulate.report.workbook.comparison import COMPARISON_SHEET
from simulate.report.workbook.inputs import INPUTS_SHEET
from simulate.report.workbook.results import MEASURES_SHEET
from simulate.report.workbook.scenario_sheet import SCENARIO_SHEET, write_scenario_lines
from simulate.report.workbook.terms import TERMS_SHEET
from simulate.scenario.file import scenario_text

if TYPE_CHECKING:
    from simulate.agreement.compare import AgreementComparison
    from simulate.agreement.finance.finances import Finances
    from simulate.agreement.run import AgreementRun


def write_agreement_workbook(
    run: AgreementRun,
    path: str | Path,
    comparison: AgreementComparison | None = None,
    command: str | Sequence[str] | None = None,
    finances: Finances | None = None,
) -> None:
    """Write an agreement run as an Excel workbook, complete or not at all.

    Parameters
    ----------
    run : AgreementRun
    path : path
        A name that ends in ``.xlsx``; an existing file is replaced once the new one is
        complete.
    comparison : AgreementComparison, optional
        Adds the sheet that compares two paths.
    command : str or sequence of str, optional
        The command line that led to the run.
    finances : Finances, optional
        Adds the sheets of costs, capital and cash.

    Raises
    ------
    UserError
        A name with another ending, or a path that cannot be written.
    """
    check_writable(path, "workbook")
    check_suffix(path, SUFFIX, "workbook")
    content = AgreementContent(run, comparison, finances, one_line(command))
    replace_file(path, render_agreement_workbook(content))


def render_agreement_workbook(content: AgreementContent) -> bytes:
    """Return the workbook as the bytes of its file; the same content gives the same bytes."""
    run = content.run
    book = Book(
        f"{run.aco.name or run.aco.id}: shared savings risk of an agreement",
        f"Shared savings and losses, agreement from {run.plan.start_year}",
    )
    planned = _planned(content)
    write_agreement_summary(book, content, [(sheet.name, sheet.what) for sheet in planned])
    for sheet in planned:
        sheet.write(book, content)
    return book.finished()


def _planned(content: AgreementContent) -> list[PlannedSheet]:
    sheets = [
        PlannedSheet(BY_YEAR_SHEET, "Each performance year of every path", write_by_year),
        PlannedSheet(ALL_YEARS_SHEET, "All years together, paths side by side", write_all_years),
        PlannedSheet(FAN_SHEET, "The running total of net, with charts", write_fans),
        PlannedSheet(
            COMPARISON_SHEET, "Two paths on the same simulated years", write_paths_compared
        ),
        PlannedSheet(FINANCE_SHEET, "Costs, capital, reinsurance and advances", write_finance),
        PlannedSheet(CASH_SHEET, "What comes and goes each quarter, with charts", write_cash),
        PlannedSheet(
            MEASURES_SHEET, "Every measure of each year with its error", write_all_measures
        ),
        PlannedSheet(
            YEAR_TERMS_SHEET, "What each performance year is settled by", write_year_terms
        ),
        PlannedSheet(
            TERMS_SHEET, "Every term with its reference and confidence", write_cited_terms
        ),
        PlannedSheet(
            INPUTS_SHEET, "Every assumption, and every key of the scenario", write_agreement_inputs
        ),
        PlannedSheet(SCENARIO_SHEET, "The scenario as TOML, to run again", _write_scenario),
    ]
    left_out = {
        COMPARISON_SHEET: content.comparison is None,
        FINANCE_SHEET: content.finances is None,
        CASH_SHEET: content.finances is None,
    }
    return [sheet for sheet in sheets if not left_out.get(sheet.name, False)]


def _write_scenario(book: Book, content: AgreementContent) -> None:
    scenario = without_comments(scenario_text(content.run.plan.asked))
    write_scenario_lines(book, scenario, _options(content))


def _options(content: AgreementContent) -> str:
    """Return what the scenario is run with besides; finances that are stated need no option."""
    unstated = content.finances is not None and not content.run.scenario.finance.stated
    return " --agreement --finance" if unstated else " --agreement"
