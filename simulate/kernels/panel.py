"""The kernel: the same people through several calendar years, added up year by year.

Each assigned slot of an enrollment type holds one beneficiary at a time. In every
calendar year it stands on one of `LEVELS` equally likely levels of spending; the levels
fall into `CLASSES` classes of equal size. From one year to the next one random word
gives a slot a candidate level (low half) and a decision (high half): the slot stays in
its class, redrawn within it, where the decision is below

    min(most, base - slope * (class of the level + class of the candidate)),

and otherwise takes the candidate. The bound does not change when level and candidate
are swapped, so the chain is reversible and every year's levels are equally likely, to
the last unit. Calendar year 0 is drawn as the single-year kernel draws it; later years
are walked forward from it and earlier ones backward.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from simulate.kernels.jit import kernel
from simulate.kernels.people import GROUP_WORDS, LANES, LEVEL_BITS, fill_words

CLASS_BITS = 4
CLASSES = 1 << CLASS_BITS
#: A decision is one of this many equally likely numbers.
DECISIONS = 1 << 16
MONTHS = 12

#: Slots that are taken through all calendar years together: memory does not grow with the slots.
BLOCK = 2048

_CLASS_SHIFT = np.uint32(LEVEL_BITS - CLASS_BITS)
_WITHIN = np.uint32((1 << (LEVEL_BITS - CLASS_BITS)) - 1)
_CLASS = np.uint32((CLASSES - 1) << (LEVEL_BITS - CLASS_BITS))
_LOW_HALF = np.uint32(0xFFFF)
_LOW_SHIFT = np.uint32(16 - LEVEL_BITS)
_HIGH_SHIFT = np.uint32(32 - LEVEL_BITS)
_HALF_SHIFT = np.uint32(16)
_LOW_WORD = np.uint64(0xFFFFFFFF)
_HALF_WORD = np.uint64(32)
_MONTH_BITS = 6
_MONTH_MASK = np.uint32((1 << _MONTH_BITS) - 1)
_MONTH_SHIFT = np.uint32(_MONTH_BITS)
_ONE, _TWELVE = np.uint32(1), np.uint32(MONTHS)


class People(NamedTuple):
    """Who is drawn, and how they go from year to year; one row an enrollment type.

    Attributes
    ----------
    levels : uint32 array, shape (types, LEVELS)
        Rising levels of spending, in integer units.
    counts : int64 array, shape (types,)
        Slots.
    moves : int32 array, shape (types, 3)
        `base`, `slope` and `most`: below their bound a decision keeps a slot in its class.
    ends : int32 array, shape (types, 2 + CLASSES), or (types, 0)
        From the second number on a decision brings a new person in the course of the later
        year, from the first on one from its start; from there down to the number of the
        class in the earlier year the earlier person has died. Without columns everybody
        counts for whole years.
    """

    levels: np.ndarray
    counts: np.ndarray
    moves: np.ndarray
    ends: np.ndarray


class _Buffers(NamedTuple):
    """One block of slots; the rows are calendar years."""

    words: np.ndarray
    values: np.ndarray
    levels: np.ndarray
    months: np.ndarray


class _Place(NamedTuple):
    """Which slots of which simulated year are drawn."""

    kind: int
    start: int
    slots: int
    low: int
    high: int


@kernel
def first_levels(words, slots, levels):
    """Fill `levels` from half words, the low half first, as the single-year kernel does."""
    for i in range((slots + 1) // 2):
        word = words[i]
        levels[2 * i] = np.uint16((word & _LOW_HALF) >> _LOW_SHIFT)
        levels[2 * i + 1] = np.uint16(word >> _HIGH_SHIFT)


@kernel
def next_levels(words, slots, move, levels, following):
    """Fill `following` with each slot's level a year on from `levels`; one word a slot."""
    base, slope, most = np.int32(move[0]), np.int32(move[1]), np.int32(move[2])
    for i in range(slots):
        word = words[i]
        level = np.uint32(levels[i])
        candidate = np.uint32((word & _LOW_HALF) >> _LOW_SHIFT)
        classes = np.int32(np.uint32(level >> _CLASS_SHIFT) + np.uint32(candidate >> _CLASS_SHIFT))
        bound = min(most, np.int32(base - np.int32(slope * classes)))
        within = np.uint32((level & _CLASS) | (candidate & _WITHIN))
        stays = np.int32(word >> _HALF_SHIFT) < bound
        following[i] = np.uint16(within if stays else candidate)


@kernel
def months_of(word):
    """Return the months, 1 to 12, that the low bits of a word's decision give."""
    bits = np.uint32((word >> _HALF_SHIFT) & _MONTH_MASK)
    return np.uint8(np.uint32(np.uint32(_TWELVE * bits) >> _MONTH_SHIFT) + _ONE)


@kernel
def count_deaths(words, slots, end, levels, months):
    """Shorten the months of those who died; `levels` and `months` of the earlier year."""
    leave = end[0]
    for i in range(slots):
        decision = np.int32(words[i] >> _HALF_SHIFT)
        dead = (decision >= end[2 + (levels[i] >> _CLASS_SHIFT)]) & (decision < leave)
        part = min(months[i], months_of(words[i]))
        months[i] = part if dead else months[i]


