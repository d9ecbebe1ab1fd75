"""Two contracts of one run: paired differences and the flip of the preference."""

from __future__ import annotations

import json

import numpy as np
import pytest
from analysis_cases import COMPILED, aco, compiled_only, plain_terms, small_run

import simulate as sim
from simulate.analysis.compare import SEARCHED, _ExpenditureBySavings
from simulate.analysis.run import ASSUMED, CHANCE_ALONE
from simulate.engine.years import View, simulate_years
from simulate.measures.comparison import compare_outcomes


@pytest.fixture(scope="module")
def run() -> sim.Run:
    same = sim.load_contract("track-2").model_copy(update={"id": "same"})
    return small_run(["track-2", same, "track-3", "track-1"], true_savings=0.01, seed=2)


def test_identical_contracts_differ_by_exactly_zero(run) -> None:
    found = sim.compare(run, "track-2", "same")
    for comparison in (found.assumed, found.chance_alone):
        assert set(comparison.differences.values()) == {(0.0, 0.0)}
        assert comparison.equal.value == 1.0
    (flip,) = found.flips
    assert flip.true_savings is None
    assert (flip.preferred_below, flip.preferred_above) == (-1, -1)


def test_differences_are_those_of_the_same_years(run) -> None:
    found = sim.compare(run, "track-2", "track-3")
    for comparison, view in ((found.assumed, ASSUMED), (found.chance_alone, CHANCE_ALONE)):
        first, second = (run.outcomes(i, view) for i in ("track-2", "track-3"))
        assert comparison == compare_outcomes(first, second)
        difference = comparison.differences["expected_net"]
        assert difference.value == pytest.approx((first.net - second.net).mean())


@compiled_only
def test_paired_error_is_much_smaller_than_unpaired(run) -> None:
    found = sim.compare(run, "track-2", "track-3").assumed.differences
    for name in ("expected_net", "expected_shared_savings"):
        alone = np.hypot(
            getattr(run["track-2"], name).standard_error,
            getattr(run["track-3"], name).standard_error,
        )
        assert found[name].standard_error < 0.4 * alone


def test_to_dict(run) -> None:
    found = sim.compare(run, "track-2", "track-3").to_dict()
    assert (found["first"], found["second"]) == ("track-2", "track-3")
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    for view in ("assumed", "chance_alone"):
        assert {"expected_net", "loss_var_95", "loss_tvar_95"} <= set(found[view]["differences"])
        shares = [found[view][k]["value"] for k in ("first_better", "second_better", "equal")]
        assert sum(shares) == pytest.approx(1.0)
    assert found["flip_years"] == run.years
    for flip in found["flips"]:
        assert {flip["preferred_below"], flip["preferred_above"]} <= {"track-2", "track-3", None}


def test_the_same_for_any_execution(run) -> None:
    expected = sim.compare(run, "track-1", "track-3").to_dict()
    assert sim.compare(run, "track-1", "track-3", sim.Execution(1, 7)).to_dict() == expected


def test_unknown_contract_is_named(run) -> None:
    with pytest.raises(sim.UserError, match="'track-9' is not in this run"):
        sim.compare(run, "track-2", "track-9")


@compiled_only
def test_flip_against_the_closed_form() -> None:
    # One-sided 50 % at the size table's 3.9 % against two-sided 60 % and 40 % at a flat 2 %, normal
    # noise of sd s: preference flips where 0.5 E[S; S >= .039] = 0.6 E[S; S >= .02]
    # + 0.4 E[S; S <= -.02]. 4 se, false alarm 6e-5.
    from scipy.optimize import brentq
    from scipy.stats import norm

    size, k = 5_000, 2.15
    s = k / np.sqrt(size)

    def part(tau: float, a: float) -> float:
        z = (a - tau) / s
        return tau * norm.sf(z) + s * norm.pdf(z)

    def difference(tau: float) -> float:
        return 0.5 * part(tau, 0.039) - 0.6 * part(tau, 0.02) + 0.4 * part(-tau, 0.02)

    exact = brentq(difference, -0.06, 0.02)
    run = sim.run(
        aco(size), [plain_terms("track-1"), plain_terms("track-2-2012")], years=20_000, seed=7,
        noise_constant=k, true_savings=0.0,
    )  # fmt: skip
    (flip,) = sim.compare(run, "track-1", "track-2-2012").flips
    found = flip.true_savings
    assert (flip.preferred_below, flip.preferred_above) == (0, 1)
    assert flip.searched == SEARCHED
    # People are skewed, not normal: 0.03 points beside the simulation error.
    assert abs(found.value - exact) < 4 * found.standard_error + 3e-4
    assert found.standard_error < 0.001


@compiled_only
def test_flip_is_where_a_run_at_that_rate_shows_no_difference() -> None:
    run = small_run(["track-1", "track-3"], true_savings=0.0, seed=3)
    (flip,) = sim.compare(run, "track-1", "track-3").flips
    at = small_run(["track-1", "track-3"], true_savings=flip.true_savings.value, seed=3)
    difference = sim.compare(at, "track-1", "track-3").assumed.differences["expected_net"]
    # The same years: zero, but for the jump of one year that crosses an MSR just there.
    jump = 0.75 * 0.039 * at.population.benchmark / at.years
    assert abs(difference.value) < 2 * jump
    assert abs(difference.value) < 0.15 * difference.standard_error


@pytest.mark.parametrize("rate", [-0.1, -0.033, 0.0, 0.01, 0.12, 0.2])
def test_expenditure_between_the_nodes(run, rate) -> None:
    # Each beneficiary bends at the truncation point, so a single year of 5,000 people is met to
    # about 0.02 %, a hundredth of its noise; over the years the differences cancel.
    years = 200 if COMPILED else 5
    interpolated = _ExpenditureBySavings(run, years, None)(rate)
    simulated = simulate_years(
        run.population, run.noise, (View(rate),), years, run.scenario.run.seed
    )
    np.testing.assert_allclose(interpolated, simulated.total(0), rtol=5e-4)
    assert interpolated.mean() == pytest.approx(simulated.total(0).mean(), rel=3e-5)
