"""Stop-loss reinsurance: corridors by hand, layers in closed form, and what must always hold."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from agreement_cases import COMPILED, PATHS, mixed_aco, noisy_run, round_aco, silent_run

import simulate as sim
from simulate.agreement.finance.finances import finances
from simulate.agreement.finance.reinsurance import (
    Corridor,
    Insured,
    aggregate_recoveries,
    influence_on_premiums,
    measure_cover,
    premiums,
    quoted_price,
)
from simulate.agreement.simulation import assumed_course, panel_case, run_courses
from simulate.engine.panel_layers import Layer, simulate_layers
from simulate.engine.years import Execution, View
from simulate.errors import UserError
from simulate.population.spend import SpendModel


def expected_layer(
    models: Sequence[SpendModel],
    benchmark_per_capita: Sequence[float],
    person_years: Sequence[float],
    layer: tuple[float, float | None],
    factor: float = 1.0,
) -> float:
    """Return expected spending between two amounts a beneficiary, in closed form; dollars a year.

    Parameters
    ----------
    models, benchmark_per_capita, person_years
        By enrollment type; per-capita dollars are truncated spending at no true savings.
    layer : tuple of float
        From, and up to; None: the type's own truncation point.
    factor : float
        What all untruncated spending of the year is multiplied by.

    Notes
    -----
    With spending s Q of a beneficiary, E[min(s Q, b)] - E[min(s Q, a)], each the mean of the
    model's shape truncated at b / s and a / s.
    """
    total = 0.0
    for model, mean, years in zip(models, benchmark_per_capita, person_years, strict=True):
        if mean == 0.0 or years == 0.0:
            continue
        low = layer[0] / mean
        high = model.truncation if layer[1] is None else layer[1] / mean
        if high > low:
            inside = _mean_below(model, high, factor) - _mean_below(model, low, factor)
            total += years * mean * inside
    return total


def _mean_below(model: SpendModel, cap: float, factor: float) -> float:
    return factor * model.shape.truncated(cap / factor).mean


LOSSES = np.array([[0.0, 0.5e6, 1.5e6, 4e6]])
BENCHMARK = np.full((1, 4), 100e6)


@pytest.mark.parametrize(
    ("corridor", "paid"),
    [
        # From 1 % of 100 million up to 2 %: 0, 0, half a million, the whole million.
        (Corridor(0.01, 0.02, 1.0), [0.0, 0.0, 0.5e6, 1.0e6]),
        (Corridor(0.01, 0.02, 0.5), [0.0, 0.0, 0.25e6, 0.5e6]),
        (Corridor(1e6, 2e6, 1.0), [0.0, 0.0, 0.5e6, 1.0e6]),
        (Corridor(1e6, 0.02, 1.0), [0.0, 0.0, 0.5e6, 1.0e6]),
        (Corridor(0.01, None, 1.0), [0.0, 0.0, 0.5e6, 3.0e6]),
        (Corridor(0.0, None, 1.0), [0.0, 0.5e6, 1.5e6, 4.0e6]),
    ],
)
def test_a_corridor_by_hand(corridor: Corridor, paid: list[float]) -> None:
    assert aggregate_recoveries(LOSSES, BENCHMARK, corridor)[0] == pytest.approx(paid)


def test_a_cover_never_makes_the_tail_worse_before_its_premium() -> None:
    generator = np.random.Generator(np.random.Philox(11))
    for _ in range(50):
        losses = np.maximum(generator.normal(0.0, 2e6, (400, 3)), 0.0)
        low, high = sorted(generator.uniform(0.0, 0.05, 2))
        corridor = Corridor(low, high, generator.uniform())
        recovered = aggregate_recoveries(losses, np.full_like(losses, 100e6), corridor)
        loading = generator.uniform(0.0, 1.0)
        paid = premiums(recovered, loading)
        net = -losses.sum(axis=1)
        found = measure_cover(Insured(net, recovered, np.array(paid)[None, :]))
        assert np.all(recovered >= 0.0)
        assert np.all(recovered <= losses)
        assert paid == pytest.approx((1.0 + loading) * recovered.mean(axis=0))
        for name in ("mean", "p05", "worst_twentieth"):
            with_cover = getattr(found.before_premium, name).value
            assert with_cover >= getattr(found.without, name).value - 1e-6
        change = found.after_premium.mean.value - found.before_premium.mean.value
        assert change == pytest.approx(-sum(paid))


def test_an_aggregate_cover_of_a_run_by_hand() -> None:
    # Losses of 2 million a year (test_costs_and_capital); from 0.5 % to 1.5 % of 100 million
    # the cover pays 1 million, for which it asks 1.2 million.
    run = silent_run(
        round_aco(),
        ["enhanced"],
        true_savings=-0.05,
        aggregate_attachment=0.005,
        aggregate_limit=0.015,
        premium_loading=0.2,
        start_up_cost=0.0,
        operating_cost=0.4e6,
    )
    view = finances(run)["enhanced"].assumed
    cover = view.covers["aggregate"]
    assert cover.premiums == pytest.approx([1.2e6] * 5)
    # Costs of 2 million in all come off, too.
    assert cover.without.mean.value == pytest.approx(-12e6, abs=1e3)
    assert cover.before_premium.mean.value == pytest.approx(-7e6, abs=1e3)
    assert cover.after_premium.mean.value == pytest.approx(-13e6, abs=1e3)
    assert cover.loading == (0.2, 0.0)


def test_the_tail_with_a_cover_is_that_of_the_bottom_line() -> None:
    stated = {"stop_loss_attachment": 5e4, "aggregate_attachment": 0.002, "advance": "aip"}
    view = finances(noisy_run(["enhanced"], start_year=2025, **stated))["enhanced"].assumed
    for name, cover in view.covers.items():
        assert cover.after_premium.p05.value == pytest.approx(view.bottom_line.net_p05.value)
        assert cover.after_premium.worst_twentieth.value <= view.bottom_line.net_p05.value
        change = cover.after_premium.mean.value - cover.without.mean.value
        recovered = sum(one.value for one in cover.recoveries)
        assert change == pytest.approx(recovered - sum(cover.premiums), abs=1.0), name


# --- quoted premiums ---------------------------------------------------------------------


def test_a_quoted_premium_by_hand() -> None:
    # Recovered on average 0, 2 and 3; in the second year nine months are insured.
    recoveries = np.array([[0.0, 1.0, 2.0], [0.0, 3.0, 4.0]])
    inside = np.ones((2, 3), dtype=bool)
    price = quoted_price(recoveries, 4.0, [1.0, 0.75, 1.0], inside)
    # 4 a year are 3 for nine months: half as much again as the 2 that are expected.
    assert price.by_year == pytest.approx((0.0, 3.0, 4.5))
    assert price.loading is not None
    # The mean of 1 and 3 is 2, known to 1; so is what 3 is over it.
    assert price.loading == pytest.approx((0.5, 1.5 * 1.0 / 2.0))


def test_who_is_out_pays_no_quoted_premium() -> None:
    recoveries = np.array([[2.0, 3.0], [2.0, 0.0]])
    inside = np.array([[True, True], [True, False]])
    price = quoted_price(recoveries, 2.5, [1.0, 1.0], inside)
    # The insured half recovers 3: a quarter more, as in the first year, is 3.75.
    assert price.by_year == pytest.approx((2.5, 3.75))


def test_a_quote_in_place_of_a_loading_leaves_the_same() -> None:
    loaded = finances(noisy_run(["enhanced"], stop_loss_attachment=5e4, premium_loading=0.4))
    first = loaded["enhanced"].prices["stop_loss"][0]
    quoted = finances(noisy_run(["enhanced"], stop_loss_attachment=5e4, stop_loss_premium=first))
    for view in ("assumed", "chance_alone"):
        one, two = (getattr(found["enhanced"], view) for found in (loaded, quoted))
        cover = two.covers["stop_loss"]
        assert cover.premiums == pytest.approx(one.covers["stop_loss"].premiums)
        assert cover.loading.value == pytest.approx(0.4)
        assert cover.loading.standard_error > 0.0
        assert two.bottom_line.expected_net.value == pytest.approx(
            one.bottom_line.expected_net.value, abs=1.0
        )
    assert any("a quoted premium of" in note for note in quoted.notes)
    assert not any("Premiums are the expected recovery" in note for note in quoted.notes)


def test_a_cover_that_is_never_reached_says_so_and_costs_its_quote() -> None:
    stated = {"stop_loss_attachment": 5e6, "stop_loss_premium": 1e5}
    found = finances(noisy_run(["enhanced", "basic-e"], **stated))
    cover = found["enhanced"].assumed.covers["stop_loss"]
    assert cover.premiums == pytest.approx([1e5] * 5)
    assert cover.loading is None
    assert any("$5,000,000 is never reached on the simulated paths, so" in n for n in found.notes)
    one_sided = finances(noisy_run(["basic-a", "enhanced"], aggregate_attachment=0.0))
    assert any("never reached on the simulated paths of basic-a" in n for n in one_sided.notes)


def test_share_and_attachment_are_said() -> None:
    stated = {"stop_loss_attachment": 8e4, "stop_loss_share": 0.9, "aggregate_attachment": 0.01}
    said = " ".join(finances(noisy_run(["enhanced"], **stated)).notes)
    assert "pays 90 % of annualised spending from $80,000" in said
    assert "an ACO bears at most 75 % of losses" in said
    assert "pays 100 % of the shared losses of a performance year from 1 % of the" in said


# --- per beneficiary -------------------------------------------------------------------


def _case(size: int = 3_000 if COMPILED else 60, paths: int = PATHS, **stated):
    known = {"true_savings": 0.0, "practice_noise_constant": 0.0, "common_shock_sd": 0.0, **stated}
    run = noisy_run(["enhanced"], mixed_aco(size), years=2, **known)
    courses = [assumed_course(run.plan, View(mean)) for mean in (0.0, 0.05)]
    return run, panel_case(run.plan, courses, paths)


def _layer(low: float, high: float | None) -> Layer:
    return Layer(np.full(5, low), None if high is None else np.full(5, high))


@pytest.mark.slow_without_compiler
@pytest.mark.parametrize(("low", "high"), [(5e4, 1e5), (1e5, None), (1e5, 4e5)])
def test_a_layer_costs_what_the_closed_form_says(low: float, high: float | None) -> None:
    """Two moments of the truncated shape; false alarm below 1 in 10,000 a year and layer."""
    run, case = _case(true_savings_sd=0.0)
    people = run.plan.population
    exact = expected_layer(
        people.models, people.benchmark_per_capita, people.person_years, (low, high)
    )
    found = simulate_layers(case, _layer(low, high))[0]
    errors = found.std(axis=0, ddof=1) / np.sqrt(len(found))
    # The table's 16,384 levels round the ends of a layer: by 0.1 % of it over 4,000 years.
    assert np.all(np.abs(found.mean(axis=0) - exact) < 4.5 * errors + 0.002 * exact)


def test_layers_on_top_of_each_other_add_up() -> None:
    _, case = _case()
    lower = simulate_layers(case, _layer(3e4, 9e4))
    upper = simulate_layers(case, _layer(9e4, 2e5))
    both = simulate_layers(case, _layer(3e4, 2e5))
    assert lower + upper == pytest.approx(both, rel=1e-9, abs=1e-3)
    assert np.all(lower >= 0.0)
    assert np.all(upper >= 0.0)
    # Savings of 5 % leave less in the layer of every simulated year.
    assert np.all(both[1] <= both[0])


def test_a_layer_up_to_the_truncation_point_is_part_of_expenditure() -> None:
    run, _ = _case(paths=2)
    case = panel_case(run.plan, run_courses(run.plan), 2)
    everything = simulate_layers(case, _layer(1e-9, None))
    spent = run.simulated.expenditure
    # From one unit of the table on: what is left out is at most a unit a beneficiary.
    assert everything == pytest.approx(spent, rel=2e-4)


def test_layers_have_the_same_bits_in_any_chunks() -> None:
    _, case = _case(paths=5)
    whole = simulate_layers(case, _layer(5e4, None))
    parts = simulate_layers(case, _layer(5e4, None), Execution(threads=2, chunk_years=2))
    assert np.array_equal(whole, parts)


def test_a_cover_per_beneficiary_in_a_run() -> None:
    run = noisy_run(["enhanced"], stop_loss_attachment=5e4, premium_loading=0.3)
    view = finances(run)["enhanced"].assumed
    cover = view.covers["stop_loss"]
    recovered = np.array([estimate.value for estimate in cover.recoveries])
    assert np.all(recovered > 0.0)
    assert cover.premiums == pytest.approx(1.3 * recovered)
    assert view.cash.quarters[0].items["premiums"].value == pytest.approx(-cover.premiums[0])
    twice = finances(noisy_run(["enhanced"], stop_loss_attachment=5e4, stop_loss_share=0.6))[
        "enhanced"
    ].assumed.covers["stop_loss"]
    assert [e.value for e in twice.recoveries] == pytest.approx(list(2.0 * recovered))


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ({"stop_loss_limit": 2e5}, "state finance.stop_loss_attachment"),
        ({"stop_loss_attachment": 2e5, "stop_loss_limit": 1e5}, "not above"),
        ({"stop_loss_attachment": 100.0}, "stop_loss_attachment"),
        ({"aggregate_attachment": 5.0}, "fraction of the benchmark"),
        ({"aggregate_attachment": 0.02, "aggregate_limit": 0.01}, "not above"),
        ({"aggregate_limit": 0.01}, "state finance.aggregate_attachment"),
        ({"stop_loss_premium": 1e5}, "state finance.stop_loss_attachment"),
        (
            {"aggregate_premium": 1e5, "stop_loss_attachment": 1e5},
            "state finance.aggregate_attachment",
        ),
        (
            {"stop_loss_premium": 1e5, "stop_loss_attachment": 1e5, "premium_loading": 0.1},
            "both say what the premium is",
        ),
        ({"stop_loss_premium": 12.5, "stop_loss_attachment": 1e5}, "dollars of the whole ACO"),
    ],
)
def test_covers_that_make_no_sense(stated: dict, said: str) -> None:
    with pytest.raises(UserError, match=said):
        finances(sim.run_agreement(round_aco(), ["enhanced"], years=2, **stated))


@pytest.mark.parametrize("stated", [{"noise_constant": 2.15}, {"people_noise": False}])
def test_a_cover_per_beneficiary_needs_people(stated: dict) -> None:
    run = noisy_run(["enhanced"], years=2, stop_loss_attachment=1e5, **stated)
    with pytest.raises(UserError, match="people drawn as they are"):
        finances(run)


def test_the_influence_of_a_path_on_the_premium_is_what_leaving_it_out_changes() -> None:
    rng = np.random.default_rng(3)
    insured = rng.random((60, 2)) < [1.0, 0.7]
    recoveries = rng.exponential(1_000.0, (60, 2)) * insured
    paid = premiums(recoveries, 0.25, insured)
    influence = influence_on_premiums(recoveries, paid, 0.25, insured)
    np.testing.assert_allclose(influence.mean(axis=0), 0.0, atol=1e-9)
    for path in (0, 17, 59):
        kept = np.arange(60) != path
        without = premiums(recoveries[kept], 0.25, insured[kept])
        # Of second order: 1 in 60 of a change of the share that pays.
        change = (np.array(paid) - without) * 59
        np.testing.assert_allclose(change, influence[path], rtol=0.05, atol=1e-6)


def test_what_is_left_after_a_premium_holds_the_premiums_own_error() -> None:
    stated = {"start_year": 2026, "true_savings": -0.02, "premium_loading": 0.25}
    run = noisy_run(["3xenhanced"], aggregate_attachment=0.003, **stated)
    line = run.finances()["3xenhanced"].assumed.line
    quoted = noisy_run(["3xenhanced"], aggregate_attachment=0.003, aggregate_premium=5e4,
                       start_year=2026, true_savings=-0.02)  # fmt: skip
    assert quoted.finances()["3xenhanced"].assumed.line.priced is None
    assert line.priced is not None
    assert abs(line.priced[0].mean()) < 1e-6 * np.abs(line.net).mean()
    # The present value discounts premiums, which are paid before what they insure is lost.
    assert np.corrcoef(*line.priced)[0, 1] > 0.99
