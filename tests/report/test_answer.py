"""Which contract the answer is about, and what stands beside a figure of another model."""

from __future__ import annotations

import pytest

import simulate as sim
from simulate.report.sentences import answer_sentences, headline_contract


def run_of(contracts: list[str], own: str = "") -> sim.Run:
    aco = sim.ACO(
        performance_year=2024,
        assigned_beneficiaries=200,
        contract=own,
        person_years={"aged_non_dual": 200.0},
        benchmark_per_capita={"aged_non_dual": 10_000.0},
    )
    return sim.run(aco, contracts=contracts, years=4, true_savings=0.0)


@pytest.mark.parametrize(
    ("contracts", "own", "headline"),
    [
        (["basic-e", "enhanced", "track-1-plus"], "", "basic-e"),
        (["track-1-plus", "enhanced", "basic-e"], "", "enhanced"),
        (["track-1-plus", "enhanced"], "track-1-plus", "track-1-plus"),
        (["track-2", "track-3"], "", "track-2"),
    ],
)
def test_the_answer_is_about_the_own_contract_or_the_first_in_force(
    contracts: list[str], own: str, headline: str
) -> None:
    assert headline_contract(run_of(contracts, own)) == headline


def test_a_model_on_another_benchmark_is_not_answered_without_its_caveat() -> None:
    *_, last = answer_sentences(run_of(["reach-global"]))
    assert last.startswith("reach-global: a model of the CMS Innovation Center")
    assert not any("Innovation Center" in said for said in answer_sentences(run_of(["enhanced"])))
