"""The results: each performance year with a live sum, all years together, every measure."""

from __future__ import annotations

from typing import Any

from simulate.agreement.run import PathResult, PathView
from simulate.measures.outcomes import Measures
from simulate.report.html.tables import MEASURES, OF_LOSSES
from simulate.report.workbook.agreement.content import (
    CLOSE,
    ERROR_WIDTH,
    NOT_SAME,
    OF_BENCHMARK,
    RATIO,
    SAME,
    SHARE,
    VALUE_WIDTH,
    AgreementContent,
    Figure,
    View,
    figures_of,
    fit_paths,
    note_columns,
    same_or_not,
    write_band,
    write_side_by_side,
    year_words,
)
from simulate.report.workbook.book import Book, Sheet, cell, estimate_cells
from simulate.report.workbook.content import MEASURE_WORDS, sentence
from simulate.report.workbook.results import MEASURES_SHEET

BY_YEAR_SHEET, ALL_YEARS_SHEET = "By year", "All years"
#: The measures of a performance year that are shown side by side.
_SHOWN = (
    "probability_of_shared_savings",
    "probability_of_shared_losses",
    "expected_net",
    "net_p05",
    "net_p95",
    "loss_var_95",
)
_TEXT_WIDTHS = (18.0, 24.0)
_NET = len(_TEXT_WIDTHS) + 2 * _SHOWN.index("expected_net")


def write_by_year(book: Book, content: AgreementContent) -> None:
    """Write each performance year of every path under each view, and check the sums."""
    widths = [*_TEXT_WIDTHS, *[15.0, 10.0] * len(_SHOWN)]
    sheet = book.sheet(BY_YEAR_SHEET, widths, "Results by performance year")
    sheet.paragraph(
        "Shares of simulated paths, and dollars of the performance year that they fall in; ± is "
        "one standard error of the simulation and does not hold the uncertainty of the model. "
        "None: a one-sided contract never owes. The rows in green sum the years by formula, beside "
        "the mean of the sums as simulated: both must be the same."
    )
    titles = [part for name in _SHOWN for part in (MEASURE_WORDS[name][0], "±")]
    header = sheet.header(["Year", "Contract", *titles], range(2, len(widths)))
    sheet.keep(header, 2)
    for view in content.views:
        for label, result in content.run.paths.items():
            write_band(sheet, f"{label}, {view.name}")
            _write_years(sheet, result, view.of(result))
            if (label, view) != (list(content.run.paths)[-1], content.views[-1]):
                sheet.row += 1


def _write_years(sheet: Sheet, result: PathResult, view: PathView) -> None:
    first = sheet.row
    for place, year in enumerate(result.planned.path.years):
        names = [(year_words(year), "line", "bold", "left"), (year.contract_id, "line")]
        one_sided = not result.planned.resolved[place].two_sided
        sheet.line([*names, *_cells(view.measures.by_year[place], one_sided)])
    _write_sum(sheet, first, view)


def _write_sum(sheet: Sheet, first: int, view: PathView) -> None:
    """Write the sum of the years by formula, the simulated mean of the sum, and the verdict."""
    last = sheet.row - 1
    blank = [(None, "result")] * (len(sheet.widths) - 1)
    row = sheet.line([("Sum of the years", "result"), *blank])
    total = view.measures.cumulative.expected_cumulative_net
    added = sum(measures.expected_net.value for measures in view.measures.by_year)
    style = sheet.book.style("result", "dollars")
    formula = f"=SUM({cell(first, _NET)}:{cell(last, _NET)})"
    sheet.page.write_formula(row, _NET, formula, style, added)
    sheet.write(row, _NET + 2, "as simulated", "result", "right")
    sheet.write(row, _NET + 4, total.value, "result", "dollars")
    sheet.write(row, _NET + 5, total.standard_error or None, "result", "dollars")
    verdict = same_or_not(cell(row, _NET), cell(row, _NET + 4))
    shown = SAME if abs(added - total.value) < CLOSE else NOT_SAME
    sheet.page.write_formula(row, _NET + 6, verdict, sheet.book.style("result", "right"), shown)


