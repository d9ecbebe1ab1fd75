"""The simulated calendar years of an agreement, the same for every path of contracts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simulate.agreement.plan import AgreementPlan
from simulate.agreement.savings import SavingsCourse
from simulate.analysis.simulation import BASE_YEAR_WEIGHTS, draws_of, persistence_of
from simulate.engine.panel_totals import PanelCase, simulate_panel_totals
from simulate.engine.panel_years import BaseYears, CalendarYears
from simulate.engine.shared_draws import Draws
from simulate.engine.walks import BENCHMARK_UPDATE, SAVINGS_DRIFT, random_step, random_walk
from simulate.engine.years import Execution, View, on_grid
from simulate.measures.estimate import FloatArray
from simulate.population.panel import panel_model
from simulate.scenario.agreement import at_year

#: Views of the true savings, in this order.
CHANCE_ALONE, ASSUMED = 0, 1


@dataclass(frozen=True)
class Missed:
    """What the updates of a benchmark miss of the ACO's own trend, in logarithms.

    Attributes
    ----------
    walk : float64 array, shape (paths, calendar years)
        Added up from the first year, where it is 0.
    sd : float
        Standard deviation of what one update misses.
    first : float64 array, shape (paths, calendar years)
        What an agreement that begins in a year has missed by then.
    first_sd : float
        Its standard deviation.
    """

    walk: FloatArray
    sd: float
    first: FloatArray
    first_sd: float

    def updated(self, calendar_year: int, since: int) -> float | FloatArray:
        """Return what multiplies the benchmark of an agreement that began in `since`.

        Its mean is 1: an update misses high as often as low.
        """
        if self.sd == 0.0:
            return 1.0
        walked = self.walk[:, calendar_year] - self.walk[:, since] + self.first[:, since]
        variance = (calendar_year - since) * self.sd**2 + self.first_sd**2
        return on_grid(np.exp(walked - 0.5 * variance))


@dataclass(frozen=True)
class SimulatedAgreement:
    """Simulated paths of calendar years, before any contract.

    Attributes
    ----------
    expenditure : float64 array, shape (views, paths, calendar years)
        Dollars a year at the level of the stated benchmark: the trend is taken out.
    benchmark : float64 array, shape (paths,)
        Of the first agreement, dollars a year at the same level.
    missed : Missed
        What the updates of the benchmark miss of the ACO's own trend.
    replicates : int or None
        See `simulate.measures.estimate`.
    """

    expenditure: FloatArray
    benchmark: FloatArray
    missed: Missed
    replicates: int | None


def simulate_agreement(
    plan: AgreementPlan, execution: Execution | None = None
) -> SimulatedAgreement:
    """Simulate the calendar years of a plan by chance alone and at the assumed true savings."""
    return simulate_courses(plan, run_courses(plan), plan.simulated_paths, execution)


def run_courses(plan: AgreementPlan) -> tuple[SavingsCourse, SavingsCourse]:
    """Return the views of a run through the years: chance alone, and the assumed true savings."""
    by_chance = SavingsCourse(View(0.0), (1.0,) * plan.calendar_years, drifts=False)
    return by_chance, assumed_course(plan, plan.true_savings.view)


def assumed_course(plan: AgreementPlan, stated: View) -> SavingsCourse:
    """Return a view of the true savings as a plan has them grow, with its programmes.

    Parameters
    ----------
    plan : AgreementPlan
    stated : View
        The true savings besides programmes, before they grow.
    """
    ramp = tuple(at_year(plan.settings.savings_ramp, year) for year in range(plan.calendar_years))
    return SavingsCourse(stated, ramp, plan.programmes, plan.population.benchmark)


def simulate_courses(
    plan: AgreementPlan,
    courses: Sequence[SavingsCourse],
    paths: int,
    execution: Execution | None = None,
) -> SimulatedAgreement:
    """Simulate the calendar years of a plan under views of the true savings.

    Parameters
    ----------
    plan : AgreementPlan
    courses : sequence of SavingsCourse
        Each through the plan's calendar years.
    paths : int
        How many; the first of a longer run.
    execution : Execution, optional
        Threads, chunks and progress; without influence on the result.
    """
    case = panel_case(plan, courses, paths)
    totals = simulate_panel_totals(case, execution)
    missed = _missed(plan, case.draws, paths)
    return SimulatedAgreement(totals.expenditure, totals.benchmark, missed, totals.replicates)


def _missed(plan: AgreementPlan, draws: Draws, paths: int) -> Missed:
    years, sd, first_sd = (
        plan.calendar_years, plan.settings.benchmark_update_sd, plan.missed_at_start_sd
    )  # fmt: skip
    walk = random_walk(draws, paths, years, BENCHMARK_UPDATE, sd)
    if first_sd == 0.0:
        return Missed(walk, sd, np.broadcast_to(0.0, walk.shape), 0.0)
    # The step into a year; at its start an agreement has missed that much less of it.
    steps = [random_step(draws, paths, year, BENCHMARK_UPDATE) for year in range(years)]
    return Missed(walk, sd, first_sd * np.stack(steps, axis=1), first_sd)


def panel_case(plan: AgreementPlan, courses: Sequence[SavingsCourse], paths: int) -> PanelCase:
    """Return what the engine simulates for a plan; see `simulate_courses`."""
    draws, settings, years = draws_of(plan.scenario), plan.settings, plan.calendar_years
    noise = plan.scenario.assumptions.benchmark_noise
    calendar_years = CalendarYears(
        years,
        None if noise == "none" else BaseYears(BASE_YEAR_WEIGHTS[noise]),
        settings.practice_correlation,
        np.array([course.factors() for course in courses])[:, None, :],
        _added(courses, draws, paths, settings.savings_drift_sd),
    )
    panel = panel_model(plan.population.models, persistence_of(plan.scenario))
    views = tuple(course.drawn for course in courses)
    return PanelCase(plan.population, plan.noise, panel, views, calendar_years, paths, draws)


def _added(
    courses: Sequence[SavingsCourse], draws: Draws, paths: int, drift_sd: float
) -> FloatArray | None:
    """Return what drifts and programmes add to the views, (views, paths, years); None: nothing."""
    if not drift_sd and not any(course.changed for course in courses):
        return None
    drift = random_walk(draws, paths, len(courses[0].ramp), SAVINGS_DRIFT, drift_sd)
    return np.stack([drift * course.drifts + course.added(draws, paths) for course in courses])
