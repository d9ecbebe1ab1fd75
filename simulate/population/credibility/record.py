"""Published results as records of savings rates: one ACO, its years in order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from simulate.data import PublishedResult
from simulate.errors import UserError
from simulate.population.credibility.agreements import expected_last_year, regional_update

_MONTHS = 12
_UNKNOWN_START_CHANCE = 0.2  # an agreement lasts five years: one in five ends each year


@dataclass(frozen=True)
class Observation:
    """One published savings rate and what decides how it belongs to the others.

    Parameters
    ----------
    aco_id : str
    performance_year : int
    savings_rate : float
        Fraction of the benchmark.
    people : float
        Beneficiaries whose luck it holds; sets the noise. Assigned beneficiaries, times
        the years covered where dollars cover more than one (18 and 21 months of 2012
        starters). Six-month rows of 2019 count as a year: CMS measured calendar 2019 and
        halved the dollars (42 CFR 425.609(b)), so the rate is that of twelve months.
    agreement_start : datetime.date or None
        ``None`` where not known; then years are taken to be of one agreement.
    regional : bool
        Whether the benchmark is updated with regional growth.
    """

    aco_id: str
    performance_year: int
    savings_rate: float
    people: float
    agreement_start: date | None
    regional: bool


def observation_of(row: PublishedResult) -> Observation:
    """Return what the panel model uses of a published row."""
    years_covered = max((row.months_covered or _MONTHS) / _MONTHS, 1.0)
    return Observation(
        row.aco_id,
        row.performance_year,
        row.savings_rate,
        row.assigned_beneficiaries * years_covered,
        row.current_start,
        regional_update(row.current_start, row.agreement_period, row.performance_year),
    )


def records_of(rows: Iterable[PublishedResult]) -> dict[str, list[Observation]]:
    """Return the record of each ACO id, years ascending.

    Ids changed between PY2017 and PY2018 and cannot be joined: an ACO of both is two
    records.

    Raises
    ------
    UserError
        An ACO twice in a year.
    """
    by_id: dict[str, dict[int, Observation]] = {}
    for row in rows:
        years = by_id.setdefault(row.aco_id, {})
        if row.performance_year in years:
            raise UserError(
                f"ACO {row.aco_id} has two results of performance year {row.performance_year}: "
                "give the file of each year once."
            )
        years[row.performance_year] = observation_of(row)
    return {
        aco_id: [years[year] for year in sorted(years)] for aco_id, years in sorted(by_id.items())
    }


def rebased(earlier: Observation, later: Observation) -> bool:
    """Return whether a new agreement, and so a new benchmark, began between two results."""
    starts = (earlier.agreement_start, later.agreement_start)
    return None not in starts and starts[0] != starts[1]


def years_between(record: Sequence[Observation]) -> list[tuple[int, int]]:
    """Return for each result (years within an agreement, rebasings) since the one before."""
    steps = [(0, 0)]
    for earlier, later in pairwise(record):
        elapsed = later.performance_year - earlier.performance_year
        new = int(rebased(earlier, later))
        steps.append((elapsed - new, new))
    return steps


def rebasing_probability(last: Observation, year: int, early_renewal: float) -> float:
    """Return how likely the benchmark is rebased after a result and up to `year`.

    Certain where the agreement is due to end before `year`; otherwise ACOs renew early at
    `early_renewal` a year. Nothing published for `year` is looked at.
    """
    elapsed = year - last.performance_year
    if last.agreement_start is None:
        return 1.0 - (1.0 - _UNKNOWN_START_CHANCE) ** elapsed
    if expected_last_year(last.agreement_start) < year:
        return 1.0
    return 1.0 - (1.0 - early_renewal) ** elapsed
