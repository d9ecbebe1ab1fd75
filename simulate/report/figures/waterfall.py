"""One settlement as a waterfall: from gross savings or losses to what is paid or owed."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from matplotlib.axes import Axes

from simulate.report.figures.house import (
    EARNS,
    INK,
    MUTED,
    NOTHING,
    OWES,
    OWES_TEXT,
    SMALL,
    axes_or_new,
    dollar_axis,
    house_style,
    minus,
    rows_frame,
)
from simulate.report.numbers import plain_dollars, unit_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulate.contracts.settlement import Settlement
    from simulate.contracts.waterfall import Step

_ROW_INCHES = 0.54
_HALF = 0.2
_GROSS = ("gross savings", "gross losses")
_RESULTS = ("shared savings", "shared losses")
#: Beginnings of steps that say something and add nothing: thresholds, and parts of others.
_ASIDE = ("minimum ", "of ")
#: Characters and lines of what a row says of its step, and points between its lines.
_LINE, _LINES, _LINE_POINTS = 31, 3, 9.0
#: Room for the amounts, on one side or on both, as a part of the longest way.
_ROOM, _ROOM_BOTH = 0.36, 0.5
#: An amount finer than this in the unit of the figure brings a third decimal.
_FINE = 0.05


class Bar(NamedTuple):
    """A bar of the waterfall.

    Attributes
    ----------
    step, detail : str
    start, end : float
        Dollars; a total starts at 0, a change where the bar before ended.
    total : bool
    """

    step: str
    detail: str
    start: float
    end: float
    total: bool


def waterfall(settlement: Settlement, ax: Axes | None = None) -> Axes:
    """Draw a settlement step by step, from gross savings or losses to the net result.

    Parameters
    ----------
    settlement : Settlement
        From `simulate.settle`.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    bars = waterfall_bars(settlement)
    with house_style():
        axes = axes_or_new(ax, 0.9 + _ROW_INCHES * len(bars))
        rows_frame(axes, -0.5, len(bars) - 0.5)
        _scale(axes, bars)
        for place, (bar, amount) in enumerate(zip(bars, _amounts(bars), strict=True)):
            base = len(bars) - 1.0 - place
            _draw_bar(axes, base, bar, amount)
            _write_words(axes, base, bar)
        _join(axes, bars)
        axes.axvline(0.0, color=INK, linewidth=0.8)
        dollar_axis(axes, "x", "Savings or losses")
        # Right-aligned, it reaches over the words that are left of the axes.
        axes.set_title(_title(settlement), loc="right")
    return axes


def waterfall_bars(settlement: Settlement) -> list[Bar]:
    """Return the bars of a settlement; its changes lead from the first total to the net.

    Whole cents are added, so that the last bar ends at the net result to the cent.
    """
    steps = list(settlement.waterfall)
    gross = next(n for n, step in enumerate(steps) if step.step in _GROSS)
    bars = _down_to_gross(steps[: gross + 1])
    for step in _after_gross(steps, gross):
        if step.step in _RESULTS:
            bars.append(Bar(step.step, step.detail, 0.0, step.dollars, True))
        else:
            bars.append(_change(step, bars[-1].end))
    if not bars[-1].total:
        bars.append(Bar("net result", "", 0.0, settlement.net, True))
    return bars


def _change(step: Step, start: float) -> Bar:
    return Bar(step.step, step.detail, start, round(start + step.dollars, 2), False)


def _down_to_gross(steps: Sequence[Step]) -> list[Bar]:
    """Return the bar of gross savings or losses, and what led to it beside expenditure."""
    benchmark, *taken_off, expenditure, gross = steps
    stated = (
        f"benchmark {plain_dollars(benchmark.dollars)}, "
        f"expenditure {plain_dollars(-expenditure.dollars)}"
    )
    if not taken_off:
        return [Bar(gross.step, f"{stated}; {gross.detail}", 0.0, gross.dollars, True)]
    start = round(benchmark.dollars + expenditure.dollars, 2)
    bars = [Bar("benchmark less expenditure", stated, 0.0, start, True)]
    for step in taken_off:
        bars.append(_change(step, bars[-1].end))
    return [*bars, Bar(gross.step, gross.detail, 0.0, gross.dollars, True)]


