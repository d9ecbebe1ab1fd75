"""How many years a run needs for a stated precision, chosen by a pilot of other years.

A run that stopped as soon as its own error looked small would be biased: years that happen
to agree would end it early. Here a pilot, drawn from random numbers that no run can have,
chooses one of a fixed sequence of lengths; then one run of that length is done, whatever its
error turns out to be. The choice is independent of the run's years, so its estimates are as
unbiased as those of a run whose years are stated, and the same to the last bit.

The simulated paths of an agreement are chosen in the same way.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from simulate.errors import UserError
from simulate.measures.agreement import CumulativeMeasures
from simulate.measures.estimate import Estimate
from simulate.measures.outcomes import Measures
from simulate.scenario.scenario import Scenario

#: Lengths that a run may be given, in years.
STAGES = (
    *(10_000, 15_000, 20_000, 30_000, 50_000, 70_000),
    *(100_000, 150_000, 200_000, 300_000, 500_000, 700_000),
    *(1_000_000, 1_500_000, 2_000_000, 3_000_000, 5_000_000),
)
PILOT_YEARS = 10_000
#: The error of each probability is below what the pilot expects with this confidence.
CONFIDENCE = 0.99
#: Added to the seed: the seeds of runs are smaller, so no run shares a draw with a pilot.
_PILOT_SEEDS = 1 << 63


@dataclass(frozen=True)
class ChosenYears:
    """The length of a run as its pilot chose it.

    Attributes
    ----------
    target : float
        Largest standard error wanted for a headline probability, a fraction.
    years : int
        The first of the stages that is expected to reach it; of an agreement, simulated paths.
    needed : float
        Years that reach it at the upper confidence bound of the pilot.
    stages : tuple of int
        The lengths that it was chosen from.
    """

    target: float
    years: int
    needed: float
    stages: tuple[int, ...]

    def met(self, reached: float) -> bool:
        """Whether the largest standard error that the run reached is within the target."""
        return reached <= self.target

    def to_dict(self, reached: float) -> dict[str, Any]:
        """Return plain data for JSON, with the largest standard error that the run reached."""
        return {
            "target": self.target,
            "largest_standard_error": reached,
            "met": self.met(reached),
            "pilot_years": PILOT_YEARS,
            "pilot_confidence": CONFIDENCE,
            "years_needed": math.ceil(self.needed),
            "stages": list(self.stages),
        }


@dataclass(frozen=True)
class Lengths:
    """The lengths that a run may be given, and what is said where none is enough.

    Attributes
    ----------
    stages : tuple of int
        Ascending.
    counted : str
        What a length counts.
    bound_by : str
        Why there are no longer ones.
    instead : str
        What else could be done.
    """

    stages: tuple[int, ...]
    counted: str = "years"
    bound_by: str = ""
    instead: str = "; or have the exact engine compute the probabilities without sampling error"


def lengths_of_agreement(most: int, span: int) -> Lengths:
    """Return how many paths of `span` calendar years may be simulated; memory holds `most`."""
    stages = tuple(stage for stage in STAGES if stage <= most)
    bound_by = f" (memory holds no more of {span} years)" if len(stages) < len(STAGES) else ""
    return Lengths(stages, "simulated paths", bound_by, instead="")


def check_length(precision: Any, years: int | None, engine: str = "monte-carlo") -> None:
    """Refuse a precision beside what leaves it nothing to choose.

    Raises
    ------
    UserError
        Years are stated, too, or none are simulated.
    """
    if precision is None or (years is None and engine != "exact"):
        return
    beside = "engine = exact, which simulates none" if years is None else f"years = {years}"
    raise UserError(
        f"precision = {precision} with {beside}: precision chooses how many years are simulated; "
        "state one of the two."
    )


def pilot_of(scenario: Scenario) -> Scenario:
    """Return the scenario of the pilot: fewer years, of a seed that no run can have."""
    settings = scenario.run.model_copy(
        update={
            "seed": scenario.run.seed + _PILOT_SEEDS,
            "years": PILOT_YEARS,
            "precision": None,
        }
    )
    return scenario.model_copy(update={"run": settings})


def choose_years(
    target: float,
    pilot: Iterable[Measures | CumulativeMeasures],
    replicates: int | None = None,
    lengths: Lengths | None = None,
) -> ChosenYears:
    """Choose the years that bring every headline probability to a standard error.

    Parameters
    ----------
    target : float
        Largest standard error of a headline probability, a fraction.
    pilot : iterable of Measures or CumulativeMeasures
        What `PILOT_YEARS` other years found for each contract.
    replicates : int, optional
        Interleaved sets of years, where the pilot is quasi-random.
    lengths : Lengths, optional
        What to choose from; by default the years of `STAGES`.

    Raises
    ------
    UserError
        Not even the most years are enough.
    """
    variance = max(
        (
            _variance_of_a_year(probability, replicates)
            for measures in pilot
            for probability in headline(measures)
        ),
        default=0.0,
    )
    lengths = lengths or Lengths(STAGES)
    needed = variance / target**2
    years = next((stage for stage in lengths.stages if stage >= needed), None)
    if years is None:
        raise _too_fine(target, variance, lengths)
    return ChosenYears(target, years, needed, lengths.stages)


def _too_fine(target: float, variance: float, lengths: Lengths) -> UserError:
    """Return what is said of a precision that the most years do not reach."""
    needed, most = variance / target**2, lengths.stages[-1]
    return UserError(
        f"precision = {_plain(target)}: so small a standard error takes about "
        f"{_rounded_up(needed):,.0f} {lengths.counted} here, more than the most, "
        f"{most:,}{lengths.bound_by}. {_plain(_rounded_up(math.sqrt(variance / most)))} can be "
        f"reached{lengths.instead}."
    )


def headline(measures: Measures | CumulativeMeasures) -> tuple[Estimate, ...]:
    """Return the probabilities that a precision is stated for.

    Of a performance year they are those of earning and of owing; of an agreement those of ever
    earning, of ever owing, and of losing over all its years together.
    """
    if isinstance(measures, CumulativeMeasures):
        return (
            measures.probability_of_ever_earning,
            measures.probability_of_ever_owing,
            measures.probability_of_cumulative_loss,
        )
    return measures.probability_of_shared_savings, measures.probability_of_shared_losses


def largest_error(contracts: Iterable[Measures | CumulativeMeasures]) -> float:
    """Return the largest standard error of a headline probability, a fraction."""
    errors = (p.standard_error for measures in contracts for p in headline(measures))
    return max(errors, default=0.0)


def _variance_of_a_year(pilot: Estimate, replicates: int | None) -> float:
    """Return what a year adds to the variance of a probability: upper confidence bound.

    It is p (1 - p) for an independent year, at the end of the interval of p (Clopper &
    Pearson, Biometrika 26 (1934) 404-413) that lies nearest to one half. Quasi-random years
    add less: what the replicates say, their variance being as uncertain as chi-squared.
    """
    if pilot.standard_error == 0.0:
        return 0.0  # certain, such as a loss under a one-sided contract
    from scipy.special import betaincinv, chdtri

    hits = round(pilot.value * PILOT_YEARS)
    misses = PILOT_YEARS - hits
    low = betaincinv(hits, misses + 1, 1.0 - CONFIDENCE) if hits else 0.0
    high = betaincinv(hits + 1, misses, CONFIDENCE) if misses else 1.0
    nearest = min(max(0.5, float(low)), float(high))
    independent = nearest * (1.0 - nearest)
    # Rarer hits than one a replicate are counts, far from normal: chi-squared would not hold.
    if not replicates or min(hits, misses) < replicates:
        return independent
    freedom = replicates - 1
    least_chi_squared = float(chdtri(freedom, CONFIDENCE))
    by_replicates = pilot.standard_error**2 * PILOT_YEARS * freedom / least_chi_squared
    return min(independent, by_replicates)


def _plain(value: float) -> str:
    return f"{Decimal(repr(value)):f}"


def _rounded_up(value: float) -> float:
    """Round up to two significant digits."""
    step = 10.0 ** (math.floor(math.log10(value)) - 1)
    return float(f"{math.ceil(value / step) * step:.2g}")
