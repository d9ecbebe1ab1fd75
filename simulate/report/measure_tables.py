"""Measures of paths of contracts as tables: both views side by side where there is one path."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from rich.table import Table

from simulate.report import terminal
from simulate.report.agreement_words import ASSUMED_HEADING, savings_phrase

if TYPE_CHECKING:
    from simulate.agreement.run import AgreementRun

View = TypeVar("View")
#: A name, indented where it is a part of the row above it, and the cells.
Row = tuple[str, list[str]]


class MeasureTable(NamedTuple):
    """A table of measures.

    Attributes
    ----------
    title : str
        The view or views of the true savings.
    columns : list of str
        The paths; or the views, where there is one path.
    rows : list of (str, list of str)
        Name and cells. A name that begins with blanks is a part of the row above.
    """

    title: str
    columns: list[str]
    rows: list[Row]

    def for_terminal(self) -> Table:
        """Return the table as the terminal prints it."""
        table = terminal.plain_table()
        table.add_column("", no_wrap=True)
        for column in self.columns:
            table.add_column(column, justify="right", overflow="fold")
        for name, cells in self.rows:
            table.add_row(name, *cells)
        return table


def measure_tables(
    run: AgreementRun,
    by_chance: Sequence[View],
    assumed: Sequence[View],
    rows: Callable[[Sequence[View]], list[Row]],
) -> list[MeasureTable]:
    """Return one table of both views where a run has one path, else one table a view.

    Parameters
    ----------
    run : AgreementRun
    by_chance, assumed : sequences
        What the rows are of, one entry a path.
    rows : callable
        Returns the rows with a cell for each entry.
    """
    zero, stated = "by chance alone (true savings 0)", f"at {savings_phrase(run)}"
    if len(run.paths) == 1:
        columns = ["by chance", ASSUMED_HEADING]
        return [MeasureTable(f"{zero} and {stated}", columns, rows([*by_chance, *assumed]))]
    return [
        MeasureTable(title, list(run.paths), rows(views))
        for title, views in ((zero, by_chance), (stated, assumed))
    ]
