"""One result, many ways to write it: units, names, encodings, years."""

from __future__ import annotations

import gzip
import time
from datetime import date

import pytest

from simulate.data import build_published_results, published_results, read_results_file
from simulate.errors import UserError

RATES_2024 = ("Sav_rate", "MinSavPerc", "QualScore", "FinalShareRate", "FinalLossRate")


def same(found, expected):
    """Assert equal rows and equal precision."""
    assert len(found) == len(expected)
    for ours, theirs in zip(found, expected, strict=True):
        assert ours == theirs
        assert ours.half_unit == pytest.approx(theirs.half_unit)
        assert ours.extra == theirs.extra


@pytest.mark.parametrize("unit", ["fraction", "percent", "percent text"])
@pytest.mark.parametrize("year", [2016, 2024])
def test_a_file_rewritten_in_another_unit_gives_the_same_rows(
    sheet, shift_text, tmp_path, year, unit
):
    pages = sheet(f"PY{year}")
    places = {2016: {"fraction": 0}, 2024: {"fraction": -2}}[year].get(unit, 0)
    if year == 2016 and unit != "fraction":
        places = 2
    for name in (*RATES_2024, "QualPerfShare"):
        if name not in pages.header:
            continue
        pages.map(name, lambda text: shift_text(text, places))
        if unit == "percent text":
            pages.map(name, lambda text: f"{text}%" if text[-1:].isdigit() else text)
    read = read_results_file(pages.write(tmp_path / f"PY{year}.csv"))
    assert read.units["MinSavPerc"] == unit
    assert read.units["Sav_rate"] == unit
    same(read.rows, published_results(year).rows)


def test_a_savings_rate_divided_by_100_twice_is_resolved_by_the_dollars(
    sheet, shift_text, tmp_path
):
    pages = sheet("PY2024").map("Sav_rate", lambda text: shift_text(text, -4))
    read = read_results_file(pages.write(tmp_path / "PY2024.csv"))
    assert read.units["Sav_rate"] == "fraction divided by 100"
    same(read.rows, published_results(2024).rows)


def test_program_noise_in_fractions_does_not_matter(sheet, tmp_path):
    pages = sheet("PY2024")
    for name in RATES_2024:
        pages.map(name, lambda t: repr(float(t) * 0.01) if t[-1:].isdigit() else t)
    read = read_results_file(pages.write(tmp_path / "PY2024.csv"))
    same(read.rows, published_results(2024).rows)


def test_layout_of_2022(sheet, tmp_path):
    """Track as text, percent text also for quality, commas, suppressed cells."""
    pages = sheet("PY2024").drop("FinalLossRate", "Met_AltQPS", "Met_40pctl", "ReducedSS")
    pages.drop("Guardrail", "AIP", "AIPBalance", "AIPRecoup", "AIPOwe", "RegAdj", "PriorSavAdj")
    pages.rename(Recvd40p="Recvd30p", Impact_Mid_Year_Termination="Prorate_Shared_Losses")
    for name in ("Sav_rate", "MinSavPerc", "QualScore", "FinalShareRate"):
        pages.map(name, lambda text: f"{float(text):.2f}%")
    for name in ("N_AB", "ABtotBnchmk", "ABtotExp", "BnchmkMinExp", "EarnSaveLoss", "N_AB_Year_PY"):
        pages.map(name, lambda text: f"{int(text):,}")
    pages.map("Current_Start_Date", lambda text: text.replace("/2024", "/2021").replace("3", "2"))
    pages.set(0, "Per_Capita_Exp_ALL_ESRD_PY", "*").set(0, "DisAdj", "--")
    read = read_results_file(pages.write(tmp_path / "PY2022_results.csv"))
    assert read.performance_years == (2022,)
    assert read.units["QualScore"] == "percent text"
    first = published_results(2024).rows[0]
    row = read.rows[0]
    assert row.benchmark == first.benchmark
    assert row.quality_score == first.quality_score
    assert row.contract == first.contract
    assert row.minimum_savings_rate == first.minimum_savings_rate
    assert row.half_unit["quality_score"] == pytest.approx(0.00005)
    assert row.per_capita_by_type.esrd is None
    assert row.disaster_adjustment is None
    assert row.final_loss_rate is None
    assert row.prorate_shared_losses == 0


@pytest.mark.parametrize("style", [str.upper, str.lower, lambda name: f" {name} "])
@pytest.mark.parametrize("year", [2013, 2018, 2021, 2024])
def test_header_names_in_any_case(sheet, tmp_path, year, style):
    pages = sheet(f"PY{year}")
    pages.header = [style(name) for name in pages.header]
    same(
        read_results_file(pages.write(tmp_path / f"{year}.csv")).rows, published_results(year).rows
    )


def test_byte_order_mark_and_gzip_under_any_name(sheet, tmp_path):
    pages = sheet("PY2021")
    path = tmp_path / "download"
    path.write_bytes(gzip.compress(("\ufeff" + pages.text()).encode()))
    same(read_results_file(path, 2021).rows, published_results(2021).rows)


def test_names_in_the_windows_code_page(sheet, tmp_path):
    pages = sheet("PY2024").set(0, "ACO_Name", "Añasco Médicos – Salud")
    read = read_results_file(pages.write(tmp_path / "PY2024.csv", encoding="cp1252"))
    assert read.encoding == "windows-1252"
    assert read.rows[0].aco_name == "Añasco Médicos – Salud"


