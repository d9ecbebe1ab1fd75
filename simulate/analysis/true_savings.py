"""The view of the true savings that a run takes: stated, or weighted from the record."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from simulate.data import PublishedResult, history
from simulate.engine.years import View
from simulate.errors import UserError
from simulate.population.credibility import (
    Observation,
    Posterior,
    default_credibility,
    observation_of,
    regional_update,
    true_savings_posterior,
)
from simulate.scenario.aco import ACO
from simulate.scenario.scenario import Assumptions

if TYPE_CHECKING:
    from simulate.population.intervention import ProgrammeEffect

#: First performance year: agreements from April and July 2012 are counted from it, too.
_FIRST_YEAR = 2013
_KNOWN_EXACTLY = "stated, as known exactly (true_savings_sd states how uncertain they are)"


@dataclass(frozen=True)
class TrueSavings:
    """A resolved view of the true savings; fractions of the benchmark.

    Attributes
    ----------
    view : View
        Mean and standard deviation.
    source : str
        Where they come from, in words for the reader.
    posterior : Posterior or None
        The credibility behind ``history``.
    programmes : tuple of ProgrammeEffect
        Care programmes whose savings are part of the view.
    """

    view: View
    source: str
    posterior: Posterior | None = None
    programmes: tuple[ProgrammeEffect, ...] = ()


def resolve_true_savings(
    assumptions: Assumptions, aco: ACO, agreement_start: int | None = None
) -> TrueSavings:
    """Resolve the true savings that a scenario states.

    ``history`` is the posterior for the performance year after the ACO's own, from its
    published record (`simulate.population.credibility`). It holds the frozen error of a
    benchmark that is not rebased, and the noise that it takes off is the fitted one,
    whatever noise the run assumes.

    Parameters
    ----------
    assumptions : Assumptions
    aco : ACO
        As it was stated, in the performance year of its savings rate.
    agreement_start : int, optional
        Calendar year in which the agreement that is simulated begins, or began; by default
        that of the ACO.

    Raises
    ------
    UserError
        ``history`` without a published savings rate.
    """
    stated = assumptions.true_savings
    if stated is None:
        stated = "history" if aco.savings_rate is not None else 0.0
    if stated != "history":
        sd = assumptions.true_savings_sd or 0.0
        source = "none: no rate is published"
        if assumptions.true_savings is not None:
            source = "stated" if sd or not stated else _KNOWN_EXACTLY
        return TrueSavings(View(float(stated), sd), source)
    if aco.savings_rate is None:
        raise UserError(
            "true_savings = history: the scenario has no published savings_rate to learn from. "
            "State true_savings as a fraction (0.02), or give savings_rate."
        )
    start = aco.agreement_start_year if agreement_start is None else agreement_start
    return _from_record(assumptions, aco, is_rebased(aco, start))


def _from_record(assumptions: Assumptions, aco: ACO, rebased: bool) -> TrueSavings:
    found = true_savings_posterior(default_credibility(), record_of(aco), rebased=rebased)
    stated = assumptions.true_savings_sd
    # Rounded as shared factors are: a posterior's last bits depend on the platform.
    mean, sd = (round(value * 2.0**40) / 2.0**40 for value in (found.mean, found.sd))
    return TrueSavings(View(mean, sd if stated is None else stated), found.explanation, found)


def record_of(aco: ACO) -> list[Observation]:
    """Return what is known of an ACO's savings rates, up to its own performance year.

    The shipped results with its id; and its own savings rate, where that is none of them,
    in its own performance year.
    """
    assert aco.savings_rate is not None
    rows = _shipped(aco)
    known = [n for n, row in enumerate(rows) if row.savings_rate == aco.savings_rate]
    if known:
        # The rate is a published one, whatever year the run is put in.
        return [observation_of(row) for row in rows[: known[-1] + 1]]
    record = [observation_of(row) for row in rows if row.performance_year <= aco.performance_year]
    if record and record[-1].performance_year == aco.performance_year:
        return [*record[:-1], replace(record[-1], savings_rate=aco.savings_rate)]
    own = Observation(
        aco.id,
        aco.performance_year,
        aco.savings_rate,
        float(aco.assigned_beneficiaries),
        None,
        regional_update(None, None, aco.performance_year),
    )
    return [*record, own]


def _shipped(aco: ACO) -> list[PublishedResult]:
    """Return the ACO's shipped results; none for an id of the user's."""
    try:
        return list(history(aco.id))
    except UserError:
        return []


def is_rebased(aco: ACO, agreement_start: int | None = None) -> bool:
    """Return whether an agreement is another one than that of the published record.

    Its benchmark then is another one, too, whichever of the two began first.

    Parameters
    ----------
    aco : ACO
        As it was stated.
    agreement_start : int, optional
        Calendar year in which the agreement begins, or began; by default that of the ACO.
    """
    own = aco.agreement_start_year
    started = [one.agreement_start.year for one in record_of(aco) if one.agreement_start]
    of_record = started[-1] if started else own
    begins = own if agreement_start is None else agreement_start
    return max(begins, _FIRST_YEAR) != max(of_record, _FIRST_YEAR)
