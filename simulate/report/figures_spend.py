"""Figures of a fitted spend model: quantile-quantile and Lorenz, each returning its Axes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, PercentFormatter

from simulate.population.families import FAMILY_NAMES
from simulate.population.fitting import FamilyFit
from simulate.population.spend_sample import SpendSample, lorenz_points, qq_points
from simulate.report.figures.house import (
    COLUMN,
    DASHED,
    EARNS,
    FIRST,
    INK,
    MUTED,
    OWES,
    SECOND,
    axes_or_new,
    house_style,
)

_COLOURS = (EARNS, OWES, FIRST, SECOND, "#C77C00", MUTED)


def quantile_quantile(
    sample: SpendSample, fits: Sequence[FamilyFit], ax: Axes | None = None
) -> Axes:
    """Draw fitted against observed spend, class by class; on the line they agree.

    Each point is the mean of a class of at least 11 beneficiaries and what the family
    gives for the same class, in multiples of the truncated mean, on logarithmic axes.

    Parameters
    ----------
    sample : SpendSample
    fits : sequence of FamilyFit
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    with house_style():
        axes = axes_or_new(ax, COLUMN)
        lowest = max(float(sample.table.means[0]), 1e-3)
        ends = np.array([lowest, 1.2 * sample.table.means[-1]])
        axes.plot(ends, ends, color=MUTED, linewidth=0.8)
        for fit, colour in zip(fits, _colours(len(fits)), strict=True):
            data, model = qq_points(sample, fit.shape)
            label = FAMILY_NAMES.get(fit.family, fit.family)
            axes.plot(data, model, ".", markersize=3.5, color=colour, label=label)
        axes.axvline(sample.truncation, color=INK, linewidth=0.8, linestyle=DASHED)
        axes.annotate(
            "truncation point",
            (sample.truncation, 0.02),
            xycoords=("data", "axes fraction"),
            xytext=(-3, 0),
            textcoords="offset points",
            ha="right",
            color=MUTED,
        )
        axes.set(xscale="log", yscale="log", xlim=ends, ylim=ends)
        for axis in (axes.xaxis, axes.yaxis):
            # That of a log scale writes formulas, which the house style does not read.
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.set_xlabel("Observed, multiples of the truncated mean")
        axes.set_ylabel("Fitted, multiples of the truncated mean")
        axes.legend(loc="upper left")
    return axes


def lorenz(sample: SpendSample, fits: Sequence[FamilyFit], ax: Axes | None = None) -> Axes:
    """Draw Lorenz curves: the share of spending of the cheapest beneficiaries.

    Parameters
    ----------
    sample : SpendSample
    fits : sequence of FamilyFit
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    with house_style():
        axes = axes_or_new(ax, COLUMN)
        axes.plot([0.0, 1.0], [0.0, 1.0], color=MUTED, linewidth=0.8)
        for fit, colour in zip(fits, _colours(len(fits)), strict=True):
            label = FAMILY_NAMES.get(fit.family, fit.family)
            axes.plot(*lorenz_points(fit.shape), color=colour, linewidth=1.2, label=label)
        people, spending = lorenz_points(sample.table, 41)
        axes.plot(people, spending, "o", markersize=3.0, color=INK, label="observed")
        axes.set(xlim=(0.0, 1.0), ylim=(0.0, 1.0), aspect="equal")
        axes.xaxis.set_major_formatter(PercentFormatter(1.0, symbol=""))
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=""))
        axes.set_xlabel("Beneficiaries, from the lowest spending, %")
        axes.set_ylabel("Share of spending, %")
        axes.legend(loc="upper left")
    return axes


def _colours(count: int) -> list[str]:
    return [_COLOURS[i % len(_COLOURS)] for i in range(count)]
