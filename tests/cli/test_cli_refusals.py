"""What bad input gets: one clear message, exit status 2, nothing else.

A message names the field, the value, what is allowed and what to do.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

import simulate.data
from simulate.contracts.contract import contract_ids

# Without the compiler, the random stream's counters wrap in NumPy scalars, which warn.
pytestmark = pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")

A1001 = ("run", "--aco", "A1001")
SETTLE = ("--beneficiaries", "60000", "--benchmark", "500e6", "--expenditure", "487e6")
SHIPPED = Path(simulate.data.__file__).parent / "published_results" / "PY2024.csv.gz"

Refused = Callable[..., str]


def settle(**changed: object) -> tuple[object, ...]:
    stated = {"beneficiaries": 60000, "benchmark": "500e6", "expenditure": "487e6", **changed}
    return ("settle", "basic-e", *(x for k, v in stated.items() for x in (f"--{k}", v)))


def changed(change: str) -> tuple[str, ...]:
    return (*A1001, "--set", change)


CASES = [
    # --- which ACO ---
    (("aco", "A100"), ["A100 ", "Did you mean A2100, A1100 or A1080?", "--results FILE"]),
    ((*A1001[:2], "A100"), ["A100 ", "Did you mean A2100, A1100 or A1080?", "--results FILE"]),
    (("run", "--aco", "zzz"), ["ACO ZZZ", "2013", "2024", "ids look like"]),
    (("run", "--aco", ""), ["ACO ''", "ids look like"]),
    ((*A1001, "--year", 2022), ["2022", "2021 and 2024", "--results FILE"]),
    ((*A1001, "--year", 24), ["year 24 ", "2013, 2014"]),
    ((*A1001, "--year", 2014), ["A1001", "2014", "2018, 2019, 2020, 2021 and 2024", "Choose"]),
    (("run",), ["no ACO", "--aco A1001"]),
    (("run", "my.toml", "--aco", "A1001"), ["both the scenario my.toml and --aco A1001"]),
    (("run", "my.toml", "--year", 2024), ["--year and --results go with --aco"]),
    (("run", "my.toml", "--results", "f.csv"), ["--year and --results go with --aco"]),
    (("compare", "track-2", "track-3"), ["no ACO", "--aco A1001"]),
    # --- which contract ---
    ((*A1001, "--contracts", "trak-3"), ["'trak-3'", "Did you mean track-3", *contract_ids()]),
    (("contracts", "trak-3"), ["'trak-3'", "Did you mean track-3", *contract_ids()]),
    (("contracts", "../programme"), ["'../programme'", *contract_ids()]),
    (("settle", "trak-3", *SETTLE), ["'trak-3'", "Did you mean track-3", *contract_ids()]),
    (
        ("compare", "track-2", "trak-3", "--aco", "A1001"),
        ["'trak-3'", "Did you mean track-3", *contract_ids()],
    ),
    (
        ("compare", "track-2", "track-2", "--aco", "A1001"),
        ["track-2 track-2", "two different contracts"],
    ),
    ((*A1001, "--contracts", "track-2,track-2"), ["track-2", "named twice"]),
    # --- sizes and dollars ---
    (changed("assigned_beneficiaries=-5"), ["assigned_beneficiaries", "-5", "from 1 to 5,000,000"]),
    (changed("assigned_beneficiaries=0"), ["assigned_beneficiaries", "= 0", "from 1 to 5,000,000"]),
    (changed("assigned_beneficiaries=12.5"), ["assigned_beneficiaries", "12.5", "integer"]),
    (changed("assigned_beneficiaries=1e9"), ["assigned_beneficiaries", "5,000,000"]),
    (changed("assigned_beneficiaries=9999999999"), ["assigned_beneficiaries", "5,000,000"]),
    (changed("assigned_beneficiaries=many"), ["assigned_beneficiaries", "'many'", "integer"]),
    (changed("person_years.esrd=-1"), ["person_years.esrd", "-1", "or equal to 0"]),
    (changed("person_years.esrd=nan"), ["person_years.esrd", "nan"]),
    (changed("benchmark_per_capita.esrd=-1"), ["benchmark_per_capita.esrd", "-1"]),
    (changed("benchmark_per_capita.esrd=1e9"), ["benchmark_per_capita.esrd", "1000000"]),
    (changed("benchmark_per_capita.esrd=12"), ["benchmark_per_capita.esrd", "12", "at least 100"]),
    (changed("benchmark_per_capita.esrd=inf"), ["benchmark_per_capita.esrd", "inf"]),
    (changed("spend_per_capita.esrd=-1"), ["spend_per_capita.esrd", "-1"]),
    (changed("spend_per_capita.aged_non_dual=900000"), ["spend_per_capita", "of the benchmark"]),
    (changed("participant_revenue=-1"), ["participant_revenue", "-1", "or equal to 0"]),
    (changed("participant_revenue=inf"), ["participant_revenue", "inf", "less than"]),
    (changed("participant_revenue=1e13"), ["participant_revenue", "less than"]),
    (settle(beneficiaries=-5), ["beneficiaries", "-5", "from 1 to 5,000,000"]),
    (settle(beneficiaries=0), ["beneficiaries", "= 0", "from 1 to 5,000,000"]),
    (settle(benchmark="nan"), ["benchmark = nan", "dollars", "above 0"]),
    (settle(benchmark="inf"), ["benchmark = inf", "dollars", "above 0"]),
    (settle(benchmark="-5"), ["benchmark = -5", "dollars", "above 0"]),
    (settle(benchmark="1e15"), ["benchmark = 1e+15", "below 1,000,000,000,000"]),
    (settle(expenditure="nan"), ["expenditure = nan", "dollars"]),
    (settle(expenditure="0"), ["expenditure = 0", "above 0"]),
    (settle(revenue="-1"), ["--revenue", "-1", "dollars a year"]),
    (settle(revenue="nan"), ["--revenue", "nan", "dollars a year"]),
    # --- a percent where a fraction is meant ---
    (changed("quality_score=77"), ["quality_score", "77 looks like a percent", "0.77"]),
    (changed("quality_score=1.5"), ["quality_score", "1.5", "0.015"]),
    (changed("quality_score=-1"), ["quality_score", "-1", "or equal to 0"]),
    (changed("quality_score=nan"), ["quality_score", "nan"]),
    (changed("savings_rate=8.9"), ["savings_rate", "8.9", "0.089"]),
    (changed("published_msr=2"), ["published_msr", "2 looks like a percent", "0.02"]),
    (settle(quality=45), ["quality = 45", "fraction from 0 to 1", "0.45"]),
    (settle(quality="nan"), ["quality = nan", "fraction from 0 to 1"]),
    (settle(quality="-0.1"), ["quality = -0.1", "fraction from 0 to 1"]),
    (settle(**{"disaster-months": 25}), ["disaster_months_share = 25", "0.25"]),
    # --- what contradicts itself ---
    (
        changed("person_years.aged_non_dual=200000"),
        ["person_years = 209,635", "assigned_beneficiaries = 116,175", "lower the person-years"],
    ),
    (
        changed("spend_basis=untruncated"),
        ["benchmark_basis = truncated", "spend_basis = untruncated", "Truncate both"],
    ),
    (
        changed("benchmark_basis=untruncated"),
        ["benchmark_basis = untruncated", "spend_basis = truncated", "Truncate both"],
    ),
    (changed("benchmark_basis=gross"), ["benchmark_basis", "'gross'", "'truncated'"]),
    # --- the run ---
    ((*A1001, "--years", 0), ["--years 0", "years = 0", "greater than or equal to 1"]),
    ((*A1001, "--years", -5), ["years = -5", "greater than or equal to 1"]),
    ((*A1001, "--years", 10**12), ["years", "less than or equal to 5000000"]),
    (changed("years=10,000"), ["years", "'10,000'", "integer"]),
    ((*A1001, "--seed", -1), ["seed", "-1", "or equal to 0"]),
    # --- --set ---
    (
        changed("nokey=1"),
        ["--set nokey", "no such key", "quality_score", "common_shock_sd", "seed"],
    ),
    (changed("qualty_score=1"), ["qualty_score", "Did you mean quality_score"]),
    (changed("quality_score"), ["--set quality_score", "KEY=VALUE is wanted"]),
    (changed("=5"), ["no such key", "quality_score"]),
    (changed("truncated_cv.aged=1"), ["truncated_cv.aged", "no such key", "aged_dual"]),
    (changed("truncated_cv.esrd=60"), ["truncated_cv.esrd", "60", "less than 5"]),
    (changed("truncated_cv.aged_dual=4.9"), ["truncated_cv.aged_dual", "4.9", "reaches"]),
    (changed("track-3.nope=1"), ["track-3.nope", "no such term", "maximum_loss_rate"]),
    (changed("track-3.maximum_los_rate=1"), ["Did you mean maximum_loss_rate"]),
    (
        changed("track-9.maximum_loss_rate=0.5"),
        ["track-9", "not in this run", "Did you mean track-3", "enhanced"],
    ),
    (changed("track-3.maximum_loss_rate=75"), ["maximum_loss_rate", "75", "or equal to 1"]),
    (changed("common_shock_sd=0.65"), ["common_shock_sd", "0.65", "0.2"]),
    (changed("common_shock_sd=nan"), ["common_shock_sd", "nan"]),
    (changed("noise_constant=-1"), ["noise_constant", "-1"]),
    (changed("people_noise=maybe"), ["people_noise", "'maybe'", "boolean"]),
    (changed("revenue_category=medium"), ["revenue_category", "'medium'", "'low', 'high'"]),
    (changed("agreement_year=0"), ["agreement_year", "or equal to 1"]),
    (changed("performance_year=24"), ["performance_year", "24", "2012"]),
    (changed("msr=0.7"), ["msr = '0.7'", "0.0, 0.5, 1.0, 1.5, 2.0", "table"]),
    (settle(msr="0.7"), ["msr = '0.7'", "0.0, 0.5, 1.0, 1.5, 2.0", "table"]),
    (settle(**{"quality-standard": "fine"}), ["'fine'", "met, alternative, failed"]),
    (settle(set="nope=1"), ["basic-e.nope", "no such term", "maximum_loss_rate"]),
    (settle(set="track-3.payment_limit=1"), ["track-3.payment_limit", "basic-e.TERM=VALUE"]),
    (settle(set="payment_limit=20"), ["payment_limit", "20", "or equal to 1"]),
    (
        (*settle(**{"quality-standard": "alternative"}), "--year", 2021),
        ["alternative", "2023", "Use met or failed"],
    ),
    # --- files that are not there ---
    (("run", "nofile.toml"), ["scenario nofile.toml", "does not exist"]),
    (("run", "."), ["scenario .", "cannot be read"]),
    ((*A1001, "--contract-file", "no.yaml"), ["contract file no.yaml", "cannot be read"]),
    ((*A1001, "--results", "no.csv"), ["no.csv", "does not exist", "Check the path"]),
    ((*A1001, "--results", "."), ["is a folder", "Give the path"]),
]

# Not refused today: quick all the same.
FEW = ("--years", "5")
WEAK = [
    ((*A1001, "--true-savings", "5"), ["true_savings", "5", "0.05"]),
    ((*A1001, "--true-savings", "2%"), ["true_savings", "2%", "0.02"]),
    ((*A1001, "--true-savings", "nan"), ["true_savings", "nan"]),
    ((*A1001, "--true-savings", "histry"), ["true_savings", "history"]),
    ((*A1001, "--years", 0), ["--years 0"]),
    ((*A1001, "--seed", -1), ["--seed -1"]),
    ((*changed("msr=0.02"), *FEW), ["msr", "0.02", "0.5"]),
    ((*changed("msr=0.54"), *FEW), ["msr", "0.54", "0.5"]),
    ((*changed("assigned_beneficiaries=true"), *FEW), ["true", "a number"]),
    (changed("years=true"), ["years", "true", "a number"]),
    ((*A1001, *FEW, "--contracts", ","), ["--contracts"]),
    ((*A1001, *FEW, "--json", ""), ["--json"]),
    (settle(beneficiaries=10**10), ["beneficiaries"]),
    (settle(year=24), ["year"]),
    (settle(expenditure="487e3"), ["expenditure"]),
    (changed("track-3.minimum_savings_rate=2"), ["minimum_savings_rate", "0.02"]),
    (changed("track-3.maximum_loss_rate=75"), ["0.75"]),
    (("run", "nofile.toml"), ["does not exist"]),
    (changed("track-3.a b=1"), ["track-3.a b", "no such term"]),
]


@pytest.mark.parametrize(("arguments", "said"), [*CASES, *WEAK])
def test_refused_in_one_clear_message(arguments, said: list[str], refused: Refused) -> None:
    message = refused(*arguments)
    for words in said:
        assert words in message
    assert "literal[" not in message
    assert "constrained-" not in message


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "--acco", "A1001"), ["--acco", "--aco"]),
        ((*A1001, "--years", "many"), ["--years", "integer"]),
        ((*A1001, "--threads", "0"), ["--threads", "equal to 1"]),
        ((*A1001, "--chunk-years", "0"), ["--chunk-years", "equal to 1"]),
        (("settle", "basic-e", "--benchmark", "1e8"), ["Missing option"]),
        (settle(beneficiaries="some"), ["--beneficiaries", "integer"]),
        (settle(termination="later"), ["--termination", "voluntary"]),
        ((*settle(), "--agreement-year", "0"), ["--agreement-year"]),
        (("compare", "track-2", "--aco", "A1001"), ["SECOND"]),
        (("sttle",), ["sttle"]),
    ],
)
def test_a_misused_option_is_explained(arguments, said: list[str], cli) -> None:
    finished = cli(*arguments)
    assert (finished.status, finished.out) == (2, "")
    for words in said:
        assert words in finished.err
    assert finished.err.count("Error: ") == 1
    assert "Traceback" not in finished.err
    assert "\x1b" not in finished.err


# --- scenario files ---------------------------------------------------------


@pytest.fixture
def scenario(done, tmp_path: Path) -> str:
    done(*A1001, "--write-scenario", "my.toml")
    return (tmp_path / "my.toml").read_text("utf-8")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("quality_score =", "qualty_score =", ["aco.qualty_score", "Did you mean quality_score"]),
        ("[assumptions]", "[asumptions]", ["asumptions", "Did you mean assumptions?"]),
        ("[run]", "[runs]", ["runs", "Did you mean run?"]),
        ("seed =", "sead =", ["run.sead", "Did you mean seed"]),
        ("{esrd =", "{ersd =", ["aco.person_years.ersd", "Did you mean esrd"]),
        ("[assumptions]", "[assumptions", ["not valid TOML", "line 46"]),
        ("[run]", "[aco]", ["not valid TOML", "aco"]),
        ("years = 50000", 'years = "many"', ["run.years", "'many'", "integer"]),
        ("years = 50000", "years = 0", ["run.years = 0", "or equal to 1"]),
        ("0.7705", "77.05", ["aco.quality_score", "77.05", "0.7705"]),
        ("assigned_beneficiaries = 1", "# = 1", ["aco.assigned_beneficiaries", "missing"]),
        ("contracts = []", 'contracts = ["track"]', ["'track'", *contract_ids()]),
        ("contract_files = []", 'contract_files = ["x.yaml"]', ["x.yaml", "cannot be read"]),
        ("# true_savings =", "true_savings = 'history'\n#", None),
        ('spend_basis = "trun', 'spend_basis = "untrun', ["untruncated", "Truncate both"]),
        ("104332.0", "204332.0", ["person_years", "more than assigned_beneficiaries"]),
        ("# maximum_loss_rate = 0.5", '[contract_terms."track-9"]\na = 1', ["track-9", "track-3"]),
        ("# maximum_loss_rate = 0.5", "[contract_terms]\ntrack-3 = 5", ["contract_terms.track-3"]),
    ],
)
def test_a_scenario_file_with_a_mistake(old, new, said, scenario: str, refused, tmp_path) -> None:
    assert old in scenario
    text = scenario.replace(old, new, 1)
    if said is None:
        text, said = text.replace("\nsavings_rate", "\n# savings_rate"), ["savings_rate", "0.02"]
    (tmp_path / "my.toml").write_text(text, "utf-8")
    message = refused("run", "my.toml")
    for words in said:
        assert words in message


def test_every_mistake_of_a_scenario_file_is_listed(scenario: str, refused, tmp_path) -> None:
    text = scenario.replace("\nquality_score =", "\nqualty_score =").replace("= 50000", "= 0")
    (tmp_path / "my.toml").write_text(text, "utf-8")
    message = refused("run", "my.toml")
    assert message.count("\n  - ") == 2
    assert "qualty_score" in message
    assert "run.years" in message


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"aco = 5", b"[[aco]]\nid = 'x'"])
def test_something_else_than_a_scenario(content: bytes, refused, tmp_path: Path) -> None:
    (tmp_path / "my.toml").write_bytes(content)
    assert "scenario my.toml: " in refused("run", "my.toml")


def test_a_scenario_file_from_windows(scenario: str, done, tmp_path: Path) -> None:
    text = "\ufeff" + scenario.replace("\n", "\r\n")
    (tmp_path / "my.toml").write_bytes(text.encode())
    done("run", "my.toml", "--write-scenario", "again.toml")


def test_a_scenario_with_terms_of_a_third_contract_can_be_compared(done) -> None:
    done(*changed("basic-e.payment_limit=0.2"), "--years", "5", "--write-scenario", "my.toml")
    done("compare", "track-2", "track-3", "my.toml")


# --- CMS files --------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.csv", b"", ["empty.csv is empty", "Download"]),
        ("other.csv", b"a,b\n1,2\n", ["other.csv is not a CMS results file", "a, b"]),
        ("cut.csv.gz", SHIPPED.read_bytes()[:20_000], ["cut.csv.gz", "damaged", "Download"]),
        ("zip.csv", b"PK\x03\x04" + bytes(50), ["zip.csv"]),
    ],
)
def test_a_results_file_that_cannot_be_read(name, content, said, refused, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    for command in (A1001, ("aco", "A1001")):
        message = refused(*command, "--results", name)
        for words in said:
            assert words in message


def test_a_results_file_that_is_cut_off(refused, cms_file, tmp_path: Path) -> None:
    path = cms_file("cut_2024.csv", 2024)
    whole = (tmp_path / path).read_bytes()
    (tmp_path / path).write_bytes(whole[:30_001])
    message = refused(*A1001, "--results", path)
    assert "cut_2024.csv, line " in message
    assert "cut off" in message


@pytest.mark.parametrize("missing", [("N_AB",), ("ABtotExp", "MinSavPerc")])
def test_missing_columns_are_named(missing: tuple[str, ...], refused, cms_file) -> None:
    message = refused(*A1001, "--results", cms_file("few_2024.csv", 2024, drop=missing))
    assert "few_2024.csv lacks needed columns" in message
    for column in missing:
        assert column in message


def test_an_aco_that_is_not_in_the_file(refused, cms_file) -> None:
    path = cms_file("few_2024.csv", 2024)
    message = refused("run", "--aco", "A9999", "--results", path)
    assert "A9999 is not in few_2024.csv" in message
    assert "Did you mean A" in message


# --- contract files ---------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("id: mine", "id: Mine!", ["id = 'Mine!'"]),
        ("maximum_loss_rate:", "maximum_los_rate:", ["Did you mean maximum_loss_rate"]),
        ("title:", "- title", ["not valid YAML"]),
        ("confidence: confirmed", "confidence: sure", ["confidence = 'sure'", "'confirmed'"]),
    ],
)
def test_a_contract_file_with_a_mistake(old, new, said, refused, own_contract, tmp_path) -> None:
    text = (tmp_path / own_contract).read_text()
    assert old in text
    (tmp_path / own_contract).write_text(text.replace(old, new, 1))
    for command in (
        ("contracts", "--contract-file", own_contract),
        (*A1001, "--contract-file", own_contract),
        ("settle", "mine", *SETTLE, "--contract-file", own_contract),
    ):
        message = refused(*command)
        assert message.startswith("simulate: contract file mine.yaml: ")
        for words in said:
            assert words in message


def test_a_contract_file_cannot_take_a_catalogue_id(refused, own_contract, tmp_path) -> None:
    text = (tmp_path / own_contract).read_text()
    (tmp_path / own_contract).write_text(text.replace("id: mine", "id: track-3"))
    message = refused(*A1001, "--contract-file", own_contract)
    assert "contract track-3: named twice" in message
    assert "--set" in message


def test_settle_with_a_contract_file_of_another_id(refused, own_contract) -> None:
    assert "mine" in refused("settle", "basic-e", *SETTLE, "--contract-file", own_contract)


def test_contracts_with_a_contract_file_of_another_id(refused, own_contract) -> None:
    assert "mine" in refused("contracts", "basic-e", "--contract-file", own_contract)


# --- outputs ----------------------------------------------------------------

OUTPUTS = [
    (*A1001, "--json"),
    (*A1001, "--report"),
    (*A1001, "--write-scenario"),
    ("compare", "track-2", "track-3", "--aco", "A1001", "--json"),
    ("contracts", "--json"),
    ("aco", "A1001", "--json"),
    ("settle", "basic-e", *SETTLE, "--json"),
]


@pytest.mark.parametrize("arguments", OUTPUTS)
def test_a_path_that_cannot_be_written(arguments, refused, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    option = arguments[-1]
    message = refused(*arguments, "nowhere/out")
    assert f"{option} nowhere/out: the folder nowhere does not exist; create it" in message
    message = refused(*arguments, "folder")
    assert f"{option} folder: is a folder; a file name is wanted" in message


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
@pytest.mark.parametrize("arguments", OUTPUTS)
def test_a_path_without_permission(arguments, refused, tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.mkdir()
    locked.chmod(0o555)
    try:
        assert "no permission to write there" in refused(*arguments, "locked/out")
    finally:
        locked.chmod(0o755)
    kept = tmp_path / "kept"
    kept.write_text("kept")
    kept.chmod(0o444)
    assert "no permission to write there" in refused(*arguments, "kept")


def test_outputs_are_checked_before_the_work(refused, monkeypatch: pytest.MonkeyPatch) -> None:
    def work(*_: object) -> None:
        raise AssertionError("the work has begun")

    monkeypatch.setattr("simulate.cli.risk.simulated", work)
    refused(*A1001, "--json", "nowhere/out")
    refused(*A1001, "--report", "nowhere/out")
    refused("compare", "track-2", "track-3", "--aco", "A1001", "--json", "nowhere/out")


def test_a_choice_is_checked_before_the_work(refused, monkeypatch: pytest.MonkeyPatch) -> None:
    def work(*_: object) -> None:
        raise AssertionError("the kernels are being compiled")

    monkeypatch.setattr("simulate.engine.warm.compile_kernels", work)
    refused(*changed("msr=0.7"))


def test_two_outputs_in_one_file(refused) -> None:
    assert "out" in refused(*A1001, "--years", "5", "--json", "out", "--report", "out")


def test_write_scenario_does_not_run_and_says_so(refused) -> None:
    refused(*A1001, "--write-scenario", "my.toml", "--json", "out.json")
