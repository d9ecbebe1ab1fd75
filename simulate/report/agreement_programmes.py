"""Care programmes of an agreement run, by calendar year: the same rows on terminal and page."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from simulate.report.numbers import plain_dollars

if TYPE_CHECKING:
    from simulate.agreement.plan import AgreementPlan
    from simulate.engine.years import View
    from simulate.population.intervention import ProgrammeEffect

ADDED = "what they add to the true savings, in points of the benchmark"
#: What stands below the rows.
EXPLAINED = (
    "± of points: one standard deviation, of the uncertain effect and of who takes part. The "
    "effect of a programme lasts through the years and grows with the benchmark. By chance alone "
    "is without programmes. Net outcomes are before what programmes cost."
)


def programme_headings(plan: AgreementPlan) -> list[str]:
    """Return the headings of `programme_rows`; a line break where one may be."""
    headings = ["calendar year"]
    for years in plan.programmes:
        programme = years[0].programme
        headings += [f"{programme.name}:\nparticipants", "it adds,\npoints"]
        headings += ["it costs"] if programme.cost else []
    return [*headings, "true savings\nin all, %"]


def programme_rows(plan: AgreementPlan) -> list[list[str]]:
    """Return a row for each calendar year, years that are the same in one row."""
    by_year = list(zip(*plan.programmes, strict=True))
    in_all = plan.savings_by_year()
    cells = [_cells(plan, place, year, in_all[place]) for place, year in enumerate(by_year)]
    years = range(plan.start_year, plan.start_year + len(cells))
    rows = []
    for shown, group in groupby(zip(years, cells, strict=True), key=lambda pair: pair[1]):
        same = [year for year, _ in group]
        rows.append([str(same[0]) if len(same) == 1 else f"{same[0]}-{same[-1]}", *shown])
    return rows


def _cells(
    plan: AgreementPlan, place: int, effects: Sequence[ProgrammeEffect], in_all: View
) -> list[str]:
    benchmark, growth = plan.population.benchmark, plan.scenario.finance.cost_growth
    cells = []
    for effect in effects:
        mean, sd = (100.0 * dollars / benchmark for dollars in (effect.savings, effect.savings_sd))
        cells += [f"{effect.participants:,.0f}", points(mean, sd)]
        if effect.programme.cost:
            cells.append(plain_dollars(effect.cost * (1.0 + growth) ** place))
    return [*cells, points(100.0 * in_all.mean, 100.0 * in_all.sd)]


def points(mean: float, sd: float) -> str:
    """Return points of the benchmark with their standard deviation: ``0.13 ±0.13``."""
    shown = f"{round(mean, 2) + 0.0:.2f}"
    return f"{shown} ±{sd:.2f}" if sd else shown
