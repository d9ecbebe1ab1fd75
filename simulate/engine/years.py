"""Simulate performance years: chunks of years, threads, progress.

The product is one compact array of expenditures; every contract is settled on the
same simulated years. A year depends on the seed and its index alone.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri, stdtrit

from simulate.engine.shared_draws import Draws
from simulate.engine.tables import SpendTable
from simulate.kernels.philox import key_words
from simulate.population.population import Noise, Population
from simulate.population.spend import FloatArray

#: Sources of shared risk; each has its own block of the random stream.
TRUE_SAVINGS, PRACTICES, COMMON_SHOCK, QUALITY = 0, 1, 2, 3

_DRAWS_PER_CHUNK = 60_000_000
_LARGEST_CHUNK = 4096
#: Enough that no thread runs dry, and few enough that they take no memory.
_WAITING_PER_THREAD = 4
_GRID = 2.0**40
#: Above this a normal practice effect could reach zero (five standard deviations).
_NORMAL_PRACTICES = 0.2


@dataclass(frozen=True)
class View:
    """A view of the true savings: normal with a mean and a standard deviation, fractions."""

    mean: float
    sd: float = 0.0


@dataclass(frozen=True)
class Execution:
    """How a simulation is carried out; changes its speed, never its result.

    Parameters
    ----------
    threads : int or None
        None: all processors of this process.
    chunk_years : int or None
        Simulated years a task; None: about a tenth of a second's work.
    on_progress : callable or None
        Called with the number of years done since the last call.
    on_total : callable or None
        Called with the number of years of what begins, where several parts follow each
        other and the later ones depend on the earlier.
    """

    threads: int | None = None
    chunk_years: int | None = None
    on_progress: Callable[[int], None] | None = field(default=None, compare=False)
    on_total: Callable[[int], None] | None = field(default=None, compare=False)

    def expect(self, years: int) -> None:
        """Say how many years the part that begins has."""
        if self.on_total:
            self.on_total(years)


@dataclass(frozen=True)
class SimulatedYears:
    """Simulated performance years.

    Attributes
    ----------
    expenditure : float64 array, shape (views, years, enrollment types)
        Truncated expenditure, dollars per performance year.
    benchmark : float
        Total updated benchmark as stated, dollars per performance year.
    noisy_benchmark : float64 array, shape (years,), or None
        The benchmark of each simulated year where its base years are simulated too.
    replicates : int or None
        Quasi-random years fall into as many interleaved sets that are independent of each
        other, which standard errors must know; None: each year is independent.
    """

    expenditure: FloatArray
    benchmark: float
    noisy_benchmark: FloatArray | None = None
    replicates: int | None = None

    @property
    def settled_against(self) -> float | FloatArray:
        """The benchmark that a year is settled against: one, or one a year; dollars."""
        return self.benchmark if self.noisy_benchmark is None else self.noisy_benchmark

    def total(self, view: int) -> FloatArray:
        """Return total expenditure of each year under a view, dollars, shape (years,)."""
        return np.asarray(self.expenditure[view].sum(axis=1))

    def savings_rate(self, view: int) -> FloatArray:
        """Return the savings rate of each year under a view, fractions of the benchmark."""
        return np.asarray(1.0 - self.total(view) / self.settled_against)


def simulate_years(
    population: Population,
    noise: Noise,
    views: tuple[View, ...],
    years: int,
    seed: int | Draws,
    execution: Execution | None = None,
) -> SimulatedYears:
    """Simulate performance years under one or more views of the true savings.

    All views see the same people, practices and shocks in the same year.

    Parameters
    ----------
    population, noise
        Who is drawn, and what moves them together.
    views : tuple of View
        Views of the true savings.
    years : int
        How many performance years.
    seed : int or Draws
        From 0 to 2**64 - 1; or the seed with how shared factors are drawn.
    execution : Execution, optional
        Threads, chunks and progress; without influence on the result.
    """
    execution = execution or Execution()
    simulation = Simulation(population, noise, views, seed)
    expenditure = np.empty((len(views), years, len(population.models)))

    def fill(chunk: tuple[int, int]) -> int:
        start, stop = chunk
        expenditure[:, start:stop] = simulation.expenditure(start, stop)
        return stop - start

    in_chunks(fill, years, population.size * len(views), execution)
    replicates = simulation.draws.replicates
    return SimulatedYears(expenditure, population.benchmark, replicates=replicates)


def in_chunks(
    fill: Callable[[tuple[int, int]], int], years: int, draws: int, execution: Execution
) -> None:
    """Call `fill` for ranges of years on several threads; it returns how many it filled.

    Parameters
    ----------
    fill : callable
        Given the first year and the one after the last.
    years : int
        Years in all.
    draws : int
        Draws a year, which decide how many years make a task.
    execution : Execution
        Threads, chunks and progress.
    """
    size = execution.chunk_years or max(1, min(_LARGEST_CHUNK, _DRAWS_PER_CHUNK // max(draws, 1)))
    threads = execution.threads or processors()
    with ThreadPoolExecutor(threads) as pool:
        for done in _in_order(pool, fill, _chunks(years, size), _WAITING_PER_THREAD * threads):
            if execution.on_progress:
                execution.on_progress(done)


def _in_order(
    pool: ThreadPoolExecutor,
    fill: Callable[[tuple[int, int]], int],
    chunks: Iterator[tuple[int, int]],
    most: int,
) -> Iterator[int]:
    """Yield what `fill` returns, in order; no more than `most` chunks wait at any time."""
    waiting: deque[Future[int]] = deque()
    for chunk in chunks:
        waiting.append(pool.submit(fill, chunk))
        if len(waiting) == most:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def processors() -> int:
    """Return how many processors this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not every system tells the processors of a process
        return os.cpu_count() or 1


