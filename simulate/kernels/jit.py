"""The one place that knows compiler flags."""

from __future__ import annotations

import numba
from numba.extending import register_jitable

# Strict IEEE arithmetic (no fastmath): the same bits on every vector width.
# `nogil` lets the engine run one chunk of years per thread without a threading layer.
# `cache` keeps the machine code beside the source or, in a read-only install, in the
# user's cache folder.
kernel = numba.njit(nogil=True, cache=True, error_model="numpy", fastmath=False)


def usable_in_kernels(*rules):
    """Let compiled code call plain Python functions, by compiling them with the caller."""
    for rule in rules:
        register_jitable(error_model="numpy", fastmath=False)(rule)
