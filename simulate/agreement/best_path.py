"""Which path of contracts is worth most at which true savings, and whether any is worth it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial
from itertools import combinations
from typing import Any

import numpy as np

from simulate.agreement.run import AgreementRun
from simulate.agreement.settlement import settle_path
from simulate.agreement.spending import SEARCHED, SpendingBySavings
from simulate.engine.years import Execution
from simulate.measures.comparison import Flip, find_flips
from simulate.measures.estimate import Estimate, FloatArray

#: What stands for no path at all: nothing earned, nothing owed.
NOTHING = ""
#: Few enough not to be waited for; a rate is known to about a tenth of a point.
_MOST_PATHS = 1_000
_STEPS = 30
_ONE_CENT = 0.01


@dataclass(frozen=True)
class BestPath:
    """A range of true savings in which one path has the largest expected net present value.

    Attributes
    ----------
    label : str
        The path; `NOTHING` where each is worth less than nothing.
    above : Estimate or None
        Mean true savings from which on it is, up to those of the next range; fractions. None
        for the first range, which begins where the search does.
    """

    label: str
    above: Estimate | None

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {"path": self.label or None, "above": self.above and self.above.to_dict()}


def best_paths(run: AgreementRun, execution: Execution | None = None) -> tuple[BestPath, ...]:
    """Return which path is worth most, from low to high true savings.

    Parameters
    ----------
    run : AgreementRun
    execution : Execution, optional
        Threads, chunks and progress; without influence on the result.

    Notes
    -----
    Settlements alone, on the first 1,000 simulated paths, over mean true savings of
    `simulate.agreement.spending.SEARCHED`, as uncertain around each mean as in the run. Of two
    that bring the same the first is named, and any rather than none. A range that is narrower
    than the errors of its ends is left out.
    """
    spending = SpendingBySavings(run, execution, most_paths=_MOST_PATHS)
    replicates = spending.simulated.replicates

    @cache
    def worth(label: str, mean: float) -> FloatArray:
        return _present_values(run, label, spending, mean)

    def gain(one: str, two: str, mean: float) -> FloatArray:
        return np.asarray(worth(two, mean) - worth(one, mean))

    labels = [*run.paths, NOTHING]
    flips = [
        flip
        for one, two in combinations(labels, 2)
        for flip in find_flips(partial(gain, one, two), SEARCHED, _STEPS, replicates)
    ]
    changes = sorted(
        (rate for flip in flips for rate in _changes(flip)), key=lambda rate: rate.value
    )
    ends = [SEARCHED[0], *(change.value for change in changes), SEARCHED[1]]
    best: list[BestPath] = []
    for place, above in enumerate([None, *changes]):
        middle = 0.5 * (ends[place] + ends[place + 1])
        label = _largest({label: worth(label, middle) for label in labels})
        if not best or label != best[-1].label:
            best.append(BestPath(label, above))
    return tuple(_told_apart(best))


def _told_apart(best: list[BestPath]) -> Iterator[BestPath]:
    """Yield the ranges that are wider than the errors of where they begin and end."""
    for place, one in enumerate(best):
        following = best[place + 1].above if place + 1 < len(best) else None
        if one.above is not None and following is not None:
            error = math.hypot(one.above.standard_error, following.standard_error)
            if following.value - one.above.value <= error:
                continue
        yield one


def _changes(flip: Flip) -> Iterator[Estimate]:
    """Yield where the better of two may change: at a rate, or at both ends of equality."""
    if flip.true_savings is not None:
        yield flip.true_savings
    for end in flip.equal_between or ():
        # The ends lie somewhere within a step of the search.
        yield Estimate(end, (SEARCHED[1] - SEARCHED[0]) / _STEPS / math.sqrt(12.0))


def _present_values(
    run: AgreementRun, label: str, spending: SpendingBySavings, mean: float
) -> FloatArray:
    if label == NOTHING:
        return np.zeros(spending.paths)
    planned, rate = run[label].planned, run.plan.settings.discount_rate
    spent = spending(mean)[:, : planned.path.calendar_years]
    return settle_path(run.plan, planned, spending.simulated, spent).cash.present_value(rate)


def _largest(values: dict[str, FloatArray]) -> str:
    """Return the first label whose mean is, to the cent, the largest."""
    means = {label: float(np.mean(value)) for label, value in values.items()}
    most = max(means.values())
    return next(label for label, mean in means.items() if mean >= most - _ONE_CENT)
