"""Payments in advance that there are not, or that say nothing: refused with a plan, not later."""

from __future__ import annotations

from simulate.contracts.finance_rules import finance_rules
from simulate.errors import UserError
from simulate.scenario.finance import check_together
from simulate.scenario.scenario import Scenario


def check_advances(scenario: Scenario, start_year: int, last_year: int) -> None:
    """Refuse payments in advance that the years of an agreement have none of.

    Parameters
    ----------
    scenario : Scenario
    start_year, last_year : int
        First and last calendar year of its paths. An agreement that runs began earlier.

    Raises
    ------
    UserError
    """
    settings, rules = scenario.finance, finance_rules()
    check_together(settings)
    before = scenario.agreement.first_agreement_year - 1
    if settings.advance_balance and not (before and settings.advance != "none"):
        raise UserError(
            f"finance.advance_balance = {settings.advance_balance:g}: without effect; it is what "
            "an agreement that runs has not paid back. State finance.advance and "
            "agreement.first_agreement_year, or leave it out."
        )
    if settings.advance == "aip" and start_year - before < (begins := rules.of_year("aip_from", 0)):
        _refuse("aip", start_year - before, f"from {begins}")
    if settings.advance == "prepaid" and start_year < (begins := rules.of_year("prepaid_from", 0)):
        _refuse("prepaid", start_year, f"from {begins}")
    first, ends = rules.of_year("flex_years", 0)
    if settings.advance == "pc-flex" and not first <= start_year <= last_year <= ends:
        lasting = f"within {first} to {ends}, and these last until {last_year}"
        _refuse("pc-flex", start_year, lasting)


def _refuse(advance: str, year: int, allowed: str) -> None:
    rule = {"aip": "aip_from", "prepaid": "prepaid_from", "pc-flex": "flex_years"}[advance]
    raise UserError(
        f"finance.advance = {advance} with agreements from {year}: there is such a payment in "
        f"agreements {allowed} ({finance_rules().cited(rule).reference}). Set agreement.start_year."
    )
