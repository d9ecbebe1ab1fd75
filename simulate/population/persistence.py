"""The same people in several years: rank correlation, turnover, deaths, from an extract."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from simulate.data.enrollment import ENROLLMENT_TYPES
from simulate.population.claims import Claims
from simulate.population.families import FloatArray
from simulate.population.spend_sample import MIN_CLASS

#: Fewest beneficiaries on which an estimate rests; with fewer there is none.
FEWEST = 100


@dataclass(frozen=True)
class PersistenceEstimates:
    """How the people of one enrollment type go from year to year; averages over the years.

    Correlations are of annualised spend of those in the same enrollment type in both years.

    Attributes
    ----------
    pairs : int
        Beneficiaries in the same type in two following years, summed over the pairs of years.
    rank_correlation, truncated_correlation : float or None
        Spearman's of spend and Pearson's of truncated spend, a year apart.
    rank_correlation_two_years : float or None
        Spearman's two years apart.
    top_stays : float or None
        Share of the top 5 % by spend who are in the top 5 % of the next year.
    leavers : float or None
        Share of a year's survivors who do not count in the next year, in any type.
    entrants : float or None
        Share of a year's beneficiaries who did not count in the year before, in any type.
    death_rate : float or None
        Share of beneficiaries who died in the year; none where the extract does not say.
    decedent_ratio : float or None
        Mean calendar-year dollars of those who died over those of the others.
    """

    pairs: int
    rank_correlation: float | None = None
    truncated_correlation: float | None = None
    rank_correlation_two_years: float | None = None
    top_stays: float | None = None
    leavers: float | None = None
    entrants: float | None = None
    death_rate: float | None = None
    decedent_ratio: float | None = None

    @property
    def turnover(self) -> float | None:
        """Share of a year's people who do not count in the next, deaths included."""
        if self.leavers is None:
            return None
        died = self.death_rate or 0.0
        return died + (1.0 - died) * self.leavers


@dataclass(frozen=True)
class _Year:
    """The people of one calendar year, sorted by identity."""

    person: NDArray[np.uint64]
    kind: NDArray[np.int8]
    spend: NDArray[np.float32]
    truncated: NDArray[np.float32]
    died: NDArray[np.bool_]

    def places_of(self, other: _Year) -> NDArray[np.intp]:
        """Return where each person of another year stands here, or -1."""
        at = np.minimum(np.searchsorted(self.person, other.person), self.person.size - 1)
        return np.where(self.person[at] == other.person, at, -1)


class _Averages:
    """Means of several year pairs, each weighted by the people that it rests on."""

    def __init__(self) -> None:
        self._sums: dict[str, tuple[float, float]] = {}

    def add(self, name: str, value: float, people: int) -> None:
        total, weight = self._sums.get(name, (0.0, 0.0))
        self._sums[name] = total + value * people, weight + people

    def add_share(self, name: str, chosen: NDArray[np.bool_]) -> None:
        # A count of 1 to 10 people is a small cell and leaves no trace.
        if chosen.size >= FEWEST and not 0 < int(chosen.sum()) < MIN_CLASS:
            self.add(name, float(chosen.mean()), chosen.size)

    def of(self, name: str) -> float | None:
        total, weight = self._sums.get(name, (0.0, 0.0))
        return total / weight if weight else None


