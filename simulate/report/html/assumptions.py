"""What a run rests on: the ACO and every assumption, with its meaning and its source."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from simulate.analysis.choices import DEFAULT_COMMON_SHOCK_SD, chosen_msr
from simulate.data.enrollment import ENROLLMENT_NAMES
from simulate.engine.shared_draws import REPLICATES
from simulate.errors import UserError
from simulate.population.spend import spend_defaults
from simulate.population.spend_file import load_spend_file
from simulate.report.numbers import plain_dollars, plain_percent
from simulate.report.sentences import precision_phrase

if TYPE_CHECKING:
    from simulate.analysis.run import Run
    from simulate.scenario.aco import ACO

_PUBLIC_USE_FILES = (
    "Default, unconfirmed: estimated from CMS's published results, changes of ACOs within one "
    "agreement, performance years 2021 to 2024"
)


#: Units of the numbers behind the lines.
DOLLARS, PERCENT, POINTS = "$ a year", "percent", "percentage points"


class Row(NamedTuple):
    """One line of the table of assumptions.

    `value` is what is shown; where that is one number, `number` and `unit` are what it
    is made of: dollars, or fractions for percent and percentage points.
    """

    name: str
    value: str
    meaning: str
    source: str
    number: float | None = None
    unit: str = ""


class Section(NamedTuple):
    """Lines of the table of assumptions that belong together."""

    title: str
    rows: list[Row]


def aco_facts(run: Run) -> list[tuple[str, str]]:
    """Return what identifies the ACO, for the head of the report."""
    aco = run.aco
    facts = [
        ("Assigned beneficiaries", f"{aco.assigned_beneficiaries:,}"),
        ("Updated benchmark", plain_dollars(run.population.benchmark)),
    ]
    if aco.savings_rate is not None:
        facts.append(("Published savings rate", plain_percent(aco.savings_rate)))
    facts.append(("Quality score", plain_percent(aco.quality_score)))
    facts.append(("Revenue", "not known" if aco.revenue_category == "unknown" else
                  f"{aco.revenue_category} revenue"))  # fmt: skip
    if aco.contract:
        facts.append(("Contract that year", aco.contract))
    return facts


def assumption_rows(run: Run) -> list[Section]:
    """Return every resolved number that the results rest on."""
    return [
        Section("The ACO", _aco_rows(run)),
        Section("True savings and luck", _noise_rows(run)),
        Section("Spending of one beneficiary", _spend_rows(run)),
        Section("The settlement", _settlement_rows(run)),
        *([Section("The simulation", _simulation_rows(run))] if run.years else []),
    ]


def _aco_rows(run: Run) -> list[Row]:
    aco, population = run.aco, run.population
    source = _Sources(aco)
    rows = [
        Row("Assigned beneficiaries", f"{aco.assigned_beneficiaries:,}",
            "How many are drawn each year; sets the size table of the MSR",
            source("assigned_beneficiaries"), aco.assigned_beneficiaries, "beneficiaries"),
        Row("Updated benchmark", plain_dollars(population.benchmark),
            "Dollars per performance year, truncated basis",
            "Person-years times benchmark per person-year, below", population.benchmark, DOLLARS),
    ]  # fmt: skip
    for name, count, years, benchmark in zip(
        ENROLLMENT_NAMES,
        population.beneficiaries,
        population.person_years,
        population.benchmark_per_capita,
        strict=True,
    ):
        rows.append(
            Row(
                f"Enrollment type {name}",
                f"{years:,.0f} person-years at ${benchmark:,.0f}",
                f"{count:,} beneficiaries; benchmark per person-year, truncated basis",
                f"{source('person_years')}; benchmark split over types in proportion to "
                "expenditure per person-year"
                if source.published
                else source("benchmark_per_capita"),
            )
        )
    if aco.savings_rate is not None:
        rows.append(Row("Published savings rate", plain_percent(aco.savings_rate),
                        "Measured, a share of the benchmark", source("savings_rate"),
                        aco.savings_rate, PERCENT))  # fmt: skip
    return rows


def is_published(aco: ACO) -> bool:
    """Return whether size, person-years and benchmark of an ACO are those that CMS published."""
    published = _published(aco)
    names = ("assigned_beneficiaries", "person_years", "benchmark_per_capita", "quality_score")
    return published is not None and all(getattr(published, n) == getattr(aco, n) for n in names)


def _published(aco: ACO) -> ACO | None:
    try:
        return type(aco).from_published_results(aco.id, aco.performance_year)
    except UserError:
        return None


class _Sources:
    """Where each number of an ACO comes from: CMS's published row, or the user."""

    def __init__(self, aco: ACO) -> None:
        self.aco = aco
        self.published = _published(aco)

    def __call__(self, field: str) -> str:
        same = self.published is not None and (
            getattr(self.published, field) == getattr(self.aco, field)
        )
        if same and field in self.aco.model_fields_set:
            return f"CMS published results, performance year {self.aco.performance_year}"
        return "stated" if field in self.aco.model_fields_set else "default"


