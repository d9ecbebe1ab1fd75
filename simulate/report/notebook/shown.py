"""Sentences, tables and pictures as objects that a notebook displays."""

from __future__ import annotations

import base64
import io
import re
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PLAIN_WIDTH = 96
#: Dots of a picture for each dot of the page, for sharp screens.
_SHARPNESS = 2
_COLOURS = 256
_FIGURE = re.compile(r"[-−+<>$~]*\d|-$|none$|never$")


@dataclass(frozen=True)
class Words:
    """A paragraph of sentences that were computed: first what is strong, then the rest."""

    strong: str
    rest: str

    def __repr__(self) -> str:
        return textwrap.fill(f"{self.strong} {self.rest}".strip(), _PLAIN_WIDTH)

    def _repr_html_(self) -> str:
        strong = f"<strong>{_html(self.strong)}</strong> " if self.strong else ""
        return f"<p>{f'{strong}{_html(self.rest)}'.strip()}</p>"


def bold(*sentences: str, detail: str = "") -> Words:
    """Return an answer, to be shown in bold, and what is behind it, which is not."""
    return Words(" ".join(sentences), detail)


def plain(*sentences: str) -> Words:
    """Return sentences to be shown as a paragraph."""
    return Words("", " ".join(sentences))


@dataclass(frozen=True)
class Table:
    """A table of texts; the first column names the rows.

    Attributes
    ----------
    header : tuple of str
    rows : tuple of tuple of str
        What stands on a second line of a cell is its small print.
    caption : str
        What the table shows, and its units.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""

    def __repr__(self) -> str:
        lines = [line for row in (self.header, *self.rows) for line in _text_lines(row)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        shown = [
            "  ".join(
                text.rjust(width) if right else text.ljust(width)
                for text, width, right in zip(line, widths, self._to_the_right(), strict=True)
            ).rstrip()
            for line in lines
        ]
        return "\n".join([self.caption, *shown] if self.caption else shown)

    def _repr_html_(self) -> str:
        head = self._html_row(self.header, "th")
        body = [self._html_row(row, "td") for row in self.rows]
        caption = f"<p>{_html(self.caption)}</p>" if self.caption else ""
        lines = ["<table>", "<thead>", head, "</thead>", "<tbody>", *body, "</tbody>", "</table>"]
        return "\n".join([caption, *lines] if caption else lines)

    def _html_row(self, row: Sequence[str], tag: str) -> str:
        cells = [
            f'<{tag} style="text-align: {"right" if right else "left"}">{_html_cell(text)}</{tag}>'
            for text, right in zip(row, self._to_the_right(), strict=True)
        ]
        return f"<tr>{''.join(cells)}</tr>"

    def _to_the_right(self) -> list[bool]:
        """Return which columns hold figures."""
        columns = list(zip(*self.rows, strict=True))[1:]
        return [False, *(all(_FIGURE.match(text) for text in column) for column in columns)]


def table(header: Sequence[str], rows: Iterable[Sequence[str]], caption: str = "") -> Table:
    """Return a table of texts; the first column names the rows."""
    return Table(tuple(header), tuple(tuple(row) for row in rows), caption)


@dataclass(frozen=True)
class Picture:
    """A figure as PNG, with words for those who cannot see it; `width` in dots of the page."""

    png: bytes
    alt: str
    width: int

    def __repr__(self) -> str:
        return f"[Figure: {self.alt}]"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[Any, Any]:
        coded = base64.b64encode(self.png).decode("ascii")
        content = {"image/png": coded, "text/plain": repr(self)}
        return content, {"image/png": {"width": self.width, "alt": self.alt}}


def show(drawn: Figure | Axes, alt: str) -> Picture:
    """Return a figure as a notebook shows it: sharp, and in the house style to the last tick.

    Parameters
    ----------
    drawn : matplotlib Figure or Axes
        Such as ``run.plot("exceedance")``, or what a function of `simulate.report.figures`
        returns.
    alt : str
        What the figure shows, for those who cannot see it.
    """
    from simulate.report.figures.house import house_style

    figure: Any = drawn.get_figure(root=True)
    buffer = io.BytesIO()
    with house_style():
        figure.savefig(buffer, format="png", dpi=_SHARPNESS * figure.dpi)
    width = round(figure.get_size_inches()[0] * figure.dpi)
    return Picture(_with_palette(buffer), alt, width)


def _with_palette(png: io.BytesIO) -> bytes:
    """Return a PNG in a palette of its own: a third of the size, and the same to the eye."""
    from PIL import Image

    smaller = io.BytesIO()
    colours = Image.open(png).convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
    colours.save(smaller, "PNG", optimize=True)
    return smaller.getvalue()


def _text_lines(row: Sequence[str]) -> Iterable[tuple[str, ...]]:
    return zip_longest(*(text.split("\n") for text in row), fillvalue="")


def _html_cell(text: str) -> str:
    first, _, small = text.partition("\n")
    return f"{_html(first)}<br><small>{_html(small)}</small>" if small else _html(first)


def _html(text: str) -> str:
    # Two dollar signs in one element would be read as the ends of a formula.
    return escape(text).replace(" %", "\u00a0%").replace("$", "<span>$</span>")
