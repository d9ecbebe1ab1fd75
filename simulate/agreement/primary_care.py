"""ACO Primary Care Flex over an agreement: what it pays the ACO, and what counts as expenditure.

Both belong to the settlement itself, so that they are part of the contracts and of the spending
that a path is settled with: every table, comparison and the finances rest on the same outcomes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from simulate.agreement.path import MONTHS, Path
from simulate.contracts.contract import Contract, ExtraCashFlow
from simulate.contracts.finance_rules import finance_rules
from simulate.scenario.finance import FinanceSettings
from simulate.scenario.scenario import Scenario

ADVANCE = "pc-flex"
_UNIT = "US dollars a beneficiary and month"
_ENHANCEMENT, _BASE_RATE = "enhanced primary care payment", "base rate less claims replaced"


@dataclass(frozen=True)
class PrimaryCare:
    """What is stated of ACO Primary Care Flex; dollars a beneficiary and month.

    Attributes
    ----------
    base_rate, displaced : float
        County base rate, and the claims that it is paid in the place of.
    enhancement : float or None
        Paid besides; None leaves it to the contract.
    counted : float
        Part of the enhancement that counts as expenditure, a fraction.

    Notes
    -----
    CMS Innovation Center (CMMI), ACO Primary Care Flex Model: the base rate is expenditure, the
    enhancement a credit after shared savings or losses.
    """

    base_rate: float
    displaced: float
    enhancement: float | None
    counted: float

    @property
    def base_less_displaced(self) -> float:
        """What the base rate brings more than the claims it replaces."""
        return self.base_rate - self.displaced

    @property
    def added_to_expenditure(self) -> float:
        """How much more measured expenditure is."""
        return self.base_less_displaced + self.counted * (self.enhancement or 0.0)

    def in_contract(self, contract: Contract) -> Contract:
        """Return a contract with these payments among its cash flows.

        A stated enhancement takes the place of the one that the contract itself is credited with.
        """
        flows = [f for f in contract.extra_cash_flows if not self._replaces(contract, f)]
        if self.enhancement is not None:
            flows.append(_flow(_ENHANCEMENT, self.enhancement, "finance.flex_enhancement"))
        if self.base_less_displaced:
            flows.append(_flow(_BASE_RATE, self.base_less_displaced, "finance.flex_base_rate"))
        return contract.model_copy(update={"extra_cash_flows": flows})

    def _replaces(self, contract: Contract, flow: ExtraCashFlow) -> bool:
        return self.enhancement is not None and contract.programme == ADVANCE and not flow.once


def primary_care_of(settings: FinanceSettings) -> PrimaryCare | None:
    """Return what is stated of ACO Primary Care Flex; None without it."""
    base_rate, displaced = settings.flex_base_rate, settings.flex_displaced_claims
    if settings.advance != ADVANCE or base_rate is None:
        return None
    return PrimaryCare(
        base_rate,
        base_rate if displaced is None else displaced,
        settings.flex_enhancement,
        settings.flex_enhancement_in_expenditure,
    )


def with_primary_care(scenario: Scenario, contracts: Mapping[str, Contract]) -> dict[str, Contract]:
    """Return contracts by id, with primary care payments among their cash flows where stated."""
    stated = primary_care_of(scenario.finance)
    if stated is None:
        return dict(contracts)
    return {name: stated.in_contract(contract) for name, contract in contracts.items()}


def member_months(scenario: Scenario) -> float:
    """Return the member months of a year."""
    return float(MONTHS * sum(scenario.aco.person_years.in_order()))


def added_to_expenditure(scenario: Scenario, path: Path) -> tuple[float, ...]:
    """Return what primary care payments add to each performance year's expenditure, dollars."""
    stated = primary_care_of(scenario.finance)
    yearly = 0.0 if stated is None else stated.added_to_expenditure * member_months(scenario)
    return tuple(yearly * year.months_inside / MONTHS for year in path.years)


def primary_care_notes(scenario: Scenario) -> Iterator[str]:
    """Yield what primary care payments do to every settlement of a run."""
    stated = primary_care_of(scenario.finance)
    if stated is None:
        return
    added = stated.added_to_expenditure * member_months(scenario)
    moved = f"count ${abs(added):,.0f} a year {'more' if added > 0.0 else 'less'} expenditure for"
    counted = f"{moved} them, and" if added else "leave expenditure as it is, and"
    yield (
        f"Primary care payments (finance.advance = {ADVANCE}) are part of every settlement here: "
        f"settlements {counted} the net of a year holds the enhancements and what the base rate "
        "brings more than the claims it replaces."
    )


def _flow(name: str, amount: float, key: str) -> ExtraCashFlow:
    return ExtraCashFlow(
        name=name,
        per_beneficiary_month=amount,
        unit=_UNIT,
        reference=f"{finance_rules().cited('flex_years').reference}; {key}",
        confidence="assumed by the user",
    )
