"""Figures of a published row other than the dollars, held against their recomputation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from simulate.contracts.minimum_rate import size_table_is_unconfirmed
from simulate.kernels import settlement_rule as rule
from simulate.verify.replay_inputs import ReplayInputs

# A figure rounded to one digit more and then again can be off by a tenth more than half
# a unit: 1.10 half units. The MSR of PY2013, 2014 and 2016 shows it.
_ROUNDED_TWICE = 1.1
_BINARY_NOISE = 1e-12


@dataclass(frozen=True)
class Check:
    """One printed figure and its recomputation.

    Attributes
    ----------
    name : str
    published, recomputed : float or None
        Fractions or dollars.
    agrees : bool or None
        Within the rounding of the printed figures; None where not comparable.
    note : str
        Why not comparable, or what to know.
    """

    name: str
    published: float | None
    recomputed: float | None
    agrees: bool | None
    note: str = ""


CHECK_NAMES = (
    "savings rate",
    "MSR",
    "generated savings or losses",
    "final sharing rate",
    "final loss rate",
    "emergency relief",
)


def checks_of(inputs: ReplayInputs, outcome: rule.Outcome) -> tuple[Check, ...]:
    """Return the checks of a row, in the order of `CHECK_NAMES`.

    Parameters
    ----------
    inputs : ReplayInputs
    outcome : Outcome
        Of the figures as printed.

    Returns
    -------
    tuple of Check
    """
    return tuple(_checks(inputs, outcome))


def _checks(inputs: ReplayInputs, outcome: rule.Outcome) -> Iterator[Check]:
    row, scenario = inputs.row, inputs.scenario
    rates = [gross / benchmark for gross in scenario.gross.ends for benchmark in scenario.benchmark]
    yield _held(
        inputs, "savings rate", "savings_rate_printed", row.savings_rate, min(rates), max(rates)
    )
    yield _msr(inputs)
    yield _generated(inputs, outcome)
    yield _sharing_rate(inputs, outcome)
    yield _loss_rate(inputs, outcome)
    yield _emergency_relief(inputs, outcome)


def _held(
    inputs: ReplayInputs,
    name: str,
    field: str,
    recomputed: float,
    low: float,
    high: float,
    note: str = "",
) -> Check:
    """Compare a printed figure with the interval of its recomputation."""
    published: float | None = getattr(inputs.row, field)
    if published is None:
        return Check(name, None, recomputed, None, "not printed")
    low, high = min(low, high), max(low, high)
    slack = inputs.row.half_unit.get(field, 0.0) + _BINARY_NOISE * max(1.0, abs(published))
    return Check(name, published, recomputed, low - slack <= published <= high + slack, note)


def _msr(inputs: ReplayInputs) -> Check:
    """Compare the printed MSR with the size table, the flat rate or the ACO's choice."""
    row = inputs.row
    rates = [terms.msr for terms in inputs.scenario.terms]
    printed = row.minimum_savings_rate
    if printed is None:
        return Check("MSR", None, rates[0], None, "not printed")
    slack = _ROUNDED_TWICE * row.half_unit["minimum_savings_rate"] + _BINARY_NOISE
    agrees = min(abs(rate - printed) for rate in rates) <= slack
    note = ""
    if size_table_is_unconfirmed(row.assigned_beneficiaries):
        note = "below 500 beneficiaries CMS publishes no interpolation"
    elif any("none of the choices" in taken for taken in inputs.taken):
        agrees, note = False, "none of the choices of 42 CFR 425.605(b)(2), nor the size table"
    return Check("MSR", printed, rates[0], agrees, note)


def _generated(inputs: ReplayInputs, outcome: rule.Outcome) -> Check:
    """Compare gross dollars beyond the threshold, where the year's files print them."""
    name, row = "generated savings or losses", inputs.row
    gross = inputs.scenario.gross.scaled(inputs.factor)
    beyond = outcome.threshold != rule.BELOW_THRESHOLD and outcome.gross != 0.0
    paid = inputs.scenario.terms[0].savings_paid > 0.0 or not outcome.gross > 0.0
    if inputs.loses and inputs.scenario.terms[0].mlr == float("inf"):
        note = "losses of a one-sided ACO are printed in some years and not in others"
        return Check(name, row.generated_savings_or_losses, None, None, note)
    if not (beyond and paid):
        return _held(inputs, name, "generated_savings_or_losses", 0.0, 0.0, 0.0)
    return _held(
        inputs, name, "generated_savings_or_losses",
        outcome.gross * inputs.factor, gross.low, gross.high,
    )  # fmt: skip


def _sharing_rate(inputs: ReplayInputs, outcome: rule.Outcome) -> Check:
    terms, score = inputs.scenario.terms[0], inputs.scenario.score
    half = terms.half_rate if outcome.threshold == rule.SAVINGS_AT_HALF_RATE else 1.0
    low, high = (
        half * rule.final_sharing_rate(terms, end, inputs.scenario.standard)
        for end in (score.low, score.high)
    )
    name, field = "final sharing rate", "final_sharing_rate"
    return _held(inputs, name, field, outcome.sharing_rate, low, high)


def _loss_rate(inputs: ReplayInputs, outcome: rule.Outcome) -> Check:
    terms, score = inputs.scenario.terms[0], inputs.scenario.score
    name, field = "final loss rate", "final_loss_rate"
    if terms.mlr == float("inf"):
        return Check(name, inputs.row.final_loss_rate, None, None, "one-sided")
    standard = inputs.scenario.standard
    low, high = (rule.shared_loss_rate(terms, end, standard) for end in (score.low, score.high))
    return _held(inputs, name, field, outcome.loss_rate, low, high)


def _emergency_relief(inputs: ReplayInputs, outcome: rule.Outcome) -> Check:
    """Compare the printed disaster reduction with what 42 CFR 425.611 forgives.

    A revenue-based loss limit, which is not published, or another disaster moves it.
    """
    name, scenario = "emergency relief", inputs.scenario
    if not scenario.relief_share or outcome.threshold != rule.LOSSES or not scenario.relief.value:
        return Check(name, None, None, None, "no losses in a year of the emergency, or not printed")
    limited = [corner.share - corner.over_limit for corner in scenario.corners()]
    forgiven = scenario.relief_share * (outcome.share - outcome.over_limit)
    low, high = (scenario.relief_share * end for end in (min(limited), max(limited)))
    agrees = low <= scenario.relief.high and scenario.relief.low <= high
    note = "" if agrees or not inputs.revenue_limit_possible else "a revenue-based limit may bind"
    return Check(name, scenario.relief.value, forgiven, agrees, note)
