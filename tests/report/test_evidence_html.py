"""The HTML reports of replays and backtests: complete, self-contained, escaped, repeatable."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from test_html import Page

from simulate.data import published_results
from simulate.errors import UserError
from simulate.report.figures.backtest import intervals, pit_histogram, uniform_band
from simulate.report.figures.replay import differences, published_recomputed
from simulate.report.html.evidence import (
    render_backtest_report,
    render_replay_report,
    write_backtest_report,
    write_replay_report,
)
from simulate.verify.backtest import Backtest, backtest
from simulate.verify.replay import MatchClass, Replay, replay_file, replay_shipped
from simulate.verify.replay_rules import ALL_RULES, RULE_REFERENCES, Rule

HOSTILE = '"><script>alert(1)</script>'


@cache
def shipped() -> Replay:
    return replay_shipped()


@cache
def predicted() -> Backtest:
    return backtest(published_results(2013), published_results(2014))


@cache
def replay_text() -> str:
    return render_replay_report(shipped(), command=["simulate", "replay"])


@cache
def backtest_text() -> str:
    return render_backtest_report(predicted(), command="simulate backtest a.csv b.csv")


def words_in(axes: Axes) -> list[str]:
    legend = axes.get_legend()
    return [text.get_text() for text in (*axes.texts, *(legend.get_texts() if legend else ()))]


@pytest.mark.parametrize("text", [replay_text, backtest_text])
def test_a_report_is_one_self_contained_page(text) -> None:
    page = Page(text())
    assert all(link.startswith(("data:", "#")) for link in page.links)
    assert not re.search(r"<script|@import|url\(", text())
    assert "default-src 'none'" in text()
    assert len(page.images) == 2
    assert all(len(image["alt"]) > 60 for image in page.images)
    assert all("scope=" in tag for tag in re.findall(r"<th\b[^>]*>", text()))


def test_the_replay_report_answers_in_two_sentences() -> None:
    answer = re.search(r'id="answer">.*?<p>(.*?)</p>', replay_text(), re.S)
    assert answer is not None
    assert len(re.findall(r"\.(?:\s|$)", answer.group(1))) == 2
    for figure in ("4,332 of 4,336", "2,021", "2,020", "3,369", "963", "3 are unmatched"):
        assert figure in answer.group(1)


def test_every_row_that_is_not_matched_is_named_with_its_reason() -> None:
    plain = Page(replay_text()).plain
    found = shipped().not_matched()
    assert len(found) == 4
    for row in found:
        for expected in (f"{row.performance_year} {row.aco_id}", row.aco_name, row.reason):
            assert expected is not None
            assert expected in plain


def test_the_replay_report_holds_years_checks_inputs_and_rules() -> None:
    plain = Page(replay_text()).plain
    for line in shipped().summary():
        assert f"{line.rows:,} {line.by_class[MatchClass.TO_THE_DOLLAR]:,}" in plain
    for check in shipped().check_summary():
        assert f"{check.name[0].upper()}{check.name[1:]}{check.compared:,}" in plain
    for taken in {name for row in shipped().rows for name in row.inputs_taken_as_published}:
        assert taken[1:] in plain
    for reference in RULE_REFERENCES.values():
        assert reference in plain
    for file in shipped().files:
        assert file in plain
    assert "left out" not in plain
    assert "simulate replay" in plain


def test_rules_left_out_are_marked_and_all_their_rows_are_named() -> None:
    without = replay_file(published_results(2013), ALL_RULES - {Rule.SEQUESTRATION})
    plain = Page(render_replay_report(without)).plain
    assert "left out" in plain
    assert len(without.not_matched()) > 20
    assert all(f"2013 {row.aco_id}" in plain for row in without.not_matched())


def test_a_hostile_file_is_escaped() -> None:
    rows = tuple(
        replace(row, aco_id=f"$x${HOSTILE}", aco_name=HOSTILE, reason=HOSTILE)
        for row in shipped().not_matched()
    )
    replay = Replay(rows, files=(HOSTILE,), notes=(HOSTILE,))
    page = render_replay_report(replay, command=HOSTILE)
    assert "<script" not in page
    assert HOSTILE in Page(page).plain
    odd = tuple(replace(one, aco_id=HOSTILE) for one in predicted().predictions)
    page = render_backtest_report(replace(predicted(), predictions=odd), command=HOSTILE)
    assert "<script" not in page
    assert HOSTILE in Page(page).plain


def test_a_replay_without_rows_or_dollars_is_still_a_report() -> None:
    assert "none to compare" in render_replay_report(Replay(()))
    nothing = tuple(row for row in shipped().rows if row.published == row.recomputed == 0.0)[:3]
    unprinted = tuple(
        replace(row, published=None, difference=None, match_class=MatchClass.NOT_DETERMINABLE,
                reason="not there") for row in nothing[:1]
    )  # fmt: skip
    plain = Page(render_replay_report(Replay(nothing + unprinted))).plain
    assert "not printed" in plain
    assert "not there" in plain


def test_the_figure_names_rows_that_are_not_matched_and_counts_zeros() -> None:
    for figure in (published_recomputed, differences):
        words = words_in(figure(shipped()))
        assert {f"{r.performance_year} {r.aco_id}" for r in shipped().not_matched()} <= set(words)
        zeros = sum(row.published == row.recomputed == 0.0 for row in shipped().rows)
        assert f"not drawn: {zeros:,} of $0 on both sides" in words
        assert "3 unmatched" in words


def test_names_stay_inside_the_axes_however_many_rows_are_unmatched() -> None:
    without = replay_file(published_results(2024), ALL_RULES - {Rule.SEQUESTRATION})
    for figure in (published_recomputed, differences):
        heights = sorted(text.xyann[1] for text in figure(without).texts)  # type: ignore[attr-defined]
        assert len(heights) == 12
        assert 0.0 <= heights[0] <= heights[-1] <= 1.0
        assert min(np.diff(heights)) > 0.04


def test_the_figure_draws_every_row_with_dollars_once() -> None:
    axes = published_recomputed(shipped())
    marked = [line for line in axes.lines if line.get_marker() not in ("", "None", None)]
    drawn = sum(len(np.asarray(line.get_xdata())) for line in marked)
    zeros = sum(row.published == row.recomputed == 0.0 for row in shipped().rows)
    assert drawn == len(shipped().rows) - zeros
    assert len({line.get_marker() for line in marked}) == len(MatchClass)
    assert axes.get_xscale() == axes.get_yscale() == "symlog"


def test_the_backtest_report_answers_with_coverage_and_score() -> None:
    plain = Page(backtest_text()).plain
    found = predicted()
    for expected in (
        f"{100 * found.coverage_50:.1f} % fell in their 50 % interval",
        f"{100 * found.coverage_90:.1f} % in their 90 % interval",
        f"mean CRPS is {100 * found.crps:.2f} points",
        f"the {100 * found.crps_baseline:.2f} points of the better baseline",
        "too few past changes",
        "simulate backtest a.csv b.csv",
    ):
        assert expected in plain
    assert all(one.aco_id in plain for one in found.predictions)


def test_the_pit_histogram_shows_shares_and_a_band_that_holds_nine_in_ten() -> None:
    found = predicted()
    axes = pit_histogram(found)
    heights = [patch.get_height() for patch in axes.containers[0].patches]  # type: ignore[attr-defined]
    np.testing.assert_allclose(heights, 100.0 * np.array(found.pit_histogram))
    acos = len(found.predictions)
    even = np.random.default_rng(1).binomial(acos, 0.1, 20_000) / acos
    low, high = uniform_band(found)
    assert 0.88 <= np.mean((even >= low) & (even <= high)) <= 0.96


def test_the_interval_figure_counts_those_outside() -> None:
    found = predicted()
    outside = sum(not low <= one.actual <= high
                  for one in found.predictions for low, high in [one.interval(0.9)])  # fmt: skip
    assert f"{outside:,} outside 90 %" in words_in(intervals(found))


@pytest.mark.parametrize("kind", ["replay", "backtest"])
def test_the_same_result_gives_the_same_file(kind: str, tmp_path: Path) -> None:
    for name in ("a.html", "b.html"):
        if kind == "replay":
            few = replace(shipped(), rows=shipped().rows[:300])
            write_replay_report(few, tmp_path / name)
        else:
            write_backtest_report(predicted(), tmp_path / name)
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.html", "b.html"]


def test_an_unwritable_path_is_the_users_mistake(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="missing"):
        write_replay_report(Replay(()), tmp_path / "missing" / "r.html")
    with pytest.raises(UserError, match="missing"):
        write_backtest_report(predicted(), tmp_path / "missing" / "r.html")
