"""What is shown of an agreement: the fan chart, the page, the sentences."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from agreement_cases import mixed_aco, noisy_run, planned, round_aco, silent_run

import simulate as sim
from simulate.agreement.best_path import BestPath
from simulate.measures.estimate import Estimate
from simulate.report.agreement import show_agreement
from simulate.report.agreement_comparison import show_agreement_comparison
from simulate.report.agreement_words import (
    agreement_answer,
    assumed_sentence,
    best_sentence,
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
    assert savings_sentence(sim.AgreementRun(stated, None, {})).startswith(
        "True savings: stated, as known"
    )


def test_true_savings_unlike_a_run_of_one_year_are_said_at_the_top() -> None:
    aco = sim.ACO.from_published_results("A5309")  # its agreement began in 2024
    plan = planned(["basic-e"], aco)
    one_year = sim.run(aco, ["basic-e"], years=10).true_savings.view.mean
    rates = [f"{100 * rate:.1f} %" for rate in (plan.true_savings.view.mean, one_year)]
    said = assumed_sentence(sim.AgreementRun(plan, None, {}))
    assert f"true savings {rates[0]}, where a run of one year takes {rates[1]}" in said
    assert "under a new benchmark" in said
    # Where the agreement goes on, and where savings are stated, they are the same.
    for stated in ({"first_agreement_year": 2}, {"true_savings": 0.02}):
        plan = planned(["basic-e"], aco, **stated)
        assert "one year" not in assumed_sentence(sim.AgreementRun(plan, None, {}))


def test_what_is_paid_whatever_happens_is_said_in_few_words() -> None:
    run = noisy_run(["mcp-track-1"], round_aco(), start_year=2025)
    answer = agreement_answer(run, "mcp-track-1")
    assert answer.endswith("You never owe. Neither luck nor savings move what it pays.")
    assert "One path in twenty" not in answer
    (said,) = (note for note in run.plan.notes() if "upfront infrastructure" in note)
    assert "these are years 2, 3, 4, 5 (" in said


def test_headings_promise_no_rate_that_a_year_does_not_have(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Savings that grow, and a benchmark rebased: 1.0 % is that of no single year."""
    run = noisy_run(["3xtrack-1/track-2"], savings_ramp=[0.5, 1.0])
    show_agreement(run)
    shown = capsys.readouterr().out
    assert "by performance year; assumed: true savings 1.0 %" in shown
    assert "times 0.5, 1 by year, against the first benchmark" in " ".join(shown.split())
    assert not re.search(r"\bat 1\.0 %", shown)


def test_losses_without_savings_are_not_called_losses_in_all(
    run: sim.AgreementRun, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is owed in all is the 5th percentile of the sum of net, with savings set off."""
    show_agreement(run)
    show_agreement_comparison(sim.compare_paths(run, *run.paths))
    shown = capsys.readouterr().out
    assert "1 in 20 owes, savings not set off $" in shown
    assert "owed, savings not set off, 95 % VaR" in shown
    assert "owes in all" not in shown
    net, losses = (
        getattr(run.outcomes("2xtrack-2,track-3"), name) for name in ("net", "shared_losses")
    )
    found = run["2xtrack-2,track-3"].assumed.measures.cumulative.cumulative_losses_var_95.value
    owed, place = np.sort(losses.sum(axis=1)), int(np.ceil(0.95 * len(losses))) - 1
    assert found == pytest.approx(owed[place])
    assert found >= -np.sort(net.sum(axis=1))[len(net) - 1 - place]


def test_which_path_is_best_in_one_sentence() -> None:
    one, two = (
        silent_run(round_aco(), ["basic-e", "enhanced"][:count], start_year=2025)
        for count in (1, 2)
    )
    rate = Estimate(0.0123, 0.0011)
    none, low, high = BestPath("", None), BestPath("basic-e", rate), BestPath("enhanced", rate)
    assert best_sentence(one, [none, low]) == (
        "Worth more than nothing, by net present value, above true savings of 1.2 % (±0.1)."
    )
    assert best_sentence(two, [none, low, high]) == (
        "Worth most, by net present value: no path below true savings of 1.2 % (±0.1), "
        "basic-e from there to 1.2 % (±0.1), enhanced above."
    )
    assert best_sentence(one, [BestPath("basic-e", None)]).startswith("Worth no less than nothing")
    assert best_sentence(one, [none]).startswith("Worth less than nothing, by net present value")


def test_answers_say_gain_or_loss() -> None:
    gains = silent_run(round_aco(), ["enhanced"], true_savings=0.05, start_year=2025)
    # 75 % of 5 M less 2 % sequestration, five times.
    assert "you gain $18.38 million on average" in agreement_answer(gains, "enhanced")
    assert "You never owe." in agreement_answer(gains, "enhanced")
    loses = silent_run(round_aco(), ["enhanced"], true_savings=-0.05, start_year=2025)
    answer = agreement_answer(loses, "enhanced")
    assert "you lose $10.00 million on average" in answer
    # Nothing varies: there is no path in twenty, but true savings matter.
    assert "One path in twenty" not in answer
    assert "By chance alone" in answer
    said = rebasing_sentences(gains, "enhanced")
    assert said == [
        "A benchmark rebased for 2030 would be on average 2.5 % lower than before, with "
        "2.5 % added for prior savings or region; each dollar saved a year takes $0.50 a year off "
        "it."
    ]
