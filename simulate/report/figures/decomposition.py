"""Where the variance of the savings rate and of the net outcomes comes from."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.patches import Patch

from simulate.errors import UserError
from simulate.measures.estimate import Estimate
from simulate.report.figures.house import (
    COLUMN,
    INK,
    MUTED,
    NOTHING,
    alike,
    chosen_ids,
    house_style,
    new_axes,
    percent_axis,
)

if TYPE_CHECKING:
    from simulate.analysis.run import Run

#: Fill and text colours, in the order of the sources: Okabe-Ito, light beside dark.
_COLOURS = (
    ("#0072B2", "white"),
    ("#56B4E9", INK),
    ("#E69F00", INK),
    ("#007A5A", "white"),
    ("#CC79A7", INK),
    ("#8F3F00", "white"),
)
_ROW_INCHES = 0.46
_HALF = 0.19
#: A share below this has no room for its value.
_SMALLEST_LABEL = 0.055
#: A source whose part is smaller everywhere is neither drawn nor in the legend.
_NOTHING = 5e-4


def variance_by_source(run: Run, ax: Axes | None = None) -> Axes:
    """Draw the shares of the variance by source: the savings rate, and each net outcome.

    Contracts that pay the same in every simulated year share a row; one whose net
    outcome does not vary has none. A source that lowers a variance is drawn left of zero.

    Parameters
    ----------
    run : Run
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    UserError
        The run has no simulated years: it is by the exact engine.
    """
    if run.years == 0:
        raise UserError(
            "figure decomposition: rests on simulated years, and the exact engine has none."
        )
    rows = _rows(run)
    sources = [
        source
        for source in run.decomposition.savings_rate
        if any(abs(shares[source]) >= _NOTHING for _, shares in rows)
    ]
    with house_style():
        axes = new_axes(COLUMN, 1.1 + _ROW_INCHES * max(len(rows), 1)) if ax is None else ax
        low = min([0.0, *(sum(min(s, 0.0) for s in shares.values()) for _, shares in rows)])
        high = max([1.0, *(sum(max(s, 0.0) for s in shares.values()) for _, shares in rows)])
        axes.set_xlim(1.02 * low, 1.005 * high)
        for row, (label, shares) in enumerate(rows):
            _draw_row(axes, float(len(rows) - 1 - row), label, shares, sources, run)
        if not rows:
            axes.text(0.5, 0.0, "Nothing varies", ha="center", va="center", color=MUTED)
        axes.set_ylim(-0.45, max(len(rows), 1) - 0.3)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        percent_axis(axes, "Share of the variance, %")
        handles = [Patch(color=_colours(run, s)[0], label=s) for s in sources]
        if handles:
            axes.legend(handles=handles, loc="lower left", bbox_to_anchor=(0.0, 1.0),
                        ncols=4 if len(sources) <= 4 else 3,
                        borderaxespad=0.2, columnspacing=1.0)  # fmt: skip
    return axes


def variance_shares(parts: Mapping[str, Estimate]) -> dict[str, float] | None:
    """Return each source's share of a variance; None where nothing varies."""
    total = sum(part.value for part in parts.values())
    return {s: part.value / total for s, part in parts.items()} if total > 0.0 else None


def _rows(run: Run) -> list[tuple[str, dict[str, float]]]:
    found = run.decomposition
    groups = alike(run, chosen_ids(run, None), lambda i: run.outcomes(i).net)
    labelled = [("Savings rate", found.savings_rate)]
    labelled += [(f"Net, {group.label}", found.net[group.ids[0]]) for group in groups]
    every = ((label, variance_shares(parts)) for label, parts in labelled)
    return [(label, shares) for label, shares in every if shares is not None]


def _colours(run: Run, source: str) -> tuple[str, str]:
    place = list(run.decomposition.savings_rate).index(source)
    return _COLOURS[place] if place < len(_COLOURS) else (NOTHING, INK)


def _draw_row(
    axes: Axes, base: float, label: str, shares: dict[str, float], sources: list[str], run: Run
) -> None:
    at = axes.get_yaxis_transform()
    label = textwrap.shorten(label, 76, placeholder=" …")
    axes.text(0.0, base + 0.36, label, transform=at, fontweight="bold", va="center")
    ends = {True: 0.0, False: 0.0}
    for source in sources:
        share, (colour, ink) = shares[source], _colours(run, source)
        start = ends[share >= 0.0]
        ends[share >= 0.0] += share
        axes.barh(base, share, left=start, height=2 * _HALF, color=colour, edgecolor="white",
                  linewidth=0.6)  # fmt: skip
        if abs(share) >= _SMALLEST_LABEL:
            text = f"{100.0 * share:.0f} %".replace("-", "−")
            axes.text(start + 0.5 * share, base, text, color=ink, fontsize=6.8, ha="center",
                      va="center")  # fmt: skip
