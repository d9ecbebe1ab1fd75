"""Saved years: what is read back gives the run's own measures, bit for bit."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import simulate as sim
from simulate.analysis.run import ASSUMED, CHANCE_ALONE
from simulate.engine.years import Execution
from simulate.errors import UserError
from simulate.measures.outcomes import Outcomes, measure
from simulate.report import saved_years
from simulate.report.saved_years import save_years, saved_columns

parquet = pytest.importorskip("pyarrow.parquet")

YEARS = 53
VIEWS = {"assumed": ASSUMED, "chance alone": CHANCE_ALONE}
CONTRACTS = ["track-1", "basic-e", "enhanced"]


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a small run fill several blocks, the last of them in part."""
    monkeypatch.setattr(saved_years, "_YEARS", 20)


def small_run(years: int = YEARS, **stated: Any) -> sim.Run:
    aco = sim.ACO.from_published_results("A4803").scaled_to(90)
    return sim.run(aco, CONTRACTS, years=years, **stated)


NOISY = {"benchmark_noise": "10/30/60", "quality_score_sd": 0.1, "sampling": "independent"}


@pytest.fixture(scope="module", params=[{}, NOISY], ids=["default", "noisy benchmark and quality"])
def run(request: pytest.FixtureRequest) -> sim.Run:
    return small_run(**request.param)


def read(run: sim.Run, folder: Path) -> Any:
    save_years(run, folder / "years.parquet")
    return parquet.read_table(folder / "years.parquet")


def column(table: Any, name: str, view: str) -> np.ndarray:
    return table.filter(table["true_savings"].to_numpy() == view)[name].to_numpy()


def outcomes_in(table: Any, contract_id: str, view: str, like: Outcomes) -> Outcomes:
    names = ("shared_savings", "shared_losses", "net", "met_msr", "met_mlr", "limited")
    settled = (column(table, f"{contract_id}.{name}", view) for name in names)
    return Outcomes(*settled, one_sided=like.one_sided, replicates=like.replicates)


def test_the_file_gives_the_measures_of_the_run(run: sim.Run, tmp_path: Path) -> None:
    table = read(run, tmp_path)
    for contract_id in CONTRACTS:
        for name, view in VIEWS.items():
            settled = outcomes_in(table, contract_id, name, run.outcomes(contract_id, view))
            result = run[contract_id]
            wanted = result.measures if view == ASSUMED else result.chance_alone
            assert measure(settled, run.certain(view)) == wanted


def test_the_file_holds_the_simulated_years(run: sim.Run, tmp_path: Path) -> None:
    table = read(run, tmp_path)
    for name, view in VIEWS.items():
        np.testing.assert_array_equal(column(table, "year", name), np.arange(YEARS))
        np.testing.assert_array_equal(column(table, "savings_rate", name), run.savings_rates(view))
        np.testing.assert_array_equal(column(table, "quality_score", name), run.quality_scores())
        total, benchmark = column(table, "expenditure", name), column(table, "benchmark", name)
        np.testing.assert_array_equal(total, run.simulated.total(view))
        assert (benchmark == run.simulated.settled_against).all()
        by_type = [
            column(table, f"expenditure.{kind}", name)
            for kind in ("esrd", "disabled", "aged_dual", "aged_non_dual")
        ]
        np.testing.assert_array_equal(np.stack(by_type, axis=1), run.simulated.expenditure[view])


def test_one_block_of_years_of_one_view_after_the_other(run: sim.Run, tmp_path: Path) -> None:
    save_years(run, tmp_path / "years.parquet")
    file = parquet.ParquetFile(tmp_path / "years.parquet")
    groups = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
    assert groups == [20, 20, 13] * 2
    whole = parquet.read_table(tmp_path / "years.parquet")
    assert whole["true_savings"].to_pylist() == ["assumed"] * YEARS + ["chance alone"] * YEARS


