"""Two paths of contracts against each other, on the same simulated years."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from simulate.measures.agreement_comparison import AgreementDifference
from simulate.report.agreement_comparison import closing_sentences, paired_views, worth_phrase
from simulate.report.finance import after_words
from simulate.report.workbook.agreement.content import (
    ERROR_WIDTH,
    SHARE,
    VALUE_WIDTH,
    AgreementContent,
    Figure,
    kind_of,
    title_of,
    write_band,
    write_side_by_side,
)
from simulate.report.workbook.book import Book
from simulate.report.workbook.comparison import COMPARISON_SHEET

_BETTER = "Is worth more"


def write_paths_compared(book: Book, content: AgreementContent) -> None:
    """Write every paired difference of two paths, a part a view of the true savings."""
    comparison = content.comparison
    assert comparison is not None
    names = comparison.first, comparison.second
    widths = [44.0, 12.0, *[VALUE_WIDTH, ERROR_WIDTH] * 3]
    sheet = book.sheet(COMPARISON_SHEET, widths, f"{names[0]} against {names[1]}")
    for shown in paired_views(comparison):
        sheet.paragraph(f"{shown.title}: {shown.better}", "text")
    for text in closing_sentences(comparison):
        sheet.paragraph(text, "text")
    sheet.paragraph(
        f"Where the preference changes: solved on {comparison.flip_paths:,} of the simulated "
        f"paths, {worth_phrase(comparison)}. A difference is the first path less the second on "
        "the same simulated years, so its error is that of the pairs."
    )
    titles = ["Measure", "Unit", names[0], "±", names[1], "±", "Difference", "±"]
    header = sheet.header(titles, range(2, len(titles)))
    sheet.keep(header, 1)
    for view in content.views:
        if comparison.after_costs is not None and comparison.finances is not None:
            # A page a view.
            sheet.page.set_h_pagebreaks([] if view is content.views[0] else [sheet.row])
            left = [view.finances(comparison.finances[name]).bottom_line for name in names]
            write_band(sheet, f"{_left_words(content)}, {view.name}")
            write_side_by_side(sheet, _columns(left, view.paired(comparison.after_costs)))
        sides = [view.of(content.run[name]).measures.cumulative for name in names]
        write_band(sheet, f"Settlements alone, {view.name}")
        write_side_by_side(sheet, _columns(sides, view.paired(comparison.settlements)))
    sheet.page.fit_to_pages(1, len(content.views) if comparison.after_costs else 1)


def _left_words(content: AgreementContent) -> str:
    return f"Left {after_words(content.run.scenario.finance)}"


def _columns(sides: Sequence[Any], paired: AgreementDifference) -> list[dict[str, Figure]]:
    """Return the figures of the first path, of the second, and their differences."""
    names = [field.name for field in fields(sides[0]) if field.name in paired.differences]
    first, second = ({title_of(n): Figure(kind_of(n), getattr(side, n)) for n in names}
                     for side in sides)  # fmt: skip
    first[_BETTER] = Figure(SHARE, paired.first_better)
    second[_BETTER] = Figure(SHARE, paired.second_better)
    return [first, second, {title_of(n): Figure(kind_of(n), paired.differences[n]) for n in names}]
