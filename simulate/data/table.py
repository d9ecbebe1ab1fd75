"""A results file as a table of texts: bytes, encoding, header, rows of equal length."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from simulate.data.columns import header_key, known_header_keys
from simulate.errors import UserError

_GZIP_MAGIC = b"\x1f\x8b"
_WORKBOOK_MAGIC = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_DOWNLOAD_ADVICE = "Download the CSV file again from data.cms.gov and give its path."


@dataclass(frozen=True)
class Table:
    """The texts of a file, by column.

    Attributes
    ----------
    name : str
        File name, for messages.
    encoding : str
        How the bytes were read.
    header : tuple of str
        Column names as printed, stripped.
    columns : sequence of sequence of str
        Cells by column, in the order of `header`.
    lines : sequence of int
        Line of the file of each row; the header is line 1.
    position : dict of str to int
        Comparison form of a known column name -> its place in `header`.
    """

    name: str
    encoding: str
    header: tuple[str, ...]
    columns: Sequence[Sequence[str]]
    lines: Sequence[int]
    position: dict[str, int]

    def find(self, names: Sequence[str]) -> int | None:
        """Return the place of the first of `names` that the file has, or ``None``."""
        for name in names:
            place = self.position.get(header_key(name))
            if place is not None:
                return place
        return None


def read_table(path: Path) -> Table:
    """Return the texts of a CSV file, gzipped or not.

    Parameters
    ----------
    path : pathlib.Path
        A ``.csv`` or ``.csv.gz`` file; compression is recognised from the content.

    Returns
    -------
    Table

    Raises
    ------
    UserError
        Where the file cannot be read, is empty, is no CSV or is cut off.
    """
    text, encoding = _decode(_read_bytes(path), path.name)
    rows, lines = _split(text, path.name)
    header = tuple(name.strip() for name in rows[0])
    _check_shape(header, rows, lines, path.name)
    columns: Sequence[Sequence[str]] = list(zip(*rows[1:], strict=True))
    return Table(path.name, encoding, header, columns, lines[1:], _positions(header, path.name))


def _read_bytes(path: Path) -> bytes:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise UserError(f"results file {path} does not exist. Check the path.") from None
    except IsADirectoryError:
        raise UserError(
            f"results file {path} is a folder. Give the path of one CSV file in it."
        ) from None
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or problem
        raise UserError(
            f"results file {path} cannot be read: {reason}. Check the path and permissions."
        ) from None
    if not raw.startswith(_GZIP_MAGIC):
        return raw
    try:
        return gzip.decompress(raw)
    except (OSError, EOFError, zlib.error) as problem:
        raise UserError(
            f"results file {path} is a damaged gzip file ({problem}). {_DOWNLOAD_ADVICE}"
        ) from None


def _decode(raw: bytes, name: str) -> tuple[str, str]:
    if not raw.strip():
        raise UserError(f"results file {name} is empty. {_DOWNLOAD_ADVICE}")
    if raw.startswith(_WORKBOOK_MAGIC):
        raise UserError(
            f"results file {name} is a workbook or ZIP archive, not a CSV file. Unpack it, or "
            "save its sheet as CSV, and give that file."
        )
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", errors="replace"), "utf-16"
    try:
        return raw.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        # Some releases are saved by spreadsheets in the Windows code page; only names matter.
        return raw.decode("cp1252", errors="replace"), "windows-1252"


def _split(text: str, name: str) -> tuple[list[list[str]], list[int]]:
    """Return the rows that are not blank, and the line on which each one ends."""
    reader = csv.reader(io.StringIO(text, newline=""))
    rows: list[list[str]] = []
    lines: list[int] = []
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append(row)
                lines.append(reader.line_num)
    except csv.Error as problem:
        raise UserError(
            f"results file {name}, line {reader.line_num}: not readable as CSV ({problem}). "
            f"{_DOWNLOAD_ADVICE}"
        ) from None
    return rows, lines


def _check_shape(
    header: tuple[str, ...], rows: list[list[str]], lines: list[int], name: str
) -> None:
    """Refuse other separators, a header without rows, and rows of another length."""
    if len(header) == 1:
        raise UserError(
            f"results file {name} has no commas in its first line ({header[0][:60]!r}); CMS's "
            f"results files are comma-separated with some 100 to 190 columns. {_DOWNLOAD_ADVICE}"
        )
    if len(rows) == 1:
        raise UserError(f"results file {name} has a header but no rows. {_DOWNLOAD_ADVICE}")
    for row, line in zip(rows, lines, strict=True):
        if len(row) != len(header):
            last = " It is the last line: the file seems to be cut off." if row is rows[-1] else ""
            raise UserError(
                f"results file {name}, line {line}: {len(row)} cells where the header has "
                f"{len(header)} columns.{last} {_DOWNLOAD_ADVICE}"
            )


def _positions(header: tuple[str, ...], name: str) -> dict[str, int]:
    """Return where each known column stands; a known name must not appear twice."""
    known = known_header_keys()
    position: dict[str, int] = {}
    for place, title in enumerate(header):
        key = header_key(title)
        if key not in known:
            continue
        if key in position:
            raise UserError(
                f"results file {name}: column {title} appears twice (columns "
                f"{position[key] + 1} and {place + 1}). Remove the one that is not CMS's."
            )
        position[key] = place
    return position
