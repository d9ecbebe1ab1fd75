"""Headline probabilities under low and high noise: model error, apart from simulation error.

The constants of the default noise are calibrated on published results and known only
within intervals. Here the chance of earning and of owing is computed at both ends.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from simulate.analysis.run import ASSUMED, CHANCE_ALONE, Run
from simulate.contracts.resolution import STANDARDS, ResolvedContract
from simulate.engine.exact import savings_rate_distribution
from simulate.engine.rate_distribution import RateDistribution
from simulate.engine.years import View
from simulate.errors import UserError
from simulate.kernels.settlement_rule import (
    final_sharing_rate,
    shared_loss_rate,
    threshold_rates,
)
from simulate.population.population import Noise

#: Total noise constant k and common shock, low and high: the 90 % bootstrap interval of
#: same-agreement changes in CMS's published results, PY2021-2024 (1,015 pairs).
LOW_NOISE, HIGH_NOISE = (2.02, 0.0043), (2.32, 0.0086)


@dataclass(frozen=True)
class NoiseRange:
    """Probabilities (earning, owing) at low and at high noise, by contract; two views.

    Attributes
    ----------
    assumed, chance_alone : dict
        Contract id to measure to (at low noise, at high noise).
    """

    assumed: dict[str, dict[str, tuple[float, float]]]
    chance_alone: dict[str, dict[str, tuple[float, float]]]

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "low_noise": {"noise_constant": LOW_NOISE[0], "common_shock_sd": LOW_NOISE[1]},
            "high_noise": {"noise_constant": HIGH_NOISE[0], "common_shock_sd": HIGH_NOISE[1]},
            "contracts": _plain(self.assumed),
            "chance_alone": _plain(self.chance_alone),
        }


def noise_range(run: Run) -> NoiseRange | None:
    """Compute a run's headline probabilities at low and high noise, without sampling.

    Returns
    -------
    NoiseRange or None
        None where the noise is the user's own statement and so has no calibrated
        interval, or where the exact engine does not reach.
    """
    stated = run.scenario.assumptions
    # The interval is that of the default noise on the default spending.
    own = {
        "noise_constant",
        "practice_noise_constant",
        "common_shock_sd",
        "people_noise",
        "spend_model",
        "truncated_cv",
    }
    if own & {name for name in stated.model_fields_set if _differs_from_default(stated, name)}:
        return None
    if stated.common_shock_df is not None or stated.benchmark_noise != "none":
        return None
    try:
        views = {
            view: [_distribution(run, ends, view) for ends in (LOW_NOISE, HIGH_NOISE)]
            for view in (ASSUMED, CHANCE_ALONE)
        }
    except UserError:
        return None
    assumed, by_chance = (
        {i: _probabilities(run, c.resolved, views[view]) for i, c in run.contracts.items()}
        for view in (ASSUMED, CHANCE_ALONE)
    )
    return NoiseRange(assumed, by_chance)


def _differs_from_default(stated: Any, name: str) -> bool:
    return bool(getattr(stated, name) != type(stated).model_fields[name].default)


def _distribution(run: Run, ends: tuple[float, float], view: int) -> RateDistribution:
    constant, shock = ends
    people = run.population.people_noise_constant
    practices = math.sqrt(max(constant**2 - people**2, 0.0) / run.population.size)
    noise = replace(Noise(1.0, practices, shock), people=min(1.0, constant / people))
    assumed = run.true_savings.view if view == ASSUMED else View(0.0)
    return savings_rate_distribution(run.population, noise, assumed)


def _probabilities(
    run: Run, resolved: ResolvedContract, distributions: list[RateDistribution]
) -> dict[str, tuple[float, float]]:
    terms = resolved.terms
    quality = run.aco.quality_score, STANDARDS[run.aco.quality_standard]
    savings_from, losses_from = threshold_rates(terms, *quality)
    if terms.half_rate > 0.0:
        savings_from, _ = threshold_rates(terms._replace(msr=0.0), *quality)
    earns = final_sharing_rate(terms, *quality) > 0.0 and terms.savings_paid > 0.0
    owes = shared_loss_rate(terms, *quality) > 0.0 and losses_from > -math.inf
    low, high = (
        (
            1.0 - float(d.cdf(savings_from)) if earns else 0.0,
            float(d.cdf(losses_from)) if owes else 0.0,
        )
        for d in distributions
    )
    return {
        "probability_of_shared_savings": (low[0], high[0]),
        "probability_of_shared_losses": (low[1], high[1]),
    }


def _plain(ranges: dict[str, dict[str, tuple[float, float]]]) -> dict[str, Any]:
    return {
        i: {name: {"low_noise": low, "high_noise": high} for name, (low, high) in found.items()}
        for i, found in ranges.items()
    }
