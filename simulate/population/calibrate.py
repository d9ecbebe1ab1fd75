"""A spend model by enrollment type from a claims extract, as CMS counts expenditure.

CMS annualises a beneficiary's spending of a type by its months, truncates it at the
unweighted 99th percentile of the type (and floors it at the negative of that), and then
applies a completion factor (Shared Savings and Losses Methodology Specifications, version
11, section 3). Averages are weighted by person-years. Several years are pooled, each in
multiples of its own truncated mean, so that trend does not pass for spread.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simulate._version import __version__
from simulate.data.enrollment import ENROLLMENT_NAMES, ENROLLMENT_TYPES, national_figures
from simulate.errors import UserError, nearest
from simulate.population.claims import Claims, Finding, Source, read_claims
from simulate.population.families import FAMILY_NAMES
from simulate.population.fitting import FamilyFit, Recommendation, fit_families, recommend
from simulate.population.persistence import PersistenceEstimates, estimate_persistence
from simulate.population.spend import (
    TRUNCATED_SHARE,
    SpendModel,
    default_model,
    model_from_shape,
)
from simulate.population.spend_sample import MIN_CLASS, SpendSample, reduce_spend

#: CMS's completion factor for three months of run-out.
COMPLETION_FACTOR = 1.013
#: Fewest beneficiary-years of a type from which a model is fitted.
FEWEST_OF_TYPE = 100
#: With fewer than this the 99th percentile rests on fewer than `MIN_CLASS` people above it.
FEW_FOR_PERCENTILE = round(MIN_CLASS / TRUNCATED_SHARE)
_PUBLISHED_YEARS = range(2012, 2031)


@dataclass(frozen=True)
class TypeYear:
    """One enrollment type in one calendar year.

    Attributes
    ----------
    truncation_point : float
        Dollars, annualised; the mean of the 11 amounts around the 99th percentile, so that it
        is nobody's own, or as published.
    per_capita : float
        Dollars per person-year: annualised, truncated, floored, completed.
    """

    year: int
    count: int
    person_years: float
    truncation_point: float
    per_capita: float


@dataclass(frozen=True)
class TypeCalibration:
    """What the extract says about one enrollment type.

    Attributes
    ----------
    model : SpendModel
        What a run uses: the chosen family, or the default where the extract has too few.
    sample : SpendSample or None
        None where the default model is used.
    fits : tuple of FamilyFit
    recommendation : Recommendation or None
    chosen : FamilyFit or None
        The fit behind `model`: the recommended one unless another was asked for.
    years : tuple of TypeYear
    """

    enrollment_type: str
    model: SpendModel
    sample: SpendSample | None = None
    fits: tuple[FamilyFit, ...] = ()
    recommendation: Recommendation | None = None
    chosen: FamilyFit | None = None
    years: tuple[TypeYear, ...] = ()


@dataclass(frozen=True)
class Calibration:
    """Spend models of the four enrollment types, and how they came about.

    Nothing in it is about one beneficiary but the example row numbers of `findings`,
    which are for the screen and are not written to a spend file.

    Attributes
    ----------
    types : dict of str to TypeCalibration
        By enrollment type, in the order of `ENROLLMENT_TYPES`.
    persistence : dict of str to PersistenceEstimates
        By enrollment type, where the extract has several years or deaths.
    sources : tuple of Source
    findings : tuple of Finding
        Rows excluded, by kind; and rows adjusted.
    notes : tuple of str
    truncation : str
        ``percentile`` or ``published``.
    completion_factor : float
    created : datetime.date
    version : str
    """

    types: dict[str, TypeCalibration]
    persistence: dict[str, PersistenceEstimates]
    sources: tuple[Source, ...]
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    truncation: str
    completion_factor: float
    created: date = field(default_factory=lambda: datetime.now(UTC).date())
    version: str = __version__

    @property
    def models(self) -> tuple[SpendModel, ...]:
        """Spend models in the order of `ENROLLMENT_TYPES`."""
        return tuple(found.model for found in self.types.values())

    def with_family(self, enrollment_type: str, family: str) -> Calibration:
        """Return the calibration with another of the fitted families for one type.

        Raises
        ------
        UserError
            That type has no such fit.
        """
        found = self.types[enrollment_type]
        fits = {fit.family: fit for fit in found.fits}
        if family not in fits:
            raise UserError(
                f"family {family!r} of {enrollment_type}: not fitted.{nearest(family, fits)} "
                f"Fitted are: {', '.join(fits) or 'none; it keeps the default model'}."
            )
        assert found.sample is not None
        chosen = _with_fit(found, found.sample, fits[family])
        return replace(self, types={**self.types, enrollment_type: chosen})


def calibrate(
    paths: str | Path | Sequence[str | Path],
    mapping: Mapping[str, str | Sequence[str]] | None = None,
    *,
    years: int | Sequence[int] | None = None,
    truncation: str = "percentile",
    completion_factor: float = COMPLETION_FACTOR,
    missing_types: str = "refuse",
    families: Sequence[str] = tuple(FAMILY_NAMES),
) -> Calibration:
    """Fit spend models to a claims extract.

    Parameters
    ----------
    paths : path or sequence of paths
        CSV or Parquet files, one row a beneficiary-year; several files are several years
        or parts. DE-SynPUF beneficiary summary files are recognised as they are.
    mapping : mapping, optional
        Field -> column name (for ``paid`` also several, which are added up) where the
        column has no name that is recognised; see `claims_columns`.
    years : int or sequence of int, optional
        Calendar year of each file without a column for it.
    truncation : str
        ``percentile``: the extract's own 99th percentile by type and year. ``published``:
        CMS's national truncation points, moved to the year by the type's published trend.
    completion_factor : float
        On dollars per capita, after truncation; the relative spend model does not change.
    missing_types : str
        ``refuse`` or ``default``: what happens where the extract has fewer than
        `FEWEST_OF_TYPE` beneficiary-years of an enrollment type.
    families : sequence of str
        Families to fit, keys of `FAMILY_NAMES`.

    Raises
    ------
    UserError
        The files or options cannot be used, or the result would be wrong: repeated
        beneficiary-years, totals below CMS's floor, a type without people, no months.
    """
    listed = [Path(p) for p in ([paths] if isinstance(paths, str | Path) else paths)]
    _check_options(listed, truncation, completion_factor, missing_types, families)
    stated = [years] if isinstance(years, int) else years
    claims = read_claims(listed, mapping, stated)
    notes = [*claims.notes]
    annualised = claims.paid * (np.float32(12.0) / claims.months)
    caps = _truncation_points(claims, annualised, truncation, missing_types)
    truncated = _truncate(claims, annualised, caps)
    types = {
        name: _calibrate_type(
            claims, kind, (annualised, truncated), caps, completion_factor, families, notes
        )
        for kind, name in enumerate(ENROLLMENT_TYPES)
    }
    _note_layout(claims, notes)
    persistence = estimate_persistence(claims, annualised, truncated)
    return Calibration(
        types,
        persistence,
        tuple(claims.sources),
        tuple(claims.findings),
        tuple(notes),
        truncation,
        completion_factor,
    )


def _check_options(
    paths: Sequence[Path],
    truncation: str,
    completion_factor: float,
    missing_types: str,
    families: Sequence[str],
) -> None:
    if not paths:
        raise UserError("no claims file is given.")
    if truncation not in ("percentile", "published"):
        raise UserError(f"truncation = {truncation!r}: must be percentile or published.")
    if missing_types not in ("refuse", "default"):
        raise UserError(f"missing_types = {missing_types!r}: must be refuse or default.")
    if not 0.9 <= completion_factor <= 1.5:
        raise UserError(
            f"completion_factor = {completion_factor:g}: must lie between 0.9 and 1.5; CMS's is "
            f"{COMPLETION_FACTOR}."
        )
    for family in families:
        if family not in FAMILY_NAMES:
            raise UserError(
                f"family {family!r}: there is no such family.{nearest(family, FAMILY_NAMES)} "
                f"The families are: {', '.join(FAMILY_NAMES)}."
            )
    if not families:
        raise UserError(f"no family to fit is named; there are: {', '.join(FAMILY_NAMES)}.")


def _note_layout(claims: Claims, notes: list[str]) -> None:
    if claims.synpuf:
        return
    if not claims.has_dual:
        notes.append("The extract has no dual flag: all aged count as aged/non-dual.")
    if not claims.has_esrd:
        notes.append("The extract has no ESRD flag: ESRD beneficiaries count by age.")


_Caps = dict[tuple[int, int], float]


def _truncation_points(
    claims: Claims, annualised: NDArray[np.float32], rule: str, missing_types: str
) -> _Caps:
    """Return the truncation point, dollars, of each (place of type, year) with enough people."""
    years = np.unique(claims.year).tolist()
    # Of several years each class of the table holds at least MIN_CLASS different people.
    fewest = max(FEWEST_OF_TYPE, 3 * MIN_CLASS * len(years))
    caps: _Caps = {}
    for kind, name in enumerate(ENROLLMENT_TYPES):
        rows = np.flatnonzero(claims.kind == kind)
        spending = int(np.count_nonzero(annualised[rows] > 0.0))
        if spending < fewest:
            excused = claims.synpuf and not claims.has_dual and name == "aged_dual"
            if missing_types == "refuse" and not excused:
                raise UserError(_too_few(kind, rows.size, spending, fewest))
            continue
        for year in years:
            amounts = annualised[rows[claims.year[rows] == year]]
            if amounts.size:
                caps[kind, year] = _published(name, year) if rule == "published" else 0.0
            if amounts.size and rule == "percentile":
                caps[kind, year] = around_percentile(amounts)
    return caps


def _too_few(kind: int, count: int, spending: int, fewest: int) -> str:
    name = ENROLLMENT_NAMES[kind]
    what = f"no {name} beneficiary" if not count else f"{count:,} {name} beneficiary-years"
    if count:
        what += f", {spending:,} of them with spending; at least {fewest:,} are needed"
    return (
        f"claims: {what}. Check the columns that decide the enrollment type, or let the types "
        "that are missing keep the default spend model (missing types: default)."
    )


def _published(name: str, year: int) -> float:
    figures = national_figures()
    if year not in _PUBLISHED_YEARS:
        raise UserError(
            f"truncation = published: CMS's truncation points of {figures['year']} are not trended "
            f"to {year}; use the extract's own 99th percentile."
        )
    apart = figures["year"] - figures["earlier_year"]
    ratio = figures["assignable_per_capita"][name] / figures["earlier_assignable_per_capita"][name]
    return float(figures["truncation_point"][name] * ratio ** ((year - figures["year"]) / apart))


def around_percentile(amounts: NDArray[np.float32]) -> float:
    """Return the mean of the `MIN_CLASS` amounts around the unweighted 99th percentile.

    With fewer than `FEW_FOR_PERCENTILE` amounts at the most the costliest `MIN_CLASS`,
    which is too low; the calibration says so.
    """
    width = min(MIN_CLASS, amounts.size)
    middle = int(np.ceil((1.0 - TRUNCATED_SHARE) * amounts.size)) - 1
    first = min(max(middle - width // 2, 0), amounts.size - width)
    places = np.arange(first, first + width)
    around = np.partition(amounts, (first, first + width - 1))[places]
    return float(around.mean(dtype=np.float64))


def _truncate(claims: Claims, annualised: NDArray[np.float32], caps: _Caps) -> NDArray[np.float32]:
    """Return truncated and floored annualised spend; refuse totals below CMS's floor."""
    years = np.unique(claims.year).tolist()
    table = np.full((len(ENROLLMENT_TYPES), len(years)), np.inf, np.float32)
    for (kind, year), cap in caps.items():
        table[kind, years.index(year)] = cap
    cap_of = table[claims.kind, np.searchsorted(years, claims.year)]
    beyond = claims.paid < -cap_of
    if np.any(beyond):
        raise UserError(
            f"claims: {int(beyond.sum()):,} beneficiary-years with a negative total beyond CMS's "
            f"floor (the negative of the truncation point), as {claims.first_row(beyond)}. Such "
            "totals are reversals without their claims: correct or remove them."
        )
    _note_adjusted(
        claims, "floored", "annualised negative total raised to the floor", annualised < -cap_of
    )
    meaning = "negative total; counts in per capita, as no spending in the spend shape"
    _note_adjusted(claims, "negative", meaning, claims.paid < 0.0)
    return np.clip(annualised, -cap_of, cap_of)


