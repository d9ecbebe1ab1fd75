"""How a command simulates: mistakes refused first, the compiler explained, progress shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from simulate.analysis.run import Run
    from simulate.scenario.scenario import Scenario

_COMPILING = (
    "Compiling the simulation kernels, once after installing; this takes about ten seconds …"
)


def simulated(
    scenario: Scenario,
    engine: Literal["monte-carlo", "exact"],
    threads: int | None,
    chunk_years: int | None,
) -> Run:
    """Return the finished run of a scenario, saying why where the user waits."""
    from simulate.analysis.choices import check_scenario
    from simulate.report.progress import YearsProgress, said_if_slow

    check_scenario(scenario)  # mistakes are refused before a compiler is loaded
    with said_if_slow(_COMPILING):
        from simulate.engine.warm import compile_kernels

        compile_kernels()
    from simulate.analysis.run import run

    with YearsProgress(scenario.run.years) as progress:
        settings = execution(threads, chunk_years, progress)
        return run(scenario, engine=engine, execution=settings)


def execution(
    threads: int | None, chunk_years: int | None, progress: Callable[[int], None] | None = None
) -> Any:
    """Return how a simulation is carried out, as the options say."""
    from simulate.engine.years import Execution

    return Execution(threads, chunk_years, progress)
