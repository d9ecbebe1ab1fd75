"""Which of several choices is preferred, and whether the simulation can tell it from the next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulate.measures import estimate as of
from simulate.measures.estimate import Estimate, FloatArray
from simulate.measures.outcomes import TAIL_LEVEL, Measures, Outcomes

#: Measures by which a choice may be preferred, and whether the larger value is the better one.
LARGER_IS_BETTER = {
    "expected_net": True,
    "net_p05": True,
    "net_p50": True,
    "net_p95": True,
    "expected_shared_savings": True,
    "expected_shared_losses": False,
    "probability_of_shared_savings": True,
    "probability_of_shared_losses": False,
    "standard_deviation_of_net": False,
    "loss_var_95": False,
    "loss_tvar_95": False,
}
#: A difference within so many of its standard errors of zero prefers nothing.
CLEAR_ERRORS = 2.0

_MEANS: dict[str, Callable[[Outcomes], NDArray[np.bool_] | FloatArray]] = {
    "expected_net": lambda o: o.net,
    "expected_shared_savings": lambda o: o.shared_savings,
    "expected_shared_losses": lambda o: o.shared_losses,
    "probability_of_shared_savings": lambda o: o.shared_savings > 0.0,
    "probability_of_shared_losses": lambda o: o.shared_losses > 0.0,
}
_QUANTILES = {"net_p05": 0.05, "net_p50": 0.50, "net_p95": 0.95}


@dataclass(frozen=True)
class Preference:
    """The preferred one of several choices over the same simulated years.

    Attributes
    ----------
    best : str
        The choice with the best measure; the first listed of those that are equal.
    same : tuple of str
        Others with the same net outcome in every single year.
    runner_up : str or None
        The best of the rest; None where there is no rest.
    difference : Estimate or None
        The measure of the best less that of the runner-up, with the standard error of the
        paired difference.
    """

    best: str
    same: tuple[str, ...]
    runner_up: str | None
    difference: Estimate | None

    @property
    def clear(self) -> bool:
        """Whether the best is told from the runner-up by more than two standard errors."""
        if self.difference is None:
            return True
        return abs(self.difference.value) > CLEAR_ERRORS * self.difference.standard_error


def preferred(
    outcomes: Mapping[str, Outcomes], measures: Mapping[str, Measures], by: str
) -> Preference:
    """Return the preferred choice by one measure.

    Parameters
    ----------
    outcomes, measures : mapping
        Of every choice by its name, over the same simulated years.
    by : str
        One of `LARGER_IS_BETTER`.
    """
    sign = -1.0 if LARGER_IS_BETTER[by] else 1.0
    ranked = sorted(outcomes, key=lambda name: sign * getattr(measures[name], by).value)
    best, *others = ranked
    same = [name for name in others if _same(name, best, outcomes, measures)]
    rest = [name for name in others if name not in same]
    if not rest:
        return Preference(best, tuple(same), None, None)
    difference = paired_difference(by, outcomes[best], outcomes[rest[0]])
    return Preference(best, tuple(same), rest[0], difference)


def _same(
    name: str, best: str, outcomes: Mapping[str, Outcomes], measures: Mapping[str, Measures]
) -> bool:
    if measures[name].expected_net != measures[best].expected_net:
        return False
    return bool(np.array_equal(outcomes[name].net, outcomes[best].net))


def paired_difference(measure: str, first: Outcomes, second: Outcomes) -> Estimate:
    """Estimate a measure of the first less that of the second over the same simulated years.

    Parameters
    ----------
    measure : str
        One of `LARGER_IS_BETTER`.
    first, second : Outcomes
    """
    replicates = first.replicates
    if measure in _MEANS:
        values = (np.asarray(_MEANS[measure](o), dtype=np.float64) for o in (first, second))
        return of.mean(next(values) - next(values), replicates)
    if measure in _QUANTILES:
        return of.paired_quantile(first.net, second.net, _QUANTILES[measure], replicates)
    if measure == "standard_deviation_of_net":
        return of.paired_deviation(first.net, second.net, replicates)
    paired = {"loss_var_95": of.paired_quantile, "loss_tvar_95": of.paired_tail_mean}[measure]
    return paired(first.shared_losses, second.shared_losses, TAIL_LEVEL, replicates)
