"""Where the risk comes from: the variance by source, and the range of the noise."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from simulate.analysis.noise_range import HIGH_NOISE, LOW_NOISE
from simulate.analysis.run import CHANCE_ALONE
from simulate.report.figures.decomposition import variance_by_source, variance_shares
from simulate.report.figures.house import figure_of, svg_uri
from simulate.report.html.pictures import Picture
from simulate.report.html.tables import ViewOf, cell
from simulate.report.numbers import plain_dollars, plain_percent

if TYPE_CHECKING:
    from simulate.analysis.noise_range import NoiseRange
    from simulate.analysis.run import ContractResult, Run

_CHANCES = ("probability_of_shared_savings", "probability_of_shared_losses")


def risk_view(run: Run, views: Sequence[ViewOf]) -> dict[str, Any]:
    """Return the section on the sources of risk; an exact run has no decomposition."""
    return {
        "decomposition": _decomposition(run) if run.years else None,
        "range": _range_tables(run, run.noise_range, views) if run.noise_range else None,
        "constant": f"{LOW_NOISE[0]:.2f} to {HIGH_NOISE[0]:.2f}",
        "shock": f"{100 * LOW_NOISE[1]:.2f} to {100 * HIGH_NOISE[1]:.2f}",
    }


def _decomposition(run: Run) -> dict[str, Any]:
    found = run.decomposition
    total = math.sqrt(max(found.total(), 0.0))
    rate_sd = f"{100 * total:.2f} points"
    rows = [_row("Savings rate", "", variance_shares(found.savings_rate), rate_sd)]
    for contract_id, result in run.contracts.items():
        parts = found.net[contract_id]
        sd = math.sqrt(max(sum(part.value for part in parts.values()), 0.0))
        title = f"Net, {result.resolved.contract.title}"
        rows.append(_row(title, contract_id, variance_shares(parts), plain_dollars(sd)))
    return {
        "sources": list(found.savings_rate),
        "rows": rows,
        "years": found.years,
        "rate_sd": rate_sd,
        "picture": _picture(run, rows) if any(row["shares"] for row in rows) else None,
    }


def _row(
    title: str, contract_id: str, shares: dict[str, float] | None, sd: str
) -> dict[str, Any]:  # fmt: skip
    shown = [plain_percent(share, 0) for share in shares.values()] if shares else []
    return {"title": title, "id": contract_id, "shares": shown, "sd": sd}


def _picture(run: Run, rows: Sequence[dict[str, Any]]) -> Picture:
    sources = list(run.decomposition.savings_rate)
    words = [
        f"{row['title']}: "
        + ", ".join(f"{s} {share}" for s, share in zip(sources, row["shares"], strict=True))
        + "."
        for row in rows
        if row["shares"]
    ]
    return Picture(
        svg_uri(figure_of(variance_by_source(run))),
        "Shares of the variance by source of risk. " + " ".join(words),
    )


def _range_tables(run: Run, found: NoiseRange, views: Sequence[ViewOf]) -> list[dict[str, Any]]:
    tables = []
    for view in views:
        ends = found.chance_alone if view.index == CHANCE_ALONE else found.assumed
        rows = [
            {
                "id": contract_id,
                "title": result.resolved.contract.title,
                "cells": _chances(result, view, ends[contract_id]),
            }
            for contract_id, result in run.contracts.items()
        ]
        tables.append({"view": view, "rows": rows})
    return tables


def _chances(
    result: ContractResult, view: ViewOf, ends: dict[str, tuple[float, float]]
) -> list[dict[str, str]]:
    """Return low, as simulated, high: of earning, then of owing."""
    cells = []
    for name in _CHANCES:
        if name == "probability_of_shared_losses" and not result.resolved.two_sided:
            cells += [{"value": "never" if i == 1 else "", "error": ""} for i in range(3)]
            continue
        here = cell(getattr(view.of(result), name), False, (1.0, "", ""))
        low, high = ({"value": plain_percent(end, 1), "error": ""} for end in ends[name])
        cells += [low, {"value": here.value, "error": here.error}, high]
    return cells
