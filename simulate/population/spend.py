"""Spend models by enrollment type: a family's shape, its truncation, and the defaults.

Everything here is per beneficiary and year, annualised, and relative: a model's
truncated mean is 1, so that the population can put each type at its benchmark.
CMS truncates a beneficiary's annualised spending at the national 99th percentile
of the type (42 CFR 425.604(a)(4), 425.605(a)(3), 425.610(a)(4)); what is simulated
and what it is measured against are both on that truncated basis.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import yaml

from simulate.data.enrollment import ENROLLMENT_TYPES
from simulate.errors import UserError
from simulate.population.families import (
    FloatArray,
    LognormalMixture,
    Shape,
    TruncatedMoments,
)

__all__ = [
    "TRUNCATED_SHARE",
    "FloatArray",
    "SpendModel",
    "SpendShape",
    "TruncatedMoments",
    "default_model",
    "model_from_shape",
    "spend_defaults",
    "spend_models",
    "with_truncated_cv",
]

#: Share of a type's beneficiaries beyond the truncation point (42 CFR 425.605(a)(3)).
TRUNCATED_SHARE = 0.01


#: The default family; `simulate.population.families` has the others.
SpendShape = LognormalMixture


@dataclass(frozen=True)
class SpendModel:
    """The spending of one enrollment type, in units of its own truncated mean.

    Parameters
    ----------
    enrollment_type : str
        One of `ENROLLMENT_TYPES`.
    shape : Shape
        Distribution of annualised spending, of any family; its truncated mean is 1.
    truncation : float
        The truncation point as a multiple of the truncated mean: the 99th percentile, or
        where data were truncated.
    """

    enrollment_type: str
    shape: Shape
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


def model_from_shape(enrollment_type: str, shape: Shape, cap: float | None = None) -> SpendModel:
    """Put a shape on truncated mean 1; truncated at `cap`, or at its 99th percentile."""
    if cap is None:
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

    low, high = 0.05, min(2.5, model.shape.largest_power)
    if not excess(low) < 0.0 < excess(high):
        limits = excess(low) + cv, excess(high) + cv
        raise UserError(
            f"truncated_cv.{model.enrollment_type} = {cv:g}: this spend shape reaches "
            f"{limits[0]:.2f} to {limits[1]:.2f}. Published values are near 0.6 for ESRD and "
            "1.7 to 1.95 for the other enrollment types."
        )
    return model_from_shape(model.enrollment_type, model.shape.to_power(brentq(excess, low, high)))


def spend_models(
    truncated_cv: Mapping[str, float] | None = None,
    base: tuple[SpendModel, ...] | None = None,
) -> tuple[SpendModel, ...]:
    """Return the spend models of the four enrollment types, in order.

    Parameters
    ----------
    truncated_cv : mapping, optional
        Truncated coefficient of variation by enrollment type where it is not the model's.
    base : tuple of SpendModel, optional
        Models to start from, as read from a spend file; the default models if left out.
    """
    wanted = truncated_cv or {}
    models = []
    for model in base or tuple(default_model(name) for name in ENROLLMENT_TYPES):
        cv = wanted.get(model.enrollment_type)
        models.append(model if cv is None else with_truncated_cv(model, cv))
    return tuple(models)
