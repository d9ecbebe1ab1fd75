"""What the terminal shows, at several widths."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

import simulate as sim
from simulate.report import terminal

pytestmark = [
    pytest.mark.usefixtures("compiled"),
    pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning"),
]


@pytest.fixture(scope="module")
def run() -> sim.Run:
    aco = sim.ACO.from_published_results("A1001").scaled_to(600)
    return sim.run(aco, ["track-1", "track-2", "track-3"], years=40, true_savings=0.03)


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch):
    """Return a function that makes a console of a width and returns what it will show."""

    def of_width(width: int) -> io.StringIO:
        shown = io.StringIO()
        console = Console(
            file=shown, width=width, highlight=False, no_color=True, markup=False, emoji=False
        )
        monkeypatch.setattr(terminal, "console", lambda: console)
        return shown

    return of_width


def test_a_wide_terminal_shows_both_views_in_one_table(run: sim.Run, screen) -> None:
    shown = screen(200)
    terminal.show_run(run)
    lines = shown.getvalue().splitlines()
    header = next(line for line in lines if line.startswith("contract"))
    assert header.count("by chance") == header.count("at 3.0 %") == 5
    assert sum(line.startswith("track-3 ") for line in lines) == 1


@pytest.mark.parametrize("width", [80, 100])
def test_a_narrow_terminal_shows_a_table_a_view(run: sim.Run, screen, width: int) -> None:
    shown = screen(width)
    terminal.show_run(run)
    text = shown.getvalue()
    assert max(map(len, text.splitlines())) <= width
    assert "By chance alone (true savings 0)" in text
    assert "At true savings 3.00 %" in text
    rows = [line for line in text.splitlines() if line.startswith("track-3 ")]
    assert len(rows) == 2
    assert "…" not in "".join(rows)


def test_a_one_sided_contract_never_owes(run: sim.Run, screen) -> None:
    shown = screen(200)
    terminal.show_run(run)
    row = next(line for line in shown.getvalue().splitlines() if line.startswith("track-1 "))
    assert row.split().count("-") == 4


@pytest.mark.parametrize("width", [80, 160])
def test_the_comparison_fits(run: sim.Run, screen, width: int) -> None:
    shown = screen(width)
    terminal.show_comparison(sim.compare(run, "track-2", "track-3"))
    text = shown.getvalue()
    assert "track-2 against track-3" in text
    assert text.count("expected net ") >= 2
    assert max(map(len, text.splitlines())) <= width


@pytest.mark.parametrize("name", ["Care [bold]South", "Care [/South]"])
def test_markup_in_a_name_is_shown_as_it_is(run: sim.Run, screen, name: str) -> None:
    aco = run.aco.model_copy(update={"name": name})
    other = sim.run(aco, ["track-3"], years=5)
    shown = screen(160)
    terminal.show_run(other)
    assert f"{name} (A1001)" in shown.getvalue()


def test_piped_output_is_plain_and_wide(capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "20")
    console = terminal.console()
    console.print("word " * 30, style="bold red")
    assert capsys.readouterr().out.strip() == ("word " * 30).strip()


def test_a_contract_that_the_user_changed_is_marked(screen) -> None:
    aco = sim.ACO.from_published_results("A1001").scaled_to(600)
    scenario = sim.Scenario(aco=aco).with_changes(
        ["track-3.payment_limit=0.1", "contracts=['track-3']", "years=5"]
    )
    shown = screen(160)
    terminal.show_run(sim.run(scenario))
    assert "track-3: terms changed by you." in shown.getvalue()
