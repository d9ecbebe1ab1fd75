"""An agreement run: calendar years simulated once, settled under every path of contracts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from simulate._version import __version__
from simulate.agreement.outcomes import AgreementOutcomes
from simulate.agreement.plan import AgreementPlan, PlannedPath, agreement_plan, most_paths
from simulate.agreement.settlement import settle_path
from simulate.agreement.simulation import (
    ASSUMED,
    CHANCE_ALONE,
    SimulatedAgreement,
    simulate_agreement,
)
from simulate.agreement.stated import label_of
from simulate.analysis.interventions import programme_facts_by_year
from simulate.analysis.precision import (
    ChosenYears,
    check_length,
    choose_years,
    largest_error,
    lengths_of_agreement,
    pilot_of,
)
from simulate.engine.years import Execution
from simulate.errors import UserError, nearest
from simulate.measures.agreement import (
    AgreementMeasures,
    CumulativeMeasures,
    measure_agreement,
)
from simulate.measures.estimate import Estimate, FloatArray, mean, proportion
from simulate.measures.rebasing import BenchmarkChange, benchmark_change
from simulate.scenario.aco import ACO
from simulate.scenario.scenario import Scenario

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from simulate.agreement.finance.finances import Finances


@dataclass(frozen=True)
class PathView:
    """What a path of contracts brings under one view of the true savings.

    Attributes
    ----------
    measures : AgreementMeasures
    next_benchmarks : tuple of BenchmarkChange
        Of each later agreement and, last, of the one that could follow.
    refused : Estimate or None
        Probability that the first renewal is refused; None without a renewal test.
    """

    measures: AgreementMeasures
    next_benchmarks: tuple[BenchmarkChange, ...]
    refused: Estimate | None

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            **self.measures.to_dict(),
            "next_benchmarks": [change.to_dict() for change in self.next_benchmarks],
            "probability_of_refused_renewal": self.refused and self.refused.to_dict(),
        }


@dataclass(frozen=True)
class PathResult:
    """What a run found for one path of contracts.

    Attributes
    ----------
    planned : PlannedPath
        The path and the terms of each performance year.
    assumed, chance_alone : PathView
        At the assumed true savings, and at exactly zero.
    payments : tuple of (float, str, Estimate)
        Years from the first day, what is paid, and its mean at the assumed true savings.
    """

    planned: PlannedPath
    assumed: PathView
    chance_alone: PathView
    payments: tuple[tuple[float, str, Estimate], ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "title": self.planned.title,
            "performance_years": [_year_facts(self.planned, i) for i in self._places()],
            **self.assumed.to_dict(),
            "payments": [
                {"years_from_start": time, "payment": label, "mean": mean.to_dict()}
                for time, label, mean in self.payments
            ],
            "chance_alone": self.chance_alone.to_dict(),
        }

    def _places(self) -> range:
        return range(len(self.planned.path.years))


@dataclass(frozen=True)
class AgreementRun:
    """A finished agreement run; ``run["glide-path"]``.

    Attributes
    ----------
    plan : AgreementPlan
        What was asked: paths, ACO, assumptions.
    simulated : SimulatedAgreement
        The calendar years, the same for every path of contracts.
    paths : dict of str to PathResult
    precision : ChosenYears or None
        How the number of simulated paths was chosen, where a precision was stated in its place.
    """

    plan: AgreementPlan
    simulated: SimulatedAgreement = field(repr=False)
    paths: dict[str, PathResult] = field(repr=False)
    precision: ChosenYears | None = field(default=None, kw_only=True)

    def __getitem__(self, label: str) -> PathResult:
        if label not in self.paths:
            # Another text of the same path: glide-path where it begins at the ACO's own level.
            label = label_of(self.plan.asked, self.plan.start_year, label)
        if label not in self.paths:
            raise UserError(
                f"path {label!r} is not in this run.{nearest(label, self.paths)} "
                f"It holds: {', '.join(self.paths)}."
            )
        return self.paths[label]

    @property
    def scenario(self) -> Scenario:
        """What was asked, the ACO in the first year of the agreement."""
        return self.plan.scenario

    @property
    def aco(self) -> ACO:
        """The ACO that was simulated."""
        return self.plan.scenario.aco

    def outcomes(self, label: str, view: int = ASSUMED) -> AgreementOutcomes:
        """Settle the simulated years under a path; arrays of shape (paths, years), dollars."""
        return self.settled(self[label].planned, view)

    def settled(self, planned: PlannedPath, view: int) -> AgreementOutcomes:
        """Settle the simulated years under a planned path and a view of the true savings."""
        spending = self.simulated.expenditure[view][:, : planned.path.calendar_years]
        return settle_path(self.plan, planned, self.simulated, spending)

    def finances(self, execution: Execution | None = None) -> Finances:
        """Reckon costs, capital, reinsurance and payments in advance of every path.

        Parameters
        ----------
        execution : Execution, optional
            Threads, chunks and progress; without influence on the result.

        Raises
        ------
        UserError
            See `simulate.agreement.finance.finances.finances`.
        """
        from simulate.agreement.finance.finances import finances

        return finances(self, execution)

    def certain(self, view: int) -> bool:
        """Whether nothing is random under a view of the true savings."""
        assumptions, settings = self.scenario.assumptions, self.plan.settings
        uncertain = any(one.sd for one in self.plan.savings_by_year())
        by_view = (uncertain, settings.savings_drift_sd)
        return (
            self.plan.noise.silent
            and (view == CHANCE_ALONE or not any(by_view))
            and assumptions.quality_score_sd == 0.0
            and settings.benchmark_update_sd == 0.0
        )

    def largest_error(self) -> float:
        """Return the largest standard error of a headline probability, a fraction.

        The headline probabilities are those of ever earning, of ever owing, and of losing over
        all years together, on every path of contracts and under both views of the true savings.
        """
        return largest_error(_measured(self))

    def to_dict(self) -> dict[str, Any]:
        """Return the run as plain data for JSON; the same for any number of threads."""
        facts = self.aco.model_dump(mode="json", exclude={"notes"})
        return {
            "aco": facts,
            "assumptions": self.assumptions(),
            "assumed": list(self.plan.assumed),
            "seed": self.scenario.run.seed,
            "paths_simulated": self.plan.simulated_paths,
            "precision": (
                None if self.precision is None else self.precision.to_dict(self.largest_error())
            ),
            "agreements": {label: result.to_dict() for label, result in self.paths.items()},
            "notes": list(self.plan.notes()),
            "version": __version__,
        }

    def assumptions(self) -> dict[str, Any]:
        """Return the assumptions as resolved."""
        view, noise, plan = self.plan.true_savings.view, self.plan.noise, self.plan
        return {
            "true_savings": view.mean,
            "true_savings_sd": view.sd,
            "true_savings_source": plan.true_savings.source,
            "people_noise_constant": noise.people * plan.population.people_noise_constant,
            "practice_sd": noise.practice_sd,
            "common_shock_sd": noise.common_shock_sd,
            "benchmark_noise": self.scenario.assumptions.benchmark_noise,
            "sampling": self.scenario.run.sampling,
            "dollars_of": plan.stated_year,
            "start_year": plan.start_year,
            "growth": list(plan.growth),
            "true_savings_by_year": [one.mean for one in plan.savings_by_year()],
            "true_savings_sd_by_year": [one.sd for one in plan.savings_by_year()],
            "interventions": [programme_facts_by_year(years) for years in plan.programmes],
            "payment_lag": plan.payment_lag,
            **plan.settings.model_dump(mode="json", exclude={"paths", "start_year", "payment_lag"}),
        }

    def plot(self) -> Figure:
        """Draw the fan chart: the running total of net, year by year, a panel a path."""
        from simulate.report.figures.fan_chart import fan_charts

        return fan_charts(self)

    def report(self, path: str) -> None:
        """Write the HTML report: one self-contained file; with finances where they are stated."""
        from simulate.report.html.agreement import write_agreement_report

        write_agreement_report(self, path, finances=self._stated_finances())

    def workbook(self, path: str) -> None:
        """Write the Excel workbook; with finances where they are stated."""
        from simulate.report.workbook.agreement import write_agreement_workbook

        write_agreement_workbook(self, path, finances=self._stated_finances())

    def save_years(self, path: str) -> None:
        """Write every simulated path to a Parquet file; see `simulate.report.saved_agreement`."""
        from simulate.report.saved_agreement import save_agreement

        save_agreement(self, path)

    def _stated_finances(self) -> Finances | None:
        return self.finances() if self.scenario.finance.stated else None


def run_agreement(
    subject: ACO | Scenario,
    paths: Sequence[str] | None = None,
    years: int | None = None,
    seed: int | None = None,
    *,
    execution: Execution | None = None,
    **assumptions: Any,
) -> AgreementRun:
    """Simulate the performance years of an agreement and settle paths of contracts.

    Parameters
    ----------
    subject : ACO or Scenario
        An ACO, simulated under default assumptions, or a whole scenario.
    paths : sequence of str, optional
        Paths of contracts, such as ``"glide-path"``, ``"enhanced"`` or
        ``"2xbasic-b, basic-c, 2xbasic-e"`` (`simulate.agreement.notation.read_path`); by default
        those of the scenario, else the path that the ACO is on.
    years : int, optional
        Simulated paths; by default what the scenario states, else 20,000.
    seed : int, optional
    execution : Execution, optional
        Threads, chunks and progress; without influence on the result.
    **assumptions
        Any key of `simulate.scenario.scenario.Assumptions` or `RunSettings`, such as
        ``true_savings=0.02`` or, in place of `years`, ``precision=0.002``, or of
        `simulate.scenario.agreement.AgreementSettings`, such as ``savings_ramp=[0.5, 1.0]``, or
        of `simulate.scenario.finance.FinanceSettings`.

    Returns
    -------
    AgreementRun

    Raises
    ------
    UserError
        Anything stated that cannot be used.
    """
    check_length(assumptions.get("precision"), years)
    scenario = stated_for_agreement(subject, {"years": years, "seed": seed, **assumptions})
    return finished_agreement(agreement_plan(scenario, paths), execution)


def stated_for_agreement(subject: ACO | Scenario, stated: dict[str, Any]) -> Scenario:
    """Return a scenario with keys set, those of the agreement by their plain names.

    ``years`` is that of the run: how many paths are simulated. What is None is left alone.
    """
    from simulate.scenario.agreement import AgreementSettings
    from simulate.scenario.finance import FinanceSettings

    scenario = subject if isinstance(subject, Scenario) else Scenario(aco=subject)
    sections = dict.fromkeys(FinanceSettings.model_fields, "finance.")
    sections |= dict.fromkeys(set(AgreementSettings.model_fields) - {"years"}, "agreement.")
    named = {f"{sections.get(key, '')}{key}": value for key, value in stated.items()}
    return scenario.with_values({key: v for key, v in named.items() if v is not None})


def finished_agreement(
    plan: AgreementPlan, execution: Execution | None = None, with_finances: bool = False
) -> AgreementRun:
    """Simulate a plan and measure every path of it.

    Parameters
    ----------
    plan : AgreementPlan
    execution : Execution, optional
    with_finances : bool
        Whether finances will be reckoned, stated or not: memory holds fewer paths with them.

    Raises
    ------
    UserError
        A precision that no number of paths reaches.
    """
    execution = execution or Execution()
    asked = with_finances or plan.scenario.finance.stated
    chosen = _chosen_paths(plan, execution, asked)
    if chosen is not None:
        plan = _of_length(plan, chosen.years)
        execution.expect(chosen.years)
    return replace(_measured_run(plan, execution), precision=chosen)


def _measured_run(plan: AgreementPlan, execution: Execution) -> AgreementRun:
    run = AgreementRun(plan, simulate_agreement(plan, execution), {})
    return replace(run, paths={planned.label: _result(run, planned) for planned in plan.paths})


def _chosen_paths(
    plan: AgreementPlan, execution: Execution, with_finances: bool
) -> ChosenYears | None:
    """Return how many paths reach the stated precision; None where they are stated."""
    target, span = plan.scenario.run.precision, plan.calendar_years
    if target is None:
        return None
    most = most_paths(span)
    if with_finances:
        from simulate.agreement.finance.terms import most_paths_with_finances

        most = min(most, most_paths_with_finances(span))
    pilot_plan = replace(plan, scenario=pilot_of(plan.scenario))
    execution.expect(pilot_plan.simulated_paths)
    pilot = _measured_run(pilot_plan, execution)
    lengths = lengths_of_agreement(most, span)
    return choose_years(target, _measured(pilot), pilot.simulated.replicates, lengths)


def _of_length(plan: AgreementPlan, paths: int) -> AgreementPlan:
    """Return the plan with so many simulated paths, as if they had been stated."""
    settings = plan.scenario.run.model_copy(update={"years": paths, "precision": None})
    scenario = plan.scenario.model_copy(update={"run": settings})
    return replace(plan, scenario=scenario, asked=plan.asked.with_value("years", paths, "years"))


def _measured(run: AgreementRun) -> list[CumulativeMeasures]:
    """Return the measures of all years together, of every path of contracts and view."""
    return [
        view.measures.cumulative
        for result in run.paths.values()
        for view in (result.assumed, result.chance_alone)
    ]


def _result(run: AgreementRun, planned: PlannedPath) -> PathResult:
    by_chance = _view(run, run.settled(planned, CHANCE_ALONE), run.certain(CHANCE_ALONE))
    settled = run.settled(planned, ASSUMED)
    cash, replicates = settled.cash, settled.replicates
    means = [mean(column, replicates) for column in cash.dollars.T]
    dated = tuple(zip(map(float, cash.times), cash.labels, means, strict=True))
    return PathResult(planned, _view(run, settled, run.certain(ASSUMED)), by_chance, dated)


def _view(run: AgreementRun, settled: AgreementOutcomes, certain: bool) -> PathView:
    discount_rate = run.plan.settings.discount_rate
    refused = settled.refused
    return PathView(
        measure_agreement(settled.measured_years(), discount_rate, certain),
        _next_benchmarks(run.simulated.benchmark, settled, certain),
        None if refused is None else proportion(refused, certain, settled.replicates),
    )


def _next_benchmarks(
    first: FloatArray, settled: AgreementOutcomes, certain: bool
) -> tuple[BenchmarkChange, ...]:
    """Return how the benchmark changes at each renewal, at the level of one year."""
    levels = [first, *(one.benchmark for one in settled.rebased)]
    return tuple(
        benchmark_change(
            before, one.benchmark, one.adjustment, one.lost_per_dollar, certain, settled.replicates
        )
        for before, one in zip(levels, settled.rebased, strict=False)
    )


def _year_facts(planned: PlannedPath, place: int) -> dict[str, Any]:
    year, resolved = planned.path.years[place], planned.resolved[place]
    terms = resolved.terms
    return {
        "performance_year": year.year,
        "months": year.months,
        "contract": year.contract_id,
        "agreement": year.agreement + 1,
        "agreement_year": year.agreement_year,
        "terms_of": resolved.performance_year,
        "two_sided": resolved.two_sided,
        "msr": terms.msr if np.isfinite(terms.msr) else None,
        "loss_limit_of_benchmark": (
            terms.loss_limit_of_benchmark if np.isfinite(terms.loss_limit_of_benchmark) else None
        ),
        "unconfirmed": resolved.contract.unconfirmed(),
    }
