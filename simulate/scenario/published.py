"""A published result as the statement of an ACO, with a stated fallback for what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from simulate.data import PublishedResult, published_results, published_years
from simulate.data.enrollment import ENROLLMENT_NAMES, ENROLLMENT_TYPES, national_figures
from simulate.scenario.aco import PERSON_YEARS_PER_BENEFICIARY

_MONTHS = 12


def stated_aco(row: PublishedResult) -> dict[str, Any]:
    """Return the keys of an `ACO` from a published row.

    The benchmark is split over enrollment types in proportion to their per-capita
    expenditure. Cells that CMS suppressed or did not publish are replaced, and every
    replacement is said in `notes`.
    """
    notes: list[str] = []
    person_years = _person_years(row, notes)
    spend = _per_capita(row, notes)
    annual = _annual_benchmark(row, notes)
    at_spend = sum(p * x for p, x in zip(person_years, spend, strict=True))
    quality_score, quality_standard = _quality(row, notes)
    by_type = dict(zip(ENROLLMENT_TYPES, person_years, strict=True))
    return {
        "id": row.aco_id,
        "name": row.aco_name or "",
        "performance_year": row.performance_year,
        "contract": row.contract or "",
        "assigned_beneficiaries": row.assigned_beneficiaries,
        "person_years": by_type,
        "benchmark_per_capita": {
            name: x * annual / at_spend for name, x in zip(ENROLLMENT_TYPES, spend, strict=True)
        },
        "spend_per_capita": dict(zip(ENROLLMENT_TYPES, spend, strict=True)),
        "savings_rate": row.savings_rate,
        "published_msr": row.minimum_savings_rate if row.two_sided else None,
        "quality_score": quality_score,
        "quality_standard": quality_standard,
        "revenue_category": row.revenue_category or "unknown",
        "agreement_year": _agreement_year(row),
        "notes": tuple(notes),
    }


#: First performance year of the programme: that of the starters of April and July 2012, too.
_FIRST_PERFORMANCE_YEAR = 2013


def _agreement_year(row: PublishedResult) -> int:
    """Return the performance year within the agreement; 1 where its start is not published."""
    if row.current_start is None:
        return 1
    return row.performance_year - max(row.current_start.year, _FIRST_PERFORMANCE_YEAR) + 1


def _person_years(row: PublishedResult, notes: list[str]) -> list[float]:
    total = row.person_years or PERSON_YEARS_PER_BENEFICIARY * row.assigned_beneficiaries
    published = list(row.person_years_by_type or [None] * 4)
    missing = [i for i, value in enumerate(published) if value is None]
    known = sum(value for value in published if value is not None)
    if missing:
        left = max(total - known, 0.0)
        mix = _programme_mix(row)
        weight = sum(mix[i] for i in missing)
        for i in missing:
            published[i] = left * mix[i] / weight
        named = ", ".join(ENROLLMENT_NAMES[i] for i in missing)
        how = "the rest of the total" if len(missing) == 1 else "the rest, in the mix of all ACOs"
        notes.append(f"Person-years not published for {named}: {how} ({left:,.0f}) is used.")
    person_years = [value for value in published if value is not None]
    # Months of a row that covers 18 or 21 months make more than one year a beneficiary.
    if sum(person_years) > row.assigned_beneficiaries:
        person_years = _at_most_one_year_each(person_years, row, notes)
    return person_years


def _at_most_one_year_each(
    person_years: list[float], row: PublishedResult, notes: list[str]
) -> list[float]:
    allowed = PERSON_YEARS_PER_BENEFICIARY * row.assigned_beneficiaries
    notes.append(
        f"Published person-years ({sum(person_years):,.0f}) exceed the assigned beneficiaries; "
        f"{PERSON_YEARS_PER_BENEFICIARY} of a year each is used."
    )
    return [value * allowed / sum(person_years) for value in person_years]


def _per_capita(row: PublishedResult, notes: list[str]) -> list[float]:
    published = list(row.per_capita_by_type or [None] * 4)
    known = [(i, x) for i, x in enumerate(published) if x]
    figures = national_figures()
    national = [figures["assignable_per_capita"][name] for name in ENROLLMENT_TYPES]
    ratio = sum(x for _, x in known) / sum(national[i] for i, _ in known) if known else 1.0
    missing = [i for i, x in enumerate(published) if not x]
    if missing:
        named = ", ".join(ENROLLMENT_NAMES[i] for i in missing)
        notes.append(
            f"Per-capita expenditure not published for {named}: the national figure of "
            f"{figures['year']} times {ratio:.2f}, this ACO's level in the other types, is used."
        )
    return [x if x else national[i] * ratio for i, x in enumerate(published)]


def _annual_benchmark(row: PublishedResult, notes: list[str]) -> float:
    months = row.months_covered or _MONTHS
    if months != _MONTHS:
        notes.append(
            f"The published dollars cover {months} months; they are put on a year of {_MONTHS}."
        )
    return row.benchmark * _MONTHS / months


def _quality(row: PublishedResult, notes: list[str]) -> tuple[float, str]:
    if row.quality_reporting_only:
        notes.append("First year of an agreement: complete reporting counts as a score of 1.")
        return 1.0, "met"
    score = row.quality_score
    if score is None:
        notes.append("Quality score not published: a score of 1 with the standard met is used.")
        return 1.0, "met"
    if row.met_alternative_standard and not row.met_quality_standard:
        return score, "alternative"
    # Files before 2016 carry no flag of the standard; a score of 0 is a failure.
    failed = row.met_quality_standard is False or score == 0.0
    return score, "failed" if failed else "met"


def _programme_mix(row: PublishedResult) -> list[float]:
    """Return person-years by type over all ACOs of the year nearest to the row's."""
    nearest_year = min(published_years(), key=lambda year: abs(year - row.performance_year))
    return mix_of(published_results(nearest_year).rows)


def mix_of(rows: Sequence[PublishedResult]) -> list[float]:
    """Return total person-years by enrollment type over published rows that are complete."""
    complete = [
        r.person_years_by_type for r in rows if None not in (r.person_years_by_type or [None])
    ]
    return [sum(by_type[i] or 0.0 for by_type in complete if by_type) for i in range(4)]
