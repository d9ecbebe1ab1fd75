"""One run: a scenario simulated once and settled under many contracts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from simulate._version import __version__
from simulate.analysis.choices import (
    check_sampling,
    chosen_msr,
    noise_of,
    population_of,
    resolved_contracts,
)
from simulate.analysis.interventions import (
    effects_of,
    intervention_notes,
    programme_facts,
    with_interventions,
)
from simulate.analysis.precision import (
    ChosenYears,
    check_length,
    choose_years,
    largest_error,
    pilot_of,
)
from simulate.analysis.simulation import draws_of, simulated_under
from simulate.analysis.true_savings import TrueSavings, resolve_true_savings
from simulate.contracts.contract import Contract
from simulate.contracts.resolution import ResolvedContract
from simulate.contracts.settlement import settle_simulated_years
from simulate.engine.years import (
    Execution,
    SimulatedYears,
    View,
    simulated_quality,
)
from simulate.errors import UserError, nearest
from simulate.kernels.settlement_rule import LOSSES, SAVINGS
from simulate.measures.estimate import Estimate, FloatArray
from simulate.measures.outcomes import Measures, Outcomes, measure
from simulate.population.population import Noise, Population
from simulate.scenario.aco import ACO
from simulate.scenario.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

    from simulate.analysis.curves import ChanceCurves
    from simulate.analysis.decomposition import Decomposition
    from simulate.analysis.noise_range import NoiseRange

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
    precision : ChosenYears or None
        How the number of years was chosen, where a precision was stated in its place.
    """

    scenario: Scenario
    population: Population
    noise: Noise
    true_savings: TrueSavings
    simulated: SimulatedYears
    contracts: dict[str, ContractResult] = field(repr=False)
    notes: tuple[str, ...] = ()
    precision: ChosenYears | None = field(default=None, kw_only=True)

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

    def certain(self, view: int) -> bool:
        """Whether nothing is random under a view of the true savings."""
        sd = self.true_savings.view.sd if view == ASSUMED else 0.0
        return self.noise.silent and sd == 0.0 and self.scenario.assumptions.quality_score_sd == 0.0

    @cached_property
    def noise_range(self) -> NoiseRange | None:
        """Headline probabilities at low and high noise; None where noise is stated."""
        from simulate.analysis.noise_range import noise_range

        return noise_range(self)

    @cached_property
    def decomposition(self) -> Decomposition:
        """Variance of the savings rate and of the net outcome by source of risk."""
        from simulate.analysis.decomposition import decompose

        return decompose(self)

    @cached_property
    def chance_by_true_savings(self) -> ChanceCurves:
        """Chances of earning and owing against the true savings, each contract."""
        from simulate.analysis.curves import chance_by_true_savings

        return chance_by_true_savings(self)

    @cached_property
    def chance_by_size(self) -> tuple[ChanceCurves, ChanceCurves]:
        """Chances of earning and owing against the size: by chance alone, as assumed."""
        from simulate.analysis.curves import chance_by_size

        return chance_by_size(self)

    def savings_rates(self, view: int = ASSUMED) -> FloatArray:
        """Return the simulated savings rates, fractions, shape (years,)."""
        return self.simulated.savings_rate(view)

    def outcomes(self, contract_id: str, view: int = ASSUMED) -> Outcomes:
        """Settle the simulated years under a contract; arrays of shape (years,), dollars."""
        return self._outcomes(self[contract_id].resolved, view, self.quality_scores())

    def _outcomes(self, resolved: ResolvedContract, view: int, scores: FloatArray) -> Outcomes:
        years = self.simulated
        settled = outcomes_of(resolved, self.aco, years.settled_against, years.total(view), scores)
        return replace(settled, replicates=years.replicates)

    def measured(self, resolved: ResolvedContract) -> ContractResult:
        """Settle the simulated years under a resolved contract, and measure both views."""
        scores = self.quality_scores()
        assumed, by_chance = (
            measure(self._outcomes(resolved, view, scores), self.certain(view))
            for view in (ASSUMED, CHANCE_ALONE)
        )
        return ContractResult(resolved, assumed, by_chance)

    def quality_scores(self, years: int | None = None) -> FloatArray:
        """Return the quality score of each simulated year (or of the first ones)."""
        sd = self.scenario.assumptions.quality_score_sd
        count = self.simulated.expenditure.shape[1] if years is None else years
        return simulated_quality(self.aco.quality_score, sd, draws_of(self.scenario), count)

    def largest_error(self) -> float:
        """Return the largest standard error of a headline probability, a fraction.

        The headline probabilities are those of earning and of owing, under every contract
        and at the assumed true savings.
        """
        return largest_error(result.measures for result in self.contracts.values())

    def to_dict(self) -> dict[str, Any]:
        """Return the run as plain data for JSON; the same for any number of threads."""
        return {
            "aco": self._aco_facts(),
            "assumptions": self.assumptions(),
            "seed": self.scenario.run.seed,
            "years": self.years,
            "precision": (
                None if self.precision is None else self.precision.to_dict(self.largest_error())
            ),
            "contracts": {i: c.measures.to_dict() for i, c in self.contracts.items()},
            "chance_alone": {i: c.chance_alone.to_dict() for i, c in self.contracts.items()},
            "noise_range": None if self.noise_range is None else self.noise_range.to_dict(),
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
            "interventions": [programme_facts(p) for p in self.true_savings.programmes],
            "people_noise_constant": noise.people * self.population.people_noise_constant,
            "practice_sd": noise.practice_sd,
            "common_shock_sd": noise.common_shock_sd,
            "common_shock_df": (
                noise.common_shock_df if np.isfinite(noise.common_shock_df) else None
            ),
            "benchmark_noise": self.scenario.assumptions.benchmark_noise,
            "quality_score_sd": self.scenario.assumptions.quality_score_sd,
            "sampling": self.scenario.run.sampling,
            "spend_model": self.scenario.assumptions.spend_model or "default",
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

    def workbook(self, path: str) -> None:
        """Write the Excel workbook, with a sheet that settles a year by formulas."""
        from simulate.report.workbook import write_workbook

        write_workbook(self, path)

    def save_years(self, path: str) -> None:
        """Write every simulated year to a Parquet file; see `simulate.report.saved_years`."""
        from simulate.report.saved_years import save_years

        save_years(self, path)


def run(
    subject: ACO | Scenario,
    contracts: Sequence[str | Contract] | None = None,
    years: int | None = None,
    seed: int | None = None,
    *,
    engine: Literal["monte-carlo", "exact"] = "monte-carlo",
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
        every Shared Savings Program contract that took effect.
    years : int, optional
        Performance years to simulate.
    seed : int, optional
    engine : {"monte-carlo", "exact"}
        Draw every beneficiary of every year, or compute the distribution of one year
        without sampling (`simulate.analysis.exact`).
    execution : Execution, optional
        Threads, chunks and progress; without influence on the result.
    **assumptions
        Any key of `simulate.scenario.scenario.Assumptions` or `RunSettings`, such as
        ``true_savings=0.02``, ``noise_constant=2.15``, or, in place of `years`,
        ``precision=0.001``.

    Returns
    -------
    Run

    Raises
    ------
    UserError
        Anything stated that cannot be used.
    """
    check_length(assumptions.get("precision"), years, engine)
    if engine == "exact":
        from simulate.analysis.exact import exact_run

        return exact_run(subject, contracts, **assumptions)
    scenario = subject if isinstance(subject, Scenario) else Scenario(aco=subject)
    changes = {"years": years, "seed": seed, **assumptions}
    stated = {key: value for key, value in changes.items() if value is not None}
    scenario = scenario.with_values(stated)
    resolved = resolved_contracts(scenario, contracts)
    check_sampling(scenario)
    execution = execution or Execution()
    chosen = _chosen_years(scenario, resolved, execution)
    if chosen is not None:
        scenario = scenario.with_value("years", chosen.years, "precision")
        execution.expect(scenario.run.years)
    return replace(_simulated(scenario, resolved, execution), precision=chosen)


def _chosen_years(
    scenario: Scenario, resolved: Sequence[ResolvedContract], execution: Execution
) -> ChosenYears | None:
    """Return how many years reach the stated precision; None where years are stated."""
    target = scenario.run.precision
    if target is None:
        return None
    scenario = pilot_of(scenario)
    execution.expect(scenario.run.years)
    pilot = _simulated(scenario, resolved, execution)
    measures = [result.measures for result in pilot.contracts.values()]
    return choose_years(target, measures, pilot.simulated.replicates)


def _simulated(
    scenario: Scenario, resolved: Sequence[ResolvedContract], execution: Execution
) -> Run:
    population = population_of(scenario)
    noise = noise_of(scenario.assumptions, population)
    true_savings = with_interventions(
        resolve_true_savings(scenario.assumptions, scenario.aco),
        effects_of(scenario, population),
        population,
    )
    views = (View(0.0), true_savings.view)
    years = scenario.run.years
    simulated = simulated_under(scenario, population, noise, views, years, execution)
    notes = (
        *scenario.aco.notes,
        *gathered_notes(resolved),
        *intervention_notes(scenario),
    )
    unmeasured = Run(scenario, population, noise, true_savings, simulated, {}, notes)
    return replace(unmeasured, contracts={r.contract.id: unmeasured.measured(r) for r in resolved})


def gathered_notes(resolved: Sequence[ResolvedContract]) -> list[str]:
    """Return each note once, with the contracts that it holds for."""
    holders: dict[str, list[str]] = {}
    for contract in resolved:
        for note in contract.notes:
            holders.setdefault(note, []).append(contract.contract.id)
    return [f"{', '.join(ids)}: {note}" for note, ids in holders.items()]


def outcomes_of(
    resolved: ResolvedContract,
    aco: ACO,
    benchmark: float | FloatArray,
    expenditures: FloatArray,
    quality_scores: FloatArray | None = None,
) -> Outcomes:
    """Settle expenditures (dollars, shape (years,)) under one contract.

    The benchmark is one, or one a year; the quality score the ACO's, or one a year.
    """
    scores = aco.quality_score if quality_scores is None else quality_scores
    settled = settle_simulated_years(
        resolved, benchmark, expenditures, scores, aco.quality_standard
    )
    return Outcomes(
        settled.shared_savings,
        settled.shared_losses,
        settled.net,
        met_msr=settled.threshold == SAVINGS,
        met_mlr=settled.threshold == LOSSES,
        limited=settled.limited,
        one_sided=not resolved.two_sided,
        savings_are_shared=resolved.shares_savings,
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
