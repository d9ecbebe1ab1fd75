"""Programme costs, repayment mechanism and payments in advance, as validated data."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field

from simulate.contracts.contract import Cited, Count, Fraction, Term

Amount = Annotated[float, Field(ge=0.0)]


class FinanceRules(BaseModel):
    """Everything in ``finance_rules.yaml``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    start_up_cost: Term[Amount]
    operating_cost: Term[Amount]
    repayment_share_of_expenditure: Term[Fraction]
    repayment_share_of_revenue: Term[Fraction]
    aip_from: Term[int]
    aip_for: Term[list[str]]
    aip_one_time: Term[Amount]
    aip_quarters: Term[Count]
    aip_most_beneficiaries: Term[Count]
    aip_typical_payment: Term[Amount]
    aip_tiers: Term[dict[int, Amount]]
    flex_years: Term[tuple[int, int]]
    flex_starts: Term[list[int]]
    flex_one_time: Term[Amount]
    prepaid_from: Term[int]
    prepaid_for: Term[list[str]]
    prepaid_direct_services: Term[Fraction]

    def of_year(self, name: str, start_year: int) -> Any:
        """Return a rule's value for an agreement that begins in a calendar year."""
        term: Term[Any] = getattr(self, name)
        return term.at(start_year, 1)

    def cited(self, name: str) -> Cited:
        """Return where a rule comes from and how sure it is."""
        term: Cited = getattr(self, name)
        return term


@cache
def finance_rules() -> FinanceRules:
    """Return the rules, validated."""
    text = resources.files("simulate.contracts").joinpath("finance_rules.yaml").read_text("utf-8")
    return FinanceRules.model_validate(yaml.safe_load(text))
