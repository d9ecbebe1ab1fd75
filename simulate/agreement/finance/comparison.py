"""Two paths of contracts by what they leave after costs, payments in advance and reinsurance."""

from __future__ import annotations

import numpy as np

from simulate.agreement.compare import Compared
from simulate.agreement.finance.covers import Covered
from simulate.agreement.finance.finances import Finances, PathFinances
from simulate.agreement.finance.reckoning import Reckoning
from simulate.agreement.settlement import settle_path
from simulate.agreement.simulation import ASSUMED, CHANCE_ALONE
from simulate.agreement.spending import SEARCHED, SpendingBySavings
from simulate.engine.years import Execution
from simulate.measures.agreement_comparison import AgreementDifference
from simulate.measures.bottom_line import compare_bottom_lines
from simulate.measures.comparison import find_flips
from simulate.measures.estimate import FloatArray


def compare_finances(
    found: Finances,
    labels: tuple[str, str],
    spending: SpendingBySavings,
    execution: Execution | None = None,
) -> Compared:
    """Compare the bottom lines of two paths of an agreement run, first less second.

    Parameters
    ----------
    found : Finances
        Of the run; must hold both paths.
    labels : tuple of two str
    spending : SpendingBySavings
        What the search for the change of preference rests on. Premiums stay those that the
        assumed true savings ask for, and are taken as known in the error of the change.
    execution : Execution, optional
        How spending within a cover is simulated for it.
    """
    paths = [found[label] for label in labels]
    layers = found.covers.by_savings(spending, execution)

    def left(path: PathFinances, mean: float) -> FloatArray:
        planned, simulated = path.terms.planned, spending.simulated
        level = spending(mean)[:, : planned.path.calendar_years]
        outcomes = settle_path(found.run.plan, planned, simulated, level)
        recoveries = found.covers.recoveries(outcomes, layers(mean))
        covered = Covered(path.prices, recoveries)
        return Reckoning(path.terms, outcomes, covered).bottom_line.present_value

    def values(mean: float) -> FloatArray:
        one, two = (left(path, mean) for path in paths)
        return np.asarray(one - two)

    def difference(view: int) -> AgreementDifference:
        one, two = (path.of_view(view).line for path in paths)
        known = found.run.certain(view), found.run.simulated.replicates
        return compare_bottom_lines(one, two, *known)

    flips = tuple(find_flips(values, SEARCHED, replicates=spending.simulated.replicates))
    return Compared(difference(ASSUMED), difference(CHANCE_ALONE), flips)
