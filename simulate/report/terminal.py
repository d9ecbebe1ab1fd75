"""What the terminal shows: tables for people, plain when piped."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from simulate.report.numbers import (
    cents,
    dollars_with_error,
    in_unit,
    percent_with_error,
    plain_dollars,
    plain_percent,
    unit_for,
)
from simulate.report.sentences import (
    answer,
    flip_sentence,
    headline_contract,
    true_savings_phrase,
)

if TYPE_CHECKING:
    from simulate.analysis.compare import ContractComparison
    from simulate.analysis.run import Run
    from simulate.contracts.contract import Contract
    from simulate.contracts.settlement import Settlement
    from simulate.data import PublishedResult
    from simulate.measures.comparison import Comparison
    from simulate.measures.outcomes import Measures

_PIPED_WIDTH = 160


def console() -> Console:
    """Return the console for results: as wide as the terminal, or fixed and plain when piped."""
    if sys.stdout.isatty():
        return Console(highlight=False, markup=False, emoji=False)
    return Console(
        highlight=False,
        markup=False,
        emoji=False,
        width=_PIPED_WIDTH,
        no_color=True,
        force_terminal=False,
    )


def plain_table(title: str = "") -> Table:
    """Return a table without lines, for columns to be added."""
    return Table(
        title=title or None,
        title_justify="left",
        title_style="bold",
        box=None,
        pad_edge=False,
        padding=(0, 2, 0, 0),
        header_style="bold",
    )


def show_run(run: Run, asked_for: Sequence[str] = ()) -> None:
    """Print a run: the answer, the table of contracts in two views, what it rests on.

    The answer is about the contracts `asked_for`, by default the headline one.
    """
    out = console()
    out.print(_heading(run), style="bold")
    for contract_id in asked_for or (headline_contract(run),):
        out.print(answer(run, contract_id))
    out.print()
    both = _both_views_table(run)
    if out.measure(both, options=out.options.update(max_width=999)).maximum <= out.width:
        out.print(both)
    else:
        for table in _one_view_tables(run):
            out.print(table)
            out.print()
    out.print(_footnotes(run))


def _heading(run: Run) -> str:
    aco = run.aco
    named = f"{aco.name} ({aco.id})" if aco.name else aco.id
    return (
        f"{named}, performance year {aco.performance_year}: "
        f"{aco.assigned_beneficiaries:,} assigned beneficiaries, "
        f"updated benchmark {plain_dollars(run.population.benchmark)}"
    )


def _unit_of(run: Run) -> tuple[float, str, str]:
    """Return the unit of the table's dollars: that of its largest amount."""
    return unit_for(
        max(_largest(m) for c in run.contracts.values() for m in (c.measures, c.chance_alone))
    )


_Cell = Callable[["Measures", tuple[float, str, str]], str]


def _both_views_table(run: Run) -> Table:
    """Return one table with the two views of every measure in neighbouring columns."""
    unit = _unit_of(run)
    table = plain_table()
    table.add_column("contract", no_wrap=True)
    assumed = f"at {plain_percent(run.true_savings.view.mean, 1)}"
    for name, _ in _columns(unit):
        table.add_column(f"{name}\nby chance", justify="right", no_wrap=True)
        table.add_column(f"\n{assumed}", justify="right", no_wrap=True)
    for contract_id, result in run.contracts.items():
        cells = [
            shown(measures, unit)
            for _, shown in _columns(unit)
            for measures in (result.chance_alone, result.measures)
        ]
        table.add_row(contract_id, *cells)
    return table


def _one_view_tables(run: Run) -> list[Table]:
    """Return a table for each view, for narrow terminals."""
    unit = _unit_of(run)
    tables = []
    for title, name in (
        ("By chance alone (true savings 0)", "chance_alone"),
        (f"At {true_savings_phrase(run)}", "measures"),
    ):
        table = plain_table(title)
        table.add_column("contract", no_wrap=True)
        for header, _ in _columns(unit):
            table.add_column(header, justify="right")
        for contract_id, result in run.contracts.items():
            measures = getattr(result, name)
            table.add_row(contract_id, *(shown(measures, unit) for _, shown in _columns(unit)))
        tables.append(table)
    return tables


