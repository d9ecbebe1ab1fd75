"""Cash by quarter: what an agreement leaves on hand, and what is left of payments in advance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, MaxNLocator

from simulate.measures.estimate import Estimate, FloatArray
from simulate.report.figures.house import (
    COLUMN,
    DASHED,
    INK,
    LIGHT,
    MUTED,
    OWES,
    RULE,
    SMALL,
    axes_or_new,
    dollar_axis,
    fitted,
    house_style,
    minus,
)
from simulate.report.numbers import dollars, plain_percent

if TYPE_CHECKING:
    from simulate.agreement.finance.finances import Finances
    from simulate.agreement.finance.ledger import QuarterMeasures

_CASH_INCHES, _BALANCE_INCHES, _LEGEND_INCHES = 2.0, 1.05, 0.45
_POINTS_AN_INCH = 72.0
#: Points from one number at the right edge to the next, so that both can be read.
_LEAST_POINTS = 9.0
#: Part of the height of a panel that its frame leaves to the axes.
_INSIDE = 0.72
#: Part of the dollars shown that is left free below, for words.
_ROOM_BELOW = 0.12


def cash_charts(found: Finances, labels: Sequence[str] | None = None) -> Figure:
    """Draw cash by quarter under each path of contracts, on one scale of dollars.

    Where there are payments in advance, a smaller panel below each shows their balance.

    Parameters
    ----------
    found : Finances
    labels : sequence of str, optional
        Paths of the run; all by default.

    Raises
    ------
    UserError
        A path that is not in the run.
    """
    chosen = [found.run[label].planned.label for label in labels or found.paths]
    advances = found[chosen[0]].assumed.advance is not None
    heights = [_CASH_INCHES, _BALANCE_INCHES] if advances else [_CASH_INCHES]
    with house_style():
        total = _LEGEND_INCHES + len(chosen) * sum(heights)
        figure = Figure(figsize=(COLUMN, total), layout="constrained")
        FigureCanvasAgg(figure)
        rows = len(chosen) * len(heights)
        grid = figure.add_gridspec(rows, 1, height_ratios=heights * len(chosen))
        panels: list[list[Axes]] = [[], []]
        for place, label in enumerate(chosen):
            for which, draw in enumerate((cash_by_quarter, advance_balance)[: len(heights)]):
                axes = figure.add_subplot(grid[place * len(heights) + which])
                panels[which].append(_without_legend(draw(found, label, axes)))
        _share_out(panels)
        keys = [*_cash_keys(found), *(_balance_keys() if advances else [])]
        figure.legend(handles=keys, loc="outside upper left", ncols=2, alignment="left")
    return figure


def cash_by_quarter(found: Finances, label: str, ax: Axes | None = None) -> Axes:
    """Draw the cash on hand after each quarter under one path, at the assumed true savings.

    The line is the mean, the band holds nine in ten of the simulated paths. Both go from one
    quarter's end to the next in a step: a settlement comes all at once.

    Parameters
    ----------
    found : Finances
    label : str
        A path of the run.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    UserError
        A path that is not in the run.
    """
    path, quarters = found[label], found[label].assumed.cash.quarters
    edges = np.arange(len(quarters) + 1)
    low, middle, high = (
        _steps([getattr(quarter, name) for quarter in quarters])
        for name in ("position_p05", "position", "position_p95")
    )
    with house_style():
        axes = axes_or_new(ax, _CASH_INCHES + _LEGEND_INCHES)
        axes.fill_between(edges, low, high, step="post", color=LIGHT, linewidth=0, zorder=2)
        axes.axhline(0.0, color=MUTED, linewidth=0.8, zorder=3)
        axes.step(edges, middle, where="post", color=INK, zorder=4)
        axes.set_title(fitted(path.terms.planned.title))
        _year_axis(axes, path.terms.quarters.labels)
        _write_least(axes, quarters, float(low.min()))
        dollar_axis(axes, "y", "cash")
        last = quarters[-1]
        _write_at_end(axes, (last.position, last.position_p05, last.position_p95))
        axes.legend(handles=_cash_keys(found), loc="upper left")
    return axes


def advance_balance(found: Finances, label: str, ax: Axes | None = None) -> Axes:
    """Draw what is still to be recouped of payments in advance after each quarter.

    The line is the mean; one path in twenty is above the dashed one.

    Parameters
    ----------
    found : Finances
    label : str
        A path of the run.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    UserError
        A path that is not in the run.
    """
    path, quarters = found[label], found[label].assumed.cash.quarters
    edges = np.arange(len(quarters) + 1)
    middle = _steps([_known(quarter.balance) for quarter in quarters])
    high = _steps([_known(quarter.balance_p95) for quarter in quarters])
    with house_style():
        axes = axes_or_new(ax, _BALANCE_INCHES + _LEGEND_INCHES)
        axes.step(edges, high, where="post", color=OWES, linestyle=DASHED, linewidth=0.9, zorder=3)
        axes.step(edges, middle, where="post", color=OWES, zorder=4)
        axes.set_ylim(0.0, max(1.15 * float(high.max()), 1.0))
        axes.yaxis.set_major_locator(MaxNLocator(3))
        _year_axis(axes, path.terms.quarters.labels)
        dollar_axis(axes, "y", "to recoup")
        _write_at_end(axes, (_known(quarters[-1].balance),))
        axes.legend(handles=_balance_keys(), loc="upper right")
    return axes


def cash_words(found: Finances, label: str) -> str:
    """Return what the cash of a path shows, in words."""
    path, quarters = found[label], found[label].assumed.cash.quarters
    labels, least, last = path.terms.quarters.labels, _least_mean(quarters), quarters[-1]
    said = (
        f"{path.terms.planned.title}: cash on hand is lowest after {labels[least]}, on average "
        f"{dollars(quarters[least].position)}; after {labels[-1]} it is {dollars(last.position)}, "
        f"nine paths in ten between {dollars(last.position_p05)} and {dollars(last.position_p95)}."
    )
    if path.assumed.advance is None:
        return said
    owed = [_known(quarter.balance) for quarter in quarters]
    most = max(range(len(owed)), key=lambda place: owed[place].value)
    return (
        f"{said} Of payments in advance up to {dollars(owed[most])} are to be recouped, after "
        f"{labels[most]}, and {dollars(owed[-1])} at the end."
    )


def _steps(estimates: Sequence[Estimate]) -> FloatArray:
    """Return values by quarter; the last once more, where its step ends."""
    values = [estimate.value for estimate in estimates]
    return np.array([*values, values[-1]])


def _known(estimate: Estimate | None) -> Estimate:
    """Return the balance of payments in advance; nothing where there are none."""
    return Estimate(0.0, 0.0) if estimate is None else estimate


def _year_axis(axes: Axes, labels: Sequence[str]) -> None:
    """Write an axis of quarters: a tick each, a rule between years, and the years' names."""
    years = [label.split()[0] for label in labels]
    begins = [i for i, year in enumerate(years) if i == 0 or year != years[i - 1]]
    ends = [*begins[1:], len(years)]
    # A year of which one quarter is shown has no room for its name.
    named = [(b, e) for b, e in zip(begins, ends, strict=True) if e - b > 1]
    axes.set_xlim(0, len(years))
    axes.set_xticks([(b + e) / 2 for b, e in named], [years[b] for b, _ in named])
    axes.xaxis.remove_overlapping_locs = False
    axes.tick_params(axis="x", which="major", length=0, pad=4)
    axes.xaxis.set_minor_locator(FixedLocator(range(len(years) + 1)))
    axes.tick_params(axis="x", which="minor", length=2, width=0.5)
    for place in begins[1:]:
        axes.axvline(place, color=RULE, linewidth=0.5, zorder=1)


