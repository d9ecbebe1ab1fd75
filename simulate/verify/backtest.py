"""Predict every ACO's next savings rate from what was known before, and hold it to account.

The model (`simulate.population.credibility`) is fitted to the shipped years before PREV's
and to PREV itself; of NEXT only the published savings rates are looked at, and only to
score. Whether an ACO is rebased in between is taken from the term of its agreement, its
size from PREV, the year's mean from the drift of the means so far.

Beside it stand two baseline distributions fitted on the same years:

* *last rate*: normal around last year's rate, with the spread of past changes over as many
  years;
* *overall mean*: normal around the mean of PREV's year, with the spread across its ACOs.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulate.data import PublishedResult, ResultsFile, published_results, published_years
from simulate.errors import UserError
from simulate.population.credibility import (
    CredibilityModel,
    Observation,
    RatePrediction,
    fit_credibility,
    predict_rate,
    records_of,
)
from simulate.verify.scores import covered, crps_normal, crps_t

FloatArray = NDArray[np.float64]

_FEWEST_CHANGES = 30
_SIZES = (0, 5_000, 7_500, 10_000, 15_000, 25_000, 50_000)
_PIT_BINS = 10


@dataclass(frozen=True)
class PredictedRate:
    """One ACO's prediction and outcome; fractions of the benchmark.

    Attributes
    ----------
    aco_id : str
    assigned_beneficiaries : int
        In PREV.
    last, actual : float
        Savings rate published in PREV and in NEXT.
    prediction : RatePrediction
    pit : float
        Predicted probability of at most the actual rate.
    crps : float
        Continuous ranked probability score; smaller is better.
    """

    aco_id: str
    assigned_beneficiaries: int
    last: float
    actual: float
    prediction: RatePrediction
    pit: float
    crps: float

    def interval(self, level: float) -> tuple[float, float]:
        """Return the central prediction interval of a probability, e.g. 0.9."""
        return self.prediction.interval(level)


@dataclass(frozen=True)
class SizeClass:
    """Coverage and width for the ACOs from `smallest` up to the next class.

    Attributes
    ----------
    smallest : int
        Assigned beneficiaries in PREV.
    acos : int
    coverage_50, coverage_90 : float
        Part of the ACOs inside their interval.
    width_50, width_90 : float
        Mean width of the intervals, fraction of the benchmark.
    """

    smallest: int
    acos: int
    coverage_50: float
    coverage_90: float
    width_50: float
    width_90: float


@dataclass(frozen=True)
class Backtest:
    """How the predictions of one performance year did; fractions of the benchmark.

    Attributes
    ----------
    previous_year, next_year : int
    fitted_years : tuple of int
        Everything the predictions rest on.
    predictions : tuple of PredictedRate
        ACOs in both files, by id.
    left_out : int
        ACOs of NEXT without a result in PREV.
    coverage_50, coverage_90 : float
    bias : float
        Mean of actual less predicted mean.
    crps : float
        Mean over ACOs.
    crps_last_rate : float or None
        Of the normal around last year's rate; ``None`` where too few past changes exist.
    crps_overall_mean : float
    by_size : tuple of SizeClass
    model : CredibilityModel
    """

    previous_year: int
    next_year: int
    fitted_years: tuple[int, ...]
    predictions: tuple[PredictedRate, ...]
    left_out: int
    coverage_50: float
    coverage_90: float
    bias: float
    crps: float
    crps_last_rate: float | None
    crps_overall_mean: float
    by_size: tuple[SizeClass, ...]
    model: CredibilityModel

    @property
    def crps_baseline(self) -> float:
        """The better baseline's score."""
        known = (self.crps_last_rate, self.crps_overall_mean)
        return min(score for score in known if score is not None)

    @property
    def gain(self) -> float:
        """How much smaller the CRPS is than the better baseline's, as a fraction of it."""
        return 1.0 - self.crps / self.crps_baseline

    @property
    def pit_histogram(self) -> tuple[float, ...]:
        """Share of ACOs in each tenth of the probability integral transform; ideally 0.1."""
        pits = [one.pit for one in self.predictions]
        counts, _ = np.histogram(pits, bins=_PIT_BINS, range=(0.0, 1.0))
        return tuple(float(count) / len(pits) for count in counts)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON; rates as fractions."""
        return {
            "previous_year": self.previous_year,
            "next_year": self.next_year,
            "fitted_years": list(self.fitted_years),
            "acos": len(self.predictions),
            "left_out": self.left_out,
            "coverage_50": self.coverage_50,
            "coverage_90": self.coverage_90,
            "crps": self.crps,
            "crps_baseline": self.crps_baseline,
            "crps_last_rate": self.crps_last_rate,
            "crps_overall_mean": self.crps_overall_mean,
            "gain_over_baseline": self.gain,
            "bias": self.bias,
            "by_size": [vars(size).copy() for size in self.by_size],
            "pit_histogram": list(self.pit_histogram),
            "model": self.model.to_dict(),
        }


def backtest(
    previous: ResultsFile, following: ResultsFile, earlier: Sequence[ResultsFile] = ()
) -> Backtest:
    """Predict the savings rates of one file from another and from the years before it.

    Parameters
    ----------
    previous : ResultsFile
        PREV; of several years in it, the last is the one predicted from.
    following : ResultsFile
        NEXT; of several years in it, the first after PREV's.
    earlier : sequence of ResultsFile
        Further files of years before PREV's, e.g. of years that do not ship.

    Returns
    -------
    Backtest

    Raises
    ------
    UserError
        NEXT is not after PREV, or the two have no ACO in common.
    """
    last_year, next_year = _years(previous, following)
    actual = {row.aco_id: row for row in following.for_year(next_year).rows}
    known = _known_files(previous, earlier, last_year)
    rows = [row for file in known for row in file.rows]
    last_rows = {row.aco_id: row for row in rows if row.performance_year == last_year}
    common = sorted(actual.keys() & last_rows.keys())
    if not common:
        raise UserError(_nothing_in_common(previous, following, last_rows, actual))
    model = fit_credibility(known, intervals=False)
    records = records_of(rows)
    predictions = tuple(
        _scored(model, records[aco_id], last_rows[aco_id], actual[aco_id]) for aco_id in common
    )
    outcome = np.array([one.actual for one in predictions])
    by_last, by_mean = _baselines(records, last_rows, predictions, next_year - last_year, outcome)
    pits = np.array([one.pit for one in predictions])
    return Backtest(
        previous_year=last_year,
        next_year=next_year,
        fitted_years=tuple(sorted(model.year_means)),
        predictions=predictions,
        left_out=len(actual) - len(common),
        coverage_50=float(covered(pits, 0.5).mean()),
        coverage_90=float(covered(pits, 0.9).mean()),
        bias=float(np.mean(outcome - [one.prediction.mean for one in predictions])),
        crps=float(np.mean([one.crps for one in predictions])),
        crps_last_rate=by_last,
        crps_overall_mean=by_mean,
        by_size=_by_size(predictions),
        model=model,
    )


def _years(previous: ResultsFile, following: ResultsFile) -> tuple[int, int]:
    """Return the years predicted from and predicted."""
    last_year = max(previous.performance_years)
    later = [year for year in following.performance_years if year > last_year]
    if not later:
        raise UserError(
            f"backtest: {following.name} holds performance year "
            f"{', '.join(map(str, following.performance_years))}, {previous.name} {last_year}: "
            "the second file must be of a later year than the first. Give PREV, then NEXT."
        )
    return last_year, later[0]


def _known_files(
    previous: ResultsFile, earlier: Sequence[ResultsFile], last_year: int
) -> list[ResultsFile]:
    """Return the files up to PREV: PREV first, the user's before the shipped."""
    late = [file.name for file in earlier if max(file.performance_years) >= last_year]
    if late:
        raise UserError(
            f"backtest: {', '.join(late)} holds performance year {last_year} or later; only "
            "years before PREV's may add to it."
        )
    files = [previous, *earlier]
    seen = {year for file in files for year in file.performance_years}
    shipped = [year for year in published_years() if year < last_year and year not in seen]
    return [*files, *(published_results(year) for year in shipped)]


