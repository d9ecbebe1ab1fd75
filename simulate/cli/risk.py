"""The commands that size risk: run and compare."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simulate.cli.agreement import (
    agreement_options,
    compare_two_paths,
    refuse_beside_agreement,
    refuse_lone_finance,
    refuse_paths,
    refuse_paths_twice,
    refuse_without_agreement,
    run_paths,
    waiting_note,
    with_its_years,
)
from simulate.cli.options import (
    AcoId,
    Agreements,
    Changes,
    ChunkYears,
    ContractFiles,
    Contracts,
    Engine,
    Finance,
    Json,
    Precision,
    Report,
    Results,
    SaveYears,
    ScenarioFile,
    Seed,
    Threads,
    TrueSavings,
    Workbook,
    WriteScenario,
    Year,
    Years,
)
from simulate.cli.running import execution, simulated
from simulate.cli.stating import stated_options, stated_scenario
from simulate.cli.writing import (
    check_outputs,
    check_save_years,
    command_line,
    write_json,
    write_text,
)
from simulate.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulate.analysis.compare import ContractComparison
    from simulate.analysis.run import Run
    from simulate.scenario.scenario import Scenario

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
    agreement: Agreements = None,
    finance: Finance = False,
    years: Years = None,
    precision: Precision = None,
    seed: Seed = None,
    true_savings: TrueSavings = None,
    changes: Changes = None,
    contract_file: ContractFiles = None,
    engine: Engine = "monte-carlo",
    decompose: Annotated[
        bool, typer.Option("--decompose", help="Show where the variance comes from.")
    ] = False,
    report: Report = None,
    workbook: Workbook = None,
    json_file: Json = None,
    save_years: SaveYears = None,
    write_scenario: WriteScenario = None,
    threads: Threads = None,
    chunk_years: ChunkYears = None,
) -> None:
    """Risk of one ACO under each contract.

    \b
    simulate run --aco A1001
    simulate run --aco A1001 --contracts track-2,track-3 --report risk.html
    simulate run my_aco.toml --set common_shock_sd=0.01
    simulate run --aco A1001 --agreement
    simulate run --aco A4803 --agreement glide-path --agreement enhanced
    simulate run --aco A4803 --agreement --set finance.advance=aip
    \b
    Paths with a name: glide-path (from the ACO's own level), glide-path-from-basic-a,
    glide-path-low-revenue, track-1-then-2, track-1-twice, 2011-proposal, 2014-proposal.
    """
    if agreement is not None:
        refuse_beside_agreement(
            {
                "--contracts": contracts,
                "--engine exact": engine == "exact",
                "--decompose": decompose,
            }
        )
    elif contracts is not None:
        refuse_paths(contracts.split(","), f"--contracts {contracts}")
    refuse_lone_finance(finance, agreement is not None)
    outputs = {"--report": report, "--workbook": workbook, "--json": json_file}
    outputs["--save-years"] = save_years
    if write_scenario is not None and any(path is not None for path in outputs.values()):
        raise UserError(
            "--write-scenario writes the scenario and does not run it, so it cannot go with "
            f"{' or '.join(outputs)}."
        )
    check_outputs(outputs, [scenario, results, *(contract_file or [])])
    check_save_years(save_years, engine)
    if engine == "exact":
        _refuse_beside_exact((years, seed, precision), decompose)
    options = stated_options(contracts, years, seed, true_savings, contract_file, precision)
    options |= agreement_options(agreement, changes)
    stated = stated_scenario(scenario, aco, year, results, changes, options)
    if write_scenario is not None:
        _write_scenario(stated, write_scenario, agreement is not None, finance)
        return
    if agreement is not None:
        run_paths(stated, outputs, threads, chunk_years, finance)
        return
    refuse_without_agreement(changes)
    if decompose and stated.run.years < _FEWEST_TO_DECOMPOSE:
        raise UserError(
            f"--decompose with {stated.run.years:,} years: variances of so few say nothing; "
            f"{_FEWEST_TO_DECOMPOSE:,} years are the least."
        )
    finished = simulated(stated, engine, threads, chunk_years, comparing=report is not None)
    if json_file is not None:
        parts = {"decomposition": finished.decomposition.to_dict()} if decompose else {}
        write_json(json_file, {**finished.to_dict(), **parts})
    if json_file != "-":
        from simulate.report.run_terminal import show_decomposition, show_run

        show_run(finished)
        if decompose:
            show_decomposition(finished)
        _print_if_any(waiting_note(stated))
    _write_files(finished, outputs)


@commands.command("compare")
def compare_command(
    first: Annotated[str, typer.Argument(metavar="FIRST", help="Contract id, or path.")],
    second: Annotated[str, typer.Argument(metavar="SECOND", help="Contract id, or path.")],
    scenario: ScenarioFile = None,
    aco: AcoId = None,
    year: Year = None,
    results: Results = None,
    agreement: Annotated[
        bool, typer.Option("--agreement", help="Compare all years of an agreement.")
    ] = False,
    finance: Finance = False,
    years: Years = None,
    precision: Precision = None,
    seed: Seed = None,
    true_savings: TrueSavings = None,
    changes: Changes = None,
    contract_file: ContractFiles = None,
    report: Report = None,
    workbook: Workbook = None,
    json_file: Json = None,
    save_years: SaveYears = None,
    threads: Threads = None,
    chunk_years: ChunkYears = None,
) -> None:
    """Two contracts on the same simulated years: paired differences, and which is better.

    \b
    simulate compare track-2 track-3 --aco A1001
    simulate compare glide-path enhanced --aco A4803 --agreement
    """
    from simulate.contracts.contract import normal_id

    paths = [first, second]
    first, second = normal_id(first), normal_id(second)
    if first == second:
        raise UserError(f"compare {first} {second}: name two different contracts.")
    refuse_lone_finance(finance, agreement)
    outputs = {"--report": report, "--workbook": workbook, "--json": json_file}
    outputs["--save-years"] = save_years
    check_outputs(outputs, [scenario, results, *(contract_file or [])])
    check_save_years(save_years)
    named = None if agreement else f"{first},{second}"
    options = stated_options(named, years, seed, true_savings, contract_file, precision)
    if agreement:
        refuse_paths_twice(changes, f"compare {' '.join(paths)}")
        options[f"compare {' '.join(paths)}"] = ("agreement.paths", paths)
    else:
        refuse_paths(paths, f"compare {' '.join(paths)}")
    stated = stated_scenario(scenario, aco, year, results, changes, options)
    if agreement:
        compare_two_paths(stated, outputs, threads, chunk_years, finance)
        return
    refuse_without_agreement(changes)
    finished = simulated(stated, "monte-carlo", threads, chunk_years, comparing=True)
    from simulate.analysis.compare import compare

    comparison = compare(finished, first, second, execution(threads, chunk_years))
    if json_file is not None:
        write_json(json_file, {**finished.to_dict(), "comparison": comparison.to_dict()})
    if json_file != "-":
        from simulate.report.comparison_terminal import show_comparison
        from simulate.report.run_terminal import show_run

        show_run(finished, (first, second))
        show_comparison(comparison)
        _print_if_any(waiting_note(stated))
    _write_files(finished, outputs, comparison)


def _refuse_beside_exact(of_sampling: tuple[Any, ...], decompose: bool) -> None:
    if any(given is not None for given in of_sampling):
        raise UserError(
            "--engine exact simulates no years; leave --years, --precision and --seed out."
        )
    if decompose:
        raise UserError("--decompose rests on simulated years; leave --engine exact out.")


def _print_if_any(text: str) -> None:
    if text:
        print(f"\n{text}")


def _write_scenario(stated: Scenario, path: str, of_agreement: bool, finance: bool) -> None:
    from simulate.scenario.file import scenario_text

    if of_agreement:
        stated = with_its_years(stated)
    write_text(path, scenario_text(stated), "--write-scenario")
    how = (" --agreement" if of_agreement else "") + (" --finance" if finance else "")
    print(f"Wrote {path}. Run it with: simulate run {shlex.quote(path)}{how}")


def _write_files(
    finished: Run, outputs: Mapping[str, str | None], comparison: ContractComparison | None = None
) -> None:
    """Write what the options name besides JSON, which is written first."""
    if report := outputs["--report"]:
        _write_report(finished, report, comparison)
    if workbook := outputs["--workbook"]:
        _write_workbook(finished, workbook, comparison)
    if save_years := outputs["--save-years"]:
        _save_years(finished, save_years)


def _write_report(finished: Run, path: str, comparison: ContractComparison | None) -> None:
    if sys.stderr.isatty():
        print("Writing the report …", file=sys.stderr, flush=True)
    from simulate.report.html import write_report

    write_report(finished, path, comparison, command=command_line())


def _write_workbook(finished: Run, path: str, comparison: ContractComparison | None) -> None:
    from simulate.report.workbook import write_workbook

    write_workbook(finished, path, comparison, command=command_line())


def _save_years(finished: Run, path: str) -> None:
    from simulate.report.saved_years import save_years

    save_years(finished, path, "--save-years")
