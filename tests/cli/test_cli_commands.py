"""Every command does its job: what it prints, what it writes, and that both agree."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from simulate.contracts.contract import contract_ids, load_contract
from simulate.data import history, published_results, published_years

pytestmark = [
    pytest.mark.usefixtures("compiled"),
    # Without the compiler, the random stream's counters wrap in NumPy scalars, which warn.
    pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning"),
]

SMALL = ("--aco", "A1001", "--set", "assigned_beneficiaries=600", "--years", "40")
SETTLE = ("--beneficiaries", "60000", "--benchmark", "500e6", "--expenditure", "487e6")
MEASURES = {
    "probability_of_shared_savings",
    "probability_of_shared_losses",
    "expected_shared_savings",
    "expected_shared_losses",
    "expected_net",
    "standard_deviation_of_net",
    "net_p05",
    "net_p50",
    "net_p95",
    "loss_var_95",
    "loss_tvar_95",
    "probability_of_loss_limit",
    "probability_of_payment_limit",
}
VIEWS = ("contracts", "chance_alone")


def test_run_prints_the_answer_and_both_views(done) -> None:
    out = done("run", *SMALL, "--contracts", "track-2,track-3", "--true-savings", "0.03").out
    lines = out.splitlines()
    assert "PBACO Holding, LLC (A1001), performance year 2024: 600 assigned" in lines[0]
    assert "by chance" in out
    assert "at 3.0 %" in out
    assert [line.split()[0] for line in lines if line.startswith("track-")][:2] == [
        "track-2",
        "track-3",
    ]
    assert "40 simulated performance years, seed 1" in out


def test_run_json_has_every_measure_in_both_views(done) -> None:
    found = done("run", *SMALL, "--json", "-").json
    assert set(found) >= {"aco", "assumptions", "seed", "years", *VIEWS}
    assert found["aco"]["id"] == "A1001"
    assert (found["seed"], found["years"]) == (1, 40)
    catalogue = [load_contract(i) for i in contract_ids()]
    took_effect = [
        c.id
        for c in catalogue
        if c.status != "proposed" and c.programme == "shared-savings-program"
    ]
    for view in VIEWS:
        assert list(found[view]) == took_effect
        for measures in found[view].values():
            assert set(measures) >= MEASURES
            for estimate in measures.values():
                assert set(estimate) == {"value", "standard_error"}
                assert estimate["standard_error"] >= 0.0


def test_measures_hang_together(done) -> None:
    for view in VIEWS:
        for measures in done("run", *SMALL, "--json", "-").json[view].values():
            value = {name: estimate["value"] for name, estimate in measures.items()}
            net = value["expected_shared_savings"] - value["expected_shared_losses"]
            assert value["expected_net"] == pytest.approx(net)
            assert value["net_p05"] <= value["net_p50"] <= value["net_p95"]
            assert 0.0 <= value["loss_var_95"] <= value["loss_tvar_95"]
            assert value["probability_of_loss_limit"] <= value["probability_of_shared_losses"]


def test_json_file_holds_what_standard_output_would(done, tmp_path: Path) -> None:
    shown = done("run", *SMALL, "--contracts", "track-3", "--json", "run.json").out
    assert shown.startswith("PBACO")
    printed = done("run", *SMALL, "--contracts", "track-3", "--json", "-").out
    assert (tmp_path / "run.json").read_text("utf-8") == printed
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]


def test_compare_shows_and_states_the_paired_differences(done) -> None:
    out = done("compare", "track-2", "track-3", *SMALL).out
    assert "track-2 against track-3, on the same simulated years" in out
    assert "difference" in out
    assert "larger expected net" in out or "at least the expected net" in out

    found = done("compare", "track-2", "track-3", *SMALL, "--json", "-").json
    assert list(found["contracts"]) == ["track-2", "track-3"]
    comparison = found["comparison"]
    assert (comparison["first"], comparison["second"]) == ("track-2", "track-3")
    for view, name in (("assumed", "contracts"), ("chance_alone", "chance_alone")):
        paired = comparison[view]
        net = [found[name][i]["expected_net"]["value"] for i in ("track-2", "track-3")]
        assert paired["differences"]["expected_net"]["value"] == pytest.approx(net[0] - net[1])
        shares = [paired[key]["value"] for key in ("first_better", "second_better", "equal")]
        assert sum(shares) == pytest.approx(1.0)


def test_compare_from_a_file_of_ones_own_contract(done, own_contract: str) -> None:
    found = done(
        "compare", "track-3", "mine", "--contract-file", own_contract, *SMALL, "--json", "-"
    ).json
    assert found["contracts"]["track-3"] == found["contracts"]["mine"]
    assert found["comparison"]["assumed"]["equal"]["value"] == 1.0


def test_contracts_lists_the_catalogue(done) -> None:
    out = done("contracts").out
    assert [line.split()[0] for line in out.splitlines() if line.split()[:1] and line[0].islower()][
        1:
    ] == [*contract_ids()]
    listed = done("contracts", "--json", "-").json
    assert [contract["id"] for contract in listed] == list(contract_ids())


@pytest.mark.parametrize("contract_id", contract_ids())
def test_contracts_shows_each_contract_with_its_references(contract_id: str, done) -> None:
    out = done("contracts", contract_id).out
    contract = load_contract(contract_id)
    assert contract.title in out
    assert "maximum_sharing_rate" in out
    assert "reference" in out
    found = done("contracts", contract_id, "--json", "-").json
    assert found["id"] == contract_id
    assert all(term["reference"] for term in found["terms"].values())


def test_contracts_shows_a_contract_file(done, own_contract: str) -> None:
    assert "(mine)" in done("contracts", "--contract-file", own_contract).out
    assert done("contracts", "--contract-file", own_contract, "--json", "-").json["id"] == "mine"


def test_aco_shows_its_history(done) -> None:
    out = done("aco", "a1001").out
    assert out.startswith("PBACO Holding, LLC (A1001)\n")
    years = [row.performance_year for row in history("A1001")]
    assert [int(line[:4]) for line in out.splitlines() if line[:2] == "20"][: len(years)] == years
    assert "2019: the dollars cover 6 months." in out
    rows = done("aco", "A1001", "--json", "-").json
    assert [row["performance_year"] for row in rows] == years
    assert rows[-1]["assigned_beneficiaries"] == 116_175


def test_an_aco_is_found_by_words_of_its_name(done) -> None:
    lines = done("aco", "medicare", "WellStar").out.splitlines()
    assert [line.split()[0] for line in lines] == ["id", "A1109", "A4803"]
    every = done("aco", "--json", "-").json
    assert len(every) == len(published_results(published_years()[-1]).rows)
    sizes = [row["assigned_beneficiaries"] for row in every]
    assert sizes == sorted(sizes, reverse=True)


def test_settle_prints_a_waterfall_that_its_json_repeats(done) -> None:
    out = done("settle", "basic-e", *SETTLE).out
    assert "Shared savings earned: $6,370,000.00" in out
    assert "42 CFR 425.605(d)(1)(v)" in out
    found = done("settle", "basic-e", *SETTLE, "--json", "-").json
    assert (found["shared_savings"], found["shared_losses"]) == (6_370_000.0, 0.0)
    for step in found["waterfall"]:
        assert set(step) == {"step", "dollars", "detail", "reference"}
        assert f"{abs(step['dollars']):,.2f}" in out


def test_settle_a_loss(done) -> None:
    arguments = ("--beneficiaries", 60000, "--benchmark", "500e6", "--expenditure", "520e6")
    found = done("settle", "basic-e", *arguments, "--json", "-").json
    assert found["shared_losses"] == 6_000_000.0
    assert "Shared losses owed: $6,000,000.00" in done("settle", "basic-e", *arguments).out


def test_settle_with_every_option(done) -> None:
    found = done(
        "settle", "basic-e", "--beneficiaries", 9000, "--benchmark", "100e6",
        "--expenditure", "99e6", "--quality", 0.8, "--quality-standard", "alternative",
        "--msr", "table", "--revenue", "20e6", "--low-revenue", "--year", 2024,
        "--agreement-year", 2, "--agreement-start", 2024, "--months-in-programme", 12,
        "--termination", "none", "--set", "half_rate=0.25", "--json", "-",
    ).json  # fmt: skip
    assert found["performance_year"] == 2024
    assert 0.0 < found["shared_savings"] < 0.25 * 0.5 * 1e6


def test_settle_takes_terms_by_either_name(done) -> None:
    short = done("settle", "track-3", *SETTLE, "--set", "payment_limit=0.01", "--json", "-")
    long = done("settle", "track-3", *SETTLE, "--set", "track-3.payment_limit=0.01", "--json", "-")
    assert short.out == long.out
    assert short.json["shared_savings"] == 5_000_000.0


def test_settle_under_a_contract_file(done, own_contract: str) -> None:
    own = done("settle", "mine", "--contract-file", own_contract, *SETTLE, "--json", "-").json
    track_3 = done("settle", "track-3", *SETTLE, "--json", "-").json
    assert own["contract"] == "mine"
    assert own["waterfall"] == track_3["waterfall"]


def test_own_contract_joins_a_run(done, own_contract: str) -> None:
    arguments = (*SMALL, "--contract-file", own_contract, "--contracts", "track-3,mine")
    found = done("run", *arguments, "--json", "-").json
    assert found["contracts"]["mine"] == found["contracts"]["track-3"]
    changed = done("run", *arguments, "--set", "mine.maximum_loss_rate=0.41", "--json", "-").json
    assert changed["contracts"]["track-3"] == found["contracts"]["track-3"]
    assert changed["terms"]["mine"]["assumed_by_user"] == ["maximum_loss_rate"]
    shown = done("run", *arguments, "--set", "mine.maximum_loss_rate=0.41").out
    assert "Changed by you terms of mine" in " ".join(shown.split())


def test_set_a_term_changes_that_contract_only(done) -> None:
    plain = done("run", *SMALL, "--contracts", "track-2,track-3", "--json", "-").json
    changed = done(
        "run", *SMALL, "--contracts", "track-2,track-3",
        "--set", "track-3.maximum_sharing_rate=0.5", "--json", "-",
    ).json  # fmt: skip
    assert changed["contracts"]["track-2"] == plain["contracts"]["track-2"]
    assert changed["contracts"]["track-3"] != plain["contracts"]["track-3"]
    assert changed["terms"]["track-3"]["terms"]["maximum_sharing_rate"] == 0.5


@pytest.mark.parametrize(
    ("change", "place", "expected"),
    [
        ("quality_score=0.5", ("aco", "quality_score"), 0.5),
        ("quality_score=.5", ("aco", "quality_score"), 0.5),
        ("name='Two words'", ("aco", "name"), "Two words"),
        ("performance_year=2021", ("aco", "performance_year"), 2021),
        ("revenue_category=high", ("aco", "revenue_category"), "high"),
        ("person_years.esrd=0", ("aco", "person_years", "esrd"), 0.0),
        ("common_shock_sd=0.01", ("assumptions", "common_shock_sd"), 0.01),
        ("practice_noise_constant=0", ("assumptions", "practice_sd"), 0.0),
        ("people_noise=false", ("assumptions", "people_noise_constant"), 0.0),
        ("true_savings=0.02", ("assumptions", "true_savings"), 0.02),
        ("true_savings_sd=0.005", ("assumptions", "true_savings_sd"), 0.005),
        ("msr=1.5", ("assumptions", "msr_choice"), "1.5"),
        ("msr=table", ("assumptions", "msr_choice"), "table"),
        ("truncated_cv.aged_dual=1.6", ("assumptions", "truncated_cv", "aged_dual"), 1.6),
        ("seed=7", ("seed",), 7),
        ("years=10_0", ("years",), 100),
        ("years=1e2", ("years",), 100),
    ],
)
def test_set_reaches_every_part_of_a_scenario(change, place, expected, done) -> None:
    found = done("run", *SMALL[:4], "--contracts", "track-3", "--set", "years=5", "--set", change,
                 "--json", "-").json  # fmt: skip
    for key in place:
        found = found[key]
    assert found == (pytest.approx(expected) if isinstance(expected, float) else expected)


def test_another_size_scales_person_years_and_dollars(done) -> None:
    quiet = ("--set", "people_noise=false", "--years", "3", "--contracts", "track-3", "--json", "-")
    large = done("run", "--aco", "A1001", *quiet).json["aco"]
    small = done(
        "run", "--aco", "A1001", "--set", "assigned_beneficiaries=5000", *quiet
    ).json["aco"]  # fmt: skip
    factor = 5000 / large["assigned_beneficiaries"]
    assert small["assigned_beneficiaries"] == sum(small["beneficiaries_by_type"]) == 5000
    assert small["benchmark"] == pytest.approx(factor * large["benchmark"])
    for kind, years in large["person_years"].items():
        assert small["person_years"][kind] == pytest.approx(factor * years)
    assert small["benchmark_per_capita"] == large["benchmark_per_capita"]


def test_true_savings_zero_is_exactly_chance_alone(done) -> None:
    found = done("run", *SMALL, "--true-savings", "0", "--json", "-").json
    assert found["assumptions"]["true_savings"] == found["assumptions"]["true_savings_sd"] == 0.0
    assert found["contracts"] == found["chance_alone"]


def test_true_savings_stated_or_from_history(done) -> None:
    stated, history_, default = (
        done("run", *SMALL, *option, "--json", "-").json
        for option in (("--true-savings", "0.02"), ("--true-savings", "history"), ())
    )
    assert stated["assumptions"]["true_savings"] == 0.02
    assert stated["assumptions"]["true_savings_source"].startswith("stated, as known exactly")
    assert history_ == default
    assumed = history_["assumptions"]
    assert assumed["true_savings_source"].startswith("history: ")
    assert 0.0 < assumed["true_savings"] < history_["aco"]["savings_rate"]
    assert assumed["true_savings_sd"] > 0.0
    assert stated["chance_alone"] == default["chance_alone"]


def test_year_picks_the_published_row(done) -> None:
    quiet = (
        "--set",
        "people_noise=false",
        "--years",
        "3",
        "--contracts",
        "enhanced",
        "--json",
        "-",
    )
    found = done("run", "--aco", "A1001", "--year", "2020", *quiet).json
    assert found["aco"]["performance_year"] == 2020
    assert found["aco"]["assigned_beneficiaries"] == 80_864
    assert done("run", "--aco", "A1001", *quiet).json["aco"]["performance_year"] == 2024


@pytest.mark.parametrize(
    "rename",
    [
        {},
        {"ACO_ID": "ACO_Num", "N_AB_Year_PY": "N_AB_Year", "EarnSaveLoss": "EarnShrSavings"},
        {"N_AB": "n_ab", "ABtotBnchmk": "ABTOTBNCHMK", "QualScore": " QualScore "},
        {f"N_AB_Year_{t}_PY": f"N_AB_Year_{t}" for t in ("ESRD", "DIS", "AGED_Dual")},
    ],
)
def test_a_downloaded_file_gives_what_the_shipped_one_gives(
    rename: dict[str, str], done, cms_file: Callable[..., str]
) -> None:
    shipped = done("run", *SMALL, "--contracts", "track-3", "--json", "-").json
    path = cms_file("downloaded_2024.csv", 2024, rename)
    found = done(
        "run", *SMALL, "--contracts", "track-3", "--results", path, "--json", "-"
    ).json  # fmt: skip
    assert found == shipped
    assert "116,175" in done("aco", "A1001", "--results", path).out


@pytest.mark.parametrize(
    "execution",
    [
        ("--threads", "1"),
        ("--threads", "2"),
        ("--chunk-years", "13"),
        ("--chunk-years", "1"),
        ("--threads", "2", "--chunk-years", "7"),
    ],
)
def test_the_same_bits_however_it_is_carried_out(execution, done) -> None:
    arguments = ("compare", "track-2", "track-3", *SMALL, "--json", "-")
    assert done(*arguments, *execution).out == done(*arguments).out


def test_a_contract_alone_or_among_others(done) -> None:
    together = done("run", *SMALL, "--json", "-").json
    for contract_id in ("track-1", "basic-e", "enhanced"):
        alone = done("run", *SMALL, "--contracts", contract_id, "--json", "-").json
        for view in VIEWS:
            assert alone[view][contract_id] == together[view][contract_id]


def test_another_seed_gives_other_years(done) -> None:
    first, second = (
        done("run", *SMALL, "--seed", seed, "--json", "-").json["contracts"] for seed in (1, 2)
    )
    assert first != second


@pytest.mark.parametrize(
    "changes",
    [
        (),
        ("--true-savings", "0.0123456789", "--seed", "12345678901234567"),
        ("--set", "msr=1.0", "--set", "truncated_cv.aged_dual=1.6", "--set", "noise_constant=2.15"),
        ("--set", "track-3.maximum_loss_rate=0.5", "--contracts", "track-2,track-3"),
        ("--set", 'name="A \\"quoted\\" name — with é"', "--set", "participant_revenue=1e6"),
    ],
)
def test_a_written_scenario_runs_to_the_same_numbers(changes, done, tmp_path: Path) -> None:
    assert done("run", *SMALL, *changes, "--write-scenario", "my.toml").out.startswith(
        "Wrote my.toml"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["my.toml"]
    direct = done("run", *SMALL, *changes, "--json", "-").json
    assert done("run", "my.toml", "--json", "-").json == direct


def test_a_written_scenario_keeps_contract_files(done, own_contract: str) -> None:
    arguments = (*SMALL, "--contract-file", own_contract, "--contracts", "mine")
    done("run", *arguments, "--write-scenario", "my.toml")
    direct = done("run", *arguments, "--json", "-").json
    assert done("run", "my.toml", "--json", "-").json == direct


def test_a_written_scenario_keeps_marginal_bands(done) -> None:
    bands = "track-3.savings_bands=[{up_to=0.1, share=0.5}, {up_to=0.2, share=0.2}]"
    arguments = (*SMALL, "--contracts", "track-3", "--set", bands)
    done("run", *arguments, "--write-scenario", "my.toml")
    direct = done("run", *arguments, "--json", "-").json
    assert done("run", "my.toml", "--json", "-").json == direct


def test_changes_apply_to_a_scenario_file(done) -> None:
    done("run", *SMALL, "--write-scenario", "my.toml")
    found = done("run", "my.toml", "--set", "quality_score=0.9", "--years", "7",
                 "--contracts", "track-3", "--json", "-").json  # fmt: skip
    assert (found["aco"]["quality_score"], found["years"]) == (0.9, 7)
    assert list(found["contracts"]) == ["track-3"]


@pytest.mark.parametrize("arguments", [("--help",), ("run", "--help"), ("settle", "--help"), ()])
def test_help_is_plain(arguments, cli) -> None:
    finished = cli(*arguments)
    text = finished.out + finished.err
    assert "Usage: simulate" in text
    assert "\x1b" not in text


@pytest.mark.parametrize(
    "arguments",
    [("contracts",), ("aco", "A1001"), ("settle", "basic-e", *SETTLE), ("--version",)],
)
def test_the_module_is_the_same_entry_point(arguments, done, monkeypatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    finished = subprocess.run(
        [sys.executable, "-m", "simulate", *arguments], capture_output=True, encoding="utf-8"
    )
    assert (finished.returncode, finished.stderr) == (0, "")
    assert "\x1b" not in finished.stdout
    monkeypatch.delenv("FORCE_COLOR")
    assert finished.stdout == done(*arguments).out


def test_a_run_in_a_process_of_its_own(done) -> None:
    arguments = ("run", *SMALL, "--contracts", "track-3", "--json", "-")
    finished = subprocess.run([sys.executable, "-m", "simulate", *arguments], capture_output=True)
    assert finished.returncode == 0
    assert b"Traceback" not in finished.stderr
    assert json.loads(finished.stdout) == done(*arguments).json


def test_a_mistake_in_a_process_of_its_own() -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "simulate", "run", "--aco", "A100"], capture_output=True, text=True
    )
    assert finished.returncode == 2
    assert finished.stdout == ""
    assert finished.stderr.startswith("simulate: ACO A100 is not in")
    assert finished.stderr.count("\n") == 1


def test_a_reader_that_leaves_early_is_no_error() -> None:
    writer = subprocess.Popen(
        [sys.executable, "-m", "simulate", "contracts", "--json", "-"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert writer.stdout is not None
    assert writer.stderr is not None
    writer.stdout.close()
    complaint = writer.stderr.read()
    writer.stderr.close()
    writer.wait()
    assert b"Traceback" not in complaint
