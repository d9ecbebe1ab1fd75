"""What the report says, section by section, and in which order."""

from __future__ import annotations

import re

import pytest
from test_html import Page

import simulate as sim
from simulate.analysis.what_if import best_alternative, msr_choices, needed_savings
from simulate.report.html import render_report
from simulate.report.html.provenance import stated_keys
from simulate.report.html.terms import contract_cards
from simulate.report.numbers import percent_with_error, plain_percent
from simulate.report.sentences import answer_sentences
from simulate.scenario.file import read_scenario, scenario_text
from simulate.verify.recorded import recorded

#: A report simulates under many true savings and sizes.
pytestmark = pytest.mark.slow_without_compiler

ORDER = [
    "The answer",
    "The contracts side by side",
    "ENHANCED track against",
    "Where the risk comes from",
    "What could change the answer",
    "What it rests on",
    "Contract terms and their sources",
    "Method, data, limitations and validation",
    "To reproduce it",
    "Every measure, contract by contract",
]


@pytest.fixture(scope="module")
def text(run: sim.Run) -> str:
    return render_report(run, command="simulate run --aco small")


@pytest.fixture(scope="module")
def words(text: str) -> str:
    return Page(text).body.replace("\xa0", " ")


def test_the_sections_are_in_order(text: str) -> None:
    headings = re.findall(r"<h2[^>]*>([^<]+)</h2>", text)
    assert len(headings) == len(ORDER)
    assert all(title.startswith(start) for title, start in zip(headings, ORDER, strict=True))


def test_the_contents_lead_to_every_section(text: str) -> None:
    nav = text[text.index("<nav") : text.index("</nav>")]
    sections = re.findall(r'<section[^>]* id="([^"]+)"', text)
    assert re.findall(r'href="#([^"]+)"', nav) == sections


def test_the_answer_is_three_sentences_with_figures(run: sim.Run, words: str) -> None:
    sentences = answer_sentences(run)
    assert len(sentences) == 3
    for sentence in sentences:
        assert sentence.endswith(".")
        assert sentence.count(". ") == 0
        assert re.search(r"\d", sentence)
        assert sentence in words


def test_the_answer_of_a_comparison_names_both(run: sim.Run, comparison) -> None:
    body = Page(render_report(run, comparison)).body
    start = body[: body.index("The contracts side by side")]
    assert "Under BASIC track, Level E" in start
    assert "under ENHANCED track you earn" in start


def test_a_plain_run_compares_its_contract_with_the_best_other(run: sim.Run, words: str) -> None:
    other = best_alternative(run, "enhanced")
    assert other is not None
    title = run[other.contract_id].resolved.contract.title
    assert f"ENHANCED track against {title}" in words
    assert "Where the preference changes" in words


def test_contracts_that_pay_the_same_share_a_row(text: str) -> None:
    table = text[text.index('class="cards results"') : text.index("</table>")]
    rows = re.findall(r"<tr.*?</tr>", table, re.DOTALL)
    alike = [row for row in rows if "basic-a" in row]
    assert len(alike) == 1
    assert "basic-b" in alike[0]


def test_below_five_thousand_there_is_no_choice_of_msr(words: str) -> None:
    assert "None of these contracts has a choice" in words


def test_choices_of_msr_and_their_chances_are_shown(aco: sim.ACO) -> None:
    large = aco.scaled_to(5_500)
    run = sim.run(large, ["basic-e", "enhanced"], years=60, true_savings=0.01, msr="0.5")
    words = Page(render_report(run)).body.replace("\xa0", " ")
    found = msr_choices(run)
    assert found is not None
    for chances in found.assumed["enhanced"]:
        assert percent_with_error(chances.owes) in words
    assert "Another choice of MSR and MLR" in words
    assert "MSR and MLR: 2.0 %" in words


def test_the_levers_start_with_what_is_assumed(words: str) -> None:
    start = words.index("As assumed", words.index("What is different"))
    shown = words[start : words.index("Low and high noise", start + 60)]
    for lever in ("As assumed", "Low noise", "High noise", "1 point lower", "1 point higher"):
        assert lever in shown


