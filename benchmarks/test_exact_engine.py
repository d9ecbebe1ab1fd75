"""The exact engine beside an independent package: the same distribution, and the time of both."""

from __future__ import annotations

import numpy as np
import pytest
from fft_package import THOUSAND, distribution, probability_below, program_of
from results_table import Claim

from simulate.bench.measure import Ratio, Task
from simulate.bench.subject import BENEFICIARIES, subject
from simulate.engine.exact import savings_rate_distribution
from simulate.engine.years import View
from simulate.population.population import Noise, Population
from simulate.population.spend import TRUNCATED_SHARE

PEOPLE_ONLY = Noise(1.0, 0.0, 0.0)
RATES = np.linspace(-0.06, 0.06, 25)
#: Buckets of the package: log2 of their count, and thousands of dollars.
COARSE, MIDDLE, FINE = (18, 1.0), (19, 0.5), (20, 0.25)
TIME_FLOOR = 10.0


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory):
    """Return `aggregate.build`; the package makes folders in the home folder, here another."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        reason = "exact engine beside `aggregate`: not installed (pip install -e '.[bench]')"
        yield pytest.importorskip("aggregate", reason=reason).build


@pytest.mark.benchmark(group="exact")
@pytest.mark.filterwarnings("ignore")  # of the package; ours are errors in the tests
def test_exact_engine_beside_an_independent_package(build, side_by_side, effort, results) -> None:
    population, _ = subject()
    program = program_of(population)
    grids = (COARSE, MIDDLE) if effort.brief else (COARSE, MIDDLE, FINE)
    tasks = {
        f"package {bucket}": Task(
            lambda grid=(log2, bucket): distribution(build, program, *grid), 1
        )
        for log2, bucket in grids
    }
    ours = Task(lambda: savings_rate_distribution(population, PEOPLE_ONLY, View(0.0)), 1)
    timed = side_by_side({"ours": ours} | tasks, rounds=2 if effort.brief else 3)

    above = 1.0 - ours.work().cdf(RATES)
    for (_, bucket), (name, task) in zip(grids, tasks.items(), strict=True):
        below = probability_below(task.work(), (1.0 - RATES) * population.benchmark, bucket)
        difference = float(np.abs(below - above).max())
        shown = (
            f"`aggregate`, {1e3 * bucket:,.0f} dollar buckets (its probabilities differ by "
            f"{difference:.1g} at most)"
        )
        ratio = Ratio.of(timed["ours"], timed[name])
        results.claims.append(Claim(f"exact engine, {BENEFICIARIES:,} people", shown, ratio))
        assert ratio.value > TIME_FLOOR
        assert difference < rounding(population, THOUSAND * bucket)


def rounding(population: Population, bucket: float) -> float:
    """Return the most that the package's buckets (dollars) can do to a probability.

    It rounds a truncation point by less than a bucket, and the one in a hundred who reach it
    with it: that moves the whole distribution, whose density is highest at 0.4/sd.
    """
    sd = population.people_noise_constant / np.sqrt(population.size) * population.benchmark
    return float(0.4 / sd * population.size * TRUNCATED_SHARE * bucket)


@pytest.mark.benchmark(group="exact")
def test_exact_engine_with_all_noise_beside_simulation(side_by_side, effort, results) -> None:
    """What the package cannot do: practices, common shock and true savings on top."""
    from simulate.bench.throughput import run_task

    population, noise = subject()
    ours = "exact engine, all noise, uncertain true savings"
    simulated = f"simulation of {effort.years:,} years, one thread"
    timed = side_by_side(
        {
            ours: Task(lambda: savings_rate_distribution(population, noise, View(0.02, 0.02)), 1),
            simulated: Task(run_task(BENEFICIARIES, effort.years, 1).work, 1),
        }
    )
    ratio = Ratio.of(timed[ours], timed[simulated])
    results.claims.append(Claim(ours, simulated, ratio))
    assert ratio.value > 0.2
