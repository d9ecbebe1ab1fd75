"""The finances of an agreement run: costs, capital, reinsurance and advances of every path."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from simulate.agreement.compare import SEARCHED, SpendingBySavings
from simulate.agreement.finance.advances import Recouped, recoup
from simulate.agreement.finance.capital import RepaymentMeasures, measure_repayment
from simulate.agreement.finance.costs import CostMeasures, measure_costs
from simulate.agreement.finance.covers import Covers
from simulate.agreement.finance.ledger import CashMeasures, Ledger, measure_ledger
from simulate.agreement.finance.reinsurance import CoverMeasures, measure_cover
from simulate.agreement.finance.terms import FinanceTerms, check_finance, finance_notes
from simulate.agreement.outcomes import AgreementOutcomes
from simulate.agreement.plan import PlannedPath
from simulate.agreement.run import AgreementRun
from simulate.agreement.settlement import settle_path
from simulate.agreement.simulation import ASSUMED, CHANCE_ALONE, SimulatedAgreement
from simulate.engine.years import Execution
from simulate.measures import estimate as of
from simulate.measures.cash import discount_factors
from simulate.measures.comparison import Flip, find_flips
from simulate.measures.estimate import Estimate, FloatArray


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
    cash : CashMeasures
    """

    costs: CostMeasures
    repayment: RepaymentMeasures
    covers: dict[str, CoverMeasures]
    advance: AdvanceMeasures | None
    cash: CashMeasures

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "costs": self.costs.to_dict(),
            "repayment_mechanism": self.repayment.to_dict(),
            "reinsurance": {name: cover.to_dict() for name, cover in self.covers.items()},
            "advance": self.advance and self.advance.to_dict(),
            "cash": self.cash.to_dict(),
        }


