"""What the figures show is what was measured."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.container import BarContainer

import simulate as sim
from simulate.analysis.forecast import rate_forecast
from simulate.analysis.run import ASSUMED, CHANCE_ALONE
from simulate.report import figures
from simulate.report.figures.house import curve_style
from simulate.report.figures.waterfall import waterfall_bars

LOSING = ["basic-e", "enhanced"]


@pytest.fixture(scope="module")
def losing(aco: sim.ACO) -> sim.Run:
    """A run that owes in well over one year in twenty."""
    return sim.run(aco, ["track-1", *LOSING], years=240, true_savings=-0.06)


def curve(axes: Axes, colour: str, least: int = 3) -> np.ndarray:
    """The points of the only curve of a colour."""
    lines = [line for line in axes.get_lines() if to_rgba(line.get_color()) == to_rgba(colour)]
    (found,) = [line for line in lines if len(line.get_xdata()) >= least]
    return np.array(found.get_xydata())


def marks(axes: Axes, marker: str) -> list[tuple[float, float]]:
    return [tuple(line.get_xydata()[0]) for line in axes.get_lines() if line.get_marker() == marker]


# --- exceedance -------------------------------------------------------------


def test_the_exceedance_curve_crosses_one_in_twenty_at_the_value_at_risk(losing: sim.Run) -> None:
    axes = figures.exceedance(losing, ["enhanced"])
    points = curve(axes, curve_style(0)["color"])
    measures = losing["enhanced"].measures
    assert tuple(points[0]) == (0.0, measures.probability_of_shared_losses.value)
    at_risk = measures.loss_var_95.value
    assert at_risk > 0.0
    assert points[points[:, 0] == at_risk][0, 1] <= 0.05
    assert points[points[:, 0] < at_risk][:, 1].min() > 0.05
    assert marks(axes, "o") == [pytest.approx((at_risk, 0.05))]
    assert [amount for amount, _ in marks(axes, "D")] == [measures.loss_tvar_95.value]


def test_the_exceedance_shows_two_sided_contracts_alone(losing: sim.Run) -> None:
    labels = [text.get_text() for text in figures.exceedance(losing).get_legend().get_texts()]
    assert [label.partition("\n")[0] for label in labels] == [
        "BASIC track, Level E",
        "ENHANCED track",
    ]
    by_chance = figures.exceedance(losing, view=CHANCE_ALONE)
    share = losing["enhanced"].chance_alone.probability_of_shared_losses
    assert curve(by_chance, curve_style(1)["color"])[0, 1] == share.value


def test_no_losses_are_said_in_words(run: sim.Run, aco: sim.ACO) -> None:
    (text,) = figures.exceedance(run, ["track-1"]).texts
    assert "never owed" in text.get_text()
    rich = sim.run(aco, ["enhanced"], years=50, true_savings=0.3)
    (text,) = figures.exceedance(rich).texts
    assert "No shared losses in any year: owes in <" in text.get_text()


# --- chances ----------------------------------------------------------------


def test_chances_go_up_and_down_as_computed(losing: sim.Run) -> None:
    axes = figures.chance_against_true_savings(losing, ["enhanced"])
    found = losing.chance_by_true_savings
    drawn = [np.array(line.get_xydata()) for line in axes.get_lines()][:2]
    chances = found.chances["enhanced"]
    np.testing.assert_array_equal(drawn[0][:, 0], found.at)
    np.testing.assert_array_equal(drawn[0][:, 1], [one.earns.value for one in chances])
    np.testing.assert_array_equal(drawn[1][:, 1], [-one.owes.value for one in chances])
    band = axes.collections[0].get_paths()[0].vertices[:, 1]
    reach = max(one.earns.value + 2.0 * one.earns.standard_error for one in chances)
    assert band.max() == pytest.approx(min(reach, 1.0))
    assert band.min() >= 0.0


@pytest.mark.slow_without_compiler
def test_at_its_own_size_an_aco_has_the_chances_of_its_run(losing: sim.Run) -> None:
    for view in (CHANCE_ALONE, ASSUMED):
        axes = figures.chance_against_size(losing, LOSING, view=view)
        result = losing["enhanced"]
        measures = result.measures if view == ASSUMED else result.chance_alone
        earns, owes = (np.array(line.get_xydata()) for line in axes.get_lines()[:2])
        own = losing.aco.assigned_beneficiaries
        found = measures.probability_of_shared_savings, measures.probability_of_shared_losses
        assert earns[earns[:, 0] == own][0, 1] == found[0].value
        assert owes[owes[:, 0] == own][0, 1] == -found[1].value
        # Both contracts are alike here; above 5,000 one has a half rate.
        assert set(marks(axes, "o")) == {(own, found[0].value), (own, -found[1].value)}


# --- convergence ------------------------------------------------------------


def test_convergence_ends_at_the_estimate_of_the_run(losing: sim.Run) -> None:
    axes = figures.convergence(losing, "enhanced", "expected_net")
    estimate = losing["enhanced"].expected_net
    points = curve(axes, "#0072B2")
    assert tuple(points[-1]) == (losing.years, estimate.value)
    band = axes.collections[0].get_paths()[0].vertices
    ends = band[band[:, 0] == losing.years][:, 1]
    reach = 2.0 * estimate.standard_error
    assert {ends.min(), ends.max()} == {estimate.value - reach, estimate.value + reach}


def test_convergence_follows_what_is_known_least(losing: sim.Run) -> None:
    legend = figures.convergence(losing).get_legend()
    errors = {
        name: getattr(losing[i].measures, name).standard_error
        for i in losing.contracts
        for name in ("probability_of_shared_savings", "probability_of_shared_losses")
    }
    worst = max(errors, key=errors.__getitem__)
    assert legend.get_title().get_text().lower().startswith(worst.replace("_", " "))
    assert "losses" in figures.convergence(losing, "basic-e").get_legend().get_title().get_text()
    assert "savings" in figures.convergence(losing, "track-1").get_legend().get_title().get_text()


# --- history ----------------------------------------------------------------


def test_the_history_shows_rates_errors_and_intervals() -> None:
    aco = sim.ACO.from_published_results("A1001", year=2024)
    axes, found = figures.history(aco), rate_forecast(aco)
    (points,) = axes.containers
    drawn = np.array(points.lines[0].get_xydata())
    np.testing.assert_array_equal(drawn, [(one.year, one.rate) for one in found.record])
    (bars,) = points.lines[2]
    lengths = [float(np.ptp(segment[:, 1])) for segment in bars.get_segments()]
    # 90 % of a normal error lie within 1.645 standard deviations.
    expected = [2 * 1.6449 * one.sampling_sd for one in found.record]
    np.testing.assert_allclose(lengths, expected, rtol=1e-4)
    words = [text.get_text() for text in axes.texts]
    low, high = found.prediction.interval(0.9)
    for rate in (low, found.prediction.mean, high):
        assert f"{100 * rate:.1f} %" in words
    labels = [label.get_text() for label in axes.get_xticklabels()]
    assert labels[-3:] == ["2023\n–", f"2024\n{100 * found.record[-1].weight:.0f} %",
                           "2025\nforecast"]  # fmt: skip


# --- waterfall --------------------------------------------------------------


def cents(dollars: float) -> int:
    return round(100.0 * dollars)


@pytest.mark.parametrize("contract_id", sim.contract_ids())
@pytest.mark.parametrize("quality", [0.0, 0.613, 1.0])
def test_the_bars_of_a_waterfall_add_up_to_the_net(contract_id: str, quality: float) -> None:
    at = sim.Circumstances(60_001, participant_revenue=29_876_543.21)
    for expenditure in (400e6, 487e6, 499.9e6, 500e6, 501e6, 520e6, 620e6):
        contract = sim.load_contract(contract_id)
        settled = sim.settle(contract, at, 500_000_000.37, expenditure + 0.11, quality)
        bars = waterfall_bars(settled)
        running = cents(bars[0].end)
        for bar in bars[1:]:
            assert cents(0.0 if bar.total else bar.start) == (0 if bar.total else running)
            running = running if bar.total else running + cents(bar.end) - cents(bar.start)
            assert cents(bar.end) == running
        assert running == cents(settled.net)


def test_the_bars_are_drawn_where_they_are() -> None:
    at = sim.Circumstances(60_000)
    settled = sim.settle(sim.load_contract("enhanced"), at, 500e6, 487e6, 0.8)
    axes = figures.waterfall(settled)
    drawn = [bar for box in axes.containers if isinstance(box, BarContainer) for bar in box]
    for bar, rectangle in zip(waterfall_bars(settled), drawn, strict=True):
        assert sorted((bar.start, bar.end)) == pytest.approx(
            [rectangle.get_x(), rectangle.get_x() + rectangle.get_width()]
        )
    words = [text.get_text() for text in axes.texts]
    assert "$13.00M" in words
    # 13 million at 75 % and less 2 %.
    assert "$9.56M" in words or f"${settled.net / 1e6:.2f}M" in words
