"""A care programme on the terminal: what CMS counts of it, and what it does to the chances."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from simulate.population.intervention_catalogue import (
    CataloguedIntervention,
    CitedEffect,
    intervention_ids,
    load_intervention,
)
from simulate.report import terminal
from simulate.report.numbers import in_unit, percent_with_error, plain_percent

if TYPE_CHECKING:
    from simulate.analysis.intervention_worth import ContractWorth, EffectWorth, InterventionWorth
    from simulate.measures.estimate import Estimate
    from simulate.scenario.intervention import Intervention

#: Unit of what a programme brings.
THOUSAND = (1e3, "thousand", "k")
_MSR = "probability_of_meeting_msr"


def show_catalogue() -> None:
    """Print the shipped interventions with their effects and references."""
    out = terminal.console()
    for intervention_id in intervention_ids():
        shipped = load_intervention(intervention_id)
        out.print(f"{intervention_id}: {shipped.title}", style="bold")
        out.print(shipped.summary.strip())
        out.print()
        not_modelled = f"Not modelled: {'; '.join(shipped.not_modelled)}."
        print_lines(out, [*references(shipped), not_modelled, shipped.warning.strip()])
        out.print(f"simulate intervention {intervention_id} --aco A1001 says what it does there.")


def show_intervention(worth: InterventionWorth) -> None:
    """Print a care programme: what is counted, the chances with and without, what it takes."""
    out = terminal.console()
    out.print(_heading(worth), style="bold")
    out.print(_who(worth))
    out.print()
    out.print(_effects_table(worth))
    out.print()
    out.print(_chances_table(worth))
    out.print()
    out.print(_money_table(worth))
    out.print()
    for sentence in _needed_sentences(worth):
        out.print(sentence)
    out.print()
    print_lines(out, _footnotes(worth))


def print_lines(out: Console, lines: list[str]) -> None:
    """Print what stands below the tables."""
    out.print(Text("\n".join(lines), style="dim"))


def shipped_behind(stated: Intervention) -> CataloguedIntervention | None:
    """Return the shipped intervention that a stated one is like; None for the user's own."""
    return None if stated.like is None else load_intervention(stated.like)


def _heading(worth: InterventionWorth) -> str:
    aco, shipped = worth.scenario.aco, shipped_behind(worth.stated)
    title = worth.stated.name if shipped is None else shipped.title
    named = f"{aco.name} ({aco.id})" if aco.name else aco.id
    return f"{title}: {named}, performance year {aco.performance_year}"


def _who(worth: InterventionWorth) -> str:
    first = worth.effects[0].effect
    size, taking = worth.population.size, first.participants
    decedents = first.programme.group == "decedents"
    who = "die in the year" if decedents else "are in the group"
    part = f" ({plain_percent(taking / worth.group_size, 0)})" if worth.group_size else ""
    return (
        f"Of {size:,} assigned beneficiaries about {worth.group_size:,.0f} {who}; {taking:,.0f} of "
        f"them{part} take part."
    )


def _effects_table(worth: InterventionWorth) -> Table:
    table = terminal.plain_table("What a participant spends less, dollars")
    table.add_column("effect")
    for name in (
        "stated ± its\nstandard error",
        "inside\nthe year",
        "saved (not more\nthan is spent)",
        "counted by CMS\n(truncated)",
        "all participants,\npoints of benchmark",
    ):
        table.add_column(name, justify="right", no_wrap=True)
    for found in worth.effects:
        table.add_row(*_effect_row(found, worth.population.benchmark))
    return table


def _effect_row(found: EffectWorth, benchmark: float) -> list[str]:
    effect, programme = found.effect, found.effect.programme
    error = programme.effect_standard_error
    stated = hundreds(programme.effect) + (f" ±{hundreds(error)}" if error else "")
    steps = (hundreds(dollars) for dollars in effect.per_participant)
    mean, sd = 100.0 * effect.savings / benchmark, 100.0 * effect.savings_sd / benchmark
    return [found.label, stated, *steps, f"{_no_minus_zero(mean, 2)} ±{sd:.2f}"]


