"""Models of the CMS Innovation Center, PC Flex and Making Care Primary, settled by hand.

The terms stand here again as the models' documents state them; what no document at hand
confirms is marked in the catalogue, and held here to the default that it names.
"""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from settlement_cases import IDS, OTHER_IDS, Situation, situations

from simulate.contracts.contract import (
    SHARED_SAVINGS_PROGRAM,
    load_contract,
    named_contract_ids,
    programme_contract_ids,
    read_contract_file,
)
from simulate.contracts.resolution import STANDARDS, Circumstances, resolve, settled_year
from simulate.contracts.settlement import Settlement, settle, settle_simulated_years
from simulate.errors import UserError
from simulate.kernels import settlement_rule as rule

M = 1_000_000.0
BENCHMARK = 100 * M
PEOPLE = 10_000
LAW = settings(max_examples=250)
RATES = st.floats(-0.08, 0.08) | st.floats(-0.6, 0.6)
BANDED = ("reach-professional", "reach-global", "lead-professional", "lead-global")


def settled(
    contract_id: str,
    year: int,
    spent: float,
    quality: float = 1.0,
    standard: str = "met",
    **at: Any,
) -> Settlement:
    """Settle a benchmark of $100 million; `spent` in millions."""
    circumstances = Circumstances(PEOPLE, performance_year=year, **at)
    contract = load_contract(contract_id)
    return settle(contract, circumstances, BENCHMARK, spent * M, quality, standard)


# ---- By hand: net dollars of a benchmark of 100M ----


