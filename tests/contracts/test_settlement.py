"""Single settlements against CMS's worked examples and arithmetic done by hand."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from settlement_cases import IDS, Situation, situations

from simulate.contracts.contract import load_contract
from simulate.contracts.resolution import Circumstances, resolve
from simulate.contracts.settlement import Settlement, settle
from simulate.errors import UserError
from simulate.kernels import settlement_rule as rule

M = 1_000_000.0
CENT = 0.005  # tolerance: the result is rounded to the cent


def settled(
    contract_id: str,
    benchmark: float,
    expenditure: float,
    quality: float = 1.0,
    standard: str = "met",
    beneficiaries: int = 20_000,
    **at: Any,
) -> Settlement:
    where = {key: value for key, value in at.items() if key != "terms"}
    contract = load_contract(contract_id).with_terms(at.get("terms", {}))
    circumstances = Circumstances(assigned_beneficiaries=beneficiaries, **where)
    return settle(contract, circumstances, benchmark, expenditure, quality, standard)


def lines(settlement: Settlement) -> dict[str, float]:
    return {step.step: step.dollars for step in settlement.waterfall}


# ---- CMS's own examples: methodology specifications v11 (January 2023), section 4.3 ----


def test_cms_example_basic_b_quality_standard_met() -> None:
    # 500M - 487M = 13M >= 2% x 500M = 10M; 40% x 13M = 5.2M; less 2% = 104,000.
    s = settled("basic-b", 500 * M, 487 * M, 1.0, "met", 60_000, performance_year=2023)
    assert s.shared_savings == pytest.approx(5_096_000, abs=CENT)
    assert lines(s) == {
        "updated benchmark": 500 * M,
        "expenditure": -487 * M,
        "gross savings": 13 * M,
        "minimum savings rate": 10 * M,
        "kept by Medicare": -7_800_000,
        "sequestration": -104_000,
        "shared savings": 5_096_000,
    }
    assert s.outcome.limit == 50 * M


def test_cms_example_basic_b_alternative_standard() -> None:
    # 40% x 0.45 = 18%; 18% x 13M = 2.34M; less 2% = 46,800.
    s = settled("basic-b", 500 * M, 487 * M, 0.45, "alternative", 60_000, performance_year=2023)
    assert s.shared_savings == pytest.approx(2_293_200, abs=CENT)
    assert lines(s)["sequestration"] == -46_800


def test_cms_example_enhanced_losses_both_standards_failed() -> None:
    # -2.6M; MLR 1% = 1.3M passed; 75% x 2.6M = 1.95M; relief 15% x 90% = 13.5% = 263,250.
    s = settled(
        "enhanced", 130 * M, 132.6 * M, 0.45, "failed", msr="1.0", performance_year=2023,
        disaster_months_share=0.15, disaster_beneficiary_share=0.90,
    )  # fmt: skip
    assert s.shared_losses == pytest.approx(1_686_750, abs=CENT)
    assert s.net == -s.shared_losses
    assert lines(s) == {
        "updated benchmark": 130 * M,
        "expenditure": -132.6 * M,
        "gross losses": -2.6 * M,
        "minimum loss rate": 1.3 * M,
        "borne by Medicare": 650_000,
        "disaster relief": 263_250,
        "shared losses": -1_686_750,
    }


def test_cms_example_enhanced_losses_alternative_standard_is_a_slip_of_cms() -> None:
    # 1 - 0.75 x 0.45 = 66.25%; 66.25% x 2.6M = 1,722,500.
    # By CMS's own rule the relief is 13.5% x 1,722,500 = 232,537.50 and
    #   1,722,500 - 232,537.50 = 1,489,962.50.
    # CMS prints 1,459,250 = 1,722,500 - 263,250: it subtracts the relief of the case before,
    # 13.5% x 1,950,000. The difference, 30,712.50 = 13.5% x (1,950,000 - 1,722,500), is that slip.
    s = settled(
        "enhanced", 130 * M, 132.6 * M, 0.45, "alternative", msr="1.0", performance_year=2023,
        disaster_months_share=0.15, disaster_beneficiary_share=0.90,
    )  # fmt: skip
    assert s.outcome.loss_rate == pytest.approx(0.6625, abs=1e-12)
    assert s.outcome.share == pytest.approx(1_722_500, abs=CENT)
    assert s.shared_losses == pytest.approx(1_489_962.50, abs=CENT)
    printed_by_cms = 1_459_250
    assert s.shared_losses - printed_by_cms == pytest.approx(0.135 * (1.95 * M - 1_722_500))


# ---- Rows of the published results of performance year 2024; each within $1 ----


@pytest.mark.parametrize(
    ("contract_id", "gross", "paid"),
    [
        # 146,796,368 x 0.75 x 0.98 = 107,895,330.48
        ("enhanced", 146_796_368.0, 107_895_330.0),
        # 22,741,822 x 0.50 x 0.98 = 11,143,492.78
        ("basic-e", 22_741_822.0, 11_143_493.0),
    ],
)
def test_published_payments_of_2024(contract_id: str, gross: float, paid: float) -> None:
    s = settled(contract_id, 10 * gross, 9 * gross, performance_year=2024)
    assert s.shared_savings == pytest.approx(paid, abs=1.0)


@pytest.mark.parametrize(
    ("score", "rate"),
    [(0.5410, 0.5942), (0.7705, 0.4221), (0.7718, 0.42115), (0.7178, 0.4616)],
)
def test_published_loss_rates_of_2024(score: float, rate: float) -> None:
    # 1 - 0.75 x score, to the four decimals printed (half a unit, and the tie 0.59425).
    s = settled("enhanced", 100 * M, 105 * M, score, "met", performance_year=2024)
    assert s.outcome.loss_rate == pytest.approx(rate, abs=5.1e-5)
    assert s.shared_losses == pytest.approx((1 - 0.75 * score) * 5 * M, abs=CENT)


# ---- Every contract by hand; benchmark 100M unless said; the comment is the arithmetic ----

CASES: list[tuple[str, str, float, float, dict[str, Any], float]] = [
    # (contract, what, expenditure, quality score, the rest, net)
    # track-1: 50% x q; table at 20,000: 2.5%; 2% sequestration; limit 10%; one-sided.
    ("track-1", "savings", 95e6, 0.9, {"performance_year": 2016}, 2_205_000),  # .45x5M=2.25M x.98
    ("track-1", "below MSR", 97.6e6, 1.0, {"performance_year": 2016}, 0),  # 2.4M < 2.5M
    ("track-1", "no losses", 130e6, 0.0, {"performance_year": 2016}, 0),
    ("track-1", "limit", 75e6, 1.0, {"performance_year": 2016}, 10e6),  # 12.5M x.98=12.25M > 10M
    ("track-1", "third year", 110e6, 1.0, {"performance_year": 2015, "agreement_year": 3}, 0),
    # track-1-second-agreement-proposed-2014: 40%.
    ("track-1-second-agreement-proposed-2014", "savings", 95e6, 0.9, {}, 1_764_000),  # .36x5Mx.98
    ("track-1-second-agreement-proposed-2014", "limit", 70e6, 1.0, {}, 10e6),  # 12M x.98=11.76M
    ("track-1-second-agreement-proposed-2014", "no losses", 120e6, 1.0, {}, 0),
    # track-1-proposed-2011: only what exceeds 2% of the benchmark (2M); limit 7.5%.
    ("track-1-proposed-2011", "net of 2%", 95e6, 1.0, {}, 1_470_000),  # .5x(5M-2M)=1.5M x.98
    ("track-1-proposed-2011", "quality", 95e6, 0.8, {"agreement_year": 2}, 1_176_000),  # .4x3Mx.98
    # Below 10,000 exempt: table at 9,999 is 3.0%, 5M passes; .5 x 5M x .98.
    ("track-1-proposed-2011", "exempt", 95e6, 1.0, {"beneficiaries": 9999}, 2_450_000),
    ("track-1-proposed-2011", "at 10,000", 95e6, 1.0, {"beneficiaries": 10_000}, 1_470_000),
    ("track-1-proposed-2011", "limit", 75e6, 1.0, {}, 7.5e6),  # .5 x 23M x .98 = 11.27M
    ("track-1-proposed-2011", "bonus", 95e6, 1.0,
     {"terms": {"sharing_rate_bonus": 0.025}}, 1_543_500),  # .525 x 3M = 1.575M x .98
    ("track-1-proposed-2011", "year 2, losses", 110e6, 1.0, {"agreement_year": 2}, 0),
    # Year 3: 60%, flat 2%, first dollar, limit 10%; losses 1 - final rate, limit 5%.
    ("track-1-proposed-2011", "year 3", 95e6, 0.9, {"agreement_year": 3}, 2_646_000),  # .54x5Mx.98
    ("track-1-proposed-2011", "year 3 limit", 80e6, 1.0, {"agreement_year": 3}, 10e6),  # 11.76M
    ("track-1-proposed-2011", "year 3 losses", 105e6, 0.9, {"agreement_year": 3}, -2_300_000),
    ("track-1-proposed-2011", "year 3 cap", 120e6, 0.9, {"agreement_year": 3}, -5e6),  # .46x20M
    # track-2-proposed-2011: 60%, flat 2%, limit 10%; losses 1 - final, no clamp.
    ("track-2-proposed-2011", "savings", 95e6, 1.0, {}, 2_940_000),  # .6 x 5M x .98
    ("track-2-proposed-2011", "limit", 80e6, 1.0, {}, 10e6),  # 12M x .98 = 11.76M
    ("track-2-proposed-2011", "losses", 104e6, 0.5, {}, -2_800_000),  # 1-.3=.7; .7 x 4M
    ("track-2-proposed-2011", "failed", 104e6, 0.0, {}, -4e6),  # 1 - 0: all of it
    ("track-2-proposed-2011", "bonus", 104e6, 1.0,
     {"terms": {"sharing_rate_bonus": 0.05}}, -1_400_000),  # 1 - .65 = .35; x 4M
    ("track-2-proposed-2011", "cap 1", 120e6, 0.5, {"agreement_year": 1}, -5e6),  # 14M
    ("track-2-proposed-2011", "cap 2", 120e6, 0.5, {"agreement_year": 2}, -7.5e6),
    ("track-2-proposed-2011", "cap 3", 120e6, 0.5, {"agreement_year": 3}, -10e6),
    # track-2-2012: 60%, flat 2%, limit 15%; losses 1 - final, at most 60%.
    ("track-2-2012", "savings", 94e6, 0.9, {}, 3_175_200),  # .54 x 6M = 3.24M x .98
    ("track-2-2012", "limit", 70e6, 1.0, {}, 15e6),  # 18M x .98 = 17.64M
    ("track-2-2012", "losses", 103e6, 1.0, {}, -1_200_000),  # 1-.6=.4; x 3M
    # Final rate .5876 (q = .97933...): loss rate .4124, as CMS published.
    ("track-2-2012", "published", 103e6, 0.5876 / 0.6, {}, -1_237_200),
    ("track-2-2012", "ceiling", 103e6, 0.5, {}, -1_800_000),  # 1-.3=.7 -> .6; x 3M
    ("track-2-2012", "cap 1", 120e6, 0.5, {"agreement_year": 1}, -5e6),  # 12M
    ("track-2-2012", "cap 2", 120e6, 0.5, {"agreement_year": 2}, -7.5e6),
    ("track-2-2012", "cap 3", 120e6, 0.5, {"agreement_year": 3}, -10e6),
    ("track-2-2012", "cap 4", 120e6, 0.5, {"agreement_year": 4}, -10e6),
    # track-2-proposed-2014: the table both ways, 2.5% at 20,000.
    ("track-2-proposed-2014", "below", 97.6e6, 1.0, {}, 0),  # 2.4M < 2.5M
    ("track-2-proposed-2014", "savings", 97.4e6, 1.0, {}, 1_528_800),  # .6 x 2.6M x .98
    ("track-2-proposed-2014", "above -MLR", 102.4e6, 1.0, {}, 0),
    ("track-2-proposed-2014", "floor", 102.6e6, 1.0, {}, -1_040_000),  # .4 x 2.6M
    ("track-2-proposed-2014", "ceiling", 102.6e6, 0.1, {}, -1_560_000),  # .6 x 2.6M
    ("track-2-proposed-2014", "limit", 70e6, 1.0, {}, 15e6),
    ("track-2-proposed-2014", "cap 2", 120e6, 0.1, {"agreement_year": 2}, -7.5e6),
    # track-2 (2016 on): MSR = MLR by choice.
    ("track-2", "savings", 99e6, 0.9, {"performance_year": 2017, "msr": "1.0"}, 529_200),  # .54M
    ("track-2", "below", 99e6, 0.9, {"performance_year": 2017, "msr": "1.5"}, 0),
    ("track-2", "losses", 101e6, 0.9, {"performance_year": 2017, "msr": "1.0"}, -460_000),  # .46
    ("track-2", "floor", 101e6, 1.0, {"performance_year": 2017, "msr": "1.0"}, -400_000),
    ("track-2", "ceiling", 101e6, 0.2, {"performance_year": 2017, "msr": "1.0"}, -600_000),
    ("track-2", "limit", 70e6, 1.0, {"performance_year": 2017}, 15e6),
    ("track-2", "cap 1", 120e6, 0.2, {"performance_year": 2017}, -5e6),  # .6 x 20M = 12M
    ("track-2", "cap 2", 120e6, 0.2, {"performance_year": 2017, "agreement_year": 2}, -7.5e6),
    ("track-2", "cap 3", 120e6, 0.2, {"performance_year": 2018, "agreement_year": 3}, -10e6),
    # track-3-proposed-2014: flat 2%, 75%, limits 20% and 15%, losses in [40%, 75%].
    ("track-3-proposed-2014", "savings", 96e6, 0.8, {"msr": "0.0"}, 2_352_000),  # .6 x 4M x .98
    ("track-3-proposed-2014", "below", 98.1e6, 1.0, {"msr": "0.0"}, 0),
    ("track-3-proposed-2014", "losses", 104e6, 0.4, {}, -2_800_000),  # 1-.3=.7; x 4M
    ("track-3-proposed-2014", "limit", 70e6, 1.0, {}, 20e6),  # 22.5M x .98 = 22.05M
    ("track-3-proposed-2014", "cap", 130e6, 0.4, {}, -15e6),  # .7 x 30M = 21M
    # track-3
    ("track-3", "savings", 95e6, 0.8, {"performance_year": 2017}, 2_940_000),  # .6 x 5M x .98
    ("track-3", "losses", 105e6, 0.6, {"performance_year": 2017}, -2_750_000),  # 1-.45=.55
    # Final rate .7226 would give .2774: the floor, 40%, as CMS published.
    ("track-3", "floor", 105e6, 0.7226 / 0.75, {"performance_year": 2017}, -2_000_000),
    ("track-3", "failed", 105e6, 0.9, {"performance_year": 2017, "standard": "failed"}, -3.75e6),
    ("track-3", "limit", 70e6, 1.0, {"performance_year": 2017}, 20e6),
    ("track-3", "cap", 130e6, 0.6, {"performance_year": 2017}, -15e6),  # .55 x 30M = 16.5M
    ("track-3", "cap year 1", 130e6, 0.6, {"performance_year": 2016, "agreement_year": 1}, -15e6),
    # track-1-plus: 50% x q, fixed 30%; 8% of revenue where stated, else 4% of the benchmark.
    ("track-1-plus", "savings", 95e6, 0.8, {"performance_year": 2018}, 1_960_000),  # .4 x 5M x .98
    ("track-1-plus", "losses", 105e6, 0.2, {"performance_year": 2018}, -1_500_000),  # .3 x 5M
    ("track-1-plus", "cap", 120e6, 1.0, {"performance_year": 2018}, -4e6),  # .3 x 20M = 6M
    ("track-1-plus", "revenue 30M", 120e6, 1.0,
     {"performance_year": 2018, "participant_revenue": 30e6}, -2.4e6),  # 8% x 30M
    # Revenue stated: its limit alone, even where it is above 4% of the benchmark.
    ("track-1-plus", "revenue 60M", 120e6, 1.0,
     {"performance_year": 2018, "participant_revenue": 60e6}, -4.8e6),  # 8% x 60M = 4.8M < 6M
    ("track-1-plus", "limit", 75e6, 1.0, {"performance_year": 2018}, 10e6),  # 12.25M
    # basic-a, basic-b: 40%, the table (2.5%), limit 10%, one-sided.
    ("basic-a", "savings", 95e6, 0.3, {}, 1_960_000),  # standard met: .4 x 5M x .98
    ("basic-a", "no losses", 125e6, 1.0, {}, 0),
    ("basic-a", "limit", 70e6, 1.0, {}, 10e6),  # 12M x .98 = 11.76M
    ("basic-b", "savings", 95e6, 0.3, {}, 1_960_000),
    ("basic-b", "no losses", 125e6, 1.0, {}, 0),
    ("basic-b", "alternative", 95e6, 0.5, {"standard": "alternative"}, 980_000),  # .2 x 5M x .98
    ("basic-b", "limit", 70e6, 1.0, {}, 10e6),
    # basic-c, d, e: 50%, fixed 30% of losses, lesser of revenue and benchmark.
    ("basic-c", "savings", 95e6, 0.3, {}, 2_450_000),  # .5 x 5M x .98
    ("basic-c", "losses", 103e6, 0.0, {"standard": "failed"}, -900_000),  # .3 x 3M
    ("basic-c", "cap", 110e6, 1.0, {}, -1e6),  # .3 x 10M = 3M; 1% of the benchmark
    ("basic-c", "revenue", 110e6, 1.0, {"participant_revenue": 40e6}, -800_000),  # 2% x 40M
    ("basic-c", "large revenue", 110e6, 1.0, {"participant_revenue": 400e6}, -1e6),  # 8M > 1M
    ("basic-c", "limit", 70e6, 1.0, {}, 10e6),  # 15M x .98 = 14.7M
    ("basic-d", "savings", 98e6, 1.0, {"msr": "2.0"}, 980_000),  # just met: .5 x 2M x .98
    ("basic-d", "losses", 103e6, 0.5, {}, -900_000),
    ("basic-d", "cap", 110e6, 1.0, {}, -2e6),  # 3M; 2%
    ("basic-d", "revenue", 110e6, 1.0, {"participant_revenue": 40e6}, -1.6e6),  # 4% x 40M
    ("basic-d", "limit", 70e6, 1.0, {}, 10e6),
    ("basic-e", "savings", 99.5e6, 1.0, {"msr": "0.5"}, 245_000),  # .5 x .5M x .98
    ("basic-e", "losses", 103e6, 0.5, {}, -900_000),
    ("basic-e", "cap", 120e6, 1.0, {}, -4e6),  # 6M; 4%
    ("basic-e", "revenue", 120e6, 1.0, {"participant_revenue": 40e6}, -3.2e6),  # 8% x 40M
    ("basic-e", "revenue above", 120e6, 1.0, {"participant_revenue": 60e6}, -4e6),  # 4.8M > 4M
    ("basic-e", "no revenue at all", 120e6, 1.0, {"participant_revenue": 0.0}, 0),
    ("basic-e", "limit", 70e6, 1.0, {}, 10e6),
    # enhanced: 75%; from 2023 losses at 1 - .75 x score in [40%, 75%], the standard met or not.
    ("enhanced", "savings", 95e6, 0.3, {}, 3_675_000),  # .75 x 5M x .98
    ("enhanced", "alternative", 95e6, 0.6, {"standard": "alternative"}, 2_205_000),  # .45
    ("enhanced", "failed", 95e6, 0.6, {"standard": "failed"}, 0),
    ("enhanced", "losses", 105e6, 0.6, {}, -2_750_000),  # 1-.45=.55; x 5M
    ("enhanced", "floor", 105e6, 0.9, {}, -2_000_000),  # 1-.675=.325 -> .4
    ("enhanced", "ceiling", 105e6, 0.2, {}, -3_750_000),  # 1-.15=.85 -> .75
    ("enhanced", "both failed", 105e6, 0.9, {"standard": "failed"}, -3_750_000),
    ("enhanced", "limit", 70e6, 1.0, {}, 20e6),  # 22.5M x .98 = 22.05M
    ("enhanced", "cap", 130e6, 0.2, {}, -15e6),  # .75 x 30M = 22.5M
]  # fmt: skip


@pytest.mark.parametrize(
    ("contract_id", "expenditure", "quality", "rest", "net"),
    [pytest.param(c, x, q, rest, n, id=f"{c}: {what}") for c, what, x, q, rest, n in CASES],
)
def test_by_hand(
    contract_id: str, expenditure: float, quality: float, rest: dict[str, Any], net: float
) -> None:
    s = settled(contract_id, 100 * M, expenditure, quality, **rest)
    assert s.net == pytest.approx(net, abs=CENT)
    assert s.shared_savings == pytest.approx(max(net, 0), abs=CENT)
    assert s.shared_losses == pytest.approx(max(-net, 0), abs=CENT)


def test_every_contract_was_settled_by_hand_with_savings_and_with_losses() -> None:
    assert {c for c, _, _, _, _, net in CASES if net > 0} == set(IDS)
    assert {c for c, _, x, _, _, _ in CASES if x > 100 * M} == set(IDS)


@pytest.mark.parametrize("contract_id", IDS)
def test_a_capped_payee_receives_exactly_the_limit_not_98_percent_of_it(contract_id: str) -> None:
    s = settled(contract_id, 119_762_995.0, 20_000_000.0)
    percent = 100 * s.outcome.shared_savings / 119_762_995.0
    limit = 100 * resolve(load_contract(contract_id), Circumstances(20_000)).terms.payment_limit
    assert percent == pytest.approx(limit, abs=1e-12)
    assert lines(s)["above the payment limit"] < 0


def test_the_published_capped_payee_of_2016() -> None:
    # Benchmark 119,762,995: paid 11,976,300 (10.000%, to the dollar), not 98% of that.
    s = settled("track-1", 119_762_995.0, 90_000_000.0, performance_year=2016)
    assert s.shared_savings == 11_976_299.50
    # Sequestration after the limit would pay 11,736,773.51.
    assert s.shared_savings != pytest.approx(11_736_773.51, abs=1000)


# ---- Sequestration and quality by performance year ----


@pytest.mark.parametrize(
    ("year", "paid"),
    [
        # track-3, 100M and 90M, score .8. Score years: .75 x .8 x 10M = 6M.
        (2018, 5_880_000),  # x .98
        (2019, 6_000_000),  # paid while sequestration was suspended
        (2020, 6_000_000),  # suspended; the rate is still maximum x score
        (2021, 7_350_000),  # pass or fail: .75 x 10M = 7.5M; x .98
    ],
)
def test_sequestration_and_quality_by_performance_year(year: int, paid: float) -> None:
    s = settled("track-3", 100 * M, 90 * M, 0.8, performance_year=year)
    assert s.shared_savings == pytest.approx(paid, abs=CENT)
    assert ("sequestration" in lines(s)) == (year not in (2019, 2020))


def test_sequestration_is_never_taken_off_losses() -> None:
    for year in range(2016, 2022):
        s = settled("track-1-plus", 100 * M, 105 * M, performance_year=year)
        assert s.shared_losses == 1_500_000
        assert s.outcome.sequestered == 0


@pytest.mark.parametrize(
    ("year", "standard", "score", "rate"),
    [
        (2020, "met", 0.48, 0.36),  # .75 x .48
        (2020, "failed", 0.48, 0.0),
        (2021, "met", 0.48, 0.75),
        (2021, "failed", 0.99, 0.0),
        (2022, "met", 0.0, 0.75),
        (2022, "failed", 0.99, 0.0),
        (2023, "met", 0.48, 0.75),
        (2023, "alternative", 0.48, 0.36),
        (2023, "failed", 0.99, 0.0),
        (2026, "met", 0.48, 0.75),
        (2026, "alternative", 0.48, 0.36),
        (2026, "failed", 0.99, 0.0),
    ],
)
def test_final_sharing_rate_by_quality_period(
    year: int, standard: str, score: float, rate: float
) -> None:
    s = settled("enhanced", 100 * M, 90 * M, score, standard, performance_year=year)
    assert s.outcome.sharing_rate == pytest.approx(rate, abs=1e-15)


@pytest.mark.parametrize(
    ("year", "standard", "score", "rate"),
    [
        (2020, "met", 0.6, 0.55),  # 1 - .75 x .6
        (2020, "met", 0.9, 0.40),  # 1 - .675 -> floor
        (2020, "failed", 0.9, 0.75),  # 1 - 0 -> ceiling
        (2021, "met", 0.2, 0.75),  # 1 - .15 -> ceiling, though the sharing rate is full
        (2022, "failed", 0.9, 0.75),
        (2023, "met", 0.2, 0.75),  # the score counts though the standard is met
        (2023, "met", 0.6, 0.55),
        (2023, "alternative", 0.6, 0.55),
        (2024, "met", 1.0, 0.40),
        (2024, "met", 0.8, 0.40),  # 1 - .6 = .4: at the floor
        (2024, "met", 1 / 3, 0.75),  # 1 - .25 = .75: at the ceiling
        (2024, "failed", 1.0, 0.75),
    ],
)
def test_enhanced_loss_rate_by_quality_period(
    year: int, standard: str, score: float, rate: float
) -> None:
    s = settled("enhanced", 100 * M, 105 * M, score, standard, performance_year=year)
    assert s.outcome.loss_rate == pytest.approx(rate, abs=1e-15)


@pytest.mark.parametrize("contract_id", ["basic-c", "basic-d", "basic-e", "track-1-plus"])
@pytest.mark.parametrize("standard", ["met", "failed"])
@pytest.mark.parametrize("score", [0.0, 0.5, 1.0])
def test_a_fixed_loss_rate_is_30_percent_whatever_the_quality(
    contract_id: str, standard: str, score: float
) -> None:
    assert settled(contract_id, 100 * M, 103 * M, score, standard).outcome.loss_rate == 0.30


# ---- Half rate: 42 CFR 425.605(h) ----


@pytest.mark.parametrize(
    ("contract_id", "paid"),
    [
        # 1M of savings, below the table's 2.5M or the chosen 2M.
        ("basic-a", 196_000),  # 20% x 1M x .98
        ("basic-b", 196_000),
        ("basic-c", 245_000),  # 25% x 1M x .98
        ("basic-d", 245_000),
        ("basic-e", 245_000),
        ("enhanced", 0),
    ],
)
def test_half_rate_below_the_msr(contract_id: str, paid: float) -> None:
    at = {"low_revenue": True, "performance_year": 2024}
    s = settled(contract_id, 100 * M, 99 * M, **at)
    assert s.shared_savings == pytest.approx(paid, abs=CENT)
    assert s.outcome.threshold == (rule.SAVINGS_AT_HALF_RATE if paid else rule.BELOW_THRESHOLD)
    # Half of the quality-adjusted rate; nothing where quality failed.
    alternative = settled(contract_id, 100 * M, 99 * M, 0.5, "alternative", **at)
    assert alternative.shared_savings == pytest.approx(paid / 2, abs=CENT)
    assert settled(contract_id, 100 * M, 99 * M, 0.5, "failed", **at).shared_savings == 0


@pytest.mark.parametrize(
    ("change", "paid"),
    [
        ({}, 245_000),
        ({"low_revenue": False}, 0),
        ({"agreement_start_year": 2023}, 0),
        ({"agreement_start_year": 2024}, 245_000),
        ({"agreement_year": 2}, 0),  # began in 2023
        ({"agreement_year": 2, "performance_year": 2025}, 245_000),  # began in 2024
        ({"beneficiaries": 4999}, 0),
        ({"beneficiaries": 5000}, 245_000),
        ({"performance_year": 2023}, 0),  # began in 2023
    ],
)
def test_who_gets_the_half_rate(change: dict[str, Any], paid: float) -> None:
    at: dict[str, Any] = {"low_revenue": True, "performance_year": 2024, **change}
    assert settled("basic-e", 100 * M, 99 * M, **at).shared_savings == pytest.approx(paid, abs=CENT)


def test_half_rate_needs_positive_savings_and_stops_at_the_msr() -> None:
    at = {"low_revenue": True, "performance_year": 2024, "msr": "2.0"}
    assert settled("basic-e", 100 * M, 100 * M, **at).net == 0
    assert settled("basic-e", 100 * M, 101 * M, **at).net == 0
    assert settled("basic-e", 100 * M, 98 * M + 0.01, **at).shared_savings == 490_000.0  # .25x.98
    assert settled("basic-e", 100 * M, 98 * M, **at).shared_savings == 980_000.0  # .5 x .98


# ---- The gate ----


@pytest.mark.parametrize("choice", ["0.5", "1.0", "1.5", "2.0", "table"])
@pytest.mark.parametrize("dollars", [100e6, 123_456_789.01, 87_654_321.99, 333_333_333.33])
def test_ties_at_the_threshold_are_decided_to_the_cent(dollars: float, choice: str) -> None:
    minimum = resolve(load_contract("enhanced"), Circumstances(20_000, msr=choice)).terms.msr
    tie = math.floor(100 * minimum * dollars + 0.5) / 100
    for off, passed in ((0.0, True), (0.01, True), (-0.01, False)):
        saved = settled("enhanced", dollars, round(dollars - tie - off, 2), msr=choice)
        lost = settled("enhanced", dollars, round(dollars + tie + off, 2), msr=choice)
        assert (saved.shared_savings > 0) == passed
        assert (lost.shared_losses > 0) == passed


def test_ties_in_plain_dollars() -> None:
    # 2% of 100M is 2,000,000.00: met there, not a cent below; then from the first dollar.
    assert settled("basic-e", 100e6, 98_000_000.00).shared_savings == 980_000.00
    assert settled("basic-e", 100e6, 98_000_000.01).shared_savings == 0
    assert settled("basic-e", 100e6, 102_000_000.00).shared_losses == 600_000.00
    assert settled("basic-e", 100e6, 101_999_999.99).shared_losses == 0
    # At MSR = MLR = 0 everything counts, and nothing is nothing.
    assert settled("basic-e", 100e6, 99_999_000.00, msr="0.0").shared_savings == 490.00
    assert settled("basic-e", 100e6, 100_001_000.00, msr="0.0").shared_losses == 300.00
    assert settled("basic-e", 100e6, 100e6, msr="0.0").net == 0


# ---- Net threshold and withhold: proposed in 2011 only ----


def test_the_net_threshold_is_a_deductible_after_the_gate() -> None:
    # 10,000 beneficiaries: the gate at 3.0M; then only what exceeds 2M.
    below = settled("track-1-proposed-2011", 100 * M, 97_000_000.01, beneficiaries=10_000)
    at = settled("track-1-proposed-2011", 100 * M, 97 * M, beneficiaries=10_000)
    assert below.shared_savings == 0
    assert at.shared_savings == 490_000  # .5 x (3M - 2M) x .98
    assert lines(at)["not shared"] == -2_000_000


@pytest.mark.parametrize("contract_id", ["track-1-proposed-2011", "track-2-proposed-2011"])
def test_a_quarter_is_withheld(contract_id: str) -> None:
    s = settled(contract_id, 100 * M, 90 * M)
    # Held back out of what is paid, not taken off: the money stays the ACO's.
    assert lines(s)["of which withheld"] == round(s.shared_savings / 4, 2)
    assert s.outcome.withheld == pytest.approx(s.outcome.shared_savings / 4)
    assert s.net == s.shared_savings
    assert "of which withheld" not in lines(settled(contract_id, 100 * M, 110 * M))


# ---- Disasters, termination, half years, guardrail ----


@pytest.mark.parametrize(
    ("contract_id", "expenditure", "owed"),
    [
        ("enhanced", 105e6, 1_375_000),  # .55 x 5M = 2.75M; half of it
        ("enhanced", 130e6, 7_500_000),  # .55 x 30M = 16.5M, limited to 15M first; half of it
        ("basic-e", 120e6, 2_000_000),  # 6M, limited to 4M; half
    ],
)
def test_disaster_relief_comes_after_the_limit(
    contract_id: str, expenditure: float, owed: float
) -> None:
    s = settled(
        contract_id, 100e6, expenditure, 0.6,
        disaster_months_share=0.625, disaster_beneficiary_share=0.8,
    )  # fmt: skip
    assert s.shared_losses == pytest.approx(owed, abs=CENT)


def test_disaster_relief_leaves_savings_alone_and_can_forgive_all_losses() -> None:
    covid = {"disaster_months_share": 1.0, "disaster_beneficiary_share": 1.0}
    assert settled("enhanced", 100e6, 90e6, **covid).shared_savings == 7_350_000
    gone = settled("enhanced", 100e6, 110e6, **covid)
    assert gone.shared_losses == 0
    assert gone.outcome.threshold == rule.LOSSES
    # January to 11 May 2023: 5 of 12 months, everyone. .55 x 10M x 7/12.
    part = settled(
        "enhanced", 100e6, 110e6, 0.6, performance_year=2023,
        disaster_months_share=5 / 12, disaster_beneficiary_share=1.0,
    )  # fmt: skip
    assert part.shared_losses == pytest.approx(5.5e6 * 7 / 12, abs=CENT)


@pytest.mark.parametrize(
    ("kind", "months", "owed"),
    [
        ("none", 12, 4e6),
        ("voluntary", 12, 4e6),
        ("voluntary", 9, 3e6),  # the limit first, 4M; then 9/12
        ("voluntary", 7, 4e6 * 7 / 12),
        ("voluntary", 6, 0.0),  # by 30 June
        ("voluntary", 1, 0.0),
        ("involuntary", 9, 3e6),
        ("involuntary", 6, 2e6),
        ("involuntary", 1, 4e6 / 12),
        ("involuntary", 12, 4e6),
    ],
)
def test_termination(kind: str, months: int, owed: float) -> None:
    at: dict[str, Any] = {"termination": kind, "months_in_programme": months}
    assert settled("basic-e", 100e6, 120e6, **at).shared_losses == pytest.approx(owed, abs=CENT)
    # Savings are paid only to an ACO that stays to 31 December.
    paid = settled("basic-e", 100e6, 90e6, **at).shared_savings
    assert paid == (4_900_000 if months == 12 else 0)


def test_relief_then_proration() -> None:
    # 4M limit; relief 50% -> 2M; involuntary after 3 of 12 months -> 500,000.
    s = settled(
        "basic-e", 100e6, 120e6, termination="involuntary", months_in_programme=3,
        disaster_months_share=0.5, disaster_beneficiary_share=1.0,
    )  # fmt: skip
    assert s.shared_losses == 500_000
    assert lines(s)["above the loss limit"] == 2_000_000  # of 6M
    assert lines(s)["disaster relief"] == 2_000_000
    assert lines(s)["not due"] == 1_500_000


def test_half_years_of_2019_settle_the_whole_year_and_halve_it() -> None:
    at = {"performance_year": 2019, "months_in_year": 6}
    assert settled("track-3", 100e6, 95e6, 0.8, **at).shared_savings == 1_500_000  # .6 x 5M / 2
    assert settled("track-3", 100e6, 130e6, 0.6, **at).shared_losses == 7_500_000  # 15M / 2
    assert settled("track-1", 100e6, 70e6, 1.0, **at).shared_savings == 5_000_000  # 10M / 2
    # The gate is passed on the whole year: 2% of 100M.
    assert settled("track-3", 100e6, 98_000_000.01, 1.0, **at).net == 0
    assert settled("track-3", 100e6, 98_000_000.00, 1.0, **at).net == 750_000  # .75 x 2M / 2


def test_the_guardrail_pays_no_savings_and_forgives_no_losses() -> None:
    saved = settled("enhanced", 100e6, 95e6, guardrail=True)
    assert saved.shared_savings == 0
    assert lines(saved)["not due"] == -3_675_000
    assert settled("enhanced", 100e6, 105e6, 0.6, guardrail=True).shared_losses == 2_750_000


# ---- Years outside the contract, notes ----


def test_a_year_that_is_not_covered_is_settled_in_the_nearest() -> None:
    for asked, used in ((2013, 2016), (2025, 2021)):
        s = settled("track-3", 100e6, 95e6, 0.8, performance_year=asked)
        assert s.contract.performance_year == used
        assert f"does not cover performance year {asked}; the terms of {used} apply." in s.notes
    assert settled("track-3", 100e6, 95e6, performance_year=2018).notes == ()
    # 42 CFR 425.611: the losses of the emergency's years were forgiven; a settlement says so.
    for year, months in ((2020, 12), (2021, 12), (2023, 5)):
        contract = "track-3" if year < 2022 else "enhanced"
        (note,) = settled(contract, 100e6, 110e6, performance_year=year).notes
        assert f"{months}/12 of all shared losses" in note


@pytest.mark.parametrize(
    ("contract_id", "year"),
    [("track-1", 2021), ("track-2-2012", 2015), ("track-3-proposed-2014", 2018), ("basic-e", 2026)],
)
def test_without_a_year_the_latest_covered_applies(contract_id: str, year: int) -> None:
    assert settled(contract_id, 100e6, 95e6).contract.performance_year == year


def test_a_missing_revenue_is_said() -> None:
    for contract_id in ("basic-c", "basic-d", "basic-e", "track-1-plus"):
        notes = settled(contract_id, 100e6, 110e6).notes
        assert any("revenue is not stated" in note for note in notes)
        stated = settled(contract_id, 100e6, 110e6, participant_revenue=1e8).notes
        assert not any("revenue" in note for note in stated)
    assert settled("enhanced", 100e6, 110e6).notes == ()


# ---- The waterfall ----


def in_cents(dollars: float) -> int:
    return round(100 * dollars)


def check_waterfall(s: Settlement) -> None:
    steps = list(s.waterfall)
    assert all(step.reference.strip() and step.detail.strip() for step in steps)
    assert [step.step for step in steps[:2]] == ["updated benchmark", "expenditure"]
    gross = steps[2]
    assert gross.step in ("gross savings", "gross losses")
    assert in_cents(steps[0].dollars) + in_cents(steps[1].dollars) == in_cents(gross.dollars)
    assert steps[3].step in ("minimum savings rate", "minimum loss rate")
    results = [
        i for i, step in enumerate(steps) if step.step in ("shared savings", "shared losses")
    ]
    if not results:
        assert s.outcome.threshold == 0
        assert (s.shared_savings, s.shared_losses) == (0, 0)
        assert len(steps) == 4
        return
    (end,) = results
    summed = in_cents(gross.dollars) + sum(in_cents(step.dollars) for step in steps[4:end])
    assert summed == in_cents(steps[end].dollars)
    savings = steps[end].step == "shared savings"
    result = s.shared_savings if savings else -s.shared_losses
    assert in_cents(steps[end].dollars) == in_cents(result)
    # Every line on the way takes something off, never adds to it.
    assert all((step.dollars <= 0) if savings else (step.dollars >= 0) for step in steps[4:end])
    assert in_cents(s.net) == in_cents(s.shared_savings) - in_cents(s.shared_losses)


@settings(max_examples=600)
@given(situations())
def test_the_waterfall_closes_to_the_cent(situation: Situation) -> None:
    contract = load_contract(situation.contract_id)
    check_waterfall(
        settle(
            contract,
            situation.circumstances,
            situation.benchmark,
            situation.expenditure,
            situation.score,
            situation.standard,
        )
    )


@pytest.mark.parametrize("gross", [n + 0.5 for n in range(1, 60)])
def test_the_waterfall_closes_where_the_result_is_half_a_cent(gross: float) -> None:
    # 0.5 x 0.98 x 1.50 = 0.735: whichever way it goes, line and result go the same way.
    check_waterfall(settled("basic-e", 1e6 + gross, 1e6, msr="0.0"))


@pytest.mark.parametrize("contract_id", IDS)
def test_references_are_those_of_the_terms(contract_id: str) -> None:
    contract = load_contract(contract_id)
    s = settled(contract_id, 100e6, 70e6)
    by_name = {step.step: step.reference for step in s.waterfall}
    assert contract.terms.maximum_sharing_rate.reference in by_name["kept by Medicare"]
    assert contract.terms.payment_limit.reference in by_name["above the payment limit"]
    unconfirmed = contract.terms.payment_limit.confidence == "unconfirmed"
    assert ("(unconfirmed)" in by_name["above the payment limit"]) == unconfirmed
    assert by_name["shared savings"] == contract.reference


def test_what_a_term_overlaid_by_the_user_looks_like_in_the_waterfall() -> None:
    s = settled("basic-e", 100e6, 95e6, terms={"maximum_sharing_rate": 0.60})
    assert s.shared_savings == 2_940_000  # .6 x 5M x .98
    kept = next(step for step in s.waterfall if step.step == "kept by Medicare")
    assert "--set" in kept.reference
    assert "60 %" in kept.detail


def test_plain_data_for_json() -> None:
    s = settled("basic-b", 500 * M, 487 * M, beneficiaries=60_000)
    data = json.loads(json.dumps(s.to_dict()))
    assert data["contract"] == "basic-b"
    assert data["shared_savings"] == 5_096_000
    assert data["shared_losses"] == 0
    assert data["net"] == 5_096_000
    assert [set(line) for line in data["waterfall"]] == [
        {"step", "dollars", "detail", "reference"}
    ] * len(s.waterfall)


# ---- Refusals: the field, the value, what is allowed ----


@pytest.mark.parametrize(
    ("call", "says"),
    [
        ({"benchmark": 0.0}, ("benchmark = 0", "above 0")),
        ({"benchmark": -1e8}, ("benchmark = -1e+08", "above 0")),
        ({"benchmark": math.nan}, ("benchmark = nan", "dollars")),
        ({"benchmark": 1e12}, ("benchmark = 1e+12", "below 1,000,000,000,000")),
        ({"expenditure": -5.0}, ("expenditure = -5", "above 0")),
        ({"expenditure": math.inf}, ("expenditure = inf", "dollars")),
        ({"quality": 83.25}, ("quality = 83.25", "0 to 1", "83.25 percent is written 0.8325")),
        ({"quality": -0.1}, ("quality = -0.1", "0 to 1")),
        ({"quality": math.nan}, ("quality = nan", "0 to 1")),
        ({"disaster_months_share": 15}, ("disaster_months_share = 15", "written 0.15")),
        ({"disaster_beneficiary_share": -1}, ("disaster_beneficiary_share = -1", "0 to 1")),
        ({"standard": "passed"}, ("quality_standard = 'passed'", "met, alternative, failed")),
        ({"msr": "0.02"}, ("msr = '0.02'", "0.0, 0.5, 1.0, 1.5, 2.0")),
        ({"beneficiaries": 0}, ("assigned_beneficiaries = 0", "from 1 to 5,000,000")),
    ],
)
def test_refusals(call: dict[str, Any], says: tuple[str, ...]) -> None:
    stated = {"benchmark": 100e6, "expenditure": 95e6, **call}
    with pytest.raises(UserError) as caught:
        settled("enhanced", **stated)
    for words in says:
        assert words in str(caught.value)


@pytest.mark.parametrize("year", [2016, 2020, 2021])
def test_the_alternative_standard_is_refused_before_2023(year: int) -> None:
    with pytest.raises(UserError) as caught:
        settled("track-3", 100e6, 95e6, 0.5, "alternative", performance_year=year)
    for words in ("from performance year 2023 on", "425.512(a)", f"rules of {year}", "--year"):
        assert words in str(caught.value)


def refused(field: str, value: Any) -> None:
    at: dict[str, Any] = {"assigned_beneficiaries": 20_000, "termination": "involuntary"}
    at |= {field: value}
    with pytest.raises(UserError, match=field):
        settle(load_contract("basic-e"), Circumstances(**at), 100e6, 110e6)


@pytest.mark.parametrize("revenue", [-1e6, math.nan])
def test_a_revenue_that_cannot_be_is_refused(revenue: float) -> None:
    # A negative one would turn a loss into a payment.
    refused("participant_revenue", revenue)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("months_in_programme", -3),
        ("months_in_year", 24),
        ("months_in_year", 0),
        ("agreement_year", 0),  # takes the last year's limit
        ("termination", "volontary"),  # taken as involuntary
    ],
)
def test_circumstances_that_cannot_be_are_refused(field: str, value: Any) -> None:
    refused(field, value)
