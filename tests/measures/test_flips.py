"""Where the preference between two contracts changes: closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from simulate.measures.comparison import find_flips

SEARCHED = (-0.10, 0.20)
NOISE = np.random.default_rng(1).normal(0.0, 1e4, 10_000)


def test_a_crossing() -> None:
    slope, at = 5e6, 0.0321
    (flip,) = find_flips(lambda rate: slope * (rate - at) + NOISE, SEARCHED)
    exact = at - NOISE.mean() / slope
    assert flip.true_savings.value == pytest.approx(exact, abs=2e-6)
    # Error of the difference over its slope.
    expected = NOISE.std(ddof=1) / np.sqrt(NOISE.size) / slope
    assert flip.true_savings.standard_error == pytest.approx(expected, rel=1e-6)
    assert (flip.preferred_below, flip.preferred_above) == (1, 0)
    assert flip.equal_between is None
    assert flip.searched == SEARCHED


def test_the_other_way_round() -> None:
    (flip,) = find_flips(lambda rate: np.full(3, -1e6 * (rate + 0.051)), SEARCHED)
    assert flip.true_savings.value == pytest.approx(-0.051, abs=2e-6)
    assert flip.true_savings.standard_error == 0.0
    assert (flip.preferred_below, flip.preferred_above) == (0, 1)


def test_the_error_of_the_root_by_replication() -> None:
    # 300 independent samples: the spread of roots is known to 4 %, 20 % is beyond 5 se.
    rng = np.random.default_rng(2)
    roots = []
    for _ in range(300):
        noise = rng.normal(0.0, 2e5, 1_000)

        def difference(rate: float, noise=noise) -> np.ndarray:
            return 3e6 * (rate - 0.05) + 2e7 * (rate - 0.05) ** 3 + (1 + rate) * noise

        (flip,) = find_flips(difference, SEARCHED)
        roots.append(flip.true_savings)
    values, errors = np.array(roots).T
    assert errors.mean() == pytest.approx(values.std(), rel=0.2)
    assert abs(values.mean() - 0.05) < 5 * values.std() / np.sqrt(300)


def test_two_crossings() -> None:
    found = find_flips(lambda rate: 1e8 * (rate - 0.011) * (rate - 0.123) + NOISE[:2], SEARCHED)
    roots = np.roots([1.0, -0.134, 0.011 * 0.123 + NOISE[:2].mean() / 1e8])
    assert [f.true_savings.value for f in found] == pytest.approx(sorted(roots), abs=2e-6)
    assert [(f.preferred_below, f.preferred_above) for f in found] == [(0, 1), (1, 0)]


def test_a_range_over_which_both_pay_the_same() -> None:
    def difference(rate: float) -> np.ndarray:
        return np.full(10, 1e6 * (min(rate + 0.02, 0.0) + max(rate - 0.03, 0.0)))

    (flip,) = find_flips(difference, SEARCHED)
    assert flip.true_savings is None
    low, high = flip.equal_between
    step = (SEARCHED[1] - SEARCHED[0]) / 36
    assert -0.02 - 1e-9 <= low <= -0.02 + step
    assert 0.03 - step <= high <= 0.03 + 1e-9
    assert (flip.preferred_below, flip.preferred_above) == (1, 0)


@pytest.mark.parametrize(("level", "preferred"), [(1e5, 0), (-1e5, 1), (0.0, -1)])
def test_no_crossing(level, preferred) -> None:
    (flip,) = find_flips(lambda rate: np.full(10, level * (1 + rate)), SEARCHED)
    assert flip.true_savings is None
    assert flip.equal_between is None
    assert (flip.preferred_below, flip.preferred_above) == (preferred, preferred)


def test_noise_alone_is_no_crossing() -> None:
    # A mean within twice its own error has no sign, whichever side of zero it falls.
    (flip,) = find_flips(lambda rate: NOISE - NOISE.mean() + 50.0 * np.sin(300 * rate), SEARCHED)
    assert flip.true_savings is None
    assert (flip.preferred_below, flip.preferred_above) == (-1, -1)


def test_equal_at_first_and_then_not() -> None:
    (flip,) = find_flips(lambda rate: np.full(10, 1e6 * max(rate - 0.02, 0.0)), SEARCHED)
    assert flip.true_savings is None
    assert (flip.preferred_below, flip.preferred_above) == (0, 0)


@pytest.mark.parametrize("at", [-0.05, 0.0, 0.05])
def test_a_crossing_at_a_point_of_the_grid(at) -> None:
    (flip,) = find_flips(lambda rate: np.full(3, 1e6 * (rate - at)), SEARCHED)
    assert flip.true_savings is not None
    assert flip.true_savings.value == pytest.approx(at, abs=2e-6)
    assert flip.equal_between is None
