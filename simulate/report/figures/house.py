"""The house style: colours, contracts that behave alike, axes, and SVG for a report.

Colours are told apart under every colour-vision deficiency, and in gray by a dash, a place or a
word beside them (tests/report/test_palette.py measures both).
"""

from __future__ import annotations

import base64
import hashlib
import io
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from matplotlib import rcParams, style
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from simulate.measures.estimate import FloatArray
from simulate.report.numbers import unit_for

if TYPE_CHECKING:
    from simulate.analysis.run import Run

Which: TypeAlias = Literal["x", "y"]

#: Okabe-Ito: earned, owed, neither; ink for text and lines.
EARNS, OWES, NOTHING = "#0072B2", "#D55E00", "#86939F"
#: Words in the colour of what is owed: darker, to be read on white.
OWES_TEXT = "#A84600"
#: Two contracts in a comparison: dark green and reddish purple, dark enough for text.
FIRST, SECOND = "#005A46", "#AF4F89"
INK, MUTED = "#1B2733", "#55626E"
#: Bands and intervals behind what they belong to: 90 %, 50 %; empty track of a bar; rules.
LIGHT, DARK, TRACK, RULE = "#BFD9EA", "#6FA9CF", "#EDF1F4", "#C3CCD4"
#: Curves of several contracts: colour and dash, so that no two of the first four share either.
CURVES = ((INK, "-"), ("#0072B2", "--"), ("#C77C00", "-."), ("#00654B", ":"))
#: Dashes of a marked value, and of a threshold.
DASHED, DOTTED = (0, (4, 2)), (0, (1, 1.5))
#: Points: words beside a mark.
SMALL = 6.8

#: Inches: one column of the report on a desk screen, the full width of a phone.
COLUMN = 4.6
_LINE_INCHES = 0.155


@contextmanager
def house_style() -> Iterator[None]:
    """Apply the house style for as long as the context lasts."""
    file = resources.files("simulate.report").joinpath("house.mplstyle")
    with resources.as_file(file) as path, style.context(str(path)):
        yield


def new_axes(width: float, height: float) -> Axes:
    """Return the Axes of a new figure of the given size in inches, free of pyplot."""
    figure = Figure(figsize=(width, height))
    FigureCanvasAgg(figure)
    return figure.add_subplot()


def axes_or_new(ax: Axes | None, height: float) -> Axes:
    """Return the Axes that are given, or those of a new figure one column wide."""
    return new_axes(COLUMN, height) if ax is None else ax


def figure_of(axes: Axes) -> Figure:
    """Return the figure that an Axes is in."""
    figure = axes.get_figure(root=True)
    assert figure is not None
    return figure


def svg_uri(figure: Figure) -> str:
    """Return a figure as an SVG data URI; the same figure gives the same text."""
    buffer = io.BytesIO()
    nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    with house_style():
        figure.savefig(buffer, format="svg", metadata=nothing)
    return "data:image/svg+xml;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


@dataclass(frozen=True)
class Group:
    """Contracts that give the same results here, and the name they are shown under."""

    ids: tuple[str, ...]
    label: str


def chosen_ids(run: Run, contract_ids: Sequence[str] | None) -> list[str]:
    """Return the stated contracts of a run, or all of them.

    Raises
    ------
    UserError
        A contract that is not in the run.
    """
    ids = list(run.contracts) if contract_ids is None else list(contract_ids)
    return [run[i].resolved.contract.id for i in ids]


def alike(run: Run, ids: Sequence[str], result: Callable[[str], FloatArray]) -> list[Group]:
    """Group contracts whose `result` is the same in every number, in the order given."""
    groups: dict[bytes, list[str]] = {}
    for contract_id in ids:
        # Adding 0.0 makes -0.0 and 0.0 the same bytes.
        content = hashlib.sha256((result(contract_id) + 0.0).data).digest()
        groups.setdefault(content, []).append(contract_id)
    return [Group(tuple(found), group_label(run, found)) for found in groups.values()]


