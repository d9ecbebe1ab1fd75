"""Whole runs of the exact engine: closed forms, the Monte Carlo engine, certainty, JSON."""

from __future__ import annotations

import itertools
import json
import math
from typing import Any

import numpy as np
import pytest
from engine_cases import MIX, PER_CAPITA, compiled_only
from scipy.stats import norm

import simulate as sim
from simulate.analysis.choices import resolved_contracts
from simulate.analysis.exact import ExactRun, exact_measures, exact_run
from simulate.analysis.run import ASSUMED, CHANCE_ALONE, outcomes_of
from simulate.contracts.contract import contract_ids
from simulate.data.enrollment import ENROLLMENT_TYPES
from simulate.engine.years import View
from simulate.scenario.scenario import Scenario

K, PER_PERSON = 2.15, 11_762.0
# CMS's size table at these sizes (42 CFR 425.604(b)).
MSR = {5_000: 0.039, 10_000: 0.030, 20_000: 0.025, 50_000: 0.022}


def aco(size: int, per_capita: tuple[float, ...] = PER_CAPITA, **stated: Any) -> sim.ACO:
    facts = {
        "performance_year": 2018,
        "assigned_beneficiaries": size,
        "person_years": dict(zip(ENROLLMENT_TYPES, (size * m for m in MIX), strict=True)),
        "benchmark_per_capita": dict(zip(ENROLLMENT_TYPES, per_capita, strict=True)),
        **stated,
    }
    return sim.ACO(**facts)


def plain_terms(contract_id: str) -> sim.Contract:
    """Without sequestration or limits, as the closed forms assume."""
    terms: dict[str, Any] = {"sequestration": 0.0, "payment_limit": 1.0}
    if contract_id != "track-1":
        terms["loss_limit_of_benchmark"] = 1.0
    return sim.load_contract(contract_id).with_terms(terms)


@pytest.mark.parametrize("size", list(MSR))
@pytest.mark.parametrize("tau", [0.0, 0.02, 0.05, 0.1])
def test_grid_of_normal_closed_forms(size, tau) -> None:
    # Model B of DeLia, Hoover and Cantor (MMRR 2012;2(4):a04): normal noise of k/sqrt(N), final
    # 2011 terms. True savings of their own sd are stated so that they carry all the noise.
    run = exact_run(
        aco(size, (PER_PERSON,) * 4, performance_year=2012),
        [plain_terms("track-1"), plain_terms("track-2-2012")],
        true_savings=tau, true_savings_sd=K / math.sqrt(size),
        people_noise=False, practice_noise_constant=0.0, common_shock_sd=0.0,
    )  # fmt: skip
    sd, benchmark = K / math.sqrt(size), size * PER_PERSON

    def above(a: float) -> tuple[float, float]:
        z = (a - tau) / sd
        return norm.sf(z), tau * norm.sf(z) + sd * norm.pdf(z)

    def below(a: float) -> tuple[float, float]:
        z = (a - tau) / sd
        return norm.cdf(z), sd * norm.pdf(z) - tau * norm.cdf(z)

    one, two = run["track-1"], run["track-2-2012"]
    for (chance, mean), rate, probability, dollars in (
        (above(MSR[size]), 0.5, one.probability_of_shared_savings, one.expected_shared_savings),
        (above(0.02), 0.6, two.probability_of_shared_savings, two.expected_shared_savings),
        (below(-0.02), 0.4, two.probability_of_shared_losses, two.expected_shared_losses),
    ):
        # Thresholds are compared in whole cents: half a cent of 58.8 million moves 1e-9.
        assert probability.value == pytest.approx(chance, abs=1e-8)
        assert dollars.value == pytest.approx(rate * benchmark * mean, rel=1e-6, abs=0.01)


RARE = {
    "expected_shared_savings": "probability_of_shared_savings",
    "expected_shared_losses": "probability_of_shared_losses",
    "loss_tvar_95": "probability_of_shared_losses",
}
LEVELS = {"net_p05": 0.05, "net_p50": 0.5, "net_p95": 0.95, "loss_var_95": 0.95}


