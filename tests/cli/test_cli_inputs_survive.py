"""An output never replaces a file that the same command reads."""

from __future__ import annotations

import gzip
from importlib import resources
from pathlib import Path

import pytest

SHIPPED = resources.files("simulate.data").joinpath("published_results", "PY2016.csv.gz")


@pytest.mark.parametrize(
    "command",
    [
        ("replay", "{file}", "--json", "{file}"),
        ("replay", "{file}", "--csv", "{file}"),
        ("replay", "{file}", "--report", "{file}"),
        ("credibility", "{file}", "--out", "{file}"),
        ("calibrate", "{file}", "--out", "{file}"),
        ("backtest", "other.csv", "{file}", "--json", "{file}"),
        ("backtest", "a.csv", "b.csv", "--earlier", "{file}", "--json", "{file}"),
    ],
)
def test_a_file_that_is_read_is_not_written(command, refused, tmp_path: Path) -> None:
    file = tmp_path / "PY2016.csv"
    file.write_bytes(gzip.decompress(SHIPPED.read_bytes()))
    before = file.read_bytes()
    message = refused(*(part.format(file=file) for part in command))
    assert "is a file that is read" in message
    assert file.read_bytes() == before


def test_a_scenario_that_is_run_is_not_written(refused, done, tmp_path: Path) -> None:
    file = tmp_path / "my.toml"
    done("run", "--aco", "A1001", "--write-scenario", file)
    before = file.read_bytes()
    for option in ("--json", "--report"):
        assert "is a file that is read" in refused("run", file, option, file)
    assert file.read_bytes() == before


def test_few_years_are_not_decomposed(refused) -> None:
    assert "1,000 years" in refused("run", "--aco", "A1001", "--years", 5, "--decompose")
