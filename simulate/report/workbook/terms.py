"""Every term of every contract: value, unit, reference, confidence and notes."""

from __future__ import annotations

from typing import Any

from simulate.contracts.resolution import ResolvedContract
from simulate.contracts.waterfall import stated_term
from simulate.report.html.terms import contract_card
from simulate.report.workbook.book import Book, Sheet
from simulate.report.workbook.content import Content
from simulate.report.workbook.styles import exact_percent

TERMS_SHEET = "Contract terms"
_HEADERS = ("Contract", "Term", "Value applied", "Other years", "Unit", "Reference", "Confidence",
            "Note")  # fmt: skip
_WIDTHS = (22.0, 28.0, 24.0, 30.0, 26.0, 40.0, 14.0, 48.0)


def write_terms(book: Book, content: Content) -> None:
    """Write one row a contract and term; what is not confirmed is marked."""
    sheet = book.sheet(TERMS_SHEET, _WIDTHS, "Contract terms and their sources")
    sheet.paragraph(
        "Values are those applied to this ACO, in the performance year and agreement year beside "
        "each contract's name. Marked orange: not found in a primary source. Marked violet: "
        "assumed by the user in place of the contract's own. Contracts that are not in this run "
        "can be chosen in the sheet Settlement."
    )
    header = sheet.header(_HEADERS, range(2, 3))
    for contract_id, resolved in content.table.contracts.items():
        _write_contract(sheet, resolved, contract_id in content.table.in_run)
    sheet.keep(header, 1)
    sheet.filter(header)


def _write_contract(sheet: Sheet, resolved: ResolvedContract, in_run: bool) -> None:
    card = contract_card(resolved)
    identity = (card["id"], "text", "bold")
    sheet.line(_head(card, resolved.contract.caveat, in_run))
    for name, term in zip(resolved.contract.stated_terms(), card["terms"], strict=True):
        value = term_value(stated_term(resolved, name, None), term["value"])
        sheet.line([identity, (term["name"], "text"), value, *term_sources(term)])
    for flow in card["cash_flows"]:
        row = {"dated": "", "unit": "US dollars", **flow}
        sheet.line(
            [identity, (flow["name"], "text"), (flow["value"], "text", "right"), *term_sources(row)]
        )


def _head(card: dict[str, Any], caveat: str, in_run: bool) -> list[tuple[str, ...]]:
    """Return the row that opens a contract: what it is and which terms apply."""
    applied = f"Terms of {card['performance_year']}, agreement year {card['agreement_year']}"
    covers = f"{card['status_words']}; covers {card['covers']}"
    texts = [card["id"], card["title"], applied, covers, "in this run" if in_run else
             "not in this run", card["reference"], ""]  # fmt: skip
    summary = " ".join(f"{card['summary']} {caveat}".split())
    return [*((text, "text", "band") for text in texts), (summary, "note", "ruled")]


def term_value(stated: Any, shown: str) -> tuple[Any, ...]:
    """Return a term's value as a number where it is one, else as the report words it."""
    if isinstance(stated, float):
        return (stated, exact_percent(stated), "right")
    if isinstance(stated, int):
        return (stated, "whole" if 1900 <= stated <= 2100 else "count", "right")
    return (shown, "text", "right")


def term_sources(term: dict[str, str]) -> list[tuple[str, ...]]:
    """Return the cells of other years, unit, reference, confidence and note of a term."""
    confidence = term["confidence"]
    mark = () if confidence == "confirmed" else (confidence,)
    return [
        (term["dated"], "text", "indented"),
        (term["unit"], "text", "indented"),
        (term["reference"], "text"),
        (confidence, "text", *mark),
        (term["note"], "text"),
    ]
