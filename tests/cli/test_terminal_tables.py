"""What the terminal shows, at several widths."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

import simulate as sim
from simulate.report import comparison_terminal, run_terminal, terminal
from simulate.report.bars import BLOCKS, PLAIN, bar_left, bar_right, parts, signs_for

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

    def of_width(width: int, tty: bool = False, color: bool = False) -> io.StringIO:
        shown = io.StringIO()
        console = Console(
            file=shown,
            width=width,
            highlight=False,
            no_color=not color,
            markup=False,
            emoji=False,
            force_terminal=tty,
            color_system="truecolor" if color else None,
        )
        monkeypatch.setattr(terminal, "console", lambda: console)
        return shown

    return of_width


def test_a_wide_terminal_shows_both_views_in_one_table(run: sim.Run, screen) -> None:
    shown = screen(200)
    run_terminal.show_run(run)
    lines = shown.getvalue().splitlines()
    header = next(line for line in lines if line.startswith("contract"))
    assert header.count("by chance") == header.count("at 3.0 %") == 5
    assert sum(line.startswith("track-3 ") for line in lines) == 1


@pytest.mark.parametrize("width", [80, 100])
def test_a_narrow_terminal_shows_a_table_a_view(run: sim.Run, screen, width: int) -> None:
    shown = screen(width)
    run_terminal.show_run(run)
    text = shown.getvalue()
    assert max(map(len, text.splitlines())) <= width
    assert "By chance alone (true savings 0)" in text
    assert "At true savings 3.00 %" in text
    rows = [line for line in text.splitlines() if line.startswith("track-3 ")]
    assert len(rows) == 2
    assert "…" not in "".join(rows)


def test_a_one_sided_contract_never_owes(run: sim.Run, screen) -> None:
    shown = screen(200)
    run_terminal.show_run(run)
    row = next(line for line in shown.getvalue().splitlines() if line.startswith("track-1 "))
    assert row.split().count("-") == 4


@pytest.mark.parametrize("width", [44, 60, 70])
def test_the_narrowest_terminals_get_a_block_a_contract(run: sim.Run, screen, width: int) -> None:
    shown = screen(width)
    run_terminal.show_run(run)
    text = shown.getvalue()
    assert max(map(len, text.splitlines())) <= width
    # What brings the same stands together; each has both views beside each other.
    assert text.count("earn savings") == text.count("at 3.0 %")
    assert "…" not in text


def test_chance_alone_is_one_view(screen) -> None:
    aco = sim.ACO.from_published_results("A1001").scaled_to(600)
    shown = screen(160, tty=True)
    run_terminal.show_run(sim.run(aco, ["track-2"], years=20, true_savings=0.0))
    text = shown.getvalue()
    assert "at 0.0 %" not in text
    assert BLOCKS.mark not in text


@pytest.mark.parametrize("width", [44, 60, 80, 160])
def test_the_comparison_fits(run: sim.Run, screen, width: int) -> None:
    shown = screen(width)
    comparison_terminal.show_comparison(sim.compare(run, "track-2", "track-3"))
    text = shown.getvalue()
    assert "track-2 against track-3" in text
    assert text.count("expected net ") >= 2
    assert max(map(len, text.splitlines())) <= width


@pytest.mark.parametrize("name", ["Care [bold]South", "Care [/South]"])
def test_markup_in_a_name_is_shown_as_it_is(run: sim.Run, screen, name: str) -> None:
    aco = run.aco.model_copy(update={"name": name})
    other = sim.run(aco, ["track-3"], years=5)
    shown = screen(160)
    run_terminal.show_run(other)
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
    run_terminal.show_run(sim.run(scenario))
    assert "Changed by you" in shown.getvalue()
    assert "terms of track-3" in shown.getvalue()


# --- pictures -------------------------------------------------------------------


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_a_terminal_gets_a_bar_for_every_contract(run: sim.Run, screen, width: int) -> None:
    shown = screen(width, tty=True)
    run_terminal.show_run(run)
    lines = shown.getvalue().splitlines()
    assert max(map(len, lines)) <= width
    bars = [line for line in lines if BLOCKS.full in line or "never owes" in line]
    before = [lines[lines.index(bar) - 1] for bar in bars]
    assert {i for ids in before for i in ids.split(", ")} == set(run.contracts)
    assert sum("never owes" in bar for bar in bars) == 1


def test_what_is_piped_has_no_picture(run: sim.Run, screen) -> None:
    shown = screen(160)
    run_terminal.show_run(run)
    comparison_terminal.show_comparison(sim.compare(run, "track-2", "track-3"))
    assert not set(shown.getvalue()) & set("█▌▐░▓┃│\x1b")


def test_color_is_asked_for_only_where_there_is_any(run: sim.Run, screen) -> None:
    for color in (True, False):
        shown = screen(100, tty=True, color=color)
        run_terminal.show_run(run)
        comparison_terminal.show_comparison(sim.compare(run, "track-2", "track-3"))
        assert ("\x1b[38" in shown.getvalue() or "\x1b[34" in shown.getvalue()) == color


def test_no_color_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    assert terminal.console().no_color


@pytest.mark.parametrize(("encoding", "signs"), [
    ("utf-8", BLOCKS), ("cp437", PLAIN), ("ascii", PLAIN), ("no such encoding", PLAIN),
])  # fmt: skip
def test_characters_follow_the_encoding(encoding: str, signs: tuple[str, ...]) -> None:
    assert signs_for(encoding) == signs


@pytest.mark.parametrize("signs", [BLOCKS, PLAIN])
@pytest.mark.parametrize("share", [0.0, 0.004, 0.25, 0.49, 0.5, 0.997, 1.0])
@pytest.mark.parametrize("mark", [None, 0.0, 0.3, 1.0])
def test_a_bar_is_as_long_as_its_share(signs, share: float, mark: float | None) -> None:
    right, left = (bar(share, mark, 20, signs) for bar in (bar_right, bar_left))
    assert len(right) == len(left) == 20
    if mark is None:
        assert abs(right.count(signs.full) - 20 * share) < 1.0 or share < 0.05
        assert (right.strip() == left.strip() == "") == (share == 0.0)
    else:
        assert right.index(signs.mark) == min(int(20 * mark), 19)
        assert left[::-1].index(signs.mark) == min(int(20 * mark), 19)


def test_parts_fill_the_bar() -> None:
    assert parts((0.104, 0.519, 0.377), 50) == [5, 26, 19]
    assert parts((1 / 3, 1 / 3, 1 / 3), 10) == [4, 3, 3]
    assert sum(parts((0.005, 0.99, 0.005), 7)) == 7


def test_a_number_and_its_unit_stay_on_one_line(screen) -> None:
    shown = screen(14)
    console = terminal.console()
    terminal.print_wrapped(console, "earn 50.4 % (±0.1) and $4.66 million")
    assert shown.getvalue().splitlines() == ["earn", "50.4 % (±0.1)", "and", "$4.66 million"]


def test_notes_hang_from_their_labels(screen) -> None:
    shown = screen(40)
    terminal.print_notes(terminal.console(), [("Luck", "one two " * 6), ("A dash", "never")])
    lines = shown.getvalue().splitlines()
    assert lines[0].startswith("Luck    one two")
    assert lines[1].startswith("        one two")
    assert lines[-1] == "A dash  never"
