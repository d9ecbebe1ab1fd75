"""The settlement rule as spreadsheet formulas.

The steps are those of `simulate.kernels.settlement_rule`; cells are spoken of by name, and
`INDEX(terms_...,contract_row)` is the chosen contract's term in the table of numbers. What
each formula must give stands in `settlement_values`. No function is newer than Excel 2007,
so every spreadsheet program computes them.
"""

from __future__ import annotations

from typing import NamedTuple

from simulate.kernels.settlement_rule import MAX_BANDS
from simulate.report.workbook.lookups import size_table_reference


class Line(NamedTuple):
    """One line of the sheet: a named cell and its formula.

    `reference` is text, or after @ the name of a reference that depends on the contract.
    """

    name: str
    label: str
    formula: str
    style: str
    detail: str
    reference: str = ""


def _term(key: str) -> str:
    """Return the formula of a term of the chosen contract."""
    return f"INDEX(terms_{key},contract_row)"


def _in_cents(dollars: str) -> str:
    """Return the formula that rounds dollars to whole cents, as the rule does."""
    return f"INT(({dollars})*100+0.5)"


#: What happened, by the number of the threshold passed: from -1 on, in the order of CHOOSE.
THRESHOLD_WORDS = ("MLR met", "neither MSR nor MLR met", "MSR met", "half rate below the MSR")

_MSR = (
    '=IF(OR(ISNUMBER(msr_stated),msr_stated="none"),msr_stated,'
    'IF(OR(msr_stated="size table",NOT(ISNUMBER(msr_choice)),'
    f"beneficiaries<{_term('size_table_below')}),size_table_msr,msr_choice))"
)
_HALF_RATE = (
    f'=IF(AND(low_revenue="yes",beneficiaries>={_term("half_rate_minimum")}),'
    f"{_term('half_rate')},0)"
)
_THRESHOLD = (
    f"=IF(gross>0,IF(IF(ISNUMBER(msr),{_in_cents('gross')}>={_in_cents('msr*settled_benchmark')},"
    "FALSE),1,IF(half_rate>0,2,0)),IF(AND(gross<0,ISNUMBER(mlr)),"
    f"IF({_in_cents('-gross')}>={_in_cents('mlr*settled_benchmark')},-1,0),0))"
)
_WORDS = "=CHOOSE(threshold+2," + ",".join(f'"{words}"' for words in THRESHOLD_WORDS) + ")"
_STANDARD = (
    f'=IF(AND(quality_standard="alternative",{_term("quality_rule")}<>"standard or alternative"),'
    '"met",quality_standard)'
)
_RATE_AFTER_QUALITY = (
    f'=IF(quality_rule="none",1,IF(standard="failed",0,IF(OR(quality_rule="score",'
    'AND(quality_rule="standard or alternative",standard="alternative")),quality_score,1)))'
    f"*{_term('maximum_sharing_rate')}"
)
_LOSS_RATE = (
    '=IF(loss_rule="fixed",maximum_loss_rate,MIN(MAX('
    'IF(loss_rule="one minus final sharing rate",1-rate_after_quality,IF(standard="failed",'
    f"maximum_loss_rate,1-{_term('maximum_sharing_rate')}*quality_score)),"
    f"{_term('loss_rate_floor')}),maximum_loss_rate))"
)
_BY_BENCHMARK = (
    f"=IF(OR(NOT(ISNUMBER({_term('loss_limit_of_benchmark')})),"
    f'AND({_term("revenue_replaces")}="yes",ISNUMBER(loss_limit_revenue))),"none",'
    f"{_term('loss_limit_of_benchmark')}*settled_benchmark)"
)
_BY_REVENUE = (
    f"=IF(AND(ISNUMBER({_term('loss_limit_of_revenue')}),ISNUMBER(participant_revenue)),"
    f'{_term("loss_limit_of_revenue")}*participant_revenue,"none")'
)
_SAVINGS_RATE = "=IF(settled_benchmark>0,gross/settled_benchmark,0)"
_LOSS_LIMIT = (
    '=IF(COUNT(loss_limit_benchmark,loss_limit_revenue)=0,"none",'
    "MIN(loss_limit_benchmark,loss_limit_revenue))"
)
_PAID = '=IF(OR(termination="none",months_in_programme>=12),IF(guardrail="yes",0,1),0)'
_OWED = (
    '=IF(OR(termination="none",months_in_programme>=12),1,'
    'IF(AND(termination="voluntary",months_in_programme<=6),0,months_in_programme/12))'
)
_SETTLED_BENCHMARK = (
    f"=benchmark*(1-{_term('benchmark_discount')}-{_term('quality_withhold')}*(1-earned_quality))"
)
_PART_WITH_CASH = '(part_of_year*IF(termination="none",1,months_in_programme/12))'
_EXTRA_CASH = (
    f"={_term('extra_cash_once')}+{_PART_WITH_CASH}*({_term('extra_cash_per_year')}"
    f"+beneficiaries*{_term('extra_cash_per_beneficiary')}"
    f"+{_term('extra_cash_of_benchmark')}*benchmark)"
)
_INSIDE = (
    "(beneficiaries-INDEX(size_from,size_row))/(INDEX(size_to,size_row)-INDEX(size_from,size_row))"
)
_SIZE_TABLE_MSR = (
    f"=IF(ISNUMBER(INDEX(size_to,size_row)),INDEX(size_msr_from,size_row)*(1-{_INSIDE})"
    f"+INDEX(size_msr_to,size_row)*{_INSIDE},INDEX(size_msr_from,size_row))"
)


