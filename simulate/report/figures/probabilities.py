"""How often each contract earns shared savings and owes shared losses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from simulate.measures.estimate import Estimate
from simulate.report.figures.house import (
    EARNS,
    INK,
    OWES,
    OWES_TEXT,
    TRACK,
    axes_or_new,
    chosen_ids,
    house_style,
    legend_above,
    percent_axis,
    row_label,
    rows_frame,
)
from simulate.report.figures.net_outcome import outcome_groups
from simulate.report.numbers import percent_or_bound

if TYPE_CHECKING:
    from simulate.analysis.run import ContractResult, Run

_ROW_INCHES = 0.52
_HALF = 0.17
#: Room for the words beside a full bar.
_REACH = 1.27


def probabilities(run: Run, ax: Axes | None = None) -> Axes:
    """Draw the share of years in which each contract earns (right) and owes (left).

    Bars are at the assumed true savings, with two standard errors to either side; black
    ticks are by chance alone. Contracts that give the same results share a row.

    Parameters
    ----------
    run : Run
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    groups = outcome_groups(run, chosen_ids(run, None))
    with house_style():
        axes = axes_or_new(ax, 0.8 + _ROW_INCHES * len(groups))
        rows_frame(axes, -0.45, len(groups) - 0.45)
        axes.set_xlim(-_REACH, _REACH)
        for row, group in enumerate(groups):
            base = float(len(groups) - 1 - row)
            _draw_row(axes, base, run[group.ids[0]])
            row_label(axes, base + 0.36, group.label)
        _finish(axes)
    return axes


def _draw_row(axes: Axes, base: float, result: ContractResult) -> None:
    for sign, fill, ink, name in (
        (-1.0, OWES, OWES_TEXT, "probability_of_shared_losses"),
        (1.0, EARNS, EARNS, "probability_of_shared_savings"),
    ):
        if sign < 0 and not result.resolved.two_sided:
            continue
        here: Estimate = getattr(result.measures, name)
        luck: Estimate = getattr(result.chance_alone, name)
        axes.barh(base, sign, height=2 * _HALF, color=TRACK)
        axes.barh(base, sign * here.value, height=2 * _HALF, color=fill)
        ends = [sign * min(max(here.value + n * here.standard_error, 0.0), 1.0) for n in (-2, 2)]
        axes.plot(ends, [base, base], color=INK, linewidth=0.8)
        x = sign * luck.value
        axes.plot([x, x], [base - _HALF - 0.05, base + _HALF + 0.05], color=INK, linewidth=1.6)
        _write_value(axes, base, sign, percent_or_bound(here, 1), ink)
    # Not a line through all rows, which would cross their labels.
    axes.plot([0.0, 0.0], [base - _HALF - 0.05, base + _HALF + 0.05], color=INK, linewidth=0.8)


def _write_value(axes: Axes, base: float, sign: float, text: str, colour: str) -> None:
    axes.annotate(
        text,
        (sign, base),
        xytext=(sign * 4, 0),
        textcoords="offset points",
        ha="left" if sign > 0 else "right",
        va="center",
        color=colour,
        fontweight="bold",
        fontsize=7,
    )


def _finish(axes: Axes) -> None:
    axes.set_xticks([-1.0, -0.75, -0.5, -0.25, 0.0, 0.25, 0.5, 0.75, 1.0])
    percent_axis(axes, "Owes  ←  share of performance years, %  →  earns", signed=False)
    handles = [
        Patch(color=OWES, label="owes shared losses"),
        Patch(color=EARNS, label="earns shared savings"),
        Line2D([], [], color=INK, linewidth=1.6, label="by chance alone"),
    ]
    legend_above(axes, handles, columns=3)
