"""Where the risk comes from: the variance by source, and the chances under other noise."""

from __future__ import annotations

import math
from typing import Any

from simulate.analysis.noise_range import HIGH_NOISE, LOW_NOISE, NoiseRange
from simulate.analysis.run import CHANCE_ALONE
from simulate.report.figures.decomposition import variance_shares
from simulate.report.html.tables import MEASURES, ViewOf
from simulate.report.workbook.book import Book, Sheet, estimate_cells
from simulate.report.workbook.content import Content, sentence, title_of

RISK_SHEET = "Sources of risk"
_CHANCES = ("probability_of_shared_savings", "probability_of_shared_losses")
_COLUMNS = 10


def has_risk(content: Content) -> bool:
    """Whether a run has anything to say here; an exact run has no decomposition."""
    return not content.exact or content.run.noise_range is not None


def write_risk(book: Book, content: Content) -> None:
    """Write the variance by source of risk, and the chances under low and high noise."""
    sheet = book.sheet(
        RISK_SHEET, [24.0, 38.0, *[14.0] * (_COLUMNS - 2)], "Where the risk comes from"
    )
    if not content.exact:
        _write_decomposition(sheet, content)
    if content.run.noise_range is not None:
        for view in content.views:
            _write_range(sheet, content, content.run.noise_range, view)


def _write_decomposition(sheet: Sheet, content: Content) -> None:
    found = content.run.decomposition
    sheet.heading("Shares of the variance, by source")
    sheet.paragraph(
        "Sources are added one after the other, in this order, to the same simulated years "
        f"({found.years:,}); a source's share is what the variance grows by."
    )
    sources = [sentence(source) for source in found.savings_rate]
    sheet.header(["Of", "Title", *sources, "Standard deviation"], range(2, _COLUMNS))
    _write_shares(sheet, ("savings rate", "", found.savings_rate), "percent2")
    for contract_id, result in content.run.contracts.items():
        of = (contract_id, f"Net, {title_of(result)}", found.net[contract_id])
        _write_shares(sheet, of, "dollars")


def _write_shares(sheet: Sheet, of: tuple[str, str, Any], style: str) -> None:
    name, title, parts = of
    shares = variance_shares(parts)
    cells = [(share, "percent0") for share in shares.values()] if shares else [(None,)] * len(parts)
    total = math.sqrt(max(sum(part.value for part in parts.values()), 0.0))
    sheet.line([(name, "line", "bold"), (title, "line"), *cells, (total, style)])


def _write_range(sheet: Sheet, content: Content, found: NoiseRange, view: ViewOf) -> None:
    sheet.heading(f"Chances under low and high noise, {view.name}")
    sheet.paragraph(
        f"The error of the model, which ± does not hold: total noise constant "
        f"{LOW_NOISE[0]:.2f} to {HIGH_NOISE[0]:.2f}, common shock {100 * LOW_NOISE[1]:.2f} to "
        f"{100 * HIGH_NOISE[1]:.2f} points."
    )
    words = {name: title for name, title, _ in MEASURES}
    titles = [f"{words[name]}{part}" for name in _CHANCES for part in (", low", "", "±", ", high")]
    titles = ["±" if title.endswith("±") else title for title in titles]
    sheet.header(["Contract", "Title", *titles], range(2, _COLUMNS))
    ends = found.chance_alone if view.index == CHANCE_ALONE else found.assumed
    for contract_id, result in content.run.contracts.items():
        cells: list[tuple[Any, ...]] = []
        for name in _CHANCES:
            low, high = ends[contract_id][name]
            here = estimate_cells(getattr(view.of(result), name), False)
            cells += [(low, "percent1"), *here, (high, "percent1")]
        sheet.line([(contract_id, "line", "bold"), (title_of(result), "line"), *cells])
