"""The page of an agreement: answers, fan charts, each year and all years, what they rest on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulate.agreement.best_path import best_paths
from simulate.agreement.finance.notes import cost_sentence
from simulate.report.agreement import (
    cumulative_tables,
    unit_of_years,
    year_columns,
)
from simulate.report.agreement_comparison import (
    closing_sentences,
    comparison_answer,
    paired_views,
)
from simulate.report.agreement_programmes import (
    ADDED,
    EXPLAINED,
    programme_headings,
    programme_rows,
)
from simulate.report.agreement_words import (
    ASSUMED_HEADING,
    agreement_answers,
    assumed_sentence,
    best_sentence,
    paths_phrase,
    payment_sentence,
    rebasing_sentences,
    refusal_sentence,
    savings_sentence,
    trend_sentence,
)
from simulate.report.figures.cash import cash_charts, cash_words
from simulate.report.figures.fan_chart import fan_chart, fan_words
from simulate.report.figures.house import figure_of
from simulate.report.finance import (
    cash_rows,
    finance_grounds,
    finance_sentence,
    finance_tables,
    left_sentence,
)
from simulate.report.html.page import one_line, page, write_page
from simulate.report.html.pictures import Picture
from simulate.report.html.provenance import versions
from simulate.report.html.svg import picture_uri
from simulate.report.html.terms import contract_card
from simulate.report.numbers import dollars_with_error, plain_dollars
from simulate.report.sentences import probability_decimals
from simulate.scenario.file import scenario_text

if TYPE_CHECKING:
    from simulate.agreement.compare import AgreementComparison
    from simulate.agreement.finance.finances import Finances, PathFinances
    from simulate.agreement.run import AgreementRun, PathResult

#: Anchors of the page's sections, with their names in the list of contents.
_CONTENTS = (
    ("answer", "The answer"),
    ("programmes", "Care programmes"),
    ("paths", "Year by year"),
    ("together", "All years together"),
    ("comparison", "One against the other"),
    ("finance", "Costs, capital and cash"),
    ("assumptions", "What it rests on"),
    ("limitations", "What it does not say"),
    ("reproduce", "To reproduce it"),
)


def write_agreement_report(
    run: AgreementRun,
    path: str | Path,
    comparison: AgreementComparison | None = None,
    command: str | Sequence[str] | None = None,
    finances: Finances | None = None,
) -> None:
    """Write the page of an agreement run to a file, complete or not at all.

    Parameters
    ----------
    run : AgreementRun
    path : path
        An existing file is replaced once the page is complete.
    comparison : AgreementComparison, optional
        Adds the section that compares two paths.
    command : str or sequence of str, optional
        The command line that led to the run.
    finances : Finances, optional
        Adds the section of costs, capital and cash.

    Raises
    ------
    UserError
        The path cannot be written.
    """

    def filled() -> str:
        content = _content(run, comparison, one_line(command))
        content["finance"] = None if finances is None else _finance(finances)
        content["left"] = [] if finances is None else _left(finances)
        if finances is None and comparison is None:
            content["answers"].append(best_sentence(run, best_paths(run)))
        if finances is None:
            content["contents"] = [c for c in content["contents"] if c[0] != "finance"]
        return page("agreement.html.j2", content)

    write_page(path, filled)


def _content(
    run: AgreementRun, comparison: AgreementComparison | None, command: str | None
) -> dict[str, Any]:
    aco, plan = run.aco, run.plan
    compared = [] if comparison is None else [comparison_answer(comparison)]
    return {
        "title": aco.name or aco.id,
        "start_year": plan.start_year,
        "facts": [
            ("ACO", aco.id),
            ("Assigned beneficiaries", f"{aco.assigned_beneficiaries:,}"),
            ("Updated benchmark a year", plain_dollars(plan.population.benchmark * plan.growth[0])),
            ("First performance year", str(plan.start_year)),
            ("Simulated paths", f"{plan.simulated_paths:,}"),
        ],
        "contents": [c for c in _CONTENTS if c[0] not in _left_out(run, comparison)],
        "assumed": assumed_sentence(run),
        "broken": plan.broken_rules(),
        "answers": [*compared, *agreement_answers(run)],
        "programmes": _programmes(run),
        "paths": [_path_view(run, label, result) for label, result in run.paths.items()],
        "labels": list(run.paths),
        "together": cumulative_tables(run),
        "comparison": None if comparison is None else _comparison(comparison),
        "grounds": [
            savings_sentence(run),
            trend_sentence(run),
            payment_sentence(run),
        ],
        "assumptions": [
            (name, _word(value))
            for name, value in run.assumptions().items()
            if name != "interventions"  # they have their own section
        ],
        "notes": [note for note in plan.notes() if note not in plan.broken_rules()],
        "contracts": _cards(run),
        "provenance": {
            "versions": versions(),
            "command": command,
            "simulated": paths_phrase(run),
            "scenario": scenario_text(plan.asked),
        },
    }


def _left_out(run: AgreementRun, comparison: AgreementComparison | None) -> list[str]:
    """Return the sections that this page has not."""
    left_out = [] if run.plan.programmes else ["programmes"]
    return left_out if comparison is not None else [*left_out, "comparison"]


def _programmes(run: AgreementRun) -> dict[str, Any] | None:
    if not run.plan.programmes:
        return None
    return {
        "title": ADDED,
        "headings": [heading.replace("\n", " ") for heading in programme_headings(run.plan)],
        "rows": programme_rows(run.plan),
        "explained": EXPLAINED,
    }


def _path_view(run: AgreementRun, label: str, result: PathResult) -> dict[str, Any]:
    columns = year_columns(unit_of_years(result), probability_decimals(run))
    views = result.chance_alone.measures, result.assumed.measures
    rows = [
        {
            "year": f"{year.year}" + ("" if year.months == 12 else f" ({year.months} months)"),
            "contract": year.contract_id,
            "cells": [shown(view.by_year[place]) for _, shown in columns for view in views],
        }
        for place, year in enumerate(result.planned.path.years)
    ]
    said = (*rebasing_sentences(run, label), refusal_sentence(run, label))
    return {
        "title": result.planned.title,
        "columns": [name for name, _ in columns],
        "rows": rows,
        "assumed": ASSUMED_HEADING,
        "sentences": [sentence for sentence in said if sentence],
        "picture": _picture(run, label),
        "payments": [
            (f"{time:.2f}", words, dollars_with_error(mean))
            for time, words, mean in result.payments
        ],
    }


def _picture(run: AgreementRun, label: str) -> Picture:
    axes = fan_chart(run, label)
    axes.set_title("", loc="left")  # the page has it as a heading
    return Picture(picture_uri(figure_of(axes)), fan_words(run, label))


def _comparison(comparison: AgreementComparison) -> dict[str, Any]:
    return {
        "names": (comparison.first, comparison.second),
        "views": paired_views(comparison),
        "sentences": closing_sentences(comparison),
    }


def _left(found: Finances) -> list[str]:
    """Return what each path leaves after everything: a part of the answer."""
    return [left_sentence(label, path) for label, path in found.paths.items()]


def _finance(found: Finances) -> dict[str, Any]:
    return {
        "costs": cost_sentence(found.run.scenario),
        "sentences": [finance_sentence(label, path) for label, path in found.paths.items()],
        "tables": finance_tables(found),
        "cash": [_cash(found, label, path) for label, path in found.paths.items()],
        "grounds": finance_grounds(found),
    }


def _cash(found: Finances, label: str, path: PathFinances) -> dict[str, Any]:
    unit, headings, rows = cash_rows(path)
    picture = Picture(picture_uri(cash_charts(found, [label])), cash_words(found, label))
    return {
        "label": label,
        "unit": f"${unit[2]}",
        "headings": headings,
        "rows": rows,
        "picture": picture,
        "advances": path.assumed.advance is not None,
    }


def _cards(run: AgreementRun) -> list[dict[str, Any]]:
    """Return one card a contract, with the terms of the first year under it."""
    resolved = {
        one.contract.id: one
        for planned in reversed(run.plan.paths)
        for one in planned.resolved[::-1]
    }
    return [contract_card(one) for one in reversed(resolved.values())]


def _word(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(_word(one) for one in value) or "-"
    return f"{value:.6g}" if isinstance(value, float) else str(value)
