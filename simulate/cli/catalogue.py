"""The commands that show what is known before anything is simulated: contracts, aco, settle."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from simulate.cli.options import Changes, Json, Results
from simulate.cli.stating import own_contract, stated_terms
from simulate.cli.writing import write_json
from simulate.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulate.contracts.contract import Contract
    from simulate.data import PublishedResult

commands = typer.Typer()


@commands.command("contracts")
def contracts_command(
    contract_id: Annotated[
        str | None,
        typer.Argument(metavar="ID", help="Contract id, or a programme; left out: the catalogue."),
    ] = None,
    contract_file: Annotated[
        str | None, typer.Option("--contract-file", help="Show a contract of your own.")
    ] = None,
    json_file: Json = None,
) -> None:
    """Show the catalogue of contracts, or one contract's terms with their references."""
    from simulate.contracts.contract import contract_ids, load_contract, named_contract_ids

    if contract_file:
        chosen = [own_contract(contract_file, contract_id)]
    else:
        ids = named_contract_ids(contract_id) if contract_id else contract_ids()
        chosen = [load_contract(i) for i in ids]
    if json_file:
        stated = [c.model_dump(mode="json", exclude_none=True) for c in chosen]
        write_json(json_file, stated[0] if len(chosen) == 1 else stated)
    if json_file != "-":
        from simulate.report.terminal import show_contract, show_contracts

        if len(chosen) == 1:
            show_contract(chosen[0])
        else:
            show_contracts(chosen)


@commands.command("aco")
def aco_command(
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ID or WORDS]", help="CMS id, or part of a name; all if left out."),
    ] = None,
    results: Results = None,
    json_file: Json = None,
) -> None:
    """Show what CMS published for one ACO, year by year; or the ACOs of a name.

    \b
    simulate aco A1001
    simulate aco health network
    simulate aco
    """
    from simulate.data import find_acos, is_aco_id

    text, file = " ".join(words or ()), None if results is None else Path(results)
    if is_aco_id(text):
        _one_aco(text, file, json_file)
        return
    found = find_acos(text, file)
    if json_file is not None:
        _write_rows(json_file, found)
    if json_file != "-":
        from simulate.report.terminal import show_acos

        show_acos(found)


def _one_aco(aco_id: str, results: Path | None, json_file: str | None) -> None:
    from simulate.data import history, result

    rows = history(aco_id) if results is None else (result(aco_id, results_file=results),)
    if json_file is not None:
        _write_rows(json_file, rows)
    if json_file != "-":
        from simulate.report.terminal import show_history

        show_history(rows)


def _write_rows(json_file: str, rows: Sequence[PublishedResult]) -> None:
    from simulate.data.published_result import as_plain_data

    write_json(json_file, [as_plain_data(row) for row in rows])


@commands.command("settle")
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
        contract = own_contract(contract_file, contract_id)
    else:
        contract = load_contract(contract_id)
    contract = contract.with_terms(stated_terms(contract_id, changes or []))
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


def _refuse_uncovered(contract: Contract, year: int | None) -> None:
    years = contract.performance_years
    if year is not None and not years.first <= year <= (years.last or year):
        until = "on" if years.last is None else f"to {years.last}"
        raise UserError(
            f"--year {year}: {contract.id} covers performance years {years.first} {until}."
        )
