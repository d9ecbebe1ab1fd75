"""The stop-loss covers of an agreement run: what they pay on each simulated path."""

from __future__ import annotations

import numpy as np

from simulate.agreement.finance.reinsurance import Corridor, aggregate_recoveries, premiums
from simulate.agreement.outcomes import AgreementOutcomes
from simulate.agreement.path import MONTHS
from simulate.agreement.run import AgreementRun
from simulate.agreement.simulation import panel_case
from simulate.engine.panel_layers import Layer, simulate_layers
from simulate.engine.years import Execution, View
from simulate.measures.estimate import FloatArray


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
        self.layers = (
            None if self.settings.stop_loss_attachment is None else _layers(run, execution)
        )

    def recoveries(self, outcomes: AgreementOutcomes, view: int) -> dict[str, FloatArray]:
        """Return what each cover pays, dollars, shape (paths, performance years), by its name."""
        found = {}
        if self.layers is not None:
            found["stop_loss"] = self._of_people(outcomes, self.layers[view])
        if self.settings.aggregate_attachment is not None:
            corridor = Corridor(
                self.settings.aggregate_attachment,
                self.settings.aggregate_limit,
                self.settings.aggregate_share,
            )
            found["aggregate"] = aggregate_recoveries(
                outcomes.shared_losses, outcomes.benchmark, corridor
            )
        return found

    def premiums(self, recoveries: dict[str, FloatArray]) -> dict[str, tuple[float, ...]]:
        """Return the premiums that recoveries at the assumed true savings ask for, by cover."""
        loading = self.settings.premium_loading
        return {name: premiums(paid, loading) for name, paid in recoveries.items()}

    def _of_people(self, outcomes: AgreementOutcomes, layers: FloatArray) -> FloatArray:
        """Return a share of spending within the layer in each performance year."""
        found = np.zeros_like(outcomes.benchmark)
        for place, year in enumerate(outcomes.path.years):
            # A half year of 2019 is settled on the whole year, but insured for its months.
            months = min(year.months, MONTHS) / MONTHS
            for calendar_year, part in year.calendar:
                growth = self.plan.growth[calendar_year]
                found[:, place] += months * part * growth * layers[:, calendar_year]
        return np.asarray(self.settings.stop_loss_share * found * outcomes.in_agreement)


def _layers(run: AgreementRun, execution: Execution | None) -> FloatArray:
    """Return spending within the layer at the stated level, (views, paths, calendar years)."""
    plan, settings = run.plan, run.scenario.finance
    assert settings.stop_loss_attachment is not None
    growth = np.array(plan.growth)
    limit = settings.stop_loss_limit
    layer = Layer(settings.stop_loss_attachment / growth, None if limit is None else limit / growth)
    # The views of the run itself, in its order.
    views = View(0.0), plan.true_savings.view
    case = panel_case(plan, views, plan.simulated_paths, drifting=(False, True))
    return simulate_layers(case, layer, execution)
