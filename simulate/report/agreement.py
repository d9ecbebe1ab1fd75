"""What the terminal shows of an agreement: by performance year, and all years together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from simulate.report import terminal
from simulate.report.agreement_programmes import (
    ADDED,
    EXPLAINED,
    programme_headings,
    programme_rows,
)
from simulate.report.agreement_words import (
    ASSUMED_HEADING,
    agreement_answers,
    assumed_sentence,
    best_sentence,
    paths_phrase,
    payment_sentence,
    rebasing_sentences,
    refusal_sentence,
    savings_sentence,
    trend_sentence,
    years_title,
)
from simulate.report.measure_tables import MeasureTable, Row, measure_tables
from simulate.report.numbers import (
    dollars_with_error,
    in_unit,
    percent_with_error,
    plain_dollars,
    unit_for,
)
from simulate.report.sentences import probability_decimals

if TYPE_CHECKING:
    from simulate.agreement.best_path import BestPath
    from simulate.agreement.run import AgreementRun, PathResult, PathView
    from simulate.measures.agreement import AgreementMeasures, CumulativeMeasures
    from simulate.measures.estimate import Estimate
    from simulate.measures.outcomes import Measures

Unit = tuple[float, str, str]


def show_agreement(run: AgreementRun, best: Sequence[BestPath] = ()) -> None:
    """Print an agreement run: the answers, a table a path by year, all years side by side.

    With `best`, also which path is worth most at which true savings.
    """
    out = terminal.console()
    out.print(_heading(run), style="bold")
    if assumed := assumed_sentence(run):
        out.print(assumed)
    for sentence in run.plan.broken_rules():
        out.print(f"Note: {sentence}")
    for sentence in agreement_answers(run):
        out.print(sentence)
    if best:
        out.print(best_sentence(run, best))
    _show_programmes(out, run)
    for label, result in run.paths.items():
        out.print()
        out.print(years_title(run, label), style="bold")
        _show_years(out, run, result)
        for said in (*rebasing_sentences(run, label), refusal_sentence(run, label)):
            if said:
                out.print(said)
        _show_dated_payments(out, result)
    for table in cumulative_tables(run):
        out.print()
        out.print(f"All years together, {table.title}", style="bold")
        out.print(table.for_terminal())
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


def _show_programmes(out: Console, run: AgreementRun) -> None:
    """Print what care programmes add, where there are any."""
    if not run.plan.programmes:
        return
    table = terminal.plain_table()
    for place, heading in enumerate(programme_headings(run.plan)):
        table.add_column(heading, justify="right" if place else "left", no_wrap=True)
    for row in programme_rows(run.plan):
        table.add_row(*row)
    out.print()
    out.print(f"Care programmes: {ADDED}", style="bold")
    out.print(table)
    out.print(EXPLAINED)


# --- by performance year ---------------------------------------------------------------


def unit_of_years(result: PathResult) -> Unit:
    """Return the unit of a table by performance year: that of its largest amount."""
    views = result.chance_alone.measures, result.assumed.measures
    return unit_for(max(_largest(m) for view in views for m in view.by_year))


def _show_years(out: Console, run: AgreementRun, result: PathResult) -> None:
    """Print the performance years: both views of a measure side by side, where they fit."""
    by_chance, assumed = result.chance_alone.measures, result.assumed.measures
    most = probability_decimals(run)
    both = _years_table(result, {"by chance": by_chance, ASSUMED_HEADING: assumed}, most)
    if out.measure(both, options=out.options.update(max_width=999)).maximum <= out.width:
        out.print(both)
        return
    for words, view in (("By chance alone:", by_chance), ("Assumed:", assumed)):
        out.print(words)
        out.print(_years_table(result, {"": view}, most))


def _years_table(
    result: PathResult, views: Mapping[str, AgreementMeasures], decimals: int
) -> Table:
    """Return a table by performance year, with a column for each measure and view."""
    table = terminal.plain_table()
    for name in ("year", "contract"):
        table.add_column(name, no_wrap=True)
    columns = year_columns(unit_of_years(result), decimals)
    for name, _ in columns:
        for place, words in enumerate(views):
            heading = f"{'' if place else name}\n{words}" if words else name
            table.add_column(heading, justify="right", no_wrap=True)
    for place, year in enumerate(result.planned.path.years):
        cells = [shown(view.by_year[place]) for _, shown in columns for view in views.values()]
        length = "" if year.months == 12 else f" ({year.months} m)"
        table.add_row(f"{year.year}{length}", year.contract_id, *cells)
    return table


def year_columns(unit: Unit, decimals: int = 1) -> list[tuple[str, Callable[[Measures], str]]]:
    """Return what is shown of a performance year: heading, and the cell of its measures.

    Probabilities in percent have at most so many `decimals`.
    """
    in_dollars = f"${unit[2]}"
    return [
        ("earn savings", lambda m: percent_with_error(m.probability_of_shared_savings, decimals)),
        ("owe losses", lambda m: _never(m.probability_of_shared_losses, decimals)),
        (f"mean net {in_dollars}", lambda m: in_unit(m.expected_net, unit)),
        (f"net 5-95 % {in_dollars}", lambda m: _interval(m.net_p05, m.net_p95, unit)),
    ]


def _never(probability: Estimate, decimals: int) -> str:
    """Return a probability; a dash for what can never be."""
    never = probability.value == 0.0 and probability.standard_error == 0.0
    return "-" if never else percent_with_error(probability, decimals)


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


def cumulative_tables(run: AgreementRun) -> list[MeasureTable]:
    """Return the measures of all years together of every path."""
    results = run.paths.values()
    return measure_tables(
        run,
        [result.chance_alone for result in results],
        [result.assumed for result in results],
        partial(cumulative_rows, decimals=probability_decimals(run)),
    )


def _most(found: CumulativeMeasures) -> float:
    return max(abs(found.cumulative_net_p05.value), abs(found.cumulative_net_p95.value))


def cumulative_rows(views: Sequence[PathView], decimals: int = 1) -> list[Row]:
    """Return what is shown of all years together: name, and a cell for each view of a path.

    Probabilities in percent have at most so many `decimals`.
    """
    unit = unit_for(max(_most(view.measures.cumulative) for view in views))
    shown = _cumulative_cells(unit, decimals)
    return [(name, [cell(view) for view in views]) for name, cell in shown]


def _cumulative_cells(unit: Unit, decimals: int) -> list[tuple[str, Callable[[PathView], str]]]:
    """Return what is shown of all years together: name, and the cell of a view of a path."""

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
        ("loses in all", of(lambda c: _never(c.probability_of_cumulative_loss, decimals))),
        ("ever earns", of(lambda c: percent_with_error(c.probability_of_ever_earning, decimals))),
        ("ever owes", of(lambda c: _never(c.probability_of_ever_owing, decimals))),
        (f"1 in 20 owes, savings not set off {in_dollars}", of(lambda c: _amount(c, unit))),
        (f"worst year {in_dollars}, mean", of(lambda c: in_unit(c.expected_worst_year, unit))),
        ("  1 in 20 below", of(lambda c: in_unit(c.worst_year_p05, unit))),
        ("ahead at some payment", of(lambda c: _never(c.probability_of_breaking_even, decimals))),
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
        f"{paths_phrase(run)}; ± is one standard error of the simulation, not of the model.",
        savings_sentence(run),
        trend_sentence(run),
        payment_sentence(run),
        "A dash: never, or on fewer than one path in twenty (a time: on fewer than half).",
        *_unconfirmed(run),
    ]
    said = run.plan.broken_rules()
    notes = [note for note in run.plan.notes() if note not in said]
    return Text("\n".join([*lines, *notes]), style="dim")


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
