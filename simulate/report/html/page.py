"""Pages of the package: one template environment, one way to write a file."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from simulate.errors import UserError
from simulate.output import check_writable, replace_file


def write_page(path: str | Path, render: Callable[[], str]) -> None:
    """Write a page to a file, complete or not at all.

    Parameters
    ----------
    path : path
        An existing file is replaced once the page is complete.
    render : callable
        Returns the page; not called where the path cannot be written.

    Raises
    ------
    UserError
        The path cannot be written.
    """
    check_writable(path, "report")
    target = Path(path)
    if target.exists() and not target.is_file():
        raise UserError(f"report {path}: is not a regular file; a file name is wanted.")
    replace_file(target, render())


def page(template: str, content: Mapping[str, Any]) -> str:
    """Return a page from its template and content."""
    return _environment().get_template(template).render(content)


def one_line(command: str | Sequence[str] | None) -> str | None:
    """Return a command line as text."""
    return command if command is None or isinstance(command, str) else " ".join(command)


def _typeset(text: str) -> str:
    """Return text with true minus signs, and percent signs kept with their numbers."""
    return re.sub(r"(?<![\w.,-])-(?=[$\d])", "−", text).replace(" %", "\N{NO-BREAK SPACE}%")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("simulate.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["typeset"] = _typeset
    environment.filters["thousands"] = "{:,}".format
    environment.filters["sentence"] = lambda text: text[:1].upper() + text[1:]
    return environment
