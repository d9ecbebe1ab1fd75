"""The panel model of savings rates: known constants recovered, published figures met."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from credibility_cases import TRUTH, Row, results_file, synthetic_rows
from scipy.stats import multivariate_t

from simulate.data import published_results, published_years
from simulate.errors import UserError
from simulate.population.credibility import (
    CredibilityModel,
    Parameters,
    default_credibility,
    fit_credibility,
    observation_of,
    read_credibility,
    records_of,
)
from simulate.population.credibility.model import MeanChange, drift_of, model_text
from simulate.population.credibility.panel import covariance, log_likelihood, panel_of
from simulate.population.credibility.record import rebasing_probability
from simulate.population.credibility.refit import fit_shipped


@pytest.fixture(scope="module")
def recovered() -> CredibilityModel:
    return fit_credibility([results_file(synthetic_rows(1_500, range(2018, 2023), seed=5))])


@pytest.mark.parametrize("name", Parameters._fields)
def test_known_constants_lie_in_their_intervals(recovered, name) -> None:
    # Twice a 90 % interval is a 99.9 % interval: eight constants, a false alarm below 1 %
    # of seeds (fixed here).
    value, truth = getattr(recovered.parameters, name), getattr(TRUTH, name)
    low, high = recovered.intervals[name]
    assert low < value < high
    assert value - 2 * (value - low) < truth < value + 2 * (high - value)


def test_intervals_are_as_wide_as_estimates_scatter() -> None:
    # 24 panels: the share of 90 % intervals that hold the truth, over the parameters the
    # priors leave alone. Expected 0.9; below 0.75 or so is a false alarm well under 1 %.
    names = ("spread", "spread_size_constant", "persistence", "persistence_rebasing")
    held = []
    for seed in range(24):
        model = fit_credibility([results_file(synthetic_rows(250, range(2018, 2022), seed))])
        held += [low < getattr(TRUTH, name) < high for name, (low, high) in model.intervals.items()
                 if name in names]  # fmt: skip
    assert 0.78 < np.mean(held) <= 1.0


def test_likelihood_is_the_multivariate_t() -> None:
    record = next(iter(records_of(synthetic_rows(1, range(2018, 2023), seed=3)).values()))
    panel = panel_of([record])
    means = np.linspace(0.0, 0.02, 5)
    df = TRUTH.tail_df
    shape = covariance(TRUTH, panel)[0] * (df - 2.0) / df
    expected = multivariate_t(means, shape, df).logpdf(panel.rates[0])
    assert log_likelihood(TRUTH, panel, means[None, :])[0] == pytest.approx(expected, rel=1e-10)


def test_a_refit_reproduces_what_ships() -> None:
    found, stored = fit_shipped(), default_credibility()
    assert found.files == stored.files
    assert (found.acos, found.rates) == (stored.acos, stored.rates)
    np.testing.assert_allclose(found.parameters, stored.parameters, rtol=0.01)
    for name, ends in stored.intervals.items():
        np.testing.assert_allclose(found.intervals[name], ends, rtol=0.03)
    for year, mean in stored.year_means.items():
        assert found.year_means[year] == pytest.approx(mean, abs=1e-4)
    assert found.early_renewal == pytest.approx(stored.early_renewal, rel=1e-4)
    assert found.drift.mean == pytest.approx(stored.drift.mean, abs=2e-5)


def _pairs(first: range, new_agreement: bool) -> list[tuple[float, float]]:
    """Rates, less their year's mean, of successive years by whether an agreement began."""
    found = []
    for before, after in itertools.pairwise(first):
        rates = [
            {row.aco_id: row for row in published_results(year).rows} for year in (before, after)
        ]
        centre = [np.mean([row.savings_rate for row in side.values()]) for side in rates]
        for aco_id in rates[0].keys() & rates[1].keys():
            pair = rates[0][aco_id], rates[1][aco_id]
            if (pair[0].current_start != pair[1].current_start) == new_agreement:
                found.append((pair[0].savings_rate - centre[0], pair[1].savings_rate - centre[1]))
    return found


@pytest.mark.parametrize(("new", "published"), [(False, 0.66), (True, 0.38)])
def test_lag_one_correlations_are_those_of_the_files(new, published) -> None:
    # Year-centred rates PY2013-17 and 2018-21: 0.66 within an agreement, 0.38 across a
    # rebasing; computed here without the model, and compared with it at a middle size.
    pairs = _pairs(range(2013, 2018), new) + _pairs(range(2018, 2022), new)
    raw = np.corrcoef(np.array(pairs).T)[0, 1]
    assert raw == pytest.approx(published, abs=0.02)
    p = default_credibility().parameters
    model = np.mean([p.correlation(12_000, 1, int(new), regional) for regional in (False, True)])
    # The standard error of a correlation of 460 to 2,100 pairs is 0.02 to 0.04.
    assert model == pytest.approx(published, abs=0.08)


@pytest.mark.parametrize("years", [2, 3])
def test_correlations_fall_with_the_years_between(years) -> None:
    # Published files: 0.45 and 0.41 at lags 2 and 3 within an agreement.
    p = default_credibility().parameters
    found = np.mean([p.correlation(12_000, years, 0, regional) for regional in (False, True)])
    assert 0.38 < found < 0.62


