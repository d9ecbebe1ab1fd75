"""The HTML report: one self-contained file, the same for the same run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulate.report.figures.house import chosen_ids
from simulate.report.figures.net_outcome import outcome_groups
from simulate.report.html.assumptions import aco_facts, assumption_rows
from simulate.report.html.change import change_view
from simulate.report.html.method import method_view
from simulate.report.html.page import one_line, page, write_page
from simulate.report.html.pictures import (
    comparison_picture,
    exceedance_picture,
    net_outcome_picture,
    payoff_pictures,
    probability_picture,
)
from simulate.report.html.provenance import provenance
from simulate.report.html.risk import risk_view
from simulate.report.html.tables import comparison_view, measure_tables, result_table, views_of
from simulate.report.html.terms import contract_cards
from simulate.report.sentences import (
    answer_sentences,
    caveats,
    headline_contract,
    luck,
    prospects_of_both,
    true_savings_phrase,
)

if TYPE_CHECKING:
    from simulate.analysis.compare import ContractComparison
    from simulate.analysis.run import Run


def write_report(
    run: Run,
    path: str | Path,
    comparison: ContractComparison | None = None,
    command: str | Sequence[str] | None = None,
) -> None:
    """Write the HTML report of a run to a file, complete or not at all.

    Parameters
    ----------
    run : Run
    path : path
        Where to write; an existing file is replaced once the report is complete.
    comparison : ContractComparison, optional
        Adds the section that compares two contracts.
    command : str or sequence of str, optional
        The command line that led to the run, for the section on reproducing it.

    Raises
    ------
    UserError
        The path cannot be written.
    """
    write_page(path, lambda: render_report(run, comparison, command))


def render_report(
    run: Run,
    comparison: ContractComparison | None = None,
    command: str | Sequence[str] | None = None,
) -> str:
    """Return the HTML report of a run as text; see `write_report`."""
    return page("report.html.j2", _content(run, comparison, one_line(command)))


def _content(run: Run, stated: ContractComparison | None, command: str | None) -> dict[str, Any]:
    views, comparison = views_of(run), stated or _with_best_alternative(run)
    groups = outcome_groups(run, chosen_ids(run, None))
    compared = comparison_view(comparison, views) if comparison else None
    return {
        "aco": run.aco,
        "title": run.aco.name or run.aco.id,
        "facts": aco_facts(run),
        "answer": _answer(run, stated, compared),
        "luck": _by_luck(run, stated),
        "true_savings": true_savings_phrase(run),
        "years": run.years,
        "exact": run.years == 0,
        "views": views,
        "results": result_table(run, views, groups),
        "measures": measure_tables(run, views, groups),
        "pictures": {
            "net_outcome": net_outcome_picture(run, groups),
            "probabilities": probability_picture(run, groups),
            "exceedance": exceedance_picture(run, groups),
            "payoffs": payoff_pictures(run),
        },
        "comparison": compared,
        "comparison_picture": comparison_picture(comparison) if comparison else None,
        "comparison_stated": stated is not None,
        "risk": risk_view(run, groups),
        "change": change_view(run, views),
        "assumptions": assumption_rows(run),
        "notes": run.notes,
        "contracts": contract_cards(run),
        "method": method_view(run),
        "provenance": provenance(run, command),
        "contents": _contents(compared),
    }


def _with_best_alternative(run: Run) -> ContractComparison | None:
    """Compare the contract that the answer is about with the best other one.

    None where there is no other, and for the exact engine, which has no years to pair.
    """
    from simulate.analysis.compare import compare
    from simulate.analysis.what_if import best_alternative

    own = headline_contract(run)
    other = best_alternative(run, own) if run.years else None
    return compare(run, own, other.contract_id) if other else None


def _answer(
    run: Run, stated: ContractComparison | None, compared: dict[str, Any] | None
) -> list[str]:
    """Return the answer, a sentence each: of a run, or of two contracts compared."""
    if stated is None or compared is None:
        return answer_sentences(run)
    worth, more_often = compared["sentences"]
    return [
        f"{worth.removesuffix('.')}: {more_often}",
        " ".join(compared["flips"]),
        prospects_of_both(run, (stated.first, stated.second)),
        *caveats(run[i].resolved.contract for i in (stated.first, stated.second)),
    ]


def _by_luck(run: Run, stated: ContractComparison | None) -> list[str]:
    """Return what chance alone brings, where the answer itself does not say."""
    ids = (stated.first, stated.second) if stated else ()
    return list(dict.fromkeys(luck(run, contract_id) for contract_id in ids))


def _contents(compared: dict[str, Any] | None) -> list[tuple[str, str]]:
    """Return the sections of the report: anchor and short title."""
    sections = [
        ("answer", "The answer"),
        ("contracts", "Contracts side by side"),
        ("risk", "Where the risk comes from"),
        ("change", "What could change the answer"),
        ("assumptions", "What it rests on"),
        ("terms", "Contract terms"),
        ("method", "Method and validation"),
        ("reproduce", "To reproduce it"),
        ("measures", "Every measure"),
    ]
    if compared is not None:
        sections.insert(2, ("comparison", "Two contracts compared"))
    return sections
