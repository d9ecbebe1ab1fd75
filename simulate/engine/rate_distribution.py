"""The distribution of a savings rate, held as the Fourier series of its density."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]

#: Levels whose quantiles are points of every quadrature.
_LEVELS = (0.05, 0.50, 0.95)
_GRID = 4096
_NODES_PER_CELL = 8


@dataclass(frozen=True)
class RateDistribution:
    """The distribution of the savings rate of a performance year.

    Rates are fractions of the benchmark. A rate without any spread (`sd` 0) is a single
    value; every other one has a density.

    Parameters
    ----------
    mean, sd : float
        Mean and standard deviation.
    half_width : float
        The series repeats outside of mean plus and minus this.
    characteristic : complex128 array, shape (frequencies,)
        E[exp(i k pi (rate - mean) / half_width)] for k = 1, 2, ...
    """

    mean: float
    sd: float
    half_width: float = 0.0
    characteristic: ComplexArray = field(
        default_factory=lambda: np.empty(0, np.complex128), repr=False
    )

    @property
    def frequencies(self) -> FloatArray:
        """Angular frequencies of the series, shape (frequencies,)."""
        steps = np.arange(1, self.characteristic.size + 1, dtype=np.float64)
        return np.asarray(np.pi / self.half_width * steps, dtype=np.float64)

    @property
    def series_error(self) -> float:
        """What the last frequencies still hold: error of a probability by stopping there."""
        last = self.characteristic[-max(self.characteristic.size // 8, 1) :]
        return float(np.abs(last).max())

    @property
    def aliasing_error(self) -> float:
        """Density where the window ends, times the sd: error of a probability by repeating.

        What lies beyond the window is folded into it; where the density falls at least as
        fast as exp(-x/sd) that is no more than this.
        """
        ends = self.mean + self.half_width * np.array([-1.0, -0.999, 0.999, 1.0])
        return float(np.abs(self.density(ends)).max()) * self.sd

    @property
    def error(self) -> float:
        """Estimated error of a probability from inverting the characteristic function."""
        return self.series_error + self.aliasing_error if self.sd else 0.0

    def density(self, rates: FloatArray | float) -> FloatArray:
        """Return the probability density at savings rates inside the window.

        Raises
        ------
        ValueError
            The rate has no spread.
        """
        if not self.sd:
            raise ValueError("a savings rate without spread has no density")
        waves = np.einsum("...k,k->...", self._waves(rates), self.characteristic)
        return np.asarray((0.5 + waves.real) / self.half_width)

    def cdf(self, rates: FloatArray | float) -> FloatArray:
        """Return the probability of a savings rate at or below each of `rates`."""
        if not self.sd:
            return np.asarray(np.asarray(rates) >= self.mean, dtype=np.float64)
        position = (np.asarray(rates) - self.mean) / self.half_width
        terms = self.characteristic / (-1j * self.frequencies)
        start = float((terms * (-1.0) ** np.arange(1, terms.size + 1)).real.sum())
        inside = np.einsum("...k,k->...", self._waves(rates), terms).real - start
        below = 0.5 * (1.0 + position) + inside / self.half_width
        return np.asarray(np.clip(np.where(abs(position) < 1.0, below, position > 0.0), 0.0, 1.0))

    def quantile(self, levels: FloatArray | float) -> FloatArray:
        """Return the savings rate that is not exceeded with probability `levels`."""
        levels = np.asarray(levels, dtype=np.float64)
        if not self.sd:
            return np.full(levels.shape, self.mean)
        rates = np.interp(levels, np.maximum.accumulate(self.grid_cdf), self.grid)
        for _ in range(2):
            slope = np.maximum(self.density(rates), 1e-12 / self.sd)
            step = (levels - self.cdf(rates)) / slope
            rates = rates + np.clip(step, -1e-2 * self.sd, 1e-2 * self.sd)
        return np.asarray(rates)

    @cached_property
    def grid(self) -> FloatArray:
        """Evenly spaced savings rates over the window, rising."""
        return self.mean + self.half_width * np.linspace(-1.0, 1.0, _GRID + 1)

    @cached_property
    def grid_density(self) -> FloatArray:
        """Density on `grid`."""
        coefficients = np.zeros(_GRID // 2 + 1, np.complex128)
        kept = self.characteristic[: _GRID // 2]
        coefficients[0] = 1.0
        # On the grid, which starts at -half_width, the k-th wave starts with (-1)**k.
        coefficients[1 : kept.size + 1] = kept.conj() * (-1.0) ** np.arange(1, kept.size + 1)
        density = np.fft.irfft(coefficients, _GRID) * _GRID / (2.0 * self.half_width)
        return np.append(density, density[0])

    @cached_property
    def grid_cdf(self) -> FloatArray:
        """Distribution function on `grid`."""
        return self.cdf(self.grid)

    @cached_property
    def support(self) -> tuple[float, float]:
        """Savings rates beyond which lies a probability of no consequence (1e-10)."""
        if not self.sd:
            return self.mean, self.mean
        seen = np.flatnonzero(self.grid_density * self.sd > 1e-11)
        return float(self.grid[seen[0]]), float(self.grid[seen[-1]])

    def quadrature(self, breaks: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return savings rates, rising, and weights that integrate over the distribution.

        Exact to rounding for payoffs that are polynomials between `breaks`. The quantiles
        at 5, 50 and 95 % are points of their own, of weight 0.
        """
        if not self.sd:
            return np.array([self.mean]), np.ones(1)
        low, high = self.support
        quantiles = self.quantile(np.array(_LEVELS))
        # Cells short against the shortest wave of the series.
        cells = int(np.ceil((high - low) * self.frequencies[-1] / 4.0))
        inner = np.concatenate([np.linspace(low, high, cells + 1), breaks, quantiles])
        edges = np.unique(inner[(inner >= low) & (inner <= high)])
        nodes, weights = np.polynomial.legendre.leggauss(_NODES_PER_CELL)
        half = 0.5 * np.diff(edges)[:, None]
        rates = (edges[:-1, None] + half * (1.0 + nodes)).ravel()
        weight = (half * weights).ravel() * np.maximum(self.density(rates), 0.0)
        at = np.searchsorted(rates, quantiles)
        return np.insert(rates, at, quantiles), np.insert(weight / weight.sum(), at, 0.0)

    def _waves(self, rates: FloatArray | float) -> ComplexArray:
        offset = np.asarray(rates, dtype=np.float64) - self.mean
        return np.asarray(np.exp(-1j * offset[..., None] * self.frequencies))
