"""The same performance years as a user of NumPy would draw them: the measure of the engine.

Nothing is shared with the engine but the description of who is drawn: the default spend
models, practices and the common shock. Whole arrays, NumPy's own generator (PCG64), work in
place, and chunks of years that stay in the processor's cache.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from simulate.population.families import LognormalMixture
from simulate.population.population import Noise, Population
from simulate.population.spend import FloatArray, SpendModel

#: Draws that are in hand together: 512 KiB an array, the fastest of 2**12 to 2**16 and of
#: whole runs where this was measured.
CHUNK = 1 << 16
#: Scales of a year that are told apart; in between by interpolation.
SCALES = np.exp(np.linspace(np.log(0.2), np.log(5.0), 4001))


class _Kind(NamedTuple):
    """One enrollment type: who they are, and what one unit of their spending is worth."""

    people: int
    shape: LognormalMixture
    truncation: float
    worth: float
    factors: FloatArray


class NumpyModel:
    """Performance years of an ACO at true savings of zero, drawn with NumPy.

    Parameters
    ----------
    population : Population
        Its spend models must be mixtures of lognormals, as the default ones are.
    noise : Noise
        Normal practice effect and common shock.
    by_component : bool
        Draw how many people of a year fall into each component of the mixture, and then
        their spending; otherwise draw for every person which component it is. The same
        distribution with one draw a person less.
    chunk : int
        Draws that are in hand together.
    """

    def __init__(
        self,
        population: Population,
        noise: Noise,
        by_component: bool = False,
        chunk: int = CHUNK,
    ) -> None:
        self._noise = noise
        self._draw = _sums_by_component if by_component else _sums_by_person
        self._chunk = chunk
        self._kinds = [
            _kind(count, amount, model)
            for count, amount, model in zip(
                population.beneficiaries, population.benchmark_by_type, population.models,
                strict=True,
            )
        ]  # fmt: skip

    def expenditure(self, years: int, seed: int) -> FloatArray:
        """Return truncated expenditure, dollars, shape (years, enrollment types)."""
        rng = np.random.default_rng(seed)
        factors = self._factors(years, rng)
        spent = np.empty((years, len(self._kinds)))
        for column, kind in enumerate(self._kinds):
            scales = np.interp(factors, kind.factors, SCALES)
            step = max(1, self._chunk // max(kind.people, 1))
            for start in range(0, years, step):
                chunk = slice(start, start + step)
                spent[chunk, column] = kind.worth * self._draw(kind, scales[chunk], rng)
        return spent

    def _factors(self, years: int, rng: np.random.Generator) -> FloatArray:
        """Return what moves all truncated spending of a year, shape (years,)."""
        sd = self._noise.common_shock_sd
        practices = 1.0 + self._noise.practice_sd * rng.standard_normal(years)
        return practices * np.exp(sd * rng.standard_normal(years) - 0.5 * sd * sd)


def factors_of(shape: LognormalMixture, truncation: float) -> FloatArray:
    """Return what each of `SCALES` of all spending does to truncated spending.

    The noise moves truncated spending, as CMS measures it; a year's scale is found in this.
    """
    caps = truncation / SCALES
    return np.asarray(SCALES * (shape.partial_moment(1, caps) + caps * shape.share_above(caps)))


def _kind(people: int, amount: float, model: SpendModel) -> _Kind:
    shape = model.shape
    if not isinstance(shape, LognormalMixture):
        raise TypeError(f"a mixture of lognormals is wanted, not {shape.family}")
    factors = factors_of(shape, model.truncation)
    return _Kind(people, shape, model.truncation, amount / max(people, 1), factors)


def _sums_by_person(kind: _Kind, scales: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Return each year's sum; one uniform and one normal draw a person."""
    zero_mass, means, sds = kind.shape.zero_mass, kind.shape.log_means, kind.shape.log_sds
    component = rng.random((scales.size, kind.people))
    spending = rng.standard_normal((scales.size, kind.people))
    flat = spending.ravel()
    high = np.flatnonzero(component > 1.0 - (1.0 - zero_mass) * kind.shape.high_weight)
    of_high = np.take(flat, high)
    spending *= sds[0]
    spending += means[0]
    flat[high] = sds[1] * of_high + means[1]
    np.exp(spending, out=spending)
    spending *= component >= zero_mass
    spending *= scales[:, None]
    np.minimum(spending, kind.truncation, out=spending)
    return np.asarray(spending.sum(axis=1))


def _sums_by_component(kind: _Kind, scales: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Return each year's sum; one normal draw for each person who spends."""
    shape, sums = kind.shape, np.zeros(scales.size)
    spend = 1.0 - shape.zero_mass
    shares = [shape.zero_mass, spend * (1.0 - shape.high_weight), spend * shape.high_weight]
    counts = rng.multinomial(kind.people, shares, size=scales.size)
    for of_component, mean, sd in zip(counts.T[1:], shape.log_means, shape.log_sds, strict=True):
        # One value more, so that a run of no value at the end starts inside the array.
        values = np.zeros(int(of_component.sum()) + 1)
        spending = values[:-1]
        rng.standard_normal(out=spending)
        spending *= sd
        spending += mean
        np.exp(spending, out=spending)
        spending *= np.repeat(scales, of_component)
        np.minimum(spending, kind.truncation, out=spending)
        starts = np.cumsum(of_component) - of_component
        sums += np.where(of_component > 0, np.add.reduceat(values, starts), 0.0)
    return sums
