"""The exact distribution of one year's savings rate: no sampling, no seed.

The model is that of `simulate.engine.years`. At a given factor f of the year the
expenditure is a sum over independent beneficiaries, so its characteristic function
is a product of powers. The function of one beneficiary is that of a moment-matched
discretisation: zero and the truncation point as they are, and between them classes,
each replaced by two points with its mass, mean and variance. In f the logarithm of
the product is smooth; it is taken at Chebyshev nodes and interpolated. What is shared
(practices, common shock, true savings) is integrated by Gauss-Hermite quadrature, and
the characteristic function of the savings rate is inverted by a Fourier series on a
window that is widened until the density at its ends has died away (aliasing), with
frequencies added until the function has died away (truncation of the series).

Fourier series of a distribution function: J. Abate & W. Whitt, Queueing Systems 10
(1992) 5-88.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import roots_hermitenorm

from simulate.engine.rate_distribution import RateDistribution
from simulate.engine.years import View
from simulate.errors import UserError
from simulate.population.population import Noise, Population

FloatArray = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]

#: Classes of one beneficiary's spending between zero and the truncation point.
_CLASSES = 256
#: Below it spending counts as zero.
_TINY = 1e-300
_NEWTON_STEPS = 60

#: Reach of the frequencies and half width of the window, in standard deviations.
_REACH, _LARGEST_REACH = 9.0, 300.0
_WINDOW, _LARGEST_WINDOW = 16.0, 64.0
_DIED_AWAY = 1e-10
#: A savings rate with less spread than this is a single value.
_CERTAIN = 1e-12

#: Largest error of a probability from the inversion.
_LARGEST_ERROR = 1e-9
#: Factors of a year between which people's spending is scaled, and the largest probability
#: of a year beyond them.
_FACTORS = (0.1, 4.0)
_BEYOND_FACTORS = 1e-7
_SMALLEST_WEIGHT = 1e-16


class SpendLaw(Protocol):
    """What is asked of the distribution of one beneficiary's spending."""

    def share_above(self, amount: FloatArray | float) -> FloatArray:
        """Return the share of beneficiaries who spend more than `amount` (> 0)."""

    def partial_moment(self, order: int, amount: FloatArray | float) -> FloatArray:
        """Return E[X**order; X <= amount]."""


class Points(NamedTuple):
    """A discrete distribution: amounts and their probabilities, arrays of one shape."""

    amounts: FloatArray
    weights: FloatArray


def truncated_points(law: SpendLaw, cap: float, classes: int = _CLASSES) -> Points:
    """Discretise ``min(X, cap)``; total mass, mean and variance are exact.

    Zero and `cap` are points with their own mass. The classes between them are finer
    near zero, where most people are; each becomes two points, its mean plus and minus
    its standard deviation.
    """
    edges = cap * (np.arange(classes + 1) / classes) ** 2
    edges[0] = _TINY
    above = np.asarray(law.share_above(edges))
    mass = -np.diff(above)
    divisor = np.where(mass > 0.0, mass, 1.0)
    mean = np.diff(law.partial_moment(1, edges)) / divisor
    square = np.diff(law.partial_moment(2, edges)) / divisor
    sd = np.sqrt(np.maximum(square - mean * mean, 0.0))
    return Points(
        np.concatenate([[0.0], mean - sd, mean + sd, [cap]]),
        np.concatenate([[1.0 - above[0]], 0.5 * mass, 0.5 * mass, [above[-1]]]),
    )


def cap_for(law: SpendLaw, truncation: float, factor: float) -> float:
    """Return the truncation point c before the year's scale s, where c = `truncation`/s.

    Solves E[min(s X, truncation)] = `factor`. In 1/c the mean of min(X/c, 1) is rising and
    concave, so that Newton's steps from near zero never overshoot.
    """
    inverse, wanted = 1e-6 / truncation, factor / truncation
    for _ in range(_NEWTON_STEPS):
        below = float(law.partial_moment(1, 1.0 / inverse))
        step = (wanted - inverse * below - float(law.share_above(1.0 / inverse))) / below
        inverse += step
        if abs(step) <= 1e-15 * inverse:
            break
    return 1.0 / inverse


