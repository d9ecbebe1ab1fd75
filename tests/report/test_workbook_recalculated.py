"""The formulas of the workbook, computed by a spreadsheet program, against `settle`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from workbook_cases import (
    SOFFICE,
    STALE_NUMBER,
    STALE_TEXT,
    banded,
    cases,
    named,
    poisoned,
    real_table,
    recalculated,
    shown,
)

import simulate as sim
from simulate.kernels import settlement_rule as rule
from simulate.report.workbook import render_workbook
from simulate.report.workbook.book import Book
from simulate.report.workbook.lookups import write_lookups
from simulate.report.workbook.settlement_case import Case
from simulate.report.workbook.settlement_sheet import write_settlement
from simulate.report.workbook.settlement_values import values

pytestmark = pytest.mark.skipif(
    SOFFICE is None,
    reason="LibreOffice (soffice) is not installed: the workbook's formulas are not recalculated",
)

#: Published ACOs under the rules of 2013, 2019 (no sequestration), 2021, and 2024, the last in
#: its first agreement year, so that the half rate is open to it.
TABLES = (("A67373", 2013), ("A1001", 2019), ("A1001", 2021), ("A3507", 2024))


def _workbook(settled: list[Case]) -> bytes:
    book = Book("cases", "test")
    for number, case in enumerate(settled):
        write_settlement(book, case, f"Case {number}")
    write_lookups(book, settled[0].table)
    return book.finished()


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Case, dict[str, Any]]]:
    """Every case beside the cells that LibreOffice computed from wrong values."""
    folder = tmp_path_factory.mktemp("recalculated")
    tables = [
        cases(real_table(aco_id, year, banded()), turn)
        for turn, (aco_id, year) in enumerate(TABLES)
    ]
    paths = []
    for number, found in enumerate(tables):
        paths.append(folder / f"cases{number}.xlsx")
        paths[-1].write_bytes(poisoned(_workbook(found)))
    stale = named(shown(paths[0]), "Case 0")
    assert stale["net"] == float(STALE_NUMBER)
    assert stale["threshold_words"] == STALE_TEXT
    books = [shown(path) for path in recalculated(paths, folder)]
    return [
        (case, named(book, f"Case {number}"))
        for book, found in zip(books, tables, strict=True)
        for number, case in enumerate(found)
    ]


def test_every_settlement_is_what_settle_says_to_the_cent(
    settled: list[tuple[Case, dict[str, Any]]],
) -> None:
    assert len(settled) >= 50
    assert sum(_on_half_a_cent(case) for case, _ in settled) <= 0.15 * len(settled)
    for case, cells in settled:
        inputs = case.inputs
        expected = sim.settle(
            case.table.contracts[inputs.contract_id].contract,
            inputs.circumstances,
            inputs.benchmark,
            inputs.expenditure,
            inputs.quality_score,
            case.standard,
        )
        for name in ("shared_savings", "shared_losses", "net"):
            difference = cells[name] - getattr(expected, name)
            assert abs(difference) < (0.011 if _on_half_a_cent(case) else 1e-6), (inputs, name)


def _on_half_a_cent(case: Case) -> bool:
    """Whether the payment is half a cent to the last bits, so that binary rounding decides.

    LibreOffice's INT lifts a number that misses an integer by its last bits; Excel's does not.
    """
    dollars = max(case.outcome.shared_savings, case.outcome.shared_losses)
    return abs((100.0 * dollars) % 1.0 - 0.5) < 1e-5


def test_every_cell_carries_the_value_that_the_program_computes(
    settled: list[tuple[Case, dict[str, Any]]],
) -> None:
    for case, cells in settled:
        cent = 0.011 if _on_half_a_cent(case) else 1e-5
        for name, value in values(case).items():
            found = cells[name]
            if isinstance(value, str):
                assert found == value, (case.inputs, name)
            else:
                assert found == pytest.approx(value, rel=1e-12, abs=cent), (case.inputs, name)
        assert cells["contract"] == case.inputs.contract_id


_AMOUNTS = ("relieved", "not_due", "withheld", "extra_cash", "incentive")


def _branches(case: Case) -> Iterator[str]:
    terms, outcome = case.terms, case.outcome
    yield {1.0: "MSR met", 2.0: "half rate", -1.0: "MLR met", 0.0: "neither"}[outcome.threshold]
    yield f"{case.inputs.quality_standard} under rule {terms.quality_rule:g}"
    if outcome.gross == 0.0:
        yield "nothing gross"
    if outcome.over_limit:
        by_revenue = outcome.limit == terms.loss_limit_dollars
        losing = "revenue" if by_revenue else "benchmark"
        yield "payment limit" if outcome.gross > 0.0 else f"loss limit by {losing}"
    if outcome.threshold == rule.LOSSES:
        yield f"loss rate rule {terms.loss_rate_rule:g}"
        if terms.loss_rate_rule and outcome.loss_rate == terms.loss_rate_floor:
            yield "loss rate floor"
        if terms.loss_rate_rule and outcome.loss_rate == terms.maximum_loss_rate:
            yield "loss rate maximum"
    yield from (name for name in _AMOUNTS if getattr(outcome, name))
    yield from (name for name in ("benchmark_discount", "quality_withhold") if getattr(terms, name))
    if terms.net_threshold and outcome.threshold > 0.0:
        yield "net threshold"
    if terms.savings_bands[1][1] and outcome.threshold:
        yield f"bands, {'savings' if outcome.gross > 0.0 else 'losses'}"


def test_the_cases_reach_every_branch_under_every_contract(
    settled: list[tuple[Case, dict[str, Any]]],
) -> None:
    reached = {branch for case, _ in settled for branch in _branches(case)}
    assert reached >= {
        "MSR met", "half rate", "MLR met", "neither", "nothing gross", "payment limit",
        "loss limit by benchmark", "loss limit by revenue", "loss rate rule 0", "loss rate rule 1",
        "loss rate rule 2", "loss rate floor", "loss rate maximum",
        "net threshold", "bands, savings", "bands, losses", "benchmark_discount",
        "quality_withhold", *_AMOUNTS,
    }  # fmt: skip
    for standard in ("met", "alternative", "failed"):
        for quality_rule in ("0", "1", "2", "3"):
            assert f"{standard} under rule {quality_rule}" in reached
    of = {case.inputs.contract_id for case, _ in settled}
    assert of >= set(sim.contract_ids())


def test_at_a_threshold_a_cent_decides(settled: list[tuple[Case, dict[str, Any]]]) -> None:
    # Both sides of a threshold are among the cases: reached exactly, and short of it by a cent.
    beyond = [
        round(100 * (abs(cells["gross"]) - cells[minimum]))
        for _, cells in settled
        for minimum in ["msr_dollars" if cells["gross"] > 0.0 else "mlr_dollars"]
        if not isinstance(cells[minimum], str)
    ]
    assert beyond.count(0) >= 5
    assert beyond.count(-1) >= 5


def test_the_workbook_of_a_run_shows_what_it_computes(run: sim.Run, tmp_path: Path) -> None:
    # Titles, references and the check of the inputs too; and nothing is an error.
    path = tmp_path / "run.xlsx"
    raw = render_workbook(run)
    path.write_bytes(raw)
    written = shown(path)
    path.write_bytes(poisoned(raw))
    computed = shown(recalculated([path], tmp_path)[0])
    assert computed.sheetnames == written.sheetnames
    for page in written:
        for row in page.iter_rows():
            for cell in row:
                found = computed[page.title][cell.coordinate].value
                if isinstance(cell.value, float):
                    assert found == pytest.approx(cell.value, rel=1e-12, abs=1e-5), cell
                else:
                    assert found == cell.value or (not found and not cell.value), cell