def group_label(run: Run, ids: Sequence[str]) -> str:
    """Return the titles of some contracts, a shared beginning written once."""
    tails: dict[str, list[str]] = {}
    for contract_id in ids:
        head, _, tail = run[contract_id].resolved.contract.title.rpartition("Level ")
        tails.setdefault(head, []).append(tail)
    parts = []
    for head, found in tails.items():
        if head:
            parts.append(f"{head}Level{'s' if len(found) > 1 else ''} {', '.join(found)}")
        else:
            parts += found
    return "; ".join(parts) if len(parts) > 2 else " and ".join(parts)


def curve_style(number: int) -> dict[str, Any]:
    """Return colour and dash of the curve of a contract, by its place among the others."""
    colour, _ = CURVES[number % len(CURVES)]
    _, dash = CURVES[(number + number // len(CURVES)) % len(CURVES)]
    return {"color": colour, "linestyle": dash}


def minus(text: str) -> str:
    """Return a text with a minus sign in place of the hyphen before a number."""
    return re.sub(r"(?<!\w)-(?=[\d$.])", "−", text)


def dollar_axis(axes: Axes, which: Which, label: str) -> None:
    """Write an axis of dollars in thousands, millions or billions, whichever suits its limits."""
    limits = axes.get_xlim() if which == "x" else axes.get_ylim()
    size, word, _ = unit_for(0.9 * float(np.max(np.abs(limits))))
    axis = _axis(axes, which)
    axis.set_major_formatter(FuncFormatter(lambda value, _: minus(f"{value / size:g}")))
    axis.set_label_text(f"{label}, ${' ' if word else ''}{word}".rstrip())


def ticks_between(low: float, high: float) -> list[float]:
    """Return round numbers for the ticks of a part of an axis."""
    found = MaxNLocator(8, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    return [float(tick) for tick in found if low <= tick <= high]


def percent_axis(axes: Axes, label: str, which: Which = "x", *, signed: bool = True) -> None:
    """Write an axis of rates as percent."""

    def shown(value: float, _: object) -> str:
        return minus(f"{100.0 * (value if signed else abs(value)):.4g}")

    axis = _axis(axes, which)
    axis.set_major_formatter(FuncFormatter(shown))
    axis.set_label_text(label)


def count_axis(axes: Axes, label: str, ticks: Sequence[float]) -> None:
    """Write a logarithmic x axis of counts, with ticks of one's own: ``20,000``."""
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.set_xlabel(label)


def _axis(axes: Axes, which: Which) -> Axis:
    return axes.xaxis if which == "x" else axes.yaxis


def rows_frame(axes: Axes, low: float, high: float) -> None:
    """Make an Axes of rows, one a contract: no y axis, rows at 0, 1, … from the bottom."""
    axes.set_ylim(low, high)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)


def row_label(axes: Axes, height: float, text: str) -> None:
    """Write what a row shows, above it and from its left end."""
    axes.text(
        0.0,
        height,
        textwrap.shorten(text, 76, placeholder=" …"),
        transform=axes.get_yaxis_transform(),
        fontweight="bold",
        va="center",
    )


def legend_above(
    axes: Axes, handles: Sequence[Artist] | None = None, columns: int = 1, title: str = ""
) -> None:
    """Write the legend above the axes, where it hides nothing, under a title of the whole."""
    found = axes.get_legend_handles_labels()[0] if handles is None else list(handles)
    if not found:
        return
    axes.legend(
        handles=found,
        title=title,
        title_fontproperties={"weight": "bold", "size": rcParams["axes.titlesize"]},
        alignment="left",
        loc="lower left",
        bbox_to_anchor=(0.0, 1.0),
        ncols=columns,
        borderaxespad=0.2,
        borderpad=0.2,
        columnspacing=1.0,
        handlelength=2.4,
    )


def fitted(label: str, width: int = 60) -> str:
    """Return the label of a legend in one or two lines, broken between titles if it can be."""
    parts = [part.replace(" ", "\u00a0") for part in label.split("; ")]
    text = label if max(map(len, parts)) > width else "; ".join(parts)
    lines = textwrap.fill(text, width, max_lines=2, placeholder=" …")
    return lines.replace("\u00a0", " ")


def legend_height(labels: Iterable[str]) -> float:
    """Return the inches that a legend above the axes takes for labels in one column."""
    return _LINE_INCHES * sum(1 + label.count("\n") for label in labels)


def say(axes: Axes, text: str) -> None:
    """Write a sentence in the middle of an Axes that has nothing to draw."""
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", color=MUTED)
