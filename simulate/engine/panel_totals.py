"""Paths of performance years with enrollment types added up: what a long run keeps in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from simulate.engine.panel_years import CalendarYears, PanelSimulation
from simulate.engine.shared_draws import Draws
from simulate.engine.years import Execution, View, in_chunks
from simulate.population.panel import PanelModel
from simulate.population.population import Noise, Population
from simulate.population.spend import FloatArray


class PanelCase(NamedTuple):
    """What is simulated; see `simulate.engine.panel_years.simulate_panel`.

    Attributes
    ----------
    population, noise, panel
        Who is drawn, what moves them together, and how they go from year to year.
    views : tuple of View
        Views of the true savings.
    calendar_years : CalendarYears
        Performance years and base years.
    paths : int
        Simulated years: how many paths.
    draws : Draws
        The random numbers.
    """

    population: Population
    noise: Noise
    panel: PanelModel
    views: tuple[View, ...]
    calendar_years: CalendarYears
    paths: int
    draws: Draws


@dataclass(frozen=True)
class PanelTotals:
    """Simulated paths, all enrollment types together; dollars per calendar year.

    Attributes
    ----------
    expenditure : float64 array, shape (views, paths, performance years)
        Truncated expenditure.
    benchmark : float64 array, shape (paths,)
        Updated benchmark; the same in all years of a path, and as stated without base years.
    replicates : int or None
        Interleaved sets of paths that are independent of each other; see
        `simulate.measures.estimate`.
    """

    expenditure: FloatArray
    benchmark: FloatArray
    replicates: int | None = None


def simulate_panel_totals(case: PanelCase, execution: Execution | None = None) -> PanelTotals:
    """Simulate paths as `simulate_panel` does, keeping the totals alone.

    Each expenditure is to the last bit the sum over enrollment types of `simulate_panel`.

    Parameters
    ----------
    case : PanelCase
    execution : Execution, optional
        Threads, chunks and progress; without influence on the result.
    """
    years, views = case.calendar_years, len(case.views)
    simulation = PanelSimulation(
        case.population, case.noise, case.views, case.draws, case.panel, years, case.paths
    )
    types, before = len(case.population.models), years.before
    expenditure = np.empty((views, case.paths, years.performance))
    benchmark = np.full(case.paths, case.population.benchmark)

    def fill(chunk: tuple[int, int]) -> int:
        start, stop = chunk
        shape = views, stop - start, len(years.numbers), types
        simulated = simulation.expenditure(start, stop).reshape(shape)
        expenditure[:, start:stop] = simulated[:, :, before:].sum(axis=-1)
        if before:
            benchmark[start:stop] = simulation.benchmark_of(simulated[0, :, :before]).sum(axis=1)
        return stop - start

    draws = case.population.size * views * len(years.numbers)
    in_chunks(fill, case.paths, draws, execution or Execution())
    return PanelTotals(expenditure, benchmark, case.draws.replicates)
