"""Rules over years: rebasing at renewal, who may renew, limits on one-sided years."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from simulate.agreement.path import Path
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
    saved : float64 array
        Mean over the base years of benchmark less spending, losses negative; at one year's level.
    prior_savings : float64 array
        The same in the dollars of each year, as the adjustment for them is reckoned.
    adjustment : float64 array
        What is added: for the region, or for prior savings.
    """

    historical: FloatArray
    saved: FloatArray
    prior_savings: FloatArray
    adjustment: FloatArray

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
    historical, saved, prior = (np.zeros(len(spending)) for _ in range(3))
    for year, weight in enumerate(terms.weights):
        historical += weight * spending[:, year]
        part = (benchmark[:, year] - spending[:, year]) / len(terms.weights)
        saved += part
        prior += growth[year] / growth[-1] * part
    regional = terms.regional * historical
    if terms.prior_savings_share == 0.0:
        return Rebased(historical, saved, prior, regional)
    earned = terms.prior_savings_share * np.maximum(prior, 0.0)
    for_savings = np.minimum(earned, terms.prior_savings_cap)
    return Rebased(historical, saved, prior, np.maximum(regional, for_savings))


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
    path: Path, resolved: Sequence[ResolvedContract], start_year: int, before: int
) -> Iterator[str]:
    """Yield a sentence for each rule that a path breaks; it is settled all the same.

    Parameters
    ----------
    path : Path
    resolved : sequence of ResolvedContract
        Of each performance year.
    start_year : int
        Calendar year in which the path begins.
    before : int
        One-sided performance years before it.
    """
    rules = agreement_rules()
    began = start_year + path.starts[path.years[-1].agreement]
    limit = rules.of_year("one_sided_limit", began)
    counted = before + sum(_counts_as_one_sided(one) for one in resolved)
    if counted > limit:
        yield (
            f"{path.label}: {counted} one-sided performance years, but an agreement that begins in "
            f"{began} allows {limit} in all (42 CFR 425.600); settled as stated."
        )
    levels = rules.glide_path.value or []
    for earlier, later in zip(path.years, path.years[1:], strict=False):
        ids = earlier.contract_id, later.contract_id
        within = earlier.agreement == later.agreement and all(i in levels for i in ids)
        if within and levels.index(ids[1]) < levels.index(ids[0]):
            yield (
                f"{path.label}: goes down from {ids[0]} to {ids[1]} within an agreement, which "
                f"{rules.glide_path.reference} does not allow; settled as stated."
            )


def _counts_as_one_sided(resolved: ResolvedContract) -> bool:
    contract = resolved.contract
    in_force = contract.programme == SHARED_SAVINGS_PROGRAM and contract.status != "proposed"
    return in_force and not resolved.two_sided
