"""Settle every performance year of a path of contracts on the simulated calendar years."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from simulate.agreement.outcomes import AgreementOutcomes
from simulate.agreement.path import MONTHS, PerformanceYear
from simulate.agreement.payments import cash_of_years, forfeited, payments
from simulate.agreement.plan import AgreementPlan, PlannedPath
from simulate.agreement.rules import Rebased, one_sided, rebased, refused_renewal
from simulate.agreement.simulation import SimulatedAgreement
from simulate.analysis.run import outcomes_of
from simulate.analysis.simulation import draws_of
from simulate.contracts.agreement_rules import agreement_rules
from simulate.engine.years import simulated_quality
from simulate.measures.estimate import BoolArray, FloatArray
from simulate.measures.outcomes import Outcomes
from simulate.scenario.aco import ACO
from simulate.scenario.agreement import at_year


def settle_path(
    plan: AgreementPlan,
    planned: PlannedPath,
    simulated: SimulatedAgreement,
    expenditure: FloatArray,
) -> AgreementOutcomes:
    """Settle a path of contracts in every simulated path.

    Parameters
    ----------
    plan : AgreementPlan
    planned : PlannedPath
        One of its paths.
    simulated : SimulatedAgreement
        The calendar years.
    expenditure : float64 array, shape (paths, calendar years)
        Of one view, as in `simulated`; dollars a year with the trend taken out.
    """
    return _Settling(plan, planned, simulated, expenditure).outcomes()


class _Settling:
    """One path of contracts on its way from agreement to agreement."""

    def __init__(
        self,
        plan: AgreementPlan,
        planned: PlannedPath,
        simulated: SimulatedAgreement,
        expenditure: FloatArray,
    ) -> None:
        self.plan, self.planned, self.simulated = plan, planned, simulated
        self.path, self.resolved = planned.path, planned.resolved
        self.spending = expenditure.copy() if any(planned.added) else expenditure
        #: Benchmark of each calendar year with the trend taken out; a later agreement's own.
        self.benchmarks = np.empty_like(expenditure)
        shape = len(expenditure), len(self.path.years)
        self.benchmark, self.expenditure = np.empty(shape), np.empty(shape)
        self.in_agreement = np.ones(shape, dtype=np.bool_)
        self.years: list[Outcomes] = []
        self.rebased: list[Rebased] = []
        self.refused: BoolArray | None = None

    def outcomes(self) -> AgreementOutcomes:
        level = self.simulated.benchmark
        for agreement, following in enumerate(self.path.starts[1:]):
            self._update(level, agreement)
            self._add_primary_care(agreement)
            for place in self.path.of_agreement(agreement):
                self._settle(place)
            self._test_renewal(agreement)
            if self._leads_on(agreement, following):
                self.rebased.append(self._rebase(following))
                level = self.rebased[-1].benchmark
        years = tuple(self.years)
        if self.plan.settings.termination != "none":
            years = forfeited(self.path, self.resolved, years)
        beside = cash_of_years(self.resolved, self.benchmark, self.in_agreement)
        lag, interim = self.plan.payment_lag, self._interim()
        settlements, cash = payments(self.path, self.resolved, years, beside, lag, interim)
        return AgreementOutcomes(
            self.path,
            self.resolved,
            self.benchmark,
            self.expenditure,
            years,
            self.in_agreement,
            beside,
            settlements,
            cash,
            tuple(self.rebased),
            self.refused,
            self.simulated.replicates,
        )

    def _update(self, level: FloatArray, agreement: int) -> None:
        """Fill the benchmark of an agreement's calendar years."""
        since = self.path.starts[agreement]
        # Where the next agreement begins in the second half of a year, that year is in both.
        last = self.path.years[self.path.of_agreement(agreement)[-1]].last_calendar
        for calendar_year in range(since, last + 1):
            updated = self.simulated.missed.updated(calendar_year, since)
            self.benchmarks[:, calendar_year] = level * updated

    def _add_primary_care(self, agreement: int) -> None:
        """Add what primary care payments count as expenditure, while a path is in an agreement."""
        for place in self.path.of_agreement(agreement):
            calendar_year = self.path.years[place].last_calendar
            added = self.planned.added[place] / self.plan.growth[calendar_year]
            if added:
                self.spending[:, calendar_year] += added * self.in_agreement[:, place]

    def _settle(self, place: int) -> None:
        year = self.path.years[place]
        benchmark = self._covered(self.benchmarks, year.calendar)
        expenditure = self._covered(self.spending, year.calendar)
        scores, aco = self._quality(place)
        settled = outcomes_of(self.resolved[place], aco, benchmark, expenditure, scores)
        inside = self.in_agreement[:, place]
        self.benchmark[:, place], self.expenditure[:, place] = benchmark, expenditure
        self.years.append(
            replace(
                settled if inside.all() else _outside(settled, inside),
                replicates=self.simulated.replicates,
            )
        )

    def _covered(
        self, by_calendar_year: FloatArray, calendar: tuple[tuple[int, float], ...]
    ) -> FloatArray:
        """Return the dollars of a performance year, the trend put back in."""
        amount = np.zeros(len(by_calendar_year))
        for calendar_year, part in calendar:
            amount += (part * self.plan.growth[calendar_year]) * by_calendar_year[:, calendar_year]
        return amount

    def _quality(self, place: int) -> tuple[FloatArray, ACO]:
        """Return the quality scores of a performance year, and the ACO with its standard."""
        aco, settings = self.plan.scenario.aco, self.plan.settings
        mean = at_year(settings.quality_by_year or (aco.quality_score,), place)
        draws = draws_of(self.plan.scenario)
        sd = self.plan.scenario.assumptions.quality_score_sd
        scores = simulated_quality(mean, sd, draws, len(self.spending), place)
        if not settings.quality_phase_in:
            return scores, aco
        rule = agreement_rules().quality_phase_in
        phase = place + settings.first_agreement_year - 1
        if rule.reporting_only(phase):
            return np.ones(len(scores)), _with_standard_met(aco)
        return np.asarray(rule.score(scores, phase)), aco

    def _test_renewal(self, agreement: int) -> None:
        """Leave those out of later agreements that may not renew this one."""
        settings = self.plan.settings
        places = self.path.of_agreement(agreement)
        if settings.renewal_test == "none" or not one_sided(self.resolved, places):
            return
        test = agreement_rules().renewal_tests[settings.renewal_test]
        rates = 1.0 - self.expenditure[:, places] / self.benchmark[:, places]
        msr = [self.resolved[place].terms.msr for place in places]
        met = [self._quality(place)[1].quality_standard != "failed" for place in places]
        refused = refused_renewal(rates, msr, met, test)
        if self.refused is None:
            self.refused = refused
        later = self.path.of_agreement(agreement + 1)
        if later and one_sided(self.resolved, later):
            self.in_agreement[:, later[0] :] &= ~refused[:, None]

    def _leads_on(self, agreement: int, following: int) -> bool:
        """Whether an agreement is followed by another, or could be under the same rules."""
        if agreement < len(self.path.starts) - 2:
            return True
        places = self.path.of_agreement(agreement)
        by_rules = all(self.resolved[place].contract.under_programme_rules for place in places)
        left = self.plan.settings.termination != "none"
        return by_rules and not left and following >= len(self.plan.rebasing(following).weights)

    def _rebase(self, following: int) -> Rebased:
        terms = self.plan.rebasing(following)
        base = slice(following - len(terms.weights), following)
        growth = self.plan.growth[base]
        return rebased(self.spending[:, base], self.benchmarks[:, base], growth, terms)

    def _interim(self) -> FloatArray | None:
        """Return the interim payments of the first 12 months, dollars, shape (paths,)."""
        first, rules = self.path.years[0], agreement_rules()
        if not self.plan.settings.interim_payment:
            return None
        calendar = _first_months(first, rules.interim_months.at(first.year, 1))
        settled = outcomes_of(
            self.resolved[0],
            _with_standard_met(self.plan.scenario.aco),
            self._covered(self.benchmarks, calendar),
            self._covered(self.spending, calendar),
            np.ones(len(self.spending)),
        )
        collects = rules.interim_collects_losses.at(first.year, 1)
        return settled.net if collects else settled.shared_savings


def _first_months(year: PerformanceYear, months: int) -> tuple[tuple[int, float], ...]:
    """Return the calendar years of a performance year's first months, with their parts."""
    left, found = months / MONTHS, []
    for calendar_year, part in year.calendar:
        taken = min(part, left)
        found.append((calendar_year, taken))
        left -= taken
    return tuple(found)


def _with_standard_met(aco: ACO) -> ACO:
    """Return the ACO as complete reporting leaves it: the quality standard met."""
    return aco.model_copy(update={"quality_standard": "met"})


def _outside(settled: Outcomes, inside: BoolArray) -> Outcomes:
    """Return a settlement in which the paths outside of the programme have none."""
    return replace(
        settled,
        shared_savings=settled.shared_savings * inside,
        shared_losses=settled.shared_losses * inside,
        net=settled.net * inside,
        met_msr=settled.met_msr & inside,
        met_mlr=settled.met_mlr & inside,
        limited=settled.limited & inside,
    )
