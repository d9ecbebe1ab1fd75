"""The waterfall of a settlement: every step of the rule with its name and its paragraph."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

from simulate.contracts.resolution import ResolvedContract
from simulate.kernels import settlement_rule as rule

#: Paragraphs of the steps that are the same under every contract.
STEP_REFERENCES = {
    "benchmark": "42 CFR 425.601, 425.652",
    "expenditure": "42 CFR 425.604(a), 605(a), 610(a)",
    "gross": "CMS methodology specifications v11, section 4.3",
    "savings not due": "42 CFR 425.221(b), 425.609; 87 FR 69404",
    "disaster relief": "42 CFR 425.605(f)(2), 425.610(i)(2)",
    "losses not due": "42 CFR 425.221(b), 425.609",
}


class Step(NamedTuple):
    """One line of a waterfall: what, how much (dollars), and the paragraph it comes from."""

    step: str
    dollars: float
    detail: str
    reference: str


def waterfall(
    resolved: ResolvedContract, outcome: rule.Outcome, benchmark: float, expenditure: float
) -> Iterator[Step]:
    """Yield the lines of a settlement, from the updated benchmark to the result.

    Parameters
    ----------
    resolved : ResolvedContract
    outcome : simulate.kernels.settlement_rule.Outcome
        What the rule made of it.
    benchmark, expenditure : float
        As settled, dollars.

    Yields
    ------
    Step
        The lines with a sign add up to the cent: from the updated benchmark to gross
        savings or losses, and from there to the result.
    """
    spent = whole_cents(expenditure)
    # To the cent, so that the printed lines add up.
    settled = (whole_cents(outcome.gross) + spent) / 100
    yield from _benchmark_steps(resolved, outcome, benchmark, settled)
    yield Step("expenditure", -spent / 100, "stated", _step_reference(resolved, "expenditure"))
    rate = outcome.gross / outcome.settled_benchmark
    yield Step(
        "gross savings" if outcome.gross >= 0 else "gross losses",
        round(outcome.gross, 2),
        f"savings rate {100 * rate:.3f} %",
        _step_reference(resolved, "gross"),
    )
    yield _threshold_step(resolved, outcome)
    if outcome.threshold > 0:
        yield from _savings_steps(resolved, outcome, resolved.terms)
    elif outcome.threshold < 0:
        yield from _loss_steps(resolved, outcome, resolved.terms)
    yield from _cash_steps(resolved, outcome, benchmark)


def _benchmark_steps(
    resolved: ResolvedContract, outcome: rule.Outcome, benchmark: float, settled: float
) -> Iterator[Step]:
    """Yield the updated benchmark and what is taken off it, down to `settled` dollars."""
    terms = resolved.terms
    running = _Running(benchmark)
    reference = _step_reference(resolved, "benchmark")
    yield Step("updated benchmark", running.cents / 100, "stated", reference)
    discounted = benchmark * (1.0 - terms.benchmark_discount)
    if terms.benchmark_discount:
        yield running.to(
            "benchmark discount",
            discounted if terms.quality_withhold else settled,
            f"{100 * terms.benchmark_discount:g} % of the updated benchmark",
            reference_of(resolved, "benchmark_discount"),
        )
    if terms.quality_withhold:
        lost = (discounted - outcome.settled_benchmark) / (terms.quality_withhold * benchmark)
        yield running.to(
            "quality withhold lost",
            settled,
            f"{100 * terms.quality_withhold:g} % of the updated benchmark, "
            f"{100 * (1.0 - lost):.4g} % of it earned back by quality",
            reference_of(resolved, "quality_withhold"),
        )


def _cash_steps(
    resolved: ResolvedContract, outcome: rule.Outcome, benchmark: float
) -> Iterator[Step]:
    contract, terms = resolved.contract, resolved.terms
    flows = [
        flow
        for flow in contract.extra_cash_flows
        if flow.agreement_year in (None, resolved.agreement_year)
    ]
    if outcome.extra_cash:
        yield Step(
            "extra cash flows",
            round(outcome.extra_cash, 2),
            ", ".join(f"{flow.name} ({flow.in_words})" for flow in flows),
            reference_of(resolved, *(flow.key for flow in flows)),
        )
    if terms.performance_incentive:
        most = terms.performance_incentive * benchmark
        yield Step(
            "performance incentive",
            round(outcome.incentive, 2),
            f"{100 * outcome.incentive / most:.4g} % earned by quality of at most ${most:,.2f}",
            reference_of(resolved, "performance_incentive", "primary_care_share"),
        )
    in_advance = stated_term(resolved, "prospective_share", 0.0)
    if in_advance:
        payments = stated_term(resolved, "primary_care_share", 0.0) * benchmark
        yield Step(
            "of primary care, in advance",
            round(in_advance * payments, 2),
            f"{100 * in_advance:g} % of ${payments:,.2f}, in place of fee-for-service: not part "
            "of the result",
            reference_of(resolved, "prospective_share", "primary_care_share"),
        )


def _threshold_step(resolved: ResolvedContract, outcome: rule.Outcome) -> Step:
    terms = resolved.terms
    loss_side = outcome.gross < 0
    minimum = terms.mlr if loss_side else terms.msr
    name = "minimum loss rate" if loss_side else "minimum savings rate"
    reference = reference_of(resolved, "mlr" if loss_side else "msr")
    if math.isinf(minimum):
        nothing = "one-sided: no losses are owed" if loss_side else "no savings are shared"
        return Step(name, 0.0, nothing, reference)
    met = {
        rule.SAVINGS: "met: shared from the first dollar",
        rule.LOSSES: "met: owed from the first dollar",
        rule.SAVINGS_AT_HALF_RATE: "not met; half rate for a low revenue BASIC ACO (425.605(h))",
        rule.BELOW_THRESHOLD: "not met",
    }[outcome.threshold]
    detail = f"{100 * minimum:.4g} % of the benchmark: {met}"
    return Step(name, round(minimum * outcome.settled_benchmark, 2), detail, reference)


def _savings_steps(
    resolved: ResolvedContract, outcome: rule.Outcome, terms: rule.Terms
) -> Iterator[Step]:
    running = _Running(outcome.gross)
    below = min(terms.net_threshold * outcome.settled_benchmark, outcome.gross)
    if below:
        yield running.to(
            "not shared",
            outcome.gross - below,
            f"below {100 * terms.net_threshold:g} % of the benchmark",
            reference_of(resolved, "net_threshold"),
        )
    yield from _band_steps(resolved, outcome, running, outcome.gross - below)
    if outcome.share != outcome.shareable or not _has_bands(resolved, "savings_bands"):
        yield running.to(
            "kept by Medicare",
            outcome.share,
            f"final sharing rate {100 * outcome.sharing_rate:.4g} %",
            reference_of(resolved, "maximum_sharing_rate", "quality_rule"),
        )
    if outcome.sequestered:
        yield running.to(
            "sequestration",
            outcome.share - outcome.sequestered,
            f"{100 * terms.sequestration:g} % of shared savings",
            reference_of(resolved, "sequestration"),
        )
    if outcome.over_limit:
        yield running.to(
            "above the payment limit",
            outcome.limit,
            f"{100 * terms.payment_limit:g} % of the benchmark, after sequestration",
            reference_of(resolved, "payment_limit"),
        )
    if outcome.not_due:
        yield running.to(
            "not due",
            outcome.shared_savings,
            "early termination, guardrail or part of a year",
            STEP_REFERENCES["savings not due"],
        )
    paragraph = resolved.contract.reference
    yield Step("shared savings", running.cents / 100, "paid to the ACO", paragraph)
    if outcome.withheld:
        yield Step(
            "of which withheld",
            round(outcome.withheld, 2),
            f"{100 * terms.withhold:g} % held back against later losses",
            reference_of(resolved, "withhold"),
        )


def _loss_steps(
    resolved: ResolvedContract, outcome: rule.Outcome, terms: rule.Terms
) -> Iterator[Step]:
    running = _Running(outcome.gross)
    yield from _band_steps(resolved, outcome, running, outcome.gross)
    if outcome.share != outcome.shareable or not _has_bands(resolved, "loss_bands"):
        yield running.to(
            "borne by Medicare",
            -outcome.share,
            f"shared loss rate {100 * outcome.loss_rate:.4g} %",
            reference_of(resolved, "loss_rate_rule", "loss_rate_floor", "maximum_loss_rate"),
        )
    if outcome.over_limit:
        yield running.to(
            "above the loss limit",
            -outcome.limit,
            _limit_detail(terms),
            reference_of(resolved, "loss_limit_of_benchmark", "loss_limit_of_revenue"),
        )
    if outcome.relieved:
        yield running.to(
            "disaster relief",
            -(outcome.share - outcome.over_limit - outcome.relieved),
            f"{100 * terms.disaster_relief:g} % for extreme and uncontrollable circumstances",
            STEP_REFERENCES["disaster relief"],
        )
    if outcome.not_due:
        yield running.to(
            "not due",
            -outcome.shared_losses,
            "early termination or part of a year",
            STEP_REFERENCES["losses not due"],
        )
    yield Step("shared losses", running.cents / 100, "owed by the ACO", resolved.contract.reference)


def _has_bands(resolved: ResolvedContract, name: str) -> bool:
    return bool(stated_term(resolved, name, None))


def _band_steps(
    resolved: ResolvedContract, outcome: rule.Outcome, running: _Running, counted: float
) -> Iterator[Step]:
    """Yield what each marginal band leaves unshared of counted savings (> 0) or losses (< 0)."""
    name = "savings_bands" if counted > 0.0 else "loss_bands"
    if not _has_bands(resolved, name):
        return
    amount, shared, lower = abs(counted), 0.0, 0.0
    for edge, share in getattr(resolved.terms, name):
        below, above = lower * outcome.settled_benchmark, edge * outcome.settled_benchmark
        inside = max(min(amount, above) - below, 0.0)
        if inside > 0.0:
            shared += share * inside
            yield running.to(
                f"not shared, {_between(lower, edge)}",
                math.copysign(shared + max(amount - above, 0.0), counted),
                f"{100 * share:g} % of ${inside:,.2f} is shared",
                reference_of(resolved, name),
            )
        lower = edge


def _between(low: float, high: float) -> str:
    if math.isinf(high):
        return f"above {100 * low:g} %"
    return f"{100 * low:g} to {100 * high:g} %"


def _limit_detail(terms: rule.Terms) -> str:
    if math.isinf(terms.loss_limit_dollars):
        return f"{100 * terms.loss_limit_of_benchmark:g} % of the benchmark"
    if math.isinf(terms.loss_limit_of_benchmark):
        return "share of participant revenue"
    return (
        f"lesser of {100 * terms.loss_limit_of_benchmark:g} % of the benchmark and "
        f"${terms.loss_limit_dollars:,.2f}, the share of participant revenue"
    )


def whole_cents(dollars: float) -> int:
    """Round half cents away from zero: the one rounding of everything that is shown."""
    return int(math.copysign(rule.cents(abs(dollars)), dollars))


class _Running:
    """A running amount in whole cents, so that printed lines add up exactly."""

    def __init__(self, start: float) -> None:
        self.cents = whole_cents(start)

    def to(self, step: str, amount: float, detail: str, reference: str) -> Step:
        before, self.cents = self.cents, whole_cents(amount)
        return Step(step, (self.cents - before) / 100, detail, reference)


def reference_of(resolved: ResolvedContract, *names: str) -> str:
    """Return references of terms or cash flows, unconfirmed ones marked; else the contract's."""
    long_names = {"msr": "minimum_savings_rate", "mlr": "minimum_loss_rate"}
    cited = resolved.contract.cited()
    doubted: dict[str, bool] = {}
    for name in names:
        source = cited.get(long_names.get(name, name))
        if source is not None:
            unconfirmed = source.confidence == "unconfirmed"
            doubted[source.reference] = doubted.get(source.reference, False) or unconfirmed
    found = [f"{text} (unconfirmed)" if mark else text for text, mark in doubted.items()]
    return "; ".join(found) or resolved.contract.reference


def stated_term(resolved: ResolvedContract, name: str, default: Any) -> Any:
    """Return a term's value in the year that is settled, as the contract states it."""
    term = resolved.contract.term(name)
    if term is None:
        return default
    return term.at(resolved.performance_year, resolved.agreement_year)


def _step_reference(resolved: ResolvedContract, step: str) -> str:
    """Return the paragraph of a step, or the model that has no paragraph of 42 CFR 425."""
    contract = resolved.contract
    return STEP_REFERENCES[step] if contract.under_programme_rules else contract.reference
