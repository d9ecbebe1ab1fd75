"""Simulate the same people over several calendar years.

One simulated year becomes a path: performance years that follow one another and, where
asked, base years before them. Calendar year 0 is the first performance year and is
drawn as the single-year engine draws it, so with whole years a panel of one year is that
engine's to the last bit, and base years change the benchmark only, not the performance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulate.engine.shared_draws import Draws
from simulate.engine.years import (
    PRACTICES,
    Execution,
    Simulation,
    View,
    in_chunks,
    on_grid,
    shared_factor,
)
from simulate.errors import UserError
from simulate.kernels.philox import key_words
from simulate.population.panel import Chain, PanelModel
from simulate.population.population import Noise, Population
from simulate.population.spend import FloatArray

#: Years before calendar year 0 have numbers that count down from here.
_CALENDAR_NUMBERS = 1 << 16
_MOST_YEARS = 1000


@dataclass(frozen=True)
class BaseYears:
    """Base years simulated from the same people before the first performance year.

    Parameters
    ----------
    weights : tuple of float
        Weight of each base year in the benchmark, the earliest first: 10/30/60 in a first
        agreement, equal thirds in a later one (CMS methodology specifications v11, section 3).
    """

    weights: tuple[float, ...] = (0.1, 0.3, 0.6)

    def __post_init__(self) -> None:
        if not self.weights or min(self.weights) < 0.0 or abs(sum(self.weights) - 1.0) > 1e-9:
            raise UserError(
                f"base-year weights {self.weights}: at least one, none negative, sum 1; "
                "for example 0.1, 0.3, 0.6 with the earliest year first."
            )


@dataclass(frozen=True)
class CalendarYears:
    """The calendar years of a path.

    Parameters
    ----------
    performance : int
        Performance years.
    base : BaseYears, optional
        Base years that make the benchmark; without them it is as stated.
    practice_correlation : float
        Correlation of the practice effect from one calendar year to the next; the common
        shock is independent from year to year.
    savings_factors : array, optional
        What the true savings of a view are multiplied by; of a shape that broadcasts to
        (views, simulated years, performance years). Without it they last unchanged.
    savings_added : array, optional
        What is then added to them, fractions, of such a shape.
    """

    performance: int = 1
    base: BaseYears | None = None
    practice_correlation: float = 0.0
    savings_factors: ArrayLike | None = field(default=None, compare=False)
    savings_added: ArrayLike | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if not 1 <= self.performance <= _MOST_YEARS:
            raise UserError(f"{self.performance} performance years: from 1 to {_MOST_YEARS}.")
        if not -1.0 <= self.practice_correlation <= 1.0:
            raise UserError(f"practice_correlation = {self.practice_correlation:g}: from -1 to 1.")

    @property
    def before(self) -> int:
        """How many base years there are."""
        return len(self.base.weights) if self.base else 0

    @property
    def numbers(self) -> range:
        """The calendar years; the first performance year is 0."""
        return range(-self.before, self.performance)


@dataclass(frozen=True)
class SimulatedPanel:
    """Simulated paths of performance years.

    Attributes
    ----------
    expenditure : float64 array, shape (views, years, performance years, enrollment types)
        Truncated expenditure, dollars per performance year, at the population's person-years.
    benchmark_by_type : float64 array, shape (years, enrollment types)
        Updated benchmark, dollars per performance year; the same in all years of a path.
    person_years : float64 array, shape (years, performance years, enrollment types)
        Simulated person-years; on average the population's, and exactly so in whole years.
    """

    expenditure: FloatArray
    benchmark_by_type: FloatArray
    person_years: FloatArray

    @property
    def benchmark(self) -> FloatArray:
        """Total updated benchmark of each path, dollars per performance year, shape (years,)."""
        return np.asarray(self.benchmark_by_type.sum(axis=1))

    def total(self, view: int) -> FloatArray:
        """Return total expenditure under a view, dollars, shape (years, performance years)."""
        return np.asarray(self.expenditure[view].sum(axis=-1))

    def savings_rate(self, view: int) -> FloatArray:
        """Return savings rates under a view, fractions, shape (years, performance years)."""
        return np.asarray(1.0 - self.total(view) / self.benchmark[:, None])


def simulate_panel(
    population: Population,
    noise: Noise,
    panel: PanelModel,
    views: tuple[View, ...],
    calendar_years: CalendarYears,
    years: int,
    seed: int | Draws,
    execution: Execution | None = None,
) -> SimulatedPanel:
    """Simulate paths of performance years of the same people.

    All views see the same people, practices and shocks. The true savings of a view are
    drawn once a path.

    Parameters
    ----------
    population, noise, panel
        Who is drawn, what moves them together, and how they go from year to year.
    views : tuple of View
        Views of the true savings.
    calendar_years : CalendarYears
        Performance years and base years.
    years : int
        Simulated years: how many paths.
    seed : int or Draws
        From 0 to 2**64 - 1; or the seed with how shared factors are drawn.
    execution : Execution, optional
        Threads, chunks and progress; without influence on the result.
    """
    simulation = PanelSimulation(population, noise, views, seed, panel, calendar_years, years)
    before, types = calendar_years.before, len(population.models)
    expenditure = np.empty((len(views), years, calendar_years.performance, types))
    benchmark = np.empty((years, types))

    def fill(chunk: tuple[int, int]) -> int:
        start, stop = chunk
        shape = len(views), stop - start, len(calendar_years.numbers), types
        simulated = simulation.expenditure(start, stop).reshape(shape)
        expenditure[:, start:stop] = simulated[:, :, before:]
        benchmark[start:stop] = simulation.benchmark_of(simulated[0, :, :before])
        return stop - start

    draws = population.size * len(views) * len(calendar_years.numbers)
    in_chunks(fill, years, draws, execution or Execution())
    return SimulatedPanel(expenditure, benchmark, simulation.person_years)


class PanelSimulation(Simulation):
    """One simulation of a panel. Its columns are paths, and within each its calendar years."""

    def __init__(
        self,
        population: Population,
        noise: Noise,
        views: tuple[View, ...],
        seed: int | Draws,
        panel: PanelModel,
        calendar_years: CalendarYears,
        years: int,
    ) -> None:
        super().__init__(population, noise, views, seed)
        self.calendar_years = calendar_years
        self.chains = panel.chains
        self.partial_years = panel.partial_years
        shape = years, calendar_years.performance, len(self.tables)
        whole = np.broadcast_to(np.array(population.person_years), shape)
        self.person_years = whole.copy() if self.partial_years else whole
        self.weights = [
            _WeightedLevels(table.levels, chain.months)
            for table, chain in zip(self.tables, panel.chains, strict=True)
        ]
        every_year = len(views), years, calendar_years.performance
        self.savings_factors = _spread(calendar_years.savings_factors, 1.0, every_year)
        self.savings_added = _spread(calendar_years.savings_added, 0.0, every_year)

    def benchmark_of(self, base: FloatArray) -> FloatArray:
        """Return the benchmark of each path and type from its base years' expenditure."""
        if self.calendar_years.base is None:
            return np.broadcast_to(self.benchmark, (len(base), self.benchmark.size))
        # Simulated over expected, where what is expected is the stated benchmark.
        weights = np.array(self.calendar_years.base.weights)
        return np.asarray(np.einsum("b,ybt->yt", weights, base))

    def _shared_factor(self, years: NDArray[np.uint64]) -> FloatArray:
        columns = [
            shared_factor(self.noise, years.size, partial(self._normal_in, number, years))
            for number in self.calendar_years.numbers
        ]
        return np.stack(columns, axis=1).ravel()

    def _normal_in(self, number: int, years: NDArray[np.uint64], source: int) -> FloatArray:
        """Return standard normal draws of a source in a calendar year, shape of `years`."""
        correlation = self.calendar_years.practice_correlation if source == PRACTICES else 0.0
        if not correlation or not number:
            return self._innovation(number, years, source)
        towards_zero = number - 1 if number > 0 else number + 1
        carried = correlation * self._normal_in(towards_zero, years, source)
        fresh = math.sqrt(1.0 - correlation**2) * self._innovation(number, years, source)
        return np.asarray(carried + fresh)

    def _innovation(self, number: int, years: NDArray[np.uint64], source: int) -> FloatArray:
        from scipy.special import ndtri

        calendar_number = number % _CALENDAR_NUMBERS
        return on_grid(ndtri(self.draws.uniforms(years, source, calendar_number)))

    def _true_savings(self, years: NDArray[np.uint64]) -> FloatArray:
        drawn = super()._true_savings(years)
        savings = np.zeros((*drawn.shape, len(self.calendar_years.numbers)))
        part = slice(int(years[0]), int(years[-1]) + 1)
        factors, added = self.savings_factors[:, part], self.savings_added[:, part]
        savings[:, :, self.calendar_years.before :] = drawn[:, :, None] * factors + added
        return savings.reshape(len(drawn), -1)

    def _dollars_per_unit(
        self, kind: int, factors: FloatArray, caps: NDArray[np.uint32]
    ) -> FloatArray:
        if not self.partial_years:
            return super()._dollars_per_unit(kind, factors, caps)
        return np.asarray(factors / self.weights[kind].mean(caps))

    def _draw(
        self, caps: NDArray[np.uint32], start: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        from simulate.kernels.panel import People, sum_panel

        span = len(self.calendar_years.numbers)
        by_year = caps.reshape(-1, span, *caps.shape[1:])
        sums = np.empty(by_year.shape, dtype=np.int64)
        months = np.empty((len(by_year), span, len(self.tables)), dtype=np.int64)
        key0, key1 = (np.uint32(word) for word in key_words(self.seed))
        people = People(self.levels, self.counts, _moves(self.chains), _ends(self.chains))
        sum_panel(people, by_year, self.calendar_years.before, start, (key0, key1), sums, months)
        self._note_person_years(months, start)
        return sums.reshape(caps.shape), months.reshape(-1, len(self.tables))

    def _note_person_years(self, months: NDArray[np.int64], start: int) -> None:
        if self.partial_years:
            expected = self.counts * [weights.total for weights in self.weights]
            share = months[:, self.calendar_years.before :] / np.maximum(expected, 1e-9)
            drawn = self.counts > 0
            self.person_years[start : start + len(months)][:, :, drawn] *= share[:, :, drawn]


def _spread(stated: ArrayLike | None, otherwise: float, shape: tuple[int, ...]) -> FloatArray:
    """Return what is stated, or else one value, for every view and year of a shape."""
    values = np.asarray(otherwise if stated is None else stated, dtype=np.float64)
    return np.broadcast_to(values, shape)


class _WeightedLevels:
    """Levels of spending with the expected months that each counts."""

    def __init__(self, levels: NDArray[np.uint32], months: FloatArray) -> None:
        weights = np.repeat(months, levels.size // months.size)
        self.total = float(weights.mean())
        self._levels = levels
        self._weight_below = np.concatenate([[0.0], np.cumsum(weights)])
        self._below = np.concatenate([[0.0], np.cumsum(weights * levels)])

    def mean(self, caps: NDArray[np.uint32]) -> FloatArray:
        """Return mean spending per month counted, truncated at each of `caps`."""
        at = np.searchsorted(self._levels, caps, side="left")
        capped = (self._weight_below[-1] - self._weight_below[at]) * caps
        return np.asarray((self._below[at] + capped) / self._weight_below[-1])


def _moves(chains: tuple[Chain, ...]) -> NDArray[np.int32]:
    return np.array([(c.base, c.slope, c.most) for c in chains], dtype=np.int32)


def _ends(chains: tuple[Chain, ...]) -> NDArray[np.int32]:
    """Return what the kernel needs to count months; nothing where all years are whole."""
    if not any(chain.partial_years for chain in chains):
        return np.empty((len(chains), 0), dtype=np.int32)
    return np.array([(c.leave, c.arrive, *c.dead) for c in chains], dtype=np.int32)
