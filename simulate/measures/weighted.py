"""The measures of one contract over a quadrature of the savings rate: no sampling error.

As `simulate.measures.outcomes`, with weighted points in place of equally likely
simulated years. A payoff is piecewise linear in the savings rate, with jumps where the
MSR or MLR is met; a quadrature integrates it exactly once these places are known, and
`breakpoints` finds them from the payoff itself.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from simulate.measures.estimate import BoolArray, Estimate, FloatArray
from simulate.measures.outcomes import TAIL_LEVEL, Measures, Outcomes

_CELLS = 64
_PARTS = 4
#: A cell this narrow holds a jump: the rate is known to the rounding of expenditures.
_NARROWEST = 1e-15
#: Largest departure from a straight line, as a part of the largest payoff.
_STRAIGHT = 1e-9
#: Rounding of cumulated weights.
_ROUNDING = 1e-9


def breakpoints(settle: Callable[[FloatArray], Outcomes], low: float, high: float) -> FloatArray:
    """Find where a payoff jumps or bends between two savings rates.

    Parameters
    ----------
    settle : callable
        Maps savings rates (fractions, shape (n,)) to their outcomes.
    low, high : float
        Savings rates between which is searched; places closer together than a
        sixty-fourth of that, and with opposite effects, may stay unseen.

    Returns
    -------
    float64 array
        Rising savings rates; a jump is met to 1e-15, a bend to where its effect is below
        1e-9 of the largest payoff.
    """
    edges = np.linspace(low, high, _CELLS + 1)
    largest = max(float(np.abs(amounts).max()) for amounts in _amounts(settle(edges)))
    narrowest = _NARROWEST * max(1.0, abs(low), abs(high))

    def uneven(cells: FloatArray) -> BoolArray:
        return _uneven(settle, cells, _STRAIGHT * largest)

    cells = np.stack([edges[:-1], edges[1:]], axis=-1)
    cells = cells[uneven(cells)]
    found = []
    while cells.size:
        jumps = cells[:, 1] - cells[:, 0] <= narrowest
        found.append(cells[jumps].mean(axis=1))
        parts = np.linspace(cells[~jumps, 0], cells[~jumps, 1], _PARTS + 1, axis=-1)
        within = np.stack([parts[:, :-1], parts[:, 1:]], axis=-1)
        remaining = uneven(within)
        # A bend is found when no part of its cell shows it any more.
        bends = ~remaining.any(axis=1)
        found.append(cells[~jumps][bends].mean(axis=1))
        cells = within[remaining]
    return np.unique(np.concatenate(found)) if found else np.empty(0)


def _uneven(
    settle: Callable[[FloatArray], Outcomes], cells: FloatArray, tolerance: float
) -> BoolArray:
    """Tell the cells, shape (..., 2), over which an outcome is not one straight line."""
    rates = np.linspace(cells[..., 0], cells[..., 1], _PARTS + 1, axis=-1)
    outcomes = settle(rates.ravel())
    uneven = np.zeros(cells.shape[:-1], dtype=np.bool_)
    for amounts in _amounts(outcomes):
        bend = np.abs(np.diff(amounts.reshape(rates.shape), 2, axis=-1))
        uneven |= (bend > tolerance).any(axis=-1)
    for flags in _events(outcomes).values():
        changes = np.diff(flags.reshape(rates.shape), axis=-1)
        uneven |= changes.any(axis=-1)
    return uneven


def _amounts(outcomes: Outcomes) -> tuple[FloatArray, ...]:
    return outcomes.shared_savings, outcomes.shared_losses, outcomes.net


def _events(outcomes: Outcomes) -> dict[str, BoolArray]:
    paid, owed = outcomes.shared_savings > 0.0, outcomes.shared_losses > 0.0
    return {
        "probability_of_meeting_msr": outcomes.met_msr,
        "probability_of_meeting_mlr": outcomes.met_mlr,
        "probability_of_shared_savings": paid,
        "probability_of_shared_losses": owed,
        "probability_of_payment_limit": outcomes.limited & paid,
        "probability_of_loss_limit": outcomes.limited & owed,
    }


def measure_weighted(outcomes: Outcomes, weights: FloatArray) -> Measures:
    """Compute every measure of one contract from weighted outcomes.

    Parameters
    ----------
    outcomes : Outcomes
        Settled at rising savings rates, the points of a quadrature; dollars. Net must not
        fall, nor shared losses rise, from point to point; points of weight 0 at the
        quantiles of the savings rate then make the quantiles of dollars exact.
    weights : float64 array, shape (points,)
        Probability of each point; they add up to 1.

    Returns
    -------
    Measures
        Every standard error is 0: nothing was sampled.
    """
    savings, losses, net = _amounts(outcomes)
    var = _quantile(losses[::-1], weights[::-1], TAIL_LEVEL)
    excess = _mean(np.maximum(losses - var, 0.0), weights) / (1.0 - TAIL_LEVEL)
    values = {
        **{name: min(float(weights @ flags), 1.0) for name, flags in _events(outcomes).items()},
        "expected_shared_savings": _mean(savings, weights),
        "expected_shared_losses": _mean(losses, weights),
        "expected_net": _mean(net, weights),
        "standard_deviation_of_net": _standard_deviation(net, weights),
        "net_p05": _quantile(net, weights, 0.05),
        "net_p50": _quantile(net, weights, 0.50),
        "net_p95": _quantile(net, weights, 0.95),
        "loss_var_95": var,
        "loss_tvar_95": var + excess,
    }
    return Measures(**{name: Estimate(value, 0.0) for name, value in values.items()})


def _mean(values: FloatArray, weights: FloatArray) -> float:
    # From the first value on, so that a constant is its own mean whatever the rounding.
    return float(values[0] + weights @ (values - values[0]))


def _standard_deviation(values: FloatArray, weights: FloatArray) -> float:
    centred = values - _mean(values, weights)
    return float(np.sqrt(weights @ centred**2))


def _quantile(values: FloatArray, weights: FloatArray, level: float) -> float:
    """Return the smallest value whose cumulated weight reaches `level`.

    A point stands in the middle of its own weight.
    """
    order = np.argsort(values, kind="stable")
    middle = np.cumsum(weights[order]) - 0.5 * weights[order]
    at = min(int(np.searchsorted(middle, level - _ROUNDING)), values.size - 1)
    return float(values[order[at]])
