"""The results: the headline measures of every contract, every measure, and charts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from simulate.analysis.run import ContractResult
from simulate.report.html.tables import HEADLINES, MEASURES, OF_LOSSES, ViewOf
from simulate.report.html.terms import status_words
from simulate.report.numbers import plain_percent
from simulate.report.workbook.book import Book, estimate_cells
from simulate.report.workbook.content import MEASURE_WORDS, Content, sentence, title_of

RESULTS_SHEET, MEASURES_SHEET = "Results", "All measures"
_TEXT_COLUMNS = 3


def write_results(book: Book, content: Content) -> None:
    """Write the headline measures of every contract under each view."""
    widths = [24.0, 38.0, 34.0, *[15.0, 11.0] * len(HEADLINES)]
    sheet = book.sheet(RESULTS_SHEET, widths, "Results by contract")
    sheet.paragraph(_note(content))
    titles = [part for name in HEADLINES for part in (MEASURE_WORDS[name][0], "±")]
    header = sheet.header(["Contract", "Title", "Terms", *titles], _numbers(len(titles)))
    sheet.keep(header, 1)
    for view in content.views:
        sheet.line([(sentence(view.name), "band"), *[(None, "band")] * (len(widths) - 1)])
        for contract_id, result in content.run.contracts.items():
            texts = [(title_of(result), "text"), (_terms(result), "text", "error")]
            sheet.line([(contract_id, "line", "bold"), *texts, *_row(view, result, HEADLINES)])


def write_measures(book: Book, content: Content) -> None:
    """Write one row a contract and measure, each view's value and standard error."""
    views = content.views
    widths = [24.0, 38.0, 30.0, 16.0, *[17.0, 13.0] * len(views)]
    sheet = book.sheet(MEASURES_SHEET, widths, "Every measure of every contract")
    names = [part for view in views for part in (sentence(view.name), "±")]
    titles = ["Contract", "Title", "Measure", "Unit", *names]
    header = sheet.header(titles, range(4, len(titles)))
    for contract_id, result in content.run.contracts.items():
        for name, title, is_dollars in MEASURES:
            cells = [cell for view in views for cell in _row(view, result, (name,))]
            unit = "$ a year" if is_dollars else "of years"
            texts = (contract_id, title_of(result), title, unit)
            sheet.line([*((text, "line") for text in texts), *cells])
    sheet.keep(header, 3)
    sheet.filter(header)


def _note(content: Content) -> str:
    never = "None: a one-sided contract never owes."
    if content.exact:
        return f"Probabilities and dollars per performance year, without sampling. {never}"
    return (
        "Shares of simulated years, and dollars per performance year; ± is one standard error of "
        "the simulation and does not hold the uncertainty of the model. A share of 0 % or 100 % "
        f"with an error is a bound: shares within {plain_percent(3.0 / content.run.years, 3)} of "
        f"it would look the same. {never}"
    )


def _numbers(columns: int) -> range:
    return range(_TEXT_COLUMNS, _TEXT_COLUMNS + columns)


def _row(view: ViewOf, result: ContractResult, measures: Sequence[str]) -> list[tuple[Any, ...]]:
    """Return measures of a contract, each with its error, as cells."""
    cells = []
    for name in measures:
        none = name in OF_LOSSES and not result.resolved.two_sided
        estimate = getattr(view.of(result), name)
        cells += estimate_cells(estimate, MEASURE_WORDS[name][1], none)
    return cells


def _terms(result: ContractResult) -> str:
    resolved = result.resolved
    msr = f"MSR {plain_percent(resolved.terms.msr)}" if resolved.shares_savings else "no sharing"
    mlr = f"MLR {plain_percent(resolved.terms.mlr)}" if resolved.two_sided else "one-sided"
    in_force = resolved.contract.status == "in force"
    status = "" if in_force else f"; {status_words(resolved.contract)}"
    return f"{msr}, {mlr}; terms of {resolved.performance_year}{status}"
