"""What a scenario states, resolved: contracts, MSR, population, noise. No compiler is needed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from simulate.contracts.contract import (
    SHARED_SAVINGS_PROGRAM,
    Contract,
    load_contract,
    named_contract_ids,
    normal_id,
    programme_contract_ids,
    read_contract_file,
)
from simulate.contracts.minimum_rate import choice_behind, chosen_rate
from simulate.contracts.resolution import Circumstances, ResolvedContract, resolve
from simulate.errors import UserError, nearest
from simulate.scenario.scenario import Assumptions, Scenario

if TYPE_CHECKING:
    from simulate.population.population import Noise, Population

DEFAULT_MSR_CHOICE = "2.0"
#: Standard deviation of the common shock of a year: PUF, same agreement, PY2021-2024.
DEFAULT_COMMON_SHOCK_SD = 0.0065


def check_scenario(scenario: Scenario) -> None:
    """Refuse what cannot be simulated or settled, before any work is done."""
    resolved_contracts(scenario)
    check_sampling(scenario)
    noise_of(scenario.assumptions, population_of(scenario))
    if scenario.interventions:
        from simulate.analysis.interventions import programme_of

        for stated in scenario.interventions:
            programme_of(stated)


def check_sampling(scenario: Scenario) -> None:
    """Refuse too few years for standard errors from the spread of quasi-random replicates."""
    from simulate.engine.shared_draws import FEWEST_YEARS, REPLICATES

    settings = scenario.run
    if settings.sampling == "quasi-random" and settings.years < FEWEST_YEARS:
        raise UserError(
            f"years = {settings.years:,} with sampling = quasi-random: standard errors come from "
            f"{REPLICATES} sets of years, and fewer than {FEWEST_YEARS:,} years leave too few in "
            "each. Simulate more, or set sampling to independent."
        )


def resolved_contracts(
    scenario: Scenario, contracts: Sequence[str | Contract] | None = None
) -> list[ResolvedContract]:
    """Return the contracts of a run with their terms resolved for the scenario's ACO.

    Parameters
    ----------
    scenario : Scenario
    contracts : sequence of str or Contract, optional
        Instead of the scenario's own.

    Raises
    ------
    UserError
        Anything about contracts or the MSR that cannot be used.
    """
    chosen_rate(chosen_msr(scenario))
    chosen = chosen_contracts(scenario, contracts)
    return [resolve(contract, circumstances_of(scenario)) for contract in chosen]


def chosen_msr(scenario: Scenario) -> str:
    """Return the MSR choice of a scenario: stated, else published, else 2.0 percent."""
    if scenario.assumptions.msr is not None:
        return scenario.assumptions.msr
    published = scenario.aco.published_msr
    return DEFAULT_MSR_CHOICE if published is None else choice_behind(published)


def chosen_contracts(
    scenario: Scenario, contracts: Sequence[str | Contract] | None = None
) -> list[Contract]:
    """Return the contracts of a run, overlays applied.

    Unless it names others, those of the Shared Savings Program that took effect.

    Raises
    ------
    UserError
        Unknown ids, an id twice, or terms stated for a contract that is not in the run.
    """
    own = [read_contract_file(path) for path in scenario.run.contract_files]
    stated = list(contracts) if contracts is not None else list(scenario.run.contracts)
    if stated:
        chosen = _named_contracts(stated, own)
    else:
        chosen = [load_contract(i) for i in programme_contract_ids(SHARED_SAVINGS_PROGRAM)] + own
    ids = [contract.id for contract in chosen]
    twice = {i for i in ids if ids.count(i) > 1}
    if twice:
        raise UserError(
            f"contract {', '.join(sorted(twice))}: named twice in this run. A contract file of "
            "your own needs an id of its own; to change terms of a catalogue contract use --set."
        )
    for contract_id in scenario.contract_terms:
        if contract_id not in ids:
            raise UserError(
                f"contract_terms: contract {contract_id!r} is not in this run."
                f"{nearest(contract_id, ids)} The run holds: {', '.join(ids)}."
            )
    terms = scenario.contract_terms
    return [c.with_terms(terms[c.id]) if c.id in terms else c for c in chosen]


def _named_contracts(stated: Sequence[str | Contract], own: list[Contract]) -> list[Contract]:
    """Return contracts as named (id, programme, or the contract itself), then the user's others."""
    by_id = {contract.id: contract for contract in own}
    chosen: list[Contract] = []
    for name in stated:
        if isinstance(name, Contract):
            chosen.append(name)
        elif normal_id(name) in by_id:
            chosen.append(by_id[normal_id(name)])
        else:
            chosen += [load_contract(i) for i in named_contract_ids(name)]
    return chosen + [contract for contract in own if contract.id not in stated]


def population_of(scenario: Scenario) -> Population:
    """Return the population that a scenario states."""
    # scipy is loaded here, after every mistake in contracts has been met.
    from simulate.population.population import Population, split_by_person_years
    from simulate.population.spend import spend_models

    base = None
    if scenario.assumptions.spend_model is not None:
        from simulate.population.spend_file import read_spend_file

        base = read_spend_file(scenario.assumptions.spend_model)
    person_years = scenario.aco.person_years.in_order()
    return Population(
        split_by_person_years(scenario.aco.assigned_beneficiaries, person_years),
        person_years,
        scenario.aco.benchmark_per_capita.in_order(),
        spend_models(scenario.assumptions.truncated_cv.stated(), base),
    )


def noise_of(assumptions: Assumptions, population: Population) -> Noise:
    """Return the noise that a scenario's assumptions state."""
    from simulate.population.population import default_noise, noise_from_constant

    shock = assumptions.common_shock_sd
    df = assumptions.common_shock_df or math.inf
    if assumptions.noise_constant is not None:
        noise = noise_from_constant(population, assumptions.noise_constant, shock or 0.0)
    else:
        noise = default_noise(
            population,
            assumptions.practice_noise_constant,
            DEFAULT_COMMON_SHOCK_SD if shock is None else shock,
            assumptions.people_noise,
        )
    return replace(noise, common_shock_df=df)


def circumstances_of(scenario: Scenario) -> Circumstances:
    """Return what a settlement of the scenario's ACO depends on besides dollars and quality."""
    aco = scenario.aco
    return Circumstances(
        assigned_beneficiaries=aco.assigned_beneficiaries,
        performance_year=aco.performance_year,
        agreement_year=aco.agreement_year,
        agreement_start_year=aco.agreement_start_year,
        msr=chosen_msr(scenario),
        low_revenue=aco.revenue_category == "low",
        participant_revenue=aco.participant_revenue,
        person_years_each=sum(aco.person_years.in_order()) / aco.assigned_beneficiaries,
    )
