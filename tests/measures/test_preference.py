"""Which choice is preferred: held against a naive twin and against the comparison of two."""

from __future__ import annotations

import numpy as np
import pytest

from simulate.measures.comparison import compare_outcomes
from simulate.measures.outcomes import Outcomes, measure
from simulate.measures.preference import LARGER_IS_BETTER, paired_difference, preferred

YEARS = 400


def outcomes(net: np.ndarray) -> Outcomes:
    savings, losses = np.maximum(net, 0.0), np.maximum(-net, 0.0)
    return Outcomes(savings, losses, net, savings > 0.0, losses > 0.0, np.abs(net) > 2.0)


@pytest.fixture
def luck() -> np.ndarray:
    return np.random.default_rng(5).standard_normal(YEARS)


@pytest.mark.parametrize("by", LARGER_IS_BETTER)
def test_the_difference_is_that_of_the_comparison(by: str, luck: np.ndarray) -> None:
    first, second = outcomes(luck), outcomes(0.7 * luck + 0.1)
    assert paired_difference(by, first, second) == compare_outcomes(first, second).differences[by]


@pytest.mark.parametrize("by", LARGER_IS_BETTER)
def test_the_best_and_the_runner_up_against_a_naive_search(by: str, luck: np.ndarray) -> None:
    settled = {
        f"c{scale}{shift}": outcomes(scale * luck + shift)
        for scale in (0.2, 1.0, 1.7)
        for shift in (-0.6, 0.03, 0.8)
    }
    measures = {name: measure(one) for name, one in settled.items()}
    value = {name: getattr(m, by).value for name, m in measures.items()}
    found = preferred(settled, measures, by)
    better = max if LARGER_IS_BETTER[by] else min
    best = better(value.values())
    assert value[found.best] == best
    assert found.best == next(name for name in value if value[name] == best)
    rest = {name: v for name, v in value.items() if name != found.best}
    assert found.runner_up is not None
    assert value[found.runner_up] == better(rest.values())
    assert found.difference == paired_difference(by, settled[found.best], settled[found.runner_up])


def test_what_pays_the_same_in_every_year_is_no_runner_up(luck: np.ndarray) -> None:
    settled = {"a": outcomes(luck), "b": outcomes(luck.copy()), "c": outcomes(luck - 1.0)}
    measures = {name: measure(one) for name, one in settled.items()}
    found = preferred(settled, measures, "expected_net")
    assert (found.best, found.same, found.runner_up, found.clear) == ("a", ("b",), "c", True)
    two = {name: settled[name] for name in "ab"}
    alone = preferred(two, measures, "expected_net")
    assert (alone.same, alone.runner_up, alone.difference, alone.clear) == (
        ("b",),
        None,
        None,
        True,
    )


def test_a_shuffled_year_has_the_same_mean_but_is_not_the_same(luck: np.ndarray) -> None:
    settled = {"a": outcomes(luck), "b": outcomes(luck[::-1].copy())}
    measures = {name: measure(one) for name, one in settled.items()}
    found = preferred(settled, measures, "net_p50")
    assert (found.same, found.runner_up, found.clear) == ((), "b", False)
    assert found.difference is not None
    assert found.difference.value == 0.0


@pytest.mark.parametrize(("shift", "clear"), [(0.02, False), (0.2, True)])
def test_clear_is_more_than_two_paired_errors(shift: float, clear: bool, luck: np.ndarray) -> None:
    # Paired with noise of sd 0.5: 2 errors are 0.05.
    other = luck - shift + 0.5 * np.random.default_rng(6).standard_normal(YEARS)
    settled = {"a": outcomes(luck), "b": outcomes(other)}
    measures = {name: measure(one) for name, one in settled.items()}
    assert preferred(settled, measures, "expected_net").clear is clear


def test_a_constant_difference_is_clear_however_small(luck: np.ndarray) -> None:
    whole = np.round(luck * 1000)
    settled = {"a": outcomes(whole + 1.0), "b": outcomes(whole)}
    measures = {name: measure(one) for name, one in settled.items()}
    found = preferred(settled, measures, "expected_net")
    assert found.difference == (1.0, 0.0)
    assert found.clear
