"""The HTML reports of the evidence: replays of published settlements, backtests of rates."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulate.report.figures.backtest import BAND, intervals, pit_histogram, uniform_band
from simulate.report.figures.house import figure_of
from simulate.report.figures.replay import differences, published_recomputed
from simulate.report.html.page import one_line, page, write_page
from simulate.report.html.pictures import Picture
from simulate.report.html.provenance import versions
from simulate.report.html.svg import picture_uri
from simulate.report.numbers import cents, plain_dollars, plain_percent
from simulate.verify.replay import MatchClass
from simulate.verify.replay_rules import RULE_REFERENCES

if TYPE_CHECKING:
    from simulate.verify.backtest import Backtest, PredictedRate
    from simulate.verify.replay import Replay, ReplayedRow
    from simulate.verify.replay_checks import Check

_IN_DOLLARS = ("generated savings or losses", "emergency relief")

#: The constants of the panel model in words; True: a fraction of the benchmark, as points.
_CONSTANTS = (
    ("spread", "Persistent differences between very large ACOs, standard deviation", True),
    ("spread_size_constant", "What size adds to them: this over √N", False),
    ("persistence", "Correlation of that part, year to year within an agreement", False),
    ("persistence_rebasing", "The same where a new agreement began in between", False),
    ("noise_constant", "Noise of one year that falls with size: this over √N", False),
    ("common_sd_national", "Noise that does not, national update of the benchmark", True),
    ("common_sd_regional", "Noise that does not, regional update of the benchmark", True),
    ("tail_df", "Degrees of freedom of Student's t", False),
)


def write_replay_report(
    replay: Replay, path: str | Path, command: str | Sequence[str] | None = None
) -> None:
    """Write the HTML report of a replay to a file, complete or not at all.

    Parameters
    ----------
    replay : Replay
    path : path
        Where to write; an existing file is replaced once the report is complete.
    command : str or sequence of str, optional
        The command line that led to the replay, for the section on reproducing it.

    Raises
    ------
    UserError
        The path cannot be written.
    """
    write_page(path, lambda: render_replay_report(replay, command))


def render_replay_report(replay: Replay, command: str | Sequence[str] | None = None) -> str:
    """Return the HTML report of a replay as text; see `write_replay_report`."""
    years = sorted({row.performance_year for row in replay.rows})
    not_matched = replay.not_matched()
    disagreeing = [
        _disagreement(row, check)
        for row in replay.rows
        for check in row.checks
        if check.agrees is False
    ]
    content = {
        "facts": _replay_facts(replay, years),
        "span": _span(years),
        "answer": _replay_answer(replay),
        "summary": [
            {
                "year": "all" if line.performance_year is None else str(line.performance_year),
                "counts": [line.rows, *(line.by_class[kind] for kind in MatchClass)],
                "money": (line.money_rows, line.money_matched),
            }
            for line in replay.summary()
        ],
        "pictures": _replay_pictures(replay),
        "not_matched": [_not_matched_row(row) for row in not_matched],
        "checks": [
            {"name": check.name, "compared": check.compared, "agree": check.agree}
            for check in replay.check_summary()
        ],
        "disagreeing": disagreeing,
        "taken": _counted(name for row in replay.rows for name in row.inputs_taken_as_published),
        "remarks": _counted(
            row.reason for row in replay.rows if row.match_class.matched and row.reason
        ),
        "rules": [
            {"name": rule.value, "reference": reference, "applied": rule in replay.rules}
            for rule, reference in RULE_REFERENCES.items()
        ],
        "notes": replay.notes,
        "provenance": _provenance(replay.files, _replay_data(replay), one_line(command)),
    }
    return page("replay.html.j2", content)


def write_backtest_report(
    backtest: Backtest, path: str | Path, command: str | Sequence[str] | None = None
) -> None:
    """Write the HTML report of a backtest to a file, complete or not at all.

    Parameters
    ----------
    backtest : Backtest
    path : path
        Where to write; an existing file is replaced once the report is complete.
    command : str or sequence of str, optional
        The command line that led to the backtest, for the section on reproducing it.

    Raises
    ------
    UserError
        The path cannot be written.
    """
    write_page(path, lambda: render_backtest_report(backtest, command))


def render_backtest_report(backtest: Backtest, command: str | Sequence[str] | None = None) -> str:
    """Return the HTML report of a backtest as text; see `write_backtest_report`."""
    model = backtest.model
    content = {
        "backtest": backtest,
        "facts": _backtest_facts(backtest),
        "answer": _backtest_answer(backtest),
        "scores": _scores(backtest),
        "sizes": _sizes(backtest),
        "pictures": _backtest_pictures(backtest),
        "band": " to ".join(plain_percent(end, 1) for end in uniform_band(backtest)),
        "fitted": _span(backtest.fitted_years),
        "predictions": [_predicted(one) for one in backtest.predictions],
        "constants": [
            (words, _points(value) if in_points else f"{value:.2f}")
            for name, words, in_points in _CONSTANTS
            for value in (getattr(model.parameters, name),)
        ],
        "drift": _drift_words(backtest),
        "year_means": [(year, plain_percent(mean)) for year, mean in model.year_means.items()],
        "provenance": _provenance(sorted(set(model.files)), backtest.to_dict(), one_line(command)),
    }
    return page("backtest.html.j2", content)


# Replay


def _replay_facts(replay: Replay, years: Sequence[int]) -> list[tuple[str, str]]:
    published = [row.published for row in replay.rows if row.published is not None]
    total = replay.summary()[-1]
    return [
        ("Published settlements", f"{len(replay.rows):,}"),
        ("Performance years", _span(years)),
        ("Matched", f"{total.matched:,} ({_share(total.matched, total.rows)})"),
        ("Earned, as published", plain_dollars(sum(p for p in published if p > 0.0))),
        ("Owed, as published", plain_dollars(-sum(p for p in published if p < 0.0))),
    ]


def _replay_answer(replay: Replay) -> str:
    total = replay.summary()[-1]
    classes = total.by_class
    exact, rounded = (classes[k] for k in (MatchClass.TO_THE_DOLLAR, MatchClass.WITHIN_ROUNDING))
    bounded, unmatched = (classes[k] for k in (MatchClass.NOT_DETERMINABLE, MatchClass.UNMATCHED))
    rest = (
        "every row is matched"
        if not bounded + unmatched
        else f"{unmatched:,} {_are(unmatched)} unmatched and {bounded:,} can only be bounded, "
        "each named below with its reason"
    )
    return (
        f"{total.matched:,} of {total.rows:,} published settlements "
        f"({_share(total.matched, total.rows)}) are recomputed from their printed inputs, "
        f"{exact:,} to the dollar and {rounded:,} within the rounding of the inputs. "
        f"Of the {total.money_rows:,} in which money moved, {total.money_matched:,} "
        f"({_share(total.money_matched, total.money_rows)}) are matched; {rest}."
    )


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _share(part: int, whole: int) -> str:
    """Return a share in percent that says 100 % only of all, and 0 % only of none."""
    if not whole:
        return "none to compare"
    percent = 100.0 * part / whole
    if part < whole:
        percent = min(percent, 99.99)
    return f"{max(percent, 0.01) if part else 0.0:.{0 if part in (0, whole) else 2}f} %"


def _span(years: Sequence[int]) -> str:
    """Return years as text, successive ones as a range: ``2013 to 2021, 2024``."""
    spans: list[list[int]] = []
    for year in years:
        if spans and year == spans[-1][-1] + 1:
            spans[-1].append(year)
        else:
            spans.append([year])
    return ", ".join(
        str(found[0]) if len(found) == 1 else f"{found[0]} to {found[-1]}" for found in spans
    )


def _amount(value: float | None) -> str:
    return "not printed" if value is None else cents(value)


def _not_matched_row(row: ReplayedRow) -> dict[str, Any]:
    return {
        "who": f"{row.performance_year} {row.aco_id}",
        "name": " · ".join(filter(None, (row.aco_name, row.contract))),
        "published": _amount(row.published),
        "recomputed": _amount(row.recomputed),
        "difference": _amount(row.difference),
        "bounds": f"{cents(row.low)} to {cents(row.high)}",
        "bounded": row.match_class is MatchClass.NOT_DETERMINABLE,
        "match_class": row.match_class.value,
        "reason": row.reason,
    }


def _disagreement(row: ReplayedRow, check: Check) -> dict[str, str]:
    return {
        "who": f"{row.performance_year} {row.aco_id}",
        "name": " · ".join(filter(None, (row.aco_name, row.contract))),
        "check": check.name,
        "published": _checked(check, check.published),
        "recomputed": _checked(check, check.recomputed),
        "match_class": row.match_class.value,
        "note": check.note,
    }


def _checked(check: Check, value: float | None) -> str:
    if value is None or check.name in _IN_DOLLARS:
        return _amount(value)
    return plain_percent(value)


def _counted(names: Iterable[str]) -> list[tuple[str, int]]:
    """Return how often each name occurs, the most frequent first."""
    return sorted(Counter(names).items(), key=lambda item: (-item[1], item[0]))


def _replay_pictures(replay: Replay) -> dict[str, Picture]:
    counts = "; ".join(f"{kind.value}: {len(replay.of_class(kind)):,}" for kind in MatchClass)
    rows = ", ".join(f"{row.performance_year} {row.aco_id}" for row in replay.not_matched()[:12])
    off = f" Not matched: {rows}." if rows else ""
    return {
        "dollars": Picture(
            picture_uri(figure_of(published_recomputed(replay))),
            f"Recomputed against published dollars of every settlement, on log scales: {counts}. "
            f"Matched rows lie on the diagonal.{off}",
        ),
        "differences": Picture(
            picture_uri(figure_of(differences(replay))),
            "Difference of published and recomputed dollars of every settlement against its size, "
            f"on log scales: {counts}.{off}",
        ),
    }


def _replay_data(replay: Replay) -> dict[str, Any]:
    return {**replay.to_dict(), "every_row": [row.to_dict() for row in replay.rows]}


# Backtest


def _backtest_facts(backtest: Backtest) -> list[tuple[str, str]]:
    return [
        ("ACOs predicted", f"{len(backtest.predictions):,}"),
        ("Predicted from", f"{backtest.previous_year} and before"),
        ("Outcomes of", str(backtest.next_year)),
        ("Inside the 50 % interval", plain_percent(backtest.coverage_50, 1)),
        ("Inside the 90 % interval", plain_percent(backtest.coverage_90, 1)),
        ("Score against the baseline", _gain_words(backtest.gain)),
    ]


def _gain_words(gain: float) -> str:
    return f"{plain_percent(abs(gain), 1)} {'better' if gain >= 0.0 else 'worse'}"


def _backtest_answer(backtest: Backtest) -> str:
    acos = len(backtest.predictions)
    gain = backtest.gain
    side = "below" if gain >= 0.0 else "above"
    return (
        f"Of the {acos:,} savings rates of {backtest.next_year}, predicted from "
        f"{backtest.previous_year} and before, {plain_percent(backtest.coverage_50, 1)} fell in "
        f"their 50 % interval and {plain_percent(backtest.coverage_90, 1)} in their 90 % interval. "
        f"The mean CRPS is {_points(backtest.crps)}, {plain_percent(abs(gain), 1)} {side} the "
        f"{_points(backtest.crps_baseline)} of the better baseline, {_better_baseline(backtest)}."
    )


def _better_baseline(backtest: Backtest) -> str:
    if backtest.crps_last_rate == backtest.crps_baseline:
        return "a normal around each ACO's last rate"
    return "a normal around the overall mean"


def _points(value: float, decimals: int = 2) -> str:
    return f"{100.0 * value:.{decimals}f} points"


def _scores(backtest: Backtest) -> list[dict[str, str]]:
    def row(name: str, meaning: str, score: float | None) -> dict[str, str]:
        shown = "too few past changes" if score is None else _points(score, 3)
        relative = "" if score is None else f"{score / backtest.crps_baseline:.3f}"
        return {"name": name, "meaning": meaning, "score": shown, "relative": relative}

    return [
        row("Credibility model", "Student's t from the ACO's record, its size and its agreement",
            backtest.crps),
        row("Last rate", "Normal around last year's rate, with the spread of past changes",
            backtest.crps_last_rate),
        row("Overall mean", f"Normal around the mean of {backtest.previous_year}, with the spread "
            "across its ACOs", backtest.crps_overall_mean),
    ]  # fmt: skip


def _sizes(backtest: Backtest) -> list[dict[str, str]]:
    def row(name: str, acos: int, *numbers: float) -> dict[str, str]:
        return {
            "name": name,
            "acos": f"{acos:,}",
            "coverage_50": _with_error(numbers[0], acos),
            "coverage_90": _with_error(numbers[1], acos),
            "width_50": f"{100.0 * numbers[2]:.1f}",
            "width_90": f"{100.0 * numbers[3]:.1f}",
        }

    found = []
    nexts = [size.smallest for size in backtest.by_size[1:]]
    for size, end in zip(backtest.by_size, [*nexts, None], strict=True):
        if end is None:
            name = f"{size.smallest:,} and more" if size.smallest else "all sizes"
        else:
            name = f"{size.smallest:,} to {end - 1:,}" if size.smallest else f"below {end:,}"
        numbers = (size.coverage_50, size.coverage_90, size.width_50, size.width_90)
        found.append(row(name, size.acos, *numbers))
    acos = len(backtest.predictions)
    widths = [
        sum(getattr(size, f"width_{level}") * size.acos for size in backtest.by_size) / acos
        for level in (50, 90)
    ]
    found.append(row("all", acos, backtest.coverage_50, backtest.coverage_90, *widths))
    return found


def _with_error(share: float, acos: int) -> str:
    """Return a share in percent with its standard error if the ACOs were independent.

    The error rests on half a success and half a failure more, so that it is never zero.
    """
    smoothed = (share * acos + 0.5) / (acos + 1.0)
    error = (smoothed * (1.0 - smoothed) / acos) ** 0.5
    return f"{100.0 * share:.0f} ±{max(1.0, 100.0 * error):.0f}"


def _predicted(one: PredictedRate) -> dict[str, Any]:
    low, high = one.interval(0.9)
    return {
        "aco_id": one.aco_id,
        "size": f"{one.assigned_beneficiaries:,}",
        "last": _rate(one.last),
        "mean": _rate(one.prediction.mean),
        "outer": f"{_rate(low)} to {_rate(high)}",
        "actual": _rate(one.actual),
        "outside": not low <= one.actual <= high,
    }


def _rate(value: float) -> str:
    return f"{100.0 * value:.1f}".replace("-0.0", "0.0").replace("-", "−")


def _drift_words(backtest: Backtest) -> str:
    gap = backtest.next_year - backtest.previous_year
    mean, sd = backtest.model.drift.over(gap)
    years = "the next year" if gap == 1 else f"the next {gap} years"
    return (
        f"Expected change of the mean over {years}: {_points(mean)}, standard deviation "
        f"{_points(sd)}"
    )


def _backtest_pictures(backtest: Backtest) -> dict[str, Picture]:
    shares = ", ".join(plain_percent(share, 1) for share in backtest.pit_histogram)
    low, high = (plain_percent(end, 1) for end in uniform_band(backtest))
    outside = sum(_predicted(one)["outside"] for one in backtest.predictions)
    return {
        "pit": Picture(
            picture_uri(figure_of(pit_histogram(backtest))),
            "Histogram of the probability integral transform, share of ACOs in each tenth: "
            f"{shares}. Even would be 10 % each; {plain_percent(BAND, 0)} of even bars fall "
            f"between {low} and {high}.",
        ),
        "intervals": Picture(
            picture_uri(figure_of(intervals(backtest))),
            f"Prediction intervals of {len(backtest.predictions):,} ACOs in the order of their "
            f"predicted mean, with the published rates; {outside:,} lie outside their 90 % "
            "interval.",
        ),
    }


def _provenance(files: Sequence[str], data: dict[str, Any], command: str | None) -> dict[str, Any]:
    """Return what reproduces the figures, with a fingerprint of every number of the result."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"))
    return {
        "files": files,
        "versions": versions(),
        "command": command,
        "result_hash": hashlib.sha256(text.encode("utf-8")).hexdigest(),
    }
