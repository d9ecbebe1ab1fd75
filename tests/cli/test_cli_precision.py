"""--precision and sampling, as a user states them and as they are reported."""

from __future__ import annotations

import json
from pathlib import Path

import numba
import pytest

compiled_only = pytest.mark.skipif(
    bool(numba.config.DISABLE_JIT), reason="too many draws for plain Python"
)
SMALL = ("--aco", "A4803", "--set", "assigned_beneficiaries=400", "--true-savings", "0.01")
TRACKS = ("--contracts", "track-2,track-3")


@compiled_only
@pytest.mark.usefixtures("compiled")
def test_a_precision_chooses_the_years_and_says_so(done, tmp_path: Path) -> None:
    shown = done("run", *SMALL, *TRACKS, "--precision", "0.005", "--report", "risk.html").out
    assert "simulated performance years, seed 1, chosen for a standard error of at most" in shown
    assert "0.5 points (pilot of 10,000 other years)" in " ".join(shown.split())
    report = (tmp_path / "risk.html").read_text("utf-8")
    assert "chosen for a standard error of at most 0.5 points" in report
    found = done("run", *SMALL, *TRACKS, "--precision", "0.005", "--json", "-").json
    assert (found["precision"]["target"], found["precision"]["met"]) == (0.005, True)
    plain = done("run", *SMALL, *TRACKS, "--years", found["years"], "--json", "-").json
    assert plain["precision"] is None
    assert plain["contracts"] == found["contracts"]


@compiled_only
@pytest.mark.usefixtures("compiled")
def test_compare_takes_a_precision(done) -> None:
    found = done(
        "compare", "track-2", "track-3", *SMALL, "--precision", "0.006", "--json", "-"
    ).json
    assert found["precision"]["target"] == 0.006
    assert found["comparison"]["assumed"]["differences"]["expected_net"]["standard_error"] > 0.0


@compiled_only
@pytest.mark.usefixtures("compiled")
def test_finer_precision_is_shown_with_finer_digits(done) -> None:
    shown = done("run", *SMALL, "--contracts", "track-3", "--precision", "0.002").out
    assert " ±0.2" in shown
    shown = done("run", *SMALL, "--contracts", "track-3", "--precision", "0.0009").out
    assert " ±0.0" in shown


@compiled_only
@pytest.mark.usefixtures("compiled")
def test_quasi_random_sampling_is_said(done, tmp_path: Path) -> None:
    quasi = ("--set", "sampling=quasi-random", "--years", "1000", *TRACKS)
    assert "seed 1, shared factors quasi-random;" in done("run", *SMALL, *quasi).out
    done("run", *SMALL, *quasi, "--json", "r.json", "--report", "risk.html")
    found = json.loads((tmp_path / "r.json").read_text("utf-8"))
    assert found["assumptions"]["sampling"] == "quasi-random"
    report = (tmp_path / "risk.html").read_text("utf-8")
    assert "quasi-random draws" in report
    assert "randomised Sobol" in report
    exact = done("run", *SMALL, *TRACKS, "--engine", "exact", "--json", "-").json
    assert (exact["assumptions"]["sampling"], exact["precision"]) == (None, None)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--precision", "0.001", "--years", "500"), ["--years 500", "--precision 0.001"]),
        (("--precision", "0.001", "--engine", "exact"), ["--engine exact", "--precision"]),
        (("--precision", "0.1"), ["--precision 0.1", "at most 0.01", "written 0.001"]),
        (("--precision", "0"), ["precision = 0", "above 0"]),
        (("--set", "sampling=sobol"), ["sampling = 'sobol'", "'independent' or 'quasi-random'"]),
        (
            ("--set", "sampling=quasi-random", "--years", "999"),
            ["years = 999", "quasi-random", "1,000 years", "independent"],
        ),
    ],
)  # fmt: skip
def test_what_is_refused(refused, options, said) -> None:
    message = refused("run", *SMALL, *TRACKS, *options)
    for part in said:
        assert part in message


@compiled_only
@pytest.mark.usefixtures("compiled")
def test_an_unreachable_precision_is_refused_with_what_can_be_reached(refused) -> None:
    message = refused("run", *SMALL, "--contracts", "track-3", "--precision", "0.0001")
    for part in ("precision = 0.0001", "5,000,000", "can be reached", "exact"):
        assert part in message


def test_a_written_scenario_states_one_of_years_and_precision(
    done, refused, tmp_path: Path
) -> None:
    done("run", *SMALL, "--precision", "0.002", "--write-scenario", "my.toml")
    text = (tmp_path / "my.toml").read_text("utf-8")
    assert "\nprecision = 0.002\n" in text
    assert "\n# years = 50000\n" in text
    # The option wins over the file, which then has nothing to say of the precision.
    done("run", "my.toml", *TRACKS, "--years", "5", "--write-scenario", "other.toml")
    assert "\nyears = 5\n" in (tmp_path / "other.toml").read_text("utf-8")
    (tmp_path / "my.toml").write_text(text.replace("# years = 50000", "years = 70000"))
    message = refused("run", "my.toml", *TRACKS)
    assert "years = 70000 and precision = 0.002" in message
