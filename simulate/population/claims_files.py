"""Claims extracts as chunks of columns: CSV or Parquet, through pyarrow or pandas.

Both packages are optional and imported when a file is read. A chunk is a dict of column
name -> array: texts as bytes (``S``), numbers as float64 with NaN where a cell is empty
or unreadable. Messages name the file, the column or the row, never the content of a cell.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import importlib
import re
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulate.errors import UserError

Chunk = dict[str, NDArray[Any]]

_BLOCK_BYTES = 16 << 20
_PANDAS_ROWS = 200_000
_INSTALL = "pip install 'simulate[claims]'"
_EMPTY = ["", "NA", "N/A", "NaN", "nan", "NULL", "null", "None", "."]


def _module(name: str) -> Any:
    """Import a module, or return None where it is not installed."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def is_parquet(path: Path) -> bool:
    """Say whether a file is Parquet, by its first bytes."""
    with path.open("rb") as file:
        return file.read(4) == b"PAR1"


def check_file(path: Path) -> None:
    """Refuse what is no readable, non-empty file.

    Raises
    ------
    UserError
    """
    if not path.exists():
        raise UserError(f"claims file {path} does not exist. Check the path.")
    if path.is_dir():
        raise UserError(f"claims file {path} is a folder. Give the path of each file in it.")
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except OSError as problem:
        raise UserError(f"claims file {path} cannot be read: {problem.strerror}.") from None
    if not start:
        raise UserError(f"claims file {path.name} is empty.")
    if start in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0"):
        raise UserError(
            f"claims file {path.name} is a workbook or ZIP archive; save it as CSV or Parquet."
        )


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def column_names(path: Path) -> list[str]:
    """Return the names of a file's columns as it writes them.

    Raises
    ------
    UserError
        The file has no header, or names a column twice.
    """
    if is_parquet(path):
        names = [str(name) for name in _parquet(path).schema_arrow.names]
    else:
        names = next(csv.reader([_header_line(path)], delimiter=_delimiter(path)), [])
        if len(names) < 2:
            raise UserError(
                f"claims file {path.name}: the first line is not a header of column names "
                "separated by commas, semicolons, tabs or bars."
            )
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UserError(f"claims file {path.name}: the column {twice[0]!r} occurs twice.")
    return names


def _header_line(path: Path) -> str:
    opener: Any = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rb") as file:
            line: bytes = file.readline(1 << 20)
        text = line.decode("utf-8-sig").rstrip("\r\n")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError):
        text = "\0"
    if not text.replace("\t", " ").isprintable():
        raise UserError(
            f"claims file {path.name} is neither Parquet nor CSV text in UTF-8 "
            "(plain, or gzipped with the ending .gz)."
        )
    return text


def _delimiter(path: Path) -> str:
    line = _header_line(path)
    return max(",;\t|", key=line.count)


def _parquet(path: Path) -> Any:
    parquet = _module("pyarrow.parquet")
    if parquet is None:
        raise UserError(f"claims file {path.name}: reading Parquet needs pyarrow: {_INSTALL}")
    try:
        return parquet.ParquetFile(path)
    except (OSError, ValueError):
        raise UserError(f"claims file {path.name} is a damaged Parquet file.") from None


def column_chunks(path: Path, texts: Sequence[str], numbers: Sequence[str]) -> Iterator[Chunk]:
    """Return the wanted columns of a file, a chunk of rows at a time, in the file's order.

    Parameters
    ----------
    path : pathlib.Path
    texts, numbers : sequences of str
        Names of the columns to read, as the file writes them.

    Raises
    ------
    UserError
        Neither pyarrow nor pandas is installed, or the file is damaged.
    """
    if is_parquet(path):
        yield from _parquet_chunks(path, texts, numbers)
    elif _module("pyarrow.csv") is not None:
        yield from _arrow_chunks(path, texts, numbers)
    elif _module("pandas") is not None:
        yield from _pandas_chunks(path, texts, numbers)
    else:
        raise UserError(f"reading claims files needs pyarrow or pandas: {_INSTALL}")


def _parquet_chunks(path: Path, texts: Sequence[str], numbers: Sequence[str]) -> Iterator[Chunk]:
    for batch in _parquet(path).iter_batches(1 << 18, columns=[*texts, *numbers]):
        chunk: Chunk = {name: _texts(batch.column(name)) for name in texts}
        yield chunk | {name: _numbers(batch.column(name)) for name in numbers}


