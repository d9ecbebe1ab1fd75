"""Quarters of a path, and the cash on hand after each."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest
from agreement_cases import mixed_aco, noisy_run, planned, round_aco, silent_run

from simulate import cli
from simulate.agreement.finance.finances import finances
from simulate.agreement.finance.ledger import Ledger, measure_ledger
from simulate.agreement.finance.quarters import Quarters, quarters_of
from simulate.report.finance import cash_rows
from simulate.scenario.file import read_scenario, scenario_text
from simulate.scenario.scenario import Scenario


def quarters(text: str, lag: float = 0.75, **stated) -> Quarters:
    plan = planned([text], **stated)
    return quarters_of(plan.paths[0].path, plan.start_year, lag)


def test_quarters_of_an_agreement() -> None:
    found = quarters("enhanced", start_year=2025)
    assert found.by_year[0] == (0, 1, 2, 3)
    assert found.by_year[4] == (16, 17, 18, 19)
    # Nine months after each performance year: in the fourth quarter of the next.
    assert [found.labels[quarter] for quarter in found.settled] == [
        f"{year} Q4" for year in range(2026, 2031)
    ]
    assert quarters("enhanced", lag=0.5, start_year=2025).settled[0] == 6


def test_quarters_of_long_and_half_years() -> None:
    long = quarters("track-1", start_year=2012, months=18)
    assert long.labels[0] == "2012 Q3"
    assert [len(year) for year in long.by_year] == [6, 4, 4]
    assert long.labels[long.settled[0]] == "2014 Q4"
    half = quarters("basic-e", start_year=2019, months=6)
    assert half.labels[0] == "2019 Q3"
    assert len(half.by_year[0]) == 2
    assert half.labels[half.settled[0]] == "2020 Q4"


def test_a_year_that_is_cut_short_has_fewer_quarters() -> None:
    plan = planned(
        ["enhanced"],
        start_year=2025,
        termination="voluntary",
        termination_year=2026,
        termination_months=7,
    )
    found = quarters_of(plan.paths[0].path, 2025, 0.75)
    assert found.by_year == ((0, 1, 2, 3), (4, 5, 6))


def test_cash_on_hand_by_hand() -> None:
    costs = np.array([[-2.0, -1.0, -1.0]])
    settled = np.array([[0.0, 0.0, 5.0], [0.0, 0.0, 2.0], [0.0, 0.0, -3.0], [0.0, 0.0, 4.0]])
    found = measure_ledger(Ledger({"costs": costs, "settlements": settled}, opening=2.5))
    # 2.5 less 2, less 1, less 1: 0.5, -0.5, then -1.5 and 5, 2, -3 or 4 on top.
    assert [q.position.value for q in found.quarters] == pytest.approx([0.5, -0.5, 0.5])
    assert [q.probability_of_negative_position.value for q in found.quarters] == [0, 1, 0.25]
    # Alike on all paths, and so without an error.
    assert found.quarters[1].probability_of_negative_position.standard_error == 0.0
    assert found.probability_of_negative_position.value == 1.0
    # Half a dollar is short on three paths, 4.5 on the one that owes.
    assert found.capital[1].value == pytest.approx(4.5)
    assert found.quarters[0].balance is None


def test_cash_adds_up_to_what_is_left_after_costs() -> None:
    run = noisy_run(["enhanced", "basic-e"], aggregate_attachment=0.005, opening_cash=1e6)
    for path in finances(run).paths.values():
        for view in (path.assumed, path.chance_alone):
            end = view.cash.quarters[-1].position.value
            paid = sum(view.covers["aggregate"].premiums)
            recovered = sum(e.value for e in view.covers["aggregate"].recoveries)
            left = view.costs.expected_net_after_costs.value
            assert end == pytest.approx(1e6 + left + recovered - paid, abs=1.0)


def test_ahead_for_good_by_hand() -> None:
    costs = np.array([[-1.0, -1.0, -1.0, -1.0]])
    settled = np.array(
        [
            [3.0, 0.0, 0.0, 9.0],  # 2, 1, 0, 8: never below
            [0.0, 5.0, 0.0, -9.0],  # ahead in between, behind at the end
            [0.0, 3.0, -2.0, 4.0],  # -1, 1, -2, 1: for good from the last quarter
            [0.0, 4.0, 0.0, 0.0],  # -1, 2, 1, 0: from the second, and zero is not behind
        ]
    )
    # Opening cash does not count.
    ledger = Ledger({"costs": costs, "settlements": settled}, opening=50.0)
    assert ledger.break_even_times() == pytest.approx([0.0, np.inf, 0.75, 0.25])
    found = measure_ledger(ledger)
    assert found.probability_of_breaking_even.value == 0.75
    assert found.time_to_break_even_p50 is not None
    assert 0.25 <= found.time_to_break_even_p50.value <= 0.75
    behind = measure_ledger(Ledger({"costs": costs, "settlements": settled[1:2]}))
    assert behind.time_to_break_even_p50 is None


def test_the_share_that_gets_ahead_is_the_one_that_is_left_with_something() -> None:
    stated = {"aggregate_attachment": 0.005, "opening_cash": 1e6, "advance": "prepaid"}
    run = noisy_run(["enhanced", "basic-e"], prepaid_per_quarter=1e5, start_year=2026, **stated)
    for path in finances(run).paths.values():
        for view in (path.assumed, path.chance_alone):
            left = view.bottom_line.probability_of_covering_costs
            # The error of a premium is in the bottom line; by quarter it is taken as known.
            assert view.cash.probability_of_breaking_even.value == left.value
            facts = view.to_dict()["cash"]
            assert facts["probability_of_breaking_even"]["value"] == left.value
            assert (facts["time_to_break_even_p50"] is None) == (left.value < 0.5)


# --- the table in the terminal ---------------------------------------------------------


def test_quarters_alike_are_one_row_and_idle_ones_left_out() -> None:
    # 5 of 100 million saved a year: 75 % of it less 2 % is 3.675 million.
    stated = {"start_up_cost": 302e3, "operating_cost": 1e6, "true_savings": 0.05}
    run = silent_run(round_aco(), ["2xenhanced"], start_year=2026, **stated)
    path = finances(run)["2xenhanced"]
    _, headings, rows = cash_rows(path, folded=True)
    assert headings[:3] == ["costs", "settlements", "cash"]
    shown_rows = {label: cells[:3] for label, cells in rows}
    # Cash: -0.302 - 0.25, then 0.75 less, 0.75 less, 3.675 - 0.25 more, and 3.675 more.
    assert shown_rows == {
        "2026 Q1": ["-0.55", "", "-0.55"],
        "2026 Q2-Q4": ["-0.75", "", "-1.30"],
        "2027 Q1-Q3": ["-0.75", "", "-2.05"],
        "2027 Q4": ["-0.25", "3.67", "1.37"],
        "2028 Q4": ["", "3.67", "5.05"],
    }
    assert len(cash_rows(path)[2]) == 12


@pytest.mark.parametrize(
    "stated",
    [
        {},
        {"advance": "aip"},
        {"advance": "pc-flex", "flex_base_rate": 20.0, "flex_enhancement": 9.0},
        {"aggregate_attachment": 0.005},
        {"termination": "voluntary", "termination_year": 2026, "termination_months": 7},
    ],
)
def test_no_payment_is_lost_by_folding(stated: dict) -> None:
    run = noisy_run(["basic-e"], start_year=2025, **stated)
    path = finances(run)["basic-e"]
    (unit, headings, full), (_, _, folded) = cash_rows(path), cash_rows(path, folded=True)
    assert len(folded) < len(full)
    quarters = path.assumed.cash.quarters
    for place, name in enumerate(headings[: headings.index("cash")]):
        known = sum(q.items[name.replace("\n", " ")].value for q in quarters) / unit[0]
        cells = [float(cells[place].replace(",", "") or 0) for _, cells in folded]
        # Every cell is rounded to what its error allows, at most to half of its last digit.
        room = sum(0.5 * 10.0 ** -len(cells[place].partition(".")[2]) for _, cells in folded)
        assert sum(cells) == pytest.approx(known, abs=room)
    place = headings.index("cash")
    assert folded[-1][1][place:] == full[-1][1][place:]


def test_opening_cash_is_capital_that_is_not_needed() -> None:
    needed = finances(noisy_run(["enhanced"]))["enhanced"].assumed.cash.capital
    with_cash = finances(noisy_run(["enhanced"], opening_cash=5e5))["enhanced"].assumed.cash.capital
    assert with_cash[0].value == pytest.approx(needed[0].value - 5e5)


# --- stated in files and on the command line -------------------------------------------


def test_a_scenario_file_holds_every_key(tmp_path) -> None:
    scenario = Scenario(aco=mixed_aco()).with_changes(
        ["finance.aggregate_limit=0.02", "finance.aggregate_attachment=0.01", "finance.advance=aip"]
    )
    file = tmp_path / "aco.toml"
    file.write_text(scenario_text(scenario), "utf-8")
    assert read_scenario(file).finance == scenario.finance
    assert scenario.finance.stated
    assert not Scenario(aco=mixed_aco()).finance.stated


def shown(capsys, *arguments: str) -> tuple[int | str | None, str, str]:
    old, sys.argv = sys.argv, ["simulate", *arguments]
    try:
        with pytest.raises(SystemExit) as stopped:
            cli.main()
    finally:
        sys.argv = old
    out = capsys.readouterr()
    return stopped.value.code, out.out, out.err


@pytest.mark.slow_without_compiler
@pytest.mark.parametrize("asked", [["--finance"], ["--set", "finance.advance=aip"]])
def test_the_command_line_shows_finances(capsys, asked: list[str]) -> None:
    few = ["run", "--aco", "A4803", "--agreement", "basic-e", "--years", "200"]
    code, out, _ = shown(capsys, *few, *asked)
    assert code == 0
    assert "Costs, capital and cash" in out
    assert "2026 Q4" in out
    block = out[out.index("Costs, capital and cash") :]
    assert "Costs assumed: $580,000 at the start and $1,270,000 a year" in block[:120]
    assert "you are left with" in block.partition("All years together")[0]
    code, out, _ = shown(capsys, *few, *asked, "--json", "-")
    facts = json.loads(out)["finance"]
    assert set(facts["paths"]["basic-e"]) >= {"costs", "repayment_mechanism", "cash", "advance"}
    code, out, _ = shown(capsys, *few)
    assert code == 0
    assert "Costs, capital" not in out


def test_finance_without_an_agreement_is_refused(capsys) -> None:
    code, _, err = shown(capsys, "run", "--aco", "A4803", "--finance")
    assert code == 2
    assert "--finance goes with --agreement" in err


@pytest.mark.slow_without_compiler
def test_the_page_has_a_section_of_finances_where_they_are_stated(tmp_path, capsys) -> None:
    few = ["run", "--aco", "A4803", "--agreement", "basic-e", "--years", "200", "--json", "-"]
    pages = []
    for place, asked in enumerate((["--finance"], [])):
        file = tmp_path / f"{place}.html"
        code, out, _ = shown(capsys, *few, *asked, "--report", str(file))
        assert code == 0
        assert ("finance" in json.loads(out)) is bool(asked)
        pages.append(file.read_text("utf-8"))
    assert "Cash by quarter: basic-e" in pages[0]
    assert 'href="#finance"' in pages[0]
    answers = [page[page.index('id="answer"') : page.index('id="paths"')] for page in pages]
    assert "after costs you are left with" in answers[0]
    assert "are left with" not in answers[1]
    assert "580,000" in pages[0]
    assert "Cash by quarter" not in pages[1]
    assert 'href="#finance"' not in pages[1]


@pytest.mark.slow_without_compiler
def test_finances_are_the_same_for_any_threads_and_chunks(capsys) -> None:
    few = ["run", "--aco", "A4803", "--agreement", "basic-e", "--years", "60", "--json", "-"]
    stated = ["--set", "finance.stop_loss_attachment=1e5", "--set", "finance.advance=aip"]
    texts = {
        shown(capsys, *few, *stated, "--threads", threads, "--chunk-years", chunk)[1]
        for threads, chunk in (("1", "60"), ("2", "7"))
    }
    assert len(texts) == 1
