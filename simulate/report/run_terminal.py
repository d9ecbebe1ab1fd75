"""What the terminal shows of a run: the answer, a picture, the contracts, what it rests on."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from rich.console import Console
from rich.table import Table
from rich.text import Text

from simulate.analysis.choices import chosen_msr
from simulate.contracts.resolution import OTHER_YEAR
from simulate.report import terminal
from simulate.report.bars import Signs, bar_left, bar_right, signs_for
from simulate.report.grouping import holders
from simulate.report.numbers import (
    in_unit,
    percent_or_bound,
    percent_with_error,
    plain_dollars,
    plain_percent,
    unit_for,
)
from simulate.report.sentences import (
    answer_sentences,
    caveats,
    headline_contract,
    luck,
    probability_decimals,
    prospects,
    true_savings_phrase,
    years_phrase,
)
from simulate.report.terminal import plain_table, print_notes, print_wrapped

if TYPE_CHECKING:
    from simulate.analysis.run import Run
    from simulate.measures.estimate import Estimate
    from simulate.measures.outcomes import Measures

#: Room for the words to either side of a bar, and its longest length.
_WORDS, _LONGEST = 13, 24
_EARNS, _OWES = "blue", "dark_orange"

Unit = tuple[float, str, str]


class _View(NamedTuple):
    """A view of the true savings: its place in a result, its name, a short name."""

    attribute: str
    title: str
    short: str


def show_run(run: Run, asked_for: Sequence[str] = ()) -> None:
    """Print a run: the answer, the contracts in two views, what it rests on.

    The answer is about the contracts `asked_for`, by default the headline one. A terminal
    also gets a picture of the chances; what is piped is plain.
    """
    out = terminal.console()
    print_wrapped(out, _heading(run), style="bold")
    for sentence in _answer(run, asked_for):
        print_wrapped(out, sentence)
    out.print()
    if out.is_terminal:
        _print_bars(out, run)
    _print_contracts(out, run)
    print_notes(out, _notes(run))


def _heading(run: Run) -> str:
    aco = run.aco
    named = f"{aco.name} ({aco.id})" if aco.name else aco.id
    return (
        f"{named}, performance year {aco.performance_year}: "
        f"{aco.assigned_beneficiaries:,} assigned beneficiaries, "
        f"updated benchmark {plain_dollars(run.population.benchmark)}"
    )


def _answer(run: Run, asked_for: Sequence[str]) -> list[str]:
    if not asked_for:
        return answer_sentences(run, headline_contract(run))
    by_luck = dict.fromkeys(luck(run, contract_id) for contract_id in asked_for)
    said = [*(prospects(run, contract_id) for contract_id in asked_for), *by_luck]
    return [*said, *caveats(run[contract_id].resolved.contract for contract_id in asked_for)]


def _views(run: Run) -> list[_View]:
    """Return the views to show: one, where nothing but chance is assumed."""
    views = [_View("chance_alone", "By chance alone (true savings 0)", "by chance")]
    assumed = run.true_savings.view
    if assumed.mean or assumed.sd:
        short = f"at {plain_percent(assumed.mean, 1)}"
        views.append(_View("measures", f"At {true_savings_phrase(run)}", short))
    return views


# --- the picture --------------------------------------------------------------


def _print_bars(out: Console, run: Run) -> None:
    """Print a bar of the chances for each group of contracts that has the same."""
    signs = signs_for(out.encoding)
    width = min(_LONGEST, (out.width - 2 * _WORDS - 1) // 2)
    if width < 4:
        return
    chances = {i: _chances_of(run, i) for i in run.contracts}
    both = len(_views(run)) > 1
    mark = f"; {signs.mark} by chance alone" if both else ""
    print_wrapped(out, f"Share of years, {true_savings_phrase(run)}{mark}", style="bold")
    for ids, shown in holders(chances):
        print_wrapped(out, ", ".join(ids))
        out.print(_bar_line(shown, width, signs, both))
    out.print()


def _chances_of(run: Run, contract_id: str) -> tuple[tuple[float, float, str], ...]:
    """Return share, share by chance alone, and words, of owing and of earning."""
    result, most = run[contract_id], probability_decimals(run)
    found = []
    for name, verb in (
        ("probability_of_shared_losses", "owes"),
        ("probability_of_shared_savings", "earns"),
    ):
        here, by_chance = getattr(result.measures, name), getattr(result.chance_alone, name)
        words = f"{verb} {percent_or_bound(here, most)}"
        if verb == "owes" and not result.resolved.two_sided:
            words = "never owes"
        found.append((here.value, by_chance.value, words))
    return tuple(found)


def _bar_line(
    shown: tuple[tuple[float, float, str], ...], width: int, signs: Signs, both: bool
) -> Text:
    (owes, owes_by_chance, owes_words), (earns, earns_by_chance, earns_words) = shown
    never = owes_words == "never owes"
    line = Text(f"{owes_words:>{_WORDS - 1}} ")
    left = bar_left(owes, owes_by_chance if both and not never else None, width, signs)
    line.append(left, style=_OWES)
    line.append("│" if signs.fine else "+")
    line.append(bar_right(earns, earns_by_chance if both else None, width, signs), style=_EARNS)
    return line.append(f" {earns_words}")


# --- the contracts ------------------------------------------------------------


def _print_contracts(out: Console, run: Run) -> None:
    """Print all views in one table, or a table a view, or a block a contract: what fits."""
    both = _both_views_table(run)
    if _fits(out, [both]):
        out.print(both)
        out.print()
        return
    tables = _one_view_tables(run)
    if not _fits(out, tables):
        tables = _blocks(run)
    for table in tables:
        out.print(table)
        out.print()


def _fits(out: Console, tables: Sequence[Table]) -> bool:
    wide = out.options.update(max_width=999)
    return all(out.measure(table, options=wide).maximum <= out.width for table in tables)


_Cell = Callable[["Measures", Unit], str]


def _both_views_table(run: Run) -> Table:
    """Return one table with the views of every measure in neighbouring columns."""
    unit, views = _unit_of(run), _views(run)
    columns = _columns(unit, probability_decimals(run))
    table = plain_table()
    table.add_column("contract", no_wrap=True)
    for name, _ in columns:
        for view in views:
            header = name if view is views[0] else ""
            table.add_column(f"{header}\n{view.short}", justify="right", no_wrap=True)
    for contract_id, result in run.contracts.items():
        cells = [
            shown(getattr(result, view.attribute), unit) for _, shown in columns for view in views
        ]
        table.add_row(contract_id, *cells)
    return table


def _one_view_tables(run: Run) -> list[Table]:
    """Return a table for each view, for narrower terminals."""
    unit = _unit_of(run)
    columns = _columns(unit, probability_decimals(run))
    tables = []
    for view in _views(run):
        table = plain_table(view.title)
        table.add_column("contract", no_wrap=True)
        for header, _ in columns:
            table.add_column(_two_lines(header), justify="right", no_wrap=True)
        for contract_id, result in run.contracts.items():
            measures = getattr(result, view.attribute)
            table.add_row(contract_id, *(shown(measures, unit) for _, shown in columns))
        tables.append(table)
    return tables


def _two_lines(header: str) -> str:
    """Return a header in two lines of like length."""
    spaces = [place for place, sign in enumerate(header) if sign == " "]
    middle = min(spaces, key=lambda place: abs(2 * place - len(header) + 1))
    return f"{header[:middle]}\n{header[middle + 1 :]}"


def _blocks(run: Run) -> list[Table]:
    """Return a small table for each group of contracts that bring the same."""
    unit, views = _unit_of(run), _views(run)
    columns = _columns(unit, probability_decimals(run))
    found = {
        i: tuple(
            (name, *(shown(getattr(result, view.attribute), unit) for view in views))
            for name, shown in columns
        )
        for i, result in run.contracts.items()
    }
    tables = []
    for ids, rows in holders(found):
        table = plain_table(", ".join(ids))
        table.add_column("", no_wrap=True)
        for view in views:
            table.add_column(view.short, justify="right", no_wrap=True)
        for row in rows:
            table.add_row(*row)
        tables.append(table)
    return tables


def _columns(unit: Unit, decimals: int) -> list[tuple[str, _Cell]]:
    in_dollars = f"${unit[2]}"
    return [
        (
            "earn savings",
            lambda m, u: percent_with_error(m.probability_of_shared_savings, decimals),
        ),
        ("owe losses", lambda m, u: _owing(m, decimals)),
        (f"mean net {in_dollars}", lambda m, u: in_unit(m.expected_net, u)),
        (f"net 5-95 % {in_dollars}", _interval),
        (f"1 in 20 owes {in_dollars}", lambda m, u: _worst(m, u)),
    ]


def _owing(measures: Measures, decimals: int) -> str:
    owed = measures.probability_of_shared_losses
    never = owed.value == 0.0 and owed.standard_error == 0.0
    return "-" if never else percent_with_error(owed, decimals)


def _worst(measures: Measures, unit: Unit) -> str:
    return in_unit(measures.loss_var_95, unit) if measures.loss_var_95.value > 0.0 else "-"


def _interval(measures: Measures, unit: Unit) -> str:
    low, high = (in_unit(e, unit).split(" ")[0] for e in (measures.net_p05, measures.net_p95))
    return f"{low} to {high}"


def _unit_of(run: Run) -> Unit:
    """Return the unit of the table's dollars: that of its largest amount."""
    return unit_for(
        max(_largest(m) for c in run.contracts.values() for m in (c.measures, c.chance_alone))
    )


