"""Saved paths of an agreement: what is read back gives the run's own measures, bit for bit."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from agreement_cases import mixed_aco, noisy_run

import simulate as sim
from simulate.agreement.simulation import ASSUMED, CHANCE_ALONE
from simulate.measures.agreement import AgreementYears, measure_agreement
from simulate.measures.outcomes import Outcomes
from simulate.report import saved_agreement
from simulate.report.saved_agreement import COLUMNS, save_agreement

parquet = pytest.importorskip("pyarrow.parquet")

COUNT = 23
LABELS = ["2xtrack-2,track-3", "enhanced"]
VIEWS = {"assumed": ASSUMED, "chance alone": CHANCE_ALONE}


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a small run fill several blocks, the last of them in part."""
    monkeypatch.setattr(saved_agreement, "_PATHS", 10)


def small_run(paths: int = COUNT, **stated: Any) -> sim.AgreementRun:
    return noisy_run(LABELS, mixed_aco(40), years=paths, **stated)


@pytest.fixture(scope="module")
def run() -> sim.AgreementRun:
    return small_run(benchmark_update_sd=0.004, quality_score_sd=0.05)


def read(run: sim.AgreementRun, folder: Path) -> Any:
    save_agreement(run, folder / "paths.parquet")
    return parquet.read_table(folder / "paths.parquet")


def part(table: Any, view: str, label: str) -> dict[str, np.ndarray]:
    """Return the columns of one path under one view, shape (simulated paths, years)."""
    mask = (table["true_savings"].to_numpy() == view) & (table["path"].to_numpy() == label)
    rows = table.filter(mask)
    paths = len(np.unique(rows["simulated_path"].to_numpy()))
    return {name: rows[name].to_numpy().reshape(paths, -1) for name in rows.column_names}


def test_the_file_gives_the_measures_of_the_run(run: sim.AgreementRun, tmp_path: Path) -> None:
    table = read(run, tmp_path)
    rate = run.plan.settings.discount_rate
    names = ("shared_savings", "shared_losses", "net", "met_msr", "met_mlr", "limited")
    for name, view in VIEWS.items():
        for label, result in run.paths.items():
            columns, settled = part(table, name, label), run.outcomes(label, view)
            years = tuple(
                Outcomes(*(columns[n][:, i] for n in names), one_sided=year.one_sided)
                for i, year in enumerate(settled.years)
            )
            again = AgreementYears(years, columns["savings_rate"], settled.cash)
            wanted = result.assumed if view == ASSUMED else result.chance_alone
            assert measure_agreement(again, rate, run.certain(view)) == wanted.measures


def test_yearly_means_and_running_totals(run: sim.AgreementRun, tmp_path: Path) -> None:
    table = read(run, tmp_path)
    for label, result in run.paths.items():
        columns = part(table, "assumed", label)
        for place, measures in enumerate(result.assumed.measures.by_year):
            assert np.mean(columns["net"][:, place]) == measures.expected_net.value
            owes = np.mean(columns["shared_losses"][:, place] > 0.0)
            assert owes == measures.probability_of_shared_losses.value
        contracts = [year.contract_id for year in result.planned.path.years]
        assert (columns["contract"] == contracts).all()
        running = np.cumsum(columns["net"], axis=1)
        np.testing.assert_array_equal(columns["cumulative_net"], running)
        last = result.assumed.measures.cumulative.expected_cumulative_net.value
        assert np.mean(columns["cumulative_net"][:, -1]) == last


def test_the_calendar_of_every_row(tmp_path: Path) -> None:
    label = "3xtrack-1/2xtrack-1"
    stated = {"start_year": 2012, "months": [21], "renewal_test": "proposed-2014"}
    run = noisy_run([label], mixed_aco(40), years=11, true_savings=-0.49, **stated)
    found = part(read(run, tmp_path), "assumed", label)
    for place, year in enumerate(run[label].planned.path.years):
        facts = {
            "performance_year": year.year,
            "months": year.months,
            "agreement": year.agreement + 1,
            "agreement_year": year.agreement_year,
            "contract": year.contract_id,
        }
        for name, value in facts.items():
            assert (found[name][:, place] == value).all()
    settled = run.outcomes(label)
    for name in ("in_agreement", "benchmark", "expenditure", "savings_rate"):
        np.testing.assert_array_equal(found[name], getattr(settled, name))
    assert found["in_agreement"][:, :3].all()
    refused = ~found["in_agreement"][:, 3]
    assert refused.any()
    assert not found["net"][refused, 3:].any()
    np.testing.assert_array_equal(found["simulated_path"][:, 0], np.arange(11))


