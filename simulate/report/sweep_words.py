"""What tables and maps of a sweep share: letters of the choices, axes, measures in words."""

from __future__ import annotations

import string
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from simulate.errors import UserError, nearest
from simulate.measures.outcomes import Measures
from simulate.measures.preference import LARGER_IS_BETTER
from simulate.report.numbers import plain_percent, unit_for

if TYPE_CHECKING:
    from simulate.analysis.sweep import Cell, Sweep
    from simulate.measures.estimate import Estimate

Unit = tuple[float, str, str]

#: Okabe-Ito, neighbours far apart in lightness too; letters tell them apart in any case.
COLOURS = (
    *("#0072B2", "#E69F00", "#F0E442", "#009E73"),
    *("#CC79A7", "#56B4E9", "#D55E00", "#8A97A3"),
)
_PALE = 0.65

_WORDS = {
    "probability_of_meeting_msr": "probability of meeting the MSR",
    "probability_of_meeting_mlr": "probability of meeting the MLR",
    "probability_of_payment_limit": "probability that the payment limit cuts",
    "probability_of_loss_limit": "probability that the loss limit cuts",
    "net_p05": "5th percentile of net",
    "net_p50": "median net",
    "net_p95": "95th percentile of net",
    "loss_var_95": "shared losses, 95 % VaR",
    "loss_tvar_95": "shared losses, 95 % TVaR",
}


@dataclass(frozen=True)
class Winner:
    """A choice that is preferred somewhere.

    Attributes
    ----------
    label : str
    letter, colour : str
        What stands for it in tables and maps.
    cells : int
        How many cells prefer it.
    same : tuple of str
        Choices that pay the same in every year of all these cells.
    """

    label: str
    letter: str
    colour: str
    cells: int
    same: tuple[str, ...]

    @property
    def title(self) -> str:
        """The choice, and those that pay the same where it is preferred."""
        return " = ".join((self.label, *self.same))

    def shade(self, clear: bool) -> str:
        """Return the colour of a cell, pale where the preference is not clear."""
        red, green, blue = (int(self.colour[i : i + 2], 16) for i in (1, 3, 5))
        if not clear:
            red, green, blue = (round(c + (255 - c) * _PALE) for c in (red, green, blue))
        return f"#{red:02x}{green:02x}{blue:02x}"


def is_dark(colour: str) -> bool:
    """Whether text on a colour must be white (ITU-R BT.601 luma)."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue < 0.45 * 255


def winners(sweep: Sweep) -> dict[str, Winner]:
    """Return the choices that are preferred somewhere, in the order of the choices, by label."""
    by_best: dict[str, list[Cell]] = {}
    for cell in sweep.cells:
        by_best.setdefault(cell.preference.best, []).append(cell)
    labels = [choice.label for choice in sweep.plan.choices]
    found: dict[str, Winner] = {}
    for label in labels:
        cells = by_best.get(label, [])
        if cells:
            letter = string.ascii_letters[len(found)].swapcase()
            colour = COLOURS[len(found) % len(COLOURS)]
            shared = set.intersection(*(set(cell.preference.same) for cell in cells))
            same = tuple(other for other in labels if other in shared)
            found[label] = Winner(label, letter, colour, len(cells), same)
    return found


def alike(sweep: Sweep) -> list[tuple[str, ...]]:
    """Return the choices, those with the same measures in every cell together."""
    groups: dict[tuple[Measures, ...], list[str]] = {}
    for choice in sweep.plan.choices:
        measures = tuple(cell[choice.label] for cell in sweep.cells)
        groups.setdefault(measures, []).append(choice.label)
    return [tuple(labels) for labels in groups.values()]


def preferred_words(sweep: Sweep) -> str:
    """Return what is best about the preferred choice: ``largest expected net``."""
    size = "largest" if LARGER_IS_BETTER[sweep.plan.prefer] else "smallest"
    return f"{size} {measure_words(sweep.plan.prefer)}"


def check_measure(measure: str) -> str:
    """Return the name of a measure, refusing one that does not exist."""
    names = [field.name for field in fields(Measures)]
    if measure not in names:
        raise UserError(
            f"measure {measure!r}: there is no such measure.{nearest(measure, names)} "
            f"The measures are: {', '.join(names)}."
        )
    return measure


def is_probability(measure: str) -> bool:
    """Whether a measure is a probability; the others are dollars."""
    return measure.startswith("probability_")


def measure_words(measure: str) -> str:
    """Return a measure in words: ``expected net``."""
    return _WORDS.get(measure, measure.replace("_", " "))


def dollar_unit(sweep: Sweep, measure: str) -> Unit:
    """Return the unit that suits a measure in every cell."""
    return unit_for(max(abs(estimate.value) for estimate in estimates(sweep, measure)))


def estimates(sweep: Sweep, measure: str) -> list[Estimate]:
    """Return a measure of every choice in every cell."""
    return [getattr(m, measure) for cell in sweep.cells for m in cell.measures.values()]


def rate_labels(sweep: Sweep) -> list[str]:
    """Return the true savings in percent, with as many decimals as tell them apart."""
    rates = [100.0 * rate for rate in sweep.plan.true_savings]
    decimals = next(
        (d for d in range(5) if all(abs(round(rate, d) - rate) < 1e-9 for rate in rates)), 5
    )
    return [f"{rate:.{decimals}f}" for rate in rates]


def size_labels(sweep: Sweep) -> list[str]:
    """Return the sizes, thousands separated."""
    return [f"{size:,}" for size in sweep.plan.sizes]


def own_phrase(sweep: Sweep) -> str:
    """Return where on the map the ACO itself is, in words."""
    view = sweep.plan.own.view
    uncertain = f" (sd {100.0 * view.sd:.1f} points)" if view.sd else ""
    return (
        f"{sweep.plan.scenario.aco.assigned_beneficiaries:,} assigned beneficiaries, true savings "
        f"{plain_percent(view.mean, 1)}{uncertain}"
    )
