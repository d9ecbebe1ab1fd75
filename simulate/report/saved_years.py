"""Every simulated year of a run in a file: one row a year and view of the true savings.

The file is Parquet: typed columns, compressed, read by pandas, R, SQL engines and others. It
is written a block of years at a time, so memory does not grow with it, and it is complete or
not there at all. The same run gives the same file, for any number of threads.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from simulate._version import __version__
from simulate.data.enrollment import ENROLLMENT_NAMES, ENROLLMENT_TYPES
from simulate.errors import UserError
from simulate.report.parquet import (
    DOLLARS,
    FRACTION,
    INDEX,
    SETTLED,
    VIEW,
    Column,
    check_parquet_file,
    schema_of,
    view_of,
    write_blocks,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulate.analysis.run import Run

#: Years of a block; a reader that filters skips whole blocks.
_YEARS = 1 << 15
_FIRST = (
    Column("year", INDEX, "Simulated year; the same people, practices and shocks in both"),
    Column("true_savings", VIEW, "At the assumed true savings, or at exactly zero (by chance)"),
    Column("benchmark", DOLLARS, "Updated benchmark that the year is settled against"),
    Column("expenditure", DOLLARS, "Truncated expenditure of all assigned beneficiaries"),
    Column("savings_rate", FRACTION, "Benchmark less expenditure, of the benchmark"),
    Column("quality_score", FRACTION, "Quality score of the year"),
)


def saved_columns(run: Run) -> list[Column]:
    """Return the columns of a run's file, in order."""
    columns = list(_FIRST)
    columns += [
        Column(f"expenditure.{kind}", DOLLARS, f"Truncated expenditure, {name}")
        for kind, name in zip(ENROLLMENT_TYPES, ENROLLMENT_NAMES, strict=True)
    ]
    for contract_id, result in run.contracts.items():
        title = result.resolved.contract.title
        columns += [
            Column(f"{contract_id}.{name}", unit, f"{meaning}: {title}")
            for name, unit, meaning in SETTLED
        ]
    return columns


def save_years(run: Run, path: str | Path, option: str = "save_years") -> None:
    """Write every simulated year of a run to a Parquet file.

    Parameters
    ----------
    run : Run
    path : path
        Ends in ``.parquet``; an existing file is replaced once the new one is complete.
    option : str
        What named the file, for messages.

    Raises
    ------
    UserError
        The run is by the exact engine, pyarrow is not installed, or the file cannot be
        written.

    Notes
    -----
    The years at the assumed true savings come first, then the same years by chance alone.
    Each column holds its unit and meaning, and the file the scenario, the version and the
    number of years, as metadata.
    """
    if run.years == 0:
        raise UserError(f"{option} {path}: the exact engine has no simulated years to save.")
    check_parquet_file(path, option)
    write_blocks(path, _schema(run), _blocks(run))


def _blocks(run: Run) -> Iterator[dict[str, Any]]:
    """Yield the columns of one block of years after the other."""
    from simulate.analysis.run import ASSUMED, CHANCE_ALONE

    scores = run.quality_scores()
    for view in (ASSUMED, CHANCE_ALONE):
        for start in range(0, run.years, _YEARS):
            yield _block(run, view, slice(start, min(start + _YEARS, run.years)), scores)


def _block(run: Run, view: int, part: slice, scores: NDArray[np.float64]) -> dict[str, Any]:
    from simulate.analysis.run import outcomes_of

    by_type = run.simulated.expenditure[view, part]
    total = by_type.sum(axis=1)
    benchmark = np.broadcast_to(run.simulated.settled_against, run.years)[part]
    columns: dict[str, Any] = {
        "year": np.arange(part.start, part.stop),
        "true_savings": view_of(view, total.size),
        "benchmark": benchmark,
        "expenditure": total,
        "savings_rate": 1.0 - total / benchmark,
        "quality_score": scores[part],
    }
    columns |= {f"expenditure.{kind}": by_type[:, i] for i, kind in enumerate(ENROLLMENT_TYPES)}
    for contract_id, result in run.contracts.items():
        settled = outcomes_of(result.resolved, run.aco, benchmark, total, scores[part])
        for name, _, _ in SETTLED:
            columns[f"{contract_id}.{name}"] = getattr(settled, name)
    return columns


def _schema(run: Run) -> Any:
    from simulate.scenario.file import scenario_text

    about = {
        "title": "Simulated performance years, one row a year and view of the true savings",
        "simulate_version": __version__,
        "years": str(run.years),
        "seed": str(run.scenario.run.seed),
        "scenario": scenario_text(run.scenario),
    }
    return schema_of(saved_columns(run), about)
