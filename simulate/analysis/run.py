"""One run: a scenario simulated once and settled under many contracts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from simulate._version import __version__
from simulate.analysis.true_savings import TrueSavings, resolve_true_savings
from simulate.contracts.contract import (
    Contract,
    contract_ids,
    load_contract,
    read_contract_file,
)
from simulate.contracts.minimum_rate import choice_behind
from simulate.contracts.resolution import Circumstances, ResolvedContract, resolve
from simulate.contracts.settlement import settle_simulated_years
from simulate.engine.years import Execution, SimulatedYears, View, simulate_years
from simulate.errors import UserError, nearest
from simulate.kernels.settlement_rule import LOSSES, SAVINGS
from simulate.measures.estimate import Estimate, FloatArray
from simulate.measures.outcomes import Measures, Outcomes, measure
from simulate.population.population import (
    Noise,
    Population,
    default_noise,
    noise_from_constant,
    split_by_person_years,
)
from simulate.population.spend import spend_models
from simulate.scenario.aco import ACO
from simulate.scenario.scenario import Assumptions, Scenario

if TYPE_CHECKING:
    import pandas as pd

#: Standard deviation of the common shock of a year: PUF, same agreement, PY2021-2024.
DEFAULT_COMMON_SHOCK_SD = 0.0065
DEFAULT_MSR_CHOICE = "2.0"

#: Views of the true savings in every run, in this order.
CHANCE_ALONE, ASSUMED = 0, 1


@dataclass(frozen=True)
class ContractResult:
    """What a run found for one contract.

    Every measure is an attribute, at the assumed true savings:
    ``run["track-3"].probability_of_shared_losses``. Dollars per performance year.

    Attributes
    ----------
    resolved : ResolvedContract
        The terms that were applied.
    measures : Measures
        At the assumed true savings.
    chance_alone : Measures
        At true savings of exactly zero.
    """

    resolved: ResolvedContract
    measures: Measures
    chance_alone: Measures

    def __getattr__(self, name: str) -> Estimate:
        if name in Measures.__dataclass_fields__:
            estimate: Estimate = getattr(self.measures, name)
            return estimate
        raise AttributeError(name)


@dataclass(frozen=True)
class Run:
    """A finished run.

    Attributes
    ----------
    scenario : Scenario
        What was asked.
    population : Population
    noise : Noise
    true_savings : TrueSavings
        The assumed view; the other view is zero.
    simulated : SimulatedYears
        The years, the same for every contract.
    contracts : dict of str to ContractResult
    notes : tuple of str
        Fallbacks and assumptions that the reader must know.
    """

    scenario: Scenario
    population: Population
    noise: Noise
    true_savings: TrueSavings
    simulated: SimulatedYears
    contracts: dict[str, ContractResult] = field(repr=False)
    notes: tuple[str, ...] = ()

    def __getitem__(self, contract_id: str) -> ContractResult:
        if contract_id not in self.contracts:
            raise UserError(
                f"contract {contract_id!r} is not in this run."
                f"{nearest(contract_id, self.contracts)} It holds: {', '.join(self.contracts)}."
            )
        return self.contracts[contract_id]

    @property
    def aco(self) -> ACO:
        """The ACO that was simulated."""
        return self.scenario.aco

    @property
    def years(self) -> int:
        """How many performance years were simulated."""
        return self.scenario.run.years

    def savings_rates(self, view: int = ASSUMED) -> FloatArray:
        """Return the simulated savings rates, fractions, shape (years,)."""
        return self.simulated.savings_rate(view)

    def outcomes(self, contract_id: str, view: int = ASSUMED) -> Outcomes:
        """Settle the simulated years under a contract; arrays of shape (years,), dollars."""
        resolved = self[contract_id].resolved
        return settled_outcomes(resolved, self.aco, self.simulated, view)

    def to_dict(self) -> dict[str, Any]:
        """Return the run as plain data for JSON; the same for any number of threads."""
        return {
            "aco": self._aco_facts(),
            "assumptions": self.assumptions(),
            "seed": self.scenario.run.seed,
            "years": self.years,
            "contracts": {i: c.measures.to_dict() for i, c in self.contracts.items()},
            "chance_alone": {i: c.chance_alone.to_dict() for i, c in self.contracts.items()},
            "terms": {i: terms_in_words(c.resolved) for i, c in self.contracts.items()},
            "notes": list(self.notes),
            "version": __version__,
        }

    def _aco_facts(self) -> dict[str, Any]:
        facts = self.aco.model_dump(mode="json", exclude={"notes"})
        facts["benchmark"] = self.population.benchmark
        facts["beneficiaries_by_type"] = list(self.population.beneficiaries)
        return facts

    def assumptions(self) -> dict[str, Any]:
        """Return the assumptions as resolved: every number that the result rests on."""
        view, noise = self.true_savings.view, self.noise
        return {
            "true_savings": view.mean,
            "true_savings_sd": view.sd,
            "true_savings_source": self.true_savings.source,
            "people_noise_constant": noise.people * self.population.people_noise_constant,
            "practice_sd": noise.practice_sd,
            "common_shock_sd": noise.common_shock_sd,
            "msr_choice": chosen_msr(self.scenario),
            "truncated_cv": {m.enrollment_type: m.truncated_cv for m in self.population.models},
            "truncation_multiple": {
                m.enrollment_type: m.truncation for m in self.population.models
            },
            "savings_rate_sd_by_chance": float(np.std(self.savings_rates(CHANCE_ALONE))),
        }

    def to_frame(self) -> pd.DataFrame:
        """Return all measures as a data frame: one row a contract, view and measure.

        Raises
        ------
        UserError
            pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError:
            raise UserError("to_frame needs pandas: pip install 'simulate[frames]'.") from None
        rows = [
            {"contract": i, "view": view, "measure": name, **estimate}
            for i, result in self.contracts.items()
            for view, measures in (
                ("assumed", result.measures),
                ("chance alone", result.chance_alone),
            )
            for name, estimate in measures.to_dict().items()
        ]
        return pd.DataFrame(rows)

    def plot(self, figure: str = "net_outcome") -> Any:
        """Draw a figure of the run with matplotlib; see `simulate.report.figures`."""
        from simulate.report.figures import draw

        return draw(self, figure)

    def report(self, path: str) -> None:
        """Write the HTML report: one self-contained file."""
        from simulate.report.html import write_report

        write_report(self, path)


