"""``simulate sweep``: what it prints and writes, and what it refuses."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from test_cli_light import loaded_by

import simulate as sim

pytestmark = pytest.mark.usefixtures("compiled")

SMALL = (
    "sweep", "--aco", "A4803", "--sizes", "30,50", "--true-savings", "-0.02:0.02:3",
    "--years", 12, "--seed", 4,
)  # fmt: skip


def test_a_sweep_prints_the_map_and_what_it_rests_on(done) -> None:
    out = done(*SMALL).out
    assert "(A4803), performance year 2024: 30 to 50 assigned beneficiaries" in out
    assert "true savings -2 to 2 %" in out
    assert "The contract with the largest expected net" in out
    assert "12 simulated performance years of every size, seed 4" in out
    assert "The ACO itself: 38,116 assigned beneficiaries, true savings 1.2 %" in out
    assert "MSR where a contract gives the choice: 2.0." in out


def test_json_and_csv_hold_the_runs_of_every_cell(done, tmp_path: Path) -> None:
    contracts = ("--contracts", "basic-a,enhanced", "--msr", "0.0,table")
    found = done(*SMALL, *contracts, "--json", "-", "--csv", "cells.csv").json
    assert [(c["size"], c["true_savings"]) for c in found["cells"]] == [
        (size, rate) for size in (30, 50) for rate in (-0.02, 0.0, 0.02)
    ]
    assert [c["choice"] for c in found["choices"]] == [
        "basic-a", "enhanced, MSR 0.0", "enhanced, MSR table",
    ]  # fmt: skip
    small = sim.ACO.from_published_results("A4803").scaled_to(50)
    run = sim.run(small, ["enhanced"], 12, 4, true_savings=0.02, msr="0.0")
    measures = run["enhanced"].measures.to_dict()
    assert found["cells"][-1]["measures"]["enhanced, MSR 0.0"] == measures
    text = (tmp_path / "cells.csv").read_text("utf-8")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 6 * 3
    last = rows[-2]
    assert (last["size"], last["true_savings"], last["contract"], last["msr"]) == (
        "50", "0.02", "enhanced", "0.0",
    )  # fmt: skip
    assert float(last["expected_net"]) == measures["expected_net"]["value"]
    assert sum(row["preferred"] == "True" for row in rows) == 6


def test_json_is_the_same_for_any_threads(done) -> None:
    assert done(*SMALL, "--threads", 1, "--json", "-").out == (
        done(*SMALL, "--threads", 3, "--json", "-").out
    )


@pytest.mark.parametrize("name", ["map.png", "map.svg", "map.pdf"])
def test_the_map_is_drawn(done, tmp_path: Path, name: str) -> None:
    done(*SMALL, "--figure", name)
    assert (tmp_path / name).stat().st_size > 3_000


def test_a_measure_in_table_and_figure(done, tmp_path: Path) -> None:
    out = done(*SMALL, "--measure", "net_p05", "--figure", "net.png").out
    assert "5th percentile of net, $" in out
    assert "preferred" not in out
    assert (tmp_path / "net.png").stat().st_size > 3_000


def test_the_preference_follows_the_measure_asked_for(done) -> None:
    found = done(*SMALL, "--prefer", "probability_of_shared_losses", "--json", "-").json
    assert found["prefer"] == "probability_of_shared_losses"
    assert {cell["preferred"] for cell in found["cells"]} == {"basic-a"}


def test_a_written_scenario_gives_the_same_sweep(done, tmp_path: Path) -> None:
    stated = (*SMALL, "--msr", "0.5,2.0", "--prefer", "net_p05", "--set", "quality_score=0.9")
    out = done(*stated, "--write-scenario", "my.toml").out
    assert out == "Wrote my.toml. Sweep it with: simulate sweep my.toml\n"
    assert "sizes = [30, 50]" in (tmp_path / "my.toml").read_text("utf-8")
    found, expected = (
        done("sweep", "my.toml", "--json", "-").json,
        done(*stated, "--json", "-").json,
    )
    assert found == expected


def test_a_written_scenario_names_the_years_of_a_sweep(done, tmp_path: Path) -> None:
    done("sweep", "--aco", "A4803", "--write-scenario", "my.toml")
    assert "\nyears = 28000\n" in (tmp_path / "my.toml").read_text("utf-8")
    done("sweep", "--aco", "A4803", "--precision", "0.002", "--write-scenario", "my.toml")
    assert "\nprecision = 0.002\n" in (tmp_path / "my.toml").read_text("utf-8")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--sizes", "5000:100000"), ["--sizes 5000:100000", "from:to:steps"]),
        (("--sizes", "5000;6000"), ["5000;6000", "a number is wanted"]),
        (("--true-savings", "2"), ["--true-savings 2", "2 percent is written 0.02"]),
        (("--true-savings", "history"), ["true_savings = history", "-0.05:0.05:21"]),
        (("--msr", "0.7"), ["msr = '0.7'", "0.5"]),
        (("--msr", "1.0", "--contracts", "track-1"), ["gives a choice of MSR", "track-1"]),
        (("--prefer", "expected"), ["prefer = 'expected'", "expected_net"]),
        (("--measure", "nett"), ["measure 'nett'", "net_p50"]),
        (("--figure", "map.gif"), ["--figure map.gif", ".png, .svg, .pdf"]),
        (("--figure", "nowhere/map.png"), ["nowhere", "does not exist"]),
        (("--csv", "a", "--json", "a"), ["--json and --csv both name a"]),
        (("--csv", "a", "--write-scenario", "b"), ["--write-scenario", "--csv"]),
        (("--years", "0"), ["run.years = 0"]),
        (("--years", "5", "--precision", "0.01"), ["--years 5 and --precision 0.01"]),
        (("--contracts", "trak-3"), ["Did you mean track-3"]),
        (("--years", "5000000"), ["GB of memory"]),
        (("--set", "sweep.size=3"), ["Did you mean sizes"]),
    ],
)
def test_refusals(refused, options: tuple[str, ...], said: list[str]) -> None:
    message = refused("sweep", "--aco", "A4803", *options)
    for part in said:
        assert part in message


def test_mistakes_load_no_compiler() -> None:
    base = ["sweep", "--aco", "A4803"]
    commands = [
        ["sweep", "--help"],
        ["sweep"],
        [*base, "--sizes", "1:2"],
        [*base, "--measure", "nett"],
        [*base, "--prefer", "nett"],
        [*base, "--figure", "map.gif"],
        [*base, "--contracts", "trak-3"],
        [*base, "--msr", "0.7"],
        [*base, "--write-scenario", "nowhere/my.toml"],
    ]
    for command in commands:
        assert loaded_by([command]) == [[]], command


def test_a_scenario_that_is_swept_is_not_written(done, refused, tmp_path: Path) -> None:
    done(*SMALL, "--write-scenario", "my.toml")
    before = (tmp_path / "my.toml").read_bytes()
    for option in ("--json", "--csv"):
        assert "is a file that is read" in refused("sweep", "my.toml", option, "my.toml")
    assert (tmp_path / "my.toml").read_bytes() == before


def test_the_scenario_file_of_a_run_is_swept_too(done, tmp_path: Path) -> None:
    done("run", "--aco", "A4803", "--years", 7, "--write-scenario", "my.toml")
    text = (tmp_path / "my.toml").read_text("utf-8")
    text = text.replace("sizes = []", "sizes = {from = 20, to = 40, steps = 2}")
    text = text.replace("true_savings = []", 'true_savings = "0.00:0.02:2"')
    (tmp_path / "my.toml").write_text(text, "utf-8")
    found = done("sweep", "my.toml", "--json", "-").json
    assert (found["years"], found["sizes"], found["true_savings"]) == (7, [20, 40], [0.0, 0.02])
    assert json.dumps(found)