def _columns(unit: tuple[float, str, str]) -> list[tuple[str, _Cell]]:
    in_dollars = f"${unit[2]}"
    return [
        ("earn savings", lambda m, u: percent_with_error(m.probability_of_shared_savings, 1)),
        ("owe losses", lambda m, u: _owing(m)),
        (f"mean net {in_dollars}", lambda m, u: in_unit(m.expected_net, u)),
        (f"net 5-95 % {in_dollars}", _interval),
        (f"1 in 20 owes {in_dollars}", lambda m, u: _worst(m, u)),
    ]


def _owing(measures: Measures) -> str:
    owed = measures.probability_of_shared_losses
    never = owed.value == 0.0 and owed.standard_error == 0.0
    return "-" if never else percent_with_error(owed, 1)


def _worst(measures: Measures, unit: tuple[float, str, str]) -> str:
    return in_unit(measures.loss_var_95, unit) if measures.loss_var_95.value > 0.0 else "-"


def _interval(measures: Measures, unit: tuple[float, str, str]) -> str:
    low, high = (in_unit(e, unit).split(" ")[0] for e in (measures.net_p05, measures.net_p95))
    return f"{low} to {high}"


def _largest(measures: Measures) -> float:
    return max(
        abs(e.value)
        for e in (measures.net_p05, measures.net_p95, measures.standard_deviation_of_net)
    )


def _footnotes(run: Run) -> Text:
    sd = run.assumptions()["savings_rate_sd_by_chance"]
    how = (
        f"{run.years:,} simulated performance years, seed {run.scenario.run.seed}; ± is one "
        "standard error of the simulation, not of the model."
        if run.years
        else "Computed by the exact engine: no sampling error; the error of the model is not shown."
    )
    lines = [
        how,
        f"By chance alone the savings rate has a standard deviation of {plain_percent(sd)} of "
        f"the benchmark. Year {run.aco.agreement_year} of an agreement that began in "
        f"{run.aco.agreement_start_year}; quality "
        f"score {plain_percent(run.aco.quality_score)}, standard {run.aco.quality_standard}.",
        f"True savings: {run.true_savings.source}.",
        *_stated_assumptions(run),
        "A dash: never, or in fewer than one year in twenty.",
    ]
    unconfirmed = [i for i, c in run.contracts.items() if c.resolved.contract.unconfirmed()]
    if unconfirmed:
        lines.append(
            f"{', '.join(unconfirmed)}: some terms are not confirmed in a primary source "
            "(simulate contracts ID shows which)."
        )
    changed = [i for i, c in run.contracts.items() if c.resolved.contract.changed()]
    if changed:
        lines.append(f"{', '.join(changed)}: terms changed by you.")
    return Text("\n".join([*lines, *run.notes]), style="dim")


def _stated_assumptions(run: Run) -> list[str]:
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
    return [f"Stated by you: {', '.join(texts)}{missing}."]


def _stated_word(value: object) -> str:
    stated = getattr(value, "stated", None)
    return str(stated() if stated is not None else value)


