"""The rules that a replay applies, each with its reference, each one droppable.

Dropping a rule shows what it is worth: a test holds that the published settlements fit
less well without any one of them. A rule is dropped by changing the terms or inputs
handed to the settlement; the settlement itself is never changed.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache

from simulate.contracts.contract import emergency_months, programme_terms
from simulate.kernels import settlement_rule as rule


class Rule(StrEnum):
    """A rule of the settlement that a replay can do without, to show its effect."""

    MINIMUM_RATE = "minimum-rate"
    SIZE_TABLE = "size-table"
    QUALITY_SCALING = "quality-scaling"
    QUALITY_STANDARD = "quality-standard"
    COMPLETE_REPORTING = "complete-reporting"
    SEQUESTRATION = "sequestration"
    SEQUESTRATION_SUSPENDED = "sequestration-suspended"
    PAYMENT_LIMIT = "payment-limit"
    LIMIT_AFTER_SEQUESTRATION = "limit-after-sequestration"
    HALF_RATE = "half-rate"
    GUARDRAIL = "guardrail"
    LOSS_RATE_BOUNDS = "loss-rate-bounds"
    DISASTER_REDUCTION = "disaster-reduction"
    PUBLIC_HEALTH_EMERGENCY = "public-health-emergency"
    HALF_YEAR = "half-year"


ALL_RULES: frozenset[Rule] = frozenset(Rule)

RULE_REFERENCES: dict[Rule, str] = {
    Rule.MINIMUM_RATE: "42 CFR 425.604(b), 605(b), 606(b), 610(b): nothing below the MSR or MLR",
    Rule.SIZE_TABLE: "42 CFR 425.604(b), 605(b)(1): the MSR follows the assigned beneficiaries",
    Rule.QUALITY_SCALING: "42 CFR 425.502, 512(a): final rate = maximum rate x quality score",
    Rule.QUALITY_STANDARD: "42 CFR 425.502(d), 512(a): no shared savings if quality failed",
    Rule.COMPLETE_REPORTING: "42 CFR 425.502(a)(1): complete reporting earns the full rate",
    Rule.SEQUESTRATION: "2 U.S.C. 901a(6): 2 % off shared savings, never off losses",
    Rule.SEQUESTRATION_SUSPENDED: "CARES Act sec. 3709: payments of May 2020 to March 2022",
    Rule.PAYMENT_LIMIT: "42 CFR 425.604(e)(2), 605(d)(1), 606(e)(2), 610(e)(2)",
    Rule.LIMIT_AFTER_SEQUESTRATION: "CMS specifications v11, section 4.3, steps 8 and 9",
    Rule.HALF_RATE: "42 CFR 425.605(h): half the rate below the MSR, low revenue, BASIC",
    Rule.GUARDRAIL: "87 FR 69404 (text unconfirmed): savings owed to the guardrail are not paid",
    Rule.LOSS_RATE_BOUNDS: "42 CFR 425.606(f), 610(f): 40 % at least, 60 or 75 % at most",
    Rule.DISASTER_REDUCTION: "42 CFR 425.605(f)(2), 610(i)(2): after the loss limit",
    Rule.PUBLIC_HEALTH_EMERGENCY: "42 CFR 425.611: COVID-19 counts for all beneficiaries",
    Rule.HALF_YEAR: "42 CFR 425.609: settled on the full year, then months / 12",
}
"""The paragraph behind each rule, in words for a table."""

_FLAT_MSR = 0.02


def emergency_share(performance_year: int) -> float:
    """Return the share of a year's losses that the COVID-19 emergency forgives.

    Parameters
    ----------
    performance_year : int

    Returns
    -------
    float
        Months of the emergency / 12 (42 CFR 425.611: all counties, all beneficiaries).
    """
    return emergency_months(performance_year) / 12.0


@cache
def _usual_sequestration() -> float:
    values: dict[int, float] = programme_terms()["sequestration"].values or {}
    return max(values.values())


def terms_under(terms: rule.Terms, rules: frozenset[Rule], by_size: bool) -> rule.Terms:
    """Return the terms with every rule that is not in `rules` taken out.

    Parameters
    ----------
    terms : Terms
        Resolved terms of the row.
    rules : frozenset of Rule
        The rules to apply.
    by_size : bool
        Whether the contract's MSR is the size table.

    Returns
    -------
    Terms
    """
    if rules >= ALL_RULES:
        return terms
    changes: dict[str, float] = {}
    if Rule.SIZE_TABLE not in rules and by_size:
        changes["msr"] = _FLAT_MSR
    if Rule.MINIMUM_RATE not in rules:
        changes |= {"msr": 0.0, "mlr": 0.0 if terms.mlr < float("inf") else terms.mlr}
    if Rule.HALF_RATE not in rules:
        changes["half_rate"] = 0.0
    sequestration = terms.sequestration
    if Rule.SEQUESTRATION_SUSPENDED not in rules and sequestration == 0.0:
        sequestration = _usual_sequestration()
    if Rule.SEQUESTRATION not in rules:
        sequestration = 0.0
    changes["sequestration"] = sequestration
    if Rule.LIMIT_AFTER_SEQUESTRATION not in rules:
        # min(share, limit) less sequestration = min(share less sequestration, this limit).
        changes["payment_limit"] = terms.payment_limit * (1.0 - sequestration)
    if Rule.PAYMENT_LIMIT not in rules:
        changes["payment_limit"] = float("inf")
    if Rule.LOSS_RATE_BOUNDS not in rules and terms.loss_rate_rule != rule.LOSS_FIXED:
        changes |= {"loss_rate_floor": 0.0, "maximum_loss_rate": 1.0}
    return terms._replace(**changes)
