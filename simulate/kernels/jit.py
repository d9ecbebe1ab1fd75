"""The one place that knows compiler flags."""

from __future__ import annotations

import numba
from numba.extending import register_jitable


# Strict IEEE arithmetic (no fastmath): the same bits on every vector width.
# `nogil` lets the engine run one chunk of years per thread without a threading layer.
# `cache` keeps the machine code beside the source or, in a read-only install, in the
# user's cache folder.
def kernel(function):
    """Compile a function on first use; keep the machine code where a folder can be written."""
    options = {"nogil": True, "error_model": "numpy", "fastmath": False}
    try:
        return numba.njit(cache=True, **options)(function)
    except RuntimeError:  # no folder for the cache: compile in every process
        return numba.njit(**options)(function)


def usable_in_kernels(*rules):
    """Let compiled code call plain Python functions, by compiling them with the caller."""
    for rule in rules:
        register_jitable(error_model="numpy", fastmath=False)(rule)
