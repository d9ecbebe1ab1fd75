"""Why a published settlement differs from the recomputed one: the likeliest rule.

Each hypothesis is one rule applied differently. It explains a row where it
reproduces the published figure within the rounding of the inputs; one that
the row's printed results support is preferred.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from simulate.contracts.resolution import STANDARDS
from simulate.data import PublishedResult
from simulate.kernels import settlement_rule as rule
from simulate.verify.intervals import Rounded, Scenario, branches
from simulate.verify.replay_inputs import ReplayInputs

_SEQUESTRATION = 0.02


@dataclass(frozen=True)
class Hypothesis:
    """One rule applied differently.

    Attributes
    ----------
    reason : str
        The rule, in words with its reference.
    change : callable
        From the inputs to the scenario under the hypothesis, or None where it
        does not apply to the row.
    support : callable
        What in the printed row speaks for it, in words; empty where nothing does.
    """

    reason: str
    change: Callable[[ReplayInputs], Scenario | None]
    support: Callable[[PublishedResult], str]


def _no_support(row: PublishedResult) -> str:
    return ""


def _quality_failed(inputs: ReplayInputs) -> Scenario | None:
    if inputs.scenario.standard == rule.STANDARD_FAILED:
        return None
    return replace(inputs.scenario, standard=rule.STANDARD_FAILED)


def _rate_printed_zero(row: PublishedResult) -> str:
    return "FinalShareRate is printed as 0" if row.final_sharing_rate == 0.0 else ""


def _quality_met(inputs: ReplayInputs) -> Scenario | None:
    if inputs.scenario.standard == rule.STANDARD_MET:
        return None
    return replace(inputs.scenario, standard=rule.STANDARD_MET)


def _full_rate(inputs: ReplayInputs) -> Scenario:
    return replace(inputs.scenario, score=Rounded.of(1.0))


def _rate_printed_full(row: PublishedResult) -> str:
    printed, maximum = row.final_sharing_rate, row.maximum_sharing_rate
    same = printed is not None and printed == maximum
    return "FinalShareRate is printed as the maximum rate" if same else ""


def _below_threshold(inputs: ReplayInputs) -> Scenario:
    return inputs.scenario.with_terms(msr=math.inf, mlr=math.inf, half_rate=0.0)


def _printed_as_below(row: PublishedResult) -> str:
    return "GenSaveLoss is printed as 0" if row.generated_savings_or_losses == 0.0 else ""


def _above_threshold(inputs: ReplayInputs) -> Scenario:
    two_sided = inputs.scenario.terms[0].mlr < math.inf
    return inputs.scenario.with_terms(msr=0.0, mlr=0.0 if two_sided else math.inf)


def _printed_as_above(row: PublishedResult) -> str:
    generated = row.generated_savings_or_losses
    return f"GenSaveLoss is printed as {generated:,.0f}" if generated else ""


def _half_rate(inputs: ReplayInputs) -> Scenario:
    held = inputs.scenario.terms[0].half_rate
    return inputs.scenario.with_terms(half_rate=0.0 if held else 0.5)


def _half_rate_printed(row: PublishedResult) -> str:
    if row.reduced_shared_savings is None:
        return ""
    return f"ReducedSS is printed as {int(row.reduced_shared_savings)}"


def _not_paid(inputs: ReplayInputs) -> Scenario:
    return inputs.scenario.with_terms(savings_paid=0.0)


def _printed_but_unpaid(row: PublishedResult) -> str:
    if row.generated_savings_or_losses and row.final_sharing_rate:
        return "GenSaveLoss and FinalShareRate are printed, yet nothing is paid"
    return ""


def _paid(inputs: ReplayInputs) -> Scenario:
    return inputs.scenario.with_terms(savings_paid=1.0)


def _sequestration(inputs: ReplayInputs) -> Scenario:
    taken = inputs.scenario.terms[0].sequestration
    return inputs.scenario.with_terms(sequestration=0.0 if taken else _SEQUESTRATION)


def _relief_of_part_year(inputs: ReplayInputs) -> Scenario | None:
    if inputs.factor == 1.0:
        return None
    return replace(inputs.scenario, relief=inputs.scenario.relief.scaled(1.0 / inputs.factor))


def _relief_halved(inputs: ReplayInputs) -> Scenario | None:
    if not inputs.scenario.relief.value or inputs.factor < 1.0:
        return None
    return replace(inputs.scenario, relief=inputs.scenario.relief.scaled(0.5))


def _no_relief(inputs: ReplayInputs) -> Scenario:
    return replace(inputs.scenario, relief=Rounded.of(0.0), relief_share=0.0)


def _printed_relief_only(inputs: ReplayInputs) -> Scenario | None:
    return replace(inputs.scenario, relief_share=0.0) if inputs.scenario.relief_share else None


def _relief_on_top(inputs: ReplayInputs) -> Scenario | None:
    return replace(inputs.scenario, relief_adds=True) if inputs.scenario.relief_share else None


def _all_forgiven(inputs: ReplayInputs) -> Scenario:
    return replace(inputs.scenario, relief_share=1.0)


def _loss_rate_from_score(inputs: ReplayInputs) -> Scenario | None:
    terms = inputs.scenario.terms[0]
    if terms.loss_rate_rule != rule.LOSS_ONE_MINUS_FINAL_RATE:
        return None
    return inputs.scenario.with_terms(loss_rate_rule=rule.LOSS_ONE_MINUS_RATE_TIMES_SCORE)


def _loss_rate_from_final_rate(inputs: ReplayInputs) -> Scenario | None:
    terms = inputs.scenario.terms[0]
    if terms.loss_rate_rule != rule.LOSS_ONE_MINUS_RATE_TIMES_SCORE:
        return None
    return inputs.scenario.with_terms(loss_rate_rule=rule.LOSS_ONE_MINUS_FINAL_RATE)


def _no_loss_rate_bounds(inputs: ReplayInputs) -> Scenario | None:
    if inputs.scenario.terms[0].loss_rate_rule == rule.LOSS_FIXED:
        return None
    return inputs.scenario.with_terms(loss_rate_floor=0.0, maximum_loss_rate=1.0)


def _loss_limit(inputs: ReplayInputs) -> Scenario:
    return inputs.scenario.with_terms(loss_limit_of_benchmark=math.inf, loss_limit_dollars=math.inf)


def _payment_limit(inputs: ReplayInputs) -> Scenario:
    return inputs.scenario.with_terms(payment_limit=math.inf)


def _printed_rates(inputs: ReplayInputs) -> Scenario | None:
    """Settle at the printed final rates instead of those of the quality rule."""
    row = inputs.row
    if row.final_sharing_rate is None:
        return None
    changes = {
        "maximum_sharing_rate": row.final_sharing_rate,
        "quality_rule": rule.QUALITY_PASS_OR_FAIL,
        "half_rate": 1.0 if inputs.scenario.terms[0].half_rate else 0.0,
    }
    if row.final_loss_rate is not None:
        changes |= {"loss_rate_rule": rule.LOSS_FIXED, "maximum_loss_rate": row.final_loss_rate}
    return replace(inputs.scenario.with_terms(**changes), standard=STANDARDS["met"])


def _rates_of_the_row(row: PublishedResult) -> str:
    return f"FinalShareRate is printed as {100 * (row.final_sharing_rate or 0.0):g} %"


def _printed_gross(inputs: ReplayInputs) -> Scenario | None:
    generated = inputs.row.generated_savings_or_losses
    if not generated:
        return None
    half = inputs.row.half_unit.get("generated_savings_or_losses", 0.0)
    gross = Rounded.of(generated, half).scaled(1.0 / inputs.factor)
    return replace(inputs.scenario, gross=gross)


def _no_proration(inputs: ReplayInputs) -> Scenario | None:
    if not inputs.scenario.proration.value:
        return None
    return replace(inputs.scenario, proration=Rounded.of(0.0))


def _paid_after_recoupment(inputs: ReplayInputs) -> Scenario | None:
    recouped, paid = inputs.row.aip_recoup, inputs.scenario.outcome().shared_savings
    if not recouped or paid <= 0.0:
        return None
    return inputs.scenario.with_terms(savings_paid=max(1.0 - recouped / paid, 0.0))


_SAVINGS = (
    Hypothesis(
        "quality standard failed or reporting incomplete: rate 0 (42 CFR 425.502, 425.512(a)); no "
        "quality flag of the row says so",
        _quality_failed,
        _rate_printed_zero,
    ),
    Hypothesis(
        "savings rate taken as below the MSR, so nothing is shared (42 CFR 425.604(b), 605(b))",
        _below_threshold,
        _printed_as_below,
    ),
    Hypothesis(
        "savings rate taken as at or above the MSR, so savings are shared from the first dollar "
        "(42 CFR 425.604(b), 605(b))",
        _above_threshold,
        _printed_as_above,
    ),
    Hypothesis("half rate below the MSR (42 CFR 425.605(h))", _half_rate, _half_rate_printed),
    Hypothesis(
        "no shared savings for an agreement that ended before 31 December, or through the "
        "guardrail (42 CFR 425.221(b)(1); 87 FR 69404)",
        _not_paid,
        _printed_but_unpaid,
    ),
    Hypothesis(
        "shared savings paid in spite of the guardrail or of an early end (42 CFR 425.221(b)(1); "
        "87 FR 69404)",
        _paid,
        _no_support,
    ),
    Hypothesis(
        "sequestration by the date of payment (2 U.S.C. 901a(6))", _sequestration, _no_support
    ),
    Hypothesis(
        "full sharing rate without quality scaling (42 CFR 425.502(a)(1), 425.512)",
        _full_rate,
        _rate_printed_full,
    ),
    Hypothesis("quality standard met (42 CFR 425.512(a))", _quality_met, _no_support),
    Hypothesis("payment limit not applied (42 CFR 425.604(e)(2))", _payment_limit, _no_support),
    Hypothesis(
        "advance investment payments recouped before publication (42 CFR 425.630)",
        _paid_after_recoupment,
        _no_support,
    ),
)
_LOSSES = (
    Hypothesis(
        "disaster reduction printed for the part year (42 CFR 425.609)",
        _relief_of_part_year,
        _no_support,
    ),
    Hypothesis(
        "disaster reduction printed for the full year, half of it taken (42 CFR 425.609)",
        _relief_halved,
        _no_support,
    ),
    Hypothesis(
        "emergency relief of 42 CFR 425.611 on top of the printed disaster reduction",
        _relief_on_top,
        _no_support,
    ),
    Hypothesis(
        "only the printed disaster reduction, no emergency relief of 42 CFR 425.611",
        _printed_relief_only,
        _no_support,
    ),
    Hypothesis(
        "quality standard failed: highest loss rate (42 CFR 425.606(f), 610(f)); no quality flag "
        "of the row says so",
        _quality_failed,
        _rate_printed_zero,
    ),
    Hypothesis(
        "loss rate 1 - maximum rate x quality score (42 CFR 425.606(f), 610(f))",
        _loss_rate_from_score,
        _no_support,
    ),
    Hypothesis(
        "loss rate 1 - final sharing rate (42 CFR 425.606(f), 610(f))",
        _loss_rate_from_final_rate,
        _no_support,
    ),
    Hypothesis("quality standard met (42 CFR 425.512(a))", _quality_met, _no_support),
    Hypothesis(
        "no floor or ceiling of the loss rate (42 CFR 425.606(f), 610(f))",
        _no_loss_rate_bounds,
        _no_support,
    ),
    Hypothesis(
        "loss rate taken as below the MLR, so nothing is owed (42 CFR 425.605(b), 610(b))",
        _below_threshold,
        _printed_as_below,
    ),
    Hypothesis(
        "loss rate taken as at or above the MLR (42 CFR 425.605(b), 610(b))",
        _above_threshold,
        _printed_as_above,
    ),
    Hypothesis("disaster reduction not taken (42 CFR 425.605(f)(2))", _no_relief, _no_support),
    Hypothesis("loss limit not applied (42 CFR 425.605(d), 610(g))", _loss_limit, _no_support),
    Hypothesis(
        "printed effect of early termination not taken off (42 CFR 425.221(b))",
        _no_proration,
        _no_support,
    ),
    Hypothesis(
        "all losses forgiven, or none owed after a voluntary end by 30 June (42 CFR 425.611, "
        "425.221(b)(2))",
        _all_forgiven,
        _no_support,
    ),
)
_EITHER = (
    Hypothesis(
        "printed final rate instead of the one that the quality rule gives (42 CFR 425.512)",
        _printed_rates,
        _rates_of_the_row,
    ),
    Hypothesis(
        "printed generated savings or losses instead of benchmark less expenditure",
        _printed_gross,
        _printed_as_above,
    ),
)


def explain(inputs: ReplayInputs, published: float, half_unit: float) -> str:
    """Return the likeliest rule behind a published figure that was not reproduced.

    Parameters
    ----------
    inputs : ReplayInputs
        Of the row.
    published : float
        Earned (positive) or owed (negative), dollars.
    half_unit : float
        Half a unit of its last printed digit.

    Returns
    -------
    str
        Never empty.
    """
    held = list(_holding(inputs, published, half_unit))
    supported = [reason for reason, support in held if support]
    if supported:
        return supported[0]
    if held:
        return held[0][0]
    return _unexplained(inputs, published)


def _holding(inputs: ReplayInputs, published: float, half_unit: float) -> Iterator[tuple[str, str]]:
    """Yield each hypothesis that reproduces the figure, with what supports it."""
    hypotheses = (_LOSSES if inputs.loses else _SAVINGS) + _EITHER
    for hypothesis in hypotheses:
        scenario = hypothesis.change(inputs)
        if scenario is None:
            continue
        if any(branch.holds(published, half_unit) for branch in branches(scenario)):
            support = hypothesis.support(inputs.row)
            yield hypothesis.reason + (f"; {support}" if support else ""), support
    if inputs.loses and published < 0.0:
        yield from _prorated(inputs, published, half_unit)


def _prorated(
    inputs: ReplayInputs, published: float, half_unit: float
) -> Iterator[tuple[str, str]]:
    for months in range(1, 12):
        scenario = inputs.scenario.with_terms(losses_owed=months / 12.0)
        if any(branch.holds(published, half_unit) for branch in branches(scenario)):
            yield f"losses prorated to {months} of 12 months (42 CFR 425.221(b)(2))", ""


def _unexplained(inputs: ReplayInputs, published: float) -> str:
    """Say what the published figure would imply where no single rule gives it."""
    outcome = inputs.scenario.outcome()
    gross = inputs.scenario.gross.value * inputs.factor
    if (published > 0.0) != (gross > 0.0) and published:
        return (
            f"the sign contradicts benchmark less expenditure ({gross:,.0f}): savings are shared "
            "only of positive, losses only of negative gross (42 CFR 425.604(c), 605(c))"
        )
    terms = inputs.scenario.terms[0]
    if gross > 0.0:
        implied = published / gross / (1.0 - terms.sequestration)
        return (
            f"no single rule gives it: it implies a final sharing rate of {100 * implied:.4g} %, "
            f"the quality rule gives {100 * outcome.sharing_rate:.4g} % (42 CFR 425.512)"
        )
    implied = published / gross if gross else 0.0
    return (
        f"no single rule gives it: it implies that {100 * implied:.4g} % of the losses are owed, "
        f"the rules give a loss rate of {100 * outcome.loss_rate:.4g} % before reductions (42 CFR "
        "425.606(f), 610(f))"
    )
