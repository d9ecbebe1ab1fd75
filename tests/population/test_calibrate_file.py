"""The spend model file: what it holds, what it must not hold, and reading it back."""

from __future__ import annotations

import hashlib
import re
import tomllib
from datetime import date

import pytest
from claims_cases import COUNT, TYPES, changed, extract, with_flags, write_csv

from simulate import __version__
from simulate.errors import UserError
from simulate.population.calibrate import calibrate
from simulate.population.families import FAMILY_NAMES
from simulate.population.spend import default_model, spend_models
from simulate.population.spend_file import (
    load_spend_file,
    read_spend_file,
    spend_file_text,
    write_spend_file,
)


@pytest.fixture(scope="module")
def claims(tmp_path_factory):
    folder = tmp_path_factory.mktemp("claims")
    columns = changed(with_flags(extract(4)), id={2: ""}, ma_months={5: 2})
    return write_csv(folder / "claims.csv", columns), columns


@pytest.fixture(scope="module")
def calibration(claims):
    return calibrate(claims[0])


@pytest.fixture
def written(calibration, tmp_path):
    path = tmp_path / "spend.toml"
    write_spend_file(calibration, path)
    return path


def test_what_it_holds(calibration, claims, written) -> None:
    data = tomllib.loads(written.read_text("utf-8"))
    assert date.fromisoformat(data["created"]) == calibration.created
    assert data["simulate_version"] == __version__
    digest = hashlib.sha256(claims[0].read_bytes()).hexdigest()
    assert data["data"] == [
        {"file": "claims.csv", "sha256": digest, "rows": sum(COUNT.values()), "years": [2022]}
    ]
    assert list(data["types"]) == list(TYPES)
    for name, table in data["types"].items():
        found = calibration.types[name]
        assert table["family"] == table["recommended"] == found.recommendation.fit.family
        assert table["truncated_cv"] == pytest.approx(found.model.truncated_cv)
        assert table["truncation_multiple"] == found.model.truncation
        assert table["beneficiary_years"] == found.sample.count
        assert table["person_years"] == pytest.approx(found.sample.person_years, abs=0.06)
        assert list(table["compared"]) == list(FAMILY_NAMES)


def test_every_choice_of_family_reads_back(calibration, tmp_path) -> None:
    for family in FAMILY_NAMES:
        chosen = calibration
        for name in TYPES:
            chosen = chosen.with_family(name, family)
        path = tmp_path / f"{family}.toml"
        write_spend_file(chosen, path)
        assert read_spend_file(path) == chosen.models


def test_read_back_for_a_run(calibration, written) -> None:
    found = load_spend_file(written)
    assert found.models == calibration.models
    assert found.from_data == TYPES
    assert found.persistence == {}
    assert found.version == __version__
    assert len(found.sha256[0]) == 64
    changed_cv = spend_models({"esrd": 1.2}, base=found.models)
    assert changed_cv[0].truncated_cv == pytest.approx(1.2)
    assert changed_cv[1:] == found.models[1:]


def test_default_types_and_persistence_read_back(tmp_path) -> None:
    few = {**COUNT, "esrd": 0}
    first, second = extract(3, 2021, few), extract(9, 2022, few)
    second["enrollment_type"] = first["enrollment_type"]
    second["id"] = first["id"]
    paths = [write_csv(tmp_path / "a.csv", first), write_csv(tmp_path / "b.csv", second)]
    made = calibrate(paths, missing_types="default", families=("lognormal",))
    path = tmp_path / "s.toml"
    write_spend_file(made, path)
    found = load_spend_file(path)
    assert found.models[0] == default_model("esrd")
    assert found.from_data == TYPES[1:]
    for name, estimate in made.persistence.items():
        assert found.persistence[name].pairs == estimate.pairs
        assert found.persistence[name].rank_correlation == pytest.approx(
            estimate.rank_correlation, rel=1e-5
        )
    assert any("default model" in note for note in found.notes)