@pytest.mark.parametrize(
    ("contract_id", "year", "spent", "quality", "net"),
    [
        # Pioneer, core: 60 % both ways within 10 % in 2012, 70 % within 15 % from 2013; 1 %.
        ("pioneer-core", 2012, 95, 1.0, 2_940_000),  # .6 x 5M x .98
        ("pioneer-core", 2012, 95, 0.8, 2_352_000),  # .6 x .8 x 5M x .98
        ("pioneer-core", 2012, 99, 1.0, 588_000),  # at the corridor: .6 x 1M x .98
        ("pioneer-core", 2012, 99.00000001, 1.0, 0),  # a cent inside it
        ("pioneer-core", 2012, 80, 1.0, 10_000_000),  # .6 x 20M x .98 = 11.76M; limit 10M
        ("pioneer-core", 2012, 100.99999999, 1.0, 0),
        ("pioneer-core", 2012, 101, 1.0, -600_000),
        ("pioneer-core", 2012, 105, 0.5, -3_000_000),  # .6 x 5M, whatever the quality
        ("pioneer-core", 2012, 120, 1.0, -10_000_000),  # .6 x 20M = 12M; limit 10M
        ("pioneer-core", 2013, 95, 1.0, 3_430_000),  # .7 x 5M x .98
        ("pioneer-core", 2013, 130, 1.0, -15_000_000),  # .7 x 30M = 21M; limit 15M
        ("pioneer-option-a", 2012, 95, 1.0, 2_450_000),  # .5 x 5M x .98
        ("pioneer-option-a", 2012, 80, 1.0, 5_000_000),  # 9.8M; limit 5M
        ("pioneer-option-a", 2012, 120, 1.0, -5_000_000),
        ("pioneer-option-a", 2013, 105, 1.0, -3_000_000),  # .6 x 5M
        ("pioneer-option-b", 2012, 105, 1.0, -3_500_000),  # .7 x 5M
        ("pioneer-option-b", 2013, 95, 1.0, 3_675_000),  # .75 x 5M x .98
        ("pioneer-option-b", 2013, 130, 1.0, -15_000_000),  # 22.5M; limit 15M
        # Next Generation: against 97M (discount 3 %), no corridor, limits 15 % of 97M.
        ("next-generation-a", 2016, 90, 0.5, 5_488_000),  # .8 x 7M x .98, no quality
        ("next-generation-a", 2016, 97, 1.0, 0),
        ("next-generation-a", 2016, 98, 1.0, -800_000),  # losses although 2 % is saved
        ("next-generation-a", 2016, 70, 1.0, 14_550_000),  # .8 x 27M x .98 = 21.168M; limit
        ("next-generation-a", 2016, 120, 1.0, -14_550_000),  # .8 x 23M = 18.4M; limit
        ("next-generation-a", 2019, 90, 1.0, 5_950_000),  # .85 x 7M, no sequestration paid then
        ("next-generation-a", 2021, 90, 1.0, 5_831_000),  # .85 x 7M x .98
        ("next-generation-a", 2021, 100, 1.0, -2_550_000),  # .85 x 3M
        ("next-generation-b", 2017, 90, 1.0, 6_860_000),  # 7M x .98
        ("next-generation-b", 2017, 100, 1.0, -3_000_000),
        # REACH Professional: 50 / 35 / 15 / 5 % by 5, 10 and 15 %; withhold 2 %, 5 % in 2026.
        ("reach-professional", 2024, 96, 1.0, 1_960_000),  # .5 x 4M x .98
        ("reach-professional", 2024, 90, 1.0, 4_165_000),  # (2.5M + .35 x 5M) x .98
        ("reach-professional", 2024, 83, 1.0, 4_998_000),  # (2.5 + 1.75 + .75 + .05 x 2)M x .98
        ("reach-professional", 2024, 108, 1.0, -3_550_000),  # 2.5M + .35 x 3M
        ("reach-professional", 2024, 120, 1.0, -5_250_000),  # 2.5 + 1.75 + .75 + .25
        # Half of 2 % is lost: 99M; 9M saved; .5 x 4.95M + .35 x 4.05M = 3,892,500; x .98
        ("reach-professional", 2024, 90, 0.5, 3_814_650),
        ("reach-professional", 2026, 90, 0.8, 3_814_650),  # a fifth of 5 %: 99M again
        ("reach-professional", 2024, 99.5, 0.5, -250_000),  # .5M above 99M: .5 x .5M
        # REACH Global: 100 / 50 / 25 / 10 % by 25, 35 and 50 %; discount 2, 3, 3.5 %.
        ("reach-global", 2021, 88, 1.0, 9_800_000),  # 98M less 88M, x .98
        ("reach-global", 2021, 70, 1.0, 25_725_000),  # 28M: (24.5M + .5 x 3.5M) x .98
        # 58M: 24.5 + .5 x 9.8 + .25 x 14.7 + .1 x 9 = 33.975M; x .98
        ("reach-global", 2022, 40, 1.0, 33_295_500),
        ("reach-global", 2021, 128, 1.0, -27_250_000),  # 30M: 24.5M + .5 x 5.5M
        ("reach-global", 2024, 90, 1.0, 6_860_000),  # 97M less 90M, x .98
        ("reach-global", 2024, 100, 0.5, -4_000_000),  # 100M less 3 % less half of 2 % = 96M
        ("reach-global", 2025, 90, 1.0, 6_370_000),  # 96.5M less 90M, x .98
        # 2026: 16.5M; the first band ends at 9.65M: (9.65M + .5 x 6.85M) x .98
        ("reach-global", 2026, 80, 1.0, 12_813_500),
        ("reach-global", 2026, 110, 1.0, -11_575_000),  # 13.5M: 9.65M + .5 x 3.85M
        # LEAD Professional: savings 60 / 35 / 15 / 5 % by 10, 15, 20 %; losses 50 % first.
        ("lead-professional", 2027, 95, 1.0, 2_940_000),  # .6 x 5M x .98
        ("lead-professional", 2027, 88, 1.0, 6_566_000),  # (6M + .35 x 2M) x .98
        ("lead-professional", 2030, 75, 1.0, 8_575_000),  # (6 + 1.75 + .75 + .25)M x .98
        ("lead-professional", 2027, 105, 1.0, -2_500_000),  # .5 x 5M
        ("lead-professional", 2027, 112, 1.0, -5_700_000),  # 5M + .35 x 2M
        ("lead-professional", 2027, 130, 1.0, -8_000_000),  # 5 + 1.75 + .75 + .5
        ("lead-professional", 2027, 95, 0.5, 2_058_000),  # 98.5M: .6 x 3.5M x .98
        # LEAD Global: 100 / 50 / 25 / 10 % by 15, 35, 50 %; discount 3 %.
        ("lead-global", 2027, 87, 1.0, 9_800_000),  # 97M less 87M, x .98
        ("lead-global", 2027, 77, 1.0, 16_929_500),  # 20M: (14.55M + .5 x 5.45M) x .98
        ("lead-global", 2027, 115, 1.0, -16_275_000),  # 18M: 14.55M + .5 x 3.45M
        ("lead-global", 2036, 100, 0.9, -3_300_000),  # 3 % and a tenth of 3 %
        # PC Flex on Level E, MSR 2 %: 50 % of savings, 30 % of losses; 2 % credited on top.
        ("pc-flex", 2025, 90, 1.0, 6_900_000),  # .5 x 10M x .98 + 2M
        ("pc-flex", 2025, 99, 1.0, 2_000_000),  # below the MSR: the credit alone
        ("pc-flex", 2025, 110, 1.0, -1_000_000),  # 2M - .3 x 10M
        ("pc-flex", 2029, 120, 1.0, -2_000_000),  # .3 x 20M = 6M; limit 4M; 2M - 4M
        # Making Care Primary, 10,000 beneficiaries, primary care 4M: spending moves nothing.
        ("mcp-track-1", 2024, 90, 0.8, 2_041_000),  # 145,000 + 15 x 120,000 + .03 x 4M x .8
        ("mcp-track-1", 2025, 130, 0.8, 2_041_000),
        ("mcp-track-2", 2024, 100, 0.8, 2_640_000),  # 10 x 120,000 + .45 x 4M x .8
        ("mcp-track-3", 2025, 90, 1.0, 3_360_000),  # 8 x 120,000 + .6 x 4M
        ("mcp-track-3", 2025, 110, 0.0, 960_000),
        # Track 1+, MSR 2 %: 50 %, 30 %, limit 4 % of the benchmark.
        ("track-1-plus", 2018, 95, 1.0, 2_450_000),
        ("track-1-plus", 2018, 120, 1.0, -4_000_000),  # .3 x 20M = 6M; limit 4M
    ],
)
def test_settled_by_hand(
    contract_id: str, year: int, spent: float, quality: float, net: float
) -> None:
    s = settled(contract_id, year, spent, quality)
    assert s.net == pytest.approx(net, abs=0.005)
    assert s.contract.performance_year == year
    # The loop over simulated years settles the same.
    looped = settle_simulated_years(s.contract, BENCHMARK, np.array([spent * M]), quality, "met")
    assert looped.net[0] == s.outcome.net


