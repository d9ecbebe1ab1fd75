"""What the benchmarks share: how long to measure, rounds that interleave, the page of results."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numba
import pytest
from results_table import Results

from simulate.bench.measure import Task, Timing, seconds_of
from simulate.engine.warm import compile_kernels

PAGE = Path(__file__).with_name("results.md")
_RESULTS = pytest.StashKey[Results]()
_WHOLE = pytest.StashKey[bool]()


@dataclass(frozen=True)
class Effort:
    """How much is measured.

    Attributes
    ----------
    brief : bool
        Only so much that a benchmark cannot rot; its ratios are rough.
    rounds : int
        Rounds of a comparison.
    years : int
        Performance years of one run.
    """

    brief: bool

    @property
    def rounds(self) -> int:
        return 3 if self.brief else 9

    @property
    def years(self) -> int:
        return 10_000 if self.brief else 100_000

    def sizes(self, *sizes: int) -> list[int]:
        """Return the sizes, or in brief a tenth of each."""
        return [size // 10 for size in sizes] if self.brief else list(sizes)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--brief", action="store_true", help="Measure a tenth, check ratios loosely, write nothing."
    )


def pytest_configure(config: pytest.Config) -> None:
    if not config.pluginmanager.hasplugin("benchmark"):
        raise pytest.UsageError(
            "the benchmarks need pytest-benchmark: pip install -e '.[bench]' brings it."
        )
    if numba.config.DISABLE_JIT:
        raise pytest.UsageError("NUMBA_DISABLE_JIT is set: plain Python is not what is measured.")
    config.stash[_RESULTS] = Results()
    config.stash[_WHOLE] = True
    config.option.benchmark_columns = ["min", "median", "max", "rounds"]


def pytest_deselected(items: list[pytest.Item]) -> None:
    if items:
        items[0].config.stash[_WHOLE] = False


def pytest_terminal_summary(terminalreporter: Any, exitstatus: int, config: pytest.Config) -> None:
    """Print the page; write it where everything was measured in full and nothing failed."""
    results = config.stash[_RESULTS]
    skipped = [report.longrepr[2] for report in terminalreporter.stats.get("skipped", [])]
    results.notes += [reason.removeprefix("Skipped: ") for reason in skipped]
    page = results.markdown()
    terminalreporter.write_line("")
    terminalreporter.write(page)
    whole = config.stash[_WHOLE] and not config.option.brief and exitstatus == 0
    everything = [Path(argument).resolve() for argument in config.args] == [PAGE.parent]
    if whole and everything:
        PAGE.write_text(page, "utf-8")
        terminalreporter.write_line(f"\nWritten to {PAGE.relative_to(config.rootpath)}")
    else:
        terminalreporter.write_line("\nNot written: brief, a part, or not everything passed.")


@pytest.fixture(scope="session")
def effort(pytestconfig: pytest.Config) -> Effort:
    return Effort(pytestconfig.option.brief)


@pytest.fixture(scope="session")
def results(pytestconfig: pytest.Config) -> Results:
    return pytestconfig.stash[_RESULTS]


@pytest.fixture(scope="session", autouse=True)
def _compiled() -> None:
    compile_kernels()


@pytest.fixture
def side_by_side(benchmark: Any, effort: Effort) -> Callable[..., dict[str, Timing]]:
    """Return a function that times tasks in interleaved rounds, the first by pytest-benchmark.

    What slows the machine down for a while then slows all of them down.
    """

    def measure(
        tasks: dict[str, Task], rounds: int | None = None, warm: bool = True
    ) -> dict[str, Timing]:
        (first, task), *others = tasks.items()
        seconds: dict[str, list[float]] = {name: [] for name, _ in others}

        def time_others() -> None:
            for name, other in others:
                seconds[name].append(seconds_of(other))

        for other in tasks.values() if warm else ():
            other.work()
        benchmark.pedantic(task.work, setup=time_others, rounds=rounds or effort.rounds)
        if benchmark.stats is None:
            pytest.skip("--benchmark-disable leaves nothing to compare")
        timed = {first: Timing(tuple(benchmark.stats.stats.data), task.units)}
        return timed | {name: Timing(tuple(seconds[name]), o.units) for name, o in others}

    return measure