class TestPrivacy:
    def test_no_identity_and_no_row_number(self, claims, calibration) -> None:
        text = spend_file_text(calibration)
        ids = {i for i in claims[1]["id"].tolist() if i}
        assert not [i for i in ids if i in text]
        assert not re.search(r"P\d{7}Q", text)
        assert "row" not in tomllib.loads(text)["set_aside"]

    def test_no_amount_of_one_beneficiary(self, claims, calibration) -> None:
        # Every number of the file against every amount: paid, annualised, and in multiples of
        # the truncated mean of its type. A number of 6 digits among 4,600 amounts would agree by
        # chance to 1e-9 once in a million; whole counts are left out.
        columns = claims[1]
        paid = columns["paid_part_a"] + columns["paid_part_b"]
        annual = paid * 12.0 / columns["part_a_months"].astype(float)
        amounts = set()
        for found in calibration.types.values():
            mean = found.sample.truncated_mean_dollars
            amounts |= {f"{v:.9g}" for v in annual / mean if v > 0}
        amounts |= {f"{v:.9g}" for v in (*paid, *annual) if v > 0}
        text = spend_file_text(calibration.with_family("aged_non_dual", "quantile_table"))
        numbers = {float(n) for n in re.findall(r"(?<![\w.])\d+\.\d+(?:e-?\d+)?", text)}
        assert len(numbers) > 100
        assert not {f"{n:.9g}" for n in numbers} & amounts

    def test_every_class_of_a_table_holds_eleven(self, calibration) -> None:
        table = calibration.with_family("esrd", "quantile_table").types["esrd"]
        spending = table.sample.count * (1.0 - table.sample.zero_mass)
        least = min(table.model.shape.shares) * spending
        # Person-years of 11 people: some of them were there for a part of the year.
        assert least > 6.0

    def test_small_counts_are_a_range(self, written) -> None:
        data = tomllib.loads(written.read_text("utf-8"))
        assert data["set_aside"] == {"missing": "1-10", "medicare_advantage": "1-10"}
        # 1 % of 300 and 600 people are fewer than 11.
        assert "top_1_percent" not in data["types"]["esrd"]["data"]
        assert "share_above" not in data["types"]["esrd"]["data"]
        assert "top_1_percent" in data["types"]["aged_non_dual"]["data"]

    def test_the_calibration_holds_no_array_of_people(self, calibration) -> None:
        for found in calibration.types.values():
            assert found.sample.log_amounts.size < found.sample.count
            assert len(found.sample.table.means) < found.sample.count / 11


class TestReading:
    @pytest.mark.parametrize(
        ("old", "new", "word"),
        [
            ("format = 1", "format = 2", "not a spend model file of format 1"),
            ("[types.esrd]", "[types.esdr]", "Did you mean esrd"),
            ("zero_mass", "zero_mas", "'zero_mass' is missing"),
            ('family = "', 'family = "x', "is missing or unknown"),
            ("zero_mass = 0", 'zero_mass = "0"\nx = 0', "not what it must be"),
            ("truncation_multiple = ", "truncation_multiple = 9", "was changed or cut"),
            ("zero_mass = 0", "zero_mass = 0.5\nx = 0", "was changed or cut"),
            ("zero_mass = 0", "zero_mass = nan\nx = 0", "not what it must be"),
            ("format = 1", "format = ", "not TOML"),
        ],
    )
    def test_what_was_changed_is_refused(self, written, old, new, word) -> None:
        text = written.read_text("utf-8")
        assert old in text
        written.write_text(text.replace(old, new, 1), "utf-8")
        with pytest.raises(UserError, match=re.escape(word)):
            read_spend_file(written)

    def test_a_table_that_does_not_rise(self, calibration, tmp_path) -> None:
        path = tmp_path / "t.toml"
        write_spend_file(calibration.with_family("esrd", "quantile_table"), path)
        text = path.read_text("utf-8")
        path.write_text(re.sub(r"means = \[[^,]+,", "means = [9e9,", text, count=1), "utf-8")
        with pytest.raises(UserError, match=r"types\.esrd"):
            read_spend_file(path)

    def test_a_type_that_is_missing(self, written) -> None:
        text = written.read_text("utf-8")
        written.write_text(text[: text.index("[types.disabled]")], "utf-8")
        with pytest.raises(UserError, match=r"types\.disabled is missing"):
            read_spend_file(written)

    def test_unreadable(self, tmp_path) -> None:
        with pytest.raises(UserError, match="does not exist"):
            read_spend_file(tmp_path / "none.toml")
        with pytest.raises(UserError, match="is a folder"):
            read_spend_file(tmp_path)
        (tmp_path / "b.toml").write_bytes(b"\xff\xfe")
        with pytest.raises(UserError, match="not UTF-8"):
            read_spend_file(tmp_path / "b.toml")


def test_nothing_half_written(calibration, tmp_path, monkeypatch) -> None:
    path = tmp_path / "spend.toml"
    path.write_text("what was there")
    monkeypatch.setattr(
        "tempfile.NamedTemporaryFile", lambda *a, **k: (_ for _ in ()).throw(OSError)
    )
    with pytest.raises(UserError, match="cannot be written"):
        write_spend_file(calibration, path)
    assert path.read_text() == "what was there"
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(UserError, match="does not exist"):
        write_spend_file(calibration, tmp_path / "none" / "s.toml")
