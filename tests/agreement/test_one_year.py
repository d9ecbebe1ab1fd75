"""An agreement of one year is the run of that year, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest
from agreement_cases import COMPILED, PATHS, mixed_aco

import simulate as sim
from simulate.agreement.simulation import ASSUMED, CHANCE_ALONE

CONTRACTS = ("basic-a", "basic-c", "basic-e", "enhanced", "track-1", "track-2", "track-3")
ASSUMPTIONS = {
    "default": {},
    "uncertain savings": {"true_savings": 0.02, "true_savings_sd": 0.03},
    "benchmark noise": {"true_savings": 0.02, "benchmark_noise": "10/30/60"},
    "equal thirds": {"true_savings": -0.02, "benchmark_noise": "equal-thirds"},
    "quality varies": {"true_savings": 0.03, "quality_score_sd": 0.1},
    "noise constant": {"noise_constant": 2.15, "common_shock_df": 5.0, "common_shock_sd": 0.01},
    "no people": {"people_noise": False, "true_savings": 0.01},
}
#: What an agreement states and a single year has no place for does nothing in its first year.
LATER = {
    "savings_drift_sd": 0.05,
    "benchmark_update": 0.08,
    "regional_adjustment": 0.02,
}


@pytest.mark.parametrize("name", ASSUMPTIONS)
def test_every_contract_and_measure(name: str) -> None:
    stated, aco = ASSUMPTIONS[name], mixed_aco(quality_score=0.8)
    single = sim.run(aco, list(CONTRACTS), years=PATHS, seed=3, **stated)
    agreement = sim.run_agreement(
        aco, list(CONTRACTS), years=PATHS, seed=3, start_year=2024,
        **{"agreement.years": 1}, **LATER, **stated,
    )  # fmt: skip
    for contract_id in CONTRACTS:
        result = agreement[contract_id]
        assert result.assumed.measures.by_year == (single[contract_id].measures,)
        assert result.chance_alone.measures.by_year == (single[contract_id].chance_alone,)
        for view in (ASSUMED, CHANCE_ALONE):
            years = single.outcomes(contract_id, view)
            settled = agreement.outcomes(contract_id, view)
            np.testing.assert_array_equal(settled.net[:, 0], years.net)
            np.testing.assert_array_equal(settled.savings_rate[:, 0], single.savings_rates(view))


@pytest.mark.skipif(not COMPILED, reason="quasi-random years are 1,000 at least")
def test_quasi_random_years() -> None:
    aco, stated = mixed_aco(200), {"true_savings": 0.02, "true_savings_sd": 0.02, "seed": 5}
    single = sim.run(aco, ["enhanced"], years=1_000, sampling="quasi-random", **stated)
    agreement = sim.run_agreement(
        aco, ["enhanced"], years=1_000, sampling="quasi-random", start_year=2024,
        **{"agreement.years": 1}, **stated,
    )  # fmt: skip
    assert agreement["enhanced"].assumed.measures.by_year == (single["enhanced"].measures,)


def test_a_later_year_of_a_running_agreement_with_its_record() -> None:
    # Year 3 of Track 2, with its higher loss limit, and the half rate of an agreement from 2024.
    aco = mixed_aco(agreement_year=3, savings_rate=0.03, revenue_category="low", id="X")
    contracts = ["track-2", "basic-e"]
    single = sim.run(aco, contracts, years=PATHS)
    agreement = sim.run_agreement(
        aco, contracts, years=PATHS, start_year=2024, first_agreement_year=3,
        **{"agreement.years": 1},
    )  # fmt: skip
    for contract_id in contracts:
        found = agreement[contract_id].assumed.measures.by_year
        assert found == (single[contract_id].measures,)
        terms = agreement[contract_id].planned.resolved[0].terms
        assert terms == single[contract_id].resolved.terms


def test_the_first_year_of_a_longer_agreement_is_that_year_too() -> None:
    stated = {"years": PATHS, "true_savings": 0.02, "start_year": 2024}
    long = sim.run_agreement(mixed_aco(), ["enhanced"], savings_drift_sd=0.02, **stated)
    single = sim.run(mixed_aco(), ["enhanced"], years=PATHS, true_savings=0.02)
    assert long["enhanced"].assumed.measures.by_year[0] == single["enhanced"].measures
