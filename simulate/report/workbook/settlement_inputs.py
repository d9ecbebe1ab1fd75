"""The yellow cells of the settlement sheet: what may be typed, and a check of them together."""

from __future__ import annotations

from typing import Any, NamedTuple

from simulate.contracts.resolution import STANDARDS, TERMINATIONS
from simulate.report.workbook.contract_table import yes_no
from simulate.report.workbook.settlement_case import Case
from simulate.scenario.aco import LARGEST_ACO


class Input(NamedTuple):
    """One input cell: its name, label, value and style, what may be typed, and what it is.

    `reference` is as in `settlement_formulas.Line`.
    """

    name: str
    label: str
    value: float | str | None
    style: str
    allowed: dict[str, Any]
    detail: str
    reference: str = ""


def _list(source: str | list[str]) -> dict[str, Any]:
    return {"validate": "list", "source": source}


def _whole(low: int, high: int) -> dict[str, Any]:
    wanted = f"A whole number from {low:,} to {high:,} is wanted."
    between = {"criteria": "between", "minimum": low, "maximum": high}
    return {"validate": "integer", **between, "error_message": wanted}


def _decimal(high: float, wanted: str) -> dict[str, Any]:
    between = {"criteria": "between", "minimum": 0, "maximum": high}
    return {"validate": "decimal", **between, "error_message": wanted}


_YES_NO = _list(["no", "yes"])
_DOLLARS = _decimal(1e12, "Dollars for the whole year are wanted.")
_SHARE = _decimal(1, "A share from 0 % to 100 % is wanted.")
_DISASTER = "@disaster_relief"


# fmt: off
def inputs(case: Case) -> list[Input]:
    """Return every input cell, filled in from a case."""
    stated, at = case.inputs, case.inputs.circumstances
    contract = case.table.contracts[stated.contract_id].contract
    return [
        Input("contract", "Contract", stated.contract_id, "text", _list("=contract_list"),
              contract.title, "@contract"),
        Input("beneficiaries", "Assigned beneficiaries", at.assigned_beneficiaries, "count",
              _whole(1, LARGEST_ACO), "Set the size table of the MSR", "42 CFR 425.604(b)"),
        Input("benchmark", "Updated benchmark", stated.benchmark, "cents", _DOLLARS,
              "Total of the performance year, truncated basis", "@benchmark"),
        Input("expenditure", "Expenditure", stated.expenditure, "cents", _DOLLARS,
              "Total of the performance year, truncated basis", "@expenditure"),
        Input("quality_score", "Quality score", stated.quality_score, "percent2", _SHARE,
              "0 % to 100 %", "42 CFR 425.502, 425.512"),
        Input("quality_standard", "Quality performance standard", stated.quality_standard, "text",
              _list([*STANDARDS]), "Met, alternative or failed", "42 CFR 425.512"),
        Input("msr_choice", "Choice of MSR and MLR", stated.msr_choice, "percent1",
              _list("=msr_choices"), "Where the contract gives a choice", "42 CFR 425.605(b)(2)"),
        Input("low_revenue", "Low revenue ACO", yes_no(at.low_revenue), "text", _YES_NO,
              "Can share below the MSR at half the rate", "42 CFR 425.20, 425.605(h)"),
        Input("participant_revenue", "Participant revenue", at.participant_revenue, "cents",
              _DOLLARS, "Parts A and B dollars a year; empty: not stated", "42 CFR 425.605(d)"),
        Input("disaster_months", "Disaster: share of the months", at.disaster_months_share,
              "percent2", _SHARE, "Extreme and uncontrollable circumstances", _DISASTER),
        Input("disaster_beneficiaries", "Disaster: share of beneficiaries",
              at.disaster_beneficiary_share, "percent2", _SHARE, "Of those assigned", _DISASTER),
        Input("termination", "Early termination", at.termination, "text",
              _list([*TERMINATIONS]), "None, voluntary or involuntary", "42 CFR 425.221(b)"),
        Input("months_in_programme", "Months before termination", at.months_in_programme,
              "whole", _whole(0, 12), "12: the whole year", "42 CFR 425.221(b)"),
        Input("months_in_year", "Months in the performance year", at.months_in_year, "whole",
              _whole(1, 12), "6 for the half years of 2019", "42 CFR 425.609"),
        Input("guardrail", "Guardrail: savings not paid", yes_no(at.guardrail), "text", _YES_NO,
              "Savings only by the two-way benchmark update", "@savings_not_due"),
    ]
# fmt: on


#: What can be wrong with the inputs, and what to say; the first that is wrong is said.
_WRONG = (
    ("NOT(ISNUMBER(contract_row))", "which contract?"),
    ("NOT(ISNUMBER(beneficiaries))", "beneficiaries?"),
    (
        f"OR(beneficiaries<1,beneficiaries>{LARGEST_ACO},beneficiaries<>INT(beneficiaries))",
        "beneficiaries?",
    ),
    ("NOT(AND(ISNUMBER(benchmark),ISNUMBER(expenditure)))", "dollars?"),
    ("OR(benchmark<=0,expenditure<0.1*benchmark,expenditure>10*benchmark)", "dollars?"),
    ("OR(NOT(ISNUMBER(quality_score)),quality_score<0,quality_score>1)", "quality score?"),
    ('AND(termination="none",months_in_programme<12)', "which termination?"),
)
OK = "ok"
#: The formula that says what is wrong with the inputs, or ok.
CHECK = f'={"".join(f"IF({wrong},{chr(34)}{said}{chr(34)}," for wrong, said in _WRONG)}"{OK}"'
CHECK += ")" * len(_WRONG)