@pytest.mark.parametrize(
    ("text", "contract"),
    [
        ("A", "basic-a"),
        ("BASIC Level E", "basic-e"),
        ("basic_c", "basic-c"),
        ("EN", "enhanced"),
        ("ENHANCED", "enhanced"),
        ("T1", "track-1"),
        ("T1+", "track-1-plus"),
        ("T1P", "track-1-plus"),
        ("Track 1 Plus", "track-1-plus"),
        ("Track 3", "track-3"),
        ("2", "track-2"),
    ],
)
def test_tracks_as_text(sheet, tmp_path, text, contract):
    pages = sheet("PY2024").head(3).set(1, "Current_Track", text)
    assert read_results_file(pages.write(tmp_path / "PY2024.csv")).rows[1].contract == contract


@pytest.mark.parametrize("text", ["2019-07-01", "7/1/19", "07/01/2019 12:00:00 AM", "7/1/2019"])
def test_dates(sheet, tmp_path, text):
    pages = sheet("PY2024").head(3).set(1, "Current_Start_Date", text)
    row = read_results_file(pages.write(tmp_path / "PY2024.csv")).rows[1]
    assert row.current_start == date(2019, 7, 1)


@pytest.mark.parametrize(
    ("name", "year", "source"),
    [
        ("PY_2024_ACO_Results_PUF.csv", 2024, "file name"),
        ("Performance Year 2024 (released 2025).csv", 2024, "file name"),
        ("ACO.SSP.PUF.Y2024.csv", 2024, "file name"),
        ("results_2025-08-28.csv", 2024, "inferred"),
        ("results_downloaded_2026.csv", 2024, "inferred"),
        ("results_20240101.csv", 2024, "inferred"),
        ("results.csv", 2024, "inferred"),
        ("results_2025.csv", 2025, "file name"),
    ],
)
def test_performance_year_from_name_or_content(sheet, tmp_path, name, year, source):
    read = read_results_file(sheet("PY2024").write(tmp_path / name))
    assert read.performance_years == (year,)
    assert read.year_source.startswith(source)


def test_a_year_without_new_agreements_is_inferred_from_its_columns(sheet, tmp_path):
    read = read_results_file(sheet("PY2021").write(tmp_path / "results.csv"))
    assert read.performance_years == (2021,)
    assert "state the performance year" in read.year_source


def test_performance_year_stated_by_the_caller(sheet, tmp_path):
    path = sheet("PY2024").write(tmp_path / "results.csv")
    assert read_results_file(path, 2025).performance_years == (2025,)


def test_a_file_of_two_years_keeps_both_or_the_one_asked_for(sheet, tmp_path):
    path = sheet("PY2019_2020").write(tmp_path / "two.csv")
    assert read_results_file(path).performance_years == (2019, 2020)
    read = read_results_file(path, 2020)
    assert (len(read.rows), read.performance_years) == (513, (2020,))
    with pytest.raises(UserError, match=r"no rows of performance year 2021.*2019, 2020"):
        read_results_file(path, 2021)


def test_amounts_with_dollar_signs_and_parentheses(sheet, tmp_path):
    pages = sheet("PY2024").head(3)
    pages.map("EarnSaveLoss", lambda text: f"(${int(text):,})")
    row = read_results_file(pages.write(tmp_path / "PY2024.csv")).rows[1]
    assert row.earned_savings_or_losses == -published_results(2024).rows[1].earned_savings_or_losses


def test_blank_lines_are_no_rows(sheet, tmp_path):
    pages = sheet("PY2024").head(3)
    pages.rows.append([""] * len(pages.header))
    assert len(read_results_file(pages.write(tmp_path / "PY2024.csv")).rows) == 3


def test_a_single_contradiction_is_noted_and_does_not_stop_the_reading(sheet, tmp_path):
    pages = sheet("PY2024").set(5, "BnchmkMinExp", "1").set(6, "Sav_rate", "77.7")
    read = read_results_file(pages.write(tmp_path / "PY2024.csv"))
    assert len(read.notes) == 2
    assert read.notes[0].startswith("line 7: BnchmkMinExp is printed as 1,")
    assert read.notes[1].startswith("line 8: Sav_rate is printed as 77.7")


def test_period_is_not_guessed(sheet, tmp_path):
    pages = sheet("PY2024").head(3).set(0, "UpdatedBnchmk", "20000")
    pages.map("Per_Capita_Exp_TOTAL_PY", lambda _: "*").set(1, "UpdatedBnchmk", "*")
    rows = read_results_file(pages.write(tmp_path / "PY2024.csv")).rows
    assert rows[0].months_covered is None
    assert rows[0].period_factor is None
    assert rows[1].months_covered == 12  # from expenditure by enrollment type
    assert rows[2].months_covered == 12


def test_building_twice_gives_the_same_bytes_and_the_same_rows(sheet, tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    pages = sheet("PY2024").add("N_Hosp", ["1"] * 476)
    pages.write(source / "PY_2024.csv")
    (source / "other.csv").write_text("a,b\n1,2\n")
    targets = [tmp_path / "one", tmp_path / "two"]
    for target in targets:
        assert build_published_results.main([str(source), str(target)]) == 0
        assert [path.name for path in target.iterdir()] == ["PY2024.csv.gz"]
    first, second = (target / "PY2024.csv.gz" for target in targets)
    assert first.read_bytes() == second.read_bytes()
    assert b"N_Hosp" not in gzip.decompress(first.read_bytes())
    same(read_results_file(first).rows, published_results(2024).rows)


def test_one_year_is_read_quickly(sheet, tmp_path):
    """Error messages of the command line must appear at once: measured 0.05 s."""
    path = sheet("PY2024").write(tmp_path / "PY2024.csv")
    durations = []
    for _ in range(3):
        start = time.perf_counter()
        read_results_file(path)
        durations.append(time.perf_counter() - start)
    assert min(durations) < 0.5
