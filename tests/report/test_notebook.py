"""What notebooks show: escaped, aligned, with the numbers of the report, and described."""

from __future__ import annotations

import io
import re

import pytest
from matplotlib.figure import Figure
from PIL import Image

import simulate as sim
from simulate.population.credibility import default_credibility
from simulate.report.notebook import (
    bold,
    credibility_table,
    measure_table,
    plain,
    replay_table,
    show,
    source_table,
    sweep_table,
    table,
    terms_table,
    unmatched_table,
)
from simulate.report.numbers import percent_with_error
from simulate.verify.replay import replay_shipped

MEASURES = ["probability_of_shared_savings", "probability_of_shared_losses", "expected_net"]


# --- words and tables -------------------------------------------------------


def test_an_answer_is_bold_and_escaped() -> None:
    words = bold("Small & Sons <b>", "owe.")
    assert words._repr_html_() == "<p><strong>Small &amp; Sons &lt;b&gt; owe.</strong></p>"
    assert repr(words) == "Small & Sons <b> owe."
    assert plain("One.")._repr_html_() == "<p>One.</p>"
    assert bold("Yes.", detail="So.")._repr_html_() == "<p><strong>Yes.</strong> So.</p>"
    assert repr(bold("Yes.", detail="So.")) == "Yes. So."


def test_no_two_dollar_signs_meet_and_percent_signs_stay_with_their_number() -> None:
    html = plain("from $1 to $2, 3 %")._repr_html_()
    # A formula would need two in the text of one element.
    assert all(text.count("$") <= 1 for text in re.split(r"<[^>]*>", html))
    assert html.count("<span>$</span>") == 2
    assert "3\u00a0%" in html


def test_a_table_puts_figures_right_and_words_left() -> None:
    shown = table(["size", "chance", "why"], [["5,000", "1.0 %", "luck"], ["9", "never", "rule"]])
    lines = repr(shown).split("\n")
    assert lines == [
        "size   chance  why",
        "5,000   1.0 %  luck",
        "9       never  rule",
    ]
    cells = re.findall(r'<td style="text-align: (\w+)">', shown._repr_html_())
    assert cells == ["left", "right", "left"] * 2


def test_small_print_stands_below_its_value() -> None:
    shown = table(["a\nsmall", "b"], [["1", "2\nbelow"]], "Two numbers")
    lines = repr(shown).split("\n")
    assert [line.split() for line in lines] == [
        ["Two", "numbers"], ["a", "b"], ["small"], ["1", "2"], ["below"],
    ]  # fmt: skip
    assert "2<br><small>below</small>" in shown._repr_html_()
    assert shown._repr_html_().startswith("<p>Two numbers</p>")


# --- pictures ---------------------------------------------------------------


def test_a_figure_becomes_a_sharp_png_with_words(run: sim.Run) -> None:
    figure = run.plot("net_outcome")
    picture = show(figure, "net outcome")
    content, described = picture._repr_mimebundle_()
    assert set(content) == {"image/png", "text/plain"}
    assert content["text/plain"] == "[Figure: net outcome]"
    assert described["image/png"]["alt"] == "net outcome"
    image = Image.open(io.BytesIO(picture.png))
    assert image.mode == "P"
    assert image.width == pytest.approx(2 * described["image/png"]["width"], abs=2)


def test_the_same_figure_is_the_same_picture() -> None:
    def drawn() -> bytes:
        axes = Figure().add_subplot()
        axes.plot([0, 1], [0, 1])
        return show(axes, "a line").png

    assert drawn() == drawn()


# --- tables of results ------------------------------------------------------


def test_measures_are_those_of_the_run_in_both_views(run: sim.Run) -> None:
    shown = measure_table(run, MEASURES)
    assert len(shown.header) == 1 + 2 * len(run.contracts)
    column = shown.header.index("ENHANCED track\nby chance")
    owes = run["enhanced"].chance_alone.probability_of_shared_losses
    assert shown.rows[1][column] == percent_with_error(owes)
    assert shown.rows[1][shown.header.index("Track 1\nby chance")] == "none"
    alone = measure_table(run, MEASURES, by_chance_alone=True)
    assert len(alone.header) == 1 + len(run.contracts)


def test_terms_stand_over_their_reference(run: sim.Run) -> None:
    shown = terms_table(run, ["maximum_sharing_rate", "loss_limit_of_benchmark"])
    cells = dict(zip(shown.header, shown.rows[0], strict=True))
    assert cells["ENHANCED track"] == "75 %\n42 CFR 425.610(d)"
    limits = dict(zip(shown.header, shown.rows[1], strict=True))
    assert limits["Track 1"] == "none"
    assert limits["Track 2"].startswith("5 %\n")
    assert "10 % in agreement year 3" in limits["Track 2"]
    assert limits["Track 2"].endswith("unconfirmed")


def test_sources_add_up(run: sim.Run) -> None:
    (row,) = source_table([run]).rows
    assert row[0] == "700"
    shares = [float(cell.removesuffix(" %")) for cell in row[1:-1]]
    assert sum(shares) == pytest.approx(100.0, abs=0.5 * len(shares))


def test_a_one_sided_choice_never_owes(aco: sim.ACO) -> None:
    swept = sim.sweep(aco, ["basic-a", "enhanced"], 30, sizes=[60, 700], true_savings=[0.0, 0.01])
    shown = sweep_table(swept, "probability_of_shared_losses", [0.0])
    assert shown.header[1] == "basic-a\ntruly saves 0 %"
    assert [row[1] for row in shown.rows] == ["never", "never"]
    assert all(row[2].endswith("%") for row in shown.rows)


def test_replay_tables_count_every_row() -> None:
    replay = replay_shipped()
    *years, total = replay_table(replay).rows
    assert total[0] == "all"
    for column in range(1, len(total)):
        counts = [int(row[column].replace(",", "")) for row in (*years, total)]
        assert sum(counts[:-1]) == counts[-1]
    unmatched = unmatched_table(replay)
    assert len(unmatched.rows) == len(replay.rows) - replay.matched
    assert all("\n" in row[-1] for row in unmatched.rows)


def test_every_constant_of_the_panel_model_is_shown_with_its_interval() -> None:
    model = default_credibility()
    shown = credibility_table(model)
    assert len(shown.rows) == len(model.parameters)
    for _, value, interval in shown.rows:
        low, high = (float(end) for end in interval.split(" to "))
        assert low < float(value) < high
