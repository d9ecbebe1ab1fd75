"""Payments in advance: recoupment against CMS's published rows, and cash flows done by hand."""

from __future__ import annotations

import statistics

import numpy as np
import pytest
from agreement_cases import noisy_run, round_aco, silent_run

import simulate as sim
from simulate.agreement.finance.advances import aip_quarterly_payment, recoup, tier_of
from simulate.agreement.finance.finances import FinanceView, finances
from simulate.contracts.finance_rules import finance_rules
from simulate.data import published_results
from simulate.errors import UserError
from simulate.report.finance import finance_rows

FREE = {"start_up_cost": 0.0, "operating_cost": 0.0}


def with_advances() -> list:
    return [row for row in published_results(2024).rows if row.aip_balance]


def assumed(path: str = "enhanced", start_year: int = 2026, **stated) -> FinanceView:
    run = silent_run(round_aco(), [path], start_year=start_year, **{**FREE, **stated})
    return finances(run)[path].assumed


def item(view: FinanceView, name: str) -> list[float]:
    return [quarter.items[name].value for quarter in view.cash.quarters]


def in_quarters(view: FinanceView, name: str) -> dict[int, float]:
    return {q: value for q, value in enumerate(item(view, name)) if value}


# --- recoupment ------------------------------------------------------------------------


def test_recoupment_by_hand() -> None:
    advanced, earned = np.array([[2.0, 1.8, 0.0]]), np.array([[0.5, 3.0, 4.0]])
    found = recoup(advanced, earned, "forgiven")
    # 2.0 less 0.5 leaves 1.5; with 1.8 more, 3.0 leaves 0.3; then 0.3 of 4.0.
    assert found.taken[0] == pytest.approx([0.5, 3.0, 0.3])
    assert found.balance[0] == pytest.approx([1.5, 0.3, 0.0])
    assert not found.repaid.any()
    each = recoup(advanced, earned, "at-settlement")
    # 1.5 is repaid at once; then 1.8 of 3.0.
    assert each.taken[0] == pytest.approx([0.5, 1.8, 0.0])
    assert each.repaid[0] == pytest.approx([1.5, 0.0, 0.0])
    end = recoup(np.array([[2.0, 1.8]]), np.array([[0.5, 3.0]]), "at-end")
    assert end.repaid[0] == pytest.approx([0.0, 0.3])


def test_recoupment_of_published_rows() -> None:
    rows = with_advances()
    assert len(rows) == 18
    balance = np.array([[row.aip_balance] for row in rows])
    earned = np.array([[max(row.earned_savings_or_losses, 0.0)] for row in rows])
    found = recoup(balance, earned, "forgiven")
    published = np.array([[row.aip_recoup] for row in rows])
    owed = np.array([[row.aip_owe] for row in rows])
    assert np.abs(found.taken - published).max() < 1.0  # printed in whole dollars
    assert np.abs(found.balance - owed).max() < 1.0


@pytest.mark.parametrize("shortfall", ["forgiven", "at-settlement", "at-end"])
def test_what_always_holds(shortfall) -> None:
    generator = np.random.Generator(np.random.Philox(3))
    advanced = generator.uniform(0.0, 2.0, (500, 5)) * generator.integers(0, 2, (500, 5))
    earned = np.maximum(generator.normal(0.5, 1.5, (500, 5)), 0.0)
    found = recoup(advanced, earned, shortfall)
    assert np.all(found.taken >= 0.0)
    assert np.all(found.taken <= earned)
    assert np.all(found.balance >= 0.0)
    assert np.all(found.repaid >= 0.0)
    assert np.all(np.cumsum(found.taken + found.repaid, 1) <= np.cumsum(advanced, 1) + 1e-9)
    back = found.taken.sum(1) + found.repaid.sum(1) + found.balance[:, -1]
    assert back == pytest.approx(advanced.sum(1))
    if shortfall != "forgiven":
        assert not found.balance[:, -1].any()


# --- advance investment payments -------------------------------------------------------


