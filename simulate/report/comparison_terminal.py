"""What the terminal shows of two contracts compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from simulate.report import terminal
from simulate.report.bars import PLAIN, parts, signs_for
from simulate.report.numbers import UNITS, dollars_with_error, percent_with_error
from simulate.report.sentences import flip_sentence, true_savings_phrase
from simulate.report.terminal import plain_table, print_wrapped

if TYPE_CHECKING:
    from simulate.analysis.compare import ContractComparison
    from simulate.measures.comparison import Comparison
    from simulate.measures.outcomes import Measures

_ROWS = (
    ("earns shared savings", "probability_of_shared_savings", percent_with_error),
    ("owes shared losses", "probability_of_shared_losses", percent_with_error),
    ("expected net", "expected_net", dollars_with_error),
    ("expected shared savings", "expected_shared_savings", dollars_with_error),
    ("expected shared losses", "expected_shared_losses", dollars_with_error),
    ("standard deviation of net", "standard_deviation_of_net", dollars_with_error),
    ("losses, 95 % VaR", "loss_var_95", dollars_with_error),
    ("losses, 95 % TVaR", "loss_tvar_95", dollars_with_error),
)
_LONGEST = 50
_FIRST, _SECOND = "green", "magenta"


def show_comparison(comparison: ContractComparison) -> None:
    """Print the paired comparison of two contracts."""
    out = terminal.console()
    names = (comparison.first, comparison.second)
    out.print()
    print_wrapped(out, f"{names[0]} against {names[1]}, on the same simulated years", style="bold")
    views = [("By chance alone (true savings 0)", comparison.chance_alone, "chance_alone")]
    view = comparison.run.true_savings.view
    if view.mean or view.sd:
        views.append((f"At {true_savings_phrase(comparison.run)}", comparison.assumed, "measures"))
    for title, paired, attribute in views:
        measures = [getattr(comparison.run[name], attribute) for name in names]
        out.print()
        out.print(_table(out, title, paired, measures, names))
        _print_better(out, paired, names)
    out.print()
    for flip in comparison.flips:
        print_wrapped(out, flip_sentence(flip, *names, sd=view.sd))


def _table(
    out: Console, title: str, paired: Comparison, measures: list[Measures], names: tuple[str, str]
) -> Table:
    """Return the measures side by side, or one under the other where that is too wide."""
    rows = [
        (
            label,
            *(shown(getattr(m, name)) for m in measures),
            shown(paired.differences[name]),
        )
        for label, name, shown in _ROWS
    ]
    short = [tuple(_short(text) for text in row) for row in rows]
    for table in (_side_by_side(title, rows, names), _side_by_side(title, short, names)):
        if out.measure(table, options=out.options.update(max_width=999)).maximum <= out.width:
            return table
    return _stacked(title, rows, names)


def _short(text: str) -> str:
    """Return an amount with a letter for its unit: ``$3.04M ±0.03``."""
    for _, word, letter in UNITS:
        text = text.replace(f" {word}", letter) if word else text
    return text


def _side_by_side(title: str, rows: Sequence[tuple[str, ...]], names: tuple[str, str]) -> Table:
    table = plain_table(title)
    table.add_column("", no_wrap=True)
    for header in (*names, "difference"):
        table.add_column(header, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    return table


def _stacked(title: str, rows: Sequence[tuple[str, ...]], names: tuple[str, str]) -> Table:
    table = plain_table(title)
    table.show_header = False
    table.add_column("", no_wrap=True)
    table.add_column("", justify="right", no_wrap=True)
    for label, *amounts in rows:
        table.add_row(Text(label, style="bold"), "")
        for name, amount in zip((*names, "difference"), amounts, strict=True):
            table.add_row(f"  {name}", amount)
    return table


def _print_better(out: Console, paired: Comparison, names: tuple[str, str]) -> None:
    """Print which contract leaves the ACO better off, and how often."""
    if out.is_terminal:
        out.print(_better_bar(out, paired))
    print_wrapped(
        out,
        f"{names[0]} is better for the ACO in {percent_with_error(paired.first_better, 1)} of "
        "years, "
        f"{names[1]} in {percent_with_error(paired.second_better, 1)}, "
        f"the same in {percent_with_error(paired.equal, 1)}.",
    )


def _better_bar(out: Console, paired: Comparison) -> Text:
    """Return one bar of all years: the first pays more, both the same, the second more."""
    fine = signs_for(out.encoding) != PLAIN
    shares = (paired.first_better.value, paired.equal.value, paired.second_better.value)
    line = Text()
    signs, styles = ("█░▓" if fine else "#.="), (_FIRST, "dim", _SECOND)
    lengths = parts(shares, min(_LONGEST, out.width))
    for sign, length, style in zip(signs, lengths, styles, strict=True):
        line.append(sign * length, style=style)
    return line
