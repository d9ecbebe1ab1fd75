"""--save-years, --workbook and --precision of agreements, as a user states them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numpy as np
import openpyxl
import pytest

pytestmark = pytest.mark.skipif(
    bool(numba.config.DISABLE_JIT), reason="too many draws for plain Python"
)
ACO = ("--aco", "A4873", "--set", "assigned_beneficiaries=300", "--true-savings", "0.01")
SMALL = (*ACO, "--years", 60)


def test_a_run_saves_its_paths(done: Callable[..., Any], tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    saved = ("--save-years", "paths.parquet", "--json", "-")
    found = done("run", *SMALL, "--agreement", "basic-e; enhanced", *saved).json
    table = parquet.read_table(tmp_path / "paths.parquet")
    # Two views, two paths of contracts, five performance years.
    assert table.num_rows == 2 * 2 * 5 * found["paths_simulated"]
    rows = table.filter(
        (table["true_savings"].to_numpy() == "assumed")
        & (table["path"].to_numpy() == "enhanced")
        & (table["performance_year"].to_numpy() == 2027)
    )
    year = found["agreements"]["enhanced"]["by_year"][2]
    assert np.mean(rows["net"].to_numpy()) == year["expected_net"]["value"]


def test_run_and_compare_write_a_workbook(done: Callable[..., Any], tmp_path: Path) -> None:
    done("run", *SMALL, "--agreement", "--finance", "--workbook", "run.xlsx")
    sheets = openpyxl.load_workbook(tmp_path / "run.xlsx").sheetnames
    assert "Cash by quarter" in sheets
    assert "Comparison" not in sheets
    done("compare", "basic-e", "enhanced", *SMALL, "--agreement", "--workbook", "both.xlsx")
    book = openpyxl.load_workbook(tmp_path / "both.xlsx")
    assert book["Comparison"]["A1"].value == "basic-e against enhanced"
    assert "Finance" not in book.sheetnames
    commands = [
        row[1] for row in book["Summary"].iter_rows(values_only=True) if row[0] == "Command"
    ]
    assert commands[0].endswith("--agreement --workbook both.xlsx")


def test_a_precision_chooses_the_paths_and_says_so(
    done: Callable[..., Any], tmp_path: Path
) -> None:
    asked = ("--agreement", "basic-a; basic-e")
    precise = ("run", *ACO, *asked, "--precision", "0.005")
    said = "chosen for a standard error of at most 0.5 points (pilot of 10,000 other paths)"
    shown = done(*precise, "--report", "r.html", "--workbook", "r.xlsx").out
    assert said in " ".join(shown.split())
    assert said in (tmp_path / "r.html").read_text("utf-8")
    rows = openpyxl.load_workbook(tmp_path / "r.xlsx")["Summary"].iter_rows(values_only=True)
    assert any(said in str(row[1]) for row in rows)
    found = done(*precise, "--json", "-").json
    assert (found["precision"]["target"], found["precision"]["met"]) == (0.005, True)
    paths = found["paths_simulated"]
    plain = done("run", *ACO, *asked, "--years", paths, "--json", "-").json
    assert {**found, "precision": None} == plain
    stated = done("run", *ACO, *asked, "--set", "precision=0.005", "--json", "-").json
    assert stated == found


def test_a_precision_stays_in_a_written_scenario(done: Callable[..., Any], tmp_path: Path) -> None:
    done(
        "run", *ACO, "--agreement", "basic-e", "--precision", "0.005", "--write-scenario", "a.toml"
    )
    text = (tmp_path / "a.toml").read_text("utf-8")
    assert "\nprecision = 0.005\n" in text
    assert "\n# years = " in text
    by_file = done("run", "a.toml", "--agreement", "--json", "-").json
    assert (
        by_file
        == done("run", *ACO, "--agreement", "basic-e", "--precision", "0.005", "--json", "-").json
    )


@pytest.mark.parametrize(
    ("added", "said"),
    [
        (["--save-years", "paths.csv"], "ends in .parquet is wanted"),
        (["--workbook", "paths.xls"], "ends in .xlsx is wanted"),
        (["--workbook", "a.xlsx", "--json", "a.xlsx"], "both name a.xlsx"),
        (["--save-years", "nowhere/p.parquet"], "the folder nowhere does not exist"),
    ],
)
def test_files_are_refused_before_the_work(
    refused: Callable[..., str], added: list[str], said: str
) -> None:
    assert said in refused("run", *SMALL, "--agreement", *added)
    assert said in refused("compare", "basic-e", "enhanced", *SMALL, "--agreement", *added)


def test_what_no_number_of_paths_reaches_is_refused(refused: Callable[..., str]) -> None:
    message = refused("run", *ACO, "--agreement", "basic-e", "--precision", "0.0001")
    for part in ("precision = 0.0001", "simulated paths", "more than the most", "can be reached"):
        assert part in message
