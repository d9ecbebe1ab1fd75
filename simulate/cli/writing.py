"""How commands write: outputs checked before the work, JSON, text files."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from simulate.errors import UserError
from simulate.output import check_suffix, check_writable, replace_file

#: What the file names of some options must end in.
_SUFFIXES = {"--workbook": ".xlsx"}


def check_outputs(outputs: Mapping[str, str | None], inputs: Sequence[str | None] = ()) -> None:
    """Refuse outputs that cannot be written, share a file, or are files that are read.

    Parameters
    ----------
    outputs : mapping
        The file that each option names, by option; None where it is left out.
    inputs : sequence
        The files that are read.
    """
    named: dict[Path, str] = {}
    for option, path in outputs.items():
        if path is None or (path == "-" and option == "--json"):
            continue
        refuse_overwriting(path, option, inputs)
        check_writable(path, option)
        if option in _SUFFIXES:
            check_suffix(path, _SUFFIXES[option], option)
        if option == "--report" and Path(path).suffix.lower() not in ("", ".html", ".htm"):
            raise UserError(
                f"--report {path}: the report is an HTML page; name a file that ends in .html. "
                "A browser prints it to PDF."
            )
        other = named.setdefault(Path(path).resolve(), option)
        if other != option:
            raise UserError(f"{other} and {option} both name {path}; give each its own file.")


def check_save_years(path: str | None, engine: str = "monte-carlo") -> None:
    """Refuse a file that simulated years cannot be saved in, or a run that has none."""
    if path is None:
        return
    if engine == "exact":
        raise UserError(
            f"--save-years {path}: the exact engine simulates no years; leave one of the two out."
        )
    from simulate.report.parquet import check_parquet_file

    check_parquet_file(path, "--save-years")


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
