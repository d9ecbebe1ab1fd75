"""The commands that hold the package against the outside: replay, backtest, verify and fits."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from simulate.cli.options import Json, Report
from simulate.cli.stating import stated_pairs
from simulate.cli.writing import (
    check_outputs,
    command_line,
    refuse_overwriting,
    write_json,
    write_text,
)
from simulate.errors import UserError
from simulate.output import check_writable

commands = typer.Typer()


@commands.command("replay")
def replay_command(
    file: Annotated[
        str | None,
        typer.Argument(metavar="FILE.csv", help="CMS results file; left out: all that ship."),
    ] = None,
    year: Annotated[
        int | None, typer.Option("--year", help="Performance year, where the file does not say.")
    ] = None,
    csv_file: Annotated[
        str | None, typer.Option("--csv", help="Write every row with its recomputation here.")
    ] = None,
    report: Report = None,
    json_file: Json = None,
) -> None:
    """Recompute every settlement of a CMS results file and compare with what CMS published."""
    from simulate.data import read_results_file
    from simulate.verify.replay import replay_file, replay_shipped

    check_outputs({"--report": report, "--json": json_file, "--csv": csv_file}, [file])
    replay = replay_file(read_results_file(file, year)) if file else replay_shipped()
    if csv_file:
        replay.write_csv(csv_file)
    if json_file is not None:
        write_json(json_file, replay.to_dict())
    if json_file != "-":
        from simulate.report.evidence import show_replay

        show_replay(replay)
    if report:
        from simulate.report.html.evidence import write_replay_report

        write_replay_report(replay, report, command=command_line())


@commands.command("calibrate")
def calibrate_command(
    claims: Annotated[
        list[str],
        typer.Argument(metavar="CLAIMS...", help="CSV or Parquet, one row a beneficiary-year."),
    ],
    out: Annotated[str, typer.Option("--out", help="Write the spend model here.")] = "spend.toml",
    mapping: Annotated[
        list[str] | None,
        typer.Option("--map", help="FIELD=COLUMN for a column of another name; may be repeated."),
    ] = None,
    year: Annotated[
        list[int] | None, typer.Option("--year", help="Year of each file that does not say.")
    ] = None,
    truncation: Annotated[
        Literal["percentile", "published"],
        typer.Option(help="Truncate at the data's 99th percentile or at CMS's published points."),
    ] = "percentile",
    completion_factor: Annotated[
        float, typer.Option(help="Completion factor on dollars per capita.")
    ] = 1.013,
    missing_types: Annotated[
        Literal["refuse", "default"],
        typer.Option(help="Where an enrollment type has too few rows: refuse, or its default."),
    ] = "refuse",
    family: Annotated[
        list[str] | None,
        typer.Option("--family", help="TYPE=FAMILY in place of the recommended one."),
    ] = None,
) -> None:
    """Make a spend model from your own claims extract, for `spend_model` in a scenario.

    \b
    simulate calibrate claims_2023.csv --map paid=AMT --out spend.toml
    simulate run --aco A1001 --set spend_model=spend.toml
    """
    from simulate.population.calibrate import calibrate
    from simulate.population.spend_file import write_spend_file
    from simulate.report.calibration import show_calibration

    check_writable(out, "--out")
    refuse_overwriting(out, "--out", claims)
    columns: dict[str, list[str]] = {}
    for field, column in stated_pairs(mapping, "--map"):
        columns.setdefault(field, []).append(column)
    calibration = calibrate(
        claims,
        {field: names if len(names) > 1 else names[0] for field, names in columns.items()},
        years=year or None,
        truncation=truncation,
        completion_factor=completion_factor,
        missing_types=missing_types,
    )
    for enrollment_type, name in stated_pairs(family, "--family"):
        if enrollment_type not in calibration.types:
            raise UserError(
                f"--family {enrollment_type}={name}: the enrollment types are "
                f"{', '.join(calibration.types)}."
            )
        calibration = calibration.with_family(enrollment_type, name)
    write_spend_file(calibration, out)
    show_calibration(calibration, out)


@commands.command("backtest")
def backtest_command(
    previous: Annotated[
        str, typer.Argument(metavar="PREV.csv", help="CMS results file to predict from.")
    ],
    following: Annotated[
        str, typer.Argument(metavar="NEXT.csv", help="CMS results file of a later year.")
    ],
    earlier: Annotated[
        list[str] | None,
        typer.Option("--earlier", help="More files up to PREV's year to learn from."),
    ] = None,
    report: Report = None,
    json_file: Json = None,
) -> None:
    """Predict next year's savings rates from this year's file; coverage and sharpness."""
    from simulate.data import read_results_file
    from simulate.verify.backtest import backtest

    check_outputs(
        {"--report": report, "--json": json_file}, [previous, following, *(earlier or [])]
    )
    files = [read_results_file(path) for path in earlier or []]
    result = backtest(read_results_file(previous), read_results_file(following), files)
    if json_file is not None:
        write_json(json_file, result.to_dict())
    if json_file != "-":
        from simulate.report.evidence import show_backtest

        show_backtest(result)
    if report:
        from simulate.report.html.evidence import write_backtest_report

        write_backtest_report(result, report, command=command_line())


@commands.command("credibility")
def credibility_command(
    files: Annotated[
        list[str] | None,
        typer.Argument(metavar="FILES...", help="CMS results files; left out: all that ship."),
    ] = None,
    out: Annotated[str, typer.Option("--out", help="Write the fit here; - shows it.")] = "-",
) -> None:
    """Refit the noise and credibility constants to any set of CMS results files."""
    from simulate.data import read_results_file
    from simulate.population.credibility.refit import refit_text

    if out != "-":
        check_writable(out, "--out")
        refuse_overwriting(out, "--out", files or [])
    text = refit_text([read_results_file(path) for path in files or []])
    if out == "-":
        print(text, end="")
    else:
        write_text(out, text, "--out")


@commands.command("verify")
def verify_command(
    full: Annotated[bool, typer.Option("--full", help="Simulate ten times the years.")] = False,
    json_file: Json = None,
) -> None:
    """Hold the package against every answer key; exit status 1 if any check fails."""
    from simulate.report.progress import said_if_slow

    if json_file and json_file != "-":
        check_writable(json_file, "--json")
    with said_if_slow("Checking against every answer key; this takes up to a minute …", 10.0):
        from simulate.verify.verification import verify

        verification = verify(full)
    if json_file is not None:
        write_json(json_file, verification.to_dict())
    if json_file != "-":
        from simulate.report.evidence import show_verification

        show_verification(verification)
    if not verification.passed:
        raise typer.Exit(1)
