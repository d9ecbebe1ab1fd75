"""The compiled loop against the plain rule, and the rule against one written apart from it."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
from settlement_cases import IDS, OTHER_IDS, Situation, by_hand, random_situation

from simulate.contracts.contract import contract_ids, load_contract
from simulate.contracts.resolution import Circumstances, resolve
from simulate.contracts.settlement import settle, settle_simulated_years
from simulate.kernels import settlement_rule as rule
from simulate.kernels.settlement_loop import settle_years

YEARS = 400
ALL_IDS = (*IDS, *OTHER_IDS)


def rng_of(contract_id: str) -> np.random.Generator:
    return np.random.default_rng([20_260, ALL_IDS.index(contract_id)])


def looped(terms: rule.Terms, s: Situation, expenditures: np.ndarray) -> np.ndarray:
    outcome = np.full((5, expenditures.size), np.nan)
    score, standard = s.quality
    scores = np.full(expenditures.size, score)
    benchmarks = np.full(expenditures.size, s.benchmark)
    settle_years(terms, benchmarks, expenditures, scores, standard, outcome)
    return outcome


def ruled(terms: rule.Terms, s: Situation, expenditures: np.ndarray) -> np.ndarray:
    settled = [rule.settle_year(terms, s.benchmark, float(x), *s.quality) for x in expenditures]
    return np.array(
        [[o.shared_savings, o.shared_losses, o.net, o.threshold, o.over_limit] for o in settled]
    ).T.copy()


def test_every_contract_is_covered() -> None:
    assert sorted(ALL_IDS) == sorted(contract_ids())


@pytest.mark.parametrize("contract_id", ALL_IDS)
def test_the_loop_equals_the_rule_bit_for_bit(contract_id: str) -> None:
    rng = rng_of(contract_id)
    for _ in range(8):
        s = random_situation(rng, contract_id)
        terms = resolve(load_contract(contract_id), s.circumstances).terms
        rates = rng.normal(0.0, 0.05, YEARS)
        # Ends and joints: nothing spent, no savings, either side of both thresholds.
        threshold = min(terms.msr, 0.02)
        rates[:5] = [1.0 - 1e-9, 0.0, threshold, -threshold, 1e-13]
        expenditures = s.benchmark * (1.0 - rates)
        assert looped(terms, s, expenditures).tobytes() == ruled(terms, s, expenditures).tobytes()


@pytest.mark.parametrize("contract_id", ALL_IDS)
def test_a_year_does_not_depend_on_the_years_around_it(contract_id: str) -> None:
    s = random_situation(rng_of(contract_id), contract_id)
    terms = resolve(load_contract(contract_id), s.circumstances).terms
    expenditures = s.benchmark * np.linspace(0.8, 1.2, 101)
    whole = looped(terms, s, expenditures)
    apart = np.hstack([looped(terms, s, e) for e in (expenditures[:7], expenditures[7:])])
    assert whole.tobytes() == apart.tobytes()


@pytest.mark.parametrize("contract_id", ALL_IDS)
def test_one_compiled_version_serves_every_contract(contract_id: str) -> None:
    # The compiler makes a new version for every combination of types, at seconds each.
    rng = rng_of(contract_id)
    for _ in range(20):
        s = random_situation(rng, contract_id)
        terms = resolve(load_contract(contract_id), s.circumstances).terms
        kinds = {name: type(v) for name, v in zip(terms._fields[:-2], terms[:-2], strict=True)}
        assert set(kinds.values()) == {float}, kinds
        for bands in (terms.savings_bands, terms.loss_bands):
            assert len(bands) == rule.MAX_BANDS
            assert {type(x) for band in bands for x in band} == {float}


@pytest.mark.parametrize("contract_id", ALL_IDS)
def test_simulated_years_equal_single_settlements(contract_id: str) -> None:
    rng = rng_of(contract_id)
    contract = load_contract(contract_id)
    s = random_situation(rng, contract_id)
    resolved = resolve(contract, s.circumstances)
    expenditures = np.round(s.benchmark * (1.0 - rng.normal(0.0, 0.05, 60)), 2)
    settled = settle_simulated_years(resolved, s.benchmark, expenditures, s.score, s.standard)
    assert settled.resolved is resolved
    for year, expenditure in enumerate(expenditures):
        single = settle(
            contract, s.circumstances, s.benchmark, float(expenditure), s.score, s.standard
        )
        assert settled.shared_savings[year] == pytest.approx(single.shared_savings, abs=0.0051)
        assert settled.shared_losses[year] == pytest.approx(single.shared_losses, abs=0.0051)
        assert settled.net[year] == single.outcome.net
        assert settled.threshold[year] == single.outcome.threshold
        assert settled.limited[year] == (single.outcome.over_limit > 0)


def test_one_sided_losses_pass_no_threshold() -> None:
    resolved = resolve(load_contract("track-1"), Circumstances(10_000))
    expenditures = np.array([1.5e8, 1.03e8, 1e8 + 0.01, 1e8, 9.8e7, 9.7e7])
    settled = settle_simulated_years(resolved, 1e8, expenditures, 1.0, "met")
    assert settled.threshold.tolist() == [0, 0, 0, 0, 0, 1]
    assert settled.net.tolist()[:5] == [0.0] * 5
    assert not settled.limited.any()


def test_before_2023_an_alternative_standard_counts_as_met_in_simulation() -> None:
    resolved = resolve(load_contract("track-3"), Circumstances(10_000))
    expenditures = np.array([0.9e8, 1.1e8])
    met, other = (
        settle_simulated_years(resolved, 1e8, expenditures, 0.5, standard).net
        for standard in ("met", "alternative")
    )
    assert met.tolist() == other.tolist()


def test_no_years_at_all() -> None:
    resolved = resolve(load_contract("enhanced"), Circumstances(10_000))
    assert settle_simulated_years(resolved, 1e8, np.empty(0), 1.0, "met").net.shape == (0,)


@pytest.mark.parametrize("contract_id", IDS)
def test_the_rule_agrees_with_one_written_apart(contract_id: str) -> None:
    rng = rng_of(contract_id)
    contract = load_contract(contract_id)
    seen = set()
    for _ in range(500):
        s = random_situation(rng, contract_id)
        resolved = resolve(contract, s.circumstances)
        settled = rule.settle_year(resolved.terms, s.benchmark, s.expenditure, *s.quality)
        savings, losses, passed = by_hand(s)
        assert settled.shared_savings == pytest.approx(savings, rel=1e-12, abs=1e-6), s
        assert settled.shared_losses == pytest.approx(losses, rel=1e-12, abs=1e-6), s
        assert settled.net == pytest.approx(savings - losses, rel=1e-12, abs=1e-6), s
        assert settled.threshold == {1.0: 1.0, 0.5: 2.0, 0.0: 0.0, -1.0: -1.0}[passed], s
        seen.add(passed)
    two_sided = any(
        resolve(contract, Circumstances(9000, agreement_year=y)).two_sided for y in (3,)
    )
    halved = contract_id.startswith("basic")
    assert seen == {0.0, 1.0} | ({-1.0} if two_sided else set()) | ({0.5} if halved else set())


def test_one_settlement_needs_no_compiler() -> None:
    code = (
        "import sys, json\n"
        "from simulate.contracts.contract import load_contract\n"
        "from simulate.contracts.resolution import Circumstances\n"
        "from simulate.contracts.settlement import settle\n"
        "settle(load_contract('basic-e'), Circumstances(60000), 5e8, 4.87e8)\n"
        "print(json.dumps([m for m in ('numba', 'scipy', 'matplotlib') if m in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert json.loads(done.stdout) == []