def _after_gross(steps: Sequence[Step], gross: int) -> Iterator[Step]:
    """Yield what comes after the gross amount and adds up."""
    if not any(step.step in _RESULTS for step in steps):
        # No threshold is met: it takes everything off.
        yield steps[gross + 1]._replace(dollars=-steps[gross].dollars)
    for step in steps[gross + 1 :]:
        if not step.step.startswith(_ASIDE):
            yield step


def _title(settlement: Settlement) -> str:
    contract = settlement.contract
    title = textwrap.shorten(contract.contract.title, 50, placeholder=" …")
    return f"{title}, performance year {contract.performance_year}"


def _scale(axes: Axes, bars: Sequence[Bar]) -> None:
    ends = [0.0, *(bar.end for bar in bars)]
    low, high = min(ends), max(ends)
    # Room for the amounts beside the bars.
    span = (high - low) or 1.0
    room = (_ROOM_BOTH if low < 0.0 < high else _ROOM) * span
    axes.set_xlim(low - (room if low < 0.0 else 0.0), high + (room if high > 0.0 else 0.01 * span))


def _draw_bar(axes: Axes, base: float, bar: Bar, amount: str) -> None:
    low, high = sorted((bar.start, bar.end))
    colour, ink = _colours(bar)
    axes.barh(base, high - low, left=low, height=2 * _HALF, color=colour)
    # Beside the bar, away from zero and from the words on the left.
    right = high > 0.0 or axes.get_xlim()[0] == 0.0
    axes.annotate(
        amount, (high if right else low, base), xytext=(4 if right else -4, 0),
        textcoords="offset points", ha="left" if right else "right", va="center", color=ink,
        fontsize=7, fontweight="bold",
    )  # fmt: skip


def _write_words(axes: Axes, base: float, bar: Bar) -> None:
    """Write the step and how it comes about, left of the axes, in the middle of its row."""
    detail = textwrap.fill(minus(bar.detail), _LINE, max_lines=_LINES, placeholder=" …")
    lines = detail.count("\n") + 1 if detail else 0
    top = 0.5 * _LINE_POINTS * (1 + lines)
    place: dict[str, Any] = {"xycoords": axes.get_yaxis_transform(), "textcoords": "offset points"}
    name = bar.step[0].upper() + bar.step[1:]
    axes.annotate(name, (0.0, base), xytext=(-6, top), ha="right", va="top", fontweight="bold",
                  **place)  # fmt: skip
    axes.annotate(detail, (0.0, base), xytext=(-6, top - _LINE_POINTS), ha="right", va="top",
                  fontsize=SMALL, color=MUTED, linespacing=1.1, **place)  # fmt: skip


def _colours(bar: Bar) -> tuple[str, str]:
    if not bar.total or bar.end == 0.0:
        return NOTHING, MUTED
    return (EARNS, EARNS) if bar.end > 0.0 else (OWES, OWES_TEXT)


def _amounts(bars: Sequence[Bar]) -> list[str]:
    """Return the amounts of all bars in one unit, so that they can be added up by eye."""
    values = [bar.end if bar.total else bar.end - bar.start for bar in bars]
    size, _, letter = unit_for(max(abs(value) for value in values))
    finest = min((abs(value) / size for value in values if value), default=1.0)
    decimals = 0 if size == 1.0 else 2 if finest >= _FINE else 3

    def shown(value: float, total: bool) -> str:
        sign = "−" if value < 0.0 else "" if total else "+"
        return f"{sign}${abs(value) / size:,.{decimals}f}{letter}" if value else "$0"

    return [shown(value, bar.total) for bar, value in zip(bars, values, strict=True)]


def _join(axes: Axes, bars: Sequence[Bar]) -> None:
    """Draw thin lines from the end of each bar to the next."""
    for place, bar in enumerate(bars[:-1]):
        base = len(bars) - 1.0 - place
        axes.plot([bar.end] * 2, [base - _HALF, base - 1.0 + _HALF], color=NOTHING, linewidth=0.7)
