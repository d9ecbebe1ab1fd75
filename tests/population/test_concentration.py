"""Pooled aged beneficiaries against the published concentration of Medicare spending."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from scipy.optimize import brentq

from simulate.engine.tables import SpendTable
from simulate.kernels import philox
from simulate.kernels.people import LEVELS, sum_people
from simulate.population.spend import default_model

compiled_only = pytest.mark.skipif(
    bool(numba.config.DISABLE_JIT), reason="too many draws for plain Python"
)

TOPS = (0.01, 0.05, 0.10, 0.20, 0.50)
# Share of dollars of the top 1, 5, 10, 20 and 50 % of people: fee-for-service age 65 and over,
# 2007-2018, 314.6 million beneficiary-years (Wallis et al., EClinicalMedicine 2021,
# PIIS2589-5370(21)00153-X).
PUBLISHED = (0.149, 0.415, 0.600, 0.791, 0.957)

# (share of person-years, dollars per capita) of aged/dual and aged/non-dual: CMS county
# fee-for-service data 2018; CMS ACO results of performance years 2018 and 2024.
MIXES = {
    "county 2018": ((0.092, 17_245.0), (0.756, 10_173.0)),
    "ACO 2018": ((0.064, 16_049.0), (0.813, 9_912.0)),
    "ACO 2024": ((0.053, 20_248.0), (0.875, 12_424.0)),
}
mixes = pytest.mark.parametrize("mix", MIXES.values(), ids=MIXES.keys())


class Pooled:
    """Aged/dual and aged/non-dual together, in dollars, by closed forms."""

    def __init__(self, mix) -> None:
        people = np.array([m[0] for m in mix])
        self.weights = people / people.sum()
        self.dollars = np.array([m[1] for m in mix])
        self.models = [default_model("aged_dual"), default_model("aged_non_dual")]
        # Per capita is truncated by type; the shapes have truncated mean 1.
        self.shapes = [m.shape.scaled(d) for m, d in zip(self.models, self.dollars, strict=True)]

    def share_above(self, amount: float) -> float:
        above = [float(s.share_above(amount)) for s in self.shapes]
        return float(self.weights @ above)

    def dollars_below(self, amount: float) -> float:
        return float(self.weights @ [float(s.partial_moment(1, amount)) for s in self.shapes])

    def cut(self, share: float) -> float:
        return float(np.exp(brentq(lambda y: self.share_above(np.exp(y)) - share, 2.0, 18.0)))

    @property
    def mean(self) -> float:
        return float(self.weights @ [s.mean() for s in self.shapes])

    def concentration(self) -> list[float]:
        return [1.0 - self.dollars_below(self.cut(t)) / self.mean for t in TOPS]

    def truncated_by_type(self) -> tuple[float, float]:
        """Mean and CV where each type is cut at its own 99th percentile."""
        second = self.dollars**2 * np.array([1.0 + m.truncated_cv**2 for m in self.models])
        mean = float(self.weights @ self.dollars)
        return mean, float(np.sqrt(self.weights @ second - mean**2)) / mean

    def truncated_together(self) -> tuple[float, float]:
        """Mean and CV where all are cut at the 99th percentile of all."""
        cap = self.cut(0.01)
        found = [s.truncated(cap) for s in self.shapes]
        means = np.array([f.mean for f in found])
        second = means**2 * (1.0 + np.array([f.cv for f in found]) ** 2)
        mean = float(self.weights @ means)
        return mean, float(np.sqrt(self.weights @ second - mean**2)) / mean


@mixes
def test_pooled_population_meets_the_published_concentration(mix) -> None:
    np.testing.assert_allclose(Pooled(mix).concentration(), PUBLISHED, atol=0.01)


@mixes
def test_truncated_cv_and_the_mean_lost(mix) -> None:
    pooled = Pooled(mix)
    for mean, cv in (pooled.truncated_by_type(), pooled.truncated_together()):
        assert 1.80 <= cv <= 1.95
        assert 0.04 <= 1.0 - mean / pooled.mean <= 0.06


@mixes
def test_a_generated_population_meets_it_too(mix) -> None:
    # The levels that the kernel draws from, by type and weight, each level equally likely: the
    # population that a run generates, without sampling noise. Table values, mean 1 truncated.
    amounts, weights = generated_levels(mix)
    np.testing.assert_allclose(concentration_of(amounts, weights), PUBLISHED, atol=0.01)
    np.testing.assert_allclose(
        concentration_of(amounts, weights), Pooled(mix).concentration(), atol=2e-4
    )


@compiled_only
@mixes
def test_people_drawn_one_by_one_meet_it(mix) -> None:
    # One beneficiary a simulated year: the kernel's sums are the people. 400,000 of them, fixed
    # seed; the sampling sd of a share is at most 0.15 points, so a bound of 0.5 points beside
    # the closed form is a false alarm in fewer than 1 in 1,000 streams.
    tables = [SpendTable(default_model(name)) for name in ("aged_dual", "aged_non_dual")]
    pooled = Pooled(mix)
    people = [round(400_000 * w) for w in pooled.weights]
    drawn, capped = [], []
    for kind, (table, count) in enumerate(zip(tables, people, strict=True)):
        caps = np.empty((count, 2, 1), np.uint32)
        caps[:, 0, 0] = 2**32 - 1
        caps[:, 1, 0] = round(table.truncation * table.unit)
        sums = np.empty(caps.shape, np.int64)
        key = (np.uint32(word) for word in philox.key_words(11 + kind))
        sum_people(table.levels[None, :], np.ones(1, np.int64), caps, 0, *key, sums)
        dollars = sums[:, :, 0] / table.unit * pooled.dollars[kind]
        drawn.append(dollars[:, 0])
        capped.append(dollars[:, 1])
    spending, truncated = np.concatenate(drawn), np.concatenate(capped)
    found = concentration_of(spending, np.ones(spending.size))
    np.testing.assert_allclose(found, PUBLISHED, atol=0.01)
    np.testing.assert_allclose(found, pooled.concentration(), atol=0.005)
    assert 1.80 <= truncated.std() / truncated.mean() <= 1.95
    assert 0.04 <= 1.0 - truncated.sum() / spending.sum() <= 0.06


def generated_levels(mix) -> tuple[np.ndarray, np.ndarray]:
    pooled = Pooled(mix)
    amounts, weights = [], []
    for weight, dollars, model in zip(pooled.weights, pooled.dollars, pooled.models, strict=True):
        table = SpendTable(model)
        amounts.append(table.levels / table.unit * dollars)
        weights.append(np.full(LEVELS, weight / LEVELS))
    return np.concatenate(amounts), np.concatenate(weights)


def concentration_of(amounts: np.ndarray, weights: np.ndarray) -> list[float]:
    order = np.argsort(-amounts)
    people = np.cumsum(weights[order]) / weights.sum()
    dollars = np.cumsum((amounts * weights)[order]) / (amounts * weights).sum()
    return [float(np.interp(t, people, dollars)) for t in TOPS]
