"""The command that says what a care programme does to an ACO's chances: intervention."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from simulate.cli.agreement import (
    OPTION,
    agreement_options,
    refuse_beside_worth,
    refuse_without_agreement,
    waiting_note,
)
from simulate.cli.options import (
    AcoId,
    Agreements,
    Changes,
    ChunkYears,
    ContractFiles,
    Contracts,
    Json,
    Results,
    ScenarioFile,
    Seed,
    Threads,
    TrueSavings,
    Year,
    Years,
)
from simulate.cli.running import compile_first, execution
from simulate.cli.stating import stated_options, stated_scenario
from simulate.cli.writing import check_outputs, write_json
from simulate.errors import UserError

if TYPE_CHECKING:
    from simulate.scenario.scenario import Scenario

commands = typer.Typer()

#: What a low revenue ACO with a palliative care programme chooses between.
_CONTRACTS = "basic-e,pc-flex"


@commands.command("intervention")
def intervention_command(
    name: Annotated[
        str | None,
        typer.Argument(metavar="[NAME]", help="Shipped intervention, or one of the scenario."),
    ] = None,
    scenario: ScenarioFile = None,
    aco: AcoId = None,
    year: Year = None,
    results: Results = None,
    participants: Annotated[
        float | None, typer.Option("--participants", help="Participants of the performance year.")
    ] = None,
    uptake: Annotated[
        float | None, typer.Option("--uptake", help="In place of it: share of the group, 0 to 1.")
    ] = None,
    estimate: Annotated[
        str | None,
        typer.Option("--estimate", help="One effect, such as cautious; all of them if left out."),
    ] = None,
    cost: Annotated[
        float | None, typer.Option("--cost", help="Dollars a participant that the ACO pays.")
    ] = None,
    contracts: Contracts = None,
    agreement: Agreements = None,
    years: Years = None,
    seed: Seed = None,
    true_savings: TrueSavings = None,
    changes: Changes = None,
    contract_file: ContractFiles = None,
    json_file: Json = None,
    threads: Threads = None,
    chunk_years: ChunkYears = None,
) -> None:
    """Chance of reaching the MSR with and without a care programme; without NAME, a list.

    \b
    simulate intervention
    simulate intervention palliative-care --aco A5309
    simulate intervention palliative-care --aco A5309 --participants 100 --cost 1500
    simulate intervention my-programme my_aco.toml --contracts basic-e
    simulate intervention palliative-care --aco A5309 --agreement
    """
    if name is None:
        if agreement is not None:
            raise UserError(
                f"{OPTION} {' '.join(agreement)}: without an intervention; its name comes before "
                f"the option: simulate intervention palliative-care {OPTION}."
            )
        _list(json_file)
        return
    check_outputs({"--json": json_file}, [scenario, results, *(contract_file or [])])
    if agreement is not None and contracts is not None:
        raise UserError(
            f"{OPTION} with --contracts: the paths of an agreement name the contracts; leave "
            "--contracts out."
        )
    contracts = contracts or (None if scenario or agreement is not None else _CONTRACTS)
    options = stated_options(contracts, years, seed, true_savings, contract_file)
    options |= agreement_options(agreement, changes)
    stated = stated_scenario(scenario, aco, year, results, changes, options)
    own = {
        "participants": participants,
        "uptake": uptake,
        "estimate": estimate,
        "cost_per_participant": cost,
    }
    asked = _with_intervention(stated, name, own)
    if agreement is not None:
        refuse_beside_worth(changes)
        _show_agreement(asked, name, json_file, (threads, chunk_years))
    else:
        refuse_without_agreement(changes)
        _show(asked, name, json_file, execution(threads, chunk_years))


def _with_intervention(scenario: Scenario, name: str, own: dict[str, Any]) -> Scenario:
    """Return the scenario with the intervention in it, as options change it."""
    if own["participants"] is not None and own["uptake"] is not None:
        raise UserError(
            f"--participants {own['participants']:g} and --uptake {own['uptake']:g}: state one."
        )
    from simulate.analysis.interventions import with_intervention

    scenario = with_intervention(scenario, name)
    for key, value in own.items():
        if value is not None:
            typed = f"--{key.partition('_')[0]} {value}"
            scenario = scenario.with_value(f"interventions.{name}.{key}", value, typed)
    return scenario


def _show(scenario: Scenario, name: str, json_file: str | None, how: Any) -> None:
    from simulate.analysis.choices import check_scenario
    from simulate.analysis.simulation import kernels_for

    check_scenario(scenario)  # mistakes are refused before a compiler is loaded
    compile_first(kernels_for(scenario, "monte-carlo", comparing=True))
    from simulate.analysis.intervention_worth import intervention_worth

    worth = intervention_worth(scenario, name, execution=how)
    if json_file is not None:
        write_json(json_file, worth.to_dict())
    if json_file != "-":
        from simulate.report.intervention import show_intervention

        show_intervention(worth)
        if note := waiting_note(scenario):
            print(note)


def _show_agreement(
    scenario: Scenario, name: str, json_file: str | None, how: tuple[int | None, int | None]
) -> None:
    from simulate.agreement.plan import agreement_plan

    paths = agreement_plan(scenario).simulated_paths  # mistakes are refused before a compiler
    from simulate.engine import warm
    from simulate.report.progress import YearsProgress

    compile_first((warm.PANEL, warm.SETTLEMENT))
    from simulate.agreement.programme_worth import intervention_worth_in_agreement

    with YearsProgress(paths, "simulated paths") as progress:
        settings = execution(*how, progress)
        worth = intervention_worth_in_agreement(scenario, name, execution=settings)
    if json_file is not None:
        write_json(json_file, worth.to_dict())
    if json_file != "-":
        from simulate.report.intervention_agreement import show_agreement_intervention

        show_agreement_intervention(worth)


def _list(json_file: str | None) -> None:
    from simulate.population.intervention_catalogue import intervention_ids, load_intervention
    from simulate.report.intervention import show_catalogue

    check_outputs({"--json": json_file})
    if json_file is not None:
        write_json(json_file, {i: load_intervention(i).model_dump() for i in intervention_ids()})
    if json_file != "-":
        show_catalogue()
