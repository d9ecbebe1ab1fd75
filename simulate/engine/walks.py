"""Random walks over the years of a path: what drifts from each year to the next."""

from __future__ import annotations

import numpy as np

from simulate.engine.shared_draws import Draws
from simulate.engine.years import QUALITY, on_grid
from simulate.population.spend import FloatArray

#: Sources of risk of a path besides those of a single year; each has its own block.
SAVINGS_DRIFT, BENCHMARK_UPDATE, CARE_PROGRAMMES = QUALITY + 1, QUALITY + 2, QUALITY + 3


def random_walk(draws: Draws, paths: int, years: int, source: int, sd: float) -> FloatArray:
    """Return independent normal steps from year to year, added up, shape (paths, years).

    The first year of every path is 0. A path depends on the seed and its index alone, and
    its first years on nothing that comes after them.

    Parameters
    ----------
    draws : Draws
        The random numbers.
    paths, years : int
        How many.
    source : int
        Which source of risk.
    sd : float
        Standard deviation of a step.
    """
    if sd == 0.0:
        return np.broadcast_to(0.0, (paths, years))
    walk = np.zeros((paths, years))
    for year in range(1, years):
        walk[:, year] = walk[:, year - 1] + sd * random_step(draws, paths, year, source)
    return walk


def random_step(draws: Draws, paths: int, year: int, source: int) -> FloatArray:
    """Return the standard normal step of a random walk into a year, shape (paths,)."""
    from scipy.special import ndtri

    index = np.arange(paths, dtype=np.uint64)
    return on_grid(ndtri(draws.uniforms(index, source, calendar_year=year)))
