"""A sweep: each cell is its run to the last bit, and the map shows what the closed form says."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from analysis_cases import COMPILED, aco, compiled_only, plain_terms

import simulate as sim
from simulate.analysis.sweep_plan import DEFAULT_SIZES, SWEEP_YEARS, sweep_plan
from simulate.scenario.scenario import Scenario

SIZES = [400, 1_300, 6_000] if COMPILED else [20, 45]
YEARS = 1_000 if COMPILED else 12
RATES = [-0.02, 0.0, 0.015, 0.04]
FACTS: dict[str, Any] = {"performance_year": 2024, "quality_score": 0.8}
CONTRACTS = ["basic-a", "basic-e", "enhanced"]


def swept(contracts: Any = CONTRACTS, **stated: Any) -> sim.Sweep:
    axes = {"sizes": SIZES, "true_savings": RATES, **stated}
    return sim.sweep(aco(700 if COMPILED else 30, **FACTS), contracts, YEARS, 3, **axes)


ASSUMPTIONS: dict[str, dict[str, Any]] = {
    "default": {},
    "noise constant": {"noise_constant": 2.15},
    "less than the people": {"noise_constant": 0.7},
    "no people": {"people_noise": False},
    "no luck": {"noise_constant": 0.0},
    "uncertain savings and quality": {"true_savings_sd": 0.02, "quality_score_sd": 0.1},
    "t shocks": {"common_shock_df": 5.0},
    "noisy benchmark": {"benchmark_noise": "10/30/60"},
    "quasi-random": {"sampling": "quasi-random"},
}


@pytest.mark.parametrize("stated", ASSUMPTIONS.values(), ids=ASSUMPTIONS.keys())
def test_every_cell_is_its_run_to_the_last_bit(stated: dict[str, Any]) -> None:
    if "sampling" in stated and not COMPILED:
        pytest.skip("quasi-random years need a thousand")
    found = swept(**stated)
    whole = aco(700 if COMPILED else 30, **FACTS)
    assert len(found.cells) == len(SIZES) * len(RATES)
    for size in SIZES:
        for rate in RATES:
            run = sim.run(whole.scaled_to(size), CONTRACTS, YEARS, 3, true_savings=rate, **stated)
            cell = found.cell(size, rate)
            for contract in CONTRACTS:
                assert cell[contract] == run[contract].measures, (size, rate, contract)


def test_every_msr_choice_is_its_run_to_the_last_bit() -> None:
    found = swept(msr=[0.0, "1.0", "table"])
    labels = [choice.label for choice in found.plan.choices]
    two_sided = [f"{i}, MSR {m}" for i in CONTRACTS[1:] for m in ("0.0", "1.0", "table")]
    assert labels == ["basic-a", *two_sided]
    whole = aco(700 if COMPILED else 30, **FACTS)
    size, rate = SIZES[-1], RATES[2]
    for choice in found.plan.choices:
        run = sim.run(
            whole.scaled_to(size), [choice.contract], YEARS, 3, true_savings=rate, msr=choice.msr
        )
        expected = run[choice.contract.id].measures
        assert found.cell(size, rate)[choice.label] == expected, choice.label


def test_overlays_and_contracts_of_the_users_own(tmp_path) -> None:
    from importlib import resources

    text = resources.files("simulate.contracts.catalogue").joinpath("enhanced.yaml").read_text()
    file = tmp_path / "mine.yaml"
    file.write_text(text.replace("id: enhanced\n", "id: mine\n"))
    whole = aco(SIZES[0], **FACTS)
    scenario = Scenario(aco=whole).with_values(
        {"contract_files": [str(file)], "contracts": ["enhanced"], "years": YEARS}
    )
    scenario = scenario.with_changes(["enhanced.maximum_sharing_rate=0.6"])
    found = sim.sweep(scenario, sizes=[SIZES[1]], true_savings=[0.02], seed=3)
    scenario = scenario.with_values({"true_savings": 0.02, "seed": 3})
    run = sim.run(scenario.with_values({"assigned_beneficiaries": SIZES[1]}))
    cell = found.cell(SIZES[1], 0.02)
    assert list(cell.measures) == ["enhanced", "mine"]
    assert all(cell[i] == run[i].measures for i in ("enhanced", "mine"))
    assert cell["enhanced"] != cell["mine"]


def test_the_same_for_any_execution() -> None:
    expected = swept().to_dict()
    for threads, chunk_years in ((1, None), (3, 7), (2, 1)):
        execution = sim.Execution(threads, chunk_years)
        assert swept(execution=execution).to_dict() == expected


def test_progress_counts_years_of_every_size_and_cells() -> None:
    from simulate.analysis.sweep import settled_sweep, simulated_sweep

    scenario = Scenario(aco=aco(30, **FACTS)).with_values(
        {"sweep.sizes": [20, 30], "sweep.true_savings": RATES, "years": 6}
    )
    plan = sweep_plan(scenario)
    years: list[int] = []
    cells: list[int] = []
    simulated = simulated_sweep(plan, sim.Execution(2, 5, years.append))
    settled_sweep(plan, simulated, sim.Execution(2, 3, cells.append))
    assert (sum(years), sum(cells)) == (12, 8)


def test_the_difference_is_that_of_compare() -> None:
    found = swept(["basic-e", "enhanced"])
    whole = aco(700 if COMPILED else 30, **FACTS)
    for size in SIZES:
        run = sim.run(
            whole.scaled_to(size), ["basic-e", "enhanced"], YEARS, 3, true_savings=RATES[-1]
        )
        preference = found.cell(size, RATES[-1]).preference
        assert preference.runner_up is not None
        paired = sim.compare(run, preference.best, preference.runner_up).assumed
        assert preference.difference == paired.differences["expected_net"]


@compiled_only
@pytest.mark.parametrize(("size", "msr"), [(5_000, 0.039), (15_000, 0.027)])
def test_the_preference_flips_where_the_closed_form_says(size: int, msr: float) -> None:
    # One-sided 50 % at the size table's MSR (42 CFR 425.604(b)) against 60 % and 40 % at a flat
    # 2 %, normal noise of sd s: preference flips where 0.5 E[S; S >= msr] = 0.6 E[S; S >= .02]
    # + 0.4 E[S; S <= -.02]. 0.4 points to either side are more than 10 paired errors off.
    from scipy.optimize import brentq
    from scipy.stats import norm

    s = 2.15 / np.sqrt(size)

    def part(tau: float, a: float) -> float:
        z = (a - tau) / s
        return float(tau * norm.sf(z) + s * norm.pdf(z))

    def difference(tau: float) -> float:
        return 0.5 * part(tau, msr) - 0.6 * part(tau, 0.02) + 0.4 * part(-tau, 0.02)

    flip = brentq(difference, -0.06, 0.02)
    contracts = [plain_terms("track-1"), plain_terms("track-2-2012")]
    found = sim.sweep(
        aco(9_000), contracts, 4_000, sizes=[size], noise_constant=2.15,
        true_savings=[flip - 0.004, flip + 0.004],
    )  # fmt: skip
    below, above = (cell.preference for cell in found.cells)
    assert (below.best, above.best) == ("track-1", "track-2-2012")
    assert below.clear
    assert above.clear


@compiled_only
def test_the_default_years_keep_every_probability_within_the_promise() -> None:
    found = sim.sweep(aco(300, **FACTS), ["enhanced"], sizes=[200], true_savings=[0.0, 0.02])
    assert found.plan.years == SWEEP_YEARS
    errors = [
        estimate["standard_error"]
        for cell in found.cells
        for name, estimate in cell["enhanced"].to_dict().items()
        if name.startswith("probability")
    ]
    assert 0.0015 < max(errors) < 0.003
    assert 0.5 / np.sqrt(SWEEP_YEARS) < 0.003 < 0.5 / np.sqrt(SWEEP_YEARS - 1_000)


# --- what is swept where nothing is stated ----------------------------------


def planned(**stated: Any) -> Any:
    return sweep_plan(Scenario(aco=sim.ACO.from_published_results("A4803")).with_values(stated))


def test_the_default_grid() -> None:
    plan = planned()
    assert plan.sizes == tuple(sorted({*DEFAULT_SIZES, 38_116}))
    assert plan.true_savings == tuple(half / 200 for half in range(-6, 11))
    assert plan.years == SWEEP_YEARS
    ids = [choice.label for choice in plan.choices]
    assert ids == ["basic-a", "basic-b", "basic-c", "basic-d", "basic-e", "enhanced"]
    assert [choice.msr for choice in plan.choices] == [None, None, "2.0", "2.0", "2.0", "2.0"]


def test_default_sizes_rise_by_equal_ratios() -> None:
    exact = 5_000 * 20 ** (np.arange(12) / 11)
    np.testing.assert_allclose(DEFAULT_SIZES, exact, rtol=0.03)


def test_the_default_contracts_are_those_of_the_performance_year() -> None:
    ids = [choice.contract.id for choice in planned(performance_year=2018).choices]
    assert ids == ["track-1", "track-2", "track-3", "track-1-plus"]


@pytest.mark.parametrize(
    ("own", "first", "last", "step"),
    [(0.02, -0.03, 0.05, 0.005), (0.0831, -0.03, 0.09, 0.01), (-0.041, -0.05, 0.05, 0.01)],
)
def test_the_default_true_savings_hold_the_acos_own(
    own: float, first: float, last: float, step: float
) -> None:
    rates = planned(true_savings=own).true_savings
    assert (rates[0], rates[-1]) == (first, last)
    np.testing.assert_allclose(np.diff(rates), step)


def test_years_follow_from_a_precision() -> None:
    plan = planned(precision=0.0025)
    assert plan.years == 40_000
    assert planned(years=77).years == 77


def test_where_the_size_table_replaces_the_choice_choices_pay_the_same() -> None:
    # Below 5,000 beneficiaries: 42 CFR 425.110(b)(3)(iii).
    size = 4_000 if COMPILED else 30
    found = sim.sweep(
        aco(size, **FACTS), ["enhanced"], 50 if COMPILED else 5, sizes=[size],
        true_savings=[0.04], msr=["0.0", "2.0"],
    )  # fmt: skip
    (cell,) = found.cells
    assert cell["enhanced, MSR 0.0"] == cell["enhanced, MSR 2.0"]
    assert cell.preference.same == ("enhanced, MSR 2.0",)
    assert (cell.preference.runner_up, cell.preference.clear) == (None, True)


# --- what a sweep gives -----------------------------------------------------


def test_records_hold_every_cell_and_choice() -> None:
    found = swept(msr=["0.0", "2.0"])
    frame = found.to_frame()
    assert len(frame) == len(SIZES) * len(RATES) * 5
    assert (frame.groupby(["size", "true_savings"])["preferred"].sum() == 1).all()
    row = frame[
        (frame["size"] == SIZES[0]) & (frame["true_savings"] == 0.04) & (frame["msr"] == "0.0")
    ].iloc[1]
    net = found.cell(SIZES[0], 0.04)["enhanced, MSR 0.0"].expected_net
    assert (row["contract"], row["choice"]) == ("enhanced", "enhanced, MSR 0.0")
    assert (row["expected_net"], row["expected_net_standard_error"]) == net


def test_to_dict_is_plain_data() -> None:
    facts = swept().to_dict()
    assert json.loads(json.dumps(facts, allow_nan=False)) == facts
    assert [(cell["size"], cell["true_savings"]) for cell in facts["cells"]] == [
        (size, rate) for size in SIZES for rate in RATES
    ]
    for cell in facts["cells"]:
        assert cell["preferred"] in cell["measures"]
        assert (cell["runner_up"] is None) == (cell["difference"] is None)


@pytest.mark.parametrize(("size", "rate"), [(7, 0.0), (SIZES[0], 0.001)])
def test_a_cell_outside_the_sweep_is_refused(size: int, rate: float) -> None:
    with pytest.raises(sim.UserError, match=r"not in this sweep\. It holds"):
        swept(["basic-a"]).cell(size, rate)


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ({"prefer": "expected_nett"}, "Did you mean expected_net"),
        ({"prefer": "probability_of_payment_limit"}, "no contract can be preferred by it"),
        ({"msr": "0.0,0.7"}, "msr = '0.7'"),
        ({"contracts": ["track-1"], "msr": "0.0,1.0"}, "none of the contracts swept gives"),
        ({"contracts": ["trak-1"]}, "Did you mean track-1"),
        ({"years": 4_000_000}, r"GB of memory. At most [\d,]+ years"),
        ({"sizes": "0:3:4"}, "sizes = 0"),
        ({"sampling": "quasi-random", "years": 50}, "years = 50 with sampling"),
    ],
)
def test_what_cannot_be_swept(stated: dict[str, Any], said: str) -> None:
    with pytest.raises(sim.UserError, match=said):
        sim.sweep(aco(30, **FACTS), **{"years": YEARS, **stated})


def test_years_and_precision_together_are_refused() -> None:
    with pytest.raises(sim.UserError, match=r"precision = 0.001 with years = 50"):
        sim.sweep(aco(30, **FACTS), years=50, precision=0.001)


def test_too_many_choices_to_tell_apart_are_refused() -> None:
    many = [sim.load_contract("enhanced").model_copy(update={"id": f"own-{n}"}) for n in range(11)]
    with pytest.raises(sim.UserError, match="55 contracts and MSR choices: at most 52"):
        sim.sweep(aco(30, **FACTS), many, YEARS, msr="0.0,0.5,1.0,1.5,2.0")
