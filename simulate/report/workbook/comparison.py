"""Contracts against each other, on the same simulated years."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from simulate.analysis.run import CHANCE_ALONE
from simulate.measures.comparison import Comparison, compare_outcomes
from simulate.report.html.tables import COMPARED, ViewOf
from simulate.report.sentences import headline_contract
from simulate.report.workbook.book import Book, Sheet, estimate_cells
from simulate.report.workbook.content import MEASURE_WORDS, Content, sentence, title_of

COMPARISON_SHEET = "Comparison"
_DIFFERENCES = ("expected_net", "net_p05", "net_p95", "loss_tvar_95")


def write_comparison(book: Book, content: Content) -> None:
    """Write the comparison of two contracts, or every contract against the ACO's own."""
    if content.comparison is not None:
        _write_pair(book, content)
    else:
        _write_against_one(book, content)


def _write_pair(book: Book, content: Content) -> None:
    said = content.compared
    widths = [34.0, *[20.0, 13.0] * 3]
    title = f"{said['first']} against {said['second']}"
    sheet = book.sheet(COMPARISON_SHEET, widths, title)
    for text in (*said["sentences"], *said["flips"]):
        sheet.paragraph(text, "text")
    sheet.paragraph(
        f"Where the preference changes: solved on {said['flip_years']:,} of the simulated years, "
        f"for true savings from {said['searched']}, by the larger expected net outcome. A "
        "difference is the first contract less the second in the same simulated years, so its "
        "error is that of the pairs."
    )
    titles = ["Measure", said["first"], "±", said["second"], "±", "Difference", "±"]
    header = sheet.header(titles, range(1, len(titles)))
    sheet.keep(header, 1)
    for view in content.views:
        _write_pair_view(sheet, content, view)


def _write_pair_view(sheet: Sheet, content: Content, view: ViewOf) -> None:
    comparison = content.comparison
    assert comparison is not None
    paired = comparison.chance_alone if view.index == CHANCE_ALONE else comparison.assumed
    both = [view.of(content.run[i]) for i in (comparison.first, comparison.second)]
    sheet.line([(sentence(view.name), "band"), *[(None, "band")] * 6])
    for name in COMPARED:
        title, is_dollars = MEASURE_WORDS[name]
        estimates = [*(getattr(m, name) for m in both), paired.differences[name]]
        cells = [c for estimate in estimates for c in estimate_cells(estimate, is_dollars)]
        sheet.line([(title, "line", "bold"), *cells])
    better = (paired.first_better, paired.second_better)
    cells = [c for estimate in better for c in estimate_cells(estimate, False)]
    sheet.line([("Pays more, share of years", "line", "bold"), *cells])
    same = [*[(None,)] * 4, *estimate_cells(paired.equal, False)]
    sheet.line([("Both pay the same, share of years", "line", "bold"), *same])


def _write_against_one(book: Book, content: Content) -> None:
    run, own = content.run, headline_contract(content.run)
    widths = [24.0, *[17.0, 12.0] * len(_DIFFERENCES), *[12.0, 9.0] * 2]
    title = f"Every contract against {title_of(run[own])}"
    sheet = book.sheet(COMPARISON_SHEET, widths, title)
    sheet.paragraph(
        f"Each contract less {own} ({title_of(run[own])}) in the same simulated years, so that the "
        "errors are those of the pairs; dollars per performance year, shares of years."
    )
    names = [part for name in _DIFFERENCES for part in (MEASURE_WORDS[name][0], "±")]
    better = ["Better for the ACO", "±", f"{own} better", "±"]
    header = sheet.header(["Contract", *names, *better], range(1, len(widths)))
    sheet.keep(header, 1)
    for view in content.views:
        sheet.line([(sentence(view.name), "band"), *[(None, "band")] * (len(widths) - 1)])
        for contract_id, compared in _against(content, own, view):
            sheet.line([(contract_id, "line", "bold"), *_difference_cells(compared)])


def _against(content: Content, own: str, view: ViewOf) -> Iterator[tuple[str, Comparison]]:
    run = content.run
    second = run.outcomes(own, view.index)
    for contract_id in run.contracts:
        if contract_id != own:
            first = run.outcomes(contract_id, view.index)
            yield contract_id, compare_outcomes(first, second, run.certain(view.index))


def _difference_cells(compared: Comparison) -> list[tuple[Any, ...]]:
    dollars = [estimate_cells(compared.differences[name], True) for name in _DIFFERENCES]
    shares = [estimate_cells(e, False) for e in (compared.first_better, compared.second_better)]
    return [cell for pair in (*dollars, *shares) for cell in pair]
