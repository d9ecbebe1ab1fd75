"""Two paths of contracts against each other: the same rows in the terminal and in the report."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from simulate.report import terminal
from simulate.report.agreement_words import savings_phrase
from simulate.report.numbers import dollars_with_error, percent_with_error
from simulate.report.sentences import flip_sentence

if TYPE_CHECKING:
    from simulate.agreement.compare import AgreementComparison

_ROWS = (
    ("net present value", "net_present_value", dollars_with_error),
    ("  one path in twenty below", "net_present_value_p05", dollars_with_error),
    ("  median", "net_present_value_p50", dollars_with_error),
    ("  standard deviation", "standard_deviation_of_net_present_value", dollars_with_error),
    ("sum of net", "expected_cumulative_net", dollars_with_error),
    ("loses in all", "probability_of_cumulative_loss", percent_with_error),
    ("ever earns", "probability_of_ever_earning", percent_with_error),
    ("ever owes", "probability_of_ever_owing", percent_with_error),
    ("losses in all, 95 % VaR", "cumulative_losses_var_95", dollars_with_error),
    ("losses in all, 95 % TVaR", "cumulative_losses_tvar_95", dollars_with_error),
    ("worst year, mean", "expected_worst_year", dollars_with_error),
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
    """Return the comparison by chance alone and at the assumed true savings."""
    run, first, second = comparison.run, comparison.first, comparison.second
    views = []
    for title, paired, name in (
        ("By chance alone (true savings 0)", comparison.chance_alone, "chance_alone"),
        (f"At {savings_phrase(run)}", comparison.assumed, "assumed"),
    ):
        sides = [getattr(run[label], name).measures.cumulative for label in (first, second)]
        rows = [
            (
                words,
                [*(shown(getattr(side, key)) for side in sides), shown(paired.differences[key])],
            )
            for words, key, shown in _ROWS
        ]
        better = (
            f"{first} is worth more on {percent_with_error(paired.first_better, 1)} of simulated "
            f"paths, {second} on {percent_with_error(paired.second_better, 1)}, the same on "
            f"{percent_with_error(paired.equal, 1)}."
        )
        views.append(PairedView(title, rows, better))
    return views


def closing_sentences(comparison: AgreementComparison) -> list[str]:
    """Return where the preference changes, and what differs besides the contracts."""
    first, second = comparison.first, comparison.second
    said = [flip_sentence(flip, first, second, "net present value") for flip in comparison.flips]
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