def test_the_typical_payment_is_the_published_median() -> None:
    each = [
        (row.aip_balance - 250_000) / 4 / min(row.assigned_beneficiaries, 10_000)
        for row in with_advances()
    ]
    rules = finance_rules()
    assert statistics.median(each) == pytest.approx(
        rules.of_year("aip_typical_payment", 0), abs=0.01
    )
    assert max(each) == pytest.approx(tier_of(100, rules.of_year("aip_tiers", 0)))


def test_quarterly_payments_by_hand() -> None:
    tiers = finance_rules().of_year("aip_tiers", 0)
    # 12,000 assigned: 3,000 of score 100 at $45, then 7,000 of score 50 at $28.
    assert aip_quarterly_payment(12_000, 0.25, 50.0, tiers, 10_000) == 135_000 + 196_000
    assert aip_quarterly_payment(12_000, 1.0, 50.0, tiers, 10_000) == 450_000
    assert [tier_of(score, tiers) for score in (0, 24.9, 25, 84.9, 85)] == [0, 0, 20, 40, 45]


def test_advance_investment_payments_by_hand() -> None:
    # 250,000, and 8 quarters of 10,000 beneficiaries at $45: the largest published balance after
    # 4, 2.05 million. 5 % of 100 million saved earns 3.675 million in each year.
    view = assumed(advance="aip", aip_quarterly_payment=45.0, true_savings=0.05)
    assert in_quarters(view, "advances") == pytest.approx(
        {0: 700_000.0, **dict.fromkeys(range(1, 8), 450_000.0)}
    )
    taken = in_quarters(view, "recouped")
    assert taken == pytest.approx({7: -2.05e6, 11: -1.8e6})
    balance = [q.balance.value for q in view.cash.quarters if q.balance is not None]
    assert balance[3] == pytest.approx(2.05e6)
    assert balance[6] == pytest.approx(3.4e6)
    assert balance[7] == pytest.approx(1.8e6)
    assert balance[11:] == pytest.approx([0.0] * 13)
    # Cash of the first settlement: 8 payments, 3.675 million, less what is recouped.
    assert view.cash.quarters[7].position.value == pytest.approx(3.85e6 + 3.675e6 - 2.05e6, abs=1e3)
    assert view.cash.quarters[-1].position.value == pytest.approx(18.375e6, abs=5e3)
    assert view.advance is not None
    assert view.advance.advanced == pytest.approx(3.85e6)
    assert view.advance.probability_of_not_earning_it == (0.0, 0.0)


def test_what_is_not_earned_is_not_owed_unless_the_aco_leaves() -> None:
    stays = assumed(advance="aip", aip_quarterly_payment=45.0).advance
    leaves = assumed(
        advance="aip", aip_quarterly_payment=45.0, termination="voluntary", termination_year=2027
    ).advance
    assert stays is not None
    assert leaves is not None
    assert (stays.expected_unrecouped.value, stays.expected_repaid.value) == (3.85e6, 0.0)
    assert (leaves.expected_unrecouped.value, leaves.expected_repaid.value) == (0.0, 3.85e6)
    assert leaves.probability_of_repaying == (1.0, 0.0)


def test_an_agreement_that_runs_has_fewer_quarters_left_and_a_balance() -> None:
    view = assumed(
        advance="aip",
        aip_quarterly_payment=45.0,
        first_agreement_year=2,
        advance_balance=1e6,
        true_savings=0.05,
    )
    assert in_quarters(view, "advances") == pytest.approx(dict.fromkeys(range(4), 450_000.0))
    assert in_quarters(view, "recouped") == pytest.approx({7: -2.8e6})
    assert view.advance is not None
    assert view.advance.advanced == pytest.approx(2.8e6)


def test_chance_decides_what_is_recouped() -> None:
    run = noisy_run(["basic-a"], start_year=2025, advance="aip", aip_quarterly_payment=40.0)
    view = finances(run)["basic-a"].assumed
    assert view.advance is not None
    back = view.advance.expected_recouped.value + view.advance.expected_unrecouped.value
    assert back == pytest.approx(view.advance.advanced)
    assert view.advance.probability_of_repaying == (0.0, 0.0)
    earned = run.outcomes("basic-a").shared_savings.sum(axis=1)
    # One two-year programme, so that recoupment is by year: at most what was earned in all.
    assert -sum(item(view, "recouped")) <= earned.mean() + 1e-6


