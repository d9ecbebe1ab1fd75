"""A run by sampling held against the exact engine, under the same assumptions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from simulate.analysis.exact import exact_measures
from simulate.analysis.run import ASSUMED, CHANCE_ALONE
from simulate.engine.years import View
from simulate.errors import UserError

if TYPE_CHECKING:
    from simulate.analysis.run import Run

#: What is compared: the chances and the mean that the answer rests on.
COMPARED = ("probability_of_shared_savings", "probability_of_shared_losses", "expected_net")


class CrossCheck(NamedTuple):
    """How far the figures of a run lie from those of the exact engine.

    Attributes
    ----------
    figures : int
        How many were compared: those that are not known without sampling.
    largest : float
        The largest distance, in standard errors of the run.
    expected_largest : float
        What the largest of so many independent distances would exceed once in twenty times;
        figures of one run are not independent, which makes it smaller.
    """

    figures: int
    largest: float
    expected_largest: float


def cross_check(run: Run) -> CrossCheck | None:
    """Compare the chances and the mean net of every contract with the exact engine's.

    Returns
    -------
    CrossCheck or None
        None for a run by the exact engine itself, where nothing is random, and where the
        engine could not compute what the run assumes.
    """
    assumed = run.scenario.assumptions
    beyond = assumed.benchmark_noise != "none" or assumed.quality_score_sd > 0.0
    distances = [] if beyond or not run.years else _distances(run)
    if not distances:
        return None
    return CrossCheck(len(distances), max(distances), _largest_of(len(distances)))


def _distances(run: Run) -> list[float]:
    resolved = [result.resolved for result in run.contracts.values()]
    views = {CHANCE_ALONE: View(0.0), ASSUMED: run.true_savings.view}
    distances = []
    for view, savings in views.items():
        try:
            exact = exact_measures(run.scenario, resolved, savings)
        except UserError:
            return []
        for contract_id, result in run.contracts.items():
            found = result.measures if view == ASSUMED else result.chance_alone
            for name in COMPARED:
                simulated, known = getattr(found, name), getattr(exact[contract_id], name)
                if simulated.standard_error > 0.0:
                    miss = abs(simulated.value - known.value)
                    distances.append(miss / simulated.standard_error)
    return distances


def _largest_of(count: int) -> float:
    from scipy.special import ndtri

    return float(ndtri(0.5 + 0.5 * math.pow(0.95, 1.0 / count)))