def test_one_block_of_one_path_and_view_after_the_other(
    run: sim.AgreementRun, tmp_path: Path
) -> None:
    table = read(run, tmp_path)
    file = parquet.ParquetFile(tmp_path / "paths.parquet")
    groups = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
    # Three and five performance years of 10, 10 and 3 simulated paths; two views.
    assert groups == [30, 30, 9, 50, 50, 15] * 2
    views = table["true_savings"].to_pylist()
    assert views == ["assumed"] * 184 + ["chance alone"] * 184


def test_the_same_file_for_any_threads_and_chunks(tmp_path: Path) -> None:
    for number, execution in enumerate((sim.Execution(1, 4), sim.Execution(2, 7))):
        small_run(execution=execution).save_years(str(tmp_path / f"{number}.parquet"))
    one, two = (tmp_path / f"{number}.parquet" for number in range(2))
    assert one.read_bytes() == two.read_bytes()


def test_the_first_paths_of_a_longer_run(run: sim.AgreementRun, tmp_path: Path) -> None:
    longer = part(read(run, tmp_path), "assumed", LABELS[0])
    short = small_run(12, benchmark_update_sd=0.004, quality_score_sd=0.05)
    for name, values in part(read(short, tmp_path), "assumed", LABELS[0]).items():
        np.testing.assert_array_equal(values, longer[name][:12])


def test_every_column_says_its_unit_and_meaning(run: sim.AgreementRun, tmp_path: Path) -> None:
    schema = read(run, tmp_path).schema
    assert schema.names == [column.name for column in COLUMNS]
    for field in schema:
        assert field.metadata[b"unit"]
        assert field.metadata[b"meaning"]
        assert not field.nullable
    kinds = {name: str(schema.field(name).type) for name in ("path", "months", "net", "limited")}
    assert kinds["path"].startswith("dictionary<values=string")
    assert (kinds["months"], kinds["net"], kinds["limited"]) == ("int16", "double", "bool")


def test_the_file_holds_what_reproduces_it(run: sim.AgreementRun, tmp_path: Path) -> None:
    about = read(run, tmp_path).schema.metadata
    assert about[b"simulate_version"].decode() == sim.__version__
    assert int(about[b"paths"]) == COUNT
    stated = sim.Scenario.model_validate(tomllib.loads(about[b"scenario"].decode()))
    again = read(sim.run_agreement(stated), tmp_path)
    assert again.equals(read(run, tmp_path))


def test_pandas_reads_it(run: sim.AgreementRun, tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    save_agreement(run, tmp_path / "paths.parquet")
    frame = pandas.read_parquet(tmp_path / "paths.parquet")
    last = frame[frame["performance_year"] == frame.groupby("path", observed=True)[
        "performance_year"].transform("max")]  # fmt: skip
    means = last.groupby(["true_savings", "path"], observed=True)["cumulative_net"].mean()
    for label, result in run.paths.items():
        expected = result.assumed.measures.cumulative.expected_cumulative_net.value
        assert means["assumed", label] == pytest.approx(expected)


def test_what_was_there_stays_until_the_file_is_complete(
    run: sim.AgreementRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "paths.parquet"
    path.write_text("old")
    block = saved_agreement._block

    def fail(*arguments: Any) -> Any:
        if arguments[-1].start:
            raise OSError(28, "No space left on device")
        return block(*arguments)

    monkeypatch.setattr(saved_agreement, "_block", fail)
    with pytest.raises(sim.UserError, match=r"paths\.parquet: cannot be written \(No space left"):
        save_agreement(run, path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_files_that_are_refused(run: sim.AgreementRun, tmp_path: Path) -> None:
    with pytest.raises(sim.UserError, match=r"ends in \.parquet is wanted, such as years\.parquet"):
        run.save_years(str(tmp_path / "years.csv"))
    with pytest.raises(sim.UserError, match="does not exist; create it first"):
        run.save_years(str(tmp_path / "nowhere" / "years.parquet"))
    assert list(tmp_path.iterdir()) == []
