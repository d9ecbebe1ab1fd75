"""Care programmes of a scenario: from what is stated to the true savings that they add.

What a programme is expected to save (`simulate.population.intervention`) is added to the true
savings as a normal amount: the uncertain mean effect and who happens to take part. The sum over
participants is not quite normal. With n participants its skewness is about 1.5/sqrt(n) and its
standard deviation a few hundredths of that of the measured savings rate, so that chances move by
less than 0.01 points (a test draws the participants one by one). Two further simplifications of
second order: what is saved is that of spending at the benchmark, not at the savings that the ACO
has already, and participants' luck is drawn apart from that of all beneficiaries.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from simulate.analysis.true_savings import TrueSavings
from simulate.engine.years import View
from simulate.population.intervention_catalogue import CataloguedIntervention, load_intervention
from simulate.scenario.intervention import Intervention
from simulate.scenario.scenario import Scenario

if TYPE_CHECKING:
    from simulate.population.intervention import Programme, ProgrammeEffect
    from simulate.population.population import Population

#: Months of the effect of an intervention of the user's own, where not stated.
_WHOLE_YEAR = 12


def programme_of(stated: Intervention) -> Programme:
    """Return a stated intervention in numbers, what it leaves out taken from the catalogue.

    Raises
    ------
    UserError
        No such intervention in the catalogue, or no such effect of it.
    """
    from simulate.population.intervention import Programme

    shipped = None if stated.like is None else load_intervention(stated.like)
    effect, standard_error = _effect(stated, shipped)
    uptake, months = stated.uptake, stated.effect_months
    if shipped is not None:
        if uptake is None and stated.participants is None:
            uptake = shipped.uptake.value
        months = months or int(shipped.effect_months.value)
    group = stated.group or (shipped.group if shipped else None)
    assert group is not None  # held by the model
    return Programme(
        name=stated.name,
        group=group,
        enrollment_types=stated.enrollment_types,
        spend_band=stated.spend_band,
        uptake=uptake,
        participants=stated.participants,
        starts_in_month=stated.starts_in_month,
        ramp_months=stated.ramp_months,
        effect=effect,
        effect_standard_error=standard_error,
        effect_months=months or _WHOLE_YEAR,
        cost=stated.cost_per_participant,
        starts_in_year=stated.starts_in_year,
        ends_in_year=stated.ends_in_year,
    )


def _effect(stated: Intervention, shipped: CataloguedIntervention | None) -> tuple[float, float]:
    """Return the effect and its standard error; a stated effect has only a stated error."""
    if stated.effect is not None:
        return stated.effect, stated.effect_standard_error or 0.0
    assert shipped is not None  # held by the model
    cited = shipped.effect(stated.estimate)
    own = stated.effect_standard_error
    return cited.effect, cited.standard_error if own is None else own


def with_intervention(scenario: Scenario, name: str) -> Scenario:
    """Return the scenario with an intervention in it: its own, or else a shipped one.

    Raises
    ------
    UserError
        Neither has one of that name.
    """
    if any(each.name == name for each in scenario.interventions):
        return scenario
    load_intervention(name)
    return scenario.with_value(f"interventions.{name}.like", name, name)


def effects_of(scenario: Scenario, population: Population) -> tuple[ProgrammeEffect, ...]:
    """Return what each intervention of a scenario comes to in the performance year.

    Raises
    ------
    UserError
        An intervention that is not in the catalogue, or more participants than its group has.
    """
    return tuple(effect_in(scenario, each, population) for each in scenario.interventions)


def effect_in(
    scenario: Scenario, stated: Intervention, population: Population, year: int = 1
) -> ProgrammeEffect:
    """Return what one intervention comes to in a scenario's performance year.

    Parameters
    ----------
    scenario : Scenario
    stated : Intervention
    population : Population
    year : int
        Calendar year of an agreement, from 1.

    Raises
    ------
    UserError
        More participants than its group has.
    """
    from simulate.analysis.simulation import persistence_of
    from simulate.errors import UserError
    from simulate.population.intervention import effect_of

    found = effect_of(programme_of(stated), population, persistence_of(scenario), year)
    if found.participants > found.most_participants * (1.0 + 1e-9):
        who = "die in the year" if found.programme.group == "decedents" else "are in the group"
        raise UserError(
            f"interventions.{stated.name}.participants = {found.participants:,.0f}: about "
            f"{found.most_participants:,.0f} of {population.size:,} assigned beneficiaries {who} "
            "while the programme runs; state no more than these."
        )
    return found


def effects_by_year(
    scenario: Scenario, stated: Intervention, population: Population, years: int
) -> tuple[ProgrammeEffect, ...]:
    """Return what one intervention comes to in each calendar year of an agreement.

    Parameters
    ----------
    scenario : Scenario
    stated : Intervention
    population : Population
        The same in every year; dollars at the level of its benchmark.
    years : int
        How many calendar years.

    Raises
    ------
    UserError
        More participants than its group has.
    """
    from simulate.population.intervention import courses

    programme, found = programme_of(stated), {}
    taken = [tuple(courses(programme, year)) for year in range(1, years + 1)]
    for year, course in enumerate(taken, start=1):
        if course not in found:  # a programme in full is the same every year
            found[course] = effect_in(scenario, stated, population, year)
    return tuple(found[course] for course in taken)


def with_interventions(
    true_savings: TrueSavings, effects: Sequence[ProgrammeEffect], population: Population
) -> TrueSavings:
    """Return the true savings with what programmes add; unchanged where they add nothing.

    Parameters
    ----------
    true_savings : TrueSavings
        Without the programmes.
    effects : sequence of ProgrammeEffect
        Independent of each other.
    population : Population
        Its benchmark turns dollars into fractions.
    """
    if not effects:
        return true_savings
    view = true_savings.view
    for effect in effects:
        view = added(view, effect, population.benchmark)
    words = [true_savings.source, *(_in_words(e, population.benchmark) for e in effects)]
    return replace(true_savings, view=view, source="; ".join(words), programmes=tuple(effects))


def added(view: View, effect: ProgrammeEffect, benchmark: float) -> View:
    """Return a view of the true savings with what a programme adds to it."""
    if not effect.savings and not effect.savings_sd:
        return view  # to the last bit
    sd = effect.savings_sd / benchmark
    return View(view.mean + effect.savings / benchmark, math.hypot(view.sd, sd))


def intervention_notes(scenario: Scenario, of_agreement: bool = False) -> list[str]:
    """Return what a reader of a run must know of its interventions.

    Parameters
    ----------
    scenario : Scenario
    of_agreement : bool
        Whether all years of an agreement are simulated.
    """
    notes = []
    for stated in scenario.interventions:
        note = f"{stated.name}: {_paid(stated, of_agreement)}."
        if stated.starts_in_year > 1 and not of_agreement:
            note += (
                f" It starts in year {stated.starts_in_year} of an agreement, so that it adds "
                "nothing to a run of one year (--agreement shows all)."
            )
        if stated.like is not None:
            shipped = load_intervention(stated.like)
            if stated.effect is None:
                taken = stated.estimate or shipped.default_effect
                note += f" Effect: {taken}, of {', '.join(shipped.effects)}."
            note += f" {shipped.warning.strip()}"
        notes.append(note)
    return notes


def _paid(stated: Intervention, of_agreement: bool) -> str:
    """Return what becomes of the cost of a programme."""
    if not stated.cost_per_participant:
        return "what it costs is not part of the net outcome"
    cost = f"its cost, ${stated.cost_per_participant:,.0f} a participant,"
    said = f"{cost} is not part of the net outcome"
    return f"{said}; finances (--finance) take it off" if of_agreement else said


def programme_facts(effect: ProgrammeEffect) -> dict[str, Any]:
    """Return a programme and what it comes to as plain data for JSON; dollars."""
    return {
        **asdict(effect.programme),
        "group_size": effect.group_size,
        "expected_participants": effect.participants,
        "effect_counted_per_participant": effect.per_participant.counted,
        "expected_savings": effect.savings,
        "savings_sd": effect.savings_sd,
        "programme_cost": effect.cost,
    }


def programme_facts_by_year(years: Sequence[ProgrammeEffect]) -> dict[str, Any]:
    """Return a programme and what it comes to in each calendar year as plain data for JSON.

    Dollars of effect and savings are at the level of the stated benchmark, those of the cost
    before it grows.
    """
    facts = [programme_facts(effect) for effect in years]
    programme = asdict(years[0].programme)
    by_year = [{k: v for k, v in year.items() if k not in programme} for year in facts]
    return {**programme, "by_year": by_year}


def _in_words(effect: ProgrammeEffect, benchmark: float) -> str:
    mean, sd = 100.0 * effect.savings / benchmark, 100.0 * effect.savings_sd / benchmark
    return (
        f"{effect.programme.name} with {effect.participants:,.0f} participants adds {mean:.2f} "
        f"points (standard deviation {sd:.2f})"
    )
