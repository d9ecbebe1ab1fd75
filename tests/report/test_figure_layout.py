"""Every figure on real ACOs and in extreme cases: it draws, and all its words can be read."""

from __future__ import annotations

import pytest
from figure_layout import unreadable
from matplotlib.figure import Figure

import simulate as sim
from simulate.analysis.run import ASSUMED, CHANCE_ALONE
from simulate.data import published_results
from simulate.report import figures
from simulate.report.figures.backtest import intervals, pit_histogram
from simulate.report.figures.house import figure_of
from simulate.report.figures.replay import differences, published_recomputed
from simulate.verify.backtest import backtest
from simulate.verify.replay import replay_shipped

TWO_SIDED = ["basic-a", "basic-e", "enhanced"]
ONE_SIDED = ["track-1", "basic-a", "basic-b"]
MODELS = ["reach-global", "mcp-track-3", "pioneer-option-a", "pc-flex"]
OF_A_RUN = [
    "net_outcome",
    "payoff",
    "probabilities",
    "exceedance",
    "true_savings",
    "history",
    "convergence",
    "decomposition",
]


def published(aco_id: str, contracts: list[str] | None, **stated: object) -> sim.Run:
    """A run of a published ACO; by default so short that bands and bounds are wide."""
    aco = sim.ACO.from_published_results(aco_id)
    return sim.run(aco, contracts, **{"years": 100, **stated})


#: A large ACO that hardly ever owes, a small one, one that owes often, and extremes.
RUNS = {
    "large": lambda: published("A1001", TWO_SIDED),
    "every contract": lambda: published("A2952", None),
    "losing": lambda: published("A4638", TWO_SIDED, years=3_000),
    "no choice": lambda: published("A4638", ["track-2-2012"], years=2_000),
    "one-sided": lambda: published("A2952", ONE_SIDED),
    "models": lambda: published("A4638", MODELS, years=500),
    "by chance": lambda: published("A4638", TWO_SIDED, true_savings=0.0),
    "quasi-random": lambda: published("A2952", TWO_SIDED, years=1_000, sampling="quasi-random"),
    "certain": lambda: published("A2952", TWO_SIDED, noise_constant=0.0, true_savings=0.02),
    "certain loss": lambda: published("A2952", TWO_SIDED, noise_constant=0.0, true_savings=-0.2),
    "one year": lambda: published("A2952", TWO_SIDED, years=1),
}


@pytest.fixture(scope="module", params=RUNS)
def drawn_run(request: pytest.FixtureRequest) -> sim.Run:
    return RUNS[request.param]()


@pytest.mark.slow_without_compiler
@pytest.mark.parametrize("name", OF_A_RUN)
def test_the_words_of_a_figure_can_be_read(drawn_run: sim.Run, name: str) -> None:
    assert unreadable(figures.draw(drawn_run, name)) == []


@pytest.mark.slow_without_compiler
@pytest.mark.parametrize("case", ["large", "every contract", "losing", "one-sided"])
def test_the_words_of_the_chances_by_size_can_be_read(case: str) -> None:
    run = RUNS[case]()
    assert unreadable(figures.draw(run, "size")) == []
    for view in (CHANCE_ALONE, ASSUMED):
        assert unreadable(figure_of(figures.chance_against_size(run, view=view))) == []


@pytest.mark.slow_without_compiler
@pytest.mark.parametrize("case", ["large", "every contract", "losing", "certain"])
def test_the_words_of_several_payoffs_and_of_a_comparison_can_be_read(case: str) -> None:
    run = RUNS[case]()
    assert unreadable(figure_of(figures.payoff_curve(run))) == []
    compared = sim.compare(run, "basic-e", "enhanced")
    assert unreadable(figure_of(figures.paired_difference(compared))) == []


@pytest.mark.parametrize("contract_id", sim.contract_ids())
@pytest.mark.parametrize("expenditure", [380e6, 499.9e6, 560e6])
def test_the_words_of_a_waterfall_can_be_read(contract_id: str, expenditure: float) -> None:
    at = sim.Circumstances(8_000, participant_revenue=31_234_567.0, low_revenue=True)
    settled = sim.settle(sim.load_contract(contract_id), at, 500e6, expenditure, 0.83)
    assert unreadable(figure_of(figures.waterfall(settled))) == []


@pytest.mark.parametrize("aco_id", ["A1001", "A2952", "A4638", "A5279", "A84830", "A90093"])
def test_the_words_of_a_history_can_be_read(aco_id: str) -> None:
    aco = sim.ACO.from_published_results(aco_id)
    assert unreadable(figure_of(figures.history(aco))) == []


@pytest.mark.slow_without_compiler
def test_figures_of_an_exact_run_can_be_read() -> None:
    run = published("A4638", TWO_SIDED, years=None, engine="exact")
    for name in ("net_outcome", "payoff", "probabilities", "exceedance", "true_savings", "size"):
        assert unreadable(figures.draw(run, name)) == []


def test_the_words_of_the_evidence_can_be_read() -> None:
    replay = replay_shipped()
    assert unreadable(figure_of(published_recomputed(replay))) == []
    assert unreadable(figure_of(differences(replay))) == []
    past = backtest(published_results(2016), published_results(2017))
    assert unreadable(figure_of(pit_histogram(past))) == []
    assert unreadable(figure_of(intervals(past))) == []


def test_what_cannot_be_read_is_found() -> None:
    figure = Figure(figsize=(2.0, 2.0))
    figure.text(0.5, 0.5, "first")
    figure.text(0.52, 0.5, "second")
    figure.text(0.9, 0.9, "far too long for what is left")
    assert [" overlap" in text for text in unreadable(figure)] == [False, True]
