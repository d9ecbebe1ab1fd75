"""Published settlements against their recomputation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter, NullLocator

from simulate.report.figures.house import (
    DASHED,
    EARNS,
    INK,
    MUTED,
    OWES,
    SECOND,
    SMALL,
    axes_or_new,
    house_style,
    legend_above,
)
from simulate.report.numbers import unit_for
from simulate.verify.replay import MatchClass

if TYPE_CHECKING:
    from simulate.verify.replay import Replay, ReplayedRow

_Point: TypeAlias = "tuple[ReplayedRow, float, float]"

_MOST_LABELS = 12
_LABEL_STEP = 0.045
_SMALLEST_DECADE = 3
_CENT = 0.01


class _Mark(NamedTuple):
    """How the rows of one class are drawn: told apart by shape as well as by colour."""

    marker: str
    size: float
    face: str
    edge: str
    label: str


_MARKS = {
    MatchClass.WITHIN_ROUNDING: _Mark("D", 4.0, "#F3D9A0", "#9A6A00", "within rounding"),
    MatchClass.TO_THE_DOLLAR: _Mark("o", 2.0, EARNS, EARNS, "matched to $1"),
    MatchClass.NOT_DETERMINABLE: _Mark("s", 5.0, "white", SECOND, "bounded only"),
    MatchClass.UNMATCHED: _Mark("X", 6.0, OWES, "white", "unmatched"),
}


def published_recomputed(replay: Replay, ax: Axes | None = None) -> Axes:
    """Draw every published settlement against the recomputed one.

    Both axes are logarithmic on either side of zero: earned is positive, owed negative.
    Rows of nothing on both sides, and rows without a published figure, are counted in
    the legend and not drawn. Rows that are not matched carry their year and ACO id.

    Parameters
    ----------
    replay : Replay
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    drawn = [row for row in replay.rows if row.published is not None and _has_dollars(row)]
    with house_style():
        axes = axes_or_new(ax, 4.7)
        low, high, threshold = _scale(drawn)
        for which in ("x", "y"):
            axes.set(**{f"{which}lim": (low, high)})
            getattr(axes, f"set_{which}scale")("symlog", linthresh=threshold, linscale=0.35)
        _dollar_ticks(axes, low, high, threshold)
        axes.grid(visible=True)
        axes.plot([low, high], [low, high], color=MUTED, linewidth=0.7, zorder=1)
        axes.axhline(0.0, color="#A9B4BE", linewidth=0.7, zorder=0.6)
        axes.axvline(0.0, color="#A9B4BE", linewidth=0.7, zorder=0.6)
        _draw_bounds(axes, drawn, low, high)
        _draw_classes(axes, [(row, row.published or 0.0, row.recomputed) for row in drawn])
        _name_rows(axes, drawn)
        axes.set_xlabel("Published by CMS: owed (−) or earned, US dollars, log scale")
        axes.set_ylabel("Recomputed, the same scale")
        _legend(axes, replay, drawn)
        axes.set_box_aspect(1.0)
    return axes


