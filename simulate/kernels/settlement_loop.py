"""The settlement rule, compiled and run over simulated performance years."""

from __future__ import annotations

from simulate.kernels.jit import kernel, usable_in_kernels
from simulate.kernels.settlement_rule import (
    cents,
    final_sharing_rate,
    settle_year,
    shared_loss_rate,
    within_bands,
)

usable_in_kernels(cents, within_bands, final_sharing_rate, shared_loss_rate, settle_year)


@kernel
def settle_years(terms, benchmark, expenditures, score, standard, outcome):
    """Settle every simulated year under one contract.

    Parameters
    ----------
    terms : settlement_rule.Terms
        Resolved terms.
    benchmark : float
        Total updated benchmark, dollars.
    expenditures : float64 array, shape (years,)
        Total expenditure of each simulated year, dollars.
    score, standard : float
        Quality, as in `settlement_rule.settle_year`.
    outcome : float64 array, shape (5, years)
        Filled with shared savings, shared losses, net, threshold and the amount cut by
        a limit.
    """
    for year in range(expenditures.size):
        settled = settle_year(terms, benchmark, expenditures[year], score, standard)
        outcome[0, year] = settled.shared_savings
        outcome[1, year] = settled.shared_losses
        outcome[2, year] = settled.net
        outcome[3, year] = settled.threshold
        outcome[4, year] = settled.over_limit
