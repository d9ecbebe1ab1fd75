"""A care programme over an agreement on the terminal: year by year, and all years together."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from typing import TYPE_CHECKING

from rich.table import Table

from simulate.report import terminal
from simulate.report.agreement_programmes import points
from simulate.report.intervention import (
    THOUSAND,
    hundreds,
    in_points,
    people,
    print_lines,
    shipped_behind,
    sources,
)
from simulate.report.numbers import in_unit, percent_with_error, plain_percent, unit_for

if TYPE_CHECKING:
    from simulate.agreement.programme_worth import (
        AgreementInterventionWorth,
        EffectYears,
        PathWorth,
    )
    from simulate.measures.estimate import Estimate

Row = tuple[str, str, Callable[["PathWorth"], str]]


def show_agreement_intervention(worth: AgreementInterventionWorth) -> None:
    """Print a care programme over an agreement, path of contracts by path of contracts."""
    out = terminal.console()
    out.print(_heading(worth), style="bold")
    out.print(_who(worth))
    if worth.plan.assumed:
        out.print(f"Assumed: {'; '.join(worth.plan.assumed)}.")
    out.print()
    out.print(_added_table(worth))
    for planned in worth.plan.paths:
        out.print()
        out.print(planned.title, style="bold")
        out.print(_chances_table(worth, planned.label))
        out.print()
        out.print(_all_years_table(worth, planned.label))
    out.print()
    print_lines(out, _footnotes(worth))


def _heading(worth: AgreementInterventionWorth) -> str:
    aco, shipped = worth.plan.scenario.aco, shipped_behind(worth.stated)
    title = worth.stated.name if shipped is None else shipped.title
    named = f"{aco.name} ({aco.id})" if aco.name else aco.id
    return f"{title}: {named}, agreement from {worth.plan.start_year}"


def _who(worth: AgreementInterventionWorth) -> str:
    first = worth.effects[0].years
    decedents = first[0].programme.group == "decedents"
    who = "die in a year" if decedents else "are in the group"
    most = max(year.participants for year in first)
    return (
        f"Of {worth.plan.population.size:,} assigned beneficiaries about {worth.group_size:,.0f} "
        f"{who}; up to {most:,.0f} of them take part in a year."
    )


def _table(title: str, columns: list[str]) -> Table:
    table = terminal.plain_table(title)
    for place, name in enumerate(columns):
        table.add_column(name, justify="right" if place else "left", no_wrap=True)
    return table


def _added_table(worth: AgreementInterventionWorth) -> Table:
    """Return what each effect adds by calendar year, years that are the same in one row."""
    labels = [found.label for found in worth.effects]
    table = _table(
        "What it adds to the true savings, points of the benchmark",
        ["calendar year", "participants", *labels],
    )
    start, span = worth.plan.start_year, worth.plan.calendar_years
    cells = [(start + place, _added_cells(worth, place)) for place in range(span)]
    for shown, group in groupby(cells, key=lambda pair: pair[1]):
        years = [year for year, _ in group]
        table.add_row(f"{years[0]}-{years[-1]}" if len(years) > 1 else str(years[0]), *shown)
    return table


def _added_cells(worth: AgreementInterventionWorth, place: int) -> list[str]:
    years = [found.years[place] for found in worth.effects]
    to_points = 100.0 / worth.plan.population.benchmark
    added = [points(to_points * year.savings, to_points * year.savings_sd) for year in years]
    return [f"{years[0].participants:,.0f}", *added]


def _chances_table(worth: AgreementInterventionWorth, label: str) -> Table:
    names = [f"{found.label},\nmore points" for found in worth.effects]
    table = _table(
        "The chance of reaching the MSR, by performance year",
        ["year", "contract", "without it", *names],
    )
    paths = [found.paths[label] for found in worth.effects]
    before = paths[0].without.by_year
    for place, year in enumerate(paths[0].planned.path.years):
        chance = percent_with_error(before[place].probability_of_meeting_msr, 1)
        more = [in_points(path.met_msr[place]) for path in paths]
        table.add_row(str(year.year), year.contract_id, chance, *more)
    return table


def _all_years_table(worth: AgreementInterventionWorth, label: str) -> Table:
    paths = [found.paths[label] for found in worth.effects]
    count = len(paths[0].planned.path.years)
    table = _table(
        f"All {count} performance years together, with it less without it",
        ["", "without it", *(found.label for found in worth.effects)],
    )
    for name, without, shown in _rows(paths, worth.plan.scenario.finance.cost_growth):
        table.add_row(name, without, *(shown(path) for path in paths))
    return table


def _rows(paths: list[PathWorth], growth: float) -> list[Row]:
    """Return what is shown of all years: name, the level without it, the cell of an effect."""
    before = paths[0].without.cumulative
    level, money = unit_for(before.net_present_value.value), f"${THOUSAND[2]}"

    def of(name: str) -> Callable[[PathWorth], str]:
        return lambda path: in_unit(path.differences[name], THOUSAND)

    def chance(name: str) -> Callable[[PathWorth], str]:
        return lambda path: in_points(path.differences[name])

    def amount(estimate: Estimate) -> str:
        return f"${in_unit(estimate, level)} {level[2]}".replace("$-", "-$")

    rows: list[Row] = [
        (
            f"net present value, more {money}",
            amount(before.net_present_value),
            of("net_present_value"),
        ),
        (
            f"sum of net, more {money}",
            amount(before.expected_cumulative_net),
            of("expected_cumulative_net"),
        ),
        (
            "loses in all, more points",
            percent_with_error(before.probability_of_cumulative_loss, 1),
            chance("probability_of_cumulative_loss"),
        ),
        (
            "ever owes, more points",
            percent_with_error(before.probability_of_ever_owing, 1),
            chance("probability_of_ever_owing"),
        ),
    ]
    return [*rows, *_cost_rows(paths[0], growth)]


def _cost_rows(first: PathWorth, growth: float) -> list[Row]:
    money = f"${THOUSAND[2]}"
    rows: list[Row] = []
    if first.cost:
        rows += [
            (
                f"programme cost (+{100.0 * growth:g} % a year), present value {money}",
                "",
                lambda path: f"{path.present_value_of_cost / THOUSAND[0]:,.0f}",
            ),
            (
                f"net present value less that, more {money}",
                "",
                lambda path: in_unit(path.present_value_net_of_cost, THOUSAND),
            ),
            (
                f"sum of net less cost, more {money}",
                "",
                lambda path: in_unit(path.net_of_cost, THOUSAND),
            ),
        ]
    rows.append(("a participant may cost at most $ a year", "", _most_cost))
    rows.append(("one more point takes, participants a year", "", _needed))
    if first.next_benchmark is not None:
        rows.append((f"next benchmark, more {money} a year", "", _next))
    return rows


def _most_cost(path: PathWorth) -> str:
    cost = path.break_even_cost
    return "-" if cost is None else hundreds(max(cost.value, 0.0))


def _needed(path: PathWorth) -> str:
    return "-" if path.needed is None else people(path.needed)


def _next(path: PathWorth) -> str:
    return "-" if path.next_benchmark is None else in_unit(path.next_benchmark, THOUSAND)


def _footnotes(worth: AgreementInterventionWorth) -> list[str]:
    plan, shipped = worth.plan, shipped_behind(worth.stated)
    rate = plan.settings.discount_rate
    first = plan.savings_by_year()[0]
    lines = [
        f"{plan.simulated_paths:,} simulated paths of {plan.calendar_years} calendar years, seed "
        f"{plan.scenario.run.seed}, the same with and without; ± is one standard error of the "
        "simulation (a standard deviation for what is added).",
        f"True savings without it {plain_percent(first.mean)} in {plan.start_year}, standard "
        f"deviation {plain_percent(first.sd)} ({plan.true_savings.source}).",
        f"Programme cost: {_paid(worth)}. What a participant may cost leaves the net present value "
        "as it is without the programme. Payments are discounted at "
        f"{100.0 * rate:g} % a year to the first day: what is spent early is earned late.",
        "One more point: of the chance of reaching the MSR, the mean of the performance years; as "
        "many take part every year in which the programme runs in full. A dash: more than the "
        "whole group.",
        "The uncertain effect lasts through the years and grows with the benchmark. What a "
        "programme saves lowers the base years, and so the next benchmark.",
        *plan.notes(),
    ]
    if shipped is None:
        return lines
    return [*lines, *sources(shipped, _labels(worth.effects))]


def _paid(worth: AgreementInterventionWorth) -> str:
    """Return what the programme costs, and how that and the benchmark grow."""
    plan, cost = worth.plan, worth.stated.cost_per_participant
    if not cost:
        return "none stated, so nothing is taken off"
    growth, update = plan.scenario.finance.cost_growth, plan.settings.benchmark_update[0]
    said = f"${cost:,.0f} a participant and year in dollars of {plan.start_year}"
    if growth == 0.0 and update > 0.0:
        return (
            f"{said}, the same in later years (finance.cost_growth = 0), while the benchmark and "
            f"with it the effect grow by {100.0 * update:g} % a year"
        )
    return f"{said}, growing by {100.0 * growth:g} % a year (finance.cost_growth)"


def _labels(effects: tuple[EffectYears, ...]) -> list[str]:
    return [found.label for found in effects]
