"""How often shared losses exceed an amount, with value at risk and tail value at risk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullLocator

from simulate.analysis.curves import loss_exceedance
from simulate.analysis.run import ASSUMED
from simulate.measures.outcomes import TAIL_LEVEL
from simulate.report.figures.house import (
    DASHED,
    MUTED,
    SMALL,
    Group,
    alike,
    axes_or_new,
    chosen_ids,
    curve_style,
    dollar_axis,
    fitted,
    house_style,
    legend_above,
    legend_height,
    percent_axis,
    say,
)
from simulate.report.numbers import dollars, percent_or_bound

if TYPE_CHECKING:
    from simulate.analysis.run import Run
    from simulate.measures.estimate import Estimate
    from simulate.measures.exceedance import Exceedance
    from simulate.measures.outcomes import Measures

_INCHES, _EMPTY_INCHES = 2.8, 1.0
#: The axis ends where so few years are left that the curve is mostly luck.
_FEWEST_YEARS, _LOWEST, _HIGHEST_END = 5.0, 1e-4, 0.02
#: Where losses are rarer, the axis ends a little above one year in twenty.
_LIKELY = 0.08


def exceedance(
    run: Run,
    contract_ids: Sequence[str] | None = None,
    ax: Axes | None = None,
    view: int = ASSUMED,
) -> Axes:
    """Draw how often the shared losses of each two-sided contract exceed an amount.

    A logarithmic axis of chances, since the tail matters; two standard errors of the
    simulation are shaded. A circle marks the value at risk that one year in twenty exceeds,
    a diamond the mean of those years (TVaR). Contracts with the same losses share a curve.

    Parameters
    ----------
    run : Run
    contract_ids : sequence of str, optional
        Contracts of the run; all by default.
    ax : matplotlib Axes, optional
    view : int
        `simulate.analysis.run.ASSUMED` or ``CHANCE_ALONE``.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    UserError
        A contract that is not in the run.
    """
    two_sided = [i for i in chosen_ids(run, contract_ids) if run[i].resolved.two_sided]
    groups = alike(run, two_sided, lambda i: run.outcomes(i, view).shared_losses)
    curves = [loss_exceedance(run, group.ids[0], view) for group in groups]
    drawn = [n for n, curve in enumerate(curves) if curve.chances[0] > 0.0]
    with house_style():
        words = [_words(groups[n], _measures(run, groups[n], view)) for n in drawn]
        axes = axes_or_new(ax, _INCHES + legend_height(words) if drawn else _EMPTY_INCHES)
        if not drawn:
            return _without_losses(axes, [_measures(run, group, view) for group in groups])
        _scale(axes, run, [curves[n] for n in drawn])
        for n in drawn:
            _draw(axes, curves[n], n)
            _mark(axes, curves[n], _measures(run, groups[n], view), n)
        _finish(axes)
        legend_above(
            axes,
            [
                Line2D([], [], linewidth=1.4, label=label, **curve_style(n))
                for n, label in zip(drawn, words, strict=True)
            ],
        )
    return axes


def _measures(run: Run, group: Group, view: int) -> Measures:
    result = run[group.ids[0]]
    return result.measures if view == ASSUMED else result.chance_alone


def _without_losses(axes: Axes, measures: Sequence[Measures]) -> Axes:
    axes.set_axis_off()
    if measures:
        owes = max((m.probability_of_shared_losses for m in measures), key=_error)
        say(axes, f"No shared losses in any year: owes in {percent_or_bound(owes)} of years.")
    else:
        say(axes, "One-sided contracts only: shared losses are never owed.")
    return axes


def _error(estimate: Estimate) -> float:
    return estimate.standard_error


def _scale(axes: Axes, run: Run, curves: Sequence[Exceedance]) -> None:
    years = run.years or run.simulated.expenditure.shape[1]
    low = min(max(_FEWEST_YEARS / years, _LOWEST), _HIGHEST_END)
    axes.set_yscale("log")
    likeliest = max(float(curve.chances[0]) for curve in curves)
    axes.set_ylim(low, 1.0 if likeliest > _LIKELY else 2.0 * _LIKELY)
    axes.set_xlim(0.0, 1.06 * max(_end(curve, low) for curve in curves))
    axes.grid(axis="y")
    axes.axhline(1.0 - TAIL_LEVEL, color=MUTED, linewidth=0.8, linestyle=DASHED, zorder=0.8)
    axes.annotate(
        "one year in twenty", (1.0, 1.0 - TAIL_LEVEL), xycoords=axes.get_yaxis_transform(),
        xytext=(0, 2), textcoords="offset points", ha="right", va="bottom", fontsize=SMALL,
        color=MUTED,
    )  # fmt: skip


def _end(curve: Exceedance, low: float) -> float:
    """Return the amount at which a curve and its band have fallen below the axis."""
    shown = np.flatnonzero(curve.chances + 2.0 * curve.standard_errors > low)
    return float(curve.amounts[min(int(shown[-1]) + 1, curve.amounts.size - 1)])


def _draw(axes: Axes, curve: Exceedance, number: int) -> None:
    style = curve_style(number)
    end = 0.5 * axes.get_ylim()[0]
    low, high = (curve.chances + side * curve.standard_errors for side in (-2.0, 2.0))
    axes.fill_between(
        curve.amounts, np.maximum(low, end), np.maximum(high, end), step="post",
        color=style["color"], alpha=0.18, linewidth=0,
    )  # fmt: skip
    shown = np.maximum(curve.chances, end)
    axes.step(curve.amounts, shown, where="post", linewidth=1.4, **style)


def _mark(axes: Axes, curve: Exceedance, measures: Measures, number: int) -> None:
    """Mark VaR and TVaR on the curve; a VaR of $0 has no place on it."""
    colour = curve_style(number)["color"]
    at_risk, tail = measures.loss_var_95.value, measures.loss_tvar_95.value
    for marker, amount, chance in (
        ("o", at_risk, 1.0 - TAIL_LEVEL),
        ("D", tail, curve.at(tail)),
    ):
        if amount > 0.0:
            axes.plot(
                amount, max(chance, axes.get_ylim()[0]), marker, markersize=5.5, color=colour,
                markeredgecolor="white", markeredgewidth=0.8, clip_on=False, zorder=3,
            )  # fmt: skip


def _finish(axes: Axes) -> None:
    axes.yaxis.set_major_locator(LogLocator(10.0))
    axes.yaxis.set_minor_locator(NullLocator())
    percent_axis(axes, "Chance of owing more, %, log scale", "y")
    dollar_axis(axes, "x", "Shared losses of a performance year")
    axes.set_xlabel(
        f"{axes.get_xlabel()}\nCircle: VaR 95 %. Diamond: mean of the worst 5 % of years (TVaR)."
    )


def _words(group: Group, measures: Measures) -> str:
    owes = percent_or_bound(measures.probability_of_shared_losses)
    return (
        f"{fitted(group.label)}\nowes in {owes} of years, "
        f"VaR {_amount(measures.loss_var_95)}, TVaR {_amount(measures.loss_tvar_95)}"
    )


def _amount(estimate: Estimate) -> str:
    return dollars(estimate) if estimate.value else "$0"
