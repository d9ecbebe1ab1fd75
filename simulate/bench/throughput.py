"""The short measurement behind ``simulate bench``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from simulate.bench.hardware import hardware_line, versions
from simulate.bench.measure import Ratio, Task, Timing, interleaved
from simulate.bench.numpy_model import NumpyModel
from simulate.bench.stream import stream_task
from simulate.bench.subject import BENEFICIARIES, subject
from simulate.engine.years import Execution, View, processors, simulate_years

#: Years of a round: NumPy, whose cost a year does not fall with more of them, does so many
#: fewer that it takes about as long, so that a busy machine meets both alike.
YEARS, NUMPY_YEARS = 40_000, 1_000
_SEED = 1
_CHANCE_ALONE = (View(0.0),)


@dataclass(frozen=True)
class Sizes:
    """How much is simulated in one round.

    Parameters
    ----------
    beneficiaries : int
    years, numpy_years : int
        Performance years of the engine, and of NumPy.
    """

    beneficiaries: int = BENEFICIARIES
    years: int = YEARS
    numpy_years: int = NUMPY_YEARS


@dataclass(frozen=True)
class Throughput:
    """How fast the simulation is here; units are beneficiary-years, and words of the stream.

    Parameters
    ----------
    threads : int
        Threads of `run`; all else is on one.
    sizes : Sizes
        How much was simulated in one round.
    run, one_thread : Timing
        One run of the engine on all threads and on one.
    by_person, by_component : Timing
        NumPy on the same model, where it draws who falls in each component of the spend
        model and where it draws how many.
    stream : Timing
        The random stream alone.
    """

    threads: int
    sizes: Sizes
    run: Timing
    one_thread: Timing
    by_person: Timing
    by_component: Timing
    stream: Timing

    @property
    def rounds(self) -> int:
        """How many rounds were timed."""
        return len(self.run.seconds)

    @property
    def ratio_to_numpy(self) -> Ratio:
        """One thread beside NumPy, which draws each person's component of the model."""
        return Ratio.of(self.one_thread, self.by_person)

    @property
    def ratio_to_numpy_by_component(self) -> Ratio:
        """One thread beside NumPy, which draws how many people each component has."""
        return Ratio.of(self.one_thread, self.by_component)

    @property
    def ratio_to_random_stream(self) -> Ratio:
        """One thread beside the random stream alone, at one 32-bit word a beneficiary."""
        return Ratio.of(self.one_thread, self.stream)

    @property
    def thread_scaling(self) -> Ratio:
        """All threads beside one."""
        return Ratio.of(self.run, self.one_thread)

    def to_dict(self) -> dict[str, Any]:
        """Return the measurement as plain data for JSON."""
        ratios = {
            "ratio_to_numpy": self.ratio_to_numpy,
            "ratio_to_numpy_by_component": self.ratio_to_numpy_by_component,
            "ratio_to_random_stream": self.ratio_to_random_stream,
            "thread_scaling": self.thread_scaling,
        }
        return {
            "beneficiary_years_per_second": self.run.per_second,
            "beneficiary_years_per_second_one_thread": self.one_thread.per_second,
            **{name: ratio.value for name, ratio in ratios.items()},
            "threads": self.threads,
            "rounds": self.rounds,
            "median_beneficiary_years_per_second": self.run.median_per_second,
            "spread": {name: ratio.spread() for name, ratio in ratios.items()},
            "beneficiaries": self.sizes.beneficiaries,
            "years": self.sizes.years,
            "hardware": hardware_line(),
            "versions": versions(),
        }


def run_task(beneficiaries: int, years: int, threads: int) -> Task:
    """Return the task of one run of the engine: the full model, one view of the true savings."""
    population, noise = subject(beneficiaries)
    execution = Execution(threads=threads)
    return Task(
        lambda: simulate_years(population, noise, _CHANCE_ALONE, years, _SEED, execution),
        population.size * years,
    )


def numpy_task(beneficiaries: int, years: int, by_component: bool = False) -> Task:
    """Return the task of the same model in NumPy."""
    population, noise = subject(beneficiaries)
    model = NumpyModel(population, noise, by_component)
    return Task(lambda: model.expenditure(years, _SEED), population.size * years)


def measure_throughput(
    threads: int | None = None, seconds: float = 8.0, sizes: Sizes | None = None
) -> Throughput:
    """Measure the engine beside NumPy and the random stream, in interleaved rounds.

    Parameters
    ----------
    threads : int, optional
        Threads of the engine; all processors of this process if left out.
    seconds : float
        About how long to measure.
    sizes : Sizes, optional
        How much to simulate in one round.
    """
    threads = threads or processors()
    sizes = sizes or Sizes()
    people = sizes.beneficiaries
    timed = interleaved(
        {
            "run": run_task(people, sizes.years, threads),
            "one_thread": run_task(people, sizes.years, 1),
            "by_person": numpy_task(people, sizes.numpy_years),
            "by_component": numpy_task(people, sizes.numpy_years, by_component=True),
            "stream": stream_task(people * sizes.years),
        },
        seconds,
    )
    return Throughput(threads, sizes, **timed)