@dataclass(frozen=True)
class PathFinances:
    """The finances of one path of contracts.

    Attributes
    ----------
    terms : FinanceTerms
        Its known amounts.
    assumed, chance_alone : FinanceView
        At the assumed true savings, and at exactly zero.
    break_even : tuple of Flip
        True savings, without uncertainty, at which the expected present value after costs
        is zero: where going ahead becomes the better of two choices.
    """

    terms: FinanceTerms
    assumed: FinanceView
    chance_alone: FinanceView
    break_even: tuple[Flip, ...]

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
    """

    run: AgreementRun
    paths: dict[str, PathFinances]
    notes: tuple[str, ...]

    def __getitem__(self, label: str) -> PathFinances:
        return self.paths[self.run[label].planned.label]

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
    return Finances(run, found, tuple(finance_notes(run.plan)))


def _finances_of_path(
    run: AgreementRun, planned: PlannedPath, covers: Covers, spending: SpendingBySavings
) -> PathFinances:
    terms = FinanceTerms(run.plan, planned)
    settled = {v: _settled(run, terms, v) for v in (ASSUMED, CHANCE_ALONE)}
    recoveries = {v: covers.recoveries(one.outcomes, v) for v, one in settled.items()}
    priced = covers.premiums(recoveries[ASSUMED])
    views = {v: _view(one, recoveries[v], priced) for v, one in settled.items()}
    return PathFinances(
        terms, views[ASSUMED], views[CHANCE_ALONE], _break_even(run, terms, spending)
    )


def _settled(run: AgreementRun, terms: FinanceTerms, view: int) -> _Settled:
    spent = run.simulated.expenditure[view]
    return _Settled(terms, _settle(terms, run.simulated, spent), run.certain(view))


class _Settled:
    """One path of contracts settled under one view, with what Primary Care Flex pays."""

    def __init__(self, terms: FinanceTerms, outcomes: AgreementOutcomes, certain: bool) -> None:
        self.terms, self.outcomes, self.certain = terms, outcomes, certain
        self.credit, self.moved = _credit(terms, outcomes)

    @property
    def net(self) -> FloatArray:
        """Settlements and credit, dollars, shape (paths, performance years)."""
        return np.asarray(self.outcomes.net + self.credit - self.moved)

    @property
    def replicates(self) -> int | None:
        """See `simulate.measures.estimate`."""
        return self.outcomes.replicates

    def present_value(self) -> FloatArray:
        """Return the present value of settlements and credit, dollars, shape (paths,)."""
        rate, quarters = self.terms.plan.settings.discount_rate, self.terms.quarters
        worth = self.outcomes.cash.present_value(rate)
        if not (self.credit.any() or self.moved.any()):
            return worth
        later = quarters.spread(self.credit) - quarters.at_settlements(self.moved)
        return np.asarray(worth + _present_value(later, self.terms))


def _settle(
    terms: FinanceTerms, simulated: SimulatedAgreement, spent: FloatArray
) -> AgreementOutcomes:
    """Settle a path on what is spent, the base rate of Primary Care Flex counted as it is."""
    years = terms.planned.path.calendar_years
    level = spent[:, :years]
    if terms.flex_in_expenditure:
        level = level + terms.flex_in_expenditure / np.array(terms.plan.growth[:years])
    return settle_path(terms.plan, terms.planned, simulated, level)


def _credit(terms: FinanceTerms, outcomes: AgreementOutcomes) -> tuple[FloatArray, FloatArray]:
    """Return what Primary Care Flex pays by performance year, and what settlements lose for it.

    A contract that credits the enhancements with its settlement is paid them in the quarters of
    the performance year instead; enhancements stated in dollars stand in their place.
    """
    none = np.zeros_like(outcomes.benchmark)
    if terms.settings.advance != "pc-flex":
        return none, none
    own = outcomes.net - (outcomes.shared_savings - outcomes.shared_losses)
    stated = terms.settings.flex_enhancement
    enhancement = own if stated is None else none + stated * terms.member_months
    return (enhancement + terms.flex_cash) * outcomes.in_agreement, own


def _view(
    settled: _Settled, recoveries: dict[str, FloatArray], priced: dict[str, tuple[float, ...]]
) -> FinanceView:
    terms, certain, replicates = settled.terms, settled.certain, settled.replicates
    outcomes = settled.outcomes
    net = np.asarray(settled.net.sum(axis=1))
    costs = float(terms.costs.sum()), float(_present_value(terms.costs, terms)[0])
    savings = np.asarray(outcomes.shared_savings.sum(axis=1))
    back = _recouped(terms, outcomes)
    ledger = Ledger(_items(settled, recoveries, priced, back), terms.settings.opening_cash)
    balance = None if back is None else _balance(terms, back)
    return FinanceView(
        measure_costs(net, savings, settled.present_value(), costs, certain, replicates),
        measure_repayment(
            outcomes.shared_losses,
            [year.one_sided for year in outcomes.years],
            terms.repayment(),
            certain,
            replicates,
        ),
        {
            name: measure_cover(net, recovered, priced[name], certain, replicates)
            for name, recovered in recoveries.items()
        },
        None if back is None else _advance(settled, back, ledger),
        measure_ledger(ledger, balance, certain, replicates),
    )


def _recouped(terms: FinanceTerms, outcomes: AgreementOutcomes) -> Recouped | None:
    if terms.settings.advance == "none":
        return None
    by_year = [terms.advances[0, list(quarters)].sum() for quarters in terms.quarters.by_year]
    by_year[0] += terms.settings.advance_balance
    advanced = np.broadcast_to(np.array(by_year), outcomes.shared_savings.shape)
    return recoup(advanced, outcomes.shared_savings, terms.shortfall)


def _items(
    settled: _Settled,
    recoveries: dict[str, FloatArray],
    priced: dict[str, tuple[float, ...]],
    back: Recouped | None,
) -> dict[str, FloatArray]:
    """Return what comes and goes by quarter, dollars, shape (paths, quarters)."""
    terms, quarters = settled.terms, settled.terms.quarters
    cash = quarters.of_cash(settled.outcomes.cash) - quarters.at_settlements(settled.moved)
    items = {"costs": -terms.costs, "settlements": cash}
    if terms.settings.advance == "pc-flex":
        items["primary care payments"] = quarters.spread(settled.credit)
    if back is not None:
        items["advances"] = terms.advances
        items["recouped"] = -quarters.at_settlements(back.taken)
        items["repaid"] = -quarters.at_settlements(back.repaid)
    if recoveries:
        paid = np.array([sum(year) for year in zip(*priced.values(), strict=True)])
        items["premiums"] = -quarters.at_year_starts(paid[None, :])
        recovered = np.asarray(sum(recoveries.values()))
        items["recoveries"] = quarters.at_settlements(recovered)
    return items


def _balance(terms: FinanceTerms, back: Recouped) -> FloatArray:
    """Return what is not yet recouped after each quarter, dollars, shape (paths, quarters)."""
    returned = terms.quarters.at_settlements(back.taken + back.repaid)
    before = terms.settings.advance_balance
    return np.asarray(before + np.cumsum(terms.advances - returned, axis=1))


def _advance(settled: _Settled, back: Recouped, ledger: Ledger) -> AdvanceMeasures:
    terms, certain, replicates = settled.terms, settled.certain, settled.replicates
    repaid = np.asarray(back.repaid.sum(axis=1))
    left = back.balance[:, -1]
    owes = terms.quarters.at_settlements(back.repaid) > 0.0
    short = np.asarray((owes & (ledger.position() < 0.0)).any(axis=1))
    never = certain or terms.shortfall == "forgiven"
    return AdvanceMeasures(
        terms.settings.advance_balance + float(terms.advances.sum()),
        of.mean(np.asarray(back.taken.sum(axis=1)), replicates),
        of.mean(repaid, replicates),
        of.mean(left, replicates),
        of.proportion(np.asarray(left + repaid > 0.0), certain, replicates),
        of.proportion(np.asarray(repaid > 0.0), never, replicates),
        of.proportion(short, never, replicates),
    )


def _break_even(
    run: AgreementRun, terms: FinanceTerms, spending: SpendingBySavings
) -> tuple[Flip, ...]:
    """Return where the expected present value after costs changes its sign."""
    worth = float(_present_value(terms.costs, terms)[0])

    def left(mean: float) -> FloatArray:
        outcomes = _settle(terms, spending.simulated, spending(mean))
        return np.asarray(_Settled(terms, outcomes, certain=False).present_value() - worth)

    return tuple(find_flips(left, SEARCHED, replicates=spending.simulated.replicates))


def _present_value(by_quarter: FloatArray, terms: FinanceTerms) -> FloatArray:
    """Return the present value of amounts by quarter, each at its beginning, shape (paths,)."""
    factors = discount_factors(terms.quarters.times, terms.plan.settings.discount_rate)
    total = np.zeros(len(by_quarter))
    for quarter, factor in enumerate(factors):
        total += factor * by_quarter[:, quarter]
    return total
