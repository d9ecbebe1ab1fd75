"""Answer keys that are simulated: error rates, the closed-form grid, limits and laws."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.stats import binom, norm

from simulate.analysis.exact import exact_run
from simulate.analysis.run import ASSUMED, CHANCE_ALONE, outcomes_of, run
from simulate.contracts.contract import Contract, contract_ids, load_contract
from simulate.contracts.minimum_rate import size_table_rate
from simulate.contracts.resolution import Circumstances, resolve
from simulate.contracts.settlement import settle
from simulate.engine.exact import savings_rate_distribution
from simulate.engine.years import SimulatedYears, View, simulate_years
from simulate.measures.estimate import BoolArray, FloatArray, mean
from simulate.population.population import (
    Noise,
    Population,
    noise_from_constant,
    split_by_person_years,
)
from simulate.population.spend import spend_models
from simulate.scenario.aco import ACO
from simulate.verify.checks import Check, stated, within, within_errors

#: Constant of CMS's design noise as the literature rounds it, and the per capita of K5.
_K = 2.15
_PER_CAPITA = 11_762.0
_SIZES = (5_000, 10_000, 20_000, 50_000)
_DESIGN = "76 FR 19528 (April 2011): the design error rates of the MSR table"
_DELIA = "DeLia, Hoover & Cantor 2012, doi 10.5600/mmrr.002.04.a04"
_CLOSED = "closed form: normal savings rate with sd 2.15/sqrt(N)"


@dataclass(frozen=True)
class Effort:
    """How many years a verification simulates."""

    grid_years: int
    law_years: int


QUICK = Effort(grid_years=40_000, law_years=10_000)
FULL = Effort(grid_years=400_000, law_years=100_000)


def simulated_checks(effort: Effort = QUICK) -> list[Check]:
    """Return every check that simulates; fixed seeds, so the verdicts do not vary."""
    return [
        *_design_error_rates(effort),
        *_published_error_rates(),
        *_grid(effort),
        *_size_law(effort),
        *_zero_noise(),
        *_common_years(effort),
        *_exact_engine(effort),
    ]


def typical_population(size: int) -> Population:
    """Return a population of a size with the type mix and levels of ACOs in 2024."""
    # CMS results 2024: person-years and dollars per person-year by enrollment type.
    mix = (0.0035, 0.068, 0.053, 0.875)
    spending = (98_180.0, 12_693.0, 20_248.0, 12_424.0)
    person_years = tuple(size * share / sum(mix) for share in mix)
    return Population(
        split_by_person_years(size, person_years), person_years, spending, spend_models()
    )


def _one_type_population(size: int) -> Population:
    """Return a population whose benchmark is that of the closed-form grid, in one type."""
    return Population(
        (0, 0, 0, size),
        (0.0, 0.0, 0.0, float(size)),
        (1.0, 1.0, 1.0, _PER_CAPITA),
        spend_models(),
    )


def _normal_noise(size: int) -> Noise:
    """Return exactly normal noise with the grid's constant: practices alone, no people."""
    return Noise(0.0, _K / math.sqrt(size), 0.0, as_stated=True)


def _design_error_rates(effort: Effort) -> Iterator[Check]:
    years = effort.grid_years
    for size, design in ((5_000, 0.10), (20_000, 0.05), (50_000, 0.01)):
        population = typical_population(size)
        noise = noise_from_constant(population, _K, 0.0)
        simulated = simulate_years(population, noise, (View(0.0),), years, seed=size)
        rate = simulated.savings_rate(0)
        msr = size_table_rate(size)
        expected = float(norm.sf(msr * math.sqrt(size) / _K))
        error = math.sqrt(expected * (1.0 - expected) / years)
        yield within_errors(
            "design noise",
            f"{size:,} beneficiaries, no savings, drawn people: chance of sharing "
            f"(design {100 * design:g} %)",
            f"{_DESIGN}; {_CLOSED}",
            expected,
            float(np.mean(rate >= msr)),
            error,
        )


