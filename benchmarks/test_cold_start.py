"""Whole processes: the import, the first run after installing, every later one.

The package is copied, so that no compiled kernel of an earlier use is found.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import pytest
from results_table import Wait

import simulate

RUN = ["-m", "simulate", "run", "--aco", "A1001", "--years", "10000"]
COMPILE = ["-c", "from simulate.engine.warm import compile_kernels; compile_kernels()"]
WARM = "simulate run --aco A1001 --years 10000, kernels compiled"
PROCESSES = {
    "python alone": ["-c", "pass"],
    "import simulate": ["-c", "import simulate"],
    "simulate --help": ["-m", "simulate", "--help"],
    "simulate contracts": ["-m", "simulate", "contracts"],
    WARM: RUN,
}


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A fresh copy of the package, with byte code as pip leaves it and no compiled kernel."""
    copy = tmp_path / "site"
    source = Path(simulate.__file__).parent
    shutil.copytree(source, copy / "simulate", ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run([sys.executable, "-m", "compileall", "-q", copy], check=True)
    return copy


class Took(NamedTuple):
    """What a process took."""

    seconds: float
    processor_seconds: float


def took(arguments: list[str], site: Path, kernels: Path) -> Took:
    """Run Python with a folder for compiled kernels."""
    changed = {"PYTHONPATH": str(site), "NUMBA_CACHE_DIR": str(kernels), "PYTHONSAFEPATH": "1"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    finished = subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, **changed},
        cwd=site,
        capture_output=True,
        text=True,
    )
    taken = time.perf_counter() - started
    assert finished.returncode == 0, finished.stderr
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Took(taken, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def test_the_copy_is_what_is_timed(installed: Path) -> None:
    changed = {**os.environ, "PYTHONPATH": str(installed)}
    told = subprocess.run(
        [sys.executable, "-c", "import simulate; print(simulate.__file__)"],
        env=changed, cwd=installed.parent, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert Path(told.stdout.strip()).is_relative_to(installed)


def test_waits(installed: Path, tmp_path: Path, effort, results) -> None:
    rounds, firsts = (1, 1) if effort.brief else (5, 3)
    found: dict[str, list[Took]] = {name: [] for name in PROCESSES}
    cold = [took(RUN, installed, tmp_path / f"empty {i}") for i in range(firsts)]
    compiling = [took(COMPILE, installed, tmp_path / f"kernels {i}") for i in range(firsts)]
    for _ in range(rounds):
        for name, arguments in PROCESSES.items():
            found[name].append(took(arguments, installed, tmp_path / "empty 0"))
    shown = {**found, "the same run, the first after installing": cold}
    shown["the kernels of a run compiled, and nothing else"] = compiling
    results.waits += [
        Wait(f"process: {name}", [process.seconds for process in processes])
        for name, processes in shown.items()
    ]
    # Ratios of processor time, which a busy machine changes least: compiled kernels are
    # found again, and what needs no compiler does not load one.
    least = {name: min(p.processor_seconds for p in processes) for name, processes in shown.items()}
    assert least["the same run, the first after installing"] > 1.3 * least[WARM]
    assert least["simulate contracts"] < 0.7 * least[WARM]
    assert least["import simulate"] < 4.0 * least["python alone"]
