"""The settlement of one performance year, as one pure scalar rule.

The same source serves three callers: the printed waterfall of one settlement and
the replay of published rows run it as plain Python; `settlement_loop` compiles it
for millions of simulated years. So it uses nothing but arithmetic on floats, and
this module imports no compiler. The loop over years stands here too, uncompiled:
compiled code is cached with the file that its function stands in, so a changed rule
can never meet stale machine code.

The steps are those of CMS, "Shared Savings and Losses, Assignment and Quality
Performance Standard Methodology Specifications", version 11 (January 2023),
section 4.3, which implements 42 CFR 425.604, 605, 606 and 610. Models of the CMS
Innovation Center go through the same steps; what only they have (a discounted benchmark,
a quality withhold, risk corridors, a performance incentive) is 0 or open elsewhere. Names
and references of each step are in `simulate.contracts.settlement`.
"""

from __future__ import annotations

import math
from typing import NamedTuple

# Numbers stand for words because compiled code holds floats only.
QUALITY_SCORE, QUALITY_PASS_OR_FAIL, QUALITY_TIERS, QUALITY_NONE = 0.0, 1.0, 2.0, 3.0
STANDARD_FAILED, STANDARD_ALTERNATIVE, STANDARD_MET = 0.0, 1.0, 2.0
LOSS_FIXED, LOSS_ONE_MINUS_FINAL_RATE, LOSS_ONE_MINUS_RATE_TIMES_SCORE = 0.0, 1.0, 2.0
BELOW_THRESHOLD, SAVINGS, SAVINGS_AT_HALF_RATE, LOSSES = 0.0, 1.0, 2.0, -1.0

#: Most marginal bands (risk corridors) that a contract may have in one direction.
MAX_BANDS = 5
Bands = tuple[tuple[float, float], ...]


class Terms(NamedTuple):
    """The terms of one contract, resolved for one ACO and one performance year.

    Rates and limits are fractions, dollars are US dollars per performance year; a limit
    that does not apply is infinite, and so is the MSR or MLR of a contract that shares no
    savings or no losses. The last four numbers are fractions of the updated benchmark:
    its discount, what is lost of it at a quality score of 0, cash beside the settlement,
    and cash earned at a quality score of 1.
    """

    maximum_sharing_rate: float
    msr: float
    mlr: float
    quality_rule: float
    loss_rate_rule: float
    loss_rate_floor: float
    maximum_loss_rate: float
    net_threshold: float
    half_rate: float
    sequestration: float
    payment_limit: float
    loss_limit_of_benchmark: float
    loss_limit_dollars: float
    withhold: float
    savings_paid: float
    disaster_relief: float
    losses_owed: float
    part_of_year: float
    extra_cash: float
    benchmark_discount: float
    quality_withhold: float
    extra_cash_of_benchmark: float
    performance_incentive: float
    savings_bands: Bands
    loss_bands: Bands


class Outcome(NamedTuple):
    """One settled performance year; dollars unless said otherwise."""

    gross: float  # settled benchmark less expenditure: > 0 savings, < 0 losses
    threshold: float  # BELOW_THRESHOLD, SAVINGS, SAVINGS_AT_HALF_RATE or LOSSES
    sharing_rate: float  # final sharing rate, fraction
    loss_rate: float  # shared loss rate, fraction
    shareable: float  # the part of gross that the rate applies to, >= 0
    share: float  # rate times shareable, before anything is taken off
    sequestered: float
    over_limit: float  # cut by the payment limit or the loss limit
    relieved: float  # losses forgiven for extreme and uncontrollable circumstances
    not_due: float  # taken off for early termination or a part year
    shared_savings: float
    withheld: float  # part of shared_savings held back against later losses
    shared_losses: float  # >= 0
    extra_cash: float
    net: float  # shared savings less shared losses plus extra cash and incentive
    limit: float  # the payment limit or loss limit in force, dollars (infinite: none)
    settled_benchmark: float  # updated benchmark less discount and lost quality withhold
    incentive: float  # performance incentive earned


