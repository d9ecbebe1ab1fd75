"""The commands that size risk: run and compare."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simulate.cli.options import (
    AcoId,
    Changes,
    ChunkYears,
    ContractFiles,
    Contracts,
    Engine,
    Json,
    Report,
    Results,
    ScenarioFile,
    Seed,
    Threads,
    TrueSavings,
    WriteScenario,
    Year,
    Years,
)
from simulate.cli.running import execution, simulated
from simulate.cli.stating import stated_options, stated_scenario
from simulate.cli.writing import check_outputs, command_line, write_json, write_text
from simulate.errors import UserError

if TYPE_CHECKING:
    from simulate.analysis.run import Run

commands = typer.Typer()

#: A share of a variance from this many years is known to about 5 points.
_FEWEST_TO_DECOMPOSE = 1_000


@commands.command("run")
def run_command(
    scenario: ScenarioFile = None,
    aco: AcoId = None,
    year: Year = None,
    results: Results = None,
    contracts: Contracts = None,
    years: Years = None,
    seed: Seed = None,
    true_savings: TrueSavings = None,
    changes: Changes = None,
    contract_file: ContractFiles = None,
    engine: Engine = "monte-carlo",
    decompose: Annotated[
        bool, typer.Option("--decompose", help="Show where the variance comes from.")
    ] = False,
    report: Report = None,
    json_file: Json = None,
    write_scenario: WriteScenario = None,
    threads: Threads = None,
    chunk_years: ChunkYears = None,
) -> None:
    """Risk of one ACO under each contract.

    \b
    simulate run --aco A1001
    simulate run --aco A1001 --contracts track-2,track-3 --report risk.html
    simulate run my_aco.toml --set common_shock_sd=0.01
    """
    if write_scenario is not None and (report is not None or json_file is not None):
        raise UserError(
            "--write-scenario writes the scenario and does not run it, so it cannot go with "
            "--report or --json."
        )
    check_outputs(
        {"--report": report, "--json": json_file}, [scenario, results, *(contract_file or [])]
    )
    options = stated_options(contracts, years, seed, true_savings, contract_file)
    stated = stated_scenario(scenario, aco, year, results, changes, options)
    if write_scenario is not None:
        from simulate.scenario.file import scenario_text

        write_text(write_scenario, scenario_text(stated), "--write-scenario")
        print(f"Wrote {write_scenario}. Run it with: simulate run {shlex.quote(write_scenario)}")
        return
    if engine == "exact" and (years is not None or seed is not None):
        raise UserError("--engine exact simulates no years; leave --years and --seed out.")
    if decompose and stated.run.years < _FEWEST_TO_DECOMPOSE:
        raise UserError(
            f"--decompose with {stated.run.years:,} years: variances of so few say nothing; "
            f"{_FEWEST_TO_DECOMPOSE:,} years are the least."
        )
    if engine == "exact" and decompose:
        raise UserError("--decompose rests on simulated years; leave --engine exact out.")
    finished = simulated(stated, engine, threads, chunk_years)
    if json_file is not None:
        parts = {"decomposition": finished.decomposition.to_dict()} if decompose else {}
        write_json(json_file, {**finished.to_dict(), **parts})
    if json_file != "-":
        from simulate.report.terminal import show_decomposition, show_run

        show_run(finished)
        if decompose:
            show_decomposition(finished)
    if report:
        _write_report(finished, report)


@commands.command("compare")
def compare_command(
    first: Annotated[str, typer.Argument(metavar="FIRST", help="Contract id.")],
    second: Annotated[str, typer.Argument(metavar="SECOND", help="Contract id.")],
    scenario: ScenarioFile = None,
    aco: AcoId = None,
    year: Year = None,
    results: Results = None,
    years: Years = None,
    seed: Seed = None,
    true_savings: TrueSavings = None,
    changes: Changes = None,
    contract_file: ContractFiles = None,
    report: Report = None,
    json_file: Json = None,
    threads: Threads = None,
    chunk_years: ChunkYears = None,
) -> None:
    """Two contracts on the same simulated years: paired differences, and which is better.

    \b
    simulate compare track-2 track-3 --aco A1001
    """
    from simulate.contracts.contract import normal_id

    first, second = normal_id(first), normal_id(second)
    if first == second:
        raise UserError(f"compare {first} {second}: name two different contracts.")
    check_outputs(
        {"--report": report, "--json": json_file}, [scenario, results, *(contract_file or [])]
    )
    options = stated_options(f"{first},{second}", years, seed, true_savings, contract_file)
    stated = stated_scenario(scenario, aco, year, results, changes, options)
    finished = simulated(stated, "monte-carlo", threads, chunk_years)
    from simulate.analysis.compare import compare

    comparison = compare(finished, first, second, execution(threads, chunk_years))
    if json_file is not None:
        write_json(json_file, {**finished.to_dict(), "comparison": comparison.to_dict()})
    if json_file != "-":
        from simulate.report.terminal import show_comparison, show_run

        show_run(finished, (first, second))
        show_comparison(comparison)
    if report:
        _write_report(finished, report, comparison)


def _write_report(finished: Run, path: str, comparison: Any = None) -> None:
    from simulate.report.html import write_report

    write_report(finished, path, comparison, command=command_line())