@pytest.mark.parametrize(
    ("contract_id", "year", "spent", "net"),
    [
        ("pioneer-core", 2012, 95, 0),  # nothing is shared
        ("pioneer-core", 2012, 105, -3_000_000),
        ("next-generation-a", 2016, 90, 5_488_000),  # quality is not asked for
        # All of 2 % is lost: 98M; 8M saved: .5 x 4.9M + .35 x 3.1M = 3.535M; x .98
        ("reach-professional", 2024, 90, 3_464_300),
        ("lead-global", 2027, 90, 3_920_000),  # 100M less 3 % less 3 %: 4M x .98
        ("mcp-track-3", 2024, 90, 960_000),  # no incentive
    ],
)
def test_a_failed_quality_standard_by_hand(
    contract_id: str, year: int, spent: float, net: float
) -> None:
    assert settled(contract_id, year, spent, 1.0, "failed").net == pytest.approx(net, abs=0.005)


def test_pc_flex_keeps_the_rules_of_its_track() -> None:
    # Half rate of a low revenue ACO: .25 x 1M x .98 + 2M.
    assert settled("pc-flex", 2025, 99, low_revenue=True).net == pytest.approx(2_245_000)
    # Loss limit by revenue: 8 % of 10M; the table's MSR at 10,000 is 3 %.
    assert settled("pc-flex", 2025, 110, participant_revenue=10 * M).net == 1_200_000
    assert settled("pc-flex", 2025, 97.5, msr="table").net == 2_000_000
    flex, level_e = load_contract("pc-flex"), load_contract("basic-e")
    for name, term in level_e.stated_terms().items():
        assert flex.term(name).at(2025, 1) == term.at(2025, 1), name


def test_the_infrastructure_payment_is_paid_once() -> None:
    first, second = (settled("mcp-track-1", 2025, 90, 0.8, agreement_year=y) for y in (1, 2))
    assert first.net - second.net == pytest.approx(145_000)
    assert not any("infrastructure" in note for note in first.notes)
    assert any("paid in year 1 of an agreement alone" in note for note in second.notes)


# ---- The waterfall ----


@pytest.mark.parametrize(
    ("contract_id", "once"), [("mcp-track-1", 145_000.0), ("mcp-track-2", 0.0), ("pc-flex", 0.0)]
)
def test_cash_beside_the_settlement_ends_with_the_programme(contract_id: str, once: float) -> None:
    whole = settled(contract_id, 2025, 100, 0.8)
    left = settled(contract_id, 2025, 100, 0.8, termination="involuntary", months_in_programme=3)
    assert whole.net > once
    assert left.net - once == pytest.approx((whole.net - once) / 4, abs=0.01)
    assert any("for 3 of 12 months" in note for note in left.notes)


