"""Integer tables of spending against the exact closed form."""

from __future__ import annotations

import numpy as np
import pytest
from engine_cases import MODELS
from scipy import integrate
from scipy.optimize import brentq

from simulate.engine.tables import SpendTable
from simulate.kernels.people import LEVELS
from simulate.population.spend import default_model, with_truncated_cv

ALL = {
    **{m.enrollment_type: m for m in MODELS},
    "cv 0.6": with_truncated_cv(default_model("aged_dual"), 0.6),
    "cv 3": with_truncated_cv(default_model("disabled"), 3.0),
}
models = pytest.mark.parametrize("model", ALL.values(), ids=ALL.keys())


def table_values(table: SpendTable, factor: float) -> np.ndarray:
    """Spending of every level in a year of this factor, in truncated means."""
    cap = table.caps_for(np.array([factor]))
    worth = table.dollars_per_unit(np.array([factor]), cap)
    return np.minimum(table.levels, cap[0]).astype(np.float64) * worth[0]


def exact_scale(model, factor: float) -> float:
    """The scale s with E[min(s Q, T)] = factor."""
    return brentq(
        lambda s: s * model.shape.truncated(model.truncation / s).mean - factor, 0.2, 6.0,
        xtol=1e-15,
    )  # fmt: skip


@pytest.mark.parametrize("factor", [0.8, 0.9, 0.95, 1.0, 1.05, 1.1, 1.2])
@models
def test_mean_and_sd_within_0_02_percent_of_the_exact(model, factor) -> None:
    scale = exact_scale(model, factor)
    exact = model.shape.truncated(model.truncation / scale)
    values = table_values(SpendTable(model), factor)
    assert scale * exact.mean == pytest.approx(factor, rel=1e-12)
    assert values.mean() == pytest.approx(factor, rel=1e-12)
    assert values.std() == pytest.approx(scale * exact.mean * exact.cv, rel=2e-4)
    # What is truncated is the truncation point, at every scale.
    assert values.max() == pytest.approx(model.truncation, rel=2e-4)


@models
def test_truncated_mean_and_sd_against_quadrature(model) -> None:
    shape, cap = model.shape, model.truncation

    def moment(order: int) -> float:
        low = min(m - 9 * s for m, s in zip(shape.log_means, shape.log_sds, strict=True))
        inside = integrate.quad(
            lambda y: np.exp((order + 1) * y) * float(shape.density(np.exp(y))),
            low, np.log(cap), limit=400, epsrel=1e-10, points=list(shape.log_means),
        )[0]  # fmt: skip
        return inside + 0.01 * cap**order

    values = table_values(SpendTable(model), 1.0)
    mean = moment(1)
    assert mean == pytest.approx(1.0, rel=1e-8)
    assert values.mean() == pytest.approx(mean, rel=2e-4)
    assert values.std() == pytest.approx(np.sqrt(moment(2) - mean**2), rel=2e-4)


@models
def test_levels_are_rounded_class_means(model) -> None:
    table = SpendTable(model)
    assert table.levels.dtype == np.uint32
    assert table.levels.shape == (LEVELS,)
    assert np.all(np.diff(table.levels.astype(np.int64)) >= 0)
    means = model.level_means(LEVELS)
    np.testing.assert_allclose(table.levels / table.unit, means, atol=0.5001 / table.unit)
    # Rounding moves no level by a ten thousandth of the mean, and no sum of many at all.
    assert table.unit > 1e4


@models
def test_caps_for_inverts(model) -> None:
    table = SpendTable(model)
    factors = np.linspace(0.3, 1.8, 301)
    caps = table.caps_for(factors)
    assert np.all(np.diff(caps.astype(np.int64)) < 0)
    # At cap c the scale of the year is T/c, and E[min(Q, c)] T/c must be the factor.
    means = np.minimum(table.levels[None, :], caps[:, None]).mean(axis=1, dtype=np.float64)
    found = means * table.truncation / caps
    # Below the highest level; the mean is exact beyond it too, by the worth of a unit.
    inside = caps <= table.levels[-1]
    assert np.all(inside[factors >= 0.6])
    # The cap is a whole number: half a unit off moves the factor by less than that part of it.
    assert np.all(np.abs(found / factors - 1.0)[inside] <= 0.51 / caps[inside])


@models
def test_worth_of_a_unit_makes_the_mean_exact(model) -> None:
    table = SpendTable(model)
    factors = np.array([0.6, 0.97, 1.0, 1.03, 1.5])
    caps = table.caps_for(factors)
    worth = table.dollars_per_unit(factors, caps)
    means = np.minimum(table.levels[None, :], caps[:, None]).mean(axis=1, dtype=np.float64)
    np.testing.assert_allclose(worth * means, factors, rtol=1e-14)
    # Before rounding of the cap a unit is worth scale/unit.
    np.testing.assert_allclose(worth * table.unit, table.truncation * table.unit / caps, rtol=1e-5)


@models
def test_no_savings_means_the_models_own_truncation(model) -> None:
    table = SpendTable(model)
    cap = table.caps_for(np.array([1.0]))[0]
    assert cap / table.unit == pytest.approx(model.truncation, rel=1e-6)


def test_factors_of_any_shape() -> None:
    table = SpendTable(MODELS[3])
    factors = np.array([[0.9, 1.0, 1.1], [0.95, 1.02, 1.2]])
    caps = table.caps_for(factors)
    assert caps.shape == (2, 3)
    assert caps[1, 2] == table.caps_for(np.array([1.2]))[0]
    assert table.dollars_per_unit(factors, caps).shape == (2, 3)
