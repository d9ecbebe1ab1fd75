"""What the terminal shows: tables for people, plain when piped."""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from simulate.report.numbers import cents, plain_dollars, plain_percent

if TYPE_CHECKING:
    from simulate.contracts.contract import Contract
    from simulate.contracts.settlement import Settlement
    from simulate.data import PublishedResult

_PIPED_WIDTH = 160
#: Stands for a space at which no line is broken; a character that no text here has.
_KEPT = "\N{NO-BREAK SPACE}"


def console() -> Console:
    """Return the console for results: as wide as the terminal, or fixed and plain when piped."""
    if sys.stdout.isatty():
        return Console(highlight=False, markup=False, emoji=False)
    return Console(
        highlight=False,
        markup=False,
        emoji=False,
        width=_PIPED_WIDTH,
        no_color=True,
        force_terminal=False,
    )


def plain_table(title: str = "") -> Table:
    """Return a table without lines, for columns to be added."""
    return Table(
        title=title or None,
        title_justify="left",
        title_style="bold",
        box=None,
        pad_edge=False,
        padding=(0, 2, 0, 0),
        header_style="bold",
    )


def print_wrapped(out: Console, text: str, style: str = "") -> None:
    """Print a text wrapped at its spaces, but not within ``50.4 %`` or ``$4 million (±0.1)``."""
    for line in _wrapped(text, out.width):
        out.print(Text(line, style=style), soft_wrap=True)


def print_notes(out: Console, notes: Sequence[tuple[str, str]]) -> None:
    """Print notes: what each is about, and its text beside that."""
    label_width = max(len(label) for label, _ in notes)
    for label, text in notes:
        lines = _wrapped(text, max(out.width - label_width - 2, 20))
        for number, line in enumerate(lines):
            head = label if number == 0 else ""
            out.print(Text(f"{head:<{label_width}}  {line}", style="dim"), soft_wrap=True)


def _wrapped(text: str, width: int) -> list[str]:
    """Return the lines of a text; a number and its unit or error stay on one."""
    kept = re.sub(r" (?=%|±|\(±)|(?<=\d) (?=thousand|million|billion|points)", _KEPT, text)
    lines = textwrap.wrap(kept, width, break_on_hyphens=False) or [""]
    return [line.replace(_KEPT, " ") for line in lines]


def show_contracts(contracts: Sequence[Contract]) -> None:
    """Print the catalogue."""
    table = plain_table()
    for header in ("id", "title", "status", "performance years", "sharing rate", "unconfirmed"):
        table.add_column(header, no_wrap=header == "id")
    for contract in contracts:
        years = contract.performance_years
        table.add_row(
            contract.id,
            contract.title,
            contract.status,
            f"{years.first} on" if years.last is None else f"{years.first} to {years.last}",
            _sharing_in_words(contract),
            str(len(contract.unconfirmed()) or ""),
        )
    console().print(table)


def show_contract(contract: Contract) -> None:
    """Print one contract's terms with their references."""
    out = console()
    years = contract.performance_years
    covered = f"{years.first} on" if years.last is None else f"{years.first} to {years.last}"
    out.print(f"{contract.title} ({contract.id}): {contract.status}", style="bold")
    out.print(contract.summary.strip())
    if contract.caveat:
        out.print(f"In short: {contract.caveat.strip()}")
    out.print(f"Performance years {covered}. {contract.reference}")
    out.print()
    table = plain_table()
    for header in ("term", "value", "unit", "reference", "confidence"):
        table.add_column(header, no_wrap=header == "term")
    notes = []
    for name, term in contract.stated_terms().items():
        table.add_row(
            name, _values_in_words(contract, name), term.unit, term.reference, term.confidence
        )
        if term.note:
            notes.append(f"{name}: {' '.join(term.note.split())}")
    for flow in contract.extra_cash_flows:
        table.add_row(flow.key, flow.in_words, flow.unit, flow.reference, flow.confidence)
        if flow.note:
            notes.append(f"{flow.key}: {' '.join(flow.note.split())}")
    out.print(table)
    for note in notes:
        out.print(Text(note, style="dim"))


def _sharing_in_words(contract: Contract) -> str:
    if contract.terms.savings_bands is not None:
        return _values_in_words(contract, "savings_bands")
    return _values_in_words(contract, "maximum_sharing_rate")


