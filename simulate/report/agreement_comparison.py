"""Two paths of contracts against each other: the same rows in the terminal and in the report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from simulate.report import terminal
from simulate.report.agreement_words import savings_phrase
from simulate.report.finance import after_words
from simulate.report.numbers import dollars_with_error, percent_with_error
from simulate.report.sentences import flip_sentence

if TYPE_CHECKING:
    from simulate.agreement.compare import AgreementComparison
    from simulate.agreement.run import AgreementRun
    from simulate.measures.agreement_comparison import AgreementDifference
    from simulate.measures.estimate import Estimate

    _Row = tuple[str, str, Callable[[Estimate], str]]

_ROWS = (
    ("net present value", "net_present_value", dollars_with_error),
    ("  one path in twenty below", "net_present_value_p05", dollars_with_error),
    ("  median", "net_present_value_p50", dollars_with_error),
    ("  standard deviation", "standard_deviation_of_net_present_value", dollars_with_error),
    ("sum of net", "expected_cumulative_net", dollars_with_error),
    ("loses in all", "probability_of_cumulative_loss", percent_with_error),
    ("ever earns", "probability_of_ever_earning", percent_with_error),
    ("ever owes", "probability_of_ever_owing", percent_with_error),
    ("owed, savings not set off, 95 % VaR", "cumulative_losses_var_95", dollars_with_error),
    ("owed, savings not set off, 95 % TVaR", "cumulative_losses_tvar_95", dollars_with_error),
    ("worst year, mean", "expected_worst_year", dollars_with_error),
)


_AFTER_COSTS = (
    ("present value {after}", "expected_present_value", dollars_with_error),
    ("  one path in twenty below", "present_value_p05", dollars_with_error),
    ("  median", "present_value_p50", dollars_with_error),
    ("  standard deviation", "standard_deviation_of_present_value", dollars_with_error),
    ("sum of net {after}", "expected_net", dollars_with_error),
    ("{covered}", "probability_of_covering_costs", percent_with_error),
)


class PairedView(NamedTuple):
    """The comparison under one view of the true savings, as it is shown.

    Attributes
    ----------
    title : str
        The view.
    rows : list of (str, list of str)
        A measure, and its cells: first path, second path, difference.
    better : str
        How often each path is worth more, in a sentence.
    """

    title: str
    rows: list[tuple[str, list[str]]]
    better: str


def paired_views(comparison: AgreementComparison) -> list[PairedView]:
    """Return the comparison by chance alone and at the assumed true savings.

    What is left after costs comes first where it is known, and says which path is worth more.
    """
    run, finances = comparison.run, comparison.finances
    labels = comparison.first, comparison.second
    views = []
    for title, name in (
        ("By chance alone (true savings 0)", "chance_alone"),
        (f"At {savings_phrase(run)}", "assumed"),
    ):
        paired: AgreementDifference = getattr(comparison.settlements, name)
        sides = [getattr(run[label], name).measures.cumulative for label in labels]
        rows, worth = _rows(sides, paired, _ROWS), ""
        if comparison.after_costs is not None and finances is not None:
            paired = getattr(comparison.after_costs, name)
            left = [getattr(finances[label], name).bottom_line for label in labels]
            rows = [*_rows(left, paired, _after_costs_rows(run)), *_of_settlements(rows)]
            worth = f"{worth_phrase(comparison)}, "
        better = (
            f"{labels[0]} is worth more on {percent_with_error(paired.first_better, 1)} of "
            f"simulated paths, {labels[1]} on {percent_with_error(paired.second_better, 1)}, the "
            f"same on {percent_with_error(paired.equal, 1)}."
        )
        views.append(PairedView(title, rows, f"{worth[:1].upper()}{worth[1:]}{better}"))
    return views


def _rows(
    sides: Sequence[Any], paired: AgreementDifference, shown: Sequence[_Row]
) -> list[tuple[str, list[str]]]:
    """Return rows of measures: both paths, and their paired difference."""
    found = []
    for words, key, cell in shown:
        amounts = [*(getattr(side, key) for side in sides), paired.differences[key]]
        found.append((words, [cell(amount) for amount in amounts]))
    return found


def _of_settlements(rows: Sequence[tuple[str, list[str]]]) -> list[tuple[str, list[str]]]:
    """Return rows of settlements under names that tell them from what is left after costs."""
    both = ("net present value", "sum of net")
    return [(f"{name}, settlements alone" if name in both else name, c) for name, c in rows]


def _after_costs_rows(run: AgreementRun) -> list[_Row]:
    after = after_words(run.scenario.finance)
    # With reinsurance and advances it is another chance than that of covering the costs alone.
    covered = "costs are covered" if after == "after costs" else "  it is not below zero"
    return [
        (words.format(after=after, covered=covered), key, cell) for words, key, cell in _AFTER_COSTS
    ]


def worth_phrase(comparison: AgreementComparison) -> str:
    """Return what says which path is the better one: ``by present value after costs``."""
    if comparison.after_costs is None:
        return "by net present value"
    return f"by present value {after_words(comparison.run.scenario.finance)}"


def closing_sentences(comparison: AgreementComparison) -> list[str]:
    """Return where the preference changes, and what differs besides the contracts."""
    first, second = comparison.first, comparison.second
    worth = worth_phrase(comparison).removeprefix("by ")
    said = [flip_sentence(flip, first, second, worth) for flip in comparison.flips]
    if comparison.run.plan.programmes:
        said.append("These true savings are those besides what care programmes add.")
    counts = [len(comparison.run[label].planned.path.years) for label in (first, second)]
    if counts[0] != counts[1]:
        said.append(
            f"The paths have {counts[0]} and {counts[1]} performance years: what one brings in "
            "years that the other does not have is in the difference."
        )
    return said


def show_agreement_comparison(comparison: AgreementComparison) -> None:
    """Print the paired comparison of two paths of contracts."""
    out = terminal.console()
    names = comparison.first, comparison.second
    out.print()
    out.print(f"{names[0]} against {names[1]}, on the same simulated years", style="bold")
    for view in paired_views(comparison):
        table = terminal.plain_table()
        table.add_column("", no_wrap=True)
        for header in (*names, "difference"):
            table.add_column(header, justify="right", overflow="fold")
        for words, cells in view.rows:
            table.add_row(words, *cells)
        out.print()
        out.print(view.title, style="bold")
        out.print(table)
        out.print(view.better)
    out.print()
    for sentence in closing_sentences(comparison):
        out.print(sentence)


def comparison_answer(comparison: AgreementComparison) -> str:
    """Return which path is worth more, how often, and where that changes."""
    said = [f"{view.title}: {view.better}" for view in paired_views(comparison)]
    return " ".join([*said, *closing_sentences(comparison)])
