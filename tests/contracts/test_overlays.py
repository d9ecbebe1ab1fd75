"""A user's own terms and contracts: overlays, files, and what mistakes get told."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from simulate.contracts.contract import contract_ids, load_contract, read_contract_file
from simulate.contracts.resolution import Circumstances
from simulate.contracts.settlement import settle
from simulate.errors import UserError

TRACK_3 = (
    resources.files("simulate.contracts.catalogue").joinpath("track-3.yaml").read_text("utf-8")
)


def net(contract: Any, expenditure: float, quality: float = 1.0, **at: Any) -> float:
    at = {"assigned_beneficiaries": 20_000, **at}
    return settle(contract, Circumstances(**at), 100e6, expenditure, quality).net


# ---- --set CONTRACT.TERM=VALUE ----


@pytest.mark.parametrize(
    ("contract_id", "changes", "expenditure", "quality", "expected"),
    [
        # track-3, score .2 (pass or fail in 2021: set back to the score): 1-.15=.85 -> .5; x 5M
        ("track-3", {"quality_rule": "score", "maximum_loss_rate": 0.5}, 105e6, 0.2, -2_500_000),
        ("track-3", {"loss_rate_floor": 0.0}, 105e6, 1.0, -1_250_000),  # 1 - .75; x 5M
        ("track-3", {"maximum_sharing_rate": 0.5}, 95e6, 1.0, 2_450_000),  # .5 x 5M x .98
        ("track-3", {"sequestration": 0.0}, 95e6, 1.0, 3_750_000),
        ("track-3", {"payment_limit": 0.03}, 95e6, 1.0, 3_000_000),
        ("track-3", {"loss_limit_of_benchmark": 0.01}, 105e6, 1.0, -1_000_000),
        ("track-3", {"minimum_savings_rate": 0.06}, 95e6, 1.0, 0),
        ("track-3", {"minimum_savings_rate": "size-table"}, 97.6e6, 1.0, 0),  # 2.4M < 2.5M
        ("track-3", {"minimum_loss_rate": 0.06}, 105e6, 1.0, 0),
        ("track-3", {"net_threshold": 0.02}, 95e6, 1.0, 2_205_000),  # .75 x 3M x .98
        ("basic-e", {"maximum_loss_rate": 0.0}, 105e6, 1.0, 0),
        ("basic-e", {"maximum_sharing_rate": 0.6}, 95e6, 1.0, 2_940_000),
        ("track-2-2012", {"loss_limit_of_benchmark": 0.15}, 130e6, 0.0, -15_000_000),  # .6 x 30M
        (
            "track-3",
            {"savings_bands": [{"up_to": 0.02, "share": 1.0}, {"up_to": None, "share": 0.5}]},
            95e6,
            1.0,
            2_572_500,  # .75 x (2M + .5 x 3M) x .98
        ),
    ],
)
def test_an_overlaid_term_settles_by_hand(
    contract_id: str, changes: dict[str, Any], expenditure: float, quality: float, expected: float
) -> None:
    contract = load_contract(contract_id).with_terms(changes)
    assert net(contract, expenditure, quality) == pytest.approx(expected, abs=0.005)


def test_an_overlay_marks_itself_and_leaves_the_original_alone() -> None:
    original = load_contract("track-3")
    before = original.model_dump()
    changed = original.with_terms({"maximum_loss_rate": 0.5, "withhold": 0.25})
    assert set(changed.changed()) == {"maximum_loss_rate", "withhold"}
    stated = changed.term("maximum_loss_rate")
    assert (stated.value, stated.confidence) == (0.5, "assumed by the user")
    assert "--set" in stated.reference
    assert stated.unit == original.term("maximum_loss_rate").unit
    assert changed.id == original.id
    assert original.model_dump() == before
    assert load_contract("track-3") is original
    assert original.changed() == {}


def test_an_overlay_replaces_all_years() -> None:
    contract = load_contract("track-2").with_terms({"loss_limit_of_benchmark": 0.03})
    for year in (1, 2, 3):
        assert net(contract, 130e6, agreement_year=year) == -3_000_000
    assert load_contract("track-3").with_terms({"sequestration": 0.01}).term("sequestration").at(
        2019, 1
    ) == pytest.approx(0.01)


def test_overlays_follow_one_another() -> None:
    once = load_contract("basic-e").with_terms({"maximum_sharing_rate": 0.6})
    twice = once.with_terms({"payment_limit": 0.2})
    assert set(twice.changed()) == {"maximum_sharing_rate", "payment_limit"}
    assert once.with_terms({}) == once


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (
            {"max_loss_rate": 0.5},
            ("track-3.max_loss_rate: no such term", "Did you mean maximum_loss_rate"),
        ),
        ({"xyz": 0.5}, ("track-3.xyz: no such term", "The terms are: maximum_sharing_rate,")),
        ({"maximum_loss_rate": 50}, ("track-3", "maximum_loss_rate", "= 50", "equal to 1")),
        ({"maximum_loss_rate": -0.1}, ("maximum_loss_rate", "-0.1", "equal to 0")),
        ({"maximum_loss_rate": "50%"}, ("maximum_loss_rate", "'50%'", "number")),
        ({"maximum_loss_rate": float("nan")}, ("maximum_loss_rate", "nan")),
        ({"payment_limit": None}, ("payment_limit", "exactly one of value")),
        (
            {"minimum_savings_rate": "tabel"},
            ("minimum_savings_rate", "'size-table', 'choice' or 'none'"),
        ),
        ({"loss_rate_rule": "fixd"}, ("loss_rate_rule", "'fixd'", "'fixed'")),
        ({"size_table_below_beneficiaries": -1}, ("size_table_below_beneficiaries", "-1")),
    ],
)
def test_a_wrong_overlay_is_one_clear_message(
    changes: dict[str, Any], says: tuple[str, ...]
) -> None:
    with pytest.raises(UserError) as caught:
        load_contract("track-3").with_terms(changes)
    for words in says:
        assert words in str(caught.value)
    assert "pydantic" not in str(caught.value)


# ---- Contract files ----


def write(folder: Path, text: str | bytes) -> Path:
    file = folder / "mine.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def test_a_good_file_settles(tmp_path: Path) -> None:
    text = TRACK_3.replace("id: track-3", "id: my-track").replace("value: 0.75", "value: 0.60", 1)
    contract = read_contract_file(write(tmp_path, text))
    assert contract.id == "my-track"
    assert contract.id not in contract_ids()
    assert net(contract, 95e6) == pytest.approx(2_940_000)  # .6 x 5M x .98
    # Programme-wide terms are inherited, overlays work on it too.
    assert contract.term("sequestration").at(2019, 1) == 0.0
    assert net(contract.with_terms({"sequestration": 0.0}), 95e6) == pytest.approx(3_000_000)


def test_a_file_may_state_its_own_programme_terms_by_year(tmp_path: Path) -> None:
    own = (
        "  sequestration:\n    values: {2016: 0.0, 2018: 0.10}\n    unit: fraction\n"
        "    reference: made up for a test\n    confidence: assumed by the user\n"
    )
    contract = read_contract_file(write(tmp_path, TRACK_3.rstrip() + "\n" + own))
    # .75 x 5M = 3.75M; nothing off in 2016 and 2017, a tenth from 2018 on.
    paid = [net(contract, 95e6, performance_year=year) for year in range(2016, 2021)]
    assert paid == pytest.approx([3_750_000, 3_750_000, 3_375_000, 3_375_000, 3_375_000])


REFERENCE = '    reference: "42 CFR 425.610(d)(1)"\n'


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (REFERENCE, "", ("terms.maximum_sharing_rate.reference", "missing")),
        (REFERENCE, '    reference: ""\n', ("terms.maximum_sharing_rate.reference", "''")),
        ("value: 0.75", "value: 75", ("terms.maximum_sharing_rate.value = 75", "equal to 1")),
        ("value: 0.75", "value: .nan", ("terms.maximum_sharing_rate.value = nan",)),
        ("value: choice", "value: choise", ("terms.minimum_savings_rate", "'choise'", "'choice'")),
        ("  payment_limit:", "  paymant_limit:", ("terms.paymant_limit: no such key",)),
        ("summary:", "sumary:", ("sumary: no such key", "summary: missing")),
        ("    unit:", "    units:", ("terms.maximum_sharing_rate.units: no such key",)),
        ("id: track-3", "id: My Track", ("id = 'My Track'",)),
        ("status: ended", "status: over", ("status = 'over'", "'ended'")),
        ("first: 2016", "first: soon", ("performance_years.first = 'soon'",)),
        ("confidence: confirmed", "confidence: sure", ("confidence", "'sure'", "'unconfirmed'")),
        ("effective: 2016-01-01", "effective: soon", ("effective = 'soon'",)),
    ],
)
def test_a_mistake_in_a_file_names_file_field_and_value(
    old: str, new: str, says: tuple[str, ...], tmp_path: Path
) -> None:
    assert old in TRACK_3
    file = write(tmp_path, TRACK_3.replace(old, new, 1))
    with pytest.raises(UserError) as caught:
        read_contract_file(file)
    for words in (f"contract file {file}", *says):
        assert words in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "nearest"),
    [
        ("  payment_limit:", "  paymant_limit:", "Did you mean payment_limit"),
        ("summary:", "sumary:", "Did you mean summary"),
        ("    unit:", "    units:", "Did you mean unit"),
    ],
)
def test_a_misspelt_key_is_met_with_the_nearest(
    old: str, new: str, nearest: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=nearest):
        read_contract_file(write(tmp_path, TRACK_3.replace(old, new, 1)))


@pytest.mark.parametrize(
    "text",
    [
        "terms: [1,",
        "terms:\n\t- 1",
        "a: b: c",
        "? [a]\n: 1",
        TRACK_3.replace("2016-01-01", "2016-13-01", 1),  # a date that YAML itself refuses
    ],
)
def test_bad_yaml_is_a_users_error_that_names_the_file(text: str, tmp_path: Path) -> None:
    file = write(tmp_path, text)
    with pytest.raises(UserError, match="not valid") as caught:
        read_contract_file(file)
    assert str(file) in str(caught.value)


@pytest.mark.parametrize("text", ["", "# nothing\n", "- a\n- b\n", "just words", "42"])
def test_a_file_that_holds_no_contract(text: str, tmp_path: Path) -> None:
    file = write(tmp_path, text)
    with pytest.raises(UserError) as caught:
        read_contract_file(file)
    assert str(file) in str(caught.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for file in (tmp_path / "absent.yaml", tmp_path, write(tmp_path, b"\xff\xfe\x00")):
        with pytest.raises(UserError, match="cannot be read") as caught:
            read_contract_file(file)
        assert str(file) in str(caught.value)


# ---- Unknown ids ----


@pytest.mark.parametrize(
    ("contract_id", "nearest"),
    [
        ("track-4", "Did you mean track-3, track-2 or track-1?"),
        ("enhancd", "Did you mean enhanced?"),
        ("basic", "Did you mean basic-"),
        ("track-3.yaml", "Did you mean track-3"),
        ("", "The contracts are"),
        ("../programme", "The contracts are"),
        ("/etc/passwd", "The contracts are"),
        ("-", "The contracts are"),
    ],
)
def test_an_unknown_contract_gets_the_nearest_and_the_list(contract_id: str, nearest: str) -> None:
    with pytest.raises(UserError) as caught:
        load_contract(contract_id)
    said = str(caught.value)
    assert said.startswith(f"contract {contract_id!r} is not in the catalogue.")
    assert nearest in said
    assert ", ".join(contract_ids()) in said
    assert "--contract-file" in said
