"""The live settlement sheet: yellow inputs, and the settlement of one year by formulas."""

from __future__ import annotations

from simulate.report.workbook.book import Book, Sheet, cell
from simulate.report.workbook.settlement_case import Case
from simulate.report.workbook.settlement_formulas import SECTIONS, Line
from simulate.report.workbook.settlement_inputs import CHECK, OK, Input, inputs
from simulate.report.workbook.settlement_values import values

SETTLEMENT_SHEET = "Settlement"
_WIDTHS = (34.0, 26.0, 48.0, 78.0)
_HEADERS = ("Input or step", "Value", "What it is", "Reference")
_VALUE, _DETAIL, _REFERENCE = 1, 2, 3
_RESULTS = {"shared_savings", "shared_losses", "net"}


def write_settlement(book: Book, case: Case, name: str = SETTLEMENT_SHEET) -> None:
    """Write a live settlement sheet that starts with a case.

    Every formula carries the value that `settle` gives for it, for programs that show a
    file without computing it. The sheets that it looks terms up in are `write_lookups`'s.
    """
    sheet = book.sheet(name, _WIDTHS, "Settlement of one performance year, live")
    sheet.paragraph(
        "Change the yellow cells: everything else follows by formula, as CMS settles. The terms "
        "are those of each contract's performance year and agreement year in the sheet Terms "
        "(numbers). Cells are named, so that a formula reads as the rule does."
    )
    header = sheet.header(_HEADERS, range(_VALUE, _VALUE + 1))
    sheet.keep(header)
    for described in inputs(case):
        _write_input(sheet, described, case)
    _write_check(sheet)
    found = values(case)
    for heading, lines in SECTIONS.items():
        sheet.heading(heading)
        for line in lines:
            _write_line(sheet, line, found[line.name], case)
    _mark_unconfirmed(sheet, header)


def _write_input(sheet: Sheet, described: Input, case: Case) -> None:
    row = sheet.line(
        [
            (described.label, "text"),
            (described.value, described.style, "right", "input"),
            (described.detail, "note", "indented"),
            (None,),
        ],
        also={_REFERENCE: max(_references(described.reference, case), key=len)},
    )
    _write_reference(sheet, row, described.reference, case)
    allowed = {"ignore_blank": True, **described.allowed}
    sheet.page.data_validation(row, _VALUE, row, _VALUE, allowed)
    if described.name == "contract":
        title = "=INDEX(terms_title,contract_row)"
        _formula(sheet, row, _DETAIL, title, described.detail, "text", "bold", "indented")
    _name_value(sheet, row, described.name)


def _write_check(sheet: Sheet) -> None:
    row = sheet.line([("Check of the inputs", "text"), (None,), (None,), (None,)])
    _formula(sheet, row, _VALUE, CHECK, OK, "text", "right", "bold")
    wrong = {"type": "cell", "criteria": "!=", "value": f'"{OK}"'}
    wrong["format"] = sheet.book.style("wrong")
    sheet.page.conditional_format(row, _VALUE, row, _VALUE, wrong)


def _write_line(sheet: Sheet, line: Line, value: float | str, case: Case) -> None:
    row = sheet.line(
        [(line.label, "text"), (None,), (line.detail, "note", "indented"), (None,)],
        also={_REFERENCE: max(_references(line.reference, case), key=len)},
    )
    marks = ("result",) if line.name in _RESULTS else ()
    _formula(sheet, row, _VALUE, line.formula, value, line.style, "right", *marks)
    _write_reference(sheet, row, line.reference, case)
    _name_value(sheet, row, line.name)


def _write_reference(sheet: Sheet, row: int, reference: str, case: Case) -> None:
    """Write a reference: text, or looked up for the chosen contract."""
    if not reference.startswith("@"):
        sheet.write(row, _REFERENCE, reference, "text")
        return
    shown = case.table.reference(case.inputs.contract_id, reference[1:])
    formula = f"=INDEX(reference_{reference[1:]},contract_row)"
    _formula(sheet, row, _REFERENCE, formula, shown, "text")


def _references(reference: str, case: Case) -> list[str]:
    """Return every reference that a line may show: one, or one a contract."""
    if not reference.startswith("@"):
        return [reference]
    return [case.table.reference(i, reference[1:]) for i in case.table.contracts]


def _formula(
    sheet: Sheet, row: int, column: int, formula: str, value: float | str, *styles: str
) -> None:
    sheet.page.write_formula(row, column, formula, sheet.book.style(*styles), value)


def _name_value(sheet: Sheet, row: int, name: str) -> None:
    """Name the value cell of a row; the name holds within the sheet."""
    quoted = f"'{sheet.name}'"
    sheet.book.file.define_name(f"{quoted}!{name}", f"={quoted}!{cell(row, _VALUE)}")


def _mark_unconfirmed(sheet: Sheet, header: int) -> None:
    marked = {"type": "text", "criteria": "containing", "value": "unconfirmed"}
    marked["format"] = sheet.book.style("unconfirmed")
    sheet.page.conditional_format(header + 1, _REFERENCE, sheet.row - 1, _REFERENCE, marked)
