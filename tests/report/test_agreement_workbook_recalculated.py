"""The formulas of an agreement's workbook, computed by a spreadsheet program."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from workbook_cases import SOFFICE, STALE_TEXT, poisoned, recalculated, shown

import simulate as sim
from simulate.report.workbook.agreement import AgreementContent, render_agreement_workbook

pytestmark = pytest.mark.skipif(
    SOFFICE is None,
    reason="LibreOffice (soffice) is not installed: the workbook's formulas are not recalculated",
)


@pytest.fixture(scope="module")
def run() -> sim.AgreementRun:
    aco = sim.ACO.from_published_results("A4803").scaled_to(60)
    stated = {"true_savings": 0.02, "opening_cash": 1.5e5, "operating_cost": 1e5, "advance": "aip"}
    return sim.run_agreement(aco, ["glide-path", "enhanced"], years=40, **stated)


@pytest.fixture(scope="module")
def book(run: sim.AgreementRun, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The workbook after LibreOffice computed it from wrong values."""
    folder = tmp_path_factory.mktemp("recalculated")
    content = AgreementContent(run, None, run.finances(), None)
    path = folder / "agreement.xlsx"
    path.write_bytes(poisoned(render_agreement_workbook(content)))
    assert STALE_TEXT in _cells(shown(path)["By year"])
    return shown(recalculated([path], folder)[0])


def _cells(page: Any) -> list[Any]:
    return [cell for row in page.iter_rows(values_only=True) for cell in row]


def test_both_checks_hold(book: Any, run: sim.AgreementRun) -> None:
    assert _cells(book["By year"]).count("the same") == 2 * len(run.paths)
    assert _cells(book["Cash by quarter"]).count("the same") == len(run.paths)


def test_sums_are_those_of_the_run(book: Any, run: sim.AgreementRun) -> None:
    sums = [row for row in book["By year"].iter_rows(values_only=True)
            if row[0] == "Sum of the years"]  # fmt: skip
    views = [result.assumed for result in run.paths.values()]
    views += [result.chance_alone for result in run.paths.values()]
    for row, view in zip(sums, views, strict=True):
        total = view.measures.cumulative.expected_cumulative_net.value
        assert row[6] == pytest.approx(total, abs=0.01)


def test_bands_of_the_fan_are_distances_of_quantiles(book: Any, run: sim.AgreementRun) -> None:
    points = [p for result in run.paths.values() for p in result.assumed.measures.running_net]
    rows = [
        row for row in book["Fan"].iter_rows(values_only=True) if row[1] and row[-1] is not None
    ]
    heights = [row[-3:] for row in rows if row[0] != "After"]
    for (low, middle, high), point in zip(heights, points, strict=True):
        assert low == pytest.approx(point.p25.value - point.p05.value, abs=0.01)
        assert middle == pytest.approx(point.p75.value - point.p25.value, abs=0.01)
        assert high == pytest.approx(point.p95.value - point.p75.value, abs=0.01)


def test_a_wrong_mean_is_found(run: sim.AgreementRun, tmp_path: Path) -> None:
    import openpyxl

    path = tmp_path / "wrong.xlsx"
    path.write_bytes(render_agreement_workbook(AgreementContent(run, None, None, None)))
    book = openpyxl.load_workbook(path)
    book["By year"]["G6"] = 12_345_678.0
    book.save(path)
    found = _cells(shown(recalculated([path], tmp_path)[0])["By year"])
    assert found.count("not the same") == 1
