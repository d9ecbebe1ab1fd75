"""Every command and program of the README runs, on real input."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import pytest

from simulate import cli

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
        simulated = command.split()[1] in ("run", "compare", "sweep") and "exact" not in command
        few_years = ["--years", "1000"] if simulated and "--precision" not in command else []
        monkeypatch.setattr(sys, "argv", [*shlex.split(command), *few_years])
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        shown = capsys.readouterr()
        assert stopped.value.code == 0, f"{command}: {shown.err}"
        assert shown.err == "" or "verify" in command  # which says so when it takes long
    assert (tmp_path / "risk.html").stat().st_size > 10_000


@pytest.mark.slow_without_compiler
def test_the_output_shown_is_the_output(monkeypatch, capsys):
    """Every line of the comparison that the README shows is printed by its command."""
    block = re.search(r"\$ (simulate compare basic-e .*?)\n(.*?)```", README, re.DOTALL)
    assert block
    monkeypatch.setattr(sys, "argv", shlex.split(block[1]))
    with pytest.raises(SystemExit):
        cli.main()
    printed = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    shown = [line.rstrip() for line in block[2].splitlines() if line.strip() not in ("", "…")]
    assert len(shown) > 10
    assert [line for line in shown if line not in printed] == []


@pytest.mark.slow_without_compiler
def test_the_python_program_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    program = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert program
    exec(compile(program[1].replace("20_000", "500"), "README.md", "exec"), {})
    assert (tmp_path / "net.png").exists()
