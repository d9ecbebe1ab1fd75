"""The scenario as TOML, line by line: copied into a file, it runs again."""

from __future__ import annotations

from simulate.report.workbook.book import Book
from simulate.report.workbook.content import Content
from simulate.scenario.file import scenario_text

SCENARIO_SHEET = "Scenario"


def write_scenario_sheet(book: Book, content: Content) -> None:
    """Write the scenario file, one row a line."""
    sheet = book.sheet(SCENARIO_SHEET, [150.0], "The scenario, as TOML")
    engine = " --engine exact" if content.exact else ""
    sheet.paragraph(f"Copied into a file, these lines run again: simulate run FILE.toml{engine}")
    for text in scenario_text(content.run.scenario).splitlines():
        sheet.line([(text, "code")])
