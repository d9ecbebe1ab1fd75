"""Curves of a run: chances against true savings and against size, losses, convergence.

Every point rests on the run's own random numbers, and is to the last bit what a run of as
many years at that true savings or size finds alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from simulate.analysis.choices import circumstances_of, noise_of, population_of
from simulate.analysis.run import ASSUMED, CHANCE_ALONE, Run, outcomes_of
from simulate.analysis.simulation import draws_of, simulated_under
from simulate.contracts.resolution import ResolvedContract, resolve
from simulate.engine.sizes import simulate_sizes
from simulate.engine.years import Execution, SimulatedYears, View
from simulate.errors import UserError, nearest
from simulate.measures.estimate import Estimate, mean, proportion
from simulate.measures.exceedance import Exceedance, exceedance
from simulate.measures.outcomes import Measures, Outcomes, measure
from simulate.scenario.scenario import Scenario

#: A curve rests on the run's years, up to so many: their error can hardly be seen on it. Every
#: size draws people of its own, so that there fewer must do.
MOST_YEARS, MOST_YEARS_A_SIZE = 10_000, 5_000
#: Sizes of a curve, where the ACO's own is among them; the smallest that may enter.
SMALLEST, LARGEST = 5_000, 100_000
_SIZES = 21
_MOST_RATES = 61
_STEPS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05)
#: Beyond so many standard deviations of luck nothing changes any more.
_LUCK_SHOWN, _ASSUMED_SHOWN = 2.5, 2.0
_LARGEST_RATE = 0.45
_STAGES = 60


class Chances(NamedTuple):
    """The probabilities of sharing savings and of owing losses, and the expected net; dollars."""

    earns: Estimate
    owes: Estimate
    net: Estimate


@dataclass(frozen=True)
class ChanceCurves:
    """The chances of each contract along an axis.

    Attributes
    ----------
    at : tuple of float
        True savings (fractions of the benchmark) or sizes (assigned beneficiaries), rising.
    chances : dict of str to tuple of Chances
        By contract; one for each of `at`.
    years : int
        Simulated years that each point rests on; 0 where the exact engine computed it.
    """

    at: tuple[float, ...]
    chances: dict[str, tuple[Chances, ...]]
    years: int


class RunningEstimate(NamedTuple):
    """How an estimate settles down while more and more years are simulated.

    Attributes
    ----------
    years : tuple of int
        Rising, up to all years of the run.
    estimates : tuple of Estimate
        From the first years only; the last one is the run's own.
    """

    years: tuple[int, ...]
    estimates: tuple[Estimate, ...]


def chance_by_true_savings(
    run: Run, rates: Sequence[float] | None = None, execution: Execution | None = None
) -> ChanceCurves:
    """Return the chances of each contract of a run, were the true savings exactly a rate.

    Parameters
    ----------
    run : Run
    rates : sequence of float, optional
        True savings, fractions; by default from where luck alone makes a loss to where it
        can no longer hide savings, and around what the run assumes.
    execution : Execution, optional
        Threads and progress; without influence on the result.
    """
    rates = default_rates(run) if rates is None else tuple(rates)
    views = tuple(View(rate) for rate in rates)
    resolved = _resolved(run)
    if not run.years:
        exact = [_exact_chances(run.scenario, resolved, view) for view in views]
        return _curves(rates, exact, 0)
    years = min(run.years, MOST_YEARS)
    simulated = simulated_under(run.scenario, run.population, run.noise, views, years, execution)
    certain = run.certain(CHANCE_ALONE)
    found = [_chances(run, resolved, simulated, place, certain) for place in range(len(views))]
    return _curves(rates, found, years)


def chance_by_size(
    run: Run, sizes: Sequence[int] | None = None, execution: Execution | None = None
) -> tuple[ChanceCurves, ChanceCurves]:
    """Return the chances of each contract of a run, were the ACO of another size.

    People, person-years and dollars in proportion; the MSR, the MLR and every other term as
    they are at each size.

    Parameters
    ----------
    run : Run
    sizes : sequence of int, optional
        Assigned beneficiaries; by default from 5,000 to 100,000 with the ACO's own.
    execution : Execution, optional
        Threads and progress; without influence on the result.

    Returns
    -------
    (ChanceCurves, ChanceCurves)
        By chance alone, and at the assumed true savings: index with `CHANCE_ALONE` and
        `ASSUMED` of `simulate.analysis.run`.
    """
    sizes = default_sizes(run.aco.assigned_beneficiaries) if sizes is None else tuple(sizes)
    scenarios = [run.scenario.with_value("assigned_beneficiaries", n, "size") for n in sizes]
    resolved = [_resolved_at(run, scenario) for scenario in scenarios]
    views = (View(0.0), run.true_savings.view)
    if not run.years:
        by_chance, assumed = (
            [_exact_chances(s, r, view) for s, r in zip(scenarios, resolved, strict=True)]
            for view in views
        )
        return _curves(sizes, by_chance, 0), _curves(sizes, assumed, 0)
    years = min(run.years, MOST_YEARS_A_SIZE)
    simulated = _simulated_sizes(scenarios, views, years, execution)
    by_chance, assumed = (
        [
            _chances(run, terms, one, view, run.certain(view))
            for terms, one in zip(resolved, simulated, strict=True)
        ]
        for view in (CHANCE_ALONE, ASSUMED)
    )
    return _curves(sizes, by_chance, years), _curves(sizes, assumed, years)


def loss_exceedance(run: Run, contract_id: str, view: int = ASSUMED) -> Exceedance:
    """Return how often the shared losses of a contract exceed amounts; dollars.

    The curve has a point at the value at risk of the run, `loss_var_95`.
    """
    losses = run.outcomes(contract_id, view)
    result = run[contract_id]
    measures = result.measures if view == ASSUMED else result.chance_alone
    certain = run.certain(view) or losses.one_sided or not run.years
    marked = (measures.loss_var_95.value,)
    return exceedance(losses.shared_losses, marked, certain, losses.replicates)


def running_estimate(
    run: Run, contract_id: str, measure_name: str, view: int = ASSUMED
) -> RunningEstimate:
    """Return an estimate of a run as its first years alone would give it.

    Raises
    ------
    UserError
        No such measure, or a run by the exact engine, which has no years.
    """
    if not run.years:
        raise UserError("convergence: rests on simulated years, and the exact engine has none.")
    _check_measure(measure_name)
    outcomes, certain = run.outcomes(contract_id, view), run.certain(view)
    stages = _stages(run.years, outcomes.replicates)
    estimates: list[Estimate] = [
        getattr(measure(_first(outcomes, years), certain), measure_name) for years in stages
    ]
    return RunningEstimate(stages, tuple(estimates))


def least_certain(run: Run) -> tuple[str, str]:
    """Return the contract and the headline probability with the largest standard error."""
    candidates = [
        (contract_id, name)
        for contract_id, result in run.contracts.items()
        for name in ("probability_of_shared_savings", "probability_of_shared_losses")
        if result.resolved.two_sided or name == "probability_of_shared_savings"
    ]
    return max(candidates, key=lambda one: getattr(run[one[0]].measures, one[1]).standard_error)


def default_rates(run: Run) -> tuple[float, ...]:
    """Return evenly spaced true savings, 0 among them, over all that matters to a run."""
    terms = [contract.terms for contract in _resolved(run)]
    luck = _LUCK_SHOWN * float(np.std(run.savings_rates(CHANCE_ALONE)))
    view = run.true_savings.view
    finite = [rate for t in terms for rate in (t.msr, -t.mlr) if math.isfinite(rate)]
    reach = _ASSUMED_SHOWN * view.sd
    low = min([0.0, *finite, view.mean - reach + luck]) - luck
    high = max([0.0, *finite, view.mean + reach - luck]) + luck
    low, high = max(low, -_LARGEST_RATE), min(high, _LARGEST_RATE)
    step = next((s for s in _STEPS if (high - low) / s < _MOST_RATES - 2), _STEPS[-1])
    first, last = math.floor(low / step), math.ceil(high / step)
    return tuple(place * step for place in range(min(first, -1), max(last, 1) + 1))


def default_sizes(own: int) -> tuple[int, ...]:
    """Return sizes in equal ratios, of two digits, with the ACO's own among them."""
    low = SMALLEST if own >= SMALLEST else min(own, 1_000)
    high = max(LARGEST, own)
    even = (float(f"{size:.2g}") for size in np.geomspace(low, high, _SIZES))
    inside = (int(size) for size in even if low <= size <= high)
    # Below the smallest size that may enter, the size table replaces a chosen MSR and MLR.
    edge = {SMALLEST - 1, SMALLEST} if low < SMALLEST else set()
    return tuple(sorted({low, *inside, *edge, high, own}))


