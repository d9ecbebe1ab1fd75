"""The first sheet: the answers in sentences, the ACO, what reproduces the run, the other sheets."""

from __future__ import annotations

from collections.abc import Iterable

from simulate.report.agreement_comparison import comparison_answer
from simulate.report.agreement_words import (
    agreement_answers,
    assumed_sentence,
    paths_phrase,
    payment_sentence,
    rebasing_sentences,
    refusal_sentence,
    trend_sentence,
)
from simulate.report.finance import finance_grounds, finance_sentence
from simulate.report.html.provenance import versions
from simulate.report.numbers import plain_dollars
from simulate.report.workbook.agreement.content import AgreementContent
from simulate.report.workbook.book import Book, Sheet
from simulate.report.workbook.summary import (
    PAIR_WIDTHS,
    SUMMARY_SHEET,
    write_contents,
    write_notes,
    write_pairs,
)


def write_agreement_summary(
    book: Book, content: AgreementContent, sheets: Iterable[tuple[str, str]]
) -> None:
    """Write the summary; `sheets` holds the name of every other sheet and what is in it."""
    run = content.run
    sheet = book.sheet(SUMMARY_SHEET, PAIR_WIDTHS, run.aco.name or run.aco.id)
    sheet.paragraph(
        f"All years of an agreement, path by path, simulated. {run.aco.id}, from "
        f"{run.plan.start_year}."
    )
    _write_answers(sheet, content)
    write_pairs(sheet, "The ACO", _facts(content))
    write_pairs(sheet, "To reproduce it", _origin(content))
    grounds = () if content.finances is None else finance_grounds(content.finances)
    write_notes(sheet, (*run.plan.notes(), *grounds))
    write_contents(sheet, sheets)


def _write_answers(sheet: Sheet, content: AgreementContent) -> None:
    run = content.run
    sheet.heading("The answer")
    compared = [] if content.comparison is None else [comparison_answer(content.comparison)]
    for text in (*compared, *agreement_answers(run)):
        sheet.paragraph(text, "text")
    for label in run.paths:
        said = (*rebasing_sentences(run, label), refusal_sentence(run, label))
        text = " ".join(filter(None, said))
        if text:
            sheet.paragraph(f"{label}: {text}", "text")
    if content.finances is not None:
        for label, path in content.finances.paths.items():
            sheet.paragraph(finance_sentence(label, path), "text")
    if assumed := assumed_sentence(run):
        sheet.paragraph(assumed)
    sheet.paragraph(
        "± is one standard error of the simulation. The uncertainty of the model and of its "
        "assumptions is not in it. Dollars are those of the year they fall in. True savings: "
        f"{run.plan.true_savings.source}. {trend_sentence(run)} {payment_sentence(run)}"
    )


def _facts(content: AgreementContent) -> list[tuple[str, str]]:
    aco, plan = content.run.aco, content.run.plan
    return [
        ("Assigned beneficiaries", f"{aco.assigned_beneficiaries:,}"),
        ("Updated benchmark a year", plain_dollars(plan.population.benchmark * plan.growth[0])),
        ("First performance year", str(plan.start_year)),
        ("Revenue", "not known" if aco.revenue_category == "unknown" else
         f"{aco.revenue_category} revenue"),
    ]  # fmt: skip


def _origin(content: AgreementContent) -> list[tuple[str, str]]:
    return [
        ("Simulated", paths_phrase(content.run)),
        ("Versions", ", ".join(f"{name} {number}" for name, number in versions())),
        ("Command", content.command or "none: called from Python"),
    ]
