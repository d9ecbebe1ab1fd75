"""Stop-loss reinsurance: what it pays, what it costs, what it does to the tail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from simulate.measures import estimate as of
from simulate.measures.estimate import BoolArray, Estimate, FloatArray
from simulate.measures.outcomes import TAIL_LEVEL
from simulate.population.spend import SpendModel


class Corridor(NamedTuple):
    """An aggregate cover: between two amounts of shared losses, a share.

    Attributes
    ----------
    attachment, limit : float or None
        Up to 1: a fraction of the benchmark; else dollars. No limit: all above.
    share : float
    """

    attachment: float
    limit: float | None
    share: float


class Price(NamedTuple):
    """What a cover costs an ACO that is in the programme.

    Attributes
    ----------
    by_year : tuple of float
        Premium of each performance year, dollars.
    loading : Estimate or None
        What it adds to the expected recovery, a fraction; None where nothing is recovered.
    """

    by_year: tuple[float, ...]
    loading: Estimate | None


class Tail(NamedTuple):
    """The distribution of what an agreement leaves; dollars over all years.

    Attributes
    ----------
    mean, standard_deviation, p05 : Estimate
    worst_twentieth : Estimate
        Mean of the worst twentieth of the paths.
    """

    mean: Estimate
    standard_deviation: Estimate
    p05: Estimate
    worst_twentieth: Estimate

    def to_dict(self) -> dict[str, dict[str, float]]:
        """Return plain data for JSON."""
        return {name: estimate.to_dict() for name, estimate in self._asdict().items()}


@dataclass(frozen=True)
class CoverMeasures:
    """One stop-loss cover over an agreement; dollars.

    Attributes
    ----------
    premiums : tuple of float
        Of each performance year: expected recovery at the assumed true savings, loaded, or as
        quoted. A mean where renewal can be refused: who is out pays none.
    recoveries : tuple of Estimate
        Expected under this view.
    probability_of_recovering : Estimate
        It pays in at least one performance year.
    without, before_premium, after_premium : Tail
        What is left after costs, payments in advance and other covers: without this one, and with
        it.
    loading : Estimate or None
        What the premium adds to the expected recovery at the assumed true savings, a fraction of
        it: stated, or as a quoted premium implies. None where nothing is ever recovered.
    """

    premiums: tuple[float, ...]
    recoveries: tuple[Estimate, ...]
    probability_of_recovering: Estimate
    without: Tail
    before_premium: Tail
    after_premium: Tail
    loading: Estimate | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "premiums": list(self.premiums),
            "expected_recoveries": [estimate.to_dict() for estimate in self.recoveries],
            "probability_of_recovering": self.probability_of_recovering.to_dict(),
            "loading": self.loading and self.loading.to_dict(),
            "left_without": self.without.to_dict(),
            "left_before_premium": self.before_premium.to_dict(),
            "left_after_premium": self.after_premium.to_dict(),
        }


def aggregate_recoveries(
    shared_losses: FloatArray,
    benchmark: FloatArray,
    corridor: Corridor,
    parts: Sequence[float] = (1.0,),
) -> FloatArray:
    """Return what an aggregate cover pays of each performance year's shared losses, dollars.

    Parameters
    ----------
    shared_losses, benchmark : float64 arrays, shape (paths, performance years)
        Dollars.
    corridor : Corridor
        Its amounts are those of twelve months.
    parts : sequence of float
        What part of twelve months shared losses of each performance year are for.
    """
    attachment = _dollars(corridor.attachment, benchmark) * np.asarray(parts)
    above = np.maximum(shared_losses - attachment, 0.0)
    if corridor.limit is None:
        return np.asarray(corridor.share * above)
    width = _dollars(corridor.limit, benchmark) * np.asarray(parts) - attachment
    return np.asarray(corridor.share * np.minimum(above, np.maximum(width, 0.0)))


def _dollars(amount: float, benchmark: FloatArray) -> FloatArray:
    return amount * benchmark if amount <= 1.0 else np.full_like(benchmark, amount)


def premiums(
    recoveries: FloatArray, loading: float, insured: BoolArray | None = None
) -> tuple[float, ...]:
    """Return the premium of each performance year: the mean recovery and a loading, dollars.

    Parameters
    ----------
    recoveries : float64 array, shape (paths, performance years)
        Dollars, at least 0.
    loading : float
        A fraction of the mean.
    insured : bool array, shape (paths, performance years), optional
        Who pays it; all, if left out. Others recover nothing.
    """
    shares = np.ones(recoveries.shape[1]) if insured is None else insured.mean(axis=0)
    return tuple(
        float(np.mean(column)) * (1.0 + loading) / (share or 1.0)
        for column, share in zip(recoveries.T, map(float, shares), strict=True)
    )


def quoted_price(
    recoveries: FloatArray,
    quote: float,
    parts: Sequence[float],
    insured: BoolArray,
    replicates: int | None = None,
) -> Price:
    """Return the price of a cover that is quoted in dollars a year.

    The quote is for twelve months of the first performance year in which the cover can pay. That
    of any other year is in proportion to its expected recovery, as a priced premium is. Where
    nothing is recovered on any path, every year costs the quote.

    Parameters
    ----------
    recoveries : float64 array, shape (paths, performance years)
        At the assumed true savings, dollars, at least 0.
    quote : float
        Dollars.
    parts : sequence of float
        What part of twelve months is insured in each performance year.
    insured : bool array, shape (paths, performance years)
        Who pays it.
    replicates : int, optional
        See `simulate.measures.estimate`.
    """
    place = first_paying(recoveries)
    if place is None:
        return Price(tuple(quote * part for part in parts), None)
    expected = of.mean(recoveries[:, place], replicates)
    over_expected = quote * parts[place] * float(insured[:, place].mean()) / expected.value
    error = over_expected * expected.standard_error / expected.value
    by_year = premiums(recoveries, over_expected - 1.0, insured)
    return Price(by_year, Estimate(over_expected - 1.0, error))


def first_paying(recoveries: FloatArray) -> int | None:
    """Return the first performance year in which anything is recovered; None: in none."""
    paying = np.flatnonzero((recoveries > 0.0).any(axis=0))
    return int(paying[0]) if paying.size else None


def expected_layer(
    models: Sequence[SpendModel],
    benchmark_per_capita: Sequence[float],
    person_years: Sequence[float],
    layer: tuple[float, float | None],
    factor: float = 1.0,
) -> float:
    """Return expected spending between two amounts a beneficiary, in closed form; dollars a year.

    Parameters
    ----------
    models, benchmark_per_capita, person_years
        By enrollment type; per-capita dollars are truncated spending at no true savings.
    layer : tuple of float
        From, and up to; None: the type's own truncation point.
    factor : float
        What all untruncated spending of the year is multiplied by.

    Notes
    -----
    With spending s Q of a beneficiary, E[min(s Q, b)] - E[min(s Q, a)], each the mean of the
    model's shape truncated at b / s and a / s.
    """
    total = 0.0
    for model, mean, years in zip(models, benchmark_per_capita, person_years, strict=True):
        if mean == 0.0 or years == 0.0:
            continue
        low = layer[0] / mean
        high = model.truncation if layer[1] is None else layer[1] / mean
        if high > low:
            inside = _mean_below(model, high, factor) - _mean_below(model, low, factor)
            total += years * mean * inside
    return total


def _mean_below(model: SpendModel, cap: float, factor: float) -> float:
    return factor * model.shape.truncated(cap / factor).mean


def tail_of(net: FloatArray, replicates: int | None = None) -> Tail:
    """Return the distribution of what an agreement leaves, dollars, shape (paths,)."""
    worst = of.tail_mean(-net, TAIL_LEVEL, replicates)
    return Tail(
        of.mean(net, replicates),
        of.standard_deviation(net, replicates),
        of.quantile(net, 0.05, replicates),
        worst._replace(value=-worst.value),
    )


def measure_cover(
    left: FloatArray,
    recoveries: FloatArray,
    paid: FloatArray,
    certain: bool = False,
    replicates: int | None = None,
) -> CoverMeasures:
    """Measure one cover.

    Parameters
    ----------
    left : float64 array, shape (paths,)
        What all performance years leave without the cover, dollars.
    recoveries : float64 array, shape (paths, performance years)
        Dollars.
    paid : float64 array, shape (paths, performance years)
        Its premiums, dollars; one row where they are the same on all paths.
    certain, replicates
        See `simulate.measures.estimate`.
    """
    recovered = np.asarray(recoveries.sum(axis=1))
    return CoverMeasures(
        tuple(float(np.mean(column)) for column in paid.T),
        tuple(of.mean(column, replicates) for column in recoveries.T),
        of.proportion(recovered > 0.0, certain, replicates),
        tail_of(left, replicates),
        tail_of(left + recovered, replicates),
        tail_of(left + recovered - paid.sum(axis=1), replicates),
    )
