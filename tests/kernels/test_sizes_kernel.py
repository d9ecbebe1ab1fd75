"""Many sizes and views in one pass against the kernel that draws one size and two views."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_people_kernel import SEED, caps_around, rising_levels, summed, twin

from simulate.kernels import philox
from simulate.kernels.people import LARGEST_CAP
from simulate.kernels.sizes import sum_sizes


def summed_sizes(levels, counts, caps, first_year=0, seed=SEED):
    sums = np.full(caps.shape, -1, np.int64)
    key = (np.uint32(word) for word in philox.key_words(seed))
    sum_sizes(levels, np.array(counts, np.int64), caps, first_year, *key, sums)
    return sums


def caps_by_size(levels, years, sizes, views):
    flat = caps_around(levels, years, sizes * views)
    return flat.reshape(years, sizes, views, len(levels))


@pytest.mark.parametrize("views", [1, 2, 3, 5])
@pytest.mark.parametrize("counts", [(0,), (1,), (127,), (128,), (2049,), (7, 1, 128, 256)])
def test_one_size_matches_the_twin(counts, views) -> None:
    levels = rising_levels(len(counts))
    caps = caps_around(levels, 2, views)
    found = summed_sizes(levels, (counts,), caps[:, None], 5)[:, 0]
    np.testing.assert_array_equal(found, twin(levels, counts, caps, 5, SEED))


@given(
    st.lists(
        st.tuples(st.integers(0, 400), st.integers(0, 300)), min_size=1, max_size=6
    ),
    st.integers(1, 3),
)  # fmt: skip
def test_every_size_is_as_if_alone(counts, views) -> None:
    # Sizes in any order, equal ones among them, one type falling while the other rises.
    levels = rising_levels(2)
    caps = caps_by_size(levels, 2, len(counts), views)
    found = summed_sizes(levels, counts, caps, 3)
    for at, alone in enumerate(counts):
        for view in range(views):
            one = np.ascontiguousarray(caps[:, at, view : view + 1])
            np.testing.assert_array_equal(
                found[:, at, view : view + 1], summed(levels, alone, one, 3)
            )


def test_caps_at_the_bottom_and_the_top() -> None:
    levels = rising_levels(1)
    caps = np.array([1, LARGEST_CAP, 5, LARGEST_CAP // 2], np.uint32).reshape(1, 2, 2, 1)
    found = summed_sizes(levels, ((130,), (33,)), caps)
    for at, count in enumerate((130, 33)):
        alone = twin(levels, (count,), caps[:, at], 0, SEED)
        np.testing.assert_array_equal(found[:, at], alone)
