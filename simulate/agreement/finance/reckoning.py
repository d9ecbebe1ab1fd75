"""What comes on top of the settlements of a path of contracts, in every simulated path."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from simulate.agreement.finance.advances import Recouped, recoup
from simulate.agreement.finance.covers import Covered
from simulate.agreement.finance.ledger import Ledger
from simulate.agreement.finance.terms import FinanceTerms
from simulate.agreement.outcomes import AgreementOutcomes
from simulate.measures.bottom_line import BottomLine
from simulate.measures.cash import discount_factors
from simulate.measures.estimate import FloatArray


class Reckoning:
    """One path of contracts, settled under one view, with all that comes on top.

    Amounts by quarter have one row where they are the same on all paths. An ACO whose renewal
    is refused is in no programme: from then on it neither pays for one nor is advanced anything.

    Parameters
    ----------
    terms : FinanceTerms
        Known amounts.
    outcomes : AgreementOutcomes
        The settlements, primary care payments included.
    covered : Covered
        What covers cost and pay.
    """

    def __init__(self, terms: FinanceTerms, outcomes: AgreementOutcomes, covered: Covered) -> None:
        self.terms, self.outcomes, self.covered = terms, outcomes, covered
        self.inside = outcomes.in_agreement

    @cached_property
    def own_costs(self) -> FloatArray:
        """Costs of starting and operating by quarter, dollars."""
        return self._while_inside(self.terms.own_costs)

    @cached_property
    def programme_costs(self) -> FloatArray:
        """Costs of care programmes by quarter, dollars."""
        return self._while_inside(self.terms.programme_costs)

    @cached_property
    def advances(self) -> FloatArray:
        """Payments in advance by quarter, dollars."""
        return self._while_inside(self.terms.advances)

    @cached_property
    def premiums(self) -> dict[str, FloatArray]:
        """Premiums of each cover by performance year, dollars."""
        prices = {name: np.array(paid)[None, :] for name, paid in self.covered.prices.items()}
        if self.inside.all():
            return prices
        return {name: price * self.inside for name, price in prices.items()}

    @cached_property
    def net(self) -> FloatArray:
        """Sum of net over the performance years, dollars, shape (paths,)."""
        return np.asarray(self.outcomes.net.sum(axis=1))

    @cached_property
    def spent(self) -> FloatArray:
        """All costs, dollars, shape (paths,) or (1,)."""
        return np.asarray((self.own_costs + self.programme_costs).sum(axis=1))

    @cached_property
    def worth_of_costs(self) -> FloatArray:
        """Their present value, dollars, shape (paths,) or (1,)."""
        return self._present_value(self.own_costs + self.programme_costs)

    @cached_property
    def present_value(self) -> FloatArray:
        """Present value of all that contracts pay and are owed, dollars, shape (paths,)."""
        return self.outcomes.cash.present_value(self._rate)

    @cached_property
    def recouped(self) -> Recouped | None:
        """How payments in advance are paid back; None without any."""
        settings = self.terms.settings
        if settings.advance == "none":
            return None
        quarters = self.terms.quarters.by_year
        by_year = np.stack([self.advances[:, list(q)].sum(axis=1) for q in quarters], axis=1)
        by_year[:, 0] += settings.advance_balance
        earned = self.outcomes.shared_savings
        advanced = np.broadcast_to(by_year, earned.shape)
        later = np.zeros_like(self.inside)
        later[:, :-1] = self.inside[:, 1:]
        return recoup(advanced, earned, self.terms.shortfall, self.inside & ~later)

    @cached_property
    def bottom_line(self) -> BottomLine:
        """What is left after costs, payments in advance and reinsurance."""
        net, worth = self.net - self.spent, self.present_value - self.worth_of_costs
        if self.recouped is not None:
            back = self.recouped.taken + self.recouped.repaid
            net = net + self.advances.sum(axis=1) - back.sum(axis=1)
            worth = worth + self._present_value(self.advances) - self._at_settlements(back)
        for name, recovered in self.covered.recoveries.items():
            paid = self.premiums[name]
            net = net + recovered.sum(axis=1) - paid.sum(axis=1)
            beginnings = self._discounted(paid, [y.begins_at for y in self.outcomes.path.years])
            worth = worth + self._at_settlements(recovered) - beginnings
        return BottomLine(np.asarray(net), np.asarray(worth), self._shift_of_all())

    @cached_property
    def shifts(self) -> dict[str, tuple[FloatArray, FloatArray]]:
        """Influence of each path on what is left, and its present value, by each cover's premium.

        Dollars, shape (paths,); only covers whose premium is estimated from the paths.
        """
        years = self.outcomes.path.years
        found = {}
        for name, influence in self.covered.influences.items():
            on_paid = -influence * self.inside.mean(axis=0)
            worth = self._discounted(on_paid, [year.begins_at for year in years])
            found[name] = np.asarray(on_paid.sum(axis=1)), worth
        return found

    def _shift_of_all(self) -> tuple[FloatArray, FloatArray] | None:
        if not self.shifts:
            return None
        on_net, on_worth = zip(*self.shifts.values(), strict=True)
        return np.asarray(sum(on_net)), np.asarray(sum(on_worth))

    @cached_property
    def ledger(self) -> Ledger:
        """What comes and goes by quarter, dollars, shape (paths, quarters)."""
        quarters, settlements = self.terms.quarters, self.outcomes.settlements
        items = {"costs": -self.own_costs, "settlements": quarters.of_cash(settlements)}
        if self.programme_costs.any():
            items["care programmes"] = -self.programme_costs
        if self.outcomes.beside.total.any():
            beside = self.outcomes.beside
            paid = quarters.spread(beside.during) + quarters.at_year_starts(beside.at_start)
            in_flex = self.terms.settings.advance == "pc-flex"
            items["primary care payments" if in_flex else "contract payments"] = paid
        if self.recouped is not None:
            items["advances"] = self.advances
            items["recouped"] = -quarters.at_settlements(self.recouped.taken)
            items["repaid"] = -quarters.at_settlements(self.recouped.repaid)
        if self.covered.recoveries:
            paid = np.asarray(sum(self.premiums.values()))
            items["premiums"] = -quarters.at_year_starts(paid)
            recovered = np.asarray(sum(self.covered.recoveries.values()))
            items["recoveries"] = quarters.at_settlements(recovered)
        return Ledger(items, self.terms.settings.opening_cash)

    @cached_property
    def balance(self) -> FloatArray | None:
        """What is not yet recouped after each quarter, dollars, shape (paths, quarters)."""
        if self.recouped is None:
            return None
        returned = self.terms.quarters.at_settlements(self.recouped.taken + self.recouped.repaid)
        before = self.terms.settings.advance_balance
        return np.asarray(before + np.cumsum(self.advances - returned, axis=1))

    @property
    def _rate(self) -> float:
        return self.terms.plan.settings.discount_rate

    def _while_inside(self, by_quarter: FloatArray) -> FloatArray:
        if self.inside.all() or not by_quarter.any():
            return by_quarter
        return np.asarray(by_quarter * self.terms.quarters.while_inside(self.inside))

    def _present_value(self, by_quarter: FloatArray) -> FloatArray:
        """Return the present value of amounts by quarter, each at its beginning."""
        return self._discounted(by_quarter, self.terms.quarters.times)

    def _at_settlements(self, by_year: FloatArray) -> FloatArray:
        """Return the present value of what comes with each settlement."""
        lag = self.terms.plan.payment_lag
        return self._discounted(by_year, [y.ends_at + lag for y in self.outcomes.path.years])

    def _discounted(self, columns: FloatArray, times: FloatArray | list[float]) -> FloatArray:
        factors = discount_factors(np.asarray(times), self._rate)
        total = np.zeros(len(columns))
        for place, factor in enumerate(factors):
            total += factor * columns[:, place]
        return total
