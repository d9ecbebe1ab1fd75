"""The command line: parses, calls, prints; decides nothing."""

from __future__ import annotations

import io
import sys
from typing import Annotated

import typer

from simulate._version import __version__
from simulate.cli import catalogue, evidence, intervention, machine, risk, sweep
from simulate.cli.agreement import with_default_agreement
from simulate.errors import UserError

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Risk of Medicare accountable care organizations (ACOs), contract by contract.",
)


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
) -> None:
    if version:
        typer.echo(f"simulate {__version__}")
        raise typer.Exit


for module in (risk, sweep, intervention, catalogue, evidence, machine):
    app.add_typer(module.commands)


def main() -> None:
    """Run the command line; a user's mistake is one message and exit status 2."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that cannot show ± gets a question mark, not a traceback.
            stream.reconfigure(errors="replace")
    try:
        app(with_default_agreement(sys.argv[1:]), prog_name="simulate")
    except UserError as error:
        print(f"simulate: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    except BrokenPipeError:
        # The reader of a pipe has left (simulate … | head): nothing to say.
        sys.stderr.close()
        raise SystemExit(0) from None
