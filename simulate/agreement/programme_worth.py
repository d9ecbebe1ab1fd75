"""What a care programme is worth over an agreement: with it and without it, path by path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from simulate.agreement.finance.costs import ratio
from simulate.agreement.finance.terms import FinanceTerms
from simulate.agreement.outcomes import AgreementOutcomes
from simulate.agreement.plan import AgreementPlan, PlannedPath, agreement_plan
from simulate.agreement.programme_needed import MovedSpending, participants_needed
from simulate.agreement.run import AgreementRun
from simulate.agreement.savings import ProgrammeYears
from simulate.agreement.simulation import assumed_course, simulate_courses
from simulate.analysis.intervention_worth import refuse_precision, stated_facts, variants
from simulate.analysis.interventions import effects_by_year, programme_facts, with_intervention
from simulate.engine.years import Execution
from simulate.measures.agreement import AgreementMeasures, measure_agreement
from simulate.measures.agreement_comparison import compare_agreements
from simulate.measures.cash import discount_factors
from simulate.measures.estimate import Estimate, FloatArray, mean
from simulate.scenario.aco import ACO
from simulate.scenario.intervention import Intervention
from simulate.scenario.scenario import Scenario


@dataclass(frozen=True)
class PathWorth:
    """What one effect of a programme does under one path of contracts; dollars over all years.

    Attributes
    ----------
    planned : PlannedPath
    without, with_it : AgreementMeasures
    differences : dict of str to Estimate
        With it less without it, by measure of all years together, with the standard error of
        the pairs; the cost of the programme aside.
    met_msr : tuple of Estimate
        Change of the chance of reaching the MSR in each performance year.
    next_benchmark : Estimate or None
        Change of the benchmark of the agreement that could follow, dollars a year at the level
        of the stated ones; None where none follows.
    cost, present_value_of_cost : float
        Of the programme, a mean where renewal can be refused: who is out pays nothing more.
    net_of_cost, present_value_net_of_cost : Estimate
        Change of the sum of net, and of its present value, less the cost.
    break_even_cost : Estimate or None
        Cost a participant and year, in dollars of the first, at which the present value of all
        is zero; None without participants.
    needed : Estimate or None
        Participants a year for one more point of the chance of reaching the MSR, the mean of
        the performance years; None where even the whole group does not bring it.
    """

    planned: PlannedPath
    without: AgreementMeasures
    with_it: AgreementMeasures
    differences: dict[str, Estimate]
    met_msr: tuple[Estimate, ...]
    next_benchmark: Estimate | None
    cost: float
    present_value_of_cost: float
    net_of_cost: Estimate
    present_value_net_of_cost: Estimate
    break_even_cost: Estimate | None
    needed: Estimate | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "performance_years": [year.year for year in self.planned.path.years],
            "without": self.without.to_dict(),
            "with": self.with_it.to_dict(),
            "differences": {name: d.to_dict() for name, d in self.differences.items()},
            "differences_of_meeting_msr": [d.to_dict() for d in self.met_msr],
            "difference_of_next_benchmark": self.next_benchmark and self.next_benchmark.to_dict(),
            "programme_cost": self.cost,
            "present_value_of_programme_cost": self.present_value_of_cost,
            "net_of_programme_cost": self.net_of_cost.to_dict(),
            "present_value_net_of_programme_cost": self.present_value_net_of_cost.to_dict(),
            "break_even_cost_per_participant": (
                self.break_even_cost and self.break_even_cost.to_dict()
            ),
            "participants_for_one_more_point": self.needed and self.needed.to_dict(),
        }


@dataclass(frozen=True)
class EffectYears:
    """One effect of a programme: what it comes to by calendar year, and under each path."""

    label: str
    years: ProgrammeYears
    paths: dict[str, PathWorth]

    def to_dict(self, benchmark: float) -> dict[str, Any]:
        """Return plain data for JSON."""
        programme = self.years[0].programme
        return {
            "effect_per_participant": programme.effect,
            "effect_standard_error": programme.effect_standard_error,
            "by_year": [
                {
                    "expected_participants": year.participants,
                    "effect_counted": year.per_participant.counted,
                    "added_true_savings": year.savings / benchmark,
                    "added_true_savings_sd": year.savings_sd / benchmark,
                }
                for year in self.years
            ],
            "paths": {label: worth.to_dict() for label, worth in self.paths.items()},
        }


@dataclass(frozen=True)
class AgreementInterventionWorth:
    """A care programme in one ACO over an agreement: each effect that is asked about.

    Attributes
    ----------
    plan : AgreementPlan
        The agreement without it; the scenario's other interventions are in it.
    stated : Intervention
    effects : tuple of EffectYears
    """

    plan: AgreementPlan
    stated: Intervention
    effects: tuple[EffectYears, ...]

    @property
    def group_size(self) -> float:
        """Members of the group in the ACO, participants or not."""
        return self.effects[0].years[0].group_size

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON; the same for any number of threads."""
        plan = self.plan
        benchmark = plan.population.benchmark
        before = plan.savings_by_year()
        return {
            **stated_facts(self.stated),
            "aco": plan.scenario.aco.model_dump(mode="json", exclude={"notes"}),
            "assumed": list(plan.assumed),
            "start_year": plan.start_year,
            "dollars_of": plan.stated_year,
            "benchmark": benchmark,
            "group_size": self.group_size,
            "true_savings_by_year": [view.mean for view in before],
            "true_savings_sd_by_year": [view.sd for view in before],
            "true_savings_source": plan.true_savings.source,
            "other_interventions": [programme_facts(years[0]) for years in plan.programmes],
            "discount_rate": plan.settings.discount_rate,
            "cost_growth": plan.scenario.finance.cost_growth,
            "seed": plan.scenario.run.seed,
            "paths_simulated": plan.simulated_paths,
            "effects": {effect.label: effect.to_dict(benchmark) for effect in self.effects},
            "notes": list(plan.notes()),
        }


