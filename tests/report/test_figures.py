import pytest
from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import simulate as sim
from simulate.report import figures
from simulate.report.figures.house import alike, figure_of, svg_uri


@pytest.mark.parametrize(
    "name", ["net_outcome", "payoff_curve", "probabilities", "variance_by_source"]
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


@pytest.mark.parametrize("name", ["net_outcome", "payoff", "probabilities", "decomposition"])
def test_draw_knows_the_figures_of_a_run(run, name):
    assert isinstance(figures.draw(run, name), Figure)
    assert isinstance(run.plot(name), Figure)


def test_draw_lists_the_figures_for_an_unknown_name(run):
    with pytest.raises(sim.UserError, match="net_outcome, payoff, probabilities, decomposition"):
        figures.draw(run, "payof")


def test_a_contract_outside_the_run_is_refused(run):
    with pytest.raises(sim.UserError, match="track-3"):
        figures.net_outcome(run, ["track-3"])


def test_contracts_with_the_same_result_share_a_row(run):
    groups = alike(run, ["track-1", "basic-a", "basic-b"], lambda i: run.outcomes(i).net)
    assert [g.ids for g in groups] == [("track-1",), ("basic-a", "basic-b")]
    assert groups[1].label == "BASIC track, Levels A, B"


def test_the_share_of_years_at_zero_is_written(run):
    axes = figures.net_outcome(run, ["track-1"])
    net = run.outcomes("track-1").net
    share = f"exactly $0 in {100 * (net == 0).mean():.1f} %"
    assert share in [text.get_text() for text in axes.texts]


def test_thresholds_and_limits_are_in_the_payoff(run):
    shown = " ".join(t.get_text() for t in figures.payoff_curve(run, ["basic-e"]).texts)
    assert "MSR" in shown
    assert "MLR" in shown
    assert "payment limit" in shown
    assert "loss limit" in shown


def test_without_any_noise_every_figure_draws(aco):
    silent = sim.run(aco, contracts=["track-1", "enhanced"], years=5, noise_constant=0.0)
    for name in ("net_outcome", "payoff", "probabilities", "decomposition"):
        assert svg_uri(figures.draw(silent, name))
    figures.paired_difference(sim.compare(silent, "track-1", "enhanced"))


def test_the_house_style_stays_in_the_house(run):
    before = dict(rcParams)
    figures.draw(run, "probabilities")
    assert dict(rcParams) == before


def test_the_same_run_gives_the_same_picture(run):
    assert svg_uri(figures.draw(run, "payoff")) == svg_uri(figures.draw(run, "payoff"))
