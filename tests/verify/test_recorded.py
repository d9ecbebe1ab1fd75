"""The record of replay, answer keys and backtests that ships is what they find today."""

from __future__ import annotations

import pytest

from simulate.verify.recorded import (
    backtest_records,
    check_records,
    record,
    recorded,
    replay_record,
)

ANEW = "the record is out of date: run python -m simulate.verify.recorded"


def test_the_replay_is_as_recorded() -> None:
    assert replay_record() == recorded().replay, ANEW


def test_the_record_holds_a_verdict_for_every_answer_key() -> None:
    found = recorded()
    assert {check.verdict for check in found.checks} <= {"agrees", "sources contradict"}
    assert len({check.key for check in found.checks}) > 8
    assert all(check.reference for check in found.checks)
    assert found.version


@pytest.mark.slow_without_compiler
def test_the_answer_keys_are_as_recorded() -> None:
    assert check_records() == recorded().checks, ANEW


@pytest.mark.slow_without_compiler
def test_the_backtests_are_as_recorded() -> None:
    for now, then in zip(backtest_records(), recorded().backtests, strict=True):
        assert now[:3] == then[:3], ANEW
        assert now[3:] == pytest.approx(then[3:], abs=2e-5), ANEW


def test_a_record_that_is_written_is_the_record_that_is_read(tmp_path, monkeypatch) -> None:
    found = recorded()
    for name, value in (
        ("replay_record", found.replay),
        ("check_records", found.checks),
        ("backtest_records", found.backtests),
    ):
        monkeypatch.setattr(f"simulate.verify.recorded.{name}", lambda value=value: value)
    written = record(tmp_path)
    assert written.read_text("utf-8").endswith("}\n")
    monkeypatch.setattr("simulate.verify.recorded._read", lambda: written.read_text("utf-8"))
    recorded.cache_clear()
    assert recorded()[1:] == found[1:]
    recorded.cache_clear()
