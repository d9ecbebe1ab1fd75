"""A care programme that a scenario states: who takes part, what it does, what it costs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from simulate.errors import UserError
from simulate.scenario.aco import Fraction, Strict
from simulate.scenario.agreement import MOST_PERFORMANCE_YEARS

TypeName = Literal["esrd", "disabled", "aged_dual", "aged_non_dual"]
Dollars = Annotated[float, Field(ge=-1e6, le=1e6, allow_inf_nan=False)]


def _listed(value: Any) -> Any:
    """Read a comma-separated text as a list."""
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


class Intervention(Strict):
    """A care programme. Dollars are US dollars of the performance year.

    In an agreement the effect is in the dollars that the benchmark is stated in and grows with
    it; the cost is in those of the first year and grows as the operating cost does.
    """

    name: str = Field(description="What it is called.", min_length=1, examples=["palliative-care"])
    like: str | None = Field(
        None,
        description="A shipped intervention (simulate intervention lists them) that everything "
        "left out here is taken from.",
        examples=["palliative-care"],
    )
    estimate: str | None = Field(
        None,
        description="Which of its effects is taken from a shipped intervention, such as cautious "
        "or published.",
        examples=["cautious"],
    )
    group: Literal["all", "decedents"] | None = Field(
        None,
        description="Whom it is offered to: all, or decedents (who die in the performance year).",
        examples=["decedents"],
    )
    enrollment_types: Annotated[tuple[TypeName, ...], BeforeValidator(_listed)] = Field(
        ("esrd", "disabled", "aged_dual", "aged_non_dual"),
        min_length=1,
        description="Enrollment types that it is offered to.",
    )
    spend_band: Annotated[tuple[Fraction, Fraction], BeforeValidator(_listed)] = Field(
        (0.0, 1.0),
        description="Beneficiaries of a type by rising spending that it is offered to: "
        "[0.95, 1.0] is the costliest twentieth.",
    )
    uptake: float | None = Field(
        None,
        ge=0.0,
        le=1.0,
        description="Share of that group who take part once the programme runs in full.",
        examples=[0.2],
    )
    participants: float | None = Field(
        None,
        ge=0.0,
        le=1e7,
        description="In place of uptake: how many take part in the performance year; of an "
        "agreement, in the first calendar year in which it runs, and later in proportion.",
        examples=[80.0],
    )
    starts_in_year: int = Field(
        1,
        ge=1,
        le=MOST_PERFORMANCE_YEARS,
        description="simulate run --agreement: calendar year, 1 for the first of the paths, in "
        "which the programme starts.",
    )
    ends_in_year: int | None = Field(
        None,
        ge=1,
        le=MOST_PERFORMANCE_YEARS,
        description="simulate run --agreement: calendar year, counted likewise, at whose end it "
        "stops. Left out: it goes on.",
        examples=[3],
    )
    starts_in_month: int = Field(
        1, ge=1, le=12, description="Month of that year in which the programme starts."
    )
    ramp_months: int = Field(
        0, ge=0, le=36, description="Months over which it then grows evenly to its full size."
    )
    effect: Dollars | None = Field(
        None,
        description="Dollars that a participant spends less (negative: more): of a decedent in "
        "the last effect_months before death, of others in twelve months.",
        examples=[2309.0],
    )
    effect_standard_error: float | None = Field(
        None,
        ge=0.0,
        le=1e6,
        description="How uncertain the mean effect is (standard error). Left out: 0, or that of "
        "the shipped effect that is taken.",
        examples=[2309.0],
    )
    effect_months: int | None = Field(
        None,
        ge=1,
        le=12,
        description="Decedents: months before death over which the effect is spread. Left out: "
        "12, or those of the shipped intervention.",
        examples=[3],
    )
    cost_per_participant: float = Field(
        0.0,
        ge=0.0,
        le=1e6,
        description="Dollars a participant and year that the ACO pays for it, outside the "
        "settlement; finances of an agreement take them off. Decedents cost all of it, others "
        "the part of the months in which they take part.",
    )

    @model_validator(mode="after")
    def _says_who_and_what(self) -> Intervention:
        if self.uptake is not None and self.participants is not None:
            raise ValueError(
                f"uptake = {self.uptake:g} and participants = {self.participants:g}: state one"
            )
        low, high = self.spend_band
        if low >= high:
            raise ValueError(
                f"spend_band = [{low:g}, {high:g}]: two shares, the first below the second, are "
                "wanted"
            )
        if self.ends_in_year is not None and self.ends_in_year < self.starts_in_year:
            raise ValueError(
                f"ends_in_year = {self.ends_in_year}: before starts_in_year = "
                f"{self.starts_in_year}; a programme runs for at least one year"
            )
        if self.like is None:
            self._stands_alone()
        elif self.estimate is not None and self.effect is not None:
            raise ValueError(
                f"estimate = {self.estimate} and effect = {self.effect:g}: state one of them"
            )
        return self

    def _stands_alone(self) -> None:
        missing = [key for key in ("group", "effect") if getattr(self, key) is None]
        if self.uptake is None and self.participants is None:
            missing.append("uptake (or participants)")
        if missing:
            raise ValueError(
                f"intervention {self.name}: {', '.join(missing)} missing; state it, or take it "
                "from a shipped intervention with like = palliative-care"
            )
        if self.estimate is not None:
            raise ValueError(f"estimate = {self.estimate}: goes with like; state effect instead")


def changed_interventions(
    stated: Iterable[dict[str, Any]], key: str, value: Any, where: str
) -> Any:
    """Return stated interventions with ``NAME.KEY`` set; a new name is taken from the catalogue.

    Raises
    ------
    UserError
        `key` has no two parts.
    """
    name, _, field = key.rpartition(".")
    if not name:
        raise UserError(
            f"{where}: interventions.NAME.KEY=VALUE is wanted, such as "
            "interventions.palliative-care.uptake=0.3."
        )
    changed = [dict(each) for each in stated]
    found = next((each for each in changed if each["name"] == name), None)
    if found is None:
        found = {"name": name, "like": name}
        changed.append(found)
    if field in ("uptake", "participants"):
        found.pop("uptake", None)
        found.pop("participants", None)
    found[field] = value
    return changed


def refuse_interventions(interventions: Iterable[Intervention], doing: str) -> None:
    """Refuse interventions where they would be left out without a word.

    Raises
    ------
    UserError
        There are some.
    """
    names = [each.name for each in interventions]
    if names:
        raise UserError(
            f"interventions = {', '.join(names)}: {doing} has none; they go with simulate run, "
            "compare and intervention, with --agreement too. Leave them out, or state the true "
            "savings with their effect: a run says how much each adds."
        )
