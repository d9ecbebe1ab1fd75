"""One settlement everywhere: tables, comparison and finances say the same of a path."""

from __future__ import annotations

import numpy as np
import pytest
from agreement_cases import COMPILED, mixed_aco, noisy_run, planned, round_aco, silent_run

import simulate as sim
from simulate.agreement.finance.finances import finances
from simulate.errors import UserError

FLEX = {
    "advance": "pc-flex",
    "flex_base_rate": 30.0,
    "flex_displaced_claims": 25.0,
    "flex_enhancement": 15.0,
    "start_year": 2025,
}
COVERS = {"aggregate_attachment": 0.005, "aggregate_limit": 0.02, "cost_growth": 0.02}
PAIR = ["basic-e", "enhanced"]


# --- Primary Care Flex in the settlement of the run itself -------------------------------


def test_primary_care_payments_move_the_settlement_of_the_run_by_hand() -> None:
    """$5 x 120,000 member months more expenditure: 4.4 of 5 million saved, 73.5 % of it paid.

    Besides, those 0.6 million and enhancements of 1.8 million.
    """
    run = silent_run(round_aco(), ["enhanced"], true_savings=0.05, **FLEX)
    settled = run.outcomes("enhanced")
    assert settled.expenditure[0] == pytest.approx([95.6e6] * 5, abs=1e3)
    assert settled.shared_savings[0] == pytest.approx([3.234e6] * 5, abs=1e3)
    assert settled.net[0] == pytest.approx([5.634e6] * 5, abs=1e3)
    by_year = run["enhanced"].assumed.measures.by_year
    assert [year.expected_net.value for year in by_year] == pytest.approx([5.634e6] * 5, abs=1e3)
    assert any("Primary care payments" in note for note in run.plan.notes())


def test_a_stated_enhancement_takes_the_place_of_the_contracts_own() -> None:
    run = silent_run(round_aco(), ["pc-flex"], true_savings=0.05, **FLEX)
    # Level E shares half of 4.4 million, less 2 %.
    assert run.outcomes("pc-flex").net[0] == pytest.approx([2.156e6 + 2.4e6] * 5, abs=1e3)


@pytest.mark.parametrize(("months", "part"), [(3, 0.25), (6, 0.5), (9, 0.75), (12, 1.0)])
def test_payments_of_a_year_cut_short_are_those_of_its_months(months: int, part: float) -> None:
    stated = {"termination": "voluntary", "termination_year": 2026, "termination_months": months}
    run = silent_run(round_aco(), ["enhanced"], **FLEX, **stated)
    settled = run.outcomes("enhanced")
    assert settled.expenditure[0] == pytest.approx([100.6e6, 100e6 + part * 0.6e6], abs=1e3)
    assert settled.beside.during[0] == pytest.approx([2.4e6, part * 2.4e6])
    found = finances(run)["enhanced"].assumed
    assert found.primary_care is not None
    assert found.primary_care.enhancements.value == pytest.approx((1.0 + part) * 1.8e6)
    assert found.primary_care.added_to_expenditure.value == pytest.approx((1.0 + part) * 0.6e6)


@pytest.mark.parametrize("stated", [FLEX, {"advance": "aip", **COVERS}, {"operating_cost": 2e6}])
@pytest.mark.parametrize("path", ["pc-flex", "enhanced"])
def test_finances_rest_on_the_settlement_of_the_run(path: str, stated: dict) -> None:
    run = noisy_run([path], **{"start_year": 2025, **stated})
    found = finances(run)[path]
    for name in ("assumed", "chance_alone"):
        costs = getattr(found, name).costs
        settled = getattr(run[path], name).measures.cumulative
        left = costs.expected_net_after_costs.value + costs.costs
        worth = costs.expected_present_value_after_costs.value + costs.present_value_of_costs
        assert left == pytest.approx(settled.expected_cumulative_net.value)
        assert worth == pytest.approx(settled.net_present_value.value)


# --- the comparison says what the finances say --------------------------------------------


@pytest.mark.parametrize(
    "stated",
    [
        FLEX,
        {"start_year": 2026, "advance": "prepaid", "prepaid_per_quarter": 2e5, **COVERS},
        {"operating_cost": 2e6},
    ],
)
def test_paths_are_compared_by_what_the_finances_leave(stated: dict) -> None:
    run = noisy_run(PAIR, true_savings_sd=0.04, **stated)
    found, section = sim.compare_paths(run, *PAIR), finances(run)
    assert found.after_costs is not None
    for name in ("assumed", "chance_alone"):
        paired = getattr(found.after_costs, name)
        sides = [getattr(section[label], name).bottom_line for label in PAIR]
        for key, difference in paired.differences.items():
            apart = getattr(sides[0], key).value - getattr(sides[1], key).value
            assert difference.value == pytest.approx(apart, rel=1e-9, abs=1e-6), key
        shares = paired.first_better.value + paired.second_better.value + paired.equal.value
        assert shares == pytest.approx(1.0)
    assert found.flips == found.after_costs.flips
    assert found.to_dict()["after_costs"] is not None


def test_without_finances_settlements_are_compared() -> None:
    found = sim.compare_paths(noisy_run(PAIR), *PAIR)
    assert found.after_costs is None
    assert found.flips == found.settlements.flips


