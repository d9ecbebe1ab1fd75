"""The HTML report: one self-contained file, the same for the same run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulate.report.html.assumptions import aco_facts, assumption_rows
from simulate.report.html.page import one_line, page, write_page
from simulate.report.html.pictures import comparison_picture, pictures
from simulate.report.html.provenance import provenance
from simulate.report.html.risk import risk_view
from simulate.report.html.tables import comparison_view, measure_tables, result_table, views_of
from simulate.report.html.terms import contract_cards
from simulate.report.sentences import answer, headline_contract, true_savings_phrase

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


def _content(
    run: Run, comparison: ContractComparison | None, command: str | None
) -> dict[str, Any]:
    views = views_of(run)
    return {
        "aco": run.aco,
        "title": run.aco.name or run.aco.id,
        "facts": aco_facts(run),
        "answer": answer(run),
        "headline": run[headline_contract(run)].resolved.contract.title,
        "true_savings": true_savings_phrase(run),
        "true_savings_source": run.true_savings.source,
        "years": run.years,
        "exact": run.years == 0,
        "views": views,
        "results": result_table(run, views),
        "measures": measure_tables(run, views),
        "comparison": comparison_view(comparison, views) if comparison else None,
        "comparison_picture": comparison_picture(comparison) if comparison else None,
        "pictures": pictures(run),
        "risk": risk_view(run, views),
        "assumptions": assumption_rows(run),
        "notes": run.notes,
        "contracts": contract_cards(run),
        "provenance": provenance(run, command),
    }