def _values_in_words(contract: Contract, name: str) -> str:
    term = contract.term(name)
    assert term is not None
    if term.values is not None:
        return "; ".join(f"{_word(v)} from {year}" for year, v in term.values.items())
    if term.by_agreement_year is not None:
        listed = ", ".join(_word(v) for v in term.by_agreement_year)
        return f"{listed} in agreement years 1 to {len(term.by_agreement_year)}"
    return _word(term.value)


def _word(value: object) -> str:
    if isinstance(value, float):
        return f"{100 * value:g} %"
    if isinstance(value, list):
        return ", ".join(f"{100 * band.share:g} % {_band_edge(band.up_to)}" for band in value)
    return f"{value:,}" if isinstance(value, int) else str(value)


def _band_edge(up_to: float | None) -> str:
    return "above" if up_to is None else f"to {100 * up_to:g} %"


def show_settlement(settlement: Settlement) -> None:
    """Print a settlement's waterfall with the paragraph of each line."""
    out = console()
    contract = settlement.contract
    out.print(
        f"{contract.contract.title} ({contract.contract.id}), terms of performance year "
        f"{contract.performance_year}, agreement year {contract.agreement_year}",
        style="bold",
    )
    table = plain_table()
    table.add_column("step", no_wrap=True)
    table.add_column("dollars", justify="right", no_wrap=True)
    table.add_column("how")
    table.add_column("reference")
    for step in settlement.waterfall:
        table.add_row(step.step, cents(step.dollars), step.detail, step.reference)
    out.print(table)
    if settlement.shared_losses:
        out.print(f"Shared losses owed: {cents(settlement.shared_losses)}", style="bold")
    else:
        out.print(f"Shared savings earned: {cents(settlement.shared_savings)}", style="bold")
    if settlement.net != round(settlement.shared_savings - settlement.shared_losses, 2):
        out.print(f"Net, with what is paid beside it: {cents(settlement.net)}", style="bold")
    for note in settlement.notes:
        out.print(Text(f"{contract.contract.id}: {note}", style="dim"))


def show_acos(rows: Sequence[PublishedResult]) -> None:
    """Print some ACOs, a line each, with the latest that CMS published of them."""
    out = console()
    table = plain_table()
    for header in ("id", "name", "state", "year", "contract"):
        table.add_column(header, no_wrap=header != "name")
    for header in ("assigned", "savings rate", "earned or owed"):
        table.add_column(header, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(
            row.aco_id,
            row.aco_name or "-",
            row.state or "-",
            str(row.performance_year),
            row.contract,
            f"{row.assigned_beneficiaries:,}",
            plain_percent(row.savings_rate),
            plain_dollars(row.earned_savings_or_losses or 0.0),
        )
    out.print(table)


def show_history(rows: Sequence[PublishedResult]) -> None:
    """Print what CMS published for one ACO, year by year."""
    out = console()
    latest = rows[-1]
    out.print(f"{latest.aco_name or ''} ({latest.aco_id})".strip(), style="bold")
    table = plain_table()
    table.add_column("year")
    table.add_column("contract", no_wrap=True)
    for header in (
        "assigned",
        "person-years",
        "benchmark",
        "expenditure",
        "savings rate",
        "MSR",
        "quality",
        "earned or owed",
        "revenue",
    ):
        table.add_column(header, justify="right")
    for row in rows:
        msr, quality, earned = (
            row.minimum_savings_rate,
            row.quality_score,
            row.earned_savings_or_losses,
        )
        reporting = "reporting" if row.quality_reporting_only else "-"
        table.add_row(
            str(row.performance_year),
            row.contract,
            f"{row.assigned_beneficiaries:,}",
            f"{row.person_years:,.0f}",
            plain_dollars(row.benchmark),
            plain_dollars(row.expenditure),
            plain_percent(row.savings_rate),
            "-" if msr is None else plain_percent(msr),
            reporting if quality is None else plain_percent(quality),
            plain_dollars(earned or 0.0),
            row.revenue_category or "-",
        )
    out.print(table)
    short = [r for r in rows if r.months_covered not in (None, 12)]
    for row in short:
        out.print(
            Text(f"{row.performance_year}: the dollars cover {row.months_covered} months.", "dim")
        )
