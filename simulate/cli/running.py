"""How a command simulates: mistakes refused first, the compiler explained, progress shown."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from simulate.analysis.run import Run
    from simulate.report.progress import YearsProgress
    from simulate.scenario.scenario import Scenario

_COMPILING = (
    "Compiling the simulation kernels, once after installing; this takes about ten seconds …"
)
_NOT_KEPT = (
    "No folder for compiled code can be written, so every run compiles anew. Set NUMBA_CACHE_DIR "
    "to a folder that can, or have an administrator run simulate warmup."
)


def simulated(
    scenario: Scenario,
    engine: Literal["monte-carlo", "exact"],
    threads: int | None,
    chunk_years: int | None,
    comparing: bool = False,
) -> Run:
    """Return the finished run of a scenario, saying why where the user waits."""
    from simulate.analysis.choices import check_scenario
    from simulate.report.progress import YearsProgress

    check_scenario(scenario)  # mistakes are refused before a compiler is loaded
    from simulate.analysis.simulation import kernels_for

    compile_first(kernels_for(scenario, engine, comparing))
    from simulate.analysis.run import run

    with YearsProgress(scenario.run.years) as progress:
        settings = execution(threads, chunk_years, progress)
        return run(scenario, engine=engine, execution=settings)


def compile_first(kernels: Iterable[str] | None = None) -> None:
    """Have kernels compiled before they are needed, saying why where the user waits.

    Parameters
    ----------
    kernels : iterable of str, optional
        Names from `simulate.engine.warm`; left out, those of every run.
    """
    from simulate.report.progress import said_if_slow

    with said_if_slow(_COMPILING):
        from simulate.engine.warm import EVERY_RUN, compile_kernels

        compiled = compile_kernels(EVERY_RUN if kernels is None else kernels)
    if any(kernel.lost for kernel in compiled):
        print(_NOT_KEPT, file=sys.stderr, flush=True)


def execution(
    threads: int | None, chunk_years: int | None, progress: YearsProgress | None = None
) -> Any:
    """Return how a simulation is carried out, as the options say."""
    from simulate.engine.years import Execution

    return Execution(threads, chunk_years, progress, on_total=progress and progress.expect)
