"""Maps of a sweep over true savings and size: the preferred choice, or one measure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PolyCollection
from matplotlib.colors import Normalize, TwoSlopeNorm, to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from simulate.measures.estimate import FloatArray
from simulate.report.figures.house import INK, MUTED, figure_of, house_style, new_axes
from simulate.report.sweep_words import (
    Winner,
    alike,
    check_measure,
    dollar_unit,
    is_dark,
    is_probability,
    measure_words,
    preferred_words,
    rate_labels,
    size_labels,
    winners,
)

if TYPE_CHECKING:
    from simulate.analysis.sweep import Sweep

_HATCH = "////"
_LETTER_POINTS = 7.0
#: Inches: a cell; the least and most of a map's side; a tick's label across and up.
_CELL, _SIDES, _TICK = 0.25, (3.0, 8.0), (0.36, 0.14)
#: A panel of several is drawn smaller than a map alone.
_PANEL = 0.65


def sweep_figure(sweep: Sweep, measure: str | None = None) -> Figure:
    """Draw a sweep: the map of the preferred choice or, of one measure, one map a choice.

    Parameters
    ----------
    sweep : Sweep
    measure : str, optional
        A measure such as ``probability_of_shared_savings``. Left out where there is but one
        choice: the measure that the sweep prefers by.

    Raises
    ------
    UserError
        No such measure.
    """
    if measure is None and len(sweep.plan.choices) > 1:
        return figure_of(preference_map(sweep))
    return measure_maps(sweep, check_measure(measure or sweep.plan.prefer))


def preference_map(sweep: Sweep, ax: Axes | None = None) -> Axes:
    """Draw which choice is preferred at each true savings and size.

    Colour and letter name the choice; a pale, hatched cell cannot tell it from the runner-up
    (the paired difference is within two standard errors). A cross marks the ACO itself.

    Parameters
    ----------
    sweep : Sweep
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    preferred = winners(sweep)
    width, height = _sides(sweep)
    with house_style():
        axes = new_axes(width + 0.9, height + 1.0 + 0.16 * len(preferred)) if ax is None else ax
        _fill_cells(axes, sweep, preferred)
        _write_letters(axes, sweep, preferred)
        own = _mark_own(axes, sweep)
        _write_ticks(axes, sweep)
        axes.set_xlabel("True savings, % of the benchmark")
        axes.set_ylabel("Assigned beneficiaries")
        axes.set_title(_title(sweep, f"contract with the {preferred_words(sweep)}"))
        _write_legend(axes, preferred, own)
    return axes


def measure_maps(sweep: Sweep, measure: str) -> Figure:
    """Draw one measure of every choice in panels with one colour scale.

    Choices with the same measures in every cell share a panel.
    """
    groups = alike(sweep)
    unit = (0.01, "percent", "%") if is_probability(measure) else dollar_unit(sweep, measure)
    values = [_values(sweep, measure, labels[0]) / unit[0] for labels in groups]
    scale = _scale(np.stack(values))
    columns = min(3, len(groups))
    rows = math.ceil(len(groups) / columns)
    shrunk = _PANEL if len(groups) > 1 else 1.0
    width, height = (shrunk * side for side in _sides(sweep))
    with house_style():
        figure = Figure(figsize=(columns * (width + 0.3) + 1.4, rows * (height + 0.4) + 0.5))
        FigureCanvasAgg(figure)
        panels = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).ravel()
        for axes, labels, found in zip(panels, groups, values, strict=False):
            _draw_values(axes, found, scale)
            _mark_own(axes, sweep)
            _write_ticks(axes, sweep, shrunk)
            axes.set_title(" = ".join(labels), color=MUTED)
        for axes in panels[len(groups) :]:
            axes.set_axis_off()
        figure.suptitle(
            _title(sweep, measure_words(measure)), size=8, fontweight="bold", x=0.01, ha="left"
        )
        figure.supxlabel("True savings, % of the benchmark", size=7.5)
        figure.supylabel("Assigned beneficiaries", size=7.5)
        in_unit = "%" if is_probability(measure) else f"$ {unit[1]}".strip()
        figure.colorbar(panels[0].images[0], ax=list(panels), label=in_unit, pad=0.02, aspect=30)
    return figure


def _title(sweep: Sweep, what: str) -> str:
    aco = sweep.plan.scenario.aco
    return f"{what[0].upper()}{what[1:]}\n{aco.id}, performance year {aco.performance_year}"


# --- cells ------------------------------------------------------------------


def _fill_cells(axes: Axes, sweep: Sweep, preferred: dict[str, Winner]) -> None:
    squares: dict[bool, list[FloatArray]] = {True: [], False: []}
    faces: dict[bool, list[str]] = {True: [], False: []}
    for y, row in enumerate(sweep.rows):
        for x, cell in enumerate(row):
            clear = cell.preference.clear
            squares[clear].append(_square(x, y))
            faces[clear].append(preferred[cell.preference.best].shade(clear))
    for clear in (True, False):
        axes.add_collection(
            PolyCollection(
                squares[clear],
                facecolors=faces[clear],
                # A hatch has the colour of the edge.
                edgecolors="white" if clear else MUTED,
                hatch=None if clear else _HATCH,
                linewidths=0.4,
            )
        )
    axes.set_xlim(-0.5, len(sweep.plan.true_savings) - 0.5)
    axes.set_ylim(-0.5, len(sweep.plan.sizes) - 0.5)


