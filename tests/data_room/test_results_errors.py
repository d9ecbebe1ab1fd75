"""Every refusal is one clear message: what, where, what is allowed, what to do."""

from __future__ import annotations

import gzip
import os

import pytest

from simulate.data import history, published_results, read_results_file, result
from simulate.data.build_published_results import main as build_main
from simulate.errors import UserError


@pytest.fixture
def refused(tmp_path):
    """Return a function that reads a sheet or bytes and returns the message."""

    def read(content, name="PY2024.csv", year=None):
        path = tmp_path / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            content.write(path)
        with pytest.raises(UserError) as caught:
            read_results_file(path, year)
        message = str(caught.value)
        assert "\n" not in message
        assert message.endswith((".", ")"))
        return message

    return read


def test_no_such_file(tmp_path):
    with pytest.raises(UserError, match="does not exist"):
        read_results_file(tmp_path / "none.csv")


def test_folder(tmp_path):
    with pytest.raises(UserError, match="is a folder"):
        read_results_file(tmp_path)


def test_unreadable_path():
    with pytest.raises(UserError, match="cannot be read"):
        read_results_file("a\0b.csv")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads all")
def test_no_permission(sheet, tmp_path):
    path = sheet("PY2024").write(tmp_path / "PY2024.csv")
    path.chmod(0)
    with pytest.raises(UserError, match="cannot be read"):
        read_results_file(path)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (b"PK\x03\x04 rest", "workbook or ZIP"),
        (b"\x1f\x8b\x08\x00broken", "damaged gzip"),
        (gzip.compress(b"ACO_ID,N_AB\n" * 500, mtime=0)[:-9], "damaged gzip"),
        (b"ACO_ID;N_AB\nA1001;5\n", "no commas in its first line"),
        (b"ACO_ID,N_AB\n", "has a header but no rows"),
        (b'ACO_ID,N_AB\n"A1001\0' + b"x" * 200_000, "not readable as CSV"),
        (b"name,height\nPeter,180\n", "is not a CMS results file: 0 of the 8 columns"),
        (b"<html>,</html>\nx,y\n", "is not a CMS results file"),
    ],
)
def test_files_of_another_kind(refused, content, expected):
    assert expected in refused(content)


