"""CMS's published results as they ship with the package, by year and by ACO.

The shipped files are read by the very reader that reads a user's file. What a
folder holds is known from the file names alone, and where an ACO appears from its
id column alone, so that no year is read in full that is not asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from simulate.data.columns import YEAR_NAMES
from simulate.data.published_result import PublishedResult
from simulate.data.results_file import ResultsFile, read_results_file
from simulate.data.table import read_table
from simulate.errors import UserError, nearest

_FOLDER = Path(__file__).parent / "published_results"
_OTHER_FILE = "A file downloaded from CMS can be read with --results FILE"


def published_years() -> tuple[int, ...]:
    """Return the performance years that ship with the package, ascending."""
    return tuple(sorted(_files_by_year()))


def published_results(year: int) -> ResultsFile:
    """Return what CMS published for one performance year.

    Parameters
    ----------
    year : int
        One of `published_years`.

    Returns
    -------
    ResultsFile
        Rows of this year, in CMS's order; read once and kept.

    Raises
    ------
    UserError
        Where the year does not ship with the package.
    """
    files = _files_by_year()
    if year not in files:
        raise UserError(
            f"performance year {year} does not ship with this package; the years that do are "
            f"{_phrase(published_years())}. {_OTHER_FILE}."
        )
    return _results_of(files[year], year)


def history(aco_id: str) -> tuple[PublishedResult, ...]:
    """Return every published year of an ACO in the shipped files, oldest first.

    Parameters
    ----------
    aco_id : str
        CMS's id, in upper or lower case. Ids changed between PY2017 and PY2018
        (A84830, A1001) and CMS ships no crosswalk, so a history ends or begins there.

    Returns
    -------
    tuple of PublishedResult

    Raises
    ------
    UserError
        Where no shipped year has the id.
    """
    wanted = aco_id.strip().upper()
    years = _years_of(wanted)
    return tuple(_row(published_results(year), wanted) for year in years)


def find_acos(words: str, results_file: Path | None = None) -> tuple[PublishedResult, ...]:
    """Return the latest row of every ACO whose name or id has some words in it, largest first.

    Parameters
    ----------
    words : str
        All of them in any order, in upper or lower case; none finds every ACO of the latest year.
    results_file : pathlib.Path, optional
        A file downloaded from CMS, to be searched instead of the shipped ones.

    Raises
    ------
    UserError
        Where none is found, or the file cannot be read.
    """
    wanted = words.casefold().split()
    if results_file is not None:
        rows: Iterable[PublishedResult] = read_results_file(results_file).rows
    elif wanted:
        rows = (row for year in published_years() for row in published_results(year).rows)
    else:
        rows = published_results(published_years()[-1]).rows
    latest: dict[str, PublishedResult] = {}
    for row in sorted(rows, key=lambda row: row.performance_year):
        named = f"{row.aco_name or ''} {row.aco_id}".casefold()
        if all(word in named for word in wanted):
            latest[row.aco_id] = row
    if not latest:
        raise UserError(
            f"{words}: no ACO of that name or id in {results_file or 'the shipped results'}; state "
            "part of a name, such as 'health network', or an id, such as A1001."
        )
    return tuple(sorted(latest.values(), key=lambda row: -row.assigned_beneficiaries))


def is_aco_id(text: str) -> bool:
    """Whether a text has the form of CMS's ids: a letter and digits."""
    return re.fullmatch(r"[A-Za-z]\d+", text.strip()) is not None


def result(
    aco_id: str, year: int | None = None, results_file: Path | None = None
) -> PublishedResult:
    """Return one published year of an ACO.

    Parameters
    ----------
    aco_id : str
        CMS's id, in upper or lower case.
    year : int, optional
        Performance year; the latest that has the ACO if not given.
    results_file : pathlib.Path, optional
        A file downloaded from CMS, to be searched instead of the shipped ones.

    Returns
    -------
    PublishedResult

    Raises
    ------
    UserError
        For an unknown id or year, or a file that cannot be read.
    """
    wanted = aco_id.strip().upper()
    if results_file is not None:
        return _result_in_file(wanted, year, results_file)
    if year is not None and year not in published_years():
        published_results(year)  # raises the message about the years that ship
    years = _years_of(wanted, year)
    if year is not None and year not in years:
        raise UserError(
            f"ACO {wanted} is not in CMS's results of performance year {year}; it is in "
            f"{_phrase(years)}.{_other_format(wanted, _ids_of(year))} Choose one of these years, "
            "or leave the year out for the latest."
        )
    return _row(published_results(years[-1] if year is None else year), wanted)


