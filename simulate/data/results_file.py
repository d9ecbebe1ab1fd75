"""The one reader of CMS's "Performance Year Financial and Quality Results" files.

CMS publishes one file a performance year, with other column names, units and
ways of writing each time. This module reads any of them into rows of
:class:`PublishedResult`: it knows names (`simulate.data.columns`), finds units out from
the numbers (`simulate.data.units`) and refuses what it cannot read with one message.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from os import PathLike
from pathlib import Path
from typing import Any

from simulate.data.cells import (
    Numbers,
    Place,
    read_dates,
    read_flags,
    read_numbers,
    read_texts,
)
from simulate.data.columns import COLUMNS, ENROLLMENT_TYPES, EXTRA_NAMES, TRACK_FLAGS, Column
from simulate.data.contract_ids import contracts_of, has_track, two_sided_of
from simulate.data.published_result import ByEnrollmentType, PublishedResult
from simulate.data.table import Table, read_table
from simulate.data.units import RATE_RANGES, Rates, rates_by_identity, rates_by_range
from simulate.data.years import find_years
from simulate.errors import UserError

_IDENTITY_DOLLARS = 2.0
_MOST_ROWS_OFF = 0.05
_FIELDS = tuple(field.name for field in fields(PublishedResult))


@dataclass(frozen=True)
class ResultsFile:
    """A results file that has been read.

    Attributes
    ----------
    name : str
        File name.
    rows : tuple of PublishedResult
        In the order of the file.
    year_source : str
        How the performance year became known, in words.
    units : mapping of str to str
        How each rate column is printed, by its name in the file: ``"fraction"``,
        ``"percent"``, ``"percent text"``.
    encoding : str
    columns_read : tuple of str
        Columns of the file that were used, as printed.
    notes : tuple of str
        Single rows that contradict an identity, in words; empty when all agree.
    """

    name: str
    rows: tuple[PublishedResult, ...]
    year_source: str
    units: Mapping[str, str]
    encoding: str
    columns_read: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def performance_years(self) -> tuple[int, ...]:
        """Return the performance years in the file, ascending."""
        return tuple(sorted({row.performance_year for row in self.rows}))

    def for_year(self, year: int) -> ResultsFile:
        """Return the same file with the rows of one performance year only."""
        rows = tuple(row for row in self.rows if row.performance_year == year)
        return replace(self, rows=rows)


def read_results_file(
    path: str | PathLike[str], performance_year: int | None = None
) -> ResultsFile:
    """Read a results file as CMS publishes it, of any year from 2013 on.

    Parameters
    ----------
    path : path
        A ``.csv`` or ``.csv.gz`` file under any name.
    performance_year : int, optional
        The year of the results. Needed only where neither a column nor the file
        name nor the content tells it; of a file with a year column, only the rows
        of this year are returned.

    Returns
    -------
    ResultsFile
        Rates as fractions, money in dollars, per capita in dollars per person-year.

    Raises
    ------
    UserError
        Where the file cannot be read, is of another kind, is cut off, lacks a
        needed column, states something twice or in no consistent unit.
    """
    table = read_table(Path(path))
    _check_columns(table)
    read = _Reading(table, performance_year)
    rows = read.rows()
    result = ResultsFile(
        name=table.name,
        rows=rows,
        year_source=read.years.source,
        units=read.units,
        encoding=table.encoding,
        columns_read=tuple(table.header[place] for place in sorted(table.position.values())),
        notes=tuple(read.notes),
    )
    return result if performance_year is None else result.for_year(performance_year)


def _check_columns(table: Table) -> None:
    """Refuse a file that lacks what every results file has."""
    required = [column for column in COLUMNS if column.required]
    missing = [column.names for column in required if table.find(column.names) is None]
    if not has_track(table):
        missing.append(("Current_Track", *(name for name, _ in TRACK_FLAGS[:2])))
    if not missing:
        return
    needed = len(required) + 1
    if len(missing) > needed / 2:
        raise UserError(
            f"{table.name} is not a CMS results file: {needed - len(missing)} of the {needed} "
            f"columns that every year has are there; its columns begin "
            f"{', '.join(table.header[:6])}. Give a file of 'Performance Year Financial and "
            "Quality Results' from data.cms.gov."
        )
    lacking = "; ".join(" or ".join(names) for names in missing)
    found = [
        table.header[place]
        for column in required
        if (place := table.find(column.names)) is not None
    ]
    raise UserError(
        f"{table.name} lacks needed columns: {lacking}. Found of the needed ones: "
        f"{', '.join(found)}. Keep CMS's column names, or download the file again."
    )


class _Reading:
    """One file on its way from texts to rows: columns by field, then rows."""

    def __init__(self, table: Table, performance_year: int | None) -> None:
        self.table = table
        self.count = len(table.lines)
        self.units: dict[str, str] = {}
        self.notes: list[str] = []
        self.values: dict[str, Sequence[Any]] = {}
        self.half_units: list[dict[str, float]] = [{} for _ in range(self.count)]
        self.printed: dict[str, Numbers] = {}
        for column in COLUMNS:
            self._read_column(column)
        self.years = find_years(table, self.values["current_start"], performance_year)

    def rows(self) -> tuple[PublishedResult, ...]:
        """Return the finished rows."""
        self._identify()
        self._require_numbers()
        self._settle_dollars()
        self._settle_rates()
        self._settle_contracts()
        self._gather_types()
        self.values["agreement_period"] = _whole(self.values["agreement_period"])
        self.values["assigned_beneficiaries"] = _whole(self.values["assigned_beneficiaries"])
        self.values["revenue_category"] = self._revenue_categories()
        # CMS writes both "Re-entering" and "Re-Entering".
        self.values["agreement_type"] = [
            text and text.capitalize() for text in self.values["agreement_type"]
        ]
        self.values["extra"] = self._extras()
        self.values["half_unit"] = self.half_units
        ordered = (self.values[name] for name in _FIELDS)
        return tuple(PublishedResult(*cells) for cells in zip(*ordered, strict=True))

    def _read_column(self, column: Column) -> None:
        """Read one field; rates wait until the dollars are known."""
        place = self.table.find(column.names)
        if place is None:
            self.values[column.field] = [None] * self.count
            return
        cells = self.table.columns[place]
        if column.kind == "text":
            self.values[column.field] = read_texts(cells)
        elif column.kind == "date":
            self.values[column.field] = read_dates(cells, self._place(place))
        elif column.kind == "flag":
            self.values[column.field] = read_flags(cells, self._place(place))
        else:
            numbers = read_numbers(cells, self._place(place))
            self.printed[column.field] = numbers
            if column.kind == "number":
                self._keep(column.field, numbers.values, numbers.half_units)

    def _place(self, place: int) -> Place:
        return Place(self.table.name, self.table.header[place], self.table.lines)

    def _place_of(self, field: str) -> Place:
        """Return the place of the column that `field` was read from."""
        names = next(column.names for column in COLUMNS if column.field == field)
        place = self.table.find(names)
        assert place is not None
        return self._place(place)

    def _keep(self, field: str, values: Sequence[float | None], halves: Sequence[float]) -> None:
        """Store a numeric field with its half units."""
        self.values[field] = values
        for row, value in enumerate(values):
            if value is not None:
                self.half_units[row][field] = halves[row]

    def _identify(self) -> None:
        """Set ids and years; no ACO may appear twice in a year."""
        place = self._place_of("aco_id")
        ids = []
        first: dict[tuple[str, int], int] = {}
        for row, text in enumerate(self.values["aco_id"]):
            if text is None:
                raise place.error(row, "", "the id of an ACO such as A1001")
            key = (text.upper(), self.years.by_row[row])
            if key in first:
                raise UserError(
                    f"{place.file}: {place.column} {key[0]} appears twice in performance year "
                    f"{key[1]}, on lines {place.lines[first[key]]} and {place.lines[row]}; "
                    "expected one row an ACO. Remove the one that is not CMS's."
                )
            first[key] = row
            ids.append(key[0])
        self.values["aco_id"] = ids
        self.values["performance_year"] = self.years.by_row

    def _require_numbers(self) -> None:
        """Refuse rows without people, person-years or dollars."""
        for field in ("assigned_beneficiaries", "person_years", "benchmark", "expenditure"):
            for row, value in enumerate(self.values[field]):
                if value is None or value < 0 or (value == 0 and field != "expenditure"):
                    text = "" if value is None else f"{value:g}"
                    raise self._place_of(field).error(row, text, "a number above 0")

    def _settle_dollars(self) -> None:
        """Check benchmark minus expenditure; recompute the savings rate."""
        pairs = list(zip(self.values["benchmark"], self.values["expenditure"], strict=True))
        difference = [benchmark - spent for benchmark, spent in pairs]
        printed = self.values["benchmark_minus_expenditure"]
        off = [
            row
            for row, value in enumerate(printed)
            if value is not None and abs(value - difference[row]) > _IDENTITY_DOLLARS
        ]
        if len(off) > _MOST_ROWS_OFF * self.count:
            row = off[0]
            raise UserError(
                f"{self.table.name}, line {self.table.lines[row]}, column BnchmkMinExp: "
                f"{printed[row]:.0f} is not ABtotBnchmk - ABtotExp = {difference[row]:.0f}, and "
                f"so on {len(off)} of {self.count} rows; expected agreement within "
                f"${_IDENTITY_DOLLARS:.0f}. The columns are not of one file: download it again."
            )
        self.notes += [
            f"line {self.table.lines[row]}: BnchmkMinExp is printed as {printed[row]:.0f}, "
            f"ABtotBnchmk - ABtotExp is {difference[row]:.0f}"
            for row in off
        ]
        self.values["benchmark_minus_expenditure"] = [
            difference[row] if value is None else value for row, value in enumerate(printed)
        ]
        self.values["savings_rate"] = [
            gain / benchmark for gain, (benchmark, _) in zip(difference, pairs, strict=True)
        ]
        self.values["earned_savings_or_losses"] = self._earned()

    def _earned(self) -> list[float | None]:
        """Return earned savings, or owed losses as a negative amount."""
        earned = list(self.values["earned_savings_or_losses"])
        for row, owed in enumerate(self.values.pop("owed_losses")):
            half = self.half_units[row].pop("owed_losses", 0.0)
            if owed:
                earned[row] = -abs(owed)
                self.half_units[row]["earned_savings_or_losses"] = half
        return earned

    def _settle_rates(self) -> None:
        """Turn every rate column into fractions."""
        for field, numbers in self.printed.items():
            if field == "savings_rate_printed":
                place = self._place_of(field)
                self._keep_rates(
                    field, place, rates_by_identity(numbers, self.values["savings_rate"], place)
                )
            elif field in RATE_RANGES:
                place = self._place_of(field)
                self._keep_rates(field, place, rates_by_range(numbers, RATE_RANGES[field], place))
        quality = self.table.find(["QualScore"])
        cells = [""] * self.count if quality is None else self.table.columns[quality]
        self.values["quality_reporting_only"] = [cell.strip().upper() == "P4R" for cell in cells]

    def _keep_rates(self, field: str, place: Place, rates: Rates) -> None:
        self.units[place.column] = rates.unit
        self.notes += rates.notes
        self._keep(field, rates.values, rates.half_units)

    def _settle_contracts(self) -> None:
        """Set contract, sides and the minimum loss rate."""
        contracts = contracts_of(self.table, self.years.by_row)
        sides = two_sided_of(self.table, self.table.find(["Risk_Model"]), contracts)
        self.values["contract"] = contracts
        self.values["two_sided"] = sides
        # From PY2014 on CMS prints one rate, which is the MLR as well (rule: MLR = MSR).
        saving = self.values["minimum_savings_rate"]
        losing: list[float | None] = []
        for row, printed in enumerate(self.values["minimum_loss_rate"]):
            halves = self.half_units[row]
            if printed is None and sides[row] and saving[row] is not None:
                losing.append(saving[row])
                halves["minimum_loss_rate"] = halves["minimum_savings_rate"]
            else:
                losing.append(None if printed is None else abs(printed))
        self.values["minimum_loss_rate"] = losing

    def _gather_types(self) -> None:
        """Gather the columns by enrollment type into one tuple a row."""
        parts = {column.field.partition(".")[0] for column in COLUMNS if "." in column.field}
        for field in parts:
            columns = [self.values[f"{field}.{kind}"] for kind in ENROLLMENT_TYPES]
            self.values[field] = [
                None if cells == (None,) * len(cells) else ByEnrollmentType(*cells)
                for cells in zip(*columns, strict=True)
            ]

    def _revenue_categories(self) -> list[str | None]:
        found: list[str | None] = []
        for row, text in enumerate(self.values["revenue_category"]):
            word = (text or "").lower().partition(" ")[0]
            if word not in ("", "low", "high"):
                raise self._place_of("revenue_category").error(
                    row, text, "Low Revenue or High Revenue"
                )
            found.append(word or None)
        return found

    def _extras(self) -> list[dict[str, str]]:
        """Return the further flags of each row as printed."""
        places = [
            (name, place) for name in EXTRA_NAMES if (place := self.table.find([name])) is not None
        ]
        return [
            {name: self.table.columns[place][row].strip() for name, place in places}
            for row in range(self.count)
        ]


def _whole(values: Sequence[float | None]) -> list[int | None]:
    """Return whole numbers."""
    return [None if value is None else round(value) for value in values]
