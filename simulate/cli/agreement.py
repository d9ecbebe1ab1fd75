"""Agreements on the command line: what run and compare do with --agreement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from simulate.cli.running import compile_first, execution
from simulate.cli.writing import command_line, write_json
from simulate.errors import UserError

if TYPE_CHECKING:
    from simulate.agreement.compare import AgreementComparison
    from simulate.agreement.finance.finances import Finances
    from simulate.agreement.plan import AgreementPlan
    from simulate.agreement.run import AgreementRun
    from simulate.scenario.scenario import Scenario

OPTION = "--agreement"
#: What --agreement says without a path: those of the scenario, or else the ACO's own.
DEFAULT = "default"


def with_default_agreement(arguments: list[str]) -> list[str]:
    """Return the arguments with ``default`` behind each --agreement that names no path.

    Of ``run`` and ``intervention``; the paths of ``compare`` are its arguments. The parser of
    options knows none whose value may be left out.
    """
    if arguments[:1] not in (["run"], ["intervention"]):
        return arguments
    completed = []
    for place, argument in enumerate(arguments):
        completed.append(argument)
        following = arguments[place + 1 : place + 2]
        if argument == OPTION and (not following or following[0].startswith("-")):
            completed.append(DEFAULT)
    return completed


def refuse_beside_agreement(given: Mapping[str, Any]) -> None:
    """Refuse options that a run of one year takes and an agreement does not."""
    stated = [option for option, value in given.items() if value]
    if stated:
        raise UserError(
            f"{OPTION} with {', '.join(stated)}: an agreement run has no such option. Its paths "
            "name the contracts, and --years says how many paths are simulated."
        )


_USE_IT = f"add {OPTION} (or write the scenario with simulate run --write-scenario) to use it."


def refuse_lone_finance(finance: bool, agreement: bool) -> None:
    """Refuse --finance where no agreement is run."""
    if finance and not agreement:
        raise UserError(f"--finance goes with {OPTION}: costs are those of its years.")


def refuse_without_agreement(changes: Sequence[str] | None, instead: str = _USE_IT) -> None:
    """Refuse keys of an agreement where none is run; in a file they wait for one that is."""
    for change in changes or ():
        section = change.partition(".")[0].strip()
        if section in ("agreement", "finance"):
            raise UserError(f"--set {change}: without effect on a run of one year; {instead}")


def refuse_beside_worth(changes: Sequence[str] | None) -> None:
    """Refuse keys of finances that do not change what a care programme is worth."""
    for change in changes or ():
        section, _, rest = change.partition(".")
        name, _, value = (part.strip() for part in rest.partition("="))
        moves = name == "cost_growth" or name.startswith("flex_") or value == "pc-flex"
        if section.strip() == "finance" and not moves:
            raise UserError(
                f"--set {change}: without effect on what a care programme is worth; simulate run "
                f"SCENARIO.toml {OPTION} --finance reckons costs, advances and covers with it."
            )


def refuse_paths(names: Sequence[str], command: str) -> None:
    """Refuse paths of contracts where no agreement is run: contracts are wanted there."""
    from simulate.agreement.notation import is_only_a_path

    paths = [name for name in names if is_only_a_path(name)]
    if paths:
        are = "is a path" if len(paths) == 1 else "are paths"
        raise UserError(
            f"{command}: {', '.join(paths)} {are} over the years of an agreement; add {OPTION}."
        )


def refuse_paths_twice(changes: Sequence[str] | None, named: str) -> None:
    """Refuse paths that --set states beside those that are `named` already."""
    for change in changes or ():
        if change.partition("=")[0].strip() == "agreement.paths":
            raise UserError(f"--set {change}: {named} names the paths already; leave one out.")


def waiting_note(scenario: Scenario) -> str:
    """Return what of a scenario waits for --agreement in a run of one year; else nothing."""
    from simulate.scenario.agreement import AgreementSettings

    stated = {"[agreement]": scenario.agreement != AgreementSettings()}
    stated["[finance]"] = scenario.finance.stated
    waiting = [section for section, found in stated.items() if found]
    if not waiting:
        return ""
    verbs = "is stated and waits" if len(waiting) == 1 else "are stated and wait"
    return f"Note: {' and '.join(waiting)} {verbs} for {OPTION}; this run is of one year."


def agreement_options(
    paths: list[str] | None, changes: Sequence[str] | None
) -> dict[str, tuple[str, Any]]:
    """Return the key of the scenario that --agreement states; nothing where it names no path."""
    if paths is None or paths == [DEFAULT]:
        return {}
    refuse_paths_twice(changes, f"{OPTION} {'; '.join(paths)}")
    named = [path for text in paths for path in text.split(";")]
    for path in named:
        if path.endswith(".toml"):
            raise UserError(
                f"{OPTION} {path}: is taken for a path of contracts. A scenario file comes before "
                f"the option: simulate run {path} {OPTION}."
            )
    return {f"{OPTION} {'; '.join(named)}": ("agreement.paths", named)}


def with_its_years(scenario: Scenario) -> Scenario:
    """Return the scenario with the number of paths that an agreement run would simulate.

    A precision stands in the number's place.
    """
    from simulate.agreement.plan import agreement_paths

    if scenario.run.precision is not None:
        return scenario
    return scenario.with_value("years", agreement_paths(scenario), "--years")


def run_paths(
    scenario: Scenario,
    outputs: Mapping[str, str | None],
    threads: int | None,
    chunk_years: int | None,
    with_finances: bool = False,
) -> None:
    """Simulate an agreement, settle its paths, and show them; their finances where asked."""
    asked = with_finances or scenario.finance.stated
    finished = _finished(_checked_plan(scenario, asked), asked, threads, chunk_years)
    from simulate.agreement.best_path import best_paths

    settings = execution(threads, chunk_years)
    found = finished.finances(settings) if asked else None
    # Finances say at which true savings their own bottom line is zero.
    best = () if asked else best_paths(finished, settings)
    if outputs["--json"] is not None:
        facts = {"best_by_true_savings": [one.to_dict() for one in best], **_facts(found)}
        write_json(outputs["--json"], {**finished.to_dict(), **facts})
    if outputs["--json"] != "-":
        from simulate.report.agreement import show_agreement

        show_agreement(finished, best)
        _show(found)
    _write_files(finished, outputs, found)


def compare_two_paths(
    scenario: Scenario,
    outputs: Mapping[str, str | None],
    threads: int | None,
    chunk_years: int | None,
    with_finances: bool = False,
) -> None:
    """Simulate an agreement, and compare the two paths that the scenario names.

    With finances, by what is left after them.
    """
    from simulate.agreement.stated import check_two_paths

    asked = with_finances or scenario.finance.stated
    check_two_paths(scenario)
    plan = _checked_plan(scenario, asked)
    first, second = (planned.label for planned in plan.paths)
    finished = _finished(plan, asked, threads, chunk_years)
    settings = execution(threads, chunk_years)
    found = finished.finances(settings) if asked else None
    from simulate.agreement.compare import compare_paths

    comparison = compare_paths(finished, first, second, settings, found)
    if outputs["--json"] is not None:
        facts = {"comparison": comparison.to_dict(), **_facts(found)}
        write_json(outputs["--json"], {**finished.to_dict(), **facts})
    if outputs["--json"] != "-":
        from simulate.report.agreement import show_agreement
        from simulate.report.agreement_comparison import show_agreement_comparison

        show_agreement(finished)
        show_agreement_comparison(comparison)
        _show(found)
    _write_files(finished, outputs, found, comparison)


def _checked_plan(scenario: Scenario, with_finances: bool) -> AgreementPlan:
    """Return the plan of an agreement, every mistake refused before a compiler is loaded."""
    from simulate.agreement.plan import agreement_plan

    plan = agreement_plan(scenario)
    if with_finances:
        from simulate.agreement.finance.terms import check_finance

        check_finance(plan)
    return plan


def _facts(found: Finances | None) -> dict[str, Any]:
    return {} if found is None else {"finance": found.to_dict()}


def _show(found: Finances | None) -> None:
    if found is None:
        return
    from simulate.report.finance import show_finances

    show_finances(found)


def _finished(
    plan: AgreementPlan, with_finances: bool, threads: int | None, chunk_years: int | None
) -> AgreementRun:
    """Return the finished run of a plan, saying why where the user waits."""
    from simulate.report.progress import YearsProgress

    compile_first(_kernels())
    from simulate.agreement.run import finished_agreement

    with YearsProgress(plan.simulated_paths, "simulated paths") as progress:
        settings = execution(threads, chunk_years, progress)
        return finished_agreement(plan, settings, with_finances)


def _kernels() -> tuple[str, ...]:
    from simulate.engine import warm

    return warm.PANEL, warm.SETTLEMENT


def _write_files(
    finished: AgreementRun,
    outputs: Mapping[str, str | None],
    found: Finances | None,
    comparison: AgreementComparison | None = None,
) -> None:
    """Write what the options name besides JSON, which is written first."""
    if report := outputs["--report"]:
        from simulate.report.html.agreement import write_agreement_report

        write_agreement_report(finished, report, comparison, command_line(), found)
    if workbook := outputs["--workbook"]:
        from simulate.report.workbook.agreement import write_agreement_workbook

        write_agreement_workbook(finished, workbook, comparison, command_line(), found)
    if save_years := outputs["--save-years"]:
        from simulate.report.saved_agreement import save_agreement

        save_agreement(finished, save_years, "--save-years")
