"""The published settlements, recomputed: counts by year, classes, rules dropped one by one."""

from __future__ import annotations

import csv
import json
import re
import time
from dataclasses import replace
from pathlib import Path

import pytest

import simulate.verify
from simulate.data import PublishedResult, published_results, published_years
from simulate.verify.replay import MatchClass, Replay, replay_file, replay_rows, replay_shipped
from simulate.verify.replay_rules import ALL_RULES, RULE_REFERENCES, Rule, emergency_share

# Answer key K9: rows, rows matched from inputs alone, money rows, money rows matched.
K9 = {
    2013: (220, 220, 53, 53),
    2014: (333, 331, 86, 86),
    2015: (392, 391, 119, 119),
    2016: (432, 432, 138, 138),
    2017: (472, 472, 170, 170),
    2018: (548, 548, 216, 216),
    2019: (475, 473, 245, 243),
    2020: (513, 513, 345, 345),
    2021: (475, 470, 274, 274),
    2024: (476, 476, 375, 375),
}


@pytest.fixture(scope="module")
def shipped() -> Replay:
    return replay_shipped()


def rows_of(year: int, wanted: str) -> PublishedResult:
    return next(row for row in published_results(year).rows if row.aco_id == wanted)


def alone(row: PublishedResult, **changes: object) -> tuple[MatchClass, str]:
    replayed = replay_rows([replace(row, **changes)]).rows[0]  # type: ignore[arg-type]
    return replayed.match_class, replayed.reason


def test_every_year_matches_at_least_as_often_as_the_answer_key(shipped: Replay) -> None:
    *by_year, total = shipped.summary()
    assert tuple(row.performance_year for row in by_year) == published_years()
    for row in by_year:
        rows, matched, money, money_matched = K9[row.performance_year or 0]
        assert (row.rows, row.money_rows) == (rows, money)
        assert row.matched >= matched
        assert row.money_matched >= money_matched
        assert sum(row.by_class.values()) == rows
    assert (total.rows, total.money_rows) == (4336, 2021)
    assert total.matched == shipped.matched == 4332
    assert total.money_matched == 2020


def test_rows_that_are_not_matched_have_a_rule_for_a_reason(shipped: Replay) -> None:
    left = {(row.performance_year, row.match_class): row for row in shipped.not_matched()}
    assert len(shipped.not_matched()) == 4
    for row in shipped.not_matched():
        assert row.reason
        assert "42 CFR" in row.reason
    for year in (2014, 2015):
        assert "quality standard failed" in left[year, MatchClass.UNMATCHED].reason
    bounded = left[2019, MatchClass.NOT_DETERMINABLE]
    assert "participant revenue" in bounded.reason
    assert bounded.published is not None
    assert bounded.low <= bounded.published <= bounded.high == 0.0


def test_published_figures_of_matched_rows_lie_in_their_interval(shipped: Replay) -> None:
    for row in shipped.rows:
        assert row.low <= row.recomputed <= row.high
        if row.match_class is MatchClass.WITHIN_ROUNDING:
            assert row.published is not None
            assert row.low - 0.5 <= row.published <= row.high + 0.5
            # The interval is that of a four-digit quality score, not a loose one.
            assert row.high - row.low <= 2e-4 * abs(row.recomputed) + 5.0


def test_unrounded_years_match_to_the_dollar(shipped: Replay) -> None:
    for row in shipped.rows:
        if row.performance_year in (2013, 2014, 2021) and row.match_class.matched:
            assert row.match_class is MatchClass.TO_THE_DOLLAR


@pytest.mark.parametrize("dropped", sorted(ALL_RULES))
def test_no_rule_can_be_dropped(shipped: Replay, dropped: Rule) -> None:
    without = replay_shipped(ALL_RULES - {dropped})
    assert without.matched < shipped.matched
    assert all(row.reason for row in without.not_matched())
    assert dropped in RULE_REFERENCES


