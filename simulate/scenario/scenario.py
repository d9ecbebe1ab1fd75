"""A scenario: the ACO, the assumptions and the run; validated, and changed by name."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, ValidationError, model_validator

from simulate.errors import UserError, nearest
from simulate.scenario.aco import ACO, Strict
from simulate.scenario.agreement import AgreementSettings
from simulate.scenario.finance import FinanceSettings
from simulate.scenario.intervention import Intervention, changed_interventions
from simulate.scenario.sweep import SweepSettings
from simulate.validation import explain

#: Years simulated by default: the error of a probability stays at or below 0.22 points.
DEFAULT_YEARS = 50_000
#: What still fits into the memory of an ordinary machine, at about 130 bytes a year.
MOST_YEARS = 5_000_000
#: What more would be coarser than any use: one percentage point.
LARGEST_PRECISION = 0.01
#: Keys that state the same in two ways: the one stated last counts.
_INSTEAD = {"years": "precision", "precision": "years"}


class CVByType(Strict):
    """Truncated coefficient of variation by enrollment type, where it is not the default."""

    esrd: float | None = Field(None, gt=0.0, lt=5.0)
    disabled: float | None = Field(None, gt=0.0, lt=5.0)
    aged_dual: float | None = Field(None, gt=0.0, lt=5.0)
    aged_non_dual: float | None = Field(None, gt=0.0, lt=5.0)

    def stated(self) -> dict[str, float]:
        """Return the values that are stated, by enrollment type."""
        return {name: value for name, value in self.model_dump().items() if value is not None}


def _choice_text(value: Any) -> Any:
    """Write a number as CMS writes a choice, keeping what is not a choice as it is."""
    if isinstance(value, int | float):
        return f"{value:.1f}" if round(value, 1) == value else f"{value:g}"
    return value


def _true_savings(value: Any) -> Any:
    if value is None or value == "history":
        return value
    if isinstance(value, int | float) and -0.5 < value < 0.5:
        return float(value)
    percent = _number(value.removesuffix("%")) if isinstance(value, str) else value
    wanted = "a fraction between -0.5 and 0.5, or history, is wanted"
    if isinstance(percent, int | float) and abs(percent) <= 50.0:
        wanted += f"; {percent:g} percent is written {percent / 100:g}"
    raise ValueError(f"true_savings = {value}: {wanted}")


def _precision(value: Any) -> Any:
    if value is None:
        return None
    number = value if isinstance(value, int | float) and not isinstance(value, bool) else 0.0
    if 0.0 < number <= LARGEST_PRECISION:
        return float(number)
    wanted = (
        f"a standard error above 0 and at most {LARGEST_PRECISION:g} is wanted, as a fraction: "
        "0.1 points are written 0.001"
    )
    raise ValueError(f"precision = {value}: {wanted}")


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _listed(value: Any) -> Any:
    """Read a comma-separated text as a list of names."""
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


class Assumptions(Strict):
    """What is assumed about luck and merit. Rates are fractions of the benchmark."""

    true_savings: Annotated[Literal["history"] | float | None, BeforeValidator(_true_savings)] = (
        Field(
            None,
            description="The ACO's real effect: a fraction of the benchmark, or history for the "
            "credibility-weighted published savings rate. Left out: history where a rate is "
            "published, else 0.",
            examples=["history"],
        )
    )
    true_savings_sd: float | None = Field(
        None,
        ge=0.0,
        le=0.1,
        description="How uncertain the true savings are (standard deviation). "
        "Left out: 0 for a stated rate, the credibility's own for history.",
        examples=[0.01],
    )
    people_noise: bool = Field(
        True, description="Whether beneficiaries are drawn at random; false leaves that luck out."
    )
    practice_noise_constant: float = Field(
        1.14,
        ge=0.0,
        le=20.0,
        description="Practice clusters add a standard deviation of this (as a fraction) over "
        "the square root of assigned beneficiaries.",
    )
    common_shock_sd: float | None = Field(
        None,
        ge=0.0,
        le=0.2,
        description="Standard deviation of the common shock of a year, the same for every "
        "member: 0.0065, or 0 with noise_constant.",
        examples=[0.0065],
    )
    common_shock_df: float | None = Field(
        None,
        gt=2.0,
        le=1000.0,
        description="Degrees of freedom of the common shock: Student's t in place of a normal "
        "shock, of the same standard deviation (published rates show about 5).",
        examples=[5.0],
    )
    quality_score_sd: float = Field(
        0.0,
        ge=0.0,
        le=0.5,
        description="Standard deviation of the quality score from year to year, a fraction "
        "(0.09 is the spread across ACOs in 2024); the score is cut at 0 and 1.",
    )
    benchmark_noise: Literal["none", "10/30/60", "equal-thirds"] = Field(
        "none",
        description="Whether the three base years are simulated from the same people, so that "
        "the benchmark is noisy too: none, 10/30/60 (a first agreement) or equal-thirds.",
    )
    noise_constant: float | None = Field(
        None,
        ge=0.0,
        le=50.0,
        description="k: sets the total standard deviation of the savings rate to k over the "
        "square root of assigned beneficiaries (2.15: the constant behind CMS's MSR table). "
        "Replaces people_noise and practice_noise_constant.",
        examples=[2.15],
    )
    spend_model: str | None = Field(
        None,
        description="Spend model file that simulate calibrate made from claims, beside this file; "
        "left out: the default spend model.",
        examples=["spend.toml"],
    )
    truncated_cv: CVByType = Field(
        CVByType(),
        description="Coefficient of variation of truncated spending by enrollment type, "
        "where it is not the default.",
        examples=[{"esrd": 0.60, "disabled": 1.95, "aged_dual": 1.70, "aged_non_dual": 1.85}],
    )
    msr: Annotated[str | None, BeforeValidator(_choice_text)] = Field(
        None,
        description="MSR and MLR chosen where a contract gives the choice, in percent as CMS "
        "writes it: 0.0, 0.5, 1.0, 1.5, 2.0, or table. Left out: the published choice, else 2.0.",
        examples=["2.0"],
    )


class RunSettings(Strict):
    """What is simulated."""

    contracts: Annotated[tuple[str, ...], BeforeValidator(_listed)] = Field(
        (),
        description="Contract ids or programmes (reach, lead, ...); left out: every contract of "
        "the Shared Savings Program that took effect.",
    )
    contract_files: Annotated[tuple[str, ...], BeforeValidator(_listed)] = Field(
        (),
        description="YAML files with contracts of your own, beside this file; they join the run.",
    )
    years: int = Field(
        DEFAULT_YEARS,
        ge=1,
        le=MOST_YEARS,
        description="Performance years to simulate; each takes about 130 bytes of memory.",
    )
    precision: Annotated[float | None, BeforeValidator(_precision)] = Field(
        None,
        description="In place of years: the largest standard error of the probabilities of "
        "earning and of owing (of an agreement: ever, and of losing in all), a fraction (0.001 is "
        "0.1 points). A pilot of other years chooses how many are simulated.",
        examples=[0.001],
    )
    seed: int = Field(1, ge=0, lt=2**63, description="Seed of the random stream.")
    sampling: Literal["independent", "quasi-random"] = Field(
        "independent",
        description="How what all people of a year share (true savings, practices, common "
        "shock, quality) is drawn: independent, or quasi-random: more evenly than by chance, for "
        "smaller standard errors, from 1,000 years on.",
    )

    @model_validator(mode="after")
    def _one_length(self) -> RunSettings:
        if self.precision is not None and "years" in self.model_fields_set:
            raise ValueError(
                f"years = {self.years} and precision = {self.precision:g}: precision chooses the "
                "years; state one of them"
            )
        return self

    def left_out(self) -> frozenset[str]:
        """Return the keys that say nothing because of others that are stated."""
        return frozenset() if self.precision is None else frozenset({"years"})


class Scenario(Strict):
    """Everything a run rests on."""

    aco: ACO
    assumptions: Assumptions = Assumptions()
    run: RunSettings = RunSettings()
    sweep: SweepSettings = SweepSettings()
    agreement: AgreementSettings = AgreementSettings()
    finance: FinanceSettings = FinanceSettings()
    interventions: tuple[Intervention, ...] = ()
    contract_terms: dict[str, dict[str, Any]] = Field(
        {}, description="Terms of a contract to replace, by contract id."
    )

    @model_validator(mode="after")
    def _history_needs_a_rate(self) -> Scenario:
        if self.assumptions.true_savings == "history" and self.aco.savings_rate is None:
            raise ValueError(
                "true_savings = history: the scenario has no published savings_rate to learn "
                "from. State true_savings as a fraction (0.02), or give savings_rate"
            )
        return self

    @model_validator(mode="after")
    def _interventions_have_their_own_names(self) -> Scenario:
        names = [each.name for each in self.interventions]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"interventions: {', '.join(twice)} is stated twice; rename one")
        return self

    @classmethod
    def from_toml(cls, path: str) -> Scenario:
        """Read a scenario file; see `simulate.scenario.file.read_scenario`."""
        from simulate.scenario.file import read_scenario

        return read_scenario(path)

    def with_changes(self, changes: Iterable[str]) -> Scenario:
        """Return the scenario with ``KEY=VALUE`` changes applied in order.

        Parameters
        ----------
        changes : iterable of str
            ``KEY=VALUE`` for any key of the scenario, ``KEY.PART=VALUE`` inside a table,
            ``sweep.KEY=VALUE`` for an axis of a sweep, ``agreement.KEY=VALUE`` for an agreement,
            ``finance.KEY=VALUE`` for its costs and capital,
            ``interventions.NAME.KEY=VALUE`` for a care programme (a new name: one of the
            catalogue), ``CONTRACT.TERM=VALUE`` for a term of a contract. A new
            ``assigned_beneficiaries`` scales person-years and dollars in proportion.

        Raises
        ------
        UserError
            An unknown key (with the nearest), or a value that is not allowed.
        """
        scenario = self
        for change in changes:
            key, separator, text = change.partition("=")
            if not separator:
                raise UserError(
                    f"--set {change}: KEY=VALUE is wanted, such as common_shock_sd=0.01."
                )
            scenario = scenario.with_value(
                key.strip(), parsed_value(text.strip()), f"--set {change}"
            )
        return scenario

    def without_contract_terms(self) -> Scenario:
        """Return the scenario without replaced terms of contracts."""
        return self.model_copy(update={"contract_terms": {}})

    def with_values(self, values: dict[str, Any]) -> Scenario:
        """Return the scenario with keys set to Python values; see `with_changes`."""
        scenario = self
        for key, value in values.items():
            scenario = scenario.with_value(key, value, key)
        return scenario

    def with_value(self, key: str, value: Any, where: str) -> Scenario:
        """Return the scenario with one key changed; `where` names its origin in messages."""
        if key == "assigned_beneficiaries" and _is_count(value):
            return self.model_copy(update={"aco": self.aco.scaled_to(int(value))})
        stated = self.model_dump(exclude_unset=True)
        head, _, tail = key.partition(".")
        section = _section_of(head)
        if section is not None and tail:
            inner = stated.setdefault(section, {}).get(head) or {}
            stated.setdefault(section, {})[head] = {**inner, tail: value}
        elif section is not None:
            stated.setdefault(section, {})[head] = value
            stated[section].pop(_INSTEAD.get(head), None)
        elif head in _NAMED_SECTIONS and tail:
            stated.setdefault(head, {})[tail] = value
        elif head == "interventions":
            listed = stated.get(head, ())
            stated[head] = changed_interventions(listed, tail, value, where)
        elif tail:
            terms = stated.setdefault("contract_terms", {})
            terms[head] = {**terms.get(head, {}), tail: value}
        else:
            raise UserError(
                f"{where}: no such key.{nearest(key, _all_keys())} The keys are: "
                f"{', '.join(_all_keys())}; or CONTRACT.TERM for a term of a contract."
            )
        return validated_scenario(stated, where)


_SECTIONS: dict[str, type[BaseModel]] = {"aco": ACO, "assumptions": Assumptions, "run": RunSettings}
#: Sections whose keys are stated with the section's name in front.
_NAMED_SECTIONS: dict[str, type[BaseModel]] = {
    "sweep": SweepSettings,
    "agreement": AgreementSettings,
    "finance": FinanceSettings,
}


def _is_count(value: Any) -> bool:
    return (
        isinstance(value, int | float) and not isinstance(value, bool) and float(value).is_integer()
    )


def _section_of(key: str) -> str | None:
    return next((name for name, model in _SECTIONS.items() if key in model.model_fields), None)


def _all_keys() -> list[str]:
    plain = [key for model in _SECTIONS.values() for key in model.model_fields]
    return plain + [
        f"{name}.{key}" for name, model in _NAMED_SECTIONS.items() for key in model.model_fields
    ]


def parsed_value(text: str) -> Any:
    """Read a value as TOML would, or as a number; what is neither is plain text."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        try:
            return float(text)
        except ValueError:
            return text


def validated_scenario(stated: dict[str, Any], where: str) -> Scenario:
    """Validate plain data into a scenario; a `UserError` names what is wrong."""
    try:
        return Scenario.model_validate(stated)
    except ValidationError as error:
        raise UserError(explain(error, where, Scenario)) from None
