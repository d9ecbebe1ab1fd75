"""The validated model of a contract: cited terms, loading, listing, overlays.

A contract is data: one YAML file in `catalogue/`, every number with its unit, its
date, its reference and how far it is confirmed. Nothing here computes a payment.
"""

from __future__ import annotations

import datetime
import re
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, TypeVar, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from simulate.errors import UserError, nearest
from simulate.kernels.settlement_rule import MAX_BANDS
from simulate.validation import explain

T = TypeVar("T")

Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
Count = Annotated[int, Field(ge=0)]
Dollars = Annotated[float, Field(allow_inf_nan=False)]
QualityRule = Literal["score", "pass-or-fail", "standard-or-alternative", "none"]
LossRateRule = Literal[
    "none", "fixed", "one-minus-final-sharing-rate", "one-minus-maximum-rate-times-score"
]
SavingsThreshold = Fraction | Literal["size-table", "choice", "none"]
LossThreshold = Fraction | Literal["none", "same-as-msr"]
PaymentLimit = Fraction | Literal["none"]
LimitBasis = Literal["benchmark", "lesser-of-revenue-and-benchmark", "revenue-where-stated"]
Confidence = Literal["confirmed", "unconfirmed", "assumed by the user"]
Programme = Literal[
    "shared-savings-program", "pioneer", "next-generation", "reach", "lead", "pc-flex", "mcp"
]
SHARED_SAVINGS_PROGRAM: Programme = "shared-savings-program"
#: Programmes settled under the Shared Savings Program's rules of quality and sequestration.
_UNDER_ITS_RULES: tuple[Programme, ...] = (SHARED_SAVINGS_PROGRAM, "pc-flex")

_BY_SET = "stated by the user with --set"


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Cited(_Strict):
    """Where a number comes from and how sure it is."""

    unit: str
    reference: str = Field(min_length=4)
    confidence: Confidence
    effective: datetime.date | None = None
    note: str = ""


class Term(Cited, Generic[T]):
    """One term of a contract: a value, or values by year, with their source.

    Exactly one of `value`, `values` (by performance year: each holds until the
    next) and `by_agreement_year` (first, second, ... year; the last one holds for
    later years) is given.
    """

    value: T | None = None
    values: dict[int, T] | None = None
    by_agreement_year: list[T] | None = None

    @model_validator(mode="after")
    def _one_kind_of_value(self) -> Term[T]:
        given = [v for v in (self.value, self.values, self.by_agreement_year) if v is not None]
        if len(given) != 1 or given[0] in ({}, []):
            raise ValueError("give exactly one of value, values and by_agreement_year")
        if self.values is None and self.effective is None:
            raise ValueError("a term without values by performance year needs an effective date")
        return self

    def at(self, performance_year: int, agreement_year: int) -> T:
        """Return the value in force in a performance year of an agreement."""
        if self.by_agreement_year is not None:
            return self.by_agreement_year[min(agreement_year, len(self.by_agreement_year)) - 1]
        if self.values is not None:
            started = [year for year in self.values if year <= performance_year]
            return self.values[max(started) if started else min(self.values)]
        assert self.value is not None
        return self.value


class Band(_Strict):
    """A marginal band (risk corridor): `share` of what falls below `up_to`.

    `up_to` is a fraction of the benchmark, or None for everything above.
    """

    up_to: Annotated[float, Field(gt=0.0)] | None = None
    share: Fraction


