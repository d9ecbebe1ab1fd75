"""The simulated calendar years of an agreement, the same for every path of contracts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simulate.agreement.plan import AgreementPlan
from simulate.analysis.simulation import BASE_YEAR_WEIGHTS, draws_of, persistence_of
from simulate.engine.panel_totals import PanelCase, simulate_panel_totals
from simulate.engine.panel_years import BaseYears, CalendarYears
from simulate.engine.walks import BENCHMARK_UPDATE, SAVINGS_DRIFT, random_walk
from simulate.engine.years import Execution, View, on_grid
from simulate.measures.estimate import FloatArray
from simulate.population.panel import panel_model
from simulate.scenario.agreement import at_year

#: Views of the true savings, in this order.
CHANCE_ALONE, ASSUMED = 0, 1


@dataclass(frozen=True)
class SimulatedAgreement:
    """Simulated paths of calendar years, before any contract.

    Attributes
    ----------
    expenditure : float64 array, shape (views, paths, calendar years)
        Dollars a year at the level of the stated benchmark: the trend is taken out.
    benchmark : float64 array, shape (paths,)
        Of the first agreement, dollars a year at the same level.
    missed : float64 array, shape (paths, calendar years)
        What the updates up to each year miss of the ACO's own trend: a logarithm, 0 in
        the first year.
    missed_sd : float
        Standard deviation of what one update misses.
    replicates : int or None
        See `simulate.measures.estimate`.
    """

    expenditure: FloatArray
    benchmark: FloatArray
    missed: FloatArray
    missed_sd: float
    replicates: int | None

    def updated(self, calendar_year: int, since: int) -> float | FloatArray:
        """Return what updates since an agreement's first year multiply its benchmark by.

        Their mean is 1: an update misses high as often as low.
        """
        years = calendar_year - since
        if self.missed_sd == 0.0 or years == 0:
            return 1.0
        walked = self.missed[:, calendar_year] - self.missed[:, since]
        return on_grid(np.exp(walked - 0.5 * years * self.missed_sd**2))


def simulate_agreement(
    plan: AgreementPlan, execution: Execution | None = None
) -> SimulatedAgreement:
    """Simulate the calendar years of a plan by chance alone and at the assumed true savings."""
    views = (View(0.0), plan.true_savings.view)
    return simulate_views(plan, views, plan.simulated_paths, execution, drifting=(False, True))


def simulate_views(
    plan: AgreementPlan,
    views: Sequence[View],
    paths: int,
    execution: Execution | None = None,
    drifting: Sequence[bool] | None = None,
) -> SimulatedAgreement:
    """Simulate the calendar years of a plan under views of the true savings.

    Parameters
    ----------
    plan : AgreementPlan
    views : sequence of View
    paths : int
        How many; the first of a longer run.
    execution : Execution, optional
        Threads, chunks and progress; without influence on the result.
    drifting : sequence of bool, optional
        Which views drift from year to year; all of them unless stated.
    """
    case = panel_case(plan, views, paths, drifting)
    totals = simulate_panel_totals(case, execution)
    missed_sd = plan.settings.benchmark_update_sd
    missed = random_walk(case.draws, paths, plan.calendar_years, BENCHMARK_UPDATE, missed_sd)
    return SimulatedAgreement(
        totals.expenditure, totals.benchmark, missed, missed_sd, totals.replicates
    )


def panel_case(
    plan: AgreementPlan, views: Sequence[View], paths: int, drifting: Sequence[bool] | None = None
) -> PanelCase:
    """Return what the engine simulates for a plan; see `simulate_views`."""
    draws, settings, years = draws_of(plan.scenario), plan.settings, plan.calendar_years
    drift = random_walk(draws, paths, years, SAVINGS_DRIFT, settings.savings_drift_sd)
    drifts = np.array(drifting if drifting is not None else [True] * len(views))
    noise = plan.scenario.assumptions.benchmark_noise
    calendar_years = CalendarYears(
        years,
        None if noise == "none" else BaseYears(BASE_YEAR_WEIGHTS[noise]),
        settings.practice_correlation,
        [at_year(settings.savings_ramp, year) for year in range(years)],
        drift * drifts[:, None, None] if settings.savings_drift_sd else None,
    )
    panel = panel_model(plan.population.models, persistence_of(plan.scenario))
    return PanelCase(plan.population, plan.noise, panel, tuple(views), calendar_years, paths, draws)