@compiled_only
@pytest.mark.parametrize("noise", [{}, {"noise_constant": 2.15}])
@pytest.mark.parametrize(("size", "years"), [(5_000, 40_000), (20_000, 12_000), (116_000, 2_000)])
def test_monte_carlo_is_within_its_error(size, years, noise) -> None:
    # Every measure of every contract in both views within 4 se; about 20 figures of a case are
    # independent, so a changed random stream fails one of the six with a chance near 1 %.
    stated = {"true_savings": 0.015, "true_savings_sd": 0.02, **noise}
    contracts = list(contract_ids())
    exact = exact_run(aco(size), contracts, **stated)
    simulated = sim.run(aco(size), contracts, years=years, seed=5, **stated)
    for contract_id, view in itertools.product(contracts, ("measures", "chance_alone")):
        truth = getattr(exact[contract_id], view).to_dict()
        for name, found in getattr(simulated[contract_id], view).to_dict().items():
            if name in RARE and found["value"] == 0.0:
                # None was simulated, which says nothing of dollars, but that it is rare.
                assert truth[RARE[name]]["value"] * years < 12.0, (contract_id, view, name)
                continue
            rounding = 1e-9 * abs(truth[name]["value"])
            rounding += 1e-9 if name.startswith("probability") else 1e-6
            error = 4.0 * found["standard_error"] + rounding
            low, high = truth[name]["value"] - error, truth[name]["value"] + error
            if name in LEVELS:
                low, high = quantiles_around(exact, contract_id, view, name, years)
            assert low <= found["value"] <= high, (contract_id, view, name)


def quantiles_around(
    exact: ExactRun, contract_id: str, view: str, name: str, years: int
) -> tuple[float, float]:
    """The exact quantiles 4 se of the rank to either side: right beside a jump too."""
    level = LEVELS[name]
    spread = 4.0 * math.sqrt(level * (1.0 - level) / years)
    levels = np.array([level - spread, level + spread])
    rates = exact.distributions[ASSUMED if view == "measures" else CHANCE_ALONE].quantile(
        1.0 - levels if name == "loss_var_95" else levels
    )
    benchmark = exact.population.benchmark
    settled = outcomes_of(
        exact[contract_id].resolved, exact.aco, benchmark, benchmark * (1 - rates)
    )
    low, high = settled.shared_losses if name == "loss_var_95" else settled.net
    return low - 1e-6, high + 1e-6


def test_zero_noise_is_the_settlement() -> None:
    silent = {"people_noise": False, "practice_noise_constant": 0.0, "common_shock_sd": 0.0}
    stated = {"true_savings": 0.04, "true_savings_sd": 0.0, **silent}
    exact = exact_run(aco(5_000), list(contract_ids()), **stated)
    simulated = sim.run(aco(5_000), list(contract_ids()), years=3, **stated)
    for contract_id, result in exact.contracts.items():
        for view in ("measures", "chance_alone"):
            plain = getattr(simulated[contract_id], view).to_dict()
            for name, found in getattr(result, view).to_dict().items():
                assert found["value"] == pytest.approx(plain[name]["value"], rel=1e-9, abs=1e-6)
                assert found["standard_error"] == 0.0


def test_same_layout_as_a_simulated_run() -> None:
    exact = exact_run(aco(5_000), ["track-1", "enhanced"], true_savings=0.02)
    simulated = sim.run(aco(300), ["track-1", "enhanced"], years=2, true_savings=0.02)
    found, plain = exact.to_dict(), simulated.to_dict()
    assert set(found) - {"engine"} == set(plain) - {"engine"}
    assert (found["engine"], found["seed"], found["years"]) == ("exact", None, 0)
    assert set(found["assumptions"]) == set(plain["assumptions"])
    assert found["assumptions"]["savings_rate_sd_by_chance"] == exact.distributions[0].sd
    json.dumps(found, allow_nan=False)
    # What figures are drawn from: equally likely quantiles.
    rates = exact.savings_rates()
    assert rates.mean() == pytest.approx(0.02, abs=1e-4)
    assert rates.std() == pytest.approx(exact.distributions[1].sd, rel=5e-3)


def test_measures_of_one_view() -> None:
    scenario = Scenario(aco=aco(5_000)).with_values({"true_savings": 0.02})
    resolved = resolved_contracts(scenario, ["basic-e", "track-3"])
    run = exact_run(scenario, ["basic-e", "track-3"])
    alone = exact_measures(scenario, resolved, View(0.02))
    for contract_id, measures in alone.items():
        for name, estimate in measures.to_dict().items():
            whole = run[contract_id].measures.to_dict()[name]
            assert estimate["value"] == pytest.approx(whole["value"], rel=1e-9, abs=1e-9)
