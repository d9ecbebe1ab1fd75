"""Simulated outcomes in Parquet files: typed columns that say what they are, written by blocks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from simulate.errors import UserError
from simulate.output import check_suffix, check_writable, complete_file

if TYPE_CHECKING:
    from numpy.typing import NDArray

DOLLARS, FRACTION, FLAG = "US dollars per performance year", "fraction", "true or false"
#: Units of whole numbers, and of words that repeat.
INDEX, COUNT, YEAR, MONTHS = "index from 0", "count", "calendar year", "months"
VIEW, NAME = "view", "name"
#: Views of the true savings, by their index in a run.
VIEWS = ("chance alone", "assumed")


class Column(NamedTuple):
    """A column of a file: its name, the unit of its numbers, and what they mean."""

    name: str
    unit: str
    meaning: str


#: What every settlement of a simulated year comes to.
SETTLED = (
    Column("shared_savings", DOLLARS, "Paid to the ACO"),
    Column("shared_losses", DOLLARS, "Owed by the ACO, as a positive number"),
    Column("net", DOLLARS, "Shared savings less shared losses and other cash flows"),
    Column("met_msr", FLAG, "Whether the minimum savings rate was reached"),
    Column("met_mlr", FLAG, "Whether the minimum loss rate was reached"),
    Column("limited", FLAG, "Whether a payment or loss limit cut the result"),
)


def check_parquet_file(path: str | Path, option: str) -> None:
    """Refuse a file that simulated years cannot be saved in, before any work is done.

    Raises
    ------
    UserError
        pyarrow is not installed, the name does not end in .parquet, or it cannot be written.
    """
    check_suffix(path, ".parquet", option)
    check_writable(path, option)
    if find_spec("pyarrow") is None:
        raise UserError(f"{option} {path}: needs pyarrow: pip install 'simulate[parquet]'.")


def schema_of(columns: Sequence[Column], about: Mapping[str, str]) -> Any:
    """Return the schema of a file: typed columns with unit and meaning, and what it is about."""
    import pyarrow as pa

    types = {
        FLAG: pa.bool_(),
        INDEX: pa.int64(),
        COUNT: pa.int16(),
        YEAR: pa.int16(),
        MONTHS: pa.int16(),
        VIEW: pa.dictionary("int8", "string"),
        NAME: pa.dictionary("int16", "string"),
    }
    fields = [
        pa.field(
            column.name,
            types.get(column.unit, pa.float64()),
            nullable=False,
            metadata={"unit": column.unit, "meaning": column.meaning},
        )
        for column in columns
    ]
    return pa.schema(fields, metadata=dict(about))


def write_blocks(path: str | Path, schema: Any, blocks: Iterable[Mapping[str, Any]]) -> None:
    """Write blocks of rows, each its columns by name; complete, or what was there stays.

    Raises
    ------
    UserError
        The file cannot be written.
    """
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

    with (
        complete_file(path) as file,
        ParquetWriter(file, schema, compression="zstd", write_statistics=True) as writer,
    ):
        for block in blocks:
            arrays = [pa.array(block[name]) for name in schema.names]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))


def words_at(places: NDArray[np.integer[Any]], words: Sequence[str]) -> Any:
    """Return the words at some places of a list, as dictionary and indices."""
    import pyarrow as pa

    return pa.DictionaryArray.from_arrays(places, list(words))


def view_of(view: int, count: int) -> Any:
    """Return the name of a view of the true savings in `count` rows."""
    return words_at(np.full(count, view, dtype=np.int8), VIEWS)
