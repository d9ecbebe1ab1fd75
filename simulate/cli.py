"""The command line: parses, calls, prints; decides nothing."""

from __future__ import annotations

import io
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from simulate._version import __version__
from simulate.cli_evidence import evidence
from simulate.cli_options import (
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
    check_outputs,
    command_line,
    write_json,
    write_text,
)
from simulate.errors import UserError

if TYPE_CHECKING:
    from simulate.analysis.run import Run
    from simulate.contracts.contract import Contract
    from simulate.scenario.scenario import Scenario

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Risk of Medicare accountable care organizations (ACOs), contract by contract.",
)

_COMPILING = (
    "Compiling the simulation kernels, once after installing; this takes about ten seconds …"
)


#: A share of a variance from this many years is known to about 5 points.
_FEWEST_TO_DECOMPOSE = 1_000


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
) -> None:
    if version:
        typer.echo(f"simulate {__version__}")
        raise typer.Exit


@app.command("run")
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
    check_outputs(report, json_file, [scenario, results, *(contract_file or [])])
    options = _options(contracts, years, seed, true_savings, contract_file)
    stated = _stated_scenario(scenario, aco, year, results, changes, options)
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
    finished = _run(stated, engine, threads, chunk_years)
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


@app.command("compare")
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
    check_outputs(report, json_file, [scenario, results, *(contract_file or [])])
    options = _options(f"{first},{second}", years, seed, true_savings, contract_file)
    stated = _stated_scenario(scenario, aco, year, results, changes, options)
    finished = _run(stated, "monte-carlo", threads, chunk_years)
    from simulate.analysis.compare import compare

    comparison = compare(finished, first, second, _execution(threads, chunk_years))
    if json_file is not None:
        write_json(json_file, {**finished.to_dict(), "comparison": comparison.to_dict()})
    if json_file != "-":
        from simulate.report.terminal import show_comparison, show_run

        show_run(finished, (first, second))
        show_comparison(comparison)
    if report:
        _write_report(finished, report, comparison)


@app.command("contracts")
def contracts_command(
    contract_id: Annotated[
        str | None, typer.Argument(metavar="ID", help="Contract id; left out: the catalogue.")
    ] = None,
    contract_file: Annotated[
        str | None, typer.Option("--contract-file", help="Show a contract of your own.")
    ] = None,
    json_file: Json = None,
) -> None:
    """Show the catalogue of contracts, or one contract's terms with their references."""
    from simulate.contracts.contract import contract_ids, load_contract

    if contract_file:
        chosen = [_own_contract(contract_file, contract_id)]
    else:
        chosen = [load_contract(i) for i in ([contract_id] if contract_id else contract_ids())]
    if json_file:
        stated = [c.model_dump(mode="json", exclude_none=True) for c in chosen]
        write_json(json_file, stated[0] if contract_id or contract_file else stated)
    if json_file != "-":
        from simulate.report.terminal import show_contract, show_contracts

        if contract_id or contract_file:
            show_contract(chosen[0])
        else:
            show_contracts(chosen)


@app.command("aco")
def aco_command(
    aco_id: Annotated[str, typer.Argument(metavar="ID", help="CMS id, such as A1001.")],
    results: Results = None,
    json_file: Json = None,
) -> None:
    """Show what CMS published for one ACO, year by year."""
    from simulate.data import history, result

    rows = (result(aco_id, results_file=Path(results)),) if results else history(aco_id)
    if json_file:
        from simulate.data.published_result import as_plain_data

        write_json(json_file, [as_plain_data(row) for row in rows])
    if json_file != "-":
        from simulate.report.terminal import show_history

        show_history(rows)


