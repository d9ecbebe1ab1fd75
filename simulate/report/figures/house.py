"""The house style: colours, contracts that behave alike, axes, and SVG for a report."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from simulate.measures.estimate import FloatArray
from simulate.report.numbers import unit_for

if TYPE_CHECKING:
    from simulate.analysis.run import Run

#: Okabe-Ito: earned, owed, neither; ink for text and lines.
EARNS, OWES, NOTHING = "#0072B2", "#D55E00", "#8A97A3"
#: Two contracts in a comparison: bluish green and reddish purple, dark enough for text.
FIRST, SECOND = "#007A5A", "#A3507F"
INK, MUTED = "#1B2733", "#55626E"

#: Inches: one column of the report on a desk screen, the full width of a phone.
COLUMN = 4.6


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
        groups.setdefault((result(contract_id) + 0.0).tobytes(), []).append(contract_id)
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
    return " and ".join(parts)


def dollar_axis(axes: Axes, which: str, label: str) -> None:
    """Write an axis of dollars in thousands, millions or billions, whichever suits its limits."""
    limits = axes.get_xlim() if which == "x" else axes.get_ylim()
    size, word, _ = unit_for(0.9 * float(np.max(np.abs(limits))))
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value / size:g}".replace("-", "−")))
    axis.set_label_text(f"{label}, ${' ' if word else ''}{word}".rstrip())


def percent_axis(axes: Axes, label: str, *, signed: bool = True) -> None:
    """Write the x axis of rates as percent."""

    def shown(value: float, _: object) -> str:
        text = f"{100.0 * (value if signed else abs(value)):g}"
        return text.replace("-", "−")

    axes.xaxis.set_major_formatter(FuncFormatter(shown))
    axes.set_xlabel(label)
