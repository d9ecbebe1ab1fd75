"""Growth in beneficiaries, in years and in contracts: straight lines, their slopes and starts."""

from __future__ import annotations

import pytest
from results_table import Growth

import simulate as sim
from simulate.bench.measure import Task
from simulate.bench.subject import BENEFICIARIES
from simulate.bench.throughput import run_task

#: Nothing grows faster than in proportion, give or take what a shared machine adds. (It may
#: grow more slowly where little is simulated: every run has a start.)
LARGEST_EXPONENT = 1.3
_NANO = 1e9


def seconds_at(side_by_side, tasks: dict[float, Task]) -> list[float]:
    """Return the best seconds at each amount; all amounts are measured in every round."""
    timed = side_by_side({str(amount): task for amount, task in tasks.items()})
    return [min(timed[str(amount)].seconds) for amount in tasks]


def growth(results, side_by_side, tasks: dict[float, Task], *shown) -> Growth:
    name, per, scale, unit = shown
    found = Growth(name, list(tasks), seconds_at(side_by_side, tasks), per, scale, unit)
    results.growths.append(found)
    return found


@pytest.mark.benchmark(group="growth")
def test_growth_in_beneficiaries(side_by_side, effort, results) -> None:
    years = effort.years // 10
    tasks = {size: run_task(size, years, 1) for size in (5_000, 10_000, 20_000, 40_000, 80_000)}
    found = growth(
        results, side_by_side, tasks, f"beneficiaries ({years:,} years, one thread)",
        "a beneficiary-year", _NANO / years, "ns",
    )  # fmt: skip
    assert found.exponent < LARGEST_EXPONENT


@pytest.mark.benchmark(group="growth")
def test_growth_in_years(side_by_side, effort, results) -> None:
    tasks = {
        years: run_task(BENEFICIARIES, years, 1)
        for years in effort.sizes(12_500, 25_000, 50_000, 100_000)
    }
    found = growth(
        results, side_by_side, tasks, f"years ({BENEFICIARIES:,} beneficiaries, one thread)",
        "a beneficiary-year", _NANO / BENEFICIARIES, "ns",
    )  # fmt: skip
    assert found.exponent < LARGEST_EXPONENT


@pytest.mark.benchmark(group="growth")
def test_growth_in_contracts(side_by_side, effort, results) -> None:
    years = effort.years // 5
    aco = sim.ACO.from_published_results("A1001", year=2024).scaled_to(5_000)
    execution = sim.Execution(threads=1)

    def run_of(contracts: list[str]) -> Task:
        def work() -> object:
            return sim.run(aco, contracts, years=years, seed=1, execution=execution)

        return Task(work, len(contracts))

    ids = [i for i in sim.contract_ids() if sim.load_contract(i).status != "proposed"]
    tasks = {count: run_of(ids[:count]) for count in (1, 2, 4, 8, len(ids)) if count <= len(ids)}
    found = growth(
        results, side_by_side, tasks,
        f"contracts (whole run: {years:,} years, two views, all measures, one thread)",
        "a settled year and contract", 1e6 / years / 2.0, "µs",
    )  # fmt: skip
    # The people are simulated once: ten contracts cost far less than ten runs.
    assert found.seconds[-1] < 0.5 * len(ids) * found.seconds[0]
