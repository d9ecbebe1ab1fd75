"""The published savings rates of an ACO, and the forecast of the next one."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from simulate.analysis.forecast import RateForecast, rate_forecast
from simulate.report.figures.house import (
    DARK,
    DOTTED,
    EARNS,
    INK,
    LIGHT,
    MUTED,
    SMALL,
    TRACK,
    axes_or_new,
    house_style,
    legend_above,
    minus,
    percent_axis,
)
from simulate.report.numbers import plain_percent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulate.scenario.aco import ACO

_INCHES = 3.5
_LEVELS = ((0.9, LIGHT), (0.5, DARK))
#: Half the width of a year's interval, in years, and standard deviations of 90 %.
_HALF, _REACH_90 = 0.28, 1.6449
_SMALLEST_WEIGHT = 0.005


def history(aco: ACO, ax: Axes | None = None) -> Axes:
    """Draw the published savings rates of an ACO and the interval of the next one.

    Each rate has the 90 % interval of what chance alone does to it at its size; the
    forecast is weighted by credibility between the ACO's own record and its peers, the
    weight of each rate written below its year. Dots: the mean of all ACOs. Dotted: a new
    agreement, and so a new benchmark.

    Parameters
    ----------
    aco : ACO
        With a published savings rate.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    UserError
        An ACO without a published savings rate.
    """
    found = rate_forecast(aco)
    with house_style():
        axes = axes_or_new(ax, _INCHES)
        _draw_record(axes, found)
        _draw_forecast(axes, found)
        _draw_peers(axes, found)
        _scale(axes, found)
        _mark_years(axes, found)
        legend_above(axes, _handles(found), columns=2, title=_title(found))
    return axes


def _draw_record(axes: Axes, found: RateForecast) -> None:
    years = [one.year for one in found.record]
    rates = [one.rate for one in found.record]
    reach = [_REACH_90 * one.sampling_sd for one in found.record]
    axes.errorbar(
        years, rates, yerr=reach, fmt="o", color=INK, markersize=4.2, elinewidth=1.0, capsize=2.5,
        zorder=3,
    )  # fmt: skip


def _draw_forecast(axes: Axes, found: RateForecast) -> None:
    for level, colour in _LEVELS:
        low, high = found.prediction.interval(level)
        axes.fill_between(
            [found.year - _HALF, found.year + _HALF], low, high, color=colour, linewidth=0
        )
    mean, (low, high) = found.prediction.mean, found.prediction.interval(0.9)
    axes.plot([found.year - _HALF, found.year + _HALF], [mean, mean], color=EARNS, linewidth=2.0)
    for value, weight, colour in (
        (low, "normal", INK),
        (mean, "bold", EARNS),
        (high, "normal", INK),
    ):
        axes.annotate(
            minus(plain_percent(value, 1)), (found.year + _HALF, value), xytext=(3, 0),
            textcoords="offset points", va="center", color=colour, fontweight=weight,
        )  # fmt: skip


def _draw_peers(axes: Axes, found: RateForecast) -> None:
    years = [*(one.year for one in found.record), found.year]
    means = [*(one.peers_mean for one in found.record), found.peers_mean]
    axes.plot(
        years, means, color=MUTED, linewidth=0.9, linestyle=DOTTED, marker="s", markersize=2.8,
        zorder=2,
    )  # fmt: skip


def _scale(axes: Axes, found: RateForecast) -> None:
    reach = [one.rate + side * _REACH_90 * one.sampling_sd for one in found.record
             for side in (-1.0, 1.0)]  # fmt: skip
    peers = [found.peers_mean, *(one.peers_mean for one in found.record)]
    ends = [*reach, *peers, *found.prediction.interval(0.9), 0.0]
    room = 0.08 * (max(ends) - min(ends))
    # Above all that is drawn there is a line of words.
    axes.set_ylim(min(ends) - room, max(ends) + 2.2 * room)
    axes.set_xlim(
        found.record[0].year - 0.6, found.year + 0.7 + 0.12 * (found.year - found.record[0].year)
    )
    axes.axhline(0.0, color=INK, linewidth=0.7, zorder=0.9)
    axes.grid(axis="y")
    percent_axis(axes, "Savings rate, % of the benchmark", "y")
    ticks = list(_tick_labels(found))
    axes.set_xticks([year for year, _ in ticks], [text for _, text in ticks])
    axes.set_xlabel("Performance year, and the weight of its rate in the forecast")


def _tick_labels(found: RateForecast) -> Iterator[tuple[int, str]]:
    weights = {one.year: one.weight for one in found.record}
    for year in range(found.record[0].year, found.year):
        yield year, f"{year}\n{_weight_words(weights.get(year))}"
    yield found.year, f"{found.year}\nforecast"


def _weight_words(weight: float | None) -> str:
    if weight is None:
        return "–"  # nothing of that year is known
    return f"{100.0 * weight:.0f} %" if weight >= _SMALLEST_WEIGHT else "<1 %"


def _mark_years(axes: Axes, found: RateForecast) -> None:
    struck = found.emergency_years
    if struck:
        axes.axvspan(struck[0] - 0.5, struck[-1] + 0.5, color=TRACK, zorder=0.1, linewidth=0)
        middle, at = 0.5 * (struck[0] + struck[-1]), axes.get_xaxis_transform()
        axes.text(middle, 0.985, "COVID-19\nemergency", transform=at, ha="center", va="top",
                  fontsize=SMALL, color=MUTED)  # fmt: skip
    for one in found.record:
        if one.new_benchmark:
            axes.axvline(one.year - 0.5, color=MUTED, linewidth=0.9, linestyle=DOTTED, zorder=0.9)


def _title(found: RateForecast) -> str:
    name = textwrap.shorten(found.aco_name, 50, placeholder=" …")
    return f"{name} ({found.aco_id})" if name else found.aco_id


def _handles(found: RateForecast) -> list[Line2D | Patch]:
    handles: list[Line2D | Patch] = [
        Line2D([], [], color=INK, marker="o", markersize=4.2, linestyle="",
               label="published, 90 % range of chance"),
        Patch(color=DARK, label="forecast, 50 %"),
        Patch(color=LIGHT, label="forecast, 90 %"),
        Line2D([], [], color=MUTED, linewidth=0.9, linestyle=DOTTED, marker="s", markersize=2.8,
               label="mean of all ACOs"),
    ]  # fmt: skip
    if any(one.new_benchmark for one in found.record):
        handles.append(
            Line2D(
                [],
                [],
                color=MUTED,
                linewidth=0.9,
                linestyle=DOTTED,
                label="new agreement, new benchmark",
            )
        )
    return handles
