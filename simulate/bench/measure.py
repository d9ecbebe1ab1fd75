"""Timing of several tasks side by side, so that what slows one down slows the others down."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Task:
    """Something to be timed.

    Parameters
    ----------
    work : callable
        Does the work once.
    units : int
        How much work that is, such as beneficiary-years.
    """

    work: Callable[[], object]
    units: int


@dataclass(frozen=True)
class Timing:
    """What the rounds of one task took.

    Parameters
    ----------
    seconds : tuple of float
        One a round.
    units : int
        Work of a round.
    """

    seconds: tuple[float, ...]
    units: int

    @property
    def per_second(self) -> float:
        """Units of work per second in the best round: what the machine can do undisturbed."""
        return self.units / min(self.seconds)

    @property
    def median_per_second(self) -> float:
        """Units of work per second in the median round."""
        return self.units / statistics.median(self.seconds)


@dataclass(frozen=True)
class Ratio:
    """How many times as fast one task is as another, per unit of work.

    Attributes
    ----------
    value : float
        Of the best round of each.
    low, median, high : float
        Over the rounds, each with both tasks in it.
    """

    value: float
    low: float
    median: float
    high: float

    @classmethod
    def of(cls, fast: Timing, slow: Timing) -> Ratio:
        """Compare two tasks that were timed in the same rounds."""
        pairs = zip(fast.seconds, slow.seconds, strict=True)
        by_round = [(fast.units / f) / (slow.units / s) for f, s in pairs]
        best = fast.per_second / slow.per_second
        return cls(best, min(by_round), statistics.median(by_round), max(by_round))

    def spread(self) -> dict[str, float]:
        """Return the spread over the rounds as plain data for JSON."""
        return {"min": self.low, "median": self.median, "max": self.high}


def seconds_of(task: Task) -> float:
    """Do a task's work once; return how many seconds it took."""
    with _without_garbage_collection():
        started = time.perf_counter()
        task.work()
        return time.perf_counter() - started


def interleaved(
    tasks: Mapping[str, Task], seconds: float, fewest: int = 3, most: int = 20
) -> dict[str, Timing]:
    """Time tasks in rounds, each task once a round, until about `seconds` have passed.

    Parameters
    ----------
    tasks : mapping of str to Task
        Each is done once before the clock starts.
    seconds : float
        No round is started that would end later, once there are `fewest`.
    fewest, most : int
        Rounds at least and at most.
    """
    for task in tasks.values():
        task.work()
    taken: dict[str, list[float]] = {name: [] for name in tasks}
    started = time.perf_counter()
    for done in range(most):
        elapsed = time.perf_counter() - started
        if done >= fewest and elapsed * (done + 1) / done > seconds:
            break
        for name, task in tasks.items():
            taken[name].append(seconds_of(task))
    return {name: Timing(tuple(taken[name]), task.units) for name, task in tasks.items()}


@contextmanager
def _without_garbage_collection() -> Iterator[Any]:
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
