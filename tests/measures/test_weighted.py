"""Weighted measures: places of jumps and bends, atoms, tails, agreement with plain measures."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from simulate.measures.outcomes import Outcomes, measure
from simulate.measures.weighted import breakpoints, measure_weighted

JUMP, BEND, LIMIT = 0.0217, 0.0371, -0.0313


def settle(rates: np.ndarray) -> Outcomes:
    """Half of savings from the jump on, up to the bend; losses in full down to the limit."""
    met, owing = rates >= JUMP, rates < 0.0
    savings = np.where(met, 0.5e6 * np.minimum(rates, BEND), 0.0)
    losses = np.where(owing, 1e6 * np.minimum(-rates, -LIMIT), 0.0)
    return Outcomes(savings, losses, savings - losses, met, owing, (rates > BEND) | (rates < LIMIT))


def normal_points(mean: float, sd: float) -> tuple[np.ndarray, np.ndarray]:
    """Midpoints of fine cells with the breaks as edges, and the quantiles with weight 0."""
    breaks = breakpoints(settle, mean - 9 * sd, mean + 9 * sd)
    quantiles = norm.ppf([0.05, 0.5, 0.95], mean, sd)
    edges = np.linspace(mean - 9 * sd, mean + 9 * sd, 40_001)
    edges = np.unique(np.concatenate([edges, breaks, quantiles]))
    rates, weights = 0.5 * (edges[1:] + edges[:-1]), np.diff(norm.cdf(edges, mean, sd))
    at = np.searchsorted(rates, quantiles)
    return np.insert(rates, at, quantiles), np.insert(weights / weights.sum(), at, 0.0)


@pytest.mark.parametrize(("low", "high"), [(-0.3, 0.4), (-0.32, 0.32), (-1.0, 1.0)])
def test_jumps_and_bends_are_found(low, high) -> None:
    # (-0.32, 0.32) has zero on the edge of a cell.
    found = breakpoints(settle, low, high)
    for place, within in ((JUMP, 1e-14), (0.0, 1e-14), (BEND, 1e-8), (LIMIT, 1e-8)):
        assert np.abs(found - place).min() < within
    # Nothing else is: every one stands at a true place.
    places = np.array([JUMP, 0.0, BEND, LIMIT])
    assert np.abs(found[:, None] - places).min(axis=1).max() < 1e-8


def test_nothing_to_find() -> None:
    def flat(rates: np.ndarray) -> Outcomes:
        never = np.zeros(rates.size, np.bool_)
        return Outcomes(0 * rates, 0 * rates, 0 * rates, never, never, never, one_sided=True)

    assert breakpoints(flat, -0.2, 0.2).size == 0


@pytest.mark.parametrize(("mean", "sd"), [(0.0, 0.01), (0.02, 0.02), (-0.05, 0.02)])
def test_normal_rate_in_closed_form(mean, sd) -> None:
    rates, weights = normal_points(mean, sd)
    found = measure_weighted(settle(rates), weights)

    def partial(low: float, high: float) -> float:
        a, b = (low - mean) / sd, (high - mean) / sd
        return mean * (norm.cdf(b) - norm.cdf(a)) + sd * (norm.pdf(a) - norm.pdf(b))

    rate = norm(mean, sd)
    savings = 0.5e6 * (partial(JUMP, BEND) + BEND * rate.sf(BEND))
    losses = -1e6 * (partial(LIMIT, 0.0) + LIMIT * rate.cdf(LIMIT))
    closed = {
        "probability_of_meeting_msr": rate.sf(JUMP),
        "probability_of_shared_savings": rate.sf(JUMP),
        "probability_of_meeting_mlr": rate.cdf(0.0),
        "probability_of_shared_losses": rate.cdf(0.0),
        "probability_of_payment_limit": rate.sf(BEND),
        "probability_of_loss_limit": rate.cdf(LIMIT),
        "expected_shared_savings": savings,
        "expected_shared_losses": losses,
        "expected_net": savings - losses,
        "loss_var_95": float(settle(rate.ppf([0.05])).shared_losses[0]),
        **{f"net_p{100 * p:02.0f}": float(settle(rate.ppf([p])).net[0]) for p in (0.05, 0.5, 0.95)},
    }
    for name, value in closed.items():
        estimate = getattr(found, name)
        assert estimate.standard_error == 0.0
        assert estimate.value == pytest.approx(value, rel=1e-6, abs=1e-9), name

    # The worst twentieth of years, and the second moment, on a grid of a million.
    fine = rate.ppf((np.arange(1_000_000) + 0.5) / 1_000_000)
    plain = settle(fine)
    assert found.loss_tvar_95.value == pytest.approx(plain.shared_losses[:50_000].mean(), rel=1e-5)
    assert found.standard_deviation_of_net.value == pytest.approx(plain.net.std(), rel=1e-5)


def test_equal_weights_are_plain_years() -> None:
    rates = np.sort(np.random.default_rng(1).normal(0.01, 0.03, 4_001))
    outcomes = settle(rates)
    weighted = measure_weighted(outcomes, np.full(rates.size, 1.0 / rates.size)).to_dict()
    for name, plain in measure(outcomes).to_dict().items():
        assert weighted[name]["value"] == pytest.approx(plain["value"], rel=1e-9), name


def test_one_point_is_the_settlement() -> None:
    outcomes = settle(np.array([0.03]))
    found = measure_weighted(outcomes, np.ones(1))
    assert found == measure(outcomes, certain=True)
    assert found.net_p05.value == found.expected_net.value == 0.5e6 * 0.03
