"""The random stream alone, in the buffer that the kernels use: the bound of their speed."""

from __future__ import annotations

import numpy as np

from simulate.kernels.jit import kernel
from simulate.kernels.people import BUFFER_WORDS, GROUP_WORDS, LANES, fill_words

__all__ = ["BUFFER_WORDS", "draw_words"]


@kernel
def draw_words(words, fills, key0, key1):
    """Fill `words` again and again, and look at one word of each fill; return their XOR.

    Parameters
    ----------
    words : uint32 array
        The buffer; its size a multiple of 64.
    fills : int
        How many times; the stream goes on from fill to fill.
    key0, key1 : uint32
        Key words.
    """
    groups = words.size // GROUP_WORDS
    zero = np.uint32(0)
    seen = np.uint32(0)
    for fill in range(fills):
        first_block = fill * groups * LANES
        fill_words(words, groups, first_block, zero, zero, zero, key0, key1)
        seen ^= words[fill % words.size]
    return seen