def _noise_rows(run: Run) -> list[Row]:
    view, noise = run.true_savings.view, run.noise
    stated = run.scenario.assumptions.model_fields_set
    people = noise.people * run.population.people_noise_constant
    size = run.population.size
    sd = run.assumptions()["savings_rate_sd_by_chance"]
    return [
        Row("True savings, mean", plain_percent(view.mean),
            "The ACO's real effect, a share of the benchmark", run.true_savings.source,
            view.mean, PERCENT),
        Row("True savings, standard deviation", _points(view.sd),
            "How uncertain the true savings are; anew each year",
            run.true_savings.source, view.sd, POINTS),
        Row("Luck of the people", _points(people / math.sqrt(size)),
            f"{people:.2f} over the square root of assigned beneficiaries",
            _people_source(run), people / math.sqrt(size), POINTS),
        Row("Practice clusters", _points(noise.practice_sd),
            "People of one practice share luck and habits; shrinks with size",
            _practice_source(run), noise.practice_sd, POINTS),
        Row("Common shock of a year", _points(noise.common_shock_sd),
            "The same for every member; does not shrink with size",
            _shock_source(run, stated), noise.common_shock_sd, POINTS),
        Row("All of it together", _points(sd),
            "Standard deviation of the savings rate by chance alone",
            "result of the simulation" if run.years else "result of the exact engine",
            sd, POINTS),
    ]  # fmt: skip


def _people_source(run: Run) -> str:
    constant = run.scenario.assumptions.noise_constant
    if constant is not None:
        return f"scaled to the stated noise_constant of {constant:g}"
    if run.noise.people == 0.0:
        return "stated: people_noise = false"
    return "follows from the spending of one beneficiary, below"


def _practice_source(run: Run) -> str:
    assumptions = run.scenario.assumptions
    if assumptions.noise_constant is not None:
        return f"what the stated noise_constant of {assumptions.noise_constant:g} leaves"
    default = type(assumptions).model_fields["practice_noise_constant"].default
    constant = assumptions.practice_noise_constant
    over = f"{constant:g} over the square root of assigned beneficiaries"
    return f"stated: {over}" if constant != default else f"{_PUBLIC_USE_FILES}: {over}"


def _shock_source(run: Run, stated: set[str]) -> str:
    if "common_shock_sd" in stated and run.scenario.assumptions.common_shock_sd is not None:
        return "stated"
    if run.noise.common_shock_sd == DEFAULT_COMMON_SHOCK_SD:
        return f"{_PUBLIC_USE_FILES}: 0.65 points, 0.43 to 0.86"
    return "none: noise_constant is stated and stands for all luck"


def _spend_rows(run: Run) -> list[Row]:
    stated = run.scenario.assumptions.truncated_cv.stated()
    file = run.scenario.assumptions.spend_model
    fitted = () if file is None else load_spend_file(file).from_data
    rows = []
    for name, model in zip(ENROLLMENT_NAMES, run.population.models, strict=True):
        default = spend_defaults()["types"][model.enrollment_type]
        mark = "" if default["confidence"] == "confirmed" else " (unconfirmed)"
        if model.enrollment_type in stated:
            source = "stated"
        elif model.enrollment_type in fitted:
            source = f"fitted to claims: {file}"
        else:
            source = default["reference"] + mark
        rows.append(
            Row(
                f"Truncated CV, {name}",
                f"{model.truncated_cv:.2f}",
                f"Standard deviation over mean of truncated spending; truncated at "
                f"{model.truncation:.1f} times the mean, {plain_percent(model.shape.zero_mass, 0)} "
                "spend nothing",
                source,
                model.truncated_cv,
                "ratio",
            )
        )
    return rows


def _settlement_rows(run: Run) -> list[Row]:
    aco = run.aco
    source = _Sources(aco)
    revenue = aco.participant_revenue
    return [
        Row("Quality score", plain_percent(aco.quality_score), "Taken as known",
            source("quality_score"), aco.quality_score, PERCENT),
        Row("Quality performance standard", aco.quality_standard,
            "met, alternative or failed (42 CFR 425.512)", source("quality_standard")),
        Row("Choice of MSR and MLR", _msr_words(chosen_msr(run.scenario)),
            "Where a contract gives the choice (42 CFR 425.605(b)(2))", _msr_source(run)),
        Row("Revenue category", aco.revenue_category,
            "Low revenue ACOs in BASIC can share below the MSR at half the rate",
            source("revenue_category")),
        Row("Participant revenue", "not stated" if revenue is None else plain_dollars(revenue),
            "Can lower the loss limit of BASIC C to E and Track 1+",
            source("participant_revenue"), revenue, DOLLARS),
        Row("Year of the agreement", str(aco.agreement_year),
            "Sets terms that change over an agreement", source("agreement_year"),
            aco.agreement_year, "year"),
    ]  # fmt: skip


def _simulation_rows(run: Run) -> list[Row]:
    quasi_random = run.scenario.run.sampling == "quasi-random"
    stated = run.scenario.run.model_fields_set
    how = (
        f"More evenly than by chance: randomised Sobol' points in {REPLICATES} independent "
        "sets, whose spread gives the standard errors"
        if quasi_random
        else "Each year on its own"
    )
    years_source = "stated" if "years" in stated else "default"
    return [
        Row("Performance years", f"{run.years:,}", "Simulated; the more, the smaller ±",
            precision_phrase(run) or years_source, run.years, "years"),
        Row("Shared factors of a year", run.scenario.run.sampling,
            f"How true savings, practices, common shock and quality are drawn. {how}",
            "stated" if "sampling" in stated else "default"),
    ]  # fmt: skip


def _msr_words(choice: str) -> str:
    return "size table" if choice == "table" else f"{choice} %"


def _msr_source(run: Run) -> str:
    if run.scenario.assumptions.msr is not None:
        return "stated"
    if run.aco.published_msr is not None:
        return "the choice behind the published MSR"
    return "default"


def _points(value: float) -> str:
    return f"{100.0 * value:.2f} points"
