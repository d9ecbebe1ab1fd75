"""The payoff of each contract against the savings rate, over the simulated rates."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from simulate.analysis.run import ASSUMED, CHANCE_ALONE, outcomes_of
from simulate.contracts.resolution import STANDARDS
from simulate.kernels.settlement_rule import threshold_rates
from simulate.measures.estimate import FloatArray
from simulate.report.figures.house import (
    COLUMN,
    DASHED,
    DOTTED,
    EARNS,
    INK,
    MUTED,
    NOTHING,
    OWES,
    RULE,
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
    minus,
    percent_axis,
    ticks_between,
)
from simulate.report.numbers import plain_percent, unit_for

if TYPE_CHECKING:
    from simulate.analysis.run import Run

_SIDES = ("savings", "losses")
_PANEL_INCHES = 3.2
_POINTS = 1601
#: Height of the distribution of savings rates, as a part of the panel.
_STRIP = 0.24
#: Width of the name of a threshold, as a part of the panel.
_NAME = 0.19


def payoff_curve(
    run: Run, contract_ids: Sequence[str] | None = None, ax: Axes | None = None
) -> Axes:
    """Draw what contracts pay and owe against the measured savings rate.

    Below the curves stands the simulated distribution of the savings rate: filled at
    the assumed true savings, outlined by chance alone. With a single curve its MSR,
    MLR and limits are marked. Contracts with the same curve share a line.

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
    ids = chosen_ids(run, contract_ids)
    rates = _rates(run)
    groups = payoff_groups(run, ids)
    with house_style():
        axes = axes_or_new(ax, _PANEL_INCHES + legend_height(g.label for g in groups[1:]))
        curves = [_payoff(run, group.ids[0], rates) for group in groups]
        axes.set_xlim(float(rates[0]), float(rates[-1]))
        _scale(axes, payoff_range(run, chosen_ids(run, None)))
        handles = _draw_distribution(axes, run)
        if len(groups) == 1:
            _draw_one(axes, rates, curves[0])
            handles += _mark_terms(axes, run, groups[0].ids[0])
            legend_above(axes, handles, columns=2, title=fitted(groups[0].label))
        else:
            handles = _draw_several(axes, rates, groups, curves) + handles
            legend_above(axes, handles)
        percent_axis(axes, "Measured savings rate, % of the benchmark")
    return axes


def payoff_panels(run: Run) -> Figure:
    """Draw one payoff panel for each group of contracts, on the same scales."""
    groups = payoff_groups(run, chosen_ids(run, None))
    columns = min(2, len(groups))
    rows = math.ceil(len(groups) / columns)
    with house_style():
        figure = Figure(figsize=(COLUMN * columns, _PANEL_INCHES * rows))
        FigureCanvasAgg(figure)
        for place, group in enumerate(groups, start=1):
            payoff_curve(run, group.ids, figure.add_subplot(rows, columns, place))
    return figure


def payoff_groups(run: Run, ids: Sequence[str]) -> list[Group]:
    """Group the contracts with the same payoff at every savings rate shown."""
    rates = _rates(run)
    return alike(run, ids, lambda i: np.round(_payoff(run, i, rates), 2))


def payoff_range(run: Run, ids: Sequence[str]) -> tuple[float, float]:
    """Return the range of payoffs over the savings rates shown, with room for labels."""
    rates = _rates(run)
    curves = [_payoff(run, i, rates) for i in ids]
    low = min(0.0, *(float(c.min()) for c in curves))
    high = max(0.0, *(float(c.max()) for c in curves))
    room = max(high - low, 1.0)
    return low - 0.12 * room, high + 0.12 * room


def _rates(run: Run) -> FloatArray:
    """Return the savings rates shown: what was simulated, with MSR and MLR in sight."""
    simulated = np.concatenate([run.savings_rates(ASSUMED), run.savings_rates(CHANCE_ALONE)])
    low, high = (float(np.quantile(simulated, q)) for q in (0.0005, 0.9995))
    found = [_threshold_rates(run, i) for i in run.contracts]
    savings, losses = ([rates[side] for rates in found if side in rates] for side in _SIDES)
    thresholds = [*savings, *losses]
    low, high = min([low, *thresholds, -0.01]), max([high, *thresholds, 0.01])
    margin = 0.08 * (high - low)
    low, high = low - margin, high + margin
    # Beside the outermost thresholds is room for their names.
    room = _NAME / (1.0 - _NAME)
    low = min([low, *(rate - room * (high - rate) for rate in losses)])
    high = max([high, *(rate + room * (rate - low) for rate in savings)])
    grid = np.linspace(low, high, _POINTS)
    # Both sides of every jump, so that it is drawn where it is.
    jumps = [t + side for t in sorted({*thresholds, 0.0}) for side in (-1e-9, 1e-9)]
    return np.sort(np.concatenate([grid, jumps]))


def _threshold_rates(run: Run, contract_id: str) -> dict[str, float]:
    """Return the savings rates from which savings, and losses, are shared; those there are."""
    quality = run.aco.quality_score, STANDARDS[run.aco.quality_standard]
    rates = threshold_rates(run[contract_id].resolved.terms, *quality)
    return {side: rate for side, rate in zip(_SIDES, rates, strict=True) if math.isfinite(rate)}


def _payoff(run: Run, contract_id: str, rates: FloatArray) -> FloatArray:
    benchmark = run.simulated.benchmark
    resolved = run[contract_id].resolved
    return outcomes_of(resolved, run.aco, benchmark, benchmark * (1.0 - rates)).net


def _scale(axes: Axes, reach: tuple[float, float]) -> None:
    """Set the y axis: payoffs above, and below them a strip for the distribution."""
    low, high = reach
    axes.set_ylim(low - _STRIP / (1.0 - _STRIP) * (high - low), high)
    axes.set_yticks(ticks_between(low, high))
    dollar_axis(axes, "y", "Net outcome")
    axes.axhline(0.0, color=NOTHING, linewidth=0.6)