def _published_error_rates() -> Iterator[Check]:
    """Check DeLia, Hoover and Cantor's figures under K4's reading of their model."""
    for size, reward, penalty, tolerance in (
        (5_000, 0.24, 0.26, 0.02),
        (50_000, 0.02, 0.02, 0.008),
    ):
        years = 200_000
        simulated = simulate_years(
            _one_type_population(size), _normal_noise(size), (View(0.0),), years, seed=7
        )
        rate = simulated.savings_rate(0)
        for what, expected, got in (
            ("undeserved reward", reward, float(np.mean(rate >= 0.02))),
            ("undeserved penalty", penalty, float(np.mean(rate <= -0.02))),
        ):
            yield within("published error rates", f"{size:,}, two-sided 2 %: {what}", _DELIA,
                         expected, got, tolerance, ".3f")  # fmt: skip
    simulated = simulate_years(
        _one_type_population(5_000), _normal_noise(5_000), (View(0.07),), 200_000, seed=7
    )
    denial = float(np.mean(simulated.savings_rate(0) < size_table_rate(5_000)))
    yield stated(
        "published error rates",
        "5,000, true savings 7 %, one-sided: chance of denial at least 0.15",
        _DELIA,
        ">= 0.15",
        f"{denial:.3f}",
        denial >= 0.15,
    )
    yield Check(
        "published error rates",
        "smallest and largest expected payment: the per capita that gives the largest does not, "
        "under one convention, give the smallest",
        _DELIA,
        "$115,000 to $35.3 million",
        "$115,000 (two-sided net at 5,000) to $35.29 million at $11,762 per capita",
        "informational",
        "sources contradict",
    )


def _plain(contract_id: str) -> Contract:
    """Return a contract with the 2011 final terms of K5: no sequestration, no limits in reach."""
    changes = {"sequestration": 0.0, "payment_limit": 1.0, "quality_rule": "score"}
    contract = load_contract(contract_id)
    if contract_id == "track-2-2012":
        changes["loss_limit_of_benchmark"] = 1.0
    return contract.with_terms(changes)


def _grid(effort: Effort) -> Iterator[Check]:
    """Simulate 4 sizes x 11 true savings, one- and two-sided, against the closed form."""
    scores: dict[str, list[float]] = {}
    for size in _SIZES:
        population, noise = _one_type_population(size), _normal_noise(size)
        for percent in range(11):
            view = View(percent / 100.0)
            # A seed of its own makes the cells independent, so their misses can be counted.
            seed = 100 * size + percent
            simulated = simulate_years(population, noise, (view,), effort.grid_years, seed)
            for name, score in _grid_scores(size, view.mean, simulated):
                scores.setdefault(name, []).append(score)
    for name, cells in scores.items():
        yield _judged_scores(name, cells)


def _grid_scores(
    size: int, savings: float, simulated: SimulatedYears
) -> Iterator[tuple[str, float]]:
    aco = _grid_aco(size)
    expenditure = simulated.total(0)
    for contract_id, msr in (("track-1", size_table_rate(size)), ("track-2-2012", 0.02)):
        resolved = resolve(_plain(contract_id), Circumstances(size))
        got = outcomes_of(resolved, aco, simulated.benchmark, expenditure)
        sided = "one-sided" if contract_id == "track-1" else "two-sided"
        share = 0.5 if contract_id == "track-1" else 0.6
        up = _truncated_normal(savings, size, msr)
        dollars = size * _PER_CAPITA
        yield f"{sided}: probability of reward", _probability_score(got.shared_savings > 0.0, up[0])
        yield f"{sided}: expected reward", _mean_score(got.shared_savings, share * dollars * up[1])
        if sided == "two-sided":
            down = _truncated_normal(-savings, size, 0.02)
            yield (
                "two-sided: probability of penalty",
                _probability_score(got.shared_losses > 0.0, down[0]),
            )
            yield (
                "two-sided: expected penalty",
                _mean_score(got.shared_losses, 0.4 * dollars * down[1]),
            )


def _grid_aco(size: int) -> ACO:
    person_years = {"aged_non_dual": float(size)}
    levels = dict.fromkeys(("esrd", "disabled", "aged_dual"), 0.0)
    return ACO.model_validate(
        {
            "assigned_beneficiaries": size,
            "person_years": person_years,
            "benchmark_per_capita": {**levels, "aged_non_dual": _PER_CAPITA},
        }
    )


