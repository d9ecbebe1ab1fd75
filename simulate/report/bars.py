"""Bars of characters: a chance at a glance, where a terminal can show them."""

from __future__ import annotations

import math
from typing import NamedTuple

#: Eighths of a cell, from the left; from the right there are halves alone.
_EIGHTHS = ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")
_RIGHT_HALF = "▐"


class Signs(NamedTuple):
    """The characters that bars are made of."""

    full: str
    mark: str
    fine: bool


BLOCKS, PLAIN = Signs("█", "┃", True), Signs("#", "|", False)


def signs_for(encoding: str) -> Signs:
    """Return the characters that an encoding has."""
    try:
        "█┃▏▐".encode(encoding)
    except (LookupError, UnicodeEncodeError):
        return PLAIN
    return BLOCKS


def bar_right(share: float, mark: float | None, width: int, signs: Signs) -> str:
    """Return a bar that grows to the right, `width` characters long.

    Parameters
    ----------
    share, mark : float
        From 0 to 1: how far the bar reaches, and what is marked on it or beyond it.
    width : int
    signs : Signs
    """
    cells = share * width
    bar = signs.full * int(cells)
    rest = cells - int(cells)
    if signs.fine:
        bar += _EIGHTHS[int(8.0 * rest)]
    elif rest >= 0.5:
        bar += signs.full
    if share > 0.0 and not bar:
        bar = _EIGHTHS[1] if signs.fine else signs.full  # seldom is not never
    return _marked(bar.ljust(width), mark, signs)


def bar_left(share: float, mark: float | None, width: int, signs: Signs) -> str:
    """Return a bar that grows to the left; see `bar_right`."""
    cells = share * width
    whole, rest = int(cells), cells - int(cells)
    bar = signs.full * whole
    if rest >= 0.5 or (share > 0.0 and not whole):
        bar = (_RIGHT_HALF if signs.fine else signs.full) + bar
    return _marked(bar.rjust(width)[::-1], mark, signs)[::-1]


def parts(shares: tuple[float, ...], width: int) -> list[int]:
    """Return whole characters for shares of 1 that fill `width` together.

    The largest remainders are rounded up.
    """
    cells = [share * width for share in shares]
    found = [math.floor(cell) for cell in cells]
    by_rest = sorted(range(len(cells)), key=lambda i: found[i] - cells[i])
    for i in by_rest[: width - sum(found)]:
        found[i] += 1
    return found


def _marked(bar: str, mark: float | None, signs: Signs) -> str:
    if mark is None:
        return bar
    place = min(int(mark * len(bar)), len(bar) - 1)
    return bar[:place] + signs.mark + bar[place + 1 :]