def final_sharing_rate(terms: Terms, score: float, standard: float) -> float:
    """Return the final sharing rate, a fraction (42 CFR 425.502, 425.512)."""
    if terms.quality_rule == QUALITY_NONE:
        return terms.maximum_sharing_rate
    if standard == STANDARD_FAILED:
        return 0.0
    if terms.quality_rule == QUALITY_SCORE:
        return terms.maximum_sharing_rate * score
    if terms.quality_rule == QUALITY_TIERS and standard == STANDARD_ALTERNATIVE:
        return terms.maximum_sharing_rate * score
    return terms.maximum_sharing_rate


def shared_loss_rate(terms: Terms, score: float, standard: float) -> float:
    """Return the shared loss rate, a fraction (42 CFR 425.605(d), 606(f), 610(f))."""
    if terms.loss_rate_rule == LOSS_FIXED:
        return terms.maximum_loss_rate
    if terms.loss_rate_rule == LOSS_ONE_MINUS_FINAL_RATE:
        rate = 1.0 - final_sharing_rate(terms, score, standard)
    elif standard == STANDARD_FAILED:
        rate = terms.maximum_loss_rate
    else:
        rate = 1.0 - terms.maximum_sharing_rate * score
    return min(max(rate, terms.loss_rate_floor), terms.maximum_loss_rate)


def cents(dollars: float) -> float:
    """Round to whole cents: thresholds are compared as the dollars CMS prints.

    Infinity, the MLR of a one-sided contract, stays infinite.
    """
    if math.isinf(dollars):
        return dollars
    return float(math.floor(dollars * 100.0 + 0.5))


def within_bands(amount: float, benchmark: float, bands: Bands) -> float:
    """Return the sum over marginal bands of the band's share times what falls in it.

    `bands` holds (upper edge as a fraction of the benchmark, share); a contract
    without corridors has the one band (inf, 1).
    """
    total = 0.0
    lower = 0.0
    for edge, share in bands:
        upper = edge * benchmark
        total += share * max(min(amount, upper) - lower, 0.0)
        lower = upper
    return total


def taken_off_benchmark(terms: Terms, score: float, standard: float) -> float:
    """Return what is taken off the updated benchmark before expenditure is held against it.

    A fraction of it: a model's discount, and the part of its quality withhold that the
    quality score does not earn back. 0 under every Shared Savings Program contract.
    """
    lost = terms.quality_withhold * (1.0 - earned_quality(score, standard))
    return terms.benchmark_discount + lost


def earned_quality(score: float, standard: float) -> float:
    """Return the quality score that earns a withhold back or an incentive, a fraction."""
    return 0.0 if standard == STANDARD_FAILED else score


def threshold_passed(terms: Terms, benchmark: float, gross: float) -> float:
    """Return SAVINGS, SAVINGS_AT_HALF_RATE, LOSSES or BELOW_THRESHOLD; in whole cents."""
    if gross > 0.0:
        if cents(gross) >= cents(terms.msr * benchmark):
            return SAVINGS
        return SAVINGS_AT_HALF_RATE if terms.half_rate > 0.0 else BELOW_THRESHOLD
    if gross < 0.0 and cents(-gross) >= cents(terms.mlr * benchmark):
        return LOSSES
    return BELOW_THRESHOLD