def intervention_worth_in_agreement(
    subject: ACO | Scenario,
    name: str,
    paths: Sequence[str] | None = None,
    execution: Execution | None = None,
) -> AgreementInterventionWorth:
    """Return what an intervention does to paths of contracts over the years of an agreement.

    Parameters
    ----------
    subject : ACO or Scenario
        A scenario's other interventions hold with this one and without it.
    name : str
        One that the scenario states, or else a shipped one.
    paths : sequence of str, optional
        Instead of the scenario's own; see `simulate.agreement.notation.read_path`.
    execution : Execution, optional
        Threads and progress; without influence on the result.

    Raises
    ------
    UserError
        No such intervention, or anything stated that cannot be used.
    """
    scenario = subject if isinstance(subject, Scenario) else Scenario(aco=subject)
    refuse_precision(scenario)
    plan, stated = _without(with_intervention(scenario, name), name, paths)
    effects = {
        label: effects_by_year(plan.scenario, each, plan.population, plan.calendar_years)
        for label, each in variants(stated).items()
    }
    plans = [
        plan,
        *(replace(plan, programmes=(*plan.programmes, years)) for years in effects.values()),
    ]
    courses = [assumed_course(each, plan.true_savings.view) for each in plans]
    moved = MovedSpending(plan, courses[0], list(effects.values()))
    everything = [*courses, *moved.courses]
    simulated = simulate_courses(plan, everything, plan.simulated_paths, execution)
    at_nodes = simulated.expenditure[len(courses) :]
    runs = [AgreementRun(each, simulated, {}) for each in plans]
    worths = tuple(
        EffectYears(label, years, _paths(runs[0], runs[view], view, (moved, at_nodes)))
        for view, (label, years) in enumerate(effects.items(), start=1)
    )
    return AgreementInterventionWorth(plan, stated, worths)


