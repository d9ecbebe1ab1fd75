"""A sweep on the terminal: the preferred contract, or a measure, over size and true savings."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from simulate.report import terminal
from simulate.report.numbers import in_unit, percent_with_error, plain_dollars, plain_percent
from simulate.report.sweep_words import (
    Winner,
    alike,
    check_measure,
    dollar_unit,
    estimates,
    is_dark,
    is_probability,
    measure_words,
    own_phrase,
    preferred_words,
    rate_labels,
    size_labels,
    winners,
)

if TYPE_CHECKING:
    from simulate.analysis.sweep import Cell, Sweep
    from simulate.measures.estimate import Estimate

_UNCLEAR = "~"
_OWN = "*"
_SIZES = "beneficiaries"


def show_sweep(sweep: Sweep, measure: str | None = None) -> None:
    """Print a sweep: the preferred choice or, of one measure, a table for each choice.

    Parameters
    ----------
    sweep : Sweep
    measure : str, optional
        A measure such as ``probability_of_shared_savings``. Left out where there is but one
        choice: the measure that the sweep prefers by.

    Raises
    ------
    UserError
        No such measure.
    """
    if measure is None and len(sweep.plan.choices) == 1:
        measure = sweep.plan.prefer
    out = terminal.console()
    out.print(_heading(sweep), style="bold")
    if measure is None:
        _show_preferred(out, sweep)
    else:
        _show_measure(out, sweep, check_measure(measure))
    out.print()
    out.print(Text("\n".join(_footnotes(sweep, measure)), style="dim"))


def csv_text(sweep: Sweep) -> str:
    """Return the sweep as CSV: one row a size, true savings and choice; every measure."""
    records = list(sweep.records())
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(records[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    return text.getvalue()


def _heading(sweep: Sweep) -> str:
    aco, sizes, rates = sweep.plan.scenario.aco, sweep.plan.sizes, rate_labels(sweep)
    named = f"{aco.name} ({aco.id})" if aco.name else aco.id
    return (
        f"{named}, performance year {aco.performance_year}: "
        f"{_from_to(f'{sizes[0]:,}', f'{sizes[-1]:,}')} assigned beneficiaries, "
        f"true savings {_from_to(rates[0], rates[-1])} %"
    )


def _from_to(first: str, last: str) -> str:
    return first if first == last else f"{first} to {last}"


# --- tables over size and true savings --------------------------------------


@dataclass(frozen=True)
class _Cells:
    """What a table shows in each cell, and how wide a column is."""

    shown: Callable[[Cell], Text]
    width: int


def _show_preferred(out: Console, sweep: Sweep) -> None:
    preferred = winners(sweep)
    width = max(len(label) for label in rate_labels(sweep))

    def shown(cell: Cell) -> Text:
        winner, clear = preferred[cell.preference.best], cell.preference.clear
        text = f"{'' if clear else _UNCLEAR}{winner.letter}"
        return Text(f"{text:>{width}}", style=_style(winner, clear))

    out.print(f"The contract with the {preferred_words(sweep)}, by true savings in percent:")
    out.print()
    _print_blocks(out, sweep, _Cells(shown, width))
    out.print()
    for winner in preferred.values():
        cells = f"{winner.cells:,} of {len(sweep.cells):,} cells"
        line = Text(f"{winner.letter}  {winner.title}: preferred in {cells}")
        line.stylize(_style(winner, True), 0, 1)
        out.print(line)
    for sentence in (*_nowhere(sweep, preferred), *_own_row(sweep)):
        out.print(sentence)


def _style(winner: Winner, clear: bool) -> str:
    shade = winner.shade(clear)
    return f"{'white' if is_dark(shade) else 'black'} on {shade}"


def _show_measure(out: Console, sweep: Sweep, measure: str) -> None:
    words, unit = measure_words(measure), dollar_unit(sweep, measure)
    in_words = "%" if is_probability(measure) else f"$ {unit[1]}".strip()

    def text(estimate: Estimate) -> str:
        if is_probability(measure):
            return percent_with_error(estimate, 1).split(" ")[0]
        return in_unit(estimate, unit).split(" ")[0]

    width = max(len(text(estimate)) for estimate in estimates(sweep, measure))
    width = max(width, *(len(label) for label in rate_labels(sweep)))
    for labels in alike(sweep):
        out.print()
        title = f"{words[0].upper()}{words[1:]}, {in_words}: {' = '.join(labels)}"
        out.print(title, style="bold")
        shown = _measured(measure, labels[0], text)
        _print_blocks(out, sweep, _Cells(shown, width))


def _measured(measure: str, label: str, text: Callable[[Estimate], str]) -> Callable[[Cell], Text]:
    return lambda cell: Text(text(getattr(cell[label], measure)))


def _print_blocks(out: Console, sweep: Sweep, cells: _Cells) -> None:
    """Print one table, or several below each other where the terminal is too narrow."""
    count = len(sweep.plan.true_savings)
    sizes = [f"{_mark(sweep, n)}{label}" for n, label in enumerate(size_labels(sweep))]
    taken = max(len(_SIZES), *map(len, sizes)) + 1
    fitting = max(1, (out.width - taken) // (cells.width + 1))
    blocks = math.ceil(count / fitting)
    ends = [round(count * block / blocks) for block in range(blocks + 1)]
    for start, stop in pairwise(ends):
        if start:
            out.print()
        table = terminal.plain_table()
        table.padding = (0, 1, 0, 0)
        for header in (_SIZES, *rate_labels(sweep)[start:stop]):
            table.add_column(header, justify="right", no_wrap=True)
        for size, row in zip(sizes, sweep.rows, strict=True):
            table.add_row(size, *(cells.shown(cell) for cell in row[start:stop]))
        out.print(table)


def _mark(sweep: Sweep, row: int) -> str:
    own = sweep.plan.scenario.aco.assigned_beneficiaries == sweep.plan.sizes[row]
    return f"{_OWN} " if own else ""


# --- sentences --------------------------------------------------------------


def _nowhere(sweep: Sweep, preferred: dict[str, Winner]) -> list[str]:
    named = {label for winner in preferred.values() for label in (winner.label, *winner.same)}
    others = [choice.label for choice in sweep.plan.choices if choice.label not in named]
    return [f"Preferred nowhere: {'; '.join(others)}."] if others else []


def _own_row(sweep: Sweep) -> list[str]:
    """Return what is preferred at the ACO's own size, from low to high true savings."""
    size = sweep.plan.scenario.aco.assigned_beneficiaries
    if size not in sweep.plan.sizes:
        return []
    row = sweep.rows[sweep.plan.sizes.index(size)]
    labels = dict(zip(sweep.plan.true_savings, rate_labels(sweep), strict=True))
    parts = []
    for best, cells in groupby(row, key=lambda cell: cell.preference.best):
        rates = [labels[cell.true_savings] for cell in cells]
        parts.append(f"{best} at {_from_to(rates[0], rates[-1])} %")
    return [f"At your {size:,} assigned beneficiaries: {'; '.join(parts)}."]