@app.command("settle")
def settle_command(
    contract_id: Annotated[str, typer.Argument(metavar="ID", help="Contract id.")],
    beneficiaries: Annotated[int, typer.Option(help="Assigned beneficiaries.")],
    benchmark: Annotated[float, typer.Option(help="Total updated benchmark, dollars.")],
    expenditure: Annotated[float, typer.Option(help="Total expenditure, dollars.")],
    quality: Annotated[float, typer.Option(help="Quality score, a fraction from 0 to 1.")] = 1.0,
    quality_standard: Annotated[
        str, typer.Option(help="Quality standard: met, alternative or failed.")
    ] = "met",
    msr: Annotated[
        str, typer.Option(help="MSR and MLR where chosen: 0.0, 0.5, 1.0, 1.5, 2.0 or table.")
    ] = "2.0",
    revenue: Annotated[
        float | None, typer.Option(help="Participants' Parts A and B revenue, dollars a year.")
    ] = None,
    low_revenue: Annotated[
        bool, typer.Option("--low-revenue", help="Low revenue ACO (42 CFR 425.20).")
    ] = False,
    year: Annotated[
        int | None, typer.Option(help="Performance year; the latest that the contract covers.")
    ] = None,
    agreement_year: Annotated[
        int, typer.Option(min=1, max=10, help="Performance year within the agreement.")
    ] = 1,
    agreement_start: Annotated[
        int | None, typer.Option(help="Calendar year in which the agreement began.")
    ] = None,
    disaster_months: Annotated[
        float, typer.Option(help="Share of the year's months affected by a disaster.")
    ] = 0.0,
    disaster_beneficiaries: Annotated[
        float, typer.Option(help="Share of beneficiaries affected by a disaster.")
    ] = 0.0,
    months_in_programme: Annotated[
        int, typer.Option(min=0, max=12, help="Months before an early termination.")
    ] = 12,
    termination: Annotated[
        Literal["none", "voluntary", "involuntary"], typer.Option(help="Kind of early termination.")
    ] = "none",
    months_in_year: Annotated[
        int, typer.Option(min=1, max=12, help="6 for the half years of 2019, else 12.")
    ] = 12,
    guardrail: Annotated[
        bool, typer.Option("--guardrail", help="Savings exist only by the guardrail.")
    ] = False,
    changes: Changes = None,
    contract_file: Annotated[
        str | None, typer.Option("--contract-file", help="YAML file that holds the contract ID.")
    ] = None,
    json_file: Json = None,
) -> None:
    """One settlement with its waterfall, every step with the paragraph it comes from.

    \b
    simulate settle basic-e --beneficiaries 60000 --benchmark 500e6 --expenditure 487e6
    """
    from simulate.contracts.contract import load_contract
    from simulate.contracts.resolution import Circumstances
    from simulate.contracts.settlement import settle

    if contract_file:
        contract = _own_contract(contract_file, contract_id)
    else:
        contract = load_contract(contract_id)
    contract = contract.with_terms(_terms_of(contract_id, changes or []))
    _refuse_uncovered(contract, year)
    settlement = settle(
        contract,
        Circumstances(
            assigned_beneficiaries=beneficiaries,
            performance_year=year,
            agreement_year=agreement_year,
            agreement_start_year=agreement_start,
            msr=msr,
            low_revenue=low_revenue,
            participant_revenue=revenue,
            disaster_months_share=disaster_months,
            disaster_beneficiary_share=disaster_beneficiaries,
            months_in_programme=months_in_programme,
            termination=termination,
            months_in_year=months_in_year,
            guardrail=guardrail,
        ),
        benchmark,
        expenditure,
        quality,
        quality_standard,  # type: ignore[arg-type]  # settle refuses anything else by name
    )
    if json_file is not None:
        write_json(json_file, settlement.to_dict())
    if json_file != "-":
        from simulate.report.terminal import show_settlement

        show_settlement(settlement)


def _stated_scenario(
    path: str | None,
    aco_id: str | None,
    year: int | None,
    results: str | None,
    changes: list[str] | None,
    options: dict[str, tuple[str, Any]],
) -> Scenario:
    """Return the scenario that a file or an ACO id states, changed by --set and by options.

    `options` maps the option as typed to the key of the scenario that it states and its
    value; options win over --set, which wins over the file.
    """
    from simulate.scenario.aco import ACO
    from simulate.scenario.file import read_scenario
    from simulate.scenario.scenario import Scenario

    if path is None and aco_id is None:
        raise UserError("no ACO: name one by its CMS id, --aco A1001, or give a scenario file.")
    if path is not None and aco_id is not None:
        raise UserError(
            f"both the scenario {path} and --aco {aco_id}: a scenario file states its own ACO; "
            "leave one out."
        )
    if path is not None and (year is not None or results is not None):
        raise UserError("--year and --results go with --aco; a scenario file states its own year.")
    if path is not None:
        stated = read_scenario(path)
        if "contracts" in {key for key, _ in options.values()}:
            # Other contracts are run than the file's: terms of those left out do not matter.
            stated = stated.without_contract_terms()
    else:
        assert aco_id is not None
        stated = Scenario(aco=ACO.from_published_results(aco_id, year, results))
    stated = stated.with_changes(changes or [])
    for typed, (key, value) in options.items():
        stated = stated.with_value(key, value, typed)
    return stated


