"""The distribution of the net outcome under each contract."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from matplotlib.axes import Axes

from simulate.analysis.run import ASSUMED, CHANCE_ALONE
from simulate.measures.estimate import BoolArray, Estimate, FloatArray, proportion
from simulate.report.figures.house import (
    EARNS,
    INK,
    MUTED,
    NOTHING,
    OWES,
    OWES_TEXT,
    RULE,
    SMALL,
    Group,
    alike,
    axes_or_new,
    chosen_ids,
    dollar_axis,
    house_style,
    row_label,
    rows_frame,
)
from simulate.report.numbers import percent_or_bound, plain_percent

if TYPE_CHECKING:
    from simulate.analysis.run import Run
    from simulate.contracts.resolution import ResolvedContract

_BINS = 64
_ROW_INCHES = 0.86
#: So few have no room for many words beside them.
_FEW_ROWS = 2
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

    def net_of(group: Group) -> FloatArray:
        # Settled anew each time: the outcomes of all contracts together are too many to hold.
        return run.outcomes(group.ids[0], view).net

    edges = _edges([_reach(net_of(group)) for group in groups])
    share = partial(
        proportion,
        certain=run.certain(view) or not run.years,
        replicates=run.simulated.replicates,
    )
    rows = [_row(net_of(group), edges, share) for group in groups]
    tallest = max([float(row.shares.max()) for row in rows] + [1e-12])
    with house_style():
        axes = axes_or_new(ax, 0.75 + _ROW_INCHES * len(groups))
        for place, (group, row) in enumerate(zip(groups, rows, strict=True)):
            base = float(len(groups) - 1 - place)
            _draw_row(axes, base, edges, row.shares * _TALLEST / tallest)
            _draw_stems(axes, base, row)
            _label_row(axes, base, group.label, row, run[group.ids[0]].resolved)
        _finish(axes, len(groups), edges)
    return axes


def outcome_groups(run: Run, ids: Sequence[str]) -> list[Group]:
    """Group the contracts that pay the same in every simulated year of both views."""
    return alike(
        run,
        ids,
        lambda i: np.concatenate([run.outcomes(i, v).net for v in (ASSUMED, CHANCE_ALONE)]),
    )


class _Row(NamedTuple):
    """What is drawn of the net outcomes of one row.

    `shares` of years by bar, `stems` the amounts that many years share (zero and limits) with
    their share of years, and how often is owed, nothing paid, and earned.
    """

    shares: FloatArray
    stems: list[tuple[float, float]]
    mean: float
    owes: Estimate
    nothing: Estimate
    earns: Estimate


def _row(net: FloatArray, edges: FloatArray, share: Callable[[BoolArray], Estimate]) -> _Row:
    stems = _stems(net)
    signs = (share(at) for at in (net < 0.0, net == 0.0, net > 0.0))
    return _Row(_histogram(net, stems, edges), stems, float(net.mean()), *signs)


def _reach(net: FloatArray) -> tuple[float, float]:
    return float(net.min()), float(net.max())


def _edges(reaches: Sequence[tuple[float, float]]) -> FloatArray:
    low = min(0.0, *(least for least, _ in reaches))
    high = max(0.0, *(most for _, most in reaches))
    width = max(high - low, 1.0) / _BINS
    # Zero is an edge, so that no bar mixes years that earn with years that owe.
    first, last = int(np.floor(low / width)), int(np.ceil(high / width))
    return np.arange(first, max(last, first + 1) + 1, dtype=np.float64) * width


def _stems(net: FloatArray) -> list[tuple[float, float]]:
    found = []
    for amount in sorted({0.0, *_reach(net)}):
        share = float(np.mean(net == amount))
        if share >= _STEM_SHARE:
            found.append((amount, share))
    return found


def _histogram(
    net: FloatArray, stems: Sequence[tuple[float, float]], edges: FloatArray
) -> FloatArray:
    apart = [0.0, *(amount for amount, _ in stems)]
    return np.histogram(net[~np.isin(net, apart)], edges)[0] / net.size


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
    axes.axhline(base, color=RULE, linewidth=0.6, zorder=0.5)


def _draw_stems(axes: Axes, base: float, row: _Row) -> None:
    for amount, share in row.stems:
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
    axes.plot([row.mean], [base], marker="D", markersize=4.2, color=INK, markeredgecolor="white")


def _label_row(axes: Axes, base: float, label: str, row: _Row, resolved: ResolvedContract) -> None:
    at = axes.get_yaxis_transform()
    row_label(axes, base + 0.83, label)
    owes, earns = _sides(resolved)
    below = f"{owes} in {percent_or_bound(row.owes, 1)}" if resolved.two_sided else "never owes"
    words = (
        (0.0, below, OWES_TEXT, "left"),
        (0.5, f"exactly $0 in {percent_or_bound(row.nothing, 1)}", MUTED, "center"),
        (1.0, f"{earns} in {percent_or_bound(row.earns, 1)} of years", EARNS, "right"),
    )
    for x, text, colour, side in words:
        axes.text(
            x, base + 0.67, text, transform=at, color=colour, ha=side, va="center", fontsize=SMALL
        )


def _sides(resolved: ResolvedContract) -> tuple[str, str]:
    """Return what a net below and above $0 is called: cash beside the settlement counts too."""
    terms = resolved.terms
    if terms.extra_cash or terms.extra_cash_of_benchmark or terms.performance_incentive:
        return "below $0", "above $0"
    return "owes", "earns"


def _finish(axes: Axes, rows: int, edges: FloatArray) -> None:
    margin = 0.02 * (edges[-1] - edges[0])
    axes.set_xlim(float(edges[0] - margin), float(edges[-1] + margin))
    rows_frame(axes, -0.12, rows)
    axes.grid(axis="x")
    dollar_axis(axes, "x", "Net outcome of a performance year")
    axes.set_xlabel(
        f"{axes.get_xlabel()}\n"
        "Diamond: mean. Stem: years that all pay the same amount, not to scale."
    )
    same = ", one scale for all contracts" if rows > _FEW_ROWS else ""
    axes.set_ylabel(f"Share of years{same}", color=MUTED, fontsize=SMALL)
