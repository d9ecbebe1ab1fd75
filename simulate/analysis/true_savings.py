"""The view of the true savings that a run takes: stated, or weighted from the record."""

from __future__ import annotations

import math
from dataclasses import dataclass

from simulate.data import published_results, published_years
from simulate.engine.years import View
from simulate.errors import UserError
from simulate.population.credibility import Posterior, posterior, spread_of_true_savings
from simulate.population.population import Noise, Population
from simulate.scenario.aco import ACO
from simulate.scenario.scenario import Assumptions


@dataclass(frozen=True)
class TrueSavings:
    """A resolved view of the true savings; fractions of the benchmark.

    Attributes
    ----------
    view : View
        Mean and standard deviation.
    source : str
        Where they come from, in words for the reader.
    posterior : Posterior or None
        The credibility behind ``history``.
    """

    view: View
    source: str
    posterior: Posterior | None = None


def resolve_true_savings(
    assumptions: Assumptions, aco: ACO, population: Population, noise: Noise
) -> TrueSavings:
    """Resolve the true savings that a scenario states.

    Raises
    ------
    UserError
        ``history`` without a published savings rate.
    """
    stated = assumptions.true_savings
    if stated is None:
        stated = "history" if aco.savings_rate is not None else 0.0
    if stated != "history":
        sd = assumptions.true_savings_sd or 0.0
        return TrueSavings(View(float(stated), sd), "stated")
    if aco.savings_rate is None:
        raise UserError(
            "true_savings = history: the scenario has no published savings_rate to learn from. "
            "State true_savings as a fraction (0.02), or give savings_rate."
        )
    return _from_record(assumptions, aco, population, noise)


def _from_record(
    assumptions: Assumptions, aco: ACO, population: Population, noise: Noise
) -> TrueSavings:
    assert aco.savings_rate is not None
    peers_year = min(published_years(), key=lambda year: abs(year - aco.performance_year))
    size = population.size
    people = (noise.people * population.people_noise_constant) ** 2
    by_size = math.sqrt(people + noise.practice_sd**2 * size)
    spread = spread_of_true_savings(
        published_results(peers_year).rows, by_size, noise.common_shock_sd
    )
    noise_sd = math.sqrt(by_size**2 / size + noise.common_shock_sd**2)
    found = posterior(aco.savings_rate, noise_sd, spread)
    sd = found.sd if assumptions.true_savings_sd is None else assumptions.true_savings_sd
    source = (
        f"history: {100 * found.weight:.0f} % the published savings rate of "
        f"{100 * aco.savings_rate:.2f} %, the rest the mean of {spread.acos} ACOs in performance "
        f"year {spread.performance_year} ({100 * spread.mean:.2f} %)"
    )
    return TrueSavings(View(found.mean, sd), source, found)
