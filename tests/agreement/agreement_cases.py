"""ACOs and shorthands shared by the tests of agreements."""

from __future__ import annotations

from typing import Any

import numba

import simulate as sim
from simulate.agreement.plan import AgreementPlan, agreement_plan
from simulate.agreement.run import stated_for_agreement

COMPILED = not numba.config.DISABLE_JIT
SIZE, PATHS = (3_000, 300) if COMPILED else (40, 6)
MIX = {"esrd": 0.0075, "disabled": 0.116, "aged_dual": 0.064, "aged_non_dual": 0.8125}
PER_CAPITA = {"esrd": 83_492, "disabled": 10_872, "aged_dual": 16_049, "aged_non_dual": 9_912}
SILENT = {"people_noise": False, "practice_noise_constant": 0.0, "common_shock_sd": 0.0}


def mixed_aco(size: int = SIZE, **stated: Any) -> sim.ACO:
    """An ACO in the mix of all ACOs, performance year 2024 unless stated."""
    facts = {
        "performance_year": 2024,
        "assigned_beneficiaries": size,
        "person_years": {name: 0.979 * size * part for name, part in MIX.items()},
        "benchmark_per_capita": PER_CAPITA,
        **stated,
    }
    return sim.ACO(**facts)


def round_aco(**stated: Any) -> sim.ACO:
    """10,000 aged/non-dual beneficiaries at 10,000 dollars: a benchmark of 100 million.

    The size table's MSR is 3.0 %, and 5 % of national per-capita spending 5.8 million.
    """
    facts = {
        "performance_year": 2024,
        "assigned_beneficiaries": 10_000,
        "person_years": {"aged_non_dual": 10_000.0},
        "benchmark_per_capita": {"aged_non_dual": 10_000.0},
        **stated,
    }
    return sim.ACO(**facts)


def silent_run(aco: sim.ACO, paths: list[str], **stated: Any) -> sim.AgreementRun:
    """An agreement without any noise: every path is the same, and two are enough."""
    known = {"benchmark_update": 0.0, "true_savings": 0.0, **SILENT, **stated}
    return sim.run_agreement(aco, paths, years=2, **known)


def noisy_run(paths: list[str], aco: sim.ACO | None = None, **stated: Any) -> sim.AgreementRun:
    """A run that is quick with the compiler off, too."""
    known = {"years": PATHS, "true_savings": 0.01, "true_savings_sd": 0.02, **stated}
    return sim.run_agreement(aco or mixed_aco(), paths, **known)


def planned(paths: list[str], aco: sim.ACO | None = None, **stated: Any) -> AgreementPlan:
    """The plan of an agreement run, which simulates nothing."""
    return agreement_plan(stated_for_agreement(aco or round_aco(), stated), paths)
