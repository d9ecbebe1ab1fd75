"""How many participants of a care programme one more point of reaching the MSR takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from simulate.agreement.plan import AgreementPlan, PlannedPath
from simulate.agreement.savings import ProgrammeYears, SavingsCourse
from simulate.agreement.settlement import settle_path
from simulate.agreement.simulation import SimulatedAgreement
from simulate.analysis.intervention_worth import POINT
from simulate.analysis.simulation import draws_of
from simulate.measures.estimate import Estimate, FloatArray, mean
from simulate.population.intervention import Counted, ProgrammeEffect

#: Of Chebyshev: spending is close to a cubic of the true savings over so short a range.
_NODES = 4
#: Standard deviations of what a programme adds that the nodes reach beyond its mean.
_REACH = 4.0
#: To a thousandth of the group.
_HALVINGS = 10


class MovedSpending:
    """Spending of simulated paths with any part of a programme's group in it.

    Simulated exactly at a few nodes, at which the true savings are moved by a known amount in
    every calendar year; from there each year of each path is moved to what it has with the
    participants asked for, by the polynomial through the nodes.

    Parameters
    ----------
    plan : AgreementPlan
        Without the programme.
    base : SavingsCourse
        Its true savings.
    effects : sequence of ProgrammeYears
        The effects of the programme that are asked about.
    """

    def __init__(
        self, plan: AgreementPlan, base: SavingsCourse, effects: Sequence[ProgrammeYears]
    ) -> None:
        self.plan, self.base = plan, base
        saving = [years for years in effects if adds_savings(years)]
        self.shifts = _nodes(saving, base.benchmark)
        first = saving[0] if saving else ()
        self.courses = [
            with_programme(base, tuple(_certain(year, shift * base.benchmark) for year in first))
            for shift in self.shifts
        ]

    def at(self, part: float, years: ProgrammeYears, at_nodes: FloatArray) -> FloatArray:
        """Return spending with a part of the group, dollars, shape (paths, calendar years).

        Parameters
        ----------
        part : float
            Of those who could take part, from 0 to 1.
        years : ProgrammeYears
        at_nodes : float64 array, shape (nodes, paths, calendar years)
            Spending under `courses`.
        """
        draws, paths = draws_of(self.plan.scenario), at_nodes.shape[1]
        course = with_programme(self.base, part_of_group(years, part))
        moved = course.drawn_savings(draws, paths) - self.base.drawn_savings(draws, paths)
        spending = np.zeros_like(moved)
        for place, node in enumerate(self.shifts):
            others = np.delete(self.shifts, place)
            weight = np.prod([(moved - other) / (node - other) for other in others], axis=0)
            spending += weight * at_nodes[place]
        return spending


def participants_needed(
    moved: MovedSpending,
    planned: PlannedPath,
    simulated: SimulatedAgreement,
    at_nodes: FloatArray,
    years: ProgrammeYears,
) -> Estimate | None:
    """Return the participants a year for one more point of the chance of reaching the MSR.

    Of the mean chance of the performance years; participants of the calendar year that has most.
    None where even the whole group does not bring it. The error is that of the paired difference
    there, over its mean slope from nobody on.

    Parameters
    ----------
    moved : MovedSpending
    planned : PlannedPath
        One of the plan's paths.
    simulated : SimulatedAgreement
        View 0 is the plan's own.
    at_nodes : float64 array, shape (nodes, paths, calendar years)
        Spending under the courses of `moved`.
    years : ProgrammeYears
        One effect of the programme.
    """
    span = planned.path.calendar_years

    def reached(spending: FloatArray) -> FloatArray:
        settled = settle_path(moved.plan, planned, simulated, spending[:, :span])
        met = [year.met_msr for year in settled.years]
        return np.asarray(np.mean(met, axis=0, dtype=np.float64))

    if not adds_savings(years):
        return None
    before = reached(simulated.expenditure[0])

    def gain(part: float) -> Estimate:
        with_it = reached(moved.at(part, years, at_nodes))
        return mean(with_it - before, simulated.replicates)

    if gain(1.0).value < POINT:
        return None
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if gain(middle).value >= POINT else (middle, high)
    participants = high * max(year.most_participants for year in years)
    return Estimate(participants, gain(high).standard_error * participants / POINT)


def adds_savings(years: ProgrammeYears) -> bool:
    """Whether more participants are expected to save more that CMS counts."""
    return any(year.most_participants * year.per_participant.counted > 0.0 for year in years)


def part_of_group(years: ProgrammeYears, part: float) -> ProgrammeYears:
    """Return a programme with a part of those who could take part, year by year."""
    return tuple(year.with_participants(part * year.most_participants) for year in years)


def with_programme(course: SavingsCourse, years: ProgrammeYears) -> SavingsCourse:
    """Return true savings with one more programme."""
    return replace(course, programmes=(*course.programmes, years))


def _certain(year: ProgrammeEffect, dollars: float) -> ProgrammeEffect:
    """Return a programme that is known to save so many dollars in a year."""
    known = Counted(dollars, dollars, dollars)
    return replace(
        year, participants=1.0, per_participant=known, effect_sd=0.0, participation_sd=0.0
    )


def _nodes(effects: Sequence[ProgrammeYears], benchmark: float) -> FloatArray:
    """Return Chebyshev nodes that cover what the effects add with anybody from none to all."""
    ends = [0.0]
    for years in effects:
        for year in part_of_group(years, 1.0):
            around = _REACH * year.savings_sd
            ends += [(year.savings - around) / benchmark, (year.savings + around) / benchmark]
    if len(ends) == 1:
        return np.zeros(0)
    angles = (2 * np.arange(_NODES) + 1) * np.pi / (2 * _NODES)
    middle, half = 0.5 * (max(ends) + min(ends)), 0.5 * (max(ends) - min(ends))
    return np.asarray(middle - half * np.cos(angles))