def _without(
    scenario: Scenario, name: str, paths: Sequence[str] | None
) -> tuple[AgreementPlan, Intervention]:
    """Return the plan of an agreement without one intervention, and that intervention."""
    agreement_plan(scenario, paths)  # refused where it does not fit into the years
    stated = next(each for each in scenario.interventions if each.name == name)
    others = tuple(each for each in scenario.interventions if each is not stated)
    return agreement_plan(scenario.model_copy(update={"interventions": others}), paths), stated


def _paths(
    without: AgreementRun,
    with_it: AgreementRun,
    view: int,
    search: tuple[MovedSpending, FloatArray],
) -> dict[str, PathWorth]:
    """Value an effect, the view at a place, under every path of contracts."""
    found, (moved, at_nodes), years = {}, search, with_it.plan.programmes[-1]
    for path in without.plan.paths:
        settled = without.settled(path, 0), with_it.settled(path, view)
        needed = participants_needed(moved, path, without.simulated, at_nodes, years)
        worth = _path_worth(path, (without, with_it), settled)
        found[path.label] = replace(worth, needed=needed)
    return found


def _path_worth(
    path: PlannedPath,
    runs: tuple[AgreementRun, AgreementRun],
    settled: tuple[AgreementOutcomes, AgreementOutcomes],
) -> PathWorth:
    rate = runs[0].plan.settings.discount_rate
    certain = [run.certain(view=1) for run in runs]
    without, with_it = (one.measured_years() for one in settled)
    unit_cost, unit_worth = _unit_costs(runs[1].plan, path, settled[1])
    cost, replicates = runs[1].plan.programmes[-1][0].programme.cost, without.replicates
    gain = (with_it.net - without.net).sum(axis=1)
    value = with_it.cash.present_value(rate) - without.cash.present_value(rate)
    return PathWorth(
        path,
        measure_agreement(without, rate, certain[0]),
        measure_agreement(with_it, rate, certain[1]),
        compare_agreements(with_it, without, rate, all(certain)).differences,
        _met_msr(*settled),
        _next_benchmark(*settled),
        cost * float(unit_cost.mean()),
        cost * float(unit_worth.mean()),
        mean(gain - cost * unit_cost, replicates),
        mean(value - cost * unit_worth, replicates),
        ratio(value, unit_worth, replicates),
    )


def _unit_costs(
    plan: AgreementPlan, path: PlannedPath, outcomes: AgreementOutcomes
) -> tuple[FloatArray, FloatArray]:
    """Return what the last programme costs at a dollar a participant: the sum, its present value.

    Dollars, shape (paths,): a path that may not renew pays nothing more.
    """
    *_, years = plan.programmes
    at_one_dollar = tuple(
        replace(year, programme=replace(year.programme, cost=1.0)) for year in years
    )
    terms = FinanceTerms(replace(plan, programmes=(at_one_dollar,)), path)
    paid = terms.programme_costs * terms.quarters.while_inside(outcomes.in_agreement)
    factors = discount_factors(terms.quarters.times, plan.settings.discount_rate)
    return _added_up(paid, (1.0,) * len(factors)), _added_up(paid, factors)


def _added_up(by_quarter: FloatArray, factors: Sequence[float]) -> FloatArray:
    total = np.zeros(len(by_quarter))
    for quarter, factor in enumerate(factors):
        total += factor * by_quarter[:, quarter]
    return total


def _met_msr(without: AgreementOutcomes, with_it: AgreementOutcomes) -> tuple[Estimate, ...]:
    """Return the change of the chance of reaching the MSR, a performance year each."""
    return tuple(
        mean(after.met_msr.astype(np.float64) - before.met_msr, without.replicates)
        for before, after in zip(without.years, with_it.years, strict=True)
    )


def _next_benchmark(without: AgreementOutcomes, with_it: AgreementOutcomes) -> Estimate | None:
    following = len(without.path.starts) - 1
    if len(without.rebased) < following:
        return None
    before, after = (one.rebased[-1].benchmark for one in (without, with_it))
    return mean(after - before, without.replicates)