def test_discount_withhold_and_bands_stand_in_the_waterfall_with_their_sources() -> None:
    s = settled("reach-global", 2022, 40, 0.5)
    shown = {step.step: step for step in s.waterfall}
    dollars = {name: step.dollars for name, step in shown.items()}
    assert dollars["updated benchmark"] == 100 * M
    assert dollars["benchmark discount"] == -2 * M
    assert dollars["quality withhold lost"] == -1 * M  # half of 2 %
    assert dollars["expenditure"] == -40 * M
    assert dollars["gross savings"] == 57 * M
    # Of 97M: edges 24.25M, 33.95M, 48.5M; not shared: none, half, three quarters, nine tenths.
    assert dollars["not shared, 0 to 25 %"] == 0
    assert dollars["not shared, 25 to 35 %"] == pytest.approx(-4_850_000)
    assert dollars["not shared, 35 to 50 %"] == pytest.approx(-10_912_500)
    assert dollars["not shared, above 50 %"] == pytest.approx(-7_650_000)
    assert "kept by Medicare" not in dollars
    assert shown["benchmark discount"].reference.endswith("(unconfirmed)")
    assert "50 % of it earned back" in shown["quality withhold lost"].detail
    assert "25 % of $14,550,000.00 is shared" in shown["not shared, 35 to 50 %"].detail
    # No paragraph of the Shared Savings Program is named for a model that is not its own.
    assert not any("42 CFR 425" in step.reference for step in s.waterfall)


def test_making_care_primary_shows_what_it_pays_and_what_it_only_pays_earlier() -> None:
    s = settled("mcp-track-2", 2024, 90, 0.8)
    shown = {step.step: step for step in s.waterfall}
    assert shown["minimum savings rate"].detail == "no savings are shared"
    assert "shared savings" not in shown
    assert shown["extra cash flows"].dollars == 1_200_000
    assert "$10.00 a beneficiary and month" in shown["extra cash flows"].detail
    assert shown["performance incentive"].dollars == 1_440_000
    assert "80 % earned" in shown["performance incentive"].detail
    in_advance = shown["of primary care, in advance"]
    assert in_advance.dollars == 2_000_000
    assert "not part of the result" in in_advance.detail
    assert s.net == 1_200_000 + 1_440_000
    assert not s.contract.shares_savings
    assert not s.contract.two_sided


def in_cents(dollars: float) -> int:
    return round(100 * dollars)


@settings(max_examples=400)
@given(situations(OTHER_IDS))
def test_the_waterfall_closes_to_the_cent(s: Situation) -> None:
    contract = load_contract(s.contract_id)
    found = settle(contract, s.circumstances, s.benchmark, s.expenditure, s.score, s.standard)
    steps = list(found.waterfall)
    assert all(step.reference.strip() and step.detail.strip() for step in steps)
    names = [step.step for step in steps]
    gross = next(i for i, name in enumerate(names) if name.startswith("gross"))
    assert sum(in_cents(step.dollars) for step in steps[:gross]) == in_cents(steps[gross].dollars)
    ends = [i for i, name in enumerate(names) if name in ("shared savings", "shared losses")]
    assert bool(ends) == (found.outcome.threshold != rule.BELOW_THRESHOLD)
    if ends:
        end = ends[0]
        way = [steps[gross], *steps[gross + 2 : end]]
        assert sum(in_cents(step.dollars) for step in way) == in_cents(steps[end].dollars)
        assert in_cents(steps[end].dollars) == in_cents(
            found.shared_savings or -found.shared_losses
        )
    beside = [step for step in steps if step.step in ("extra cash flows", "performance incentive")]
    result = found.shared_savings - found.shared_losses + sum(step.dollars for step in beside)
    assert found.net == pytest.approx(result, abs=0.02)


# ---- Laws ----


def outcome(s: Situation, rate: float | None = None) -> tuple[rule.Terms, rule.Outcome]:
    terms = resolve(load_contract(s.contract_id), s.circumstances).terms
    spent = s.expenditure if rate is None else s.benchmark * (1.0 - rate)
    return terms, rule.settle_year(terms, s.benchmark, spent, *s.quality)


@LAW
@given(situations(OTHER_IDS), RATES, RATES)
def test_net_never_rises_with_expenditure(s: Situation, one: float, other: float) -> None:
    more_spent, less_spent = (outcome(s, rate)[1].net for rate in sorted((one, other)))
    assert more_spent <= less_spent + 1e-6


