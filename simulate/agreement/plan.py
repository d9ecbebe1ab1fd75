"""What an agreement run will do: its paths in calendar years, their terms, the ACO at its start.

No compiler is needed, so that mistakes are met before one is loaded.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from simulate.agreement.eligibility import Standing, standing_of
from simulate.agreement.finance.checks import check_advances
from simulate.agreement.path import MONTHS, Path, PerformanceYear, dated_path
from simulate.agreement.primary_care import (
    added_to_expenditure,
    primary_care_notes,
    with_primary_care,
)
from simulate.agreement.rules import RebasingTerms, broken_rules
from simulate.agreement.stated import contracts_of, start_year_of, stated_paths
from simulate.analysis.choices import (
    DEFAULT_COMMON_SHOCK_SD,
    check_sampling,
    circumstances_of,
    noise_of,
    population_of,
)
from simulate.contracts.agreement_rules import agreement_rules
from simulate.contracts.contract import Contract
from simulate.contracts.resolution import ResolvedContract, resolve
from simulate.data.enrollment import ENROLLMENT_TYPES, national_figures
from simulate.errors import UserError
from simulate.scenario.agreement import AgreementSettings, at_year
from simulate.scenario.scenario import Scenario

if TYPE_CHECKING:
    from simulate.agreement.savings import ProgrammeYears
    from simulate.analysis.true_savings import TrueSavings
    from simulate.engine.years import View
    from simulate.population.population import Noise, Population

#: Simulated paths by default: the error of a probability stays at or below 0.36 points.
AGREEMENT_PATHS = 20_000
_MOST_BYTES = 4e9
#: Stand in a note for the performance years that it is about, and for those of the agreement.
_NAMED_YEARS, _AGREEMENT_YEARS = "{performance years}", "{years of the agreement}"


@dataclass(frozen=True)
class PlannedPath:
    """A path with the terms of each performance year.

    Attributes
    ----------
    path : Path
    resolved : tuple of ResolvedContract
        By performance year.
    broken : tuple of str
        Rules that it breaks, a sentence each; it is settled all the same.
    added : tuple of float
        What primary care payments add to the expenditure of each performance year, dollars.
    """

    path: Path
    resolved: tuple[ResolvedContract, ...]
    broken: tuple[str, ...]
    added: tuple[float, ...]

    @property
    def label(self) -> str:
        """What it is called."""
        return self.path.label

    @property
    def title(self) -> str:
        """What it is in words: of one contract alone, the contract's title."""
        titles = {one.contract.title for one in self.resolved}
        return self.path.title or (titles.pop() if len(titles) == 1 else self.path.label)


