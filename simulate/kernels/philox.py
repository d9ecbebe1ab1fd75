"""Philox4x32-10, the counter-based random stream (Salmon et al., SC 2011).

A draw depends on its counter and the key alone, so any year of any beneficiary can
be drawn by any thread in any order. The counter holds

    word 0   number of the block (four words a block) within the stream
    word 1   calendar year within the simulated path, and the stream
    word 2   simulated year, low half
    word 3   simulated year, high half

and the key the seed. `philox_blocks` is plain NumPy: it serves the few shared draws
of each year, and is the twin that the compiled stream is tested against.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

ROUNDS = 10
MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
KEY_STEPS = (0x9E3779B9, 0xBB67AE85)
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)

#: Streams share no counters. The people of enrollment type e use stream e.
SHARED_STREAM = 16
#: What randomises quasi-random shared draws.
SCRAMBLE_STREAM = 17
_STREAM_STEP = 1 << 16


def stream_word(stream: int, calendar_year: int = 0) -> int:
    """Return counter word 1 for a stream and a calendar year within the path."""
    return stream * _STREAM_STEP + calendar_year


def key_words(seed: int) -> tuple[int, int]:
    """Return the two key words of a seed from 0 to 2**64 - 1."""
    return seed & 0xFFFFFFFF, seed >> 32


def philox_blocks(
    counter: tuple[NDArray[np.uint64] | int, ...], key: tuple[int, int]
) -> tuple[NDArray[np.uint64], ...]:
    """Return the four 32-bit words of each block, as 64-bit integers.

    Parameters
    ----------
    counter : tuple of four arrays or ints
        Counter words, each below 2**32; they broadcast.
    key : tuple of two ints
        Key words, each below 2**32.
    """
    x0, x1, x2, x3 = np.broadcast_arrays(*(np.asarray(c, dtype=np.uint64) for c in counter))
    k0, k1 = (np.uint64(k) for k in key)
    m0, m1 = (np.uint64(m) for m in MULTIPLIERS)
    w0, w1 = (np.uint64(w) for w in KEY_STEPS)
    for _ in range(ROUNDS):
        p0, p1 = m0 * x0, m1 * x2
        x0, x1, x2, x3 = (p1 >> _HALF) ^ x1 ^ k0, p1 & _LOW, (p0 >> _HALF) ^ x3 ^ k1, p0 & _LOW
        k0, k1 = (k0 + w0) & _LOW, (k1 + w1) & _LOW
    return x0, x1, x2, x3


def shared_uniforms(
    seed: int, years: NDArray[np.uint64], source: int, calendar_year: int = 0
) -> NDArray[np.float64]:
    """Return one uniform draw in (0, 1) per simulated year for a shared source of risk.

    Parameters
    ----------
    seed : int
        The seed of the run.
    years : array of uint64
        Indices of simulated years.
    source : int
        Which source of risk: each has its own block.
    calendar_year : int
        Year within the simulated path.

    Returns
    -------
    array of float64, shape of `years`
        With 52 random bits, centred in their classes, so never 0 or 1.
    """
    words = (source, stream_word(SHARED_STREAM, calendar_year), years & _LOW, years >> _HALF)
    x0, x1, _, _ = philox_blocks(words, key_words(seed))
    return (uniform_bits(x0, x1).astype(np.float64) + 0.5) * 2.0**-52


def uniform_bits(x0: NDArray[np.uint64], x1: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the leading 52 bits of two 32-bit words, as integers."""
    return (x0 << np.uint64(20)) | (x1 >> np.uint64(12))