def _sum_of_bands(side: str) -> str:
    return "=" + "+".join(f"{side}_band_{number}" for number in range(1, MAX_BANDS + 1))


def _band_lines(side: str, words: str, counted: str) -> list[Line]:
    """Return two lines a band: its upper edge, and the band's share of what falls into it."""
    lines = []
    for number in range(1, MAX_BANDS + 1):
        key, reference = f"{side}_band_{number}", f"@{side}_bands"
        edge, lower, share = f"{key}_edge", f"{side}_band_{number - 1}_edge", _term(f"{key}_share")
        up_to = _term(f"{key}_up_to")
        inside = f"IF(ISNUMBER({edge}),MIN({counted},{edge}),{counted})"
        part = f"{share}*MAX({inside},0)"
        if number > 1:
            part = f"IF(ISNUMBER({lower}),{share}*MAX({inside}-{lower},0),0)"
        lines += [
            Line(edge, f"{words} band {number}: upper edge",
                 f'=IF(ISNUMBER({up_to}),{up_to}*settled_benchmark,"none")', "cents",
                 "Part of the settled benchmark", reference),
            Line(key, f"{words} band {number}: shared", f"={part}", "cents",
                 "The band's share of what falls into it", reference),
        ]  # fmt: skip
    return lines


# fmt: off
_RESULT = [
    Line("shared_savings", "Shared savings, paid to the ACO",
         f"={_in_cents('savings_due')}/100", "cents", "To the cent", "@contract"),
    Line("shared_losses", "Shared losses, owed by the ACO",
         f"={_in_cents('losses_due')}/100", "cents", "To the cent", "@contract"),
    Line("extra_cash", "Extra cash flows of the contract", _EXTRA_CASH, "cents",
         "A year, a beneficiary, or part of the benchmark", "@extra_cash"),
    Line("incentive", "Performance incentive",
         f"={_PART_WITH_CASH}*{_term('performance_incentive')}*earned_quality*benchmark", "cents",
         "Earned by quality", "@performance_incentive"),
    Line("net", "Net outcome", "=ROUND(shared_savings-shared_losses+extra_cash+incentive,2)",
         "cents", "Savings less losses plus cash flows and incentive"),
    Line("withheld", "Of shared savings, withheld", f"={_term('withhold')}*savings_due", "cents",
         "Held back against later losses", "@withhold"),
    Line("terms_year", "Terms of performance year", f"={_term('performance_year')}", "whole",
         "The ACO's own, or the nearest that is covered", "@standing"),
]
_GROSS = [
    Line("settled_benchmark", "Settled benchmark", _SETTLED_BENCHMARK, "cents",
         "Updated benchmark less discount and lost withhold", "@settled_benchmark"),
    Line("gross", "Gross savings (+) or losses (-)", "=settled_benchmark-expenditure", "cents",
         "Settled benchmark less expenditure", "@gross"),
    Line("savings_rate", "Savings rate", _SAVINGS_RATE, "percent4",
         "Of the settled benchmark", "@gross"),
    Line("msr", "Minimum savings rate (MSR)", _MSR, "percent4",
         "Stated, chosen, or of the size table", "@msr"),
    Line("msr_dollars", "MSR in dollars",
         f'=IF(ISNUMBER(msr),{_in_cents("msr*settled_benchmark")}/100,"none")', "cents",
         "MSR times settled benchmark", "@msr"),
    Line("mlr", "Minimum loss rate (MLR)", '=IF(mlr_stated="same as MSR",msr,mlr_stated)',
         "percent4", "None: one-sided, nothing is ever owed", "@mlr"),
    Line("mlr_dollars", "MLR in dollars",
         f'=IF(ISNUMBER(mlr),{_in_cents("mlr*settled_benchmark")}/100,"none")', "cents",
         "MLR times settled benchmark", "@mlr"),
    Line("half_rate", "Half rate below the MSR", _HALF_RATE, "percent2",
         "Of the final sharing rate; 0: there is none", "@half_rate"),
    Line("threshold", "Threshold passed", _THRESHOLD, "whole",
         "1: MSR, 2: half rate, -1: MLR, 0: none; in whole cents", "@msr"),
    Line("threshold_words", "In words", _WORDS, "text", "", ""),
]
_SAVINGS = [
    Line("sharing_rate", "Final sharing rate",
         "=rate_after_quality*IF(threshold=2,half_rate,1)", "percent4",
         "Halved where the half rate applies", "@sharing_rate"),
    Line("savings_counted", "Savings that count",
         "=IF(threshold>0,MAX(gross-net_threshold*settled_benchmark,0),0)", "cents",
         "From the first dollar, or above a threshold", "@net_threshold"),
    Line("savings_shareable", "Savings to be shared", _sum_of_bands("savings"), "cents",
         "All that count, or band by band below", "@savings_bands"),
    Line("savings_share", "The ACO's share", "=sharing_rate*savings_shareable", "cents",
         "Final sharing rate times savings to be shared", "@sharing_rate"),
    Line("sequestered", "Sequestration", f"={_term('sequestration')}*savings_share", "cents",
         "Taken off before the payment limit", "@sequestration"),
    Line("payment_limit", "Payment limit",
         f'=IF(ISNUMBER({_term("payment_limit")}),{_term("payment_limit")}*settled_benchmark,"none")',
         "cents", "Part of the settled benchmark", "@payment_limit"),
    Line("savings_limited", "Share after sequestration and limit",
         "=MIN(savings_share-sequestered,IF(ISNUMBER(payment_limit),payment_limit,savings_share))",
         "cents", "The smaller of both", "@payment_limit"),
    Line("savings_paid", "Part of it that is paid", _PAID, "percent2",
         "Nothing after termination, or by the guardrail", "@savings_not_due"),
    Line("savings_due", "Shared savings before rounding",
         "=savings_limited*savings_paid*part_of_year", "cents", "Times the part of the year",
         "@savings_not_due"),
]
_LOSSES = [
    Line("loss_rate", "Shared loss rate", _LOSS_RATE, "percent4",
         "Fixed, or one minus sharing within its bounds", "@loss_rate"),
    Line("losses_counted", "Losses that count", "=IF(threshold<0,-gross,0)", "cents",
         "From the first dollar", "@mlr"),
    Line("losses_shareable", "Losses to be shared", _sum_of_bands("loss"), "cents",
         "All that count, or band by band below", "@loss_bands"),
    Line("losses_share", "The ACO's share", "=loss_rate*losses_shareable", "cents",
         "Shared loss rate times losses to be shared", "@loss_rate"),
    Line("loss_limit_benchmark", "Loss limit by the benchmark", _BY_BENCHMARK, "cents",
         "Part of the settled benchmark", "@loss_limit_of_benchmark"),
    Line("loss_limit_revenue", "Loss limit by revenue", _BY_REVENUE, "cents",
         "Part of participant revenue, where stated", "@loss_limit_of_revenue"),
    Line("loss_limit", "Loss limit in force", _LOSS_LIMIT, "cents", "The smaller of both",
         "@loss_limit_of_benchmark"),
    Line("losses_limited", "Share after the limit",
         "=IF(ISNUMBER(loss_limit),MIN(losses_share,loss_limit),losses_share)", "cents",
         "The smaller of share and limit", "@loss_limit_of_benchmark"),
    Line("disaster_relief", "Disaster relief",
         "=disaster_months*disaster_beneficiaries*losses_limited", "cents",
         "Share of months times share of beneficiaries", "@disaster_relief"),
    Line("losses_owed", "Part of it that is owed", _OWED, "percent4",
         "Less than all after early termination", "@losses_not_due"),
    Line("losses_due", "Shared losses before rounding",
         "=(losses_limited-disaster_relief)*losses_owed*part_of_year", "cents",
         "Times the part of the year", "@losses_not_due"),
]
_BEHIND = [
    Line("contract_row", "Row of the contract", "=MATCH(contract,contract_list,0)", "whole",
         "In Terms (numbers), below its header"),
    Line("quality_rule", "Quality rule", f"={_term('quality_rule')}", "text",
         "Of the year whose terms apply", "@quality_rule"),
    Line("standard", "Quality standard settled", _STANDARD, "text",
         "Before 2023 the alternative counts as met", "@quality_rule"),
    Line("earned_quality", "Quality score that counts", '=IF(standard="failed",0,quality_score)',
         "percent2", "0 where the standard is failed", "@quality_rule"),
    Line("rate_after_quality", "Sharing rate after quality", _RATE_AFTER_QUALITY, "percent4",
         "Maximum rate, times the score where the rule says so", "@sharing_rate"),
    Line("msr_stated", "MSR as the contract states it", f"={_term('minimum_savings_rate')}",
         "percent2", "A rate, a choice or the size table", "@msr"),
    Line("mlr_stated", "MLR as the contract states it", f"={_term('minimum_loss_rate')}",
         "percent2", "A rate, the same as the MSR, or none", "@mlr"),
    Line("size_row", "Row of the size table", "=MATCH(beneficiaries,size_from,1)", "whole",
         "In MSR size table, below its header", size_table_reference()),
    Line("size_table_msr", "MSR of the size table", _SIZE_TABLE_MSR, "percent4",
         "Linear inside the row", size_table_reference()),
    Line("net_threshold", "Savings count only above",
         f"=IF(beneficiaries<{_term('net_threshold_exempt_below')},0,{_term('net_threshold')})",
         "percent2", "Of the settled benchmark", "@net_threshold"),
    Line("loss_rule", "Loss rate rule", f"={_term('loss_rate_rule')}", "text",
         "How quality moves the shared loss rate", "@loss_rate"),
    Line("maximum_loss_rate", "Shared loss rate, at most", f"={_term('maximum_loss_rate')}",
         "percent2", "Of losses", "@loss_rate"),
    Line("part_of_year", "Part of the year", "=months_in_year/12", "percent2",
         "Months in the performance year over 12", "@losses_not_due"),
]
# fmt: on

#: The sheet below its inputs: heading and lines of every section.
SECTIONS: dict[str, list[Line]] = {
    "Result": _RESULT,
    "Gross savings or losses, and the threshold": _GROSS,
    "Shared savings": _SAVINGS,
    "Shared losses": _LOSSES,
    "Terms that stand behind": _BEHIND,
    "Risk corridors: what falls into each band": [
        *_band_lines("savings", "Savings", "savings_counted"),
        *_band_lines("loss", "Losses", "losses_counted"),
    ],
}
