"""Base years simulated from the same people; shocks with heavy tails; quality that varies."""

from __future__ import annotations

import numpy as np
import pytest
from analysis_cases import aco, compiled_only

import simulate as sim


@compiled_only
def test_the_performance_year_is_the_same_people() -> None:
    plain = sim.run(aco(5_000), ["track-1"], years=300, true_savings=0.0)
    noisy = sim.run(
        aco(5_000), ["track-1"], years=300, true_savings=0.0, benchmark_noise="10/30/60"
    )
    assert np.array_equal(plain.simulated.expenditure, noisy.simulated.expenditure)
    ratio = noisy.simulated.settled_against / plain.simulated.benchmark
    assert np.std(ratio) > 0.0
    # The benchmark's mean stays what was stated: 4 se, false alarm 6e-5.
    assert abs(np.mean(ratio) - 1.0) < 4.0 * np.std(ratio) / np.sqrt(300)


@compiled_only
def test_a_noisy_benchmark_raises_the_chance_of_sharing_at_no_savings() -> None:
    stated = {"years": 20_000, "true_savings": 0.0}
    plain = sim.run(aco(5_000), ["track-1"], **stated)["track-1"]
    noisy = sim.run(aco(5_000), ["track-1"], benchmark_noise="equal-thirds", **stated)["track-1"]
    # 10.4 against 13.0 %; the difference has a standard error of 0.3 points: false alarm 1e-7.
    more = noisy.probability_of_shared_savings.value - plain.probability_of_shared_savings.value
    assert more > 0.01


@compiled_only
def test_its_part_of_the_variance_is_the_last_and_the_parts_sum() -> None:
    run = sim.run(aco(5_000), ["enhanced"], years=4_000, benchmark_noise="10/30/60")
    parts = run.decomposition.savings_rate
    assert parts["benchmark years"].value > 0.0
    assert run.decomposition.total() == pytest.approx(float(np.var(run.savings_rates())), rel=1e-9)


def test_what_cannot_go_with_it_is_refused() -> None:
    with pytest.raises(sim.UserError, match="benchmark_noise"):
        sim.run(aco(5_000), ["track-1"], engine="exact", benchmark_noise="10/30/60")
    with pytest.raises(sim.UserError, match="benchmark_noise"):
        sim.run(aco(5_000), ["track-1"], benchmark_noise="20/30/50")


@compiled_only
def test_shocks_with_heavy_tails_have_the_same_deviation() -> None:
    stated = {"years": 40_000, "people_noise": False, "practice_noise_constant": 0.0}
    rates = {
        df: sim.run(
            aco(5_000), ["track-1"], common_shock_sd=0.01, common_shock_df=df, true_savings=0.0,
            **stated,
        ).savings_rates()
        for df in (None, 6.0)
    }  # fmt: skip
    for rate in rates.values():
        # The relative error of a standard deviation at 6 degrees of freedom is 0.8 %.
        assert np.std(rate) == pytest.approx(0.01, rel=0.035)
    kurtosis = {df: np.mean(r**4) / np.mean(r**2) ** 2 for df, r in rates.items()}
    assert kurtosis[None] < 3.2
    assert kurtosis[6.0] > 4.0


@compiled_only
def test_a_quality_that_varies_moves_the_payment_and_not_the_savings() -> None:
    who = aco(5_000, quality_score=0.7)
    plain = sim.run(who, ["track-1"], years=3_000, true_savings=0.06)
    varied = sim.run(who, ["track-1"], years=3_000, true_savings=0.06, quality_score_sd=0.09)
    assert np.array_equal(plain.savings_rates(), varied.savings_rates())
    scores = varied.quality_scores()
    assert np.std(scores) == pytest.approx(0.09, rel=0.06)
    assert scores.min() >= 0.0
    assert scores.max() <= 1.0


@compiled_only
def test_the_noise_range_brackets_the_run_and_is_silent_where_noise_is_stated() -> None:
    run = sim.run(aco(20_000), ["track-1", "enhanced"], years=20_000, true_savings=0.0)
    assert run.noise_range is not None
    for contract_id in ("track-1", "enhanced"):
        low, high = run.noise_range.chance_alone[contract_id]["probability_of_shared_savings"]
        simulated = run[contract_id].chance_alone.probability_of_shared_savings
        assert low - 4 * simulated.standard_error < simulated.value
        assert simulated.value < high + 4 * simulated.standard_error
        assert low < high
    stated = sim.run(aco(20_000), ["track-1"], years=100, noise_constant=2.15)
    assert stated.noise_range is None