def _resolved(run: Run) -> list[ResolvedContract]:
    return [result.resolved for result in run.contracts.values()]


def _resolved_at(run: Run, scenario: Scenario) -> list[ResolvedContract]:
    """Return the run's contracts with their terms at the size of another scenario."""
    at = circumstances_of(scenario)
    return [resolve(resolved.contract, at) for resolved in _resolved(run)]


def _simulated_sizes(
    scenarios: Sequence[Scenario],
    views: tuple[View, ...],
    years: int,
    execution: Execution | None,
) -> list[SimulatedYears]:
    populations = [population_of(scenario) for scenario in scenarios]
    cases = [(p, noise_of(s.assumptions, p)) for s, p in zip(scenarios, populations, strict=True)]
    stated = scenarios[0]
    if stated.assumptions.benchmark_noise == "none":
        return simulate_sizes(cases, views, years, draws_of(stated), execution)
    return [
        simulated_under(scenario, population, noise, views, years, execution)
        for scenario, (population, noise) in zip(scenarios, cases, strict=True)
    ]


def chances_under(run: Run, resolved: Sequence[ResolvedContract], view: int) -> dict[str, Chances]:
    """Return the chances of contracts, under any terms, in the years of a run; by contract.

    Parameters
    ----------
    run : Run
    resolved : sequence of ResolvedContract
        Need not be those of the run.
    view : int
        `simulate.analysis.run.ASSUMED` or ``CHANCE_ALONE``.
    """
    if not run.years:
        return _exact_chances(run.scenario, resolved, (View(0.0), run.true_savings.view)[view])
    return _chances(run, resolved, run.simulated, view, run.certain(view))


