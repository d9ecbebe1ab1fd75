"""A whole map of sizes, true savings and contracts, beside one run a cell."""

from __future__ import annotations

import pytest
from results_table import Claim, Wait

import simulate as sim
from simulate.analysis.sweep import sweep
from simulate.bench.hardware import processors
from simulate.bench.measure import Ratio, Task

CONTRACTS = [
    *("basic-a", "basic-b", "basic-c", "basic-d", "basic-e", "enhanced"),
    *("track-1", "track-1-plus", "track-2", "track-3"),
]
MOST_SECONDS = 60.0


@pytest.mark.benchmark(group="sweep")
def test_sweep_beside_a_run_a_cell(side_by_side, effort, results) -> None:
    aco = sim.ACO.from_published_results("A4803", year=2024)
    years, sizes, rates = (2_000, 4, 5) if effort.brief else (28_000, 20, 21)

    def swept(years: int, sizes: int, rates: int) -> Task:
        grid = {"sizes": f"5000:100000:{sizes}", "true_savings": f"-0.05:0.05:{rates}"}
        return Task(lambda: sweep(aco, CONTRACTS, years, 1, **grid), sizes * rates)

    def run() -> object:
        # The mean size: a run's time is in proportion to its size.
        return sim.run(aco.scaled_to(52_500), CONTRACTS, years, 1, true_savings=0.0)

    swept(200, 2, 2).work()
    name = f"sweep of {sizes} x {rates} x {len(CONTRACTS)}, {years:,} years, a cell"
    alone = "a run of the same contracts and years (its people and years anew)"
    timed = side_by_side(
        {name: swept(years, sizes, rates), alone: Task(run, 1)}, rounds=2, warm=False
    )
    ratio = Ratio.of(timed[name], timed[alone])
    results.claims.append(Claim(name, alone, ratio))
    threads = f"{processors()} thread{'s' * (processors() > 1)}"
    shown = f"sweep of {sizes} sizes x {rates} true savings x {len(CONTRACTS)} contracts, {threads}"
    target = None if effort.brief or processors() < 2 else MOST_SECONDS
    results.waits.append(Wait(shown, timed[name].seconds, target))
    assert ratio.value > 1.0
