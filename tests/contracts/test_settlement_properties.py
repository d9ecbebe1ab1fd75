"""Laws that every settlement obeys, whatever the contract, the year and the choices."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from settlement_cases import CHOICES, IDS, Situation, situations

from simulate.contracts.contract import Contract, load_contract, read_contract_file
from simulate.contracts.resolution import Circumstances, resolve
from simulate.contracts.settlement import settle, settle_simulated_years
from simulate.kernels import settlement_rule as rule

LAW = settings(max_examples=250)
TWO_SIDED = tuple(
    i for i in IDS if i not in ("track-1", "track-1-second-agreement-proposed-2014")
    and i not in ("basic-a", "basic-b")
)  # fmt: skip
RATES = st.floats(-0.08, 0.08) | st.floats(-0.6, 0.6)


def outcome(s: Situation, savings_rate: float | None = None) -> tuple[rule.Terms, rule.Outcome]:
    terms = resolve(load_contract(s.contract_id), s.circumstances).terms
    spent = s.expenditure if savings_rate is None else s.benchmark * (1.0 - savings_rate)
    return terms, rule.settle_year(terms, s.benchmark, spent, *s.quality)


def test_the_laws_are_tried_on_every_contract() -> None:
    seen = set()

    @settings(LAW, max_examples=1000)
    @given(situations())
    def collect(s: Situation) -> None:
        seen.add(s.contract_id)

    collect()
    assert seen == set(IDS)


@LAW
@given(situations(), RATES, RATES)
def test_net_never_rises_with_expenditure(s: Situation, one: float, other: float) -> None:
    more_spent, less_spent = (outcome(s, rate)[1].net for rate in sorted((one, other)))
    assert more_spent <= less_spent + 1e-6


@LAW
@given(situations())
def test_limits_hold(s: Situation) -> None:
    terms, o = outcome(s)
    assert 0.0 <= o.shared_savings <= terms.payment_limit * s.benchmark
    loss_limit = min(terms.loss_limit_of_benchmark * s.benchmark, terms.loss_limit_dollars)
    assert 0.0 <= o.shared_losses <= loss_limit
    # Nor more than the savings or losses themselves.
    assert o.shared_savings <= max(o.gross, 0.0)
    assert o.shared_losses <= max(-o.gross, 0.0)


@LAW
@given(situations())
def test_never_savings_and_losses_together(s: Situation) -> None:
    _, o = outcome(s)
    assert min(o.shared_savings, o.shared_losses) == 0.0
    assert o.net == o.shared_savings - o.shared_losses
    if o.net > 0:
        assert o.gross > 0
    if o.net < 0:
        assert o.gross < 0


@LAW
@given(situations(), st.floats(-1.0, 1.0))
def test_nothing_between_the_thresholds_but_for_the_half_rate(s: Situation, inside: float) -> None:
    terms, _ = outcome(s)
    mlr = min(terms.mlr, 0.5)
    rate = inside * (terms.msr if inside > 0 else mlr)
    # A dollar inside the threshold: ties are another test's.
    assume(-mlr * s.benchmark + 1 < rate * s.benchmark < terms.msr * s.benchmark - 1)
    _, o = outcome(s, rate)
    if terms.half_rate > 0 and o.gross > 0:
        assert o.threshold == rule.SAVINGS_AT_HALF_RATE
        assert o.sharing_rate <= terms.maximum_sharing_rate / 2
    else:
        assert (o.threshold, o.net) == (rule.BELOW_THRESHOLD, 0.0)


@LAW
@given(situations(), RATES)
def test_the_threshold_is_a_gate_and_says_so(s: Situation, rate: float) -> None:
    terms, o = outcome(s, rate)
    assume(abs(abs(o.gross) - terms.msr * s.benchmark) > 0.01)
    assert (o.threshold == rule.SAVINGS) == (0 < o.gross >= terms.msr * s.benchmark)
    assert (o.threshold == rule.LOSSES) == (o.gross < 0 and -o.gross >= terms.mlr * s.benchmark)


@LAW
@given(situations(), RATES, st.floats(-0.02, 0.02))
def test_continuous_between_thresholds(s: Situation, rate: float, step: float) -> None:
    terms, one = outcome(s, rate)
    _, other = outcome(s, rate + step)
    assume(one.threshold == other.threshold)
    steepest = max(terms.maximum_sharing_rate, terms.maximum_loss_rate)
    moved = abs(one.gross - other.gross)
    assert abs(one.net - other.net) <= steepest * moved * (1 + 1e-9) + 1e-6


@LAW
@given(situations(), st.sampled_from([0.001, 0.37, 2.0, 10.0, 87.5]))
def test_dollars_scale(s: Situation, by: float) -> None:
    terms, o = outcome(s)
    for minimum in (terms.msr, min(terms.mlr, 9.0)):
        assume(abs(abs(o.gross) - minimum * s.benchmark) > 20.0)
    assume(abs(o.gross) > 20.0)
    assume(max(s.benchmark, s.expenditure, s.revenue or 0.0) * by < 1e12)  # the most accepted
    assume((s.revenue or 1e9) * by >= 10_000.0)  # and the least
    scaled = replace(
        s,
        benchmark=s.benchmark * by,
        expenditure=s.expenditure * by,
        revenue=None if s.revenue is None else s.revenue * by,
    )
    _, larger = outcome(scaled)
    assert larger.threshold == o.threshold
    # The difference of two large dollar amounts keeps 1e-15 of the larger one.
    assert larger.net == pytest.approx(o.net * by, rel=1e-9, abs=1e-14 * s.benchmark * by)


@LAW
@given(situations(), RATES, st.floats(0, 1), st.floats(0, 1))
def test_a_better_quality_score_never_hurts(s: Situation, rate: float, a: float, b: float) -> None:
    low, high = sorted((a, b))
    nets = [outcome(replace(s, score=score), rate)[1].net for score in (low, high)]
    assert nets[0] <= nets[1] + 1e-6
    failed = outcome(replace(s, score=low, standard="failed"), rate)[1].net
    assert failed <= nets[0] + 1e-6


@LAW
@given(situations(TWO_SIDED), RATES, st.sampled_from(CHOICES), st.sampled_from(CHOICES))
def test_a_wider_corridor_never_pays_or_costs_more(
    s: Situation, rate: float, one: str, other: str
) -> None:
    found = [outcome(replace(s, msr=choice), rate) for choice in (one, other)]
    (_, narrow), (_, wide) = sorted(found, key=lambda pair: pair[0].msr)
    assert wide.shared_savings <= narrow.shared_savings
    assert wide.shared_losses <= narrow.shared_losses


@LAW
@given(situations(("basic-c", "basic-d", "basic-e")), RATES, st.floats(0.01, 3.0))
def test_a_stated_revenue_only_ever_lowers_basic_losses(
    s: Situation, rate: float, share: float
) -> None:
    without = outcome(replace(s, revenue=None), rate)[1]
    stated = outcome(replace(s, revenue=share * s.benchmark), rate)[1]
    assert stated.shared_losses <= without.shared_losses
    assert stated.shared_savings == without.shared_savings


@LAW
@given(situations(TWO_SIDED), RATES, st.floats(0, 1), st.floats(0, 1))
def test_disaster_relief_takes_its_share_of_what_is_owed(
    s: Situation, rate: float, months: float, people: float
) -> None:
    without = outcome(replace(s, disaster_months=0.0, disaster_people=0.0), rate)[1]
    relieved = outcome(replace(s, disaster_months=months, disaster_people=people), rate)[1]
    expected = without.shared_losses * (1.0 - months * people)
    assert relieved.shared_losses == pytest.approx(expected, rel=1e-9, abs=1e-6)
    assert relieved.shared_savings == without.shared_savings


@LAW
@given(situations(("track-2-proposed-2011",)))
def test_withheld_is_a_quarter_of_what_is_paid(s: Situation) -> None:
    _, o = outcome(s)
    assert o.withheld == 0.25 * o.shared_savings


# ---- Marginal bands (risk corridors) and extra cash flows, from a user's own file ----


def term(value: Any) -> dict[str, Any]:
    return {
        "value": value,
        "unit": "as in the test",
        "effective": "2021-01-01",
        "reference": "made up for a test",
        "confidence": "assumed by the user",
    }


# 50 / 35 / 15 / 5 % of savings by band; of losses 60 / 20 %, and nothing beyond 15 %.
SAVINGS_BANDS = [(0.05, 0.50), (0.10, 0.35), (0.15, 0.15), (None, 0.05)]
LOSS_BANDS = [(0.05, 0.60), (0.15, 0.20)]


def corridor_contract(folder: Path, **changes: Any) -> Contract:
    bands = {
        "savings_bands": [{"up_to": up_to, "share": share} for up_to, share in SAVINGS_BANDS],
        "loss_bands": [{"up_to": up_to, "share": share} for up_to, share in LOSS_BANDS],
    }
    terms = {
        "maximum_sharing_rate": 1.0,
        "minimum_savings_rate": 0.0,
        "minimum_loss_rate": 0.0,
        "quality_rule": "pass-or-fail",
        "loss_rate_rule": "fixed",
        "maximum_loss_rate": 1.0,
        "sequestration": 0.0,
        "payment_limit": 1.0,
        "loss_limit_of_benchmark": 1.0,
        **bands,
    }
    data = {
        "id": "my-corridors",
        "title": "Corridors",
        "status": "proposed",
        "performance_years": {"first": 2021, "last": 2026},
        "summary": "Made up for a test.",
        "reference": "made up for a test",
        "terms": {name: term(value) for name, value in terms.items()},
        **changes,
    }
    file = folder / "corridors.yaml"
    file.write_text(yaml.safe_dump(data), "utf-8")
    return read_contract_file(file)


@pytest.fixture(scope="module")
def corridors(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    return corridor_contract(tmp_path_factory.mktemp("corridors"))


def net_rate(contract: Contract, savings_rate: float) -> float:
    terms = resolve(contract, Circumstances(10_000)).terms
    return rule.settle_year(terms, 1e8, 1e8 * (1.0 - savings_rate), 1.0, 2.0).net / 1e8


@pytest.mark.parametrize(
    ("savings_rate", "expected"),
    [
        (0.04, 0.02),  # 50% of 4
        (0.05, 0.025),
        (0.08, 0.0355),  # 2.5 + 35% of 3
        (0.10, 0.0425),
        (0.12, 0.0455),  # 2.5 + 1.75 + 15% of 2
        (0.15, 0.05),
        (0.40, 0.0625),  # 5 + 5% of 25
        (-0.04, -0.024),  # 60% of 4
        (-0.05, -0.03),
        (-0.10, -0.04),  # 3 + 20% of 5
        (-0.15, -0.05),
        (-0.50, -0.05),  # nothing beyond the last edge
    ],
)
def test_bands_by_hand(corridors: Contract, savings_rate: float, expected: float) -> None:
    assert net_rate(corridors, savings_rate) == pytest.approx(expected, abs=1e-12)


@LAW
@given(rate=st.floats(-0.6, 0.6), step=st.floats(0.0, 0.1))
def test_bands_are_continuous_and_marginal(corridors: Contract, rate: float, step: float) -> None:
    low, high = net_rate(corridors, rate), net_rate(corridors, rate + step)
    assert -1e-12 <= high - low <= 0.60 * step + 1e-12
    # The integral of the marginal share, added up band by band.
    side, sign = (SAVINGS_BANDS, 1) if rate > 0 else (LOSS_BANDS, -1)
    edges = [0.0] + [math.inf if up_to is None else up_to for up_to, _ in side]
    shares = [share for _, share in side]
    parts = [
        share * (min(abs(rate), upper) - lower)
        for share, lower, upper in zip(shares, edges, edges[1:], strict=False)
        if abs(rate) > lower
    ]
    assert low == pytest.approx(sign * math.fsum(parts), abs=1e-12)


@pytest.mark.parametrize(
    ("middle", "slope"),
    [(0.02, 0.5), (0.07, 0.35), (0.12, 0.15), (0.3, 0.05), (-0.02, 0.6), (-0.1, 0.2), (-0.3, 0.0)],
)
def test_the_rate_inside_a_band(corridors: Contract, middle: float, slope: float) -> None:
    rise = net_rate(corridors, middle + 0.005) - net_rate(corridors, middle - 0.005)
    assert rise / 0.01 == pytest.approx(slope, abs=1e-9)


def test_bands_in_the_waterfall_and_in_the_loop(corridors: Contract) -> None:
    s = settle(corridors, Circumstances(10_000), 1e8, 0.88e8)
    shown = {step.step: step.dollars for step in s.waterfall}
    assert s.shared_savings == 4_550_000
    # 12 % saved: 50 % of 5M, 35 % of 5M and 15 % of 2M are shared, a line a band.
    assert [shown[f"not shared, {between} %"] for between in ("0 to 5", "5 to 10", "10 to 15")] == [
        -2_500_000, -3_250_000, -1_700_000
    ]  # fmt: skip
    assert "not shared, above 15 %" not in shown
    assert shown["shared savings"] == 4_550_000
    assert all(step.reference for step in s.waterfall)
    resolved = resolve(corridors, Circumstances(10_000))
    rates = np.linspace(-0.5, 0.5, 41)
    looped = settle_simulated_years(resolved, 1e8, 1e8 * (1 - rates), 1.0, "met").net
    expected = [rule.settle_year(resolved.terms, 1e8, x, 1.0, 2.0).net for x in 1e8 * (1 - rates)]
    assert looped.tolist() == expected


@pytest.mark.parametrize(
    "edges", [[0.10, 0.05], [0.05, 0.05], [None, 0.05], [0.01, 0.02, 0.03, 0.04, 0.05, None]]
)
def test_bands_that_do_not_rise_or_are_too_many_are_refused(
    edges: list[float | None], tmp_path: Path
) -> None:
    bands = [{"up_to": edge, "share": 0.5} for edge in edges]
    with pytest.raises(ValueError, match=r"bands: at most 5, each up_to above the one before"):
        corridor_contract(tmp_path).with_terms({"savings_bands": bands})


FLOWS = [
    {
        "name": "care management fee",
        "per_beneficiary_month": 2.0,
        "unit": "US dollars",
        "reference": "made up for a test, fee",
        "confidence": "assumed by the user",
    },
    {
        "name": "platform",
        "per_year": -50_000.0,
        "unit": "US dollars",
        "reference": "made up for a test, platform",
        "confidence": "assumed by the user",
    },
]


@pytest.mark.parametrize(
    ("expenditure", "settled_net"), [(0.96e8, 2e6), (1e8, 0.0), (1.04e8, -2.4e6)]
)
def test_extra_cash_flows_enter_net(expenditure: float, settled_net: float, tmp_path: Path) -> None:
    contract = corridor_contract(tmp_path, extra_cash_flows=FLOWS)
    s = settle(contract, Circumstances(10_000), 1e8, expenditure)
    # 2 x 10,000 x 12 = 240,000; less 50,000.
    assert s.net == pytest.approx(settled_net + 190_000, abs=0.005)
    assert s.shared_savings - s.shared_losses == pytest.approx(settled_net, abs=0.005)
    line = s.waterfall[-1]
    assert (line.step, line.dollars) == ("extra cash flows", 190_000)
    assert "care management fee" in line.detail
    assert "made up for a test, fee; made up for a test, platform" in line.reference
    resolved = resolve(contract, Circumstances(10_000))
    looped = settle_simulated_years(resolved, 1e8, np.array([expenditure]), 1.0, "met")
    assert looped.net[0] == s.outcome.net