def _nothing_in_common(
    previous: ResultsFile,
    following: ResultsFile,
    last_rows: Mapping[str, PublishedResult],
    actual: Mapping[str, PublishedResult],
) -> str:
    shapes = [{re.sub(r"\d", "#", aco_id) for aco_id in side} for side in (last_rows, actual)]
    if not shapes[0] & shapes[1]:
        return (
            f"backtest: the ids of {previous.name} look like {next(iter(last_rows))}, those of "
            f"{following.name} like {next(iter(actual))}: CMS changed the format between PY2017 "
            "and PY2018 and publishes no crosswalk, so the two cannot be joined. Give two files "
            "from the same side of that line."
        )
    return (
        f"backtest: {previous.name} ({len(last_rows)} ACOs) and {following.name} "
        f"({len(actual)} ACOs) have no ACO in common; both must be whole files of CMS's results."
    )


def _scored(
    model: CredibilityModel,
    record: Sequence[Observation],
    last: PublishedResult,
    actual: PublishedResult,
) -> PredictedRate:
    """Return one prediction with its score; of `actual` only the year and the rate are used."""
    from scipy.special import stdtr

    found = predict_rate(model, record, actual.performance_year, float(last.assigned_beneficiaries))
    rate = np.array([actual.savings_rate])
    score = crps_t(rate, np.array([found.mean]), np.array([found.scale]), np.array([found.df]))
    pit = float(stdtr(found.df, (actual.savings_rate - found.mean) / found.scale))
    return PredictedRate(
        last.aco_id, last.assigned_beneficiaries, last.savings_rate, actual.savings_rate, found,
        pit, float(score[0]),
    )  # fmt: skip


