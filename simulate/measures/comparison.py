"""Two contracts on the same simulated years: paired differences and the better choice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from simulate.measures import estimate as of
from simulate.measures.estimate import Estimate, FloatArray
from simulate.measures.outcomes import TAIL_LEVEL, Outcomes

_ONE_CENT = 0.01


@dataclass(frozen=True)
class Comparison:
    """First contract less second, over the same simulated years; dollars.

    Attributes
    ----------
    differences : dict of str to Estimate
        By measure, with the standard error of the paired difference.
    first_better, second_better, equal : Estimate
        Share of years in which a contract's net outcome is the larger one.
    """

    differences: dict[str, Estimate]
    first_better: Estimate
    second_better: Estimate
    equal: Estimate


def compare_outcomes(first: Outcomes, second: Outcomes, certain: bool = False) -> Comparison:
    """Compare two contracts settled on the same simulated years.

    With `certain`, nothing is random and a share of 0 or 1 of the years is exact.
    """
    replicates = first.replicates
    differences = {
        name: of.mean(np.asarray(a, dtype=np.float64) - np.asarray(b, dtype=np.float64), replicates)
        for name, a, b in (
            ("probability_of_meeting_msr", first.met_msr, second.met_msr),
            ("probability_of_meeting_mlr", first.met_mlr, second.met_mlr),
            (
                "probability_of_shared_savings",
                first.shared_savings > 0.0,
                second.shared_savings > 0.0,
            ),
            ("probability_of_shared_losses", first.shared_losses > 0, second.shared_losses > 0),
            ("expected_shared_savings", first.shared_savings, second.shared_savings),
            ("expected_shared_losses", first.shared_losses, second.shared_losses),
            ("expected_net", first.net, second.net),
        )
    }
    differences["standard_deviation_of_net"] = of.paired_deviation(
        first.net, second.net, replicates
    )
    for name, level in (("net_p05", 0.05), ("net_p50", 0.50), ("net_p95", 0.95)):
        differences[name] = of.paired_quantile(first.net, second.net, level, replicates)
    losses = first.shared_losses, second.shared_losses
    differences["loss_var_95"] = of.paired_quantile(*losses, TAIL_LEVEL, replicates)
    differences["loss_tvar_95"] = of.paired_tail_mean(*losses, TAIL_LEVEL, replicates)
    return Comparison(
        differences,
        first_better=of.proportion(first.net > second.net, certain, replicates),
        second_better=of.proportion(second.net > first.net, certain, replicates),
        equal=of.proportion(first.net == second.net, certain, replicates),
    )


@dataclass(frozen=True)
class Flip:
    """Where the preference between two contracts changes.

    Attributes
    ----------
    true_savings : Estimate or None
        The true savings rate (fraction) at which both contracts have the same expected
        net outcome; None where that is a whole range, or where there is no such rate.
    equal_between : tuple of two floats or None
        A range of true savings rates over which both contracts pay the same.
    preferred_below, preferred_above : int
        Which contract (0 the first, 1 the second, -1 neither) has the larger expected
        net outcome below and above that rate; over the whole range where there is none.
    searched : tuple of two floats
        The range of true savings that was searched.
    """

    true_savings: Estimate | None
    equal_between: tuple[float, float] | None
    preferred_below: int
    preferred_above: int
    searched: tuple[float, float]


def find_flips(
    difference: Callable[[float], FloatArray],
    searched: tuple[float, float],
    steps: int = 36,
    replicates: int | None = None,
) -> list[Flip]:
    """Solve for every true savings rate at which the expected difference changes sign.

    Parameters
    ----------
    difference : callable
        Maps a true savings rate (fraction) to net of the first contract less net of
        the second in each simulated year; the same simulated years for every rate.
    searched : tuple of two floats
        Range of true savings rates.
    steps : int
        Size of the grid on which sign changes are looked for.
    replicates : int, optional
        Interleaved sets that the years fall into; see `simulate.measures.estimate`.

    Returns
    -------
    list of Flip
        One for each sign change, rising; a single one without a rate if there is none.
    """
    rates = [float(rate) for rate in np.linspace(*searched, steps + 1)]
    differences = [of.mean(difference(rate), replicates) for rate in rates]
    signs = [_sign(d) for d in differences]
    known = [i for i, sign in enumerate(signs) if sign != 0]
    flips = []
    for left, right in pairwise(known):
        if signs[left] == signs[right]:
            continue
        below, above = _preferred(signs[left]), _preferred(signs[right])
        between = differences[left + 1 : right]
        if sum(abs(d.value) <= _ONE_CENT for d in between) > 1:
            equal = (rates[left + 1], rates[right - 1])
            flips.append(Flip(None, equal, below, above, searched))
        else:
            root = _solve(difference, (rates[left], rates[right]), replicates)
            flips.append(Flip(root, None, below, above, searched))
    if flips:
        return flips
    only = _preferred(signs[known[0]]) if known else -1
    return [Flip(None, None, only, only, searched)]


def _sign(difference: Estimate) -> int:
    # A difference within its own simulation error of zero has no sign of its own.
    clear = abs(difference.value) > max(2.0 * difference.standard_error, _ONE_CENT)
    return int(np.sign(difference.value)) if clear else 0


def _preferred(sign: int) -> int:
    return {1: 0, -1: 1, 0: -1}[sign]


def _solve(
    difference: Callable[[float], FloatArray],
    between: tuple[float, float],
    replicates: int | None,
) -> Estimate:
    from scipy.optimize import brentq

    root = brentq(lambda rate: float(np.mean(difference(rate))), *between, xtol=1e-6)
    # The error of the root: the error of the difference there over its slope.
    step = 0.0025
    slope = np.mean(difference(root + step) - difference(root - step)) / (2.0 * step)
    error = of.mean(difference(root), replicates).standard_error
    return Estimate(float(root), error / abs(float(slope)))
