"""Without noise a run is one settlement, for every contract of the catalogue, to the cent."""

from __future__ import annotations

from itertools import product

import pytest
from analysis_cases import aco

import simulate as sim
from simulate.analysis.run import ASSUMED, CHANCE_ALONE

# 0.02 meets an MSR of 2.0 % exactly, -0.02 the MLR: ties that CMS's rounding to cents decides.
TRUE_SAVINGS = (-0.20, -0.02, -0.0199, 0.0, 0.019, 0.02, 0.035, 0.30)
SITUATIONS = {
    "plain": {},
    "low revenue, poor quality": {
        "quality_score": 0.41,
        "revenue_category": "low",
        "participant_revenue": 2.5e7,
        "agreement_year": 3,
    },
    "half rate below the MSR": {
        "performance_year": 2024,
        "revenue_category": "low",
        "quality_score": 0.9,
        "agreement_year": 1,
    },
    "failed": {"quality_standard": "failed", "quality_score": 0.2},
    "other year and size": {"performance_year": 2024, "assigned_beneficiaries": 60_000},
}
silent = {
    "noise_constant": {"noise_constant": 0.0},
    "each source": {"people_noise": False, "practice_noise_constant": 0.0, "common_shock_sd": 0.0},
}


def settled(run: sim.Run, contract_id: str, tau: float) -> sim.Settlement:
    who = run.aco
    circumstances = sim.Circumstances(
        assigned_beneficiaries=who.assigned_beneficiaries,
        performance_year=who.performance_year,
        agreement_year=who.agreement_year,
        msr="2.0",
        low_revenue=who.revenue_category == "low",
        participant_revenue=who.participant_revenue,
        person_years_each=sum(who.person_years.in_order()) / who.assigned_beneficiaries,
    )
    return sim.settle(
        sim.load_contract(contract_id),
        circumstances,
        who.benchmark,
        who.benchmark * (1.0 - tau),
        who.quality_score,
        who.quality_standard,
    )


@pytest.mark.parametrize("tau", TRUE_SAVINGS)
@pytest.mark.parametrize(
    ("situation", "noise"), list(product(SITUATIONS.values(), silent.values())),
    ids=[f"{a}; {b}" for a, b in product(SITUATIONS, silent)],
)  # fmt: skip
def test_zero_noise_is_the_settlement(situation, noise, tau) -> None:
    who = aco(7_777, **situation)
    run = sim.run(who, list(sim.contract_ids()), years=3, true_savings=tau, **noise)
    for contract_id in sim.contract_ids():
        for view, rate in ((ASSUMED, tau), (CHANCE_ALONE, 0.0)):
            one = settled(run, contract_id, rate)
            years = run.outcomes(contract_id, view)
            # Half a cent is the rounding of what `settle` shows; net adds up what is shown.
            for name in ("shared_savings", "shared_losses", "net"):
                dollars = getattr(years, name)
                most = 0.01001 if name == "net" else 0.00501
                assert abs(dollars - getattr(one, name)).max() < most, (contract_id, name)
            measures = (
                run[contract_id].measures if view == ASSUMED else run[contract_id].chance_alone
            )
            assert measures.expected_net.value == pytest.approx(one.net, abs=0.01001)
            for name, estimate in measures.to_dict().items():
                assert estimate["standard_error"] == 0.0, name
                if name.startswith("probability"):
                    assert estimate["value"] in (0.0, 1.0)


def test_the_tie_is_met() -> None:
    run = sim.run(aco(7_777), ["track-2-2012"], years=2, true_savings=0.02, noise_constant=0.0)
    assert run["track-2-2012"].probability_of_meeting_msr == (1.0, 0.0)
    run = sim.run(aco(7_777), ["track-2-2012"], years=2, true_savings=-0.02, noise_constant=0.0)
    assert run["track-2-2012"].probability_of_meeting_mlr == (1.0, 0.0)


def test_uncertain_true_savings_are_noise_too() -> None:
    run = sim.run(
        aco(7_777), ["track-2"], years=500, true_savings=0.02, true_savings_sd=0.02,
        noise_constant=0.0,
    )  # fmt: skip
    assert run["track-2"].probability_of_shared_savings.standard_error > 0.0
    assert run["track-2"].chance_alone.probability_of_shared_savings == (0.0, 0.0)
