"""The contracts that the settlement sheet can choose from, as numbers and references.

Each contract's terms are those of its performance and agreement year. What also depends on
inputs of the settlement sheet (size, choice of MSR, revenue) is left as the contract states
it, so that formulas can resolve it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from simulate.analysis.choices import circumstances_of
from simulate.contracts.contract import ExtraCashFlow, contract_ids, load_contract
from simulate.contracts.resolution import Circumstances, ResolvedContract, resolve
from simulate.contracts.waterfall import STEP_REFERENCES, reference_of, stated_term
from simulate.kernels import settlement_rule as rule
from simulate.report.html.terms import status_words
from simulate.scenario.aco import LARGEST_ACO
from simulate.scenario.scenario import Scenario

if TYPE_CHECKING:
    from simulate.analysis.run import Run

#: How the sheets write what is not a number.
NONE, SIZE_TABLE, SAME = "none", "size table", "same as MSR"
_NOT_HERE = "not in this contract"
NUMBERS_SHEET, REFERENCES_SHEET = "Terms (numbers)", "Terms (references)"

_WORDS = {"same-as-msr": SAME}
_QUALITY_RULES = {
    rule.QUALITY_SCORE: "score",
    rule.QUALITY_PASS_OR_FAIL: "pass or fail",
    rule.QUALITY_TIERS: "standard or alternative",
    rule.QUALITY_NONE: NONE,
}
_LOSS_RATE_RULES = {
    rule.LOSS_FIXED: "fixed",
    rule.LOSS_ONE_MINUS_FINAL_RATE: "one minus final sharing rate",
    rule.LOSS_ONE_MINUS_RATE_TIMES_SCORE: "one minus maximum rate times score",
}


class Column(NamedTuple):
    """A column of the table of numbers: its key, its header, and how it is shown."""

    key: str
    header: str
    style: str


def _band_columns() -> list[Column]:
    columns = []
    for side in ("savings", "loss"):
        for number in range(1, rule.MAX_BANDS + 1):
            words = f"{side} band {number}"
            columns += [
                Column(f"{side}_band_{number}_up_to", f"{words}: up to, of benchmark", "percent"),
                Column(f"{side}_band_{number}_share", f"{words}: share", "percent"),
            ]
    return [column._replace(header=column.header.capitalize()) for column in columns]


#: The table of numbers, its columns in order. Keys that are terms of the settlement rule
#: have the rule's names.
COLUMNS: tuple[Column, ...] = (
    Column("id", "Contract", "text"),
    Column("title", "Title", "text"),
    Column("in_run", "In this run", "text"),
    Column("performance_year", "Terms of performance year", "year"),
    Column("agreement_year", "Agreement year", "year"),
    Column("benchmark_discount", "Discount of the benchmark", "percent"),
    Column("quality_withhold", "Quality withhold, of benchmark", "percent"),
    Column("maximum_sharing_rate", "Maximum sharing rate", "percent"),
    Column("quality_rule", "Quality rule", "whole"),
    Column("minimum_savings_rate", "MSR as stated", "percent"),
    Column("size_table_below", "Size table replaces choice below (beneficiaries)", "count"),
    Column("minimum_loss_rate", "MLR as stated", "percent"),
    Column("net_threshold", "Savings shared only above, of benchmark", "percent"),
    Column("net_threshold_exempt_below", "... except below (beneficiaries)", "count"),
    Column("half_rate", "Half rate of a low revenue ACO below the MSR", "percent"),
    Column("half_rate_minimum", "... from (beneficiaries)", "count"),
    Column("sequestration", "Sequestration", "percent"),
    Column("payment_limit", "Payment limit, of benchmark", "percent"),
    Column("withhold", "Withhold", "percent"),
    Column("loss_rate_rule", "Loss rate rule", "whole"),
    Column("loss_rate_floor", "Loss rate, at least", "percent"),
    Column("maximum_loss_rate", "Loss rate, at most", "percent"),
    Column("loss_limit_of_benchmark", "Loss limit, of benchmark", "percent"),
    Column("loss_limit_of_revenue", "Loss limit, of participant revenue", "percent"),
    Column("revenue_replaces", "Revenue limit replaces benchmark limit", "whole"),
    Column("extra_cash_once", "Extra cash flows, once", "cents"),
    Column("extra_cash_per_year", "Extra cash flows a year", "cents"),
    Column("extra_cash_per_beneficiary", "Extra cash flows a beneficiary and year", "cents"),
    Column("extra_cash_of_benchmark", "Extra cash flows, of benchmark", "percent"),
    Column("performance_incentive", "Performance incentive, of benchmark", "percent"),
    *_band_columns(),
)

#: Steps of the settlement that no term of a contract stands behind, by the name of a reference.
_STEPS = {step.replace(" ", "_"): step for step in STEP_REFERENCES}
#: The references that the settlement sheet shows, by name, and the terms that they stand for.
REFERENCES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(_STEPS, ()),
    "contract": (),
    "standing": (),
    "extra_cash": (),
    "settled_benchmark": ("benchmark_discount", "quality_withhold"),
    "performance_incentive": ("performance_incentive", "primary_care_share", "prospective_share"),
    "msr": ("minimum_savings_rate", "size_table_below_beneficiaries"),
    "mlr": ("minimum_loss_rate",),
    "half_rate": ("half_rate", "half_rate_agreements_from_year", "half_rate_minimum_beneficiaries"),
    "sharing_rate": ("maximum_sharing_rate", "quality_rule"),
    "quality_rule": ("quality_rule",),
    "net_threshold": ("net_threshold", "net_threshold_exempt_below_beneficiaries"),
    "savings_bands": ("savings_bands",),
    "sequestration": ("sequestration",),
    "payment_limit": ("payment_limit",),
    "withhold": ("withhold",),
    "loss_rate": ("loss_rate_rule", "loss_rate_floor", "maximum_loss_rate"),
    "loss_bands": ("loss_bands",),
    "loss_limit_of_benchmark": ("loss_limit_of_benchmark",),
    "loss_limit_of_revenue": ("loss_limit_of_revenue", "loss_limit_basis"),
}


@dataclass(frozen=True)
class ContractTable:
    """The contracts to choose from, resolved for one ACO; those of the run first.

    Attributes
    ----------
    circumstances : Circumstances
        Of the ACO, as in the run.
    contracts : dict of str to ResolvedContract
    in_run : tuple of str
        The contracts that the run holds.
    """

    circumstances: Circumstances
    contracts: dict[str, ResolvedContract]
    in_run: tuple[str, ...]

    def numbers(self, contract_id: str) -> dict[str, Any]:
        """Return the row of a contract in the table of numbers, by key."""
        resolved = self.contracts[contract_id]
        row = _identity(resolved, contract_id in self.in_run)
        row |= _numbers(resolved, self.circumstances)
        return (
            row
            | _bands("savings", resolved.terms.savings_bands)
            | _bands("loss", resolved.terms.loss_bands)
        )

    def reference(self, contract_id: str, name: str) -> str:
        """Return the reference that a line of the settlement shows for a contract."""
        resolved = self.contracts[contract_id]
        names = REFERENCES[name]
        if name == "standing":
            said = (status_words(resolved.contract), resolved.contract.caveat)
            return "; ".join(" ".join(text.split()) for text in said if text)
        if name == "extra_cash":
            sources = dict.fromkeys(flow.reference for flow in _flows_paid(resolved))
            return "; ".join(sources) or _NOT_HERE
        if name in _STEPS:
            ours = resolved.contract.under_programme_rules
            return STEP_REFERENCES[_STEPS[name]] if ours else resolved.contract.reference
        if names and all(resolved.contract.term(term) is None for term in names):
            return _NOT_HERE
        return reference_of(resolved, *names)


def contract_table(run: Run) -> ContractTable:
    """Return the contracts of a run, and the rest of the catalogue for the same ACO."""
    return table_of(run.scenario, [result.resolved for result in run.contracts.values()])


def table_of(scenario: Scenario, in_run: Sequence[ResolvedContract]) -> ContractTable:
    """Return some resolved contracts, and the rest of the catalogue for a scenario's ACO."""
    at = circumstances_of(scenario)
    contracts = {resolved.contract.id: resolved for resolved in in_run}
    for contract_id in contract_ids():
        if contract_id not in contracts:
            contracts[contract_id] = resolve(load_contract(contract_id), at)
    return ContractTable(at, contracts, tuple(resolved.contract.id for resolved in in_run))


