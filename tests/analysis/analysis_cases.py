"""ACOs, contracts and shorthands shared by the tests of whole runs."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import pytest

import simulate as sim

compiled_only = pytest.mark.skipif(
    bool(numba.config.DISABLE_JIT), reason="too many draws for plain Python"
)
COMPILED = not numba.config.DISABLE_JIT

# Person-year mix and dollars per capita of all ACOs, CMS results of performance year 2018.
MIX = {"esrd": 0.0075, "disabled": 0.116, "aged_dual": 0.064, "aged_non_dual": 0.8125}
PER_CAPITA = {"esrd": 83_492, "disabled": 10_872, "aged_dual": 16_049, "aged_non_dual": 9_912}


def aco(size: int, **stated: Any) -> sim.ACO:
    """An ACO in the mix of all ACOs; one person-year a beneficiary, 2012 unless stated."""
    facts = {
        "performance_year": 2012,
        "assigned_beneficiaries": size,
        "person_years": {name: size * part for name, part in MIX.items()},
        "benchmark_per_capita": PER_CAPITA,
        **stated,
    }
    return sim.ACO(**facts)


def small_run(contracts: Any = ("track-2", "track-3"), **stated: Any) -> sim.Run:
    """A run that is quick with the compiler off too."""
    size, years = (5_000, 2_000) if COMPILED else (40, 25)
    aco_facts = {"performance_year": 2018, **stated.pop("aco", {})}
    contracts = None if contracts is None else list(contracts)
    return sim.run(aco(size, **aco_facts), contracts, years=years, **stated)


def plain_terms(contract_id: str) -> sim.Contract:
    """A contract without sequestration or limits, as the closed forms assume."""
    terms: dict[str, Any] = {"sequestration": 0.0, "payment_limit": 1.0}
    if contract_id != "track-1":
        terms["loss_limit_of_benchmark"] = 1.0
    return sim.load_contract(contract_id).with_terms(terms)


def cents_apart(a: float, b: float) -> float:
    return float(np.abs(a - b) * 100.0)