def hundreds(dollars: float) -> str:
    """Return dollars to the nearest hundred: no published effect is known better."""
    return f"{round(dollars / 100.0) * 100:,d}"


def _no_minus_zero(value: float, decimals: int) -> str:
    return f"{round(value, decimals) + 0.0:.{decimals}f}"


def _alike(worth: InterventionWorth) -> list[tuple[str, ...]]:
    """Return the contracts, those of which everything shown is the same together."""
    groups: dict[str, list[str]] = {}
    for contract_id in worth.effects[0].contracts:
        found = [effect.contracts[contract_id] for effect in worth.effects]
        shown = [(f.resolved.terms.msr, _chance_row(f), _money_row(f)) for f in found]
        groups.setdefault(repr(shown), []).append(contract_id)
    return [tuple(ids) for ids in groups.values()]


def _chances_table(worth: InterventionWorth) -> Table:
    table = _by_contract_table("The chance of reaching the MSR")
    for name in ("without it", "with it", "difference", "one more point takes"):
        table.add_column(name, justify="right", no_wrap=True)
    return _filled(table, worth, _chance_row)


def _money_table(worth: InterventionWorth) -> Table:
    table = _by_contract_table("What it brings the ACO a performance year, on average")
    for name in (
        "shared savings,\nmore $k",
        "net, more $k",
        "net less programme\ncost, more $k",
        "a participant may\ncost at most $",
    ):
        table.add_column(name, justify="right", no_wrap=True)
    return _filled(table, worth, _money_row)


def _by_contract_table(title: str) -> Table:
    table = terminal.plain_table(title)
    table.add_column("contract", no_wrap=True)
    table.add_column("effect", no_wrap=True)
    return table


def _filled(
    table: Table, worth: InterventionWorth, row: Callable[[ContractWorth], list[str]]
) -> Table:
    for ids in _alike(worth):
        for place, found in enumerate(worth.effects):
            own = found.contracts[ids[0]]
            table.add_row("" if place else ", ".join(ids), found.label, *row(own))
    return table


def _chance_row(worth: ContractWorth) -> list[str]:
    return [
        percent_with_error(getattr(worth.without, _MSR), 1),
        percent_with_error(getattr(worth.with_it, _MSR), 1),
        _with_points(worth.differences[_MSR]),
        "-" if worth.needed is None else people(worth.needed),
    ]


def in_points(difference: Estimate) -> str:
    """Return the difference of two chances in points: ``0.12 ±0.05``."""
    return in_unit(difference, (0.01, "", ""))


def _with_points(difference: Estimate) -> str:
    value, sign, error = in_points(difference).partition(" ±")
    return f"{value} points{sign}{error}"


def _money_row(worth: ContractWorth) -> list[str]:
    cost = worth.break_even_cost
    return [
        in_unit(worth.differences["expected_shared_savings"], THOUSAND),
        in_unit(worth.differences["expected_net"], THOUSAND),
        in_unit(worth.net_of_cost, THOUSAND),
        "-" if cost is None else hundreds(max(cost.value, 0.0)),
    ]


def people(needed: Estimate) -> str:
    """Return how many people it takes: ``66 ±3``."""
    return f"{needed.value:,.0f} ±{max(needed.standard_error, 1.0):,.0f}"


def _needed_sentences(worth: InterventionWorth) -> list[str]:
    """Return what one more point takes, once for contracts with the same chance."""
    return [_needed_sentence(worth, ids) for ids in _alike(worth)]


def _needed_sentence(worth: InterventionWorth, ids: Sequence[str]) -> str:
    who, msr = ", ".join(ids), _msr(worth, ids[0])
    if math.isinf(msr):
        return f"{who}: shares no savings, so that there is no MSR to reach."
    end = "who die in a year" if _of_decedents(worth) else "in the group"
    return (
        f"{who} (MSR {plain_percent(msr)}): of about {worth.group_size:,.0f} {end}, one more point "
        f"of the chance of reaching it takes {_needed_phrase(worth, ids[0])}."
    )


def _msr(worth: InterventionWorth, contract_id: str) -> float:
    return float(worth.effects[0].contracts[contract_id].resolved.terms.msr)