def _identity(resolved: ResolvedContract, in_run: bool) -> dict[str, Any]:
    return {
        "id": resolved.contract.id,
        "title": resolved.contract.title,
        "in_run": yes_no(in_run),
        "performance_year": resolved.performance_year,
        "agreement_year": resolved.agreement_year,
    }


def _numbers(resolved: ResolvedContract, at: Circumstances) -> dict[str, Any]:
    terms = resolved.terms
    stated = partial(stated_term, resolved)

    # Of an ACO that is large enough, and of low revenue: whether this one is, formulas decide.
    large = resolve(
        resolved.contract, replace(at, assigned_beneficiaries=LARGEST_ACO, low_revenue=True)
    )
    no_losses = "none" in (stated("minimum_loss_rate", "none"), stated("loss_rate_rule", "none"))
    return {
        "benchmark_discount": terms.benchmark_discount,
        "quality_withhold": terms.quality_withhold,
        "maximum_sharing_rate": terms.maximum_sharing_rate,
        "quality_rule": _QUALITY_RULES[terms.quality_rule],
        "minimum_savings_rate": _words(stated("minimum_savings_rate", 0.0)),
        "size_table_below": stated("size_table_below_beneficiaries", 0),
        "minimum_loss_rate": NONE if no_losses else _words(stated("minimum_loss_rate", NONE)),
        "net_threshold": large.terms.net_threshold,
        "net_threshold_exempt_below": stated("net_threshold_exempt_below_beneficiaries", 0),
        "half_rate": large.terms.half_rate,
        "half_rate_minimum": stated("half_rate_minimum_beneficiaries", 0),
        "sequestration": terms.sequestration,
        "payment_limit": _finite(terms.payment_limit),
        "withhold": terms.withhold,
        "loss_rate_rule": _LOSS_RATE_RULES[terms.loss_rate_rule],
        "loss_rate_floor": terms.loss_rate_floor,
        "maximum_loss_rate": terms.maximum_loss_rate,
        "loss_limit_of_benchmark": stated("loss_limit_of_benchmark", NONE),
        "loss_limit_of_revenue": stated("loss_limit_of_revenue", NONE),
        "revenue_replaces": yes_no(stated("loss_limit_basis", "") == "revenue-where-stated"),
        **_extra_cash(resolved, at.person_years_each),
        "extra_cash_of_benchmark": terms.extra_cash_of_benchmark,
        "performance_incentive": terms.performance_incentive,
    }