def _note_adjusted(claims: Claims, kind: str, meaning: str, rows: NDArray[np.bool_]) -> None:
    count = int(rows.sum())
    if count:
        at = int(np.argmax(rows))
        file = claims.sources[claims.file[at]].name
        claims.findings.append(Finding(kind, meaning, count, file, int(claims.row[at])))


def _calibrate_type(
    claims: Claims,
    kind: int,
    amounts: tuple[NDArray[np.float32], NDArray[np.float32]],
    caps: _Caps,
    completion_factor: float,
    families: Sequence[str],
    notes: list[str],
) -> TypeCalibration:
    name = ENROLLMENT_TYPES[kind]
    stated = [year for held, year in caps if held == kind]
    if not stated:
        if not claims.synpuf or name != "aged_dual":
            notes.append(f"{ENROLLMENT_NAMES[kind]}: too few in the extract; default model.")
        return TypeCalibration(name, default_model(name))
    rows = np.flatnonzero(claims.kind == kind)
    annualised, truncated = (column[rows] for column in amounts)
    weights = claims.months[rows] / np.float32(12.0)
    held_years: list[TypeYear] = []
    multiples = np.zeros(2)
    for year in stated:
        at = np.flatnonzero(claims.year[rows] == year)
        person_years = float(weights[at].sum(dtype=np.float64))
        mean = float(np.dot(weights[at].astype(np.float64), truncated[at])) / person_years
        if mean <= 0.0:
            raise UserError(f"claims: {ENROLLMENT_NAMES[kind]} of {year} spends nothing in total.")
        cap = caps[kind, year]
        annualised[at] /= np.float32(mean)
        multiples += np.array([at.size * cap / mean, at.size])
        per_capita = mean * completion_factor
        held_years.append(TypeYear(year, at.size, person_years, cap, per_capita))
    _note_few(kind, held_years, notes)
    cap = float(multiples[0] / multiples[1])
    sample = reduce_spend(annualised, weights, cap=cap, min_class=MIN_CLASS * len(stated))
    fits = fit_families(sample, families)
    best = recommend(sample, fits)
    found = TypeCalibration(name, default_model(name), sample, fits, best, None, tuple(held_years))
    return _with_fit(found, sample, best.fit)


def _with_fit(found: TypeCalibration, sample: SpendSample, fit: FamilyFit) -> TypeCalibration:
    model = model_from_shape(found.enrollment_type, fit.shape, sample.truncation)
    return replace(found, model=model, chosen=fit)


def _note_few(kind: int, years: Sequence[TypeYear], notes: list[str]) -> None:
    few = [year for year in years if year.count < FEW_FOR_PERCENTILE]
    if few:
        notes.append(
            f"{ENROLLMENT_NAMES[kind]}: fewer than {FEW_FOR_PERCENTILE:,} beneficiary-years in "
            f"{', '.join(str(year.year) for year in few)}; a 99th percentile of the extract is "
            "uncertain and tends to be low. Consider CMS's published truncation points."
        )
