import pytest
from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import simulate as sim
from simulate.report import figures
from simulate.report.figures.house import alike, figure_of, svg_uri

#: Of a run without a published savings rate, and without what takes a compiler.
NAMES = [
    "net_outcome",
    "payoff",
    "probabilities",
    "exceedance",
    "true_savings",
    "convergence",
    "decomposition",
]


@pytest.mark.parametrize(
    "name",
    [
        "chance_against_true_savings",
        "convergence",
        "exceedance",
        "net_outcome",
        "payoff_curve",
        "probabilities",
        "variance_by_source",
    ],
)
def test_a_figure_returns_labelled_axes(run, name):
    axes = getattr(figures, name)(run)
    assert isinstance(axes, Axes)
    assert axes.get_xlabel()
    FigureCanvasAgg(figure_of(axes)).draw()


def test_a_figure_draws_on_given_axes(run, comparison):
    figure = Figure()
    axes = figure.add_subplot()
    assert figures.net_outcome(run, ["track-1"], axes) is axes
    assert figures.payoff_curve(run, ["track-1"], figure.add_subplot()).get_ylabel()
    assert figures.paired_difference(comparison, figure.add_subplot()).get_ylabel()
    assert figures.exceedance(run, ["basic-e"], figure.add_subplot()).get_figure() is figure
    assert figures.convergence(run, ax=figure.add_subplot()).get_figure() is figure
    published = sim.ACO.from_published_results("A1001")
    assert figures.history(published, figure.add_subplot()).get_figure() is figure


@pytest.mark.parametrize("name", NAMES)
def test_draw_knows_the_figures_of_a_run(run, name):
    assert isinstance(figures.draw(run, name), Figure)
    assert isinstance(run.plot(name), Figure)


def test_draw_lists_the_figures_for_an_unknown_name(run):
    with pytest.raises(sim.UserError, match=r"Did you mean payoff\?.* net_outcome, payoff, "):
        figures.draw(run, "payof")


def test_a_contract_outside_the_run_is_refused(run):
    for draw in (
        figures.net_outcome,
        figures.payoff_curve,
        figures.exceedance,
        figures.chance_against_true_savings,
    ):
        with pytest.raises(sim.UserError, match="track-3"):
            draw(run, ["track-3"])


def test_a_history_needs_a_published_rate(run):
    with pytest.raises(sim.UserError, match="no published savings_rate"):
        figures.draw(run, "history")


def test_contracts_with_the_same_result_share_a_row(run):
    groups = alike(run, ["track-1", "basic-a", "basic-b"], lambda i: run.outcomes(i).net)
    assert [g.ids for g in groups] == [("track-1",), ("basic-a", "basic-b")]
    assert groups[1].label == "BASIC track, Levels A, B"


def test_the_share_of_years_at_zero_is_written(run):
    axes = figures.net_outcome(run, ["track-1"])
    net = run.outcomes("track-1").net
    # 400 years know a share to whole points.
    share = f"exactly $0 in {100 * (net == 0).mean():.0f} %"
    assert share in [text.get_text() for text in axes.texts]


def test_thresholds_and_limits_are_in_the_payoff(run):
    axes = figures.payoff_curve(run, ["basic-e"])
    shown = " ".join(text.get_text() for text in [*axes.texts, *axes.get_legend().get_texts()])
    assert "MSR" in shown
    assert "MLR" in shown
    assert "payment limit" in shown
    assert "loss limit" in shown


def test_without_any_noise_every_figure_draws(aco):
    silent = sim.run(aco, contracts=["track-1", "enhanced"], years=5, noise_constant=0.0)
    for name in NAMES:
        assert svg_uri(figures.draw(silent, name))
    figures.paired_difference(sim.compare(silent, "track-1", "enhanced"))


def test_the_house_style_stays_in_the_house(run):
    before = dict(rcParams)
    figures.draw(run, "probabilities")
    assert dict(rcParams) == before


def test_the_same_run_gives_the_same_picture(run):
    assert svg_uri(figures.draw(run, "payoff")) == svg_uri(figures.draw(run, "payoff"))