def _largest(measures: Measures) -> float:
    return max(
        abs(e.value)
        for e in (measures.net_p05, measures.net_p95, measures.standard_deviation_of_net)
    )


# --- what it rests on -----------------------------------------------------------


def _notes(run: Run) -> list[tuple[str, str]]:
    """Return what a reader must know: what kind of note, and its text."""
    aco, sd = run.aco, run.assumptions()["savings_rate_sd_by_chance"]
    how = (
        f"{years_phrase(run)}; ± is one standard error of the simulation, not of the model"
        if run.years
        else "none: the exact engine does not sample; the error of the model is not shown"
    )
    return [
        ("Years", how),
        ("Luck", f"by chance the savings rate has a standard deviation of {plain_percent(sd)}"),
        ("True savings", _true_savings(run)),
        *_stated_assumptions(run),
        (
            "Settlement",
            f"year {aco.agreement_year} of an agreement that began in {aco.agreement_start_year}; "
            f"quality score {plain_percent(aco.quality_score)}, standard {aco.quality_standard}; "
            f"MSR where a contract gives the choice: {chosen_msr(run.scenario)}",
        ),
        *_about_terms(run),
        *(("Note", note) for note in _other_notes(run)),
        ("A dash", "never, or in fewer than one year in twenty"),
    ]


