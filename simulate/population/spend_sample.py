"""Beneficiary-level spend reduced to what a fit needs, none of it about one person.

A sample keeps a histogram of log spend, a table of class means and the summary figures
of one enrollment type. Nothing in it rests on fewer than `MIN_CLASS` beneficiaries but
the histogram, which stays in memory and is never written.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulate.population.families import FloatArray, Shape
from simulate.population.quantile_table import QuantileTable

#: Fewest beneficiaries in a published cell (CMS cell size suppression policy).
MIN_CLASS = 11
#: Top shares of beneficiaries whose share of spending is compared.
TOPS = (0.01, 0.05, 0.10, 0.20, 0.50)
#: Width of a histogram class in log spend. Each class stands at its mean log spend, so the
#: log likelihood of a class is off by at most width**2 / 8 times the curvature of the log
#: density: for a log density curved like a normal of sd 1, 1.3e-5 a beneficiary.
LOG_BIN = 0.01


@dataclass(frozen=True)
class SpendFigures:
    """What matters of a spend distribution here; of data or of a fitted shape.

    Attributes
    ----------
    truncated_mean : float
        In units of the data's truncated mean.
    truncated_cv : float
        Standard deviation over mean of truncated spending.
    share_above : float
        Share of beneficiaries above the truncation point.
    lost : float
        Share of all spending that lies above the truncation point.
    concentration : tuple of float
        Share of untruncated spending of the top 1, 5, 10, 20 and 50 %.
    """

    truncated_mean: float
    truncated_cv: float
    share_above: float
    lost: float
    concentration: tuple[float, ...]


@dataclass(frozen=True)
class SpendSample:
    """Annualised spend of one enrollment type, reduced; amounts in its truncated mean.

    Attributes
    ----------
    log_amounts, weights : float arrays, shape (classes,)
        Mean log spend and person-years of each histogram class above zero.
    zero_mass : float
        Share of person-years without spending above zero; 0 where these are fewer people
        than a class may hold.
    truncation : float
        Truncation point in units of the truncated mean.
    truncated_mean_dollars : float
        Dollars per person-year, before the completion factor.
    count : int
        Beneficiary-years.
    person_years, effective_count : float
        Sum of the weights; and Kish's effective size of those above zero,
        ``(sum of weights)**2 / sum of squared weights``, which stands for n in the likelihood.
    figures : SpendFigures
    cv_error, mean_error, untruncated_error : float
        Standard errors of the truncated CV and (relative) of the truncated and the
        untruncated mean.
    table : QuantileTable
        Class means of at least `MIN_CLASS` beneficiaries each.
    """

    log_amounts: FloatArray
    weights: FloatArray
    zero_mass: float
    truncation: float
    truncated_mean_dollars: float
    count: int
    person_years: float
    effective_count: float
    figures: SpendFigures
    cv_error: float
    mean_error: float
    untruncated_error: float
    table: QuantileTable


def reduce_spend(
    amounts: NDArray[np.floating],
    weights: NDArray[np.floating] | None = None,
    *,
    cap: float,
    min_class: int = MIN_CLASS,
) -> SpendSample:
    """Reduce annualised spend of one enrollment type to a sample.

    Parameters
    ----------
    amounts : float array, shape (n,)
        Annualised spend; amounts at or below zero count as no spending in the shape.
    weights : float array, shape (n,), optional
        Person-years; 1 each if left out.
    cap : float
        Truncation point, in the unit of `amounts`.
    min_class : int
        Fewest entries in a class of the table.

    Raises
    ------
    ValueError
        Fewer than two classes of entries above zero.
    """
    weights = np.ones(amounts.size, np.float32) if weights is None else weights
    order = np.argsort(amounts)
    rising, w = amounts[order].astype(np.float64), weights[order].astype(np.float64)
    del order
    np.maximum(rising, 0.0, out=rising)
    zeros = int(np.searchsorted(rising, 0.0, side="right"))
    if rising.size - zeros < 2 * min_class:
        raise ValueError(f"fewer than {2 * min_class} beneficiary-years have spending")
    figures, mean, errors = _figures(rising, w, cap)
    positive, held = rising[zeros:] / mean, w[zeros:]
    logs, masses = _histogram(positive, held)
    total = float(w.sum())
    # A cell of a few people is not published; the shape leaves them out.
    zero_mass = float(w[:zeros].sum()) / total if zeros >= min_class else 0.0
    return SpendSample(
        log_amounts=logs,
        weights=masses,
        zero_mass=zero_mass,
        truncation=cap / mean,
        truncated_mean_dollars=mean,
        count=amounts.size,
        person_years=total,
        effective_count=float(held.sum() ** 2 / np.dot(held, held)),
        figures=figures,
        cv_error=errors[0],
        mean_error=errors[1],
        untruncated_error=errors[2],
        table=_class_table(positive, held, zero_mass, min_class),
    )


def _figures(
    rising: FloatArray, w: FloatArray, cap: float
) -> tuple[SpendFigures, float, list[float]]:
    total = float(w.sum())
    truncated = np.minimum(rising, cap)
    mean = float(np.dot(w, truncated)) / total
    away = truncated - mean
    sd = float(np.sqrt(np.dot(w, away * away) / total))
    # Influence of one beneficiary on the CV, by the delta method.
    influence = (away * away - sd * sd) / (2.0 * sd * mean) - sd * away / mean**2
    errors = [float(np.sqrt(np.dot(w * w, v * v))) / total for v in (influence, away / mean)]
    del away, influence, truncated
    average = float(np.dot(w, rising)) / total
    apart = w * (rising / average - 1.0)
    errors.append(float(np.sqrt(np.dot(apart, apart))) / total)
    people = np.cumsum(w)
    dollars = np.cumsum(w * rising)
    cut = [(1.0 - top) * people[-1] for top in TOPS]
    below = np.interp(cut, people, dollars)
    above = float(w[np.searchsorted(rising, cap, side="right") :].sum()) / total
    figures = SpendFigures(
        truncated_mean=1.0,
        truncated_cv=sd / mean,
        share_above=above,
        lost=1.0 - mean * total / float(dollars[-1]),
        concentration=tuple(float(v) for v in 1.0 - below / dollars[-1]),
    )
    return figures, mean, errors


def _histogram(positive: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    logs = np.log(positive)
    start = float(logs[0])
    cell = ((logs - start) / LOG_BIN).astype(np.int32)
    masses = np.bincount(cell, weights).astype(np.float64)
    sums = np.bincount(cell, weights * logs)
    kept = masses > 0.0
    return sums[kept] / masses[kept], masses[kept]


def _class_tops() -> FloatArray:
    # Finer towards the top, where the truncated moments are decided.
    parts = [
        np.linspace(1.0, 0.2, 40, endpoint=False),
        np.linspace(0.2, 0.05, 15, endpoint=False),
        np.linspace(0.05, 0.01, 16, endpoint=False),
        np.linspace(0.01, 0.001, 9, endpoint=False),
        0.001 * 0.7 ** np.arange(12),
    ]
    return np.concatenate(parts)[1:]


def _class_table(
    positive: FloatArray, weights: FloatArray, zero_mass: float, min_class: int
) -> QuantileTable:
    people = np.cumsum(weights)
    wanted = np.searchsorted(people, (1.0 - _class_tops()) * people[-1])
    cuts = [0]
    for cut in wanted.tolist():
        if cut - cuts[-1] >= min_class and positive.size - cut >= min_class:
            cuts.append(cut)
    masses = np.add.reduceat(weights, cuts)
    means = np.add.reduceat(weights * positive, cuts) / masses
    # Classes inside one often-paid amount have the same mean: one class.
    first = np.flatnonzero(np.concatenate([[True], np.diff(means) > 1e-9 * means[1:]]))
    sums = np.add.reduceat(masses * means, first)
    masses = np.add.reduceat(masses, first)
    shares = masses / masses.sum()
    return QuantileTable(zero_mass, tuple(shares.tolist()), tuple((sums / masses).tolist()))


def figures_of(shape: Shape, cap: float) -> SpendFigures:
    """Return the figures of a shape truncated at `cap`."""
    moments, mean = shape.truncated(cap), shape.mean()
    upper = np.array([top for top in TOPS if top < 1.0 - shape.zero_mass])
    shares = 1.0 - shape.partial_moment(1, shape.quantiles(upper)) / mean
    filled = [float(v) for v in shares] + [1.0] * (len(TOPS) - upper.size)
    return SpendFigures(
        moments.mean, moments.cv, moments.share_above, 1.0 - moments.mean / mean, tuple(filled)
    )


def qq_points(sample: SpendSample, shape: Shape) -> tuple[FloatArray, FloatArray]:
    """Return the points of a quantile-quantile plot: class means, data's and the shape's.

    Class means stand for quantiles: no point is the spending of one beneficiary.

    Returns
    -------
    data, model : float arrays, shape (classes,)
        In truncated means of the data; those who spend only.
    """
    table = sample.table
    shares = np.array(table.shares)
    above = (1.0 - shape.zero_mass) * (1.0 - np.cumsum(shares))[:-1]
    cuts = shape.quantiles(np.clip(above, 1e-12, None))
    below = np.concatenate([[0.0], shape.partial_moment(1, cuts), [shape.mean()]])
    return np.array(table.means), np.diff(below) / (shares * (1.0 - shape.zero_mass))


def lorenz_points(shape: Shape, points: int = 201) -> tuple[FloatArray, FloatArray]:
    """Return a Lorenz curve: share of beneficiaries from the cheapest, and of spending.

    For the data pass the sample's `table`.
    """
    people = np.linspace(0.0, 1.0, points)
    inside = (people > shape.zero_mass) & (people < 1.0)
    spending = np.where(people >= 1.0, 1.0, 0.0)
    cuts = shape.quantiles(1.0 - people[inside])
    spending[inside] = shape.partial_moment(1, cuts) / shape.mean()
    return people, spending