def _baselines(
    records: Mapping[str, Sequence[Observation]],
    last_rows: Mapping[str, PublishedResult],
    predictions: Sequence[PredictedRate],
    gap: int,
    outcome: FloatArray,
) -> tuple[float | None, float]:
    """Return the mean CRPS of the two baselines."""
    rates = np.array([row.savings_rate for row in last_rows.values()])
    flat = np.full(len(outcome), rates.mean())
    overall = crps_normal(outcome, flat, np.full(len(outcome), rates.std(ddof=1)))
    spread = _spread_of_changes(records, gap)
    if spread is None:
        return None, float(overall.mean())
    last = np.array([one.last for one in predictions])
    return float(crps_normal(outcome, last, np.full(len(last), spread)).mean()), float(
        overall.mean()
    )


def _spread_of_changes(records: Mapping[str, Sequence[Observation]], gap: int) -> float | None:
    """Return the root mean square of past changes over `gap` years, or scaled from one year."""
    for years in (gap, 1):
        changes = []
        for record in records.values():
            rates = {o.performance_year: o.savings_rate for o in record}
            changes += [rates[y + years] - rate for y, rate in rates.items() if y + years in rates]
        if len(changes) >= _FEWEST_CHANGES:
            return float(np.sqrt(np.mean(np.square(changes)))) * math.sqrt(gap / years)
    return None


def _by_size(predictions: Sequence[PredictedRate]) -> tuple[SizeClass, ...]:
    """Return coverage and width by size; classes without ACOs are left out."""
    sizes = np.array([one.assigned_beneficiaries for one in predictions])
    classes = np.searchsorted(_SIZES, sizes, side="right") - 1
    found = []
    for place in np.unique(classes):
        members = [one for one, c in zip(predictions, classes, strict=True) if c == place]
        pits = np.array([one.pit for one in members])
        widths = [
            float(np.mean([high - low for low, high in (m.interval(level) for m in members)]))
            for level in (0.5, 0.9)
        ]
        coverage = [float(covered(pits, level).mean()) for level in (0.5, 0.9)]
        found.append(SizeClass(_SIZES[int(place)], len(members), *coverage, *widths))
    return tuple(found)