def settle_year(
    terms: Terms, benchmark: float, expenditure: float, score: float, standard: float
) -> Outcome:
    """Settle one performance year.

    Parameters
    ----------
    terms : Terms
        Resolved terms of the contract.
    benchmark, expenditure : float
        Total updated benchmark and total expenditure of the assigned
        beneficiaries, dollars, on the same truncated basis.
    score : float
        Quality score, fraction from 0 to 1.
    standard : float
        STANDARD_MET, STANDARD_ALTERNATIVE or STANDARD_FAILED.

    Returns
    -------
    Outcome
    """
    extra_cash = terms.extra_cash + terms.extra_cash_of_benchmark * benchmark
    incentive = terms.performance_incentive * earned_quality(score, standard) * benchmark
    benchmark = benchmark * (1.0 - taken_off_benchmark(terms, score, standard))
    gross = benchmark - expenditure
    sharing_rate = final_sharing_rate(terms, score, standard)
    loss_rate = shared_loss_rate(terms, score, standard)
    threshold = threshold_passed(terms, benchmark, gross)
    shareable = share = sequestered = over_limit = relieved = not_due = 0.0
    shared_savings = shared_losses = 0.0
    limit = math.inf

    if threshold > 0.0:
        if threshold == SAVINGS_AT_HALF_RATE:
            sharing_rate = sharing_rate * terms.half_rate
        net_of_threshold = max(gross - terms.net_threshold * benchmark, 0.0)
        shareable = within_bands(net_of_threshold, benchmark, terms.savings_bands)
        share = sharing_rate * shareable
        sequestered = terms.sequestration * share
        limit = terms.payment_limit * benchmark
        # CMS takes sequestration off before it applies the payment limit.
        limited = min(share - sequestered, limit)
        over_limit = share - sequestered - limited
        shared_savings = limited * terms.savings_paid * terms.part_of_year
        not_due = limited - shared_savings
    elif threshold < 0.0:
        shareable = within_bands(-gross, benchmark, terms.loss_bands)
        share = loss_rate * shareable
        limit = min(terms.loss_limit_of_benchmark * benchmark, terms.loss_limit_dollars)
        limited = min(share, limit)
        over_limit = share - limited
        # Disaster relief, then proration, both after the loss limit.
        relieved = terms.disaster_relief * limited
        shared_losses = (limited - relieved) * terms.losses_owed * terms.part_of_year
        not_due = limited - relieved - shared_losses

    withheld = terms.withhold * shared_savings
    net = shared_savings - shared_losses + extra_cash + incentive
    return Outcome(
        gross, threshold, sharing_rate, loss_rate, shareable, share, sequestered, over_limit,
        relieved, not_due, shared_savings, withheld, shared_losses, extra_cash, net, limit,
        benchmark, incentive,
    )  # fmt: skip


def threshold_rates(terms: Terms, score: float, standard: float) -> tuple[float, float]:
    """Return the savings rates at which the MSR, and the MLR, are met.

    Fractions of the updated benchmark, losses negative; infinite where nothing is ever
    shared. The MSR and MLR themselves where nothing is taken off the benchmark.
    """
    lost = taken_off_benchmark(terms, score, standard)
    savings = terms.msr if math.isinf(terms.msr) else terms.msr + lost * (1.0 - terms.msr)
    losses = -terms.mlr if math.isinf(terms.mlr) else lost * (1.0 + terms.mlr) - terms.mlr
    return savings, losses


def settle_years(terms, benchmarks, expenditures, scores, standard, outcome):  # type: ignore[no-untyped-def]
    """Settle every simulated year under one contract.

    Parameters
    ----------
    terms : Terms
        Resolved terms.
    benchmarks, expenditures : float64 arrays, shape (years,)
        Total updated benchmark and total expenditure of each simulated year, dollars.
    scores : float64 array, shape (years,)
        Quality score of each simulated year, fractions.
    standard : float
        Quality standard, as in `settle_year`.
    outcome : float64 array, shape (5, years)
        Filled with shared savings, shared losses, net, threshold and the amount cut by
        a limit.
    """
    for year in range(expenditures.size):
        settled = settle_year(terms, benchmarks[year], expenditures[year], scores[year], standard)
        outcome[0, year] = settled.shared_savings
        outcome[1, year] = settled.shared_losses
        outcome[2, year] = settled.net
        outcome[3, year] = settled.threshold
        outcome[4, year] = settled.over_limit
