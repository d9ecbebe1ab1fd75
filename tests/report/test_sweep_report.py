"""A sweep as tables of several widths, as maps, and as CSV."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from itertools import chain

import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from rich.console import Console

import simulate as sim
from simulate.report import terminal
from simulate.report.figure_files import write_figure
from simulate.report.figures.heat_map import measure_maps, preference_map, sweep_figure
from simulate.report.figures.house import figure_of
from simulate.report.sweep import csv_text, show_sweep
from simulate.report.sweep_words import alike, dollar_unit, rate_labels, winners

SIZES, RATES = (40, 60, 700), "-0.04:0.06:11"


@pytest.fixture(scope="session")
def swept(aco: sim.ACO) -> sim.Sweep:
    return sim.sweep(
        aco, ["basic-a", "basic-b", "basic-e", "enhanced"], 30, sizes=SIZES, true_savings=RATES,
        msr=["0.0", "2.0"],
    )  # fmt: skip


@pytest.fixture(scope="session")
def alone(aco: sim.ACO) -> sim.Sweep:
    return sim.sweep(aco, ["enhanced"], 30, sizes=SIZES, true_savings=[0.0, 0.01])


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    def at_width(sweep: sim.Sweep, width: int, measure: str | None = None) -> str:
        screen = io.StringIO()
        console = Console(
            file=screen, width=width, highlight=False, no_color=True, markup=False, emoji=False
        )
        monkeypatch.setattr(terminal, "console", lambda: console)
        show_sweep(sweep, measure)
        return screen.getvalue()

    return at_width


# --- the terminal -----------------------------------------------------------


def _rows(text: str, size: int) -> list[list[str]]:
    pattern = rf"^[* ]*{size}((?: +~?[A-Za-z])+) *$"
    return [row.split() for row in re.findall(pattern, text, re.MULTILINE)]


@pytest.mark.parametrize("width", [40, 80, 160])
def test_every_cell_is_in_the_table_at_any_width(swept: sim.Sweep, shown, width: int) -> None:
    text = shown(swept, width)
    assert max(map(len, text.splitlines())) <= width
    letters = {label: winner.letter for label, winner in winners(swept).items()}
    for size, row in zip(SIZES, swept.rows, strict=True):
        expected = [
            f"{'' if cell.preference.clear else '~'}{letters[cell.preference.best]}" for cell in row
        ]
        assert list(chain(*_rows(text, size))) == expected
    assert len(_rows(text, SIZES[0])) == (2 if width == 40 else 1)


def test_choices_that_are_preferred_are_named_with_those_that_pay_the_same(
    swept: sim.Sweep, shown
) -> None:
    text = shown(swept, 160)
    found = winners(swept)
    assert sum(winner.cells for winner in found.values()) == len(swept.cells)
    for winner in found.values():
        assert f"{winner.letter}  {winner.title}: preferred in {winner.cells} of 33 cells" in text
    assert found["basic-a"].same == ("basic-b",)
    assert "* the ACO itself: 700 assigned beneficiaries, true savings 0.0 %." in text
    assert "Where several pay the same" in text


def test_what_is_preferred_at_the_acos_own_size_is_said(swept: sim.Sweep, shown) -> None:
    (line,) = re.findall(r"At your 700 assigned beneficiaries: (.*)\.\n", shown(swept, 200))
    labels = []
    for part in line.split("; "):
        best, _, rates = part.rpartition(" at ")
        first, _, last = rates.removesuffix(" %").partition(" to ")
        places = [rate_labels(swept).index(rate) for rate in (first, last or first)]
        labels += [best] * (places[1] - places[0] + 1)
    assert labels == [cell.preference.best for cell in swept.rows[-1]]


def test_a_measure_is_shown_for_every_choice(swept: sim.Sweep, shown) -> None:
    text = shown(swept, 160, "probability_of_shared_losses")
    titles = re.findall(r"^Probability of shared losses, %: (.*)$", text, re.MULTILINE)
    assert [title.strip() for title in titles] == [" = ".join(group) for group in alike(swept)]
    assert "basic-a = basic-b" in titles[0]
    shares = [cell["basic-e, MSR 0.0"].probability_of_shared_losses for cell in swept.rows[0]]
    block = text.partition("%: basic-e, MSR 0.0")[2]
    row = re.search(r"^ *40 (.*)$", block, re.MULTILINE)
    assert row is not None
    for text_of, share in zip(row[1].split(), shares, strict=True):
        bound = text_of[0] in "<>"
        assert bound == (share.value in (0.0, 1.0))
        assert bound or float(text_of) == pytest.approx(100 * share.value, abs=0.5)


def test_one_choice_alone_shows_its_measure(alone: sim.Sweep, shown) -> None:
    text = shown(alone, 100)
    assert "Expected net, $" in text
    assert "preferred" not in text
    assert "MSR where a contract gives the choice: 2.0." in text


def test_an_unknown_measure_is_refused(alone: sim.Sweep, shown) -> None:
    with pytest.raises(sim.UserError, match="Did you mean net_p95, net_p50"):
        shown(alone, 100, "net_p51")


def test_csv_holds_what_the_records_hold(swept: sim.Sweep) -> None:
    rows = list(csv.DictReader(io.StringIO(csv_text(swept))))
    records = list(swept.records())
    assert len(rows) == len(records) == len(swept.cells) * 6
    for row, record in zip(rows, records, strict=True):
        assert list(row) == list(record)
        for key, value in record.items():
            assert row[key] == ("" if value is None else str(value))
            if isinstance(value, float):
                assert float(row[key]) == value


# --- maps -------------------------------------------------------------------


def test_the_map_writes_the_letter_of_every_cell(swept: sim.Sweep) -> None:
    axes = preference_map(swept)
    assert isinstance(axes, Axes)
    letters = {label: winner.letter for label, winner in winners(swept).items()}
    written = {(t.get_position()[0], t.get_position()[1]): t.get_text() for t in axes.texts}
    assert written == {
        (x, y): letters[cell.preference.best]
        for y, row in enumerate(swept.rows)
        for x, cell in enumerate(row)
    }
    assert axes.get_xlabel()
    assert axes.get_ylabel()
    FigureCanvasAgg(figure_of(axes)).draw()


def test_cells_that_are_not_clear_are_hatched_and_pale(swept: sim.Sweep) -> None:
    clear, unclear = preference_map(swept).collections
    cells = [cell.preference.clear for cell in swept.cells]
    assert (len(clear.get_paths()), len(unclear.get_paths())) == (sum(cells), cells.count(False))
    assert (clear.get_hatch(), unclear.get_hatch()) == (None, "////")
    assert unclear.get_facecolor()[:, :3].min() > clear.get_facecolor()[:, :3].min()


def test_letters_and_ticks_are_thinned_on_a_large_grid(aco: sim.ACO) -> None:
    large = sim.sweep(
        aco, ["basic-a", "enhanced"], 2, sizes="20:49:30", true_savings="-0.05:0.05:101"
    )
    axes = preference_map(large)
    assert 0 < len(axes.texts) < len(large.cells) / 1.9
    assert len(axes.get_xticks()) <= 101 / 4
    FigureCanvasAgg(figure_of(axes)).draw()


def test_measure_maps_have_a_panel_for_every_choice_that_differs(swept: sim.Sweep) -> None:
    figure = measure_maps(swept, "expected_net")
    panels = [axes for axes in figure.axes if axes.get_title("left")]
    assert [axes.get_title("left") for axes in panels] == [" = ".join(g) for g in alike(swept)]
    size, _, _ = dollar_unit(swept, "expected_net")
    for axes, labels in zip(panels, alike(swept), strict=True):
        drawn = axes.images[0].get_array()
        assert drawn is not None
        assert drawn[1, 5] == swept.cell(60, 0.01)[labels[0]].expected_net.value / size


def test_what_is_drawn_where_nothing_is_stated(swept: sim.Sweep, alone: sim.Sweep) -> None:
    assert "contract with the largest expected net" in _titles(sweep_figure(swept)).lower()
    assert isinstance(swept.plot("net_p05"), Figure)
    assert _titles(alone.plot()).startswith("Expected net")
    with pytest.raises(sim.UserError, match="there is no such measure"):
        swept.plot("nett")


def _titles(figure: Figure) -> str:
    return figure.get_suptitle() or figure.axes[0].get_title("left")


@pytest.mark.parametrize(
    ("suffix", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("PDF", b"%PDF")]
)
def test_a_figure_is_written_in_the_format_of_its_name(
    swept: sim.Sweep, tmp_path, suffix: str, start: bytes
) -> None:
    first, second = (tmp_path / f"{name}.{suffix}" for name in "ab")
    for path in (first, second):
        write_figure(swept.plot(), str(path))
    assert first.read_bytes().startswith(start)
    assert first.read_bytes() == second.read_bytes()