def _flows_paid(resolved: ResolvedContract) -> list[ExtraCashFlow]:
    """Return the extra cash flows of the agreement year."""
    every = resolved.contract.extra_cash_flows
    return [flow for flow in every if flow.agreement_year in (None, resolved.agreement_year)]


def _extra_cash(resolved: ResolvedContract, person_years: float) -> dict[str, float]:
    """Return cash flows in dollars; a beneficiary has so many person-years."""
    flows = _flows_paid(resolved)
    each = sum((f.per_beneficiary_month for f in flows), start=0.0)
    return {
        "extra_cash_once": sum((f.per_year for f in flows if f.once), start=0.0),
        "extra_cash_per_year": sum((f.per_year for f in flows if not f.once), start=0.0),
        "extra_cash_per_beneficiary": 12 * person_years * each,
    }


def _bands(side: str, bands: rule.Bands) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for number, (edge, share) in enumerate(bands, start=1):
        row[f"{side}_band_{number}_up_to"] = _finite(edge)
        row[f"{side}_band_{number}_share"] = share
    return row


def _finite(value: float) -> float | str:
    return value if math.isfinite(value) else NONE


def _words(value: Any) -> Any:
    return _WORDS.get(value, value.replace("-", " ")) if isinstance(value, str) else value


def yes_no(value: bool) -> str:
    """Return a truth as the sheets write it."""
    return "yes" if value else "no"
