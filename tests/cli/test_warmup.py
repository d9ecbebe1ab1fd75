"""Warming up: every kernel compiled and kept, or one message that says why not."""

from __future__ import annotations

from pathlib import Path

import numba
import pytest

from simulate.engine import warm
from simulate.engine.warm import Compiled, kernel_names

needs_compiler = pytest.mark.skipif(
    bool(numba.config.DISABLE_JIT), reason="without a compiler there is nothing to warm up"
)
SMALL = ["run", "--aco", "A4803", "--contracts", "basic-e", "--engine", "exact"]


def found(monkeypatch: pytest.MonkeyPatch, *kernels: Compiled) -> None:
    """Let compiling come to this."""
    monkeypatch.setattr(warm, "compile_kernels", lambda names: list(kernels))
    monkeypatch.setattr("simulate.kernels.jit.compiles", lambda: True)


@needs_compiler
def test_every_kernel_is_kept(done) -> None:
    warmed = done("warmup", "--json", "-").json
    assert [kernel["name"] for kernel in warmed["kernels"]] == list(kernel_names())
    assert warmed["folders"] == sorted({kernel["folder"] for kernel in warmed["kernels"]})
    for folder in warmed["folders"]:
        assert list(Path(folder).glob("people.sum_people-*.nbc"))
    assert warmed["seconds"] > 0.0
    assert warmed["processor"]


def test_it_says_what_it_did(done, monkeypatch: pytest.MonkeyPatch) -> None:
    found(monkeypatch, Compiled("people", True, "/one"), Compiled("panel", False, "/two"))
    assert done("warmup").out.startswith("Compiled 1 of 2 kernels in 0.0 s, for ")
    found(monkeypatch, Compiled("people", False, "/one"), Compiled("panel", False, "/two"))
    out = done("warmup").out
    assert out.startswith("All 2 kernels were compiled already, for ")
    assert out.endswith("processors; they are in /one, /two.\n")


def test_refused_where_nothing_can_be_kept(refused, monkeypatch: pytest.MonkeyPatch) -> None:
    found(monkeypatch, Compiled("people", False, "/one"), Compiled("panel", True, None))
    said = refused("warmup")
    assert "cannot be kept" in said
    assert "__pycache__" in said
    assert "NUMBA_CACHE_DIR" in said


def test_refused_without_a_compiler(refused, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulate.kernels.jit.compiles", lambda: False)
    assert "NUMBA_DISABLE_JIT" in refused("warmup")


def test_a_run_says_that_it_will_compile_every_time(cli, monkeypatch: pytest.MonkeyPatch) -> None:
    found(monkeypatch, Compiled("settlement", True, None))
    finished = cli(*SMALL)
    assert finished.status == 0
    assert finished.err.startswith("No folder for compiled code can be written")
    assert finished.err.count("\n") == 1
    found(monkeypatch, Compiled("settlement", True, "/one"))
    assert cli(*SMALL).err == ""