def test_cut_off_in_the_middle(sheet, refused):
    text = sheet("PY2024").text()
    message = refused(text[: len(text) // 2].encode())
    assert "cut off" in message
    assert "cells where the header has 70 columns" in message


def test_row_with_too_many_cells(sheet, refused):
    pages = sheet("PY2024")
    pages.rows[10].append("1")
    message = refused(pages)
    assert "line 12: 71 cells where the header has 70 columns" in message
    assert "cut off" not in message


def test_needed_columns_missing(sheet, refused):
    message = refused(sheet("PY2024").drop("N_AB", "Current_Track"))
    assert "lacks needed columns: N_AB; Current_Track or Track1 or Current" not in message
    assert "lacks needed columns: N_AB; Current_Track or Track1 or Track2" in message
    assert "ACO_ID, N_AB_Year_PY, ABtotBnchmk, ABtotExp, MinSavPerc, EarnSaveLoss" in message


def test_column_twice(sheet, refused):
    pages = sheet("PY2024").add("qualscore", ["1"] * 476)
    assert "column qualscore appears twice" in refused(pages)


def test_aco_twice(sheet, refused):
    pages = sheet("PY2024").set(3, "ACO_ID", "a1001")
    assert "ACO_ID A1001 appears twice in performance year 2024, on lines 2 and 5" in refused(pages)


@pytest.mark.parametrize(
    ("column", "text", "expected"),
    [
        ("ACO_ID", "", "the id of an ACO"),
        ("N_AB", "*", "a number above 0"),
        ("N_AB", "0", "a number above 0"),
        ("ABtotBnchmk", "-5", "a number above 0"),
        ("ABtotExp", "many", "a number, or one of the marks"),
        ("ABtotExp", "1.2.3", "a number, or one of the marks"),
        ("Guardrail", "2", "1 or 0"),
        ("Current_Start_Date", "13/13/2024", "a date such as"),
        ("Current_Start_Date", "soon", "a date such as"),
        ("Current_Track", "F", "a track: A, B, C, D, E, EN"),
        ("Risk_Model", "Three-Sided", "One-Sided or Two-Sided"),
        ("Rev_Exp_Cat", "Middling", "Low Revenue or High Revenue"),
    ],
)
def test_cells_that_cannot_be_used(sheet, refused, column, text, expected):
    message = refused(sheet("PY2024").set(4, column, text))
    assert f"line 6, column {column}" in message
    assert f"expected {expected}" in message


@pytest.mark.parametrize("flags", [("1", "1"), ("0", "0")])
def test_track_flags_that_contradict(sheet, refused, flags):
    pages = sheet("PY2014").set(2, "Track1", flags[0]).set(2, "Track2", flags[1])
    message = refused(pages, "PY2014.csv")
    assert "line 4:" in message
    assert "of the columns Track1, Track2 are 1; expected exactly one" in message


@pytest.mark.parametrize(
    ("column", "text"),
    [("MinSavPerc", "0.02"), ("QualScore", "0.85"), ("FinalShareRate", "0.5")],
)
def test_rates_in_mixed_units(sheet, refused, column, text):
    message = refused(sheet("PY2024").set(7, column, text))
    assert f"line 9, column {column}: {text} has no consistent unit" in message
    assert "read as percent" in message


def test_savings_rates_in_mixed_units(sheet, refused):
    message = refused(sheet("PY2024").set(0, "Sav_rate", "0.0889"))
    assert "line 2, column Sav_rate: 0.0889 has no consistent unit" in message
    assert "give 0.0889175 as a fraction (8.892 %)" in message


def test_rates_divided_by_100_twice(sheet, refused, shift_text):
    pages = sheet("PY2024").map("MinSavPerc", lambda text: shift_text(text, -4))
    assert "divided by 100 once too often" in refused(pages)


def test_percent_signs_on_fractions(sheet, refused, shift_text):
    pages = sheet("PY2021").map("MinSavPerc", lambda text: shift_text(text[:-1], -2) + "%")
    assert "divided by 100 once too often" in refused(pages, "PY2021.csv")


def test_percent_signs_on_some_cells(sheet, refused):
    message = refused(sheet("PY2021").set(0, "MinSavPerc", "2.00"), "PY2021.csv")
    assert "expected a % sign" in message


def test_dollars_of_different_columns(sheet, refused):
    pages = sheet("PY2024").map("BnchmkMinExp", lambda text: text + "0")
    message = refused(pages)
    assert "is not ABtotBnchmk - ABtotExp" in message


def test_agreement_after_the_performance_year(sheet, refused):
    message = refused(sheet("PY2024"), "results.csv", 2023)
    assert "the agreement starts on 2024-01-01, after performance year 2023" in message
    assert "after performance year 2022 (file name" in refused(sheet("PY2024"), "PY2022.csv")


def test_stated_year_against_the_file_name(sheet, refused):
    assert "the file name PY2024.csv says 2024" in refused(sheet("PY2024"), year=2025)
    assert "CMS's results begin with 2013" in refused(sheet("PY2024"), "results.csv", 1999)


def test_year_that_nothing_tells(sheet, refused):
    pages = sheet("PY2024").drop("Current_Start_Date")
    assert "does not tell its performance year" in refused(pages, "results.csv")


def test_year_column_with_something_else(sheet, refused):
    pages = sheet("PY2019_2020").set(0, "year", "20l9")
    assert "line 2, column year: '20l9' is not a performance year" in refused(pages)


def message_of(function, *arguments, **named):
    with pytest.raises(UserError) as caught:
        function(*arguments, **named)
    return str(caught.value)


def test_year_that_does_not_ship():
    message = message_of(published_results, 2022)
    assert "performance year 2022 does not ship" in message
    assert "2020, 2021 and 2024" in message
    assert "--results FILE" in message
    assert message_of(result, "A1001", 2022) == message


def test_unknown_aco_names_its_neighbours():
    message = message_of(history, "A1001A")
    assert "ACO A1001A is not in the results" in message
    assert "A1001" in message.partition("Did you mean")[2]
    assert message_of(result, "A1001A") == message


def test_id_of_the_other_format():
    message = message_of(result, "A84831", 2024)
    assert "ids there look like A1001: CMS changed the format" in message


def test_aco_not_in_the_year():
    message = message_of(result, "A84830", 2024)
    assert "it is in 2013 and 2014." in message
    assert "CMS changed the format" in message
    assert "it is in 2018, 2019, 2020, 2021 and 2024." in message_of(result, "A1001", 2013)


def test_aco_in_the_users_own_file(sheet, tmp_path):
    path = sheet("PY2019_2020").write(tmp_path / "own.csv")
    assert result("a1001", results_file=path).performance_year == 2020
    assert result("a1001", 2019, path).performance_year == 2019
    message = message_of(result, "A1002x", results_file=path)
    assert "ACO A1002X is not in own.csv (performance year 2019 and 2020, 988 ACOs)." in message
    assert "CMS changed the format" in message_of(result, "A84830", results_file=path)


def test_building_needs_two_folders_and_one_file_a_year(sheet, tmp_path, capsys):
    assert build_main([]) == 2
    assert "SOURCE_FOLDER TARGET_FOLDER" in capsys.readouterr().err
    source = tmp_path / "source"
    source.mkdir()
    for name in ("PY2024.csv", "PY2024_again.csv"):
        sheet("PY2024").write(source / name)
    assert build_main([str(source), str(tmp_path / "target")]) == 2
    assert "holds the same years" in capsys.readouterr().err