@dataclass(frozen=True)
class AgreementPlan:
    """An agreement run about to be simulated.

    Attributes
    ----------
    scenario : Scenario
        What was asked; its ACO stands in the first performance year of the agreement, its
        dollars in the year that they were stated for.
    stated_year : int
        Performance year that its dollars are of.
    start_year : int
        Calendar year in which the paths begin.
    paths : tuple of PlannedPath
    growth : tuple of float
        The trend: what the dollars of each calendar year of the longest path are of those
        that the scenario states.
    population, noise, true_savings
        As in a run of one year, the true savings without care programmes.
    programmes : tuple of ProgrammeYears
        What each care programme of the scenario comes to in each calendar year.
    assumed : tuple of str
        What was assumed because nothing was stated.
    asked : Scenario
        What gives the same run again: the ACO as it was stated, paths and their number said.
    """

    scenario: Scenario
    stated_year: int
    start_year: int
    paths: tuple[PlannedPath, ...]
    growth: tuple[float, ...]
    population: Population
    noise: Noise
    true_savings: TrueSavings
    programmes: tuple[ProgrammeYears, ...]
    assumed: tuple[str, ...]
    asked: Scenario

    @property
    def settings(self) -> AgreementSettings:
        """What the scenario states of the agreement."""
        return self.scenario.agreement

    @property
    def simulated_paths(self) -> int:
        """How many paths are simulated."""
        return self.scenario.run.years

    @property
    def calendar_years(self) -> int:
        """Calendar years of the longest path."""
        return len(self.growth)

    @property
    def payment_lag(self) -> float:
        """Years from the end of a performance year to its settlement."""
        stated = self.settings.payment_lag
        return agreement_rules().of_year("payment_lag", 0) if stated is None else stated

    @property
    def missed_at_start_sd(self) -> float:
        """How uncertain an agreement's first benchmark is by what updates miss: a logarithm.

        What the common shock is lowered by, so that a first year scatters as a single one does.
        """
        if not _calibrated_shock(self.scenario):
            return 0.0
        left = self.noise.common_shock_sd
        return math.sqrt(max(DEFAULT_COMMON_SHOCK_SD**2 - left**2, 0.0))

    def rebasing(self, calendar_year: int) -> RebasingTerms:
        """Return the terms of rebasing for an agreement from a calendar year, from 0."""
        rules, stated = agreement_rules(), self.settings.prior_savings_share
        year = self.start_year + calendar_year
        share = rules.of_year("prior_savings_share", year) if stated is None else stated
        weights = rules.of_year("base_year_weights", year)["later"]
        cap = rules.of_year("prior_savings_cap", year) * _national_dollars(self)
        return RebasingTerms(weights, self.settings.regional_adjustment, share, cap)

    def savings_by_year(self) -> tuple[View, ...]:
        """Return the assumed true savings of each calendar year, programmes included."""
        from simulate.agreement.simulation import assumed_course

        return assumed_course(self, self.true_savings.view).by_year()

    def notes(self) -> tuple[str, ...]:
        """Return what the reader must know: of the ACO, broken rules, and terms, each once."""
        from simulate.analysis.interventions import intervention_notes

        of_programmes = intervention_notes(self.scenario, of_agreement=True)
        notes = *self.scenario.aco.notes, *_gathered_notes(self.paths), *of_programmes
        notes = *notes, *primary_care_notes(self.scenario)
        return (*self.broken_rules(), *_update_note(self.scenario), *notes)

    def broken_rules(self) -> tuple[str, ...]:
        """Return the rules that paths break, a sentence each."""
        return tuple(sentence for planned in self.paths for sentence in planned.broken)


def agreement_plan(scenario: Scenario, paths: Sequence[str] | None = None) -> AgreementPlan:
    """Resolve what a scenario says of an agreement.

    Parameters
    ----------
    scenario : Scenario
    paths : sequence of str, optional
        Instead of the scenario's own; see `simulate.agreement.notation.read_path`.

    Raises
    ------
    UserError
        Anything stated that cannot be simulated or settled.
    """
    settings = scenario.agreement
    start_year = start_year_of(scenario)
    written, assumed = stated_paths(scenario, start_year, paths)
    dated = [dated_path(path, settings, start_year) for path in written]
    _check_settings(scenario, start_year)
    check_advances(scenario, start_year, max(path.years[-1].year for path in dated))
    stated_year = scenario.aco.performance_year
    labels = [path.label for path in written]
    asked = scenario.with_values({"years": agreement_paths(scenario), "agreement.paths": labels})
    standing, stated_aco = standing_of(scenario, start_year), scenario.aco
    scenario = _at_start(scenario, start_year)
    contracts = with_primary_care(scenario, contracts_of(scenario, written, dated))
    span = max(path.calendar_years for path in dated)
    growth = _growth(settings, start_year - stated_year, span)
    planned = tuple(_planned(scenario, path, contracts, standing, growth) for path in dated)
    _check_length(scenario.run.years, span)
    check_sampling(scenario)
    _check_programmes(scenario, start_year, span)
    # scipy is loaded from here on, after every mistake in paths has been met.
    from simulate.analysis.true_savings import resolve_true_savings

    population = population_of(scenario)
    return AgreementPlan(
        scenario,
        stated_year,
        start_year,
        planned,
        growth,
        population,
        _noise(scenario, population),
        resolve_true_savings(scenario.assumptions, stated_aco, scenario.aco.agreement_start_year),
        _programmes(scenario, population, span),
        assumed,
        asked,
    )


def agreement_paths(scenario: Scenario) -> int:
    """Return how many paths are simulated: stated, else `AGREEMENT_PATHS`.

    Where a precision is stated in their place, it is known only after a pilot.
    """
    stated = "years" in scenario.run.model_fields_set
    return scenario.run.years if stated else AGREEMENT_PATHS


