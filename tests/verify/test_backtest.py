"""Backtest: calibrated where the world is the model's, honest on CMS's files, blind to NEXT."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm, t

from simulate.data import ResultsFile, published_results
from simulate.errors import UserError
from simulate.verify.backtest import Backtest, backtest
from simulate.verify.scores import covered, crps_normal, crps_t

SHIPPED_PAIRS = ((2013, 2014), (2014, 2015), (2015, 2016), (2016, 2017), (2018, 2019),
                 (2019, 2020), (2020, 2021), (2021, 2024))  # fmt: skip


@cache
def shipped(before: int, after: int) -> Backtest:
    return backtest(published_results(before), published_results(after))


def synthetic(acos: int = 600, seed: int = 4) -> list[ResultsFile]:
    """Three years before any shipped one, of a world with normal persistence and t noise."""
    rng = np.random.default_rng(seed)
    template = published_results(2014).rows[0]
    people = np.exp(rng.normal(9.6, 0.7, acos)).astype(int)
    volatility = np.sqrt(4.0 / rng.chisquare(6.0, acos))
    sd = np.hypot(0.027, 3.0 / np.sqrt(people)) * volatility
    noise = np.hypot(0.012, 2.1 / np.sqrt(people)) * volatility
    persistent = sd * rng.standard_normal(acos)
    files = []
    for year in (2009, 2010, 2011):
        rates = 0.01 + persistent + noise * rng.standard_normal(acos)
        rows = tuple(
            replace(template, aco_id=f"A{i:04d}", performance_year=year, savings_rate=float(rate),
                    assigned_beneficiaries=int(people[i]), current_start=date(2009, 1, 1))
            for i, rate in enumerate(rates)
        )  # fmt: skip
        files.append(ResultsFile(f"{year}.csv", rows, "stated", {}, "utf-8", (), ()))
        persistent = 0.8 * persistent + 0.6 * sd * rng.standard_normal(acos)
    return files


@settings(max_examples=30)
@given(st.floats(-4, 4), st.floats(-1, 1), st.floats(0.2, 3), st.floats(3, 40))
def test_crps_is_the_integral_of_its_definition(actual, mean, scale, df) -> None:
    def numeric(cdf) -> float:
        below = quad(lambda x: cdf(x) ** 2, -200, actual, limit=200, points=[mean - scale, -6])
        above = quad(lambda x: (1 - cdf(x)) ** 2, actual, 200, limit=200, points=[mean + scale, 6])
        return float(below[0] + above[0])

    def one(x: float) -> np.ndarray:
        return np.array([x])

    found = crps_t(one(actual), one(mean), one(scale), one(df))[0]
    assert found == pytest.approx(numeric(t(df, mean, scale).cdf), rel=2e-4)
    found = crps_normal(one(actual), one(mean), one(scale))[0]
    assert found == pytest.approx(numeric(norm(mean, scale).cdf), rel=2e-4)


def test_crps_t_tends_to_the_normal() -> None:
    y, m, s = np.array([0.3]), np.array([0.0]), np.array([1.2])
    assert crps_t(y, m, s, np.array([300.0]))[0] == pytest.approx(crps_normal(y, m, s)[0], rel=3e-3)


def test_covered_is_the_central_interval() -> None:
    pit = np.array([0.049, 0.051, 0.24, 0.26, 0.5, 0.74, 0.949, 0.951])
    assert covered(pit, 0.9).tolist() == [0, 1, 1, 1, 1, 1, 1, 0]
    assert covered(pit, 0.5).tolist() == [0, 0, 0, 1, 1, 1, 0, 0]


def test_intervals_are_calibrated_where_the_world_is_the_models() -> None:
    earlier, previous, following = synthetic()
    found = backtest(previous, following, [earlier])
    assert len(found.predictions) == 600
    # Standard errors 1.2 and 2.0 points, and as much again from the fitted constants.
    assert found.coverage_90 == pytest.approx(0.9, abs=0.05)
    assert found.coverage_50 == pytest.approx(0.5, abs=0.08)
    assert found.gain > 0.05
    assert abs(found.bias) < 0.006
    for one in found.predictions[:40]:
        low, high = one.interval(0.9)
        assert (low <= one.actual <= high) == bool(covered(np.array([one.pit]), 0.9)[0])


def test_predictions_see_nothing_of_next_but_who_is_in_it() -> None:
    previous, following = published_results(2020), published_results(2021)
    changed = replace(following, rows=tuple(
        replace(row, savings_rate=-row.savings_rate, assigned_beneficiaries=1_000_000,
                current_start=date(2021, 1, 1), agreement_period=9)
        for row in following.rows
    ))  # fmt: skip
    plain, other = shipped(2020, 2021), backtest(previous, changed)
    assert [p.prediction for p in plain.predictions] == [p.prediction for p in other.predictions]
    assert plain.coverage_90 > other.coverage_90
    assert max(plain.fitted_years) == 2020


def test_previous_replaces_the_shipped_year() -> None:
    # The user's PREV, not the shipped rows of its year, is what predictions rest on.
    previous = published_results(2020)
    shifted = replace(previous, rows=tuple(
        replace(row, savings_rate=row.savings_rate + 0.05) for row in previous.rows
    ))  # fmt: skip
    found = backtest(shifted, published_results(2021))
    moved = found.bias - shipped(2020, 2021).bias
    assert moved == pytest.approx(-0.05, abs=0.015)


def test_shipped_pairs_meet_the_targets_or_are_known_to_miss() -> None:
    """Targets: 90 % intervals cover 87-93 %, 50 % 45-55 %, CRPS 5 % below the better baseline.

    Missed, each for a reason that no earlier year shows: 2014-15 (one pair of years to
    learn from; later changes were larger), 2019-20 (the first COVID year moved all ACOs by
    1.7 points, twice what any year had), 2018-19 (quieter than the years before, so
    the intervals are too wide).
    """
    missed = {(2014, 2015), (2018, 2019), (2019, 2020)}
    for pair in SHIPPED_PAIRS:
        found = shipped(*pair)
        assert 0.82 < found.coverage_90 < 0.96
        assert 0.43 < found.coverage_50 < 0.56
        if pair not in missed:
            assert 0.87 <= found.coverage_90 <= 0.93
            assert 0.45 <= found.coverage_50 <= 0.55
        if pair != (2014, 2015):
            assert found.gain >= 0.05
    together = [shipped(*pair) for pair in SHIPPED_PAIRS]
    weights = [len(found.predictions) for found in together]
    assert 0.87 <= np.average([f.coverage_90 for f in together], weights=weights) <= 0.93
    assert 0.45 <= np.average([f.coverage_50 for f in together], weights=weights) <= 0.55


def test_intervals_narrow_with_size() -> None:
    widths = [size.width_90 for size in shipped(2020, 2021).by_size]
    assert widths == sorted(widths, reverse=True)
    # A normal 90 % interval of the published change alone: 3.3 sd of 1.7 to 5.7 points.
    assert 0.05 < widths[-1] < widths[0] < 0.19


def test_baselines_by_hand() -> None:
    found = shipped(2018, 2019)
    rates = np.array([row.savings_rate for row in published_results(2018).rows])
    actual = np.array([one.actual for one in found.predictions])
    flat = np.ones(len(actual))
    by_mean = crps_normal(actual, flat * rates.mean(), flat * rates.std(ddof=1)).mean()
    assert found.crps_overall_mean == pytest.approx(by_mean)
    changes = []
    for before, after in SHIPPED_PAIRS[:4]:
        later = {row.aco_id: row.savings_rate for row in published_results(after).rows}
        changes += [later[row.aco_id] - row.savings_rate for row in published_results(before).rows
                    if row.aco_id in later]  # fmt: skip
    spread = np.sqrt(np.mean(np.square(changes)))
    last = np.array([one.last for one in found.predictions])
    assert found.crps_last_rate == pytest.approx(crps_normal(actual, last, flat * spread).mean())
    assert found.crps_baseline == min(found.crps_last_rate, found.crps_overall_mean)
    assert shipped(2013, 2014).crps_last_rate is None


def test_json() -> None:
    found = shipped(2018, 2019)
    data = json.loads(json.dumps(found.to_dict()))
    assert data["acos"] == 475
    assert data["crps"] < data["crps_baseline"]
    assert {"coverage_50", "coverage_90", "bias", "by_size", "pit_histogram"} <= data.keys()
    assert sum(data["pit_histogram"]) == pytest.approx(1.0)
    assert sum(size["acos"] for size in data["by_size"]) == 475


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        (2017, 2018, r"A\d{5}.*A\d{4}.*cannot be joined"),
        (2019, 2019, "later year"),
        (2021, 2020, "PREV, then NEXT"),
    ],
)
def test_refusals(before, after, message) -> None:
    with pytest.raises(UserError, match=message):
        backtest(published_results(before), published_results(after))


def test_no_aco_in_common_and_late_extras_are_refused() -> None:
    previous, following = published_results(2018), published_results(2019)
    ids = {row.aco_id for row in previous.rows[:100]}
    parts = (
        replace(previous, rows=previous.rows[:100]),
        replace(following, rows=tuple(r for r in following.rows if r.aco_id not in ids)),
    )
    with pytest.raises(UserError, match=r"no ACO in common"):
        backtest(*parts)
    with pytest.raises(UserError, match=r"2018 or later"):
        backtest(previous, following, [published_results(2020)])