# --- prepaid shared savings ------------------------------------------------------------


def test_prepaid_shared_savings_by_hand() -> None:
    # 0.5 million a quarter, 2 million a year, of 3.675 million earned.
    view = assumed(advance="prepaid", prepaid_per_quarter=0.5e6, true_savings=0.05)
    assert in_quarters(view, "advances") == pytest.approx(dict.fromkeys(range(20), 0.5e6))
    assert in_quarters(view, "recouped") == pytest.approx(dict.fromkeys((7, 11, 15, 19, 23), -2e6))
    balance = [q.balance.value for q in view.cash.quarters if q.balance is not None]
    assert balance[6] == pytest.approx(3.5e6)
    assert balance[7] == pytest.approx(2e6)
    assert balance[-1] == 0.0
    assert view.cash.quarters[-1].position.value == pytest.approx(18.375e6, abs=5e3)


@pytest.mark.parametrize(
    ("shortfall", "repaid"),
    [("at-settlement", dict.fromkeys((7, 11, 15, 19, 23), -2e6)), ("at-end", {23: -10e6})],
)
def test_prepaid_shared_savings_that_are_not_earned(shortfall: str, repaid: dict) -> None:
    stated = {"advance": "prepaid", "prepaid_per_quarter": 0.5e6, "prepaid_shortfall": shortfall}
    view = assumed(**stated)
    assert in_quarters(view, "repaid") == pytest.approx(repaid)
    assert view.advance is not None
    # Nothing was spent, so it can be repaid; with 1 million a year of costs it cannot.
    assert view.advance.probability_of_not_being_able_to_repay.value == 0.0
    short = assumed(**stated, operating_cost=1e6).advance
    assert short is not None
    assert short.probability_of_not_being_able_to_repay == (1.0, 0.0)
    rich = assumed(**stated, operating_cost=1e6, opening_cash=6e6).advance
    assert rich is not None
    assert rich.probability_of_not_being_able_to_repay.value == 0.0


# --- ACO Primary Care Flex -------------------------------------------------------------


def test_primary_care_flex_by_hand() -> None:
    # 120,000 member months: $30 in place of claims of $25 adds 0.6 million to expenditure, so 4.4
    # of 5 million are saved, and 75 % less 2 % of that shared: 3.234 million. Cash besides: those
    # 0.6 million and enhancements of $15, 1.8 million.
    view = assumed(
        start_year=2025,
        advance="pc-flex",
        flex_base_rate=30.0,
        flex_displaced_claims=25.0,
        flex_enhancement=15.0,
        true_savings=0.05,
    )
    assert in_quarters(view, "settlements") == pytest.approx(
        dict.fromkeys((7, 11, 15, 19, 23), 3.234e6), abs=1e3
    )
    assert in_quarters(view, "primary care payments") == pytest.approx(
        dict.fromkeys(range(20), 0.6e6)
    )
    assert in_quarters(view, "advances") == {0: 250_000.0}
    assert in_quarters(view, "recouped") == pytest.approx({7: -250_000.0})
    counted = assumed(
        start_year=2025,
        advance="pc-flex",
        flex_base_rate=30.0,
        flex_enhancement=15.0,
        flex_enhancement_in_expenditure=1.0,
        true_savings=0.05,
    )
    # 1.8 million more expenditure: 3.2 of 5 million saved.
    assert item(counted, "settlements")[7] == pytest.approx(0.735 * 3.2e6, abs=1e3)