def _check_settings(scenario: Scenario, start_year: int) -> None:
    settings, rules = scenario.agreement, agreement_rules()
    long_years = rules.long_first_year.value or {}
    if settings.interim_payment and (not settings.months or settings.months[0] not in long_years):
        raise UserError(
            "agreement.interim_payment = true: only a first performance year of 18 or 21 months "
            f"has an interim payment ({rules.interim_months.reference}); state "
            "agreement.months = 18 or 21."
        )
    if settings.renewal_test != "none" and settings.first_agreement_year > 1:
        tested = rules.renewal_tests[settings.renewal_test]
        raise UserError(
            f"agreement.renewal_test = {settings.renewal_test} with first_agreement_year = "
            f"{settings.first_agreement_year}: the test is of the first {tested.value} years of an "
            f"agreement ({tested.reference}), which would not all be simulated. Start at year 1."
        )
    last = 2014
    if settings.quality_phase_in and start_year > last:
        raise UserError(
            f"agreement.quality_phase_in = true with a start in {start_year}: the phase-in is that "
            f"of agreements from 2012 to {last} ({rules.quality_phase_in.reference}). State "
            "quality_by_year instead."
        )


def _check_programmes(scenario: Scenario, start_year: int, span: int) -> None:
    for stated in scenario.interventions:
        if stated.starts_in_year > span:
            raise UserError(
                f"interventions.{stated.name}.starts_in_year = {stated.starts_in_year}: the paths "
                f"have {span} calendar years, {start_year} to {start_year + span - 1}; state one "
                f"of 1 to {span}, or leave the intervention out."
            )


def _programmes(
    scenario: Scenario, population: Population, span: int
) -> tuple[ProgrammeYears, ...]:
    from simulate.analysis.interventions import effects_by_year

    return tuple(
        effects_by_year(scenario, stated, population, span) for stated in scenario.interventions
    )


def _at_start(scenario: Scenario, start_year: int) -> Scenario:
    """Return the scenario with its ACO in the first year of the agreement."""
    year = scenario.agreement.first_agreement_year
    aco = scenario.aco.model_copy(update={"performance_year": start_year, "agreement_year": year})
    settings = scenario.run.model_copy(update={"years": agreement_paths(scenario)})
    return scenario.model_copy(update={"aco": aco, "run": settings})


def _planned(
    scenario: Scenario,
    path: Path,
    contracts: dict[str, Contract],
    standing: Standing,
    growth: tuple[float, ...],
) -> PlannedPath:
    resolved = tuple(
        _resolved(
            _with_revenue_of(scenario, growth[year.last_calendar]),
            path,
            year,
            contracts[year.contract_id],
            standing.start_year,
        )
        for year in path.years
    )
    before = scenario.agreement.one_sided_years_before
    broken = tuple(broken_rules(path, resolved, standing, before))
    return PlannedPath(path, resolved, broken, added_to_expenditure(scenario, path))


def _with_revenue_of(scenario: Scenario, growth: float) -> Scenario:
    """Return the scenario with participant revenue in dollars of a year of the path."""
    stated = scenario.aco.participant_revenue
    if stated is None:
        return scenario
    aco = scenario.aco.model_copy(update={"participant_revenue": growth * stated})
    return scenario.model_copy(update={"aco": aco})


def _gathered_notes(paths: Sequence[PlannedPath]) -> Iterator[str]:
    """Yield each note on terms once, with the contracts and the years that it holds for."""
    holders: dict[str, dict[str, None]] = {}
    years: dict[str, list[PerformanceYear]] = {}
    for planned in paths:
        for year, terms in zip(planned.path.years, planned.resolved, strict=True):
            for note in terms.notes:
                text = _without_years(note, year)
                holders.setdefault(text, {})[year.contract_id] = None
                years.setdefault(text, []).append(year)
    for text, ids in holders.items():
        yield f"{', '.join(ids)}: {_with_years(text, years[text])}"


def _without_years(note: str, year: PerformanceYear) -> str:
    """Return a note with a mark in place of its performance year, and of that of the agreement."""
    note = note.replace(f"performance year {year.year}", _NAMED_YEARS)
    return note.replace(f"this is year {year.agreement_year} ", f"{_AGREEMENT_YEARS} ")