def run(
    subject: ACO | Scenario,
    contracts: Sequence[str | Contract] | None = None,
    years: int | None = None,
    seed: int | None = None,
    *,
    execution: Execution | None = None,
    **assumptions: Any,
) -> Run:
    """Simulate performance years of one ACO and settle them under each contract.

    Parameters
    ----------
    subject : ACO or Scenario
        An ACO, simulated under default assumptions, or a whole scenario.
    contracts : sequence of str or Contract, optional
        Ids of the catalogue, or contracts; by default what the scenario states, else
        every contract that took effect.
    years : int, optional
        Performance years to simulate.
    seed : int, optional
    execution : Execution, optional
        Threads, chunks and progress; without influence on the result.
    **assumptions
        Any key of `simulate.scenario.scenario.Assumptions`, such as
        ``true_savings=0.02`` or ``noise_constant=2.15``.

    Returns
    -------
    Run

    Raises
    ------
    UserError
        Anything stated that cannot be used.
    """
    scenario = subject if isinstance(subject, Scenario) else Scenario(aco=subject)
    changes = {"years": years, "seed": seed, **assumptions}
    stated = {key: value for key, value in changes.items() if value is not None}
    scenario = scenario.with_values(stated)
    chosen = chosen_contracts(scenario, contracts)
    resolved = [resolve(contract, _circumstances(scenario)) for contract in chosen]

    population = population_of(scenario)
    noise = noise_of(scenario.assumptions, population)
    true_savings = resolve_true_savings(scenario.assumptions, scenario.aco, population, noise)
    settings = scenario.run
    simulated = simulate_years(
        population, noise, (View(0.0), true_savings.view), settings.years, settings.seed, execution
    )
    results = {
        r.contract.id: ContractResult(
            r,
            measure(settled_outcomes(r, scenario.aco, simulated, ASSUMED)),
            measure(settled_outcomes(r, scenario.aco, simulated, CHANCE_ALONE)),
        )
        for r in resolved
    }
    notes = (*scenario.aco.notes, *_gathered_notes(resolved))
    return Run(scenario, population, noise, true_savings, simulated, results, notes)


