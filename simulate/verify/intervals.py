"""What a settlement can come to, given how its inputs were rounded in print.

A published settlement was computed from unrounded figures; a replay has the rounded
ones. The range of results is found by settling at the ends of every input's rounding
interval, through the one settlement rule. No tolerance is chosen anywhere.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import NamedTuple

from simulate.kernels import settlement_rule as rule

# Dollars: enough to tell savings from losses, and nothing beside a cent.
_BARELY = 1e-6


class Rounded(NamedTuple):
    """A figure as printed, with the ends of what it can stand for."""

    value: float
    low: float
    high: float

    @property
    def ends(self) -> tuple[float, ...]:
        """The ends of the interval, one where they coincide."""
        return (self.low,) if self.low == self.high else (self.low, self.high)

    def scaled(self, factor: float) -> Rounded:
        """Return the figure times a positive factor."""
        return Rounded(self.value * factor, self.low * factor, self.high * factor)

    @classmethod
    def of(cls, value: float, half_unit: float = 0.0) -> Rounded:
        """Return a figure that was rounded to twice `half_unit`."""
        return cls(value, value - half_unit, value + half_unit)


NOTHING = Rounded.of(0.0)


@dataclass(frozen=True)
class Scenario:
    """Everything one settlement depends on, with the rounding of each input.

    Attributes
    ----------
    terms : tuple of Terms
        The terms that fit the printed row, likeliest first; more than one where
        the printed MSR leaves it open.
    benchmark, gross : Rounded
        Dollars of a whole year: updated benchmark, and benchmark less expenditure.
    score : Rounded
        Quality score, fraction.
    standard : float
        STANDARD_MET, STANDARD_ALTERNATIVE or STANDARD_FAILED.
    relief : Rounded
        Disaster reduction in dollars of a whole year, >= 0.
    relief_share : float
        Least share of the losses that is forgiven.
    relief_adds : bool
        Whether `relief` comes on top of `relief_share` instead of holding it.
    proration : Rounded
        Dollars taken off the losses for early termination, >= 0.
    """

    terms: tuple[rule.Terms, ...]
    benchmark: Rounded
    gross: Rounded
    score: Rounded
    standard: float
    relief: Rounded = NOTHING
    relief_share: float = 0.0
    relief_adds: bool = False
    proration: Rounded = NOTHING

    def outcome(self) -> rule.Outcome:
        """Settle the figures as printed."""
        return self._settle(
            self.terms[0],
            self.benchmark.value,
            self.gross.value,
            self.score.value,
            self.relief.value,
            self.proration.value,
        )

    def corners(self) -> Iterator[rule.Outcome]:
        """Settle every combination of the ends of the inputs' intervals."""
        loses = self.gross.low < 0.0
        for corner in product(
            self.terms,
            self.benchmark.ends,
            self.gross.ends,
            self.score.ends,
            self.relief.ends if loses else (0.0,),
            self.proration.ends if loses else (0.0,),
        ):
            yield self._settle(*corner)

    def with_terms(self, **changes: float) -> Scenario:
        """Return the scenario with some terms replaced."""
        return replace(self, terms=tuple(terms._replace(**changes) for terms in self.terms))

    def _settle(
        self,
        terms: rule.Terms,
        benchmark: float,
        gross: float,
        score: float,
        relief: float,
        proration: float,
    ) -> rule.Outcome:
        """Settle; a relief in dollars becomes the share of the limited loss that it is."""
        expenditure = benchmark - gross
        outcome = rule.settle_year(terms, benchmark, expenditure, score, self.standard)
        limited = outcome.share - outcome.over_limit
        if outcome.threshold != rule.LOSSES or limited <= 0.0:
            return outcome
        least = self.relief_share * limited
        forgiven = relief + least if self.relief_adds else max(relief, least)
        share = min(max(forgiven, 0.0) / limited, 1.0)
        terms = terms._replace(disaster_relief=share)
        remaining = limited * (1.0 - share) * terms.part_of_year
        if proration and remaining > 0.0:
            owed = terms.losses_owed * max(1.0 - proration / remaining, 0.0)
            terms = terms._replace(losses_owed=owed)
        return rule.settle_year(terms, benchmark, expenditure, score, self.standard)


def dollars(outcome: rule.Outcome) -> float:
    """Return what is earned (positive) or owed (negative), dollars."""
    net: float = outcome.shared_savings - outcome.shared_losses
    return net


class Branch(NamedTuple):
    """The range of dollars on one side of the MSR and MLR."""

    threshold: float
    low: float
    high: float

    def holds(self, published: float, half_unit: float) -> bool:
        """Say whether a figure rounded to twice `half_unit` can come from this range."""
        return self.low - half_unit <= published <= self.high + half_unit


def branches(scenario: Scenario) -> tuple[Branch, ...]:
    """Return the ranges of dollars that the rounding of the inputs leaves possible.

    One range for each side of the MSR and MLR that can be reached: where savings rate
    and MSR tie after rounding, either nothing or the whole share is possible, and
    nothing between.

    Notes
    -----
    On one side of the thresholds dollars are monotone in every input, so the ends of
    the inputs' intervals give the ends of the range.
    """
    outcomes = list(scenario.corners())
    reached = {outcome.threshold for outcome in outcomes}
    if len(reached) == 1:
        return (_range(reached.pop(), outcomes),)
    found = []
    for threshold in sorted(reached):
        forced = _on_one_side(scenario, threshold)
        inside = [o for o in forced.corners() if o.threshold == threshold]
        found.append(_range(threshold, inside or [o for o in outcomes if o.threshold == threshold]))
    return tuple(found)


def _on_one_side(scenario: Scenario, threshold: float) -> Scenario:
    """Return the scenario with all of its inputs on one side of the MSR and MLR."""
    gross = scenario.gross
    if threshold > rule.BELOW_THRESHOLD:
        scenario = replace(scenario, gross=gross._replace(low=max(gross.low, _BARELY)))
    elif threshold == rule.LOSSES:
        scenario = replace(scenario, gross=gross._replace(high=min(gross.high, -_BARELY)))
    if threshold in (rule.SAVINGS, rule.LOSSES):
        two_sided = scenario.terms[0].mlr < math.inf
        return scenario.with_terms(msr=0.0, mlr=0.0 if two_sided else math.inf)
    return scenario.with_terms(msr=math.inf, mlr=math.inf)


def _range(threshold: float, outcomes: list[rule.Outcome]) -> Branch:
    values = [dollars(outcome) for outcome in outcomes]
    return Branch(threshold, min(values), max(values))
