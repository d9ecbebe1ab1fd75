"""The chance of sharing and of owing, against the true savings and against the size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from simulate.analysis.run import ASSUMED, CHANCE_ALONE
from simulate.report.figures.house import (
    COLUMN,
    DASHED,
    INK,
    MUTED,
    SMALL,
    Group,
    alike,
    axes_or_new,
    chosen_ids,
    count_axis,
    curve_style,
    fitted,
    house_style,
    legend_above,
    legend_height,
    minus,
    percent_axis,
    ticks_between,
)
from simulate.report.numbers import plain_percent
from simulate.report.sentences import true_savings_phrase

if TYPE_CHECKING:
    from simulate.analysis.curves import ChanceCurves
    from simulate.analysis.run import Run
    from simulate.measures.estimate import FloatArray

_INCHES = 3.2
_TICKS = (1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000)
#: Chances are drawn at least up to here, so that a small one looks small.
_LEAST_REACH = 0.05
#: Height of the strip for words, as a part of what is above it.
_STRIP = 0.14
#: So much beyond the smallest and the largest size, as a factor.
_EDGE = 1.03


def chance_against_true_savings(
    run: Run, contract_ids: Sequence[str] | None = None, ax: Axes | None = None
) -> Axes:
    """Draw the chance of sharing (up) and of owing (down), were the true savings known.

    A curve for each group of contracts with the same chances, two standard errors of the
    simulation shaded. What the run assumes is marked below, with its standard deviation.

    Parameters
    ----------
    run : Run
    contract_ids : sequence of str, optional
        Contracts of the run; all by default.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    UserError
        A contract that is not in the run.
    """
    curves = run.chance_by_true_savings
    groups = _groups(run, curves, contract_ids)
    with house_style():
        axes = axes_or_new(ax, _height(groups))
        _draw(axes, run, curves, groups, "If the true savings were known")
        axes.set_xlim(curves.at[0], curves.at[-1])
        percent_axis(axes, "True savings, % of the benchmark")
        _mark_assumed(axes, run)
    return axes


def chance_against_size(
    run: Run,
    contract_ids: Sequence[str] | None = None,
    ax: Axes | None = None,
    view: int = CHANCE_ALONE,
) -> Axes:
    """Draw the chance of sharing (up) and of owing (down), were the ACO of another size.

    By chance alone or at the assumed true savings; the MSR and MLR of the size table move
    with the size, a chosen or flat one does not. At the ACO's own size are the estimates of
    the run.

    Parameters
    ----------
    run : Run
    contract_ids : sequence of str, optional
        Contracts of the run; all by default.
    ax : matplotlib Axes, optional
    view : int
        `simulate.analysis.run.CHANCE_ALONE` or ``ASSUMED``.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    UserError
        A contract that is not in the run.
    """
    curves = run.chance_by_size[view]
    groups = _groups(run, curves, contract_ids)
    with house_style():
        axes = axes_or_new(ax, _height(groups))
        _draw(axes, run, curves, groups, _view_words(run, view))
        low, high = curves.at[0], curves.at[-1]
        axes.set_xlim(low / _EDGE, high * _EDGE)
        ticks = [tick for tick in _TICKS if low <= tick <= high]
        count_axis(axes, "Assigned beneficiaries, log scale", ticks)
        _mark_own_size(axes, run, groups, view)
    return axes


def size_panels(run: Run) -> Figure:
    """Draw the chances against size: by chance alone, and at the assumed true savings."""
    height = max(_height(_groups(run, curves, None)) for curves in run.chance_by_size)
    with house_style():
        figure = Figure(figsize=(2 * COLUMN, height))
        FigureCanvasAgg(figure)
        for axes, view in zip(figure.subplots(1, 2), (CHANCE_ALONE, ASSUMED), strict=True):
            chance_against_size(run, None, axes, view)
    return figure


def _height(groups: Sequence[Group]) -> float:
    return _INCHES + legend_height(fitted(group.label) for group in groups)


def _groups(run: Run, curves: ChanceCurves, contract_ids: Sequence[str] | None) -> list[Group]:
    """Group the contracts with the same chances all along the curves."""

    def drawn(contract_id: str) -> FloatArray:
        return np.array([[*one.earns, *one.owes] for one in curves.chances[contract_id]])

    return alike(run, chosen_ids(run, contract_ids), drawn)


def _view_words(run: Run, view: int) -> str:
    if view == CHANCE_ALONE:
        return "By chance alone"
    phrase = true_savings_phrase(run)
    return f"At {minus(phrase)}"


def _draw(axes: Axes, run: Run, curves: ChanceCurves, groups: Sequence[Group], title: str) -> None:
    handles = []
    reach = {1.0: _LEAST_REACH, -1.0: 0.0}
    for number, group in enumerate(groups):
        chances = np.array(curves.chances[group.ids[0]])
        style = curve_style(number)
        for sign, column in ((1.0, 0), (-1.0, 1)):
            if sign > 0.0 or run[group.ids[0]].resolved.two_sided:
                value, error = chances[:, column].T
                top = _draw_curve(axes, curves.at, (value, error), sign, style)
                reach[sign] = max(reach[sign], top, _LEAST_REACH)
        handles.append(Line2D([], [], linewidth=1.4, label=fitted(group.label), **style))
    axes.axhline(0.0, color=INK, linewidth=0.8)
    low, high = reach[-1.0], reach[1.0]
    # A strip for words below all curves.
    axes.set_ylim(-low - _STRIP * (low + high), 1.04 * high)
    axes.set_yticks(ticks_between(-low, high))
    axes.grid(axis="y")
    down = "Owes  ←  share" if reach[-1.0] else "Share"
    percent_axis(axes, f"{down} of years, %  →  earns", "y", signed=False)
    legend_above(axes, handles, title=title)


def _draw_curve(
    axes: Axes,
    at: Sequence[float],
    found: tuple[FloatArray, FloatArray],
    sign: float,
    style: dict[str, Any],
) -> float:
    """Draw chances with their standard errors, up or down; return how far the band reaches."""
    value, error = found
    low, high = (np.clip(value + side * error, 0.0, 1.0) for side in (-2.0, 2.0))
    axes.fill_between(at, sign * low, sign * high, color=style["color"], alpha=0.18, linewidth=0)
    axes.plot(at, sign * value, linewidth=1.4, **style)
    return float(high.max())


def _mark_assumed(axes: Axes, run: Run) -> None:
    view = run.true_savings.view
    at = axes.get_xaxis_transform()
    axes.axvline(view.mean, color=MUTED, linewidth=0.8, linestyle=DASHED, zorder=0.8)
    low, high = axes.get_xlim()
    ends = np.clip([view.mean - view.sd, view.mean + view.sd], low, high)
    axes.plot(ends, [0.015, 0.015], color=MUTED, linewidth=3.0, transform=at, zorder=1.0)
    spread = f" ± {100.0 * view.sd:.1f} points" if view.sd else ""
    _note(axes, view.mean, f"assumed: {minus(plain_percent(view.mean, 1))}{spread}")


def _mark_own_size(axes: Axes, run: Run, groups: Sequence[Group], view: int) -> None:
    """Mark the ACO's own size, with the estimates of the run, which may have more years."""
    size = run.aco.assigned_beneficiaries
    axes.axvline(size, color=MUTED, linewidth=0.8, linestyle=DASHED, zorder=0.8)
    for number, group in enumerate(groups):
        result = run[group.ids[0]]
        found = result.measures if view == ASSUMED else result.chance_alone
        chances = [found.probability_of_shared_savings.value]
        if result.resolved.two_sided:
            chances.append(-found.probability_of_shared_losses.value)
        for chance in chances:
            axes.plot(
                size, chance, "o", markersize=4.2, color=curve_style(number)["color"],
                markeredgecolor="white", markeredgewidth=0.6, zorder=3,
            )  # fmt: skip
    _note(axes, size, f"this ACO: {size:,}")


def _note(axes: Axes, x: float, text: str) -> None:
    """Write beside a vertical line, at the foot of the axes and on its roomier side."""
    fraction = (axes.transData + axes.transAxes.inverted()).transform((x, 0.0))[0]
    left = fraction > 0.5
    axes.annotate(
        text, (x, 0.035), xycoords=axes.get_xaxis_transform(), xytext=(-3 if left else 3, 0),
        textcoords="offset points", ha="right" if left else "left", va="bottom",
        fontsize=SMALL, color=MUTED,
    )  # fmt: skip
