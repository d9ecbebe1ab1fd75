"""What could change the answer: the noise of the model, true savings, and the choice of MSR."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from simulate.analysis.noise_range import HIGH_NOISE, LOW_NOISE
from simulate.analysis.run import CHANCE_ALONE
from simulate.analysis.what_if import (
    TABLE,
    MsrChoices,
    Needed,
    chances_at,
    msr_choices,
    needed_savings,
)
from simulate.contracts.minimum_rate import size_table_rate
from simulate.report.figures.house import group_label
from simulate.report.grouping import holders
from simulate.report.html.pictures import size_pictures, true_savings_picture
from simulate.report.html.tables import Cell, Unit, ViewOf, cell, unit_in_words, unit_of
from simulate.report.numbers import plain_percent
from simulate.report.sentences import headline_contract

if TYPE_CHECKING:
    from simulate.analysis.curves import Chances
    from simulate.analysis.noise_range import NoiseRange
    from simulate.analysis.run import ContractResult, Run

_CHANCES = ("probability_of_shared_savings", "probability_of_shared_losses")
_DECIMALS = 1
_NEVER = Cell("never", "", none=True)
#: Where the true savings are stated without a spread: so far to either side.
_ONE_POINT = 0.01


class Lever(NamedTuple):
    """What a contract would bring if one thing were different; as text."""

    name: str
    cells: tuple[Cell, Cell, Cell]
    own: bool = False


def change_view(run: Run, views: Sequence[ViewOf]) -> dict[str, Any]:
    """Return the section on what could change the answer."""
    choices = msr_choices(run)
    curves = run.chance_by_true_savings
    needed = {contract_id: needed_savings(curves, contract_id) for contract_id in run.contracts}
    headline = headline_contract(run)
    return {
        "headline": run[headline].resolved.contract.title,
        "levers": _levers(run, headline, choices),
        "unit": unit_in_words(unit_of(run)),
        "range": _range_groups(run, run.noise_range, views) if run.noise_range else None,
        "constant": f"{LOW_NOISE[0]:.2f} to {HIGH_NOISE[0]:.2f}",
        "shock": f"{100 * LOW_NOISE[1]:.2f} to {100 * HIGH_NOISE[1]:.2f}",
        "needed": _needed_rows(run, needed),
        "curve_years": curves.years,
        "shown": " to ".join(plain_percent(curves.at[end], 1) for end in (0, -1)),
        "true_savings": true_savings_picture(run, needed),
        "sizes": size_pictures(run) if run.years else None,
        "size_years": run.chance_by_size[CHANCE_ALONE].years if run.years else 0,
        "msr": _msr_table(run, choices, views) if choices else None,
    }


def _levers(run: Run, contract_id: str, choices: MsrChoices | None) -> list[Lever]:
    """Return what each lever does to the contract that the answer is about."""
    unit, found = unit_of(run), run[contract_id].measures
    here = [getattr(found, name) for name in (*_CHANCES, "expected_net")]
    levers = [Lever("As assumed", _estimates(run, contract_id, here, unit), own=True)]
    if run.noise_range is not None:
        ends = run.noise_range.assumed[contract_id]
        for place, name in enumerate(("Low noise", "High noise")):
            earns, owes = (ends[measure][place] for measure in _CHANCES)
            levers.append(Lever(name, _figures(run, contract_id, (earns, owes, None), unit)))
    view = run.true_savings.view
    step = view.sd or _ONE_POINT
    for sign, how in ((-1.0, "lower"), (1.0, "higher")):
        rate = view.mean + sign * step
        known = chances_at(run.chance_by_true_savings, contract_id, rate)
        far = "one standard deviation" if view.sd else "1 point"
        name = f"True savings {far} {how}, known to be {plain_percent(rate, _DECIMALS)}"
        levers.append(Lever(name, _figures(run, contract_id, known, unit)))
    if choices is not None and contract_id in choices.assumed:
        for choice, one in zip(choices.choices, choices.assumed[contract_id], strict=True):
            if choice != choices.own and choice in ("0.0", "2.0", TABLE):
                name = f"MSR and MLR: {_choice_words(run, choice)}"
                levers.append(Lever(name, _estimates(run, contract_id, one, unit)))
    return levers


def _estimates(
    run: Run, contract_id: str, found: Sequence[Any], unit: Unit
) -> tuple[Cell, Cell, Cell]:
    earns, owes, net = found
    owed = cell(owes, False, unit) if run[contract_id].resolved.two_sided else _NEVER
    return cell(earns, False, unit), owed, cell(net, True, unit)


def _figures(
    run: Run, contract_id: str, found: tuple[float, float, float | None], unit: Unit
) -> tuple[Cell, Cell, Cell]:
    earns, owes, net = found
    owed = _chance(owes) if run[contract_id].resolved.two_sided else _NEVER
    amount = Cell("–", "") if net is None else Cell(f"{net / unit[0]:,.2f}", "")
    return _chance(earns), owed, amount


def _chance(value: float) -> Cell:
    """Return a chance read off a curve; what is hardly possible is not said to be impossible."""
    smallest = 0.5 * 10.0**-_DECIMALS / 100.0
    if value < smallest:
        return Cell(f"<{plain_percent(2.0 * smallest, _DECIMALS)}", "")
    if value > 1.0 - smallest:
        return Cell(f">{plain_percent(1.0 - 2.0 * smallest, _DECIMALS)}", "")
    return Cell(plain_percent(value, _DECIMALS), "")


def _range_groups(run: Run, found: NoiseRange, views: Sequence[ViewOf]) -> list[dict[str, Any]]:
    """Return the chances at low noise, as found, and at high noise; alike contracts together."""
    rows = {i: _range_rows(result, found, views) for i, result in run.contracts.items()}
    return [
        {"ids": ids, "label": group_label(run, ids), "rows": shown} for ids, shown in holders(rows)
    ]


def _range_rows(
    result: ContractResult, found: NoiseRange, views: Sequence[ViewOf]
) -> list[dict[str, Any]]:
    contract_id, rows = result.resolved.contract.id, []
    for name, words in zip(_CHANCES, ("Earns", "Owes"), strict=True):
        if words == "Owes" and not result.resolved.two_sided:
            continue
        for view in views:
            ends = found.chance_alone if view.index == CHANCE_ALONE else found.assumed
            low, high = (_chance(end) for end in ends[contract_id][name])
            here = cell(getattr(view.of(result), name), False, (1.0, "", ""))
            rows.append({"name": f"{words}, {view.short}", "cells": [low, here, high]})
    return rows


def _needed_rows(run: Run, needed: dict[str, Needed]) -> list[dict[str, Any]]:
    """Return what true savings each contract needs; those that need the same share a row."""
    shown = {
        i: (
            *(_rate(rate) for rate in (one.earns_half, one.earns_nine_tenths)),
            *(
                _rate(rate) if run[i].resolved.two_sided else "never owes"
                for rate in (one.owes_tenth, one.breaks_even)
            ),
        )
        for i, one in needed.items()
    }
    return [
        {"ids": ids, "label": group_label(run, ids), "cells": cells}
        for ids, cells in holders(shown)
    ]


def _rate(rate: float | None) -> str:
    return "not in this range" if rate is None else plain_percent(rate, _DECIMALS)


def _choice_words(run: Run, choice: str) -> str:
    if choice != TABLE:
        return f"{choice} %"
    return f"size table, {plain_percent(size_table_rate(run.aco.assigned_beneficiaries))}"


def _msr_table(run: Run, choices: MsrChoices, views: Sequence[ViewOf]) -> dict[str, Any]:
    """Return the table of choices: contracts with the same chances stand together."""
    chances = {i: _chance_rows(choices, i, views) for i in choices.assumed}
    groups = [
        {
            "ids": ids,
            "label": group_label(run, ids),
            "rows": [*rows, *_net_rows(run, choices, ids, views[-1])],
        }
        for ids, rows in holders(chances)
    ]
    return {
        "choices": [
            {"words": _choice_words(run, choice), "own": choice == choices.own}
            for choice in choices.choices
        ],
        "groups": groups,
    }


def _by_choice(choices: MsrChoices, contract_id: str, view: ViewOf) -> tuple[Chances, ...]:
    found = choices.chance_alone if view.index == CHANCE_ALONE else choices.assumed
    return found[contract_id]


def _chance_rows(
    choices: MsrChoices, contract_id: str, views: Sequence[ViewOf]
) -> list[dict[str, Any]]:
    rows = []
    for place, name in enumerate(("Earns", "Owes")):
        for view in views:
            cells = [
                cell(one[place], False, (1.0, "", ""))
                for one in _by_choice(choices, contract_id, view)
            ]
            rows.append({"name": f"{name}, {view.short}", "cells": cells})
    return rows


def _net_rows(
    run: Run, choices: MsrChoices, ids: Sequence[str], view: ViewOf
) -> list[dict[str, Any]]:
    unit = unit_of(run)
    nets = {i: [cell(one.net, True, unit) for one in _by_choice(choices, i, view)] for i in ids}
    return [
        {"name": f"Net, {view.short}: {', '.join(same)}", "cells": cells}
        for same, cells in holders(nets)
    ]
