"""The measures of one contract and the paired comparison of two, from settled years."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from simulate.measures.comparison import compare_outcomes
from simulate.measures.outcomes import Measures, Outcomes, measure


def outcomes(net: list[float], limited: list[int] | None = None, **changes) -> Outcomes:
    x = np.array(net, dtype=float)
    return Outcomes(
        shared_savings=np.maximum(x, 0.0),
        shared_losses=np.maximum(-x, 0.0),
        net=x,
        met_msr=x > 0,
        met_mlr=x < 0,
        limited=np.isin(np.arange(x.size), limited or []),
        **changes,
    )


def drawn(seed: int = 1, years: int = 5_000) -> Outcomes:
    x = np.random.default_rng(seed).normal(1e5, 1e6, years)
    return outcomes(list(np.where(np.abs(x) < 4e5, 0.0, x)))


def test_every_measure_by_hand() -> None:
    net = [0.0] * 10 + [100.0] * 5 + [200.0] + [-50.0, -80.0, -80.0, -400.0]
    found = measure(outcomes(net, limited=[15, 17, 18]))
    values = {name: e["value"] for name, e in found.to_dict().items()}
    assert values == {
        "probability_of_meeting_msr": 0.3,
        "probability_of_meeting_mlr": 0.2,
        "probability_of_shared_savings": 0.3,
        "probability_of_shared_losses": 0.2,
        "probability_of_payment_limit": 0.05,
        "probability_of_loss_limit": 0.1,
        "expected_shared_savings": 35.0,
        "expected_shared_losses": 30.5,
        "expected_net": 4.5,
        "standard_deviation_of_net": pytest.approx(np.std(net)),
        "net_p05": -400.0,
        "net_p50": 0.0,
        "net_p95": 100.0,
        "loss_var_95": 80.0,
        "loss_tvar_95": pytest.approx(400.0),
    }


def test_names_of_the_measures() -> None:
    wanted = {
        "probability_of_shared_savings", "probability_of_shared_losses", "expected_shared_savings",
        "expected_shared_losses", "expected_net", "standard_deviation_of_net", "net_p05",
        "net_p50", "net_p95", "loss_var_95", "loss_tvar_95", "probability_of_loss_limit",
        "probability_of_payment_limit",
    }  # fmt: skip
    assert wanted <= set(Measures.__dataclass_fields__)
    errors = {n: e["standard_error"] for n, e in measure(drawn()).to_dict().items()}
    # The median lies among the years without any payment: exact.
    assert [name for name, error in errors.items() if error == 0.0] == ["net_p50"]


def test_a_one_sided_contract_never_owes_for_certain() -> None:
    x = replace(drawn(), shared_losses=np.zeros(5_000), met_mlr=np.zeros(5_000, bool))
    x = replace(x, net=x.shared_savings, one_sided=True)
    found = measure(x)
    for name in ("meeting_mlr", "shared_losses", "loss_limit"):
        assert getattr(found, f"probability_of_{name}") == (0.0, 0.0)
    assert found.probability_of_shared_savings.standard_error > 0.0


def test_a_year_of_no_loss_in_a_sample_is_no_certainty() -> None:
    x = drawn()
    spared = replace(x, shared_losses=np.zeros(5_000), net=x.shared_savings)
    assert measure(spared).probability_of_shared_losses.standard_error > 0.0


def test_comparison_of_a_contract_with_itself() -> None:
    found = compare_outcomes(drawn(), drawn())
    assert set(found.differences.values()) == {(0.0, 0.0)}
    assert (found.first_better.value, found.second_better.value, found.equal.value) == (0, 0, 1)


def test_comparison_is_of_the_same_measures_and_antisymmetric() -> None:
    first, second = drawn(), outcomes(list(0.8 * drawn().net - 1e4))
    there, back = compare_outcomes(first, second), compare_outcomes(second, first)
    one, two = measure(first), measure(second)
    for name, difference in there.differences.items():
        alone = getattr(one, name).value - getattr(two, name).value
        assert difference.value == pytest.approx(alone, abs=1e-6), name
        assert back.differences[name].value == pytest.approx(-difference.value, abs=1e-6)
        assert back.differences[name].standard_error == pytest.approx(difference.standard_error)
    assert there.first_better == back.second_better
    shares = there.first_better, there.second_better, there.equal
    assert sum(s.value for s in shares) == pytest.approx(1.0)


def test_comparison_carries_much_less_error_than_either() -> None:
    first, second = drawn(), outcomes(list(0.95 * drawn().net))
    found = compare_outcomes(first, second).differences
    one, two = measure(first), measure(second)
    for name in ("expected_net", "standard_deviation_of_net", "net_p05", "loss_tvar_95"):
        alone = np.hypot(getattr(one, name).standard_error, getattr(two, name).standard_error)
        assert found[name].standard_error < 0.1 * alone


def test_comparison_errors_by_replication() -> None:
    # 400 independent pairs of 2,000 years: the spread is known to 3.5 %, 20 % is beyond 5 se.
    rng = np.random.default_rng(3)
    names = ("probability_of_shared_savings", "expected_net", "expected_shared_losses")
    found = []
    for _ in range(400):
        x = rng.normal(0.0, 1.0, 2_000)
        y = x + 0.3 * rng.normal(0.0, 1.0, 2_000)
        pair = [outcomes(list(np.where(np.abs(v) < 0.5, 0.0, v))) for v in (x, y)]
        differences = compare_outcomes(*pair).differences
        found.append([differences[n] for n in names])
    values, errors = np.array(found)[:, :, 0], np.array(found)[:, :, 1]
    np.testing.assert_allclose(errors.mean(axis=0), values.std(axis=0), rtol=0.2)