class ExtraCashFlow(Cited):
    """Dollars outside the settlement that come with a contract (an overlay).

    `per_beneficiary_month` is paid for each assigned beneficiary and month, `per_year`
    once, `of_benchmark` as a fraction of the updated benchmark; negative amounts are owed
    by the ACO. With `agreement_year`, paid in that year of the agreement alone: a `per_year`
    is then one payment, the others are those of the months in the programme.
    """

    name: str
    per_beneficiary_month: Dollars = 0.0
    per_year: Dollars = 0.0
    of_benchmark: Annotated[float, Field(ge=-1.0, le=1.0)] = 0.0
    agreement_year: Annotated[int, Field(ge=1)] | None = None

    @property
    def key(self) -> str:
        """The name by which an overlay speaks of the cash flow: ``management_fee``."""
        return re.sub(r"[\s-]+", "_", self.name.strip().lower())

    @property
    def once(self) -> bool:
        """Whether it is one payment, whatever the months in the programme."""
        return self.agreement_year is not None

    @property
    def in_words(self) -> str:
        """The amount as people read it: ``$15.00 a beneficiary and month``."""
        often = "a year" if self.agreement_year is None else f"in year {self.agreement_year} alone"
        parts = {
            f"${self.per_beneficiary_month:,.2f} a beneficiary and month": (
                self.per_beneficiary_month
            ),
            f"${self.per_year:,.2f} {often}": self.per_year,
            f"{100 * self.of_benchmark:g} % of the benchmark": self.of_benchmark,
        }
        return " and ".join(words for words, amount in parts.items() if amount) or "$0.00"

    def with_amount(self, amount: Any) -> dict[str, Any]:
        """Return the cash flow as plain data, of another amount, as the user's assumption."""
        kinds = ("per_beneficiary_month", "per_year", "of_benchmark")
        stated = self.model_dump(exclude_unset=True)
        kind = [name for name in kinds if name in stated]
        if len(kind) != 1:
            raise UserError(
                f"cash flow {self.key}: states {', '.join(kind) or 'no amount'}; only one of "
                f"{', '.join(kinds)} can be replaced by a single value. Use a contract file."
            )
        return stated | {
            kind[0]: amount,
            "reference": _BY_SET,
            "confidence": "assumed by the user",
            "note": "",
        }


class ContractTerms(_Strict):
    """Every term that a settlement can depend on. Fractions unless the unit says otherwise."""

    maximum_sharing_rate: Term[Fraction]
    sharing_rate_bonus: Term[Fraction] | None = None
    minimum_savings_rate: Term[SavingsThreshold]
    minimum_loss_rate: Term[LossThreshold]
    size_table_below_beneficiaries: Term[Count] | None = None
    quality_rule: Term[QualityRule] | None = None
    loss_rate_rule: Term[LossRateRule]
    loss_rate_floor: Term[Fraction] | None = None
    maximum_loss_rate: Term[Fraction] | None = None
    net_threshold: Term[Fraction] | None = None
    net_threshold_exempt_below_beneficiaries: Term[Count] | None = None
    half_rate: Term[Fraction] | None = None
    half_rate_agreements_from_year: Term[Count] | None = None
    half_rate_minimum_beneficiaries: Term[Count] | None = None
    sequestration: Term[Fraction] | None = None
    payment_limit: Term[PaymentLimit]
    loss_limit_basis: Term[LimitBasis] | None = None
    loss_limit_of_benchmark: Term[Fraction] | None = None
    loss_limit_of_revenue: Term[Fraction] | None = None
    withhold: Term[Fraction] | None = None
    withhold_forfeited: Term[Fraction] | None = None
    savings_bands: Term[list[Band]] | None = None
    loss_bands: Term[list[Band]] | None = None
    benchmark_discount: Term[Fraction] | None = None
    quality_withhold: Term[Fraction] | None = None
    primary_care_share: Term[Fraction] | None = None
    prospective_share: Term[Fraction] | None = None
    performance_incentive: Term[Fraction] | None = None

    @model_validator(mode="after")
    def _losses_hang_together(self) -> ContractTerms:
        rules = _every_value(self.loss_rate_rule)
        thresholds = _every_value(self.minimum_loss_rate)
        if "fixed" in rules and self.maximum_loss_rate is None:
            raise ValueError("maximum_loss_rate: missing; a fixed loss rate needs its rate")
        if all(rule == "none" for rule in rules) and any(t != "none" for t in thresholds):
            raise ValueError(
                "minimum_loss_rate: without effect, because loss_rate_rule is none; state both"
            )
        one_sided = all(threshold == "none" for threshold in thresholds)
        for name in ("maximum_loss_rate", "loss_rate_floor", "loss_limit_of_benchmark"):
            if one_sided and getattr(self, name) is not None:
                raise ValueError(f"{name}: without effect, because minimum_loss_rate is none")
        if all(rule == "fixed" for rule in rules) and self.loss_rate_floor is not None:
            raise ValueError("loss_rate_floor: without effect, because the loss rate is fixed")
        return self

    @model_validator(mode="after")
    def _nothing_stated_without_effect(self) -> ContractTerms:
        shares_savings = any(t != "none" for t in _every_value(self.minimum_savings_rate))
        for name in ("savings_bands", "net_threshold", "withhold", "half_rate"):
            if not shares_savings and getattr(self, name) is not None:
                raise ValueError(f"{name}: without effect, because minimum_savings_rate is none")
        if self.withhold_forfeited is not None and self.withhold is None:
            raise ValueError("withhold_forfeited: without effect, because there is no withhold")
        for name in ("prospective_share", "performance_incentive"):
            if getattr(self, name) is not None and self.primary_care_share is None:
                raise ValueError(f"primary_care_share: missing; {name} is a part of it")
        return self

    @model_validator(mode="after")
    def _bands_rise(self) -> ContractTerms:
        for term in (self.savings_bands, self.loss_bands):
            for bands in _every_value(term):
                edges = [float("inf") if band.up_to is None else band.up_to for band in bands]
                if edges != sorted(set(edges)) or len(bands) > MAX_BANDS:
                    raise ValueError(f"bands: at most {MAX_BANDS}, each up_to above the one before")
        return self


