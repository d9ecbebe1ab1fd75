"""When money is paid: settlements with their lag, cash of the year, interim, withheld amounts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from simulate.agreement.path import Path
from simulate.contracts.resolution import ResolvedContract
from simulate.measures.cash import CashFlows
from simulate.measures.estimate import BoolArray, FloatArray
from simulate.measures.outcomes import Outcomes


@dataclass(frozen=True)
class CashOfYears:
    """What contracts pay beside their settlements; dollars, shape (paths, performance years).

    Attributes
    ----------
    at_start : float64 array
        Once, at the beginning of a performance year.
    during : float64 array
        While the ACO is in the programme: by month, or a part of the benchmark.
    """

    at_start: FloatArray
    during: FloatArray

    @property
    def total(self) -> FloatArray:
        """Both."""
        return np.asarray(self.at_start + self.during)


def cash_of_years(
    resolved: Sequence[ResolvedContract], benchmark: FloatArray, in_agreement: BoolArray
) -> CashOfYears:
    """Return what contracts pay beside their settlements.

    Parameters
    ----------
    resolved : sequence of ResolvedContract
        Of each performance year.
    benchmark, in_agreement
        See `simulate.agreement.outcomes.AgreementOutcomes`.
    """
    once = np.array([one.paid_once for one in resolved])
    monthly = np.array([one.terms.extra_cash for one in resolved]) - once
    of_benchmark = np.array([one.terms.extra_cash_of_benchmark for one in resolved])
    return CashOfYears(once * in_agreement, (monthly + of_benchmark * benchmark) * in_agreement)


def payments(
    path: Path,
    resolved: Sequence[ResolvedContract],
    years: Sequence[Outcomes],
    beside: CashOfYears,
    lag: float,
    interim: FloatArray | None = None,
) -> tuple[CashFlows, CashFlows]:
    """Return the dated payments of performance years: their settlements, and all.

    Each performance year is settled `lag` years after its last calendar year. An interim
    payment comes as long after the first year of the path and is taken off the payment of
    the first performance year, which may turn into a repayment. What a contract withholds
    of shared savings first meets later shared losses; the rest is paid with the agreement's
    last settlement. Cash beside the settlements is paid in the performance year: once at its
    beginning, else in the middle of the months in the programme.

    Parameters
    ----------
    path, resolved, years
        The performance years, their terms and their settlements.
    beside : CashOfYears
        What of their net is no part of the settlements.
    lag : float
        Years.
    interim : float64 array, shape (paths,), optional
        Dollars.
    """
    due = _less_withheld(path, resolved, years)
    if beside.total.any():
        due = [dollars - beside.total[:, place] for place, dollars in enumerate(due)]
    times = [year.ends_at + lag for year in path.years]
    labels = [f"{year.label} settlement" for year in path.years]
    if interim is not None:
        due[0] = due[0] - interim
        due.insert(0, interim)
        times.insert(0, 1.0 + lag)
        labels.insert(0, "interim payment, first 12 months")
    settlements = CashFlows(np.array(times), np.stack(due, axis=1), tuple(labels))
    return settlements, _paid_in_years(path, beside, settlements)


def _paid_in_years(path: Path, beside: CashOfYears, settlements: CashFlows) -> CashFlows:
    """Return settlements together with the cash beside them."""
    found = settlements
    for dollars, words, times in (
        (beside.at_start, "once, at its beginning", [year.begins_at for year in path.years]),
        (beside.during, "payments of the year", [year.middle for year in path.years]),
    ):
        places = [place for place in range(len(path.years)) if dollars[:, place].any()]
        labels = tuple(f"{path.years[place].label} {words}" for place in places)
        paid = CashFlows(np.array([times[i] for i in places]), dollars[:, places], labels)
        found = found.plus(paid) if places else found
    return found


def forfeited(
    path: Path, resolved: Sequence[ResolvedContract], years: Sequence[Outcomes]
) -> tuple[Outcomes, ...]:
    """Return settlements of an ACO that leaves early: what is withheld at the end is lost.

    Parameters
    ----------
    path, resolved, years
        The performance years, their terms and their settlements.
    """
    share = resolved[-1].forfeited
    if not share:
        return tuple(years)
    places = path.of_agreement(path.years[-1].agreement)
    lost = share * _withheld(places, resolved, years)[1]
    return (*years[:-1], replace(years[-1], net=years[-1].net - lost))


def _less_withheld(
    path: Path, resolved: Sequence[ResolvedContract], years: Sequence[Outcomes]
) -> list[FloatArray]:
    """Return what is paid after each performance year, withheld savings held back."""
    due = [year.net.copy() for year in years]
    for agreement in range(len(path.starts) - 1):
        places = path.of_agreement(agreement)
        if not any(resolved[place].terms.withhold for place in places):
            continue
        changes, held = _withheld(places, resolved, years)
        for place, change in zip(places, changes, strict=True):
            due[place] += change
        due[places[-1]] += held
    return due


def _withheld(
    places: Sequence[int], resolved: Sequence[ResolvedContract], years: Sequence[Outcomes]
) -> tuple[list[FloatArray], FloatArray]:
    """Return what withholding adds to each payment of an agreement, and what is held at its end."""
    held, changes = np.zeros(len(years[0].net)), []
    for place in places:
        withheld = resolved[place].terms.withhold * years[place].shared_savings
        met = np.minimum(held, years[place].shared_losses)
        changes.append(met - withheld)
        held = held + (withheld - met)
    return changes, held
