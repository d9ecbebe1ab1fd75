"""Numbers as people read them: no more digits than the simulation supports."""

from __future__ import annotations

import math

from simulate.measures.estimate import Estimate

# At no hits the standard error is sqrt(1/2)/years; 3/years is the 95 % bound.
_RULE_OF_THREE = 3.0 * math.sqrt(2.0)
#: Units of amounts: dollars, in words, as a letter.
UNITS = ((1e9, "billion", "bn"), (1e6, "million", "M"), (1e3, "thousand", "k"), (1.0, "", ""))


def decimals_for(standard_error: float, most: int) -> int:
    """Return how many decimals a standard error supports: to its first digit, at most `most`."""
    if standard_error <= 0.0:
        return most
    return max(0, min(most, -math.floor(math.log10(standard_error) + 1e-9)))


def percent(estimate: Estimate, most: int = 2) -> str:
    """Return a probability or rate as percent: ``12.3 %``."""
    decimals = decimals_for(100.0 * estimate.standard_error, most)
    return f"{_unsigned_zero(100.0 * estimate.value, decimals):.{decimals}f} %"


def percent_with_error(estimate: Estimate, most: int = 2) -> str:
    """Return percent with the standard error in the same unit: ``12.3 % ±0.1``.

    What happened in none or in all of the simulated years is shown as a bound: three
    in as many years could still be expected to have missed it.
    """
    if _is_bound(estimate):
        return _bound(estimate, most)
    decimals = decimals_for(100.0 * estimate.standard_error, most)
    return f"{percent(estimate, most)}{_error(100.0 * estimate.standard_error, decimals)}"


def percent_or_bound(estimate: Estimate, most: int = 2) -> str:
    """Return percent without the error, and a bound for none or all of the simulated years."""
    return _bound(estimate, most) if _is_bound(estimate) else percent(estimate, most)


def plain_percent(value: float, decimals: int = 2) -> str:
    """Return a known rate as percent, without an error."""
    return f"{_unsigned_zero(100.0 * value, decimals):.{decimals}f} %"


def unit_for(largest: float) -> tuple[float, str, str]:
    """Return the unit (dollars, word, letter) that suits amounts up to `largest` dollars."""
    return next((u for u in UNITS if abs(largest) >= u[0]), UNITS[-1])


def dollars(estimate: Estimate, unit: tuple[float, str, str] | None = None) -> str:
    """Return dollars in a sensible unit: ``$0.84 million``."""
    size, word, _ = unit or unit_for(estimate.value)
    decimals = decimals_for(estimate.standard_error / size, 2)
    value = _unsigned_zero(estimate.value / size, decimals)
    return f"{'-' if value < 0 else ''}${abs(value):,.{decimals}f} {word}".rstrip()


def dollars_with_error(estimate: Estimate, unit: tuple[float, str, str] | None = None) -> str:
    """Return dollars with the standard error in the same unit: ``$0.84 million ±0.01``."""
    chosen = unit or unit_for(estimate.value)
    decimals = decimals_for(estimate.standard_error / chosen[0], 2)
    return f"{dollars(estimate, chosen)}{_error(estimate.standard_error / chosen[0], decimals)}"


def in_unit(estimate: Estimate, unit: tuple[float, str, str]) -> str:
    """Return an amount in a table's unit, without the unit: ``0.84 ±0.01``."""
    decimals = decimals_for(estimate.standard_error / unit[0], 2)
    value = _unsigned_zero(estimate.value / unit[0], decimals)
    return f"{value:,.{decimals}f}{_error(estimate.standard_error / unit[0], decimals)}"


def plain_dollars(value: float) -> str:
    """Return a known amount in a sensible unit, without an error."""
    size, word, _ = unit_for(value)
    decimals = 2 if size > 1.0 else 0
    return f"{'-' if value < 0 else ''}${abs(value) / size:,.{decimals}f} {word}".rstrip()


def cents(value: float) -> str:
    """Return an amount to the cent: ``-$1,234.56``."""
    return f"{'-' if value < 0 else ''}${abs(value):,.2f}"


def _is_bound(estimate: Estimate) -> bool:
    return estimate.standard_error > 0.0 and estimate.value in (0.0, 1.0)


def _bound(estimate: Estimate, most: int) -> str:
    step = 10.0**-most
    steps = math.ceil(_RULE_OF_THREE * 100.0 * estimate.standard_error / step - 1e-6)
    bound = min(step * max(1, steps), 100.0)
    return f"<{bound:.{most}f} %" if estimate.value == 0.0 else f">{100.0 - bound:.{most}f} %"


def _error(value: float, decimals: int) -> str:
    if value == 0.0:
        return ""  # known, not simulated
    shown = round(value, decimals)
    # An error below the last digit shown is rounded up: never ±0.0 for a simulated figure.
    return f" ±{max(shown, 10.0**-decimals):.{decimals}f}"


def _unsigned_zero(value: float, decimals: int) -> float:
    rounded = round(value, decimals)
    return 0.0 if rounded == 0.0 else value
