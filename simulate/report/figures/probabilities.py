"""How often each contract earns shared savings and owes shared losses."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from simulate.measures.estimate import Estimate
from simulate.report.figures.house import (
    COLUMN,
    EARNS,
    INK,
    OWES,
    chosen_ids,
    house_style,
    new_axes,
    percent_axis,
)
from simulate.report.figures.net_outcome import outcome_groups
from simulate.report.numbers import percent

if TYPE_CHECKING:
    from simulate.analysis.run import ContractResult, Run

_ROW_INCHES = 0.52
_HALF = 0.17


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
        axes = new_axes(COLUMN, 0.85 + _ROW_INCHES * len(groups)) if ax is None else ax
        axes.set_xlim(-1.0, 1.0)
        for row, group in enumerate(groups):
            base = float(len(groups) - 1 - row)
            result = run[group.ids[0]]
            _draw_row(axes, base, result)
            label = textwrap.shorten(group.label, 76, placeholder=" …")
            at = axes.get_yaxis_transform()
            axes.text(0.0, base + 0.36, label, transform=at, fontweight="bold", va="center")
        _finish(axes, len(groups))
    return axes


def _draw_row(axes: Axes, base: float, result: ContractResult) -> None:
    for sign, colour, name in (
        (-1.0, OWES, "probability_of_shared_losses"),
        (1.0, EARNS, "probability_of_shared_savings"),
    ):
        here: Estimate = getattr(result.measures, name)
        luck: Estimate = getattr(result.chance_alone, name)
        axes.barh(base, sign * here.value, height=2 * _HALF, color=colour)
        axes.errorbar(
            sign * here.value, base, xerr=2 * here.standard_error, color=INK, elinewidth=0.8
        )
        x = sign * luck.value
        axes.plot([x, x], [base - _HALF - 0.05, base + _HALF + 0.05], color=INK, linewidth=1.6)
        end = max(here.value + 2 * here.standard_error, luck.value)
        if sign > 0 or result.resolved.two_sided:
            _write_value(axes, base, sign, end, percent(here, 1), colour)


def _write_value(axes: Axes, base: float, sign: float, end: float, text: str, colour: str) -> None:
    inside = end > 0.78
    axes.annotate(
        text,
        (sign * (0.02 if inside else end), base),
        xytext=(sign * 4, 0),
        textcoords="offset points",
        ha="left" if sign > 0 else "right",
        va="center",
        color="white" if inside else colour,
        fontweight="bold",
        fontsize=7,
    )


def _finish(axes: Axes, rows: int) -> None:
    axes.axvline(0.0, color=INK, linewidth=0.8)
    # Room for the legend above the first row.
    axes.set_ylim(-0.5, rows + 0.1)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")
    percent_axis(axes, "Owes  ←  share of performance years, %  →  earns", signed=False)
    handles = [
        Patch(color=OWES, label="owes shared losses"),
        Patch(color=EARNS, label="earns shared savings"),
        Line2D([], [], color=INK, linewidth=1.6, label="by chance alone"),
    ]
    axes.legend(
        handles=handles,
        loc="upper center",
        ncols=3,
        frameon=True,
        framealpha=1.0,
        edgecolor="none",
        borderpad=0.2,
    )