def _needed_phrase(worth: InterventionWorth, contract_id: str) -> str:
    """Return how many participants it takes at each effect, and at which no number suffices."""
    who = " enrolled decedents" if _of_decedents(worth) else " participants"
    phrases, never = [], []
    for effect in worth.effects:
        needed = effect.contracts[contract_id].needed
        if needed is None:
            never.append(effect.label)
        else:
            phrases.append(f"{people(needed)}{who} at the effect {effect.label}")
            who = ""
    if never:
        phrases.append(f"all that there are do not bring it at: {', '.join(never)}")
    return "; ".join(phrases)


def _of_decedents(worth: InterventionWorth) -> bool:
    return worth.effects[0].effect.programme.group == "decedents"


def _footnotes(worth: InterventionWorth) -> list[str]:
    shipped, run, view = shipped_behind(worth.stated), worth.scenario.run, worth.without.view
    cost = worth.effects[0].effect.programme.cost
    paid = f"${cost:,.0f} a participant" if cost else "none stated, so nothing is taken off"
    lines = [
        f"{run.years:,} simulated performance years, seed {run.seed}, the same with and without; ± "
        "is one standard error of the simulation (of the study for the stated effect; a standard "
        "deviation for the points of the benchmark).",
        f"True savings without it {plain_percent(view.mean)}, standard deviation "
        f"{plain_percent(view.sd)} ({worth.without.source}). Programme cost: {paid}.",
        "CMS annualises spending and truncates it at the 99th percentile of the enrollment type: "
        "savings above that do not count. Spending of the group: simulate's spend models, with "
        "deaths as in the agreement engine.",
        *_contract_lines(worth),
    ]
    if shipped is None:
        return lines
    return [*lines, *sources(shipped, _shown(worth))]


def _shown(worth: InterventionWorth) -> list[str]:
    return [found.label for found in worth.effects]


def _contract_lines(worth: InterventionWorth) -> list[str]:
    contracts = [found.resolved.contract for found in worth.effects[0].contracts.values()]
    unconfirmed = [contract.id for contract in contracts if contract.unconfirmed()]
    lines = [f"{c.id}: {c.caveat.strip()}" for c in contracts if c.caveat]
    if unconfirmed:
        lines.append(
            f"{', '.join(unconfirmed)}: some terms are not confirmed in a primary source "
            "(simulate contracts ID shows which)."
        )
    return lines


def sources(shipped: CataloguedIntervention, labels: list[str]) -> list[str]:
    """Return in short where the effects of those labels come from, and what must be said of them.

    The list of shipped interventions has what each study found.
    """
    shown = [_source(name, shipped.effects[name]) for name in labels if name in shipped.effects]
    lines = [f"Effects: {'; '.join(shown)}."] if shown else []
    return [
        *lines,
        f"Not confirmed: {', '.join(shipped.unconfirmed())}; the cost of the programme is in none "
        f"of the sources. simulate intervention, without a name, says what each study found.",
        f"Not modelled: {'; '.join(shipped.not_modelled)}.",
        f"Selection: {shipped.warning.strip()}",
    ]


def _source(name: str, effect: CitedEffect) -> str:
    """Return an effect with its study: ``cautious $2,309 (Taylor et al., …, doi …)``."""
    sign = "-" if effect.effect < 0.0 else ""
    mark = ", a judgement" if effect.confidence == "unconfirmed" else ""
    study = effect.reference.partition(": ")[0]
    return f"{name} {sign}${abs(effect.effect):,.0f} ({study}{mark})"


def references(shipped: CataloguedIntervention) -> list[str]:
    """Return where the effects and the uptake are published, at length."""
    lines = []
    for name, effect in shipped.effects.items():
        mark = "" if effect.confidence == "confirmed" else " [unconfirmed]"
        lines.append(f"{name}: {effect.reference}.{mark} {effect.note.strip()}".rstrip())
    uptake = plain_percent(shipped.uptake.value, 0)
    return [*lines, f"Uptake unless stated, {uptake}: {shipped.uptake.reference}."]
