"""What an agreement's results rest on: assumptions as resolved, every key of the scenario."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from simulate.report.workbook.agreement.content import AgreementContent, write_band
from simulate.report.workbook.book import Book, Sheet
from simulate.report.workbook.inputs import INPUT_HEADERS, INPUTS_SHEET, write_keys

#: Settings of the agreement that are filled in where they are left out.
_RESOLVED = {"start_year", "payment_lag"}
_WIDTHS = (34.0, 30.0, 12.0, 96.0, 60.0)


def write_agreement_inputs(book: Book, content: AgreementContent) -> None:
    """Write the resolved assumptions, then every key that the scenario could state."""
    sheet = book.sheet(INPUTS_SHEET, _WIDTHS, "Inputs and assumptions")
    sheet.paragraph(
        "What every figure rests on: assumptions as resolved (rates and standard deviations are "
        "fractions), then each key of the scenario as stated. Change them with --set KEY=VALUE or "
        "in a scenario file and run again."
    )
    header = sheet.header(INPUT_HEADERS, range(1, 2))
    sheet.keep(header)
    models = _models(content)
    _write_resolved(sheet, content, models)
    for title, model in models.items():
        write_keys(sheet, f"Keys of the scenario: {title}", model)


def _write_resolved(sheet: Sheet, content: AgreementContent, models: dict[str, BaseModel]) -> None:
    """Write the assumptions that are more than keys of the agreement, which come below."""
    meanings = {
        name: field.description or ""
        for model in models.values()
        for name, field in type(model).model_fields.items()
    }
    resolved = content.run.assumptions()
    source = resolved.pop("true_savings_source")
    below = type(content.run.plan.settings).model_fields.keys() - _RESOLVED
    write_band(sheet, "As resolved")
    for name, value in resolved.items():
        if name not in below:
            told = source if name == "true_savings" else ""
            _write_assumption(sheet, name, value, meanings.get(name, ""), told)


def _models(content: AgreementContent) -> dict[str, BaseModel]:
    """Return the parts of the scenario that an agreement rests on."""
    asked = content.run.plan.asked
    models: dict[str, BaseModel] = {
        "the ACO": asked.aco,
        "assumptions": asked.assumptions,
        "the run": asked.run,
        "the agreement": asked.agreement,
    }
    models |= {f"intervention {each.name}": each for each in asked.interventions}
    if content.finances is not None:
        models["finance"] = asked.finance
    return models


def _write_assumption(sheet: Sheet, name: str, value: Any, meaning: str, source: str) -> None:
    words = name.replace("_", " ").capitalize()
    shown: tuple[Any, ...] = (_plain(value), "text", "right")
    if isinstance(value, int | float) and not isinstance(value, bool):
        shown = (float(f"{value:.6g}"), "line", "right")
    sheet.line([(words, "text", "bold"), shown, (None,), (meaning, "text"), (source, "text")])


def _plain(value: Any) -> str:
    if value is None or value in ("", [], {}):
        return "left out"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return ", ".join(_plain(one) for one in value)
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_plain(one)}" for key, one in value.items())
    return f"{value:.6g}" if isinstance(value, float) else str(value)
