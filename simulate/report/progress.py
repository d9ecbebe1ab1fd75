"""Progress on long runs: a bar on a terminal after two seconds, nothing when piped."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_PATIENCE = 2.0


class YearsProgress:
    """Counts simulated years and shows a bar once the run takes longer than two seconds.

    Parameters
    ----------
    total : int
        Years that will be simulated.
    counted : str
        What is counted, where it is something else.
    """

    def __init__(self, total: int, counted: str = "simulated years") -> None:
        self.total = total
        self.counted = counted
        self.done = 0
        self.started = time.monotonic()
        self.bar: Progress | None = None
        self.task: TaskID | None = None

    def __enter__(self) -> YearsProgress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.bar is not None:
            self.bar.stop()

    def __call__(self, years: int) -> None:
        """Count years that are done."""
        self.done += years
        if self.bar is None and sys.stderr.isatty() and self._is_slow():
            self._start()
        if self.bar is not None and self.task is not None:
            self.bar.update(self.task, completed=self.done)

    def expect(self, years: int) -> None:
        """Count anew: a part of so many years begins."""
        self.total, self.done = years, 0
        if self.bar is not None and self.task is not None:
            self.bar.reset(self.task, total=years)

    def _is_slow(self) -> bool:
        return time.monotonic() - self.started > _PATIENCE and self.done < self.total

    def _start(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

        self.bar = Progress(
            self.counted,
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self.task = self.bar.add_task("years", total=self.total)
        self.bar.start()


@contextmanager
def said_if_slow(message: str, patience: float = _PATIENCE) -> Iterator[None]:
    """Print a line to standard error if the block takes longer than `patience` seconds."""
    timer = threading.Timer(patience, lambda: print(message, file=sys.stderr, flush=True))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
