"""The command line called in process, as a user calls it, and what it left behind."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import simulate.data
from simulate.cli import main


@dataclass(frozen=True)
class Finished:
    """One call of the command line."""

    status: object
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Call = Callable[..., Finished]


@pytest.fixture
def cli(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Call:
    """Return a function that runs ``simulate ARGUMENTS`` in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: object) -> Finished:
        capsys.readouterr()
        monkeypatch.setattr("sys.argv", ["simulate", *map(str, arguments)])
        status: object = 0
        try:
            main()
        except SystemExit as stop:
            status = stop.code or 0
        printed = capsys.readouterr()
        return Finished(status, printed.out, printed.err)

    return call


@pytest.fixture
def done(cli: Call) -> Call:
    """Return a function that runs a command and holds it to be free of any complaint."""

    def call(*arguments: object) -> Finished:
        finished = cli(*arguments)
        assert (finished.status, finished.err) == (0, "")
        assert "\x1b" not in finished.out
        return finished

    return call


@pytest.fixture
def refused(cli: Call, tmp_path: Path) -> Callable[..., str]:
    """Return a function that runs a command which must be refused; it returns the message.

    One message on standard error, exit status 2, nothing on standard output, no file
    left behind, and nothing that only a programmer could read.
    """

    def call(*arguments: object) -> str:
        before = _contents(tmp_path)
        finished = cli(*arguments)
        assert finished.status == 2, finished
        assert finished.out == ""
        assert finished.err.startswith("simulate: ")
        assert finished.err.count("simulate: ") == 1
        assert finished.err.endswith("\n")
        for unreadable in ("Traceback", "<function", "functools", "ValidationError", "object at"):
            assert unreadable not in finished.err
        assert _contents(tmp_path) == before
        return finished.err

    return call


def _contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else b""
        for path in folder.rglob("*")
    }


@pytest.fixture(scope="session")
def compiled() -> None:
    """Have the kernels compiled, so that no run has to say what it waits for."""
    from simulate.engine.warm import compile_kernels

    compile_kernels()


@pytest.fixture
def cms_file(tmp_path: Path) -> Callable[..., str]:
    """Return a function that writes a shipped year as CMS's CSV, columns renamed or dropped."""

    def write(
        name: str, year: int, rename: dict[str, str] | None = None, drop: tuple[str, ...] = ()
    ) -> str:
        shipped = Path(simulate.data.__file__).parent / "published_results" / f"PY{year}.csv.gz"
        rows = list(csv.reader(io.StringIO(gzip.decompress(shipped.read_bytes()).decode())))
        keep = [i for i, column in enumerate(rows[0]) if column not in drop]
        rows = [[row[i] for i in keep] for row in rows]
        rows[0] = [(rename or {}).get(column, column) for column in rows[0]]
        out = io.StringIO(newline="")
        csv.writer(out).writerows(rows)
        (tmp_path / name).write_text(out.getvalue(), "utf-8")
        return name

    return write


@pytest.fixture
def own_contract(tmp_path: Path) -> str:
    """Write Track 3 as a contract file of the user's own, called ``mine``."""
    from importlib import resources

    text = resources.files("simulate.contracts.catalogue").joinpath("track-3.yaml").read_text()
    (tmp_path / "mine.yaml").write_text(text.replace("id: track-3\n", "id: mine\n"))
    return "mine.yaml"
