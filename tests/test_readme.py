"""Every command and program of the README runs, on real input."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import pytest

from simulate import cli
from simulate.data import published_results

README = Path(__file__).parent.parent.joinpath("README.md").read_text("utf-8")
COMMANDS = [
    line.removeprefix("$ ").split("  #")[0].strip()
    for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
    if line.startswith("$ ")
]


def test_the_readme_shows_commands():
    assert len(COMMANDS) > 8
    assert all(command.startswith("simulate ") for command in COMMANDS)


@pytest.mark.slow_without_compiler
def test_every_command_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for command in COMMANDS:
        few_years = ["--years", "400"] if command.split()[1] in ("run", "compare") else []
        monkeypatch.setattr(sys, "argv", [*shlex.split(command), *few_years])
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        shown = capsys.readouterr()
        assert stopped.value.code == 0, f"{command}: {shown.err}"
        assert shown.err == ""
    assert (tmp_path / "risk.html").stat().st_size > 10_000


def test_the_output_shown_is_the_output(monkeypatch, capsys):
    """Names, sizes and dollars of the ACO shown in the README are the published ones."""
    row = next(r for r in published_results(2024).rows if r.aco_id == "A4803")
    shown = re.search(r"\(A4803\), performance year 2024: ([\d,]+) assigned", README)
    assert shown
    assert int(shown[1].replace(",", "")) == row.assigned_beneficiaries
    assert row.aco_name in README


@pytest.mark.slow_without_compiler
def test_the_python_program_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    program = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert program
    exec(compile(program[1].replace("20_000", "500"), "README.md", "exec"), {})
    assert (tmp_path / "net.png").exists()
