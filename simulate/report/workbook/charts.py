"""Charts of the results, drawn by the spreadsheet program from a table beside them."""

from __future__ import annotations

from typing import Any

from simulate.report.figures.house import EARNS, NOTHING, OWES
from simulate.report.html.tables import ViewOf
from simulate.report.workbook.book import Book, Sheet
from simulate.report.workbook.content import Content, sentence
from simulate.report.workbook.styles import number_style

CHARTS_SHEET = "Charts"
#: The charts: what they show, of which measures (name, legend, colour), and how the axis is marked.
_CHANCES = (
    ("probability_of_shared_savings", "Earns", EARNS),
    ("probability_of_shared_losses", "Owes", OWES),
)
_QUANTILES = (
    ("net_p05", "5th percentile", OWES),
    ("net_p50", "Median", NOTHING),
    ("net_p95", "95th percentile", EARNS),
)
_PLOTTED = (*_CHANCES, *_QUANTILES)
_WIDTHS = (24.0, *[18.0] * len(_PLOTTED), *[10.0] * 6)
#: Pixels: of a chart, of a contract in it, of the rest of it, and of a row of cells.
_CHART_WIDTH, _A_CONTRACT, _BESIDES, A_ROW = 580, 30, 140, 18
_SECOND_COLUMN = 5


def write_charts(book: Book, content: Content) -> None:
    """Write, for each view, a table of chances and quantiles, and two charts of it."""
    sheet = book.sheet(CHARTS_SHEET, _WIDTHS, "Charts by contract")
    for view in content.views:
        sheet.heading(sentence(view.name))
        first = _write_table(sheet, content, view)
        sheet.row += 1
        rows = (first, first + len(content.run.contracts) - 1)
        chances = _bars(sheet, rows, 1, _CHANCES)
        chances.set_title({"name": "Chance of earning and of owing", **TITLE})
        chances.set_x_axis({"num_format": "0%", "min": 0, **AXIS})
        sheet.page.insert_chart(sheet.row, 0, chances)
        quantiles = _bars(sheet, rows, 1 + len(_CHANCES), _QUANTILES)
        quantiles.set_title({"name": "Net outcome of a performance year", **TITLE})
        quantiles.set_x_axis({"num_format": MILLIONS, **AXIS})
        sheet.page.insert_chart(sheet.row, _SECOND_COLUMN, quantiles)
        sheet.row += _pixels(rows) // A_ROW + 2
        if view is not content.views[-1]:
            sheet.page.set_h_pagebreaks([sheet.row])


def _write_table(sheet: Sheet, content: Content, view: ViewOf) -> int:
    """Write what is drawn, one row a contract; return the first row."""
    titles = ["Contract", *(legend for _, legend, _ in _PLOTTED)]
    first = sheet.header(titles, range(1, len(titles))) + 1
    for contract_id, result in content.run.contracts.items():
        cells = []
        for name, _, _ in _PLOTTED:
            estimate = getattr(view.of(result), name)
            cells.append((estimate.value, number_style(estimate, name.startswith("net"))))
        sheet.line([(contract_id, "line", "bold"), *cells])
    return first


#: How titles, axes and amounts of charts are written.
TITLE = {"name_font": {"size": 11, "bold": True}, "overlay": False}
_GRID = {"visible": True, "line": {"color": "#DDDDDD"}}
AXIS = {"num_font": {"size": 9}, "major_gridlines": _GRID}
MILLIONS = '$#,##0.0,,"M"'


def _bars(
    sheet: Sheet, rows: tuple[int, int], column: int, series: tuple[tuple[str, str, str], ...]
) -> Any:
    """Return a bar chart of neighbouring columns of a table, one group of bars a contract."""
    first, last = rows
    chart = sheet.book.file.add_chart({"type": "bar"})
    for place, (_, legend, colour) in enumerate(series, start=column):
        chart.add_series(
            {
                "name": legend,
                "categories": [sheet.name, first, 0, last, 0],
                "values": [sheet.name, first, place, last, place],
                "fill": {"color": colour},
                "gap": 60,
            }
        )
    # From the top down, as in the table; names stay left of negative bars.
    chart.set_y_axis({"reverse": True, "label_position": "low", "num_font": {"size": 9}})
    chart.set_legend({"position": "bottom"})
    chart.set_size({"width": _CHART_WIDTH, "height": _pixels(rows)})
    return chart


def _pixels(rows: tuple[int, int]) -> int:
    return _BESIDES + _A_CONTRACT * (rows[1] - rows[0] + 1)