@LAW
@given(situations(OTHER_IDS), RATES)
def test_limits_and_bands_hold(s: Situation, rate: float) -> None:
    terms, o = outcome(s, rate)
    settled_benchmark = s.benchmark * (1.0 - rule.taken_off_benchmark(terms, *s.quality))
    assert o.settled_benchmark == pytest.approx(settled_benchmark)
    assert 0.0 <= o.shared_savings <= terms.payment_limit * settled_benchmark
    limits = terms.loss_limit_of_benchmark * settled_benchmark, terms.loss_limit_dollars
    assert 0.0 <= o.shared_losses <= min(limits)
    # Never more than the largest share of a band, nor savings and losses together.
    for amount, gross, bands in (
        (o.shared_savings, o.gross, terms.savings_bands),
        (o.shared_losses, -o.gross, terms.loss_bands),
    ):
        assert amount <= max(share for _, share in bands) * max(gross, 0.0) * (1 + 1e-12)
    assert min(o.shared_savings, o.shared_losses) == 0.0


@LAW
@given(situations(OTHER_IDS), st.floats(-0.4, 0.6), st.floats(0, 1), st.floats(0, 1))
def test_a_better_quality_score_never_hurts(s: Situation, rate: float, a: float, b: float) -> None:
    # Of losses above half the benchmark it can: what it earns back of a withhold widens the
    # bands of high shares by more than the 10 % that it saves in the last band.
    low, high = sorted((a, b))
    nets = [outcome(replace(s, score=score), rate)[1].net for score in (low, high)]
    assert nets[0] <= nets[1] + 1e-6
    failed = outcome(replace(s, score=low, standard="failed"), rate)[1].net
    assert failed <= nets[0] + 1e-6


@pytest.mark.parametrize("year", [2021, 2026, 2030])
@pytest.mark.parametrize("contract_id", BANDED)
def test_bands_are_continuous_at_their_edges_and_marginal_between(
    contract_id: str, year: int
) -> None:
    terms = resolve(load_contract(contract_id), Circumstances(PEOPLE, year)).terms
    kept = BENCHMARK * (1.0 - terms.benchmark_discount)

    def net(gross: float) -> float:
        return rule.settle_year(terms, BENCHMARK, kept - gross, 1.0, rule.STANDARD_MET).net

    for sign, bands, paid in ((1, terms.savings_bands, 0.98), (-1, terms.loss_bands, 1.0)):
        lower = 0.0
        for edge, share in bands:
            if math.isinf(lower):
                break
            at = sign * edge * kept
            if math.isfinite(edge):
                assert net(at + 0.01) - net(at - 0.01) == pytest.approx(0.0, abs=0.02 + 1e-6)
            middle = sign * kept * (lower + min(edge, lower + 0.1)) / 2
            slope = (net(middle + 1e4) - net(middle - 1e4)) / 2e4
            assert slope == pytest.approx(share * paid, abs=1e-9)
            lower = edge


@LAW
@given(situations((*IDS, *OTHER_IDS)))
def test_sharing_begins_at_the_threshold_rates(s: Situation) -> None:
    terms, _ = outcome(s)
    terms = terms._replace(half_rate=0.0)
    savings, losses = rule.threshold_rates(terms, *s.quality)
    dollar = 2.0 / s.benchmark

    def threshold(rate: float) -> float:
        return rule.settle_year(terms, s.benchmark, s.benchmark * (1 - rate), *s.quality).threshold

    if math.isfinite(savings):
        assert threshold(savings + dollar) == rule.SAVINGS
        assert threshold(savings - dollar) != rule.SAVINGS
    if math.isfinite(losses):
        assert threshold(losses - dollar) == rule.LOSSES
        assert threshold(losses + dollar) != rule.LOSSES
    if s.contract_id in IDS:
        assert (savings, losses) == (terms.msr, -terms.mlr)


# ---- The catalogue and its programmes ----


def test_a_run_that_names_no_contract_keeps_to_the_shared_savings_program() -> None:
    default = programme_contract_ids(SHARED_SAVINGS_PROGRAM)
    assert set(default) == {i for i in IDS if "proposed" not in i}
    assert not set(default) & set(OTHER_IDS)


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ("reach", ("reach-global", "reach-professional")),
        ("REACH ", ("reach-global", "reach-professional")),
        ("lead", ("lead-global", "lead-professional")),
        ("pioneer", ("pioneer-core", "pioneer-option-a", "pioneer-option-b")),
        ("next generation", ("next-generation-a", "next-generation-b")),
        ("mcp", ("mcp-track-1", "mcp-track-2", "mcp-track-3")),
        ("pc-flex", ("pc-flex",)),
        ("track-3", ("track-3",)),
        ("basic", ("basic",)),  # no programme: left for the one who looks it up to refuse
    ],
)
def test_a_programme_stands_for_its_contracts(name: str, ids: tuple[str, ...]) -> None:
    assert named_contract_ids(name) == ids


