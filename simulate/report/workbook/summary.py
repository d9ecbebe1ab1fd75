"""The first sheet: the answer in sentences, the ACO, what reproduces the run, the other sheets."""

from __future__ import annotations

from collections.abc import Iterable

from simulate.report.html.assumptions import aco_facts
from simulate.report.html.provenance import provenance
from simulate.report.sentences import answer, true_savings_phrase, years_phrase
from simulate.report.workbook.book import Book, Sheet
from simulate.report.workbook.content import Content, sentence

SUMMARY_SHEET = "Summary"
#: Of a sheet of names and their values.
PAIR_WIDTHS = (32.0, 112.0)


def write_summary(book: Book, content: Content, sheets: Iterable[tuple[str, str]]) -> None:
    """Write the summary; `sheets` holds the name of every other sheet and what is in it."""
    run = content.run
    sheet = book.sheet(SUMMARY_SHEET, PAIR_WIDTHS, run.aco.name or run.aco.id)
    how = "computed" if content.exact else "simulated"
    sheet.paragraph(
        f"Shared savings and shared losses, {how}. {run.aco.id}, performance year "
        f"{run.aco.performance_year}."
    )
    _write_answer(sheet, content)
    write_pairs(sheet, "The ACO", aco_facts(run))
    write_pairs(sheet, "To reproduce it", _origin(content))
    write_notes(sheet, run.notes)
    write_contents(sheet, sheets)


def write_notes(sheet: Sheet, notes: Iterable[str]) -> None:
    """Write what the reader must know besides, if there is anything."""
    listed = tuple(notes)
    if listed:
        sheet.heading("Fallbacks and notes")
    for note in listed:
        sheet.paragraph(note, "text")


def write_contents(sheet: Sheet, sheets: Iterable[tuple[str, str]]) -> None:
    """Write the name of every other sheet, as a link, and what is in it."""
    sheet.heading("In this workbook")
    for name, what in sheets:
        row = sheet.line([(None,), (what, "text")])
        target = f"internal:'{name}'!A1"
        sheet.page.write_url(row, 0, target, sheet.book.style("link"), name)


def _write_answer(sheet: Sheet, content: Content) -> None:
    run = content.run
    sheet.heading("The answer")
    if content.compared:
        said = [*content.compared["sentences"], *content.compared["flips"]]
        sheet.paragraph(" ".join(said), "text")
    sheet.paragraph(answer(run), "text")
    error = (
        "Computed by the exact engine, without sampling: there is no error of the simulation."
        if content.exact
        else "± is one standard error of the simulation."
    )
    sheet.paragraph(
        f"{error} The uncertainty of the model and of its assumptions is not in it. Dollars are "
        f"per performance year. {sentence(true_savings_phrase(run))}: {run.true_savings.source}."
    )


def write_pairs(sheet: Sheet, heading: str, pairs: Iterable[tuple[str, str]]) -> None:
    """Write names and their values under a heading."""
    sheet.heading(heading)
    for name, value in pairs:
        sheet.line([(name, "text", "bold"), (value, "text")])


def _origin(content: Content) -> list[tuple[str, str]]:
    found = provenance(content.run, content.command)
    engine = "exact engine: no sampling, so no seed and no years"
    return [
        ("Simulated", engine if content.exact else years_phrase(content.run)),
        ("Versions", ", ".join(f"{name} {number}" for name, number in found["versions"])),
        ("Command", found["command"] or "none: called from Python"),
        ("Rule set, SHA-256", found["rules_hash"]),
    ]
