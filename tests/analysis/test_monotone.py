"""What must rise or fall whatever the numbers; common random numbers make it exact."""

from __future__ import annotations

import pytest
from analysis_cases import COMPILED, aco

import simulate as sim

SIZE, YEARS = (5_000, 4_000) if COMPILED else (50, 12)
TAUS = (-0.04, -0.02, 0.0, 0.01, 0.02, 0.04, 0.08) if COMPILED else (-0.1, 0.0, 0.1)


@pytest.fixture(scope="module")
def by_savings() -> list[sim.Run]:
    return [
        sim.run(aco(SIZE, performance_year=2018), list(sim.contract_ids()), years=YEARS,
                seed=2, true_savings=tau)
        for tau in TAUS
    ]  # fmt: skip


@pytest.mark.parametrize("contract_id", sim.contract_ids())
def test_savings_raise_rewards_and_lower_losses(by_savings, contract_id) -> None:
    def values(measure: str) -> list[float]:
        return [getattr(run[contract_id], measure).value for run in by_savings]

    for rising in ("probability_of_shared_savings", "probability_of_meeting_msr",
                   "expected_shared_savings", "expected_net", "net_p05", "net_p50"):  # fmt: skip
        assert values(rising) == sorted(values(rising)), rising
    for falling in ("probability_of_shared_losses", "expected_shared_losses", "loss_var_95",
                    "loss_tvar_95"):  # fmt: skip
        assert values(falling) == sorted(values(falling), reverse=True), falling
    # Making Care Primary pays the same whatever is spent.
    rises = values("expected_net")[0] < values("expected_net")[-1]
    assert rises == (not contract_id.startswith("mcp"))


def test_chance_alone_does_not_depend_on_the_true_savings(by_savings) -> None:
    first = by_savings[0].to_dict()["chance_alone"]
    assert all(run.to_dict()["chance_alone"] == first for run in by_savings)


@pytest.mark.parametrize("contract_id", ["track-1", "track-2", "track-3", "enhanced", "basic-e"])
@pytest.mark.parametrize("tau", [0.0, 0.03])
def test_a_larger_msr_never_raises_the_chance_of_a_reward(contract_id, tau) -> None:
    found = []
    for msr in (0.0, 0.005, 0.01, 0.02, 0.03, 0.05):
        contract = sim.load_contract(contract_id).with_terms({"minimum_savings_rate": msr})
        run = sim.run(aco(SIZE, performance_year=2019), [contract], years=YEARS, true_savings=tau)
        found.append(run[contract_id].probability_of_shared_savings.value)
    assert found == sorted(found, reverse=True)
    # With few people no simulated year may lie between the rates.
    assert found[0] > found[-1] or not COMPILED


def test_a_larger_mlr_never_raises_the_chance_of_a_loss() -> None:
    found = []
    for mlr in (0.0, 0.01, 0.02, 0.04):
        contract = sim.load_contract("track-3").with_terms({"minimum_loss_rate": mlr})
        run = sim.run(aco(SIZE, performance_year=2018), [contract], years=YEARS)
        found.append(run["track-3"].probability_of_shared_losses.value)
    assert found == sorted(found, reverse=True)