class _People:
    """The people's deviation from what a year's factor lets expect, per dollar of benchmark.

    Held at Chebyshev nodes between two factors; in between by the polynomial through them.
    """

    def __init__(self, population: Population, kept: float, low: float, high: float) -> None:
        count = 1 if high - low < 1e-12 else 8 + math.ceil(12.0 * math.log(high / low))
        angles = np.pi * (np.arange(count) + 0.5) / count
        self.nodes = 0.5 * (low + high) - 0.5 * (high - low) * np.cos(angles)
        self._barycentric = np.sin(angles) * (-1.0) ** np.arange(count)
        self._types = [
            (count, kept * amount / (count * population.benchmark), model)
            for count, amount, model in zip(
                population.beneficiaries,
                population.benchmark_by_type,
                population.models,
                strict=True,
            )
            if count and amount and kept
        ]
        self._points = [list(self._deviations(kind)) for kind in range(len(self._types))]

    def _deviations(self, kind: int) -> Iterator[Points]:
        """Yield one beneficiary's deviation at each node, per dollar of the benchmark."""
        _, worth, model = self._types[kind]
        for factor in self.nodes:
            cap = cap_for(model.shape, model.truncation, factor)
            amounts, weights = truncated_points(model.shape, cap)
            yield Points(worth * (amounts * model.truncation / cap - factor), weights)

    def variances(self) -> FloatArray:
        """Return the variance of the deviation at each node."""
        total = np.zeros(self.nodes.size)
        for (count, _, _), at_nodes in zip(self._types, self._points, strict=True):
            total += [count * float(p.weights @ p.amounts**2) for p in at_nodes]
        return total

    def log_characteristic(self, step: float, frequencies: int) -> ComplexArray:
        """Return log E[exp(-i k step deviation)], shape (nodes, frequencies), k from 1.

        Products here are small, and einsum's: the threads of a matrix product would wait
        for each other longer than they work.
        """
        total = np.zeros((self.nodes.size, frequencies), dtype=np.complex128)
        for (count, _, _), at_nodes in zip(self._types, self._points, strict=True):
            for row, points in zip(total, at_nodes, strict=True):
                waves = _powers_less_one(np.expm1(-1j * step * points.amounts), frequencies)
                row += count * _log_of_one_plus(np.einsum("i,ik->k", points.weights, waves))
        return total

    def interpolation(self, factors: FloatArray) -> FloatArray:
        """Return the matrix from values at the nodes to values at `factors`."""
        if self.nodes.size == 1:
            return np.ones((factors.size, 1))
        distance = factors[:, None] - self.nodes
        hit = distance == 0.0
        terms = self._barycentric / np.where(hit, 1.0, distance)
        weights = terms / terms.sum(axis=1, keepdims=True)
        return np.asarray(np.where(hit.any(axis=1, keepdims=True), hit, weights))


def _powers_less_one(less_one: ComplexArray, count: int) -> ComplexArray:
    """Return (1 + z)**k - 1 for k from 1 to `count`, shape (numbers, count).

    Carried without the 1, so that no digits are lost where z is small.
    """
    powers = np.empty((less_one.size, count), dtype=np.complex128)
    powers[:, 0] = less_one
    done = 1
    while done < count:
        more = min(done, count - done)
        first, last = powers[:, :more], powers[:, done - 1 : done]
        powers[:, done : done + more] = first + last + first * last
        done += more
    return powers


def _log_of_one_plus(z: ComplexArray) -> ComplexArray:
    """Return log(1 + z) along a path of frequencies: the angle does not jump."""
    modulus = 0.5 * np.log1p(2.0 * z.real + z.real**2 + z.imag**2)
    return np.asarray(modulus + 1j * np.unwrap(np.arctan2(z.imag, 1.0 + z.real)))


class _Shared(NamedTuple):
    """Quadrature over what is shared; arrays of shape (nodes,).

    The factor of a year, the savings rate that it brings without the people's deviation,
    and the weight.
    """

    factor: FloatArray
    rate: FloatArray
    weight: FloatArray


def _shared(noise: Noise, view: View, reach: float) -> _Shared:
    """Integrate over practices, common shock and true savings by Gauss-Hermite.

    Nodes suffice for frequencies up to `reach`. True savings that are as stated shift
    the rate and nothing else: their part is known in closed form and left out here.
    """
    uncertain = 0.0 if noise.as_stated else view.sd
    sds = (noise.practice_sd, noise.common_shock_sd, uncertain)
    rules = [_normal_rule(sd, reach) for sd in sds]
    practices, shock, savings = np.meshgrid(*(nodes for nodes, _ in rules), indexing="ij")
    by_source = np.meshgrid(*(weights for _, weights in rules), indexing="ij")
    weight = np.prod(by_source, axis=0)
    sd = noise.common_shock_sd
    factor = (1.0 + noise.practice_sd * practices) * np.exp(sd * shock - 0.5 * sd * sd)
    if not noise.as_stated:
        factor *= 1.0 - view.mean - uncertain * savings
    rate = 1.0 - factor + (view.mean if noise.as_stated else 0.0)
    counts = weight > _SMALLEST_WEIGHT
    kept = weight[counts]
    return _Shared(factor[counts], rate[counts], kept / kept.sum())


def _normal_rule(sd: float, reach: float) -> tuple[FloatArray, FloatArray]:
    """Return nodes and weights for a standard normal that moves the rate by `sd`.

    The count of nodes integrates exp(i u z) to 1e-13 for u up to `reach` times `sd`
    (measured for u from 0.5 to 16).
    """
    if sd == 0.0:
        return np.zeros(1), np.ones(1)
    u = reach * sd
    nodes, weights = roots_hermitenorm(math.ceil(10.0 + 4.0 * u + 0.25 * u * u))
    return nodes, weights / weights.sum()


