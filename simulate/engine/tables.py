"""Spend models as integer tables, and the truncation that a year's scale asks for.

Scale and truncation belong together. CMS truncates what was spent, so when all
spending of a year is scaled by s, a beneficiary counts min(s Q, T). True savings,
shocks and calibrated noise are all stated as CMS measures them, on truncated
spending; so for each year the engine is given the factor f by which truncated
spending changes, and solves for the scale s with E[min(s Q, T)] = f.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulate.errors import UserError
from simulate.kernels.people import LARGEST_CAP, LEVELS
from simulate.population.spend import FloatArray, SpendModel

#: Largest truncation point in a table, as a multiple of the model's own: the smallest
#: scale of a year is its reciprocal.
_HEADROOM = 8.0
#: Largest relative error of the standard deviation of truncated spending that a table may have.
_LARGEST_MISS = 0.002
#: Smallest factor that a truncation point is solved for; what is spent still follows the factor.
_SMALLEST_FACTOR = 0.2


class SpendTable:
    """Equally likely levels of one enrollment type's spending, as integers.

    Parameters
    ----------
    model : SpendModel

    Attributes
    ----------
    levels : uint32 array, shape (LEVELS,)
        Rising; class means, so that the mean is exact however coarse the classes.
    unit : float
        Integers per truncated mean.
    """

    def __init__(self, model: SpendModel) -> None:
        self.truncation = model.truncation
        self.unit = LARGEST_CAP / (_HEADROOM * model.truncation)
        means = np.rint(model.level_means(LEVELS) * self.unit)
        self.levels = np.minimum(means, 2.0**32 - 1.0).astype(np.uint32)
        self._below = np.concatenate([[0.0], np.cumsum(self.levels, dtype=np.float64)])
        # f at a cap equal to each level: falls as the cap rises, so it is stored reversed.
        caps = np.maximum(self.levels.astype(np.float64), 1.0)
        self._factor_at_level = self._factor(caps, np.arange(LEVELS))[::-1]
        self._check_spread(model)

    def _check_spread(self, model: SpendModel) -> None:
        """Refuse a model whose truncation lies where the classes are too coarse."""
        counted = np.minimum(self.levels, self.caps_for(np.ones(1))[0])
        found = float(counted.std() / counted.mean())
        if abs(found / model.truncated_cv - 1.0) > _LARGEST_MISS:
            raise UserError(
                f"spend model of {model.enrollment_type}: truncation_multiple = "
                f"{model.truncation:g} lies so far out that {LEVELS:,} classes of spending miss "
                f"its standard deviation by {abs(found / model.truncated_cv - 1.0):.1%}. CMS "
                "truncates at the 99th percentile; state a truncation that at least 1 beneficiary "
                "in 1,000 reaches."
            )

    def _mean(self, caps: FloatArray, levels_below: NDArray[Any]) -> FloatArray:
        capped = (LEVELS - levels_below) * caps
        return np.asarray((self._below[levels_below] + capped) / LEVELS)

    def _factor(self, caps: FloatArray, levels_below: NDArray[Any]) -> FloatArray:
        return np.asarray(self.truncation * self._mean(caps, levels_below) / caps)

    def caps_for(self, factors: FloatArray) -> NDArray[np.uint32]:
        """Return the truncation point, before the year's scale, for each factor of a year."""
        factors = np.maximum(factors, _SMALLEST_FACTOR)
        levels_below = LEVELS - np.searchsorted(self._factor_at_level, factors, side="left")
        # Where no level is truncated the cap follows from the mean alone.
        share_above = self.truncation * (LEVELS - levels_below) / LEVELS
        caps = self.truncation * self._below[levels_below] / (LEVELS * (factors - share_above))
        whole: NDArray[np.uint32] = np.clip(np.rint(caps), 1.0, LARGEST_CAP).astype(np.uint32)
        return whole

    def dollars_per_unit(self, factors: FloatArray, caps: NDArray[np.uint32]) -> FloatArray:
        """Return what an integer unit is worth, so that the mean is exactly the factor.

        In truncated means; times the benchmark per capita it is dollars per person-year.
        """
        levels_below = np.searchsorted(self.levels, caps, side="left")
        return np.asarray(factors / self._mean(caps.astype(np.float64), levels_below))