def test_rules_are_named_by_their_values() -> None:
    file = published_results(2024)
    named = [rule.value for rule in Rule if rule is not Rule.HALF_RATE]
    assert replay_file(file, named).matched == 463
    with pytest.raises(ValueError, match="not-a-rule"):
        replay_file(file, ["not-a-rule"])


def test_further_printed_figures_agree(shipped: Replay) -> None:
    checks = {check.name: check for check in shipped.check_summary()}
    for name in ("savings rate", "generated savings or losses", "final loss rate"):
        assert checks[name].agree == checks[name].compared > 0
    # One ACO below 500 beneficiaries, for which no rule is published.
    assert (checks["MSR"].compared, checks["MSR"].agree) == (4336, 4335)
    # The ten are rows of PY2014-15 that failed quality without a flag that says so.
    assert checks["final sharing rate"].compared - checks["final sharing rate"].agree == 10
    # Three losses under a revenue-based limit.
    assert checks["emergency relief"].compared - checks["emergency relief"].agree == 3


def test_final_rates_and_earned_dollars_are_never_inputs(shipped: Replay) -> None:
    for year in published_years():
        stripped = [
            replace(
                row,
                generated_savings_or_losses=None,
                final_sharing_rate=None,
                final_loss_rate=None,
                maximum_sharing_rate=None,
                savings_rate_printed=None,
                reduced_shared_savings=None,
                minimum_loss_rate=None,
            )
            for row in published_results(year).rows
        ]
        with_results = [row for row in shipped.rows if row.performance_year == year]
        for left, right in zip(replay_rows(stripped).rows, with_results, strict=True):
            assert left.recomputed == right.recomputed
            assert left.match_class is right.match_class


def test_every_row_says_what_it_took_as_published(shipped: Replay) -> None:
    for row in shipped.rows:
        taken = " ".join(row.inputs_taken_as_published)
        assert "ABtotBnchmk" in taken
        assert "FinalShareRate" not in taken
        assert ("MinSavPerc" in taken) <= (row.contract not in ("track-1", "basic-a", "basic-b"))


def test_a_file_replays_in_well_under_a_second() -> None:
    file = published_results(2020)
    start = time.perf_counter()
    replay_file(file)
    assert time.perf_counter() - start < 1.0


def test_nothing_is_special_cased() -> None:
    folder = Path(simulate.verify.__file__).parent
    for source in [*folder.glob("replay*.py"), folder / "intervals.py"]:
        text = source.read_text("utf-8")
        assert not re.search(r"\bA\d{4,5}\b", text)
        assert not re.search(r"year\s*(==|in\b|>=|<=|<|>)\s*[({[]?\s*20\d\d", text)


def test_emergency_months_are_dated() -> None:
    shares = [12 * emergency_share(year) for year in range(2018, 2026)]
    assert shares == [0, 0, 12, 12, 12, 5, 0, 0]


def test_json_form(shipped: Replay) -> None:
    plain = json.loads(json.dumps(shipped.to_dict(), allow_nan=False))
    assert plain["rows"] == plain["settled"] == 4336
    assert plain["matched"] == 4332
    assert plain["rows"] == plain["matched"] + len(plain["unmatched"])
    for row in plain["unmatched"]:
        assert {"aco_id", "published", "recomputed", "difference", "reason", "class"} <= set(row)
    assert sum(plain["by_class"].values()) == 4336
    assert [year["performance_year"] for year in plain["by_year"]] == list(published_years())


def test_csv_has_every_row(shipped: Replay, tmp_path: Path) -> None:
    target = tmp_path / "rows.csv"
    shipped.write_csv(target)
    with target.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 4336
    assert {row["class"] for row in rows} == {kind.value for kind in MatchClass}
    assert float(rows[0]["published"]) == pytest.approx(float(rows[0]["recomputed"]), abs=1.0)
    assert "MSR: agrees" in rows[0]


# --- one row changed at a time -------------------------------------------------------------


def test_a_wrong_payment_is_unmatched_with_the_rate_it_implies() -> None:
    row = rows_of(2024, "A1001")
    kind, reason = alone(row, earned_savings_or_losses=80_000_000.0)
    assert kind is MatchClass.UNMATCHED
    assert "implies a final sharing rate of 55.61 %" in reason


