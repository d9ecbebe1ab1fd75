"""Make the results files that ship with the package from the files CMS publishes.

CMS publishes the originals at https://data.cms.gov under Medicare Shared Savings
Program, "Performance Year Financial and Quality Results", one CSV file a performance
year. Put them, or extracts that keep CMS's column names, in one folder and run::

    python -m simulate.data.build_published_results SOURCE_FOLDER TARGET_FOLDER

Each file of that kind becomes ``PY<year>.csv.gz`` (``PY<first>_<last>.csv.gz`` where it
holds several years): header names and cell texts are CMS's own, and only the
columns that the reader uses are kept. The output is the same to the last byte for
the same input. A line for PROVENANCE.md is printed for every file.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import sys
from pathlib import Path

from simulate.data.results_file import ResultsFile, read_results_file
from simulate.data.table import Table, read_table
from simulate.errors import UserError

_HEADING = (
    "| Shipped file | Source file | Rows | Columns kept | SHA-256 of the source "
    "| SHA-256 of the shipped file |\n|---|---|---|---|---|---|"
)


def needed_columns(table: Table) -> bytes:
    """Return the columns that the reader uses as CSV in UTF-8, cells as printed."""
    places = sorted(table.position.values())
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.header[place] for place in places)
    writer.writerows(zip(*(table.columns[place] for place in places), strict=True))
    return text.getvalue().encode()


def shipped_name(result: ResultsFile) -> str:
    """Return the file name that tells the performance years: ``PY2024.csv.gz``."""
    years = result.performance_years
    return f"PY{'_'.join(str(year) for year in years)}.csv.gz"


def build(source: Path, target: Path) -> list[str]:
    """Write one shipped file for each results file in `source`.

    Parameters
    ----------
    source : pathlib.Path
        Folder with CMS's files; files of another kind are left aside.
    target : pathlib.Path
        Folder to write to.

    Returns
    -------
    list of str
        One line of the provenance table a file.

    Raises
    ------
    UserError
        Where two files hold the same years.
    """
    target.mkdir(parents=True, exist_ok=True)
    lines: dict[str, str] = {}
    for path in sorted(source.iterdir()):
        try:
            result = read_results_file(path)
        except UserError as problem:
            print(f"left aside: {problem}", file=sys.stderr)
            continue
        name = shipped_name(result)
        if name in lines:
            raise UserError(f"{path.name} holds the same years as another file: {name}.")
        table = read_table(path)
        packed = gzip.compress(needed_columns(table), compresslevel=9, mtime=0)
        (target / name).write_bytes(packed)
        hashes = [hashlib.sha256(raw).hexdigest() for raw in (path.read_bytes(), packed)]
        counts = ", ".join(
            f"PY{year}: {len(result.for_year(year).rows)}" for year in result.performance_years
        )
        lines[name] = (
            f"| {name} | {path.name} | {counts} | {len(table.position)} of {len(table.header)} "
            f"| {hashes[0]} | {hashes[1]} |"
        )
    return [lines[name] for name in sorted(lines)]


def main(arguments: list[str]) -> int:
    """Run from the command line; return the exit status."""
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        lines = build(Path(arguments[0]), Path(arguments[1]))
    except (UserError, OSError) as problem:
        print(problem, file=sys.stderr)
        return 2
    print("\n".join([_HEADING, *lines]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
