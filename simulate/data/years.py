"""The performance year of each row of a results file, and how it became known."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from simulate.data.columns import FIRST_PUBLISHED, YEAR_NAMES
from simulate.data.table import Table
from simulate.errors import UserError

FIRST_PERFORMANCE_YEAR = 2013
"""The first year for which CMS published results (first starters: April 2012)."""

_LAST_CREDIBLE_YEAR = 2099

# A year, not one that begins a date such as 2025-08-28.
_YEAR_IN_NAME = re.compile(r"(?<!\d)(20\d\d)(?!\d)(?![-_.](?:0[1-9]|1[0-2])(?!\d))")
_MARKED_YEAR = re.compile(r"(?:PY|PERFORMANCE[ _-]?YEAR)[ _-]?(20\d\d)(?!\d)", re.IGNORECASE)


@dataclass(frozen=True)
class Years:
    """Performance years of the rows.

    Attributes
    ----------
    by_row : list of int
        One a row.
    source : str
        How they became known, in words.
    """

    by_row: list[int]
    source: str


def find_years(table: Table, starts: Sequence[date | None], performance_year: int | None) -> Years:
    """Return the performance year of each row.

    From a year column, else from the argument, else from the file name, else from
    the content.

    Parameters
    ----------
    table : Table
        The file.
    starts : sequence of date or None
        Start of the current agreement of each row.
    performance_year : int or None
        What the caller states.

    Returns
    -------
    Years

    Raises
    ------
    UserError
        Where the year is stated in two ways that differ, lies before an
        agreement's start, or cannot be found.
    """
    place = table.find(YEAR_NAMES)
    if place is not None:
        years = Years(_years_of_column(table, place), f"column {table.header[place]}")
        if performance_year is not None and performance_year not in years.by_row:
            known = ", ".join(map(str, sorted(set(years.by_row))))
            raise UserError(
                f"{table.name} has no rows of performance year {performance_year}; its column "
                f"{table.header[place]} holds {known}. Ask for one of these."
            )
    else:
        years = _one_year(table, starts, performance_year)
    _check_starts(table, starts, years)
    return years


def _years_of_column(table: Table, place: int) -> list[int]:
    found = []
    for line, cell in zip(table.lines, table.columns[place], strict=True):
        text = cell.strip().removesuffix(".0")
        year = int(text) if text.isascii() and text.isdigit() else 0
        if not FIRST_PERFORMANCE_YEAR <= year <= _LAST_CREDIBLE_YEAR:
            raise UserError(
                f"{table.name}, line {line}, column {table.header[place]}: {cell!r} is not a "
                f"performance year; expected a year from {FIRST_PERFORMANCE_YEAR} on. Correct it."
            )
        found.append(year)
    return found


def _one_year(table: Table, starts: Sequence[date | None], stated: int | None) -> Years:
    """Return one year for the whole file."""
    count = len(table.lines)
    if stated is not None:
        _check_stated(table, stated)
        return Years([stated] * count, "stated by the caller")
    latest = max((start.year for start in starts if start is not None), default=None)
    in_name = _year_in_name(table.name, latest)
    if in_name is not None:
        return Years([in_name] * count, f"file name {table.name}")
    if latest is None:
        raise UserError(
            f"{table.name} does not tell its performance year: no column {YEAR_NAMES[1]}, no "
            "year in the file name, no Current_Start_Date. State the performance year."
        )
    floor = max(
        (year for name, year in FIRST_PUBLISHED if table.find([name]) is not None), default=latest
    )
    return Years(
        [max(latest, floor)] * count,
        f"inferred: the latest agreement starts in {latest} and the columns are those of "
        f"{floor} or later; state the performance year if it is another",
    )


def _check_stated(table: Table, stated: int) -> None:
    if not FIRST_PERFORMANCE_YEAR <= stated <= _LAST_CREDIBLE_YEAR:
        raise UserError(
            f"performance year {stated} is not possible: CMS's results begin with "
            f"{FIRST_PERFORMANCE_YEAR}. State the year the results are for."
        )
    marked = {int(year) for year in _MARKED_YEAR.findall(table.name)}
    if marked and stated not in marked:
        raise UserError(
            f"performance year {stated} was stated, but the file name {table.name} says "
            f"{', '.join(map(str, sorted(marked)))}. State that year, or rename the file."
        )


def _year_in_name(name: str, latest: int | None) -> int | None:
    """Return the one year in the file name that agrees with the content, if any.

    Agreements start nearly every year, so the latest start lies in the
    performance year or in the year before it.
    """
    for form in (_MARKED_YEAR, _YEAR_IN_NAME):
        years = {int(year) for year in form.findall(name)}
        if latest is not None and (form is _YEAR_IN_NAME or len(years) > 1):
            years = {year for year in years if latest <= year <= latest + 1}
            years = {latest} & years or years
        if len(years) == 1:
            return years.pop()
    return None


def _check_starts(table: Table, starts: Sequence[date | None], years: Years) -> None:
    """Refuse agreements that start after the performance year."""
    for row, (start, year) in enumerate(zip(starts, years.by_row, strict=True)):
        if start is not None and start.year > year:
            raise UserError(
                f"{table.name}, line {table.lines[row]}: the agreement starts on "
                f"{start.isoformat()}, after performance year {year} ({years.source}). No "
                "agreement can start after its performance year: state the right one."
            )
