"""The workbook: what its sheets say, and that a file is written whole or not at all."""

from __future__ import annotations

import io
import re
import stat
import sys
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from workbook_cases import named

import simulate as sim
from simulate import cli
from simulate.analysis.choices import resolved_contracts
from simulate.contracts.minimum_rate import size_table_rate
from simulate.kernels.settlement_rule import Terms
from simulate.report.html.assumptions import assumption_rows
from simulate.report.html.tables import MEASURES
from simulate.report.sentences import answer
from simulate.report.workbook import render_workbook, write_workbook
from simulate.report.workbook.contract_table import COLUMNS, table_of
from simulate.report.workbook.lookups import size_row, size_rows

COMMAND = "simulate run --aco A1"


@pytest.fixture(scope="module")
def raw(run: sim.Run) -> bytes:
    return render_workbook(run, command=COMMAND)


@pytest.fixture(scope="module")
def book(raw: bytes) -> Any:
    return _opened(raw)


def _opened(raw: bytes, values: bool = True) -> Any:
    return openpyxl.load_workbook(io.BytesIO(raw), data_only=values)


def _text(page: Any) -> str:
    cells = (str(cell) for row in page.iter_rows(values_only=True) for cell in row if cell)
    return "\n".join(cells)


def _table(page: Any, first: str) -> list[dict[str, Any]]:
    """Return the rows below the header whose first cell is `first`, by the header's titles."""
    rows = list(page.iter_rows(values_only=True))
    start = next(n for n, row in enumerate(rows) if row[0] == first)
    return [dict(zip(rows[start], row, strict=True)) for row in rows[start + 1 :]]


# --- what the sheets say -----------------------------------------------------


def test_the_summary_answers_and_leads_to_every_sheet(book: Any, run: sim.Run) -> None:
    page = book["Summary"]
    said = _text(page)
    assert answer(run) in said
    for expected in (COMMAND, "seed 1", sim.__version__, *run.notes):
        assert expected in said
    links = {cell.hyperlink.location for row in page.iter_rows() for cell in row if cell.hyperlink}
    assert links == {f"'{name}'!A1" for name in book.sheetnames if name != "Summary"}


def test_every_measure_is_a_number_with_its_error(book: Any, run: sim.Run) -> None:
    rows = _table(book["All measures"], "Contract")
    assert len(rows) == len(run.contracts) * len(MEASURES)
    page = [
        list(row)
        for row in book["All measures"].iter_rows(values_only=True)
        if row[0] in run.contracts
    ]
    for row, (contract_id, (name, title, is_dollars)) in zip(
        page, ((i, m) for i in run.contracts for m in MEASURES), strict=True
    ):
        result = run[contract_id]
        assert row[:4] == [
            contract_id,
            result.resolved.contract.title,
            title,
            "$ a year" if is_dollars else "of years",
        ]
        for place, measures in ((4, result.measures), (6, result.chance_alone)):
            estimate = getattr(measures, name)
            assert row[place] == pytest.approx(estimate.value, rel=1e-14, abs=1e-14)
            assert (row[place + 1] or 0.0) == pytest.approx(estimate.standard_error, rel=1e-14)


def test_percent_and_dollars_have_their_formats(book: Any) -> None:
    formats = {
        row[2].value: row[4].number_format
        for row in book["All measures"].iter_rows(min_row=3)
        if row[0].value == "enhanced"
    }
    assert re.fullmatch(r"0(\.0+)?%", formats["Earns shared savings"])
    assert formats["Expected net outcome"] == "$#,##0"


def test_a_one_sided_contract_never_owes(book: Any) -> None:
    page = book["Results"]
    owes = [row for row in page.iter_rows(min_row=4) if row[0].value == "track-1"]
    assert owes
    for row in owes:
        assert (row[5].value, row[5].number_format) == (0, '0;0;"none"')


def test_every_term_has_its_reference_and_what_is_unconfirmed_is_marked(
    book: Any, run: sim.Run
) -> None:
    rows = [row for row in book["Contract terms"].iter_rows(min_row=4) if row[6].value]
    table = table_of(run.scenario, [c.resolved for c in run.contracts.values()])
    stated = [
        (contract_id, term)
        for contract_id, resolved in table.contracts.items()
        for term in resolved.contract.cited().values()
    ]
    listed = [(row[0].value, row[5].value, row[6].value) for row in rows]
    for contract_id, term in stated:
        assert (contract_id, term.reference, term.confidence) in listed
    marked = {row[6].value: row[6].fill.fgColor.rgb for row in rows}
    assert marked["unconfirmed"] != marked["confirmed"]


def test_a_term_of_the_users_own_is_marked(aco: sim.ACO) -> None:
    own = sim.load_contract("enhanced").with_terms({"maximum_sharing_rate": 0.6})
    book = _opened(render_workbook(sim.run(aco, contracts=[own], years=20)))
    rows = list(book["Contract terms"].iter_rows(values_only=True))
    assert ("enhanced", "Maximum sharing rate", 0.6) in [row[:3] for row in rows]
    assert "assumed by the user" in _text(book["Contract terms"])