def _with_years(text: str, years: Sequence[PerformanceYear]) -> str:
    """Return a note with the years that it holds for in place of the marks."""
    calendar = sorted({year.year for year in years})
    of_agreement = sorted({year.agreement_year for year in years})
    named = f"performance year{'s' if len(calendar) > 1 else ''} {_listed(calendar)}"
    verb = "these are years" if len(of_agreement) > 1 else "this is year"
    text = text.replace(_NAMED_YEARS, named)
    return text.replace(_AGREEMENT_YEARS, f"{verb} {_listed(of_agreement)}")


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))


def _resolved(
    scenario: Scenario, path: Path, year: PerformanceYear, contract: Contract, start_year: int
) -> ResolvedContract:
    settings = scenario.agreement
    began = start_year + path.starts[year.agreement]
    if year.agreement == 0:
        began -= settings.first_agreement_year - 1
    circumstances = replace(
        circumstances_of(scenario),
        performance_year=year.year,
        agreement_year=year.agreement_year,
        agreement_start_year=began,
        months_in_year=min(year.months, MONTHS),
    )
    if settings.termination != "none" and year is path.years[-1]:
        circumstances = replace(
            circumstances,
            termination=settings.termination,
            months_in_programme=settings.termination_months,
        )
    return resolve(contract, circumstances)


def _growth(settings: AgreementSettings, years_before: int, span: int) -> tuple[float, ...]:
    """Return the trend of each calendar year, from the dollars that the scenario states."""
    level = 1.0
    for _ in range(abs(years_before)):
        update = 1.0 + settings.benchmark_update[0]
        level = level * update if years_before > 0 else level / update
    found = [level]
    for year in range(1, span):
        found.append(found[-1] * (1.0 + at_year(settings.benchmark_update, year - 1)))
    return tuple(found)


def _noise(scenario: Scenario, population: Population) -> Noise:
    """Return the noise; the common shock is lowered by what the update is said to miss.

    Published rates say how far spending and benchmark move apart from one year to the next:
    twice the variance of the common shock. Where a part of it lasts until rebasing, as what
    an update misses does, it adds its variance once, and the shock keeps the rest; in an
    agreement's first year that part is there too (`AgreementPlan.missed_at_start_sd`).
    """
    noise = noise_of(scenario.assumptions, population)
    missed = scenario.agreement.benchmark_update_sd
    if missed == 0.0 or not _calibrated_shock(scenario):
        return noise
    left = math.sqrt(max(DEFAULT_COMMON_SHOCK_SD**2 - 0.5 * missed**2, 0.0))
    return replace(noise, common_shock_sd=left)


def _update_note(scenario: Scenario) -> Iterator[str]:
    missed, most = scenario.agreement.benchmark_update_sd, math.sqrt(2.0) * DEFAULT_COMMON_SHOCK_SD
    if _calibrated_shock(scenario) and missed > most:
        yield (
            f"agreement.benchmark_update_sd = {missed:g}: above {most:.4f} savings rates change "
            "from year to year by more than published ones do, even without any common shock."
        )


def _calibrated_shock(scenario: Scenario) -> bool:
    """Whether the common shock is that of published results, not one that was stated."""
    assumptions = scenario.assumptions
    return assumptions.common_shock_sd is None and assumptions.noise_constant is None


def _national_dollars(plan: AgreementPlan) -> float:
    """Return national spending of the ACO's person-years, dollars of the stated year."""
    figures = national_figures()
    by_type = [figures["assignable_per_capita"][name] for name in ENROLLMENT_TYPES]
    years = plan.population.person_years
    stated = sum(p * x for p, x in zip(years, by_type, strict=True))
    update = 1.0 + plan.settings.benchmark_update[0]
    return float(stated * update ** (plan.stated_year - figures["year"]))


def most_paths(span: int) -> int:
    """Return how many simulated paths of so many calendar years memory holds."""
    return int(_MOST_BYTES / _bytes_a_path(span))


def _check_length(paths: int, span: int) -> None:
    needed = _bytes_a_path(span) * paths
    if needed > _MOST_BYTES:
        raise UserError(
            f"years = {paths:,}: so many paths of {span} years take {needed / 1e9:.1f} GB of "
            f"memory. At most {most_paths(span):,} can be simulated here."
        )


def _bytes_a_path(span: int) -> int:
    # Two views and the results of a path, eight bytes each: 23 a year were measured.
    return 8 * span * 24
