"""An accountable care organization (ACO): size, spending, benchmark and quality."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from simulate.data.enrollment import ENROLLMENT_TYPES
from simulate.errors import UserError
from simulate.validation import explain

if TYPE_CHECKING:
    from simulate.data import PublishedResult

#: Person-years per assigned beneficiary in performance year 2024, all ACOs (CMS results file).
PERSON_YEARS_PER_BENEFICIARY = 0.979


#: Far above any ACO, far below what is surely a slip of the keyboard.
LARGEST_ACO = 5_000_000


def _no_percent(value: Any) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool) and 1.0 < value <= 100.0:
        raise ValueError(
            f"{value:g} looks like a percent; a fraction from 0 to 1 is wanted: "
            f"{value:g} percent is written {value / 100:g}"
        )
    return value


def _no_percent_rate(value: Any) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) >= 0.5:
        raise ValueError(
            f"{value:g} is not a plausible rate; a fraction between -0.5 and 0.5 is wanted: "
            f"{value:g} percent is written {value / 100:g}"
        )
    return value


def _dollars_not_thousands(value: Any) -> Any:
    if isinstance(value, int | float) and 0.0 < value < 10_000.0:
        raise ValueError(
            f"participant_revenue = {value:g}: dollars a year are wanted, such as 25e6"
        )
    return value


Fraction = Annotated[float, BeforeValidator(_no_percent), Field(ge=0.0, le=1.0)]
Rate = Annotated[float, BeforeValidator(_no_percent_rate), Field(gt=-0.5, lt=0.5)]
PerCapita = Annotated[float, Field(ge=0.0, le=1_000_000.0, allow_inf_nan=False)]
Revenue = Annotated[
    float, BeforeValidator(_dollars_not_thousands), Field(ge=0.0, lt=1e12, allow_inf_nan=False)
]
Basis = Literal["truncated", "untruncated"]


class Strict(BaseModel):
    """Frozen, and closed to keys that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _numbers_are_not_truths(cls, stated: Any) -> Any:
        # Python takes true for 1; one beneficiary is never what was meant.
        for key, value in stated.items() if isinstance(stated, dict) else ():
            field = cls.model_fields.get(key)
            if isinstance(value, bool) and field is not None and field.annotation is not bool:
                raise ValueError(f"{key} = {str(value).lower()}: a number or text is wanted")
        return stated


class PersonYears(Strict):
    """Person-years by enrollment type."""

    esrd: Annotated[float, Field(ge=0.0, le=5e6)] = 0.0
    disabled: Annotated[float, Field(ge=0.0, le=5e6)] = 0.0
    aged_dual: Annotated[float, Field(ge=0.0, le=5e6)] = 0.0
    aged_non_dual: Annotated[float, Field(ge=0.0, le=5e6)] = 0.0

    def in_order(self) -> tuple[float, ...]:
        """Return the four numbers in CMS's order of enrollment types."""
        return tuple(getattr(self, name) for name in ENROLLMENT_TYPES)


class PerCapitaByType(Strict):
    """Dollars per person-year by enrollment type."""

    esrd: PerCapita = 0.0
    disabled: PerCapita = 0.0
    aged_dual: PerCapita = 0.0
    aged_non_dual: PerCapita = 0.0

    def in_order(self) -> tuple[float, ...]:
        """Return the four numbers in CMS's order of enrollment types."""
        return tuple(getattr(self, name) for name in ENROLLMENT_TYPES)


