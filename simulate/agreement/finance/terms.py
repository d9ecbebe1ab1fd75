"""What an agreement's finances rest on for one path: amounts by quarter, and rules."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from simulate.agreement.eligibility import standing_of
from simulate.agreement.finance.advances import Shortfall, aip_quarterly_payment
from simulate.agreement.finance.capital import required_amount
from simulate.agreement.finance.costs import programme_costs, yearly_costs
from simulate.agreement.finance.notes import assumed_cost
from simulate.agreement.finance.quarters import (
    QUARTERS,
    Quarters,
    quarters_missed,
    quarters_of,
)
from simulate.agreement.plan import AgreementPlan, PlannedPath
from simulate.contracts.finance_rules import finance_rules
from simulate.errors import UserError
from simulate.measures.estimate import FloatArray
from simulate.scenario.finance import FinanceSettings

_MOST_BYTES = 4e9


@dataclass(frozen=True)
class FinanceTerms:
    """The known amounts of one path of contracts.

    Attributes
    ----------
    plan : AgreementPlan
    planned : PlannedPath
    """

    plan: AgreementPlan
    planned: PlannedPath

    @property
    def settings(self) -> FinanceSettings:
        """What the scenario states of finances."""
        return self.plan.scenario.finance

    @cached_property
    def quarters(self) -> Quarters:
        """The quarters of the path."""
        return quarters_of(self.planned.path, self.plan.start_year, self.plan.payment_lag)

    @cached_property
    def own_costs(self) -> FloatArray:
        """Costs of starting and operating by quarter, dollars, shape (1, quarters)."""
        parts = [len(quarters) / QUARTERS for quarters in self.quarters.by_year]
        yearly = yearly_costs(self.amount("operating_cost"), self.settings.cost_growth, parts)
        by_quarter = self.quarters.spread(yearly[None, :])
        by_quarter[0, 0] += self.amount("start_up_cost")
        return by_quarter

    @cached_property
    def programme_costs(self) -> FloatArray:
        """Costs of care programmes by quarter, while the ACO is in, dollars, (1, quarters)."""
        found = np.zeros((1, self.quarters.count))
        inside = np.array([quarter for year in self.quarters.by_year for quarter in year])
        of_calendar = inside + quarters_missed(self.planned.path)
        for years in self.plan.programmes:
            found[0, inside] += programme_costs(years, self.settings.cost_growth)[of_calendar]
        return found

    def amount(self, name: str) -> float:
        """Return a cost as stated, or CMS's estimate."""
        return assumed_cost(self.plan.scenario, name)

    @cached_property
    def advances(self) -> FloatArray:
        """Payments in advance by quarter, dollars, shape (1, quarters)."""
        found = np.zeros((1, self.quarters.count))
        rules, advance = finance_rules(), self.settings.advance
        inside = [quarter for year in self.quarters.by_year for quarter in year]
        past = QUARTERS * (self.plan.settings.first_agreement_year - 1)
        if advance == "aip":
            found[0, 0] = rules.of_year("aip_one_time", 0) if past == 0 else 0.0
            left = max(rules.of_year("aip_quarters", 0) - past, 0)
            found[0, inside[:left]] += self.aip_payment
        elif advance == "pc-flex":
            found[0, 0] = rules.of_year("flex_one_time", 0) if past == 0 else 0.0
        elif advance == "prepaid":
            found[0, inside] = self.settings.prepaid_per_quarter or 0.0
        return found

    @cached_property
    def aip_payment(self) -> float:
        """The advance investment payment of a quarter, dollars."""
        settings, rules = self.settings, finance_rules()
        assigned = self.plan.scenario.aco.assigned_beneficiaries
        most = rules.of_year("aip_most_beneficiaries", 0)
        dual, others = settings.aip_dual_or_lis_share, settings.aip_adi_percentile
        if dual is not None and others is not None:
            tiers = rules.of_year("aip_tiers", 0)
            return aip_quarterly_payment(assigned, dual, others, tiers, most)
        stated = settings.aip_quarterly_payment
        typical = float(rules.of_year("aip_typical_payment", 0))
        return float((typical if stated is None else stated) * min(assigned, most))

    @property
    def shortfall(self) -> Shortfall:
        """What becomes of advances that are not earned."""
        if self.settings.advance == "prepaid":
            return self.settings.prepaid_shortfall
        return "at-end" if self.plan.settings.termination != "none" else "forgiven"

    def repayment(self) -> tuple[float | None, str]:
        """Return the amount of the repayment mechanism, and where it comes from."""
        stated = self.settings.repayment_mechanism
        if stated is not None:
            return stated, "stated"
        first = next((i for i, one in enumerate(self.planned.resolved) if one.two_sided), None)
        if first is None:
            return None, "no two-sided performance year, so none is asked for"
        if not self.planned.resolved[first].contract.under_programme_rules:
            return None, "the guarantee of this model is not in the catalogue; state its amount"
        return self._required(first)

    def _required(self, place: int) -> tuple[float, str]:
        """Return what CMS asks for before the first two-sided performance year."""
        path, rules, aco = self.planned.path, finance_rules(), self.plan.scenario.aco
        standing = standing_of(self.plan.asked, self.plan.start_year)
        began = standing.beginning(path, path.years[place].agreement)
        of_expenditure = rules.of_year("repayment_share_of_expenditure", began)
        looks_at_revenue = self.planned.resolved[place].contract.terms.loss_limit_of_revenue
        of_revenue = rules.of_year("repayment_share_of_revenue", began)
        growth = self._growth_before(path.years[place].calendar[0][0])
        revenue = aco.participant_revenue
        amount = required_amount(
            growth * self._expenditure(),
            of_expenditure,
            None if revenue is None else growth * revenue,
            of_revenue if looks_at_revenue is not None else None,
        )
        words = f"{100 * of_expenditure:g} % of expenditure the year before"
        if looks_at_revenue is not None and aco.participant_revenue is not None:
            words = f"the lesser of {words} and {100 * of_revenue:g} % of participants' revenue"
        elif looks_at_revenue is not None:
            words += "; stated participant revenue can lower it"
        cited = rules.cited("repayment_share_of_expenditure")
        return amount, f"{words} ({cited.reference.partition(';')[0]}, {cited.confidence})"

    def _growth_before(self, calendar_year: int) -> float:
        """Return the trend of the calendar year before one of the path."""
        plan = self.plan
        first = plan.growth[0] / (1.0 + plan.settings.benchmark_update[0])
        return plan.growth[calendar_year - 1] if calendar_year else first

    def _expenditure(self) -> float:
        """Return expenditure in a year, in the dollars that the scenario states."""
        aco = self.plan.scenario.aco
        spending = aco.spend_per_capita or aco.benchmark_per_capita
        years = aco.person_years.in_order()
        return float(sum(n * x for n, x in zip(years, spending.in_order(), strict=True)))


