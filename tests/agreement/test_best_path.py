"""Which path is worth most at which true savings, against runs at savings on either side."""

from __future__ import annotations

from itertools import pairwise

import pytest
from agreement_cases import COMPILED, mixed_aco, noisy_run, round_aco, silent_run

import simulate as sim
from simulate.agreement.best_path import NOTHING, best_paths
from simulate.report.agreement_words import best_sentence

NEAR = 0.01
NEEDS_PATHS = pytest.mark.skipif(not COMPILED, reason="too many draws for plain Python")


def worth(paths: list[str], true_savings: float) -> dict[str, float]:
    run = noisy_run(paths, mixed_aco(), true_savings=true_savings)
    found = {
        label: result.assumed.measures.cumulative.net_present_value.value
        for label, result in run.paths.items()
    }
    return {**found, NOTHING: 0.0}


@NEEDS_PATHS
@pytest.mark.parametrize("paths", [["basic-e"], ["glide-path", "enhanced"]])
def test_on_either_side_another_path_is_best(paths: list[str]) -> None:
    """The same seed on both sides: 300 paths whose difference changes by much within a point."""
    best = best_paths(noisy_run(paths, mixed_aco()))
    assert best[0].above is None
    assert best[-1].label != NOTHING
    below, above = best[0], best[-1]
    rates = [one.above.value for one in best[1:]]
    assert rates == sorted(rates)
    at_low, at_high = worth(paths, rates[0] - NEAR), worth(paths, rates[-1] + NEAR)
    assert at_low[below.label] == max(at_low.values())
    assert at_high[above.label] == max(at_high.values())


@NEEDS_PATHS
def test_two_paths_change_places_where_a_comparison_says() -> None:
    run = noisy_run(["basic-a", "enhanced"], mixed_aco())
    compared = sim.compare_paths(run, "basic-a", "enhanced").flips
    roots = [flip.true_savings.value for flip in compared if flip.true_savings is not None]
    best = best_paths(run)
    (change,) = (
        after.above.value
        for before, after in pairwise(best)
        if NOTHING not in (before.label, after.label)
    )
    assert any(change == pytest.approx(root, abs=1e-4) for root in roots)


def test_without_noise_losses_begin_beyond_the_minimum_loss_rate() -> None:
    """ENHANCED at an MLR of 2 %: it costs something below, and nothing between both rates."""
    run = silent_run(round_aco(), ["enhanced"], start_year=2025)
    none, path = best_paths(run)
    assert (none.label, path.label) == (NOTHING, "enhanced")
    mlr = run["enhanced"].planned.resolved[0].terms.mlr
    assert abs(path.above.value + mlr) <= 0.01 + 1e-9
    only = best_paths(silent_run(round_aco(), ["basic-a"], start_year=2025))
    assert [(one.label, one.above) for one in only] == [("basic-a", None)]


@NEEDS_PATHS
def test_a_range_no_wider_than_its_errors_is_left_out() -> None:
    for one, following in pairwise(best_paths(noisy_run(["glide-path", "basic-e"], mixed_aco()))):
        if one.above is not None:
            error = max(one.above.standard_error, following.above.standard_error)
            assert following.above.value - one.above.value > error


@NEEDS_PATHS
def test_the_page_says_it_in_its_answer(tmp_path) -> None:
    run = noisy_run(["basic-a", "enhanced"])
    run.report(tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text("utf-8")
    said = best_sentence(run, best_paths(run)).partition("(")[0].replace("-", "−")
    answer = page[page.index('id="answer"') : page.index('id="paths"')]
    assert said[:30].replace("−", "-") in answer.replace("−", "-")