def estimate_persistence(
    claims: Claims, annualised: NDArray[np.float32], truncated: NDArray[np.float32]
) -> dict[str, PersistenceEstimates]:
    """Estimate the persistence of each enrollment type.

    Parameters
    ----------
    claims : Claims
    annualised, truncated : float32 arrays, one entry a row of `claims`
        Annualised spend, dollars, before and after truncation.

    Returns
    -------
    dict of str to PersistenceEstimates
        By enrollment type; types without enough people are left out.
    """
    averages = [_Averages() for _ in ENROLLMENT_TYPES]
    pairs = np.zeros(len(ENROLLMENT_TYPES), np.int64)
    _add_deaths(claims, averages)
    years = sorted(np.unique(claims.year).tolist())
    held: dict[int, _Year] = {}
    for year in years:
        held = {y: v for y, v in held.items() if y >= year - 2}
        held[year] = _sorted_year(claims, annualised, truncated, year)
        if year - 1 in held:
            pairs += _add_pair(held[year - 1], held[year], averages)
        if year - 2 in held:
            _add_two_years(held[year - 2], held[year], averages)
    return {
        name: _estimates(int(pairs[kind]), averages[kind])
        for kind, name in enumerate(ENROLLMENT_TYPES)
        if pairs[kind] >= FEWEST or averages[kind].of("death_rate") is not None
    }


def _estimates(pairs: int, averages: _Averages) -> PersistenceEstimates:
    names = [name for name in PersistenceEstimates.__dataclass_fields__ if name != "pairs"]
    return PersistenceEstimates(pairs, **{name: averages.of(name) for name in names})


def _sorted_year(
    claims: Claims, annualised: NDArray[np.float32], truncated: NDArray[np.float32], year: int
) -> _Year:
    rows = np.flatnonzero(claims.year == year)
    rows = rows[np.argsort(claims.person[rows])]
    return _Year(
        claims.person[rows], claims.kind[rows], annualised[rows], truncated[rows], claims.died[rows]
    )


def _add_pair(before: _Year, after: _Year, averages: list[_Averages]) -> NDArray[np.int64]:
    at = after.places_of(before)
    stayed = at >= 0
    came = before.places_of(after) < 0
    pairs = np.zeros(len(averages), np.int64)
    for kind, found in enumerate(averages):
        alive = (before.kind == kind) & ~before.died
        there = after.kind == kind
        found.add_share("leavers", ~stayed[alive])
        found.add_share("entrants", came[there])
        same = stayed & (before.kind == kind) & (after.kind[at] == kind)
        pairs[kind] = same.sum()
        if pairs[kind] < FEWEST:
            continue
        to = at[same]
        ranks = rankdata(before.spend[same]), rankdata(after.spend[to])
        found.add("rank_correlation", correlation(*ranks), int(pairs[kind]))
        top = [side > 0.95 * pairs[kind] for side in ranks]
        found.add_share("top_stays", top[1][top[0]])
        dollars = correlation(before.truncated[same], after.truncated[to])
        found.add("truncated_correlation", dollars, int(pairs[kind]))
    return pairs


def _add_two_years(before: _Year, after: _Year, averages: list[_Averages]) -> None:
    at = after.places_of(before)
    for kind, found in enumerate(averages):
        same = (at >= 0) & (before.kind == kind) & (after.kind[at] == kind)
        if same.sum() >= FEWEST:
            ranks = correlation(rankdata(before.spend[same]), rankdata(after.spend[at[same]]))
            found.add("rank_correlation_two_years", ranks, int(same.sum()))


def _add_deaths(claims: Claims, averages: list[_Averages]) -> None:
    if not claims.has_deaths:
        return
    for kind, found in enumerate(averages):
        rows = claims.kind == kind
        died, paid = claims.died[rows], claims.paid[rows].astype(np.float64)
        if died.size < FEWEST:
            continue
        found.add_share("death_rate", died)
        if FEWEST <= died.sum() < died.size and paid[~died].mean() > 0.0:
            ratio = float(paid[died].mean() / paid[~died].mean())
            found.add("decedent_ratio", ratio, int(died.sum()))


def correlation(first: NDArray[np.floating], second: NDArray[np.floating]) -> float:
    """Return Pearson's correlation; 0 where one side is constant."""
    x, y = (side.astype(np.float64) - side.mean(dtype=np.float64) for side in (first, second))
    spread: FloatArray = np.sqrt(np.dot(x, x) * np.dot(y, y))
    return float(np.dot(x, y) / spread) if spread > 0.0 else 0.0