@kernel
def count_arrivals(words, slots, end, months):
    """Shorten the months of those who came in the course of the later year."""
    arrive = np.int32(end[1])
    for i in range(slots):
        part = min(months[i], months_of(words[i]))
        months[i] = part if np.int32(words[i] >> _HALF_SHIFT) >= arrive else months[i]


@kernel
def look_up(levels, slots, table, values):
    """Fill `values` with the spending of each slot."""
    for i in range(slots):
        values[i] = table[levels[i]]


@kernel
def sum_capped(values, slots, cap):
    """Return the sum of values, each at most `cap`."""
    total = np.int64(0)
    for i in range(slots):
        total += np.int64(min(values[i], cap))
    return total


@kernel
def sum_capped_months(values, months, slots, cap):
    """Return the sum of values, each at most `cap`, times months."""
    total = np.int64(0)
    for i in range(slots):
        total += np.int64(np.uint64(min(values[i], cap)) * np.uint64(months[i]))
    return total


@kernel
def _count(months, slots):
    total = np.int64(0)
    for i in range(slots):
        total += np.int64(months[i])
    return total


@kernel
def _fill(words, place, slots_per_group, calendar_year, key):
    groups = (place.slots + slots_per_group - 1) // slots_per_group
    first_block = place.start // slots_per_group * LANES
    word1 = np.uint32((place.kind << 16) + (calendar_year & 0xFFFF))
    fill_words(words, groups, first_block, word1, place.low, place.high, key[0], key[1])


@kernel
def _step(people, place, buffers, here, there, origin, key):
    """Go from the calendar year of row `here` to the one of row `there`, forward or back."""
    words, slots = buffers.words, place.slots
    _fill(words, place, GROUP_WORDS, there - origin, key)
    move = people.moves[place.kind]
    next_levels(words, slots, move, buffers.levels[here], buffers.levels[there])
    if people.ends.shape[1]:
        end, earlier, later = people.ends[place.kind], min(here, there), max(here, there)
        count_deaths(words, slots, end, buffers.levels[earlier], buffers.months[earlier])
        count_arrivals(words, slots, end, buffers.months[later])


@kernel
def walk(people, place, buffers, origin, key):
    """Fill levels and months of a block of slots in all calendar years, from row `origin`."""
    _fill(buffers.words, place, 2 * GROUP_WORDS, 0, key)
    first_levels(buffers.words, place.slots, buffers.levels[origin])
    if people.ends.shape[1]:
        buffers.months[:] = MONTHS
    for row in range(origin + 1, buffers.levels.shape[0]):
        _step(people, place, buffers, row - 1, row, origin, key)
    for row in range(origin - 1, -1, -1):
        _step(people, place, buffers, row + 1, row, origin, key)


@kernel
def _add(people, place, buffers, row, caps, sums):
    """Add a block's spending in one calendar year to the sums of each view; return months."""
    slots, values, months = place.slots, buffers.values, buffers.months[row]
    look_up(buffers.levels[row], slots, people.levels[place.kind], values)
    whole_years = people.ends.shape[1] == 0
    for view in range(caps.shape[0]):
        cap = caps[view, place.kind]
        if whole_years:
            sums[view, place.kind] += sum_capped(values, slots, cap)
        else:
            sums[view, place.kind] += sum_capped_months(values, months, slots, cap)
    return np.int64(slots) if whole_years else _count(months, slots)


@kernel
def sum_panel(people, caps, before, first_year, key, sums, months):
    """Add up the truncated spending of all slots by simulated and calendar year.

    Parameters
    ----------
    people : People
        Who is drawn.
    caps : uint32 array, shape (years, calendar years, views, types)
        Truncation point in the units of the levels, before the year's scale.
    before : int
        How many of the calendar years come before calendar year 0, which is one of them.
    first_year : int
        Index of the first simulated year.
    key : tuple of two uint32
        Key words.
    sums : int64 array, shape of `caps`
        Filled with the sums; each times its months where `people.ends` has columns.
    months : int64 array, shape (years, calendar years, types)
        Filled with the count of slots, or with their months where `people.ends` has columns.
    """
    years, span, _, types = caps.shape
    # A year at either end tells who came in the first year and who died in the last.
    margin = 1 if people.ends.shape[1] else 0
    rows = span + 2 * margin
    buffers = _Buffers(
        np.empty(BLOCK, np.uint32),
        np.empty(BLOCK, np.uint32),
        np.empty((rows, BLOCK), np.uint16),
        np.empty((rows, BLOCK), np.uint8),
    )
    sums[:] = 0
    months[:] = 0
    for kind in range(types):
        for year in range(years):
            index = np.uint64(first_year + year)
            low, high = np.uint32(index & _LOW_WORD), np.uint32(index >> _HALF_WORD)
            for start in range(0, people.counts[kind], BLOCK):
                slots = min(BLOCK, people.counts[kind] - start)
                place = _Place(kind, start, slots, low, high)
                walk(people, place, buffers, before + margin, key)
                for at in range(span):
                    months[year, at, kind] += _add(
                        people, place, buffers, at + margin, caps[year, at], sums[year, at]
                    )
