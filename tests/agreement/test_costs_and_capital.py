"""Costs, their return, and the repayment mechanism: sums done by hand, and closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from agreement_cases import noisy_run, planned, round_aco, silent_run
from scipy import stats

from simulate.agreement.finance.capital import measure_repayment, required_amount
from simulate.agreement.finance.costs import measure_costs, yearly_costs
from simulate.agreement.finance.finances import finances
from simulate.agreement.finance.notes import cost_sentence
from simulate.agreement.finance.terms import check_finance
from simulate.errors import UserError
from simulate.report.finance import finance_sentence, finance_tables, paying_for_costs
from simulate.scenario.agreement import AgreementSettings
from simulate.scenario.finance import FinanceSettings
from simulate.scenario.scenario import Scenario

COSTS = {"start_up_cost": 600_000.0, "operating_cost": 1_300_000.0}


def _stated(**costs: float) -> Scenario:
    return Scenario(aco=round_aco(), finance=FinanceSettings(**costs))


def test_operating_costs_grow() -> None:
    # 1.3 million, then 10 % more each year; a half year costs half.
    assert yearly_costs(1.3e6, 0.1, [1.0, 1.0, 0.5]) == pytest.approx([1.3e6, 1.43e6, 0.7865e6])


def test_net_after_costs_by_hand() -> None:
    run = silent_run(round_aco(), ["enhanced"], true_savings=0.05, **COSTS)
    found = finances(run)["enhanced"].assumed.costs
    # 5 % of 100 million saved, 75 % shared, 2 % sequestered: 3.675 million in each of 5 years.
    # Costs 0.6 + 5 x 1.3 = 7.1 million, so 18.375 - 7.1 = 11.275 million are left.
    assert found.costs == pytest.approx(7.1e6)
    assert found.expected_net_after_costs.value == pytest.approx(11.275e6, abs=2e3)
    assert found.return_on_costs is not None
    assert found.return_on_costs.value == pytest.approx(11.275 / 7.1, abs=1e-3)
    assert found.savings_per_dollar_of_costs is not None
    assert found.savings_per_dollar_of_costs.value == pytest.approx(18.375 / 7.1, abs=1e-3)
    assert found.probability_of_covering_costs == (1.0, 0.0)


def test_no_costs_have_no_return() -> None:
    values = np.array([1.0, 3.0])
    found = measure_costs(values, values, values, (np.zeros(1), np.zeros(1)))
    assert found.return_on_costs is None
    assert found.savings_per_dollar_of_costs is None
    assert found.expected_net_after_costs.value == 2.0


def test_costs_left_out_are_those_of_cms() -> None:
    found = finances(silent_run(round_aco(), ["enhanced"]))
    assert found["enhanced"].assumed.costs.costs == pytest.approx(580_000 + 5 * 1_270_000)
    assert any("CMS's average of 2011" in note for note in found.notes)


def test_break_even_savings_in_closed_form() -> None:
    run = silent_run(round_aco(), ["enhanced"], msr="0.0", **COSTS)
    found = finances(run)["enhanced"].break_even_savings
    # A settlement is worth 0.75 x 0.98 x 100 million x savings, 1.75 to 5.75 years on; costs
    # are paid at the beginning of each of 20 quarters. All at 5 % a year.
    annuity = sum(1.05 ** -(year + 1.75) for year in range(5))
    spent = 0.6e6 + sum(0.325e6 * 1.05 ** -(quarter / 4) for quarter in range(20))
    assert found is not None
    assert found.value == pytest.approx(spent / (73.5e6 * annuity), abs=2e-6)


@pytest.mark.parametrize(
    ("revenue", "of_revenue", "amount"),
    [
        (20e6, 0.02, 0.4e6),  # 2 % of 20 million is less than 1 % of 100 million
        (80e6, 0.02, 1.0e6),
        (None, 0.02, 1.0e6),
        (20e6, None, 1.0e6),  # ENHANCED does not look at revenue
    ],
)
def test_what_a_repayment_mechanism_must_hold(
    revenue: float | None, of_revenue: float | None, amount: float
) -> None:
    assert required_amount(100e6, 0.01, revenue, of_revenue) == pytest.approx(amount)


@pytest.mark.parametrize(
    ("path", "stated", "amount"),
    [
        ("enhanced", {}, 500_000.0),  # half a percent of 100 million, from 2022
        ("enhanced", {"participant_revenue": 30e6}, 500_000.0),
        ("basic-e", {"participant_revenue": 30e6}, 300_000.0),  # 1 % of 30 million
        ("basic-e", {"participant_revenue": 90e6}, 500_000.0),
        ("basic-a", {}, None),
        ("reach-global", {}, None),
    ],
)
def test_the_mechanism_of_a_path(path: str, stated: dict, amount: float | None) -> None:
    run = silent_run(round_aco(), [path], start_year=2025, **stated)
    assert finances(run)[path].assumed.repayment.amount == pytest.approx(amount)


def test_before_2022_it_was_twice_as_much() -> None:
    run = silent_run(round_aco(), ["track-3"], start_year=2018)
    assert finances(run)["track-3"].assumed.repayment.amount == pytest.approx(1e6)


def test_losses_against_the_mechanism_by_hand() -> None:
    # 5 % of 100 million lost at the least loss rate, 40 %: 2 million a year, 0.5 million held.
    run = silent_run(round_aco(), ["enhanced"], true_savings=-0.05)
    found = finances(run)["enhanced"].assumed.repayment
    assert found.probability_of_exceeding == (1.0, 0.0)
    assert [share.value for share in found.by_year] == [1.0] * 5
    assert found.covers_99.value == pytest.approx(2e6, abs=100)
    assert found.expected_uncovered is not None
    assert found.expected_uncovered.value == pytest.approx(1.5e6, abs=100)


def test_the_mechanism_against_closed_forms() -> None:
    """Exponential losses of three years; false alarm below 1 in 10,000 (4.5 standard errors)."""
    draws = np.random.Generator(np.random.Philox(5)).exponential(1e6, (40_000, 3))
    found = measure_repayment(draws, [False] * 3, (2.5e6, "stated"))
    alone = stats.expon.cdf(2.5)
    assert found.probability_of_exceeding is not None
    assert found.expected_uncovered is not None
    for estimate, exact in (
        (found.probability_of_exceeding, 1.0 - alone**3),
        *((share, 1.0 - alone) for share in found.by_year),
        (found.covers_99, -1e6 * np.log(1.0 - 0.99 ** (1.0 / 3.0))),
        (
            found.expected_uncovered,
            1e6 * sum(c * np.exp(-2.5 * k) / k for k, c in ((1, 3.0), (2, -3.0), (3, 1.0))),
        ),
    ):
        assert abs(estimate.value - exact) < 4.5 * estimate.standard_error


def test_a_stated_amount_and_what_covers_it() -> None:
    run = noisy_run(["enhanced"], true_savings=-0.01, repayment_mechanism=1e5)
    found = finances(run)["enhanced"].assumed.repayment
    assert (found.amount, found.rule) == (1e5, "stated")
    most = finances(
        noisy_run(["enhanced"], true_savings=-0.01, repayment_mechanism=found.covers_99.value)
    )["enhanced"].assumed.repayment
    assert most.probability_of_exceeding is not None
    assert most.probability_of_exceeding.value <= 0.01


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ({"start_up_cost": 0.0, "operating_cost": 0.0}, "paid for at all true savings"),
        ({"start_up_cost": 0.0, "operating_cost": 50e6}, "no true savings from -10 % to 20 %"),
    ],
)
def test_what_is_said_where_nothing_breaks_even(stated: dict, said: str) -> None:
    path = finances(silent_run(round_aco(), ["basic-a"], **stated))["basic-a"]
    assert path.break_even_savings is None
    assert said in paying_for_costs(path)


def test_what_is_said_where_nothing_can_be_earned() -> None:
    aco = round_aco(quality_standard="failed")
    run = silent_run(aco, ["basic-a"], start_up_cost=0.0, operating_cost=0.0)
    assert "are the same" in paying_for_costs(finances(run)["basic-a"])


def test_too_many_paths_are_refused_before_they_are_simulated() -> None:
    with pytest.raises(UserError, match="GB of memory"):
        check_finance(planned(["enhanced"], years=3_000_000))


# --- what is said of costs, capital and what is left -----------------------------------


def test_the_two_amounts_of_costs_are_printed() -> None:
    said = cost_sentence(_stated())
    assert "$580,000 at the start and $1,270,000 a year: both are CMS's average of 2011" in said
    assert "whatever the ACO's size, not trended" in said
    assert "finance.start_up_cost and finance.operating_cost" in said
    half = cost_sentence(_stated(operating_cost=2e6, cost_growth=0.03))
    assert "$2,000,000 a year, growing by 3 % a year: start_up_cost is CMS's" in half
    assert "operating_cost." not in half
    stated = cost_sentence(_stated(start_up_cost=0.0, operating_cost=2e6))
    assert stated == "Costs assumed: $0 at the start and $2,000,000 a year, as stated."


def test_an_agreement_that_runs_has_started_before() -> None:
    runs = Scenario(aco=round_aco(), agreement=AgreementSettings(first_agreement_year=3))
    assert "$0 at the start and $1,270,000 a year" in cost_sentence(runs)
    costs = noisy_run(["enhanced"], first_agreement_year=3).finances()["enhanced"].terms.own_costs
    assert costs.sum() == pytest.approx(3 * 1.27e6)
    stated = noisy_run(["enhanced"], first_agreement_year=3, start_up_cost=1e6)
    assert stated.finances()["enhanced"].terms.own_costs.sum() == pytest.approx(3 * 1.27e6 + 1e6)


def test_costs_that_do_not_grow_are_said_beside_benchmarks_that_do() -> None:
    note = "Costs do not grow (finance.cost_growth = 0), while benchmarks grow by 3 % a year."
    assert note in finances(noisy_run(["enhanced"], benchmark_update=0.03)).notes
    assert note not in finances(noisy_run(["enhanced"], cost_growth=0.02)).notes


def test_what_is_left_after_everything_comes_first_by_hand() -> None:
    # 3.675 million a year (above), 0.5 million at the start and 1 million a year: 12.875 left.
    costs = {"start_up_cost": 0.5e6, "operating_cost": 1e6}
    found = finances(silent_run(round_aco(), ["enhanced"], true_savings=0.05, **costs))
    said = finance_sentence("enhanced", found["enhanced"])
    # Ahead once the first settlement is paid, 1.75 years on: 3.675 less 2.5.
    assert said.startswith(
        "enhanced: after costs you are left with $12.88 million on average, on one path in twenty "
        "with less than $12.88 million; what is left is not below zero on 100.0 % of simulated "
        "paths, and half of all paths are ahead for good within 1.75 years."
    )
    behind = finances(silent_run(round_aco(), ["enhanced"], true_savings=0.0, **costs))
    assert "so that fewer than half of all paths break even" in finance_sentence(
        "enhanced", behind["enhanced"]
    )


@pytest.mark.parametrize(
    ("stated", "row", "after"),
    [
        ({}, "net after costs $M", "after costs"),
        ({"aggregate_attachment": 0.0}, "left after costs and reinsurance $M", "after costs and"),
        ({"advance": "aip"}, "left after costs and payments in advance $M", "after costs and"),
    ],
)
def test_what_is_left_is_named_by_what_it_is_after(stated: dict, row: str, after: str) -> None:
    found = finances(silent_run(round_aco(), ["enhanced"], start_year=2025, **stated))
    (table,) = finance_tables(found)
    assert table.rows[0][0] == row
    assert f"enhanced: {after}" in finance_sentence("enhanced", found["enhanced"])
    names = [name for name, _ in table.rows]
    assert names.count("  half of the paths ahead for good from") == 1


def test_a_mechanism_below_the_smallest_loss_is_exceeded_by_any() -> None:
    losses = np.array([[0.0, 0.0], [0.0, 6e5], [9e5, 7e5]])
    found = measure_repayment(losses, [False] * 2, (5e5, "stated"))
    assert found.smallest_loss == 6e5
    assert found.exceeded_by_any_loss
    assert not measure_repayment(losses, [False] * 2, (6e5, "stated")).exceeded_by_any_loss
    assert not measure_repayment(losses, [True] * 2, (None, "none")).exceeded_by_any_loss
    assert not measure_repayment(0.0 * losses, [False] * 2, (5e5, "stated")).exceeded_by_any_loss


def test_what_is_said_of_a_mechanism_and_of_cash() -> None:
    stated = {"true_savings": -0.05, "opening_cash": 2e5}
    whenever = "it is exceeded whenever anything is owed"
    notes = finances(silent_run(round_aco(), ["enhanced", "basic-a"], **stated)).notes
    assert any(whenever in note and "of enhanced:" in note for note in notes)
    assert any("No cost of a letter of credit" in note for note in notes)
    assert any("beyond the opening cash of $200,000" in note for note in notes)
    more = finances(silent_run(round_aco(), ["enhanced"], repayment_mechanism=3e6, **stated)).notes
    assert not any(whenever in note for note in more)


@pytest.mark.parametrize("amount", [50.0, 0.005, 999.0])
def test_an_amount_in_another_unit_is_refused(amount: float) -> None:
    with pytest.raises(UserError, match=r"repayment_mechanism.*dollars of the whole ACO"):
        planned(["enhanced"], repayment_mechanism=amount)
