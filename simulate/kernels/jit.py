"""The one place that knows compiler flags."""

from __future__ import annotations

import numba
from llvmlite.binding import get_host_cpu_name
from numba.core.dispatcher import Dispatcher
from numba.extending import register_jitable

from simulate.kernels.code_cache import KernelCache


def kernel(function):
    """Compile a function on first use, and keep the machine code for later processes.

    Strict IEEE arithmetic (no fastmath): the same bits on every vector width. Without the
    interpreter's lock, so that the engine runs one chunk of years per thread.
    """
    compiled = numba.njit(nogil=True, error_model="numpy", fastmath=False)(function)
    if isinstance(compiled, Dispatcher):  # with NUMBA_DISABLE_JIT it is the function itself
        compiled._cache = KernelCache(function)
    return compiled


def usable_in_kernels(*rules):
    """Let compiled code call plain Python functions, by compiling them with the caller."""
    for rule in rules:
        register_jitable(error_model="numpy", fastmath=False)(rule)


def compiles():
    """Return whether kernels are compiled at all (not so with ``NUMBA_DISABLE_JIT``)."""
    return not numba.config.DISABLE_JIT


def processor_kind():
    """Return the kind of processor that kernels are compiled for, as the compiler names it."""
    return numba.config.CPU_NAME or get_host_cpu_name()
