"""`simulate bench`: a few lines, or JSON and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from simulate.bench import throughput
from simulate.bench.throughput import Sizes
from simulate.kernels import jit

pytestmark = pytest.mark.slow_without_compiler

SMALL = Sizes(beneficiaries=60, years=4, numpy_years=3)


@pytest.fixture(autouse=True)
def _quick(compiled: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure for an instant: what is printed is tested, not how fast the machine is."""
    measure = throughput.measure_throughput
    monkeypatch.setattr(
        throughput, "measure_throughput", lambda threads: measure(threads, 0.0, SMALL)
    )


def test_lines_for_a_user(done: Callable) -> None:
    lines = done("bench", "--threads", 1).out.splitlines()
    assert lines[0].startswith("Simulates ")
    assert "beneficiary-years per second on 1 thread:" in lines[0]
    assert len(lines) == 8


def test_json_alone_on_standard_output(done: Callable) -> None:
    plain = done("bench", "--threads", 1, "--json", "-").json
    assert {
        "beneficiary_years_per_second",
        "ratio_to_numpy",
        "ratio_to_random_stream",
        "threads",
    } <= set(plain)
    assert plain["threads"] == 1
    assert plain["ratio_to_numpy"] > 0.0


def test_json_to_a_file_and_lines_on_the_screen(done: Callable, tmp_path) -> None:
    assert done("bench", "--json", "bench.json").out.startswith("Simulates ")
    assert json.loads((tmp_path / "bench.json").read_text())["rounds"] == 3


@pytest.mark.parametrize("path", ["nowhere/bench.json", "."])
def test_a_file_that_cannot_be_written_is_refused_before_the_work(
    refused: Callable, path: str
) -> None:
    assert f"--json {path}" in refused("bench", "--json", path)


def test_plain_python_is_not_measured(refused: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jit, "compiles", lambda: False)
    assert "NUMBA_DISABLE_JIT" in refused("bench")
