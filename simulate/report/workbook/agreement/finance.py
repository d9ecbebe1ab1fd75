"""An agreement's finances: all years together, and the cash of each quarter with its chart."""

from __future__ import annotations

from typing import Any, NamedTuple

from simulate.agreement.finance.finances import FinanceView, PathFinances
from simulate.agreement.finance.ledger import CAPITAL_LEVELS
from simulate.agreement.finance.notes import cost_sentence
from simulate.measures.estimate import Estimate
from simulate.report.figures.house import EARNS, OWES
from simulate.report.finance import after_words, finance_grounds, finance_sentence
from simulate.report.numbers import plain_percent
from simulate.report.workbook.agreement.content import (
    CLOSE,
    DOLLARS,
    ERROR_WIDTH,
    NOT_SAME,
    OF_BENCHMARK,
    SAME,
    SHARE,
    VALUE_WIDTH,
    YEARS,
    AgreementContent,
    Figure,
    chart_size,
    figure_cells,
    figures_of,
    fit_paths,
    note_columns,
    same_or_not,
    write_band,
    write_side_by_side,
)
from simulate.report.workbook.book import Book, Sheet, cell
from simulate.report.workbook.charts import A_ROW, AXIS, MILLIONS, TITLE
from simulate.report.workbook.content import sentence
from simulate.scenario.finance import COVERS

FINANCE_SHEET, CASH_SHEET = "Finance", "Cash by quarter"
_BREAK_EVEN = "Known true savings that pay for the costs"
#: Pixels.
_CHART_HEIGHT = 420


