"""The finances of an agreement run: costs, capital, reinsurance and advances of every path."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from simulate.agreement.finance.advances import PrimaryCareMeasures
from simulate.agreement.finance.capital import RepaymentMeasures, measure_repayment
from simulate.agreement.finance.costs import CostMeasures, measure_costs
from simulate.agreement.finance.covers import Covered, Covers
from simulate.agreement.finance.ledger import CashMeasures, measure_ledger
from simulate.agreement.finance.notes import finance_notes, notes_of_results
from simulate.agreement.finance.reckoning import Reckoning
from simulate.agreement.finance.reinsurance import CoverMeasures, Insured, Price, measure_cover
from simulate.agreement.finance.terms import FinanceTerms, check_finance
from simulate.agreement.path import MONTHS
from simulate.agreement.plan import PlannedPath
from simulate.agreement.primary_care import member_months, primary_care_of
from simulate.agreement.run import AgreementRun
from simulate.agreement.settlement import settle_path
from simulate.agreement.simulation import ASSUMED, CHANCE_ALONE
from simulate.agreement.spending import SEARCHED, SpendingBySavings
from simulate.engine.years import Execution
from simulate.measures import estimate as of
from simulate.measures.bottom_line import BottomLine, BottomLineMeasures, measure_bottom_line
from simulate.measures.comparison import Flip, find_flips
from simulate.measures.estimate import Estimate, FloatArray

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class AdvanceMeasures:
    """How far payments in advance are paid back; dollars over all years.

    Attributes
    ----------
    advanced : float
        All that is paid in advance and has to be earned, what is outstanding at the start
        included.
    expected_recouped, expected_repaid : Estimate
        Taken off earned shared savings; repaid by the ACO beyond that.
    expected_unrecouped : Estimate
        Left at the end and not owed.
    probability_of_not_earning_it : Estimate
        Earned shared savings do not pay all of it back.
    probability_of_repaying : Estimate
        The ACO has to repay out of its own cash.
    probability_of_not_being_able_to_repay : Estimate
        Cash on hand is below zero in a quarter in which it has to.
    """

    advanced: float
    expected_recouped: Estimate
    expected_repaid: Estimate
    expected_unrecouped: Estimate
    probability_of_not_earning_it: Estimate
    probability_of_repaying: Estimate
    probability_of_not_being_able_to_repay: Estimate

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {k: v.to_dict() if isinstance(v, Estimate) else v for k, v in vars(self).items()}


@dataclass(frozen=True)
class FinanceView:
    """The finances of a path under one view of the true savings.

    Attributes
    ----------
    costs : CostMeasures
    repayment : RepaymentMeasures
    covers : dict of str to CoverMeasures
        ``stop_loss`` and ``aggregate``, where stated.
    advance : AdvanceMeasures or None
    primary_care : PrimaryCareMeasures or None
        Of ACO Primary Care Flex.
    bottom_line : BottomLineMeasures
        What is left after costs, payments in advance and reinsurance.
    cash : CashMeasures
    line : BottomLine
        What `bottom_line` is measured of.
    """

    costs: CostMeasures
    repayment: RepaymentMeasures
    covers: dict[str, CoverMeasures]
    advance: AdvanceMeasures | None
    primary_care: PrimaryCareMeasures | None
    bottom_line: BottomLineMeasures
    cash: CashMeasures
    line: BottomLine = field(repr=False, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "costs": self.costs.to_dict(),
            "repayment_mechanism": self.repayment.to_dict(),
            "reinsurance": {name: cover.to_dict() for name, cover in self.covers.items()},
            "advance": self.advance and self.advance.to_dict(),
            "primary_care": self.primary_care and self.primary_care.to_dict(),
            "bottom_line": self.bottom_line.to_dict(),
            "cash": self.cash.to_dict(),
        }


@dataclass(frozen=True)
class PathFinances:
    """The finances of one path of contracts.

    Attributes
    ----------
    terms : FinanceTerms
        Its known amounts.
    prices : dict of str to tuple of float
        Premium of each cover by performance year, of an ACO that is in the programme; dollars.
    assumed, chance_alone : FinanceView
        At the assumed true savings, and at exactly zero.
    break_even : tuple of Flip
        Known true savings, before they grow and drift as the scenario has them, at which the
        expected present value after costs is zero: where going ahead becomes the better choice.
    """

    terms: FinanceTerms
    prices: dict[str, tuple[float, ...]]
    assumed: FinanceView
    chance_alone: FinanceView
    break_even: tuple[Flip, ...]

    def of_view(self, view: int) -> FinanceView:
        """Return the finances under a view of the run."""
        return self.assumed if view == ASSUMED else self.chance_alone

    @property
    def break_even_savings(self) -> Estimate | None:
        """The lowest true savings that pay for the costs; None where none in the range does."""
        found = [flip.true_savings for flip in self.break_even if flip.true_savings is not None]
        return found[0] if found else None

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        even = self.break_even_savings
        return {
            "quarters": list(self.terms.quarters.labels),
            "break_even_savings": even and even.to_dict(),
            "break_even_searched": list(SEARCHED),
            **self.assumed.to_dict(),
            "chance_alone": self.chance_alone.to_dict(),
        }


@dataclass(frozen=True)
class Finances:
    """The finances of every path of an agreement run; ``finances["enhanced"]``.

    Attributes
    ----------
    run : AgreementRun
    paths : dict of str to PathFinances
    notes : tuple of str
    covers : Covers
        What pays for spending and losses of the run.
    """

    run: AgreementRun
    paths: dict[str, PathFinances]
    notes: tuple[str, ...]
    covers: Covers = field(repr=False)

    def __getitem__(self, label: str) -> PathFinances:
        return self.paths[self.run[label].planned.label]

    def plot(self) -> Figure:
        """Draw the cash on hand and the balance of advances by quarter, a panel a path."""
        from simulate.report.figures.cash import cash_charts

        return cash_charts(self)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        settings = self.run.scenario.finance
        return {
            "assumptions": settings.model_dump(mode="json"),
            "paths": {label: path.to_dict() for label, path in self.paths.items()},
            "notes": list(self.notes),
        }


def finances(run: AgreementRun, execution: Execution | None = None) -> Finances:
    """Reckon costs, capital, reinsurance and advances of every path of an agreement run.

    Parameters
    ----------
    run : AgreementRun
        Its scenario's section `finance` says what is reckoned.
    execution : Execution, optional
        Threads, chunks and progress; without influence on the result.

    Raises
    ------
    UserError
        Payments in advance in years that have none, or a cover that this run cannot price.
    """
    check_finance(run.plan)
    covers = Covers(run, execution)
    # What savings must come to: known ones, not the mean of a guess.
    spending = SpendingBySavings(run, execution, sd=0.0)
    found = {
        label: _finances_of_path(run, result.planned, covers, spending)
        for label, result in run.paths.items()
    }
    notes = *finance_notes(run.plan), *notes_of_results(found)
    return Finances(run, found, notes, covers)


def _finances_of_path(
    run: AgreementRun, planned: PlannedPath, covers: Covers, spending: SpendingBySavings
) -> PathFinances:
    terms = FinanceTerms(run.plan, planned)
    settled = {view: run.settled(planned, view) for view in (ASSUMED, CHANCE_ALONE)}
    recoveries = {view: covers.of_view(one, view) for view, one in settled.items()}
    asked = covers.prices(recoveries[ASSUMED], settled[ASSUMED])
    prices = {name: price.by_year for name, price in asked.items()}
    influences = {n: price.influence for n, price in asked.items() if price.influence is not None}
    views = {
        view: _view(
            Reckoning(terms, one, Covered(prices, recoveries[view], influences)),
            asked,
            run.certain(view),
        )
        for view, one in settled.items()
    }
    found = _break_even(run, terms, spending)
    return PathFinances(terms, prices, views[ASSUMED], views[CHANCE_ALONE], found)


def _view(reckoned: Reckoning, asked: dict[str, Price], certain: bool) -> FinanceView:
    terms, outcomes = reckoned.terms, reckoned.outcomes
    replicates, line = outcomes.replicates, reckoned.bottom_line
    return FinanceView(
        _costs(reckoned, certain),
        measure_repayment(
            outcomes.shared_losses,
            [year.one_sided for year in outcomes.years],
            terms.repayment(),
            certain,
            replicates,
        ),
        _covers(reckoned, asked, certain),
        _advance(reckoned, certain),
        _primary_care(reckoned),
        measure_bottom_line(line, certain, replicates),
        measure_ledger(reckoned.ledger, reckoned.balance, certain, replicates),
        line,
    )


def _covers(
    reckoned: Reckoning, asked: dict[str, Price], certain: bool
) -> dict[str, CoverMeasures]:
    """Measure each cover by what is left with all else that there is, without it and with it."""
    line, found = reckoned.bottom_line, {}
    for name, recoveries in reckoned.covered.recoveries.items():
        paid = reckoned.premiums[name]
        left = line.net - recoveries.sum(axis=1) + paid.sum(axis=1)
        both, own = line.with_shifts()["net"][1], reckoned.shifts.get(name)
        others = both if own is None or both is None else both - own[0]
        cover = Insured(left, recoveries, paid, others, both)
        measured = measure_cover(cover, certain, reckoned.outcomes.replicates)
        found[name] = replace(measured, loading=asked[name].loading)
    return found


def _costs(reckoned: Reckoning, certain: bool) -> CostMeasures:
    replicates = reckoned.outcomes.replicates
    found = measure_costs(
        reckoned.net,
        np.asarray(reckoned.outcomes.shared_savings.sum(axis=1)),
        reckoned.present_value,
        (reckoned.spent, reckoned.worth_of_costs),
        certain,
        replicates,
    )
    of_programmes = float(np.mean(reckoned.programme_costs.sum(axis=1)))
    return replace(found, programme_costs=of_programmes)


def _advance(reckoned: Reckoning, certain: bool) -> AdvanceMeasures | None:
    back, terms = reckoned.recouped, reckoned.terms
    if back is None:
        return None
    replicates = reckoned.outcomes.replicates
    repaid = np.asarray(back.repaid.sum(axis=1))
    left = back.balance[:, -1]
    owes = terms.quarters.at_settlements(back.repaid) > 0.0
    short = np.asarray((owes & (reckoned.ledger.position() < 0.0)).any(axis=1))
    never = certain or terms.shortfall == "forgiven"
    return AdvanceMeasures(
        terms.settings.advance_balance + float(np.mean(reckoned.advances.sum(axis=1))),
        of.mean(np.asarray(back.taken.sum(axis=1)), replicates),
        of.mean(repaid, replicates),
        of.mean(left, replicates),
        of.proportion(np.asarray(left + repaid > 0.0), certain, replicates),
        of.proportion(np.asarray(repaid > 0.0), never, replicates),
        of.proportion(short, never, replicates),
    )


def _primary_care(reckoned: Reckoning) -> PrimaryCareMeasures | None:
    outcomes, scenario = reckoned.outcomes, reckoned.terms.plan.scenario
    stated = primary_care_of(scenario.finance)
    if stated is None:
        return None
    months = member_months(scenario)
    parts = [year.months_inside / MONTHS for year in outcomes.path.years]
    years = np.asarray((outcomes.in_agreement * np.array(parts)).sum(axis=1))
    brought = stated.base_less_displaced * months * years

    def expected(dollars: FloatArray) -> Estimate:
        return of.mean(np.asarray(dollars), outcomes.replicates)

    return PrimaryCareMeasures(
        expected(stated.base_rate * months * years),
        expected(stated.displaced * months * years),
        expected(outcomes.beside.during.sum(axis=1) - brought),
        expected(stated.added_to_expenditure * months * years),
    )


def _break_even(
    run: AgreementRun, terms: FinanceTerms, spending: SpendingBySavings
) -> tuple[Flip, ...]:
    """Return where the expected present value after costs changes its sign."""

    def left(mean: float) -> FloatArray:
        level = spending(mean)[:, : terms.planned.path.calendar_years]
        outcomes = settle_path(run.plan, terms.planned, spending.simulated, level)
        reckoned = Reckoning(terms, outcomes, Covered({}, {}))
        return np.asarray(reckoned.present_value - reckoned.worth_of_costs)

    return tuple(find_flips(left, SEARCHED, replicates=spending.simulated.replicates))