def test_every_assumption_and_every_key_is_in_the_inputs(book: Any, run: sim.Run) -> None:
    page = book["Inputs"]
    rows = {row[0]: row for row in page.iter_rows(values_only=True)}
    for section in assumption_rows(run):
        for row in section.rows:
            found = rows[row.name]
            expected = row.value if row.number is None else pytest.approx(row.number, rel=1e-14)
            assert found[1] == expected
            assert found[3:] == (row.meaning, row.source)
    for model in (run.scenario.aco, run.scenario.assumptions, run.scenario.run):
        for name, field in type(model).model_fields.items():
            keys = [key for key in rows if key == name or str(key).startswith(f"{name}.")]
            assert keys or name == "notes", name
            assert all(rows[key][3] == (field.description or None) for key in keys)


def test_the_sample_of_years_settles_to_the_net_beside_it(book: Any, run: sim.Run) -> None:
    rows = _table(book["Simulated years"], "Year")
    assert len(rows) == run.years
    for row in rows[:25]:
        for contract_id, result in run.contracts.items():
            settled = sim.settle(
                result.resolved.contract,
                table_of(run.scenario, []).circumstances,
                row["Benchmark"],
                row["Expenditure"],
                row["Quality score"],
            )
            assert row[contract_id] == pytest.approx(settled.net, abs=0.011)
        assert row["Savings rate"] == pytest.approx(1 - row["Expenditure"] / row["Benchmark"])


def test_contracts_are_held_against_the_acos_own(book: Any, run: sim.Run) -> None:
    rows = [row for row in _table(book["Comparison"], "Contract") if row["Contract"] == "basic-e"]
    paired = sim.compare(run, "basic-e", "enhanced").assumed
    assert rows[0]["Expected net outcome"] == pytest.approx(
        paired.differences["expected_net"].value
    )
    assert rows[0]["Better for the ACO"] == pytest.approx(paired.first_better.value)


def test_a_comparison_of_two_has_its_own_sheet(comparison: sim.ContractComparison) -> None:
    page = _opened(render_workbook(comparison.run, comparison))["Comparison"]
    assert "BASIC track, Level E against ENHANCED track" in _text(page)
    rows = _table(page, "Measure")
    first = next(row for row in rows if row["Measure"] == "Expected net outcome")
    assert first["Difference"] == pytest.approx(
        comparison.assumed.differences["expected_net"].value, rel=1e-14
    )


def test_an_exact_run_has_no_years_and_no_errors(aco: sim.ACO) -> None:
    run = sim.run(aco, contracts=["track-1", "enhanced"], engine="exact", true_savings=0.01)
    book = _opened(render_workbook(run))
    assert not {"Simulated years", "Comparison"} & set(book.sheetnames)
    assert "exact engine" in _text(book["Summary"])
    assert all(not row["±"] for row in _table(book["All measures"], "Contract"))


# --- the live sheet ----------------------------------------------------------


def test_the_live_sheet_starts_from_the_published_year() -> None:
    # CMS published $107,895,330 of earned savings for A1001 in 2024.
    aco = sim.ACO.from_published_results("A1001", 2024)
    run = sim.run(aco, contracts=["enhanced"], engine="exact")
    cells = named(_opened(render_workbook(run)), "Settlement")
    assert (cells["contract"], cells["quality_score"]) == ("enhanced", 0.7705)
    assert cells["shared_savings"] == pytest.approx(107_895_330, abs=1.0)


def test_the_live_sheet_offers_every_contract(raw: bytes) -> None:
    book = _opened(raw, values=False)
    offered = [row[0] for row in book["Terms (numbers)"].iter_rows(min_row=4, values_only=True)]
    assert sorted(offered) == sorted(sim.contract_ids())
    lists = {v.formula1 for v in book["Settlement"].data_validations.dataValidation}
    assert {"contract_list", "msr_choices"} <= lists
    formulas = [
        cell.value
        for row in book["Settlement"].iter_rows()
        for cell in row
        if cell.data_type == "f"
    ]
    assert len(formulas) > 100


def test_only_the_live_sheet_has_formulas(raw: bytes) -> None:
    for page in _opened(raw, values=False):
        formulas = [cell for row in page.iter_rows() for cell in row if cell.data_type == "f"]
        assert bool(formulas) == (page.title == "Settlement"), page.title


def test_no_formula_needs_a_new_spreadsheet_program(raw: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(raw)) as parts:
        sheets = [parts.read(n).decode() for n in parts.namelist() if "worksheets/sheet" in n]
    functions = {name for text in sheets for f in re.findall("<f>(.*?)</f>", text)
                 for name in re.findall(r"([A-Z][A-Z.]+)\(", f)}  # fmt: skip
    assert functions <= {"IF", "AND", "OR", "NOT", "ISNUMBER", "INDEX", "MATCH", "INT", "MAX",
                         "MIN", "ROUND", "COUNT", "CHOOSE"}  # fmt: skip
    assert not any("_xlfn" in text for text in sheets)


