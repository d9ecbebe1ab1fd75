"""The kernel for many cases at once: every size of an ACO and every view in one pass.

The first beneficiaries of a large ACO are a smaller one, so the sum is noted whenever as
many as a size has are drawn. Views differ only in where they truncate: what lies below
every truncation point is summed once, and of what may lie above it is counted how often
each level was drawn, which is all that any truncation point needs. The sums are those of
`sum_people`, to the last bit.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from simulate.kernels.jit import kernel
from simulate.kernels.people import (
    BUFFER_WORDS,
    DRAWS_PER_GROUP,
    LANES,
    LEVEL_BITS,
    LEVELS,
    fill_words,
    groups_for,
)

_LOW_HALF = np.uint32(0xFFFF)
_HALF_SHIFT = np.uint32(16)
_LEVEL_SHIFT = np.uint32(16 - LEVEL_BITS)
_LOW_WORD = np.uint64(0xFFFFFFFF)
_HALF_WORD = np.uint64(32)


class Tally(NamedTuple):
    """What was drawn so far in one year of one enrollment type.

    Attributes
    ----------
    below : uint32 array, shape (LEVELS,)
        The levels that lie below every truncation point, 0 in place of the others.
    counts : int64 array, shape (LEVELS,)
        How often each of the other levels was drawn.
    words, marked : uint32 arrays, shape (BUFFER_WORDS,)
        Random words, and those among them that drew one of the other levels.
    """

    below: np.ndarray
    counts: np.ndarray
    words: np.ndarray
    marked: np.ndarray


@kernel
def _count_half(half, least, counts):
    # Without a branch: which half of a marked word it was cannot be foreseen.
    counts[half >> _LEVEL_SHIFT] += np.int64(half >= least)


@kernel
def _sum_below(words, below):
    total = np.int64(0)
    for word in words:
        total += np.int64(below[(word & _LOW_HALF) >> _LEVEL_SHIFT])
        total += np.int64(below[word >> _HALF_SHIFT >> _LEVEL_SHIFT])
    return total


@kernel
def _mark(words, least, marked):
    """Gather the words with a half of at least `least`; return how many there are."""
    found = 0
    for word in words:
        marked[found] = word
        found += np.int64(max(word & _LOW_HALF, word >> _HALF_SHIFT) >= least)
    return found


@kernel
def _count_marked(marked, found, least, counts):
    for i in range(found):
        _count_half(marked[i] & _LOW_HALF, least, counts)
        _count_half(marked[i] >> _HALF_SHIFT, least, counts)


@kernel
def _add_half(tally, half, least):
    _count_half(half, least, tally.counts)
    return np.int64(tally.below[half >> _LEVEL_SHIFT])


@kernel
def _add_draws(tally, start, stop, least):
    """Take the draws from `start` to `stop` of the buffer; return the sum of those below."""
    total = np.int64(0)
    if start % 2 and start < stop:
        total += _add_half(tally, tally.words[start // 2] >> _HALF_SHIFT, least)
        start += 1
    if stop % 2 and start < stop:
        total += _add_half(tally, tally.words[stop // 2] & _LOW_HALF, least)
        stop -= 1
    whole = tally.words[start // 2 : stop // 2]
    total += _sum_below(whole, tally.below)
    # Few words hold a level that is counted: they are gathered first, without a branch.
    found = _mark(whole, least, tally.marked)
    _count_marked(tally.marked, found, least, tally.counts)
    return total


@kernel
def _draw_on(tally, start, stop, least, stream):
    """Draw the beneficiaries from `start` to `stop`; return the sum of those below."""
    word1, low, high, key0, key1 = stream
    total = np.int64(0)
    while start < stop:
        # A group that a smaller size ends in is drawn again for the next.
        group = start // DRAWS_PER_GROUP
        first = group * DRAWS_PER_GROUP
        groups = groups_for(stop - first)
        fill_words(
            tally.words, groups, group * LANES, word1, low, high, key0, key1
        )  # fmt: skip
        last = min(stop, first + groups * DRAWS_PER_GROUP)
        total += _add_draws(tally, start - first, last - first, least)
        start = last
    return total


@kernel
def _sum_counted(counts, levels, first_counted, cap):
    total = np.int64(0)
    for i in range(first_counted, LEVELS):
        total += counts[i] * np.int64(min(levels[i], cap))
    return total


@kernel
def sum_sizes(levels, counts, caps, first_year, key0, key1, sums):
    """Add up the truncated spending of every size and view of a range of simulated years.

    Parameters
    ----------
    levels : uint32 array, shape (types, LEVELS)
        Rising levels of spending of each enrollment type, in integer units.
    counts : int64 array, shape (sizes, types)
        Beneficiaries of each type, of every size; in any order.
    caps : uint32 array, shape (years, sizes, views, types)
        Truncation point of the year in the same units, before the year's scale.
    first_year : int
        Index of the first simulated year.
    key0, key1 : uint32
        Key words.
    sums : int64 array, shape of `caps`
        Filled with the sums, in the same units.
    """
    years, _, views, types = caps.shape
    tally = Tally(
        np.empty(LEVELS, np.uint32),
        np.empty(LEVELS, np.int64),
        np.empty(BUFFER_WORDS, np.uint32),
        np.empty(BUFFER_WORDS, np.uint32),
    )
    for kind in range(types):
        rising = np.argsort(counts[:, kind])
        first_counted = np.searchsorted(levels[kind], caps[:, :, :, kind].min())
        tally.below[:first_counted] = levels[kind, :first_counted]
        tally.below[first_counted:] = 0
        least = np.uint32(first_counted << _LEVEL_SHIFT)
        for year in range(years):
            index = np.uint64(first_year + year)
            low, high = np.uint32(index & _LOW_WORD), np.uint32(index >> _HALF_WORD)
            stream = np.uint32(kind << 16), low, high, key0, key1
            tally.counts[first_counted:] = 0
            total = np.int64(0)
            drawn = 0
            for size in rising:
                total += _draw_on(tally, drawn, counts[size, kind], least, stream)
                drawn = counts[size, kind]
                for view in range(views):
                    sums[year, size, view, kind] = total + _sum_counted(
                        tally.counts, levels[kind], first_counted, caps[year, size, view, kind]
                    )
