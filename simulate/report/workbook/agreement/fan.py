"""The running total of net of each path as a fan: a table, and a chart drawn from it."""

from __future__ import annotations

from typing import Any

from simulate.agreement.run import PathResult
from simulate.measures.agreement import FanPoint
from simulate.measures.estimate import Estimate
from simulate.report.figures.house import DARK, INK, LIGHT, MUTED
from simulate.report.workbook.agreement.content import AgreementContent, chart_size, year_words
from simulate.report.workbook.book import Book, Sheet, cell, estimate_cells
from simulate.report.workbook.charts import A_ROW, AXIS, MILLIONS, TITLE

FAN_SHEET = "Fan"
#: Quantiles of the running total, and what they are called.
_QUANTILES = {"p05": "5th percentile", "p25": "25th percentile", "p50": "Median",
              "p75": "75th percentile", "p95": "95th percentile"}  # fmt: skip
_FIRST = 2  # the first column of a figure, after those of words
_PLACES = {name: _FIRST + 2 * place for place, name in enumerate(_QUANTILES)}
_MEAN = _FIRST + 2 * len(_QUANTILES)
_BY_CHANCE = _MEAN + 2
_BANDS = _BY_CHANCE + 2
#: Bands between two quantiles: their legend and colour.
_SHADED = (
    ("p05", "p25", "Nine paths in ten", LIGHT),
    ("p25", "p75", "Half of the paths", DARK),
    ("p75", "p95", "", LIGHT),
)
_WIDTHS = (17.0, 20.0, *[14.0, 11.0] * (len(_QUANTILES) + 2), *[14.0] * len(_SHADED))
_CHART_HEIGHT = 640  # pixels
_KNOWN = Estimate(0.0, 0.0)
_START = FanPoint(*(_KNOWN,) * len(FanPoint._fields))


def write_fans(book: Book, content: AgreementContent) -> None:
    """Write the running total of net under each path, a table and its chart a path."""
    sheet = book.sheet(FAN_SHEET, _WIDTHS, "Running total of net")
    sheet.paragraph(
        "The sum of net up to each performance year, before discounting: quantiles and mean "
        f"{content.views[0].name}, and the mean {content.views[1].name}. The last columns are the "
        "heights of the bands, by formula; the chart follows the table."
    )
    breaks = []
    for place, (label, result) in enumerate(content.run.paths.items()):
        if place:
            breaks.append(sheet.row)
        sheet.heading(result.planned.title)
        rows = _write_table(sheet, result)
        sheet.row += 1
        sheet.page.insert_chart(sheet.row, 0, _chart(sheet, label, rows))
        sheet.row += _CHART_HEIGHT // A_ROW + 2
    sheet.page.set_h_pagebreaks(breaks)


def _write_table(sheet: Sheet, result: PathResult) -> tuple[int, int]:
    """Write what is drawn, from 0 at the start; return the first and the last row."""
    figures = [*_QUANTILES.values(), "Mean", "Mean by chance alone"]
    bands = [f"{_QUANTILES[low]} to {_QUANTILES[high].lower()}" for low, high, _, _ in _SHADED]
    titles = [part for name in figures for part in (name, "±")]
    sheet.header(["After", "Contract", *titles, *bands], range(_FIRST, len(_WIDTHS)))
    first = sheet.row
    _write_row(sheet, ("start", ""), _START, _KNOWN)
    for place, year in enumerate(result.planned.path.years):
        point = result.assumed.measures.running_net[place]
        by_chance = result.chance_alone.measures.running_net[place].mean
        _write_row(sheet, (year_words(year), year.contract_id), point, by_chance)
    return first, sheet.row - 1


def _write_row(sheet: Sheet, words: tuple[str, str], point: FanPoint, by_chance: Estimate) -> None:
    estimates = (*(getattr(point, name) for name in _QUANTILES), point.mean, by_chance)
    cells = [cell for estimate in estimates for cell in estimate_cells(estimate, True)]
    row = sheet.line([(words[0], "line", "bold"), (words[1], "line"), *cells])
    for place, (low, high, _, _) in enumerate(_SHADED):
        formula = f"={cell(row, _PLACES[high])}-{cell(row, _PLACES[low])}"
        height = getattr(point, high).value - getattr(point, low).value
        style = sheet.book.style("dollars", "error")
        sheet.page.write_formula(row, _BANDS + place, formula, style, height)


def _chart(sheet: Sheet, label: str, rows: tuple[int, int]) -> Any:
    """Return shaded bands between the quantiles, with lines for the median and for luck."""
    chart = sheet.book.file.add_chart({"type": "area", "subtype": "stacked"})
    # The bands stand on the lowest quantile, which is not drawn itself.
    chart.add_series({**_series(sheet, rows, _PLACES["p05"], "base"), "fill": {"none": True},
                      "border": {"none": True}})  # fmt: skip
    for place, (_, _, legend, colour) in enumerate(_SHADED):
        series = _series(sheet, rows, _BANDS + place, legend or "band")
        chart.add_series({**series, "fill": {"color": colour}, "border": {"none": True}})
    lines = sheet.book.file.add_chart({"type": "line"})
    for column, legend, line in (
        (_PLACES["p50"], "Median", {"color": INK, "width": 2.0}),
        (_BY_CHANCE, "Mean by chance alone", {"color": MUTED, "width": 1.5, "dash_type": "dash"}),
    ):
        lines.add_series({**_series(sheet, rows, column, legend), "line": line})
    chart.combine(lines)
    chart.set_title({"name": f"Sum of net, {label}", **TITLE})
    chart.set_x_axis({"label_position": "low", "position_axis": "on_tick", **AXIS})
    chart.set_y_axis({"num_format": MILLIONS, **AXIS})
    chart.set_legend({"position": "bottom", "delete_series": [0, len(_SHADED)]})
    chart.set_size(chart_size(sheet, _CHART_HEIGHT))
    return chart


def _series(sheet: Sheet, rows: tuple[int, int], column: int, legend: str) -> dict[str, Any]:
    first, last = rows
    return {
        "name": legend,
        "categories": [sheet.name, first, 0, last, 0],
        "values": [sheet.name, first, column, last, column],
    }
