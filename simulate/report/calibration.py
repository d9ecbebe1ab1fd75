"""What the terminal shows of a calibration from claims."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from simulate.data.enrollment import ENROLLMENT_NAMES
from simulate.report.numbers import plain_percent
from simulate.report.terminal import console, plain_table

if TYPE_CHECKING:
    from simulate.population.calibrate import Calibration, TypeCalibration
    from simulate.population.fitting import FamilyFit

#: From this share of rows on, what is left out may decide the result.
_MUCH = 0.1


def show_calibration(calibration: Calibration, path: str) -> None:
    """Print what was read, left out and fitted, and where the spend model stands."""
    out = console()
    for source in calibration.sources:
        years = ", ".join(str(year) for year in source.years)
        out.print(f"{source.name}: {source.rows:,} rows, {years}")
    _show_findings(calibration)
    for name, found in zip(ENROLLMENT_NAMES, calibration.types.values(), strict=True):
        _show_type(name, found)
    for note in calibration.notes:
        out.print(Text(note, style="dim"))
    out.print(f"Wrote {path}. Use it with: simulate run --aco ID --set spend_model={path}")


def _show_findings(calibration: Calibration) -> None:
    if not calibration.findings:
        return
    out = console()
    table = plain_table("Rows left out or adjusted")
    for header in ("what", "rows", "first, file and row"):
        table.add_column(header, justify="right" if header == "rows" else "left")
    for finding in calibration.findings:
        table.add_row(finding.meaning, f"{finding.count:,}", f"{finding.file}, row {finding.row:,}")
    out.print()
    out.print(table)
    read = sum(source.rows for source in calibration.sources)
    left_out = sum(finding.count for finding in calibration.findings)
    if left_out > _MUCH * read:
        out.print(
            f"{left_out:,} of {read:,} rows are left out or adjusted: look at why before you use "
            "the result.",
            style="bold red",
        )


def _show_type(name: str, found: TypeCalibration) -> None:
    out = console()
    out.print()
    if found.sample is None or found.chosen is None:
        out.print(f"{name}: too few rows; the default model stands in.", style="bold")
        return
    years = found.years
    people = sum(year.count for year in years)
    out.print(
        f"{name}: {people:,} beneficiary-years, ${years[-1].per_capita:,.0f} per person-year, "
        f"truncated at ${years[-1].truncation_point:,.0f} ({years[-1].year})",
        style="bold",
    )
    table = plain_table()
    for header in (
        "family",
        "AIC above best",
        "truncated mean",
        "truncated CV",
        "top 1 %",
        "top 5 %",
    ):
        table.add_column(header, justify="left" if header == "family" else "right")
    best = min((fit.aic for fit in found.fits if fit.aic is not None), default=0.0)
    for fit in found.fits:
        mark = " (used)" if fit.family == found.chosen.family else ""
        table.add_row(fit.family + mark, _above(fit, best), *_figures(fit))
    data = found.sample.figures
    table.add_row(
        "the data",
        "",
        f"{data.truncated_mean:.3f}",
        f"{data.truncated_cv:.2f}",
        plain_percent(data.concentration[0], 1),
        plain_percent(data.concentration[1], 1),
    )
    out.print(table)
    if found.recommendation is not None:
        out.print(Text(found.recommendation.reason, style="dim"))


def _above(fit: FamilyFit, best: float) -> str:
    return "-" if fit.aic is None else f"{fit.aic - best:,.1f}"


def _figures(fit: FamilyFit) -> list[str]:
    figures = fit.figures
    return [
        f"{figures.truncated_mean:.3f}",
        f"{figures.truncated_cv:.2f}",
        plain_percent(figures.concentration[0], 1),
        plain_percent(figures.concentration[1], 1),
    ]
