"""The same people over several performance years, beside single years of as many people."""

from __future__ import annotations

import pytest
from results_table import Claim

from simulate.bench.measure import Ratio, Task
from simulate.bench.subject import BENEFICIARIES, subject
from simulate.bench.throughput import run_task
from simulate.engine.panel_years import CalendarYears, simulate_panel
from simulate.engine.years import Execution, View
from simulate.population.panel import panel_model

PERFORMANCE_YEARS = 5
TARGET, FLOOR = 1.0 / 3.0, 1.0 / 6.0


def panel_task(paths: int, partial_years: bool) -> Task:
    population, noise = subject()
    panel = panel_model(population.models, partial_years=partial_years)
    calendar = CalendarYears(PERFORMANCE_YEARS)
    execution = Execution(threads=1)
    return Task(
        lambda: simulate_panel(
            population, noise, panel, (View(0.0),), calendar, paths, 1, execution
        ),
        population.size * paths * PERFORMANCE_YEARS,
    )


@pytest.mark.benchmark(group="panel")
def test_panel_beside_single_years(side_by_side, effort, results) -> None:
    paths = effort.years // 20
    whole = f"panel of {PERFORMANCE_YEARS} years, whole years, one thread"
    partial = f"panel of {PERFORMANCE_YEARS} years, months counted, one thread"
    single = "single years"
    timed = side_by_side(
        {
            whole: panel_task(paths, partial_years=False),
            partial: panel_task(paths, partial_years=True),
            single: run_task(BENEFICIARIES, paths * PERFORMANCE_YEARS, 1),
        }
    )
    of_whole = Ratio.of(timed[whole], timed[single])
    results.claims.append(Claim(whole, single, of_whole, TARGET))
    of_partial = Ratio.of(timed[partial], timed[single])
    results.claims.append(Claim(partial, single, of_partial))
    assert of_whole.value > FLOOR
    assert of_partial.value > 0.5 * FLOOR
