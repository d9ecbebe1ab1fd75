"""The paired difference of two contracts on the same simulated years."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes

from simulate.analysis.run import ASSUMED
from simulate.measures.estimate import FloatArray
from simulate.report.figures.house import (
    DASHED,
    FIRST,
    INK,
    MUTED,
    NOTHING,
    SECOND,
    axes_or_new,
    dollar_axis,
    house_style,
    minus,
)
from simulate.report.numbers import dollars, percent_or_bound

if TYPE_CHECKING:
    from simulate.analysis.compare import ContractComparison
    from simulate.measures.estimate import Estimate

_BINS = 72
#: Height of the axes over that of the tallest bar.
_HEADROOM = 1.5


def paired_difference(comparison: ContractComparison, ax: Axes | None = None) -> Axes:
    """Draw net under the first contract less net under the second, year by year.

    At the assumed true savings. Years in which both pay the same are a grey stem with
    their share written out; the bars are the other years.

    Parameters
    ----------
    comparison : ContractComparison
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    run = comparison.run
    ids = (comparison.first, comparison.second)
    first, second = (run.outcomes(i, ASSUMED).net for i in ids)
    with house_style():
        axes = axes_or_new(ax, 3.1)
        _draw_bars(axes, first - second)
        _write_shares(axes, comparison)
        _draw_mean(axes, comparison.assumed.differences["expected_net"])
        dollar_axis(axes, "x", f"Net under {ids[0]} less net under {ids[1]}")
        axes.set_ylabel("Share of years, %")
    return axes


def _draw_bars(axes: Axes, difference: FloatArray) -> None:
    low, high = min(0.0, float(difference.min())), max(0.0, float(difference.max()))
    width = max(high - low, 1.0) / _BINS
    first, last = int(np.floor(low / width)), int(np.ceil(high / width))
    edges = np.arange(first, max(last, first + 1) + 1) * width
    share = 100.0 * np.histogram(difference[difference != 0.0], edges)[0] / difference.size
    middles = 0.5 * (edges[1:] + edges[:-1])
    for side, colour in ((middles < 0, SECOND), (middles > 0, FIRST)):
        kept = np.flatnonzero(side)
        if kept.size:
            span = edges[kept[0] : kept[-1] + 2]
            axes.stairs(share[kept], span, fill=True, color=colour, linewidth=0)
    tallest = max(float(share.max()), 1e-3)
    if np.any(difference == 0.0):
        axes.plot([0.0, 0.0], [0.0, tallest], color=NOTHING, linewidth=2.2)
    axes.set_ylim(0.0, _HEADROOM * tallest)
    margin = 0.02 * (edges[-1] - edges[0])
    axes.set_xlim(float(edges[0] - margin), float(edges[-1] + margin))


def _draw_mean(axes: Axes, mean: Estimate) -> None:
    # No higher than the bars: above them are words.
    top = 1.04 * axes.get_ylim()[1] / _HEADROOM
    line: dict[str, Any] = {"color": INK, "linewidth": 1.0, "linestyle": DASHED}
    axes.plot([mean.value, mean.value], [0.0, top], label=f"mean {minus(dollars(mean))}", **line)
    axes.legend(loc="upper left", bbox_to_anchor=(0.0, 0.86), handlelength=2.4, borderpad=0.2)


def _write_shares(axes: Axes, comparison: ContractComparison) -> None:
    paired = comparison.assumed
    first, second = comparison.first, comparison.second
    words = (
        (0.02, f"{second} better\nin {percent_or_bound(paired.second_better, 1)}", SECOND, "left"),
        (0.5, f"the same\nin {percent_or_bound(paired.equal, 1)}", MUTED, "center"),
        (1.0, f"{first} better\nin {percent_or_bound(paired.first_better, 1)}", FIRST, "right"),
    )
    for x, text, colour, side in words:
        axes.text(
            x,
            1.0,
            text,
            transform=axes.transAxes,
            color=colour,
            ha=side,
            va="top",
            fontweight="bold",
        )
