"""Replay of CMS's published settlements: every row recomputed from its inputs.

The settlement is the one of the package (`simulate.kernels.settlement_rule`), the
terms those of the catalogue. A row ends in one class: matched to $1, matched within the
rounding of the published inputs, not determinable because no file prints an input that
matters, or unmatched, with the likeliest rule. No row, id or year is special-cased.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from simulate.data import PublishedResult, ResultsFile, published_results, published_years
from simulate.output import replace_file
from simulate.verify.intervals import Branch, branches, dollars
from simulate.verify.replay_checks import CHECK_NAMES, Check, checks_of
from simulate.verify.replay_explanations import explain
from simulate.verify.replay_inputs import ReplayInputs, inputs_of
from simulate.verify.replay_rules import ALL_RULES, Rule

_ONE_DOLLAR = 1.0
_BINARY_NOISE = 1e-6


class MatchClass(StrEnum):
    """How the recomputed dollars of a row stand to the published ones."""

    TO_THE_DOLLAR = "matched to $1"
    WITHIN_ROUNDING = "matched within rounding"
    NOT_DETERMINABLE = "not determinable, within bounds"
    UNMATCHED = "unmatched"

    @property
    def matched(self) -> bool:
        """Whether the published figure is reproduced."""
        return self in (MatchClass.TO_THE_DOLLAR, MatchClass.WITHIN_ROUNDING)


@dataclass(frozen=True)
class ReplayedRow:
    """One published settlement and its recomputation; US dollars of the row's period.

    Attributes
    ----------
    aco_id, aco_name, performance_year, contract
        Of the row; `contract` is an id of the catalogue.
    published : float or None
        Earned (positive) or owed (negative), as CMS prints it.
    recomputed : float
        The same from the printed inputs.
    low, high : float
        What the rounding of the inputs, or a missing input, leaves possible.
    difference : float or None
        Published less recomputed.
    match_class : MatchClass
    reason : str
        Rules that stand out in a matched row; otherwise why it is not matched. Never
        empty for a row that is not matched.
    inputs_taken_as_published : tuple of str
    checks : tuple of Check
        Other printed figures held against their recomputation.
    """

    aco_id: str
    aco_name: str | None
    performance_year: int
    contract: str
    published: float | None
    recomputed: float
    low: float
    high: float
    difference: float | None
    match_class: MatchClass
    reason: str
    inputs_taken_as_published: tuple[str, ...]
    checks: tuple[Check, ...]

    @property
    def money_moved(self) -> bool:
        """Whether anything was published as earned or owed."""
        return bool(self.published)

    def to_dict(self) -> dict[str, Any]:
        """Return the row as plain data for JSON."""
        return {
            "aco_id": self.aco_id,
            "aco_name": self.aco_name,
            "performance_year": self.performance_year,
            "contract": self.contract,
            "published": self.published,
            "recomputed": round(self.recomputed, 2),
            "difference": None if self.difference is None else round(self.difference, 2),
            "low": round(self.low, 2),
            "high": round(self.high, 2),
            "class": self.match_class.value,
            "reason": self.reason,
            "inputs_taken_as_published": list(self.inputs_taken_as_published),
        }


@dataclass(frozen=True)
class SummaryRow:
    """Counts of one performance year, or of all (`performance_year` None)."""

    performance_year: int | None
    rows: int
    money_rows: int
    matched: int
    money_matched: int
    by_class: dict[MatchClass, int]

    def to_dict(self) -> dict[str, Any]:
        """Return the counts as plain data for JSON."""
        return {
            "performance_year": self.performance_year,
            "rows": self.rows,
            "money_rows": self.money_rows,
            "matched": self.matched,
            "money_matched": self.money_matched,
            "classes": {kind.value: count for kind, count in self.by_class.items()},
        }


@dataclass(frozen=True)
class CheckSummary:
    """How many rows of one check could be compared, and how many agree."""

    name: str
    compared: int
    agree: int


@dataclass(frozen=True)
class Replay:
    """The replay of one or more results files.

    Attributes
    ----------
    rows : tuple of ReplayedRow
        In the order of the files.
    rules : frozenset of Rule
        Rules that were applied.
    files : tuple of str
        Names of the files.
    notes : tuple of str
        What the reader said about the files, in sentences.
    """

    rows: tuple[ReplayedRow, ...]
    rules: frozenset[Rule] = ALL_RULES
    files: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def matched(self) -> int:
        """Number of rows whose published figure is reproduced."""
        return sum(row.match_class.matched for row in self.rows)

    @property
    def settled(self) -> int:
        """Number of rows with a published figure to compare with."""
        return sum(row.published is not None for row in self.rows)

    def not_matched(self) -> tuple[ReplayedRow, ...]:
        """Return the rows that are bounded only or unmatched, each with its reason."""
        return tuple(row for row in self.rows if not row.match_class.matched)

    def of_class(self, match_class: MatchClass) -> tuple[ReplayedRow, ...]:
        """Return the rows of one class."""
        return tuple(row for row in self.rows if row.match_class is match_class)

    def summary(self) -> tuple[SummaryRow, ...]:
        """Return the counts by performance year and class, the total last."""
        years = sorted({row.performance_year for row in self.rows})
        by_year = [[r for r in self.rows if r.performance_year == year] for year in years]
        counted = [_count(year, rows) for year, rows in zip(years, by_year, strict=True)]
        return (*counted, _count(None, self.rows))

    def check_summary(self) -> tuple[CheckSummary, ...]:
        """Return how often each further printed figure agrees."""
        found = []
        for place, name in enumerate(CHECK_NAMES):
            verdicts = [row.checks[place].agrees for row in self.rows]
            compared = [verdict for verdict in verdicts if verdict is not None]
            found.append(CheckSummary(name, len(compared), sum(compared)))
        return tuple(found)

    def to_dict(self) -> dict[str, Any]:
        """Return the replay as plain data for JSON.

        ``unmatched`` lists every row that is not matched, bounded ones included: the
        ``class`` of each tells them apart.
        """
        *by_year, total = (row.to_dict() for row in self.summary())
        return {
            "files": list(self.files),
            "notes": list(self.notes),
            "rows": len(self.rows),
            "settled": self.settled,
            "matched": self.matched,
            "money_rows": total["money_rows"],
            "money_matched": total["money_matched"],
            "unmatched": [row.to_dict() for row in self.not_matched()],
            "by_class": total["classes"],
            "by_year": by_year,
            "checks": [vars(check) for check in self.check_summary()],
            "rules": sorted(self.rules),
        }

    def write_csv(self, path: str | Path) -> None:
        """Write every row with its checks to a CSV file (UTF-8)."""
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(_CSV_HEADER)
        writer.writerows(_csv_cells(row) for row in self.rows)
        replace_file(path, text.getvalue())


_CSV_FIELDS = (
    "performance_year", "aco_id", "aco_name", "contract", "published", "recomputed",
    "difference", "low", "high", "class", "reason",
)  # fmt: skip
_CSV_HEADER = (
    *_CSV_FIELDS,
    "inputs_taken_as_published",
    *(f"{name}: {part}" for name in CHECK_NAMES for part in ("published", "recomputed", "agrees")),
)


def _csv_cells(row: ReplayedRow) -> list[Any]:
    plain = row.to_dict()
    cells = [plain[name] for name in _CSV_FIELDS]
    cells.append("; ".join(row.inputs_taken_as_published))
    for check in row.checks:
        cells += [check.published, check.recomputed, check.agrees]
    return cells


def _count(year: int | None, rows: Sequence[ReplayedRow]) -> SummaryRow:
    money = [row for row in rows if row.money_moved]
    return SummaryRow(
        performance_year=year,
        rows=len(rows),
        money_rows=len(money),
        matched=sum(row.match_class.matched for row in rows),
        money_matched=sum(row.match_class.matched for row in money),
        by_class={kind: sum(row.match_class is kind for row in rows) for kind in MatchClass},
    )


def replay_file(results: ResultsFile, rules: Iterable[str] = ALL_RULES) -> Replay:
    """Recompute every settlement of a results file.

    Parameters
    ----------
    results : ResultsFile
        From `simulate.data.read_results_file`.
    rules : iterable of Rule or of their values
        Rules to apply; leave some out to see what they are worth.

    Returns
    -------
    Replay
    """
    chosen = frozenset(Rule(rule) for rule in rules)
    rows = tuple(_replayed(row, chosen) for row in results.rows)
    notes = (f"{results.name}: performance year from {results.year_source}", *results.notes)
    return Replay(rows, chosen, (results.name,), notes)


def replay_rows(rows: Iterable[PublishedResult], rules: Iterable[str] = ALL_RULES) -> Replay:
    """Recompute the settlements of published rows, whatever their years."""
    chosen = frozenset(Rule(rule) for rule in rules)
    return Replay(tuple(_replayed(row, chosen) for row in rows), chosen)


def replay_shipped(rules: Iterable[str] = ALL_RULES) -> Replay:
    """Recompute every settlement that ships with the package, all years."""
    chosen = frozenset(Rule(rule) for rule in rules)
    parts = [replay_file(published_results(year), chosen) for year in published_years()]
    return Replay(
        rows=tuple(row for part in parts for row in part.rows),
        rules=chosen,
        files=tuple(dict.fromkeys(name for part in parts for name in part.files)),
        notes=tuple(dict.fromkeys(note for part in parts for note in part.notes)),
    )


def _replayed(row: PublishedResult, rules: frozenset[Rule]) -> ReplayedRow:
    inputs = inputs_of(row, rules)
    outcome = inputs.scenario.outcome()
    recomputed = dollars(outcome)
    published = row.earned_savings_or_losses
    ranges = branches(inputs.scenario)
    low, high = _hull(ranges, recomputed)
    verdict = _Verdict(inputs, published, recomputed, ranges)
    match_class, reason = verdict.reached()
    if match_class is MatchClass.NOT_DETERMINABLE:
        low, high = verdict.bounds()
    return ReplayedRow(
        aco_id=row.aco_id,
        aco_name=row.aco_name,
        performance_year=row.performance_year,
        contract=row.contract,
        published=published,
        recomputed=recomputed,
        low=low,
        high=high,
        difference=None if published is None else published - recomputed,
        match_class=match_class,
        reason=reason,
        inputs_taken_as_published=tuple(inputs.taken),
        checks=checks_of(inputs, outcome),
    )


def _hull(ranges: Iterable[Branch], recomputed: float) -> tuple[float, float]:
    low = min(branch.low for branch in ranges)
    high = max(branch.high for branch in ranges)
    return min(low, recomputed), max(high, recomputed)


class _Verdict:
    """The class of one row and the reason for it."""

    def __init__(
        self,
        inputs: ReplayInputs,
        published: float | None,
        recomputed: float,
        ranges: tuple[Branch, ...],
    ) -> None:
        self.inputs = inputs
        self.published = published
        self.recomputed = recomputed
        self.ranges = ranges
        self.half_unit = inputs.row.half_unit.get("earned_savings_or_losses", 0.0)

    def reached(self) -> tuple[MatchClass, str]:
        published, applied = self.published, "; ".join(self.inputs.applied)
        if published is None:
            return MatchClass.NOT_DETERMINABLE, "no earned savings or owed losses are printed"
        if abs(published - self.recomputed) <= _ONE_DOLLAR + _BINARY_NOISE:
            return MatchClass.TO_THE_DOLLAR, applied
        if any(branch.holds(published, self.half_unit) for branch in self.ranges):
            return MatchClass.WITHIN_ROUNDING, "; ".join(filter(None, (self._rounding(), applied)))
        low, high = self.bounds()
        if self._unknown() and low - self.half_unit <= published <= high + self.half_unit:
            return MatchClass.NOT_DETERMINABLE, self._missing(published)
        return MatchClass.UNMATCHED, explain(self.inputs, published, self.half_unit)

    def bounds(self) -> tuple[float, float]:
        """Return the dollars possible where an input is missing."""
        ranges = [*self.ranges]
        for scenario in self.inputs.open_scenarios:
            ranges += branches(scenario)
        low, high = _hull(ranges, self.recomputed)
        if self.inputs.revenue_limit_possible and low < 0.0:
            high = max(high, 0.0)
        return low, high

    def _unknown(self) -> bool:
        limit = self.inputs.revenue_limit_possible and self.recomputed < 0.0
        return limit or bool(self.inputs.open_scenarios)

    def _rounding(self) -> str:
        if len(self.ranges) > 1:
            return "savings rate and MSR or MLR tie after rounding (42 CFR 425.604(b), 605(b))"
        return "within the rounding of the printed inputs"

    def _missing(self, published: float) -> str:
        """Say which input is missing and what it would have to be."""
        unknown = list(self.inputs.unknown)
        if self.inputs.revenue_limit_possible and published < 0.0:
            unknown.append(_implied_limit(self.inputs, published))
        elif self.inputs.revenue_limit_possible:
            unknown.append("participant revenue, on which the loss limit depends")
        return f"an input is not published: {'; '.join(unknown)}"


def _implied_limit(inputs: ReplayInputs, published: float) -> str:
    """Return the revenue-based loss limit that the published losses imply."""
    scenario = inputs.scenario
    before_relief = -published / inputs.factor + scenario.relief.value + scenario.proration.value
    return (
        "the revenue-based loss limit binds (42 CFR 425.605(d)(1)) and no file prints "
        f"participant revenue; the published losses imply a limit of ${before_relief:,.0f}"
    )
