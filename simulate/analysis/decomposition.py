"""Where the variance comes from: the savings rate's and the net outcome's, by source of risk."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from simulate.analysis.run import Run, outcomes_of
from simulate.analysis.simulation import draws_of, simulated_under
from simulate.engine.years import View, simulated_quality
from simulate.measures.estimate import Estimate, FloatArray, mean
from simulate.population.population import Noise
from simulate.scenario.scenario import Scenario

SOURCES = (
    "people",
    "practice clusters",
    "common shock",
    "true savings",
    "quality",
    "benchmark years",
)
_MOST_YEARS = 5_000


@dataclass(frozen=True)
class Decomposition:
    """The variance of the savings rate and of the net outcome, by source of risk.

    The sources are added one after the other, in the order of `SOURCES`, to the same
    simulated years; a source's part is what the variance grows by. So the parts sum to
    the total, and what sources do together counts for the later one.

    Attributes
    ----------
    savings_rate : dict of str to Estimate
        By source: variance, squared fractions of the benchmark.
    net : dict of str to dict
        By contract, then by source: variance of the net outcome, squared dollars.
    years : int
        Simulated years that it rests on.
    """

    savings_rate: dict[str, Estimate]
    net: dict[str, dict[str, Estimate]]
    years: int

    def total(self) -> float:
        """Return the variance of the savings rate, all sources together."""
        return sum(part.value for part in self.savings_rate.values())

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "years": self.years,
            "savings_rate_variance": _plain(self.savings_rate),
            "net_variance": {i: _plain(parts) for i, parts in self.net.items()},
        }


def decompose(run: Run) -> Decomposition:
    """Decompose the variances of a run at its assumed true savings.

    Parameters
    ----------
    run : Run
        The first of its simulated years are simulated again with fewer sources.
    """
    years = min(run.years, _MOST_YEARS)
    draws, replicates = draws_of(run.scenario), run.simulated.replicates
    savings_rate: dict[str, Estimate] = {}
    net: dict[str, dict[str, Estimate]] = {i: {} for i in run.contracts}
    rate_before: FloatArray = np.zeros(years)
    net_before: dict[str, FloatArray] = {i: np.zeros(years) for i in run.contracts}
    for source in SOURCES:
        noise, view, quality_sd = _with_sources_up_to(run, source)
        scenario = run.scenario if source == "benchmark years" else _fixed_benchmark(run.scenario)
        simulated = simulated_under(scenario, run.population, noise, (view,), years)
        scores = simulated_quality(run.aco.quality_score, quality_sd, draws, years)
        rate = simulated.savings_rate(0)
        savings_rate[source] = _growth(rate, rate_before, replicates)
        rate_before = rate
        for contract_id, result in run.contracts.items():
            outcome = outcomes_of(
                result.resolved, run.aco, simulated.settled_against, simulated.total(0), scores
            ).net
            net[contract_id][source] = _growth(outcome, net_before[contract_id], replicates)
            net_before[contract_id] = outcome
    return Decomposition(savings_rate, net, years)


def _with_sources_up_to(run: Run, source: str) -> tuple[Noise, View, float]:
    on = SOURCES[: SOURCES.index(source) + 1]
    noise = replace(
        run.noise,
        practice_sd=run.noise.practice_sd if "practice clusters" in on else 0.0,
        common_shock_sd=run.noise.common_shock_sd if "common shock" in on else 0.0,
    )
    view = run.true_savings.view
    quality_sd = run.scenario.assumptions.quality_score_sd if "quality" in on else 0.0
    return noise, View(view.mean, view.sd if "true savings" in on else 0.0), quality_sd


def _fixed_benchmark(scenario: Scenario) -> Scenario:
    assumptions = scenario.assumptions.model_copy(update={"benchmark_noise": "none"})
    return scenario.model_copy(update={"assumptions": assumptions})


def _growth(after: FloatArray, before: FloatArray, replicates: int | None) -> Estimate:
    """Return how much the variance grows, with the error of the paired difference."""
    squares = (after - np.mean(after)) ** 2 - (before - np.mean(before)) ** 2
    return mean(squares, replicates)


def _plain(parts: dict[str, Estimate]) -> dict[str, dict[str, float]]:
    return {source: part.to_dict() for source, part in parts.items()}