def _refuse_uncovered(contract: Contract, year: int | None) -> None:
    years = contract.performance_years
    if year is not None and not years.first <= year <= (years.last or year):
        until = "on" if years.last is None else f"to {years.last}"
        raise UserError(
            f"--year {year}: {contract.id} covers performance years {years.first} {until}."
        )


def _own_contract(path: str, contract_id: str | None) -> Contract:
    from simulate.contracts.contract import read_contract_file

    own = read_contract_file(path)
    if contract_id is not None and own.id != contract_id:
        raise UserError(
            f"--contract-file {path}: holds the contract {own.id!r}, not {contract_id!r}; name it "
            "by its own id."
        )
    return own


def _options(
    contracts: str | None,
    years: int | None,
    seed: int | None,
    true_savings: str | None,
    contract_files: list[str] | None,
) -> dict[str, tuple[str, Any]]:
    """Return the options that state a key of the scenario: as typed, to key and value."""
    from simulate.scenario.scenario import parsed_value

    options: dict[str, tuple[str, Any]] = {}
    if contracts is not None:
        named = [name.strip() for name in contracts.split(",") if name.strip()]
        if not named:
            raise UserError(
                f"--contracts {contracts!r}: contract ids, comma-separated, are wanted."
            )
        options[f"--contracts {contracts}"] = ("contracts", named)
    if contract_files:
        options[f"--contract-file {' '.join(contract_files)}"] = ("contract_files", contract_files)
    if true_savings is not None:
        options[f"--true-savings {true_savings}"] = ("true_savings", parsed_value(true_savings))
    if years is not None:
        options[f"--years {years}"] = ("years", years)
    if seed is not None:
        options[f"--seed {seed}"] = ("seed", seed)
    return options


def _terms_of(contract_id: str, changes: list[str]) -> dict[str, Any]:
    from simulate.scenario.scenario import parsed_value

    terms = {}
    for change in changes:
        key, separator, text = change.partition("=")
        owner, _, term = key.strip().rpartition(".")
        if not separator or owner not in ("", contract_id) or not term:
            raise UserError(f"--set {change}: {contract_id}.TERM=VALUE is wanted here.")
        terms[term] = parsed_value(text.strip())
    return terms


def _run(
    scenario: Scenario,
    engine: Literal["monte-carlo", "exact"],
    threads: int | None,
    chunk_years: int | None,
) -> Run:
    from simulate.analysis.choices import check_scenario
    from simulate.report.progress import YearsProgress, said_if_slow

    check_scenario(scenario)  # mistakes are refused before a compiler is loaded
    with said_if_slow(_COMPILING):
        from simulate.engine.warm import compile_kernels

        compile_kernels()
    from simulate.analysis.run import run

    with YearsProgress(scenario.run.years) as progress:
        execution = _execution(threads, chunk_years, progress)
        return run(scenario, engine=engine, execution=execution)


def _execution(
    threads: int | None, chunk_years: int | None, progress: Callable[[int], None] | None = None
) -> Any:
    from simulate.engine.years import Execution

    return Execution(threads, chunk_years, progress)


def _write_report(finished: Run, path: str, comparison: Any = None) -> None:
    from simulate.report.html import write_report

    write_report(finished, path, comparison, command=command_line())


app.add_typer(evidence)


def main() -> None:
    """Run the command line; a user's mistake is one message and exit status 2."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that cannot show ± gets a question mark, not a traceback.
            stream.reconfigure(errors="replace")
    try:
        app(prog_name="simulate")
    except UserError as error:
        print(f"simulate: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    except BrokenPipeError:
        # The reader of a pipe has left (simulate … | head): nothing to say.
        sys.stderr.close()
        raise SystemExit(0) from None


if __name__ == "__main__":
    main()
