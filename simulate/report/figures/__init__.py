"""Figures: each a function that returns a matplotlib Axes and can be used alone.

Of a run: `net_outcome`, `payoff_curve`, `probabilities`, `exceedance`,
`chance_against_true_savings`, `chance_against_size`, `variance_by_source`, `convergence`; of a
comparison: `paired_difference`; of a settlement: `waterfall`; of an ACO: `history`; of a sweep:
`preference_map`, `measure_maps`; of the finances of an agreement: `cash_by_quarter`,
`advance_balance`. Those of the evidence are in `backtest` and `replay`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from simulate.errors import UserError, nearest
from simulate.report.figures.cash import advance_balance, cash_by_quarter
from simulate.report.figures.chances import (
    chance_against_size,
    chance_against_true_savings,
    size_panels,
)
from simulate.report.figures.convergence import convergence
from simulate.report.figures.decomposition import variance_by_source
from simulate.report.figures.exceedance import exceedance
from simulate.report.figures.heat_map import measure_maps, preference_map
from simulate.report.figures.history import history
from simulate.report.figures.house import figure_of
from simulate.report.figures.net_outcome import net_outcome
from simulate.report.figures.paired import paired_difference
from simulate.report.figures.payoff import payoff_curve, payoff_panels
from simulate.report.figures.probabilities import probabilities
from simulate.report.figures.waterfall import waterfall

if TYPE_CHECKING:
    from simulate.analysis.run import Run

__all__ = [
    "advance_balance",
    "cash_by_quarter",
    "chance_against_size",
    "chance_against_true_savings",
    "convergence",
    "draw",
    "exceedance",
    "history",
    "measure_maps",
    "net_outcome",
    "paired_difference",
    "payoff_curve",
    "preference_map",
    "probabilities",
    "variance_by_source",
    "waterfall",
]

_DRAWN: dict[str, Callable[[Run], Figure]] = {
    "net_outcome": lambda run: figure_of(net_outcome(run)),
    "payoff": payoff_panels,
    "probabilities": lambda run: figure_of(probabilities(run)),
    "exceedance": lambda run: figure_of(exceedance(run)),
    "true_savings": lambda run: figure_of(chance_against_true_savings(run)),
    "size": size_panels,
    "history": lambda run: figure_of(history(run.aco)),
    "convergence": lambda run: figure_of(convergence(run)),
    "decomposition": lambda run: figure_of(variance_by_source(run)),
}


def draw(run: Run, name: str) -> Figure:
    """Draw a figure of a run by its name.

    Parameters
    ----------
    run : Run
    name : str
        ``net_outcome``, ``payoff``, ``probabilities``, ``exceedance``, ``true_savings``,
        ``size``, ``history``, ``convergence`` or ``decomposition``. The chances against
        ``true_savings`` and ``size`` are simulated when they are first asked for;
        ``convergence`` and ``decomposition`` need simulated years, so not the exact engine;
        ``history`` needs a published savings rate.

    Raises
    ------
    UserError
        No such figure, with a list of those there are; or one that this run cannot have.
    """
    if name not in _DRAWN:
        raise UserError(
            f"figure {name!r}: there is no such figure.{nearest(name, _DRAWN)} "
            f"The figures of a run are: {', '.join(_DRAWN)}."
        )
    return _DRAWN[name](run)
