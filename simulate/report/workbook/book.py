"""An open workbook and its sheets: what every sheet needs, in one place.

Text is written as text: a name that begins with = is no formula, and one that looks like
a link is none. The same content gives the same bytes.
"""

from __future__ import annotations

import datetime
import io
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from xlsxwriter import Workbook
from xlsxwriter.utility import xl_rowcol_to_cell

from simulate._version import __version__
from simulate.measures.estimate import Estimate
from simulate.report.workbook.styles import BASE, STYLES, error_style, number_style

#: A fixed date in the file's properties, so that the same run gives the same bytes.
_CREATED = datetime.datetime(2026, 1, 1)
_LETTER = 1
_LINE_POINTS = 13.0

Value = str | float | int | None


class Book:
    """A workbook in memory, with the house styles."""

    def __init__(self, title: str, subject: str) -> None:
        self._buffer = io.BytesIO()
        self.file = Workbook(
            self._buffer,
            {
                "in_memory": True,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
                "default_format_properties": dict(BASE),  # it is changed
            },
        )
        self.file.set_properties(
            {
                "title": title,
                "subject": subject,
                "author": f"simulate {__version__}",
                "created": _CREATED,
            }
        )
        self._formats: dict[tuple[str, ...], Any] = {}

    def style(self, *names: str) -> Any:
        """Return the format of some styles together, made once."""
        if names not in self._formats:
            merged = dict(BASE)
            for name in names:
                merged |= STYLES[name]
            self._formats[names] = self.file.add_format(merged)
        return self._formats[names]

    def sheet(self, name: str, widths: Sequence[float], title: str) -> Sheet:
        """Add a sheet with columns of some widths (in digits) and a title in its first row."""
        return Sheet(self, name, widths, title)

    def finished(self) -> bytes:
        """Close the workbook and return the file."""
        self.file.close()
        return self._buffer.getvalue()


class Sheet:
    """One sheet, written from the top down; `row` is the next row to write, from 0."""

    def __init__(self, book: Book, name: str, widths: Sequence[float], title: str) -> None:
        self.book, self.name, self.widths = book, name, tuple(widths)
        self.page = book.file.add_worksheet(name)
        self.row = 0
        for column, width in enumerate(widths):
            self.page.set_column(column, column, width, book.style("line"))
        self.page.hide_gridlines(2)
        self._paper()
        self.page.set_row(0, 24)
        self.line([(title, "title")])

    def _paper(self) -> None:
        self.page.set_landscape()
        self.page.set_paper(_LETTER)
        self.page.fit_to_pages(1, 0)
        self.page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        self.page.set_footer("&L&8&A&R&8Page &P of &N")

    def write(self, row: int, column: int, value: Value, *styles: str) -> None:
        """Write one cell: text as text, numbers as numbers, None as an empty cell."""
        style = self.book.style(*(styles or ("text",)))
        if value is None or value == "":
            self.page.write_blank(row, column, None, style)
        elif isinstance(value, str):
            self.page.write_string(row, column, value, style)
        else:
            self.page.write_number(row, column, value, style)

    def line(self, cells: Iterable[tuple[Any, ...]], also: Mapping[int, str] | None = None) -> int:
        """Write the next row, each cell as (value, style, ...); return its number.

        The row is high enough for its wrapped text, and for the texts `also`, by column,
        that formulas may show later: not every program finds the height itself.
        """
        texts = dict(also or {})
        for column, (value, *styles) in enumerate(cells):
            self.write(self.row, column, value, *styles)
            wraps = any(STYLES[name].get("text_wrap") for name in styles or ("text",))
            if wraps and isinstance(value, str) and column not in texts:
                texts[column] = value
        lines = max((lines_of(text, self.widths[c]) for c, text in texts.items()), default=1)
        if lines > 1:
            self.page.set_row(self.row, _LINE_POINTS * lines + 2.0)
        self.row += 1
        return self.row - 1

    def heading(self, text: str) -> None:
        """Write a heading with a blank row above it."""
        self.row += 1
        self.page.set_row(self.row, 18)
        self.line([(text, "heading")])

    def paragraph(self, text: str, *styles: str, columns: int | None = None) -> None:
        """Write text over the first columns (all of them), in a row high enough for it."""
        style = self.book.style(*(styles or ("note",)))
        widths = self.widths[:columns]
        self.page.set_row(self.row, _LINE_POINTS * lines_of(text, sum(widths)) + 2.0)
        if len(widths) > 1:
            self.page.merge_range(self.row, 0, self.row, len(widths) - 1, "", style)
        self.page.write_string(self.row, 0, text, style)
        self.row += 1

    def header(self, titles: Sequence[str], numbers: range = range(0)) -> int:
        """Write a header row, above columns of `numbers` to the right; return its number."""
        return self.line(
            (title, "header", *self._header_style(column, numbers))
            for column, title in enumerate(titles)
        )

    @staticmethod
    def _header_style(column: int, numbers: range) -> tuple[str, ...]:
        if column in numbers:
            return ("right",)
        # Text beside a number would touch it.
        return ("indented",) if column - 1 in numbers else ()

    def print_in_parts(self) -> None:
        """Print a sheet that is wider than a page on several, the first column on each."""
        self.page.set_print_scale(60)
        self.page.repeat_columns(0)

    def keep(self, header_row: int, columns: int = 0) -> None:
        """Freeze everything down to a header row, and repeat it on every printed page."""
        self.page.freeze_panes(header_row + 1, columns)
        self.page.repeat_rows(header_row)

    def filter(self, header_row: int) -> None:
        """Give the table that begins at a header row and ends here its filter buttons."""
        self.page.autofilter(header_row, 0, self.row - 1, len(self.widths) - 1)


class PlannedSheet(NamedTuple):
    """A sheet of a workbook: its name, what is in it, and what writes it from some content."""

    name: str
    what: str
    write: Callable[[Book, Any], None]


def estimate_cells(
    estimate: Estimate, is_dollars: bool, none: bool = False
) -> list[tuple[Any, ...]]:
    """Return a figure and its standard error as two cells.

    With `none` the figure is known to be zero, and is shown as none.
    """
    if none:
        return [(0.0, "no-losses", "right", "error"), (None, "error")]
    error = estimate.standard_error
    return [
        (estimate.value, number_style(estimate, is_dollars)),
        (error if error else None, error_style(estimate, is_dollars), "error"),
    ]


def lines_of(text: str, width: float) -> int:
    """Return how many lines a text needs in a column of some width, on the safe side."""
    # A digit is the unit of width, and wider than most letters; words break lines early.
    return sum(max(1, math.ceil(len(part) / (1.12 * width))) for part in text.split("\n"))


def cell(row: int, column: int) -> str:
    """Return an absolute reference to a cell of the same sheet: ``$B$4``."""
    return str(xl_rowcol_to_cell(row, column, row_abs=True, col_abs=True))
