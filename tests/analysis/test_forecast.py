"""The forecast of the next published savings rate against its parts and the backtest's."""

from __future__ import annotations

import pytest
from scipy import stats

import simulate as sim
from simulate.analysis.forecast import rate_forecast
from simulate.data import history
from simulate.population.credibility import default_credibility


@pytest.fixture(scope="module")
def aco() -> sim.ACO:
    return sim.ACO.from_published_results("A1001", year=2024)


def test_the_record_is_the_published_one(aco: sim.ACO) -> None:
    found = rate_forecast(aco)
    published = history("A1001")
    assert [(one.year, one.rate) for one in found.record] == [
        (row.performance_year, row.savings_rate) for row in published
    ]
    means = default_credibility().year_means
    assert [one.peers_mean for one in found.record] == [
        means[r.performance_year] for r in published
    ]
    # Its agreement of 2016 ended in June 2019, the next began in July.
    assert [one.year for one in found.record if one.new_benchmark] == [2020]
    assert found.emergency_years == (2020, 2021, 2022, 2023)  # 42 CFR 425.611


def test_the_weights_lead_from_the_record_to_the_mean(aco: sim.ACO) -> None:
    found = rate_forecast(aco)
    assert found.year == 2025
    own = sum(one.weight * (one.rate - one.peers_mean) for one in found.record)
    assert found.prediction.mean == pytest.approx(found.peers_mean + own, abs=1e-12)
    assert found.credibility == pytest.approx(sum(one.weight for one in found.record))


def test_the_mean_is_the_true_savings_of_a_run(aco: sim.ACO) -> None:
    from simulate.analysis.true_savings import resolve_true_savings

    found = rate_forecast(aco)
    view = resolve_true_savings(sim.Assumptions(), aco).view
    assert found.prediction.mean == pytest.approx(view.mean, abs=1e-12)
    assert found.prediction.sd > view.sd  # the noise of the coming year comes on top


def test_sampling_error_falls_with_size() -> None:
    large, small = (
        rate_forecast(sim.ACO.from_published_results(i, year=2024)).record[-1].sampling_sd
        for i in ("A1001", "A2952")
    )
    assert 0.005 < large < 0.01 < 0.03 < small < 0.04


@pytest.mark.parametrize("level", [0.5, 0.9])
def test_intervals_are_those_of_students_t(aco: sim.ACO, level: float) -> None:
    found = rate_forecast(aco).prediction
    low, high = found.interval(level)
    expected = stats.t(found.df, found.mean, found.scale).interval(level)
    assert (low, high) == pytest.approx(expected, rel=1e-9)


def test_without_a_rate_there_is_no_history() -> None:
    aco = sim.ACO(
        id="mine", assigned_beneficiaries=60, person_years={"aged_non_dual": 58.0},
        benchmark_per_capita={"aged_non_dual": 11_000.0},
    )  # fmt: skip
    with pytest.raises(sim.UserError, match="ACO mine has no published savings_rate"):
        rate_forecast(aco)


def test_a_rate_of_ones_own_is_a_record_of_one_year() -> None:
    aco = sim.ACO(
        id="mine", assigned_beneficiaries=6_000, person_years={"aged_non_dual": 5_800.0},
        benchmark_per_capita={"aged_non_dual": 11_000.0}, savings_rate=0.03,
    )  # fmt: skip
    found = rate_forecast(aco)
    assert [(one.year, one.rate) for one in found.record] == [(2024, 0.03)]
    assert found.year == 2025