def differences(replay: Replay, ax: Axes | None = None) -> Axes:
    """Draw how far every recomputed settlement is from the published one, by its size.

    Both axes are logarithmic; the larger of the two amounts is the size. Differences of
    less than a cent are drawn at one cent.

    Parameters
    ----------
    replay : Replay
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    drawn = [row for row in replay.rows if row.published is not None and _has_dollars(row)]
    with house_style():
        axes = axes_or_new(ax, 4.7)
        axes.set_xscale("log")
        axes.set_yscale("log")
        points = [(row, _size(row), max(abs(row.difference or 0.0), _CENT)) for row in drawn]
        _draw_classes(axes, points)
        axes.axhline(1.0, color=MUTED, linewidth=0.8, linestyle=DASHED, zorder=0.8)
        bottom, top = axes.get_ylim()
        axes.set_ylim(bottom, max(4.0 * top, 10.0))
        _name_points(axes, points, above=True)
        axes.grid(visible=True)
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(FuncFormatter(lambda value, _: _short(value)))
            axis.set_minor_locator(NullLocator())
        _legend(axes, replay, drawn)
        axes.set_xlabel("Earned or owed, US dollars, log scale")
        axes.set_ylabel("Difference of published and recomputed, log scale")
        axes.set_box_aspect(1.0)
    return axes


def _has_dollars(row: ReplayedRow) -> bool:
    return bool(row.published) or abs(row.recomputed) >= 0.5


def _size(row: ReplayedRow) -> float:
    return max(abs(row.published or 0.0), abs(row.recomputed))


def _scale(rows: Sequence[ReplayedRow]) -> tuple[float, float, float]:
    """Return the limits of both axes, and up to where the scale around zero is linear."""
    amounts = [a for row in rows for a in (row.published or 0.0, row.recomputed) if abs(a) >= 0.5]
    if not amounts:
        return -1e4, 1e7, 1e4
    decade = math.floor(math.log10(min(abs(amount) for amount in amounts)))
    threshold = 10.0 ** max(_SMALLEST_DECADE, decade)
    low = min(0.0, *amounts, 0.0)
    high = max(0.0, *amounts)
    return (1.6 * low if low else -threshold), max(1.6 * high, threshold), threshold


def _dollar_ticks(axes: Axes, low: float, high: float, threshold: float) -> None:
    """Write every second decade from the largest down, on both sides of zero."""
    top = math.floor(math.log10(max(high, -low)))
    decades = [10.0**power for power in range(top, round(math.log10(threshold)) - 1, -1)]
    for axis in (axes.xaxis, axes.yaxis):
        written = [d for d in decades if round(math.log10(d)) % 2 == 1 and d > threshold]
        ticks = [0.0, *(sign * d for d in written for sign in (-1.0, 1.0))]
        axis.set_major_locator(FixedLocator([t for t in ticks if low <= t <= high]))
        axis.set_minor_locator(FixedLocator([s * d for d in decades for s in (-1.0, 1.0)]))
        axis.set_minor_formatter(NullFormatter())
        axis.set_major_formatter(FuncFormatter(lambda value, _: _short(value)))


def _short(value: float) -> str:
    """Return dollars for an axis: ``$10k``."""
    if value == 0.0:
        return "$0"
    if abs(value) < 0.995:
        return f"{100.0 * value:g}¢".replace("-", "−") if value > _CENT else "≤1¢"
    size, _, letter = unit_for(value)
    return f"{'−' if value < 0 else ''}${abs(value) / size:g}{letter}"


def _draw_bounds(axes: Axes, rows: Sequence[ReplayedRow], low: float, high: float) -> None:
    for row in rows:
        if row.match_class is MatchClass.NOT_DETERMINABLE and row.published is not None:
            ends = [min(max(end, low), high) for end in (row.low, row.high)]
            axes.plot([row.published] * 2, ends, color=SECOND, linewidth=1.2, zorder=1.5)


def _draw_classes(axes: Axes, points: Sequence[_Point]) -> None:
    for place, (kind, mark) in enumerate(_MARKS.items()):
        here = [(x, y) for row, x, y in points if row.match_class is kind]
        if here:
            axes.plot(
                *zip(*here, strict=True), linestyle="", marker=mark.marker, markersize=mark.size,
                markerfacecolor=mark.face, markeredgecolor=mark.edge, markeredgewidth=0.7,
                zorder=2.0 + 0.1 * place, clip_on=False,
            )  # fmt: skip


def _name_rows(axes: Axes, rows: Sequence[ReplayedRow]) -> None:
    """Write the names of the rows that are not matched in the empty corners."""
    points = [(row, row.published or 0.0, row.recomputed) for row in rows]
    for above in (True, False):
        side = [point for point in points if (point[2] > point[1]) is above]
        _name_points(axes, side, above)


def _name_points(axes: Axes, points: Sequence[_Point], above: bool) -> None:
    """Write names in a column, on the left from below or on the right from above."""
    wanted = [point for point in points if not point[0].match_class.matched]
    wanted = sorted(wanted, key=lambda point: -abs(point[0].difference or 0.0))[:_MOST_LABELS]
    places = _column(axes, [y for _, _, y in wanted], above)
    for (row, x, y), place in zip(wanted, places, strict=True):
        axes.annotate(
            f"{row.performance_year} {row.aco_id}", (x, y),
            xytext=(0.015 if above else 0.985, place), textcoords="axes fraction",
            ha="left" if above else "right", va="center", fontsize=SMALL, color=INK,
            zorder=3,
            arrowprops={"arrowstyle": "-", "color": INK, "linewidth": 0.5, "shrinkB": 2.5},
        )  # fmt: skip


def _column(axes: Axes, values: Sequence[float], above: bool) -> list[float]:
    """Return heights for labels at these values: a line apart, and all inside the axes."""
    to_axes = axes.transData + axes.transAxes.inverted()
    side = 1.0 if above else -1.0
    # From here on upwards is away from the first label, on either side.
    heights = [side * float(to_axes.transform((0.0, value))[1]) for value in values]
    order = sorted(range(len(values)), key=heights.__getitem__)
    last = -math.inf
    for i in order:
        last = heights[i] = max(heights[i], last + _LABEL_STEP)
    last = (1.0 if above else 0.0) + 0.4 * _LABEL_STEP
    for i in reversed(order):
        last = heights[i] = min(heights[i], last - _LABEL_STEP)
    return [side * height for height in heights]


def _legend(axes: Axes, replay: Replay, drawn: Sequence[ReplayedRow]) -> None:
    counts = {kind: sum(row.match_class is kind for row in drawn) for kind in MatchClass}
    handles = [_handle(_MARKS[kind], f"{n:,} {_MARKS[kind].label}") for kind, n in counts.items()]
    handles = [handle for handle, count in zip(handles, counts.values(), strict=True) if count]
    unknown = sum(row.published is None for row in replay.rows)
    zeros = len(replay.rows) - len(drawn) - unknown
    nothing = _Mark("", 0.0, "none", "none", "")
    if zeros:
        handles.append(_handle(nothing, f"not drawn: {zeros:,} of $0 on both sides"))
    if unknown:
        handles.append(_handle(nothing, f"not drawn: {unknown:,} without a figure"))
    legend_above(axes, handles, columns=2)


def _handle(mark: _Mark, label: str) -> Line2D:
    return Line2D(
        [], [], linestyle="", marker=mark.marker, markersize=max(mark.size, 4.0), label=label,
        markerfacecolor=mark.face, markeredgecolor=mark.edge, markeredgewidth=0.7,
    )  # fmt: skip
