"""Fits of the families: known data recovered, scipy's fits met, the recommendation right."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from simulate.population.families import (
    FAMILY_NAMES,
    GB2,
    GammaPower,
    LognormalMixture,
)
from simulate.population.fitting import fit_families, fit_family, recommend
from simulate.population.quantile_table import QuantileTable
from simulate.population.spend_sample import (
    MIN_CLASS,
    TOPS,
    figures_of,
    lorenz_points,
    qq_points,
    reduce_spend,
)
from simulate.report.figures_spend import lorenz, quantile_quantile

COUNT = 40_000
TRUTHS = {
    "lognormal": (LognormalMixture(0.1, 0.0, (0.0, 0.0), (1.3, 1.3)), 2),
    "gamma": (GammaPower(0.1, 0.6, 1.0, 1.5), 2),
    "weibull": (GammaPower(0.1, 1.0, 1.0 / 0.7, 1.0), 2),
    "burr12": (GB2(0.1, 1.1, 1.0, 2.6, 1.5), 3),
    "gb2": (GB2(0.1, 0.9, 1.8, 3.5, 1.5), 4),
    "two_lognormals": (LognormalMixture(0.1, 0.13, (0.0, 2.77), (1.4, 0.7)), 5),
}
truths = pytest.mark.parametrize("name", TRUTHS)


def drawn(shape, count: int = COUNT, seed: int = 3) -> np.ndarray:
    """Inverse transform: the quantiles are held against scipy in test_families."""
    u = np.random.default_rng(seed).random(count)
    spends = u > shape.zero_mass
    x = np.zeros(count)
    x[spends] = shape.quantiles(1.0 - u[spends])
    return x


def cap_of(x: np.ndarray) -> float:
    return float(np.quantile(x, 0.99))


@truths
def test_recovery_by_likelihood_ratio(name) -> None:
    # Twice the log likelihood of the fit over that of the truth is chi-squared with as many
    # degrees of freedom as shape parameters. A bound at its 1 - 1e-5 quantile: one false alarm
    # in 100,000 streams a family. The seed is fixed. A fit below the truth is no maximum.
    truth, parameters = TRUTHS[name]
    x = drawn(truth)
    sample = reduce_spend(x, cap=cap_of(x))
    fit = fit_family(sample, name)
    assert fit.family == name
    scale = sample.truncated_mean_dollars
    y = np.log(x[x > 0.0] / scale)
    gain = fit.shape.log_density(y).sum() - truth.scaled(1.0 / scale).log_density(y).sum()
    assert -0.01 < 2.0 * gain < stats.chi2.ppf(1.0 - 1e-5, parameters)
    # And what is used of it: truncated CV within 5 standard errors of the sample's.
    exact = truth.truncated(cap_of(x))
    assert fit.figures.truncated_cv == pytest.approx(exact.cv, abs=5.0 * sample.cv_error)
    assert fit.figures.truncated_mean == pytest.approx(1.0, abs=5.0 * sample.mean_error)


def test_histogram_fits_are_those_of_every_single_amount() -> None:
    x = drawn(TRUTHS["weibull"][0])
    sample = reduce_spend(x, cap=cap_of(x))
    positive = x[x > 0.0] / sample.truncated_mean_dollars
    gamma = stats.gamma.fit(positive, floc=0)
    found = fit_family(sample, "gamma").shape.parameters
    assert (found["form"], found["scale"]) == pytest.approx((gamma[0], gamma[2]), rel=1e-3)
    weibull = stats.weibull_min.fit(positive, floc=0)
    found = fit_family(sample, "weibull").shape.parameters
    assert (1.0 / found["power"], found["scale"]) == pytest.approx(
        (weibull[0], weibull[2]), rel=1e-3
    )
    found = fit_family(sample, "lognormal").shape.parameters
    logs = np.log(positive)
    assert (found["log_mean"], found["log_sd"]) == pytest.approx(
        (logs.mean(), logs.std()), rel=1e-4
    )


def test_likelihood_and_criteria() -> None:
    x = drawn(TRUTHS["lognormal"][0])
    sample = reduce_spend(x, cap=cap_of(x))
    fit = fit_family(sample, "lognormal")
    logs = np.log(x[x > 0.0] / sample.truncated_mean_dollars)
    zeros, n = np.sum(x == 0.0), x.size
    exact = stats.norm.logpdf(logs, logs.mean(), logs.std()).sum()
    exact += zeros * np.log(zeros / n) + (n - zeros) * np.log(1.0 - zeros / n)
    # The error that LOG_BIN promises: at most 1.3e-5 / sd**2 a beneficiary.
    assert fit.log_likelihood == pytest.approx(exact, abs=1.3e-5 / logs.var() * n)
    assert fit.aic == pytest.approx(6.0 - 2.0 * exact, abs=1.0)
    assert fit.bic - fit.aic == pytest.approx(3.0 * (np.log(n - zeros) - 2.0))


def test_person_years_weigh_as_repeated_people() -> None:
    x = drawn(TRUTHS["gb2"][0], 8_000)
    twice = 1 + (np.arange(x.size) % 2)
    cap = cap_of(x)
    weighted = reduce_spend(x, twice.astype(float), cap=cap)
    repeated = reduce_spend(np.repeat(x, twice), cap=cap)
    assert weighted.figures.truncated_cv == pytest.approx(repeated.figures.truncated_cv)
    assert weighted.figures.share_above == pytest.approx(repeated.figures.share_above)
    np.testing.assert_allclose(
        weighted.figures.concentration, repeated.figures.concentration, atol=1e-6
    )
    for name in ("lognormal", "gamma", "weibull"):
        a, b = (fit_family(s, name).shape.parameters for s in (weighted, repeated))
        assert a == pytest.approx(b)
    # Fewer people stand behind the weights: Kish's size.
    spending = twice[x > 0.0]
    assert weighted.effective_count == pytest.approx(spending.sum() ** 2 / (spending**2).sum())


def test_standard_errors_by_repeated_samples() -> None:
    # 300 samples: the sd of a CV over them is known to 4 %, a bound of 20 % is 5 of those.
    truth = TRUTHS["two_lognormals"][0]
    cap = float(truth.quantiles(np.array([0.01]))[0])
    samples = [reduce_spend(drawn(truth, 2_000, seed), cap=cap) for seed in range(300)]
    cvs = [s.figures.truncated_cv for s in samples]
    means = [s.truncated_mean_dollars for s in samples]
    assert np.mean([s.cv_error for s in samples]) == pytest.approx(np.std(cvs), rel=0.2)
    relative = np.std(means) / np.mean(means)
    assert np.mean([s.mean_error for s in samples]) == pytest.approx(relative, rel=0.2)


class TestRecommendation:
    @pytest.mark.parametrize("name", ["lognormal", "two_lognormals"])
    def test_the_truth_or_what_holds_it(self, name) -> None:
        x = drawn(TRUTHS[name][0])
        sample = reduce_spend(x, cap=cap_of(x))
        best = recommend(sample, fit_families(sample))
        assert best.fit.family in {name, "two_lognormals", "gb2"}
        assert best.reason.startswith("likeliest (lowest AIC)")

    def test_likelihood_does_not_win_over_the_truncated_cv(self) -> None:
        # Half of the people spend next to nothing, finely: the likelihood of a lognormal cares,
        # a settlement does not. What is fitted is one lognormal against a gamma.
        x = drawn(TRUTHS["gamma"][0])
        sample = reduce_spend(x, cap=cap_of(x))
        fits = fit_families(sample, ("lognormal", "gamma"))
        assert recommend(sample, fits).fit.family == "gamma"
        rng = np.random.default_rng(2)
        low = np.exp(-9.0 + 0.05 * rng.standard_normal(COUNT // 2))
        sample = reduce_spend(np.concatenate([x, low]), cap=cap_of(x))
        fits = fit_families(sample, ("lognormal", "gamma", "weibull", "quantile_table"))
        best = recommend(sample, fits)
        assert best.fit.family == "quantile_table"
        assert "misses the truncated CV" in best.reason

    def test_without_a_table_the_nearest_and_it_says_so(self) -> None:
        x = drawn(TRUTHS["two_lognormals"][0])
        sample = reduce_spend(x, cap=cap_of(x))
        best = recommend(sample, fit_families(sample, ("gamma", "weibull")))
        assert best.fit.family == "weibull"
        assert "it misses" in best.reason


class TestSample:
    def test_figures_by_plain_arithmetic(self) -> None:
        x = drawn(TRUTHS["two_lognormals"][0], 10_000)
        x[:4] = -5.0
        cap = cap_of(x)
        sample = reduce_spend(x, cap=cap)
        held = np.sort(np.maximum(x, 0.0))[::-1]
        capped = np.minimum(held, cap)
        figures = sample.figures
        assert sample.truncated_mean_dollars == pytest.approx(capped.mean())
        assert sample.truncation == pytest.approx(cap / capped.mean())
        assert figures.truncated_cv == pytest.approx(capped.std() / capped.mean())
        assert figures.lost == pytest.approx(1.0 - capped.sum() / held.sum())
        assert figures.share_above == pytest.approx(np.mean(x > cap))
        assert sample.zero_mass == pytest.approx(np.mean(x <= 0.0))
        expected = [held[: round(10_000 * t)].sum() / held.sum() for t in TOPS]
        np.testing.assert_allclose(figures.concentration, expected, atol=1e-4)

    def test_every_class_of_the_table_holds_enough_people(self) -> None:
        x = drawn(TRUTHS["gb2"][0], 5_000)
        for least in (MIN_CLASS, 33):
            table = reduce_spend(x, cap=cap_of(x), min_class=least).table
            people = np.array(table.shares) * np.sum(x > 0.0)
            assert people.min() > least - 1e-6
            assert isinstance(table, QuantileTable)

    def test_the_table_is_near_the_data(self) -> None:
        x = drawn(TRUTHS["two_lognormals"][0])
        sample = reduce_spend(x, cap=cap_of(x))
        found = figures_of(sample.table, sample.truncation)
        assert found.truncated_mean == pytest.approx(1.0, rel=2e-3)
        assert found.truncated_cv == pytest.approx(sample.figures.truncated_cv, rel=3e-3)
        # Half of the top 1 % share's people are in few classes, spread evenly within each.
        np.testing.assert_allclose(found.concentration, sample.figures.concentration, atol=3e-3)

    def test_often_paid_amounts_make_one_class(self) -> None:
        x = np.repeat([0.0, 100.0, 250.0, 5_000.0], 500)
        table = reduce_spend(x, cap=5_000.0).table
        # A class of one amount each, and at most one more where a class bridges two amounts.
        assert len(table.means) <= 5
        assert np.all(np.diff(table.means) > 0.0)
        assert np.dot(table.shares, table.means) == pytest.approx(1.0 / 0.75)

    def test_a_handful_without_spending_is_no_cell(self) -> None:
        x = drawn(TRUTHS["gamma"][0].scaled(1.0), 3_000)
        x = np.concatenate([x[x > 0.0], np.zeros(5)])
        assert reduce_spend(x, cap=cap_of(x)).zero_mass == 0.0

    def test_too_few(self) -> None:
        with pytest.raises(ValueError, match="fewer than 22"):
            reduce_spend(np.arange(20.0), cap=10.0)


class TestPlots:
    def test_points_of_the_truth_lie_on_the_line(self) -> None:
        truth = TRUTHS["two_lognormals"][0]
        x = drawn(truth, 200_000)
        sample = reduce_spend(x, cap=cap_of(x))
        data, model = qq_points(sample, truth.scaled(1.0 / sample.truncated_mean_dollars))
        inner = slice(5, -8)
        np.testing.assert_allclose(model[inner], data[inner], rtol=0.05)
        # All of spending is in the classes, whatever their number.
        shares = np.array(sample.table.shares)
        positive = 1.0 - truth.zero_mass
        expected = truth.mean() / sample.truncated_mean_dollars / positive
        assert np.dot(shares, model) == pytest.approx(expected)

    def test_lorenz_curve_is_one_less_concentration(self) -> None:
        truth = TRUTHS["two_lognormals"][0]
        people, spending = lorenz_points(truth, 101)
        assert (people[0], spending[0], spending[-1]) == (0.0, 0.0, 1.0)
        assert np.all(np.diff(spending) >= 0.0)
        x = np.sort(drawn(truth, 400_000))
        expected = np.cumsum(x)[np.round(people[1:] * x.size).astype(int) - 1] / x.sum()
        np.testing.assert_allclose(spending[1:], expected, atol=0.01)

    def test_figures_return_their_axes(self) -> None:
        x = drawn(TRUTHS["gb2"][0], 5_000)
        sample = reduce_spend(x, cap=cap_of(x))
        fits = fit_families(sample, ("lognormal", "weibull"))
        axes = quantile_quantile(sample, fits)
        labels = [text.get_text() for text in axes.get_legend().get_texts()]
        assert labels == ["lognormal", "Weibull"]
        assert axes.get_xscale() == "log"
        axes = lorenz(sample, fits)
        assert axes.get_legend().get_texts()[-1].get_text() == "observed"


def test_every_family_has_a_name_and_a_fit() -> None:
    x = drawn(TRUTHS["two_lognormals"][0], 5_000)
    sample = reduce_spend(x, cap=cap_of(x))
    assert [fit.family for fit in fit_families(sample)] == list(FAMILY_NAMES)
