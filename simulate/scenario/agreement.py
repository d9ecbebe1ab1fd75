"""What an agreement covers: its path of contracts, its years, and what changes over them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from simulate.scenario.aco import Fraction, Rate, Strict

#: More performance years than two agreements have.
MOST_PERFORMANCE_YEARS = 20
_FACTORS = (-5.0, 5.0)


def _texts(value: Any) -> Any:
    """Read paths: a list, or one text with a semicolon between two paths."""
    parts = value.split(";") if isinstance(value, str) else value
    if not isinstance(parts, Iterable):
        return parts
    return [part.strip() if isinstance(part, str) else part for part in parts if part != ""]


def _by_year(value: Any) -> Any:
    """Read what is stated by year: one number, a list, or ``a,b,c``."""
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",") if part.strip()]
    parts = list(value) if isinstance(value, Iterable) else [value]
    if any(isinstance(part, bool) for part in parts):
        raise ValueError(f"{value}: numbers are wanted, one, or one a year")
    if len(parts) > MOST_PERFORMANCE_YEARS:
        raise ValueError(f"{len(parts)} values; at most {MOST_PERFORMANCE_YEARS} years are covered")
    return parts


def _whole_by_year(value: Any) -> Any:
    """Read what is stated by year where only whole numbers are wanted."""
    parts = _by_year(value)
    written = isinstance(parts, list) and all(isinstance(part, str) for part in parts)
    return [int(part) if part.isdigit() else part for part in parts] if written else parts


Factor = Annotated[float, Field(ge=_FACTORS[0], le=_FACTORS[1], allow_inf_nan=False)]
Factors = Annotated[tuple[Factor, ...], BeforeValidator(_by_year), Field(min_length=1)]
Growth = Annotated[tuple[Rate, ...], BeforeValidator(_by_year), Field(min_length=1)]
Scores = Annotated[tuple[Fraction, ...], BeforeValidator(_by_year)]
Months = Annotated[tuple[Literal[6, 12, 18, 21], ...], BeforeValidator(_whole_by_year)]


class AgreementSettings(Strict):
    """What an agreement covers. Rates are fractions; dollars are of the year they fall in."""

    paths: Annotated[tuple[str, ...], BeforeValidator(_texts)] = Field(
        (),
        description="simulate run --agreement: paths of contracts to see side by side. Each is a "
        "contract id (held throughout), contract ids by performance year, comma-separated (3xID "
        "repeats one, / begins the next agreement, with a new benchmark), or glide-path (from the "
        "ACO's own level of the BASIC track, else from Level A; glide-path-from-basic-a says where "
        "from), track-1-then-2 or another standard path. Empty: the ACO's own contract, or the "
        "glide path from its own level.",
    )
    start_year: int | None = Field(
        None,
        ge=2012,
        le=2040,
        description="Calendar year in which the agreement begins. Left out: the year after "
        "performance_year.",
        examples=[2025],
    )
    years: int | None = Field(
        None,
        ge=1,
        le=MOST_PERFORMANCE_YEARS,
        description="Performance years of a path that names one contract. Left out: the term of "
        "an agreement that begins then (five years; three before 2019), or what is left of it.",
        examples=[5],
    )
    months: Months = Field(
        (),
        description="Months of each performance year, where not 12: [18] or [21] for a first one "
        "that began in July or April 2012, 6 for each half of 2019.",
    )
    interim_payment: bool = Field(
        False,
        description="Whether the first 12 months of an 18- or 21-month performance year are "
        "settled and paid on their own first (42 CFR 425.608).",
    )
    first_agreement_year: int = Field(
        1,
        ge=1,
        le=MOST_PERFORMANCE_YEARS,
        description="Year of the agreement that the first performance year is; above 1 for what "
        "is left of one that runs.",
    )
    savings_ramp: Factors = Field(
        (1.0,),
        description="What the true savings are multiplied by in each calendar year, such as "
        "[0.5, 0.75, 1.0] for savings that grow; the last one holds.",
    )
    savings_drift_sd: float = Field(
        0.0,
        ge=0.0,
        le=0.1,
        description="Standard deviation of what is added to the true savings from each calendar "
        "year to the next, a random walk from the first. Published rates suggest about 0.01.",
    )
    practice_correlation: float = Field(
        0.0,
        ge=-1.0,
        le=1.0,
        description="Correlation of the practice effect from one calendar year to the next.",
    )
    benchmark_update: Growth = Field(
        (0.03,),
        description="Growth of benchmark and spending a year, one, or one for each year after the "
        "first; the last one holds. Also brings the dollars above to the first year. 0.03: the "
        "per-capita benchmark of all ACOs, 2014 to 2024.",
    )
    benchmark_update_sd: float = Field(
        0.0,
        ge=0.0,
        le=0.1,
        description="Standard deviation of what each year's update of the benchmark misses of the "
        "ACO's own trend; it lasts until rebasing. Unless common_shock_sd is stated, the common "
        "shock is lowered so that the change of a savings rate from year to year scatters as in "
        "published results, up to 0.0092.",
    )
    quality_by_year: Scores = Field(
        (),
        description="Quality score of each performance year; the last one holds. Empty: "
        "quality_score throughout.",
    )
    quality_phase_in: bool = Field(
        False,
        description="Rules of 2012 to 2014: in the first performance year complete reporting "
        "earns the full score, then 25 and 32 of 33 measures are paid for performance, at the "
        "scores above.",
    )
    renewal_test: Literal["none", "proposed-2014"] = Field(
        "none",
        description="Whether an ACO may renew a one-sided agreement: none, or proposed-2014 "
        "(79 FR 72760, not adopted): not where losses went beyond the negative MSR in both of "
        "the first two years.",
    )
    one_sided_years_before: int | None = Field(
        None,
        ge=0,
        le=MOST_PERFORMANCE_YEARS,
        description="One-sided performance years before the agreement, which count towards the "
        "limit on them. Left out: those in Levels A and B that are known of this ACO.",
        examples=[2],
    )
    regional_adjustment: Rate = Field(
        0.0,
        description="Regional adjustment of a benchmark rebased at renewal, a fraction of base-"
        "year spending; the larger of it and the prior savings adjustment is used.",
    )
    prior_savings_share: Fraction | None = Field(
        None,
        description="Share of average prior savings that a rebased benchmark gets back. Left out: "
        "the rule of the year (0.5 in agreements from 2024).",
        examples=[0.5],
    )
    termination: Literal["none", "voluntary", "involuntary"] = Field(
        "none", description="Whether and how the ACO leaves before the end (42 CFR 425.221(b))."
    )
    termination_year: int | None = Field(
        None,
        ge=2012,
        le=2040,
        description="Performance year in which it leaves.",
        examples=[2027],
    )
    termination_months: int = Field(
        12, ge=0, le=12, description="Months of that year in the programme; 12 is all of it."
    )
    discount_rate: Rate = Field(
        0.05, description="Rate a year at which payments are discounted to the first day."
    )
    payment_lag: float | None = Field(
        None,
        ge=0.0,
        le=5.0,
        description="Years from the end of a performance year to its settlement. Left out: 0.75.",
        examples=[0.75],
    )


def at_year(stated: tuple[float, ...], year: int) -> float:
    """Return what is stated for a year, counted from 0; the last one holds."""
    return stated[min(year, len(stated) - 1)]