def _arrow_chunks(path: Path, texts: Sequence[str], numbers: Sequence[str]) -> Iterator[Chunk]:
    pa = _module("pyarrow")

    given = 0
    for tolerant in (False, True):
        try:
            for i, batch in enumerate(_arrow_batches(path, texts, numbers, tolerant)):
                if i < given:
                    continue
                chunk: Chunk = {name: _texts(batch.column(name)) for name in texts}
                yield chunk | {name: _numbers(batch.column(name)) for name in numbers}
                given += 1
            return
        except pa.ArrowInvalid as problem:
            # A cell that is no number: read on from here as texts, and count such cells.
            if tolerant or "onversion error" not in str(problem):
                raise UserError(_damage(path, str(problem))) from None


def _arrow_batches(path: Path, texts: Sequence[str], numbers: Sequence[str], tolerant: bool) -> Any:
    pa, arrow_csv = _module("pyarrow"), _module("pyarrow.csv")

    number = pa.string() if tolerant else pa.float64()
    types = dict.fromkeys(texts, pa.string()) | dict.fromkeys(numbers, number)
    return arrow_csv.open_csv(
        str(path),
        read_options=arrow_csv.ReadOptions(block_size=_BLOCK_BYTES),
        parse_options=arrow_csv.ParseOptions(delimiter=_delimiter(path)),
        convert_options=arrow_csv.ConvertOptions(
            include_columns=[*texts, *numbers],
            column_types=types,
            null_values=_EMPTY,
            strings_can_be_null=True,
        ),
    )


def _damage(path: Path, problem: str) -> str:
    # pyarrow's own message quotes the row; what it counted is enough.
    found = re.search(r"Expected (\d+) columns, got (\d+)", problem)
    row = re.search(r"Row #(\d+)", problem)
    where = f" near line {row.group(1)}" if row else ""
    if found:
        return (
            f"claims file {path.name}{where}: a row of {found.group(2)} cells where the header "
            f"has {found.group(1)}. Export the file again."
        )
    return f"claims file {path.name}{where} is damaged or not UTF-8 text. Export the file again."


def _texts(column: Any) -> NDArray[np.bytes_]:
    """Return an Arrow column of any type as fixed-width bytes; empty where missing."""
    pa, compute = _module("pyarrow"), _module("pyarrow.compute")

    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    column = column.cast(pa.binary() if pa.types.is_binary(column.type) else pa.string())
    column = compute.fill_null(column.cast(pa.binary()), b"")
    _, offsets, data = column.buffers()
    ends = np.frombuffer(offsets, np.int32)[column.offset : column.offset + len(column) + 1]
    lengths = np.diff(ends)
    width = max(int(lengths.max(initial=1)), 1)
    held = np.frombuffer(data, np.uint8)[ends[0] : ends[-1]] if data is not None else b""
    if len(held) == width * lengths.size:
        return np.ascontiguousarray(held).view(f"S{width}")
    table = np.zeros((lengths.size, width), np.uint8)
    table[np.arange(width) < lengths[:, None]] = held
    return table.view(f"S{width}").ravel()


def _numbers(column: Any) -> NDArray[np.float64]:
    """Return an Arrow column as float64; NaN where missing or no number."""
    pa, compute = _module("pyarrow"), _module("pyarrow.compute")

    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        plain = compute.replace_substring_regex(column, r"[$,\s]", "")
        number = compute.match_substring_regex(plain, r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$")
        column = compute.if_else(number, plain, pa.scalar(None, pa.string()))
    values = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
    return np.asarray(values, dtype=np.float64)


def _pandas_chunks(path: Path, texts: Sequence[str], numbers: Sequence[str]) -> Iterator[Chunk]:
    pd = _module("pandas")

    try:
        frames = pd.read_csv(
            path,
            sep=_delimiter(path),
            usecols=[*texts, *numbers],
            dtype=str,
            keep_default_na=False,
            na_filter=False,
            encoding="utf-8-sig",
            chunksize=_PANDAS_ROWS,
            index_col=False,
        )
        for frame in frames:
            chunk: Chunk = {
                name: np.array([text.encode() for text in frame[name]], dtype=np.bytes_)
                for name in texts
            }
            for name in texts:
                chunk[name][np.isin(chunk[name], [word.encode() for word in _EMPTY])] = b""
            for name in numbers:
                plain = frame[name].str.replace(r"[$,\s]", "", regex=True)
                chunk[name] = pd.to_numeric(plain, errors="coerce").to_numpy(np.float64)
            yield chunk
    except (ValueError, OSError, UnicodeDecodeError):
        raise UserError(_damage(path, "")) from None