def test_a_payment_of_losses_is_refused_by_its_sign() -> None:
    row = rows_of(2024, "A2029")
    kind, reason = alone(row, earned_savings_or_losses=1_000_000.0)
    assert kind is MatchClass.UNMATCHED
    assert "sign contradicts" in reason


@pytest.mark.parametrize(
    ("published", "words"),
    [
        (146_796_368 * 0.75, "sequestration"),
        (146_796_368 * 0.75 * 0.98 * 0.7705, "no single rule"),
        (0.0, "ended before 31 December"),
    ],
)
def test_the_likeliest_rule_is_found_by_testing(published: float, words: str) -> None:
    row = rows_of(2024, "A1001")
    kind, reason = alone(row, earned_savings_or_losses=round(published))
    assert kind is MatchClass.UNMATCHED
    assert words in reason


def test_printed_results_decide_between_rules_that_fit() -> None:
    row = rows_of(2024, "A1001")
    failed = alone(row, earned_savings_or_losses=0.0, final_sharing_rate=0.0)
    below = alone(row, earned_savings_or_losses=0.0, generated_savings_or_losses=0.0)
    assert "FinalShareRate is printed as 0" in failed[1]
    assert "GenSaveLoss is printed as 0" in below[1]


def test_a_smaller_loss_is_bounded_only_where_a_revenue_limit_may_bind() -> None:
    basic, enhanced = rows_of(2024, "A2246"), rows_of(2024, "A4588")
    kind, reason = alone(basic, earned_savings_or_losses=-200_000.0)
    assert kind is MatchClass.NOT_DETERMINABLE
    assert "$200,699" in reason  # with the disaster reduction, which follows the limit
    assert alone(basic, earned_savings_or_losses=-900_000.0)[0] is MatchClass.UNMATCHED
    assert alone(basic, earned_savings_or_losses=-200_000.0, revenue_loss_limit_applies=False)[
        0
    ] is (MatchClass.UNMATCHED)
    assert alone(enhanced, earned_savings_or_losses=-200_000.0)[0] is MatchClass.UNMATCHED


@pytest.mark.parametrize(
    ("year", "aco", "missing", "words"),
    [
        (2020, "A1001", "quality_score", "quality score"),
        (2024, "A1001", "met_quality_standard", "quality standard"),
        (2024, "A1026", "minimum_savings_rate", "choice of MSR"),
        (2024, "A5339", "revenue_category", "revenue category"),
    ],
)
def test_a_missing_input_is_named_and_bounds_the_row(
    year: int, aco: str, missing: str, words: str
) -> None:
    row = rows_of(year, aco)
    earned = row.earned_savings_or_losses
    assert earned is not None
    changes: dict[str, object] = {missing: None}
    if missing != "revenue_category":
        changes["earned_savings_or_losses"] = earned / 2 if missing == "quality_score" else 0.0
    kind, reason = alone(row, **changes)
    if missing == "minimum_savings_rate":  # 3.79 % clears every choice: nothing is left open
        assert kind is MatchClass.UNMATCHED
        return
    assert kind is MatchClass.NOT_DETERMINABLE
    assert words in reason


def test_a_row_without_published_dollars_is_not_settled() -> None:
    row = replace(rows_of(2024, "A1001"), earned_savings_or_losses=None)
    replay = replay_rows([row])
    assert (replay.settled, replay.matched) == (0, 0)
    assert replay.rows[0].match_class is MatchClass.NOT_DETERMINABLE
    assert replay.rows[0].difference is None
    json.dumps(replay.to_dict(), allow_nan=False)


def test_an_msr_that_is_no_choice_is_flagged() -> None:
    row = replace(rows_of(2024, "A1001"), minimum_savings_rate=0.0123)
    check = replay_rows([row]).rows[0].checks[1]
    assert check.agrees is False
    assert "none of the choices" in check.note
