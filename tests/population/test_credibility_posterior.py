"""What a record says of the next year: the closed form against brute force, and its limits."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from credibility_cases import TRUTH, Row, synthetic_rows
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multivariate_t

import simulate as sim
from simulate.analysis.true_savings import record_of, resolve_true_savings
from simulate.data import published_results
from simulate.population.credibility import (
    CredibilityModel,
    Observation,
    default_credibility,
    fit_credibility,
    predict_rate,
    records_of,
    true_savings_posterior,
)
from simulate.population.credibility.panel import covariance, panel_of
from simulate.scenario.scenario import Assumptions

MODEL = CredibilityModel(
    TRUTH, {}, 0.1, {2018: 0.01, 2019: 0.02, 2020: 0.03, 2021: 0.02}, (), 100, 400, ()
)


def record(*rates: float, people: float = 12_000.0, first: int = 2019) -> list[Observation]:
    start = date(2019, 7, 1)
    return [Observation("A1", first + i, r, people, start, True) for i, r in enumerate(rates)]


@pytest.mark.parametrize("rebased", [False, True])
@pytest.mark.parametrize("rates", [(0.05,), (0.05, 0.08), (-0.10, 0.12, 0.02)])
def test_prediction_is_the_conditional_distribution(rates, rebased) -> None:
    # The joint density of record and next rate (SciPy's multivariate t) on a fine grid.
    known = record(*rates, first=2022 - len(rates))
    start = date(2022, 1, 1) if rebased else known[-1].agreement_start
    grid = np.linspace(-3.0, 3.0, 60_001)
    panel = panel_of([[*known, Observation("A1", 2022, 0.0, 12_000.0, start, True)]])
    means = [MODEL.year_means[o.performance_year] for o in known]
    joint = multivariate_t(
        [*means, MODEL.year_means[2021]], covariance(TRUTH, panel)[0] * (4.0 / 6.0), 6.0
    )
    points = np.column_stack([np.tile(rates, (grid.size, 1)), grid])
    density = joint.pdf(points)
    density /= density.sum()
    mean = float(density @ grid)
    found = predict_rate(MODEL, known, 2022, rebased=rebased)
    assert found.mean == pytest.approx(mean + MODEL.drift.mean, abs=1e-6)
    variance = found.sd**2 - MODEL.drift.over(1)[1] ** 2
    assert variance == pytest.approx(float(density @ (grid - mean) ** 2), rel=2e-3)
    assert found.df == 6.0 + len(rates)


def test_true_savings_leave_out_the_coming_noise() -> None:
    known = record(0.05, 0.08)
    rate = predict_rate(MODEL, known, 2021, rebased=False)
    true = true_savings_posterior(MODEL, known, rebased=False)
    assert (true.mean, true.year) == (pytest.approx(rate.mean), 2021)
    assert true.sd < rate.sd
    assert true.weight == pytest.approx(sum(true.weights.values()))


def test_posterior_of_simulated_acos_is_unbiased_and_as_wide_as_it_says() -> None:
    # 2,000 ACOs of four years; the fourth is predicted from three. Standard error of the
    # coverage 0.7 points, of the mean 0.06 points: 4 of them, a false alarm below 1e-3.
    rows = synthetic_rows(2_000, range(2018, 2022), seed=8)
    truth = replace(
        MODEL, year_means={y: 0.01 + 0.004 * i for i, y in enumerate(range(2018, 2022))}
    )
    inside, errors = [], []
    for known in records_of(rows).values():
        new = known[-1].agreement_start != known[-2].agreement_start
        found = predict_rate(truth, known[:3], 2021, rebased=new)
        error = known[3].savings_rate - truth.mean_of(2021) - (found.mean - truth.mean_of(2020))
        own = np.sqrt(found.sd**2 - truth.drift.over(1)[1] ** 2)
        errors.append(error)
        inside.append(abs(error) < 1.8331 * own * np.sqrt(7 / 9))  # t with 9 df
    assert abs(np.mean(errors)) < 0.0026
    assert np.mean(inside) == pytest.approx(0.90, abs=0.03)


def test_a_new_benchmark_loses_part_of_the_record() -> None:
    known = record(0.08)
    stays, unknown, new = (
        true_savings_posterior(MODEL, known, rebased=rebased) for rebased in (False, None, True)
    )
    assert stays.weight > unknown.weight > new.weight > 0.0
    assert new.weight / stays.weight == pytest.approx(0.4 / 0.85)
    assert unknown.rebasing == pytest.approx(0.1)
    assert new.sd > stays.sd


def test_weights_fall_with_age() -> None:
    found = true_savings_posterior(MODEL, record(0.05, 0.05, 0.05), rebased=False)
    weights = [found.weights[year] for year in (2021, 2020, 2019)]
    assert weights == sorted(weights, reverse=True)
    assert all(w > 0.0 for w in weights)
    for words in (f"{100 * found.weight:.0f} %", "3 published savings rates", "2022", "goes on"):
        assert words in found.explanation


@settings(max_examples=40)
@given(st.floats(-0.2, 0.2), st.floats(500, 500_000))
def test_one_rate_lies_between_itself_and_the_mean(rate, people) -> None:
    found = true_savings_posterior(MODEL, record(rate, people=people), rebased=False)
    centre, drift = MODEL.year_means[2019], MODEL.drift.mean
    assert min(rate, centre) - 1e-9 <= found.mean - drift <= max(rate, centre) + 1e-9
    assert 0.0 < found.weight < 1.0


def test_year_means_between_and_beyond_the_fitted() -> None:
    model = replace(MODEL, year_means={2018: 0.01, 2020: 0.03})
    assert model.mean_of(2019) == pytest.approx(0.02)
    assert model.mean_of(2016) == 0.01
    assert model.mean_of(2023) == pytest.approx(0.03 + 3 * model.drift.mean)


def test_history_uses_every_published_year_up_to_the_acos_own() -> None:
    aco = sim.ACO.from_published_results("A1001", 2020)
    assert [o.performance_year for o in record_of(aco)] == [2018, 2019, 2020]
    found = resolve_true_savings(Assumptions(true_savings="history"), aco).posterior
    assert found is not None
    assert found.year == 2021
    # What came later does not matter: a fit that never saw it gives the same record.
    early = fit_credibility([published_results(y) for y in (2018, 2019, 2020)], intervals=False)
    again = true_savings_posterior(early, record_of(aco))
    assert again.weights.keys() == found.weights.keys()
    assert again.mean == pytest.approx(found.mean, abs=0.01)


def test_history_of_an_aco_of_the_users_own() -> None:
    stated = sim.ACO.from_published_results("A1001", 2020).model_dump()
    aco = sim.ACO(**{**stated, "id": "mine", "savings_rate": 0.02})
    (known,) = record_of(aco)
    assert (known.savings_rate, known.agreement_start) == (0.02, None)
    view = resolve_true_savings(Assumptions(true_savings="history"), aco).view
    assert 0.02 < view.mean < default_credibility().mean_of(2020) + 0.01


def test_a_stated_rate_replaces_the_published_one() -> None:
    aco = sim.ACO.from_published_results("A1001", 2020).model_copy(update={"savings_rate": -0.05})
    known = record_of(aco)
    assert known[-1].savings_rate == -0.05
    row = next(row for row in published_results(2020).rows if row.aco_id == "A1001")
    assert known[-1].agreement_start == row.current_start


def test_a_stated_start_of_the_agreement_decides() -> None:
    aco = sim.ACO.from_published_results("A1001", 2020)
    # It began in July 2019; a first year of an agreement in 2020 is that of a new one.
    for year, chance in ((1, 1.0), (2, 0.0)):
        stated = aco.model_copy(update={"agreement_year": year})
        found = resolve_true_savings(Assumptions(true_savings="history"), stated).posterior
        assert found is not None
        assert found.rebasing == chance


def test_another_agreement_is_a_new_one_whichever_began_first() -> None:
    """A4803 of 2024: a path from 2012, 2019 or 2025 is settled on another benchmark."""
    aco = sim.ACO.from_published_results("A4803", 2024)
    stated = Assumptions(true_savings="history")
    own = aco.agreement_start_year
    chances = {
        start: resolve_true_savings(stated, aco, start).posterior.rebasing
        for start in (2012, 2019, own, 2025)
    }
    assert chances == {2012: 1.0, 2019: 1.0, own: 0.0, 2025: 1.0}
    # The first agreements began in 2012, and their first performance year is 2013.
    first = sim.ACO.from_published_results("A1001", 2020).model_copy(
        update={"id": "mine", "performance_year": 2013, "agreement_year": 1}
    )
    found = resolve_true_savings(stated, first, 2012).posterior
    assert found.rebasing == 0.0


def test_an_aco_of_the_users_own_enters_new_agreements_too() -> None:
    stated = sim.ACO.from_published_results("A1001", 2020).model_dump()
    aco = sim.ACO(**{**stated, "id": "mine", "savings_rate": 0.02})
    known = Assumptions(true_savings="history")
    new, old = (
        resolve_true_savings(known, aco, start).posterior
        for start in (2021, aco.agreement_start_year)
    )
    assert (new.rebasing, old.rebasing) == (1.0, 0.0)
    assert new.weight < old.weight
    assert new.year == old.year == 2021


def test_rows_without_a_start_can_be_rebased() -> None:
    known = records_of([Row("A1", 2021, 0.06, 12_000, None)])["A1"]
    found = predict_rate(MODEL, known, 2022)
    assert found.rebasing == pytest.approx(0.2)
    assert predict_rate(MODEL, known, 2022, rebased=True).mean < found.mean


def test_another_size_changes_the_noise_alone() -> None:
    known = record(0.08)
    small, large = (predict_rate(MODEL, known, 2020, people) for people in (1_000, 100_000))
    assert small.mean == large.mean
    assert small.sd > large.sd
    aco = sim.ACO.from_published_results("A1001", 2024)
    stated = Assumptions(true_savings="history")
    scaled = resolve_true_savings(stated, aco.scaled_to(500)).view
    assert scaled == resolve_true_savings(stated, aco).view
