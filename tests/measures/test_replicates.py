"""Years in interleaved replicates: errors from their spread, right by repeated sampling.

`assert_right_error` compares at 5 standard errors or more; a standard error from 40 replicates
is itself known to 11 %, which averages out over 1,500 samples.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from measure_cases import assert_right_error, repeated, skewed, with_atom
from scipy import stats

from simulate.measures import estimate as of
from simulate.measures.comparison import compare_outcomes, find_flips
from simulate.measures.outcomes import Outcomes, measure

REPLICATES = 40
#: Not a multiple of the replicates: some have one year more.
YEARS = 40 * 20 + 17


def stratified(rng: np.random.Generator) -> np.ndarray:
    """Standard normal years: half the variance spread evenly within each replicate."""
    rows = -(-YEARS // REPLICATES)
    strata = np.stack([rng.permutation(rows) for _ in range(REPLICATES)], axis=1)
    even = stats.norm.ppf((strata + rng.random(strata.shape)) / rows).ravel()[:YEARS]
    return np.sqrt(0.5) * (even + rng.standard_normal(YEARS))


def pair(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    x = stratified(rng)
    return 1.5 * x, np.exp(0.6 * (0.95 * x + np.sqrt(1 - 0.95**2) * rng.standard_normal(YEARS)))


TAIL = stats.norm.pdf(stats.norm.ppf(0.95)) / 0.05
ALONE = {
    "proportion": (lambda x: of.proportion(x > 1.0, replicates=REPLICATES), stats.norm.sf(1.0)),
    "mean": (lambda x: of.mean(x, REPLICATES), 0.0),
    "standard deviation": (lambda x: of.standard_deviation(x, REPLICATES), 1.0),
    "median": (lambda x: of.quantile(x, 0.5, REPLICATES), 0.0),
    "quantile": (lambda x: of.quantile(x, 0.95, REPLICATES), stats.norm.ppf(0.95)),
    "tail mean": (lambda x: of.tail_mean(x, 0.95, REPLICATES), TAIL),
}
PAIRED = {
    "quantile": lambda a, b: of.paired_quantile(a, b, 0.95, REPLICATES),
    "tail mean": lambda a, b: of.paired_tail_mean(a, b, 0.95, REPLICATES),
    "standard deviation": lambda a, b: of.paired_deviation(a, b, REPLICATES),
}


@pytest.mark.parametrize(("estimator", "truth"), ALONE.values(), ids=ALONE.keys())
def test_errors_by_replication(estimator, truth) -> None:
    values, errors = repeated(stratified, estimator, 31)
    # Order statistics and tails of 800 years: their error is uncertain, and biased by 1/years.
    assert_right_error(values, errors, truth, ratio=0.13, bias=0.3)


@pytest.mark.parametrize("estimator", PAIRED.values(), ids=PAIRED.keys())
def test_paired_errors_by_replication(estimator) -> None:
    values, errors = repeated(pair, estimator, 32)
    assert_right_error(values, errors, values.mean(), ratio=0.15)


def test_independent_years_would_claim_too_large_an_error() -> None:
    values, errors = repeated(stratified, lambda x: of.mean(x, REPLICATES), 33)
    _, independent = repeated(stratified, of.mean, 33)
    # Half the variance is stratified away: 0.5 years for each, to 11 % at 5 standard errors.
    assert np.mean(errors**2) / np.mean(independent**2) == pytest.approx(0.5, rel=0.11)
    assert values.std() < 0.8 * np.mean(independent)


@pytest.mark.parametrize("draw", [skewed, with_atom])
def test_replicates_of_one_year_are_independent_years(draw) -> None:
    x = draw(np.random.default_rng(34))
    for replicates in (x.size, x.size + 5):
        for estimator in (
            of.mean,
            of.standard_deviation,
            lambda x, r=None: of.tail_mean(x, 0.95, r),
            lambda x, r=None: of.paired_deviation(x, np.sqrt(x), r),
        ):
            alone, found = estimator(x), estimator(x, replicates)
            assert found.value == alone.value
            assert found.standard_error == pytest.approx(alone.standard_error)


def test_values_do_not_depend_on_replicates() -> None:
    x, y = pair(np.random.default_rng(35))
    for estimator, _ in ALONE.values():
        assert np.isfinite(estimator(x)).all()
    assert of.quantile(x, 0.05, REPLICATES).value == of.quantile(x, 0.05).value
    assert of.paired_tail_mean(x, y, 0.9, REPLICATES).value == of.paired_tail_mean(x, y, 0.9).value


def test_what_never_happens_does_not_claim_certainty() -> None:
    none, every = np.zeros(1_000, bool), np.ones(1_000, bool)
    assert of.proportion(none, replicates=REPLICATES) == of.proportion(none)
    assert of.proportion(every, replicates=REPLICATES) == of.proportion(every)
    assert of.proportion(none, certain=True, replicates=REPLICATES) == (0.0, 0.0)
    # Replicates that all agree would claim an error of zero.
    alike = np.arange(1_000) < 10 * REPLICATES
    assert of.proportion(alike, replicates=REPLICATES) == of.proportion(alike)


def test_a_constant_is_known_without_error() -> None:
    x = np.full(1_000, 0.1)
    assert of.mean(x, REPLICATES) == (pytest.approx(0.1), 0.0)
    assert of.quantile(x, 0.95, REPLICATES) == (0.1, 0.0)
    assert of.mean(np.array([2.0]), REPLICATES) == (2.0, 0.0)


def test_a_quantile_inside_an_atom_is_exact() -> None:
    x = with_atom(np.random.default_rng(36))
    assert of.quantile(x, 0.7, REPLICATES) == (0.0, 0.0)


# --- outcomes that know their replicates ------------------------------------


def outcomes(net: np.ndarray, replicates: int | None) -> Outcomes:
    return Outcomes(
        np.maximum(net, 0.0), np.maximum(-net, 0.0), net, net > 0.5, net < -0.5,
        np.abs(net) > 1.5, replicates=replicates,
    )  # fmt: skip


def test_every_measure_uses_the_replicates_of_its_outcomes() -> None:
    net = stratified(np.random.default_rng(37))
    there, plain = measure(outcomes(net, REPLICATES)), measure(outcomes(net, None))
    for name, estimate in there.to_dict().items():
        assert estimate["value"] == plain.to_dict()[name]["value"]
        assert estimate["standard_error"] != plain.to_dict()[name]["standard_error"], name
    assert there.expected_net == of.mean(net, REPLICATES)


def test_a_comparison_uses_them_too() -> None:
    rng = np.random.default_rng(38)
    first, second = (outcomes(net, REPLICATES) for net in pair(rng))
    found = compare_outcomes(first, second)
    plain = compare_outcomes(replace(first, replicates=None), replace(second, replicates=None))
    for name, estimate in found.differences.items():
        assert estimate.value == plain.differences[name].value
        assert estimate.standard_error != plain.differences[name].standard_error, name
    assert found.first_better == of.proportion(first.net > second.net, replicates=REPLICATES)


def test_a_change_of_preference_has_the_error_of_the_replicates() -> None:
    noise = stratified(np.random.default_rng(39))
    (flip,) = find_flips(
        lambda rate: 1e8 * (rate - 0.01) + 1e5 * noise, (-0.1, 0.2), 36, REPLICATES
    )
    assert flip.true_savings is not None
    expected = 1e-3 * of.mean(noise, REPLICATES).standard_error
    assert flip.true_savings.standard_error == pytest.approx(expected, rel=1e-3)
