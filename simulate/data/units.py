"""The unit of a rate column, found from its numbers and never from the year.

CMS has printed rates as fractions (0.02), percent numbers (2) and percent text
(2.00%), by year and by column. The savings rate is decided by an identity, since
the dollars stand beside it. For the others the values that can occur leave room
for one unit only: every rate is zero or lies in a range so narrow that the same
number read in another unit falls outside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from simulate.data.cells import Numbers, Place, shift
from simulate.errors import UserError

FRACTION, PERCENT, DIVIDED_TWICE, MULTIPLIED_TWICE = 0, -2, 2, -4
"""Powers of ten that turn the printed number into a fraction."""

_UNIT_NAMES = {
    FRACTION: "fraction",
    PERCENT: "percent",
    DIVIDED_TWICE: "fraction divided by 100",
    MULTIPLIED_TWICE: "percent times 100",
}

_IDENTITY_TOLERANCE = 0.0005

# A column of a few terms, as 0.5 and 0.75, shows fewer digits than it has: "1" in a column
# of zeros and ones is no score rounded to a whole. CMS prints rates to 0.01 % at least.
_FEW_VALUES = 4
_COARSEST_HALF_UNIT = 0.00005


@dataclass(frozen=True)
class RateRange:
    """Values a rate can take, as fractions: zero, or above `low` and up to `high`."""

    low: float
    high: float

    def holds(self, value: float) -> bool:
        """Say whether the fraction `value` can occur, whatever its sign."""
        return value == 0 or self.low < abs(value) <= self.high


# MSR and MLR: the choices of 42 CFR 425.605(b)(2) start at 0.5 %, the size table ends at
# 12.2 % for 500 people and CMS went beyond for fewer. Shares: 20 to 75 % times quality.
_MINIMUM_RATE = RateRange(0.004, 0.39)
_SHARE = RateRange(0.01, 1.0)

RATE_RANGES: dict[str, RateRange] = {
    "minimum_savings_rate": _MINIMUM_RATE,
    "minimum_loss_rate": _MINIMUM_RATE,
    "quality_score": _SHARE,
    "final_sharing_rate": _SHARE,
    "maximum_sharing_rate": _SHARE,
    "final_loss_rate": _SHARE,
}


@dataclass(frozen=True)
class Rates:
    """A rate column as fractions.

    Attributes
    ----------
    values : list of float or None
        Fractions.
    half_units : list of float
        Half a unit of the last printed digit, as a fraction.
    unit : str
        How the file prints the column.
    notes : tuple of str
        What does not agree but does not stop the reading.
    """

    values: list[float | None]
    half_units: list[float]
    unit: str
    notes: tuple[str, ...] = ()


def _scaled(numbers: Numbers, power: int, notes: tuple[str, ...] = ()) -> Rates:
    """Return the column in fractions, given the power of ten of its unit."""
    values = [None if text is None else shift(text, power) for text in numbers.texts]
    halves = [half * 10.0**power for half in numbers.half_units]
    if len({value for value in values if value}) <= _FEW_VALUES:
        halves = [min(half, _COARSEST_HALF_UNIT) for half in halves]
    name = _UNIT_NAMES[power]
    if any(numbers.percent_signs):
        name = "percent text" if power == PERCENT else f"percent text, {name}"
    return Rates(values, halves, name, notes)


def rates_by_range(numbers: Numbers, allowed: RateRange, place: Place) -> Rates:
    """Return a rate column as fractions, its unit found from the values that can occur.

    Parameters
    ----------
    numbers : Numbers
        The column as printed.
    allowed : RateRange
        Values the rate can take.
    place : Place
        For messages.

    Returns
    -------
    Rates

    Raises
    ------
    UserError
        Where no single unit makes every value possible.
    """
    _check_percent_signs(numbers, place)
    signed = any(numbers.percent_signs)
    candidates = (PERCENT,) if signed else (FRACTION, PERCENT)
    misfits = {power: _misfits(numbers, allowed, power) for power in candidates}
    best = min(candidates, key=lambda power: len(misfits[power]))
    if not misfits[best]:
        return _scaled(numbers, best)
    row = misfits[best][0]
    low, high = (shift(repr(bound), -best) for bound in (allowed.low, allowed.high))
    advice = ""
    if not _misfits(numbers, allowed, FRACTION if signed else DIVIDED_TWICE):
        advice = " The whole column looks as if it had been divided by 100 once too often."
    raise UserError(
        f"{place.file}, line {place.lines[row]}, column {place.column}: {numbers.texts[row]}"
        f"{'%' if numbers.percent_signs[row] else ''} has no consistent unit with the other "
        f"cells. Most read as {'percent text' if signed else _UNIT_NAMES[best]}, where 0 or more "
        f"than {low:g} up to {high:g} is expected.{advice} Write the whole column in one unit: "
        "fractions (0.02), percent (2) or percent text (2.00%)."
    )


def _misfits(numbers: Numbers, allowed: RateRange, power: int) -> list[int]:
    """Return the rows whose value cannot occur if the unit is `power`."""
    factor = 10.0**power
    return [
        row
        for row, value in enumerate(numbers.values)
        if value is not None and not allowed.holds(round(value * factor, 15))
    ]


def _check_percent_signs(numbers: Numbers, place: Place) -> None:
    """Refuse a column where some numbers carry a percent sign and others do not."""
    if not any(numbers.percent_signs):
        return
    for row, value in enumerate(numbers.values):
        if value and not numbers.percent_signs[row]:
            raise place.error(
                row, numbers.texts[row] or "", "a % sign, as in the other cells of the column"
            )


def rates_by_identity(numbers: Numbers, expected: Sequence[float], place: Place) -> Rates:
    """Return a rate column as fractions, its unit found from what the rates must be.

    Parameters
    ----------
    numbers : Numbers
        The column as printed.
    expected : sequence of float
        The rate of each row recomputed from dollars, fractions.
    place : Place
        For messages.

    Returns
    -------
    Rates
        Single rows that agree in no unit are listed in `notes`.

    Raises
    ------
    UserError
        Where units are mixed, or no unit explains most of the rows.
    """
    rows = [row for row, value in enumerate(numbers.values) if value is not None]
    wrong = {power: _disagreeing(numbers, expected, rows, power) for power in _UNIT_NAMES}
    best = min(_UNIT_NAMES, key=lambda power: len(wrong[power]))
    mixed = [
        row
        for row in wrong[best]
        if any(row not in wrong[power] for power in _UNIT_NAMES if power != best)
    ]
    if mixed or len(wrong[best]) > len(rows) / 2:
        row = (mixed or wrong[best])[0]
        raise UserError(
            f"{place.file}, line {place.lines[row]}, column {place.column}: {numbers.texts[row]} "
            "has no consistent unit: benchmark and expenditure of the row give "
            f"{expected[row]:.6g} as a fraction ({100 * expected[row]:.4g} %), and most other "
            f"cells read as {_UNIT_NAMES[best]}. Write the whole column in one unit, or "
            "correct the dollars of the row."
        )
    notes = tuple(
        f"line {place.lines[row]}: {place.column} is printed as {numbers.texts[row]}, "
        f"the dollars give {expected[row]:.6g}"
        for row in wrong[best]
    )
    return _scaled(numbers, best, notes)


def _disagreeing(
    numbers: Numbers, expected: Sequence[float], rows: list[int], power: int
) -> list[int]:
    """Return the rows whose printed rate is not the expected one in unit `power`."""
    factor = 10.0**power
    found = []
    for row in rows:
        value = numbers.values[row] or 0.0
        slack = numbers.half_units[row] * factor + _IDENTITY_TOLERANCE
        if abs(value * factor - expected[row]) > slack:
            found.append(row)
    return found
