"""The tables of results: contracts in two views, every measure, the comparison."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulate.analysis.run import ASSUMED, CHANCE_ALONE
from simulate.measures.estimate import Estimate
from simulate.report.html.terms import status_words
from simulate.report.numbers import (
    dollars_with_error,
    in_unit,
    percent_with_error,
    plain_percent,
    unit_for,
)
from simulate.report.sentences import bracketed, flip_sentence

if TYPE_CHECKING:
    from simulate.analysis.compare import ContractComparison
    from simulate.analysis.run import ContractResult, Run
    from simulate.contracts.resolution import ResolvedContract
    from simulate.measures.outcomes import Measures
    from simulate.report.figures.house import Group

Unit = tuple[float, str, str]

#: Every measure in the words of the report; True: dollars.
MEASURES: tuple[tuple[str, str, bool], ...] = (
    ("probability_of_shared_savings", "Earns shared savings", False),
    ("probability_of_shared_losses", "Owes shared losses", False),
    ("probability_of_meeting_msr", "Meets the MSR", False),
    ("probability_of_meeting_mlr", "Meets the MLR", False),
    ("probability_of_payment_limit", "Cut by the payment limit", False),
    ("probability_of_loss_limit", "Cut by the loss limit", False),
    ("expected_shared_savings", "Expected shared savings", True),
    ("expected_shared_losses", "Expected shared losses", True),
    ("expected_net", "Expected net outcome", True),
    ("standard_deviation_of_net", "Standard deviation of net", True),
    ("net_p05", "Net, 5th percentile", True),
    ("net_p50", "Net, median", True),
    ("net_p95", "Net, 95th percentile", True),
    ("loss_var_95", "Shared losses, 95 % VaR", True),
    ("loss_tvar_95", "Shared losses, 95 % TVaR", True),
)
#: The measures of the result table.
HEADLINES = (
    "probability_of_shared_savings",
    "probability_of_shared_losses",
    "expected_net",
    "loss_var_95",
    "loss_tvar_95",
)
#: Columns of a table of every measure.
_WIDEST = 8
#: What a one-sided contract never has.
OF_LOSSES = ("probability_of_shared_losses", "loss_var_95", "loss_tvar_95")
#: The measures of a comparison of two contracts.
COMPARED = (
    "expected_net",
    "probability_of_shared_savings",
    "expected_shared_savings",
    "probability_of_shared_losses",
    "expected_shared_losses",
    "loss_var_95",
    "loss_tvar_95",
    "standard_deviation_of_net",
    "net_p05",
    "net_p50",
    "net_p95",
)


@dataclass(frozen=True)
class ViewOf:
    """A view of the true savings as the report names it."""

    index: int
    name: str
    short: str

    def of(self, result: ContractResult) -> Measures:
        """Return a contract's measures under this view."""
        return result.chance_alone if self.index == CHANCE_ALONE else result.measures


@dataclass(frozen=True)
class Cell:
    """A figure and its standard error, as text; `none` where it cannot be other than zero."""

    value: str
    error: str
    none: bool = False


def views_of(run: Run) -> tuple[ViewOf, ...]:
    """Return the views to show: by chance alone, and the assumed one where it differs."""
    view = run.true_savings.view
    by_chance = ViewOf(CHANCE_ALONE, "by chance alone (true savings 0)", "by chance")
    if view.mean == 0.0 and view.sd == 0.0:
        return (by_chance,)
    spread = f", sd {100 * view.sd:.1f} points" if view.sd else ""
    mean = plain_percent(view.mean, 1 if view.sd else 2)
    name = f"at the assumed true savings ({mean}{spread})"
    return (by_chance, ViewOf(ASSUMED, name, f"at {mean}"))


def unit_of(run: Run) -> Unit:
    """Return the unit for the dollars of all contracts: one for every table."""
    dollars = [name for name, _, is_dollars in MEASURES if is_dollars]
    every = [m for c in run.contracts.values() for m in (c.measures, c.chance_alone)]
    return unit_for(max(abs(getattr(m, name).value) for m in every for name in dollars))


def unit_in_words(unit: Unit) -> str:
    """Return a unit for a caption: ``millions of dollars``."""
    return f"{unit[1]}s of dollars" if unit[1] else "dollars"


def unit_words(unit: Unit) -> str:
    """Return a unit for a table's heading: ``$ million``."""
    return f"$ {unit[1]}".rstrip()


def cell(estimate: Estimate, is_dollars: bool, unit: Unit) -> Cell:
    """Return an estimate as text, value and error apart."""
    shown = in_unit(estimate, unit) if is_dollars else percent_with_error(estimate)
    value, sign, error = shown.partition(" ±")
    return Cell(value, f"±{error}" if sign else "")


def result_table(run: Run, views: Sequence[ViewOf], groups: Sequence[Group]) -> dict[str, Any]:
    """Return the result table: one row a group of contracts, each measure in every view."""
    unit = unit_of(run)
    words = {name: (title, is_dollars) for name, title, is_dollars in MEASURES}
    columns = []
    for name in HEADLINES:
        title, is_dollars = words[name]
        columns.append({"title": title, "unit": unit_words(unit) if is_dollars else "% of years"})
    rows = []
    for group in groups:
        result = run[group.ids[0]]
        cells = [
            [_result_cell(view, result, name, words[name][1], unit) for view in views]
            for name in HEADLINES
        ]
        rows.append({"cells": cells, **_row_head(run, group)})
    return {"columns": columns, "rows": rows, "has_one_sided": _has_one_sided(run)}