def test_what_true_savings_it_takes_is_shown(run: sim.Run, words: str) -> None:
    found = needed_savings(run.chance_by_true_savings, "enhanced")
    assert found.breaks_even is not None
    shown = words[words.index("What true savings it takes") : words.index("Breaks even: from")]
    assert plain_percent(found.breaks_even, 1) in shown.replace("−", "-")
    assert "never owes" in shown


def test_method_and_validation_say_what_the_standards_ask(words: str) -> None:
    start = words.index("Method, data, limitations")
    section = words[start : words.index("To reproduce it", start)]
    for heading in (
        "Purpose and intended users",
        "Who is responsible",
        "Method",
        "Material assumptions",
        "Uncertainty",
        "Data and its quality",
        "Validation of the model",
        "Limitations",
        "Reliance on others",
        "Information date and later events",
    ):
        assert heading in section
    for standard in ("ASOP 23", "ASOP 41", "ASOP 56"):
        assert standard in section
    assert "not a statement of actuarial opinion" in section
    assert "must review its data, assumptions and results" in section


def test_validation_shows_the_figures_that_are_recorded(words: str) -> None:
    replay = recorded().replay
    assert f"{replay.matched:,} of {replay.rows:,} recomputed" in words
    assert f"of {len(recorded().checks)} checks agree" in words
    assert f"{sum(one.acos for one in recorded().backtests):,} ACO-years" in words
    for check in recorded().checks:
        assert re.sub(r"\s+", " ", check.what).replace("−", "-") in words


def test_a_run_is_held_against_the_exact_engine_in_its_own_report(words: str) -> None:
    assert re.search(r"chances and means lie within \d+\.\d standard errors", words)


def test_what_was_stated_is_not_said_to_be_published(words: str) -> None:
    assert "Stated by the user, in full or in place of published figures" in words


def test_a_published_row_is_said_to_be_published() -> None:
    aco = sim.ACO.from_published_results("A1401")
    run = sim.run(aco, ["track-1"], years=5)
    words = Page(render_report(run)).body.replace("\xa0", " ")
    assert "performance year 2024, as published" in words
    assert "performance years 2018 to 2021 and 2024" in words
    assert "Performance years 2022 to 2023 do not ship" in words


def test_the_scenario_without_comments_is_the_same_scenario(run: sim.Run, tmp_path) -> None:
    text = stated_keys(scenario_text(run.scenario))
    assert "#" not in text
    assert len(text.splitlines()) < len(scenario_text(run.scenario).splitlines()) / 2
    path = tmp_path / "again.toml"
    path.write_text(text, "utf-8")
    again = read_scenario(path)
    for part in ("aco", "assumptions", "run", "contract_terms"):
        assert getattr(again, part) == getattr(run.scenario, part)


def test_a_term_of_all_contracts_and_a_note_of_several_stand_once(run: sim.Run) -> None:
    found = contract_cards(run)
    every = [result.resolved.contract for result in run.contracts.values()]
    shown = sum(len(card["terms"]) for card in found["cards"])
    assert shown + len(every) * len(found["common"]) == sum(len(c.stated_terms()) for c in every)
    assert [term["name"] for term in found["common"]] == ["Sequestration"]
    texts = [note.text for note in found["notes"]]
    assert len(texts) == len(set(texts)) > 0
    for card in found["cards"]:
        for term in card["terms"]:
            assert term["number"] is None or texts[term["number"] - 1] == term["note"]


def test_an_exact_report_has_no_pairs_and_no_sizes(aco: sim.ACO) -> None:
    run = sim.run(aco, ["track-1", "basic-e"], engine="exact", true_savings=0.01)
    words = Page(render_report(run)).body
    assert "Where the preference changes" not in words
    assert "Another size" not in words
    assert "Other true savings" in words


@pytest.mark.parametrize("years", [1, 2, 5])
def test_the_fewest_years_make_a_report(aco: sim.ACO, years: int) -> None:
    run = sim.run(aco, ["basic-a", "basic-e", "enhanced"], years=years, true_savings=0.01)
    assert f"{years} simulated performance years" in Page(render_report(run)).body
