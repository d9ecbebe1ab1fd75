"""The sum over beneficiaries against a twin in plain Python, written from its description."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from scipy import stats

from simulate.kernels import philox
from simulate.kernels.people import LARGEST_CAP, LEVEL_BITS, LEVELS, sum_levels, sum_people

compiled_only = pytest.mark.skipif(
    bool(numba.config.DISABLE_JIT), reason="too many draws for plain Python"
)
LANES = 16
SEED = 0x0123456789ABCDEF


def picked_levels(kind: int, count: int, year: int, seed: int) -> list[int]:
    """Which level each beneficiary of a type picks: one half word each, the low half first.

    Words come in groups of sixteen blocks: all first words, then second, third, fourth.
    """
    groups = -(-count // (8 * LANES))
    blocks = np.arange(groups * LANES, dtype=np.uint64)
    counter = blocks, kind << 16, year & 0xFFFFFFFF, year >> 32
    words = np.stack(philox.philox_blocks(counter, philox.key_words(seed)))
    picked = []
    for word in words.reshape(4, groups, LANES).transpose(1, 0, 2).ravel().tolist():
        picked += [(word & 0xFFFF) >> (16 - LEVEL_BITS), word >> (32 - LEVEL_BITS)]
    return picked[:count]


def twin(levels, counts, caps, first_year, seed):
    years, views, types = caps.shape
    sums = np.empty(caps.shape, object)
    for kind in range(types):
        table = levels[kind].tolist()
        for year in range(years):
            drawn = [table[i] for i in picked_levels(kind, counts[kind], first_year + year, seed)]
            for view in range(views):
                cap = int(caps[year, view, kind])
                sums[year, view, kind] = sum(min(x, cap) for x in drawn)
    return sums.astype(np.int64)


def summed(levels, counts, caps, first_year=0, seed=SEED):
    sums = np.full(caps.shape, -1, np.int64)
    key = (np.uint32(word) for word in philox.key_words(seed))
    sum_people(levels, np.array(counts, np.int64), caps, first_year, *key, sums)
    return sums


def rising_levels(types: int, top: int = LARGEST_CAP + 5) -> np.ndarray:
    rng = np.random.default_rng(types)
    skewed = rng.random((types, LEVELS)) ** 6 * top
    skewed[:, : LEVELS // 10] = 0.0
    return np.sort(skewed, axis=1).astype(np.uint32)


def caps_around(levels: np.ndarray, years: int, views: int) -> np.ndarray:
    rng = np.random.default_rng(views)
    at = rng.integers(LEVELS - 200, LEVELS, (years, views, len(levels)))
    caps = np.stack([levels[k][at[:, :, k]] for k in range(len(levels))], axis=2)
    return (
        (caps.astype(np.int64) + rng.integers(-1, 2, caps.shape)).clip(1, LARGEST_CAP).astype("u4")
    )


@pytest.mark.parametrize(
    "counts",
    [
        (0,), (1,), (2,), (3,), (127,), (128,), (129,), (2047,), (2048,), (2049,),
        (0, 5, 0, 130), (7, 1, 128, 256), (1, 0, 2049, 33),
    ],
)  # fmt: skip
def test_matches_the_twin(counts) -> None:
    levels = rising_levels(len(counts))
    caps = caps_around(levels, years=2, views=2)
    found = summed(levels, counts, caps)
    np.testing.assert_array_equal(found, twin(levels, counts, caps, 0, SEED))


def test_matches_the_twin_where_caps_reach_the_bottom_and_the_top() -> None:
    levels = rising_levels(2)
    top = LARGEST_CAP
    caps = np.array([1, 5, top // 2, top, 1, top, 77_777, 1], np.uint32).reshape(2, 2, 2)
    np.testing.assert_array_equal(
        summed(levels, (33, 40), caps), twin(levels, (33, 40), caps, 0, SEED)
    )


@pytest.mark.parametrize("first_year", [1, 999_999_999, 2**32 - 1, 2**40])
def test_years_far_out_match_the_twin(first_year) -> None:
    levels = rising_levels(1)
    caps = caps_around(levels, years=2, views=1)
    found = summed(levels, (50,), caps, first_year)
    np.testing.assert_array_equal(found, twin(levels, (50,), caps, first_year, SEED))


def test_the_range_of_years_may_be_cut_anywhere() -> None:
    levels = rising_levels(2)
    caps = caps_around(levels, years=6, views=2)
    whole = summed(levels, (40, 200), caps, 10)
    for cut in (1, 3, 5):
        parts = [
            summed(levels, (40, 200), caps[cut:], 10 + cut),
            summed(levels, (40, 200), caps[:cut], 10),
        ]
        np.testing.assert_array_equal(np.concatenate(parts[::-1]), whole)


def test_the_first_beneficiaries_of_a_larger_type_are_the_same_people() -> None:
    levels = rising_levels(1)
    caps = np.full((1, 1, 1), LARGEST_CAP, np.uint32)
    picked = levels[0].clip(max=LARGEST_CAP)[picked_levels(0, 140, 0, SEED)].astype(np.int64)
    for count in (0, 1, 2, 16, 127, 128, 129, 140):
        assert summed(levels, (count,), caps)[0, 0, 0] == picked[:count].sum()


def test_a_type_does_not_depend_on_the_others() -> None:
    levels = rising_levels(3)
    caps = caps_around(levels, years=2, views=1)
    together = summed(levels, (10, 20, 30), caps)
    others_empty = summed(levels, (0, 20, 0), caps)
    np.testing.assert_array_equal(together[:, :, 1], others_empty[:, :, 1])
    assert not others_empty[:, :, [0, 2]].any()


def test_views_see_the_same_people() -> None:
    levels = rising_levels(1)
    caps = np.full((3, 2, 1), LARGEST_CAP, np.uint32)
    same = summed(levels, (300,), caps)
    np.testing.assert_array_equal(same[:, 0], same[:, 1])
    caps[:, 1] = LARGEST_CAP // 8
    other = summed(levels, (300,), caps)
    np.testing.assert_array_equal(other[:, 0], same[:, 0])
    assert np.all(other[:, 1] < other[:, 0])


def test_seeds_and_years_draw_other_people() -> None:
    levels = rising_levels(1)
    caps = np.full((4, 1, 1), LARGEST_CAP, np.uint32)
    drawn = [summed(levels, (30,), caps, seed=s).ravel() for s in (0, 1, 2**32, 2**63)]
    assert np.unique(np.concatenate(drawn)).size == 16


def test_sum_levels_uses_both_halves_and_an_odd_last_one() -> None:
    table = np.arange(LEVELS, dtype=np.uint64)
    words = np.array([0x0010_0020, 0xFFFF_0000, 0x0000_FFFF], np.uint32)
    halves = [2, 1, 0, LEVELS - 1, LEVELS - 1, 0]
    for draws in range(7):
        assert sum_levels(words, draws, table) == sum(halves[:draws])


def test_a_full_buffer_of_the_largest_level_does_not_reach_the_other_view() -> None:
    levels = np.full((1, LEVELS), LARGEST_CAP, np.uint32)
    caps = np.full((1, 2, 1), LARGEST_CAP, np.uint32)
    caps[0, 1, 0] = 1
    sums = summed(levels, (2048,), caps)
    assert sums.ravel().tolist() == [2048 * LARGEST_CAP, 2048]


@compiled_only
def test_sums_far_beyond_one_entry_are_exact() -> None:
    top = LARGEST_CAP
    levels = np.full((1, LEVELS), top, np.uint32)
    caps = np.full((1, 1, 1), top, np.uint32)
    count = 10_000_001
    assert count * top > 2**44
    assert summed(levels, (count,), caps)[0, 0, 0] == count * top


@compiled_only
def test_levels_are_equally_likely_and_types_independent() -> None:
    # Fixed seed. Mean and correlation beyond 4 se: false alarm 6e-5 each, three of them.
    levels = np.tile(np.arange(LEVELS, dtype=np.uint32), (2, 1))
    years, count = 20_000, 100
    sums = summed(levels, (count, count), np.full((years, 1, 2), LARGEST_CAP, np.uint32))[:, 0, :]
    expected = count * (LEVELS - 1) / 2.0
    spread = np.sqrt(count * (LEVELS**2 - 1) / 12.0)
    assert np.all(np.abs(sums.mean(axis=0) - expected) < 4 * spread / np.sqrt(years))
    assert abs(np.corrcoef(sums.T)[0, 1]) < 4 / np.sqrt(years)
    # The standard deviation within 5 se: false alarm 6e-7 each.
    np.testing.assert_allclose(sums.std(axis=0), spread, rtol=5 / np.sqrt(2 * years))


def test_every_level_is_picked_as_often_as_it_should() -> None:
    # The twin's picks: chi-squared over 4,096 levels, false alarm 1e-4 (fixed seed).
    count = 50 * LEVELS
    picked = picked_levels(0, count, 0, SEED)
    hits = np.bincount(picked, minlength=LEVELS)
    assert stats.chisquare(hits).pvalue > 1e-4
