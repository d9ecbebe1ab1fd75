"""What is measured, and how it is told."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from bench_cases import SMALL, made_up

from simulate.bench import hardware
from simulate.bench.hardware import hardware_line
from simulate.bench.stream import stream_task
from simulate.bench.throughput import measure_throughput, run_task
from simulate.engine import years
from simulate.engine.years import processors
from simulate.kernels.bare_stream import draw_words
from simulate.kernels.philox import philox_blocks
from simulate.report.throughput import lines_of


def test_ratios_are_of_work_per_second() -> None:
    measured = made_up()
    assert measured.ratio_to_numpy.value == 40.0
    assert measured.ratio_to_numpy_by_component.value == 25.0
    assert measured.ratio_to_random_stream.value == 0.8
    assert measured.thread_scaling.value == 1.8
    assert measured.ratio_to_numpy.spread() == {"min": 20.0, "median": 30.0, "max": 40.0}


def test_plain_data_has_what_the_design_promises() -> None:
    plain = json.loads(json.dumps(made_up().to_dict()))
    assert plain["beneficiary_years_per_second"] == 3.6e9
    assert plain["beneficiary_years_per_second_one_thread"] == 2e9
    assert plain["ratio_to_numpy"] == 40.0
    assert plain["ratio_to_random_stream"] == 0.8
    assert (plain["threads"], plain["rounds"]) == (2, 2)
    assert plain["spread"]["thread_scaling"] == {"min": 1.8, "median": 2.34, "max": 2.88}
    assert plain["hardware"] == hardware_line()
    assert plain["versions"]["numpy"] == np.__version__


def test_lines_that_a_user_understands() -> None:
    first, *rest = lines_of(made_up())
    assert first == (
        "Simulates 3.6 billion beneficiary-years per second on 2 threads: 100,000 performance "
        "years of an ACO of 10,000 in 0.28 s."
    )
    text = "\n".join(rest)
    assert "One thread: 2.0 billion a second." in text
    assert "40 (20 to 40) times NumPy's vectorised generator" in text
    assert "25 (12 to 25) times NumPy's" in text
    assert "0.80 (0.40 to 0.80) of the random stream alone" in text
    assert "Best of 2 interleaved rounds" in text
    assert hardware_line() in text


def test_a_small_measurement_measures_everything() -> None:
    measured = measure_throughput(threads=1, seconds=0.0, sizes=SMALL)
    assert measured.threads == 1
    assert measured.rounds == 3
    assert measured.run.units == measured.one_thread.units == 60 * 4
    assert measured.by_person.units == measured.by_component.units == 60 * 3
    assert all(number > 0.0 for number in measured.ratio_to_numpy.spread().values())


def test_all_processors_are_used_unless_told_otherwise() -> None:
    assert measure_throughput(seconds=0.0, sizes=SMALL).threads == processors()


def test_a_run_is_a_run_of_the_engine() -> None:
    task = run_task(60, 4, threads=1)
    simulated = task.work()
    assert simulated.expenditure.shape == (1, 4, 4)
    assert task.units == 240


@pytest.mark.parametrize("fills", [1, 3])
def test_the_bare_stream_is_philox_from_its_first_block_on(fills: int) -> None:
    words = np.zeros(128, np.uint32)
    seen = draw_words(words, fills, np.uint32(7), np.uint32(9))
    blocks = np.arange(fills * 32, dtype=np.uint64)
    drawn = np.stack(philox_blocks((blocks, 0, 0, 0), (7, 9)))
    # Groups of sixteen blocks: all their first words, then second, third and fourth.
    by_fill = drawn.reshape(4, fills, 2, 16).transpose(1, 2, 0, 3).reshape(fills, 128)
    np.testing.assert_array_equal(words, by_fill[-1])
    assert seen == np.bitwise_xor.reduce([row[i % 128] for i, row in enumerate(by_fill)])


def test_the_task_of_the_stream_counts_its_words() -> None:
    task = stream_task(1)
    assert task.units == 1024
    assert isinstance(int(task.work()), int)


def test_a_machine_without_linux_files_is_named_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hardware, "_DESCRIPTION", Path("/nowhere/cpuinfo"))
    monkeypatch.setattr(hardware.platform, "processor", lambda: "")
    monkeypatch.setattr(hardware.platform, "machine", lambda: "arm64")
    monkeypatch.delattr(years.os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(years.os, "cpu_count", lambda: 1)
    assert hardware_line().startswith("arm64 (")
    assert "), 1 processor, " in hardware_line()
