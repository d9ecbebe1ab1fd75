"""The panel kernel against a twin in plain Python, written from its description."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from scipy import stats

from simulate.kernels import panel, philox
from simulate.kernels.panel import BLOCK, CLASSES, DECISIONS, People, sum_panel
from simulate.kernels.people import LARGEST_CAP, LEVEL_BITS, LEVELS, sum_people

COMPILED = not numba.config.DISABLE_JIT
compiled_only = pytest.mark.skipif(not COMPILED, reason="too many draws for plain Python")

LANES = 16
LOW_SHIFT = 16 - LEVEL_BITS
SEED = 0x0123456789ABCDEF
KEY = tuple(np.uint32(word) for word in philox.key_words(SEED))
NO_ENDS: list[list[int]] = []
#: base, slope, most; the first keeps nearly all, the second nobody.
MOVES = [[81_000, 3_000, 56_700], [0, 0, 0], [33_000, 800, DECISIONS], [99_000, 0, DECISIONS]]
ENDS = [[57_672, 65_188, *range(57_600, 57_600 - 16 * 1_500, -1_500)]] * 4


def people(counts, ends=NO_ENDS) -> People:
    types = len(counts)
    rng = np.random.default_rng(types)
    levels = np.sort((rng.random((types, LEVELS)) ** 6 * LARGEST_CAP).astype(np.uint32), axis=1)
    columns = np.array(ends[:types], np.int32) if ends else np.empty((types, 0), np.int32)
    return People(
        levels, np.array(counts, np.int64), np.array(MOVES[:types], np.int32), columns
    )  # fmt: skip


def words(kind: int, calendar_year: int, year: int, count: int) -> list[int]:
    """Words come in groups of sixteen blocks: all first words, then second, third, fourth."""
    groups = -(-count // (4 * LANES))
    blocks = np.arange(groups * LANES, dtype=np.uint64)
    counter = blocks, (kind << 16) + calendar_year % 65_536, year & 0xFFFFFFFF, year >> 32
    found = np.stack(philox.philox_blocks(counter, philox.key_words(SEED)))
    return found.reshape(4, groups, LANES).transpose(1, 0, 2).ravel().tolist()


def first_levels(kind: int, year: int, count: int) -> list[int]:
    halves = []
    for word in words(kind, 0, year, (count + 1) // 2):
        halves += [word & 0xFFFF, word >> 16]
    return [half >> LOW_SHIFT for half in halves[:count]]


def decision(word: int) -> int:
    return word >> 16


def follow(word: int, level: int, move) -> int:
    base, slope, most = move
    candidate = (word & 0xFFFF) >> LOW_SHIFT
    size = LEVELS // CLASSES
    bound = min(most, base - slope * (level // size + candidate // size))
    return level // size * size + candidate % size if decision(word) < bound else candidate


def months(word: int) -> int:
    return 1 + 12 * (decision(word) % 64) // 64


def path(who: People, kind: int, year: int, numbers: range):
    """Levels and months of all slots of a type by calendar year."""
    count, move = int(who.counts[kind]), who.moves[kind].tolist()
    end = who.ends[kind].tolist() if who.ends.size else None
    walked = range(numbers.start - 1, numbers.stop + 1)
    levels = {0: first_levels(kind, year, count)}
    present = {number: [12] * count for number in walked}
    steps = [(n - 1, n) for n in walked if n > 0] + [(n + 1, n) for n in reversed(walked) if n < 0]
    for here, there in steps:
        drawn = words(kind, there, year, count)[:count]
        levels[there] = [follow(w, x, move) for w, x in zip(drawn, levels[here], strict=True)]
        earlier, later = sorted((here, there))
        for slot, word in enumerate(drawn if end else []):
            dead = end[2 + levels[earlier][slot] // (LEVELS // CLASSES)]
            if decision(word) >= end[1]:
                present[later][slot] = min(present[later][slot], months(word))
            elif dead <= decision(word) < end[0]:
                present[earlier][slot] = min(present[earlier][slot], months(word))
    return levels, present


def twin(who: People, caps, before: int, first_year: int):
    years, span, views, types = caps.shape
    sums, counted = np.zeros(caps.shape, object), np.zeros((years, span, types), np.int64)
    for kind, year in np.ndindex(types, years):
        levels, present = path(who, kind, first_year + year, range(-before, span - before))
        table = who.levels[kind].tolist()
        for at in range(span):
            weights = present[at - before] if who.ends.size else [1] * int(who.counts[kind])
            counted[year, at, kind] = sum(weights)
            for view in range(views):
                cap = int(caps[year, at, view, kind])
                spent = (
                    w * min(table[x], cap)
                    for w, x in zip(weights, levels[at - before], strict=True)
                )
                sums[year, at, view, kind] = sum(spent)
    return sums.astype(np.int64), counted


def summed(who: People, caps, before: int = 0, first_year: int = 0):
    sums = np.full(caps.shape, -1, np.int64)
    counted = np.full((*caps.shape[:2], caps.shape[3]), -1, np.int64)
    sum_panel(who, caps, before, first_year, KEY, sums, counted)
    return sums, counted


def caps_for(who: People, years: int, span: int, views: int = 1) -> np.ndarray:
    rng = np.random.default_rng(span)
    at = rng.integers(LEVELS // 2, LEVELS, (years, span, views, len(who.counts)))
    return np.stack([who.levels[k][at[..., k]] for k in range(len(who.counts))], axis=-1)


@pytest.mark.parametrize("ends", [NO_ENDS, ENDS], ids=["whole years", "partial years"])
@pytest.mark.parametrize(("before", "span"), [(0, 1), (0, 3), (2, 3), (3, 4)])
def test_matches_the_twin(ends, before, span) -> None:
    who = people((33, 0, 129, 1), ends)
    caps = caps_for(who, 2, span, views=2)
    for found, expected in zip(summed(who, caps, before), twin(who, caps, before, 0), strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("ends", [NO_ENDS, ENDS], ids=["whole years", "partial years"])
@pytest.mark.parametrize("count", [BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 77])
def test_matches_the_twin_across_blocks(ends, count) -> None:
    who = people((count,), ends)
    caps = caps_for(who, 1, 2)
    for found, expected in zip(summed(who, caps, 1), twin(who, caps, 1, 0), strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("first_year", [1, 2**32 - 1, 2**40])
def test_years_far_out_match_the_twin(first_year) -> None:
    who = people((50,), ENDS)
    caps = caps_for(who, 2, 2)
    found, expected = summed(who, caps, 1, first_year), twin(who, caps, 1, first_year)
    np.testing.assert_array_equal(found[0], expected[0])


@pytest.mark.parametrize("counts", [(1,), (129,), (2049, 5), (7, 1, 128, 4097)])
def test_calendar_year_0_is_the_single_year_kernel(counts) -> None:
    who = people(counts)
    caps = caps_for(who, 2, 4, views=2)
    single = np.empty((2, 2, len(counts)), np.int64)
    sum_people(who.levels, who.counts, caps[:, 1].copy(), 5, *KEY, single)
    np.testing.assert_array_equal(summed(who, caps, 1, 5)[0][:, 1], single)
    np.testing.assert_array_equal(summed(who, caps[:, 1:2].copy(), 0, 5)[0][:, 0], single)


@pytest.mark.parametrize("ends", [NO_ENDS, ENDS], ids=["whole years", "partial years"])
def test_a_year_depends_on_no_other_year(ends) -> None:
    who = people((40, 200), ends)
    caps = caps_for(who, 4, 6)
    whole, counted = summed(who, caps, 2, 10)
    for years, span in ((slice(0, 2), slice(2, 3)), (slice(1, 4), slice(1, 5))):
        part = caps[years, span].copy()
        found, months_found = summed(who, part, 2 - span.start, 10 + years.start)
        np.testing.assert_array_equal(found, whole[years, span])
        np.testing.assert_array_equal(months_found, counted[years, span])


def test_months_of_a_part_of_a_year() -> None:
    found = [int(panel.months_of(np.uint32(bits << 16))) for bits in range(64)]
    assert sorted(set(found)) == list(range(1, 13))
    assert set(np.bincount(found)[1:].tolist()) == {5, 6}


def test_a_bound_kept_by_nobody_or_everybody() -> None:
    level = np.arange(LEVELS, dtype=np.uint16)[::97].copy()
    drawn = np.random.default_rng(1).integers(0, 2**32, level.size, dtype=np.uint32)
    after = np.empty_like(level)
    size = LEVELS // CLASSES
    panel.next_levels(drawn, level.size, np.array([-5, 0, DECISIONS], np.int32), level, after)
    np.testing.assert_array_equal(after, (drawn & 0xFFFF) >> LOW_SHIFT)
    everybody = np.array([2 * DECISIONS, 10, DECISIONS], np.int32)
    panel.next_levels(drawn, level.size, everybody, level, after)
    np.testing.assert_array_equal(after // size, level // size)
    np.testing.assert_array_equal(after % size, ((drawn & 0xFFFF) >> LOW_SHIFT) % size)


@compiled_only
@pytest.mark.parametrize("move", MOVES)
def test_every_level_is_as_likely_in_every_year(move) -> None:
    # Chi-squared over all levels in each of seven years: false alarm 7e-4 a chain (fixed seed).
    blocks, rows, origin = 400, 7, 3
    who = people((blocks * BLOCK,))
    who = who._replace(moves=np.array([move], np.int32))
    buffers = panel._Buffers(
        np.empty(BLOCK, np.uint32), np.empty(BLOCK, np.uint32),
        np.empty((rows, BLOCK), np.uint16), np.empty((rows, BLOCK), np.uint8),
    )  # fmt: skip
    hits = np.zeros((rows, LEVELS), np.int64)
    for block in range(blocks):
        place = panel._Place(0, block * BLOCK, BLOCK, np.uint32(1), np.uint32(0))
        panel.walk(who, place, buffers, origin, KEY)
        for row in range(rows):
            hits[row] += np.bincount(buffers.levels[row], minlength=LEVELS)
    assert np.all([stats.chisquare(h).pvalue > 1e-4 for h in hits])


@compiled_only
def test_the_sums_of_every_year_have_the_same_mean_and_spread() -> None:
    # Nine years' mean and sd, 4.5 se each: false alarm 1e-4.
    who = people((300,))
    years, span = 20_000, 9
    caps = np.full((years, span, 1, 1), LARGEST_CAP, np.uint32)
    table = np.minimum(who.levels[0], LARGEST_CAP).astype(float)
    sums = summed(who, caps, 4)[0][:, :, 0, 0] / 300
    error = table.std() / np.sqrt(300 * years)
    assert np.all(np.abs(sums.mean(axis=0) - table.mean()) < 4.5 * error)
    spread = table.std() / np.sqrt(300)
    np.testing.assert_allclose(sums.std(axis=0), spread, rtol=4.5 * 1.02 / np.sqrt(2 * years))
