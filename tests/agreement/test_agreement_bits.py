"""The same bits for any threads, chunks and set of paths, and for the first of more paths."""

from __future__ import annotations

import json

import numpy as np
import pytest
from agreement_cases import COMPILED, PATHS, mixed_aco, noisy_run

import simulate as sim
from simulate.agreement.simulation import ASSUMED, CHANCE_ALONE

EVERYTHING = {
    "savings_drift_sd": 0.01,
    "benchmark_update_sd": 0.004,
    "practice_correlation": 0.3,
    "savings_ramp": [0.5, 1.0],
    "benchmark_noise": "10/30/60",
    "quality_score_sd": 0.05,
    "renewal_test": "proposed-2014",
    "start_year": 2016,
}
LONG = "track-1-then-2"


def arrays(run: sim.AgreementRun, label: str, view: int) -> dict[str, np.ndarray]:
    settled = run.outcomes(label, view)
    rebased = {f"rebased {i}": one.benchmark for i, one in enumerate(settled.rebased)}
    names = ("benchmark", "expenditure", "shared_savings", "shared_losses", "net", "in_agreement")
    found = {name: getattr(settled, name) for name in names}
    return {**found, **rebased, "cash": settled.cash.dollars}


@pytest.mark.parametrize(("threads", "chunk_years"), [(1, 1), (2, 7), (3, None)])
def test_threads_and_chunks(threads: int, chunk_years: int | None) -> None:
    whole = noisy_run([LONG], **EVERYTHING)
    other = noisy_run([LONG], execution=sim.Execution(threads, chunk_years), **EVERYTHING)
    assert json.dumps(whole.to_dict()) == json.dumps(other.to_dict())


@pytest.mark.skipif(not COMPILED, reason="quasi-random years are at least a thousand")
def test_quasi_random_threads_and_chunks() -> None:
    stated = {**EVERYTHING, "sampling": "quasi-random", "years": 1_000}
    whole = noisy_run([LONG], **stated)
    other = noisy_run([LONG], execution=sim.Execution(2, 13), **stated)
    assert json.dumps(whole.to_dict()) == json.dumps(other.to_dict())


@pytest.mark.parametrize("view", [CHANCE_ALONE, ASSUMED])
def test_first_paths_and_paths_alone(view: int) -> None:
    several = noisy_run([LONG, "track-3", "3xtrack-1 / 3xtrack-3"], **EVERYTHING)
    few = noisy_run([LONG], **{**EVERYTHING, "years": PATHS // 2})
    for label in several.paths:
        alone = noisy_run([label], **EVERYTHING)
        for name, values in arrays(several, label, view).items():
            np.testing.assert_array_equal(arrays(alone, label, view)[name], values, err_msg=name)
        assert alone[label] == several[label]
    for name, values in arrays(few, LONG, view).items():
        np.testing.assert_array_equal(values, arrays(several, LONG, view)[name][: PATHS // 2])


def test_chance_alone_does_not_know_the_assumed_view() -> None:
    stated = {**EVERYTHING, "aco": mixed_aco()}
    one, other = (noisy_run([LONG], true_savings=s, **stated) for s in (0.01, 0.05))
    assert one[LONG].chance_alone == other[LONG].chance_alone
    assert one[LONG].assumed != other[LONG].assumed


def test_another_seed_is_another_run() -> None:
    one, other = (noisy_run(["enhanced"], seed=seed) for seed in (1, 2))
    assert one["enhanced"].assumed != other["enhanced"].assumed
