"""What a check is: something computed, held against something from outside."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Verdict = Literal["agrees", "fails", "sources contradict"]


@dataclass(frozen=True)
class Check:
    """One answer key and what the package makes of it.

    Attributes
    ----------
    key : str
        Short name of the group.
    what : str
        What is compared.
    reference : str
        Where the expected figure comes from, outside this package.
    expected, got : str
        As shown.
    allowed : str
        The tolerance, or the standard error and how many of them.
    verdict : str
        ``"sources contradict"`` marks a published figure that another published rule
        or figure contradicts; both are shown and neither is tuned away.
    """

    key: str
    what: str
    reference: str
    expected: str
    got: str
    allowed: str
    verdict: Verdict

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return asdict(self)


def within(
    key: str,
    what: str,
    reference: str,
    expected: float,
    got: float,
    tolerance: float,
    shown: str = ".4g",
) -> Check:
    """Check a figure against an absolute tolerance."""
    ok = abs(got - expected) <= tolerance
    return Check(
        key,
        what,
        reference,
        f"{expected:{shown}}",
        f"{got:{shown}}",
        f"±{tolerance:.1g}",
        "agrees" if ok else "fails",
    )


def within_errors(
    key: str,
    what: str,
    reference: str,
    expected: float,
    got: float,
    standard_error: float,
    errors: float = 4.0,
    shown: str = ".4f",
) -> Check:
    """Check a simulated figure against a number of its standard errors."""
    ok = abs(got - expected) <= errors * standard_error
    return Check(
        key,
        what,
        reference,
        f"{expected:{shown}}",
        f"{got:{shown}}",
        f"{errors:g} se of {standard_error:.1g}",
        "agrees" if ok else "fails",
    )


def counted(key: str, what: str, reference: str, expected: int, got: int) -> Check:
    """Check a count that must be reached at least."""
    verdict: Verdict = "agrees" if got >= expected else "fails"
    return Check(key, what, reference, f"{expected:,}", f"{got:,}", "at least", verdict)


def stated(
    key: str, what: str, reference: str, expected: str, got: str, holds: bool, allowed: str = ""
) -> Check:
    """Check anything that holds or does not."""
    return Check(key, what, reference, expected, got, allowed, "agrees" if holds else "fails")
