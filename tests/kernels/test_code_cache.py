"""Compiled code: kept in the first folder that takes it, read from any that has it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import pytest

from simulate.kernels import code_cache
from simulate.kernels.jit import kernel

pytestmark = pytest.mark.skipif(
    bool(numba.config.DISABLE_JIT), reason="without a compiler there is no compiled code"
)

Among = Callable[..., Any]


def double(number: int) -> int:
    return 2 * number


@pytest.fixture
def kernel_in(monkeypatch: pytest.MonkeyPatch) -> Among:
    """Return a function that compiles `double` anew, or loads it, and says which."""

    def compiled(*folders: Path) -> Any:
        monkeypatch.setattr(code_cache, "cache_folders", lambda: list(folders))
        doubled = kernel(double)
        assert doubled(21) == 42
        return doubled.stats

    return compiled


def anew(stats: Any) -> bool:
    assert len(stats.cache_misses) + len(stats.cache_hits) == 1
    return bool(stats.cache_misses)


def not_a_folder(path: Path) -> Path:
    path.write_text("a file where a folder is wanted")
    return path


def test_compiled_once(kernel_in: Among, tmp_path: Path) -> None:
    first, second = kernel_in(tmp_path / "a"), kernel_in(tmp_path / "a")
    assert (anew(first), anew(second)) == (True, False)
    assert first.cache_path == second.cache_path == str(tmp_path / "a")


def test_kept_in_the_first_folder_that_takes_it(kernel_in: Among, tmp_path: Path) -> None:
    closed = not_a_folder(tmp_path / "closed")
    folders = closed / "below", tmp_path / "b", tmp_path / "c"
    assert kernel_in(*folders).cache_path == str(tmp_path / "b")
    assert not (tmp_path / "c").exists()
    assert not anew(kernel_in(*folders))


def test_read_from_a_folder_that_cannot_be_written(
    kernel_in: Among, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image, own = tmp_path / "image", tmp_path / "own"
    kernel_in(image)
    before = {path: path.read_bytes() for path in image.iterdir()}

    def refuse(place: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(code_cache._Place, "ensure_cache_path", refuse)
    found = kernel_in(own, image)
    assert not anew(found)
    assert found.cache_path == str(image)
    assert {path: path.read_bytes() for path in image.iterdir()} == before
    assert not own.exists()


def test_nowhere_to_keep_it(kernel_in: Among, tmp_path: Path) -> None:
    closed = not_a_folder(tmp_path / "closed") / "below"
    for _ in range(2):
        stats = kernel_in(closed)
        assert anew(stats)
        assert stats.cache_path is None


@pytest.mark.parametrize("kind", ["nbi", "nbc"])
@pytest.mark.parametrize("content", [b"", b"\x80\x04damaged", b"not a pickle at all"])
def test_damaged_files_are_replaced(
    kernel_in: Among, tmp_path: Path, kind: str, content: bytes
) -> None:
    kernel_in(tmp_path)
    for path in tmp_path.glob(f"*.{kind}"):
        path.write_bytes(content)
    assert anew(kernel_in(tmp_path))
    assert not anew(kernel_in(tmp_path))


def test_a_change_of_any_kernel_compiles_anew(
    kernel_in: Among, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = tmp_path / "sources"
    sources.mkdir()
    (sources / "constants.py").write_text("STEP = 1\n")
    monkeypatch.setattr(code_cache, "_SOURCES", sources)
    stamps = []
    for text in ("STEP = 1\n", "STEP = 2\n", "STEP = 1\n"):
        (sources / "constants.py").write_text(text)
        code_cache._stamp.cache_clear()
        stamps.append(code_cache._stamp())
        assert anew(kernel_in(tmp_path / "code"))
        assert not anew(kernel_in(tmp_path / "code"))
    code_cache._stamp.cache_clear()
    assert stamps[0] == stamps[2] != stamps[1]


def test_the_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    beside, user = code_cache.cache_folders()[-2:]
    assert beside == Path(code_cache.__file__).parent / "__pycache__"
    assert beside not in user.parents
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    stated, *others = code_cache.cache_folders()
    assert stated.parent == tmp_path
    assert others == [beside, user]
    # Another copy of the package has folders of its own.
    monkeypatch.setattr(code_cache, "_SOURCES", tmp_path)
    assert not {stated, beside, user} & set(code_cache.cache_folders())
