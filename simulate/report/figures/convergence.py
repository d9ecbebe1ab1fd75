"""How an estimate settles down while more and more years are simulated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from simulate.analysis.curves import RunningEstimate, least_certain, running_estimate
from simulate.analysis.run import ASSUMED
from simulate.report.figures.house import (
    DASHED,
    EARNS,
    LIGHT,
    MUTED,
    axes_or_new,
    count_axis,
    dollar_axis,
    house_style,
    legend_above,
    percent_axis,
)
from simulate.report.numbers import dollars_with_error, percent_with_error
from simulate.report.sweep_words import is_probability, measure_words

if TYPE_CHECKING:
    from simulate.analysis.run import Run
    from simulate.measures.estimate import Estimate, FloatArray

_INCHES = 3.1


def convergence(
    run: Run,
    contract_id: str | None = None,
    measure: str | None = None,
    ax: Axes | None = None,
    view: int = ASSUMED,
) -> Axes:
    """Draw an estimate as the first years alone give it, up to all years of the run.

    The band is two standard errors to either side, of so many years each; the dashed line is
    the run's own estimate, where the curve ends.

    Parameters
    ----------
    run : Run
    contract_id : str, optional
        Left out, with the measure: the probability of earning or owing with the largest
        standard error of the run.
    measure : str, optional
        A measure such as ``expected_net``; left out: the probability of owing, or of
        earning under a one-sided contract.
    ax : matplotlib Axes, optional
    view : int
        `simulate.analysis.run.ASSUMED` or ``CHANCE_ALONE``.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    UserError
        A contract or a measure that is not in the run, or a run by the exact engine.
    """
    contract_id, measure = _chosen(run, contract_id, measure)
    found = running_estimate(run, contract_id, measure, view)
    with house_style():
        axes = axes_or_new(ax, _INCHES)
        _draw(axes, found, measure)
        _scale(axes, found, measure)
        title = f"{_capital(measure_words(measure))}, {run[contract_id].resolved.contract.title}"
        _write_legend(axes, found, measure, title)
    return axes


def _chosen(run: Run, contract_id: str | None, measure: str | None) -> tuple[str, str]:
    if contract_id is None:
        contract_id, least = least_certain(run)
        return contract_id, measure or least
    side = "losses" if run[contract_id].resolved.two_sided else "savings"
    return contract_id, measure or f"probability_of_shared_{side}"


def _band(found: RunningEstimate, measure: str) -> tuple[FloatArray, FloatArray]:
    """Return two standard errors below and above; a probability stays one."""
    values, errors = np.array(found.estimates).T
    least, most = (0.0, 1.0) if is_probability(measure) else (-np.inf, np.inf)
    return np.maximum(values - 2.0 * errors, least), np.minimum(values + 2.0 * errors, most)


def _draw(axes: Axes, found: RunningEstimate, measure: str) -> None:
    low, high = _band(found, measure)
    values = [estimate.value for estimate in found.estimates]
    axes.fill_between(found.years, low, high, color=LIGHT, linewidth=0)
    axes.plot(found.years, values, color=EARNS, linewidth=1.4)
    axes.axhline(values[-1], color=MUTED, linewidth=0.8, linestyle=DASHED)


def _scale(axes: Axes, found: RunningEstimate, measure: str) -> None:
    below, above = _band(found, measure)
    low, high = float(below.min()), float(above.max())
    if low == high and is_probability(measure):
        low, high = 0.0, 1.0
    room = 0.06 * (high - low) or abs(high) * 0.1 or 1.0
    axes.set_ylim(low - room, high + room)
    axes.grid(axis="y")
    first, last = found.years[0], found.years[-1]
    axes.set_xlim(first, max(last, first + 1))
    count_axis(axes, "Simulated performance years, log scale", _ticks(first, last))
    if is_probability(measure):
        percent_axis(axes, "Share of years, %", "y")
    else:
        dollar_axis(axes, "y", "Estimate")


def _ticks(first: int, last: int) -> list[float]:
    """Return the round numbers in reach: 1, 2 and 5 of every decade, or 1 of long ranges."""
    decades = range(0, 8)
    steps = (1, 2, 5) if last < 200 * first else (1,)
    ticks = [step * 10.0**power for power in decades for step in steps]
    return [tick for tick in ticks if first <= tick <= last] or [float(last)]


def _write_legend(axes: Axes, found: RunningEstimate, measure: str, title: str) -> None:
    last, years = found.estimates[-1], found.years[-1]
    handles = [
        Line2D([], [], color=EARNS, linewidth=1.4, label="estimate of the first years alone"),
        Patch(color=LIGHT, label="± 2 standard errors"),
        Line2D([], [], color=MUTED, linewidth=0.8, linestyle=DASHED,
               label=f"all {years:,}: {_amount(last, measure)}"),
    ]  # fmt: skip
    legend_above(axes, handles, columns=2, title=title)


def _amount(estimate: Estimate, measure: str) -> str:
    return (percent_with_error if is_probability(measure) else dollars_with_error)(estimate)


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
