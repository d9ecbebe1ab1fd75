"""What replay, answer keys and backtests found when last recorded, for the report's validation.

A report cannot rerun all of it (half a minute), so the figures ship as data, with the version
that made them. After a change that moves any of them, record anew::

    python -m simulate.verify.recorded

A test recomputes what is quick to recompute and fails where the record is out of date.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from simulate._version import __version__
from simulate.verify.checks import Check

_FILE = "recorded.json"
_DECIMALS = 6


class ReplayRecord(NamedTuple):
    """How many published settlements were recomputed from their inputs."""

    first_year: int
    last_year: int
    rows: int
    matched: int
    money_rows: int
    money_matched: int


class BacktestRecord(NamedTuple):
    """How predictions of savings rates did; fractions, and CRPS as a fraction of the benchmark."""

    previous_year: int
    next_year: int
    acos: int
    coverage_50: float
    coverage_90: float
    crps: float
    crps_baseline: float
    bias: float


class Recorded(NamedTuple):
    """Everything that was recorded, and the version of the package that it was recorded with."""

    version: str
    replay: ReplayRecord
    checks: tuple[Check, ...]
    backtests: tuple[BacktestRecord, ...]


@cache
def recorded() -> Recorded:
    """Return the record that ships with the package."""
    found = json.loads(_read())
    return Recorded(
        found["version"],
        ReplayRecord(**found["replay"]),
        tuple(Check(**check) for check in found["checks"]),
        tuple(BacktestRecord(**one) for one in found["backtests"]),
    )


def _read() -> str:
    return resources.files("simulate.verify").joinpath(_FILE).read_text("utf-8")


def replay_record() -> ReplayRecord:
    """Replay every published settlement that ships."""
    from simulate.verify.replay import replay_shipped

    replay = replay_shipped()
    money = [row for row in replay.rows if row.money_moved]
    years = [row.performance_year for row in replay.rows]
    return ReplayRecord(
        min(years),
        max(years),
        len(replay.rows),
        replay.matched,
        len(money),
        sum(row.match_class.matched for row in money),
    )


def check_records() -> tuple[Check, ...]:
    """Run every answer key."""
    from simulate.verify.verification import verify

    return verify().checks


def backtest_records() -> tuple[BacktestRecord, ...]:
    """Predict every shipped year from the one before it, where ids can be joined."""
    from simulate.data import published_results, published_years
    from simulate.errors import UserError
    from simulate.verify.backtest import backtest

    records = []
    for before, after in pairwise(published_years()):
        try:
            found = backtest(published_results(before), published_results(after))
        except UserError:
            continue  # CMS changed the ids in between
        scores = (found.coverage_50, found.coverage_90, found.crps, found.crps_baseline, found.bias)
        shown = (round(score, _DECIMALS) for score in scores)
        records.append(BacktestRecord(before, after, len(found.predictions), *shown))
    return tuple(records)


def record(folder: Path) -> Path:
    """Compute everything anew and write it to a folder; returns the file."""
    found = {
        "version": __version__,
        "replay": replay_record()._asdict(),
        "checks": [check.to_dict() for check in check_records()],
        "backtests": [one._asdict() for one in backtest_records()],
    }
    target = folder / _FILE
    target.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return target


if __name__ == "__main__":
    print(f"Wrote {record(Path(__file__).parent)}")
