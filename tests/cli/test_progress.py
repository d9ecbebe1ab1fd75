"""Progress: a bar on a terminal after two seconds, nothing when piped."""

from __future__ import annotations

import time

import pytest

from simulate.report.progress import YearsProgress, said_if_slow


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return a list whose only number is the time."""
    now = [100.0]
    monkeypatch.setattr("simulate.report.progress.time.monotonic", lambda: now[0])
    return now


def _on_terminal(monkeypatch: pytest.MonkeyPatch, answer: bool) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: answer)


def test_nothing_when_piped(clock, monkeypatch, capsys) -> None:
    _on_terminal(monkeypatch, False)
    with YearsProgress(100) as progress:
        clock[0] += 60.0
        progress(50)
        assert progress.bar is None
    assert progress.done == 50
    assert capsys.readouterr() == ("", "")


def test_no_bar_for_a_short_run(clock, monkeypatch, capsys) -> None:
    _on_terminal(monkeypatch, True)
    with YearsProgress(100) as progress:
        clock[0] += 1.9
        progress(50)
        assert progress.bar is None
        clock[0] += 1.0
        progress(50)  # all done: too late for a bar
        assert progress.bar is None
    assert capsys.readouterr() == ("", "")


def test_a_bar_for_a_long_run_on_a_terminal(clock, monkeypatch) -> None:
    _on_terminal(monkeypatch, True)
    with YearsProgress(100) as progress:
        progress(10)
        clock[0] += 2.1
        progress(30)
        assert progress.bar is not None
        assert progress.bar.live.is_started
        assert progress.bar.console.stderr
        task = progress.bar.tasks[0]
        assert (task.completed, task.total) == (40, 100)
        progress(60)
        assert task.completed == 100
    assert not progress.bar.live.is_started


def test_the_bar_is_taken_away_when_the_run_fails(clock, monkeypatch) -> None:
    _on_terminal(monkeypatch, True)

    def interrupted(progress: YearsProgress) -> None:
        with progress:
            clock[0] += 3.0
            progress(30)
            raise KeyboardInterrupt

    progress = YearsProgress(100)
    with pytest.raises(KeyboardInterrupt):
        interrupted(progress)
    assert progress.bar is not None
    assert not progress.bar.live.is_started


def test_a_slow_block_says_what_it_waits_for(capsys) -> None:
    with said_if_slow("waiting for the compiler", patience=0.01):
        time.sleep(0.1)
    assert capsys.readouterr() == ("", "waiting for the compiler\n")


def test_a_quick_block_says_nothing(capsys) -> None:
    with said_if_slow("waiting", patience=0.1):
        pass
    time.sleep(0.15)
    assert capsys.readouterr() == ("", "")


def test_a_failing_block_says_nothing_afterwards(capsys) -> None:
    with pytest.raises(ZeroDivisionError), said_if_slow("waiting", patience=0.1):
        _ = 1 / 0
    time.sleep(0.15)
    assert capsys.readouterr() == ("", "")
