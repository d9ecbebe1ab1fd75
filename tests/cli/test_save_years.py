"""--save-years on the command line; what is in the file is held in tests/report."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

parquet = pytest.importorskip("pyarrow.parquet")

SMALL = ["--aco", "A4803", "--years", "30", "--set", "assigned_beneficiaries=90"]
SAVED = ["--save-years", "years.parquet"]


def test_a_run_saves_its_years(done, tmp_path: Path) -> None:
    result = done("run", *SMALL, *SAVED, "--contracts", "basic-e", "--json", "-").json
    table = parquet.read_table(tmp_path / "years.parquet")
    assert table.num_rows == 2 * result["years"]
    for view, part in (("assumed", "contracts"), ("chance alone", "chance_alone")):
        rows = table.filter(table["true_savings"].to_numpy() == view)
        stated = result[part]["basic-e"]
        assert np.mean(rows["basic-e.net"].to_numpy()) == stated["expected_net"]["value"]
        owed = np.mean(rows["basic-e.shared_losses"].to_numpy() > 0.0)
        assert owed == stated["probability_of_shared_losses"]["value"]


def test_a_comparison_saves_its_years(done, tmp_path: Path) -> None:
    compared = done("compare", "basic-e", "enhanced", *SMALL, *SAVED, "--json", "-").json
    table = parquet.read_table(tmp_path / "years.parquet")
    assumed = table.filter(table["true_savings"].to_numpy() == "assumed")
    first, second = (assumed[f"{i}.net"].to_numpy() for i in ("basic-e", "enhanced"))
    shares = compared["comparison"]["assumed"]
    assert np.mean(first > second) == shares["first_better"]["value"]
    assert np.mean(first == second) == shares["equal"]["value"]


@pytest.mark.parametrize(
    ("added", "said"),
    [
        (["--save-years", "years.csv"], "ends in .parquet is wanted"),
        (["--save-years", "nowhere/years.parquet"], "the folder nowhere does not exist"),
        ([*SAVED, "--json", "years.parquet"], "both name years.parquet"),
    ],
)
def test_refused_before_the_work(refused, added: list[str], said: str) -> None:
    assert said in refused("run", *SMALL, *added)
    assert said in refused("compare", "basic-e", "enhanced", *SMALL, *added)


def test_refused_where_nothing_is_simulated(refused) -> None:
    exact = refused("run", "--aco", "A4803", "--engine", "exact", *SAVED)
    assert "the exact engine simulates no years" in exact
    assert "cannot go with" in refused("run", *SMALL, *SAVED, "--write-scenario", "my.toml")
