"""Populations and shorthands shared by the engine's tests."""

from __future__ import annotations

import numba
import numpy as np
import pytest

from simulate.engine.years import Execution, SimulatedYears, View, simulate_years
from simulate.population.population import Noise, Population, split_by_person_years
from simulate.population.spend import spend_models

compiled_only = pytest.mark.skipif(
    bool(numba.config.DISABLE_JIT), reason="too many draws for plain Python"
)

COMPILED = not numba.config.DISABLE_JIT
MODELS = spend_models()
PEOPLE_ONLY = Noise(1.0, 0.0, 0.0)
# Person-year mix and dollars per capita of all ACOs, CMS results of performance year 2018.
MIX = (0.0075, 0.116, 0.064, 0.8125)
PER_CAPITA = (83_492.0, 10_872.0, 16_049.0, 9_912.0)


def population(size: int) -> Population:
    person_years = tuple(0.979 * size * m for m in MIX)
    counts = split_by_person_years(size, person_years)
    return Population(counts, person_years, PER_CAPITA, MODELS)


def simulated(
    size: int,
    noise: Noise,
    *views: View,
    years: int,
    seed: int = 1,
    execution: Execution | None = None,
) -> SimulatedYears:
    return simulate_years(
        population(size), noise, views or (View(0.0),), years, seed, execution
    )  # fmt: skip


def sd_and_error(values: np.ndarray) -> tuple[float, float]:
    """Standard deviation and its standard error, from the fourth moment."""
    centred = values - values.mean()
    variance = np.mean(centred**2)
    fourth = np.mean(centred**4)
    deviation = float(np.sqrt(variance))
    return deviation, float(np.sqrt((fourth - variance**2) / values.size)) / (2 * deviation)
