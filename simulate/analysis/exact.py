"""One run by the exact engine: the questions of `simulate.analysis.run`, without sampling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simulate.analysis.choices import noise_of, population_of, resolved_contracts
from simulate.analysis.interventions import (
    effects_of,
    intervention_notes,
    with_interventions,
)
from simulate.analysis.run import (
    ASSUMED,
    CHANCE_ALONE,
    ContractResult,
    Run,
    gathered_notes,
    outcomes_of,
)
from simulate.analysis.true_savings import resolve_true_savings
from simulate.contracts.contract import Contract
from simulate.contracts.resolution import ResolvedContract
from simulate.engine.exact import savings_rate_distribution
from simulate.engine.rate_distribution import RateDistribution
from simulate.engine.years import SimulatedYears, View
from simulate.errors import UserError
from simulate.measures.estimate import FloatArray
from simulate.measures.outcomes import Measures, Outcomes
from simulate.measures.weighted import breakpoints, measure_weighted
from simulate.scenario.aco import ACO
from simulate.scenario.scenario import Scenario

#: Equally likely savings rates that stand for the distribution in figures.
_SHOWN = 4_000


@dataclass(frozen=True)
class ExactRun(Run):
    """A run whose measures are computed and not sampled: every standard error is 0.

    Attributes
    ----------
    distributions : tuple of RateDistribution
        Of the savings rate by chance alone, and at the assumed true savings.
    simulated : SimulatedYears
        For figures: equally likely quantiles of the distributions in place of years.
    """

    distributions: tuple[RateDistribution, ...] = ()

    @property
    def years(self) -> int:
        """No performance year was simulated: 0."""
        return 0

    def to_dict(self) -> dict[str, Any]:
        """Return the run as plain data for JSON; `seed` is None and `years` 0."""
        return {**super().to_dict(), "engine": "exact", "seed": None}

    def assumptions(self) -> dict[str, Any]:
        """Return the assumptions as resolved: every number that the result rests on."""
        sd = self.distributions[CHANCE_ALONE].sd
        return {**super().assumptions(), "sampling": None, "savings_rate_sd_by_chance": sd}


def exact_run(
    subject: ACO | Scenario,
    contracts: Sequence[str | Contract] | None = None,
    **assumptions: Any,
) -> ExactRun:
    """Compute the risk of one performance year under each contract, without sampling.

    Parameters
    ----------
    subject : ACO or Scenario
        An ACO, under default assumptions, or a whole scenario; its years and seed have
        no meaning here.
    contracts : sequence of str or Contract, optional
        As for `simulate.run`.
    **assumptions
        Any key of `simulate.scenario.scenario.Assumptions`.

    Raises
    ------
    UserError
        Anything stated that cannot be used, or that this engine could not compute exactly.
    """
    scenario = subject if isinstance(subject, Scenario) else Scenario(aco=subject)
    scenario = scenario.with_values({k: v for k, v in assumptions.items() if v is not None})
    if scenario.assumptions.benchmark_noise != "none":
        raise UserError(
            f"engine = exact: benchmark_noise = {scenario.assumptions.benchmark_noise}: the same "
            "people over several years have no closed distribution. Use the monte-carlo engine."
        )
    if scenario.assumptions.quality_score_sd > 0.0:
        raise UserError(
            f"engine = exact: quality_score_sd = {scenario.assumptions.quality_score_sd:g}: this "
            "engine takes the quality score as known. Set it to 0, or use the monte-carlo engine."
        )
    resolved = resolved_contracts(scenario, contracts)
    population = population_of(scenario)
    noise = noise_of(scenario.assumptions, population)
    true_savings = with_interventions(
        resolve_true_savings(scenario.assumptions, scenario.aco),
        effects_of(scenario, population),
        population,
    )
    distributions = tuple(
        savings_rate_distribution(population, noise, view)
        for view in (View(0.0), true_savings.view)
    )
    results = {}
    for contract in resolved:
        by_view = _measures(contract, scenario.aco, population.benchmark, distributions)
        results[contract.contract.id] = ContractResult(
            contract, by_view[ASSUMED], by_view[CHANCE_ALONE]
        )
    notes = (
        *scenario.aco.notes,
        *gathered_notes(resolved),
        *intervention_notes(scenario),
    )
    shown = _shown(distributions, population.benchmark)
    return ExactRun(scenario, population, noise, true_savings, shown, results, notes, distributions)


def exact_measures(
    scenario: Scenario, resolved: Sequence[ResolvedContract], view: View
) -> dict[str, Measures]:
    """Compute every measure of each contract under one view of the true savings.

    Parameters
    ----------
    scenario : Scenario
        Its ACO and its noise; the true savings are those of `view`.
    resolved : sequence of ResolvedContract
    view : View
        True savings, fractions of the benchmark.

    Returns
    -------
    dict of str to Measures
        By contract id; dollars per performance year.

    Raises
    ------
    UserError
        What this engine could not compute exactly.
    """
    population = population_of(scenario)
    noise = noise_of(scenario.assumptions, population)
    distribution = savings_rate_distribution(population, noise, view)
    return {
        contract.contract.id: _measures(
            contract, scenario.aco, population.benchmark, (distribution,)
        )[0]
        for contract in resolved
    }


def _measures(
    resolved: ResolvedContract,
    aco: ACO,
    benchmark: float,
    distributions: Sequence[RateDistribution],
) -> list[Measures]:
    """Return the measures of one contract under each distribution of the savings rate."""

    def settle(rates: FloatArray) -> Outcomes:
        return outcomes_of(resolved, aco, benchmark, benchmark * (1.0 - rates))

    spread = [d.support for d in distributions if d.sd]
    breaks = np.empty(0)
    if spread:
        breaks = breakpoints(settle, min(low for low, _ in spread), max(h for _, h in spread))
    found = []
    for distribution in distributions:
        rates, weights = distribution.quadrature(breaks)
        found.append(measure_weighted(settle(rates), weights))
    return found


def _shown(distributions: Sequence[RateDistribution], benchmark: float) -> SimulatedYears:
    levels = (np.arange(_SHOWN) + 0.5) / _SHOWN
    rates = np.stack([distribution.quantile(levels) for distribution in distributions])
    return SimulatedYears(benchmark * (1.0 - rates)[:, :, None], benchmark)
