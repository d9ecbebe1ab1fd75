"""The random stream: published vectors, the compiled fill against its NumPy twin, layout."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from simulate.kernels import philox
from simulate.kernels.people import fill_words

ONES = 0xFFFFFFFF
# Known-answer vectors of philox4x32-10: Random123 1.14, tests/kat_vectors
# (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
KNOWN = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((ONES, ONES, ONES, ONES), (ONES, ONES), (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]
LANES = 16


def filled(groups: int, first_block: int, words: tuple[int, int, int], key: tuple[int, int]):
    out = np.zeros(groups * 4 * LANES, np.uint32)
    fill_words(out, groups, first_block, *(np.uint32(w) for w in (*words, *key)))
    return out


def twin(groups: int, first_block: int, words: tuple[int, int, int], key: tuple[int, int]):
    """Sixteen blocks a group: their first words, then second, third and fourth."""
    blocks = np.arange(first_block, first_block + groups * LANES, dtype=np.uint64)
    found = np.stack(philox.philox_blocks((blocks, *words), key))
    return found.reshape(4, groups, LANES).transpose(1, 0, 2).ravel()


@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN)
def test_published_vectors(counter, key, expected) -> None:
    assert tuple(int(x) for x in philox.philox_blocks(counter, key)) == expected


@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN)
def test_published_vectors_from_the_compiled_stream(counter, key, expected) -> None:
    first = min(counter[0], ONES - LANES + 1)
    words = filled(1, first, counter[1:], key).reshape(4, LANES)
    assert tuple(int(x) for x in words[:, counter[0] - first]) == expected


def test_blocks_broadcast() -> None:
    blocks = np.arange(5)[:, None], 7, np.arange(3)[None, :], 0
    found = philox.philox_blocks(blocks, (1, 2))
    assert [x.shape for x in found] == [(5, 3)] * 4
    for i in range(5):
        for j in range(3):
            alone = philox.philox_blocks((i, 7, j, 0), (1, 2))
            assert [int(x[i, j]) for x in found] == [int(x) for x in alone]


def test_fill_matches_the_twin_for_many_counters() -> None:
    rng = np.random.default_rng(20_260)
    for _ in range(12):
        groups = int(rng.integers(1, 5))
        first = int(rng.integers(0, 2**32 - groups * LANES))
        words = tuple(int(w) for w in rng.integers(0, 2**32, 3))
        key = tuple(int(k) for k in rng.integers(0, 2**32, 2))
        np.testing.assert_array_equal(
            filled(groups, first, words, key), twin(groups, first, words, key)
        )


def test_order_and_size_of_the_fills_do_not_matter() -> None:
    words, key = (3 << 16, 9, 1), (12345, 678)
    whole = filled(6, 0, words, key)
    for sizes in ([6], [1] * 6, [1, 2, 3], [4, 2]):
        starts = np.cumsum([0, *sizes[:-1]])
        pieces = {
            int(start): filled(size, int(start) * LANES, words, key)
            for start, size in reversed(list(zip(starts, sizes, strict=True)))
        }
        np.testing.assert_array_equal(np.concatenate([pieces[int(s)] for s in starts]), whole)


def test_fill_writes_nothing_beyond_its_groups() -> None:
    out = np.full(5 * 4 * LANES, 99, np.uint32)
    fill_words(out, 2, 0, *(np.uint32(w) for w in (0, 0, 0, 0, 0)))
    assert np.all(out[2 * 4 * LANES :] == 99)


def test_key_words_split_a_seed() -> None:
    assert philox.key_words(0) == (0, 0)
    assert philox.key_words(2**64 - 1) == (ONES, ONES)
    assert philox.key_words(0x299F31D0A4093822) == (0xA4093822, 0x299F31D0)


def test_streams_share_no_counters() -> None:
    used = [philox.stream_word(s, y) for s in (0, 1, 2, 3, philox.SHARED_STREAM) for y in range(9)]
    assert len(set(used)) == len(used)


def test_shared_uniforms_are_the_leading_52_bits() -> None:
    years = np.array([0, 1, 2**32 - 1, 2**32, 2**40 + 5], dtype=np.uint64)
    found = philox.shared_uniforms(77, years, source=2, calendar_year=3)
    for year, u in zip(years.tolist(), found, strict=True):
        word = (2, philox.stream_word(philox.SHARED_STREAM, 3), year & ONES, year >> 32)
        x0, x1, *_ = (int(x) for x in philox.philox_blocks(word, (77, 0)))
        assert u == ((x0 * 2**32 + x1) // 2**12 + 0.5) / 2**52


def test_shared_uniforms_differ_by_everything_they_depend_on() -> None:
    years = np.arange(1000, dtype=np.uint64)
    draws = [
        philox.shared_uniforms(seed, years, source, calendar)
        for seed in (1, 2, 2**32 + 1)
        for source in (0, 1)
        for calendar in (0, 1)
    ]
    together = np.concatenate(draws)
    assert np.unique(together).size == together.size
    assert together.min() > 0.0
    assert together.max() < 1.0


def test_shared_uniforms_are_uniform_and_independent() -> None:
    # Fixed seed; each p value below 1e-4 in one stream of 10,000: false alarm 0.04 % in all.
    years = np.arange(100_000, dtype=np.uint64)
    first, second = (philox.shared_uniforms(5, years, source) for source in (0, 1))
    assert stats.kstest(first, "uniform").pvalue > 1e-4
    assert stats.kstest(second, "uniform").pvalue > 1e-4
    assert stats.pearsonr(first, second).pvalue > 1e-4
    assert stats.pearsonr(first[1:], first[:-1]).pvalue > 1e-4
