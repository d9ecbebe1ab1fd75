"""What the sheets of an agreement's workbook are filled from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, is_dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from simulate.measures.estimate import Estimate
from simulate.report.agreement_words import savings_phrase
from simulate.report.numbers import decimals_for, plain_percent
from simulate.report.workbook.book import Sheet, estimate_cells

if TYPE_CHECKING:
    from simulate.agreement.compare import AgreementComparison, Compared
    from simulate.agreement.finance.finances import Finances, FinanceView, PathFinances
    from simulate.agreement.path import PerformanceYear
    from simulate.agreement.run import AgreementRun, PathResult, PathView
    from simulate.measures.agreement_comparison import AgreementDifference

#: Kinds of figures, by what they are counted in.
DOLLARS, SHARE, RATIO, YEARS = "$", "of paths", "ratio", "years"
OF_BENCHMARK, OF_COSTS = "of benchmark", "of costs"
#: Columns of a figure and of its standard error.
VALUE_WIDTH, ERROR_WIDTH = 17.0, 12.0
#: What a live check says, and dollars by which sums of rounded numbers may differ.
SAME, NOT_SAME = "the same", "not the same"
CLOSE = 0.01
#: More paths of contracts than this are printed on several pages side by side.
_MOST_ON_A_PAGE = 3

#: Of a digit, by which columns are measured.
_DIGIT_PIXELS = 7.0
_TITLES = {
    "expected_cumulative_net": "Sum of net, mean",
    "standard_deviation_of_cumulative_net": "Sum of net, standard deviation",
    "cumulative_net": "Sum of net",
    "net_present_value": "Net present value, mean",
    "standard_deviation_of_net_present_value": "Net present value, standard deviation",
    "probability_of_cumulative_loss": "Loses over all years together",
    "probability_of_ever_earning": "Earns in at least one year",
    "probability_of_ever_owing": "Owes in at least one year",
    "expected_cumulative_losses": "Owed, savings not set off, mean",
    "cumulative_losses_var_95": "Owed, savings not set off, 95 % VaR",
    "cumulative_losses_tvar_95": "Owed, savings not set off, 95 % TVaR",
    "expected_worst_year": "Net of the worst year, mean",
    "worst_year": "Net of the worst year",
    "probability_of_breaking_even": "Is ahead at some payment",
    "time_to_break_even_p50": "Half of the simulated paths are ahead by",
    "expected_net_after_costs": "Net after costs, mean",
    "expected_present_value_after_costs": "Present value after costs, mean",
    "probability_of_covering_costs": "Costs are covered",
    "savings_per_dollar_of_costs": "Shared savings per dollar of costs",
    "amount": "Amount of the repayment mechanism",
    "probability_of_exceeding": "Shared losses of some year exceed it",
    "by_year": "Shared losses exceed it",
    "expected_uncovered": "Owed beyond it in the worst year, mean",
    "covers_99": "Amount that covers 99 % of paths",
    "smallest_loss": "Least owed in the worst year of a path that owes",
    "premiums": "Premium",
    "recoveries": "Recovery, mean",
    "probability_of_recovering": "Pays in at least one year",
    "without": "Left without it",
    "before_premium": "Left with it, before the premium",
    "after_premium": "Left with it, after the premium",
    "loading": "Premium above the expected recovery, part of it",
    "mean": "mean",
    "standard_deviation": "standard deviation",
    "p05": "5th percentile",
    "worst_twentieth": "mean of the worst twentieth",
    "advanced": "Paid in advance",
    "expected_recouped": "Taken off shared savings, mean",
    "expected_repaid": "Repaid by the ACO, mean",
    "expected_unrecouped": "Left, and not owed, mean",
    "probability_of_not_earning_it": "Not all of it is earned back",
    "probability_of_repaying": "Some of it has to be repaid",
    "probability_of_not_being_able_to_repay": "More than the cash on hand has to be repaid",
}
_MEAN = ", mean"
_QUANTILES = {"_p05": ", 5th percentile", "_p50": ", median", "_p95": ", 95th percentile"}
#: How the names begin of what is not counted in dollars.
_KINDS = {"probability": SHARE, "by_year": SHARE, "return_on_costs": OF_COSTS,
          "savings_per_dollar": RATIO, "loading": RATIO, "time_to": YEARS}  # fmt: skip


class Figure(NamedTuple):
    """A figure of a table: what it is counted in, and its value; None where there is none."""

    kind: str
    value: Estimate | float | None


class View(NamedTuple):
    """A view of the true savings: its place in a result, its name, a short name."""

    attribute: str
    name: str
    short: str

    def of(self, result: PathResult) -> PathView:
        """Return what a path brings under this view."""
        found: PathView = getattr(result, self.attribute)
        return found

    def finances(self, path: PathFinances) -> FinanceView:
        """Return the finances of a path under this view."""
        found: FinanceView = getattr(path, self.attribute)
        return found

    def paired(self, compared: Compared) -> AgreementDifference:
        """Return the paired differences of two paths under this view."""
        found: AgreementDifference = getattr(compared, self.attribute)
        return found


@dataclass(frozen=True)
class AgreementContent:
    """An agreement run, what comes with it, and the command that led to it."""

    run: AgreementRun
    comparison: AgreementComparison | None
    finances: Finances | None
    command: str | None

    @cached_property
    def views(self) -> tuple[View, View]:
        """The views of the true savings: the assumed one first, then by chance alone."""
        short = f"at {plain_percent(self.run.plan.true_savings.view.mean, 1)}"
        return (
            View("assumed", f"at {savings_phrase(self.run)}", short),
            View("chance_alone", "by chance alone (true savings 0)", "by chance"),
        )

    def headings(self, labels: Iterable[str]) -> list[str]:
        """Return the headings of a table with the views of each path side by side."""
        both = [f"{label}\n{view.short}" for label in labels for view in self.views]
        return ["Measure", "Unit", *(part for name in both for part in (name, "±"))]


def year_words(year: PerformanceYear) -> str:
    """Return what a performance year is called: ``2025``, with its months where not twelve."""
    return f"{year.year}" + ("" if year.months == 12 else f" ({year.months} months)")


def title_of(name: str) -> str:
    """Return the words for the name of a measure."""
    if name in _TITLES:
        return _TITLES[name]
    for suffix, words in _QUANTILES.items():
        if name.endswith(suffix):
            return f"{title_of(name.removesuffix(suffix)).removesuffix(_MEAN)}{words}"
    plain = name.removeprefix("expected_")
    words = plain.replace("_", " ").capitalize()
    return words if plain == name else f"{words}{_MEAN}"


def kind_of(name: str) -> str:
    """Return what a measure is counted in, by its name."""
    return next((kind for start, kind in _KINDS.items() if name.startswith(start)), DOLLARS)


def figures_of(measures: Any) -> dict[str, Figure]:
    """Return every figure of some measures by its title; words are left out.

    What is stated by performance year has a figure each, and measures within measures have
    their own name in front.
    """
    names = (
        (field.name for field in fields(measures)) if is_dataclass(measures) else (measures._fields)
    )
    found: dict[str, Figure] = {}
    for name in names:
        value, title = getattr(measures, name), title_of(name)
        if value is None or isinstance(value, Estimate | float):
            found[title] = Figure(kind_of(name), value)
        elif is_dataclass(value) or hasattr(value, "_fields"):
            found |= {f"{title}, {inner}": one for inner, one in figures_of(value).items()}
        elif not isinstance(value, str):
            for place, one in enumerate(value, start=1):
                found[f"{title}, performance year {place}"] = Figure(kind_of(name), one)
    return found


def figure_cells(figure: Figure | None) -> list[tuple[Any, ...]]:
    """Return a figure and its standard error as two cells; empty ones where there is none."""
    if figure is None or figure.value is None:
        return [(None,), (None,)]
    value = figure.value if isinstance(figure.value, Estimate) else Estimate(figure.value, 0.0)
    if figure.kind in (RATIO, YEARS):
        style = f"ratio{max(2, decimals_for(value.standard_error, 4))}"
        return [(value.value, "ratio"), (value.standard_error or None, style, "error")]
    never = figure.kind == SHARE and value == Estimate(0.0, 0.0)
    return estimate_cells(value, figure.kind == DOLLARS, none=never)


def write_side_by_side(sheet: Sheet, columns: Iterable[dict[str, Figure]]) -> None:
    """Write a table of figures: a row a title, a value and its standard error a column."""
    tables = list(columns)
    for title in dict.fromkeys(name for table in tables for name in table):
        kind = next(table[title].kind for table in tables if title in table)
        cells = [cell for table in tables for cell in figure_cells(table.get(title))]
        sheet.line([(title, "text", "bold"), (kind, "line"), *cells])


def write_band(sheet: Sheet, text: str) -> None:
    """Write a band across the sheet that opens a part of a table."""
    sheet.line([(text, "band"), *[(None, "band")] * (len(sheet.widths) - 1)])


def same_or_not(one: str, other: str) -> str:
    """Return a formula that says whether two amounts, each a formula, are the same."""
    return f'=IF(ABS(({one})-({other}))<{CLOSE},"{SAME}","{NOT_SAME}")'


def note_columns(content: AgreementContent) -> int | None:
    """Return the columns that a note is written over: those of the first page, where several."""
    return 2 + 2 * _MOST_ON_A_PAGE if _is_wide(content) else None


def fit_paths(sheet: Sheet, content: AgreementContent) -> None:
    """Print a sheet with columns for each path of contracts on as many pages as it takes."""
    if _is_wide(content):
        sheet.print_in_parts()


def _is_wide(content: AgreementContent) -> bool:
    return len(content.run.paths) > _MOST_ON_A_PAGE


def chart_size(sheet: Sheet, height: int) -> dict[str, int]:
    """Return the size of a chart as wide as its sheet, pixels."""
    return {"width": round(_DIGIT_PIXELS * sum(sheet.widths)), "height": height}
