"""Spending between two amounts a beneficiary, of the same simulated people as a panel.

What a beneficiary spends between a and b is min(x, b) - min(x, a): two sums of the same
draws at two truncation points, which the kernel gives exactly.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulate.engine.panel_totals import PanelCase
from simulate.engine.panel_years import PanelSimulation
from simulate.engine.years import Execution, Plan, in_chunks
from simulate.kernels.people import LARGEST_CAP
from simulate.population.spend import FloatArray


class Layer(NamedTuple):
    """From one amount of a beneficiary's annualised spending to another.

    Attributes
    ----------
    attachment : float64 array, shape (performance years,)
        Dollars at the level of the stated benchmark.
    limit : float64 array, shape (performance years,), or None
        Dollars; None: the truncation point of the enrollment type.
    """

    attachment: FloatArray
    limit: FloatArray | None


def simulate_layers(
    case: PanelCase, layer: Layer, execution: Execution | None = None
) -> FloatArray:
    """Simulate spending within a layer; dollars, shape (views, paths, performance years).

    The people, practices and shocks are those of `simulate_panel_totals`; person-years are
    those of the population.

    Parameters
    ----------
    case : PanelCase
        With people drawn as they are.
    layer : Layer
    execution : Execution, optional
        Threads, chunks and progress; without influence on the result.

    Raises
    ------
    ValueError
        People that are not drawn, or whose luck is stretched to a stated size.
    """
    if case.noise.people != 1.0 or case.noise.as_stated:
        raise ValueError("a layer of spending needs people who are drawn as they are")
    years = case.calendar_years
    simulation = _LayerSimulation(
        case.population, case.noise, case.views, case.draws, case.panel, years, case.paths
    )
    found = np.empty((len(case.views), case.paths, years.performance))

    def fill(chunk: tuple[int, int]) -> int:
        start, stop = chunk
        found[:, start:stop] = simulation.layers(start, stop, layer)
        return stop - start

    draws = 2 * case.population.size * len(case.views) * len(years.numbers)
    in_chunks(fill, case.paths, draws, execution or Execution())
    return found


class _LayerSimulation(PanelSimulation):
    """A panel whose people are added up at two truncation points of the user's own."""

    def layers(self, start: int, stop: int, layer: Layer) -> FloatArray:
        """Return dollars within a layer, shape (views, paths, performance years)."""
        plan = self.plan(start, stop)
        worth = self._worth(plan)
        low = self._caps_at(layer.attachment, worth)
        high = plan.caps if layer.limit is None else self._caps_at(layer.limit, worth)
        views = low.shape[1]
        caps = np.concatenate([low, np.maximum(low, high)], axis=1)
        sums, counted = self._draw(np.ascontiguousarray(caps), start)
        between = (sums[:, views:] - sums[:, :views]).transpose(1, 0, 2)
        per_unit = worth * np.array(self.population.person_years) / np.maximum(counted, 1)
        by_year = (between * per_unit).sum(axis=2).reshape(views, stop - start, -1)
        return np.asarray(by_year[:, :, self.calendar_years.before :])

    def _worth(self, plan: Plan) -> FloatArray:
        """Return dollars of annualised spending per unit of the tables, (views, columns, types)."""
        relative = [
            self._dollars_per_unit(kind, plan.moved, plan.caps[:, :, kind].T)
            for kind in range(len(self.tables))
        ]
        per_capita = np.array(self.population.benchmark_per_capita)
        return np.asarray(np.stack(relative, axis=-1) * per_capita)

    def _caps_at(self, dollars: FloatArray, worth: FloatArray) -> NDArray[np.uint32]:
        """Return the truncation points that lie at amounts of each performance year."""
        before = np.full(self.calendar_years.before, dollars[0])
        columns = worth.shape[1] // len(self.calendar_years.numbers)
        by_column = np.tile(np.concatenate([before, dollars]), columns)
        with np.errstate(divide="ignore"):
            caps = by_column[None, :, None] / worth
        whole = np.clip(np.rint(caps), 1.0, LARGEST_CAP).astype(np.uint32)
        return whole.transpose(1, 0, 2)
