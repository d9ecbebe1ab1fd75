"""What the rounding of inputs leaves possible."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from simulate.contracts.contract import load_contract
from simulate.contracts.resolution import Circumstances, resolve
from simulate.kernels import settlement_rule as rule
from simulate.verify.intervals import NOTHING, Rounded, Scenario, branches, dollars


def scenario(contract: str, gross: Rounded, score: Rounded = NOTHING, **at: Any) -> Scenario:
    at = {"assigned_beneficiaries": 10_000, "performance_year": 2018} | at
    terms = resolve(load_contract(contract), Circumstances(**at)).terms
    benchmark = Rounded.of(100e6, 0.5)
    return Scenario((terms,), benchmark, gross, score, rule.STANDARD_MET)


def test_exact_inputs_leave_one_point() -> None:
    exact = replace(
        scenario("track-1", Rounded.of(5e6), Rounded.of(1.0)), benchmark=Rounded.of(100e6)
    )
    (only,) = branches(exact)
    assert only.low == only.high == pytest.approx(2.45e6)
    assert only.holds(2_450_000.4, half_unit=0.5)
    assert not only.holds(2_450_001.0, half_unit=0.5)


def test_a_rounded_score_widens_the_payment_by_its_half_unit() -> None:
    (only,) = branches(scenario("track-1", Rounded.of(5e6), Rounded(0.9, 0.89995, 0.90005)))
    assert only.high - only.low == pytest.approx(5e6 * 0.5 * 0.98 * 0.0001)


def test_a_tie_of_rate_and_msr_leaves_nothing_or_everything() -> None:
    # The MSR of 10,000 beneficiaries is 3.0 %.
    below, above = branches(scenario("track-1", Rounded.of(3e6, 0.5), Rounded.of(1.0)))
    assert (below.threshold, above.threshold) == (rule.BELOW_THRESHOLD, rule.SAVINGS)
    assert (below.low, below.high) == (0.0, 0.0)
    assert above.low == pytest.approx(1.47e6, abs=1)
    assert not any(branch.holds(700_000.0, 0.5) for branch in (below, above))


def test_a_printed_msr_with_two_readings_leaves_both() -> None:
    tie = scenario("track-1", Rounded.of(2.005e6), Rounded.of(1.0))
    terms = tie.terms[0]
    both = replace(tie, terms=(terms._replace(msr=0.02), terms._replace(msr=0.0201)))
    assert [branch.threshold for branch in branches(both)] == [rule.BELOW_THRESHOLD, rule.SAVINGS]


def test_relief_in_dollars_follows_the_loss_limit() -> None:
    # CMS specifications v11, section 4.3: $2.6M losses at 75 %, 263,250 forgiven.
    failed = replace(
        scenario("enhanced", Rounded.of(-2.6e6), performance_year=2023, msr="1.0"),
        benchmark=Rounded.of(130e6),
        standard=rule.STANDARD_FAILED,
        relief=Rounded.of(263_250.0),
    )
    assert dollars(failed.outcome()) == pytest.approx(-1_686_750)
    assert dollars(replace(failed, relief_share=5 / 12).outcome()) == pytest.approx(-1.1375e6)
    on_top = replace(failed, relief_share=5 / 12, relief_adds=True)
    assert dollars(on_top.outcome()) == pytest.approx(-1.1375e6 + 263_250)
    assert dollars(replace(failed, relief=Rounded.of(9e9)).outcome()) == 0.0
    prorated = replace(failed, proration=Rounded.of(686_750.0))
    assert dollars(prorated.outcome()) == pytest.approx(-1e6)


def random_case(draw: random.Random) -> tuple[str, dict[str, Any]]:
    contract = draw.choice(["track-1", "track-2", "track-3", "basic-a", "basic-e", "enhanced"])
    year = 2024 if contract.startswith(("basic", "enhanced")) else 2018
    at = {"performance_year": year, "msr": "1.0", "assigned_beneficiaries": 10_000}
    if contract == "basic-a":
        at |= {"low_revenue": True, "agreement_start_year": 2024}
    return contract, at


@pytest.mark.parametrize("seed", range(8))
def test_the_true_settlement_always_lies_in_a_branch(seed: int) -> None:
    draw = random.Random(seed)
    for _ in range(100):
        contract, at = random_case(draw)
        terms = resolve(load_contract(contract), Circumstances(**at)).terms
        benchmark = draw.uniform(4e7, 6e7)
        # A third near the threshold, where the outcome jumps, some beyond the limits.
        near = draw.choice([terms.msr, -0.01, 0.0]) * benchmark + draw.uniform(-2, 2)
        gross = draw.choice([near, benchmark * draw.uniform(-0.4, 0.4)])
        score = draw.uniform(0.3, 1.0)
        relief = draw.uniform(0.0, 1e5)
        standard = draw.choice([rule.STANDARD_MET, rule.STANDARD_ALTERNATIVE])
        exact = Scenario(
            (terms,), Rounded.of(benchmark), Rounded.of(gross), Rounded.of(score), standard,
            relief=Rounded.of(relief),
        )  # fmt: skip
        printed = replace(
            exact,
            benchmark=Rounded.of(round(benchmark), 0.5),
            gross=Rounded.of(round(gross), 0.5),
            score=Rounded.of(round(score, 4), 5e-5),
            relief=Rounded.of(round(relief), 0.5),
        )
        assert any(branch.holds(dollars(exact.outcome()), 1e-6) for branch in branches(printed))