def _gathered_notes(resolved: Sequence[ResolvedContract]) -> list[str]:
    """Return each note once, with the contracts that it holds for."""
    holders: dict[str, list[str]] = {}
    for contract in resolved:
        for note in contract.notes:
            holders.setdefault(note, []).append(contract.contract.id)
    return [f"{', '.join(ids)}: {note}" for note, ids in holders.items()]


def population_of(scenario: Scenario) -> Population:
    """Return the population that a scenario states."""
    person_years = scenario.aco.person_years.in_order()
    return Population(
        split_by_person_years(scenario.aco.assigned_beneficiaries, person_years),
        person_years,
        scenario.aco.benchmark_per_capita.in_order(),
        spend_models(scenario.assumptions.truncated_cv.stated()),
    )


def noise_of(assumptions: Assumptions, population: Population) -> Noise:
    """Return the noise that a scenario's assumptions state."""
    shock = assumptions.common_shock_sd
    if assumptions.noise_constant is not None:
        return noise_from_constant(population, assumptions.noise_constant, shock or 0.0)
    return default_noise(
        population,
        assumptions.practice_noise_constant,
        DEFAULT_COMMON_SHOCK_SD if shock is None else shock,
        assumptions.people_noise,
    )


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

    Raises
    ------
    UserError
        Unknown ids, an id twice, or terms stated for a contract that is not in the run.
    """
    own = [read_contract_file(path) for path in scenario.run.contract_files]
    stated = list(contracts) if contracts is not None else list(scenario.run.contracts)
    own_ids = {contract.id: contract for contract in own}
    if stated:
        chosen = [
            c if isinstance(c, Contract) else own_ids.get(c) or load_contract(c) for c in stated
        ]
        chosen += [contract for contract in own if contract.id not in stated]
    else:
        catalogue = [load_contract(i) for i in contract_ids()]
        chosen = [c for c in catalogue if c.status != "proposed"] + own
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
                f"--set {contract_id}.…: contract {contract_id!r} is not in this run."
                f"{nearest(contract_id, ids)} The run holds: {', '.join(ids)}."
            )
    terms = scenario.contract_terms
    return [c.with_terms(terms[c.id]) if c.id in terms else c for c in chosen]


def settled_outcomes(
    resolved: ResolvedContract, aco: ACO, simulated: SimulatedYears, view: int
) -> Outcomes:
    """Settle simulated years under one contract, as arrays for the measures."""
    return outcomes_of(resolved, aco, simulated.benchmark, simulated.total(view))


def outcomes_of(
    resolved: ResolvedContract, aco: ACO, benchmark: float, expenditures: FloatArray
) -> Outcomes:
    """Settle expenditures (dollars, shape (years,)) under one contract."""
    settled = settle_simulated_years(
        resolved, benchmark, expenditures, aco.quality_score, aco.quality_standard
    )
    return Outcomes(
        settled.shared_savings,
        settled.shared_losses,
        settled.net,
        met_msr=settled.threshold == SAVINGS,
        met_mlr=settled.threshold == LOSSES,
        limited=settled.limited,
        one_sided=not resolved.two_sided,
    )


def terms_in_words(resolved: ResolvedContract) -> dict[str, Any]:
    """Return what a reader must know of resolved terms; infinite limits become None."""
    terms = resolved.terms
    finite = {
        name: (value if np.isfinite(value) else None)
        for name, value in terms._asdict().items()
        if isinstance(value, float | int)
    }
    return {
        "title": resolved.contract.title,
        "status": resolved.contract.status,
        "performance_year": resolved.performance_year,
        "agreement_year": resolved.agreement_year,
        "two_sided": resolved.two_sided,
        "unconfirmed": resolved.contract.unconfirmed(),
        "assumed_by_user": sorted(resolved.contract.changed()),
        "terms": finite,
    }


def _circumstances(scenario: Scenario) -> Circumstances:
    aco = scenario.aco
    return Circumstances(
        assigned_beneficiaries=aco.assigned_beneficiaries,
        performance_year=aco.performance_year,
        agreement_year=aco.agreement_year,
        agreement_start_year=aco.agreement_start_year,
        msr=chosen_msr(scenario),
        low_revenue=aco.revenue_category == "low",
        participant_revenue=aco.participant_revenue,
    )
