"""Where the variance of the savings rate and of the net outcomes comes from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.patches import Patch

from simulate.errors import UserError
from simulate.measures.estimate import Estimate
from simulate.report.figures.house import (
    INK,
    MUTED,
    NOTHING,
    alike,
    axes_or_new,
    chosen_ids,
    house_style,
    legend_above,
    minus,
    percent_axis,
    row_label,
    rows_frame,
)

if TYPE_CHECKING:
    from simulate.analysis.run import Run

#: Words on a light fill: black, which is the same on a dark screen, where ink turns light.
_ON_LIGHT = "#000000"
#: Fill and text colours, in the order of the sources: each lighter or darker than its neighbours.
SOURCES = (
    ("#0072B2", "white"),
    ("#9BCBEB", _ON_LIGHT),
    ("#E07B00", _ON_LIGHT),
    ("#00573F", "white"),
    ("#F3D3E4", _ON_LIGHT),
    ("#4A1D4F", "white"),
)
_ROW_INCHES = 0.46
_HALF = 0.19
#: A share below this has no room for its value.
_SMALLEST_LABEL = 0.055
#: A source whose part is smaller everywhere is neither drawn nor in the legend.
_NOTHING = 5e-4
#: What is smaller is rounding: of rates a ten-thousandth of a point, of dollars less than a cent.
_LEAST_VARIANCE = 1e-12


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
        axes = axes_or_new(ax, 1.1 + _ROW_INCHES * max(len(rows), 1))
        low = min([0.0, *(sum(min(s, 0.0) for s in shares.values()) for _, shares in rows)])
        high = max([1.0, *(sum(max(s, 0.0) for s in shares.values()) for _, shares in rows)])
        axes.set_xlim(1.02 * low, 1.005 * high)
        for row, (label, shares) in enumerate(rows):
            _draw_row(axes, float(len(rows) - 1 - row), label, shares, sources, run)
        if not rows:
            axes.text(0.5, 0.0, "Nothing varies", ha="center", va="center", color=MUTED)
        rows_frame(axes, -0.45, max(len(rows), 1) - 0.3)
        percent_axis(axes, "Share of the variance, %")
        handles = [Patch(color=_colours(run, s)[0], label=s) for s in sources]
        legend_above(axes, handles, columns=4 if len(sources) <= 4 else 3)
    return axes


def variance_shares(parts: Mapping[str, Estimate]) -> dict[str, float] | None:
    """Return each source's share of a variance; None where nothing varies."""
    total = sum(part.value for part in parts.values())
    if total < _LEAST_VARIANCE:
        return None
    return {source: part.value / total for source, part in parts.items()}


def _rows(run: Run) -> list[tuple[str, dict[str, float]]]:
    found = run.decomposition
    groups = alike(run, chosen_ids(run, None), lambda i: run.outcomes(i).net)
    labelled = [("Savings rate", found.savings_rate)]
    labelled += [(f"Net, {group.label}", found.net[group.ids[0]]) for group in groups]
    every = ((label, variance_shares(parts)) for label, parts in labelled)
    return [(label, shares) for label, shares in every if shares is not None]


def _colours(run: Run, source: str) -> tuple[str, str]:
    place = list(run.decomposition.savings_rate).index(source)
    return SOURCES[place] if place < len(SOURCES) else (NOTHING, INK)


def _draw_row(
    axes: Axes, base: float, label: str, shares: dict[str, float], sources: list[str], run: Run
) -> None:
    row_label(axes, base + 0.36, label)
    ends = {True: 0.0, False: 0.0}
    for source in sources:
        share, (colour, ink) = shares[source], _colours(run, source)
        start = ends[share >= 0.0]
        ends[share >= 0.0] += share
        axes.barh(base, share, left=start, height=2 * _HALF, color=colour, edgecolor="white",
                  linewidth=0.6)  # fmt: skip
        if abs(share) >= _SMALLEST_LABEL:
            text = minus(f"{100.0 * share:.0f} %")
            axes.text(start + 0.5 * share, base, text, color=ink, fontsize=6.8, ha="center",
                      va="center")  # fmt: skip
