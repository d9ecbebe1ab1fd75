"""Memory: a stated amount a simulated year, whatever the people, contracts, chunks and figures.

Traced allocations, so nothing here depends on the machine or its load.
"""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import numba
import pytest
from analysis_cases import aco

import simulate as sim
from simulate.engine.years import Execution, in_chunks
from simulate.report.figures.net_outcome import net_outcome
from simulate.scenario.scenario import RunSettings

compiled_only = pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="too many years")

#: As `years` of a scenario says.
BYTES_A_YEAR = 130
FEW, MANY = 30_000, 90_000
MEGABYTE = 2**20


def peak(work: Callable[[], Any]) -> int:
    """Return the most bytes that `work` held at once, what it returns among them."""
    tracemalloc.start()
    kept = work()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    del kept
    return most


def run_of(years: int, size: int = 40, contracts: Any = ("enhanced",), **stated: Any) -> sim.Run:
    ids = None if contracts is None else list(contracts)
    return sim.run(aco(size), ids, years=years, execution=Execution(threads=1), **stated)


def test_the_scenario_states_the_bytes_a_year() -> None:
    description = RunSettings.model_fields["years"].description
    assert description is not None
    assert f"about {BYTES_A_YEAR} bytes" in description


@compiled_only
@pytest.mark.parametrize("stated", [{}, {"quality_score_sd": 0.1}, {"benchmark_noise": "10/30/60"}])
def test_bytes_a_year(stated: dict[str, Any]) -> None:
    run_of(10, **stated)  # what is loaded and kept once
    few, many = (peak(lambda years=years: run_of(years, **stated)) for years in (FEW, MANY))
    assert (many - few) / (MANY - FEW) < BYTES_A_YEAR


@compiled_only
def test_neither_people_nor_contracts_take_more() -> None:
    run_of(10, contracts=None)
    one = peak(lambda: run_of(FEW))
    assert abs(peak(lambda: run_of(FEW, contracts=None)) - one) < MEGABYTE
    assert abs(peak(lambda: run_of(FEW, size=4_000)) - one) < MEGABYTE


@compiled_only
def test_a_figure_of_all_contracts_takes_less_than_the_run() -> None:
    run = run_of(MANY, contracts=None)
    net_outcome(run_of(10, contracts=None))
    assert peak(lambda: net_outcome(run)) / MANY < BYTES_A_YEAR


def test_chunks_wait_for_the_threads() -> None:
    """However many chunks there are, few are held at once."""
    begun: list[int] = []
    begun_meanwhile: list[int] = []

    def fill(chunk: tuple[int, int]) -> int:
        begun.append(chunk[0])
        if chunk[0] == 0:  # the one that is reported first; others must not go far ahead
            time.sleep(0.5)
            begun_meanwhile.append(len(begun))
        return 1

    done: list[int] = []
    in_chunks(fill, 1_000, 1, Execution(threads=4, chunk_years=1, on_progress=done.append))
    assert sorted(begun) == list(range(1_000))
    assert done == [1] * 1_000
    assert begun_meanwhile[0] <= 4 * 4
