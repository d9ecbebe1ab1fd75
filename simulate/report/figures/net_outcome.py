"""The distribution of the net outcome under each contract."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes

from simulate.analysis.run import ASSUMED, CHANCE_ALONE
from simulate.measures.estimate import FloatArray
from simulate.report.figures.house import (
    COLUMN,
    EARNS,
    INK,
    MUTED,
    NOTHING,
    OWES,
    Group,
    alike,
    chosen_ids,
    dollar_axis,
    house_style,
    new_axes,
)
from simulate.report.numbers import plain_percent

if TYPE_CHECKING:
    from simulate.analysis.run import Run

_BINS = 64
_ROW_INCHES = 0.86
#: A single amount (a limit) that this share of years has in common is drawn as a stem.
_STEM_SHARE = 0.01
_TALLEST = 0.56


def net_outcome(
    run: Run,
    contract_ids: Sequence[str] | None = None,
    ax: Axes | None = None,
    view: int = ASSUMED,
) -> Axes:
    """Draw the distribution of the net outcome, one row a contract.

    Years that pay exactly nothing are a grey stem with their share written out; the
    bars are the other years, on one scale for all contracts. Contracts that give the
    same result in every simulated year share a row.

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
    groups = outcome_groups(run, chosen_ids(run, contract_ids))
    nets = [run.outcomes(group.ids[0], view).net for group in groups]
    with house_style():
        axes = new_axes(COLUMN, 0.75 + _ROW_INCHES * len(groups)) if ax is None else ax
        edges = _edges(nets)
        shares = [_histogram(net, edges) for net in nets]
        tallest = max([float(s.max()) for s in shares] + [1e-12])
        for row, (group, net, share) in enumerate(zip(groups, nets, shares, strict=True)):
            base = float(len(groups) - 1 - row)
            _draw_row(axes, base, edges, share * _TALLEST / tallest)
            _draw_stems(axes, base, net)
            _label_row(axes, base, group.label, net, run[group.ids[0]].resolved.two_sided)
        _finish(axes, len(groups), edges)
    return axes


def outcome_groups(run: Run, ids: Sequence[str]) -> list[Group]:
    """Group the contracts that pay the same in every simulated year of both views."""
    return alike(
        run,
        ids,
        lambda i: np.concatenate([run.outcomes(i, v).net for v in (ASSUMED, CHANCE_ALONE)]),
    )


def _edges(nets: Sequence[FloatArray]) -> FloatArray:
    low = min(0.0, *(float(net.min()) for net in nets))
    high = max(0.0, *(float(net.max()) for net in nets))
    width = max(high - low, 1.0) / _BINS
    # Zero is an edge, so that no bar mixes years that earn with years that owe.
    first, last = int(np.floor(low / width)), int(np.ceil(high / width))
    return np.arange(first, max(last, first + 1) + 1, dtype=np.float64) * width


def _stems(net: FloatArray) -> list[tuple[float, float]]:
    """Return the amounts that many years share (zero and limits) with their share of years."""
    found = []
    for amount in sorted({0.0, float(net.min()), float(net.max())}):
        share = float(np.mean(net == amount))
        if share >= _STEM_SHARE:
            found.append((amount, share))
    return found


def _histogram(net: FloatArray, edges: FloatArray) -> FloatArray:
    spread = net
    for amount, _ in [*_stems(net), (0.0, 0.0)]:
        spread = spread[spread != amount]
    return np.histogram(spread, edges)[0] / net.size


def _draw_row(axes: Axes, base: float, edges: FloatArray, heights: FloatArray) -> None:
    middles = 0.5 * (edges[1:] + edges[:-1])
    for side, colour in ((middles < 0, OWES), (middles > 0, EARNS)):
        if not np.any(heights[side]):
            continue
        kept = np.flatnonzero(side)
        axes.stairs(
            base + heights[kept],
            edges[kept[0] : kept[-1] + 2],
            baseline=base,
            fill=True,
            color=colour,
            linewidth=0,
        )
    axes.axhline(base, color="#C3CCD4", linewidth=0.6, zorder=0.5)


def _draw_stems(axes: Axes, base: float, net: FloatArray) -> None:
    for amount, share in _stems(net):
        colour = NOTHING if amount == 0.0 else (EARNS if amount > 0.0 else OWES)
        axes.plot([amount, amount], [base, base + _TALLEST], color=colour, linewidth=2.2)
        if amount != 0.0:
            axes.annotate(
                plain_percent(share, 1),
                (amount, base + _TALLEST),
                xytext=(-3 if amount > 0 else 3, -6),
                textcoords="offset points",
                ha="right" if amount > 0 else "left",
                fontsize=6.5,
                color=colour,
            )
    axes.plot([net.mean()], [base], marker="D", markersize=4.2, color=INK, markeredgecolor="white")


def _label_row(axes: Axes, base: float, label: str, net: FloatArray, two_sided: bool) -> None:
    at = axes.get_yaxis_transform()
    label = textwrap.shorten(label, 76, placeholder=" …")
    axes.text(0.0, base + 0.83, label, transform=at, fontweight="bold", va="center")
    owed = plain_percent(float(np.mean(net < 0)), 1)
    words = (
        (0.0, f"owes in {owed}" if two_sided else "never owes", OWES, "left"),
        (0.5, f"exactly $0 in {plain_percent(float(np.mean(net == 0)), 1)}", MUTED, "center"),
        (1.0, f"earns in {plain_percent(float(np.mean(net > 0)), 1)} of years", EARNS, "right"),
    )
    for x, text, colour, side in words:
        axes.text(
            x, base + 0.67, text, transform=at, color=colour, ha=side, va="center", fontsize=6.8
        )


def _finish(axes: Axes, rows: int, edges: FloatArray) -> None:
    margin = 0.02 * (edges[-1] - edges[0])
    axes.set_xlim(float(edges[0] - margin), float(edges[-1] + margin))
    axes.set_ylim(-0.12, rows)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")
    dollar_axis(axes, "x", "Net outcome of a performance year")
    axes.set_xlabel(
        f"{axes.get_xlabel()}\n"
        "Diamond: mean. Stem: years that all pay the same amount, not to scale."
    )
    axes.set_ylabel("Share of years, one scale for all contracts", color=MUTED, fontsize=6.8)
