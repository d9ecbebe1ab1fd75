"""Output files: what was there stays until the new one is complete."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from simulate.errors import UserError, nearest
from simulate.output import check_writable, replace_file

SETTLE = ("--beneficiaries", "60000", "--benchmark", "500e6", "--expenditure", "487e6")


def test_a_new_file_and_an_existing_one(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    for text in ("first\n", "second — é\r\n"):
        check_writable(path, "--json")
        replace_file(path, text)
        assert path.read_bytes() == text.encode()
    assert list(tmp_path.iterdir()) == [path]


def test_permissions_are_those_of_any_other_file(tmp_path: Path) -> None:
    plain, ours = tmp_path / "plain", tmp_path / "ours"
    plain.write_text("")
    replace_file(ours, "")
    assert ours.stat().st_mode == plain.stat().st_mode
    ours.chmod(0o640)
    replace_file(ours, "again")
    assert ours.stat().st_mode & 0o777 == 0o640


def test_a_failure_in_between_leaves_the_old_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "out.json"
    path.write_text("old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(UserError, match=r"out\.json: cannot be written \(No space left"):
        replace_file(path, "new")
    assert path.read_text() == "old"


def test_a_failure_in_between_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(UserError):
        replace_file(tmp_path / "out.json", "new")
    assert list(tmp_path.iterdir()) == []


def test_an_interruption_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "chmod", interrupt)
    with pytest.raises(KeyboardInterrupt):
        replace_file(tmp_path / "out.json", "new")
    assert list(tmp_path.iterdir()) == []


def test_the_command_line_keeps_the_old_file_when_writing_fails(
    cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "out.json").write_text("old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    finished = cli("settle", "basic-e", *SETTLE, "--json", "out.json")
    assert (finished.status, finished.out) == (2, "")
    assert "out.json: cannot be written (No space left on device)" in finished.err
    assert (tmp_path / "out.json").read_text() == "old"


def test_a_refused_command_keeps_the_old_file(cli, tmp_path: Path) -> None:
    (tmp_path / "out.json").write_text("old")
    assert cli("settle", "basic-f", *SETTLE, "--json", "out.json").status == 2
    assert cli("aco", "A100", "--json", "out.json").status == 2
    assert cli("run", "--aco", "A1001", "--years", "0", "--json", "out.json").status == 2
    assert (tmp_path / "out.json").read_text() == "old"


def test_a_link_is_followed(tmp_path: Path) -> None:
    real, link = tmp_path / "real.json", tmp_path / "link.json"
    real.write_text("old")
    link.symlink_to(real)
    replace_file(link, "new")
    assert link.is_symlink()
    assert real.read_text() == "new"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_or_device_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        replace_file(path, "new")
    except UserError:
        pass
    finally:
        os.close(reader)
    assert path.is_fifo()


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("alpha", " Did you mean alpha?"),
        ("alfa", " Did you mean alpha?"),
        ("zzzz", ""),
        ("bet", " Did you mean beta or best?"),
    ],
)
def test_nearest_words(word: str, said: str) -> None:
    assert nearest(word, ["alpha", "beta", "best"]) == said
