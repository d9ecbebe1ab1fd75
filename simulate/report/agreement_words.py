"""An agreement in words: the same sentences in the terminal and in the report."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from simulate.contracts.agreement_rules import agreement_rules
from simulate.report.numbers import dollars, percent_or_bound, percent_with_error, plain_percent
from simulate.report.sentences import (
    bracketed,
    caveats,
    precision_phrase,
    probability_decimals,
)

if TYPE_CHECKING:
    from simulate.agreement.best_path import BestPath
    from simulate.agreement.run import AgreementRun
    from simulate.measures.agreement import CumulativeMeasures
    from simulate.measures.estimate import Estimate


def savings_phrase(run: AgreementRun) -> str:
    """Return the assumed true savings, with how they change over the years."""
    view, settings = run.plan.true_savings.view, run.plan.settings
    said = f"true savings {plain_percent(view.mean, 1)}"
    if view.sd:
        said += f" (sd {100.0 * view.sd:.1f} points)"
    if set(settings.savings_ramp) != {1.0}:
        said += f" times {', '.join(f'{factor:g}' for factor in settings.savings_ramp)} by year"
    if settings.savings_drift_sd:
        said += f", drifting by {100.0 * settings.savings_drift_sd:.1f} points a year"
    names = [years[0].programme.name for years in run.plan.programmes]
    return f"{said} and what {' and '.join(names)} {_adds(names)}" if names else said


def _adds(names: Sequence[str]) -> str:
    return "adds" if len(names) == 1 else "add"


#: What stands over figures at the assumed true savings. One rate would not say it: savings may
#: change over the years, and a rebased benchmark takes part of them away.
ASSUMED_HEADING = "assumed"


def years_title(run: AgreementRun, label: str) -> str:
    """Return what stands over the performance years of a path, with what is assumed in them."""
    planned = run[label].planned
    rebased = len({year.agreement for year in planned.path.years}) > 1
    against = ", against the first benchmark" if rebased else ""
    return (
        f"{planned.title}, by performance year; {ASSUMED_HEADING}: {savings_phrase(run)}{against}"
    )


def agreement_answers(run: AgreementRun) -> list[str]:
    """Return the answer for every path, and what must be known before one is used."""
    contracts = [
        resolved.contract for path in run.paths.values() for resolved in path.planned.resolved
    ]
    return [*(agreement_answer(run, label) for label in run.paths), *caveats(contracts)]


def agreement_answer(run: AgreementRun, label: str) -> str:
    """Return the answer for one path of contracts, in a few sentences."""
    result = run[label]
    found, count = result.assumed.measures.cumulative, len(result.planned.path.years)
    rate = plain_percent(run.plan.settings.discount_rate, 1)
    sentences = (
        f"{result.planned.title}: over {_counted(count, 'performance year')} you "
        f"{_gained(found.expected_cumulative_net)} on average (present value "
        f"{dollars(found.net_present_value)}, discounted at {rate}), at {savings_phrase(run)}.",
        _owing(found, probability_decimals(run)),
        _tail(found),
        _luck(found, result.chance_alone.measures.cumulative),
    )
    return " ".join(filter(None, sentences))


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _gained(estimate: Estimate) -> str:
    """Return an expected amount as something gained or lost."""
    size = dollars(estimate._replace(value=abs(estimate.value)))
    return f"{'lose' if estimate.value < 0.0 else 'gain'} {size}"


def _owing(found: CumulativeMeasures, most: int) -> str:
    ever, in_all = found.probability_of_ever_owing, found.probability_of_cumulative_loss
    if ever.standard_error == 0.0 and ever.value == 0.0:
        return "You never owe."
    return (
        f"You owe in at least one year on {_share(ever, most)} of simulated paths, and lose over "
        f"all years together on {_share(in_all, most)}."
    )


def _share(estimate: Estimate, most: int = 1) -> str:
    shown = percent_or_bound(estimate, most)
    if shown[:1] in "<>" and float(shown[1:].split()[0]) in (0.0, 100.0):
        return plain_percent(estimate.value, 0)  # so few paths that a bound says nothing
    if shown.startswith("<"):
        return f"fewer than {shown[1:]}"
    return f"more than {shown[1:]}" if shown.startswith(">") else shown


def _luck(found: CumulativeMeasures, by_chance: CumulativeMeasures) -> str:
    """Return what chance alone brings; that nothing moves what is paid, where nothing does."""
    same = found.expected_cumulative_net == by_chance.expected_cumulative_net
    if same and not _varies(found):
        return "Neither luck nor savings move what it pays."
    return (
        "By chance alone, with no true savings, you would "
        f"{_gained(by_chance.expected_cumulative_net)}."
    )


def _varies(found: CumulativeMeasures) -> bool:
    return found.cumulative_net_p05.value != found.cumulative_net_p95.value


def _tail(found: CumulativeMeasures) -> str:
    low = found.cumulative_net_p05
    if not _varies(found):
        return ""
    if low.value >= 0.0:
        return "" if low.value == 0.0 else f"One path in twenty gains less than {dollars(low)}."
    return f"One path in twenty {_gained(low).replace('lose', 'loses more than')} in all."


def assumed_sentence(run: AgreementRun) -> str:
    """Return what was assumed because nothing was stated; empty where all is stated."""
    said, rates = list(run.plan.assumed), _unlike_one_year(run)
    if rates is not None:
        said.append(
            f"true savings {rates[0]}, where a run of one year takes {rates[1]}: under a new "
            "benchmark the ACO's own record says less and the mean of all ACOs more"
        )
    return f"Assumed: {'; '.join(said)}." if said else ""


def best_sentence(run: AgreementRun, best: Sequence[BestPath]) -> str:
    """Return which path is worth most at which true savings, in one sentence."""
    from simulate.agreement.spending import SEARCHED

    low, high = (plain_percent(end, 0) for end in SEARCHED)
    several, anywhere = len(run.paths) > 1, f"at any true savings from {low} to {high}"
    if len(best) == 1 and not best[0].label:
        said = f"Worth less than nothing, by net present value, {anywhere}"
    elif len(best) == 1:
        worth = f"{best[0].label} is worth most" if several else "Worth no less than nothing"
        said = f"{worth}, by net present value, {anywhere}"
    elif not several and not best[0].label and len(best) == 2:
        said = f"Worth more than nothing, by net present value, above {_rate(best[1])}"
    else:
        ranges = [f"{_called(best[0])} below {_rate(best[1])}"]
        for one, following in pairwise(best[1:]):
            ranges.append(f"{_called(one)} from there to {_rate(following, '')}")
        said = f"Worth most, by net present value: {', '.join(ranges)}, {_called(best[-1])} above"
    names = [years[0].programme.name for years in run.plan.programmes]
    if names:
        said += f", besides what {' and '.join(names)} {_adds(names)}"
    kept = ["spread"] if run.plan.true_savings.view.sd else []
    kept += ["ramp"] if set(run.plan.settings.savings_ramp) != {1.0} else []
    return f"{said}; their {' and '.join(kept)} as assumed." if kept else f"{said}."


def _called(best: BestPath) -> str:
    return best.label or "no path"


def _rate(best: BestPath, of: str = "true savings of ") -> str:
    assert best.above is not None
    return f"{of}{bracketed(percent_with_error(best.above, 1))}"


def _unlike_one_year(run: AgreementRun) -> tuple[str, str] | None:
    """Return the true savings here and in a run of one year, both of history; None if the same."""
    taken, asked = run.plan.true_savings, run.plan.asked
    if taken.posterior is None:
        return None
    from simulate.analysis.true_savings import resolve_true_savings

    one_year = resolve_true_savings(asked.assumptions, asked.aco).view.mean
    here, there = (plain_percent(mean, 1) for mean in (taken.view.mean, one_year))
    return None if here == there else (here, there)


def rebasing_sentences(run: AgreementRun, label: str) -> list[str]:
    """Return what success does to each next benchmark of a path."""
    result = run[label]
    starts = result.planned.path.starts
    sentences = []
    for place, change in enumerate(result.assumed.next_benchmarks):
        year = run.plan.start_year + starts[place + 1]
        sentences.append(
            f"A benchmark rebased for {year} would be {_change(change.change)} than before, with "
            f"{plain_percent(change.adjustment.value, 1)} added for prior savings or region; "
            f"each dollar saved a year takes {_cents(change.lost_per_dollar_saved)} a year off it."
        )
    return sentences


def _change(change: Estimate) -> str:
    size = plain_percent(abs(change.value), 1)
    return f"on average {size} {'lower' if change.value < 0.0 else 'higher'}"


def _cents(estimate: Estimate) -> str:
    return f"${estimate.value:.2f}"


def refusal_sentence(run: AgreementRun, label: str) -> str:
    """Return how likely renewal is refused; empty without a renewal test."""
    refused, luck = run[label].assumed.refused, run[label].chance_alone.refused
    if refused is None or luck is None:
        return ""
    test = agreement_rules().renewal_tests[run.plan.settings.renewal_test]
    return (
        f"Another one-sided agreement is refused on {_share(refused)} of simulated paths (by "
        f"chance alone {_share(luck)}), because losses go beyond the negative MSR in each of the "
        f"first {test.value} years ({test.reference})."
    )


def paths_phrase(run: AgreementRun) -> str:
    """Return how many paths were simulated and how: ``20,000 simulated paths …, seed 1``."""
    plan = run.plan
    said = (
        f"{_counted(plan.simulated_paths, 'simulated path')} of "
        f"{_counted(plan.calendar_years, 'calendar year')}, seed {run.scenario.run.seed}"
    )
    if run.scenario.run.sampling == "quasi-random":
        said += ", shared factors quasi-random"
    return f"{said}, {precision_phrase(run, 'paths')}" if run.precision is not None else said


def payment_sentence(run: AgreementRun) -> str:
    """Return when settlements are paid."""
    lag = run.plan.payment_lag
    rule = agreement_rules().payment_lag
    unconfirmed = "" if run.plan.settings.payment_lag is not None else f" ({rule.confidence})"
    resolved = (one for planned in run.plan.paths for one in planned.resolved)
    beside = any(one.contract.extra_cash_flows for one in resolved)
    in_the_year = ", cash beside it in the middle of that year" if beside else ""
    return (
        f"A settlement is paid {lag:g} years after its performance year{unconfirmed}{in_the_year}; "
        "present "
        "values are of the first day of the agreement, at "
        f"{plain_percent(run.plan.settings.discount_rate, 1)} a year."
    )


def savings_sentence(run: AgreementRun) -> str:
    """Return where the true savings come from; how a run of one year differs, where it does."""
    said, rates = f"True savings: {run.plan.true_savings.source}", _unlike_one_year(run)
    if rates is None:
        return f"{said}."
    return f"{said} (a run of one year, in the present agreement, assumes {rates[1]})."


def trend_sentence(run: AgreementRun) -> str:
    """Return how dollars grow, and what the updates may miss."""
    settings = run.plan.settings
    growth = ", ".join(plain_percent(rate, 1) for rate in settings.benchmark_update)
    said = (
        f"Benchmark and spending grow by {growth} a year from the dollars of {run.plan.stated_year}"
    )
    if settings.benchmark_update_sd:
        said += (
            f"; each update misses the ACO's own trend by {_points(settings.benchmark_update_sd)} "
            f"(sd), which lasts, and the common shock of a year is "
            f"{_points(run.plan.noise.common_shock_sd)}"
        )
    return f"{said}."


def _points(rate: float) -> str:
    return f"{100.0 * rate:.2f} points"
