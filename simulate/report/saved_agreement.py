"""Every simulated path of an agreement run in a file: one row a performance year of it.

A row is what one path of contracts comes to in one performance year of one simulated path,
under one view of the true savings. The file is like that of a run of one year
(`simulate.report.saved_years`): Parquet, complete or not there at all, the same for any number
of threads. One path of contracts is settled at a time, as the run itself does, and written in
blocks, so the file takes no more memory than the run.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from simulate._version import __version__
from simulate.report.parquet import (
    COUNT,
    DOLLARS,
    FLAG,
    FRACTION,
    INDEX,
    MONTHS,
    NAME,
    SETTLED,
    VIEW,
    YEAR,
    Column,
    check_parquet_file,
    schema_of,
    view_of,
    words_at,
    write_blocks,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulate.agreement.outcomes import AgreementOutcomes
    from simulate.agreement.run import AgreementRun

#: Simulated paths of a block; a reader that filters skips whole blocks.
_PATHS = 1 << 13
#: The columns of the file, in order.
COLUMNS = (
    Column("true_savings", VIEW, "At the assumed true savings, or at exactly zero (by chance)"),
    Column("path", NAME, "Path of contracts"),
    Column("simulated_path", INDEX, "Simulated path; the same people and shocks in all of them"),
    Column("performance_year", YEAR, "Calendar year in which the performance year ends"),
    Column("months", MONTHS, "Months that the performance year covers"),
    Column("agreement", COUNT, "Agreement of the path that it belongs to, from 1"),
    Column("agreement_year", COUNT, "Performance year within that agreement, from 1"),
    Column("contract", NAME, "Contract that it is settled under"),
    Column("in_agreement", FLAG, "False where renewal was refused: nothing is earned or owed"),
    Column("benchmark", DOLLARS, "Updated benchmark that the year is settled against"),
    Column("expenditure", DOLLARS, "Truncated expenditure of all assigned beneficiaries"),
    Column("savings_rate", FRACTION, "Benchmark less expenditure, of the benchmark"),
    *SETTLED,
    Column("cumulative_net", "US dollars", "Sum of net up to this performance year"),
)


def save_agreement(run: AgreementRun, path: str | Path, option: str = "save_years") -> None:
    """Write every simulated path of an agreement run to a Parquet file.

    Parameters
    ----------
    run : AgreementRun
    path : path
        Ends in ``.parquet``; an existing file is replaced once the new one is complete.
    option : str
        What named the file, for messages.

    Raises
    ------
    UserError
        pyarrow is not installed, or the file cannot be written.

    Notes
    -----
    The assumed true savings come first, then the same simulated paths by chance alone; within a
    view one path of contracts after the other, each by simulated path and performance year.
    Dollars are those of the year they fall in. Each column holds its unit and meaning, and the
    file the scenario, the version and the number of simulated paths, as metadata.
    """
    check_parquet_file(path, option)
    write_blocks(path, _schema(run), _blocks(run))


def _blocks(run: AgreementRun) -> Iterator[dict[str, Any]]:
    from simulate.agreement.simulation import ASSUMED, CHANCE_ALONE

    for view in (ASSUMED, CHANCE_ALONE):
        for label in run.paths:
            # A function of its own, so that one settlement is gone before the next is made.
            yield from _blocks_of_path(run, label, view)


def _blocks_of_path(run: AgreementRun, label: str, view: int) -> Iterator[dict[str, Any]]:
    settled, count = run.outcomes(label, view), run.plan.simulated_paths
    for start in range(0, count, _PATHS):
        part = slice(start, min(start + _PATHS, count))
        block = _block(run, label, settled, part)
        yield {"true_savings": view_of(view, block["net"].size), **block}


def _block(
    run: AgreementRun, label: str, settled: AgreementOutcomes, part: slice
) -> dict[str, Any]:
    """Return the columns of some simulated paths of one path of contracts."""
    paths, years = part.stop - part.start, settled.path.years
    benchmark, expenditure = settled.benchmark[part], settled.expenditure[part]
    by_year: dict[str, NDArray[Any]] = {
        "in_agreement": settled.in_agreement[part],
        "benchmark": benchmark,
        "expenditure": expenditure,
        "savings_rate": 1.0 - expenditure / benchmark,
    }
    for name, _, _ in SETTLED:
        by_year[name] = np.stack([getattr(year, name)[part] for year in settled.years], axis=1)
    by_year["cumulative_net"] = np.cumsum(by_year["net"], axis=1)
    ids, labels = _contracts(run), list(run.paths)
    contracts = np.array([ids.index(year.contract_id) for year in years], dtype=np.int16)
    return {
        "path": words_at(np.full(paths * len(years), labels.index(label), np.int16), labels),
        "simulated_path": np.repeat(np.arange(part.start, part.stop), len(years)),
        **{name: np.tile(facts, paths) for name, facts in _calendar(settled).items()},
        "contract": words_at(np.tile(contracts, paths), ids),
        **{name: values.ravel() for name, values in by_year.items()},
    }


def _calendar(settled: AgreementOutcomes) -> dict[str, NDArray[np.int16]]:
    """Return what is known of each performance year."""
    years = settled.path.years
    facts = {
        "performance_year": [year.year for year in years],
        "months": [year.months for year in years],
        "agreement": [year.agreement + 1 for year in years],
        "agreement_year": [year.agreement_year for year in years],
    }
    return {name: np.array(values, dtype=np.int16) for name, values in facts.items()}


def _contracts(run: AgreementRun) -> list[str]:
    """Return the contracts of all paths, each once."""
    years = (year for result in run.paths.values() for year in result.planned.path.years)
    return list(dict.fromkeys(year.contract_id for year in years))


def _schema(run: AgreementRun) -> Any:
    from simulate.scenario.file import scenario_text

    about = {
        "title": "Simulated paths of an agreement, one row a path of contracts, simulated path, "
        "performance year and view of the true savings",
        "simulate_version": __version__,
        "paths": str(run.plan.simulated_paths),
        "seed": str(run.scenario.run.seed),
        "scenario": scenario_text(run.plan.asked),
    }
    return schema_of(COLUMNS, about)
