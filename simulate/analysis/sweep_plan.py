"""What a sweep will do: its axes, its choices of contract and MSR, the ACO in every size.

No compiler is needed, so that mistakes are met before one is loaded.
"""

from __future__ import annotations

import math
import string
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from simulate.analysis.choices import (
    check_sampling,
    chosen_contracts,
    chosen_msr,
    circumstances_of,
    noise_of,
    population_of,
)
from simulate.contracts.contract import (
    SHARED_SAVINGS_PROGRAM,
    Contract,
    load_contract,
    programme_contract_ids,
)
from simulate.contracts.resolution import ResolvedContract, resolve, settled_year
from simulate.errors import UserError, nearest
from simulate.scenario.aco import ACO
from simulate.scenario.intervention import refuse_interventions
from simulate.scenario.scenario import MOST_YEARS, Scenario

if TYPE_CHECKING:
    from simulate.analysis.true_savings import TrueSavings
    from simulate.population.population import Noise, Population

#: The fewest thousand years that keep the standard error of any probability below 0.3 points.
SWEEP_YEARS = 28_000
#: Left out, the sizes are these and the ACO's own: equal ratios, rounded to two digits.
DEFAULT_SIZES = (
    *(5_000, 6_600, 8_600, 11_000, 15_000, 20_000),
    *(26_000, 34_000, 44_000, 58_000, 76_000, 100_000),
)
_DEFAULT_RANGE = (-0.03, 0.05)
#: Every choice has a letter of its own in tables and maps.
MOST_CHOICES = len(string.ascii_letters)
_MOST_BYTES = 4e9


@dataclass(frozen=True)
class Choice:
    """A contract under one MSR choice.

    Attributes
    ----------
    label : str
        What it is called: the contract's id, with the MSR where several are swept.
    contract : Contract
    msr : str or None
        The choice as CMS writes it, in percent; None where the contract gives none.
    """

    label: str
    contract: Contract
    msr: str | None


@dataclass(frozen=True)
class SizedACO:
    """The ACO in one size.

    Attributes
    ----------
    aco : ACO
        Scaled, person-years and dollars in proportion.
    population : Population
    noise : Noise
    resolved : tuple of ResolvedContract
        The terms of each choice, in the order of `SweepPlan.choices`.
    """

    aco: ACO
    population: Population
    noise: Noise
    resolved: tuple[ResolvedContract, ...]


@dataclass(frozen=True)
class SweepPlan:
    """A sweep about to be simulated.

    Attributes
    ----------
    scenario : Scenario
        What was asked, with the number of years.
    own : TrueSavings
        The ACO's own true savings, to be found on the map; no cell assumes them.
    true_savings : tuple of float
        Fractions, rising.
    choices : tuple of Choice
    sized : tuple of SizedACO
        By size, rising.
    """

    scenario: Scenario
    own: TrueSavings
    true_savings: tuple[float, ...]
    choices: tuple[Choice, ...]
    sized: tuple[SizedACO, ...]

    @property
    def years(self) -> int:
        """Performance years of every size."""
        return self.scenario.run.years

    @property
    def sizes(self) -> tuple[int, ...]:
        """Assigned beneficiaries, rising."""
        return tuple(sized.aco.assigned_beneficiaries for sized in self.sized)

    @property
    def prefer(self) -> str:
        """The measure by which a choice is preferred."""
        return self.scenario.sweep.prefer

    def notes(self) -> tuple[str, ...]:
        """Return what the reader must know of the terms, each note once."""
        holders: dict[str, dict[str, None]] = {}
        for sized in self.sized:
            for resolved in sized.resolved:
                for note in resolved.notes:
                    holders.setdefault(note, {})[resolved.contract.id] = None
        found = tuple(f"{', '.join(ids)}: {note}" for note, ids in holders.items())
        return (*self.scenario.aco.notes, *found)


def sweep_plan(scenario: Scenario, contracts: Sequence[str | Contract] | None = None) -> SweepPlan:
    """Resolve what a scenario says of a sweep.

    Parameters
    ----------
    scenario : Scenario
    contracts : sequence of str or Contract, optional
        Instead of the scenario's own; where neither states any, those of the Shared Savings
        Program that cover the performance year, and the user's own.

    Raises
    ------
    UserError
        Anything stated that cannot be swept.
    """
    _check_preferred(scenario.sweep.prefer)
    refuse_interventions(scenario.interventions, "a sweep")
    choices = _choices(scenario, _contracts(scenario, contracts))
    scenario = scenario.with_value("years", sweep_years(scenario), "years")
    # scipy is loaded from here on, after every mistake in contracts has been met.
    from simulate.analysis.true_savings import resolve_true_savings

    own = resolve_true_savings(scenario.assumptions, scenario.aco)
    true_savings = scenario.sweep.true_savings or _default_true_savings(own.view.mean)
    sizes = scenario.sweep.sizes or _default_sizes(scenario.aco)
    _check_memory(scenario.run.years, len(sizes), len(true_savings))
    check_sampling(scenario)
    sized = tuple(_sized(scenario, size, choices) for size in sizes)
    return SweepPlan(scenario, own, true_savings, choices, sized)


