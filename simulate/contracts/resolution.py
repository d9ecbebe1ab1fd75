"""A contract's terms resolved for one ACO and one performance year.

Here the catalogue's words and dated values become the plain numbers that the
settlement rule takes: which MSR, which loss limit, whether the half rate applies.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Literal

from simulate.contracts.agreement_rules import agreement_rules
from simulate.contracts.contract import (
    SHARED_SAVINGS_PROGRAM,
    Band,
    Contract,
    Term,
    emergency_months,
    programme,
)
from simulate.contracts.minimum_rate import SIZE_TABLE, chosen_rate, size_table_rate
from simulate.errors import UserError
from simulate.kernels import settlement_rule as rule

QualityStandard = Literal["met", "alternative", "failed"]
TERMINATIONS = ("none", "voluntary", "involuntary")
#: How the note begins on a contract that is settled under the terms of another year.
OTHER_YEAR = "does not cover performance year"
STANDARDS: dict[str, float] = {
    "met": rule.STANDARD_MET,
    "alternative": rule.STANDARD_ALTERNATIVE,
    "failed": rule.STANDARD_FAILED,
}
_QUALITY_RULES = {
    "score": rule.QUALITY_SCORE,
    "pass-or-fail": rule.QUALITY_PASS_OR_FAIL,
    "standard-or-alternative": rule.QUALITY_TIERS,
    "none": rule.QUALITY_NONE,
}
_LOSS_RATE_RULES = {
    "none": rule.LOSS_FIXED,
    "fixed": rule.LOSS_FIXED,
    "one-minus-final-sharing-rate": rule.LOSS_ONE_MINUS_FINAL_RATE,
    "one-minus-maximum-rate-times-score": rule.LOSS_ONE_MINUS_RATE_TIMES_SCORE,
}
_WHOLE: rule.Bands = ((math.inf, 1.0),)


@dataclass(frozen=True)
class Circumstances:
    """What a settlement depends on besides dollars and quality.

    Parameters
    ----------
    assigned_beneficiaries : int
        Count of assigned beneficiaries of the performance year; drives the size table.
    performance_year : int or None
        Calendar year; a contract that does not cover it is settled in the nearest
        year that it covers. None: the latest year that the contract covers.
    agreement_year : int
        First, second, ... performance year of the agreement period.
    agreement_start_year : int or None
        Calendar year in which the agreement began; None: a new agreement, begun
        `agreement_year` - 1 years before the performance year.
    msr : str
        The ACO's choice where the contract gives one: percent as CMS writes it, or
        ``"table"``.
    low_revenue : bool
        Low revenue ACO (42 CFR 425.20).
    participant_revenue : float or None
        ACO participants' Parts A and B fee-for-service revenue, dollars a year.
    person_years_each : float
        Person-years of an assigned beneficiary: how much of a year, in the mean, cash for each
        beneficiary and month is paid for.
    disaster_months_share, disaster_beneficiary_share : float
        Share of the year's months, and of the assigned beneficiaries, affected by an
        extreme and uncontrollable circumstance (42 CFR 425.605(f)(2), 425.610(i)(2)).
    months_in_programme : int
        Months of the year before an early termination; 12 is the whole year.
    termination : {"none", "voluntary", "involuntary"}
        Kind of early termination (42 CFR 425.221(b)).
    months_in_year : int
        12, or 6 for the two half years of 2019 (42 CFR 425.609).
    guardrail : bool
        Savings exist only because the two-way benchmark update was used; they are not
        paid (87 FR 69404; text unconfirmed, effect seen in performance year 2024).
    """

    assigned_beneficiaries: int
    performance_year: int | None = None
    agreement_year: int = 1
    agreement_start_year: int | None = None
    msr: str = "2.0"
    low_revenue: bool = False
    participant_revenue: float | None = None
    person_years_each: float = 1.0
    disaster_months_share: float = 0.0
    disaster_beneficiary_share: float = 0.0
    months_in_programme: int = 12
    termination: Literal["none", "voluntary", "involuntary"] = "none"
    months_in_year: int = 12
    guardrail: bool = False


@dataclass(frozen=True)
class ResolvedContract:
    """A contract with the numbers of one ACO and year, ready to settle.

    Attributes
    ----------
    contract : Contract
    performance_year : int
        The year whose terms apply.
    terms : simulate.kernels.settlement_rule.Terms
        Plain numbers.
    two_sided : bool
    notes : tuple of str
        What was assumed on the way, in sentences for the user.
    forfeited : float
        What part of withheld shared savings is lost with this year: 0, but for an ACO that
        leaves before its agreement ends.
    """

    contract: Contract
    performance_year: int
    agreement_year: int
    terms: rule.Terms
    two_sided: bool
    notes: tuple[str, ...] = field(default=())
    forfeited: float = 0.0

    @property
    def paid_once(self) -> float:
        """What of the extra cash is one payment at the beginning of the year, dollars."""
        flows = (flow for flow in self.contract.extra_cash_flows if flow.once)
        paid = (f.per_year for f in flows if f.agreement_year == self.agreement_year)
        return sum(paid, start=0.0)

    @property
    def shares_savings(self) -> bool:
        """Whether savings are ever shared; not so where only other payments are made."""
        return math.isfinite(self.terms.msr)


def settled_year(contract: Contract, performance_year: int | None) -> int:
    """Return the covered year nearest to `performance_year` (None: the latest covered).

    For a contract in force without a stated year, the latest year that the catalogue
    knows the rules of; for one that is still to come, its first.
    """
    first, last = contract.performance_years.first, contract.performance_years.last
    if performance_year is None:
        performance_year = int(programme()["known_through"]["value"])
    return max(first, performance_year if last is None else min(performance_year, last))


def resolve(contract: Contract, circumstances: Circumstances) -> ResolvedContract:
    """Resolve a contract's terms for one ACO and year.

    Raises
    ------
    UserError
        A choice that the contract does not have, or shares outside 0 to 1.
    """
    _check(circumstances)
    return _Resolution(contract, circumstances).resolved()


def _check(at: Circumstances) -> None:
    check_shares(
        disaster_months_share=at.disaster_months_share,
        disaster_beneficiary_share=at.disaster_beneficiary_share,
    )
    chosen_rate(at.msr)
    for name, value, low, high in (
        ("assigned_beneficiaries", at.assigned_beneficiaries, 1, 5_000_000),
        ("agreement_year", at.agreement_year, 1, 20),
        ("months_in_programme", at.months_in_programme, 0, 12),
        ("months_in_year", at.months_in_year, 1, 12),
    ):
        if not low <= value <= high:
            raise UserError(
                f"{name} = {value:,}: a whole number from {low:,} to {high:,} is wanted."
            )
    if at.termination == "none" and at.months_in_programme < 12:
        raise UserError(
            f"months_in_programme = {at.months_in_programme}: needs termination voluntary or "
            "involuntary (42 CFR 425.221(b))."
        )
    year = at.performance_year
    if year is not None and at.agreement_start_year is not None and at.agreement_start_year > year:
        raise UserError(
            f"agreement_start = {at.agreement_start_year}: is after performance year {year}."
        )
    if year is not None and not 2012 <= year <= 2040:
        raise UserError(f"year = {year}: a performance year from 2012 to 2040 is wanted.")
    if at.termination not in TERMINATIONS:
        raise UserError(f"termination = {at.termination!r}: allowed are {', '.join(TERMINATIONS)}.")
    revenue = at.participant_revenue
    if revenue is not None and not (revenue == 0.0 or 10_000.0 <= revenue < 1e12):
        raise UserError(
            f"participant_revenue (--revenue) = {revenue:g}: dollars a year are wanted, such as "
            "25e6 for 25 million; at least 0 and below 1,000,000,000,000."
        )


class _Resolution:
    """One contract, one ACO, one year: the dated terms read once, notes gathered."""

    def __init__(self, contract: Contract, circumstances: Circumstances) -> None:
        self.contract = contract
        self.at = circumstances
        self.year = settled_year(contract, circumstances.performance_year)
        self.notes: list[str] = []
        asked = circumstances.performance_year
        if asked is not None and asked != self.year:
            self.notes.append(f"{OTHER_YEAR} {asked}; the terms of {self.year} apply.")

    def value(self, name: str, default: Any = None) -> Any:
        term: Term[Any] | None = self.contract.term(name)
        return default if term is None else term.at(self.year, self.at.agreement_year)

    def resolved(self) -> ResolvedContract:
        msr = self.minimum_savings_rate()
        mlr = self.minimum_loss_rate(msr)
        loss_rule = self.value("loss_rate_rule")
        disaster = self.at.disaster_months_share * self.at.disaster_beneficiary_share
        savings_paid, losses_owed = self.termination()
        maximum = self.value("maximum_sharing_rate") + self.value("sharing_rate_bonus", 0.0)
        terms = rule.Terms(
            maximum_sharing_rate=maximum,
            msr=msr,
            mlr=mlr,
            quality_rule=_QUALITY_RULES[self.value("quality_rule", "none")],
            loss_rate_rule=_LOSS_RATE_RULES[loss_rule],
            loss_rate_floor=self.value("loss_rate_floor", 0.0),
            maximum_loss_rate=self.value("maximum_loss_rate", 1.0) if loss_rule != "none" else 0.0,
            net_threshold=self.net_threshold(),
            half_rate=self.half_rate(),
            sequestration=self.sequestration(),
            payment_limit=_infinite_if_none(self.value("payment_limit")),
            **self.loss_limits(),
            withhold=self.value("withhold", 0.0),
            savings_paid=savings_paid,
            disaster_relief=disaster,
            losses_owed=losses_owed,
            part_of_year=self.at.months_in_year / 12.0,
            **self.extra_cash(),
            benchmark_discount=self.value("benchmark_discount", 0.0),
            quality_withhold=self.value("quality_withhold", 0.0),
            performance_incentive=self.performance_incentive(),
            savings_bands=_bands(self.value("savings_bands")),
            loss_bands=_bands(self.value("loss_bands")),
        )
        self.note_cash_of_a_part()
        forfeited = self.forfeited()
        self.note_what_is_left_out(mlr)
        return ResolvedContract(
            self.contract,
            self.year,
            self.at.agreement_year,
            terms,
            two_sided=mlr < math.inf,
            notes=tuple(self.notes),
            forfeited=forfeited,
        )

    def note_what_is_left_out(self, mlr: float) -> None:
        if self.contract.caveat:
            self.notes.append(" ".join(self.contract.caveat.split()))
        months = emergency_months(self.year)
        relief = mlr < math.inf and months and self.contract.programme == SHARED_SAVINGS_PROGRAM
        if relief and not self.at.disaster_months_share * self.at.disaster_beneficiary_share:
            self.notes.append(
                f"settled under the terms of {self.year}; that year's relief of {months}/12 of all "
                "shared losses for the COVID-19 emergency (42 CFR 425.611) is left out."
            )

    def minimum_savings_rate(self) -> float:
        stated = self.value("minimum_savings_rate")
        if stated == SIZE_TABLE:
            return size_table_rate(self.at.assigned_beneficiaries)
        if stated != "choice":
            return _infinite_if_none(stated)
        chosen = chosen_rate(self.at.msr)
        if chosen is None:
            return size_table_rate(self.at.assigned_beneficiaries)
        smallest = self.value("size_table_below_beneficiaries", 0)
        if self.at.assigned_beneficiaries < smallest:
            self.notes.append(
                f"below {smallest:,} assigned beneficiaries the size table "
                "replaces the chosen MSR and MLR (42 CFR 425.110(b)(3)(iii))."
            )
            return size_table_rate(self.at.assigned_beneficiaries)
        return chosen

    def minimum_loss_rate(self, msr: float) -> float:
        stated = self.value("minimum_loss_rate")
        if stated == "none" or self.value("loss_rate_rule") == "none":
            return math.inf
        return msr if stated == "same-as-msr" else float(stated)

    def sequestration(self) -> float:
        """Return what the payment year takes off: the year asked for, also under older terms."""
        term = self.contract.term("sequestration")
        if term is None:
            return 0.0
        return float(term.at(self.at.performance_year or self.year, self.at.agreement_year))

    def net_threshold(self) -> float:
        if self.at.assigned_beneficiaries < self.value(
            "net_threshold_exempt_below_beneficiaries", 0
        ):
            return 0.0
        return float(self.value("net_threshold", 0.0))

    def half_rate(self) -> float:
        start = self.at.agreement_start_year
        if start is None:
            start = self.year - self.at.agreement_year + 1
        eligible = (
            self.at.low_revenue
            and self.year >= self.value("half_rate_agreements_from_year", 0)
            and start >= self.value("half_rate_agreements_from_year", 0)
            and self.at.assigned_beneficiaries >= self.value("half_rate_minimum_beneficiaries", 0)
        )
        rate = float(self.value("half_rate", 0.0)) if eligible else 0.0
        if rate > 0.0:
            self.notes.append(
                "positive savings below the MSR are shared at half rate (42 CFR 425.605(h)): a low "
                f"revenue ACO whose agreement began in {start}; agreements that began before "
                f"{self.value('half_rate_agreements_from_year')} have no half rate."
            )
        return rate

    def loss_limits(self) -> dict[str, float]:
        of_benchmark = self.value("loss_limit_of_benchmark", math.inf)
        of_revenue = self.value("loss_limit_of_revenue")
        revenue = self.at.participant_revenue
        dollars = math.inf
        if of_revenue is not None and revenue is not None:
            dollars = of_revenue * revenue
            if self.value("loss_limit_basis") == "revenue-where-stated":
                of_benchmark = math.inf
        elif of_revenue is not None:
            self.notes.append(
                "participant revenue is not stated, so only the loss limit in percent of the "
                "benchmark applies; stated revenue can lower what is owed."
            )
        return {"loss_limit_of_benchmark": of_benchmark, "loss_limit_dollars": dollars}

    def termination(self) -> tuple[float, float]:
        """Shared savings paid and losses owed, as fractions (42 CFR 425.221(b))."""
        at = self.at
        if at.termination == "none" or at.months_in_programme >= 12:
            return (0.0 if at.guardrail else 1.0), 1.0
        if at.termination == "voluntary" and at.months_in_programme <= 6:
            return 0.0, 0.0
        return 0.0, at.months_in_programme / 12.0

    def extra_cash(self) -> dict[str, float]:
        """Cash flows of the agreement year: dollars, and a fraction of the benchmark."""
        dollars = of_benchmark = 0.0
        for flow in self.contract.extra_cash_flows:
            if flow.agreement_year in (None, self.at.agreement_year):
                months = 12 * self.at.person_years_each * self.at.assigned_beneficiaries
                part = self.part_with_cash()
                once = 1.0 if flow.once else part
                dollars += once * flow.per_year + part * flow.per_beneficiary_month * months
                of_benchmark += part * flow.of_benchmark
            else:
                self.notes.append(
                    f"{flow.name}: paid in year {flow.agreement_year} of an agreement alone; this "
                    f"is year {self.at.agreement_year} (agreement_year states another)."
                )
        return {"extra_cash": dollars, "extra_cash_of_benchmark": of_benchmark}

    def part_with_cash(self) -> float:
        """Return the part of the year in which cash flows beside the settlement are paid.

        No source says how they end with the programme: by months is an assumption.
        """
        at = self.at
        inside = 1.0 if at.termination == "none" else at.months_in_programme / 12.0
        return inside * at.months_in_year / 12.0

    def forfeited(self) -> float:
        """Return what part of withheld savings an ACO loses that leaves early."""
        at, share = self.at, float(self.value("withhold_forfeited", 0.0))
        began = at.agreement_start_year or self.year - at.agreement_year + 1
        term = agreement_rules().of_year("agreement_term", began)
        completed = at.months_in_programme >= 12 and at.agreement_year >= term
        if not share or completed or at.termination == "none":
            return 0.0
        cited = self.contract.cited()["withhold_forfeited"]
        self.notes.append(
            f"{100 * share:g} % of the shared savings that are still withheld when the ACO leaves "
            f"early are forfeited, off the net of its last year ({cited.reference}; "
            f"{cited.confidence}; withhold_forfeited = 0 pays them)."
        )
        return share

    def performance_incentive(self) -> float:
        """Return what a quality score of 1 earns, as a fraction of the benchmark."""
        most = self.value("performance_incentive", 0.0)
        return float(self.part_with_cash() * most * self.value("primary_care_share", 0.0))

    def note_cash_of_a_part(self) -> None:
        """Say where cash beside the settlement is that of a part of the year."""
        has_cash = self.contract.extra_cash_flows or self.value("performance_incentive", 0.0)
        if has_cash and self.part_with_cash() < 1.0:
            self.notes.append(
                f"cash beside the settlement is taken for {12 * self.part_with_cash():g} of 12 "
                "months, what is paid once excepted (an assumption)."
            )


def _infinite_if_none(stated: float | str) -> float:
    return math.inf if stated == "none" else float(stated)


def _bands(stated: list[Band] | None) -> rule.Bands:
    if not stated:
        bands = _WHOLE
    else:
        bands = tuple((math.inf if b.up_to is None else b.up_to, b.share) for b in stated)
    # Compiled code wants every contract to have the same number of bands; what lies
    # above a last band with an edge is not shared.
    unused: rule.Bands = ((math.inf, 0.0),) * (rule.MAX_BANDS - len(bands))
    return bands + unused


def check_shares(**shares: float) -> None:
    """Refuse anything outside 0 to 1, telling a percent from a fraction."""
    for name, value in shares.items():
        if not 0.0 <= value <= 1.0:
            hint = f" {value:g} percent is written {value / 100:g}." if 1.0 < value <= 100.0 else ""
            raise UserError(f"{name} = {value:g}: a fraction from 0 to 1 is wanted.{hint}")
