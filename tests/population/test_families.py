"""Every spend family against scipy.stats and numerical integration."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats

from simulate.engine.tables import SpendTable
from simulate.kernels.people import LEVELS
from simulate.population.families import GB2, GammaPower, LognormalMixture
from simulate.population.quantile_table import QuantileTable
from simulate.population.spend import model_from_shape, with_truncated_cv
from simulate.population.spend_file import shape_from

ZERO = 0.1


class PoweredBetaPrime:
    """GB2 through scipy: the power of a beta prime variate."""

    def __init__(self, a: float, p: float, q: float, scale: float) -> None:
        self.a, self.scale, self.inner = a, scale, stats.betaprime(p, q)

    def sf(self, x):
        return self.inner.sf((np.asarray(x) / self.scale) ** self.a)

    def isf(self, u):
        return self.scale * self.inner.isf(u) ** (1.0 / self.a)

    def mean(self) -> float:
        return self.scale * self.inner.expect(lambda b: b ** (1.0 / self.a), epsrel=1e-12)


# Our shape and scipy's distribution of those who spend.
CASES = {
    "lognormal": (
        LognormalMixture(ZERO, 0.0, (0.4, 0.4), (1.5, 1.5)),
        stats.lognorm(1.5, scale=np.exp(0.4)),
    ),
    "gamma": (GammaPower(ZERO, 0.45, 1.0, 3.0), stats.gamma(0.45, scale=3.0)),
    "weibull": (GammaPower(ZERO, 1.0, 1.0 / 0.6, 2.0), stats.weibull_min(0.6, scale=2.0)),
    "generalised_gamma": (
        GammaPower(ZERO, 0.5, 1.444, 2.0),
        stats.gengamma(0.5, 1.0 / 1.444, scale=2.0),
    ),
    "burr12": (GB2(ZERO, 1.2, 1.0, 2.5, 2.0), stats.burr12(1.2, 2.5, scale=2.0)),
    "gb2": (GB2(ZERO, 0.8, 1.9, 4.0, 3.0), PoweredBetaPrime(0.8, 1.9, 4.0, 3.0)),
    # Mean finite, variance infinite: a q = 1.4; and a q just over 2.
    "gb2 heavy": (GB2(ZERO, 0.7, 2.2, 2.0, 1.0), PoweredBetaPrime(0.7, 2.2, 2.0, 1.0)),
    "burr12 at 2": (GB2(ZERO, 1.0, 1.0, 2.0000001, 1.0), stats.burr12(1.0, 2.0000001)),
}
cases = pytest.mark.parametrize(("shape", "truth"), CASES.values(), ids=CASES.keys())
AMOUNTS = np.array([1e-3, 0.05, 0.7, 3.0, 20.0, 400.0])


def table() -> QuantileTable:
    means = np.exp(np.linspace(-4.0, 3.5, 60))
    shares = stats.norm.pdf(np.linspace(-3.0, 3.0, 60))
    return QuantileTable(ZERO, tuple(shares / shares.sum()), tuple(means))


SHAPES = {name: shape for name, (shape, _) in CASES.items()} | {
    "two_lognormals": LognormalMixture(ZERO, 0.13, (0.0, 2.8), (1.4, 0.7)),
    "quantile_table": table(),
}
shapes = pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())


def capped_moment(truth, order: int, cap: float) -> float:
    """E[min(X, cap)**order] of those who spend: the integral of the survival function."""
    found, _ = integrate.quad(
        lambda y: order * np.exp(order * y) * truth.sf(np.exp(y)),
        np.log(cap) - 60.0, np.log(cap), epsrel=1e-12, limit=400,
        points=np.log(cap) - np.array([30.0, 10.0, 3.0]),
    )  # fmt: skip
    return float(found)


@cases
def test_share_above_and_quantiles(shape, truth) -> None:
    np.testing.assert_allclose(shape.share_above(AMOUNTS), 0.9 * truth.sf(AMOUNTS), rtol=1e-11)
    upper = np.array([0.8999, 0.7, 0.3, 0.01, 1e-5])
    np.testing.assert_allclose(shape.quantiles(upper), truth.isf(upper / 0.9), rtol=1e-8)
    np.testing.assert_allclose(shape.share_above(shape.quantiles(upper)), upper, rtol=1e-9)


@cases
def test_mean_and_truncated_moments(shape, truth) -> None:
    assert shape.mean() == pytest.approx(0.9 * truth.mean(), rel=1e-7)
    for cap in (0.5, 8.0, 100.0):
        moments = shape.truncated(cap)
        first, second = (0.9 * capped_moment(truth, order, cap) for order in (1, 2))
        assert moments.mean == pytest.approx(first, rel=1e-9)
        assert moments.cv == pytest.approx(np.sqrt(second / first**2 - 1.0), rel=1e-7)
        assert moments.share_above == pytest.approx(0.9 * float(truth.sf(cap)), rel=1e-10)


@cases
def test_log_density_is_the_slope_of_the_share(shape, truth) -> None:
    y = np.linspace(-4.0, 5.0, 19)
    step = 1e-5
    slope = (truth.sf(np.exp(y - step)) - truth.sf(np.exp(y + step))) / (2.0 * step)
    np.testing.assert_allclose(np.exp(shape.log_density(y)), slope, rtol=1e-5, atol=1e-12)


def test_a_mean_that_is_infinite_is_said_to_be() -> None:
    assert GB2(0.0, 1.0, 1.0, 0.9, 1.0).mean() == np.inf
    assert np.isfinite(GB2(0.0, 1.0, 1.0, 0.9, 1.0).truncated(10.0).cv)


@shapes
def test_scaled_and_to_power(shape) -> None:
    upper = np.array([0.6, 0.2, 0.02])
    at = shape.quantiles(upper)
    np.testing.assert_allclose(shape.scaled(7.0).share_above(7.0 * at), upper, rtol=1e-9)
    assert shape.scaled(7.0).mean() == pytest.approx(7.0 * shape.mean(), rel=1e-12)
    if shape.family != "quantile_table":
        raised = shape.to_power(0.8)
        np.testing.assert_allclose(raised.share_above(at**0.8), upper, rtol=1e-9)


@shapes
def test_models_keep_the_mean_exact_at_any_number_of_levels(shape) -> None:
    model = model_from_shape("disabled", shape)
    assert model.shape.truncated(model.truncation).mean == pytest.approx(1.0, rel=1e-12)
    for levels in (4, 257, LEVELS):
        means = model.level_means(levels)
        assert means.mean() == pytest.approx(model.shape.mean(), rel=1e-12)
        assert np.all(np.diff(means) >= -1e-12 * means[-1])


@shapes
def test_the_engine_table_of_any_family_has_its_truncated_moments(shape) -> None:
    # The bound of the design: truncated mean and standard deviation within 0.02 %.
    model = model_from_shape("disabled", shape)
    held = SpendTable(model)
    drawn = np.minimum(held.levels / held.unit, model.truncation)
    assert drawn.mean() == pytest.approx(1.0, rel=2e-4)
    assert drawn.std() == pytest.approx(model.truncated_cv, rel=2e-4)
    caps = held.caps_for(np.array([0.9, 1.0, 1.1]))
    assert np.all(np.diff(caps.astype(np.int64)) < 0)


@shapes
def test_any_family_can_be_put_on_another_truncated_cv(shape) -> None:
    model = with_truncated_cv(model_from_shape("disabled", shape), 1.6)
    assert model.truncated_cv == pytest.approx(1.6, rel=1e-6)
    assert np.isfinite(model.shape.mean())
    assert len(model.concentration((0.01, 0.5))) == 2


@shapes
def test_stated_parameters_describe_the_shape(shape) -> None:
    assert shape_from(shape.family, shape.zero_mass, shape.parameters) == shape


def test_a_given_truncation_point_is_kept() -> None:
    model = model_from_shape("esrd", SHAPES["gamma"], cap=10.0)
    mean = SHAPES["gamma"].truncated(10.0).mean
    assert model.truncation == pytest.approx(10.0 / mean)
    assert model.shape.share_above(model.truncation) == pytest.approx(
        float(SHAPES["gamma"].share_above(10.0))
    )


class TestQuantileTable:
    def test_each_class_has_its_share_and_mean(self) -> None:
        held = table()
        above = 0.9 * (1.0 - np.cumsum(held.shares))[:-1]
        cuts = np.concatenate([held.quantiles(above), [1e9]])
        people = np.diff(np.concatenate([[0.0], held.partial_moment(0, cuts)]))
        dollars = np.diff(np.concatenate([[0.0], held.partial_moment(1, cuts)]))
        np.testing.assert_allclose(people, 0.9 * np.array(held.shares), rtol=1e-9)
        np.testing.assert_allclose(dollars / people, held.means, rtol=1e-9)

    def test_mean_is_that_of_the_classes(self) -> None:
        held = table()
        assert held.mean() == pytest.approx(0.9 * np.dot(held.shares, held.means), rel=1e-12)

    def test_moments_by_drawing_evenly_through_the_quantiles(self) -> None:
        held = table()
        u = (np.arange(400_000) + 0.5) / 400_000
        x = np.where(u > ZERO, held.quantiles(np.clip(1.0 - u, 1e-9, 0.9 - 1e-9)), 0.0)
        cap = 12.0
        drawn = np.minimum(x, cap)
        moments = held.truncated(cap)
        assert moments.mean == pytest.approx(drawn.mean(), rel=1e-4)
        assert moments.cv == pytest.approx(drawn.std() / drawn.mean(), rel=1e-4)
        assert moments.share_above == pytest.approx(np.mean(x > cap), abs=1e-5)

    def test_one_class(self) -> None:
        held = QuantileTable(0.5, (1.0,), (4.0,))
        assert held.mean() == pytest.approx(2.0)
        assert held.truncated(3.0).mean == pytest.approx(1.5, rel=1e-3)
