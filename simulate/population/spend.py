"""Spend distributions by enrollment type: zero mass and a mixture of two lognormals.

Everything here is per beneficiary and year, annualised, and relative: a model's
truncated mean is 1, so that the population can put each type at its benchmark.
CMS truncates a beneficiary's annualised spending at the national 99th percentile
of the type (42 CFR 425.604(a)(4), 425.605(a)(3), 425.610(a)(4)); what is simulated
and what it is measured against are both on that truncated basis.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

import numpy as np
import yaml
from numpy.typing import NDArray
from scipy.special import ndtr

from simulate.data.enrollment import ENROLLMENT_TYPES
from simulate.errors import UserError

FloatArray = NDArray[np.float64]

#: Share of a type's beneficiaries beyond the truncation point (42 CFR 425.605(a)(3)).
TRUNCATED_SHARE = 0.01


class TruncatedMoments(NamedTuple):
    """Mean and coefficient of variation of ``min(X, cap)``, and the share above the cap."""

    mean: float
    cv: float
    share_above: float


@dataclass(frozen=True)
class SpendShape:
    """Zero mass and a mixture of two lognormals.

    Parameters
    ----------
    zero_mass : float
        Share of beneficiaries without any spending in the year.
    high_weight : float
        Share of the second, high-cost lognormal among the others.
    log_means, log_sds : tuple of two floats
        Parameters of the two lognormals.
    """

    zero_mass: float
    high_weight: float
    log_means: tuple[float, float]
    log_sds: tuple[float, float]

    def _components(self) -> list[tuple[float, float, float]]:
        positive = 1.0 - self.zero_mass
        weights = (positive * (1.0 - self.high_weight), positive * self.high_weight)
        return list(zip(weights, self.log_means, self.log_sds, strict=True))

    def share_above(self, amount: FloatArray | float) -> FloatArray:
        """Return the share of beneficiaries who spend more than `amount` (> 0)."""
        log_amount = np.log(amount)
        parts = [w * ndtr((m - log_amount) / s) for w, m, s in self._components()]
        return np.asarray(sum(parts))

    def partial_moment(self, order: int, amount: FloatArray | float) -> FloatArray:
        """Return E[X**order; X <= amount]."""
        log_amount = np.log(amount)
        parts = [
            w * np.exp(order * m + 0.5 * (order * s) ** 2) * ndtr((log_amount - m) / s - order * s)
            for w, m, s in self._components()
        ]
        return np.asarray(sum(parts))

    def mean(self) -> float:
        """Return the mean without truncation."""
        return float(sum(w * np.exp(m + 0.5 * s * s) for w, m, s in self._components()))

    def density(self, amount: FloatArray) -> FloatArray:
        """Return the density at amounts above zero."""
        log_amount = np.log(amount)
        parts = [
            w * np.exp(-0.5 * ((log_amount - m) / s) ** 2) / (s * np.sqrt(2.0 * np.pi))
            for w, m, s in self._components()
        ]
        return np.asarray(sum(parts) / amount)

    def truncated(self, cap: float) -> TruncatedMoments:
        """Return the moments of ``min(X, cap)``."""
        above = float(self.share_above(cap))
        mean = float(self.partial_moment(1, cap)) + cap * above
        second = float(self.partial_moment(2, cap)) + cap * cap * above
        return TruncatedMoments(mean, float(np.sqrt(second - mean * mean)) / mean, above)

    def quantiles(self, upper: FloatArray) -> FloatArray:
        """Return the amounts that shares `upper` (falling inside (0, 1 - zero mass)) exceed.

        Interpolated on a fine grid, then polished by Newton steps in the logarithm
        until the share is met to rounding error.
        """
        reach = 9.5
        low = min(m - reach * s for _, m, s in self._components())
        high = max(m + reach * s for _, m, s in self._components())
        grid = np.linspace(low, high, 8192)
        shares = self.share_above(np.exp(grid))
        log_amount = np.interp(-upper, -shares, grid)
        for _ in range(6):
            amount = np.exp(log_amount)
            slope = np.maximum(self.density(amount) * amount, 1e-300)
            step = (self.share_above(amount) - upper) / slope
            log_amount = log_amount + np.clip(step, -0.05, 0.05)
        return np.exp(log_amount)

    def scaled(self, factor: float) -> SpendShape:
        """Return the shape of `factor` times the spending."""
        low, high = self.log_means
        shift = float(np.log(factor))
        return replace(self, log_means=(low + shift, high + shift))

    def to_power(self, exponent: float) -> SpendShape:
        """Return the shape of the spending raised to a power: more or less spread out."""
        (low, high), (narrow, wide) = self.log_means, self.log_sds
        return replace(
            self,
            log_means=(low * exponent, high * exponent),
            log_sds=(narrow * exponent, wide * exponent),
        )


@dataclass(frozen=True)
class SpendModel:
    """The spending of one enrollment type, in units of its own truncated mean.

    Parameters
    ----------
    enrollment_type : str
        One of `ENROLLMENT_TYPES`.
    shape : SpendShape
        Distribution of annualised spending; its truncated mean is 1.
    truncation : float
        The truncation point, the 99th percentile, as a multiple of the truncated mean.
    """

    enrollment_type: str
    shape: SpendShape
    truncation: float

    @property
    def truncated_cv(self) -> float:
        """Coefficient of variation of truncated spending."""
        return self.shape.truncated(self.truncation).cv

    @property
    def lost_to_truncation(self) -> float:
        """Share of all spending that lies above the truncation point."""
        return 1.0 - self.shape.truncated(self.truncation).mean / self.shape.mean()

    def concentration(self, tops: tuple[float, ...]) -> list[float]:
        """Return the share of untruncated spending of the top share(s) of beneficiaries."""
        cut = self.shape.quantiles(np.array(tops))
        return list(1.0 - self.shape.partial_moment(1, cut) / self.shape.mean())

    def level_means(self, levels: int) -> FloatArray:
        """Return the mean spending within each of `levels` equally likely classes, rising.

        The mean of the returned values is the untruncated mean, however few levels.
        """
        upper = 1.0 - np.arange(1, levels) / levels
        inside = upper < 1.0 - self.shape.zero_mass
        below = np.zeros(levels + 1)
        cuts = self.shape.quantiles(upper[inside])
        below[1:levels][inside] = self.shape.partial_moment(1, cuts)
        below[levels] = self.shape.mean()
        return np.diff(below) * levels


def model_from_shape(enrollment_type: str, shape: SpendShape) -> SpendModel:
    """Put a shape on truncated mean 1 with its truncation at the 99th percentile."""
    cap = float(shape.quantiles(np.array([TRUNCATED_SHARE]))[0])
    mean = shape.truncated(cap).mean
    return SpendModel(enrollment_type, shape.scaled(1.0 / mean), cap / mean)


@cache
def spend_defaults() -> dict[str, Any]:
    """Return the default spend model as data: parameters, targets and their sources."""
    folder = resources.files("simulate.population")
    data: dict[str, Any] = yaml.safe_load(folder.joinpath("spend_defaults.yaml").read_text("utf-8"))
    return data


@cache
def default_model(enrollment_type: str) -> SpendModel:
    """Return the default spend model of an enrollment type."""
    stated = spend_defaults()["types"][enrollment_type]["shape"]
    shape = SpendShape(
        stated["zero_mass"],
        stated["high_weight"],
        tuple(stated["log_means"]),
        tuple(stated["log_sds"]),
    )
    return model_from_shape(enrollment_type, shape)


def with_truncated_cv(model: SpendModel, cv: float) -> SpendModel:
    """Return the model with another truncated coefficient of variation.

    All log amounts are stretched by one factor, which is solved for; the
    truncation point stays the 99th percentile.

    Raises
    ------
    UserError
        No stretch of this shape has that coefficient of variation.
    """
    from scipy.optimize import brentq

    def excess(exponent: float) -> float:
        shape = model.shape.to_power(exponent)
        return model_from_shape(model.enrollment_type, shape).truncated_cv - cv

    low, high = 0.05, 2.5
    if not excess(low) < 0.0 < excess(high):
        limits = excess(low) + cv, excess(high) + cv
        raise UserError(
            f"truncated_cv.{model.enrollment_type} = {cv:g}: the default shape reaches "
            f"{limits[0]:.2f} to {limits[1]:.2f}. Published values are near 0.6 for ESRD and "
            "1.7 to 1.95 for the other enrollment types."
        )
    return model_from_shape(model.enrollment_type, model.shape.to_power(brentq(excess, low, high)))


def spend_models(truncated_cv: Mapping[str, float] | None = None) -> tuple[SpendModel, ...]:
    """Return the spend models of the four enrollment types, in order.

    Parameters
    ----------
    truncated_cv : mapping, optional
        Truncated coefficient of variation by enrollment type where it is not the default.
    """
    wanted = truncated_cv or {}
    models = []
    for enrollment_type in ENROLLMENT_TYPES:
        model = default_model(enrollment_type)
        cv = wanted.get(enrollment_type)
        models.append(model if cv is None else with_truncated_cv(model, cv))
    return tuple(models)
