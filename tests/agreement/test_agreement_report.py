"""What is shown of an agreement: the fan chart, the page, the sentences."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from agreement_cases import mixed_aco, noisy_run, planned, round_aco, silent_run

import simulate as sim
from simulate.report.agreement import show_agreement
from simulate.report.agreement_comparison import show_agreement_comparison
from simulate.report.agreement_words import (
    agreement_answer,
    rebasing_sentences,
    savings_sentence,
)
from simulate.report.figures.fan_chart import fan_chart, fan_charts, fan_words
from simulate.report.html.agreement import write_agreement_report

NAME = "Tom & <b>Jerry</b> ACO"


@pytest.fixture(scope="module")
def run() -> sim.AgreementRun:
    aco = mixed_aco(name=NAME, revenue_category="low")
    return noisy_run(["glide-path", "2xtrack-2,track-3"], aco, true_savings_sd=0.06)


def test_the_fan_is_that_of_the_running_totals(run: sim.AgreementRun) -> None:
    axes = fan_chart(run, "glide-path")
    wide = axes.collections[0].get_paths()[0].vertices
    total = np.cumsum(run.outcomes("glide-path").net, axis=1)[:, -1]
    at_end = wide[wide[:, 0] == 5.0][:, 1]
    ordered = np.sort(total)
    count = len(total)
    ends = [ordered[int(np.ceil(level * count)) - 1] for level in (0.05, 0.95)]
    assert (at_end.min(), at_end.max()) == pytest.approx(ends)
    assert [t.get_text() for t in axes.get_xticklabels()][:2] == ["2025\nbasic-a", "2026\nbasic-b"]


def test_one_panel_a_path_on_one_scale(run: sim.AgreementRun) -> None:
    figure = run.plot()
    assert len(figure.axes) == 2
    assert len({axes.get_ylim() for axes in figure.axes}) == 1
    assert len(fan_charts(run, ["glide-path"]).axes) == 1
    with pytest.raises(sim.UserError, match="not in this run"):
        fan_charts(run, ["enhanced"])
    assert "nine paths in ten" in fan_words(run, "glide-path")


class _Checked(HTMLParser):
    """Tags opened and closed in order, and what would be loaded from elsewhere."""

    VOID = {"meta", "link", "img", "br", "input"}  # noqa: RUF012

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.sources: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.sources += [v or "" for k, v in attributes if k in ("src", "href")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page(run: sim.AgreementRun, tmp_path: Path) -> None:
    file = tmp_path / "agreement.html"
    comparison = sim.compare_paths(run, *run.paths)
    write_agreement_report(run, file, comparison, "simulate run … <own>")
    text = file.read_text("utf-8")
    page = _Checked()
    page.feed(text)
    assert page.open == []
    assert all(s.startswith(("data:", "#")) for s in page.sources)
    assert NAME not in text
    assert "Tom &amp; &lt;b&gt;Jerry&lt;/b&gt; ACO" in text
    for anchor in ("answer", "paths", "together", "comparison", "assumptions", "reproduce"):
        assert f'id="{anchor}"' in text
    write_agreement_report(run, file)
    assert 'id="comparison"' not in file.read_text("utf-8")
    again = tmp_path / "again.html"
    write_agreement_report(run, again)
    assert again.read_bytes() == file.read_bytes()


def test_the_terminal(run: sim.AgreementRun, capsys: pytest.CaptureFixture[str]) -> None:
    show_agreement(run)
    show_agreement_comparison(sim.compare_paths(run, *run.paths))
    shown = capsys.readouterr().out
    for words in (
        "BASIC glide path, Levels A to E, by performance year",
        "All years together, by chance alone",
        "correlation of successive rates",
        "is worth more on",
        "The paths have 5 and 3 performance years",
    ):
        assert words in shown
    assert "nan" not in shown
    # A one-sided year owes nothing: a dash, not a probability.
    line = next(line for line in shown.splitlines() if line.startswith("2025  basic-a"))
    assert re.search(r"%\s.*-\s+-\s", line)


def test_where_true_savings_come_from_is_said_with_the_other_figure() -> None:
    # A new agreement is rebased and loses part of the record that a run of one year rests on.
    aco = sim.ACO.from_published_results("A4803")
    plan = planned(["basic-e"], aco)
    one_year = sim.run(aco, ["basic-e"], years=10).true_savings.view.mean
    assert round(one_year, 3) != round(plan.true_savings.view.mean, 3)
    said = savings_sentence(sim.AgreementRun(plan, None, {}))
    assert said.endswith(f"in the present agreement, assumes {100 * one_year:.1f} %).")
    stated = planned(["basic-e"], aco, true_savings=0.02)
    assert savings_sentence(sim.AgreementRun(stated, None, {})) == "True savings: stated."


def test_answers_say_gain_or_loss() -> None:
    gains = silent_run(round_aco(), ["enhanced"], true_savings=0.05, start_year=2025)
    # 75 % of 5 M less 2 % sequestration, five times.
    assert "you gain $18.38 million on average" in agreement_answer(gains, "enhanced")
    assert "You never owe." in agreement_answer(gains, "enhanced")
    loses = silent_run(round_aco(), ["enhanced"], true_savings=-0.05, start_year=2025)
    answer = agreement_answer(loses, "enhanced")
    assert "you lose $10.00 million on average" in answer
    assert "One path in twenty loses more than $10.00 million in all." in answer
    said = rebasing_sentences(gains, "enhanced")
    assert said == [
        "A benchmark rebased for 2030 would be on average 2.5 % lower than before, with "
        "2.5 % added for prior savings or region; each dollar saved a year takes $0.50 a year off "
        "it."
    ]
