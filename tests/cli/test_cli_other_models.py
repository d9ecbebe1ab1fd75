"""Every model beside the Shared Savings Program, from the command line on a published ACO."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulate.contracts.contract import SHARED_SAVINGS_PROGRAM, contract_ids, load_contract

pytestmark = [
    pytest.mark.usefixtures("compiled"),
    # Without the compiler, the random stream's counters wrap in NumPy scalars, which warn.
    pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning"),
]

SMALL = ("--aco", "A1001", "--set", "assigned_beneficiaries=600", "--years", "40")
SETTLE = ("--beneficiaries", "10000", "--benchmark", "100e6")
MODELS = [i for i in contract_ids() if load_contract(i).programme != SHARED_SAVINGS_PROGRAM]
PROGRAMMES = "pioneer,next-generation,reach,lead,pc-flex,mcp"


def test_every_model_runs_on_a_published_aco_by_the_name_of_its_programme(done) -> None:
    found = done("run", *SMALL, "--contracts", PROGRAMMES, "--json", "-").json
    assert sorted(found["contracts"]) == sorted(MODELS)
    assert len(MODELS) == 13
    for measures in found["contracts"].values():
        assert measures["standard_deviation_of_net"]["value"] >= 0.0
    # What is paid by Making Care Primary does not depend on spending.
    assert found["contracts"]["mcp-track-3"]["standard_deviation_of_net"]["value"] == 0.0
    assert found["contracts"]["mcp-track-3"]["expected_net"]["value"] > 0.0
    assert found["contracts"]["mcp-track-3"]["probability_of_shared_savings"] == {
        "value": 0.0,
        "standard_error": 0.0,
    }


def test_a_run_says_what_the_models_are_not_and_what_is_unconfirmed(done) -> None:
    out = " ".join(done("run", *SMALL, "--contracts", "reach,mcp-track-2").out.split())
    assert "the model's own benchmark and its risk adjustment are not computed" in out
    assert "not a shared-savings contract but a model of practices" in out
    assert "Unconfirmed terms of reach-global, reach-professional, mcp-track-2" in out
    out = " ".join(done("run", *SMALL, "--contracts", "mcp-track-2").out.split())
    assert "no savings are shared; what is paid beside them comes to $" in out
    assert "Neither luck nor savings move what it pays." in out


def test_contracts_are_compared_across_programmes(done) -> None:
    found = done("compare", "enhanced", "reach-global", *SMALL, "--json", "-").json
    assert list(found["contracts"]) == ["enhanced", "reach-global"]


@pytest.mark.parametrize("contract_id", MODELS)
@pytest.mark.parametrize("expenditure", ["92e6", "108e6"])
def test_every_model_settles(contract_id: str, expenditure: str, done) -> None:
    arguments = ("settle", contract_id, *SETTLE, "--expenditure", expenditure, "--quality", "0.8")
    found = done(*arguments, "--json", "-").json
    shown = done(*arguments).out
    for step in found["waterfall"]:
        assert step["reference"]
        assert step["step"] in shown
    beside = found["net"] - found["shared_savings"] + found["shared_losses"]
    assert ("Net, with what is paid beside it" in shown) == (abs(beside) > 0.005)


@pytest.mark.parametrize("contract_id", MODELS)
def test_every_model_shows_its_terms_its_cash_flows_and_what_is_unconfirmed(
    contract_id: str, done
) -> None:
    contract = load_contract(contract_id)
    out = " ".join(done("contracts", contract_id).out.split())
    assert " ".join(contract.caveat.split()) in out
    for name in contract.cited():
        assert name in out
    assert "unconfirmed" in out


def test_a_programme_is_listed(done) -> None:
    listed = done("contracts", "reach", "--json", "-").json
    assert [contract["id"] for contract in listed] == ["reach-global", "reach-professional"]
    assert "reach-professional" in done("contracts", "reach").out


def test_a_term_and_a_cash_flow_are_set_from_the_command_line(done) -> None:
    arguments = ("settle", "mcp-track-3", *SETTLE, "--expenditure", "95e6", "--quality", "1")
    changes = ("--set", "enhanced_services_payment=0", "--set", "primary_care_share=0.05")
    # .6 x 5 % of 100M
    assert done(*arguments, *changes, "--json", "-").json["net"] == pytest.approx(3_000_000)
    run = done(
        "run", *SMALL, "--contracts", "reach-global",
        "--set", "reach-global.benchmark_discount=0", "--json", "-",
    ).json  # fmt: skip
    plain = done("run", *SMALL, "--contracts", "reach-global", "--json", "-").json
    name = "expected_net"
    assert (
        run["contracts"]["reach-global"][name]["value"]
        > plain["contracts"]["reach-global"][name]["value"]
    )


@pytest.mark.slow_without_compiler
def test_a_report_carries_the_models(done, tmp_path: Path) -> None:
    done("run", *SMALL, "--contracts", "reach-global,mcp-track-1,lead-global", "--report", "r.html")
    page = (tmp_path / "r.html").read_text("utf-8")
    assert "Making Care Primary, Track 1" in page
    assert "proposed, from 2027" in page
    assert "$15.00 a beneficiary and month" in page
