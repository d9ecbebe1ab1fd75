"""The one error a user can cause, and the advice that goes with it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class UserError(ValueError):
    """Something the user stated cannot be used.

    The command line prints the message and exits with status 2; from Python it
    is an ordinary ``ValueError``. A message names the field, the value, what is
    allowed and what to do.
    """


def nearest(word: str, known: Iterable[str], count: int = 3) -> str:
    """Return a phrase naming the known words nearest to `word` in spelling, or ''.

    Parameters
    ----------
    word : str
        What the user typed.
    known : iterable of str
        Everything that would have been accepted.
    count : int
        How many suggestions at most.

    Returns
    -------
    str
        ``" Did you mean a, b or c?"`` or the empty string.
    """
    close = difflib.get_close_matches(word, list(known), n=count, cutoff=0.6)
    if not close:
        return ""
    if len(close) == 1:
        return f" Did you mean {close[0]}?"
    return f" Did you mean {', '.join(close[:-1])} or {close[-1]}?"
