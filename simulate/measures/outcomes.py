"""The measures of one contract over simulated years."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from simulate.measures import estimate as of
from simulate.measures.estimate import Estimate, FloatArray

#: Level of the value at risk and tail value at risk: one year in twenty.
TAIL_LEVEL = 0.95


@dataclass(frozen=True)
class Outcomes:
    """Settled outcomes of the simulated years; arrays of shape (years,), US dollars.

    `met_msr` and `met_mlr` say whether the minimum savings or loss rate was reached,
    `limited` whether a payment or loss limit cut the result. A `one_sided` contract
    never owes, which is certain and not a matter of simulated years. `replicates`: how many
    interleaved sets the years fall into that are independent of each other, where the years
    themselves are not (see `simulate.measures.estimate`). Where no `savings_are_shared`,
    that too is certain.
    """

    shared_savings: FloatArray
    shared_losses: FloatArray
    net: FloatArray
    met_msr: NDArray[np.bool_]
    met_mlr: NDArray[np.bool_]
    limited: NDArray[np.bool_]
    one_sided: bool = False
    replicates: int | None = None
    savings_are_shared: bool = True


@dataclass(frozen=True)
class Measures:
    """What a contract brings in a performance year; dollars per performance year.

    Attributes
    ----------
    probability_of_meeting_msr, probability_of_meeting_mlr : Estimate
        The savings rate reaches the MSR, or the loss rate the MLR.
    probability_of_shared_savings, probability_of_shared_losses : Estimate
        Something is paid to the ACO, or owed by it.
    probability_of_payment_limit, probability_of_loss_limit : Estimate
        The payment limit or loss limit cuts what would be paid or owed.
    expected_shared_savings, expected_shared_losses, expected_net : Estimate
        Means over all years; losses count positive, net is savings less losses.
    standard_deviation_of_net : Estimate
    net_p05, net_p50, net_p95 : Estimate
        Quantiles of net.
    loss_var_95, loss_tvar_95 : Estimate
        Value at risk of shared losses (one year in twenty owes more) and their mean in
        the worst twentieth of years.
    """

    probability_of_meeting_msr: Estimate
    probability_of_meeting_mlr: Estimate
    probability_of_shared_savings: Estimate
    probability_of_shared_losses: Estimate
    probability_of_payment_limit: Estimate
    probability_of_loss_limit: Estimate
    expected_shared_savings: Estimate
    expected_shared_losses: Estimate
    expected_net: Estimate
    standard_deviation_of_net: Estimate
    net_p05: Estimate
    net_p50: Estimate
    net_p95: Estimate
    loss_var_95: Estimate
    loss_tvar_95: Estimate

    def to_dict(self) -> dict[str, dict[str, float]]:
        """Return plain data for JSON, by measure."""
        return {field.name: getattr(self, field.name).to_dict() for field in fields(self)}


def measure(outcomes: Outcomes, certain: bool = False) -> Measures:
    """Compute every measure of one contract from its settled years.

    Parameters
    ----------
    outcomes : Outcomes
    certain : bool
        Nothing is random, so that a share of 0 or 1 of the years is exact.
    """
    replicates = outcomes.replicates
    savings, losses, net = outcomes.shared_savings, outcomes.shared_losses, outcomes.net
    no_losses = certain or outcomes.one_sided
    no_savings = certain or not outcomes.savings_are_shared
    return Measures(
        probability_of_meeting_msr=of.proportion(outcomes.met_msr, no_savings, replicates),
        probability_of_meeting_mlr=of.proportion(outcomes.met_mlr, no_losses, replicates),
        probability_of_shared_savings=of.proportion(savings > 0.0, no_savings, replicates),
        probability_of_shared_losses=of.proportion(losses > 0.0, no_losses, replicates),
        probability_of_payment_limit=of.proportion(
            outcomes.limited & (savings > 0.0), no_savings, replicates
        ),
        probability_of_loss_limit=of.proportion(
            outcomes.limited & (losses > 0.0), no_losses, replicates
        ),
        expected_shared_savings=of.mean(savings, replicates),
        expected_shared_losses=of.mean(losses, replicates),
        expected_net=of.mean(net, replicates),
        standard_deviation_of_net=of.standard_deviation(net, replicates),
        net_p05=of.quantile(net, 0.05, replicates),
        net_p50=of.quantile(net, 0.50, replicates),
        net_p95=of.quantile(net, 0.95, replicates),
        loss_var_95=of.quantile(losses, TAIL_LEVEL, replicates),
        loss_tvar_95=of.tail_mean(losses, TAIL_LEVEL, replicates),
    )