def test_changes_within_an_agreement_have_the_published_constants() -> None:
    # Student t fits of the change alone: 2.85/sqrt(N) and 1.5 points under the national
    # update (PY2013-18), 2.19 to 2.53 and 0.65 to 1.09 later. A change of the persistent part
    # counts as noise there, so k and c of the model are smaller and these sums compare.
    p = default_credibility().parameters
    lost = 1.0 - p.persistence
    size_part = np.hypot(p.noise_constant, p.spread_size_constant * lost**0.5)
    assert 2.19 <= size_part <= 2.85
    assert 0.012 < np.hypot(p.common_sd_national, p.spread * lost**0.5) < 0.020
    assert 0.0065 < np.hypot(p.common_sd_regional, p.spread * lost**0.5) < 0.0125
    # People alone give 1.5 (correlated over years) to 1.87; all chance at most 2.2.
    assert 1.4 < p.noise_constant < 2.2
    assert 4.0 < p.tail_df < 8.0


def test_spread_across_acos_by_size() -> None:
    # Standard deviation by size, points, PY2013-18 to 2024: within the published brackets.
    p = default_credibility().parameters
    for people, low, high in ((6_000, 4.7, 6.5), (12_000, 3.6, 5.0), (35_000, 3.1, 4.3)):
        total = 100 * np.hypot(p.persistent_sd(people), p.noise_sd(people))
        assert low - 0.3 < total < high + 0.3


def test_one_year_alone_is_fitted_with_the_priors() -> None:
    model = fit_credibility([published_results(2013)], intervals=True)
    assert 0.3 < model.parameters.persistence < 0.95
    low, high = model.intervals["persistence_rebasing"]
    assert (low, high) == pytest.approx((0.162, 0.838), abs=0.02)  # logit prior of sd 1
    assert model.drift.mean == 0.0
    assert model.drift.sd == pytest.approx(0.007 * (5 / 3) ** 0.5)


def test_order_and_kind_of_what_is_given_do_not_matter() -> None:
    files = [published_results(2018), published_results(2019)]
    rows = [row for file in reversed(files) for row in file.rows]
    np.testing.assert_allclose(
        fit_credibility(rows, False).parameters, fit_credibility(files, False).parameters, rtol=1e-9
    )


def test_refusals() -> None:
    rows = synthetic_rows(30, [2018], seed=1)
    with pytest.raises(UserError, match=r"two results of performance year 2018"):
        fit_credibility([results_file(rows), results_file(rows)])
    with pytest.raises(UserError, match=r"5 ACOs .* at least 20"):
        fit_credibility(rows[:5])


def test_plain_data_round_trip(tmp_path, recovered) -> None:
    assert CredibilityModel.from_dict(recovered.to_dict()) == recovered
    path = tmp_path / "model.yaml"
    path.write_text(model_text(recovered, ["a comment"]), "utf-8")
    np.testing.assert_allclose(read_credibility(path).parameters, recovered.parameters, rtol=1e-5)
    path.write_text("spread: 1", "utf-8")
    with pytest.raises(UserError, match="not a credibility model"):
        read_credibility(path)
    with pytest.raises(UserError, match="cannot be read"):
        read_credibility(tmp_path / "none.yaml")


def test_months_and_agreements_of_published_rows() -> None:
    by_months = {}
    for year in (2013, 2019):
        for row in published_results(year).rows:
            factor = observation_of(row).people / row.assigned_beneficiaries
            by_months.setdefault(row.months_covered, set()).add(factor)
    # Halved dollars of 2019 are those of a calendar year; 18 and 21 months are more than one.
    assert by_months == {6: {1.0}, 12: {1.0}, 18: {1.5}, 21: {1.75}}


def test_terms_of_agreements_foretell_rebasings() -> None:
    # Ends by regulation against the files: of ACOs seen in successive years, how many began
    # a new agreement exactly when their term had ended.
    right = total = 0
    for before, after in itertools.pairwise(published_years()):
        if after != before + 1 or (before, after) == (2017, 2018):
            continue
        later = {row.aco_id: row.current_start for row in published_results(after).rows}
        for row in published_results(before).rows:
            if row.aco_id in later:
                due = rebasing_probability(observation_of(row), after, 0.0) == 1.0
                right += due == (later[row.aco_id] != row.current_start)
                total += 1
    assert total > 2_000
    assert right / total > 0.98


def test_unknown_agreement_starts_are_not_rebasings() -> None:
    rows = [Row("A1", year, 0.0, 9_000, None) for year in (2018, 2019)]
    record = records_of(rows)["A1"]
    assert panel_of([record]).rebasings.sum() == 0
    assert rebasing_probability(record[-1], 2020, 0.05) == pytest.approx(0.2)


def test_drift_by_hand() -> None:
    # Conjugate normal: prior mean 0 worth two years, sd 0.007 worth five; three changes.
    found = drift_of(
        [MeanChange(2014, 2015, 0.01), MeanChange(2015, 2016, -0.002), MeanChange(2016, 2018, 0.01)]
    )
    assert found.years == 6
    assert found.mean == pytest.approx(0.018 / 6)
    squares = 5 * 0.007**2 + 0.01**2 + 0.002**2 + 0.01**2 / 2 - 6 * 0.003**2
    assert found.sd == pytest.approx((squares / 6) ** 0.5)
    assert found.over(2) == pytest.approx((0.006, found.sd * (2 + 4 / 6) ** 0.5))
