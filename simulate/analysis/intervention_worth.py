"""What a care programme is worth: with it and without it, on the same simulated years."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import ndtri

from simulate.analysis.choices import (
    check_sampling,
    noise_of,
    population_of,
    resolved_contracts,
)
from simulate.analysis.interventions import (
    added,
    effect_in,
    effects_of,
    with_intervention,
    with_interventions,
)
from simulate.analysis.run import outcomes_of
from simulate.analysis.simulation import draws_of, simulated_under
from simulate.analysis.true_savings import TrueSavings, resolve_true_savings
from simulate.contracts.contract import Contract
from simulate.contracts.resolution import ResolvedContract
from simulate.engine.years import (
    TRUE_SAVINGS,
    Execution,
    View,
    on_grid,
    simulated_quality,
)
from simulate.errors import UserError
from simulate.measures.comparison import compare_outcomes
from simulate.measures.estimate import Estimate, FloatArray, mean
from simulate.measures.outcomes import Measures, Outcomes, measure
from simulate.population.intervention_catalogue import load_intervention
from simulate.scenario.aco import ACO
from simulate.scenario.intervention import Intervention
from simulate.scenario.scenario import Scenario

if TYPE_CHECKING:
    from simulate.population.intervention import ProgrammeEffect
    from simulate.population.population import Population

#: One more point of a chance.
POINT = 0.01
#: Views of true savings between which a year's expenditure is interpolated.
_NODES = 6
#: Standard deviations of the true savings that the nodes reach beyond the means.
_REACH = 4.0
_HALVINGS = 20


@dataclass(frozen=True)
class ContractWorth:
    """What a programme does under one contract; dollars per performance year.

    Attributes
    ----------
    resolved : ResolvedContract
        The terms that were applied.
    without, with_it : Measures
    differences : dict of str to Estimate
        With it less without it, by measure, with the standard error of the pairs.
    needed : Estimate or None
        Participants for one more percentage point of the chance of reaching the MSR;
        None where even the whole group does not bring it.
    net_of_cost : Estimate
        Change of the expected net outcome less the cost of the programme.
    break_even_cost : Estimate or None
        Cost a participant at which nothing is gained; None without participants.
    """

    resolved: ResolvedContract
    without: Measures
    with_it: Measures
    differences: dict[str, Estimate]
    needed: Estimate | None
    net_of_cost: Estimate
    break_even_cost: Estimate | None

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "msr": self.resolved.terms.msr if self.resolved.shares_savings else None,
            "without": self.without.to_dict(),
            "with": self.with_it.to_dict(),
            "differences": {name: d.to_dict() for name, d in self.differences.items()},
            "participants_for_one_more_point": _plain(self.needed),
            "net_of_programme_cost": self.net_of_cost.to_dict(),
            "break_even_cost_per_participant": _plain(self.break_even_cost),
        }


@dataclass(frozen=True)
class EffectWorth:
    """What one effect of a programme is worth, contract by contract."""

    label: str
    effect: ProgrammeEffect
    view: View
    contracts: dict[str, ContractWorth]

    def to_dict(self, benchmark: float) -> dict[str, Any]:
        """Return plain data for JSON."""
        found, programme = self.effect, self.effect.programme
        return {
            "effect_per_participant": programme.effect,
            "effect_standard_error": programme.effect_standard_error,
            "effect_in_performance_year": found.per_participant.in_year,
            "effect_saved": found.per_participant.saved,
            "effect_counted": found.per_participant.counted,
            "expected_participants": found.participants,
            "programme_cost": found.cost,
            "added_true_savings": found.savings / benchmark,
            "added_true_savings_sd": found.savings_sd / benchmark,
            "contracts": {i: worth.to_dict() for i, worth in self.contracts.items()},
        }


@dataclass(frozen=True)
class InterventionWorth:
    """A care programme in one ACO: each effect that is asked about, with it and without it.

    Attributes
    ----------
    scenario : Scenario
    stated : Intervention
    population : Population
    without : TrueSavings
        The true savings without it.
    effects : tuple of EffectWorth
    """

    scenario: Scenario
    stated: Intervention
    population: Population
    without: TrueSavings
    effects: tuple[EffectWorth, ...]

    @property
    def group_size(self) -> float:
        """Members of the group in the ACO, participants or not."""
        return self.effects[0].effect.group_size

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            **stated_facts(self.stated),
            "aco": self.scenario.aco.model_dump(mode="json", exclude={"notes"}),
            "benchmark": self.population.benchmark,
            "group_size": self.group_size,
            "true_savings": self.without.view.mean,
            "true_savings_sd": self.without.view.sd,
            "true_savings_source": self.without.source,
            "seed": self.scenario.run.seed,
            "years": self.scenario.run.years,
            "effects": {e.label: e.to_dict(self.population.benchmark) for e in self.effects},
        }


def intervention_worth(
    subject: ACO | Scenario,
    name: str,
    contracts: Sequence[str | Contract] | None = None,
    execution: Execution | None = None,
) -> InterventionWorth:
    """Return what an intervention does to an ACO's contracts.

    Parameters
    ----------
    subject : ACO or Scenario
        A scenario's other interventions hold with this one and without it.
    name : str
        One that the scenario states, or else a shipped one.
    contracts : sequence of str or Contract, optional
        Instead of the scenario's own.
    execution : Execution, optional
        Threads and progress; without influence on the result.

    Returns
    -------
    InterventionWorth
        For every effect of the shipped intervention that it is taken from, or the one stated.

    Raises
    ------
    UserError
        No such intervention, or anything stated that cannot be used.
    """
    scenario = subject if isinstance(subject, Scenario) else Scenario(aco=subject)
    resolved = resolved_contracts(scenario, contracts)
    check_sampling(scenario)
    refuse_precision(scenario)
    scenario = with_intervention(scenario, name)
    stated = next(each for each in scenario.interventions if each.name == name)
    if stated.starts_in_year > 1:
        raise UserError(
            f"interventions.{name}.starts_in_year = {stated.starts_in_year}: a run of one year has "
            "only the first. See all years of an agreement with simulate intervention NAME "
            "--agreement, or leave it out."
        )
    population = population_of(scenario)
    others = tuple(each for each in scenario.interventions if each is not stated)
    rest = scenario.model_copy(update={"interventions": others})
    without = with_interventions(
        resolve_true_savings(scenario.assumptions, scenario.aco),
        effects_of(rest, population),
        population,
    )
    effects = {label: effect_in(rest, each, population) for label, each in variants(stated).items()}
    years = _Years(rest, population, without.view, list(effects.values()), execution)
    worths = tuple(
        EffectWorth(
            label,
            effect,
            added(without.view, effect, population.benchmark),
            {r.contract.id: years.worth(r, place, effect) for r in resolved},
        )
        for place, (label, effect) in enumerate(effects.items(), start=1)
    )
    return InterventionWorth(scenario, stated, population, without, worths)


def refuse_precision(scenario: Scenario) -> None:
    """Refuse a precision: how many years it takes is not searched for here.

    Raises
    ------
    UserError
    """
    if scenario.run.precision is not None:
        raise UserError(
            f"precision = {scenario.run.precision:g}: simulate intervention takes years, how many "
            "are simulated, in its place."
        )


def stated_facts(stated: Intervention) -> dict[str, Any]:
    """Return what is stated of an intervention, and what must be said of it, for JSON."""
    shipped = None if stated.like is None else load_intervention(stated.like)
    return {
        "intervention": stated.name,
        "stated": stated.model_dump(mode="json", exclude_none=True),
        "warning": None if shipped is None else shipped.warning,
        "unconfirmed": [] if shipped is None else shipped.unconfirmed(),
        "not_modelled": [] if shipped is None else list(shipped.not_modelled),
    }


def variants(stated: Intervention) -> dict[str, Intervention]:
    """Return the intervention under each effect of the catalogue, or as its effect is stated."""
    if stated.like is None or stated.effect is not None or stated.estimate is not None:
        return {stated.estimate or "stated": stated}
    effects = load_intervention(stated.like).effects
    return {name: stated.model_copy(update={"estimate": name}) for name in effects}


class _Years:
    """The same simulated years without the intervention, with each effect, and between.

    The first views are those of runs, to the last bit. For any other number of participants the
    true savings of a year are moved, and its expenditure interpolated by the polynomial through
    nodes that have other means: over so short a range truncation hardly bends it.

    Parameters
    ----------
    scenario : Scenario
    population : Population
    base : View
        The true savings without the intervention.
    effects : sequence of ProgrammeEffect
    execution : Execution, optional
    """

    def __init__(
        self,
        scenario: Scenario,
        population: Population,
        base: View,
        effects: Sequence[ProgrammeEffect],
        execution: Execution | None,
    ) -> None:
        self.scenario, self.population, self.base = scenario, population, base
        views = [added(base, effect, population.benchmark) for effect in effects]
        ends = [
            added(base, effect.with_participants(effect.most_participants), population.benchmark)
            for effect in effects
        ]
        self.nodes = _nodes(base, ends)
        noise, count = noise_of(scenario.assumptions, population), scenario.run.years
        everything = (base, *views, *(View(float(node), base.sd) for node in self.nodes))
        self.simulated = simulated_under(scenario, population, noise, everything, count, execution)
        self.totals = np.stack([self.simulated.total(place) for place in range(len(everything))])
        self.first_node = 1 + len(views)
        draws, index = draws_of(scenario), np.arange(count, dtype=np.uint64)
        self.position = on_grid(ndtri(draws.uniforms(index, TRUE_SAVINGS)))
        sd = scenario.assumptions.quality_score_sd
        self.scores = simulated_quality(scenario.aco.quality_score, sd, draws, count)
        self.certain = noise.silent and not (sd or any(v.sd for v in (base, *views)))

    def outcomes(self, resolved: ResolvedContract, totals: FloatArray) -> Outcomes:
        """Settle total expenditures, dollars, shape (years,), under a contract."""
        against = self.simulated.settled_against
        settled = outcomes_of(resolved, self.scenario.aco, against, totals, self.scores)
        return replace(settled, replicates=self.simulated.replicates)

    def between(self, view: View) -> FloatArray:
        """Return total expenditures under a view of the true savings, interpolated."""
        moved = view.mean + (view.sd - self.base.sd) * self.position
        totals = np.zeros_like(moved)
        for place, node in enumerate(self.nodes):
            others = np.delete(self.nodes, place)
            weight = np.prod([(moved - other) / (node - other) for other in others], axis=0)
            totals += weight * self.totals[self.first_node + place]
        return totals

    def worth(
        self, resolved: ResolvedContract, place: int, effect: ProgrammeEffect
    ) -> ContractWorth:
        """Return what an effect, the view at `place`, does under a contract."""
        without = self.outcomes(resolved, self.totals[0])
        with_it = self.outcomes(resolved, self.totals[place])
        differences = compare_outcomes(with_it, without, self.certain).differences
        gain = differences["expected_net"]
        people = effect.participants * effect.part_paid
        return ContractWorth(
            resolved,
            measure(without, self.certain),
            measure(with_it, self.certain),
            differences,
            self.needed(resolved, without, effect),
            Estimate(gain.value - effect.cost, gain.standard_error),
            Estimate(gain.value / people, gain.standard_error / people) if people else None,
        )

    def needed(
        self, resolved: ResolvedContract, without: Outcomes, effect: ProgrammeEffect
    ) -> Estimate | None:
        """Return the participants for one more point of the chance of reaching the MSR.

        The error is that of the paired difference there, over its mean slope from nobody on.
        """

        def gain(participants: float) -> Estimate:
            view = added(
                self.base, effect.with_participants(participants), self.population.benchmark
            )
            met = self.outcomes(resolved, self.between(view)).met_msr
            paired = met.astype(np.float64) - without.met_msr
            return mean(paired, self.simulated.replicates)

        most = effect.most_participants
        if effect.per_participant.counted <= 0.0 or gain(most).value < POINT:
            return None
        low, high = 0.0, most
        for _ in range(_HALVINGS):
            middle = 0.5 * (low + high)
            low, high = (low, middle) if gain(middle).value >= POINT else (middle, high)
        error = gain(high).standard_error * high / POINT
        return Estimate(high, error)


def _nodes(base: View, ends: Sequence[View]) -> FloatArray:
    """Return Chebyshev nodes that cover every mean true savings that a year may be moved to."""
    reach = [_REACH * abs(end.sd - base.sd) for end in ends]
    low = min(base.mean, *(end.mean - r for end, r in zip(ends, reach, strict=True)))
    high = max(base.mean, *(end.mean + r for end, r in zip(ends, reach, strict=True)))
    margin = 1e-4  # nodes stay apart where nothing is moved
    angles = (2 * np.arange(_NODES) + 1) * np.pi / (2 * _NODES)
    half = 0.5 * (high - low) + margin
    return np.asarray(0.5 * (low + high) - half * np.cos(angles))


def _plain(estimate: Estimate | None) -> dict[str, float] | None:
    return None if estimate is None else estimate.to_dict()
