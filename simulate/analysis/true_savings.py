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


def resolve_true_savings(assumptions: Assumptions, aco: ACO) -> TrueSavings:
    """Resolve the true savings that a scenario states.

    ``history`` is the posterior for the performance year after the ACO's own, from its
    published record (`simulate.population.credibility`). It holds the frozen error of a
    benchmark that is not rebased, and the noise that it takes off is the fitted one,
    whatever noise the run assumes.

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
        source = "stated" if assumptions.true_savings is not None else "none: no rate is published"
        return TrueSavings(View(float(stated), sd), source)
    if aco.savings_rate is None:
        raise UserError(
            "true_savings = history: the scenario has no published savings_rate to learn from. "
            "State true_savings as a fraction (0.02), or give savings_rate."
        )
    return _from_record(assumptions, aco)


def _from_record(assumptions: Assumptions, aco: ACO) -> TrueSavings:
    found = true_savings_posterior(default_credibility(), record_of(aco), rebased=is_rebased(aco))
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


def is_rebased(aco: ACO) -> bool:
    """Return whether the stated agreement is a newer one than that of the published record."""
    starts = [
        row.current_start.year
        for row in _shipped(aco)
        if row.current_start is not None and row.performance_year <= aco.performance_year
    ]
    return bool(starts) and aco.agreement_start_year > max(starts[-1], 2013)
