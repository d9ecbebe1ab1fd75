"""The sheets that formulas of the settlement sheet look things up in, and the names of their cells.

`terms_...` and `reference_...` name a column over all contracts, `size_...` a column of the
size table of the MSR, `contract_list` and `msr_choices` what the drop-down lists offer.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cache
from typing import Any

from simulate.contracts.contract import programme
from simulate.report.workbook.book import Book, Sheet, cell
from simulate.report.workbook.contract_table import (
    COLUMNS,
    NUMBERS_SHEET,
    REFERENCES,
    REFERENCES_SHEET,
    SIZE_TABLE,
    ContractTable,
)
from simulate.report.workbook.styles import exact_percent

SIZES_SHEET = "MSR size table"
_WIDTHS = {"id": 38.0, "title": 40.0, "in_run": 10.0}
_REFERENCE_HEADERS = {"msr": "MSR", "mlr": "MLR"}


@cache
def size_rows() -> tuple[tuple[int, int | None, float, float], ...]:
    """Return the size table from 1 beneficiary on; below the printed rows its rate is held."""
    rows = programme()["size_table"]["rows"]
    smallest, rate = rows[0][0], rows[0][2]
    return ((1, smallest - 1, rate, rate), *(tuple(row) for row in rows))


def size_row(beneficiaries: int) -> int:
    """Return the row of the size table, from 1, that a number of beneficiaries falls into."""
    return bisect_right([row[0] for row in size_rows()], beneficiaries)


def size_table_reference() -> str:
    """Return the paragraph of the size table."""
    return str(programme()["size_table"]["reference"])


def write_lookups(book: Book, table: ContractTable) -> None:
    """Write the tables of terms, of their references and of the size table."""
    write_numbers(book, table)
    write_references(book, table)
    write_sizes(book)


def write_numbers(book: Book, table: ContractTable) -> None:
    """Write the terms of every contract as numbers, and name the columns."""
    widths = [_WIDTHS.get(column.key, 16.0) for column in COLUMNS]
    sheet = book.sheet(NUMBERS_SHEET, widths, "Terms of every contract, as numbers")
    _say(
        sheet,
        "The settlement sheet looks its terms up here. None: there is no such limit or rate. "
        "The terms are those of the performance year and agreement year in columns D and E.",
    )
    first = sheet.header([column.header for column in COLUMNS], range(3, len(COLUMNS))) + 1
    for contract_id in table.contracts:
        numbers = table.numbers(contract_id)
        sheet.line(_number_cell(numbers[column.key], column.style) for column in COLUMNS)
    sheet.keep(first - 1, 1)
    sheet.print_in_parts()
    for column, described in enumerate(COLUMNS):
        _name_column(sheet, f"terms_{described.key}", column, first)
    _name_column(sheet, "contract_list", 0, first)


def _number_cell(value: Any, style: str) -> tuple[Any, ...]:
    if isinstance(value, str):
        return (value, "text") if style == "text" else (value, "text", "right")
    return (value, exact_percent(value) if style == "percent" else style)


def write_references(book: Book, table: ContractTable) -> None:
    """Write the references of every contract's terms, and name the columns."""
    widths = [38.0] + [34.0] * len(REFERENCES)
    sheet = book.sheet(REFERENCES_SHEET, widths, "Where every contract's terms come from")
    _say(
        sheet,
        "The settlement sheet shows these references beside its lines. "
        "Unconfirmed: not found in a primary source.",
    )
    headers = [_REFERENCE_HEADERS.get(name, name.replace("_", " ").capitalize())
               for name in REFERENCES]  # fmt: skip
    first = sheet.header(["Contract id", *headers]) + 1
    for contract_id in table.contracts:
        found = [table.reference(contract_id, name) for name in REFERENCES]
        sheet.line([(contract_id, "text", "bold"), *(_reference_cell(text) for text in found)])
    sheet.keep(first - 1, 1)
    sheet.print_in_parts()
    for column, name in enumerate(REFERENCES, start=1):
        _name_column(sheet, f"reference_{name}", column, first)


def _reference_cell(text: str) -> tuple[str, ...]:
    return (text, "text", "unconfirmed") if "unconfirmed" in text else (text, "text")


def write_sizes(book: Book) -> None:
    """Write the size table of the MSR and the choices beside it, and name them."""
    stated = programme()["size_table"]
    sheet = book.sheet(SIZES_SHEET, [20, 16, 14, 14, 20, 40], "Minimum savings rate by size")
    _say(sheet, f"{stated['reference']}. {' '.join(stated['note'].split())}")
    headers = ["Beneficiaries from", "to", "MSR at from", "MSR at to", "Confidence"]
    first = sheet.header(headers, range(4)) + 1
    for number, (low, high, rate_low, rate_high) in enumerate(size_rows()):
        sure = ("unconfirmed", "unconfirmed") if number == 0 else ("confirmed",)
        mark = (sure[0], "text", "indented", *sure[1:])
        ends = ("and more", "text", "right") if high is None else (high, "count")
        sheet.line([(low, "count"), ends, (rate_low, "percent1"), (rate_high, "percent1"), mark])
    for column, name in enumerate(("from", "to", "msr_from", "msr_to")):
        _name_column(sheet, f"size_{name}", column, first)
    sheet.heading("Choices of MSR and MLR of a two-sided ACO")
    _say(sheet, f"{programme()['choices']['reference']}; or the size table.")
    first = sheet.row
    for rate in programme()["choices"]["values"]:
        sheet.line([(rate, "percent1")])
    sheet.line([(SIZE_TABLE, "text", "right")])
    _name_column(sheet, "msr_choices", 0, first)


def _say(sheet: Sheet, text: str) -> None:
    """Write a note in the first columns: a table wider than a screen has no use for a wide one."""
    sheet.paragraph(text, "note", columns=min(5, len(sheet.widths)))


def _name_column(sheet: Sheet, name: str, column: int, first: int) -> None:
    area = f"{cell(first, column)}:{cell(sheet.row - 1, column)}"
    sheet.book.file.define_name(name, f"='{sheet.name}'!{area}")