def savings_rate_distribution(population: Population, noise: Noise, view: View) -> RateDistribution:
    """Return the distribution of the savings rate of one performance year.

    Parameters
    ----------
    population, noise
        Who is assigned, and what moves them together.
    view : View
        The true savings, fractions of the benchmark.

    Returns
    -------
    RateDistribution
        Rates are fractions of the benchmark; its `error` is below 1e-9.

    Raises
    ------
    UserError
        See `refuse_if_inexact`; or so few beneficiaries, with so little shared noise,
        that the savings rate has no density.
    """
    refuse_if_inexact(noise, view)
    sd = _standard_deviation(population, noise, view)
    if sd < _CERTAIN:
        return RateDistribution(view.mean, 0.0)
    reach, window = _REACH, _WINDOW
    found = _invert(population, noise, view, sd, reach, window)
    while found.error > _DIED_AWAY and max(reach / _LARGEST_REACH, window / _LARGEST_WINDOW) < 1.0:
        if found.series_error > found.aliasing_error:
            reach *= 2.0
        else:
            window *= 2.0
        found = _invert(population, noise, view, sd, reach, window)
    if found.error > _LARGEST_ERROR:
        raise UserError(
            f"engine = exact: with {population.size:,} assigned beneficiaries and so little "
            "shared noise the savings rate jumps from value to value, and its distribution "
            f"cannot be inverted (error {found.error:.0e}). Use the monte-carlo engine."
        )
    return found


def refuse_if_inexact(noise: Noise, view: View) -> None:
    """Refuse what this engine could not compute exactly.

    Raises
    ------
    UserError
        Shared noise that lets a year's spending all but vanish, or multiply.
    """
    if noise.common_shock_df < math.inf:
        raise UserError(
            f"engine = exact: common_shock_df = {noise.common_shock_df:g} gives the common shock "
            "tails that this engine's quadrature does not reach. Leave it out, or use the "
            "monte-carlo engine."
        )
    shared = _shared(noise, view, _widest_reach(noise, view))
    outside = (shared.factor < _FACTORS[0]) | (shared.factor > _FACTORS[1])
    if float(shared.weight[outside].sum()) > _BEYOND_FACTORS:
        raise UserError(
            "engine = exact: what moves all of a year's spending together (true savings "
            f"{100 * view.mean:.3g} % with a standard deviation of {100 * view.sd:.3g} %, practice "
            f"effect {100 * noise.practice_sd:.3g} %, common shock "
            f"{100 * noise.common_shock_sd:.3g} %) could leave less than a tenth of what is "
            f"expected, or more than {_FACTORS[1]:.0f} times it, which this engine does not reach. "
            "State a smaller true_savings_sd or less noise, or use the monte-carlo engine."
        )


def _widest_reach(noise: Noise, view: View) -> float:
    """Return a reach for moments and tails, before the standard deviation is known."""
    widest = max(noise.practice_sd, noise.common_shock_sd, view.sd)
    return 6.0 / widest if widest else 0.0


def _people(population: Population, noise: Noise, shared: _Shared) -> _People:
    low, high = np.clip([shared.factor.min(), shared.factor.max()], *_FACTORS)
    return _People(population, noise.people, float(low), float(high))


def _standard_deviation(population: Population, noise: Noise, view: View) -> float:
    """Return the standard deviation of the savings rate."""
    shared = _shared(noise, view, _widest_reach(noise, view))
    people = _people(population, noise, shared)
    by_people = people.interpolation(np.clip(shared.factor, *_FACTORS)) @ people.variances()
    variance = float(shared.weight @ ((shared.rate - view.mean) ** 2 + by_people))
    return math.sqrt(variance + (view.sd**2 if noise.as_stated else 0.0))


def _invert(
    population: Population, noise: Noise, view: View, sd: float, reach: float, window: float
) -> RateDistribution:
    """Return the distribution from frequencies up to `reach`/sd on +- `window` sd."""
    step = np.pi / (window * sd)
    count = math.ceil(reach * window / np.pi)
    shared = _shared(noise, view, reach / sd)
    people = _people(population, noise, shared)
    by_people = people.log_characteristic(step, count)
    weights = people.interpolation(np.clip(shared.factor, *_FACTORS))
    frequencies = step * np.arange(1, count + 1)
    # A deviation upwards in spending is one downwards in the savings rate.
    exponent = np.einsum("qi,ik->qk", weights, by_people)
    exponent += 1j * np.outer(shared.rate - view.mean, frequencies)
    characteristic = np.einsum("q,qk->k", shared.weight, np.exp(exponent))
    if noise.as_stated:
        characteristic *= np.exp(-0.5 * (view.sd * frequencies) ** 2)
    return RateDistribution(view.mean, sd, window * sd, characteristic)