def test_what_is_left_is_what_the_cash_by_quarter_adds_up_to() -> None:
    """Advances, what becomes of them, premiums and recoveries included."""
    stated = {"advance": "prepaid", "prepaid_per_quarter": 3e5, "start_year": 2026, **COVERS}
    run = noisy_run(PAIR, true_savings=-0.01, opening_cash=1e6, **stated)
    for path in finances(run).paths.values():
        for view in (path.assumed, path.chance_alone):
            last = view.cash.quarters[-1].position
            assert last.value - 1e6 == pytest.approx(view.bottom_line.expected_net.value)
            # At no interest a present value is the sum.
    free = noisy_run(PAIR, discount_rate=0.0, true_savings=-0.01, **stated)
    for path in finances(free).paths.values():
        line = path.assumed.line
        np.testing.assert_allclose(line.present_value, line.net, rtol=1e-9, atol=1e-2)


@pytest.mark.parametrize("pays", [0.0, 10e6])
def test_what_is_left_with_reinsurance_by_hand(pays: float) -> None:
    """Without noise a premium is what is recovered and its loading, so that alone is lost by it."""
    stated = {"aggregate_attachment": 1e6, "premium_loading": 0.25, "operating_cost": pays}
    run = silent_run(round_aco(), PAIR, true_savings=-0.05, start_up_cost=0.0, **stated)
    section = finances(run)
    # 40 and 30 % of 5 million are owed; what is above 1 million is paid, at 1.25 times its price.
    left = {"enhanced": -2e6 - 0.25e6, "basic-e": -1.5e6 - 0.125e6}
    for label, yearly in left.items():
        found = section[label].assumed.bottom_line
        assert found.expected_net.value == pytest.approx(5 * (yearly - pays), abs=2e3)
        assert found.probability_of_covering_costs.value == 0.0


@pytest.mark.skipif(not COMPILED, reason="a flip needs many paths")
def test_at_a_flip_both_leave_the_same() -> None:
    stated = {
        "years": 2_000,
        "true_savings_sd": 0.0,
        "stop_loss_attachment": 60_000.0,
        "aggregate_attachment": 0.004,
        "premium_loading": 0.0,
    }
    aco = mixed_aco(6_000)
    run = noisy_run(PAIR, aco, true_savings=0.0, **stated)
    found = sim.compare_paths(run, *PAIR)
    assert found.after_costs is not None
    (flip,) = found.after_costs.flips
    assert flip.true_savings is not None
    mean = flip.true_savings.value
    at = noisy_run(PAIR, aco, true_savings=mean, **stated)
    # Premiums are those of the first run, recoveries those of the second.
    prices = finances(run)
    left = []
    for label in PAIR:
        path = finances(at)[label]
        quarters = path.terms.quarters.times[[q[0] for q in path.terms.quarters.by_year]]
        extra = np.array(
            [
                sum(path.prices[c][y] - prices[label].prices[c][y] for c in path.prices)
                for y in range(len(quarters))
            ]
        )
        left.append(path.assumed.line.present_value + float((extra * 1.05**-quarters).sum()))
    difference = left[0] - left[1]
    error = np.std(difference) / np.sqrt(difference.size)
    # Solved on the same paths: what is left is the interpolation, far inside the error.
    assert abs(np.mean(difference)) < 0.3 * error


# --- what says nothing is refused with the plan ------------------------------------------


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ({"advance_balance": 1e6}, "advance_balance = 1e[+]06: without effect"),
        ({"advance_balance": 1e6, "first_agreement_year": 2}, "without effect"),
        ({"advance": "aip", "advance_balance": 1e6}, "without effect"),
        ({"aip_quarterly_payment": 30.0}, "aip_quarterly_payment = 30"),
        ({"advance": "aip", "flex_base_rate": 30.0}, "state finance.advance = pc-flex"),
        ({"stop_loss_share": 0.5}, "state finance.stop_loss_attachment"),
        ({"aggregate_share": 0.5, "stop_loss_attachment": 1e5}, "aggregate_attachment"),
        ({"premium_loading": 0.1}, "stop_loss_attachment or finance.aggregate_attachment"),
        ({"advance": "pc-flex"}, "flex_base_rate"),
        ({**FLEX, "start_year": 2026}, "last until 2030"),
    ],
)
def test_settings_without_effect(stated: dict, said: str) -> None:
    with pytest.raises(UserError, match=said):
        planned(["enhanced"], **stated)


def test_a_number_of_years_that_no_path_takes() -> None:
    with pytest.raises(UserError, match=r"agreement.years = 2: without effect.*\(5\)"):
        planned(["glide-path-low-revenue"], **{"agreement.years": 2})
    with pytest.raises(UserError, match="without effect"):
        planned(["3xbasic-e"], **{"agreement.years": 2})
    assert len(planned(["glide-path", "3xbasic-e"], **{"agreement.years": 2}).paths) == 2


def test_payments_in_advance_by_the_year_in_which_the_agreement_began() -> None:
    stated = {"advance": "aip", "start_year": 2024}
    assert planned(["enhanced"], **stated)
    with pytest.raises(UserError, match="with agreements from 2023"):
        planned(["enhanced"], first_agreement_year=2, **stated)
    assert planned(["enhanced"], **{**stated, "start_year": 2025, "first_agreement_year": 2})
    # The repayment mechanism halved for agreements from 2022; this one began in 2021.
    run = silent_run(round_aco(), ["3xenhanced"], start_year=2023, first_agreement_year=3)
    assert finances(run)["3xenhanced"].assumed.repayment.amount == pytest.approx(1e6)
