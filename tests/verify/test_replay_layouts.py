"""Files of years that do not ship, made from those that do."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path

import simulate.data
from simulate.data import read_results_file
from simulate.verify.replay import MatchClass, Replay, replay_file

SHIPPED = Path(simulate.data.__file__).parent / "published_results"
LEVELS = ("BASIC_A", "BASIC_B", "BASIC_C", "BASIC_D", "BASIC_E", "ENHANCED")
Rows = list[dict[str, str]]


def load(name: str) -> Rows:
    text = gzip.decompress((SHIPPED / f"{name}.csv.gz").read_bytes()).decode()
    return list(csv.DictReader(io.StringIO(text)))


def replayed(rows: Rows, path: Path) -> Replay:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return replay_file(read_results_file(path))


def year_2022() -> Rows:
    """PY2022: track as text, percent text, all losses forgiven."""
    found = []
    for row in load("PY2021"):
        level = [name for name in LEVELS if row[f"Current_{name}"] == "1"]
        if not level:
            continue
        kept = {
            name: text
            for name, text in row.items()
            if not name.startswith(("Current_Track", "Current_BASIC", "Current_ENH"))
            and name not in ("ACO_State", "Initial_Start_Date", "RevLossLimit")
        }
        kept["Current_Track"] = "EN" if level[0] == "ENHANCED" else level[0][-1]
        kept["Sav_rate"] = kept.pop("Sav_Rate")
        kept["QualScore"] += "%"
        kept["Prorate_Shared_Losses"] = ""
        found.append(kept)
    return found


def year_2023(forgiven: float = 5 / 12) -> Rows:
    """PY2023: percent text, standard or alternative standard, 5/12 of losses forgiven."""
    found = []
    dropped = ("ReducedSS", "Guardrail", "AIP", "AIPBalance", "AIPRecoup", "AIPOwe", "PriorSavAdj")
    for row in load("PY2024"):
        if row["Current_Start_Date"].endswith("2024"):
            continue
        kept = {name: text for name, text in row.items() if name not in dropped}
        kept["Met_30pctl"] = kept.pop("Met_40pctl")
        for name in ("Sav_rate", "MinSavPerc", "FinalShareRate", "FinalLossRate", "QualScore"):
            kept[name] += "" if kept[name] == "-" else "%"
        earned = float(row["EarnSaveLoss"])
        if earned < 0:
            whole = earned + float(row["DisAdj"])
            kept["DisAdj"] = f"{forgiven * whole:.0f}"
            kept["EarnSaveLoss"] = f"{whole - forgiven * whole:.0f}"
        found.append(kept)
    return found


def losers(rows: Rows) -> Rows:
    return [row for row in rows if float(row["EarnSaveLoss"].replace(",", "")) < 0]


def test_a_year_with_text_tracks_in_which_all_losses_are_forgiven(tmp_path: Path) -> None:
    replay = replayed(year_2022(), tmp_path / "Results_PY2022.csv")
    assert {row.performance_year for row in replay.rows} == {2022}
    assert replay.matched == len(replay.rows) > 300
    assert any("12/12" in row.reason for row in replay.rows)


def test_a_year_in_which_part_of_the_losses_is_forgiven(tmp_path: Path) -> None:
    rows = year_2023()
    assert losers(rows)
    replay = replayed(rows, tmp_path / "Results_PY2023.csv")
    assert replay.matched == len(replay.rows)
    assert sum("5/12" in row.reason for row in replay.rows) >= len(losers(rows))


def test_the_emergency_counts_where_no_reduction_is_printed(tmp_path: Path) -> None:
    rows = [row | {"DisAdj": "-"} for row in year_2023()]
    replay = replayed(rows, tmp_path / "Results_PY2023.csv")
    assert replay.matched == len(replay.rows)


def test_a_larger_printed_reduction_holds_the_emergency(tmp_path: Path) -> None:
    replay = replayed(year_2023(forgiven=0.6), tmp_path / "Results_PY2023.csv")
    assert replay.matched == len(replay.rows)


def test_a_reduction_on_top_of_the_emergency_is_explained(tmp_path: Path) -> None:
    rows = year_2023()
    for row in losers(rows):
        whole = float(row["EarnSaveLoss"]) + float(row["DisAdj"])
        row |= {"DisAdj": "-5000", "EarnSaveLoss": f"{whole * 7 / 12 + 5000:.0f}"}
    replay = replayed(rows, tmp_path / "Results_PY2023.csv")
    on_top = [row for row in replay.not_matched() if "on top" in row.reason]
    bounded = replay.of_class(MatchClass.NOT_DETERMINABLE)
    assert on_top
    assert len(on_top) + len(bounded) == len(losers(rows))
    assert all("revenue" in row.reason for row in bounded)


def test_losses_prorated_after_an_early_end(tmp_path: Path) -> None:
    rows = year_2023()
    for row in losers(rows):
        owed = float(row["EarnSaveLoss"])
        row["Impact_Mid_Year_Termination"] = f"{-owed / 4:.0f}"
        row["EarnSaveLoss"] = f"{owed * 3 / 4:.0f}"
    replay = replayed(rows, tmp_path / "Results_PY2023.csv")
    assert replay.matched == len(replay.rows)
    assert sum("prorated" in row.reason for row in replay.rows) == len(losers(rows))


def test_prorated_losses_without_printed_effect_are_explained(tmp_path: Path) -> None:
    rows = [row for row in year_2023() if row["Current_Track"] == "EN"]
    for row in losers(rows):
        row["EarnSaveLoss"] = f"{float(row['EarnSaveLoss']) * 9 / 12:.0f}"
    replay = replayed(rows, tmp_path / "Results_PY2023.csv")
    assert len(replay.not_matched()) == len(losers(rows)) > 0
    assert all("9 of 12 months" in row.reason for row in replay.not_matched())


def test_savings_of_an_aco_that_left_are_not_paid(tmp_path: Path) -> None:
    rows = year_2023()
    payee = next(row for row in rows if float(row["EarnSaveLoss"]) > 0)
    payee |= {"Impact_Mid_Year_Termination": f"-{payee['EarnSaveLoss']}", "EarnSaveLoss": "0"}
    replay = replayed(rows, tmp_path / "Results_PY2023.csv")
    assert replay.matched == len(replay.rows)


def test_next_year(tmp_path: Path) -> None:
    replay = replayed(load("PY2024"), tmp_path / "PY_2025_ACO_Results_PUF.csv")
    assert {row.performance_year for row in replay.rows} == {2025}
    assert replay.matched == len(replay.rows) == 476


def test_a_revision_with_one_more_payment(tmp_path: Path) -> None:
    rows = load("PY2024")
    unpaid = next(
        row
        for row in rows
        if row["Current_Track"] == "EN" and row["GenSaveLoss"] == "0" and "-" not in row["Sav_rate"]
    )
    # The ACO's expenditure comes out lower: its savings now pass the MSR.
    benchmark = float(unpaid["ABtotBnchmk"])
    gross = round(0.05 * benchmark)
    share = 0.75 if unpaid["Met_QPS"] == "1" else 0.75 * float(unpaid["QualScore"]) / 100
    unpaid |= {
        "ABtotExp": f"{benchmark - gross:.0f}",
        "BnchmkMinExp": f"{gross}",
        "GenSaveLoss": f"{gross}",
        "Sav_rate": f"{100 * gross / benchmark:.2f}",
        "EarnSaveLoss": f"{0.98 * share * gross:.0f}",
    }
    replay = replayed(rows, tmp_path / "PY_2024_ACO_Results_PUF_revised.csv")
    assert replay.matched == 476