class PerformanceYears(_Strict):
    """The performance years a contract covers; `last` is None while no end is set."""

    first: int
    last: int | None


class Contract(_Strict):
    """One track or model with one set of terms.

    Read from YAML by `load_contract` or `read_contract_file`; changed by
    `with_terms`, which leaves the original alone. `programme` is what it is a contract of;
    the terms that hold for every Shared Savings Program contract are inherited by its own.
    `caveat` is said with every settlement: what a user must know before using a figure.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$")
    title: str
    status: Literal["in force", "ended", "proposed"]
    programme: Programme = SHARED_SAVINGS_PROGRAM
    performance_years: PerformanceYears
    summary: str
    reference: str
    terms: ContractTerms
    extra_cash_flows: list[ExtraCashFlow] = []
    caveat: str = ""

    @property
    def last_performance_year(self) -> int | None:
        """The last performance year covered, None while no end is set."""
        return self.performance_years.last

    def term(self, name: str) -> Term[Any] | None:
        """Return a term by its name: the contract's own, else the programme's, else None."""
        own: Term[Any] | None = getattr(self.terms, name)
        if own is None and self.under_programme_rules:
            return programme_terms().get(name)
        return own

    @property
    def two_sided(self) -> bool:
        """Whether it has shared losses in any year."""
        return any(threshold != "none" for threshold in _every_value(self.terms.minimum_loss_rate))

    @property
    def under_programme_rules(self) -> bool:
        """Whether the Shared Savings Program's rules of quality and sequestration hold."""
        return self.programme in _UNDER_ITS_RULES

    def stated_terms(self) -> dict[str, Term[Any]]:
        """Return every term that applies, the programme's included, by name."""
        found = {name: self.term(name) for name in ContractTerms.model_fields}
        return {name: term for name, term in found.items() if term is not None}

    def cited(self) -> dict[str, Cited]:
        """Return everything that is stated with a source: terms and cash flows, by name."""
        return {**self.stated_terms(), **{flow.key: flow for flow in self.extra_cash_flows}}

    def unconfirmed(self) -> list[str]:
        """Return the names of the terms and cash flows whose source is not confirmed."""
        return [n for n, c in self.cited().items() if c.confidence == "unconfirmed"]

    def changed(self) -> dict[str, Cited]:
        """Return the terms and cash flows that the user has overlaid."""
        return {n: c for n, c in self.cited().items() if c.confidence == "assumed by the user"}

    def with_terms(self, changes: dict[str, Any]) -> Contract:
        """Return the same contract with some terms replaced by plain values.

        Parameters
        ----------
        changes : dict
            Term name to value, for all years; or the name of a cash flow, its words joined
            by underscores, to its amount. Both are marked as the user's assumption.

        Raises
        ------
        UserError
            Unknown term, or a value outside what the term allows.
        """
        flows = {flow.key: place for place, flow in enumerate(self.extra_cash_flows)}
        known = [*ContractTerms.model_fields, *flows]
        stated = self.model_dump(exclude_unset=True)
        for name, value in changes.items():
            if name not in known:
                raise UserError(
                    f"{self.id}.{name}: no such term.{nearest(name, known)} "
                    f"The terms are: {', '.join(known)}."
                )
            if name in flows:
                place = flows[name]
                stated["extra_cash_flows"][place] = self.extra_cash_flows[place].with_amount(value)
            else:
                stated["terms"][name] = self._stated_by_user(name, value)
        try:
            return Contract.model_validate(stated)
        except ValidationError as error:
            raise UserError(explain(error, f"contract {self.id}", Contract)) from None

    def _stated_by_user(self, name: str, value: Any) -> dict[str, Any]:
        old = self.term(name)
        return {
            "value": value,
            "unit": old.unit if old else "as for this term in other contracts",
            "reference": _BY_SET,
            "confidence": "assumed by the user",
            "effective": datetime.date(self.performance_years.first, 1, 1),
        }