def write_finance(book: Book, content: AgreementContent) -> None:
    """Write costs, capital, reinsurance and advances, the views of every path side by side."""
    found = content.finances
    assert found is not None
    titles = content.headings(found.paths)
    widths = [64.0, 13.0, *[VALUE_WIDTH, ERROR_WIDTH] * (len(titles) // 2 - 1)]
    sheet = book.sheet(FINANCE_SHEET, widths, "Costs, capital and reinsurance")
    for label, path in found.paths.items():
        sheet.paragraph(finance_sentence(label, path), "text", columns=note_columns(content))
    for text in (cost_sentence(found.run.scenario), *finance_grounds(found)):
        sheet.paragraph(text, columns=note_columns(content))
    header = sheet.header(titles, range(2, len(titles)))
    sheet.keep(header, 1)
    parts = [
        _parts(path, view.finances(path)) for path in found.paths.values() for view in content.views
    ]
    for name in dict.fromkeys(name for part in parts for name in part):
        write_band(sheet, name)
        write_side_by_side(sheet, [part.get(name, {}) for part in parts])
    fit_paths(sheet, content)


def _parts(path: PathFinances, view: FinanceView) -> dict[str, dict[str, Figure]]:
    """Return the figures of a path under one view, by what they are about."""
    parts = {
        f"Left {after_words(path.terms.settings)}": figures_of(view.bottom_line),
        "Costs": figures_of(view.costs),
        "Repayment mechanism": figures_of(view.repayment),
    }
    if view is path.assumed:
        parts["Costs"][_BREAK_EVEN] = Figure(OF_BENCHMARK, path.break_even_savings)
    for name, cover in view.covers.items():
        parts[f"Reinsurance, {COVERS[name]}"] = figures_of(cover)
    if view.advance is not None:
        parts["Payments in advance"] = figures_of(view.advance)
    if view.primary_care is not None:
        parts["ACO Primary Care Flex"] = figures_of(view.primary_care)
    parts["Cash"] = {
        "Cash is below zero after some quarter": Figure(
            SHARE, view.cash.probability_of_negative_position
        ),
        "Is ahead for good, opening cash aside": Figure(
            SHARE, view.cash.probability_of_breaking_even
        ),
        "Half of the simulated paths are ahead for good from": Figure(
            YEARS, view.cash.time_to_break_even_p50
        ),
    }
    for level, capital in zip(CAPITAL_LEVELS, view.cash.capital, strict=True):
        title = f"Cash beyond the opening cash for no shortfall, {plain_percent(level, 0)}"
        parts["Cash"][title] = Figure(DOLLARS, capital)
    return parts


def write_cash(book: Book, content: AgreementContent) -> None:
    """Write what comes and goes in each quarter and the cash left, a table and a chart a path."""
    found = content.finances
    assert found is not None
    tables = {label: _Cash(path) for label, path in found.paths.items()}
    most = max(len(table.headings) for table in tables.values())
    sheet = book.sheet(CASH_SHEET, [14.0, *[14.0] * (most - 1)], "Cash by quarter")
    sheet.paragraph(
        f"Means over the simulated paths {content.views[0].name}, dollars; received above zero, "
        "paid below. The row in green sums each column by formula, beside what the cash of the "
        "last quarter is above that of the first day: both must be the same."
    )
    breaks = []
    for place, (label, table) in enumerate(tables.items()):
        if place:
            breaks.append(sheet.row)
        sheet.heading(label)
        rows = table.write(sheet, found.run.scenario.finance.opening_cash)
        sheet.row += 1
        sheet.page.insert_chart(sheet.row, 0, table.chart(sheet, label, rows))
        sheet.row += _CHART_HEIGHT // A_ROW + 2
    sheet.page.set_h_pagebreaks(breaks)


class _Column(NamedTuple):
    """A figure of every quarter: its heading, its kind, its estimates, and where it stands."""

    heading: str
    kind: str
    estimates: list[Estimate]
    place: int

    @property
    def known(self) -> bool:
        """Whether there is no error in any quarter, and so no column for it."""
        return not any(estimate.standard_error for estimate in self.estimates)

    def cells(self, quarter: int) -> list[tuple[Any, ...]]:
        """Return the figure of a quarter, and its error; nothing where nothing moves."""
        estimate = self.estimates[quarter]
        still = self.kind == DOLLARS and estimate == Estimate(0.0, 0.0)
        return figure_cells(Figure(self.kind, None if still else estimate))[: 2 - self.known]


class _Cash:
    """The cash of one path of contracts as a table: a row a quarter, a column a figure."""

    def __init__(self, path: PathFinances) -> None:
        self.labels = path.terms.quarters.labels
        self.quarters = path.assumed.cash.quarters
        self.columns: list[_Column] = []
        names = self.quarters[0].items
        moving = [name for name in names if any(q.items[name].value for q in self.quarters)]
        self.items = [
            self._add(sentence(name), DOLLARS, [q.items[name] for q in self.quarters])
            for name in moving
        ]
        self.cash = self._add("Cash", DOLLARS, [q.position for q in self.quarters])
        self.low = self._add("1 in 20 below", DOLLARS, [q.position_p05 for q in self.quarters])
        below = [q.probability_of_negative_position for q in self.quarters]
        self._add("Below zero", SHARE, below)
        for heading, name in (("To be recouped", "balance"), ("1 in 20 above", "balance_p95")):
            if getattr(self.quarters[0], name) is not None:
                self._add(heading, DOLLARS, [getattr(q, name) for q in self.quarters])

    def _add(self, heading: str, kind: str, estimates: list[Estimate]) -> _Column:
        self.columns.append(_Column(heading, kind, estimates, len(self.headings)))
        return self.columns[-1]

    @property
    def headings(self) -> list[str]:
        """The headings of the table."""
        parts = [(c.heading,) if c.known else (c.heading, "±") for c in self.columns]
        return ["Quarter", *(heading for part in parts for heading in part)]

    def write(self, sheet: Sheet, opening: float) -> tuple[int, int]:
        """Write the table and its sums; return the first and the last row of quarters."""
        sheet.header(self.headings, range(1, len(self.headings)))
        first = sheet.row
        for number, label in enumerate(self.labels):
            cells = [one for column in self.columns for one in column.cells(number)]
            sheet.line([(label, "line", "bold"), *cells])
        rows = first, sheet.row - 1
        self._write_sums(sheet, rows, opening)
        return rows

    def _write_sums(self, sheet: Sheet, rows: tuple[int, int], opening: float) -> None:
        """Write the sum of every item by formula, and what the cash says it must be."""
        row = sheet.line([("Sum", "result"), *[(None, "result")] * (len(self.headings) - 1)])
        money = sheet.book.style("result", "dollars")
        sums = [sum(estimate.value for estimate in item.estimates) for item in self.items]
        for item, total in zip(self.items, sums, strict=True):
            span = f"{cell(rows[0], item.place)}:{cell(rows[1], item.place)}"
            sheet.page.write_formula(row, item.place, f"=SUM({span})", money, total)
        gained = self.cash.estimates[-1].value - opening
        last = f"={cell(rows[1], self.cash.place)}-{opening!r}"
        sheet.page.write_formula(row, self.cash.place, last, money, gained)
        added = "+".join(cell(row, item.place) for item in self.items)
        verdict = same_or_not(added, cell(row, self.cash.place))
        shown = SAME if abs(sum(sums) - gained) < CLOSE else NOT_SAME
        style = sheet.book.style("result", "right")
        sheet.page.write_formula(row, self.low.place, verdict, style, shown)

    def chart(self, sheet: Sheet, label: str, rows: tuple[int, int]) -> Any:
        """Return the mean cash of each quarter, and what one path in twenty is below."""
        chart = sheet.book.file.add_chart({"type": "line"})
        first, last = rows
        for column, legend, colour in (
            (self.cash, "Mean", EARNS),
            (self.low, "One path in twenty is below", OWES),
        ):
            chart.add_series(
                {
                    "name": legend,
                    "categories": [sheet.name, first, 0, last, 0],
                    "values": [sheet.name, first, column.place, last, column.place],
                    "line": {"color": colour, "width": 2.0},
                }
            )
        chart.set_title({"name": f"Cash at the end of each quarter, {label}", **TITLE})
        chart.set_x_axis({"label_position": "low", "num_font": {"size": 9, "rotation": -45}})
        chart.set_y_axis({"num_format": MILLIONS, **AXIS})
        chart.set_legend({"position": "bottom"})
        chart.set_size(chart_size(sheet, _CHART_HEIGHT))
        return chart
