"""Families of spend distributions: zero mass, and one of several shapes for those who spend.

Every family answers the same questions in closed form (incomplete gamma and beta
functions, or sums over the classes of a table), so a spend model may have any of them.
Amounts are per beneficiary and year, annualised, in whatever unit the parameters are in.
References: McDonald, Econometrica 52 (1984) for the generalised beta of the second kind
(GB2) and its moments; Kleiber & Kotz, Statistical Size Distributions (2003), chapters 4-6.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from scipy import special

FloatArray = NDArray[np.float64]

#: The families that are fitted to data, and how they are written for a reader.
FAMILY_NAMES = {
    "lognormal": "lognormal",
    "gamma": "gamma",
    "weibull": "Weibull",
    "burr12": "Burr XII",
    "gb2": "GB2",
    "two_lognormals": "two lognormals",
    "quantile_table": "empirical quantile table",
}


class TruncatedMoments(NamedTuple):
    """Mean and coefficient of variation of ``min(X, cap)``, and the share above the cap."""

    mean: float
    cv: float
    share_above: float


@dataclass(frozen=True)
class Shape(ABC):
    """Spending of one enrollment type: a zero mass, and a distribution above zero.

    Parameters
    ----------
    zero_mass : float
        Share of beneficiaries without any spending in the year.
    """

    zero_mass: float

    @property
    @abstractmethod
    def family(self) -> str:
        """Name of the family, as a spend file writes it."""

    @property
    @abstractmethod
    def parameters(self) -> dict[str, Any]:
        """Parameters of the family, as a spend file writes them; no zero mass."""

    @abstractmethod
    def share_above(self, amount: FloatArray | float) -> FloatArray:
        """Return the share of beneficiaries who spend more than `amount` (> 0)."""

    @abstractmethod
    def partial_moment(self, order: int, amount: FloatArray | float) -> FloatArray:
        """Return E[X**order; X <= amount]."""

    @abstractmethod
    def mean(self) -> float:
        """Return the mean without truncation; infinite where the tail is too heavy."""

    @abstractmethod
    def quantiles(self, upper: FloatArray) -> FloatArray:
        """Return the amounts that shares `upper` (inside (0, 1 - zero mass)) exceed."""

    @abstractmethod
    def scaled(self, factor: float) -> Self:
        """Return the shape of `factor` times the spending."""

    @abstractmethod
    def to_power(self, exponent: float) -> Self:
        """Return the shape of the spending raised to a power: more or less spread out."""

    def log_density(self, log_amount: FloatArray) -> FloatArray:
        """Return the log density of log spending, of those who spend.

        Raises
        ------
        TypeError
            The empirical table has no density, so it is never fitted by likelihood.
        """
        raise TypeError(f"{self.family} has no density")

    @property
    def largest_power(self) -> float:
        """Largest exponent of `to_power` that leaves the mean finite."""
        return np.inf

    def truncated(self, cap: float) -> TruncatedMoments:
        """Return the moments of ``min(X, cap)``."""
        above = float(self.share_above(cap))
        mean = float(self.partial_moment(1, cap)) + cap * above
        second = float(self.partial_moment(2, cap)) + cap * cap * above
        return TruncatedMoments(mean, float(np.sqrt(second - mean * mean)) / mean, above)


@dataclass(frozen=True)
class LognormalMixture(Shape):
    """Zero mass and a mixture of two lognormals.

    Parameters
    ----------
    zero_mass : float
        Share of beneficiaries without any spending in the year.
    high_weight : float
        Share of the second lognormal among the others; 0 leaves one lognormal.
    log_means, log_sds : tuple of two floats
        Parameters of the two lognormals.
    """

    high_weight: float
    log_means: tuple[float, float]
    log_sds: tuple[float, float]

    @property
    def family(self) -> str:
        """``two_lognormals``, or ``lognormal`` where the second has no weight."""
        return "two_lognormals" if self.high_weight else "lognormal"

    @property
    def parameters(self) -> dict[str, Any]:
        """Weight, log means and log standard deviations."""
        if not self.high_weight:
            return {"log_mean": self.log_means[0], "log_sd": self.log_sds[0]}
        return {
            "high_weight": self.high_weight,
            "log_means": list(self.log_means),
            "log_sds": list(self.log_sds),
        }

    def _components(self) -> list[tuple[float, float, float]]:
        positive = 1.0 - self.zero_mass
        weights = (positive * (1.0 - self.high_weight), positive * self.high_weight)
        return list(zip(weights, self.log_means, self.log_sds, strict=True))

    def share_above(self, amount: FloatArray | float) -> FloatArray:
        """Return the share of beneficiaries who spend more than `amount` (> 0)."""
        log_amount = np.log(amount)
        parts = [w * special.ndtr((m - log_amount) / s) for w, m, s in self._components()]
        return np.asarray(sum(parts))

    def partial_moment(self, order: int, amount: FloatArray | float) -> FloatArray:
        """Return E[X**order; X <= amount]."""
        log_amount = np.log(amount)
        parts = [
            w
            * np.exp(order * m + 0.5 * (order * s) ** 2)
            * special.ndtr((log_amount - m) / s - order * s)
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

    def log_density(self, log_amount: FloatArray) -> FloatArray:
        """Return the log density of log spending, of those who spend."""
        weights = np.array([1.0 - self.high_weight, self.high_weight])
        m, s = np.array(self.log_means), np.array(self.log_sds)
        with np.errstate(divide="ignore"):
            logs = np.log(weights) - np.log(s) - 0.5 * np.log(2.0 * np.pi)
        z = (np.asarray(log_amount)[..., None] - m) / s
        return np.asarray(np.logaddexp.reduce(logs - 0.5 * z * z, axis=-1))

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

    def scaled(self, factor: float) -> Self:
        """Return the shape of `factor` times the spending."""
        low, high = self.log_means
        shift = float(np.log(factor))
        return replace(self, log_means=(low + shift, high + shift))

    def to_power(self, exponent: float) -> Self:
        """Return the shape of the spending raised to a power: more or less spread out."""
        (low, high), (narrow, wide) = self.log_means, self.log_sds
        return replace(
            self,
            log_means=(low * exponent, high * exponent),
            log_sds=(narrow * exponent, wide * exponent),
        )


@dataclass(frozen=True)
class GammaPower(Shape):
    """Zero mass and ``scale * G**power`` with G from a standard gamma distribution.

    The generalised gamma: gamma at `power` 1, Weibull at `form` 1.

    Parameters
    ----------
    zero_mass : float
    form : float
        Shape parameter of G.
    power : float
        For a Weibull the reciprocal of its shape parameter.
    scale : float
    """

    form: float
    power: float
    scale: float

    @property
    def family(self) -> str:
        """``gamma``, ``weibull`` or ``generalised_gamma``."""
        if self.power == 1.0:
            return "gamma"
        return "weibull" if self.form == 1.0 else "generalised_gamma"

    @property
    def parameters(self) -> dict[str, Any]:
        """Form, power and scale."""
        return {"form": self.form, "power": self.power, "scale": self.scale}

    def _gamma(self, amount: FloatArray | float) -> FloatArray:
        return np.asarray((np.asarray(amount) / self.scale) ** (1.0 / self.power))

    def share_above(self, amount: FloatArray | float) -> FloatArray:
        """Return the share of beneficiaries who spend more than `amount` (> 0)."""
        above = special.gammaincc(self.form, self._gamma(amount))
        return np.asarray((1.0 - self.zero_mass) * above)

    def _moment(self, order: int) -> float:
        raised = special.gammaln(self.form + order * self.power) - special.gammaln(self.form)
        return float((1.0 - self.zero_mass) * self.scale**order * np.exp(raised))

    def partial_moment(self, order: int, amount: FloatArray | float) -> FloatArray:
        """Return E[X**order; X <= amount]."""
        below = special.gammainc(self.form + order * self.power, self._gamma(amount))
        return np.asarray(self._moment(order) * below)

    def mean(self) -> float:
        """Return the mean without truncation."""
        return self._moment(1)

    def log_density(self, log_amount: FloatArray) -> FloatArray:
        """Return the log density of log spending, of those who spend."""
        t = (log_amount - np.log(self.scale)) / self.power
        rest = special.gammaln(self.form) + np.log(self.power)
        return np.asarray(self.form * t - np.exp(np.minimum(t, 700.0)) - rest)

    def quantiles(self, upper: FloatArray) -> FloatArray:
        """Return the amounts that shares `upper` (inside (0, 1 - zero mass)) exceed."""
        gamma = special.gammainccinv(self.form, upper / (1.0 - self.zero_mass))
        return np.asarray(self.scale * gamma**self.power)

    def scaled(self, factor: float) -> Self:
        """Return the shape of `factor` times the spending."""
        return replace(self, scale=self.scale * factor)

    def to_power(self, exponent: float) -> Self:
        """Return the shape of the spending raised to a power: more or less spread out."""
        return replace(self, power=self.power * exponent, scale=self.scale**exponent)


@dataclass(frozen=True)
class GB2(Shape):
    """Zero mass and a generalised beta of the second kind; Burr XII where `p` is 1.

    ``scale * (B / (1 - B))**(1 / a)`` with B from a beta distribution of `p` and `q`.

    Parameters
    ----------
    zero_mass : float
    a, p, q : float
        Shape: the left tail falls as ``a p``, the right tail as ``a q``.
    scale : float
    """

    a: float
    p: float
    q: float
    scale: float

    @property
    def family(self) -> str:
        """``burr12`` or ``gb2``."""
        return "burr12" if self.p == 1.0 else "gb2"

    @property
    def parameters(self) -> dict[str, Any]:
        """The three shape parameters and the scale."""
        return {"a": self.a, "p": self.p, "q": self.q, "scale": self.scale}

    def _odds(self, amount: FloatArray | float) -> FloatArray:
        return np.asarray((np.asarray(amount) / self.scale) ** self.a)

    def share_above(self, amount: FloatArray | float) -> FloatArray:
        """Return the share of beneficiaries who spend more than `amount` (> 0)."""
        above = special.betainc(self.q, self.p, 1.0 / (1.0 + self._odds(amount)))
        return np.asarray((1.0 - self.zero_mass) * above)

    def partial_moment(self, order: int, amount: FloatArray | float) -> FloatArray:
        """Return E[X**order; X <= amount], finite whatever the tail."""
        step = order / self.a
        odds = self._odds(amount)
        parts = _incomplete_beta(self.p + step, self.q - step, odds)
        per_beta = np.exp(-special.betaln(self.p, self.q))
        return np.asarray((1.0 - self.zero_mass) * self.scale**order * parts * per_beta)

    def mean(self) -> float:
        """Return the mean without truncation; infinite where ``a q`` is at most 1."""
        step = 1.0 / self.a
        if self.q <= step:
            return float(np.inf)
        raised = special.betaln(self.p + step, self.q - step) - special.betaln(self.p, self.q)
        return float((1.0 - self.zero_mass) * self.scale * np.exp(raised))

    def log_density(self, log_amount: FloatArray) -> FloatArray:
        """Return the log density of log spending, of those who spend."""
        u = self.a * (log_amount - np.log(self.scale))
        rest = np.log(self.a) - special.betaln(self.p, self.q)
        return np.asarray(rest + self.p * u - (self.p + self.q) * np.logaddexp(0.0, u))

    def quantiles(self, upper: FloatArray) -> FloatArray:
        """Return the amounts that shares `upper` (inside (0, 1 - zero mass)) exceed."""
        share = np.asarray(upper) / (1.0 - self.zero_mass)
        # B from the side on which it is small, so that neither tail loses digits.
        high = special.betaincinv(self.q, self.p, share)
        low = special.betaincinv(self.p, self.q, 1.0 - share)
        odds = np.where(high < 0.5, (1.0 - high) / high, low / (1.0 - low))
        return np.asarray(self.scale * odds ** (1.0 / self.a))

    def scaled(self, factor: float) -> Self:
        """Return the shape of `factor` times the spending."""
        return replace(self, scale=self.scale * factor)

    def to_power(self, exponent: float) -> Self:
        """Return the shape of the spending raised to a power: more or less spread out."""
        return replace(self, a=self.a / exponent, scale=self.scale**exponent)

    @property
    def largest_power(self) -> float:
        """Largest exponent of `to_power` that leaves the mean finite, with a margin."""
        return 0.95 * self.a * self.q


def _incomplete_beta(first: float, second: float, odds: FloatArray) -> FloatArray:
    # B_z(first, second) at z = odds / (1 + odds); `second` may be negative: DLMF 8.17.20.
    z, rest = odds / (1.0 + odds), 1.0 / (1.0 + odds)
    if second > 0.0:
        whole = np.exp(special.betaln(first, second))
        return np.asarray(whole * special.betainc(first, second, z))
    second = second if abs(second) > 1e-7 else -1e-7
    raised = (first + second) * _incomplete_beta(first, second + 1.0, odds)
    return np.asarray((raised - z**first * rest**second) / second)