def _true_savings(run: Run) -> str:
    found = run.true_savings.posterior
    if found is None:
        return run.true_savings.source
    return (
        f"from history: {plain_percent(found.weight, 0)} the ACO's {len(found.weights)} published "
        f"savings rates, the rest what is expected of all ACOs in {found.year}, "
        f"{plain_percent(found.peers_mean, 1)}"
    )


def _stated_assumptions(run: Run) -> list[tuple[str, str]]:
    """Return what the user stated about luck besides the true savings, in one line."""
    stated = run.scenario.assumptions
    shown = {
        name: getattr(stated, name)
        for name, field in type(stated).model_fields.items()
        if getattr(stated, name) != field.default and not name.startswith("true_savings")
    }
    if not shown:
        return []
    texts = [f"{name} = {_stated_word(value)}" for name, value in shown.items()]
    missing = "" if run.noise_range is not None else "; no calibrated range of the noise"
    return [("Stated by you", f"{', '.join(texts)}{missing}")]


def _stated_word(value: object) -> str:
    stated = getattr(value, "stated", None)
    return str(stated() if stated is not None else value)


def _about_terms(run: Run) -> list[tuple[str, str]]:
    """Return which contracts are settled under terms of another year, unconfirmed or changed."""
    resolved = {i: result.resolved for i, result in run.contracts.items()}
    other = {
        i: r.performance_year
        for i, r in resolved.items()
        if r.performance_year != run.aco.performance_year
    }
    years = "; ".join(f"{year} for {', '.join(ids)}" for ids, year in holders(other))
    unconfirmed = [i for i, r in resolved.items() if r.contract.unconfirmed()]
    changed = [i for i, r in resolved.items() if r.contract.changed()]
    notes = [
        ("Terms of", years),
        (
            "Unconfirmed",
            f"terms of {', '.join(unconfirmed)}; simulate contracts ID shows which"
            if unconfirmed
            else "",
        ),
        ("Changed by you", f"terms of {', '.join(changed)}" if changed else ""),
    ]
    return [(label, text) for label, text in notes if text]


def _other_notes(run: Run) -> list[str]:
    """Return the notes of a run but those on years, which are said in fewer words."""
    return [note for note in run.notes if OTHER_YEAR not in note]


# --- where the variance comes from ------------------------------------------------


def show_decomposition(run: Run) -> None:
    """Print where the variance comes from: the savings rate's, and each contract's net."""
    out = terminal.console()
    found = run.decomposition
    varying = {i: found.net[i] for i in run.contracts if _total(found.net[i]) > 0.0}
    columns = [("savings rate", found.savings_rate, f"sd {plain_percent(_sd(found.savings_rate))}")]
    for ids, parts in holders(varying):
        columns.append((f"net, {', '.join(ids)}", parts, f"sd {plain_dollars(_sd(parts))}"))
    table = plain_table("Where the variance comes from, at the assumed true savings")
    table.add_column("source", no_wrap=True)
    for header, _, _ in columns:
        table.add_column(header, justify="right")
    for source in found.savings_rate:
        table.add_row(source, *(_share(parts, source) for _, parts, _ in columns))
    table.add_row("together", *(sd for _, _, sd in columns))
    out.print()
    out.print(table)
    shares = "Shares of the variance; sources added in this order to the first"
    print_wrapped(out, f"{shares} {found.years:,} simulated years.", style="dim")


def _total(parts: dict[str, Estimate]) -> float:
    return sum(part.value for part in parts.values())


def _sd(parts: dict[str, Estimate]) -> float:
    return math.sqrt(max(_total(parts), 0.0))


def _share(parts: dict[str, Estimate], source: str) -> str:
    total = _total(parts)
    return "-" if total == 0.0 else plain_percent(parts[source].value / total, 0)
