"""When settlements are paid: lags, interim payments, amounts withheld until the end."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simulate.agreement.path import Path
from simulate.contracts.resolution import ResolvedContract
from simulate.measures.cash import CashFlows
from simulate.measures.estimate import FloatArray
from simulate.measures.outcomes import Outcomes


def payments(
    path: Path,
    resolved: Sequence[ResolvedContract],
    years: Sequence[Outcomes],
    lag: float,
    interim: FloatArray | None = None,
) -> CashFlows:
    """Return the dated payments of settled performance years.

    Each performance year is paid `lag` years after its last calendar year. An interim
    payment comes as long after the first year of the path and is taken off the payment of
    the first performance year, which may turn into a repayment. What a contract withholds
    of shared savings first meets later shared losses; the rest is paid with the agreement's
    last settlement.

    Parameters
    ----------
    path, resolved, years
        The performance years, their terms and their settlements.
    lag : float
        Years.
    interim : float64 array, shape (paths,), optional
        Dollars.
    """
    due = _less_withheld(path, resolved, years)
    times = [year.ends_at + lag for year in path.years]
    labels = [f"{year.label} settlement" for year in path.years]
    if interim is not None:
        due[0] = due[0] - interim
        due.insert(0, interim)
        times.insert(0, 1.0 + lag)
        labels.insert(0, "interim payment, first 12 months")
    return CashFlows(np.array(times), np.stack(due, axis=1), tuple(labels))


def _less_withheld(
    path: Path, resolved: Sequence[ResolvedContract], years: Sequence[Outcomes]
) -> list[FloatArray]:
    """Return what is paid after each performance year, withheld savings held back."""
    due = [year.net.copy() for year in years]
    for agreement in range(len(path.starts) - 1):
        places = path.of_agreement(agreement)
        if not any(resolved[place].terms.withhold for place in places):
            continue
        held = np.zeros(len(due[0]))
        for place in places:
            withheld = resolved[place].terms.withhold * years[place].shared_savings
            met = np.minimum(held, years[place].shared_losses)
            due[place] += met - withheld
            held += withheld - met
        due[places[-1]] += held
    return due
