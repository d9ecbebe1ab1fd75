"""Contract terms as the report shows them: value applied, reference, confidence."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from simulate.contracts.contract import Band, Contract, Term, programme
from simulate.report.numbers import plain_percent

if TYPE_CHECKING:
    from simulate.analysis.run import Run
    from simulate.contracts.resolution import ResolvedContract


class TermNote(NamedTuple):
    """A note that several contracts share, and its number."""

    number: int
    text: str


def contract_cards(run: Run) -> dict[str, Any]:
    """Return one card a contract, every term with its source, and what contracts share.

    Terms that are the same in all of them stand once. A note of one contract alone stands with
    its term; one of several is numbered.
    """
    cards = [contract_card(result.resolved) for result in run.contracts.values()]
    common = _common([card["terms"] for card in cards])
    for card in cards:
        card["terms"] = [term for term in card["terms"] if term not in common]
    counted = Counter(text for card in cards for text in {t["note"] for t in card["terms"]})
    shared = [text for text, count in counted.items() if text and count > 1]
    in_order = [t["note"] for card in cards for t in card["terms"] if t["note"] in shared]
    numbers = {text: number for number, text in enumerate(dict.fromkeys(in_order), start=1)}
    for term in (term for card in cards for term in card["terms"]):
        term["number"] = numbers.get(term["note"])
    notes = [TermNote(number, text) for text, number in numbers.items()]
    return {"cards": cards, "common": common, "notes": notes}


def _common(terms: Sequence[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Return the terms that are the same in every respect in all of several contracts."""
    if len(terms) < 2:
        return []
    return [one for one in terms[0] if all(one in others for others in terms[1:])]


def status_words(contract: Contract) -> str:
    """Return a contract's status: in force, ended with its last year, proposed or to come."""
    if contract.status == "proposed":
        first = contract.performance_years.first
        to_come = first > programme()["known_through"]["value"]
        return f"proposed, from {first}" if to_come else "proposed, never in force"
    if contract.status == "ended":
        return f"ended after {contract.performance_years.last}"
    return contract.status


def covered_years(contract: Contract) -> str:
    """Return the performance years that a contract covers."""
    years = contract.performance_years
    return f"{years.first} on" if years.last is None else f"{years.first} to {years.last}"


def contract_card(resolved: ResolvedContract) -> dict[str, Any]:
    """Return what a contract is, what applies of it, and every term with its source."""
    contract = resolved.contract
    stated = contract.stated_terms()
    return {
        "id": contract.id,
        "title": contract.title,
        "status": contract.status,
        "status_words": status_words(contract),
        "covers": covered_years(contract),
        "summary": contract.summary.strip(),
        "reference": contract.reference,
        "performance_year": resolved.performance_year,
        "agreement_year": resolved.agreement_year,
        "unconfirmed": len(contract.unconfirmed()),
        "changed": len(contract.changed()),
        "terms": [_row(resolved, name, term) for name, term in stated.items()],
        "cash_flows": [
            {
                "name": flow.name,
                "value": flow.in_words,
                "reference": flow.reference,
                "confidence": flow.confidence,
                "note": " ".join(flow.note.split()),
            }
            for flow in contract.extra_cash_flows
        ],
    }


def _row(resolved: ResolvedContract, name: str, term: Term[Any]) -> dict[str, Any]:
    value = _applied(resolved, name, term)
    return {
        "name": name.replace("_", " ").capitalize(),
        "value": value,
        "dated": _dated(term),
        "unit": term.unit,
        "of": _of(value, term.unit),
        "reference": term.reference,
        "confidence": term.confidence,
        "note": " ".join(term.note.split()),
    }


def _applied(resolved: ResolvedContract, name: str, term: Term[Any]) -> str:
    value = term.at(resolved.performance_year, resolved.agreement_year)
    numbers = {"minimum_savings_rate": resolved.terms.msr, "minimum_loss_rate": resolved.terms.mlr}
    if name in numbers and isinstance(value, str) and math.isfinite(numbers[name]):
        return f"{plain_percent(numbers[name])} ({_word(value)})"
    return _word(value)


def _of(value: str, unit: str) -> str:
    """Return what a value is of or in, to be read after it: ``10 %``, ``of the benchmark``."""
    if not value[:1].isdigit() or unit.startswith(("rule", "calendar year")):
        return ""
    share = re.search(r"(?:fraction|share) (of [^,]+)", unit)
    return share[1] if share else unit.partition(",")[0]


def _dated(term: Term[Any]) -> str:
    if term.values is not None and len(term.values) > 1:
        return "; ".join(f"{_word(v)} from {year}" for year, v in term.values.items())
    if term.by_agreement_year is not None:
        years = enumerate(term.by_agreement_year, start=1)
        return "; ".join(f"{_word(v)} in agreement year {number}" for number, v in years)
    return ""


def _word(value: object) -> str:
    if isinstance(value, float):
        return f"{100 * value:g} %"
    if isinstance(value, list):
        return "; ".join(_band(band) for band in value)
    if isinstance(value, int):
        return f"{value:,}" if value > 9999 or value < 1900 else str(value)
    return str(value).replace("-", " ")


def _band(band: Band) -> str:
    edge = "above" if band.up_to is None else f"up to {100 * band.up_to:g} % of the benchmark"
    return f"{100 * band.share:g} % {edge}"
