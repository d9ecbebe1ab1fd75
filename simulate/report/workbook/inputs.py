"""What the results rest on: the resolved assumptions, and every key of the scenario."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from simulate.report.html.assumptions import DOLLARS, PERCENT, POINTS, Row, assumption_rows
from simulate.report.workbook.book import Book, Sheet, Value
from simulate.report.workbook.content import Content

INPUTS_SHEET = "Inputs"
INPUT_HEADERS = ("Assumption", "Value", "Unit", "What it means", "Source")
INPUT_WIDTHS = (36.0, 24.0, 20.0, 58.0, 56.0)
_STYLES = {DOLLARS: "dollars", PERCENT: "percent2", POINTS: "percent2", "ratio": "ratio",
           "year": "whole"}  # fmt: skip


def write_inputs(book: Book, content: Content) -> None:
    """Write the resolved assumptions, then every key that the scenario could state."""
    sheet = book.sheet(INPUTS_SHEET, INPUT_WIDTHS, "Inputs and assumptions")
    sheet.paragraph(
        "What every figure rests on: numbers as resolved, then each key of the scenario as stated. "
        "Percentage points are of the benchmark. Change them with --set KEY=VALUE or in a scenario "
        "file and run again; only the sheet Settlement computes by itself."
    )
    header = sheet.header(INPUT_HEADERS, range(1, 2))
    sheet.keep(header)
    for section in assumption_rows(content.run):
        sheet.line([(section.title, "band"), *[(None, "band")] * (len(INPUT_WIDTHS) - 1)])
        for row in section.rows:
            _write_assumption(sheet, row)
    _write_keys(sheet, content)


def _write_assumption(sheet: Sheet, row: Row) -> None:
    value: tuple[Any, ...] = (row.value, "text", "right")
    if row.number is not None:
        value = (row.number, _STYLES.get(row.unit, "count"), "right")
    unit = row.unit if row.number is not None else ""
    sheet.line(
        [(row.name, "text", "bold"), value, (unit, "text", "indented"), (row.meaning, "text"),
         (row.source, "text")]
    )  # fmt: skip


def _write_keys(sheet: Sheet, content: Content) -> None:
    scenario = content.run.scenario
    models = {"the ACO": scenario.aco, "assumptions": scenario.assumptions, "the run": scenario.run}
    for title, model in models.items():
        write_keys(sheet, f"Keys of the scenario: {title}", model)


def write_keys(sheet: Sheet, title: str, model: BaseModel) -> None:
    """Write every key of a part of a scenario: value, meaning, and whether it is stated."""
    sheet.line([(title, "band"), *[(None, "band")] * (len(INPUT_WIDTHS) - 1)])
    for key, value, stated, meaning in _keys(model):
        shown = (value, "text", "right") if isinstance(value, str) else (value, "line", "right")
        source = "stated" if stated else "default"
        sheet.line([(key, "text", "bold"), shown, (None,), (meaning, "text"), (source, "text")])


def _keys(model: BaseModel) -> Iterator[tuple[str, Value, bool, str]]:
    """Yield each key of a model, tables by their parts: key, value, whether stated, meaning."""
    for name, field in type(model).model_fields.items():
        value, stated = getattr(model, name), name in model.model_fields_set
        if isinstance(value, BaseModel):
            for part, inner in value:
                yield f"{name}.{part}", _plain(inner), stated, field.description or ""
        elif name != "notes":
            yield name, _plain(value), stated, field.description or ""


def _plain(value: Any) -> Value:
    if value is None or value in ("", ()):
        return "left out"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return value if isinstance(value, int | float | str) else str(value)