def test_what_is_paid_for_primary_care_is_shown() -> None:
    # 600,000 member months: $30 in place of claims of $25, and $15 of which a fifth counts.
    view = assumed(
        start_year=2025,
        advance="pc-flex",
        flex_base_rate=30.0,
        flex_displaced_claims=25.0,
        flex_enhancement=15.0,
        flex_enhancement_in_expenditure=0.2,
    )
    found = view.primary_care
    assert found is not None
    assert found.base_rate.value == pytest.approx(18e6)
    assert found.displaced.value == pytest.approx(15e6)
    assert found.enhancements.value == pytest.approx(9e6)
    assert found.added_to_expenditure.value == pytest.approx(3e6 + 0.2 * 9e6)
    rows = dict(finance_rows([view], "after costs"))
    assert rows["primary care: base rate $M"] == ["18.00"]
    assert rows["  in place of claims of"] == ["15.00"]
    assert rows["  enhancements, as a credit"] == ["9.00"]
    assert rows["  expenditure is higher by"] == ["4.80"]
    quarterly = item(view, "primary care payments")
    assert sum(quarterly) == pytest.approx(18e6 - 15e6 + 9e6)
    assert view.to_dict()["primary_care"]["base_rate"]["value"] == pytest.approx(18e6)
    assert assumed(advance="aip").primary_care is None


def test_the_credit_of_the_contract_comes_by_quarter() -> None:
    # pc-flex credits 2 % of 100 million a year with its settlement: half a million a quarter.
    run = silent_run(round_aco(), ["pc-flex"], start_year=2025, true_savings=0.05, **FREE)
    plain = finances(run)["pc-flex"].assumed
    flex = assumed("pc-flex", 2025, advance="pc-flex", flex_base_rate=30.0, true_savings=0.05)
    assert in_quarters(flex, "primary care payments") == pytest.approx(
        dict.fromkeys(range(20), 0.5e6)
    )
    # Level E: half of 5 million less 2 % is 2.45 million, and the credit no longer with it.
    assert item(flex, "settlements")[7] == pytest.approx(2.45e6, abs=1e3)
    net = plain.costs.expected_net_after_costs.value
    assert flex.costs.expected_net_after_costs.value == pytest.approx(net)
    # Paid by month with and without the advanced payment.
    worth = flex.costs.expected_present_value_after_costs.value
    assert worth == pytest.approx(plain.costs.expected_present_value_after_costs.value)
    assert in_quarters(plain, "contract payments") == pytest.approx(dict.fromkeys(range(20), 0.5e6))
    stated = assumed(
        "pc-flex",
        2025,
        advance="pc-flex",
        flex_base_rate=30.0,
        flex_enhancement=15.0,
        true_savings=0.05,
    )
    # What is stated stands in the place of the contract's credit: 1.8 million, not 2 million.
    assert stated.costs.expected_net_after_costs.value == pytest.approx(net - 5 * 0.2e6)


# --- mistakes --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start_year", "stated", "said"),
    [
        (2023, {"advance": "aip"}, "from 2024"),
        (2025, {"advance": "prepaid", "prepaid_per_quarter": 1e5}, "from 2026"),
        (2026, {"advance": "pc-flex", "flex_base_rate": 30.0}, "last until 2030"),
        (2026, {"advance": "prepaid"}, "prepaid_per_quarter"),
        (2025, {"advance": "pc-flex"}, "flex_base_rate"),
        (2025, {"advance": "loan"}, "advance"),
        (2025, {"advance": "aip", "aip_quarterly_payment": 50.0}, "45"),
        (2025, {"advance": "aip", "aip_adi_percentile": 50.0}, "both, or neither"),
        (2025, {"flex_base_rate": 30.0}, "without effect.*state finance.advance = pc-flex"),
        (2025, {"advance": "pc-flex", "prepaid_per_quarter": 1e5}, "state finance.advance = prep"),
        (2025, {"aip_quarterly_payment": 30.0}, "state finance.advance = aip"),
        (
            2025,
            {"advance": "pc-flex", "flex_base_rate": 9.0, "flex_enhancement_in_expenditure": 0.5},
            "state finance.flex_enhancement",
        ),
    ],
)
def test_advances_that_there_are_not(start_year: int, stated: dict, said: str) -> None:
    with pytest.raises(UserError, match=said):
        finances(sim.run_agreement(round_aco(), ["enhanced"], 2, start_year=start_year, **stated))


def test_what_is_for_others_is_said() -> None:
    run = silent_run(round_aco(revenue_category="high"), ["basic-a"], advance="aip")
    assert any("high revenue" in note for note in finances(run).notes)
