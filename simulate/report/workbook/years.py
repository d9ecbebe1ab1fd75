"""A sample of the simulated years: what happened, and what each contract pays."""

from __future__ import annotations

from typing import Any

import numpy as np

from simulate.analysis.run import ASSUMED
from simulate.report.workbook.book import Book
from simulate.report.workbook.content import Content

YEARS_SHEET = "Simulated years"
#: As many as a person would scroll through.
MOST_YEARS = 1_000
_FACTS = (("Year", "count", 8.0), ("Savings rate", "percent3", 12.0),
          ("Benchmark", "dollars", 18.0), ("Expenditure", "dollars", 18.0),
          ("Quality score", "percent2", 12.0))  # fmt: skip


def write_years(book: Book, content: Content) -> None:
    """Write the first simulated years at the assumed true savings: facts, and net by contract."""
    run, shown = content.run, min(content.run.years, MOST_YEARS)
    nets = [run.outcomes(i, ASSUMED).net[:shown] for i in run.contracts]
    widths = [*(width for _, _, width in _FACTS), *[16.0] * len(nets)]
    sheet = book.sheet(YEARS_SHEET, widths, "A sample of the simulated years")
    sheet.paragraph(
        f"The first {shown:,} of {run.years:,} years {content.views[0].name}, and the net outcome "
        "of each under every contract, dollars. A year's benchmark, expenditure and quality score, "
        "typed into the sheet Settlement, give the same net outcome.",
        columns=min(len(widths), 9),
    )
    titles = [*(title for title, _, _ in _FACTS), *run.contracts]
    header = sheet.header(titles, range(len(titles)))
    styles = [*(style for _, style, _ in _FACTS), *["dollars"] * len(nets)]
    for year in zip(*_facts(content, shown), *nets, strict=True):
        sheet.line((float(value), style) for value, style in zip(year, styles, strict=True))
    sheet.keep(header, 2)
    sheet.filter(header)


def _facts(content: Content, shown: int) -> list[Any]:
    run = content.run
    benchmark = np.broadcast_to(run.simulated.settled_against, run.years)[:shown]
    return [
        np.arange(1, shown + 1),
        run.savings_rates(ASSUMED)[:shown],
        benchmark,
        run.simulated.total(ASSUMED)[:shown],
        run.quality_scores(shown),
    ]
