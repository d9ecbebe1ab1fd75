"""One performance year after the other: beside NumPy, naive Numba, the bare stream, threads.

Asserted are ratios alone, and far below the targets: the machine may be shared.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from naive_numba import NaiveNumba
from results_table import Claim

from simulate.bench.hardware import processors
from simulate.bench.measure import Ratio, Task
from simulate.bench.stream import stream_task
from simulate.bench.subject import BENEFICIARIES, subject
from simulate.bench.throughput import numpy_task, run_task
from simulate.engine.exact import savings_rate_distribution
from simulate.engine.years import View

#: Whatever is compared takes about as long as the engine, so that a busy machine meets all alike;
#: neither NumPy's cost a year nor that of naive Numba falls with more years.
YEARS_OF_ONE_OF_NUMPY, YEARS_OF_ONE_OF_NUMBA = 40, 80
WORDS_AT_ONCE = 1 << 20
NUMPY_TARGET, NUMPY_FLOOR = 30.0, 15.0
STREAM_TARGET, STREAM_FLOOR = 0.6, 0.3
TWO_THREADS_TARGET = 1.8
#: Of what the random stream alone gains by two threads at the same time.
SCALING_FLOOR = 0.5


def claim(results, timed, name: str, target: float | None = None) -> Ratio:
    (ours, one_thread), *_ = timed.items()
    ratio = Ratio.of(one_thread, timed[name])
    results.claims.append(Claim(ours, name, ratio, target))
    return ratio


def numpy_stream_task(words: int) -> Task:
    """NumPy's own 32-bit words, as many at once as stay in the cache."""
    rng = np.random.default_rng(1)
    times = max(words // WORDS_AT_ONCE, 1)

    def work() -> None:
        for _ in range(times):
            rng.integers(0, 2**32, WORDS_AT_ONCE, dtype=np.uint32)

    return Task(work, times * WORDS_AT_ONCE)


def naive_task(years: int, threads: int) -> Task:
    population, noise = subject()
    naive = NaiveNumba(population, noise)
    return Task(lambda: naive.expenditure(years, threads), population.size * years)


@pytest.mark.benchmark(group="one thread")
def test_one_thread_beside_numpy(side_by_side, effort, results) -> None:
    by_person = "NumPy (PCG64), which draws who falls in each part of the spend model"
    by_component = "NumPy (PCG64), where it draws only how many do"
    numpy_years = effort.years // YEARS_OF_ONE_OF_NUMPY
    timed = side_by_side(
        {
            "engine, one thread": run_task(BENEFICIARIES, effort.years, 1),
            by_person: numpy_task(BENEFICIARIES, numpy_years),
            by_component: numpy_task(BENEFICIARIES, numpy_years, by_component=True),
        }
    )
    assert claim(results, timed, by_person, NUMPY_TARGET).value > NUMPY_FLOOR
    assert claim(results, timed, by_component).value > 0.7 * NUMPY_FLOOR


@pytest.mark.benchmark(group="one thread")
def test_one_thread_beside_the_bare_stream(side_by_side, effort, results) -> None:
    stream = "the random stream alone, 32 bits a beneficiary"
    of_numpy = "NumPy's random stream alone (PCG64), 32 bits a beneficiary"
    words = BENEFICIARIES * effort.years
    timed = side_by_side(
        {
            "engine, one thread": run_task(BENEFICIARIES, effort.years, 1),
            stream: stream_task(words),
            of_numpy: numpy_stream_task(words // 4),
        }
    )
    assert claim(results, timed, stream, STREAM_TARGET).value > STREAM_FLOOR
    assert claim(results, timed, of_numpy).value > 1.0


@pytest.mark.benchmark(group="threads")
@pytest.mark.parametrize("threads", sorted({1, processors()}))
def test_beside_naive_numba(side_by_side, effort, results, threads: int) -> None:
    name = f"engine, {threads} thread{'s' * (threads > 1)}"
    naive = "naive Numba (np.random in prange) on as many"
    timed = side_by_side(
        {
            name: run_task(BENEFICIARIES, effort.years, threads),
            naive: naive_task(effort.years // YEARS_OF_ONE_OF_NUMBA, threads),
        }
    )
    assert claim(results, timed, naive).value > NUMPY_FLOOR


@pytest.mark.benchmark(group="threads")
@pytest.mark.skipif(processors() < 2, reason="threads: this machine has one processor")
def test_two_threads_beside_one(side_by_side, effort, results) -> None:
    words = BENEFICIARIES * effort.years // 2
    timed = side_by_side(
        {
            "engine, 2 threads": run_task(BENEFICIARIES, effort.years, 2),
            "engine, one thread": run_task(BENEFICIARIES, effort.years, 1),
            "stream twice": at_the_same_time(stream_task(words), stream_task(words)),
            "stream": stream_task(words),
        }
    )
    scaling = claim(results, timed, "engine, one thread", TWO_THREADS_TARGET)
    machine = Ratio.of(timed["stream twice"], timed["stream"])
    results.claims.append(
        Claim("random stream, 2 threads", "one thread (what the machine gave meanwhile)", machine)
    )
    assert scaling.value > SCALING_FLOOR * machine.value


@pytest.mark.benchmark(group="threads")
@pytest.mark.skipif(processors() < 3, reason="more than two threads: this machine has not as many")
def test_all_threads_beside_one(side_by_side, effort, results) -> None:
    timed = side_by_side(
        {
            f"engine, {processors()} threads": run_task(BENEFICIARIES, effort.years, processors()),
            "engine, one thread": run_task(BENEFICIARIES, effort.years, 1),
        }
    )
    assert claim(results, timed, "engine, one thread").value > 1.0


def at_the_same_time(*tasks: Task) -> Task:
    """All the tasks, each on a thread of its own."""

    def work() -> None:
        with ThreadPoolExecutor(len(tasks)) as pool:
            list(pool.map(lambda task: task.work(), tasks))

    return Task(work, sum(task.units for task in tasks))


def test_naive_numba_simulates_the_same_model() -> None:
    # Its stream cannot be fixed: mean and sd at 5 se, false alarm 6e-7 each.
    population, noise = subject(2_000)
    years = 20_000
    rates = NaiveNumba(population, noise).expenditure(years).sum(axis=1) / population.benchmark
    sd = savings_rate_distribution(population, noise, View(0.0)).sd
    assert abs(rates.mean() - 1.0) < 5.0 * sd / math.sqrt(years)
    # The sum's kurtosis is near the normal's: 1.1 covers it.
    assert abs(rates.std() - sd) < 5.0 * 1.1 * sd / math.sqrt(2.0 * years)
