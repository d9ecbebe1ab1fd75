"""The same performance years as a first user of Numba would write them.

One parallel loop over years, `np.random` inside, an exponential for every person. Its stream
depends on the number of threads (numba issue 4452), so its results do too.
"""

# ruff: noqa: NPY002 - what a first user writes is what is measured
from __future__ import annotations

import math

import numba
import numpy as np

from simulate.bench.numpy_model import SCALES, factors_of
from simulate.population.population import Noise, Population


@numba.njit(parallel=True, fastmath=True)
def _spend(people, shares, means, sds, truncations, factors, scales, noise, out):
    for year in numba.prange(out.shape[0]):
        shock = noise[1] * np.random.standard_normal() - 0.5 * noise[1] ** 2
        factor = (1.0 + noise[0] * np.random.standard_normal()) * math.exp(shock)
        for kind in range(people.size):
            scale = np.interp(factor, factors[kind], scales)
            total = 0.0
            for _ in range(people[kind]):
                component = np.random.random()
                if component >= shares[kind, 0]:
                    high = 1 if component >= shares[kind, 1] else 0
                    log_spend = means[kind, high] + sds[kind, high] * np.random.standard_normal()
                    total += min(scale * math.exp(log_spend), truncations[kind])
            out[year, kind] = total


class NaiveNumba:
    """Performance years of an ACO at true savings of zero, drawn with `np.random` in Numba.

    Parameters
    ----------
    population : Population
    noise : Noise
    """

    def __init__(self, population: Population, noise: Noise) -> None:
        shapes = [model.shape for model in population.models]
        truncations = [model.truncation for model in population.models]
        spends = [1.0 - shape.zero_mass for shape in shapes]
        first_high = [1.0 - s * shape.high_weight for s, shape in zip(spends, shapes, strict=True)]
        self._people = np.array(population.beneficiaries)
        self._worth = np.array(population.benchmark_by_type) / self._people
        self._arguments = (
            self._people,
            np.column_stack([[shape.zero_mass for shape in shapes], first_high]),
            np.array([shape.log_means for shape in shapes]),
            np.array([shape.log_sds for shape in shapes]),
            np.array(truncations),
            np.stack([factors_of(s, t) for s, t in zip(shapes, truncations, strict=True)]),
            SCALES,
            np.array([noise.practice_sd, noise.common_shock_sd]),
        )

    def expenditure(self, years: int, threads: int = 1) -> np.ndarray:
        """Return truncated expenditure, dollars, shape (years, enrollment types)."""
        numba.set_num_threads(threads)
        spent = np.empty((years, self._people.size))
        _spend(*self._arguments, spent)
        return spent * self._worth