def _row_head(run: Run, group: Group) -> dict[str, Any]:
    """Return the contracts of a row, each with what it is, and their thresholds."""
    results = [run[contract_id] for contract_id in group.ids]
    asked = run.aco.performance_year
    heads = [
        {
            "id": result.resolved.contract.id,
            "title": result.resolved.contract.title,
            "status": result.resolved.contract.status,
            "status_words": status_words(result.resolved.contract),
            "year": None if (year := result.resolved.performance_year) == asked else year,
        }
        for result in results
    ]
    thresholds = dict.fromkeys(_thresholds(result.resolved) for result in results)
    return {"contracts": heads, "thresholds": " or ".join(thresholds)}


def _thresholds(resolved: ResolvedContract) -> str:
    msr = f"MSR {plain_percent(resolved.terms.msr)}" if resolved.shares_savings else "no sharing"
    if resolved.two_sided and resolved.terms.mlr == resolved.terms.msr:
        return f"MSR and MLR {plain_percent(resolved.terms.mlr)}"
    mlr = f"MLR {plain_percent(resolved.terms.mlr)}" if resolved.two_sided else "one-sided"
    return f"{msr}, {mlr}"


def _has_one_sided(run: Run) -> bool:
    return any(not c.resolved.two_sided for c in run.contracts.values())


def _result_cell(
    view: ViewOf, result: ContractResult, name: str, is_dollars: bool, unit: Unit
) -> Cell:
    if name in OF_LOSSES and not result.resolved.two_sided:
        return Cell("none", "", none=True)
    shown = cell(getattr(view.of(result), name), is_dollars, unit)
    return Cell(shown.value.removesuffix(" %"), shown.error)


def measure_tables(run: Run, views: Sequence[ViewOf], groups: Sequence[Group]) -> dict[str, Any]:
    """Return every measure of every contract: a table for each view and few enough columns."""
    unit = unit_of(run)
    tables = []
    for view in views:
        for start in range(0, len(groups), _WIDEST):
            shown = groups[start : start + _WIDEST]
            rows = [
                {
                    "title": title,
                    "cells": [
                        cell(getattr(view.of(run[g.ids[0]]), name), is_dollars, unit) for g in shown
                    ],
                }
                for name, title, is_dollars in MEASURES
            ]
            tables.append({"view": view, "columns": [group.ids for group in shown], "rows": rows})
    return {"unit": unit_in_words(unit), "tables": tables}


def comparison_view(comparison: ContractComparison, views: Sequence[ViewOf]) -> dict[str, Any]:
    """Return the comparison of two contracts: sentences, and a table for each view."""
    run = comparison.run
    names = [run[i].resolved.contract.title for i in (comparison.first, comparison.second)]
    unit = unit_of(run)
    sd = run.true_savings.view.sd
    return {
        "first": names[0],
        "second": names[1],
        "sentences": _sentences(comparison, names, views[-1]),
        "flips": [flip_sentence(flip, names[0], names[1], sd=sd) for flip in comparison.flips],
        "flip_years": comparison.flip_years,
        "ids": (comparison.first, comparison.second),
        "second_in_force": run[comparison.second].resolved.contract.status == "in force",
        "searched": " to ".join(plain_percent(rate, 0) for rate in comparison.flips[0].searched),
        "tables": [_compared(comparison, view, unit) for view in views],
        "unit": unit_in_words(unit),
    }


def _compared(comparison: ContractComparison, view: ViewOf, unit: Unit) -> dict[str, Any]:
    run = comparison.run
    paired = comparison.chance_alone if view.index == CHANCE_ALONE else comparison.assumed
    measures = [view.of(run[i]) for i in (comparison.first, comparison.second)]
    words = {name: (title, is_dollars) for name, title, is_dollars in MEASURES}
    rows = []
    for name in COMPARED:
        title, is_dollars = words[name]
        estimates = [*(getattr(m, name) for m in measures), paired.differences[name]]
        rows.append({"title": title, "cells": [cell(e, is_dollars, unit) for e in estimates]})
    better = (paired.first_better, paired.second_better, paired.equal)
    return {
        "view": view,
        "rows": rows,
        "better": [cell(estimate, False, unit) for estimate in better],
    }


def _sentences(comparison: ContractComparison, names: Sequence[str], view: ViewOf) -> list[str]:
    paired = comparison.chance_alone if view.index == CHANCE_ALONE else comparison.assumed
    difference = paired.differences["expected_net"]
    ahead = 0 if difference.value >= 0.0 else 1
    gap = Estimate(abs(difference.value), difference.standard_error)
    better = (paired.first_better, paired.second_better, paired.equal)
    shares = [bracketed(percent_with_error(share)) for share in better]
    clear = gap.value > 2.0 * gap.standard_error
    lead = (
        f"{view.name[0].upper()}{view.name[1:]}, {names[ahead]} is worth more than "
        f"{names[1 - ahead]} by {bracketed(dollars_with_error(gap))} a year on average."
        if clear
        else f"{view.name[0].upper()}{view.name[1:]}, the expected net outcomes of {names[0]} and "
        f"{names[1]} differ by no more than the simulation error."
    )
    return [
        lead,
        f"{names[0]} is better for the ACO in {shares[0]} of years, {names[1]} in {shares[1]}; "
        f"in {shares[2]} both pay the same.",
    ]