@pytest.mark.parametrize("execution", [Execution(1, 4), Execution(3, 7), Execution(2, 1000)])
def test_the_same_file_for_any_threads_and_chunks(execution: Execution, tmp_path: Path) -> None:
    save_years(small_run(), tmp_path / "one.parquet")
    save_years(small_run(execution=execution), tmp_path / "other.parquet")
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "other.parquet").read_bytes()


def test_the_first_years_of_a_longer_run(tmp_path: Path) -> None:
    longer, shorter = (read(small_run(years), tmp_path) for years in (YEARS, 21))
    for name in shorter.column_names:
        first = column(longer, name, "assumed")[:21]
        np.testing.assert_array_equal(first, column(shorter, name, "assumed"))


def test_every_column_says_its_unit_and_meaning(run: sim.Run, tmp_path: Path) -> None:
    schema = read(run, tmp_path).schema
    assert schema.names == [stated.name for stated in saved_columns(run)]
    for field in schema:
        assert field.metadata[b"unit"]
        assert field.metadata[b"meaning"]
        assert not field.nullable
    assert schema.field("basic-e.net").metadata[b"unit"] == b"US dollars per performance year"
    assert b"BASIC track, Level E" in schema.field("basic-e.net").metadata[b"meaning"]


def test_the_file_holds_what_reproduces_it(run: sim.Run, tmp_path: Path) -> None:
    about = read(run, tmp_path).schema.metadata
    assert about[b"simulate_version"].decode() == sim.__version__
    assert int(about[b"years"]) == YEARS
    stated = sim.Scenario.model_validate(tomllib.loads(about[b"scenario"].decode()))
    again = sim.run(stated, CONTRACTS)
    save_years(again, tmp_path / "again.parquet")
    assert parquet.read_table(tmp_path / "again.parquet").equals(read(run, tmp_path))


def test_some_columns_of_some_years(run: sim.Run, tmp_path: Path) -> None:
    save_years(run, tmp_path / "years.parquet")
    found = parquet.read_table(
        tmp_path / "years.parquet",
        columns=["year", "basic-e.net"],
        filters=[("true_savings", "=", "chance alone"), ("basic-e.net", "<", 0.0)],
    )
    net = run.outcomes("basic-e", CHANCE_ALONE).net
    np.testing.assert_array_equal(found["year"].to_numpy(), np.flatnonzero(net < 0.0))
    np.testing.assert_array_equal(found["basic-e.net"].to_numpy(), net[net < 0.0])


def test_a_run_saves_its_years(tmp_path: Path) -> None:
    run = small_run(3)
    run.save_years(str(tmp_path / "a.parquet"))
    save_years(run, tmp_path / "b.PARQUET")
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.PARQUET").read_bytes()


def test_what_was_there_stays_until_the_file_is_complete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "years.parquet"
    path.write_text("old")
    block = saved_years._block

    def fail(run: sim.Run, view: int, part: slice, scores: Any) -> Any:
        if part.start:
            raise OSError(28, "No space left on device")
        return block(run, view, part, scores)

    monkeypatch.setattr(saved_years, "_block", fail)
    with pytest.raises(UserError, match=r"years\.parquet: cannot be written \(No space left"):
        save_years(small_run(), path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_exact_engine_has_no_years(tmp_path: Path) -> None:
    aco = sim.ACO.from_published_results("A4803")
    exact = sim.run(aco, ["basic-e"], engine="exact")
    with pytest.raises(UserError, match="no simulated years to save"):
        exact.save_years(str(tmp_path / "years.parquet"))
    assert list(tmp_path.iterdir()) == []


def test_files_that_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = small_run(2)
    with pytest.raises(UserError, match=r"ends in \.parquet is wanted, such as years\.parquet"):
        save_years(run, tmp_path / "years.csv")
    with pytest.raises(UserError, match="does not exist; create it first"):
        save_years(run, tmp_path / "nowhere" / "years.parquet")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UserError, match=r"needs pyarrow: pip install 'simulate\[parquet\]'"):
        save_years(run, tmp_path / "years.parquet")
    assert list(tmp_path.iterdir()) == []
