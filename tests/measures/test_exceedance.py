"""The exceedance curve against counting, and against the value at risk that lies on it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from simulate.measures.estimate import proportion, quantile, tail_mean
from simulate.measures.exceedance import exceedance

AMOUNTS = arrays(
    np.float64, st.integers(1, 60), elements=st.sampled_from([0.0, 0.0, 1.0, 2.5, 2.5, 7.0, 1e6])
)


@given(AMOUNTS)
@settings(max_examples=60)
def test_it_counts_the_years_with_more(values: np.ndarray) -> None:
    curve = exceedance(values)
    assert curve.amounts[0] == 0.0
    assert curve.amounts[-1] == values.max()
    assert np.all(np.diff(curve.amounts) > 0.0)
    for amount, chance in zip(curve.amounts, curve.chances, strict=True):
        assert chance == sum(value > amount for value in values) / values.size
        assert curve.at(amount) == chance


@given(AMOUNTS)
@settings(max_examples=60)
def test_few_amounts_are_all_on_the_curve(values: np.ndarray) -> None:
    assert set(exceedance(values).amounts) == {0.0, *values}


def test_it_crosses_one_in_twenty_at_the_value_at_risk() -> None:
    losses = np.maximum(np.random.default_rng(1).normal(0.0, 1e6, 9_973), 0.0)
    at_risk = quantile(losses, 0.95).value
    curve = exceedance(losses, (at_risk,))
    assert curve.at(at_risk) <= 0.05 < curve.at(np.nextafter(at_risk, 0.0))
    assert at_risk < tail_mean(losses, 0.95).value < curve.amounts[-1]
    # The area under the curve is the mean: steps of a few per cent at most are left out.
    area = float(np.sum(np.diff(curve.amounts) * curve.chances[:-1]))
    assert area == pytest.approx(losses.mean(), rel=0.02)
    assert curve.amounts.size < 450


def test_its_errors_are_those_of_a_share() -> None:
    losses = np.maximum(np.random.default_rng(2).normal(0.0, 1.0, 500), 0.0)
    curve = exceedance(losses, (0.5,), replicates=100)
    place = int(np.searchsorted(curve.amounts, 0.5))
    assert curve.standard_errors[place] == proportion(losses > 0.5, False, 100).standard_error
    assert exceedance(losses, certain=True).standard_errors.max() == 0.0


def test_without_losses_it_is_flat_at_none() -> None:
    curve = exceedance(np.zeros(10))
    assert (curve.amounts.tolist(), curve.chances.tolist()) == ([0.0], [0.0])
