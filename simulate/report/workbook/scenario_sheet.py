"""The scenario as TOML, line by line: copied into a file, it runs again."""

from __future__ import annotations

from simulate.report.workbook.book import Book
from simulate.report.workbook.content import Content
from simulate.scenario.file import scenario_text

SCENARIO_SHEET = "Scenario"


def write_scenario_sheet(book: Book, content: Content) -> None:
    """Write the scenario file of a run, one row a line."""
    options = " --engine exact" if content.exact else ""
    write_scenario_lines(book, scenario_text(content.run.scenario), options)


def write_scenario_lines(book: Book, scenario: str, options: str = "") -> None:
    """Write a scenario file, one row a line; `options` are those that the run took besides."""
    sheet = book.sheet(SCENARIO_SHEET, [150.0], "The scenario, as TOML")
    sheet.paragraph(f"Copied into a file, these lines run again: simulate run FILE.toml{options}")
    for text in scenario.splitlines():
        sheet.line([(text, "text", "code")])
