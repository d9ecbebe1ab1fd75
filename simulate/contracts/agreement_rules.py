"""Rules over the years of an agreement and from one to the next, as validated data."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from simulate.contracts.contract import Cited, Count, Fraction, Term

Years = Annotated[float, Field(ge=0.0, le=5.0)]
Weights = tuple[Fraction, Fraction, Fraction]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RenewalTest(Cited):
    """What bars another one-sided agreement.

    `value` first performance years, in all of which losses went beyond the negative MSR;
    or the quality standard met in fewer than `quality_in_at_least` of them.
    """

    value: Annotated[int, Field(ge=1)]
    quality_in_at_least: Count


class QualityPhaseIn(Cited):
    """Measures paid for performance by year of a first agreement; the rest are reported."""

    measures: dict[str, int]
    paid_for_performance: list[dict[str, int]]
    value: list[int]

    @model_validator(mode="after")
    def _adds_up(self) -> QualityPhaseIn:
        totals = [sum(by_domain.values()) for by_domain in self.paid_for_performance]
        if totals != self.value:
            raise ValueError(f"paid_for_performance: adds up to {totals}, not {self.value}")
        return self

    def reporting_only(self, year: int) -> bool:
        """Whether no measure is paid for performance in a year, counted from 0."""
        return not any(self._paid(year).values())

    def _paid(self, year: int) -> dict[str, int]:
        return self.paid_for_performance[min(year, len(self.paid_for_performance) - 1)]

    def score(self, performance: Any, year: int) -> Any:
        """Return the quality score of a year of the agreement, counted from 0.

        Parameters
        ----------
        performance : float or array
            Score on the measures that are paid for performance, fractions.
        year : int
            The last one stated holds for later years.
        """
        paid = self._paid(year)
        domains = [paid[name] / count for name, count in self.measures.items()]
        share = sum(domains) / len(domains)
        return 1.0 - share * (1.0 - performance)


class StandardPath(_Strict):
    """A path of contracts that has a name, with the paragraph it comes from."""

    title: str
    path: str
    reference: str = Field(min_length=4)


class AgreementRules(_Strict):
    """Everything in ``agreement_rules.yaml``."""

    agreement_term: Term[Count]
    long_first_year: Term[dict[int, int]]
    long_first_year_starts: Term[int]
    interim_months: Term[Count]
    interim_collects_losses: Term[bool]
    half_years: Term[int]
    payment_lag: Term[Years]
    base_year_weights: Term[dict[Literal["first", "later"], Weights]]
    prior_savings_share: Term[Fraction]
    prior_savings_cap: Term[Fraction]
    one_sided_limit: Term[Count]
    one_sided_limit_lifted: Term[int]
    frozen_levels: Term[list[int]]
    glide_path: Term[list[str]]
    entry_of_experienced: Term[dict[Literal["low", "high"], list[str]]]
    low_revenue_only: Term[list[str]]
    renewal_tests: dict[str, RenewalTest]
    quality_phase_in: QualityPhaseIn
    earlier_terms: Term[dict[str, str]]
    standard_paths: dict[str, StandardPath]

    def of_year(self, name: str, start_year: int) -> Any:
        """Return a rule's value for an agreement that begins in a calendar year."""
        term: Term[Any] = getattr(self, name)
        return term.at(start_year, 1)


@cache
def agreement_rules() -> AgreementRules:
    """Return the rules, validated."""
    text = resources.files("simulate.contracts").joinpath("agreement_rules.yaml").read_text("utf-8")
    return AgreementRules.model_validate(yaml.safe_load(text))
