"""Compile the kernels before they are needed, so that the wait can be explained."""

from __future__ import annotations


def compile_kernels() -> None:
    """Load every kernel a run needs; compiles them on first use after installing."""
    import numpy as np

    from simulate.kernels.people import LEVELS, sum_people
    from simulate.kernels.settlement_loop import settle_years
    from simulate.kernels.settlement_rule import MAX_BANDS, Terms

    sum_people(
        np.ones((1, LEVELS), np.uint32),
        np.ones(1, np.int64),
        np.ones((1, 1, 1), np.uint32),
        0,
        np.uint32(0),
        np.uint32(0),
        np.empty((1, 1, 1), np.int64),
    )
    bands = ((1.0, 1.0),) * MAX_BANDS
    numbers = [1.0] * (len(Terms._fields) - 2)
    settle_years(
        Terms(*numbers, bands, bands), np.ones(1), np.ones(1), np.ones(1), 1.0, np.empty((5, 1))
    )
