"""Cash by quarter as a figure: what is drawn is what was reckoned, and all words can be read."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import numpy as np
import pytest
from figure_layout import unreadable
from matplotlib.axes import Axes

import simulate as sim
from simulate.agreement.finance.finances import Finances
from simulate.report.figures import advance_balance, cash_by_quarter
from simulate.report.figures.cash import cash_charts, cash_words
from simulate.report.figures.house import figure_of
from simulate.report.html.agreement import write_agreement_report

pytestmark = pytest.mark.slow_without_compiler

PATHS = ["glide-path", "enhanced"]
CERTAIN = {"people_noise": False, "practice_noise_constant": 0.0, "common_shock_sd": 0.0}
CASES = {
    "plain": {},
    "advance": {"advance": "aip"},
    "prepaid": {"start_year": 2026, "advance": "prepaid", "prepaid_per_quarter": 5e5},
    "losing": {"true_savings": -0.05, "true_savings_sd": 0.01},
    "certain": {"true_savings": 0.02, "true_savings_sd": 0.0, "advance": "aip", **CERTAIN},
    "nothing": {"true_savings": 0.0, "start_up_cost": 0.0, "operating_cost": 0.0, **CERTAIN},
    "half a year": {"start_year": 2019, "months": [6]},
    "left": {"termination": "voluntary", "termination_year": 2026, "termination_months": 7},
}


def reckoned(case: str, years: int = 200) -> Finances:
    aco = sim.ACO.from_published_results("A4803").scaled_to(6_000)
    return sim.run_agreement(aco, PATHS, years=years, **CASES[case]).finances()


@pytest.fixture(scope="module")
def advanced() -> Finances:
    return reckoned("advance")


@pytest.mark.parametrize("case", CASES)
def test_the_words_can_be_read(case: str) -> None:
    found = reckoned(case)
    assert unreadable(found.plot()) == []
    assert unreadable(cash_charts(found, ["enhanced"])) == []
    assert unreadable(figure_of(cash_by_quarter(found, "enhanced"))) == []
    if found["enhanced"].assumed.advance is not None:
        assert unreadable(figure_of(advance_balance(found, "enhanced"))) == []


def test_the_lines_are_the_cash_after_each_quarter(advanced: Finances) -> None:
    axes = cash_by_quarter(advanced, "enhanced")
    quarters = advanced["enhanced"].assumed.cash.quarters
    assert steps(axes, 1) == pytest.approx([q.position.value for q in quarters])
    band = axes.collections[0].get_paths()[0].vertices
    for q, quarter in enumerate(quarters):
        inside = band[(band[:, 0] == q) | (band[:, 0] == q + 1)][:, 1]
        assert np.isclose(inside, quarter.position_p05.value).any()
        assert np.isclose(inside, quarter.position_p95.value).any()
    zero = axes.lines[0]
    assert list(zero.get_ydata()) == [0.0, 0.0]
    below = advance_balance(advanced, "enhanced")
    assert steps(below, 0) == pytest.approx([q.balance_p95.value for q in quarters])
    assert steps(below, 1) == pytest.approx([q.balance.value for q in quarters])


def test_quarters_are_counted_and_years_named(advanced: Finances) -> None:
    axes = cash_by_quarter(advanced, "enhanced")
    assert axes.get_xlim() == (0.0, 24.0)
    assert [label.get_text() for label in axes.get_xticklabels()] == list(
        map(str, range(2025, 2031))
    )
    assert axes.get_xticks() == pytest.approx([2, 6, 10, 14, 18, 22])
    assert list(axes.xaxis.get_minorticklocs()) == list(range(25))
    half = cash_by_quarter(reckoned("half a year"), "enhanced")
    assert [label.get_text() for label in half.get_xticklabels()][:2] == ["2019", "2020"]
    assert half.get_xticks()[:2] == pytest.approx([1, 4])


def test_one_panel_a_path_on_one_scale(advanced: Finances) -> None:
    drawn = advanced.plot()
    assert len(drawn.axes) == 4
    for same in (drawn.axes[0::2], drawn.axes[1::2]):
        assert len({axes.get_ylim() for axes in same}) == 1
    assert len(reckoned("plain").plot().axes) == 2
    assert len(cash_charts(advanced, ["glide-path"]).axes) == 2
    with pytest.raises(sim.UserError, match="not in this run"):
        cash_charts(advanced, ["basic-a"])


def test_the_words_give_the_lowest_point_and_the_balance(advanced: Finances) -> None:
    quarters = advanced["enhanced"].assumed.cash.quarters
    labels = advanced["enhanced"].terms.quarters.labels
    said = cash_words(advanced, "enhanced")
    least = min(range(24), key=lambda q: quarters[q].position.value)
    most = max(range(24), key=lambda q: quarters[q].balance.value)
    assert f"lowest after {labels[least]}" in said
    assert re.search(rf"to be recouped, after {labels[most]}, and \$.* at the end\.$", said)
    assert "recouped" not in cash_words(reckoned("plain"), "enhanced")


def test_the_report_has_the_figure_with_its_words(advanced: Finances, tmp_path: Path) -> None:
    file = tmp_path / "agreement.html"
    write_agreement_report(advanced.run, file, finances=advanced)
    text = file.read_text("utf-8")
    for label in advanced.paths:
        found = re.search(
            r'<img src="data:image/svg\+xml;base64,([^"]+)" alt="([^"]*cash on hand[^"]*)">',
            text[text.index('id="finance"') :],
        )
        assert found is not None
        assert f"{advanced[label].terms.planned.title}: cash on hand is lowest" in text
        svg = base64.b64decode(found[1]).decode("utf-8")
        assert "prefers-color-scheme: dark" in svg
    assert text.count("Cash on hand after each quarter") == len(advanced.paths)


def steps(axes: Axes, line: int) -> list[float]:
    """Return the heights of a stepped line, one a quarter."""
    return list(np.asarray(axes.lines[line].get_ydata(), dtype=float)[:-1])
