"""Every answer key, each with its outside reference, tolerance and verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from simulate.verify.checks import Check, counted, stated
from simulate.verify.replay import replay_shipped
from simulate.verify.rule_keys import rule_checks
from simulate.verify.simulated_keys import FULL, QUICK, simulated_checks


@dataclass(frozen=True)
class Verification:
    """All checks; `passed` is false if any fails."""

    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """Whether no check fails; contradictions between published sources do not count."""
        return all(check.verdict != "fails" for check in self.checks)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {"passed": self.passed, "checks": [check.to_dict() for check in self.checks]}


def verify(full: bool = False) -> Verification:
    """Run every answer key.

    Parameters
    ----------
    full : bool
        Simulate ten times the years.
    """
    effort = FULL if full else QUICK
    return Verification((*rule_checks(), *_replayed(), *simulated_checks(effort)))


def _replayed() -> list[Check]:
    """Check the replay of every published settlement against a first recomputation's count."""
    reference = "CMS, Performance Year Financial and Quality Results, PY2013-2021 and 2024"
    replay = replay_shipped()
    money = [row for row in replay.rows if row.money_moved]
    unexplained = [row for row in replay.not_matched() if not row.reason]
    return [
        counted("replay", f"of {len(replay.rows):,} published rows, matched from inputs alone",
                reference, 4_326, replay.matched),
        counted("replay", f"of {len(money):,} rows where money moved, matched", reference,
                2_019, sum(row.match_class.matched for row in money)),
        stated("replay", "rows neither matched nor explained by a rule", reference, "0",
               str(len(unexplained)), not unexplained),
    ]  # fmt: skip
