"""Settlement of a performance year, with its waterfall.

The arithmetic is one pure function, `simulate.kernels.settlement_rule.settle_year`;
here its steps get their names and paragraphs, and arrays of simulated years go
through the same function, compiled.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulate.contracts.contract import Contract
from simulate.contracts.resolution import (
    STANDARDS,
    Circumstances,
    QualityStandard,
    ResolvedContract,
    check_shares,
    resolve,
)
from simulate.errors import UserError
from simulate.kernels import settlement_rule as rule

FloatArray = NDArray[np.float64]


class Step(NamedTuple):
    """One line of a waterfall: what, how much (dollars), and the paragraph it comes from."""

    step: str
    dollars: float
    detail: str
    reference: str


@dataclass(frozen=True)
class Settlement:
    """One settled performance year.

    Attributes
    ----------
    shared_savings, shared_losses : float
        Dollars paid to the ACO, and owed by it (both >= 0), to the cent.
    net : float
        Shared savings less shared losses plus any extra cash flow of the contract.
    waterfall : tuple of Step
        From the benchmark to the result. The lines marked by a sign in `detail` add
        up, to the cent, from gross savings or losses to the result.
    notes : tuple of str
        What was assumed.
    """

    contract: ResolvedContract
    outcome: rule.Outcome
    shared_savings: float
    shared_losses: float
    net: float
    waterfall: tuple[Step, ...]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, object]:
        """Return the settlement as plain data for JSON."""
        return {
            "contract": self.contract.contract.id,
            "performance_year": self.contract.performance_year,
            "shared_savings": self.shared_savings,
            "shared_losses": self.shared_losses,
            "net": self.net,
            "waterfall": [step._asdict() for step in self.waterfall],
            "notes": list(self.notes),
        }


def settle(
    contract: Contract,
    circumstances: Circumstances,
    benchmark: float,
    expenditure: float,
    quality_score: float = 1.0,
    quality_standard: QualityStandard = "met",
) -> Settlement:
    """Settle one performance year under a contract, as CMS does.

    Parameters
    ----------
    contract : Contract
        From the catalogue or the user's own.
    circumstances : Circumstances
        Size, year, choices and events.
    benchmark, expenditure : float
        Total updated benchmark and total expenditure in dollars, on the same
        truncated basis.
    quality_score : float
        Fraction from 0 to 1.
    quality_standard : {"met", "alternative", "failed"}
        Which quality performance standard was met (42 CFR 425.512).

    Returns
    -------
    Settlement

    Raises
    ------
    UserError
        Dollars or shares that cannot be, or a quality standard that the year does
        not have.

    Notes
    -----
    CMS methodology specifications v11 (January 2023), section 4.3, steps 1 to 11;
    42 CFR 425.604, 605, 606, 610.
    """
    _check_dollars(benchmark, expenditure)
    check_shares(quality=quality_score)
    resolved = resolve(contract, circumstances)
    if quality_standard not in STANDARDS:
        raise UserError(
            f"quality_standard = {quality_standard!r}: allowed are {', '.join(STANDARDS)}."
        )
    if quality_standard == "alternative" and resolved.terms.quality_rule != rule.QUALITY_TIERS:
        raise UserError(
            "quality_standard = alternative: the alternative quality standard exists from "
            f"performance year 2023 on (42 CFR 425.512(a)); {contract.id} is settled under the "
            f"rules of {resolved.performance_year}. Use met or failed, or another --year."
        )
    standard = STANDARDS[quality_standard]
    outcome = rule.settle_year(resolved.terms, benchmark, expenditure, quality_score, standard)
    steps = tuple(_waterfall(resolved, outcome, benchmark, expenditure))
    savings = _whole_cents(outcome.shared_savings) / 100
    losses = _whole_cents(outcome.shared_losses) / 100
    return Settlement(
        resolved,
        outcome,
        savings,
        losses,
        round(savings - losses + outcome.extra_cash, 2),
        steps,
        resolved.notes,
    )


def _check_dollars(benchmark: float, expenditure: float) -> None:
    for name, value in (("benchmark", benchmark), ("expenditure", expenditure)):
        if not (math.isfinite(value) and 0.0 < value < 1e12):
            raise UserError(
                f"{name} = {value:g}: a total in dollars for the performance year is wanted, "
                "above 0 and below 1,000,000,000,000."
            )
    if not 0.1 <= expenditure / benchmark <= 10.0:
        raise UserError(
            f"expenditure = {expenditure:g} is {expenditure / benchmark:.2g} times the benchmark "
            f"of {benchmark:g}: both are totals in dollars for the same performance year."
        )


def _waterfall(
    resolved: ResolvedContract, outcome: rule.Outcome, benchmark: float, expenditure: float
) -> Iterator[Step]:
    terms = resolved.terms
    yield Step("updated benchmark", round(benchmark, 2), "stated", "42 CFR 425.601, 425.652")
    yield Step("expenditure", round(-expenditure, 2), "stated", "42 CFR 425.604(a), 605(a), 610(a)")
    rate = outcome.gross / benchmark
    yield Step(
        "gross savings" if outcome.gross >= 0 else "gross losses",
        round(outcome.gross, 2),
        f"savings rate {100 * rate:.3f} %",
        "CMS methodology specifications v11, section 4.3",
    )
    yield _threshold_step(resolved, outcome, benchmark)
    if outcome.threshold > 0:
        yield from _savings_steps(resolved, outcome, terms)
    elif outcome.threshold < 0:
        yield from _loss_steps(resolved, outcome, terms)
    if terms.extra_cash:
        names = ", ".join(flow.name for flow in resolved.contract.extra_cash_flows)
        references = "; ".join(flow.reference for flow in resolved.contract.extra_cash_flows)
        yield Step("extra cash flows", round(terms.extra_cash, 2), names, references)


def _threshold_step(resolved: ResolvedContract, outcome: rule.Outcome, benchmark: float) -> Step:
    terms = resolved.terms
    loss_side = outcome.gross < 0
    minimum = terms.mlr if loss_side else terms.msr
    name = "minimum loss rate" if loss_side else "minimum savings rate"
    if math.isinf(minimum):
        return Step(name, 0.0, "one-sided: no losses are owed", _reference(resolved, "mlr"))
    met = {
        rule.SAVINGS: "met: shared from the first dollar",
        rule.LOSSES: "met: owed from the first dollar",
        rule.SAVINGS_AT_HALF_RATE: "not met; half rate for a low revenue BASIC ACO (425.605(h))",
        rule.BELOW_THRESHOLD: "not met",
    }[outcome.threshold]
    reference = _reference(resolved, "mlr" if loss_side else "msr")
    detail = f"{100 * minimum:.4g} % of the benchmark: {met}"
    return Step(name, round(minimum * benchmark, 2), detail, reference)


def _savings_steps(
    resolved: ResolvedContract, outcome: rule.Outcome, terms: rule.Terms
) -> Iterator[Step]:
    running = _Running(outcome.gross)
    if outcome.shareable != outcome.gross:
        yield running.to(
            "not shared",
            outcome.shareable,
            "net of the threshold, or outside the bands",
            _reference(resolved, "net_threshold", "savings_bands"),
        )
    yield running.to(
        "kept by Medicare",
        outcome.share,
        f"final sharing rate {100 * outcome.sharing_rate:.4g} %",
        _reference(resolved, "maximum_sharing_rate", "quality_rule"),
    )
    if outcome.sequestered:
        yield running.to(
            "sequestration",
            outcome.share - outcome.sequestered,
            f"{100 * terms.sequestration:g} % of shared savings",
            _reference(resolved, "sequestration"),
        )
    if outcome.over_limit:
        yield running.to(
            "above the payment limit",
            outcome.limit,
            f"{100 * terms.payment_limit:g} % of the benchmark, after sequestration",
            _reference(resolved, "payment_limit"),
        )
    if outcome.not_due:
        yield running.to(
            "not due",
            outcome.shared_savings,
            "early termination, guardrail or part of a year",
            "42 CFR 425.221(b), 425.609; 87 FR 69404",
        )
    paragraph = resolved.contract.reference
    yield Step("shared savings", running.cents / 100, "paid to the ACO", paragraph)
    if outcome.withheld:
        yield Step(
            "of which withheld",
            round(outcome.withheld, 2),
            f"{100 * terms.withhold:g} % held back against later losses",
            _reference(resolved, "withhold"),
        )


def _loss_steps(
    resolved: ResolvedContract, outcome: rule.Outcome, terms: rule.Terms
) -> Iterator[Step]:
    running = _Running(outcome.gross)
    if outcome.shareable != -outcome.gross:
        bands = _reference(resolved, "loss_bands")
        yield running.to("not shared", -outcome.shareable, "outside the bands", bands)
    yield running.to(
        "borne by Medicare",
        -outcome.share,
        f"shared loss rate {100 * outcome.loss_rate:.4g} %",
        _reference(resolved, "loss_rate_rule", "loss_rate_floor", "maximum_loss_rate"),
    )
    if outcome.over_limit:
        yield running.to(
            "above the loss limit",
            -outcome.limit,
            _limit_detail(terms),
            _reference(resolved, "loss_limit_of_benchmark", "loss_limit_of_revenue"),
        )
    if outcome.relieved:
        yield running.to(
            "disaster relief",
            -(outcome.share - outcome.over_limit - outcome.relieved),
            f"{100 * terms.disaster_relief:g} % for extreme and uncontrollable circumstances",
            "42 CFR 425.605(f)(2), 425.610(i)(2)",
        )
    if outcome.not_due:
        yield running.to(
            "not due",
            -outcome.shared_losses,
            "early termination or part of a year",
            "42 CFR 425.221(b), 425.609",
        )
    yield Step("shared losses", running.cents / 100, "owed by the ACO", resolved.contract.reference)


def _limit_detail(terms: rule.Terms) -> str:
    if math.isinf(terms.loss_limit_dollars):
        return f"{100 * terms.loss_limit_of_benchmark:g} % of the benchmark"
    if math.isinf(terms.loss_limit_of_benchmark):
        return "share of participant revenue"
    return (
        f"lesser of {100 * terms.loss_limit_of_benchmark:g} % of the benchmark and "
        f"${terms.loss_limit_dollars:,.2f}, the share of participant revenue"
    )


def _whole_cents(dollars: float) -> int:
    """Round half cents away from zero: the one rounding of everything that is shown."""
    return int(math.copysign(rule.cents(abs(dollars)), dollars))


class _Running:
    """A running amount in whole cents, so that printed lines add up exactly."""

    def __init__(self, start: float) -> None:
        self.cents = _whole_cents(start)

    def to(self, step: str, amount: float, detail: str, reference: str) -> Step:
        before, self.cents = self.cents, _whole_cents(amount)
        return Step(step, (self.cents - before) / 100, detail, reference)


def _reference(resolved: ResolvedContract, *names: str) -> str:
    long_names = {"msr": "minimum_savings_rate", "mlr": "minimum_loss_rate"}
    found = []
    for name in names:
        term = resolved.contract.term(long_names.get(name, name))
        if term is not None:
            mark = " (unconfirmed)" if term.confidence == "unconfirmed" else ""
            found.append(f"{term.reference}{mark}")
    return "; ".join(dict.fromkeys(found)) or resolved.contract.reference


@dataclass(frozen=True)
class SettledYears:
    """Simulated years settled under one contract; arrays of shape (years,), dollars.

    `threshold` holds 1 where the MSR was met, 2 where the half rate applied, -1 where
    the MLR was met, else 0; `limited` is true where a payment or loss limit cut.
    """

    resolved: ResolvedContract
    shared_savings: FloatArray
    shared_losses: FloatArray
    net: FloatArray
    threshold: FloatArray
    limited: NDArray[np.bool_]


def settle_simulated_years(
    resolved: ResolvedContract,
    benchmark: float | FloatArray,
    expenditures: FloatArray,
    quality_score: float | FloatArray,
    quality_standard: QualityStandard,
) -> SettledYears:
    """Settle an array of simulated expenditures (dollars, shape (years,)) under one contract.

    The same rule as `settle`, compiled; benchmark and quality score are one, or one a year.
    """
    from simulate.kernels.settlement_loop import settle_years

    standard = STANDARDS[quality_standard]
    if resolved.terms.quality_rule != rule.QUALITY_TIERS and quality_standard == "alternative":
        # Before 2023 there was no alternative standard: such an ACO met the standard.
        standard = rule.STANDARD_MET
    outcome = np.empty((5, expenditures.size))
    benchmarks, scores = np.empty(expenditures.size), np.empty(expenditures.size)
    benchmarks[:], scores[:] = benchmark, quality_score
    settle_years(resolved.terms, benchmarks, expenditures, scores, standard, outcome)
    savings, losses, net, threshold, over_limit = outcome
    return SettledYears(resolved, savings, losses, net, threshold, over_limit > 0.0)