def test_the_table_of_numbers_holds_every_term_of_the_rule(run: sim.Run) -> None:
    keys = {column.key for column in COLUMNS}
    #: What formulas resolve from other columns or from inputs.
    by_formula = {
        "msr": "minimum_savings_rate",
        "mlr": "minimum_loss_rate",
        "loss_limit_dollars": "loss_limit_of_revenue",
        "extra_cash": "extra_cash_per_year",
        "savings_bands": "savings_band_5_share",
        "loss_bands": "loss_band_5_share",
    }
    inputs = {"savings_paid", "disaster_relief", "losses_owed", "part_of_year"}
    for field in set(Terms._fields) - inputs:
        assert by_formula.get(field, field) in keys, field
    table = table_of(run.scenario, resolved_contracts(run.scenario))
    for contract_id in table.contracts:
        assert set(table.numbers(contract_id)) == keys


def test_the_size_table_of_the_sheet_is_the_size_table() -> None:
    for beneficiaries in (1, 499, 500, 999, 1_000, 5_333, 5_999, 6_000, 59_999, 60_000, 4_000_000):
        low, high, at_low, at_high = size_rows()[size_row(beneficiaries) - 1]
        inside = 0.0 if high is None else (beneficiaries - low) / (high - low)
        rate = at_low * (1.0 - inside) + at_high * inside
        assert rate == pytest.approx(size_table_rate(beneficiaries), rel=1e-14)


# --- the file ----------------------------------------------------------------


def test_the_same_run_gives_the_same_bytes(raw: bytes, run: sim.Run) -> None:
    assert render_workbook(run, command=COMMAND.split()) == raw


def test_pages_repeat_their_headers_and_fit_their_width(raw: bytes) -> None:
    book = _opened(raw, values=False)
    for page in book:
        assert page.page_setup.orientation == "landscape"
    for name in ("Results", "All measures", "Contract terms", "Settlement", "Simulated years"):
        assert book[name].print_title_rows
        assert book[name].freeze_panes
        assert (book[name].page_setup.fitToWidth or 1, book[name].page_setup.fitToHeight) == (1, 0)


def test_hostile_text_stays_text(aco: sim.ACO) -> None:
    hostile = aco.model_copy(update={"name": '=HYPERLINK("http://x","y")', "id": "=1+1"})
    book = _opened(render_workbook(sim.run(hostile, contracts=["track-1"], years=20)), values=False)
    cell = book["Summary"]["A1"]
    assert (cell.data_type, cell.value) == ("s", hostile.name)


def test_a_workbook_is_written_whole_or_not_at_all(
    run: sim.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "Risk.XLSX"
    run.workbook(str(path))
    assert zipfile.is_zipfile(path)
    assert stat.S_IMODE(path.stat().st_mode) & stat.S_IRUSR
    before = path.read_bytes()
    monkeypatch.setattr("simulate.report.workbook.write_measures", None)
    with pytest.raises(TypeError):
        write_workbook(run, path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["Risk.XLSX"]


@pytest.mark.parametrize("name", ["risk.xls", "risk", "risk.csv"])
def test_another_ending_is_refused(run: sim.Run, tmp_path: Path, name: str) -> None:
    with pytest.raises(sim.UserError, match=r"ends in \.xlsx"):
        write_workbook(run, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_path_that_cannot_be_written_is_refused(run: sim.Run, tmp_path: Path) -> None:
    with pytest.raises(sim.UserError, match="does not exist"):
        run.workbook(str(tmp_path / "nowhere" / "risk.xlsx"))
    (tmp_path / "risk.xlsx").mkdir()
    with pytest.raises(sim.UserError, match="is a folder"):
        run.workbook(str(tmp_path / "risk.xlsx"))


# --- the command line --------------------------------------------------------


def _command(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["simulate", *words])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    return int(stopped.value.code or 0)


_SMALL = ("--aco", "A4803", "--set", "assigned_beneficiaries=500", "--years", "20")


def test_the_commands_write_a_workbook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(tmp_path / "risk.xlsx")
    assert _command(monkeypatch, "run", "--contracts", "track-1", *_SMALL, "--workbook", path) == 0
    assert "--workbook" in _text(openpyxl.load_workbook(path)["Summary"])
    both = ("compare", "basic-e", "enhanced")
    assert _command(monkeypatch, *both, *_SMALL, "--workbook", path) == 0
    title = openpyxl.load_workbook(path)["Comparison"]["A1"].value
    assert title == "BASIC track, Level E against ENHANCED track"
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("command", [("run",), ("compare", "basic-e", "enhanced")])
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--workbook", "risk.xls"), "--workbook risk.xls: a file name that ends in .xlsx"),
        (("--workbook", ""), "--workbook: a file name is wanted"),
        (("--workbook", "no/risk.xlsx"), "the folder no does not exist"),
        (("--workbook", "a.xlsx", "--json", "a.xlsx"), "both name a.xlsx"),
    ],
)
def test_a_workbook_that_cannot_be_is_refused_before_the_work(
    command: tuple[str, ...],
    options: tuple[str, ...],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert _command(monkeypatch, *command, *_SMALL, *options) == 2
    shown = capsys.readouterr()
    assert said in shown.err
    assert shown.out == ""
    assert list(tmp_path.iterdir()) == []
