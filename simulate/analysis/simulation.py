"""The simulated years of a scenario: one year alone, or with its base years before it."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Literal

from simulate.engine import warm
from simulate.engine.shared_draws import Draws
from simulate.engine.years import Execution, SimulatedYears, View, simulate_years
from simulate.population.population import Noise, Population
from simulate.scenario.scenario import Scenario

if TYPE_CHECKING:
    from simulate.population.panel import Persistence

#: Weights of the base years, the earliest first (CMS methodology specifications v11, section 3).
BASE_YEAR_WEIGHTS = {"10/30/60": (0.1, 0.3, 0.6), "equal-thirds": (1 / 3, 1 / 3, 1 / 3)}


def simulated_under(
    scenario: Scenario,
    population: Population,
    noise: Noise,
    views: tuple[View, ...],
    years: int,
    execution: Execution | None = None,
) -> SimulatedYears:
    """Simulate performance years as a scenario states, with a noisy benchmark where asked.

    The people of the performance year are the same to the last bit either way: base years
    are drawn backward from it.
    """
    draws = draws_of(scenario)
    stated = scenario.assumptions.benchmark_noise
    if stated == "none":
        return simulate_years(population, noise, views, years, draws, execution)
    from simulate.engine.panel_years import BaseYears, CalendarYears, simulate_panel
    from simulate.population.panel import panel_model

    calendar_years = CalendarYears(performance=1, base=BaseYears(BASE_YEAR_WEIGHTS[stated]))
    panel = simulate_panel(
        population,
        noise,
        panel_model(population.models, persistence_of(scenario)),
        views,
        calendar_years,
        years,
        draws,
        execution,
    )
    return SimulatedYears(
        panel.expenditure[:, :, 0], population.benchmark, panel.benchmark, draws.replicates
    )


def kernels_for(
    scenario: Scenario, engine: Literal["monte-carlo", "exact"], comparing: bool = False
) -> tuple[str, ...]:
    """Return the compiled kernels that a run needs, as `simulate.engine.warm` names them.

    Parameters
    ----------
    scenario : Scenario
    engine : {"monte-carlo", "exact"}
    comparing : bool
        Whether a change of preference is searched for, under many views at once.
    """
    if engine == "exact":
        return (warm.SETTLEMENT,)
    if scenario.assumptions.benchmark_noise != "none":
        return (*warm.EVERY_RUN, warm.PANEL)
    return (*warm.EVERY_RUN, warm.SIZES) if comparing else warm.EVERY_RUN


def draws_of(scenario: Scenario) -> Draws:
    """Return the random numbers that a scenario states."""
    return Draws(scenario.run.seed, scenario.run.sampling)


def persistence_of(scenario: Scenario) -> dict[str, Persistence]:
    """Return persistence by enrollment type as the spend model file states it."""
    if scenario.assumptions.spend_model is None:
        return {}
    from simulate.population.panel import Persistence, default_persistence
    from simulate.population.spend_file import load_spend_file

    names = {field.name for field in fields(Persistence)}
    found = {}
    for enrollment_type, estimates in load_spend_file(
        scenario.assumptions.spend_model
    ).persistence.items():
        known = {
            name: value
            for name in names & {*vars(estimates), "turnover"}
            if (value := getattr(estimates, name, None)) is not None
        }
        found[enrollment_type] = replace(default_persistence(enrollment_type), **known)
    return found