def _truncated_normal(savings: float, size: int, minimum: float) -> tuple[float, float]:
    """Return P(S >= minimum) and E[S; S >= minimum] for a normal savings rate."""
    s = _K / math.sqrt(size)
    z = (minimum - savings) / s
    probability = float(norm.sf(z))
    return probability, savings * probability + s * float(norm.pdf(z))


def _probability_score(hits: BoolArray, expected: float) -> float:
    """Return how many standard errors a share of years is off.

    Where fewer than ten years with, or without, a hit are expected, the share is not
    normal: the cell counts as met unless its count is one in a million.
    """
    years, count = hits.size, int(np.count_nonzero(hits))
    error = math.sqrt(expected * (1.0 - expected) / years)
    if years * min(expected, 1.0 - expected) >= 10.0:
        return (count / years - expected) / error
    tail = min(binom.cdf(count, years, expected), binom.sf(count - 1, years, expected))
    return 0.0 if tail > 1e-6 else math.inf


def _mean_score(values: FloatArray, expected: float) -> float:
    """Return how many standard errors a mean is off; 0 where fewer than ten years count."""
    estimate = mean(values)
    if np.count_nonzero(values) < 10:
        return 0.0
    return (estimate.value - expected) / estimate.standard_error


def _judged_scores(name: str, scores: list[float]) -> Check:
    largest = max(abs(score) for score in scores)
    beyond = sum(abs(score) > 2.0 for score in scores)
    allowed = int(binom.ppf(0.999, len(scores), 2.0 * norm.sf(2.0)))
    return stated(
        "closed-form grid",
        f"{name}: {len(scores)} cells",
        _CLOSED,
        f"within 4 se everywhere; at most {allowed} beyond 2",
        f"largest {largest:.1f} se; {beyond} beyond 2",
        largest <= 4.0 and beyond <= allowed,
    )


def _size_law(effort: Effort) -> Iterator[Check]:
    """Check that the variance falls as 1/N from people, with the shock as intercept."""
    for shock in (0.0, 0.0065):
        inverse, variance = [], []
        for size in (2_000, 5_000, 15_000, 50_000):
            population = typical_population(size)
            noise = Noise(1.0, 0.0, shock)
            simulated = simulate_years(
                population, noise, (View(0.0),), effort.law_years, seed=size + 1
            )
            inverse.append(1.0 / size)
            variance.append(float(np.var(simulated.savings_rate(0))))
        what = "people only" if shock == 0.0 else "people and a common shock of 0.65 points"
        yield from _line_checks(what, shock, np.array(inverse), np.array(variance), effort)


def _line_checks(
    what: str, shock: float, inverse: FloatArray, variance: FloatArray, effort: Effort
) -> Iterator[Check]:
    """Check slope and intercept of variance on 1/N, each within 4 of its standard errors."""
    reference = "variance of a mean of independent people; plus a shock common to all"
    # A variance is known to a relative sqrt(2 / years), the same for every size.
    errors = variance * math.sqrt(2.0 / effort.law_years)
    line, covariance = np.polyfit(inverse, variance, 1, w=1.0 / errors, cov="unscaled")
    slope_error, intercept_error = np.sqrt(np.diag(covariance))
    k = typical_population(50_000).people_noise_constant
    yield within_errors("1/sqrt(N)", f"{what}: slope, k squared", reference, k * k,
                        float(line[0]), float(slope_error), shown=".3f")  # fmt: skip
    yield within_errors("1/sqrt(N)", f"{what}: intercept, squared points", reference,
                        1e4 * shock**2, 1e4 * float(line[1]), 1e4 * float(intercept_error),
                        shown=".3f")  # fmt: skip