def _draw_distribution(axes: Axes, run: Run) -> list[Artist]:
    """Draw the distributions of the savings rate in their strip; return their handles."""
    low, high = axes.get_xlim()
    edges = np.linspace(low, high, 91)
    counts = {v: np.histogram(run.savings_rates(v), edges)[0] for v in (ASSUMED, CHANCE_ALONE)}
    scale = 0.94 * _STRIP / max(int(c.max()) for c in counts.values() if c.size)
    at = axes.get_xaxis_transform()
    filled, outline = counts[ASSUMED] * scale, counts[CHANCE_ALONE] * scale
    axes.stairs(filled, edges, fill=True, color=RULE, transform=at, zorder=0.2)
    if np.array_equal(filled, outline):
        # Two handles in any case, so that limits are in the second column.
        return [Patch(color=RULE, label="savings rates"), Line2D([], [], linestyle="", label="")]
    axes.stairs(outline, edges, color=MUTED, linewidth=0.7, transform=at, zorder=0.3)
    return [
        Patch(color=RULE, label="savings rates as assumed"),
        Line2D([], [], color=MUTED, linewidth=0.7, label="… by chance alone"),
    ]


def _draw_one(axes: Axes, rates: FloatArray, curve: FloatArray) -> None:
    jumps = np.flatnonzero((np.diff(rates) < 1e-8) & (np.abs(np.diff(curve)) > 1.0))
    for at in jumps:
        ends = [curve[at], curve[at + 1]]
        axes.plot([rates[at]] * 2, ends, color=MUTED, linewidth=0.8, linestyle=":")
    x, y = np.insert(rates, jumps + 1, np.nan), np.insert(curve, jumps + 1, np.nan)
    for side, colour in ((y == 0.0, INK), (y > 0.0, EARNS), (y < 0.0, OWES)):
        axes.plot(x, np.where(side, y, np.nan), color=colour)


def _draw_several(
    axes: Axes, rates: FloatArray, groups: Sequence[Group], curves: Sequence[FloatArray]
) -> list[Artist]:
    handles: list[Artist] = []
    for number, (group, curve) in enumerate(zip(groups, curves, strict=True)):
        label, style = fitted(group.label), curve_style(number)
        handles += axes.plot(rates, curve, linewidth=1.4, label=label, **style)
    return handles


def _mark_terms(axes: Axes, run: Run, contract_id: str) -> list[Artist]:
    """Mark MSR, MLR and limits; return handles that say where limits are reached."""
    for side, rate in _threshold_rates(run, contract_id).items():
        _mark_rate(axes, rate, _threshold_words(run, contract_id, side, rate), side == "losses")
    handles: list[Artist] = []
    bottom, top = axes.get_ylim()
    bottom += _STRIP * (top - bottom)
    for limit in _limits(run, contract_id):
        if bottom < limit.net < top:
            axes.axhline(limit.net, color=MUTED, linewidth=0.8, linestyle=DOTTED, zorder=0.8)
        line: dict[str, Any] = {"color": MUTED, "linewidth": 0.8, "linestyle": DOTTED}
        handles.append(Line2D([], [], label=limit.words(), **line))
    if not run[contract_id].resolved.two_sided:
        handles.append(Line2D([], [], linestyle="", label="one-sided: no losses are owed"))
    return handles


def _threshold_words(run: Run, contract_id: str, side: str, rate: float) -> str:
    """Return the name of a threshold: MSR, MLR, or where a discounted benchmark moves it."""
    terms = run[contract_id].resolved.terms
    name, minimum = ("MSR", terms.msr) if side == "savings" else ("MLR", terms.mlr)
    if abs(rate) == minimum:
        return f"{name} {plain_percent(minimum)}"
    verb = "shares from" if side == "savings" else "owes below"
    return minus(f"{verb} {plain_percent(rate)}")


def _mark_rate(axes: Axes, rate: float, text: str, left: bool) -> None:
    axes.axvline(rate, color=MUTED, linewidth=0.8, linestyle=DASHED, zorder=0.8)
    axes.annotate(
        text,
        (rate, 1.0),
        xycoords=axes.get_xaxis_transform(),
        xytext=(-3 if left else 3, -2),
        textcoords="offset points",
        ha="right" if left else "left",
        va="top",
        fontsize=SMALL,
        color=MUTED,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.4},
    )


class _Limit(NamedTuple):
    """A limit: what it limits payments or losses to, from which savings rate, the net there."""

    name: str
    amount: float
    rate: float
    net: float

    def words(self) -> str:
        """Return the limit for a legend: ``payment limit $12.3M, from 20.4 %``."""
        size, _, letter = unit_for(self.amount)
        at = minus(plain_percent(self.rate, 1))
        return f"{self.name} ${self.amount / size:,.1f}{letter}, from {at}"


def _limits(run: Run, contract_id: str) -> list[_Limit]:
    """Return each limit that some savings rate reaches."""
    benchmark = run.simulated.benchmark
    found = []
    for name, rates in (
        ("payment limit", np.linspace(0.0, 0.8, 8001)),
        ("loss limit", -np.linspace(0.0, 0.8, 8001)),
    ):
        resolved = run[contract_id].resolved
        settled = outcomes_of(resolved, run.aco, benchmark, benchmark * (1.0 - rates))
        reached = np.flatnonzero(settled.limited)
        if reached.size:
            at = int(reached[0])
            amount = float(settled.shared_savings[at] + settled.shared_losses[at])
            found.append(_Limit(name, amount, float(rates[at]), float(settled.net[at])))
    return found