def check_finance(plan: AgreementPlan) -> None:
    """Refuse finances that the calendar or the noise of a run leave no room for.

    Raises
    ------
    UserError
    """
    settings = plan.scenario.finance
    _check_memory(plan)
    if settings.stop_loss_attachment is not None and (
        plan.noise.people != 1.0 or plan.noise.as_stated
    ):
        raise UserError(
            f"finance.stop_loss_attachment = {settings.stop_loss_attachment:g}: a cover per "
            "beneficiary needs people drawn as they are; leave noise_constant out and "
            "people_noise at true."
        )


def most_paths_with_finances(span: int) -> int:
    """Return how many simulated paths of so many calendar years memory holds with finances."""
    return int(_MOST_BYTES / _bytes_a_path(span))


def _check_memory(plan: AgreementPlan) -> None:
    needed = _bytes_a_path(plan.calendar_years) * plan.simulated_paths
    if needed > _MOST_BYTES:
        raise UserError(
            f"years = {plan.simulated_paths:,} with finances: cash by quarter of so many paths "
            f"takes {needed / 1e9:.1f} GB of memory. At most "
            f"{most_paths_with_finances(plan.calendar_years):,} paths can be reckoned here."
        )


def _bytes_a_path(span: int) -> int:
    # Amounts a quarter, eight bytes each, of one path of contracts at a time: 17 were measured
    # with a renewal test, payments in advance and a cover.
    return 8 * 18 * QUARTERS * (span + 2)
