"""Stop-loss reinsurance: what it pays, what it costs, what it does to the tail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from simulate.measures import estimate as of
from simulate.measures.estimate import BoolArray, Estimate, FloatArray
from simulate.measures.outcomes import TAIL_LEVEL


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
    influence : float64 array, shape (paths, performance years), or None
        Of each path on the premiums, which are estimated from all of them: the `shift` of
        `simulate.measures.estimate`. None of a quoted premium, which is taken as known.
    """

    by_year: tuple[float, ...]
    loading: Estimate | None
    influence: FloatArray | None = None


class Insured(NamedTuple):
    """One cover on the simulated paths; dollars.

    Attributes
    ----------
    left : float64 array, shape (paths,)
        What all performance years leave without the cover.
    recoveries : float64 array, shape (paths, performance years)
    paid : float64 array, shape (paths, performance years)
        Its premiums; one row where they are the same on all paths.
    shift_without, shift_with : float64 arrays, shape (paths,), or None
        Influence of each path on `left` by the premiums of other covers, and by its own, too.
    """

    left: FloatArray
    recoveries: FloatArray
    paid: FloatArray
    shift_without: FloatArray | None = None
    shift_with: FloatArray | None = None


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


def influence_on_premiums(
    recoveries: FloatArray, paid: Sequence[float], loading: float, insured: BoolArray
) -> FloatArray:
    """Return each path's influence on the premiums that `premiums` makes of all of them, dollars.

    Shape (paths, performance years); the mean of each column is 0.
    """
    shares = np.maximum(insured.mean(axis=0), 1.0 / len(insured))
    by_recoveries = (1.0 + loading) * (recoveries - recoveries.mean(axis=0))
    by_payers = np.asarray(paid) * (insured - insured.mean(axis=0))
    return np.asarray((by_recoveries - by_payers) / shares)


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


def tail_of(
    net: FloatArray, replicates: int | None = None, shift: FloatArray | None = None
) -> Tail:
    """Return the distribution of what an agreement leaves, dollars, shape (paths,)."""
    worst = of.tail_mean(-net, TAIL_LEVEL, replicates, None if shift is None else -shift)
    return Tail(
        of.mean(net, replicates, shift),
        of.standard_deviation(net, replicates),
        of.quantile(net, 0.05, replicates, shift),
        worst._replace(value=-worst.value),
    )


def measure_cover(
    cover: Insured, certain: bool = False, replicates: int | None = None
) -> CoverMeasures:
    """Measure one cover.

    Parameters
    ----------
    cover : Insured
    certain, replicates
        See `simulate.measures.estimate`.
    """
    recovered = np.asarray(cover.recoveries.sum(axis=1))
    before = cover.left + recovered
    return CoverMeasures(
        tuple(float(np.mean(column)) for column in cover.paid.T),
        tuple(of.mean(column, replicates) for column in cover.recoveries.T),
        of.proportion(recovered > 0.0, certain, replicates),
        tail_of(cover.left, replicates, cover.shift_without),
        tail_of(before, replicates, cover.shift_without),
        tail_of(before - cover.paid.sum(axis=1), replicates, cover.shift_with),
    )