def _write_least(axes: Axes, quarters: Sequence[QuarterMeasures], bottom: float) -> None:
    """Write the lowest mean below its step, where it is below zero and not at the end."""
    least = _least_mean(quarters)
    value = quarters[least].position
    if value.value >= 0.0 or least == len(quarters) - 1:
        return
    top = axes.get_ylim()[1]
    axes.set_ylim(bottom - _ROOM_BELOW * (top - bottom), top)
    axes.annotate(
        minus(dollars(value)),
        (least + 1, value.value),
        xytext=(0, -4),
        textcoords="offset points",
        fontsize=SMALL,
        ha="right" if least > len(quarters) / 2 else "left",
        va="top",
    )


def _least_mean(quarters: Sequence[QuarterMeasures]) -> int:
    return min(range(len(quarters)), key=lambda place: quarters[place].position.value)


def _write_at_end(axes: Axes, estimates: Sequence[Estimate]) -> None:
    """Write values beside the last quarter, the first ones first, where there is room."""
    low, high = axes.get_ylim()
    points = _POINTS_AN_INCH * _INSIDE * _CASH_INCHES / (high - low)
    written: list[float] = []
    for estimate in estimates:
        if any(abs(estimate.value - other) * points < _LEAST_POINTS for other in written):
            continue
        written.append(estimate.value)
        axes.annotate(
            minus(dollars(estimate)),
            (axes.get_xlim()[1], estimate.value),
            xytext=(3, 0),
            textcoords="offset points",
            fontsize=SMALL,
            va="center",
            annotation_clip=False,
        )


def _without_legend(axes: Axes) -> Axes:
    if legend := axes.get_legend():
        legend.remove()
    return axes


def _share_out(panels: Sequence[Sequence[Axes]]) -> None:
    """Give panels of the same kind one scale of dollars."""
    for same, name in zip(panels, ("cash", "to recoup"), strict=True):
        ends = [end for axes in same for end in axes.get_ylim()]
        for axes in same:
            axes.set_ylim(min(ends), max(ends))
            dollar_axis(axes, "y", name)


def _cash_keys(found: Finances) -> list[Patch | Line2D]:
    plan = found.run.plan
    at = f"at true savings {plain_percent(plan.true_savings.view.mean, 1)}"
    if plan.programmes:
        at = "at the assumed true savings"
    return [
        Line2D([], [], color=INK, label="cash, mean"),
        Patch(color=LIGHT, label=minus(f"nine in ten, {at}")),
    ]


def _balance_keys() -> list[Line2D]:
    return [
        Line2D([], [], color=OWES, label="to be recouped, mean"),
        Line2D([], [], color=OWES, linestyle=DASHED, label="one path in twenty above"),
    ]
