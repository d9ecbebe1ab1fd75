"""What the commands share: the options, and how results are written."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from simulate.errors import UserError
from simulate.output import check_writable, replace_file

ScenarioFile = Annotated[
    str | None, typer.Argument(metavar="SCENARIO.toml", help="Scenario file to start from.")
]
AcoId = Annotated[str | None, typer.Option("--aco", help="ACO by its CMS id, such as A1001.")]
Year = Annotated[
    int | None, typer.Option("--year", help="Performance year of the published row (latest).")
]
Results = Annotated[
    str | None, typer.Option("--results", help="CMS results file that you downloaded.")
]
Contracts = Annotated[
    str | None, typer.Option("--contracts", help="Contract ids, comma-separated.")
]
Years = Annotated[int | None, typer.Option("--years", help="Performance years to simulate.")]
Seed = Annotated[int | None, typer.Option("--seed", help="Seed of the random stream.")]
Engine = Annotated[
    Literal["monte-carlo", "exact"],
    typer.Option("--engine", help="Simulate, or compute without sampling error (one year)."),
]
TrueSavings = Annotated[
    str | None,
    typer.Option("--true-savings", help="Fraction such as 0.02, 0, or history (default)."),
]
Changes = Annotated[
    list[str] | None,
    typer.Option("--set", help="KEY=VALUE, or CONTRACT.TERM=VALUE; may be repeated."),
]
ContractFiles = Annotated[
    list[str] | None,
    typer.Option("--contract-file", help="YAML file with a contract of your own."),
]
Report = Annotated[str | None, typer.Option("--report", help="Write the HTML report here.")]
Json = Annotated[
    str | None, typer.Option("--json", help="Write the result as JSON; - for standard output.")
]
WriteScenario = Annotated[
    str | None,
    typer.Option("--write-scenario", help="Write the scenario as TOML here, and do not run it."),
]
Threads = Annotated[
    int | None, typer.Option("--threads", min=1, help="Threads; never changes a result.")
]
ChunkYears = Annotated[
    int | None,
    typer.Option("--chunk-years", min=1, help="Years a task; never changes a result."),
]


def check_outputs(
    report: str | None, json_file: str | None, inputs: Sequence[str | None] = ()
) -> None:
    """Refuse outputs that cannot be written, share a file, or are files that are read."""
    for option, path in (("--report", report), ("--json", json_file)):
        refuse_overwriting(path, option, inputs)
    if report is not None:
        check_writable(report, "--report")
    if json_file is not None and json_file != "-":
        check_writable(json_file, "--json")
        if report is not None and Path(report).resolve() == Path(json_file).resolve():
            raise UserError(f"--report and --json both name {report}; give each its own file.")


def refuse_overwriting(output: str | None, option: str, inputs: Sequence[str | None]) -> None:
    """Refuse an output that is one of the files read: it would be lost."""
    if output is None or output == "-":
        return
    for name in inputs:
        if name is not None and Path(name).resolve() == Path(output).resolve():
            raise UserError(f"{option} {output}: is a file that is read; name another output.")


def command_line() -> str:
    """Return the command as typed, for the report."""
    return shlex.join(["simulate", *sys.argv[1:]])


def write_json(path: str, data: Any) -> None:
    """Write data as JSON to a file, or to standard output for -."""
    text = json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    if path == "-":
        sys.stdout.write(text)
    else:
        write_text(path, text, "--json")


def write_text(path: str, text: str, option: str) -> None:
    """Write a text file, refusing a path that cannot be written."""
    check_writable(path, option)
    replace_file(path, text)


def stated_pairs(stated: list[str] | None, option: str) -> list[tuple[str, str]]:
    """Return NAME=VALUE options as pairs."""
    pairs = []
    for text in stated or []:
        key, separator, value = text.partition("=")
        if not (separator and key.strip() and value.strip()):
            raise UserError(f"{option} {text}: NAME=VALUE is wanted.")
        pairs.append((key.strip(), value.strip()))
    return pairs