def _zero_noise() -> Iterator[Check]:
    """Check that a run without noise is the settlement, to the cent, for every contract."""
    size = 20_000
    population = typical_population(size)
    worst = 0.0
    cases = 0
    for savings in (-0.08, -0.02, 0.0, 0.02, 0.08):
        simulated = simulate_years(population, Noise(0.0, 0.0, 0.0), (View(savings),), 2, seed=1)
        expenditure = float(population.benchmark * (1.0 - savings))
        for contract_id in contract_ids():
            at = Circumstances(size)
            contract = load_contract(contract_id)
            one = settle(contract, at, population.benchmark, expenditure, 0.8, "met")
            aco = _grid_aco(size).model_copy(update={"quality_score": 0.8})
            many = outcomes_of(
                resolve(contract, at), aco, simulated.benchmark, simulated.total(0)
            ).net
            worst = max(worst, float(np.max(np.abs(many - one.net))))
            cases += 1
    yield within("limits", f"zero noise against settle, {cases} cases, largest miss in dollars",
                 "the settlement itself, to the cent", 0.0, worst, 0.0101, ".4f")  # fmt: skip


def _common_years(effort: Effort) -> Iterator[Check]:
    """Check common random numbers: identical contracts, and paired against unpaired errors."""
    population = typical_population(10_000)
    noise = noise_from_constant(population, _K, 0.0)
    simulated = simulate_years(population, noise, (View(0.0), View(0.02)), effort.law_years, seed=3)
    aco = _grid_aco(10_000)
    nets = []
    for contract_id in ("track-2", "track-3", "track-3"):
        resolved = resolve(load_contract(contract_id), Circumstances(10_000))
        nets.append(outcomes_of(resolved, aco, simulated.benchmark, simulated.total(ASSUMED)).net)
    same = float(np.max(np.abs(nets[1] - nets[2])))
    yield within("limits", "identical contracts differ by", "common years", 0.0, same, 0.0)
    paired = mean(nets[0] - nets[1]).standard_error
    single = min(mean(net).standard_error for net in nets[:2])
    yield stated("limits", "paired error of Track 2 less Track 3 below half of either's own",
                 "common years", f"< {single / 2:,.0f}", f"{paired:,.0f}",
                 paired < single / 2)  # fmt: skip
    chance = float(np.std(simulated.savings_rate(CHANCE_ALONE))) * math.sqrt(10_000)
    yield within("limits", "noise_constant 2.15: sd of the savings rate times root N",
                 "its definition", _K, chance,
                 4.0 * _K / math.sqrt(2.0 * effort.law_years), ".3f")  # fmt: skip


_HELD = (
    "probability_of_shared_savings",
    "probability_of_shared_losses",
    "expected_shared_savings",
    "expected_shared_losses",
    "standard_deviation_of_net",
)


def _exact_engine(effort: Effort) -> Iterator[Check]:
    """Hold Monte Carlo against the exact engine, and that against the normal closed form."""
    for size in (5_000, 20_000, 50_000):
        distribution = savings_rate_distribution(
            _one_type_population(size), _normal_noise(size), View(0.0)
        )
        msr = size_table_rate(size)
        expected = float(norm.sf(msr * math.sqrt(size) / _K))
        got = 1.0 - float(distribution.cdf(msr))
        what = f"{size:,}, normal noise: chance of clearing the MSR"
        yield within("exact engine", what, _CLOSED, expected, got, 1e-6, ".8f")
        yield _against_monte_carlo(size, effort)


def _against_monte_carlo(size: int, effort: Effort) -> Check:
    """Return the largest miss of Monte Carlo over every contract, in standard errors."""
    contracts, aco = list(contract_ids()), _grid_aco(size)
    by_exact = exact_run(aco, contracts, true_savings=0.01, true_savings_sd=0.01)
    sampled = run(aco, contracts, effort.law_years, size, true_savings=0.01, true_savings_sd=0.01)
    misses = [
        abs(getattr(sampled[i], name).value - getattr(by_exact[i], name).value)
        / getattr(sampled[i], name).standard_error
        for i in contracts
        for name in _HELD
        if getattr(sampled[i], name).standard_error > 0.0
    ]
    return stated(
        "exact engine",
        f"{size:,}: {len(misses)} chances, means and deviations of every contract by Monte Carlo",
        "the exact engine: characteristic functions, no sampling",
        "within 4 se",
        f"largest {max(misses):.1f} se",
        max(misses) <= 4.0,
    )
