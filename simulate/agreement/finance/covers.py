"""The stop-loss covers of an agreement run: what they pay on each simulated path."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from simulate.agreement.finance.reinsurance import (
    Corridor,
    Price,
    aggregate_recoveries,
    influence_on_premiums,
    premiums,
    quoted_price,
)
from simulate.agreement.outcomes import AgreementOutcomes
from simulate.agreement.path import MONTHS, PerformanceYear
from simulate.agreement.plan import AgreementPlan
from simulate.agreement.run import AgreementRun
from simulate.agreement.savings import SavingsCourse
from simulate.agreement.simulation import panel_case, run_courses
from simulate.agreement.spending import SpendingBySavings
from simulate.engine.panel_layers import Layer, simulate_layers
from simulate.engine.years import Execution
from simulate.measures.estimate import Estimate, FloatArray


@dataclass(frozen=True)
class Covered:
    """What covers cost and pay, by the name of each; dollars.

    Attributes
    ----------
    prices : dict of str to tuple of float
        Premium of each performance year.
    recoveries : dict of str to float64 array, shape (paths, performance years)
    influences : dict of str to float64 array, shape (paths, performance years)
        Of each path on premiums that are estimated from all of them; see `Price`.
    """

    prices: dict[str, tuple[float, ...]]
    recoveries: dict[str, FloatArray]
    influences: dict[str, FloatArray] = field(default_factory=dict)


class Covers:
    """Covers per beneficiary and in aggregate, as the scenario states them.

    Parameters
    ----------
    run : AgreementRun
    execution : Execution, optional
        How spending within the layer is simulated.
    """

    def __init__(self, run: AgreementRun, execution: Execution | None = None) -> None:
        self.plan, self.settings = run.plan, run.scenario.finance
        self.layers = None
        if self.settings.stop_loss_attachment is not None:
            # The views of the run itself, in its order.
            self.layers = _layers(self.plan, run_courses(self.plan), execution)

    def by_savings(
        self, spending: SpendingBySavings, execution: Execution | None = None
    ) -> Callable[[float], FloatArray | None]:
        """Return what gives spending within the layer at any mean of the true savings.

        For the paths and the true savings of `spending`; None without a cover per beneficiary.
        """
        if self.layers is None:
            return lambda mean: None
        layers = _layers(self.plan, spending.courses, execution, spending.paths)
        return lambda mean: spending.between(layers, mean)

    def of_view(self, outcomes: AgreementOutcomes, view: int) -> dict[str, FloatArray]:
        """Return `recoveries` under a view of the run."""
        return self.recoveries(outcomes, None if self.layers is None else self.layers[view])

    def recoveries(
        self, outcomes: AgreementOutcomes, layers: FloatArray | None
    ) -> dict[str, FloatArray]:
        """Return what each cover pays, dollars, shape (paths, performance years), by its name.

        Parameters
        ----------
        outcomes : AgreementOutcomes
        layers : float64 array, shape (paths, calendar years), optional
            Spending within the layer of a cover per beneficiary, at the stated level.
        """
        found = {}
        if layers is not None:
            found["stop_loss"] = self._of_people(outcomes, layers)
        if self.settings.aggregate_attachment is not None:
            corridor = Corridor(
                self.settings.aggregate_attachment,
                self.settings.aggregate_limit,
                self.settings.aggregate_share,
            )
            parts = [_insured_part(year) for year in outcomes.path.years]
            found["aggregate"] = aggregate_recoveries(
                outcomes.shared_losses, outcomes.benchmark, corridor, parts
            )
        return found

    def prices(
        self, recoveries: dict[str, FloatArray], outcomes: AgreementOutcomes
    ) -> dict[str, Price]:
        """Return what covers cost by recoveries at the assumed true savings, or as quoted."""
        return {name: self._price(name, paid, outcomes) for name, paid in recoveries.items()}

    def _price(self, name: str, recoveries: FloatArray, outcomes: AgreementOutcomes) -> Price:
        quote, insured = self.settings.quote(name), outcomes.in_agreement
        if quote is None:
            loading = self.settings.premium_loading
            known = Estimate(loading, 0.0) if recoveries.any() else None
            paid = premiums(recoveries, loading, insured)
            influence = influence_on_premiums(recoveries, paid, loading, insured)
            return Price(paid, known, influence)
        parts = [_insured_part(year) for year in outcomes.path.years]
        return quoted_price(recoveries, quote, parts, insured, outcomes.replicates)

    def _of_people(self, outcomes: AgreementOutcomes, layers: FloatArray) -> FloatArray:
        """Return a share of spending within the layer in each performance year."""
        found = np.zeros_like(outcomes.benchmark)
        for place, year in enumerate(outcomes.path.years):
            for calendar_year, part in year.calendar:
                growth = self.plan.growth[calendar_year]
                found[:, place] += _insured_part(year) * part * growth * layers[:, calendar_year]
        return np.asarray(self.settings.stop_loss_share * found * outcomes.in_agreement)


def _insured_part(year: PerformanceYear) -> float:
    """Return the part of twelve months that is insured: that in the programme.

    A half year of 2019 and a year in which the ACO leaves are settled on the whole year.
    """
    return min(year.months_inside, MONTHS) / MONTHS


def _layers(
    plan: AgreementPlan,
    courses: Sequence[SavingsCourse],
    execution: Execution | None,
    paths: int | None = None,
) -> FloatArray:
    """Return spending within the layer at the stated level, (courses, paths, calendar years)."""
    settings = plan.scenario.finance
    assert settings.stop_loss_attachment is not None
    growth = np.array(plan.growth)
    limit = settings.stop_loss_limit
    layer = Layer(settings.stop_loss_attachment / growth, None if limit is None else limit / growth)
    case = panel_case(plan, courses, plan.simulated_paths if paths is None else paths)
    return simulate_layers(case, layer, execution)