def _cells(measures: Measures, one_sided: bool) -> list[tuple[Any, ...]]:
    """Return the shown measures of a performance year, each with its error."""
    cells = []
    for name in _SHOWN:
        none = one_sided and name in OF_LOSSES
        cells += estimate_cells(getattr(measures, name), MEASURE_WORDS[name][1], none)
    return cells


def write_all_years(book: Book, content: AgreementContent) -> None:
    """Write every measure of all years together, the views of every path side by side."""
    titles = content.headings(content.run.paths)
    widths = [56.0, 13.0, *[VALUE_WIDTH, ERROR_WIDTH] * (len(titles) // 2 - 1)]
    sheet = book.sheet(ALL_YEARS_SHEET, widths, "All years together")
    sheet.paragraph(
        f"Over all performance years of a path, {content.views[0].name} and "
        f"{content.views[1].name}; not discounted but for the present value; ± is one standard "
        "error of the simulation. Empty: on fewer than half of the paths, or nothing that varies.",
        columns=note_columns(content),
    )
    header = sheet.header(titles, range(2, len(titles)))
    sheet.keep(header, 1)
    results = content.run.paths.values()
    tables = [_all_years(result, view) for result in results for view in content.views]
    write_side_by_side(sheet, tables)
    fit_paths(sheet, content)


def _all_years(result: PathResult, view: View) -> dict[str, Figure]:
    """Return what a path comes to over all years, and what it leaves for the next benchmark."""
    found = view.of(result)
    table = figures_of(found.measures.cumulative)
    for place, correlation in enumerate(found.measures.rate_correlations, start=1):
        title = f"Correlation of savings rates, performance years {place} and {place + 1}"
        table[title] = Figure(RATIO, correlation)
    for place, change in enumerate(found.next_benchmarks, start=2):
        name = f"Benchmark of agreement {place}"
        table[f"{name}: change"] = Figure(OF_BENCHMARK, change.change)
        table[f"{name}: is lower"] = Figure(SHARE, change.probability_of_lower)
        table[f"{name}: adjustment in it"] = Figure(OF_BENCHMARK, change.adjustment)
        lost = Figure(RATIO, change.lost_per_dollar_saved)
        table[f"{name}: dollars lost per dollar saved"] = lost
    if found.refused is not None:
        table["Renewal is refused"] = Figure(SHARE, found.refused)
    return table


def write_all_measures(book: Book, content: AgreementContent) -> None:
    """Write one row a path, performance year and measure, each view's value and error."""
    views = content.views
    widths = [26.0, 16.0, 22.0, 32.0, 16.0, *[VALUE_WIDTH, ERROR_WIDTH] * len(views)]
    sheet = book.sheet(MEASURES_SHEET, widths, "Every measure of every performance year")
    names = [part for view in views for part in (sentence(view.name), "±")]
    titles = ["Path", "Performance year", "Contract", "Measure", "Unit", *names]
    header = sheet.header(titles, range(5, len(titles)))
    for label, result in content.run.paths.items():
        for place, year in enumerate(result.planned.path.years):
            by_view = [view.of(result).measures.by_year[place] for view in views]
            texts = (label, year_words(year), year.contract_id)
            one_sided = not result.planned.resolved[place].two_sided
            _write_measures_of_year(sheet, texts, by_view, one_sided)
    sheet.keep(header, 4)
    sheet.filter(header)


def _write_measures_of_year(
    sheet: Sheet, texts: tuple[str, ...], by_view: list[Measures], one_sided: bool
) -> None:
    for name, title, is_dollars in MEASURES:
        none = one_sided and name in OF_LOSSES
        estimates = (getattr(measures, name) for measures in by_view)
        cells = [c for estimate in estimates for c in estimate_cells(estimate, is_dollars, none)]
        unit = "$ a year" if is_dollars else "of paths"
        sheet.line([*((text, "line") for text in (*texts, title, unit)), *cells])
