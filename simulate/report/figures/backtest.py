"""How predicted savings rates did: the probability integral transform, and every interval."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from simulate.report.figures.house import (
    DARK,
    DASHED,
    EARNS,
    INK,
    LIGHT,
    OWES,
    RULE,
    axes_or_new,
    house_style,
    legend_above,
    percent_axis,
)

if TYPE_CHECKING:
    from simulate.verify.backtest import Backtest

#: Probability of the band around an even histogram.
BAND = 0.9


def uniform_band(backtest: Backtest) -> tuple[float, float]:
    """Return between which shares a tenth of an even histogram falls by luck, 9 times in 10.

    As if the ACOs were independent of each other; what moves a whole year widens it.

    Parameters
    ----------
    backtest : Backtest

    Returns
    -------
    (float, float)
        Shares of the ACOs.
    """
    from scipy.stats import binom

    acos, tenths = len(backtest.predictions), len(backtest.pit_histogram)
    ends = binom.ppf((0.5 - BAND / 2.0, 0.5 + BAND / 2.0), acos, 1.0 / tenths) / acos
    return float(ends[0]), float(ends[1])


def pit_histogram(backtest: Backtest, ax: Axes | None = None) -> Axes:
    """Draw where the outcomes fell in their predicted distributions.

    Each bar is a tenth of the predicted probability; a good prediction fills all alike.
    The band holds nine in ten bars of an even histogram of as many independent ACOs.

    Parameters
    ----------
    backtest : Backtest
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    shares = 100.0 * np.array(backtest.pit_histogram)
    low, high = (100.0 * end for end in uniform_band(backtest))
    with house_style():
        axes = axes_or_new(ax, 3.6)
        width = 1.0 / len(shares)
        axes.bar(np.arange(len(shares)) * width, shares, 0.94 * width, align="edge", color=EARNS)
        axes.axhspan(low, high, color=RULE, alpha=0.62, linewidth=0, zorder=2)
        axes.axhline(100.0 * width, color=INK, linewidth=1.0, linestyle=DASHED, zorder=3)
        axes.set_xlim(-0.005, 1.005)
        axes.set_ylim(0.0, 1.22 * max(float(shares.max()), high))
        axes.set_xlabel("Predicted probability of a rate at most as high as the published one")
        axes.set_ylabel("Share of ACOs, %")
        handles = [
            Patch(color=EARNS, label="ACOs"),
            Line2D([], [], color=INK, linewidth=1.0, linestyle=DASHED, label="even"),
            Patch(color=RULE, label="nine in ten bars if even"),
        ]
        axes.legend(handles=handles, loc="upper right", ncols=3)
    return axes


def intervals(backtest: Backtest, ax: Axes | None = None) -> Axes:
    """Draw every ACO's 50 and 90 % prediction interval and the rate that was published.

    ACOs are in the order of their predicted mean.

    Parameters
    ----------
    backtest : Backtest
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    found = sorted(backtest.predictions, key=lambda one: (one.prediction.mean, one.aco_id))
    places = np.arange(1, len(found) + 1)
    actual = np.array([one.actual for one in found])
    ends = {level: np.array([one.interval(level) for one in found]) for level in (0.5, 0.9)}
    inside = (actual >= ends[0.9][:, 0]) & (actual <= ends[0.9][:, 1])
    with house_style():
        axes = axes_or_new(ax, 3.6)
        line = min(4.0, 0.8 * 280.0 / len(found))
        for level, colour in ((0.9, LIGHT), (0.5, DARK)):
            low, high = ends[level].T
            axes.vlines(places, low, high, colors=colour, linewidth=line)
        means = [one.prediction.mean for one in found]
        axes.plot(places, means, color=INK, linewidth=0.9)
        axes.plot(places[inside], actual[inside], "o", markersize=1.9, color=INK,
                  markeredgewidth=0.0)  # fmt: skip
        axes.plot(places[~inside], actual[~inside], "X", markersize=4.2, color=OWES,
                  markeredgecolor="white", markeredgewidth=0.4)  # fmt: skip
        axes.grid(axis="y")
        axes.set_xlim(0, len(found) + 1)
        percent_axis(axes, f"Savings rate of {backtest.next_year}, % of the benchmark", "y")
        axes.set_xlabel(f"The {len(found):,} ACOs in the order of their predicted mean")
        legend_above(axes, _handles(inside), columns=3)
    return axes


def _handles(inside: NDArray[np.bool_]) -> list[Line2D | Patch]:
    return [
        Patch(color=LIGHT, label="90 % interval"),
        Patch(color=DARK, label="50 % interval"),
        Line2D([], [], color=INK, linewidth=0.9, label="predicted mean"),
        Line2D([], [], color=INK, marker="o", markersize=2.4, linestyle="",
               label=f"published, {int(inside.sum()):,} inside"),
        Line2D([], [], color=OWES, marker="X", markersize=5.0, linestyle="",
               markeredgecolor="white", label=f"{int((~inside).sum()):,} outside 90 %"),
    ]  # fmt: skip
