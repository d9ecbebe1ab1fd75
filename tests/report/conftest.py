import pytest

import simulate as sim


@pytest.fixture(scope="session")
def aco():
    return sim.ACO(
        id="small",
        name="Small & Sons",
        performance_year=2024,
        assigned_beneficiaries=700,
        person_years={"disabled": 100.0, "aged_non_dual": 590.0},
        benchmark_per_capita={
            "esrd": 0.0,
            "disabled": 12_000.0,
            "aged_dual": 0.0,
            "aged_non_dual": 11_000.0,
        },
        contract="enhanced",
        revenue_category="low",
        participant_revenue=400_000.0,
    )


CONTRACTS = ["track-1", "track-2", "track-3-proposed-2014", "basic-a", "basic-b", "basic-e"]


@pytest.fixture(scope="session")
def run(aco):
    return sim.run(aco, contracts=[*CONTRACTS, "enhanced"], years=400, true_savings=0.01)


@pytest.fixture(scope="session")
def comparison(run):
    return sim.compare(run, "basic-e", "enhanced")
