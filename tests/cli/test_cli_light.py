"""What needs no simulation loads no compiler, so that it answers at once."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = ("numba", "scipy", "matplotlib", "jinja2", "pandas")
SETTLE = ["--beneficiaries", "60000", "--benchmark", "500e6", "--expenditure", "487e6"]
A1001 = ["run", "--aco", "A1001"]

LIGHT = [
    ["--help"],
    ["--version"],
    ["run", "--help"],
    ["contracts"],
    ["contracts", "basic-e"],
    ["contracts", "basic-f"],
    ["aco", "A1001"],
    ["aco", "A100"],
    ["settle", "basic-e", *SETTLE],
    ["settle", "basic-f", *SETTLE],
    ["settle", "basic-e", *SETTLE, "--quality", "45"],
    ["settle", "basic-e", *SETTLE, "--msr", "0.7"],
    ["run"],
    ["run", "--aco", "A100"],
    ["run", "nofile.toml"],
    [*A1001, "--years", "0"],
    [*A1001, "--true-savings", "5"],
    [*A1001, "--set", "nokey=1"],
    [*A1001, "--set", "quality_score=77"],
    [*A1001, "--json", "nowhere/out.json"],
    ["compare", "track-2", "track-2", "--aco", "A1001"],
]
TOO_HEAVY = [
    [*A1001, "--contracts", "trak-3"],
    ["compare", "track-2", "trak-3", "--aco", "A1001"],
    [*A1001, "--set", "track-3.nope=1"],
    [*A1001, "--set", "track-9.maximum_loss_rate=0.5"],
    [*A1001, "--set", "msr=0.7"],
    [*A1001, "--contract-file", "no.yaml"],
]

# Runs the commands one after the other and reports the first heavy module of each.
_SCRIPT = """
import contextlib, io, json, sys
commands, heavy = json.loads(sys.argv[1])
from simulate.cli import main
found = []
for command in commands:
    sys.argv = ["simulate", *command]
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        with contextlib.suppress(SystemExit):
            main()
    found.append([name for name in heavy if name in sys.modules])
print(json.dumps(found))
"""


def loaded_by(commands: list[list[str]], heavy: tuple[str, ...] = HEAVY) -> list[list[str]]:
    finished = subprocess.run(
        [sys.executable, "-c", _SCRIPT, json.dumps([commands, heavy])],
        capture_output=True,
        encoding="utf-8",
    )
    assert finished.returncode == 0, finished.stderr
    found: list[list[str]] = json.loads(finished.stdout)
    return found


def test_no_compiler_is_loaded_where_nothing_is_simulated() -> None:
    found = loaded_by(LIGHT)
    assert {
        " ".join(command): names for command, names in zip(LIGHT, found, strict=True) if names
    } == {}


@pytest.mark.parametrize("command", TOO_HEAVY)
def test_no_compiler_is_loaded_for_a_mistake_in_a_contract(command: list[str]) -> None:
    assert loaded_by([command]) == [[]]


def test_help_loads_next_to_nothing() -> None:
    assert loaded_by([["--help"]], ("numpy", "pydantic", "rich", "yaml", *HEAVY)) == [[]]
