"""Figures: each a function that returns a matplotlib Axes and can be used alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from simulate.errors import UserError, nearest
from simulate.report.figures.decomposition import variance_by_source
from simulate.report.figures.house import figure_of
from simulate.report.figures.net_outcome import net_outcome
from simulate.report.figures.paired import paired_difference
from simulate.report.figures.payoff import payoff_curve, payoff_panels
from simulate.report.figures.probabilities import probabilities

if TYPE_CHECKING:
    from simulate.analysis.run import Run

__all__ = [
    "draw",
    "net_outcome",
    "paired_difference",
    "payoff_curve",
    "probabilities",
    "variance_by_source",
]

_DRAWN: dict[str, Callable[[Run], Figure]] = {
    "net_outcome": lambda run: figure_of(net_outcome(run)),
    "payoff": payoff_panels,
    "probabilities": lambda run: figure_of(probabilities(run)),
    "decomposition": lambda run: figure_of(variance_by_source(run)),
}


def draw(run: Run, name: str) -> Figure:
    """Draw a figure of a run by its name.

    Parameters
    ----------
    run : Run
    name : str
        ``net_outcome``, ``payoff``, ``probabilities`` or ``decomposition``; the last needs
        simulated years, so not the exact engine.

    Raises
    ------
    UserError
        No such figure; the message lists them.
    """
    if name not in _DRAWN:
        raise UserError(
            f"figure {name!r}: there is no such figure.{nearest(name, _DRAWN)} "
            f"The figures of a run are: {', '.join(_DRAWN)}."
        )
    return _DRAWN[name](run)