def _chunks(years: int, size: int) -> Iterator[tuple[int, int]]:
    for start in range(0, years, size):
        yield start, min(start + size, years)


def simulated_quality(
    mean: float, sd: float, seed: int | Draws, years: int, calendar_year: int = 0
) -> FloatArray:
    """Return a quality score for each simulated year, from 0 to 1, shape (years,).

    Normal with the stated mean and standard deviation, cut at 0 and 1; independent from
    calendar year to calendar year of a simulated path.
    """
    if sd == 0.0:
        return np.full(years, mean)
    scores = np.empty(years)
    for start, stop in _chunks(years, _LARGEST_CHUNK):
        index = np.arange(start, stop, dtype=np.uint64)
        uniforms = Draws.of(seed).uniforms(index, QUALITY, calendar_year)
        scores[start:stop] = np.clip(mean + sd * on_grid(ndtri(uniforms)), 0.0, 1.0)
    return scores


def on_grid(values: FloatArray) -> FloatArray:
    """Return values rounded to multiples of 2**-40.

    `exp` and `ndtri` differ in their last bits from one processor and library to the next.
    What they feed is rounded, so that these bits reach no result; everything after is exact
    integers or single operations that IEEE 754 fixes.
    """
    return np.asarray(np.rint(values * _GRID) / _GRID)


def _practice_effect(sd: float, normal: FloatArray) -> FloatArray:
    """Return what practices multiply spending by: mean 1, never below 0."""
    if sd <= _NORMAL_PRACTICES:
        return np.asarray(1.0 + sd * normal)
    # So few practices that a normal effect would reach below zero: lognormal, same mean and sd.
    log_sd = np.sqrt(np.log1p(sd * sd))
    return np.asarray(np.exp(log_sd * normal - 0.5 * log_sd * log_sd))


def _student(normal: FloatArray, df: float) -> FloatArray:
    """Turn standard normal draws into Student's t with standard deviation 1."""
    return np.asarray(stdtrit(df, ndtr(normal)) * np.sqrt((df - 2.0) / df))


def shared_factor(noise: Noise, years: int, normal: Callable[[int], FloatArray]) -> FloatArray:
    """Return what moves all truncated spending of a year by chance, shape (years,).

    Parameters
    ----------
    noise : Noise
        Its practice effect and common shock.
    years : int
        How many years.
    normal : callable
        Given a source of risk, standard normal draws of the years.
    """
    shared = np.ones(years)
    if noise.practice_sd:
        shared *= _practice_effect(noise.practice_sd, normal(PRACTICES))
    if noise.common_shock_sd and noise.common_shock_df < np.inf:
        shock = _student(normal(COMMON_SHOCK), noise.common_shock_df)
        shared *= np.maximum(1.0 + noise.common_shock_sd * shock, 0.0)
    elif noise.common_shock_sd:
        sd = noise.common_shock_sd
        shared *= np.exp(sd * normal(COMMON_SHOCK) - 0.5 * sd * sd)
    return on_grid(shared)


class Plan(NamedTuple):
    """What is known of a range of years before anybody is drawn.

    Attributes
    ----------
    moved : float64 array, shape (moved views, years)
        What all truncated spending is multiplied by; one row where true savings only
        shift what was drawn.
    left : float64 array, shape (views, years)
        What the true savings leave of spending, fractions.
    caps : uint32 array, shape (years, moved views, enrollment types)
        Truncation points in the units of the tables.
    """

    moved: FloatArray
    left: FloatArray
    caps: NDArray[np.uint32]


