"""The command that maps which contract is preferred: sweep."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Annotated

import typer

from simulate.cli.agreement import refuse_without_agreement
from simulate.cli.options import (
    AcoId,
    Changes,
    ContractFiles,
    Contracts,
    Json,
    Precision,
    Results,
    ScenarioFile,
    Seed,
    Threads,
    WriteScenario,
    Year,
    Years,
)
from simulate.cli.running import compile_first, execution
from simulate.cli.stating import stated_options, stated_scenario
from simulate.cli.writing import check_outputs, write_json, write_text
from simulate.errors import UserError

if TYPE_CHECKING:
    from simulate.analysis.sweep import Sweep
    from simulate.scenario.scenario import Scenario

commands = typer.Typer()


@commands.command("sweep")
def sweep_command(
    scenario: ScenarioFile = None,
    aco: AcoId = None,
    year: Year = None,
    results: Results = None,
    sizes: Annotated[
        str | None,
        typer.Option(
            "--sizes",
            help="Assigned beneficiaries: a list such as 5000,20000, or from:to:steps "
            "(5000:100000:20; :log behind it for equal ratios).",
        ),
    ] = None,
    true_savings: Annotated[
        str | None,
        typer.Option(
            "--true-savings", help="Fractions: a list, or from:to:steps such as -0.05:0.05:21."
        ),
    ] = None,
    contracts: Contracts = None,
    msr: Annotated[
        str | None,
        typer.Option("--msr", help="MSR choices to compare, such as 0.0,1.0,2.0,table."),
    ] = None,
    prefer: Annotated[
        str | None,
        typer.Option("--prefer", help="Measure that decides: expected_net (default), net_p05, …"),
    ] = None,
    measure: Annotated[
        str | None,
        typer.Option("--measure", help="Show this measure of every contract instead."),
    ] = None,
    years: Years = None,
    precision: Precision = None,
    seed: Seed = None,
    changes: Changes = None,
    contract_file: ContractFiles = None,
    json_file: Json = None,
    csv_file: Annotated[
        str | None,
        typer.Option("--csv", help="Write every cell, contract and measure as CSV here."),
    ] = None,
    figure: Annotated[
        str | None,
        typer.Option("--figure", help="Draw the heat map here: a .png, .svg or .pdf file."),
    ] = None,
    write_scenario: WriteScenario = None,
    threads: Threads = None,
) -> None:
    """Which contract is preferred, over size, true savings and MSR choice.

    \b
    simulate sweep --aco A4803
    simulate sweep --aco A4803 --msr 0.0,1.0,2.0 --prefer net_p05 --figure map.png
    simulate sweep my_aco.toml --sizes 5000:100000:20 --true-savings -0.05:0.05:21 --csv all.csv
    """
    outputs = {"--json": json_file, "--csv": csv_file, "--figure": figure}
    _check_written(outputs, write_scenario)
    check_outputs(outputs, [scenario, results, *(contract_file or [])])
    _check_shown(measure, figure)
    options = stated_options(contracts, years, seed, None, contract_file, precision)
    axes = {"sizes": sizes, "true-savings": true_savings, "msr": msr, "prefer": prefer}
    options |= {
        f"--{name} {value}": (f"sweep.{name.replace('-', '_')}", value)
        for name, value in axes.items()
        if value is not None
    }
    stated = stated_scenario(scenario, aco, year, results, changes, options)
    refuse_without_agreement(changes, "a sweep is of one year.")
    if write_scenario is not None:
        _write_scenario(stated, write_scenario)
        return
    finished = _swept(stated, threads)
    if json_file is not None:
        write_json(json_file, finished.to_dict())
    if csv_file is not None:
        from simulate.report.sweep import csv_text

        write_text(csv_file, csv_text(finished), "--csv")
    if figure is not None:
        from simulate.report.figure_files import write_figure

        write_figure(finished.plot(measure), figure)
    if json_file != "-":
        from simulate.report.sweep import show_sweep

        show_sweep(finished, measure)


def _check_written(outputs: dict[str, str | None], write_scenario: str | None) -> None:
    if write_scenario is not None and any(outputs.values()):
        raise UserError(
            "--write-scenario writes the scenario and does not sweep it, so it cannot go with "
            f"{', '.join(outputs)}."
        )


def _check_shown(measure: str | None, figure: str | None) -> None:
    """Refuse what cannot be shown, before any work is done."""
    if measure is not None:
        from simulate.report.sweep_words import check_measure

        check_measure(measure)
    if figure is not None:
        from simulate.report.figure_files import check_figure_name

        check_figure_name(figure, "--figure")


def _write_scenario(stated: Scenario, path: str) -> None:
    from simulate.analysis.sweep_plan import sweep_years
    from simulate.scenario.file import scenario_text

    if stated.run.precision is None:
        # Left out, a run and a sweep differ in their years; the file says those of the sweep.
        stated = stated.with_value("years", sweep_years(stated), "--years")
    write_text(path, scenario_text(stated), "--write-scenario")
    print(f"Wrote {path}. Sweep it with: simulate sweep {shlex.quote(path)}")


def _swept(scenario: Scenario, threads: int | None) -> Sweep:
    """Return the finished sweep of a scenario, saying why where the user waits."""
    from simulate.analysis.sweep_plan import sweep_plan
    from simulate.report.progress import YearsProgress

    plan = sweep_plan(scenario)  # mistakes are refused before a compiler is loaded
    from simulate.analysis.simulation import kernels_for

    compile_first(kernels_for(plan.scenario, "monte-carlo", comparing=True))
    from simulate.analysis.sweep import settled_sweep, simulated_sweep

    with YearsProgress(plan.years * len(plan.sizes)) as progress:
        simulated = simulated_sweep(plan, execution(threads, None, progress))
    with YearsProgress(len(plan.sizes) * len(plan.true_savings), "settled cells") as progress:
        return settled_sweep(plan, simulated, execution(threads, None, progress))
