"""The random stream alone: what any simulation with one word a beneficiary cannot beat."""

from __future__ import annotations

import numpy as np

from simulate.bench.measure import Task
from simulate.kernels.bare_stream import BUFFER_WORDS, draw_words


def stream_task(words: int, key: int = 1) -> Task:
    """Return the task of drawing about `words` 32-bit words of the stream on one thread."""
    buffer = np.empty(BUFFER_WORDS, np.uint32)
    fills = max(words // BUFFER_WORDS, 1)
    return Task(
        lambda: draw_words(buffer, fills, np.uint32(key), np.uint32(0)), fills * BUFFER_WORDS
    )
