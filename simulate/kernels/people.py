"""The kernel: draw every beneficiary of every simulated performance year and add up.

A beneficiary is one 16-bit half of a random word. It picks one of `LEVELS` equally
likely levels of spending, held as integers, so sums are exact and associative: the
same bits for any order, thread or chunk. Truncation is applied to the table of the
year, not to each person, and the scale of the year to the sum.

Two views of a year share one look-up: their truncated levels lie side by side in one
64-bit entry, and so do their sums until a buffer of draws is full. What was tried and
measured on the way is in `benchmarks/README.md`.
"""

from __future__ import annotations

import numpy as np

from simulate.kernels.jit import kernel
from simulate.kernels.philox import KEY_STEPS, MULTIPLIERS, ROUNDS

LEVEL_BITS = 12
LEVELS = 1 << LEVEL_BITS

_M0, _M1 = (np.uint64(m) for m in MULTIPLIERS)
_W0, _W1 = (np.uint64(w) for w in KEY_STEPS)
_LOW_WORD = np.uint64(0xFFFFFFFF)
_HALF_WORD = np.uint64(32)
# Sixteen blocks side by side fill one vector register of 32-bit lanes.
LANES = 16
GROUP_WORDS = 4 * LANES
_BUFFER_GROUPS = 16
DRAWS_PER_GROUP = 2 * GROUP_WORDS
#: Views whose sums fit into one table; `simulate.kernels.sizes` takes any number.
MOST_VIEWS = 2
#: The largest truncation point: the sum of a buffer of draws fits into half an entry.
LARGEST_CAP = 2**32 // (_BUFFER_GROUPS * DRAWS_PER_GROUP) - 1
BUFFER_WORDS = _BUFFER_GROUPS * GROUP_WORDS
_LOW_HALF = np.uint32(0xFFFF)
_LOW_SHIFT = np.uint32(16 - LEVEL_BITS)
_HIGH_SHIFT = np.uint32(32 - LEVEL_BITS)


@kernel
def fill_words(words, groups, first_block, word1, word2, word3, key0, key1):
    """Fill `words` with `groups` groups of sixteen Philox blocks from `first_block` on.

    Within a group come the first words of its sixteen blocks, then the second, third
    and fourth, so that sixteen blocks are computed in one vector register.
    """
    for group in range(groups):
        for lane in range(LANES):
            x0 = np.uint32(first_block + group * LANES + lane)
            x1, x2, x3 = word1, word2, word3
            k0, k1 = key0, key1
            for _ in range(ROUNDS):
                p0 = _M0 * np.uint64(x0)
                p1 = _M1 * np.uint64(x2)
                y0 = np.uint32(p1 >> _HALF_WORD) ^ x1 ^ k0
                y2 = np.uint32(p0 >> _HALF_WORD) ^ x3 ^ k1
                x0, x1, x2, x3 = y0, np.uint32(p1 & _LOW_WORD), y2, np.uint32(p0 & _LOW_WORD)
                k0 = np.uint32((np.uint64(k0) + _W0) & _LOW_WORD)
                k1 = np.uint32((np.uint64(k1) + _W1) & _LOW_WORD)
            at = group * GROUP_WORDS + lane
            words[at] = x0
            words[at + LANES] = x1
            words[at + 2 * LANES] = x2
            words[at + 3 * LANES] = x3


@kernel
def sum_levels(words, draws, table):
    """Return the sum of the entries that the first `draws` half words pick from `table`."""
    total = np.uint64(0)
    for i in range(draws // 2):
        word = words[i]
        total += table[(word & _LOW_HALF) >> _LOW_SHIFT]
        total += table[word >> _HIGH_SHIFT]
    if draws % 2:
        total += table[(words[draws // 2] & _LOW_HALF) >> _LOW_SHIFT]
    return total


@kernel
def _write_entries(table, first, levels, low_cap, high_cap):
    """Write the entries from level `first` on: one view's levels below, the other's above."""
    for i in range(first, LEVELS):
        low = np.uint64(min(levels[i], low_cap))
        table[i] = low | np.uint64(min(levels[i], high_cap)) << _HALF_WORD


@kernel
def groups_for(draws):
    """Return how many groups of words hold that many draws, at most a buffer full."""
    return min((draws + DRAWS_PER_GROUP - 1) // DRAWS_PER_GROUP, _BUFFER_GROUPS)


@kernel
def sum_people(levels, counts, caps, first_year, key0, key1, sums):
    """Add up the truncated spending of all beneficiaries of a range of simulated years.

    Parameters
    ----------
    levels : uint32 array, shape (types, LEVELS)
        Rising levels of spending of each enrollment type, in integer units.
    counts : int64 array, shape (types,)
        Beneficiaries of each type.
    caps : uint32 array, shape (years, views, types)
        Truncation point of the year in the same units, before the year's scale, at most
        `LARGEST_CAP`; of one view or two.
    first_year : int
        Index of the first simulated year.
    key0, key1 : uint32
        Key words.
    sums : int64 array, shape (years, views, types)
        Filled with the sums, in the same units.
    """
    years, views, types = caps.shape
    last_view = views - 1
    words = np.empty(BUFFER_WORDS, np.uint32)
    table = np.empty(LEVELS, np.uint64)
    for kind in range(types):
        # Levels below every cap never change: only the top of the table is rewritten.
        fixed = np.searchsorted(levels[kind], caps[:, :, kind].min())
        _write_entries(table, 0, levels[kind], caps[0, 0, kind], caps[0, last_view, kind])
        for year in range(years):
            _write_entries(
                table, fixed, levels[kind], caps[year, 0, kind], caps[year, last_view, kind]
            )
            sums[year, :, kind] = 0
            index = np.uint64(first_year + year)
            low, high = np.uint32(index & _LOW_WORD), np.uint32(index >> _HALF_WORD)
            remaining = counts[kind]
            block = 0
            while remaining > 0:
                groups = groups_for(remaining)
                fill_words(
                    words, groups, block, np.uint32(kind << 16), low, high, key0, key1
                )  # fmt: skip
                draws = min(remaining, groups * DRAWS_PER_GROUP)
                total = sum_levels(words, draws, table)
                sums[year, 0, kind] += np.int64(total & _LOW_WORD)
                if last_view:
                    sums[year, last_view, kind] += np.int64(total >> _HALF_WORD)
                remaining -= draws
                block += groups * LANES
