"""Where the risk comes from: the variance by source, and the record behind the true savings."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from simulate.report.figures.decomposition import variance_by_source, variance_shares
from simulate.report.figures.house import figure_of
from simulate.report.html.pictures import Picture, history_picture
from simulate.report.html.svg import picture_uri
from simulate.report.numbers import plain_dollars, plain_percent

if TYPE_CHECKING:
    from simulate.analysis.run import Run
    from simulate.measures.estimate import Estimate
    from simulate.report.figures.house import Group

#: A share of the variance that is shown as nothing.
_NOTHING = 5e-3


def risk_view(run: Run, groups: Sequence[Group]) -> dict[str, Any]:
    """Return the section on the sources of risk; an exact run has no decomposition."""
    return {
        "decomposition": _decomposition(run, groups) if run.years else None,
        "history": history_picture(run),
        "from_history": run.true_savings.posterior is not None,
    }


def _decomposition(run: Run, groups: Sequence[Group]) -> dict[str, Any]:
    found, shown = run.decomposition, _sources(run)
    rate_sd = f"{100 * math.sqrt(max(found.total(), 0.0)):.2f} points"
    rows = [_row("Savings rate", (), _shares(found.savings_rate, shown), rate_sd)]
    for group in groups:
        parts = found.net[group.ids[0]]
        sd = math.sqrt(max(sum(part.value for part in parts.values()), 0.0))
        title = f"Net, {group.label}"
        rows.append(_row(title, group.ids, _shares(parts, shown), plain_dollars(sd)))
    return {
        "sources": shown,
        "rows": rows,
        "years": found.years,
        "rate_sd": rate_sd,
        "picture": _picture(run, rows) if any(row["shares"] for row in rows) else None,
    }


def _sources(run: Run) -> list[str]:
    """Return the sources that add to some variance; what is switched off is left out."""
    found = run.decomposition
    every = [variance_shares(parts) for parts in (found.savings_rate, *found.net.values())]
    shares = [one for one in every if one is not None]
    return [s for s in found.savings_rate if any(abs(one[s]) >= _NOTHING for one in shares)]


def _shares(parts: dict[str, Estimate], sources: Sequence[str]) -> list[str]:
    """Return the share of each source as text; nothing where nothing varies."""
    shares = variance_shares(parts)
    return [plain_percent(shares[source], 0) for source in sources] if shares else []


def _row(title: str, ids: Sequence[str], shares: list[str], sd: str) -> dict[str, Any]:
    return {"title": title, "ids": ids, "shares": shares, "sd": sd}


def _picture(run: Run, rows: Sequence[dict[str, Any]]) -> Picture:
    sources, words = _sources(run), []
    for row in rows[:2]:
        shares = zip(sources, row["shares"], strict=False)
        listed = ", ".join(f"{share} {source}" for source, share in shares)
        words.append(f"{row['title']}: {listed or 'does not vary'}.")
    return Picture(
        picture_uri(figure_of(variance_by_source(run))),
        f"Shares of the variance by source of risk. {' '.join(words)} The table has every row.",
    )
