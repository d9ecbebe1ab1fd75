"""The empirical family: a table of classes, each known by its share and its mean alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np

from simulate.population.families import FloatArray, Shape


@dataclass(frozen=True)
class QuantileTable(Shape):
    """Zero mass and a table of classes, each known by its share and its mean alone.

    Between the class means the density is constant; a class reaches half-way to its
    neighbours' means and is split at its own mean so that the mean is met exactly.

    Parameters
    ----------
    zero_mass : float
    shares : tuple of float
        Share of each class among those who spend; they add up to 1.
    means : tuple of float
        Mean spending of each class, rising, above zero.
    """

    shares: tuple[float, ...]
    means: tuple[float, ...]

    @property
    def family(self) -> str:
        """``quantile_table``."""
        return "quantile_table"

    @property
    def parameters(self) -> dict[str, Any]:
        """Shares and means of the classes."""
        return {"shares": list(self.shares), "means": list(self.means)}

    @cached_property
    def _edges(self) -> FloatArray:
        means = np.array(self.means)
        inner = 0.5 * (means[1:] + means[:-1])
        if means.size == 1:
            inner = means * 1.0
        edges = np.empty(2 * means.size + 1)
        edges[1::2] = means
        edges[2:-1:2] = inner[: means.size - 1]
        edges[0] = max(0.0, 2.0 * means[0] - inner[0])
        edges[-1] = 2.0 * means[-1] - inner[-1] if means.size > 1 else 1.000001 * means[0]
        edges[0] = min(edges[0], 0.999999 * means[0])
        return edges

    @cached_property
    def _weights(self) -> FloatArray:
        low, middle, high = self._edges[:-1:2], self._edges[1::2], self._edges[2::2]
        shares = (1.0 - self.zero_mass) * np.array(self.shares) / sum(self.shares)
        weights = np.empty(2 * shares.size)
        weights[::2] = shares * (high - middle) / (high - low)
        weights[1::2] = shares * (middle - low) / (high - low)
        return weights

    def _cumulated(self, order: int) -> FloatArray:
        low, high = self._edges[:-1], self._edges[1:]
        powers = (high ** (order + 1) - low ** (order + 1)) / ((order + 1) * (high - low))
        return np.concatenate([[0.0], np.cumsum(self._weights * powers)])

    def partial_moment(self, order: int, amount: FloatArray | float) -> FloatArray:
        """Return E[X**order; X <= amount]; above zero spending for order 0."""
        at = np.clip(amount, self._edges[0], self._edges[-1])
        cell = np.clip(
            np.searchsorted(self._edges, at, side="right") - 1, 0, self._weights.size - 1
        )
        low, width = self._edges[cell], np.diff(self._edges)[cell]
        inside = (at ** (order + 1) - low ** (order + 1)) / ((order + 1) * width)
        return np.asarray(self._cumulated(order)[cell] + self._weights[cell] * inside)

    def share_above(self, amount: FloatArray | float) -> FloatArray:
        """Return the share of beneficiaries who spend more than `amount` (> 0)."""
        above = (1.0 - self.zero_mass) - self.partial_moment(0, amount)
        return np.asarray(np.maximum(above, 0.0))

    def mean(self) -> float:
        """Return the mean without truncation: that of the classes."""
        return float(self._cumulated(1)[-1])

    def quantiles(self, upper: FloatArray) -> FloatArray:
        """Return the amounts that shares `upper` (inside (0, 1 - zero mass)) exceed."""
        below = (1.0 - self.zero_mass) - np.asarray(upper)
        return np.interp(below, self._cumulated(0), self._edges)

    def scaled(self, factor: float) -> Self:
        """Return the shape of `factor` times the spending."""
        return replace(self, means=tuple(factor * m for m in self.means))

    def to_power(self, exponent: float) -> Self:
        """Return the table of its class means raised to a power."""
        return replace(self, means=tuple(float(m**exponent) for m in self.means))
