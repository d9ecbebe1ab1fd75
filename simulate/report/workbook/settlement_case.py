"""One settlement as the live sheet starts with it: its inputs, and what `settle` makes of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from simulate.contracts.minimum_rate import chosen_rate
from simulate.contracts.resolution import Circumstances, QualityStandard
from simulate.contracts.settlement import Settlement, settle
from simulate.kernels.settlement_rule import QUALITY_TIERS, Outcome, Terms
from simulate.report.sentences import headline_contract
from simulate.report.workbook.contract_table import SIZE_TABLE, ContractTable

if TYPE_CHECKING:
    from simulate.analysis.run import Run


@dataclass(frozen=True)
class Inputs:
    """What the yellow cells of the settlement sheet hold.

    Parameters
    ----------
    contract_id : str
    circumstances : Circumstances
        Of the performance and agreement year that the table of terms was resolved for.
    benchmark, expenditure : float
        Totals in dollars.
    quality_score : float
        Fraction from 0 to 1.
    quality_standard : {"met", "alternative", "failed"}
    """

    contract_id: str
    circumstances: Circumstances
    benchmark: float
    expenditure: float
    quality_score: float
    quality_standard: QualityStandard

    @property
    def msr_choice(self) -> float | str:
        """The choice of MSR and MLR as a fraction of the benchmark, or the size table."""
        chosen = chosen_rate(self.circumstances.msr)
        return SIZE_TABLE if chosen is None else chosen


@dataclass(frozen=True)
class Case:
    """Inputs, the terms of their contract as the tables write them, and the settlement."""

    table: ContractTable
    inputs: Inputs

    @cached_property
    def row(self) -> dict[str, Any]:
        """The contract's row in the table of numbers."""
        return self.table.numbers(self.inputs.contract_id)

    @cached_property
    def standard(self) -> QualityStandard:
        """The quality standard that is settled: before 2023 an alternative one is the standard."""
        stated = self.inputs.quality_standard
        rule = self.table.contracts[self.inputs.contract_id].terms.quality_rule
        return "met" if stated == "alternative" and rule != QUALITY_TIERS else stated

    @cached_property
    def settlement(self) -> Settlement:
        """What `settle` makes of the inputs."""
        inputs = self.inputs
        return settle(
            self.table.contracts[inputs.contract_id].contract,
            inputs.circumstances,
            inputs.benchmark,
            inputs.expenditure,
            inputs.quality_score,
            self.standard,
        )

    @property
    def terms(self) -> Terms:
        """The terms in force, as plain numbers."""
        return self.settlement.contract.terms

    @property
    def outcome(self) -> Outcome:
        """The settled year, before rounding."""
        return self.settlement.outcome


def published_case(run: Run, table: ContractTable) -> Case:
    """Return the settlement of the run's ACO in its own year, under its own contract if known."""
    aco, benchmark = run.aco, round(run.population.benchmark, 2)
    own = aco.contract if aco.contract in table.contracts else headline_contract(run)
    spent = benchmark * (1.0 - (aco.savings_rate or 0.0))
    quality = aco.quality_score, aco.quality_standard
    return Case(table, Inputs(own, table.circumstances, benchmark, round(spent, 2), *quality))
