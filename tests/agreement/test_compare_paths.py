"""Two paths of one run: differences are those of the figures, a flip is where they change."""

from __future__ import annotations

import json

import numpy as np
import pytest
from agreement_cases import COMPILED, mixed_aco, noisy_run, round_aco, silent_run

import simulate as sim
from simulate.agreement.simulation import ASSUMED, CHANCE_ALONE

PAIR = ["glide-path", "enhanced"]


def test_differences_are_those_of_the_measures() -> None:
    run = noisy_run(PAIR, true_savings_sd=0.05)
    found = sim.compare_paths(run, *PAIR)
    for view, name in ((found.assumed, "assumed"), (found.chance_alone, "chance_alone")):
        sides = [getattr(run[label], name).measures.cumulative for label in PAIR]
        for key, difference in view.differences.items():
            if hasattr(sides[0], key):
                apart = getattr(sides[0], key).value - getattr(sides[1], key).value
                assert difference.value == pytest.approx(apart, rel=1e-9, abs=1e-6), key
        shares = view.first_better.value + view.second_better.value + view.equal.value
        assert shares == pytest.approx(1.0)
    json.dumps(found.to_dict(), allow_nan=False)


def test_pairs_are_the_same_simulated_paths() -> None:
    run = noisy_run(PAIR, true_savings_sd=0.05, discount_rate=0.03)
    found = sim.compare_paths(run, *PAIR)
    for view, paired in ((ASSUMED, found.assumed), (CHANCE_ALONE, found.chance_alone)):
        one, two = (run.outcomes(label, view).cash.present_value(0.03) for label in PAIR)
        difference = paired.differences["net_present_value"]
        assert difference.value == np.mean(one - two)
        error = np.std(one - two, ddof=1) / np.sqrt(one.size)
        assert difference.standard_error == pytest.approx(error)
        assert paired.first_better.value == np.mean(one > two)


def test_a_path_against_itself_under_another_name() -> None:
    run = noisy_run(["glide-path", "basic-a,basic-b,basic-c,basic-d,basic-e"])
    first, second = run.paths
    found = sim.compare_paths(run, first, second)
    assert found.assumed.equal.value == 1.0
    assert all(d.value == 0.0 for d in found.assumed.differences.values())
    assert found.flips[0].preferred_below == found.flips[0].preferred_above == -1


def test_where_the_preference_changes_without_noise() -> None:
    """Track 2 shares 60 % and owes 40 % beyond 2 %; Track 1 shares 50 % above 3 %, owes nothing.

    Between 2 and 3 % Track 2 alone pays; below -2 % it owes. So Track 1 is never the better from
    -2 % up, and below it is, with nothing.
    """
    run = silent_run(round_aco(performance_year=2016), ["track-1", "track-2"], start_year=2016)
    flip, *others = sim.compare_paths(run, "track-1", "track-2").flips
    assert not others
    assert (flip.preferred_below, flip.preferred_above) == (0, 1)
    assert flip.equal_between == pytest.approx((-0.0167, 0.0167), abs=0.005)


@pytest.mark.skipif(not COMPILED, reason="a flip needs many paths")
def test_at_a_flip_both_are_worth_the_same() -> None:
    run = noisy_run(PAIR, mixed_aco(8_000), years=3_000, true_savings_sd=0.0)
    (flip,) = sim.compare_paths(run, *PAIR).flips
    at = noisy_run(
        PAIR,
        mixed_aco(8_000),
        years=3_000,
        true_savings=flip.true_savings.value,
        true_savings_sd=0.0,
    )
    difference = sim.compare_paths(at, *PAIR).assumed.differences["net_present_value"]
    # Solved on the same paths: what is left is the interpolation, far inside the error.
    assert abs(difference.value) < 0.2 * difference.standard_error


def test_labels_that_are_not_in_the_run() -> None:
    run = noisy_run(PAIR)
    with pytest.raises(sim.UserError, match="Did you mean glide-path"):
        sim.compare_paths(run, "glide-pth", "enhanced")
