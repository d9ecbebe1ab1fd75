"""What one path of contracts came to in every simulated path: arrays that others build on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulate.agreement.path import Path
from simulate.agreement.payments import CashOfYears
from simulate.agreement.rules import Rebased
from simulate.contracts.resolution import ResolvedContract
from simulate.measures.agreement import AgreementYears
from simulate.measures.cash import CashFlows
from simulate.measures.estimate import BoolArray, FloatArray
from simulate.measures.outcomes import Outcomes


@dataclass(frozen=True)
class AgreementOutcomes:
    """One path of contracts settled under one view of the true savings.

    Dollars are those of the year they fall in. Rows are simulated paths; columns are
    performance years, in the order of `path.years`.

    Attributes
    ----------
    path : Path
        Contracts and calendar of the performance years.
    resolved : tuple of ResolvedContract
        Their terms.
    benchmark, expenditure : float64 arrays, shape (paths, performance years)
        Updated benchmark and expenditure that each performance year is settled on: of 18 or
        21 months where it has so many, of the whole calendar year for a half year of 2019.
    years : tuple of Outcomes
        The settlement of each performance year.
    in_agreement : bool array, shape (paths, performance years)
        False where renewal was refused, and nothing is earned or owed.
    beside : CashOfYears
        What contracts pay besides their settlements, while the years run.
    settlements : CashFlows
        When the settlements are paid.
    cash : CashFlows
        All payments, those besides settlements too. In every path they add up to the sum of `net`.
    rebased : tuple of Rebased
        The benchmark of each later agreement and, last, of the one that could follow; none of
        that after a termination, fewer than three calendar years, or a model with other rules.
    refused : bool array, shape (paths,), or None
        Whether the first renewal is refused; None without a renewal test.
    replicates : int or None
        See `simulate.measures.estimate`.
    """

    path: Path
    resolved: tuple[ResolvedContract, ...]
    benchmark: FloatArray
    expenditure: FloatArray
    years: tuple[Outcomes, ...]
    in_agreement: BoolArray
    beside: CashOfYears
    settlements: CashFlows
    cash: CashFlows
    rebased: tuple[Rebased, ...]
    refused: BoolArray | None
    replicates: int | None

    @property
    def savings_rate(self) -> FloatArray:
        """Savings rates, fractions of the benchmark, shape (paths, performance years)."""
        return np.asarray(1.0 - self.expenditure / self.benchmark)

    @property
    def shared_savings(self) -> FloatArray:
        """Shared savings, dollars, shape (paths, performance years)."""
        return np.stack([year.shared_savings for year in self.years], axis=1)

    @property
    def shared_losses(self) -> FloatArray:
        """Shared losses, dollars, at least 0, shape (paths, performance years)."""
        return np.stack([year.shared_losses for year in self.years], axis=1)

    @property
    def net(self) -> FloatArray:
        """Savings less losses plus other cash of the contract, (paths, performance years)."""
        return np.stack([year.net for year in self.years], axis=1)

    def measured_years(self) -> AgreementYears:
        """Return what the measures of an agreement are taken of."""
        return AgreementYears(self.years, self.savings_rate, self.cash, self.replicates)
