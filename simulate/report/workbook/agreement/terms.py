"""What each performance year is settled by: its main numbers, and every term with its source."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any

from simulate.agreement.plan import PlannedPath
from simulate.contracts.resolution import ResolvedContract
from simulate.contracts.waterfall import stated_term
from simulate.report.html.terms import contract_card
from simulate.report.workbook.agreement.content import AgreementContent, write_band, year_words
from simulate.report.workbook.book import Book, Sheet
from simulate.report.workbook.styles import exact_percent
from simulate.report.workbook.terms import TERMS_SHEET, term_sources, term_value

YEAR_TERMS_SHEET = "Terms by year"
#: Numbers of the resolved terms, with their headings; fractions.
_RATES = {
    "msr": "MSR",
    "mlr": "MLR",
    "maximum_sharing_rate": "Maximum sharing rate",
    "maximum_loss_rate": "Maximum loss rate",
    "payment_limit": "Payment limit, of benchmark",
    "loss_limit_of_benchmark": "Loss limit, of benchmark",
    "sequestration": "Sequestration",
    "withhold": "Withhold",
}
_LONGEST_PERCENT = "percent2"
#: What a one-sided year has none of.
_OF_LOSSES = ("mlr", "maximum_loss_rate", "loss_limit_of_benchmark")
_YEAR_HEADERS = ("Year", "Contract", "Agreement", "Year of agreement", "Terms of")
_YEAR_WIDTHS = (18.0, 24.0, 12.0, 12.0, 12.0, *[14.0] * (len(_RATES) + 1))
_HEADERS = ("Contract", "Performance years", "Term", "Value applied", "Other years", "Unit",
            "Reference", "Confidence", "Note")  # fmt: skip
_WIDTHS = (18.0, 26.0, 28.0, 20.0, 30.0, 26.0, 40.0, 14.0, 48.0)


def write_year_terms(book: Book, content: AgreementContent) -> None:
    """Write what each performance year of every path is settled by, as resolved."""
    sheet = book.sheet(YEAR_TERMS_SHEET, _YEAR_WIDTHS, "Terms of each performance year")
    sheet.paragraph(
        "Numbers as resolved for this ACO: its size, its choice of MSR and MLR, its revenue. None: "
        "the year shares no savings or no losses, or has no such limit. Where savings or losses "
        f"are shared in bands, the sheet {TERMS_SHEET} has them."
    )
    titles = [*_YEAR_HEADERS, *_RATES.values(), "Loss limit, $"]
    header = sheet.header(titles, range(2, len(titles)))
    sheet.keep(header, 2)
    for label, result in content.run.paths.items():
        write_band(sheet, label)
        _write_path(sheet, result.planned)


def _write_path(sheet: Sheet, planned: PlannedPath) -> None:
    for year, resolved in zip(planned.path.years, planned.resolved, strict=True):
        numbers = (year.agreement + 1, year.agreement_year, resolved.performance_year)
        sheet.line(
            [
                (year_words(year), "line", "bold", "left"),
                (year.contract_id, "line"),
                *((number, "whole", "right") for number in numbers),
                *(_rate_cell(resolved, name) for name in _RATES),
                _limit_cell(resolved.terms.loss_limit_dollars),
            ]
        )


def _rate_cell(resolved: ResolvedContract, name: str) -> tuple[Any, ...]:
    value = float(getattr(resolved.terms, name))
    none = not math.isfinite(value) or (name in _OF_LOSSES and not resolved.two_sided)
    if none:
        return ("none", "right", "error")
    # An MSR from the size table has many digits; styles sort by theirs.
    return (value, min(exact_percent(value), _LONGEST_PERCENT), "right")


def _limit_cell(dollars: float) -> tuple[Any, ...]:
    none = not math.isfinite(dollars)
    return ("none", "right", "error") if none else (dollars, "dollars", "right")


#: A term as it applies in some performance years: its cells but for contract and years.
Applied = tuple[tuple[Any, ...], ...]
#: Where a contract is held: path, performance year, terms.
Held = list[tuple[str, int, ResolvedContract]]


def write_cited_terms(book: Book, content: AgreementContent) -> None:
    """Write one row a contract, term and value: the performance years, and the source."""
    sheet = book.sheet(TERMS_SHEET, _WIDTHS, "Contract terms and their sources")
    sheet.paragraph(
        "Values are those applied to this ACO; a term that changes over the years has a row for "
        "each value. Marked orange: not found in a primary source. Marked violet: assumed by the "
        "user in place of the contract's own."
    )
    header = sheet.header(_HEADERS, range(3, 4))
    planned = [result.planned for result in content.run.paths.values()]
    for contract_id, held in _by_contract(planned).items():
        for applied, where in _rows(held).items():
            everywhere = len(held) == len(where) or len({label for label, _, _ in held}) == 1
            years = _years_words(where, everywhere)
            sheet.line([(contract_id, "text", "bold"), (years, "text"), *applied])
    sheet.keep(header, 1)
    sheet.filter(header)


def _by_contract(paths: Iterable[PlannedPath]) -> dict[str, Held]:
    """Return where each contract is held: path, performance year and terms."""
    found: dict[str, Held] = {}
    for planned in paths:
        for year, resolved in zip(planned.path.years, planned.resolved, strict=True):
            found.setdefault(year.contract_id, []).append((planned.label, year.year, resolved))
    return found


def _rows(held: Held) -> dict[Applied, list[tuple[str, int]]]:
    """Return each value of each term, with the paths and years that it applies in, term by term."""
    by_term: dict[str, dict[Applied, list[tuple[str, int]]]] = {}
    for label, year, resolved in held:
        for name, applied in _applied(resolved):
            by_term.setdefault(name, {}).setdefault(applied, []).append((label, year))
    return {applied: where for rows in by_term.values() for applied, where in rows.items()}


def _applied(resolved: ResolvedContract) -> Iterator[tuple[str, Applied]]:
    """Yield each term and cash flow of a contract by its name."""
    card = contract_card(resolved)
    for name, term in zip(resolved.contract.stated_terms(), card["terms"], strict=True):
        value = term_value(stated_term(resolved, name, None), term["value"])
        yield name, ((term["name"], "text"), value, *term_sources(term))
    for flow in card["cash_flows"]:
        row = {"dated": "", "unit": "US dollars", **flow}
        value = (flow["value"], "text", "right")
        yield flow["name"], ((flow["name"], "text"), value, *term_sources(row))


def _years_words(where: list[tuple[str, int]], everywhere: bool) -> str:
    """Return in which performance years a value applies; path by path where paths differ."""
    if everywhere:
        return _spans({year for _, year in where})
    labels = dict.fromkeys(label for label, _ in where)
    parts = (f"{label}: {_spans({y for la, y in where if la == label})}" for label in labels)
    return "; ".join(parts)


def _spans(years: set[int]) -> str:
    """Return years in words: ``2025 to 2027, 2029``."""
    spans: list[list[int]] = []
    for year in sorted(years):
        if spans and year == spans[-1][-1] + 1:
            spans[-1].append(year)
        else:
            spans.append([year])
    return ", ".join(str(s[0]) if len(s) == 1 else f"{s[0]} to {s[-1]}" for s in spans)