def test_what_a_model_does_not_have_is_not_taken_from_the_shared_savings_program() -> None:
    for contract_id in OTHER_IDS:
        contract = load_contract(contract_id)
        assert contract.under_programme_rules == (contract_id == "pc-flex")
        assert contract.caveat
        assert " ".join(contract.caveat.split()) in settled(contract_id, 2024, 95).notes
    assert load_contract("mcp-track-1").term("sequestration") is None
    # The relief of 42 CFR 425.611 is the program's own.
    for year in (2021, 2022, 2023):
        assert not any("425.611" in note for note in settled("reach-global", year, 105).notes)


def test_a_model_to_come_is_settled_in_its_first_year() -> None:
    assert settled_year(load_contract("lead-global"), None) == 2027
    assert settled_year(load_contract("lead-global"), 2024) == 2027
    assert settled_year(load_contract("reach-global"), None) == 2026
    assert settled_year(load_contract("pc-flex"), None) == 2026
    assert settled_year(load_contract("pioneer-core"), None) == 2016


def test_nothing_is_taken_off_the_benchmark_of_the_shared_savings_program() -> None:
    for contract_id in IDS:
        terms = resolve(load_contract(contract_id), Circumstances(PEOPLE)).terms
        for standard in STANDARDS.values():
            assert rule.taken_off_benchmark(terms, 0.3, standard) == 0.0
        assert (terms.performance_incentive, terms.extra_cash_of_benchmark) == (0.0, 0.0)


# ---- The user's own ----


def test_a_cash_flow_is_overlaid_by_its_name() -> None:
    original = load_contract("mcp-track-1")
    changed = original.with_terms(
        {"upfront_infrastructure_payment": 0, "enhanced_services_payment": 20.0}
    )
    # 20 x 120,000 + .03 x 4M x .8
    at = Circumstances(PEOPLE, performance_year=2024)
    assert settle(changed, at, BENCHMARK, 90 * M, 0.8).net == pytest.approx(2_496_000)
    assert set(changed.changed()) == {
        "upfront_infrastructure_payment",
        "enhanced_services_payment",
    }
    assert "enhanced_services_payment" in original.unconfirmed()
    assert "enhanced_services_payment" not in changed.unconfirmed()
    assert load_contract("mcp-track-1") is original
    assert changed.with_terms({}) == changed


@pytest.mark.parametrize(
    ("contract_id", "changes", "says"),
    [
        ("mcp-track-1", {"enhanced_services": 1.0}, "Did you mean enhanced_services_payment?"),
        ("mcp-track-1", {"enhanced_services_payment": "ten"}, "per_beneficiary_month = 'ten'"),
        ("pc-flex", {"enhanced_primary_care_payment": 2.0}, "of_benchmark = 2.0"),
        ("reach-global", {"benchmark_discount": 3}, "benchmark_discount.value = 3"),
        ("mcp-track-1", {"withhold": 0.25}, "withhold: without effect"),
        ("reach-global", {"performance_incentive": 0.5}, "primary_care_share: missing"),
    ],
)
def test_a_wrong_overlay_is_one_clear_message(
    contract_id: str, changes: dict[str, Any], says: str
) -> None:
    with pytest.raises(UserError) as caught:
        load_contract(contract_id).with_terms(changes)
    assert says in str(caught.value)


def test_a_cash_flow_of_two_amounts_is_left_to_a_file(tmp_path: Path) -> None:
    data = load_contract("mcp-track-2").model_dump(mode="json", exclude_unset=True)
    data["id"] = "mine"
    data["extra_cash_flows"][0]["per_year"] = 100.0
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump(data), "utf-8")
    with pytest.raises(UserError, match="states per_beneficiary_month, per_year"):
        read_contract_file(file).with_terms({"enhanced_services_payment": 1.0})


def test_an_alternative_standard_is_refused_where_the_model_has_none() -> None:
    with pytest.raises(UserError, match="reach-global is settled under a model that has none"):
        settled("reach-global", 2024, 95, 0.8, "alternative")
