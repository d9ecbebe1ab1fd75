"""The fan of an agreement: the running total of net, year by year, under a path of contracts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from simulate.measures.estimate import FloatArray
from simulate.report.figures.house import (
    COLUMN,
    DARK,
    DASHED,
    INK,
    LIGHT,
    MUTED,
    RULE,
    SMALL,
    axes_or_new,
    dollar_axis,
    fitted,
    house_style,
    minus,
)
from simulate.report.numbers import dollars, plain_percent

if TYPE_CHECKING:
    from simulate.agreement.run import AgreementRun, PathView

_PANEL_INCHES, _LEGEND_INCHES = 2.15, 0.55
_LEVELS = ("p05", "p25", "p50", "p75", "p95")


def fan_charts(run: AgreementRun, labels: Sequence[str] | None = None) -> Figure:
    """Draw the fan of each path of contracts, one below the other on one scale of dollars.

    Parameters
    ----------
    run : AgreementRun
    labels : sequence of str, optional
        Paths of the run; all by default.

    Raises
    ------
    UserError
        A path that is not in the run.
    """
    chosen = [run[label].planned.label for label in labels or run.paths]
    with house_style():
        height = _LEGEND_INCHES + _PANEL_INCHES * len(chosen)
        figure = Figure(figsize=(COLUMN, height), layout="constrained")
        FigureCanvasAgg(figure)
        panels = figure.subplots(len(chosen), 1, sharey=True, squeeze=False)[:, 0]
        for axes, label in zip(panels, chosen, strict=True):
            fan_chart(run, label, axes)
            axes.get_legend().remove()
        for axes in panels:
            dollar_axis(axes, "y", "sum of net")
        figure.legend(handles=_keys(run), loc="outside upper left", ncols=2, alignment="left")
    return figure


def fan_chart(run: AgreementRun, label: str, ax: Axes | None = None) -> Axes:
    """Draw the running total of net under one path, after each performance year.

    Bands hold nine in ten and half of the simulated paths at the assumed true savings, the line
    is their median; the dashed line is the mean by chance alone.

    Parameters
    ----------
    run : AgreementRun
    label : str
        A path of the run.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    UserError
        A path that is not in the run.
    """
    result = run[label]
    years = result.planned.path.years
    at = np.array([0.0, *(year.ends_at for year in years)])
    # Two half years end in the same calendar year; the second is drawn half a year on.
    at[1:] += [0.5 * (i > 0 and years[i - 1].ends_at == y.ends_at) for i, y in enumerate(years)]
    with house_style():
        axes = axes_or_new(ax, _PANEL_INCHES + _LEGEND_INCHES)
        fan = _fan(result.assumed)
        axes.axhline(0.0, color=RULE, linewidth=0.8, zorder=1)
        axes.fill_between(at, fan["p05"], fan["p95"], color=LIGHT, linewidth=0, zorder=2)
        axes.fill_between(at, fan["p25"], fan["p75"], color=DARK, linewidth=0, zorder=3)
        axes.plot(at, fan["p50"], color=INK, zorder=4)
        axes.plot(at, _fan(result.chance_alone)["mean"], color=MUTED, linestyle=DASHED, zorder=5)
        axes.set_xlim(0.0, at[-1])
        ticks = [f"{year.year}\n{_short(year.contract_id)}" for year in years]
        axes.set_xticks(at[1:], ticks, fontsize=SMALL)
        axes.set_title(fitted(result.planned.title))
        _write_end(axes, result.assumed, float(at[-1]))
        dollar_axis(axes, "y", "sum of net")
        axes.legend(handles=_keys(run), loc="upper left")
    return axes


def fan_words(run: AgreementRun, label: str) -> str:
    """Return what the fan of a path shows, in words."""
    found = run[label].assumed.measures.cumulative
    return (
        f"{run[label].planned.title}: after the last performance year on average "
        f"{dollars(found.expected_cumulative_net)}, nine paths in ten between "
        f"{dollars(found.cumulative_net_p05)} and {dollars(found.cumulative_net_p95)}."
    )


def _fan(view: PathView) -> dict[str, FloatArray]:
    """Return each quantile and the mean by performance year, from 0 at the start."""
    points = view.measures.running_net
    return {
        name: np.array([0.0, *(getattr(point, name).value for point in points)])
        for name in (*_LEVELS, "mean")
    }


def _write_end(axes: Axes, view: PathView, end: float) -> None:
    """Write the median and the ends of the wide band beside the last year."""
    last = view.measures.running_net[-1]
    for estimate in (last.p05, last.p50, last.p95):
        axes.annotate(
            minus(dollars(estimate)),
            (end, estimate.value),
            xytext=(3, 0),
            textcoords="offset points",
            fontsize=SMALL,
            va="center",
            annotation_clip=False,
        )


def _keys(run: AgreementRun) -> list[Patch | Line2D]:
    view = run.plan.true_savings.view
    assumed = f"at true savings {plain_percent(view.mean, 1)}"
    if run.plan.programmes:
        assumed = "at the assumed true savings"
    return [
        Patch(color=LIGHT, label=f"nine paths in ten, {assumed}"),
        Patch(color=DARK, label="half of the paths"),
        Line2D([], [], color=INK, label="median"),
        Line2D([], [], color=MUTED, linestyle=DASHED, label="mean by chance alone"),
    ]


def _short(contract_id: str) -> str:
    """Return an id that fits under a tick."""
    words = contract_id.split("-")
    return contract_id if len(contract_id) <= 10 else "-".join(word[:4] for word in words[:3])
