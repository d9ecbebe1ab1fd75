"""Cumulative figures are those of the years: path by path, against naive twins."""

from __future__ import annotations

import numpy as np
import pytest
from agreement_cases import COMPILED, mixed_aco, noisy_run
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import simulate as sim
from simulate.agreement.simulation import ASSUMED, CHANCE_ALONE
from simulate.measures.agreement import correlation
from simulate.measures.cash import CashFlows

CASES = {
    "glide path": (["glide-path"], {}),
    "two agreements with a renewal test": (
        ["2014-proposal"],
        {"start_year": 2016, "renewal_test": "proposed-2014", "true_savings": -0.03},
    ),
    "interim payment": (
        ["track-2"],
        {"start_year": 2012, "months": [21], "interim_payment": True, "true_savings": 0.03},
    ),
    "withhold": (["2011-proposal"], {"start_year": 2012, "true_savings": 0.04}),
    "half years": (["4xtrack-1 / 2xbasic-b"], {"start_year": 2016, "months": [12, 12, 12, 6, 6]}),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("view", [CHANCE_ALONE, ASSUMED])
def test_sums_in_every_simulated_path(name: str, view: int) -> None:
    paths, stated = CASES[name]
    run = noisy_run(paths, savings_drift_sd=0.02, **stated)
    label = next(iter(run.paths))
    settled = run.outcomes(label, view)
    result = run[label].assumed if view == ASSUMED else run[label].chance_alone
    found = result.measures.cumulative
    total = np.zeros(len(settled.net))
    for year in range(settled.net.shape[1]):
        total = total + settled.net[:, year]
    # Mean and quantiles of the sums: nothing else enters.
    assert found.expected_cumulative_net.value == np.mean(total)
    assert found.cumulative_net_p50.value in total
    last = result.measures.running_net[-1]
    assert (last.mean, last.p50) == (found.expected_cumulative_net, found.cumulative_net_p50)
    owed = settled.shared_losses.sum(axis=1)
    assert found.probability_of_ever_owing.value == np.mean(owed > 0.0)
    assert found.probability_of_cumulative_loss.value == np.mean(total < 0.0)
    assert found.expected_worst_year.value == np.mean(settled.net.min(axis=1))
    by_year = [measures.expected_net.value for measures in result.measures.by_year]
    assert found.expected_cumulative_net.value == pytest.approx(sum(by_year), rel=1e-9, abs=1e-3)
    # What is paid, whenever it is, adds up to what the years brought.
    np.testing.assert_allclose(settled.cash.dollars.sum(axis=1), total, rtol=1e-12, atol=1e-4)


def test_present_values_and_break_even_path_by_path() -> None:
    run = noisy_run(["glide-path"], discount_rate=0.07)
    settled = run.outcomes("glide-path")
    for path, paid in enumerate(settled.cash.dollars):
        times = settled.cash.times
        value = sum(d / 1.07**t for d, t in zip(paid, times, strict=True))
        assert settled.cash.present_value(0.07)[path] == pytest.approx(value)
        received, ahead = 0.0, np.inf
        for dollars, time in zip(paid, times, strict=True):
            received += dollars
            ahead = min(ahead, time) if received > 0.0 else ahead
        assert settled.cash.break_even_times()[path] == ahead


amounts = arrays(np.float64, (4, 3), elements=st.floats(-1e9, 1e9))


@settings(max_examples=60)
@given(dollars=amounts, more=amounts, rate=st.floats(-0.3, 0.5))
def test_cash_flows_add_up_however_they_are_put_together(dollars, more, rate) -> None:
    first = CashFlows(np.array([0.5, 1.0, 2.0]), dollars, ("a", "b", "c"))
    second = CashFlows(np.array([0.0, 1.0, 3.0]), more, ("x", "y", "z"))
    both = first.plus(second)
    assert both.labels == ("x", "a", "b", "y", "c", "z")
    expected = first.present_value(rate) + second.present_value(rate)
    np.testing.assert_allclose(both.present_value(rate), expected, rtol=1e-9, atol=1e-3)
    np.testing.assert_allclose(first.present_value(0.0), dollars.sum(axis=1), rtol=1e-12, atol=1e-5)
    np.testing.assert_array_equal(first.running_total()[:, -1], np.cumsum(dollars, axis=1)[:, -1])


def test_cash_flows_refuse_what_does_not_fit() -> None:
    with pytest.raises(ValueError, match="as many"):
        CashFlows(np.array([1.0]), np.ones((2, 2)), ("a", "b"))
    with pytest.raises(ValueError, match="ascend"):
        CashFlows(np.array([2.0, 1.0]), np.ones((2, 2)), ("a", "b"))


# --- correlation against NumPy, its error against repeated samples ---------------


def _sample(seed: int, size: int = 400) -> tuple[np.ndarray, np.ndarray]:
    first, noise = np.random.default_rng(seed).standard_normal((2, size))
    return first, 0.6 * first + 0.8 * noise**3


def test_correlation_is_numpys() -> None:
    first, second = _sample(0)
    assert correlation(first, second).value == pytest.approx(np.corrcoef(first, second)[0, 1])
    assert correlation(first, np.full(400, 0.1)) is None


def test_its_error_is_that_of_repeated_samples() -> None:
    # 500 samples: the spread is known to 3.2 %; 4.5 standard errors give a false alarm of 1e-5.
    samples = [_sample(seed) for seed in range(500)]
    found = [correlation(*sample) for sample in samples]
    spread = np.std([estimate.value for estimate in found])
    error = np.mean([estimate.standard_error for estimate in found])
    assert error == pytest.approx(spread, rel=0.15)


# --- what the years of a path have in common ---------------------------------------------------


@pytest.mark.skipif(not COMPILED, reason="correlations need many paths")
def test_uncertain_savings_and_persistence_tie_the_years_together() -> None:
    alone = noisy_run(["enhanced"], mixed_aco(5_000), years=4_000, true_savings_sd=0.0)
    tied = noisy_run(["enhanced"], mixed_aco(5_000), years=4_000, true_savings_sd=0.04)
    by_people = [c.value for c in alone["enhanced"].assumed.measures.rate_correlations]
    by_both = [c.value for c in tied["enhanced"].assumed.measures.rate_correlations]
    # People alone: a slot's correlation of 0.18 to 0.26, diluted by independent practices and
    # shocks. With savings of sd 4 points against noise of about 3: 16 / (16 + 9) and more.
    assert all(0.05 < c < 0.25 for c in by_people)
    assert all(0.60 < c < 0.80 for c in by_both)


@pytest.mark.skipif(not COMPILED, reason="variances need many paths")
def test_what_updates_miss_keeps_the_variance_of_yearly_changes() -> None:
    """The change of a rate scatters alike, whether what moves all members passes or lasts.

    False alarm 1e-5 each: 4.4 standard errors of a standard deviation from 6,000 paths.
    """
    stated = {"people_noise": False, "practice_noise_constant": 0.0, "years": 6_000,
              "true_savings": 0.0, "true_savings_sd": 0.0}  # fmt: skip
    passing = noisy_run(["enhanced"], **stated).outcomes("enhanced").savings_rate
    run = noisy_run(["enhanced"], benchmark_update_sd=0.006, **stated)
    lasting = run.outcomes("enhanced").savings_rate
    for rates in (passing, lasting):
        change = np.diff(rates, axis=1)[:, :1].std()
        assert change == pytest.approx(0.0065 * np.sqrt(2), rel=4.4 / np.sqrt(2 * 6_000))
        # A first year is as uncertain as a single one, whatever part of its shock will last.
        assert rates[:, 0].std() == pytest.approx(0.0065, rel=4.4 / np.sqrt(2 * 6_000))
    # What lasts adds up: after four updates the rate has scattered twice as far by them.
    spread = np.sqrt(0.0065**2 + 4 * 0.006**2)
    assert lasting[:, 4].std() == pytest.approx(spread, rel=4.4 / np.sqrt(2 * 6_000))


def test_both_stated_are_both_used() -> None:
    run = noisy_run(["enhanced"], benchmark_update_sd=0.006, common_shock_sd=0.01)
    assert run.plan.noise.common_shock_sd == 0.01
    assert sim.run_agreement(
        mixed_aco(), ["enhanced"], years=2, benchmark_update_sd=0.05, true_savings=0.0
    ).plan.noise.common_shock_sd == 0.0  # fmt: skip