def _result_in_file(wanted: str, year: int | None, path: Path) -> PublishedResult:
    """Return the row of an ACO in the user's own file; the latest if several."""
    read = read_results_file(path, year)
    rows = [row for row in read.rows if row.aco_id == wanted]
    if not rows:
        known = [row.aco_id for row in read.rows]
        raise UserError(
            f"ACO {wanted} is not in {read.name} (performance year "
            f"{_phrase(read.performance_years)}, {len(known)} ACOs)."
            f"{_other_format(wanted, known)}{nearest(wanted, known)}"
        )
    return max(rows, key=lambda row: row.performance_year)


def _years_of(wanted: str, year: int | None = None) -> tuple[int, ...]:
    """Return the shipped years that have the id `wanted`."""
    index = _years_by_id()
    if wanted in index:
        return index[wanted]
    hint = ""
    if year is not None:
        hint = _other_format(wanted, _ids_of(year))
    raise UserError(
        f"ACO {wanted or repr(wanted)} is not in the results that ship with this package "
        f"(performance years {_phrase(published_years())}; ids look like "
        f"{_formats(index)}).{hint}{nearest(wanted, index)} simulate aco WORDS finds one by "
        f"its name. {_OTHER_FILE}."
    )


def _ids_of(year: int) -> list[str]:
    """Return the ids of a shipped year."""
    return [aco_id for aco_id, years in _years_by_id().items() if year in years]


def _row(results: ResultsFile, wanted: str) -> PublishedResult:
    return next(row for row in results.rows if row.aco_id == wanted)


def _shape(aco_id: str) -> str:
    """Return the format of an id: ``A84830`` -> ``A#####``."""
    return re.sub(r"\d", "#", aco_id)


def _formats(index: Mapping[str, Iterable[int]]) -> str:
    """Return each format of ids with an example and its years."""
    years: dict[str, set[int]] = {}
    example: dict[str, str] = {}
    for aco_id, found in index.items():
        years.setdefault(_shape(aco_id), set()).update(found)
        example.setdefault(_shape(aco_id), aco_id)
    return ", ".join(
        f"{example[shape]} in PY{min(found)}-{max(found)}" for shape, found in years.items()
    )


def _other_format(wanted: str, known: list[str]) -> str:
    """Return a sentence where the id is of another format than all of `known`."""
    if not known or any(_shape(wanted) == _shape(aco_id) for aco_id in known):
        return ""
    return (
        f" The ids there look like {known[0]}: CMS changed the format between PY2017 (A84830) "
        "and PY2018 (A1001) and the two cannot be joined."
    )


def _phrase(years: Iterable[int]) -> str:
    """Return ``2018, 2019 and 2024``."""
    words = [str(year) for year in years]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


@cache
def _files_by_year() -> dict[int, Path]:
    """Return the shipped file of each year; a file name lists its years."""
    return {
        int(year): path
        for path in sorted(_FOLDER.glob("PY*.csv.gz"))
        for year in re.findall(r"\d{4}", path.name)
    }


@cache
def _file(path: Path) -> ResultsFile:
    return read_results_file(path)


@cache
def _results_of(path: Path, year: int) -> ResultsFile:
    return _file(path).for_year(year)


@cache
def _years_by_id() -> dict[str, tuple[int, ...]]:
    """Return the shipped years of every ACO id, from the id and year columns alone."""
    found: dict[str, list[int]] = {}
    years_of_file: dict[Path, list[int]] = {}
    for year, path in _files_by_year().items():
        years_of_file.setdefault(path, []).append(year)
    for path, years in years_of_file.items():
        table = read_table(path)
        ids, stated = table.find(["ACO_ID", "ACO_Num"]), table.find(YEAR_NAMES)
        assert ids is not None
        by_row = years * len(table.lines) if stated is None else map(int, table.columns[stated])
        for aco_id, year in zip(table.columns[ids], by_row, strict=False):
            found.setdefault(aco_id.strip().upper(), []).append(year)
    return {aco_id: tuple(sorted(listed)) for aco_id, listed in found.items()}
