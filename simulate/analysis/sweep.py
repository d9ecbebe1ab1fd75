"""A sweep: one ACO in many sizes, at many true savings, under many contracts and MSR choices.

The people of a smaller size are the first of a larger one, every rate of true savings
sees the same people, and every contract is settled on the same years: what differs between
two cells is what was varied, and hardly any luck. Each cell is to the last bit what a run
of that size, true savings, contract and MSR finds alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from simulate._version import __version__
from simulate.analysis.run import outcomes_of
from simulate.analysis.simulation import draws_of, simulated_under
from simulate.analysis.sweep_plan import Choice, SizedACO, SweepPlan, sweep_plan
from simulate.contracts.contract import Contract
from simulate.contracts.resolution import ResolvedContract
from simulate.engine.sizes import simulate_sizes
from simulate.engine.years import Execution, SimulatedYears, View, in_chunks, simulated_quality
from simulate.errors import UserError
from simulate.measures.estimate import FloatArray
from simulate.measures.outcomes import Measures, Outcomes, measure
from simulate.measures.preference import Preference, preferred
from simulate.scenario.aco import ACO
from simulate.scenario.scenario import Scenario
from simulate.scenario.sweep import SweepSettings

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

#: A year that is settled and measured takes as long as about so many draws.
_DRAWS_PER_SETTLEMENT = 40


class SweptYears(NamedTuple):
    """Simulated years of one size.

    Attributes
    ----------
    totals : float64 array, shape (true savings, years)
        Expenditure, dollars per performance year.
    benchmark : float or float64 array, shape (years,)
        What they are settled against, dollars.
    replicates : int or None
        See `simulate.measures.estimate`.
    """

    totals: FloatArray
    benchmark: float | FloatArray
    replicates: int | None


@dataclass(frozen=True)
class Cell:
    """One size at one rate of true savings; ``cell["enhanced"].expected_net``.

    Attributes
    ----------
    size : int
        Assigned beneficiaries.
    true_savings : float
        Fraction of the benchmark.
    measures : mapping of str to Measures
        By choice; dollars per performance year.
    preference : Preference
        The preferred choice, the next, and their paired difference.
    """

    size: int
    true_savings: float
    measures: Mapping[str, Measures]
    preference: Preference

    def __getitem__(self, label: str) -> Measures:
        return self.measures[label]


@dataclass(frozen=True)
class Sweep:
    """A finished sweep.

    Attributes
    ----------
    plan : SweepPlan
        What was asked: the scenario, sizes, true savings, contracts and MSR choices.
    rows : tuple of tuples of Cell
        By size, then by true savings, both rising.
    """

    plan: SweepPlan
    rows: tuple[tuple[Cell, ...], ...] = field(repr=False)

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Every cell, by size, then by true savings."""
        return tuple(cell for row in self.rows for cell in row)

    def cell(self, size: int, true_savings: float) -> Cell:
        """Return the cell of a size (assigned beneficiaries) and true savings (fraction).

        Raises
        ------
        UserError
            Not in the sweep; the message lists what is.
        """
        sizes, rates = self.plan.sizes, self.plan.true_savings
        if size not in sizes:
            raise UserError(f"size {size}: not in this sweep. It holds: {_listed(sizes)}.")
        if true_savings not in rates:
            raise UserError(
                f"true_savings {true_savings}: not in this sweep. It holds: {_listed(rates)}."
            )
        return self.rows[sizes.index(size)][rates.index(true_savings)]

    def to_dict(self) -> dict[str, Any]:
        """Return the sweep as plain data for JSON; the same for any number of threads."""
        plan = self.plan
        assumptions = plan.scenario.assumptions.model_dump(
            mode="json", exclude={"true_savings", "msr"}
        )
        own = plan.own
        return {
            "aco": plan.scenario.aco.model_dump(mode="json", exclude={"notes"}),
            "assumptions": assumptions,
            "own_true_savings": {"mean": own.view.mean, "sd": own.view.sd, "source": own.source},
            "seed": plan.scenario.run.seed,
            "years": plan.years,
            "sampling": plan.scenario.run.sampling,
            "contract_terms": plan.scenario.contract_terms,
            "sizes": list(plan.sizes),
            "true_savings": list(plan.true_savings),
            "choices": [choice_facts(choice) for choice in plan.choices],
            "prefer": plan.prefer,
            "cells": [self._cell_facts(cell) for cell in self.cells],
            "notes": list(plan.notes()),
            "version": __version__,
        }

    def _cell_facts(self, cell: Cell) -> dict[str, Any]:
        found = cell.preference
        return {
            "size": cell.size,
            "true_savings": cell.true_savings,
            "preferred": found.best,
            "same_as_preferred": list(found.same),
            "runner_up": found.runner_up,
            "difference": None if found.difference is None else found.difference.to_dict(),
            "clear": found.clear,
            "measures": {label: m.to_dict() for label, m in cell.measures.items()},
        }

    def records(self) -> Iterator[dict[str, Any]]:
        """Yield a flat record for every cell and choice: all measures with their errors."""
        for sized, row in zip(self.plan.sized, self.rows, strict=True):
            for cell in row:
                for choice, resolved in zip(self.plan.choices, sized.resolved, strict=True):
                    record = {
                        "size": cell.size,
                        "true_savings": cell.true_savings,
                        **choice_facts(choice),
                        "minimum_savings_rate": resolved.terms.msr,
                        "preferred": choice.label == cell.preference.best,
                    }
                    for name, estimate in cell[choice.label].to_dict().items():
                        record[name] = estimate["value"]
                        record[f"{name}_standard_error"] = estimate["standard_error"]
                    yield record

    def to_frame(self) -> pd.DataFrame:
        """Return the records as a data frame: one row a cell and choice.

        Raises
        ------
        UserError
            pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError:
            raise UserError("to_frame needs pandas: pip install 'simulate[frames]'.") from None
        return pd.DataFrame(list(self.records()))

    def plot(self, measure: str | None = None) -> Figure:
        """Draw the map of the preferred choice or, of one measure, a map for each choice."""
        from simulate.report.figures.heat_map import sweep_figure

        return sweep_figure(self, measure)


def choice_facts(choice: Choice) -> dict[str, str | None]:
    """Return what tells a choice from the others."""
    return {"choice": choice.label, "contract": choice.contract.id, "msr": choice.msr}


def _listed(values: Sequence[float]) -> str:
    return ", ".join(f"{value:g}" for value in values)


def sweep(
    subject: ACO | Scenario,
    contracts: Sequence[str | Contract] | None = None,
    years: int | None = None,
    seed: int | None = None,
    *,
    execution: Execution | None = None,
    **stated: Any,
) -> Sweep:
    """Simulate an ACO in many sizes and settle it at many true savings under many contracts.

    Parameters
    ----------
    subject : ACO or Scenario
        An ACO, or a whole scenario.
    contracts : sequence of str or Contract, optional
        By default what the scenario states, else those of the Shared Savings Program that
        cover the performance year.
    years : int, optional
        Performance years of every size; by default what the scenario states, else 28,000,
        which keep the standard error of any probability below 0.3 points.
    seed : int, optional
    execution : Execution, optional
        Threads and progress; without influence on the result.
    **stated
        ``sizes``, ``true_savings`` and ``msr``, each a list or a range such as
        ``"-0.05:0.05:21"``; ``prefer``, the measure by which a contract is preferred
        (`simulate.scenario.sweep.SweepSettings`); else any key of
        `simulate.scenario.scenario.Assumptions` or `RunSettings`.

    Returns
    -------
    Sweep

    Raises
    ------
    UserError
        Anything stated that cannot be used.
    """
    scenario = subject if isinstance(subject, Scenario) else Scenario(aco=subject)
    if years is not None and stated.get("precision") is not None:
        raise UserError(
            f"precision = {stated['precision']} with years = {years}: precision chooses how many "
            "years are simulated; state one of the two."
        )
    axes = {f"sweep.{key}": stated.pop(key) for key in SweepSettings.model_fields if key in stated}
    changes = {"years": years, "seed": seed, **stated, **axes}
    scenario = scenario.with_values({k: v for k, v in changes.items() if v is not None})
    plan = sweep_plan(scenario, contracts)
    return settled_sweep(plan, simulated_sweep(plan, execution), execution)


def simulated_sweep(plan: SweepPlan, execution: Execution | None = None) -> list[SweptYears]:
    """Simulate every size of a sweep; progress counts the years of every size."""
    views = tuple(View(rate, _true_savings_sd(plan)) for rate in plan.true_savings)
    if plan.scenario.assumptions.benchmark_noise == "none":
        cases = [(sized.population, sized.noise) for sized in plan.sized]
        simulated = simulate_sizes(cases, views, plan.years, draws_of(plan.scenario), execution)
        simulated.reverse()
        return [_totals(simulated.pop()) for _ in plan.sized]  # each freed as it is added up
    return [
        _totals(
            simulated_under(
                plan.scenario, sized.population, sized.noise, views, plan.years, execution
            )
        )
        for sized in plan.sized
    ]


def _true_savings_sd(plan: SweepPlan) -> float:
    return plan.scenario.assumptions.true_savings_sd or 0.0


def _totals(simulated: SimulatedYears) -> SweptYears:
    totals = np.stack([simulated.total(view) for view in range(len(simulated.expenditure))])
    return SweptYears(totals, simulated.settled_against, simulated.replicates)


def settled_sweep(
    plan: SweepPlan, simulated: Sequence[SweptYears], execution: Execution | None = None
) -> Sweep:
    """Settle and measure every cell; progress counts cells."""
    rates = len(plan.true_savings)
    settlement = _Settlement(plan)
    cells: list[Cell | None] = [None] * (rates * len(plan.sized))

    def fill(some: tuple[int, int]) -> int:
        for at in range(*some):
            size, rate = divmod(at, rates)
            cells[at] = settlement.cell(plan.sized[size], simulated[size], rate)
        return some[1] - some[0]

    work = _DRAWS_PER_SETTLEMENT * plan.years * len(plan.choices)
    in_chunks(fill, len(cells), work, execution or Execution())
    found = [cell for cell in cells if cell is not None]
    rows = tuple(tuple(found[i : i + rates]) for i in range(0, len(found), rates))
    return Sweep(plan, rows)


class _Settlement:
    """What is the same for every cell of a sweep."""

    def __init__(self, plan: SweepPlan) -> None:
        self.plan = plan
        self.quality_sd = plan.scenario.assumptions.quality_score_sd
        score, draws = plan.scenario.aco.quality_score, draws_of(plan.scenario)
        self.scores = simulated_quality(score, self.quality_sd, draws, plan.years)

    def cell(self, sized: SizedACO, simulated: SweptYears, rate: int) -> Cell:
        outcomes = {
            choice.label: self._outcomes(sized.aco, resolved, simulated, rate)
            for choice, resolved in zip(self.plan.choices, sized.resolved, strict=True)
        }
        certain = self._certain(sized)
        measures = {label: measure(settled, certain) for label, settled in outcomes.items()}
        return Cell(
            sized.aco.assigned_beneficiaries,
            self.plan.true_savings[rate],
            measures,
            preferred(outcomes, measures, self.plan.prefer),
        )

    def _outcomes(
        self, aco: ACO, resolved: ResolvedContract, simulated: SweptYears, rate: int
    ) -> Outcomes:
        totals = simulated.totals[rate]
        settled = outcomes_of(resolved, aco, simulated.benchmark, totals, self.scores)
        return replace(settled, replicates=simulated.replicates)

    def _certain(self, sized: SizedACO) -> bool:
        """Whether nothing is random."""
        return sized.noise.silent and not (_true_savings_sd(self.plan) or self.quality_sd)
