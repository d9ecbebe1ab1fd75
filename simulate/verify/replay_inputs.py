"""From a published row to what its settlement depends on.

Everything comes from the inputs of a settlement: size, dollars, contract, quality
result, flags. Of the printed results (generated savings, final rates, earned savings)
nothing is read here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from simulate.contracts.contract import Contract, load_contract, programme
from simulate.contracts.minimum_rate import (
    SIZE_TABLE,
    size_table_is_unconfirmed,
    size_table_rate,
)
from simulate.contracts.resolution import Circumstances, resolve
from simulate.data import PublishedResult
from simulate.data.years import FIRST_PERFORMANCE_YEAR
from simulate.kernels import settlement_rule as rule
from simulate.verify.intervals import NOTHING, Rounded, Scenario
from simulate.verify.replay_rules import Rule, emergency_share, terms_under

_MONTHS = 12
_ANY_SCORE = Rounded(1.0, 0.0, 1.0)
_BINARY_NOISE = 1e-12
_Opening = Callable[[Scenario], Scenario]
TABLE_CHOICE = "table"


@dataclass
class ReplayInputs:
    """What the settlement of one published row depends on.

    Attributes
    ----------
    row : PublishedResult
    contract : Contract
    scenario : Scenario
        The inputs with their rounding.
    open_scenarios : list of Scenario
        Further possibilities where the file lacks an input.
    unknown : list of str
        Inputs that the file lacks, in words.
    revenue_limit_possible : bool
        A loss limit on participant revenue, which no file prints, may bind.
    factor : float
        Dollars of the row over dollars of a year: 0.5 for a half year, else 1.
    taken : list of str
        Inputs taken as published, in words.
    applied : list of str
        What is unusual about the row and the rule that covers it, in words.
    """

    row: PublishedResult
    contract: Contract
    scenario: Scenario
    factor: float
    open_scenarios: list[Scenario] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    revenue_limit_possible: bool = False
    taken: list[str] = field(default_factory=list)
    applied: list[str] = field(default_factory=list)

    @property
    def loses(self) -> bool:
        """Whether expenditure lies above the benchmark."""
        return self.scenario.gross.value < 0.0


def inputs_of(row: PublishedResult, rules: frozenset[Rule]) -> ReplayInputs:
    """Return the inputs of a row's settlement under a set of rules.

    Parameters
    ----------
    row : PublishedResult
    rules : frozenset of Rule
        Rules to apply; the others are left out.

    Returns
    -------
    ReplayInputs
    """
    return _Gathering(row, rules).gathered()


def agreement_year(row: PublishedResult) -> int:
    """Return which performance year of its agreement a row is, 1 for the first.

    The first performance year of an agreement that began in 2012 ended on 31 December
    2013 (42 CFR 425.200(b)(2)), so no agreement is counted from before that.
    """
    if row.current_start is None:
        return 1
    return max(row.performance_year - max(row.current_start.year, FIRST_PERFORMANCE_YEAR) + 1, 1)


def consistent_choices(row: PublishedResult) -> list[str]:
    """Return the MSR choices that a two-sided ACO's printed MSR can stand for.

    In percent as CMS writes them, or ``"table"`` (42 CFR 425.605(b)(2)); empty where
    the printed rate is none of them.
    """
    printed = row.minimum_savings_rate
    if printed is None:
        return []
    slack = row.half_unit["minimum_savings_rate"] + _BINARY_NOISE
    rates: list[float] = programme()["choices"]["values"]
    found = [f"{100 * rate:g}" for rate in rates if abs(rate - printed) <= slack]
    if abs(size_table_rate(row.assigned_beneficiaries) - printed) <= slack:
        found.append(TABLE_CHOICE)
    return found


class _Gathering:
    """One row on its way to a scenario; notes what was taken and what is missing."""

    def __init__(self, row: PublishedResult, rules: frozenset[Rule]) -> None:
        self.row = row
        self.rules = rules
        self.contract = load_contract(row.contract)
        self.taken = ["benchmark (ABtotBnchmk)", "expenditure (ABtotExp)", "size (N_AB)", "track"]
        self.applied: list[str] = []
        self.unknown: list[str] = []
        self.openings: list[_Opening] = []
        self.months = self._months()

    def gathered(self) -> ReplayInputs:
        factor = self.months / _MONTHS
        gross = self._gross()
        terms = self._terms()
        scenario = Scenario(
            terms=terms,
            benchmark=self._printed("benchmark").scaled(1.0 / factor),
            gross=gross.scaled(1.0 / factor),
            score=NOTHING,
            standard=rule.STANDARD_MET,
        )
        scenario = self._with_quality(scenario)
        scenario = self._with_termination(scenario, gains=gross.value > 0.0)
        if gross.low < 0.0 and terms[0].mlr < float("inf"):
            scenario = self._with_relief(scenario)
        return ReplayInputs(
            row=self.row,
            contract=self.contract,
            scenario=scenario,
            factor=factor,
            open_scenarios=self._opened(scenario),
            unknown=self.unknown,
            revenue_limit_possible=self._revenue_limit_possible(),
            taken=self.taken,
            applied=self.applied,
        )

    def _opened(self, scenario: Scenario) -> list[Scenario]:
        """Return every combination of what the missing inputs leave possible."""
        found = [scenario]
        for opening in self.openings:
            found += [opening(one) for one in found]
        return found[1:]

    def _printed(self, name: str) -> Rounded:
        value = getattr(self.row, name)
        return Rounded.of(value or 0.0, self.row.half_unit.get(name, 0.0))

    def _months(self) -> int:
        """Return the months of the row's dollars, where they are part of a year."""
        months = self.row.months_covered
        if months is None or months >= _MONTHS or Rule.HALF_YEAR not in self.rules:
            return _MONTHS
        self.taken.append("months of the dollars (UpdatedBnchmk, N_AB_Year_PY)")
        self.applied.append(
            f"settled on the full year, then {months}/12 (42 CFR 425.609); the printed dollars are "
            "the part year's, a disaster reduction is printed for the full year"
        )
        return months

    def _gross(self) -> Rounded:
        """Return benchmark less expenditure, as narrow as the three printed figures allow."""
        benchmark, expenditure = self._printed("benchmark"), self._printed("expenditure")
        low, high = benchmark.low - expenditure.high, benchmark.high - expenditure.low
        printed = self._printed("benchmark_minus_expenditure")
        if max(low, printed.low) <= min(high, printed.high):
            low, high = max(low, printed.low), min(high, printed.high)
        value = benchmark.value - expenditure.value
        return Rounded(value, min(low, value), max(high, value))

    def _circumstances(self, choice: str, low_revenue: bool) -> Circumstances:
        row = self.row
        return Circumstances(
            assigned_beneficiaries=row.assigned_beneficiaries,
            performance_year=row.performance_year,
            agreement_year=agreement_year(row),
            agreement_start_year=row.current_start.year if row.current_start else None,
            msr=choice,
            low_revenue=low_revenue,
            months_in_year=self.months,
            guardrail=bool(row.guardrail) and Rule.GUARDRAIL in self.rules,
        )

    def _resolved(self, choice: str, low_revenue: bool) -> rule.Terms:
        terms = resolve(self.contract, self._circumstances(choice, low_revenue)).terms
        if self.row.revenue_loss_limit_applies and self._limit_basis() == "revenue-where-stated":
            terms = terms._replace(loss_limit_of_benchmark=float("inf"))
        by_size = self._term("minimum_savings_rate") == SIZE_TABLE
        return terms_under(terms, self.rules, by_size)

    def _terms(self) -> tuple[rule.Terms, ...]:
        low_revenue = self._low_revenue()
        if self.row.guardrail:
            self.taken.append("guardrail flag (Guardrail)")
            self.applied.append(f"guardrail: {_GUARDRAIL}")
        stated = self._term("minimum_savings_rate")
        if stated == "choice" and self.row.assigned_beneficiaries < self._table_below():
            self.applied.append(
                "below 5,000 people the size table replaces the chosen MSR and MLR (42 CFR "
                "425.110(b)(3)(iii))"
            )
            stated = SIZE_TABLE
        if stated == SIZE_TABLE and size_table_is_unconfirmed(self.row.assigned_beneficiaries):
            self.applied.append(
                "below 500 people CMS publishes no MSR: that of 500 is held, unconfirmed"
            )
        if stated != "choice":
            return (self._resolved(TABLE_CHOICE, low_revenue),)
        choices = consistent_choices(self.row)
        if choices:
            self.taken.append("the ACO's choice of MSR and MLR (MinSavPerc)")
            found = [self._resolved(choice, low_revenue) for choice in choices]
            return tuple(dict.fromkeys(found))
        return self._terms_without_choice(low_revenue)

    def _terms_without_choice(self, low_revenue: bool) -> tuple[rule.Terms, ...]:
        """Return the terms where the printed MSR is missing or none of the choices."""
        table = self._resolved(TABLE_CHOICE, low_revenue)
        printed = self._printed("minimum_savings_rate")
        if self.row.minimum_savings_rate is None:
            self.unknown.append("the ACO's choice of MSR and MLR (MinSavPerc)")
            rates = programme()["choices"]["values"]
            chosen = tuple(self._resolved(f"{100 * rate:g}", low_revenue) for rate in rates)
            self.openings.append(lambda s: replace(s, terms=(table, *chosen)))
            return (table,)
        self.taken.append("MSR and MLR (MinSavPerc), none of the choices of 42 CFR 425.605(b)(2)")
        rates = printed if Rule.MINIMUM_RATE in self.rules else (0.0,)
        return tuple(table._replace(msr=rate, mlr=rate) for rate in dict.fromkeys(rates))

    def _table_below(self) -> int:
        return int(self._term("size_table_below_beneficiaries") or 0)

    def _low_revenue(self) -> bool:
        start = self.row.current_start
        first = self._term("half_rate_agreements_from_year")
        if first is None or start is None or start.year < first:
            return False
        if self.row.revenue_category is None:
            self.unknown.append("revenue category (Rev_Exp_Cat)")
            half = self._resolved(TABLE_CHOICE, True).half_rate
            self.openings.append(lambda s: s.with_terms(half_rate=half))
            return False
        self.taken += ["revenue category (Rev_Exp_Cat)", "agreement start (Current_Start_Date)"]
        return self.row.revenue_category == "low"

    def _with_quality(self, scenario: Scenario) -> Scenario:
        """Add quality: the score and which standard was met, by the rule of the year."""
        row, terms = self.row, scenario.terms[0]
        standard = self._standard(terms)
        score = _ANY_SCORE
        if row.quality_reporting_only:
            self.taken.append("complete reporting (QualScore P4R)")
            score = Rounded.of(1.0)
            if Rule.COMPLETE_REPORTING not in self.rules:
                standard = rule.STANDARD_FAILED
        elif row.quality_score is not None:
            printed = self._printed("quality_score")
            score = Rounded(printed.value, max(printed.low, 0.0), min(printed.high, 1.0))
        uses_score = _uses_score(terms, standard, self.loses)
        if uses_score and not row.quality_reporting_only:
            if row.quality_score is None:
                self.unknown.append("quality score (QualScore)")
                self.openings.append(lambda s: replace(s, score=_ANY_SCORE))
            else:
                self.taken.append("quality score (QualScore)")
        if Rule.QUALITY_SCALING not in self.rules or score is _ANY_SCORE:
            score = Rounded.of(1.0)
        return replace(scenario, score=score, standard=standard)

    @property
    def loses(self) -> bool:
        return self.row.benchmark < self.row.expenditure

    def _standard(self, terms: rule.Terms) -> float:
        met, alternative = self.row.met_quality_standard, self.row.met_alternative_standard
        passed, second, failed = _STANDARDS
        tiers = terms.quality_rule == rule.QUALITY_TIERS
        if met is not None:
            self.taken.append("quality standard met or not (Met_QPS)")
        elif terms.quality_rule == rule.QUALITY_SCORE:
            self.applied.append(
                "no quality flag is printed: the standard is taken as met, the score decides"
            )
        else:
            self.unknown.append("quality standard met or not (Met_QPS)")
            self.openings.append(lambda s: replace(s, standard=failed))
        if met is not False or Rule.QUALITY_STANDARD not in self.rules:
            return passed
        if tiers and alternative is None:
            self.unknown.append("alternative quality standard met or not (Met_AltQPS)")
            self.openings.append(lambda s: replace(s, standard=second))
        elif tiers:
            self.taken.append("alternative quality standard met or not (Met_AltQPS)")
        return second if tiers and alternative else failed

    def _with_termination(self, scenario: Scenario, gains: bool) -> Scenario:
        """Add early termination (42 CFR 425.221(b)) from its printed effect."""
        row = self.row
        name = "midyear_termination_impact"
        if not row.midyear_termination_impact:
            name = "prorate_shared_losses"
        printed = self._printed(name)
        if not printed.value:
            return scenario
        self.taken.append("early termination (Impact_Mid_Year_Termination, Prorate_Shared_Losses)")
        if gains:
            self.applied.append(
                "ended before 31 December: no shared savings (42 CFR 425.221(b)(1))"
            )
            return scenario.with_terms(savings_paid=0.0)
        self.applied.append("losses prorated to the months in the programme (42 CFR 425.221(b)(2))")
        if abs(printed.value) > 1.0:
            effect = Rounded.of(abs(printed.value), row.half_unit.get(name, 0.0))
            return replace(scenario, proration=effect)
        self.unknown.append("months in the programme before termination")
        self.openings.append(lambda s: s.with_terms(losses_owed=0.0))
        return scenario

    def _with_relief(self, scenario: Scenario) -> Scenario:
        """Add what is forgiven of the losses for disasters and the health emergency."""
        share = emergency_share(self.row.performance_year)
        if Rule.PUBLIC_HEALTH_EMERGENCY not in self.rules:
            share = 0.0
        printed = self._printed("disaster_adjustment")
        if not printed.value or Rule.DISASTER_REDUCTION not in self.rules:
            printed = NOTHING
        relief = Rounded(abs(printed.value), *sorted((abs(printed.low), abs(printed.high))))
        if relief.value:
            self.taken.append("disaster reduction (DisAdj)")
        if share:
            self.applied.append(
                f"the COVID-19 emergency forgives {round(_MONTHS * share)}/12 of the losses (42 "
                "CFR 425.611); a printed disaster reduction holds it, so the larger of the two "
                "counts"
            )
        return replace(scenario, relief=relief, relief_share=share)

    def _term(self, name: str) -> Any:
        term = self.contract.term(name)
        if term is None:
            return None
        return term.at(self.row.performance_year, agreement_year(self.row))

    def _limit_basis(self) -> Any:
        return self._term("loss_limit_basis")

    def _revenue_limit_possible(self) -> bool:
        """Whether a loss limit on participant revenue may apply (42 CFR 425.605(d)(1))."""
        if self._term("loss_limit_of_revenue") is None:
            return False
        if self.row.revenue_loss_limit_applies is not None:
            self.taken.append("whether the revenue-based loss limit applies (RevLossLimit)")
        return self.row.revenue_loss_limit_applies is not False


_STANDARDS: tuple[float, float, float] = (
    rule.STANDARD_MET,
    rule.STANDARD_ALTERNATIVE,
    rule.STANDARD_FAILED,
)
_GUARDRAIL = (
    "savings that exist only through the two-way benchmark update are not paid, losses are owed "
    "(87 FR 69404, text unconfirmed)"
)


def _uses_score(terms: rule.Terms, standard: float, loses: bool) -> bool:
    """Whether the quality score can move the dollars."""
    if standard == rule.STANDARD_FAILED:
        return False
    if loses and terms.loss_rate_rule == rule.LOSS_ONE_MINUS_RATE_TIMES_SCORE:
        return True
    if loses and terms.loss_rate_rule == rule.LOSS_FIXED:
        return False
    if terms.quality_rule == rule.QUALITY_SCORE:
        return True
    return bool(terms.quality_rule == rule.QUALITY_TIERS and standard == rule.STANDARD_ALTERNATIVE)
