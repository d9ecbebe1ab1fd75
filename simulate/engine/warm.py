"""Compile the kernels before they are needed, so that the wait can be explained."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np

from simulate.errors import UserError

#: The kernels of every run. Others are compiled where they are used: `SIZES` for more than
#: two views of the true savings at once, `PANEL` for several calendar years, `STREAM` for
#: the benchmark of the random stream.
PEOPLE, SETTLEMENT, SIZES, PANEL, STREAM = "people", "settlement", "sizes", "panel", "stream"
EVERY_RUN = (PEOPLE, SETTLEMENT)


class Compiled(NamedTuple):
    """What became of one kernel.

    Attributes
    ----------
    name : str
        One of `kernel_names`.
    anew : bool
        Compiled just now, not loaded from what an earlier process had compiled.
    folder : str or None
        Where the compiled code is kept; None where no folder can be written, or without a
        compiler (``NUMBA_DISABLE_JIT``).
    """

    name: str
    anew: bool
    folder: str | None

    @property
    def lost(self) -> bool:
        """Whether every process must compile it again."""
        return self.anew and self.folder is None


def kernel_names() -> tuple[str, ...]:
    """Return the names of all kernels."""
    return tuple(_CALLS)


def compile_kernels(names: Iterable[str] = EVERY_RUN) -> list[Compiled]:
    """Load kernels; compiles them on first use after installing.

    Parameters
    ----------
    names : iterable of str
        Some of `kernel_names`.
    """
    found = []
    for name in names:
        stats = getattr(_CALLS[name](), "stats", None)
        anew = stats is not None and sum(stats.cache_misses.values()) > 0
        found.append(Compiled(name, anew, stats and stats.cache_path))
    return found


class WarmUp(NamedTuple):
    """What warming up did.

    Attributes
    ----------
    kernels : tuple of Compiled
        All of them.
    seconds : float
        How long it took.
    processor : str
        The kind of processor that the code is for; another kind compiles its own.
    """

    kernels: tuple[Compiled, ...]
    seconds: float
    processor: str

    @property
    def folders(self) -> list[str]:
        """Where the compiled code is kept."""
        return sorted({kernel.folder for kernel in self.kernels if kernel.folder})

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "kernels": [kernel._asdict() for kernel in self.kernels],
            "folders": self.folders,
            "seconds": self.seconds,
            "processor": self.processor,
        }


def warm_up() -> WarmUp:
    """Compile every kernel and keep it, so that no later run has to.

    Raises
    ------
    UserError
        Nothing is compiled (``NUMBA_DISABLE_JIT``), or it cannot be kept.
    """
    from simulate.kernels.code_cache import cache_folders
    from simulate.kernels.jit import compiles, processor_kind

    if not compiles():
        raise UserError("warmup: NUMBA_DISABLE_JIT switches the compiler off; unset it first.")
    started = time.perf_counter()
    kernels = tuple(compile_kernels(kernel_names()))
    seconds = time.perf_counter() - started
    if any(kernel.lost for kernel in kernels):
        tried = ", ".join(map(str, cache_folders()))
        raise UserError(
            f"warmup: the compiled kernels cannot be kept; none of these folders takes them: "
            f"{tried}. Make one writable, or set NUMBA_CACHE_DIR to a folder that is."
        )
    return WarmUp(kernels, seconds, processor_kind())


# Each calls a kernel with arguments of the very types that the engine gives it.

_LOW, _HIGH = np.uint32(0), np.uint32(0)


def _sum_people() -> Any:
    from simulate.kernels.people import LEVELS, sum_people

    levels, counts = np.ones((1, LEVELS), np.uint32), np.ones(1, np.int64)
    caps, sums = np.ones((1, 1, 1), np.uint32), np.empty((1, 1, 1), np.int64)
    sum_people(levels, counts, caps, 0, _LOW, _HIGH, sums)
    return sum_people


def _settle_years() -> Any:
    from simulate.kernels.settlement_loop import settle_years
    from simulate.kernels.settlement_rule import MAX_BANDS, Terms

    bands = ((1.0, 1.0),) * MAX_BANDS
    terms = Terms(*[1.0] * (len(Terms._fields) - 2), bands, bands)
    settle_years(terms, np.ones(1), np.ones(1), np.ones(1), 1.0, np.empty((5, 1)))
    return settle_years


def _sum_sizes() -> Any:
    from simulate.kernels.people import LEVELS
    from simulate.kernels.sizes import sum_sizes

    levels, counts = np.ones((1, LEVELS), np.uint32), np.ones((1, 1), np.int64)
    caps, sums = np.ones((1, 1, 1, 1), np.uint32), np.empty((1, 1, 1, 1), np.int64)
    sum_sizes(levels, counts, caps, 0, _LOW, _HIGH, sums)
    return sum_sizes


def _sum_panel() -> Any:
    from simulate.kernels.panel import CLASSES, People, sum_panel
    from simulate.kernels.people import LEVELS

    people = People(
        np.ones((1, LEVELS), np.uint32),
        np.ones(1, np.int64),
        np.ones((1, 3), np.int32),
        np.ones((1, 2 + CLASSES), np.int32),
    )
    caps, sums = np.ones((1, 1, 1, 1), np.uint32), np.empty((1, 1, 1, 1), np.int64)
    sum_panel(people, caps, 0, 0, (_LOW, _HIGH), sums, np.empty((1, 1, 1), np.int64))
    return sum_panel


def _draw_words() -> Any:
    from simulate.kernels.bare_stream import BUFFER_WORDS, draw_words

    draw_words(np.empty(BUFFER_WORDS, np.uint32), 1, _LOW, _HIGH)
    return draw_words


_CALLS: dict[str, Callable[[], Any]] = {
    PEOPLE: _sum_people,
    SETTLEMENT: _settle_years,
    SIZES: _sum_sizes,
    PANEL: _sum_panel,
    STREAM: _draw_words,
}