def _chances(
    run: Run,
    resolved: Sequence[ResolvedContract],
    simulated: SimulatedYears,
    view: int,
    certain: bool,
) -> dict[str, Chances]:
    """Return the chances of each contract under one view of simulated years."""
    totals, against = simulated.total(view), simulated.settled_against
    scores = run.quality_scores(totals.size)
    found = {}
    for contract in resolved:
        settled = outcomes_of(contract, run.aco, against, totals, scores)
        replicates = simulated.replicates
        found[contract.contract.id] = Chances(
            proportion(settled.shared_savings > 0.0, certain, replicates),
            proportion(settled.shared_losses > 0.0, certain or settled.one_sided, replicates),
            mean(settled.net, replicates),
        )
    return found


def _exact_chances(
    scenario: Scenario, resolved: Sequence[ResolvedContract], view: View
) -> dict[str, Chances]:
    from simulate.analysis.exact import exact_measures

    found = exact_measures(scenario, resolved, view)
    return {
        contract_id: Chances(
            m.probability_of_shared_savings, m.probability_of_shared_losses, m.expected_net
        )
        for contract_id, m in found.items()
    }


def _curves(at: Sequence[float], found: Sequence[dict[str, Chances]], years: int) -> ChanceCurves:
    by_contract = {i: tuple(chances[i] for chances in found) for i in found[0]}
    return ChanceCurves(tuple(at), by_contract, years)


def _check_measure(name: str) -> None:
    names = list(Measures.__dataclass_fields__)
    if name not in names:
        raise UserError(
            f"measure {name!r}: there is no such measure.{nearest(name, names)} "
            f"The measures are: {', '.join(names)}."
        )


def _stages(years: int, replicates: int | None) -> tuple[int, ...]:
    """Return numbers of years in equal ratios, from about a hundredth of them to all."""
    first = min(years, max(2 * (replicates or 0), min(100, max(2, years // 10))))
    return tuple(sorted({int(n) for n in np.geomspace(first, years, _STAGES).round()}))


def _first(outcomes: Outcomes, years: int) -> Outcomes:
    """Return the outcomes of the first years alone."""
    return replace(
        outcomes,
        shared_savings=outcomes.shared_savings[:years],
        shared_losses=outcomes.shared_losses[:years],
        net=outcomes.net[:years],
        met_msr=outcomes.met_msr[:years],
        met_mlr=outcomes.met_mlr[:years],
        limited=outcomes.limited[:years],
    )