def show_decomposition(run: Run) -> None:
    """Print where the variance comes from: the savings rate's, and each contract's net."""
    out = console()
    found = run.decomposition
    table = plain_table("Where the variance comes from, at the assumed true savings")
    table.add_column("source", no_wrap=True)
    table.add_column("savings rate", justify="right")
    contracts = [i for i in run.contracts if sum(p.value for p in found.net[i].values()) > 0.0]
    for contract_id in contracts:
        table.add_column(f"net, {contract_id}", justify="right")
    for source, part in found.savings_rate.items():
        shares = [_share(part.value, found.total())]
        for contract_id in contracts:
            parts = found.net[contract_id]
            shares.append(_share(parts[source].value, sum(p.value for p in parts.values())))
        table.add_row(source, *shares)
    totals = [f"sd {plain_percent(math.sqrt(found.total()))}"]
    for contract_id in contracts:
        variance = sum(part.value for part in found.net[contract_id].values())
        totals.append(f"sd {plain_dollars(math.sqrt(variance))}")
    table.add_row("together", *totals)
    out.print()
    out.print(table)
    out.print(
        Text(
            f"Shares of the variance; sources added in this order to the first {found.years:,} "
            "simulated years.",
            style="dim",
        )
    )


def _share(part: float, total: float) -> str:
    return "-" if total == 0.0 else plain_percent(part / total, 0)


def show_comparison(comparison: ContractComparison) -> None:
    """Print the paired comparison of two contracts."""
    out = console()
    first, second = comparison.first, comparison.second
    out.print(f"{first} against {second}, on the same simulated years", style="bold")
    views = [("By chance alone (true savings 0)", comparison.chance_alone, "chance_alone")]
    view = comparison.run.true_savings.view
    if view.mean or view.sd:
        views.append((f"At {true_savings_phrase(comparison.run)}", comparison.assumed, "measures"))
    for title, paired, names in views:
        measures = [getattr(comparison.run[i], names) for i in (first, second)]
        out.print()
        out.print(_paired_table(title, paired, measures, (first, second)))
        out.print(
            f"{first} pays more in {percent_with_error(paired.first_better, 1)} of years, "
            f"{second} in {percent_with_error(paired.second_better, 1)}, "
            f"the same in {percent_with_error(paired.equal, 1)}."
        )
    out.print()
    for flip in comparison.flips:
        out.print(flip_sentence(flip, first, second))


_PAIRED_ROWS = (
    ("earns shared savings", "probability_of_shared_savings", percent_with_error),
    ("owes shared losses", "probability_of_shared_losses", percent_with_error),
    ("expected net", "expected_net", dollars_with_error),
    ("expected shared savings", "expected_shared_savings", dollars_with_error),
    ("expected shared losses", "expected_shared_losses", dollars_with_error),
    ("standard deviation of net", "standard_deviation_of_net", dollars_with_error),
    ("losses, 95 % VaR", "loss_var_95", dollars_with_error),
    ("losses, 95 % TVaR", "loss_tvar_95", dollars_with_error),
)


def _paired_table(
    title: str, paired: Comparison, measures: list[Measures], names: tuple[str, str]
) -> Table:
    table = plain_table(title)
    table.add_column("", no_wrap=True)
    for header in (*names, "difference"):
        table.add_column(header, justify="right", overflow="fold")
    for label, name, shown in _PAIRED_ROWS:
        cells = [shown(getattr(m, name)) for m in measures]
        table.add_row(label, *cells, shown(paired.differences[name]))
    return table


def show_contracts(contracts: Sequence[Contract]) -> None:
    """Print the catalogue."""
    table = plain_table()
    for header in ("id", "title", "status", "performance years", "sharing rate", "unconfirmed"):
        table.add_column(header, no_wrap=header == "id")
    for contract in contracts:
        years = contract.performance_years
        table.add_row(
            contract.id,
            contract.title,
            contract.status,
            f"{years.first} on" if years.last is None else f"{years.first} to {years.last}",
            _values_in_words(contract, "maximum_sharing_rate"),
            str(len(contract.unconfirmed()) or ""),
        )
    console().print(table)


