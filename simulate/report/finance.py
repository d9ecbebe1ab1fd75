"""An agreement's finances in rows and sentences, for the terminal and for the page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING

from rich.text import Text

from simulate.agreement.finance.notes import cost_sentence
from simulate.report import terminal
from simulate.report.measure_tables import MeasureTable, Row, measure_tables
from simulate.report.numbers import (
    dollars,
    dollars_with_error,
    in_unit,
    percent_with_error,
    plain_dollars,
    plain_percent,
    unit_for,
)
from simulate.scenario.finance import COVERS

if TYPE_CHECKING:
    from simulate.agreement.finance.finances import Finances, FinanceView, PathFinances
    from simulate.agreement.finance.ledger import QuarterMeasures
    from simulate.agreement.finance.reinsurance import CoverMeasures
    from simulate.agreement.plan import AgreementPlan
    from simulate.measures.estimate import Estimate
    from simulate.scenario.finance import FinanceSettings

Unit = tuple[float, str, str]
_DECIMALS = 1
_FOLDED = (
    "Cash by quarter: quarters of a year with the same payments are one row, those without any are "
    "left out; --json and --report have each."
)


def show_finances(found: Finances) -> None:
    """Print the finances: a sentence and a table a view, then the cash of each path."""
    out = terminal.console()
    out.print()
    out.print("Costs, capital and cash", style="bold")
    out.print(cost_sentence(found.run.scenario))
    for label, path in found.paths.items():
        out.print(finance_sentence(label, path))
    for table in finance_tables(found):
        out.print()
        out.print(f"All years together, {table.title}", style="bold")
        out.print(table.for_terminal())
    for label, path in found.paths.items():
        unit, headings, rows = cash_rows(path, folded=True)
        by_quarter = terminal.plain_table()
        by_quarter.add_column("", no_wrap=True)
        for heading in headings:
            by_quarter.add_column(heading, justify="right", no_wrap=True)
        for label_of_quarter, cells in rows:
            by_quarter.add_row(label_of_quarter, *cells)
        out.print()
        out.print(f"{label}: cash by quarter, mean, ${unit[2]}", style="bold")
        out.print(by_quarter)
    out.print()
    out.print(Text("\n".join([_FOLDED, *finance_grounds(found)]), style="dim"))


def finance_tables(found: Finances) -> list[MeasureTable]:
    """Return the finances of all years together of every path."""
    paths = found.paths.values()
    return measure_tables(
        found.run,
        [path.chance_alone for path in paths],
        [path.assumed for path in paths],
        partial(finance_rows, after=after_words(found.run.scenario.finance)),
    )


def paying_for_costs(path: PathFinances) -> str:
    """Return which true savings pay for the costs."""
    flip = path.break_even[0]
    low, high = (plain_percent(end, 0) for end in flip.searched)
    if flip.true_savings is not None:
        rate = percent_with_error(flip.true_savings)
        return f"known true savings of {rate} a year{_besides(path.terms.plan)} pay for them"
    if flip.equal_between is not None or flip.preferred_above < 0:
        return "what is earned and what is spent are the same"
    if flip.preferred_above == 0:
        return f"they are paid for at all true savings from {low} to {high}"
    return f"no true savings from {low} to {high} pay for them"


def _besides(plan: AgreementPlan) -> str:
    """Return what true savings that are searched for still come with."""
    settings, besides = plan.settings, []
    if set(settings.savings_ramp) != {1.0}:
        besides.append("before they grow by year as stated")
    if settings.savings_drift_sd:
        besides.append("still drifting")
    if plan.programmes:
        besides.append("besides those of care programmes")
    return f" ({', '.join(besides)})" if besides else ""


def after_words(settings: FinanceSettings) -> str:
    """Return what a bottom line is left after: ``after costs and reinsurance``."""
    covers = settings.stop_loss_attachment is not None or settings.aggregate_attachment is not None
    parts = ["costs"]
    parts += ["payments in advance"] if settings.advance != "none" else []
    parts += ["reinsurance"] if covers else []
    return f"after {', '.join(parts[:-1])}{' and ' if parts[1:] else ''}{parts[-1]}"


def left_sentence(label: str, path: PathFinances) -> str:
    """Return what a path leaves after everything, and from when on it is ahead."""
    view, after = path.assumed, after_words(path.terms.settings)
    line, share = view.bottom_line, view.bottom_line.probability_of_covering_costs
    said = (
        f"{label}: {after} you are left with {dollars(line.expected_net)} on average, on one path "
        f"in twenty with less than {dollars(line.net_p05)}; what is left is not below zero on "
        f"{percent_with_error(share, _DECIMALS)} of simulated paths"
    )
    time = view.cash.time_to_break_even_p50
    if time is None:
        return f"{said}, so that fewer than half of all paths break even."
    if time.value == 0.0:
        return f"{said}, and half of all paths are never behind."
    return f"{said}, and half of all paths are ahead for good within {_years(time)}."


def finance_sentence(label: str, path: PathFinances) -> str:
    """Return what a path leaves, its costs, covers, repayment mechanism and advances."""
    parts = [left_sentence(label, path), _cost_sentence(path)]
    parts += [_cover_sentence(name, cover) for name, cover in path.assumed.covers.items()]
    return " ".join([*parts, *_capital_sentences(path.assumed)])


def _cover_sentence(name: str, cover: CoverMeasures) -> str:
    paid, recovered = sum(cover.premiums), sum(one.value for one in cover.recoveries)
    if cover.probability_of_recovering.value == 0.0:
        return f"{COVERS[name].capitalize()} takes {plain_dollars(paid)} of premiums, pays nothing."
    before, after = cover.without.worst_twentieth, cover.after_premium.worst_twentieth
    unit = unit_for(max(abs(before.value), abs(after.value)))
    return (
        f"{COVERS[name].capitalize()} takes {plain_dollars(paid)} of premiums and is expected to "
        f"pay {plain_dollars(recovered)}; the worst twentieth of the paths leaves "
        f"{dollars_with_error(after, unit)} on average with it, {dollars_with_error(before, unit)} "
        "without."
    )


def _cost_sentence(path: PathFinances) -> str:
    view = path.assumed
    costs, programmes = view.costs.costs, view.costs.programme_costs
    of_them = f", {plain_dollars(programmes)} of them for care programmes" if programmes else ""
    return f"Costs are {plain_dollars(costs)}{of_them}; {paying_for_costs(path)}."


def _capital_sentences(view: FinanceView) -> list[str]:
    """Return what the repayment mechanism and payments in advance come to."""
    said = []
    if view.repayment.amount is not None and view.repayment.probability_of_exceeding is not None:
        share = percent_with_error(view.repayment.probability_of_exceeding, _DECIMALS)
        said.append(
            f"A repayment mechanism of {plain_dollars(view.repayment.amount)} is exceeded in some "
            f"year on {share} of simulated paths; {dollars(view.repayment.covers_99)} would cover "
            "99 %."
        )
    if view.advance is not None:
        share = percent_with_error(view.advance.probability_of_not_earning_it, _DECIMALS)
        said.append(
            f"Of the {plain_dollars(view.advance.advanced)} paid in advance not all is earned "
            f"back on {share}."
        )
    return said


def finance_rows(views: Sequence[FinanceView], after: str) -> list[Row]:
    """Return what is shown of all years together: name, and a cell a path of contracts.

    Parameters
    ----------
    views : sequence of FinanceView
    after : str
        What is left is left after this; see `after_words`.
    """
    size = max(
        abs(end.value)
        for view in views
        for end in (view.costs.net_after_costs_p05, view.costs.net_after_costs_p95)
    )
    unit = unit_for(size)
    return [
        *_bottom_rows(views, unit, after),
        *_cost_rows(views, unit),
        *_capital_rows(views, unit),
        *_cover_rows(views, unit),
        *_advance_rows(views),
        *_primary_care_rows(views),
    ]


def _cost_rows(views: Sequence[FinanceView], unit: Unit) -> list[Row]:
    money, alone = f"${unit[2]}", " alone" if _more_than_costs(views) else ""

    def row(name: str, cell: Callable[[FinanceView], str]) -> Row:
        return name, [cell(view) for view in views]

    return [
        row(
            f"net after costs{alone} {money}",
            lambda v: in_unit(v.costs.expected_net_after_costs, unit),
        ),
        row(
            "  5-95 %",
            lambda v: _interval(v.costs.net_after_costs_p05, v.costs.net_after_costs_p95, unit),
        ),
        row(
            f"  present value {money}",
            lambda v: in_unit(v.costs.expected_present_value_after_costs, unit),
        ),
        row(
            f"  costs{alone} are covered",
            lambda v: percent_with_error(v.costs.probability_of_covering_costs, _DECIMALS),
        ),
        *([] if alone else [_time_row(views)]),
        row("  return on costs", lambda v: _percent(v.costs.return_on_costs)),
        row(
            "  shared savings per dollar of costs",
            lambda v: _ratio(v.costs.savings_per_dollar_of_costs),
        ),
    ]


def _time_row(views: Sequence[FinanceView]) -> Row:
    """Return from when on half of the paths have what came and went at zero or above."""
    times = [view.cash.time_to_break_even_p50 for view in views]
    name = "  half of the paths ahead for good from"
    return name, ["-" if time is None else _years(time) for time in times]


def _years(time: Estimate) -> str:
    return f"{in_unit(time, (1.0, '', ''))} years"


def _capital_rows(views: Sequence[FinanceView], unit: Unit) -> list[Row]:
    money = f"${unit[2]}"
    amounts = [view.repayment.amount for view in views]
    exceeded = [view.repayment.probability_of_exceeding for view in views]
    return [
        ("repayment mechanism", ["-" if a is None else plain_dollars(a) for a in amounts]),
        (
            "  it is exceeded in some year",
            ["-" if p is None else _never(p) for p in exceeded],
        ),
        (
            f"  to cover 99 % it takes {money}",
            [in_unit(v.repayment.covers_99, unit) for v in views],
        ),
        (
            f"cash needed at the start, 95 % {money}",
            [in_unit(view.cash.capital[0], unit) for view in views],
        ),
        ("  for no shortfall on 99 %", [in_unit(view.cash.capital[1], unit) for view in views]),
    ]


def _cover_rows(views: Sequence[FinanceView], unit: Unit) -> list[Row]:
    rows: list[Row] = []
    money = f"${unit[2]}"
    for name in views[0].covers:
        covers = [view.covers[name] for view in views]
        rows.append((f"{COVERS[name]}: premiums {money}", [_paid(c, unit) for c in covers]))
        rows.append(("  premium above expected recovery", [_percent(c.loading) for c in covers]))
        rows.append((f"  recovered {money}", [_recovered(c, unit) for c in covers]))
        for title, part in (
            ("  left, mean of the worst twentieth: without it", "without"),
            ("    with it, before the premium", "before_premium"),
            ("    with it, after the premium", "after_premium"),
        ):
            tails = [getattr(cover, part).worst_twentieth for cover in covers]
            rows.append((title, [in_unit(tail, unit) for tail in tails]))
    return rows


def _advance_rows(views: Sequence[FinanceView]) -> list[Row]:
    found = [view.advance for view in views if view.advance is not None]
    if not found:
        return []
    unit = unit_for(max(each.advanced for each in found))
    money = f"${unit[2]}"
    return [
        (f"paid in advance {money}", [f"{each.advanced / unit[0]:,.2f}" for each in found]),
        ("  taken off shared savings", [in_unit(each.expected_recouped, unit) for each in found]),
        ("  repaid by the ACO", [in_unit(each.expected_repaid, unit) for each in found]),
        ("  left, and not owed", [in_unit(each.expected_unrecouped, unit) for each in found]),
        (
            "  not all is earned back",
            [percent_with_error(each.probability_of_not_earning_it, _DECIMALS) for each in found],
        ),
        (
            "  has to repay",
            [_never(each.probability_of_repaying) for each in found],
        ),
        (
            "  has to repay more than its cash",
            [_never(each.probability_of_not_being_able_to_repay) for each in found],
        ),
    ]


def _bottom_rows(views: Sequence[FinanceView], unit: Unit, after: str) -> list[Row]:
    """Return what is left after everything, where that is more than costs."""
    if not _more_than_costs(views):
        return []
    lines = [view.bottom_line for view in views]
    shares = [line.probability_of_covering_costs for line in lines]
    return [
        (f"left {after} ${unit[2]}", [in_unit(line.expected_net, unit) for line in lines]),
        ("  5-95 %", [_interval(line.net_p05, line.net_p95, unit) for line in lines]),
        ("  present value", [in_unit(line.expected_present_value, unit) for line in lines]),
        ("  not below zero", [percent_with_error(share, _DECIMALS) for share in shares]),
        _time_row(views),
    ]


def _more_than_costs(views: Sequence[FinanceView]) -> bool:
    return any(view.covers or view.advance is not None for view in views)


def _primary_care_rows(views: Sequence[FinanceView]) -> list[Row]:
    found = [view.primary_care for view in views if view.primary_care is not None]
    if not found:
        return []
    unit = unit_for(max(each.base_rate.value for each in found))
    return [
        (f"primary care: base rate ${unit[2]}", [in_unit(each.base_rate, unit) for each in found]),
        ("  in place of claims of", [in_unit(each.displaced, unit) for each in found]),
        ("  enhancements, as a credit", [in_unit(each.enhancements, unit) for each in found]),
        (
            "  expenditure is higher by",
            [in_unit(each.added_to_expenditure, unit) for each in found],
        ),
    ]


def cash_rows(path: PathFinances, folded: bool = False) -> tuple[Unit, list[str], list[Row]]:
    """Return the cash by quarter at the assumed true savings: unit, headings, rows.

    Parameters
    ----------
    path : PathFinances
    folded : bool
        Whether quarters of a year that follow each other with the same payments are one row, with
        their sum and the cash at the end of the last; and quarters without any are left out.
    """
    quarters, labels = path.assumed.cash.quarters, path.terms.quarters.labels
    names = [
        name for name in quarters[0].items if any(quarter.items[name].value for quarter in quarters)
    ]
    unit = unit_for(max(abs(quarter.position.value) for quarter in quarters))
    headings = [name.replace(" ", "\n", 1) for name in names]
    headings += ["cash", "1 in 20\nbelow", "below\nzero"]
    if quarters[0].balance is not None:
        headings += ["to be\nrecouped", "1 in 20\nabove"]
    spans = _spans(quarters, labels) if folded else [[place] for place in range(len(quarters))]
    rows = [
        (_span_label(labels, span), _cash_cells(quarters[span[-1]], names, unit, len(span)))
        for span in spans
    ]
    return unit, headings, rows


def _spans(quarters: Sequence[QuarterMeasures], labels: Sequence[str]) -> list[list[int]]:
    """Return quarters of one calendar year with the same payments, those without any left out."""

    def same(place: int) -> tuple[str, list[Estimate]]:
        return labels[place].split()[0], list(quarters[place].items.values())

    spans = [list(span) for _, span in groupby(range(len(quarters)), same)]
    return [s for s in spans if not all(map(_known_zero, quarters[s[0]].items.values()))]


def _span_label(labels: Sequence[str], span: Sequence[int]) -> str:
    """Return the label of a row: ``2026 Q4``, ``2026 Q1-Q3``."""
    first, last = labels[span[0]], labels[span[-1]]
    return first if len(span) == 1 else f"{first}-{last.split()[1]}"


def _cash_cells(quarter: QuarterMeasures, names: list[str], unit: Unit, count: int) -> list[str]:
    """Return the cells of so many quarters alike, of which `quarter` is the last."""
    moved = [quarter.items[name] for name in names]
    cells = ["" if _known_zero(amount) else _value(_times(amount, count), unit) for amount in moved]
    cells += [_value(quarter.position, unit), _value(quarter.position_p05, unit)]
    cells.append(percent_with_error(quarter.probability_of_negative_position, 0).split(" ±")[0])
    if quarter.balance is not None and quarter.balance_p95 is not None:
        cells += [_value(quarter.balance, unit), _value(quarter.balance_p95, unit)]
    return cells


def _times(estimate: Estimate, count: int) -> Estimate:
    """Return the sum of so many amounts that are the same on every path."""
    value, error = estimate
    return estimate._replace(value=count * value, standard_error=count * error)


def finance_grounds(found: Finances) -> list[str]:
    """Return what the finances rest on, a sentence each; paths of one rule together.

    The costs that are assumed stand before all else (`cost_sentence`) and are not among them.
    """
    by_rule: dict[str, list[str]] = {}
    for label, path in found.paths.items():
        by_rule.setdefault(path.assumed.repayment.rule, []).append(label)
    rules = [f"Repayment mechanism, {'; '.join(who)}: {rule}." for rule, who in by_rule.items()]
    said = cost_sentence(found.run.scenario)
    return [*(note for note in found.notes if note != said), *rules]


def _paid(cover: CoverMeasures, unit: Unit) -> str:
    return f"{sum(cover.premiums) / unit[0]:,.2f}"


def _recovered(cover: CoverMeasures, unit: Unit) -> str:
    return f"{sum(estimate.value for estimate in cover.recoveries) / unit[0]:,.2f}"


def _never(probability: Estimate) -> str:
    """Return a probability; a dash for what can never be."""
    return "-" if _known_zero(probability) else percent_with_error(probability, _DECIMALS)


def _known_zero(estimate: Estimate) -> bool:
    return estimate.value == 0.0 and estimate.standard_error == 0.0


def _value(estimate: Estimate, unit: Unit) -> str:
    return in_unit(estimate, unit).split(" ")[0]


def _interval(low: Estimate, high: Estimate, unit: Unit) -> str:
    return f"{_value(low, unit)} to {_value(high, unit)}"


def _percent(estimate: Estimate | None) -> str:
    return "-" if estimate is None else percent_with_error(estimate, 0)


def _ratio(estimate: Estimate | None) -> str:
    if estimate is None:
        return "-"
    return in_unit(estimate, (1.0, "", ""))
