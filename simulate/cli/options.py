"""The options that commands share."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

ScenarioFile = Annotated[
    str | None, typer.Argument(metavar="SCENARIO.toml", help="Scenario file to start from.")
]
AcoId = Annotated[str | None, typer.Option("--aco", help="ACO by its CMS id, such as A1001.")]
Year = Annotated[
    int | None, typer.Option("--year", help="Performance year of the published row (latest).")
]
Results = Annotated[
    str | None, typer.Option("--results", help="CMS results file that you downloaded.")
]
Contracts = Annotated[
    str | None, typer.Option("--contracts", help="Contract ids or programmes, comma-separated.")
]
Agreements = Annotated[
    list[str] | None,
    typer.Option(
        "--agreement",
        metavar="[PATH]",
        help="All years of an agreement, under a path of contracts: glide-path, a contract id, ids "
        "by year (2xbasic-b,basic-c,2xbasic-e); the ACO's own if left out. May be repeated.",
    ),
]
Years = Annotated[
    int | None,
    typer.Option("--years", help="Performance years to simulate; of an agreement, paths."),
]
Precision = Annotated[
    float | None,
    typer.Option(
        "--precision",
        help="In place of --years: largest standard error of a headline probability, a fraction "
        "such as 0.001.",
    ),
]
Seed = Annotated[int | None, typer.Option("--seed", help="Seed of the random stream.")]
Engine = Annotated[
    Literal["monte-carlo", "exact"],
    typer.Option("--engine", help="Simulate, or compute without sampling error (one year)."),
]
TrueSavings = Annotated[
    str | None,
    typer.Option("--true-savings", help="Fraction such as 0.02, 0, or history (default)."),
]
Changes = Annotated[
    list[str] | None,
    typer.Option("--set", help="KEY=VALUE, or CONTRACT.TERM=VALUE; may be repeated."),
]
ContractFiles = Annotated[
    list[str] | None,
    typer.Option("--contract-file", help="YAML file with a contract of your own."),
]
Finance = Annotated[
    bool, typer.Option("--finance", help="With --agreement: costs, capital, reinsurance, cash.")
]
Report = Annotated[str | None, typer.Option("--report", help="Write the HTML report here.")]
Workbook = Annotated[
    str | None, typer.Option("--workbook", help="Write the Excel workbook here (.xlsx).")
]
Json = Annotated[
    str | None, typer.Option("--json", help="Write the result as JSON; - for standard output.")
]
SaveYears = Annotated[
    str | None,
    typer.Option(
        "--save-years", help="Write every simulated year and its settlements here (.parquet)."
    ),
]
WriteScenario = Annotated[
    str | None,
    typer.Option("--write-scenario", help="Write the scenario as TOML here, and do not run it."),
]
Threads = Annotated[
    int | None, typer.Option("--threads", min=1, help="Threads; never changes a result.")
]
ChunkYears = Annotated[
    int | None,
    typer.Option("--chunk-years", min=1, help="Years a task; never changes a result."),
]