def show_contract(contract: Contract) -> None:
    """Print one contract's terms with their references."""
    out = console()
    years = contract.performance_years
    covered = f"{years.first} on" if years.last is None else f"{years.first} to {years.last}"
    out.print(f"{contract.title} ({contract.id}): {contract.status}", style="bold")
    out.print(contract.summary.strip())
    out.print(f"Performance years {covered}. {contract.reference}")
    out.print()
    table = plain_table()
    for header in ("term", "value", "unit", "reference", "confidence"):
        table.add_column(header, no_wrap=header == "term")
    notes = []
    for name, term in contract.stated_terms().items():
        table.add_row(
            name, _values_in_words(contract, name), term.unit, term.reference, term.confidence
        )
        if term.note:
            notes.append(f"{name}: {' '.join(term.note.split())}")
    out.print(table)
    for note in notes:
        out.print(Text(note, style="dim"))


def _values_in_words(contract: Contract, name: str) -> str:
    term = contract.term(name)
    assert term is not None
    if term.values is not None:
        return "; ".join(f"{_word(v)} from {year}" for year, v in term.values.items())
    if term.by_agreement_year is not None:
        listed = ", ".join(_word(v) for v in term.by_agreement_year)
        return f"{listed} in agreement years 1 to {len(term.by_agreement_year)}"
    return _word(term.value)


def _word(value: object) -> str:
    if isinstance(value, float):
        return f"{100 * value:g} %"
    if isinstance(value, list):
        return ", ".join(f"{100 * band.share:g} % {_band_edge(band.up_to)}" for band in value)
    return f"{value:,}" if isinstance(value, int) else str(value)


def _band_edge(up_to: float | None) -> str:
    return "above" if up_to is None else f"to {100 * up_to:g} %"


def show_settlement(settlement: Settlement) -> None:
    """Print a settlement's waterfall with the paragraph of each line."""
    out = console()
    contract = settlement.contract
    out.print(
        f"{contract.contract.title} ({contract.contract.id}), terms of performance year "
        f"{contract.performance_year}, agreement year {contract.agreement_year}",
        style="bold",
    )
    table = plain_table()
    table.add_column("step", no_wrap=True)
    table.add_column("dollars", justify="right", no_wrap=True)
    table.add_column("how")
    table.add_column("reference")
    for step in settlement.waterfall:
        table.add_row(step.step, cents(step.dollars), step.detail, step.reference)
    out.print(table)
    if settlement.shared_losses:
        out.print(f"Shared losses owed: {cents(settlement.shared_losses)}", style="bold")
    else:
        out.print(f"Shared savings earned: {cents(settlement.shared_savings)}", style="bold")
    for note in settlement.notes:
        out.print(Text(f"{contract.contract.id}: {note}", style="dim"))


def show_history(rows: Sequence[PublishedResult]) -> None:
    """Print what CMS published for one ACO, year by year."""
    out = console()
    latest = rows[-1]
    out.print(f"{latest.aco_name or ''} ({latest.aco_id})".strip(), style="bold")
    table = plain_table()
    table.add_column("year")
    table.add_column("contract", no_wrap=True)
    for header in (
        "assigned",
        "person-years",
        "benchmark",
        "expenditure",
        "savings rate",
        "MSR",
        "quality",
        "earned or owed",
        "revenue",
    ):
        table.add_column(header, justify="right")
    for row in rows:
        msr, quality, earned = (
            row.minimum_savings_rate,
            row.quality_score,
            row.earned_savings_or_losses,
        )
        reporting = "reporting" if row.quality_reporting_only else "-"
        table.add_row(
            str(row.performance_year),
            row.contract,
            f"{row.assigned_beneficiaries:,}",
            f"{row.person_years:,.0f}",
            plain_dollars(row.benchmark),
            plain_dollars(row.expenditure),
            plain_percent(row.savings_rate),
            "-" if msr is None else plain_percent(msr),
            reporting if quality is None else plain_percent(quality),
            plain_dollars(earned or 0.0),
            row.revenue_category or "-",
        )
    out.print(table)
    short = [r for r in rows if r.months_covered not in (None, 12)]
    for row in short:
        out.print(
            Text(f"{row.performance_year}: the dollars cover {row.months_covered} months.", "dim")
        )
