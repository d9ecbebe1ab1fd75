"""The payoff of each contract against the savings rate, over the simulated rates."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from simulate.analysis.run import ASSUMED, CHANCE_ALONE, outcomes_of
from simulate.measures.estimate import FloatArray
from simulate.report.figures.house import (
    COLUMN,
    EARNS,
    INK,
    MUTED,
    OWES,
    Group,
    alike,
    chosen_ids,
    dollar_axis,
    house_style,
    new_axes,
    percent_axis,
)
from simulate.report.numbers import plain_dollars, plain_percent

if TYPE_CHECKING:
    from simulate.analysis.run import Run

_PANEL_INCHES = 2.9
_POINTS = 1601
#: Seven colours and four styles: no two of 28 lines look the same.
_STYLES = ("-", "--", "-.", ":")
#: Height of the distribution of savings rates, as a part of the panel.
_DISTRIBUTION = 0.30


def payoff_curve(
    run: Run, contract_ids: Sequence[str] | None = None, ax: Axes | None = None
) -> Axes:
    """Draw what contracts pay and owe against the measured savings rate.

    Behind the curves stands the simulated distribution of the savings rate: shaded at
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
        axes = new_axes(COLUMN, _PANEL_INCHES) if ax is None else ax
        curves = [_payoff(run, group.ids[0], rates) for group in groups]
        axes.set_xlim(float(rates[0]), float(rates[-1]))
        axes.set_ylim(*payoff_range(run, chosen_ids(run, None)))
        _draw_distribution(axes, run)
        axes.axhline(0.0, color="#8A97A3", linewidth=0.6)
        if len(groups) == 1:
            _draw_one(axes, rates, curves[0])
            _mark_terms(axes, run, groups[0].ids[0])
        else:
            _draw_several(axes, rates, groups, curves)
        axes.set_title(textwrap.fill(groups[0].label, 66) if len(groups) == 1 else "")
        percent_axis(axes, "Measured savings rate, % of the benchmark")
        dollar_axis(axes, "y", "Net outcome")
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
    terms = [c.resolved.terms for c in run.contracts.values()]
    thresholds = [t.msr for t in terms] + [-t.mlr for t in terms if math.isfinite(t.mlr)]
    low, high = min([low, *thresholds, -0.01]), max([high, *thresholds, 0.01])
    margin = 0.08 * (high - low)
    grid = np.linspace(low - margin, high + margin, _POINTS)
    # Both sides of every jump, so that it is drawn where it is.
    jumps = [t + side for t in sorted({*thresholds, 0.0}) for side in (-1e-9, 1e-9)]
    return np.sort(np.concatenate([grid, jumps]))


def _payoff(run: Run, contract_id: str, rates: FloatArray) -> FloatArray:
    benchmark = run.simulated.benchmark
    resolved = run[contract_id].resolved
    return outcomes_of(resolved, run.aco, benchmark, benchmark * (1.0 - rates)).net


def _draw_distribution(axes: Axes, run: Run) -> None:
    low, high = axes.get_xlim()
    edges = np.linspace(low, high, 91)
    counts = {v: np.histogram(run.savings_rates(v), edges)[0] for v in (ASSUMED, CHANCE_ALONE)}
    scale = _DISTRIBUTION / max(int(c.max()) for c in counts.values() if c.size)
    at = axes.get_xaxis_transform()
    filled, outline = counts[ASSUMED] * scale, counts[CHANCE_ALONE] * scale
    axes.stairs(filled, edges, fill=True, color="#DCE3E9", transform=at, zorder=0.2)
    if not np.array_equal(filled, outline):
        axes.stairs(outline, edges, color="#8A97A3", linewidth=0.7, transform=at, zorder=0.3)


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
) -> None:
    for number, (group, curve) in enumerate(zip(groups, curves, strict=True)):
        label = textwrap.shorten(group.label, 60, placeholder=" …")
        line = _STYLES[number % len(_STYLES)]
        axes.plot(rates, curve, linestyle=line, label=label)
    axes.legend(loc="upper left")


def _mark_terms(axes: Axes, run: Run, contract_id: str) -> None:
    terms = run[contract_id].resolved.terms
    notes = []
    _mark_rate(axes, terms.msr, f"MSR {plain_percent(terms.msr)}")
    if math.isfinite(terms.mlr):
        _mark_rate(axes, -terms.mlr, f"MLR {plain_percent(terms.mlr)}")
    else:
        notes.append("one-sided: no losses are owed")
    for name, rate, amount in _limits(run, contract_id):
        bottom, top = axes.get_ylim()
        low, high = axes.get_xlim()
        if low < rate < high and bottom < amount < top:
            _mark_limit(axes, name, amount)
        else:
            at = plain_percent(rate, 1).replace("-", "−")
            notes.append(f"{name} {plain_dollars(abs(amount))},\nnot reached before {at}")
    axes.text(
        0.02,
        0.88,
        "\n".join(notes),
        transform=axes.transAxes,
        va="top",
        fontsize=6.6,
        color=MUTED,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0},
    )


def _mark_rate(axes: Axes, rate: float, text: str) -> None:
    axes.axvline(rate, color=MUTED, linewidth=0.8, linestyle=(0, (4, 2)), zorder=0.8)
    left = text.startswith("MLR")
    axes.annotate(
        text,
        (rate, 1.0),
        xycoords=axes.get_xaxis_transform(),
        xytext=(-3 if left else 3, -2),
        textcoords="offset points",
        ha="right" if left else "left",
        va="top",
        fontsize=6.8,
        color=MUTED,
    )


def _mark_limit(axes: Axes, name: str, amount: float) -> None:
    axes.axhline(amount, color=MUTED, linewidth=0.8, linestyle=":", zorder=0.8)
    axes.annotate(
        f"{name} {plain_dollars(abs(amount))}",
        (0.02 if amount > 0 else 0.98, amount),
        xycoords=axes.get_yaxis_transform(),
        xytext=(0, 2 if amount > 0 else -2),
        textcoords="offset points",
        ha="left" if amount > 0 else "right",
        va="bottom" if amount > 0 else "top",
        fontsize=6.8,
        color=MUTED,
    )


def _limits(run: Run, contract_id: str) -> list[tuple[str, float, float]]:
    """Return each limit that some savings rate reaches: its name, that rate, the net there."""
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
            found.append((name, float(rates[at]), float(settled.net[at])))
    return found