def _footnotes(sweep: Sweep, measure: str | None) -> list[str]:
    plan = sweep.plan
    lines = [_years_line(sweep, measure)]
    if measure is None:
        lines.append(
            f"{_UNCLEAR} the runner-up is within 2 paired standard errors. Where several pay the "
            "same in every simulated year, the first in this order is shown: "
            f"{'; '.join(choice.label for choice in plan.choices)}."
        )
    own = f"{_OWN} the" if plan.scenario.aco.assigned_beneficiaries in plan.sizes else "The"
    lines.append(f"{own} ACO itself: {own_phrase(sweep)}.")
    lines += [_true_savings_line(sweep), *_msr_line(sweep), *_stated_line(sweep)]
    lines += _contract_lines(sweep)
    return [*lines, *plan.notes()]


def _years_line(sweep: Sweep, measure: str | None) -> str:
    shown = measure or sweep.plan.prefer
    error = max(estimate.standard_error for estimate in estimates(sweep, shown))
    settings = sweep.plan.scenario.run
    drawn = "" if settings.sampling == "independent" else f" ({settings.sampling} shared factors)"
    size = f"{100.0 * error:.2f} points" if is_probability(shown) else plain_dollars(error)
    return (
        f"{sweep.plan.years:,} simulated performance years of every size, seed "
        f"{settings.seed}{drawn}; the standard error of the {measure_words(shown)} is at "
        f"most {size}."
    )


def _true_savings_line(sweep: Sweep) -> str:
    sd = sweep.plan.scenario.assumptions.true_savings_sd
    spread = f"with a standard deviation of {plain_percent(sd)}" if sd else "known exactly"
    return (
        f"In every cell the true savings are {spread}; person-years, dollars and revenue are in "
        "proportion to the size."
    )


def _msr_line(sweep: Sweep) -> list[str]:
    msrs = {choice.msr: None for choice in sweep.plan.choices if choice.msr is not None}
    if len(msrs) != 1:
        return []
    return [f"MSR where a contract gives the choice: {next(iter(msrs))}."]


def _stated_line(sweep: Sweep) -> list[str]:
    stated = sweep.plan.scenario.assumptions
    shown = [
        f"{name} = {getattr(stated, name)}"
        for name, field in type(stated).model_fields.items()
        if getattr(stated, name) != field.default and name not in _SAID_ELSEWHERE
    ]
    return [f"Stated by you: {', '.join(shown)}."] if shown else []


_SAID_ELSEWHERE = ("true_savings", "true_savings_sd", "msr")


def _contract_lines(sweep: Sweep) -> Sequence[str]:
    contracts = {choice.contract.id: choice.contract for choice in sweep.plan.choices}
    unconfirmed = [i for i, contract in contracts.items() if contract.unconfirmed()]
    changed = [i for i, contract in contracts.items() if contract.changed()]
    lines = []
    if unconfirmed:
        lines.append(
            f"{', '.join(unconfirmed)}: some terms are not confirmed in a primary source "
            "(simulate contracts ID shows which)."
        )
    if changed:
        lines.append(f"{', '.join(changed)}: terms changed by you.")
    return lines
