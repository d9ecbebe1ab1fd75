"""What each formula of the settlement sheet must give, from `settle` and the terms it applies.

A spreadsheet file carries the value of every formula beside it, for programs that show a
file without computing it.
"""

from __future__ import annotations

import math

from simulate.contracts.minimum_rate import size_table_rate
from simulate.contracts.resolution import STANDARDS
from simulate.kernels import settlement_rule as rule
from simulate.report.workbook.contract_table import NONE
from simulate.report.workbook.lookups import size_row
from simulate.report.workbook.settlement_case import Case
from simulate.report.workbook.settlement_formulas import THRESHOLD_WORDS

Values = dict[str, float | str]


def values(case: Case) -> Values:
    """Return the value of every formula of the settlement sheet, by the name of its cell."""
    return {
        **_result(case),
        **_gross(case),
        **_savings(case),
        **_losses(case),
        **_behind(case),
        **_bands(case, "savings", case.terms.savings_bands),
        **_bands(case, "loss", case.terms.loss_bands),
    }


def _result(case: Case) -> Values:
    settled = case.settlement
    return {
        "terms_year": settled.contract.performance_year,
        "shared_savings": settled.shared_savings,
        "shared_losses": settled.shared_losses,
        "extra_cash": case.outcome.extra_cash,
        "incentive": case.outcome.incentive,
        "net": settled.net,
        "withheld": case.outcome.withheld,
    }


def _gross(case: Case) -> Values:
    terms, outcome = case.terms, case.outcome
    benchmark = outcome.settled_benchmark
    return {
        "settled_benchmark": benchmark,
        "gross": outcome.gross,
        "savings_rate": outcome.gross / benchmark,
        "msr": _finite(terms.msr),
        "msr_dollars": _finite(rule.cents(terms.msr * benchmark) / 100.0),
        "mlr": _finite(terms.mlr),
        "mlr_dollars": _finite(rule.cents(terms.mlr * benchmark) / 100.0),
        "half_rate": terms.half_rate,
        "threshold": outcome.threshold,
        "threshold_words": THRESHOLD_WORDS[int(outcome.threshold) + 1],
    }


def _savings(case: Case) -> Values:
    terms, outcome = case.terms, case.outcome
    saved = outcome.threshold > 0.0
    share = outcome.share if saved else 0.0
    return {
        "sharing_rate": outcome.sharing_rate,
        "savings_counted": _counted(case, "savings"),
        "savings_shareable": outcome.shareable if saved else 0.0,
        "savings_share": share,
        "sequestered": outcome.sequestered,
        "payment_limit": _finite(terms.payment_limit * outcome.settled_benchmark),
        "savings_limited": share - outcome.sequestered - (outcome.over_limit if saved else 0.0),
        "savings_paid": terms.savings_paid,
        "savings_due": outcome.shared_savings,
    }


def _losses(case: Case) -> Values:
    terms, outcome = case.terms, case.outcome
    lost = outcome.threshold < 0.0
    of_benchmark = terms.loss_limit_of_benchmark * outcome.settled_benchmark
    share = outcome.share if lost else 0.0
    return {
        "loss_rate": outcome.loss_rate,
        "losses_counted": _counted(case, "loss"),
        "losses_shareable": outcome.shareable if lost else 0.0,
        "losses_share": share,
        "loss_limit_benchmark": _finite(of_benchmark),
        "loss_limit_revenue": _finite(terms.loss_limit_dollars),
        "loss_limit": _finite(min(of_benchmark, terms.loss_limit_dollars)),
        "losses_limited": share - (outcome.over_limit if lost else 0.0),
        "disaster_relief": outcome.relieved,
        "losses_owed": terms.losses_owed,
        "losses_due": outcome.shared_losses,
    }


def _behind(case: Case) -> Values:
    terms, row, inputs = case.terms, case.row, case.inputs
    beneficiaries = inputs.circumstances.assigned_beneficiaries
    standard = STANDARDS[case.standard]
    return {
        "contract_row": [*case.table.contracts].index(inputs.contract_id) + 1,
        "quality_rule": row["quality_rule"],
        "standard": case.standard,
        "earned_quality": rule.earned_quality(inputs.quality_score, standard),
        "rate_after_quality": rule.final_sharing_rate(terms, inputs.quality_score, standard),
        "msr_stated": row["minimum_savings_rate"],
        "mlr_stated": row["minimum_loss_rate"],
        "size_row": size_row(beneficiaries),
        "size_table_msr": size_table_rate(beneficiaries),
        "net_threshold": terms.net_threshold,
        "loss_rule": row["loss_rate_rule"],
        "maximum_loss_rate": terms.maximum_loss_rate,
        "part_of_year": terms.part_of_year,
    }


def _bands(case: Case, side: str, bands: rule.Bands) -> Values:
    found: Values = {}
    amount, lower = _counted(case, side), 0.0
    for number, (edge, share) in enumerate(bands, start=1):
        upper = edge * case.outcome.settled_benchmark
        found[f"{side}_band_{number}_edge"] = _finite(upper)
        found[f"{side}_band_{number}"] = share * max(min(amount, upper) - lower, 0.0)
        lower = upper
    return found


def _counted(case: Case, side: str) -> float:
    """Return the dollars of savings or of losses that count."""
    gross, threshold = case.outcome.gross, case.outcome.threshold
    if side == "loss":
        return -gross if threshold < 0.0 else 0.0
    above = gross - case.terms.net_threshold * case.outcome.settled_benchmark
    return max(above, 0.0) if threshold > 0.0 else 0.0


def _finite(value: float) -> float | str:
    return value if math.isfinite(value) else NONE