def _square(x: float, y: float) -> FloatArray:
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]])
    return np.asarray(corners + np.array([x - 0.5, y - 0.5]))


def _write_letters(axes: Axes, sweep: Sweep, preferred: dict[str, Winner]) -> None:
    """Write a letter in every cell, or in every few where cells are small."""
    across, up = (
        max(1, math.ceil(1.3 * _LETTER_POINTS / 72.0 * count / side))
        for side, count in zip(_sides(sweep), _counts(sweep), strict=True)
    )
    for y, row in enumerate(sweep.rows[::up]):
        for x, cell in enumerate(row[::across]):
            winner = preferred[cell.preference.best]
            axes.text(
                across * x,
                up * y,
                winner.letter,
                size=_LETTER_POINTS,
                color="white" if is_dark(winner.shade(cell.preference.clear)) else INK,
                ha="center",
                va="center",
            )


def _mark_own(axes: Axes, sweep: Sweep) -> bool:
    """Mark the ACO itself, with a standard deviation to either side; False: not on the map."""
    plan = sweep.plan
    view, size = plan.own.view, plan.scenario.aco.assigned_beneficiaries
    rates, sizes = plan.true_savings, plan.sizes
    inside = rates[0] <= view.mean <= rates[-1] and sizes[0] <= size <= sizes[-1]
    if inside:
        # At the foot of the row, below its letters.
        y = np.interp(size, sizes, range(len(sizes))) - 0.36
        ends = (view.mean - view.sd, view.mean, view.mean + view.sd)
        left, x, right = np.interp(ends, rates, range(len(rates)))
        for colour, thick in (("white", 2.6), (INK, 1.1)):
            axes.plot([left, right], [y, y], color=colour, linewidth=thick, zorder=4)
            axes.plot(x, y, "x", color=colour, ms=5, mew=thick, zorder=5)
    return inside


# --- frame ------------------------------------------------------------------


def _counts(sweep: Sweep) -> tuple[int, int]:
    return len(sweep.plan.true_savings), len(sweep.plan.sizes)


def _sides(sweep: Sweep) -> tuple[float, float]:
    """Return width and height of a map, inches."""
    least, most = _SIDES
    width, height = (min(max(_CELL * count, least), most) for count in _counts(sweep))
    return width, height


def _write_ticks(axes: Axes, sweep: Sweep, shrunk: float = 1.0) -> None:
    labels = (rate_labels(sweep), size_labels(sweep))
    for axis, texts, side, tick in zip(
        (axes.xaxis, axes.yaxis), labels, _sides(sweep), _TICK, strict=True
    ):
        every = max(1, math.ceil(tick * len(texts) / (shrunk * side)))
        shown = [text.replace("-", "−") for text in texts[::every]]
        axis.set_ticks(range(0, len(texts), every), shown)
        axis.set_tick_params(length=2)


def _write_legend(axes: Axes, preferred: dict[str, Winner], own: bool) -> None:
    handles: list[Patch | Line2D] = [
        Patch(facecolor=winner.colour, label=f"{winner.letter}  {winner.title}")
        for winner in preferred.values()
    ]
    handles.append(
        Patch(
            facecolor="white",
            edgecolor=MUTED,
            hatch=_HATCH,
            linewidth=0.4,
            label="pale: within 2 paired standard errors of the runner-up",
        )
    )
    if own:
        handles.append(
            Line2D([], [], color=INK, marker="x", ms=5, mew=1.1, label="the ACO itself, ± 1 sd")
        )
    figure_of(axes).legend(handles=handles, loc="outside lower left")


# --- measures ---------------------------------------------------------------


def _values(sweep: Sweep, measure: str, label: str) -> FloatArray:
    return np.array([[getattr(cell[label], measure).value for cell in row] for row in sweep.rows])


def _draw_values(axes: Axes, values: FloatArray, scale: Normalize) -> None:
    colours = colormaps["PuOr" if isinstance(scale, TwoSlopeNorm) else "YlGnBu"]
    axes.imshow(values, origin="lower", aspect="auto", norm=scale, cmap=colours)
    low, high = float(values.min()), float(values.max())
    # Inner levels only: at the ends of the range a line would trace nothing but noise.
    levels = [
        level
        for level in _round_values(scale)
        if low + 0.02 * (high - low) < level < high - 0.02 * (high - low)
    ]
    if min(values.shape) >= 2 and levels:
        inks = ["white" if is_dark(to_hex(colours(scale(level)))) else INK for level in levels]
        lines = axes.contour(values, levels=levels, colors=inks, linewidths=0.6, linestyles="-")
        axes.clabel(lines, fontsize=6, fmt=lambda level: f"{level:g}".replace("-", "−"))


def _scale(values: FloatArray) -> Normalize:
    """Return a colour scale from the least to the most; where signs differ, white at zero."""
    low, high = float(values.min()), float(values.max())
    if low < 0.0 < high:
        return TwoSlopeNorm(0.0, -max(-low, high), max(-low, high))
    return Normalize(low, high if high > low else low + 1.0)


def _round_values(scale: Normalize) -> FloatArray:
    low, high = float(scale.vmin or 0.0), float(scale.vmax or 0.0)
    return np.asarray(MaxNLocator(6, steps=[1, 2, 5, 10]).tick_values(low, high))
