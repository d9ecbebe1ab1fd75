"""The tables that notebooks show: the same words and numbers as the report's."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from simulate.report.notebook.shown import Table, table
from simulate.report.numbers import percent_or_bound, plain_dollars, plain_percent

if TYPE_CHECKING:
    from simulate.analysis.run import Run
    from simulate.analysis.sweep import Sweep
    from simulate.measures.estimate import Estimate
    from simulate.population.calibrate import Calibration
    from simulate.population.credibility import CredibilityModel
    from simulate.verify.backtest import Backtest
    from simulate.verify.replay import Replay


def measure_table(
    run: Run, names: Sequence[str], caption: str = "", *, by_chance_alone: bool = False
) -> Table:
    """Return some measures of every contract of a run, in each view of the true savings.

    Parameters
    ----------
    run : Run
    names : sequence of str
        Names of `simulate.Measures`.
    caption : str
    by_chance_alone : bool
        Only at true savings of exactly zero.
    """
    from simulate.report.html import tables as report

    unit, views = report.unit_of(run), report.views_of(run)[: 1 if by_chance_alone else None]
    words = {name: (title, is_dollars) for name, title, is_dollars in report.MEASURES}
    results = run.contracts.values()
    rows = []
    for name in names:
        title, is_dollars = words[name]
        row = [f"{title}, {report.unit_words(unit)}" if is_dollars else title]
        for result in results:
            never = name in report.OF_LOSSES and not result.resolved.two_sided
            for view in views:
                shown = report.cell(getattr(view.of(result), name), is_dollars, unit)
                row.append("none" if never else f"{shown.value} {shown.error}".rstrip())
        rows.append(row)
    titles = [f"{r.resolved.contract.title}\n{view.short}" for r in results for view in views]
    return table(["", *titles], rows, caption)


def terms_table(run: Run, names: Sequence[str], caption: str = "") -> Table:
    """Return terms of every contract of a run as applied, each over its reference.

    Parameters
    ----------
    run : Run
    names : sequence of str
        Names of terms, such as ``minimum_savings_rate``.
    caption : str
    """
    from simulate.report.html.terms import contract_card

    cards = [contract_card(result.resolved) for result in run.contracts.values()]
    stated = [{row["name"]: row for row in card["terms"]} for card in cards]
    titles = [name.replace("_", " ").capitalize() for name in names]
    rows = [[title, *(_term(terms.get(title)) for terms in stated)] for title in titles]
    return table(["", *(card["title"] for card in cards)], rows, caption)


def _term(row: dict[str, str] | None) -> str:
    if row is None:
        return "none"
    unconfirmed = "unconfirmed" if row["confidence"] == "unconfirmed" else ""
    small_print = "; ".join(filter(None, (row["dated"], row["reference"], unconfirmed)))
    return f"{row['value'].replace(' msr', ' MSR')}\n{small_print}"


def source_table(runs: Sequence[Run], caption: str = "") -> Table:
    """Return where the variance of the savings rate comes from, a row for each run's size.

    Parameters
    ----------
    runs : sequence of Run
        Of the same ACO in several sizes.
    caption : str
    """
    found = [run.decomposition for run in runs]
    parts = [one.savings_rate for one in found]
    sources = [s for s in parts[0] if any(part[s].value > 0.0 for part in parts)]
    rows = [
        [
            f"{run.aco.assigned_beneficiaries:,}",
            *(plain_percent(one.savings_rate[s].value / one.total(), 0) for s in sources),
            f"{100.0 * math.sqrt(one.total()):.1f} points",
        ]
        for run, one in zip(runs, found, strict=True)
    ]
    return table(["beneficiaries", *sources, "standard deviation"], rows, caption)


def sweep_table(
    sweep: Sweep, measure: str, true_savings: Sequence[float], caption: str = ""
) -> Table:
    """Return a probability by size, in a column for each choice and rate of true savings.

    Parameters
    ----------
    sweep : Sweep
    measure : str
        A probability, such as ``probability_of_shared_savings``.
    true_savings : sequence of float
        Rates of the sweep, fractions.
    caption : str
    """
    columns = [(choice.label, rate) for choice in sweep.plan.choices for rate in true_savings]
    rows = [
        [
            f"{size:,}",
            *(_chance(getattr(sweep.cell(size, rate)[label], measure)) for label, rate in columns),
        ]
        for size in sweep.plan.sizes
    ]
    titles = [f"{label}\ntruly saves {plain_percent(rate, 0)}" for label, rate in columns]
    return table(["beneficiaries", *titles], rows, caption)


def _chance(estimate: Estimate) -> str:
    never = estimate.value == 0.0 and estimate.standard_error == 0.0
    return "never" if never else percent_or_bound(estimate, 1)


def replay_table(replay: Replay, caption: str = "") -> Table:
    """Return how many published settlements match, by performance year."""
    from simulate.verify.replay import MatchClass

    rows = [
        [
            "all" if line.performance_year is None else str(line.performance_year),
            f"{line.rows:,}",
            *(f"{line.by_class[kind]:,}" for kind in MatchClass),
            f"{line.money_rows:,}",
            f"{line.money_matched:,}",
        ]
        for line in replay.summary()
    ]
    kinds = [kind.value for kind in MatchClass]
    header = ["performance year", "settlements", *kinds, "money moved", "of these matched"]
    return table(header, rows, caption)


def unmatched_table(replay: Replay, caption: str = "") -> Table:
    """Return every settlement that does not match, with what the dollars point to."""
    rows = [
        [
            f"{row.aco_id}, {row.performance_year}\n{row.aco_name or ''}",
            row.contract,
            "nothing" if row.published is None else plain_dollars(row.published),
            plain_dollars(row.recomputed),
            f"{row.match_class.value}\n{row.reason}",
        ]
        for row in replay.not_matched()
    ]
    header = ["ACO", "contract", "published", "recomputed", "class and likeliest reason"]
    return table(header, rows, caption)


def backtest_table(tests: Sequence[Backtest], caption: str = "") -> Table:
    """Return coverage, score and bias of several backtests; rates in points of the benchmark."""
    rows = [
        [
            f"{test.next_year} from {test.previous_year}",
            f"{len(test.predictions):,}",
            plain_percent(test.coverage_50, 0),
            plain_percent(test.coverage_90, 0),
            f"{100.0 * test.crps:.2f}",
            f"{100.0 * test.crps_baseline:.2f}",
            plain_percent(test.gain, 0),
            f"{100.0 * test.bias:+.1f}",
        ]
        for test in tests
    ]
    header = [
        *("forecast of", "ACOs", "inside 50 %", "inside 90 %"),
        *("CRPS, points", "of the baseline", "better by", "bias, points"),
    ]
    return table(header, rows, caption)


#: The constants of the panel model: words, and what brings them to points where they are rates.
_CONSTANTS = (
    ("spread", "true savings across very large ACOs, sd, points", 100.0),
    ("spread_size_constant", "what size adds to it: sd of h/√N, h", 1.0),
    ("persistence", "correlation of true savings with next year's, same agreement", 1.0),
    ("persistence_rebasing", "the same where a new agreement begins", 1.0),
    ("noise_constant", "luck that falls with size: sd of k/√N, k", 1.0),
    ("common_sd_national", "luck that does not: sd, points, national update", 100.0),
    ("common_sd_regional", "luck that does not: sd, points, regional update", 100.0),
    ("tail_df", "degrees of freedom of Student's t: small is heavy tails", 1.0),
)


def credibility_table(model: CredibilityModel, caption: str = "") -> Table:
    """Return the constants of the panel model of published rates, with their intervals."""
    rows = []
    for name, words, factor in _CONSTANTS:
        value = f"{factor * getattr(model.parameters, name):.2f}"
        ends = [f"{factor * end:.2f}" for end in model.intervals.get(name, ())]
        rows.append([words, value, " to ".join(ends) or "-"])
    return table(["constant", "estimate", "90 % interval"], rows, caption)


def spend_table(calibration: Calibration, caption: str = "") -> Table:
    """Return what a calibration found for each enrollment type, beside the default model."""
    from simulate.data.enrollment import ENROLLMENT_NAMES
    from simulate.population.spend import default_model

    rows = []
    for name, found in zip(ENROLLMENT_NAMES, calibration.types.values(), strict=True):
        default = default_model(found.enrollment_type).truncated_cv
        if found.sample is None or found.chosen is None:
            rows.append([name, *["-"] * 5, f"{found.model.truncated_cv:.2f}", f"{default:.2f}"])
            continue
        latest = found.years[-1]
        rows.append(
            [
                name,
                f"{sum(year.count for year in found.years):,}",
                f"${latest.per_capita:,.0f}",
                f"${latest.truncation_point:,.0f}",
                found.chosen.family.replace("_", " "),
                f"{found.sample.figures.truncated_cv:.2f}",
                f"{found.model.truncated_cv:.2f}",
                f"{default:.2f}",
            ]
        )
    header = [
        *("enrollment type", "beneficiary-years", "a person-year", "truncated at", "family"),
        *("CV of the data", "CV fitted", "CV of the default"),
    ]
    return table(header, rows, caption)
