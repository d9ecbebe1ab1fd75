"""Which true savings a run assumes: stated, zero, or weighted from the record."""

from __future__ import annotations

import numpy as np
import pytest
from analysis_cases import aco, small_run

import simulate as sim
from simulate.analysis.run import ASSUMED, CHANCE_ALONE
from simulate.population.credibility import default_credibility


def test_stated() -> None:
    found = small_run(true_savings=0.015, true_savings_sd=0.01)
    assert (found.true_savings.view.mean, found.true_savings.view.sd) == (0.015, 0.01)
    assert found.true_savings.source == "stated"
    assert found.true_savings.posterior is None


def test_zero_is_exactly_zero() -> None:
    found = small_run(true_savings=0.0, aco={"savings_rate": 0.05})
    np.testing.assert_array_equal(found.savings_rates(ASSUMED), found.savings_rates(CHANCE_ALONE))
    shown = found.to_dict()
    assert shown["contracts"] == shown["chance_alone"]


def test_left_out_means_history_where_there_is_one_else_zero() -> None:
    assert small_run().true_savings.view.mean == 0.0
    found = small_run(aco={"savings_rate": 0.05})
    assert found.true_savings.posterior is not None
    assert found.true_savings.source.startswith("history: ")


def test_history_without_a_record_is_refused() -> None:
    with pytest.raises(sim.UserError, match=r"true_savings = history.*savings_rate"):
        small_run(true_savings="history")


def test_history_is_the_posterior_of_the_next_year() -> None:
    rate, model = 0.05, default_credibility()
    found = small_run(aco={"savings_rate": rate, "performance_year": 2024}, true_savings="history")
    posterior = found.true_savings.posterior
    expected = model.year_means[2024] + model.drift.mean
    mean = expected + posterior.weight * (rate - model.year_means[2024])
    assert found.true_savings.view.mean == pytest.approx(mean, rel=1e-9)
    assert found.true_savings.view.sd == pytest.approx(posterior.sd, abs=2.0**-40)
    assert found.true_savings.source == posterior.explanation


def test_a_stated_spread_replaces_the_posteriors() -> None:
    stated = {"aco": {"savings_rate": 0.05}, "true_savings": "history"}
    found = small_run(**stated, true_savings_sd=0.001)
    assert found.true_savings.view.sd == 0.001
    assert found.true_savings.view.mean == small_run(**stated).true_savings.view.mean


def test_larger_acos_are_believed_more() -> None:
    def weight(size: int) -> float:
        who = aco(size, performance_year=2024, savings_rate=0.05)
        found = sim.run(who, ["track-1"], years=2, people_noise=False, practice_noise_constant=2.1)
        return found.true_savings.posterior.weight

    weights = [weight(size) for size in (500, 5_000, 50_000, 500_000)]
    assert weights == sorted(weights)
    assert 0.0 < weights[0] < weights[-1] < 1.0


def test_uncertain_savings_widen_the_assumed_view_only() -> None:
    certain, uncertain = (
        small_run(true_savings=0.02, true_savings_sd=sd, noise_constant=0.2) for sd in (0.0, 0.09)
    )
    assert uncertain.savings_rates(ASSUMED).std() > certain.savings_rates(ASSUMED).std()
    np.testing.assert_array_equal(
        uncertain.savings_rates(CHANCE_ALONE), certain.savings_rates(CHANCE_ALONE)
    )
