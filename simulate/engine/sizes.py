"""Several sizes of one ACO and several views of its true savings in one pass.

The people of a smaller ACO are the first of a larger one, so they are drawn once for all.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from simulate.engine.shared_draws import Draws
from simulate.engine.years import Execution, Plan, SimulatedYears, Simulation, View, in_chunks
from simulate.kernels.philox import key_words
from simulate.population.population import Noise, Population
from simulate.population.spend import FloatArray

#: What counting a size under a view takes in a year, in draws of a beneficiary.
_DRAWS_PER_COUNT = 500


def simulate_sizes(
    cases: Sequence[tuple[Population, Noise]],
    views: tuple[View, ...],
    years: int,
    seed: int | Draws,
    execution: Execution | None = None,
) -> list[SimulatedYears]:
    """Simulate several sizes of one ACO in one pass; each as `simulate_years` would alone.

    Parameters
    ----------
    cases : sequence of (Population, Noise)
        The sizes, in any order; all with the same spend models. A smaller ACO is the first
        beneficiaries of a larger one.
    views : tuple of View
        Views of the true savings, the same for every size.
    years : int
        How many performance years.
    seed : int or Draws
        From 0 to 2**64 - 1; or the seed with how shared factors are drawn.
    execution : Execution, optional
        Threads, chunks and progress; without influence on the result. Progress counts the
        years of every size: `years` times the number of cases in all.

    Returns
    -------
    list of SimulatedYears
        In the order of `cases`; each the same to the last bit as that of `simulate_years`.

    Raises
    ------
    ValueError
        Sizes of different people.
    """
    if any(population.models != cases[0][0].models for population, _ in cases):
        raise ValueError("sizes of one ACO must be drawn from the same spend models")
    simulations = [Simulation(population, noise, views, seed) for population, noise in cases]
    shape = (len(views), years, len(cases[0][0].models))
    expenditures = [np.empty(shape) for _ in cases]

    def fill(chunk: tuple[int, int]) -> int:
        start, stop = chunk
        for expenditure, found in zip(expenditures, _spent(simulations, start, stop), strict=True):
            expenditure[:, start:stop] = found
        return (stop - start) * len(cases)

    largest = max(population.size for population, _ in cases)
    work = largest + _DRAWS_PER_COUNT * len(cases) * len(views)
    in_chunks(fill, years, work, execution or Execution())
    return [
        SimulatedYears(expenditure, population.benchmark, replicates=simulation.draws.replicates)
        for (population, _), simulation, expenditure in zip(
            cases, simulations, expenditures, strict=True
        )
    ]


def _spent(simulations: Sequence[Simulation], start: int, stop: int) -> list[FloatArray]:
    """Return dollars by view, year and enrollment type for a range of years, of every size."""
    plans = [simulation.plan(start, stop) for simulation in simulations]
    # Sizes are drawn together where equally many views move what is spent.
    by_views: dict[int, list[int]] = {}
    for at, (simulation, plan) in enumerate(zip(simulations, plans, strict=True)):
        if simulation.noise.people:
            by_views.setdefault(len(plan.moved), []).append(at)
    sums: dict[int, NDArray[np.int64]] = {}
    for sizes in by_views.values():
        drawn = _draw([simulations[at] for at in sizes], [plans[at] for at in sizes], start)
        sums.update(zip(sizes, drawn, strict=True))
    return [
        simulation.in_dollars(plan, sums.get(at), simulation.counts)
        for at, (simulation, plan) in enumerate(zip(simulations, plans, strict=True))
    ]


def _draw(
    simulations: Sequence[Simulation], plans: Sequence[Plan], start: int
) -> list[NDArray[np.int64]]:
    """Return the sums of every size, each in the shape of its plan's caps."""
    from simulate.kernels.sizes import sum_sizes

    caps = np.stack([plan.caps for plan in plans], axis=1)
    counts = np.stack([simulation.counts for simulation in simulations])
    sums = np.empty(caps.shape, dtype=np.int64)
    key = (np.uint32(word) for word in key_words(simulations[0].seed))
    sum_sizes(simulations[0].levels, counts, caps, start, *key, sums)
    return [sums[:, at] for at in range(len(plans))]
