"""Several sizes of one ACO and several views of its true savings at once."""

from __future__ import annotations

from collections.abc import Sequence

from simulate.engine.shared_draws import Draws
from simulate.engine.years import Execution, SimulatedYears, View, simulate_years
from simulate.population.population import Noise, Population


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
    return [
        simulate_years(population, noise, views, years, seed, execution)
        for population, noise in cases
    ]
