"""Rules over years: rebasing at renewal, who may renew, limits on one-sided years."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from simulate.agreement.eligibility import Standing, not_for_this_aco
from simulate.agreement.path import MONTHS, Path, PerformanceYear
from simulate.contracts.agreement_rules import RenewalTest, agreement_rules
from simulate.contracts.contract import SHARED_SAVINGS_PROGRAM
from simulate.contracts.resolution import ResolvedContract
from simulate.measures.estimate import BoolArray, FloatArray


@dataclass(frozen=True)
class RebasingTerms:
    """What a benchmark is rebased with; fractions unless said otherwise.

    Attributes
    ----------
    weights : tuple of float
        Of the base years, the earliest first.
    regional : float
        Regional adjustment, of the spending of the base years.
    prior_savings_share : float
        Of average prior savings; 0 where the rule does not exist.
    prior_savings_cap : float
        Most that is added for prior savings, dollars a year.
    """

    weights: tuple[float, ...]
    regional: float
    prior_savings_share: float
    prior_savings_cap: float


@dataclass(frozen=True)
class Rebased:
    """The benchmark of the next agreement; dollars a year, arrays of shape (paths,).

    Attributes
    ----------
    historical : float64 array
        Weighted spending of the base years.
    prior_savings : float64 array
        Mean over the base years of benchmark less spending, losses negative; in the dollars of
        each year, as the adjustment for them is reckoned.
    adjustment : float64 array
        What is added: for the region, or for prior savings.
    lost_per_dollar : float64 array
        How many dollars lower the benchmark is for each dollar less spent in every base year.
    """

    historical: FloatArray
    prior_savings: FloatArray
    adjustment: FloatArray
    lost_per_dollar: FloatArray

    @property
    def benchmark(self) -> FloatArray:
        """The rebased benchmark."""
        return self.historical + self.adjustment


def rebased(
    spending: FloatArray, benchmark: FloatArray, growth: Sequence[float], terms: RebasingTerms
) -> Rebased:
    """Rebase a benchmark on the spending of its base years.

    Parameters
    ----------
    spending, benchmark : float64 arrays, shape (paths, base years)
        Of each base year at one year's level: the trend taken out.
    growth : sequence of float
        The trend: what each base year's dollars were of that level.
    terms : RebasingTerms

    Notes
    -----
    CMS methodology specifications v11, section 3 (base years trended to the last one and
    weighted); 42 CFR 425.658 (prior savings: the mean of the base years' savings in the
    dollars of each year, losses counted). One per capita for all enrollment types; person-
    years, risk scores and their mix stay the same.
    """
    historical, prior = np.zeros(len(spending)), np.zeros(len(spending))
    for year, weight in enumerate(terms.weights):
        historical += weight * spending[:, year]
        part = (benchmark[:, year] - spending[:, year]) / len(terms.weights)
        prior += growth[year] / growth[-1] * part
    regional = terms.regional * historical
    of_spending = np.full(len(spending), 1.0 + terms.regional)
    if terms.prior_savings_share == 0.0:
        return Rebased(historical, prior, regional, of_spending)
    earned = terms.prior_savings_share * np.maximum(prior, 0.0)
    for_savings = np.minimum(earned, terms.prior_savings_cap)
    # A dollar a year less is, on average over the base years, so much in their own dollars.
    in_their_dollars = float(np.mean(growth)) / growth[-1]
    still_counts = (earned > 0.0) & (earned < terms.prior_savings_cap)
    of_savings = 1.0 - terms.prior_savings_share * in_their_dollars * still_counts
    return Rebased(
        historical,
        prior,
        np.maximum(regional, for_savings),
        np.where(regional > for_savings, of_spending, of_savings),
    )


def refused_renewal(
    savings_rates: FloatArray, msr: Sequence[float], quality_met: Sequence[bool], test: RenewalTest
) -> BoolArray:
    """Return which paths may not renew a one-sided agreement, shape (paths,).

    Parameters
    ----------
    savings_rates : float64 array, shape (paths, performance years)
        Of the agreement; fractions.
    msr : sequence of float
        Of each performance year; fractions.
    quality_met : sequence of bool
        Whether the quality standard was met in each.
    test : RenewalTest
    """
    tested = range(min(test.value, len(msr)))
    beyond = np.ones(len(savings_rates), dtype=np.bool_)
    for year in tested:
        beyond &= savings_rates[:, year] < -msr[year]
    if len(msr) < test.value:
        beyond[:] = False
    too_few = sum(quality_met[year] for year in tested) < test.quality_in_at_least
    return beyond | too_few


def one_sided(resolved: Sequence[ResolvedContract], places: Sequence[int]) -> bool:
    """Whether all of some performance years are one-sided."""
    return not any(resolved[place].two_sided for place in places)


def broken_rules(
    path: Path, resolved: Sequence[ResolvedContract], standing: Standing, before: int | None
) -> Iterator[str]:
    """Yield a sentence for each rule that a path breaks; it is settled all the same.

    Parameters
    ----------
    path : Path
    resolved : sequence of ResolvedContract
        Of each performance year.
    standing : Standing
        What is known of the ACO before the path.
    before : int or None
        One-sided performance years before it, as stated; None takes those that are known.
    """
    yield from _too_long(path, resolved, standing)
    yield from _too_many_one_sided(path, resolved, standing, before)
    yield from _levels_down(path, standing)
    yield from not_for_this_aco(path, standing)


def _too_long(
    path: Path, resolved: Sequence[ResolvedContract], standing: Standing
) -> Iterator[str]:
    """Yield where an agreement has more performance years than its term."""
    rule = agreement_rules().agreement_term
    for number in dict.fromkeys(year.agreement for year in path.years):
        places = path.of_agreement(number)
        if not all(resolved[place].contract.under_programme_rules for place in places):
            continue
        began, years = standing.beginning(path, number), path.years[places[-1]].agreement_year
        half = _is_half_first(path.years[places[0]], began)
        term = agreement_rules().of_year("agreement_term", began) + half
        if years > term:
            yield (
                f"{path.label}: an agreement from {began} with {years} performance years, but its "
                f"term is {term} ({rule.reference.partition(';')[0]}); a / begins the next "
                "agreement, with a new benchmark; settled as stated."
            )


def _is_half_first(year: PerformanceYear, began: int) -> bool:
    """Whether a performance year is the half year that comes before those of the term."""
    half = year.months < MONTHS and year.agreement_year == 1
    return half and began == agreement_rules().half_years.value


def _too_many_one_sided(
    path: Path, resolved: Sequence[ResolvedContract], standing: Standing, before: int | None
) -> Iterator[str]:
    began = standing.beginning(path, path.years[-1].agreement)
    inside = [
        year.year
        for year, one in zip(path.years, resolved, strict=True)
        if _counted(one) and not _is_half_first(year, began)
    ]
    limit, left_out = _one_sided_limit(began, inside)
    inside = [year for year in inside if year not in left_out]
    known = [year for year in standing.one_sided if year not in left_out]
    counted = len(inside) + (len(known) if before is None else before)
    if not inside or counted <= limit:
        return
    of_record = before is None and known
    earlier = f", {len(known)} of them before (up to {known[-1]})" if of_record else ""
    yield (
        f"{path.label}: {counted} one-sided performance years{earlier}, but an agreement "
        f"that begins in {began} allows {limit} in all (42 CFR 425.600); settled as "
        "stated."
    )


def _one_sided_limit(began: int, years: Sequence[int]) -> tuple[int, list[int]]:
    """Return how many one-sided years there may be in all, and years that do not count."""
    rules = agreement_rules()
    lifted: int = rules.of_year("one_sided_limit_lifted", began)
    if began < lifted <= max(years, default=0):
        return rules.of_year("one_sided_limit", lifted), []
    return rules.of_year("one_sided_limit", began), rules.of_year("frozen_levels", began)


def _levels_down(path: Path, standing: Standing) -> Iterator[str]:
    """Yield where a path goes a level down within an agreement."""
    rule = agreement_rules().glide_path
    levels = rule.value or []
    known = [(0, standing.level_before)] if standing.level_before else []
    steps = [*known, *((year.agreement, year.contract_id) for year in path.years)]
    for (agreement, first), (other, second) in pairwise(steps):
        within = agreement == other and first in levels and second in levels
        if within and levels.index(second) < levels.index(first):
            yield (
                f"{path.label}: goes down from {first} to {second} within an agreement, which "
                f"{rule.reference} does not allow; settled as stated."
            )


def _counted(resolved: ResolvedContract) -> bool:
    contract = resolved.contract
    in_force = contract.programme == SHARED_SAVINGS_PROGRAM and contract.status != "proposed"
    return in_force and not resolved.two_sided
