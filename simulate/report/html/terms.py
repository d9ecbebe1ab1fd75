"""Contract terms as the report shows them: value applied, reference, confidence."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from simulate.contracts.contract import Band, Contract, Term
from simulate.report.numbers import cents, plain_percent

if TYPE_CHECKING:
    from simulate.analysis.run import Run
    from simulate.contracts.resolution import ResolvedContract


def contract_cards(run: Run) -> list[dict[str, Any]]:
    """Return one card a contract: what it is, what applies, every term with its source."""
    return [_card(result.resolved) for result in run.contracts.values()]


def status_words(contract: Contract) -> str:
    """Return a contract's status: in force, ended with its last year, or only proposed."""
    if contract.status == "proposed":
        return "proposed, never in force"
    if contract.status == "ended":
        return f"ended after {contract.performance_years.last}"
    return contract.status


def covered_years(contract: Contract) -> str:
    """Return the performance years that a contract covers."""
    years = contract.performance_years
    return f"{years.first} on" if years.last is None else f"{years.first} to {years.last}"


def _card(resolved: ResolvedContract) -> dict[str, Any]:
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
                "value": f"{cents(flow.per_beneficiary_month)} per beneficiary and month, "
                f"{cents(flow.per_year)} a year",
                "reference": flow.reference,
                "confidence": flow.confidence,
                "note": " ".join(flow.note.split()),
            }
            for flow in contract.extra_cash_flows
        ],
    }


def _row(resolved: ResolvedContract, name: str, term: Term[Any]) -> dict[str, str]:
    return {
        "name": name.replace("_", " ").capitalize(),
        "value": _applied(resolved, name, term),
        "dated": _dated(term),
        "unit": term.unit,
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
