"""What the terminal shows of an agreement: by performance year, and all years together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from simulate.report import terminal
from simulate.report.agreement_words import (
    agreement_answer,
    assumed_sentence,
    payment_sentence,
    rebasing_sentences,
    refusal_sentence,
    savings_phrase,
    trend_sentence,
)
from simulate.report.numbers import (
    dollars_with_error,
    in_unit,
    percent_with_error,
    plain_dollars,
    plain_percent,
    unit_for,
)

if TYPE_CHECKING:
    from simulate.agreement.run import AgreementRun, PathResult, PathView
    from simulate.measures.agreement import AgreementMeasures, CumulativeMeasures
    from simulate.measures.estimate import Estimate
    from simulate.measures.outcomes import Measures

_DECIMALS = 1
Unit = tuple[float, str, str]


def show_agreement(run: AgreementRun) -> None:
    """Print an agreement run: the answers, a table a path by year, all years side by side."""
    out = terminal.console()
    out.print(_heading(run), style="bold")
    if run.plan.assumed:
        out.print(assumed_sentence(run))
    for label in run.paths:
        out.print(agreement_answer(run, label))
    for label, result in run.paths.items():
        out.print()
        out.print(f"{result.planned.title}, by performance year", style="bold")
        _show_years(out, run, result)
        for said in (*rebasing_sentences(run, label), refusal_sentence(run, label)):
            if said:
                out.print(said)
        _show_dated_payments(out, result)
    for words, table in _cumulative_tables(run):
        out.print()
        out.print(f"All years together, {words}", style="bold")
        out.print(table)
    out.print()
    out.print(_footnotes(run))


def _heading(run: AgreementRun) -> str:
    aco, plan = run.aco, run.plan
    named = f"{aco.name} ({aco.id})" if aco.name else aco.id
    benchmark = plan.population.benchmark * plan.growth[0]
    return (
        f"{named}, agreement from {plan.start_year}: {aco.assigned_beneficiaries:,} assigned "
        f"beneficiaries, updated benchmark {plain_dollars(benchmark)} a year at the start"
    )


# --- by performance year ---------------------------------------------------------------


def unit_of_years(result: PathResult) -> Unit:
    """Return the unit of a table by performance year: that of its largest amount."""
    views = result.chance_alone.measures, result.assumed.measures
    return unit_for(max(_largest(m) for view in views for m in view.by_year))


def unit_of_all(views: Sequence[PathView]) -> Unit:
    """Return the unit of a table of all years together."""
    return unit_for(max(_most(view.measures.cumulative) for view in views))


def _show_years(out: Console, run: AgreementRun, result: PathResult) -> None:
    """Print the performance years: both views of a measure side by side, where they fit."""
    by_chance, assumed = result.chance_alone.measures, result.assumed.measures
    rate = f"at {plain_percent(run.plan.true_savings.view.mean, 1)}"
    both = _years_table(result, {"by chance": by_chance, rate: assumed})
    if out.measure(both, options=out.options.update(max_width=999)).maximum <= out.width:
        out.print(both)
        return
    for words, view in (("By chance alone:", by_chance), (f"At {savings_phrase(run)}:", assumed)):
        out.print(words)
        out.print(_years_table(result, {"": view}))


def _years_table(result: PathResult, views: Mapping[str, AgreementMeasures]) -> Table:
    """Return a table by performance year, with a column for each measure and view."""
    table = terminal.plain_table()
    for name in ("year", "contract"):
        table.add_column(name, no_wrap=True)
    columns = year_columns(unit_of_years(result))
    for name, _ in columns:
        for place, words in enumerate(views):
            heading = f"{'' if place else name}\n{words}" if words else name
            table.add_column(heading, justify="right", no_wrap=True)
    for place, year in enumerate(result.planned.path.years):
        cells = [shown(view.by_year[place]) for _, shown in columns for view in views.values()]
        length = "" if year.months == 12 else f" ({year.months} m)"
        table.add_row(f"{year.year}{length}", year.contract_id, *cells)
    return table


def year_columns(unit: Unit) -> list[tuple[str, Callable[[Measures], str]]]:
    """Return what is shown of a performance year: heading, and the cell of its measures."""
    in_dollars = f"${unit[2]}"
    return [
        ("earn savings", lambda m: percent_with_error(m.probability_of_shared_savings, _DECIMALS)),
        ("owe losses", lambda m: _never(m.probability_of_shared_losses)),
        (f"mean net {in_dollars}", lambda m: in_unit(m.expected_net, unit)),
        (f"net 5-95 % {in_dollars}", lambda m: _interval(m.net_p05, m.net_p95, unit)),
    ]


def _never(probability: Estimate) -> str:
    """Return a probability; a dash for what can never be."""
    never = probability.value == 0.0 and probability.standard_error == 0.0
    return "-" if never else percent_with_error(probability, _DECIMALS)


def _interval(low: Estimate, high: Estimate, unit: Unit) -> str:
    shown = (in_unit(end, unit).split(" ")[0] for end in (low, high))
    return " to ".join(shown)


def _largest(measures: Measures) -> float:
    return max(abs(measures.net_p05.value), abs(measures.net_p95.value))


def _show_dated_payments(out: Console, result: PathResult) -> None:
    """Print the calendar of payments where they are not one a settlement."""
    if len(result.payments) == len(result.planned.path.years) and not _withheld(result):
        return
    for time, label, mean in result.payments:
        out.print(f"  {time:.2f} years after the start: {label}, {dollars_with_error(mean)}")


def _withheld(result: PathResult) -> bool:
    return any(one.terms.withhold for one in result.planned.resolved)


# --- all years together ----------------------------------------------------------------


def _cumulative_tables(run: AgreementRun) -> list[tuple[str, Table]]:
    """Return the measures of all years, paths side by side, a table a view with its words."""
    views = [
        ("by chance alone (true savings 0)", [r.chance_alone for r in run.paths.values()]),
        (f"at {savings_phrase(run)}", [r.assumed for r in run.paths.values()]),
    ]
    tables = []
    for words, results in views:
        unit = unit_of_all(results)
        table = terminal.plain_table()
        table.add_column("", no_wrap=True)
        for label in run.paths:
            table.add_column(label, justify="right", overflow="fold")
        for name, shown in cumulative_rows(unit):
            table.add_row(name, *(shown(view) for view in results))
        tables.append((words, table))
    return tables


def _most(found: CumulativeMeasures) -> float:
    return max(abs(found.cumulative_net_p05.value), abs(found.cumulative_net_p95.value))


def cumulative_rows(unit: Unit) -> list[tuple[str, Callable[[PathView], str]]]:
    """Return what is shown of all years together: name, and the cell of a path."""

    def of(shown: Callable[[CumulativeMeasures], str]) -> Callable[[PathView], str]:
        return lambda view: shown(view.measures.cumulative)

    in_dollars = f"${unit[2]}"
    return [
        (f"net present value {in_dollars}", of(lambda c: in_unit(c.net_present_value, unit))),
        (
            "  5-95 %",
            of(lambda c: _interval(c.net_present_value_p05, c.net_present_value_p95, unit)),
        ),
        (f"sum of net {in_dollars}", of(lambda c: in_unit(c.expected_cumulative_net, unit))),
        ("  5-95 %", of(lambda c: _interval(c.cumulative_net_p05, c.cumulative_net_p95, unit))),
        ("loses in all", of(lambda c: _never(c.probability_of_cumulative_loss))),
        ("ever earns", of(lambda c: percent_with_error(c.probability_of_ever_earning, _DECIMALS))),
        ("ever owes", of(lambda c: _never(c.probability_of_ever_owing))),
        (f"1 in 20 owes in all {in_dollars}", of(lambda c: _amount(c, unit))),
        (f"worst year {in_dollars}, mean", of(lambda c: in_unit(c.expected_worst_year, unit))),
        ("  1 in 20 below", of(lambda c: in_unit(c.worst_year_p05, unit))),
        ("ahead at some payment", of(lambda c: _never(c.probability_of_breaking_even))),
        ("  half of the paths by", of(_time)),
        ("correlation of successive rates", _correlations),
    ]


def _amount(found: CumulativeMeasures, unit: Unit) -> str:
    owed = found.cumulative_losses_var_95
    return in_unit(owed, unit) if owed.value > 0.0 else "-"


def _time(found: CumulativeMeasures) -> str:
    time = found.time_to_break_even_p50
    return "-" if time is None else f"{time.value:.2f} years"


def _correlations(view: PathView) -> str:
    found = [c for c in view.measures.rate_correlations if c is not None]
    if not found:
        return "-"
    values = [f"{c.value:.2f}" for c in (min(found), max(found))]
    error = max(c.standard_error for c in found)
    shown = values[0] if values[0] == values[1] else " to ".join(values)
    return f"{shown} ±{max(error, 0.005):.2f}"


def _footnotes(run: AgreementRun) -> Text:
    lines = [
        f"{run.plan.simulated_paths:,} simulated paths of {run.plan.calendar_years} calendar "
        f"years, seed {run.scenario.run.seed}; ± is one standard error of the simulation, not of "
        "the model.",
        f"True savings: {run.plan.true_savings.source}.",
        trend_sentence(run),
        payment_sentence(run),
        "A dash: never, or on fewer than one path in twenty (a time: on fewer than half).",
        *_unconfirmed(run),
    ]
    return Text("\n".join([*lines, *run.plan.notes()]), style="dim")


def _unconfirmed(run: AgreementRun) -> list[str]:
    resolved = [one for planned in run.plan.paths for one in planned.resolved]
    ids = dict.fromkeys(r.contract.id for r in resolved if r.contract.unconfirmed())
    changed = dict.fromkeys(r.contract.id for r in resolved if r.contract.changed())
    lines = []
    if ids:
        lines.append(
            f"{', '.join(ids)}: some terms are not confirmed in a primary source (simulate "
            "contracts ID shows which)."
        )
    return [*lines, f"{', '.join(changed)}: terms changed by you."] if changed else lines