def sweep_years(scenario: Scenario) -> int:
    """Return the performance years of a sweep: stated, else `SWEEP_YEARS`.

    A precision needs as many as keep the standard error of a probability of one half, the
    largest there is, at the precision: some cell of a sweep is near it.
    """
    settings = scenario.run
    if settings.precision is not None:
        years = math.ceil(0.25 / settings.precision**2)
        if years > MOST_YEARS:
            raise UserError(
                f"precision = {settings.precision:g}: takes {years:,} years where a probability is "
                f"one half, and at most {MOST_YEARS:,} can be simulated. State "
                f"{math.sqrt(0.25 / MOST_YEARS):.1g} or more."
            )
        return years
    return settings.years if "years" in settings.model_fields_set else SWEEP_YEARS


def _check_preferred(measure: str) -> None:
    from simulate.measures.preference import LARGER_IS_BETTER

    if measure not in LARGER_IS_BETTER:
        raise UserError(
            f"prefer = {measure!r}: no contract can be preferred by it."
            f"{nearest(measure, LARGER_IS_BETTER)} Allowed are: {', '.join(LARGER_IS_BETTER)}."
        )


def _contracts(
    scenario: Scenario, contracts: Sequence[str | Contract] | None
) -> tuple[Contract, ...]:
    if contracts is None and not scenario.run.contracts:
        year = scenario.aco.performance_year
        took_effect = [load_contract(i) for i in programme_contract_ids(SHARED_SAVINGS_PROGRAM)]
        contracts = [c for c in took_effect if settled_year(c, year) == year]
    return tuple(chosen_contracts(scenario, contracts))


def _choices(scenario: Scenario, contracts: Sequence[Contract]) -> tuple[Choice, ...]:
    stated = scenario.sweep.msr
    msrs = stated or (chosen_msr(scenario),)
    choices = []
    for contract in contracts:
        if _gives_a_choice(scenario, contract, msrs):
            choices += [Choice(_label(contract, msr, msrs), contract, msr) for msr in msrs]
        else:
            choices.append(Choice(contract.id, contract, None))
    if stated and all(choice.msr is None for choice in choices):
        raise UserError(
            f"msr = {', '.join(stated)}: none of the contracts swept gives a choice of MSR "
            f"({', '.join(choice.label for choice in choices)}); leave it out."
        )
    if len(choices) > MOST_CHOICES:
        raise UserError(
            f"{len(choices)} contracts and MSR choices: at most {MOST_CHOICES} can be told apart; "
            "name fewer contracts or MSR choices."
        )
    return tuple(choices)


def _label(contract: Contract, msr: str, msrs: Sequence[str]) -> str:
    return f"{contract.id}, MSR {msr}" if len(msrs) > 1 else contract.id


def _gives_a_choice(scenario: Scenario, contract: Contract, msrs: Sequence[str]) -> bool:
    """Whether a contract asks for an MSR choice; choices that do not exist are refused."""
    resolved, *_ = [_resolved(scenario, contract, msr) for msr in msrs]
    term = contract.term("minimum_savings_rate")
    assert term is not None
    return bool(term.at(resolved.performance_year, resolved.agreement_year) == "choice")


def _resolved(scenario: Scenario, contract: Contract, msr: str | None) -> ResolvedContract:
    circumstances = circumstances_of(scenario)
    return resolve(contract, circumstances if msr is None else replace(circumstances, msr=msr))


def _default_sizes(aco: ACO) -> tuple[int, ...]:
    return tuple(sorted({*DEFAULT_SIZES, aco.assigned_beneficiaries}))


def _default_true_savings(own: float) -> tuple[float, ...]:
    """Return a range that holds the ACO's own true savings, in steps of half or one point."""
    low, high = (round(100 * rate) for rate in _DEFAULT_RANGE)
    if low <= 100 * own <= high:
        return tuple(half / 200 for half in range(2 * low, 2 * high + 1))
    low, high = min(low, int(100 * own // 1)), max(high, -int(-100 * own // 1))
    return tuple(point / 100 for point in range(low, high + 1))


def _check_memory(years: int, sizes: int, rates: int) -> None:
    # Expenditure by enrollment type and in total, eight bytes each.
    bytes_a_year = 40 * sizes * rates
    if bytes_a_year * years > _MOST_BYTES:
        # Years may have been stated as a precision; the message gives both ways.
        raise UserError(
            f"years = {years:,}: {sizes} sizes by {rates} true savings over so many years take "
            f"{bytes_a_year * years / 1e9:.1f} GB of memory. At most "
            f"{int(_MOST_BYTES / bytes_a_year):,} years can be swept here; state fewer years "
            "(a coarser precision), sizes or true savings."
        )


def _sized(scenario: Scenario, size: int, choices: Sequence[Choice]) -> SizedACO:
    at = scenario.with_value("assigned_beneficiaries", size, f"sizes = {size}")
    population = population_of(at)
    noise = noise_of(at.assumptions, population)
    resolved = tuple(_resolved(at, choice.contract, choice.msr) for choice in choices)
    return SizedACO(at.aco, population, noise, resolved)