def _every_value(term: Term[Any] | None) -> list[Any]:
    if term is None:
        return []
    if term.values is not None:
        return list(term.values.values())
    return term.by_agreement_year if term.by_agreement_year is not None else [term.value]


def _parse_yaml(text: str) -> Any:
    # The C loader is ten times faster; wheels of PyYAML carry it.
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


@cache
def programme() -> dict[str, Any]:
    """Return what holds for every Shared Savings Program contract, as read from YAML."""
    text = resources.files("simulate.contracts").joinpath("programme.yaml").read_text("utf-8")
    data: dict[str, Any] = _parse_yaml(text)
    return data


@cache
def programme_terms() -> dict[str, Term[Any]]:
    """Return the programme-wide terms that a contract inherits, by name."""
    kinds: dict[str, type[Term[Any]]] = {
        "quality_rule": Term[QualityRule],
        "sequestration": Term[Fraction],
    }
    terms = programme()["terms"]
    return {name: kinds[name].model_validate(stated) for name, stated in terms.items()}


@cache
def emergency_months(performance_year: int) -> int:
    """Return the months of the COVID-19 emergency in a year: losses fall by months / 12."""
    stated = programme()["public_health_emergency_months"]
    return int(Term[Count].model_validate(stated).at(performance_year, 1))


@cache
def contract_ids() -> tuple[str, ...]:
    """Return the ids of the catalogue: the Shared Savings Program, then other models, by age."""
    files = resources.files("simulate.contracts.catalogue").iterdir()
    found = {f.name.removesuffix(".yaml") for f in files if f.name.endswith(".yaml")}

    def place(contract_id: str) -> tuple[bool, int, str]:
        contract = load_contract(contract_id)
        other = contract.programme != SHARED_SAVINGS_PROGRAM
        return other, contract.performance_years.first, contract_id

    return tuple(sorted(found, key=place))


@cache
def programme_contract_ids(programme_name: str) -> tuple[str, ...]:
    """Return the ids of a programme's contracts, without proposals that never took effect.

    Of the Shared Savings Program: what a run settles unless it names others. A programme
    that is all still to come is returned whole.
    """
    found = [load_contract(i) for i in contract_ids()]
    found = [contract for contract in found if contract.programme == programme_name]
    took_effect = [contract for contract in found if contract.status != "proposed"]
    return tuple(contract.id for contract in took_effect or found)


def named_contract_ids(name: str) -> tuple[str, ...]:
    """Return the ids that a name stands for: itself, or all contracts of a programme.

    ``reach`` stands for the contracts of ACO REACH; an id wins over a programme.
    """
    wanted = normal_id(name)
    if wanted in contract_ids() or wanted not in get_args(Programme):
        return (name,)
    return programme_contract_ids(wanted)


def normal_id(contract_id: str) -> str:
    """Return a contract id as the catalogue writes it: case, blanks, underscores are taste."""
    return re.sub(r"[\s_]+", "-", contract_id.strip().lower())


@cache
def load_contract(contract_id: str) -> Contract:
    """Load a contract of the catalogue by its id.

    Raises
    ------
    UserError
        No such contract; the message lists the ids.
    """
    contract_id = normal_id(contract_id)
    catalogue = resources.files("simulate.contracts.catalogue")
    file = catalogue.joinpath(f"{contract_id}.yaml")
    plain = contract_id.replace("-", "").isalnum()
    if not plain or not file.is_file():
        known = contract_ids()
        raise UserError(
            f"contract {contract_id!r} is not in the catalogue.{nearest(contract_id, known)} "
            f"The contracts are: {', '.join(known)}. "
            "A contract of your own is read with --contract-file."
        )
    return _validated(file.read_text("utf-8"), f"contract {contract_id}")


def read_contract_file(path: str | Path) -> Contract:
    """Read a contract of the user's own from a YAML file in the catalogue's form.

    Raises
    ------
    UserError
        The file cannot be read, is not YAML, or is not a valid contract.
    """
    try:
        text = Path(path).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"contract file {path}: cannot be read ({error}).") from None
    return _validated(text, f"contract file {path}")


def _validated(text: str, where: str) -> Contract:
    try:
        stated = _parse_yaml(text)
    except (yaml.YAMLError, ValueError) as error:
        # The loader raises a plain ValueError for a date that does not exist.
        raise UserError(f"{where}: not valid YAML: {error}") from None
    if not isinstance(stated, dict):
        raise UserError(f"{where}: empty, or not a table of keys; see `simulate contracts`.")
    try:
        return Contract.model_validate(stated)
    except ValidationError as error:
        raise UserError(explain(error, where, Contract)) from None