class Simulation:
    """One simulation, ready to produce any range of its years."""

    def __init__(
        self, population: Population, noise: Noise, views: tuple[View, ...], seed: int | Draws
    ) -> None:
        self.population = population
        self.noise = noise
        self.views = views
        self.draws = Draws.of(seed)
        self.seed = self.draws.seed
        self.tables = [SpendTable(model) for model in population.models]
        self.levels = np.stack([table.levels for table in self.tables])
        self.counts = np.array(population.beneficiaries, dtype=np.int64)
        self.benchmark = np.array(population.benchmark_by_type)

    def expenditure(self, start: int, stop: int) -> FloatArray:
        """Return dollars by view, year and enrollment type for a range of years."""
        plan = self.plan(start, stop)
        if self.noise.people == 0.0:
            return self.in_dollars(plan)
        return self.in_dollars(plan, *self._draw(plan.caps, start))

    def plan(self, start: int, stop: int) -> Plan:
        """Return what is known of a range of years before anybody is drawn."""
        years = np.arange(start, stop, dtype=np.uint64)
        shared = self._shared_factor(years)
        left = 1.0 - self._true_savings(years)
        moved = shared[None, :] if self.noise.as_stated else left * shared
        caps = np.stack([table.caps_for(moved).T for table in self.tables], axis=-1)
        # In the order that the kernels are compiled for; NumPy's own depends on the shape.
        return Plan(moved, left, np.ascontiguousarray(caps))

    def in_dollars(
        self,
        plan: Plan,
        sums: NDArray[np.int64] | None = None,
        counted: NDArray[np.int64] | None = None,
    ) -> FloatArray:
        """Return the expenditure of a plan from the sums that were drawn for it.

        Parameters
        ----------
        plan : Plan
        sums : int64 array, shape of its caps, or None
            None where nobody is drawn.
        counted : int64 array, shape (types,) or broadcasting to the years
            Who was drawn.
        """
        expenditure: FloatArray = plan.moved[:, :, None] * self.benchmark
        if sums is not None and counted is not None:
            drawn = self._drawn_dollars(plan, sums, counted)
            # Luck of the stated size: the drawn deviation, stretched.
            stretched = expenditure + self.noise.people * (drawn - expenditure)
            expenditure = drawn if self.noise.people == 1.0 else stretched
        if self.noise.as_stated:
            return np.asarray(expenditure + (plan.left - 1.0)[:, :, None] * self.benchmark)
        return expenditure

    def _normal(self, years: NDArray[np.uint64], source: int) -> FloatArray:
        return on_grid(ndtri(self.draws.uniforms(years, source)))

    def _shared_factor(self, years: NDArray[np.uint64]) -> FloatArray:
        """Return what moves all truncated spending of a year by chance, shape (years,)."""
        return shared_factor(self.noise, years.size, lambda source: self._normal(years, source))

    def _true_savings(self, years: NDArray[np.uint64]) -> FloatArray:
        """Return the true savings of each view and year, fractions, shape (views, years)."""
        uncertain = any(view.sd for view in self.views)
        position = self._normal(years, TRUE_SAVINGS) if uncertain else np.zeros(years.size)
        return np.stack([view.mean + view.sd * position for view in self.views])

    def _drawn_dollars(
        self, plan: Plan, sums: NDArray[np.int64], counted: NDArray[np.int64]
    ) -> FloatArray:
        worth = [
            self._dollars_per_unit(kind, plan.moved, plan.caps[:, :, kind].T)
            for kind in range(len(self.tables))
        ]
        per_person = self.benchmark / np.maximum(counted, 1)
        drawn: FloatArray = sums.transpose(1, 0, 2) * np.stack(worth, axis=-1) * per_person
        # Person-years too few for a beneficiary of their own spend what is expected.
        undrawn = self.counts == 0
        drawn[:, :, undrawn] = plan.moved[:, :, None] * self.benchmark[undrawn]
        return drawn

    def _dollars_per_unit(
        self, kind: int, factors: FloatArray, caps: NDArray[np.uint32]
    ) -> FloatArray:
        return self.tables[kind].dollars_per_unit(factors, caps)

    def _draw(
        self, caps: NDArray[np.uint32], start: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the sums of all years, in the shape of `caps`, and who was counted."""
        from simulate.kernels.people import MOST_VIEWS, sum_people

        sums = np.empty(caps.shape, dtype=np.int64)
        key = (np.uint32(word) for word in key_words(self.seed))
        if caps.shape[1] <= MOST_VIEWS:
            sum_people(self.levels, self.counts, caps, start, *key, sums)
        else:
            from simulate.kernels.sizes import sum_sizes

            counts, by_size = self.counts[None, :], sums[:, None]
            sum_sizes(self.levels, counts, caps[:, None], start, *key, by_size)
        return sums, self.counts
