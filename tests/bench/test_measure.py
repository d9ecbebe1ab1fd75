"""Rounds, the best of them, and ratios between tasks of the same rounds."""

from __future__ import annotations

import gc

import pytest

from simulate.bench import measure
from simulate.bench.measure import Ratio, Task, Timing, interleaved


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return a list whose only number is the time."""
    now = [0.0]
    monkeypatch.setattr(measure.time, "perf_counter", lambda: now[0])
    return now


def taking(clock: list[float], *seconds: float) -> Task:
    """A task that takes these seconds in turn, the last one for ever."""
    left = list(seconds)

    def work() -> None:
        clock[0] += left.pop(0) if len(left) > 1 else left[0]

    return Task(work, 100)


def test_a_timing_speaks_of_its_best_round() -> None:
    timing = Timing((4.0, 2.0, 5.0), 100)
    assert timing.per_second == 50.0
    assert timing.median_per_second == 25.0


def test_a_ratio_is_of_the_best_rounds_and_spreads_over_all() -> None:
    fast, slow = Timing((1.0, 2.0, 1.0), 300), Timing((2.0, 1.0, 3.0), 50)
    ratio = Ratio.of(fast, slow)
    assert ratio.value == 6.0  # 300 a second beside 50
    assert (ratio.low, ratio.median, ratio.high) == (3.0, 12.0, 18.0)
    assert ratio.spread() == {"min": 3.0, "median": 12.0, "max": 18.0}


def test_rounds_interleave_the_tasks_after_one_unmeasured_call() -> None:
    order: list[str] = []
    tasks = {name: Task(lambda name=name: order.append(name), 1) for name in "abc"}
    interleaved(tasks, seconds=0.0, fewest=3)
    assert order == list("abc") * 4


def test_the_first_call_is_not_measured(clock) -> None:
    found = interleaved({"a": taking(clock, 9.0, 1.0)}, seconds=4.0)
    assert found["a"] == Timing((1.0,) * 4, 100)


def test_no_round_is_started_that_would_end_late(clock) -> None:
    tasks = {"a": taking(clock, 1.0), "b": taking(clock, 2.0)}
    assert len(interleaved(tasks, seconds=14.9)["b"].seconds) == 4
    assert len(interleaved(tasks, seconds=15.0)["b"].seconds) == 5


def test_at_least_the_fewest_and_at_most_the_most_rounds(clock) -> None:
    slow = {"a": taking(clock, 60.0)}
    assert len(interleaved(slow, seconds=1.0, fewest=3)["a"].seconds) == 3
    quick = {"a": taking(clock, 1e-6)}
    assert len(interleaved(quick, seconds=1.0, most=7)["a"].seconds) == 7


@pytest.mark.parametrize("was_on", [True, False])
def test_nothing_is_collected_while_the_clock_runs(was_on: bool) -> None:
    seen: list[bool] = []
    (gc.enable if was_on else gc.disable)()
    try:
        measure.seconds_of(Task(lambda: seen.append(gc.isenabled()), 1))
        assert gc.isenabled() is was_on
    finally:
        gc.enable()
    assert seen == [False]
