"""The draws of what all people of a simulated year share: independent, or quasi-random.

Independent draws are one Philox block each. Quasi-random ones are the points of Sobol'
sequences, which fill the space of the shared factors more evenly than chance would, so that
fewer years give the same error. `REPLICATES` sequences are interleaved: year r is point
r // REPLICATES of sequence r % REPLICATES. Each sequence is randomised on its own, by a
random lower triangular matrix and a random shift of the binary digits (Matoušek, Journal of
Complexity 14 (1998) 527-556), which gives an integral the same variance as nested uniform
scrambling (Owen, ACM TOMACS 13 (2003) 363-378). So each draw alone is uniform and every
estimate as unbiased as with independent years; and the replicates are independent of each
other, so that their spread is an honest standard error, which one sequence does not have.

Either way a year's draws depend on the seed and the year's index alone, and the people of
a year are drawn independently: their part of the error is that of independent years.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulate.kernels.philox import (
    SCRAMBLE_STREAM,
    key_words,
    philox_blocks,
    shared_uniforms,
    stream_word,
    uniform_bits,
)
from simulate.population.spend import FloatArray

Sampling = Literal["independent", "quasi-random"]

#: Interleaved sequences: a standard error from so many has itself an error of 7 %.
REPLICATES = 100
#: Ten years in each: fewer points could hardly complement each other.
FEWEST_YEARS = 10 * REPLICATES

#: Sobol' sequences of Joe & Kuo (SIAM J. Sci. Comput. 30 (2008) 2635-2654, file
#: new-joe-kuo-6.21201), one a source of shared risk: the primitive polynomial's inner
#: coefficients and the first direction numbers m_1, m_2, …; the first has all m_i = 1.
_JOE_KUO: tuple[tuple[int, tuple[int, ...]], ...] = (
    (0, ()),
    (0, (1,)),
    (1, (1, 3)),
    (1, (1, 3, 1)),
)
SOURCES = len(_JOE_KUO)

#: Binary digits of an unscrambled point: a sequence has 2**32 of them.
_DIGITS = 32
#: Binary digits of a draw.
_BITS = 52


@dataclass(frozen=True)
class Draws:
    """The random numbers of a simulation.

    Parameters
    ----------
    seed : int
        Key of every draw, from 0 to 2**64 - 1.
    sampling : {"independent", "quasi-random"}
        How the factors that all people of a year share are drawn; the people themselves
        are the same either way.
    """

    seed: int
    sampling: Sampling = "independent"

    @classmethod
    def of(cls, seed: int | Draws) -> Draws:
        """Return draws as they are, or the independent draws of a seed."""
        return seed if isinstance(seed, Draws) else cls(seed)

    @property
    def replicates(self) -> int | None:
        """How many independent sets the years fall into; None where each year is its own."""
        return None if self.sampling == "independent" else REPLICATES

    def uniforms(
        self, years: NDArray[np.uint64], source: int, calendar_year: int = 0
    ) -> FloatArray:
        """Return one draw in (0, 1) per simulated year for a shared source of risk.

        Parameters
        ----------
        years : uint64 array
            Indices of simulated years.
        source : int
            Which source of risk. Those from `SOURCES` on, which single years do not have, are
            drawn independently.
        calendar_year : int
            Year within the simulated path. Years other than 0 are drawn independently:
            so many dimensions cannot be filled evenly.
        """
        if self.sampling == "independent" or calendar_year or source >= SOURCES:
            return np.asarray(shared_uniforms(self.seed, years, source, calendar_year))
        return sobol_uniforms(self.seed, years, source)


def sobol_uniforms(seed: int, years: NDArray[np.uint64], source: int) -> FloatArray:
    """Return quasi-random draws in (0, 1), shape of `years`, all below 2**32 * REPLICATES."""
    sequences = scrambled_sequences(seed)
    replicate = (years % np.uint64(REPLICATES)).astype(np.intp)
    point = years // np.uint64(REPLICATES)
    bits = sequences.shifts[replicate, source]
    for digit in range(int(point.max(initial=0)).bit_length()):
        used = (point >> np.uint64(digit)) & np.uint64(1)
        bits ^= sequences.directions[replicate, source, digit] * used
    return np.asarray((bits.astype(np.float64) + 0.5) * 2.0**-_BITS)


class ScrambledSequences(NamedTuple):
    """Randomised Sobol' sequences: integers of 52 binary digits.

    Attributes
    ----------
    directions : uint64 array, shape (REPLICATES, SOURCES, 32)
        What digit i of a point's index adds (without carry) to the point.
    shifts : uint64 array, shape (REPLICATES, SOURCES)
        Point 0, added likewise to every point.
    """

    directions: NDArray[np.uint64]
    shifts: NDArray[np.uint64]


@lru_cache(maxsize=8)
def scrambled_sequences(seed: int) -> ScrambledSequences:
    """Return the replicates' sequences of a seed."""
    random = _random_bits(seed)
    place = np.arange(_DIGITS, dtype=np.uint64)
    leading = np.uint64(1) << (np.uint64(_BITS - 1) - place)
    # Column i of a lower triangular matrix: 1 on the diagonal, random digits below it.
    columns = leading | (random[:, :, :_DIGITS] & (leading - np.uint64(1)))
    digits = (direction_numbers()[:, :, None] >> (np.uint64(_DIGITS - 1) - place)) & np.uint64(1)
    directions = np.bitwise_xor.reduce(columns[:, :, None, :] * digits, axis=-1)
    return ScrambledSequences(directions, random[:, :, _DIGITS])


def _random_bits(seed: int) -> NDArray[np.uint64]:
    """Return integers below 2**52 for each replicate, source, and column (the last: a shift)."""
    shape = REPLICATES, SOURCES, _DIGITS + 1
    index = np.arange(np.prod(shape), dtype=np.uint64).reshape(shape)
    counter = index, stream_word(SCRAMBLE_STREAM), 0, 0
    return np.asarray(uniform_bits(*philox_blocks(counter, key_words(seed))[:2]))


@lru_cache(maxsize=1)
def direction_numbers() -> NDArray[np.uint64]:
    """Return the unscrambled direction numbers, integers of 32 digits, (SOURCES, 32)."""
    return np.array([_directions(*parameters) for parameters in _JOE_KUO], dtype=np.uint64)


def _directions(coefficients: int, first: tuple[int, ...]) -> list[int]:
    degree = len(first)
    numbers = list(first) if degree else [1] * _DIGITS
    for i in range(len(numbers), _DIGITS):
        number = numbers[i - degree] ^ (numbers[i - degree] << degree)
        for k in range(1, degree):
            if coefficients >> (degree - 1 - k) & 1:
                number ^= numbers[i - k] << k
        numbers.append(number)
    return [number << (_DIGITS - 1 - i) for i, number in enumerate(numbers)]