class ACO(Strict):
    """One ACO in one performance year. Dollars, person-years and fractions throughout.

    Benchmark and spending are on CMS's truncated basis: annualised spending of each
    beneficiary cut at the national 99th percentile of the enrollment type. Anything
    else is refused, because a truncated actual against an untruncated benchmark
    invents savings of several percent.
    """

    id: str = Field("my-aco", description="The ACO's id or any short name.")
    name: str = Field("", description="Its name, as shown in reports.")
    performance_year: int = Field(
        2024, ge=2012, le=2040, description="Performance year that the numbers belong to."
    )
    contract: str = Field("", description="Contract (track) it was settled under, if known.")
    assigned_beneficiaries: int = Field(
        ge=1,
        le=LARGEST_ACO,
        description="Assigned beneficiaries; drives the size table of the MSR. A change here "
        "leaves person-years and dollars as they are; --set assigned_beneficiaries=N scales all.",
    )
    person_years: PersonYears = Field(
        description="Person-years by enrollment type; together at most assigned_beneficiaries."
    )
    benchmark_per_capita: PerCapitaByType = Field(
        description="Updated benchmark, dollars per person-year, by enrollment type."
    )
    spend_per_capita: PerCapitaByType | None = Field(
        None,
        examples=[
            {"esrd": 90000.0, "disabled": 12000.0, "aged_dual": 20000.0, "aged_non_dual": 12000.0}
        ],
        description="Published expenditure, dollars per person-year, by enrollment type.",
    )
    benchmark_basis: Basis = Field(
        "truncated", description="Basis of the benchmark; only truncated can be simulated."
    )
    spend_basis: Basis = Field(
        "truncated", description="Basis of the expenditure; it must be that of the benchmark."
    )
    savings_rate: Rate | None = Field(
        None, examples=[0.02], description="Published savings rate, a fraction of the benchmark."
    )
    published_msr: Fraction | None = Field(
        None,
        examples=[0.02],
        description="Published MSR of a two-sided ACO; its choice, unless msr is stated.",
    )
    quality_score: Fraction = Field(1.0, description="Quality score, a fraction from 0 to 1.")
    quality_standard: Literal["met", "alternative", "failed"] = Field(
        "met", description="Quality performance standard: met, alternative or failed."
    )
    revenue_category: Literal["low", "high", "unknown"] = Field(
        "unknown", description="Low or high revenue ACO (42 CFR 425.20): low, high or unknown."
    )
    participant_revenue: Revenue | None = Field(
        None,
        description="Participants' Parts A and B fee-for-service revenue, dollars a year; "
        "lowers the loss limit of BASIC C to E and Track 1+.",
        examples=[25_000_000.0],
    )
    agreement_year: int = Field(
        1,
        ge=1,
        le=20,
        description="Performance year within the agreement; 1 is the first year of a new one. "
        "Decides terms that change over an agreement, and the half rate below the MSR.",
    )
    notes: tuple[str, ...] = Field((), description="What was assumed where data were missing.")

    @model_validator(mode="after")
    def _consistent(self) -> ACO:
        total = sum(self.person_years.in_order())
        if total <= 0.0:
            raise ValueError("person_years: all are 0; at least one enrollment type needs some")
        # CMS prints person-years by type in whole numbers: four roundings of one half.
        if total > self.assigned_beneficiaries + 2.0:
            raise ValueError(
                f"person_years = {total:,.0f} in all: more than assigned_beneficiaries = "
                f"{self.assigned_beneficiaries:,}. A beneficiary counts for at most one "
                "person-year; lower the person-years, or scale the whole ACO to another size "
                "with --set assigned_beneficiaries=N"
            )
        _check_basis(self)
        for name, years, dollars in zip(
            ENROLLMENT_TYPES,
            self.person_years.in_order(),
            self.benchmark_per_capita.in_order(),
            strict=True,
        ):
            if years > 0.0 and dollars < 100.0:
                raise ValueError(
                    f"benchmark_per_capita.{name} = {dollars:g}: dollars per person-year are "
                    "wanted, at least 100 (not thousands, not per month)"
                )
        return self

    @property
    def agreement_start_year(self) -> int:
        """Calendar year of the first performance year of the agreement."""
        return self.performance_year - self.agreement_year + 1

    @property
    def benchmark(self) -> float:
        """Total updated benchmark, dollars per performance year."""
        return _dot(self.person_years.in_order(), self.benchmark_per_capita.in_order())

    @classmethod
    def from_published_results(
        cls, aco_id: str, year: int | None = None, results_file: str | Path | None = None
    ) -> ACO:
        """Build an ACO from a row of CMS's published results.

        Parameters
        ----------
        aco_id : str
            CMS's id, such as ``"A1001"``.
        year : int, optional
            Performance year; the latest one with this id by default.
        results_file : path, optional
            A results file downloaded from CMS; by default the results that ship with
            the package.

        Raises
        ------
        UserError
            Unknown id or year, or a file that cannot be used.
        """
        from simulate.data import result

        path = None if results_file is None else Path(results_file)
        return cls.from_row(result(aco_id, year, path))

    @classmethod
    def from_row(cls, row: PublishedResult) -> ACO:
        """Build an ACO from one published result, with a stated fallback for missing cells."""
        from simulate.scenario.published import stated_aco

        return validated_aco(stated_aco(row), f"published results of {row.aco_id}")

    def scaled_to(self, assigned_beneficiaries: int) -> ACO:
        """Return the same ACO with another size: person-years and dollars in proportion."""
        if not 1 <= assigned_beneficiaries <= LARGEST_ACO:
            raise UserError(
                f"assigned_beneficiaries = {assigned_beneficiaries:,}: from 1 to {LARGEST_ACO:,} "
                "is wanted."
            )
        if assigned_beneficiaries == self.assigned_beneficiaries:
            return self
        factor = assigned_beneficiaries / self.assigned_beneficiaries
        changed = self.model_dump()
        changed["notes"] = (
            *self.notes,
            f"Scaled from {self.assigned_beneficiaries:,} to {assigned_beneficiaries:,} assigned "
            "beneficiaries, person-years and dollars in proportion.",
        )
        changed["assigned_beneficiaries"] = assigned_beneficiaries
        changed["person_years"] = {k: v * factor for k, v in changed["person_years"].items()}
        if self.participant_revenue is not None:
            changed["participant_revenue"] = self.participant_revenue * factor
        return validated_aco(changed, "assigned_beneficiaries")


def validated_aco(stated: dict[str, Any], where: str) -> ACO:
    """Validate plain data into an ACO; a `UserError` names what is wrong."""
    try:
        return ACO.model_validate(stated)
    except ValidationError as error:
        raise UserError(explain(error, where, ACO)) from None


def _check_basis(aco: ACO) -> None:
    if aco.benchmark_basis != aco.spend_basis:
        raise ValueError(
            f"benchmark_basis = {aco.benchmark_basis} but spend_basis = {aco.spend_basis}: "
            "benchmark and spending must be on the same truncated basis, or savings of several "
            "percent appear from nowhere. Truncate both at the 99th percentile of the "
            "enrollment type (42 CFR 425.605(a)(3))"
        )
    if aco.benchmark_basis != "truncated":
        raise ValueError(
            "benchmark_basis = untruncated: CMS settles on truncated dollars. Truncate benchmark "
            "and spending at the 99th percentile of the enrollment type (42 CFR 425.605(a)(3))"
        )
    if aco.spend_per_capita is None:
        return
    spending = _dot(aco.person_years.in_order(), aco.spend_per_capita.in_order())
    implied = 1.0 - spending / aco.benchmark
    if abs(implied) > 0.5:
        raise ValueError(
            f"spend_per_capita: spending is {spending / aco.benchmark:.2f} of the benchmark; both "
            "must be truncated dollars per person-year of the same year (is one in thousands, or "
            "per month?)"
        )


def _dot(left: tuple[float, ...], right: tuple[float, ...]) -> float:
    return sum(a * b for a, b in zip(left, right, strict=True))
