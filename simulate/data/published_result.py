"""One published row of a CMS results file, in canonical names and units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from typing import NamedTuple


class ByEnrollmentType(NamedTuple):
    """One number for each enrollment type, in CMS's order.

    Attributes
    ----------
    esrd, disabled, aged_dual, aged_non_dual : float or None
        ``None`` where CMS suppressed or left out the cell.
    """

    esrd: float | None
    disabled: float | None
    aged_dual: float | None
    aged_non_dual: float | None


_PERIOD_TOLERANCE_MONTHS = 0.1
_LONGEST_PERIOD_MONTHS = 24


@dataclass(frozen=True)
class PublishedResult:
    """What CMS published for one ACO and performance year (PY).

    Rates are fractions, money is in US dollars of the period, per capita is in
    dollars per person-year. A value that CMS does not print in the year,
    suppresses or leaves blank is ``None``.

    Attributes
    ----------
    performance_year : int
    aco_id : str
        Upper case. Ids of PY2013-17 (A84830) and PY2018 on (A1001) cannot be joined.
    aco_name, state, agreement_type : str or None
    agreement_period : int or None
        1 for the first agreement.
    initial_start, current_start : datetime.date or None
        Start of the first and of the current agreement.
    contract : str
        Contract id of this package, e.g. ``"basic-e"``; Track 2 before PY2016, when
        42 CFR 425.606 fixed its MSR and MLR at 2 %, is ``"track-2-2012"``.
    two_sided : bool or None
        From ``Risk_Model``, otherwise from the contract.
    assignment_type : str or None
        ``"Retrospective"`` or ``"Prospective"``.
    assigned_beneficiaries : int
        ``N_AB``, people; sets the MSR.
    person_years : float
        ``N_AB_Year_PY``; sets the dollars.
    person_years_by_type, person_years_by_type_by3 : ByEnrollmentType or None
        Performance year, and third benchmark year.
    per_capita_by_type : ByEnrollmentType or None
        Truncated expenditure per person-year in the PY, annual in every file.
    per_capita_by_type_by1, per_capita_by_type_by2, per_capita_by_type_by3
        : ByEnrollmentType or None
        The same in the benchmark years.
    per_capita_expenditure : float or None
        All enrollment types together, PY.
    benchmark, expenditure : float
        ``ABtotBnchmk``, ``ABtotExp``: dollars of the period (see `period_factor`).
    benchmark_minus_expenditure : float
        ``BnchmkMinExp``, as printed; the difference where not printed.
    savings_rate : float
        ``(benchmark - expenditure) / benchmark``, always recomputed.
    savings_rate_printed : float or None
        ``Sav_rate``.
    updated_benchmark_per_capita, historical_benchmark_per_capita : float or None
    minimum_savings_rate : float or None
        MSR.
    minimum_loss_rate : float or None
        MLR: positive; the MSR for a two-sided ACO where CMS prints only that.
    generated_savings_or_losses : float or None
        ``GenSaveLoss``.
    earned_savings_or_losses : float or None
        ``EarnSaveLoss``; before PY2014 ``EarnShrSavings`` and ``OweLosses``. Losses are
        negative.
    quality_score : float or None
    quality_reporting_only : bool
        The score is printed as "P4R": complete reporting earned the full rate.
    met_quality_standard, met_alternative_standard : bool or None
    final_sharing_rate, maximum_sharing_rate, final_loss_rate : float or None
    disaster_adjustment : float or None
        ``DisAdj``, negative; for a full year even where the dollars are halved.
    disaster_affected_quality : bool or None
    revenue_category : str or None
        ``"low"`` or ``"high"``.
    revenue_loss_limit_applies, guardrail, reduced_shared_savings : bool or None
        ``RevLossLimit``, ``Guardrail``, ``ReducedSS`` (half rate below the MSR).
    midyear_termination_impact, prorate_shared_losses : float or None
        As printed.
    regional_adjustment, prior_savings_adjustment : float or None
        Benchmark adjustments, dollars per person-year.
    adjustment_category : str or None
    aip : bool or None
        Advance investment payments were received.
    aip_balance, aip_recoup, aip_owe : float or None
    adv_pay : bool or None
        Advance payments of the 2012-18 models.
    adv_pay_amount, adv_pay_recoup : float or None
    extra : mapping of str to str
        Further flags as CMS prints them, under CMS's names (``"Met_40pctl"``).
    half_unit : mapping of str to float
        Half a unit of the last printed digit of each number present, in the unit
        of the field; ``"person_years_by_type.esrd"`` for enrollment types.
    """

    performance_year: int
    aco_id: str
    aco_name: str | None
    state: str | None
    agreement_type: str | None
    agreement_period: int | None
    initial_start: date | None
    current_start: date | None
    contract: str
    two_sided: bool | None
    assignment_type: str | None
    assigned_beneficiaries: int
    person_years: float
    person_years_by_type: ByEnrollmentType | None
    person_years_by_type_by3: ByEnrollmentType | None
    per_capita_by_type: ByEnrollmentType | None
    per_capita_by_type_by1: ByEnrollmentType | None
    per_capita_by_type_by2: ByEnrollmentType | None
    per_capita_by_type_by3: ByEnrollmentType | None
    per_capita_expenditure: float | None
    benchmark: float
    expenditure: float
    benchmark_minus_expenditure: float
    savings_rate: float
    savings_rate_printed: float | None
    updated_benchmark_per_capita: float | None
    historical_benchmark_per_capita: float | None
    minimum_savings_rate: float | None
    minimum_loss_rate: float | None
    generated_savings_or_losses: float | None
    earned_savings_or_losses: float | None
    quality_score: float | None
    quality_reporting_only: bool
    met_quality_standard: bool | None
    met_alternative_standard: bool | None
    final_sharing_rate: float | None
    maximum_sharing_rate: float | None
    final_loss_rate: float | None
    disaster_adjustment: float | None
    disaster_affected_quality: bool | None
    revenue_category: str | None
    revenue_loss_limit_applies: bool | None
    guardrail: bool | None
    reduced_shared_savings: bool | None
    midyear_termination_impact: float | None
    prorate_shared_losses: float | None
    regional_adjustment: float | None
    prior_savings_adjustment: float | None
    adjustment_category: str | None
    aip: bool | None
    aip_balance: float | None
    aip_recoup: float | None
    aip_owe: float | None
    adv_pay: bool | None
    adv_pay_amount: float | None
    adv_pay_recoup: float | None
    extra: Mapping[str, str] = field(compare=False, repr=False)
    half_unit: Mapping[str, float] = field(compare=False, repr=False)

    @property
    def months_covered(self) -> int | None:
        """Return how many months the dollar columns cover: 12, 6, 18 or 21.

        Found from the row itself: the dollars of the period against annual
        dollars (per capita times person-years). Six-month ACOs of 2019 have half
        of the annual dollars. Above a year (first performance years of 2012
        starters, 42 CFR 425.200) the ratio is not exact, because person-years are
        those of the last twelve months, so the start date gives the months.

        Returns
        -------
        int or None
            ``None`` where the row does not tell, or its numbers fit no number of months.
        """
        ratio = self._dollars_over_annual_dollars()
        if ratio is None:
            return None
        months = 12 * ratio
        if months <= 12 + _PERIOD_TOLERANCE_MONTHS:
            whole = round(months)
            fits = whole > 0 and abs(months - whole) <= _PERIOD_TOLERANCE_MONTHS
            return whole if fits else None
        return self._months_since_start()

    @property
    def period_factor(self) -> float | None:
        """Return `months_covered` / 12: dollars of the row over annual dollars."""
        months = self.months_covered
        return None if months is None else months / 12

    def _dollars_over_annual_dollars(self) -> float | None:
        """Return the period's dollars over per capita times person-years, or None."""
        if self.updated_benchmark_per_capita:
            return self.benchmark / (self.updated_benchmark_per_capita * self.person_years)
        if self.per_capita_expenditure:
            return self.expenditure / (self.per_capita_expenditure * self.person_years)
        spend, years = self.per_capita_by_type, self.person_years_by_type
        if spend is None or years is None:
            return None
        annual = 0.0
        for dollars, weight in zip(spend, years, strict=True):
            if dollars is None or weight is None:
                return None
            annual += dollars * weight
        return self.expenditure / annual if annual else None

    def _months_since_start(self) -> int | None:
        """Return months from the agreement's start to the end of the PY, if 13 to 24."""
        start = self.current_start
        if start is None:
            return None
        months = 12 * (self.performance_year - start.year) + 13 - start.month
        return months if 12 < months <= _LONGEST_PERIOD_MONTHS else None


def as_plain_data(row: PublishedResult) -> dict[str, object]:
    """Return a published result as plain data for JSON: dates as text, tuples by name."""
    plain: dict[str, object] = {}
    for name in (f.name for f in fields(row)):
        value = getattr(row, name)
        if isinstance(value, ByEnrollmentType):
            value = value._asdict()
        elif isinstance(value, date):
            value = value.isoformat()
        elif isinstance(value, Mapping):
            value = dict(value)
        plain[name] = value
    return plain
