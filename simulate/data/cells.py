"""Cells of a results file: missing markers, numbers with their precision, dates, flags.

CMS prints the same number as ``1650927172``, ``1,650,927,172``, ``2.13%``,
``7182.0`` or ``-9.25E-05``, by year. A number is kept with half a unit of its
last printed digit, because a settlement recomputed from rounded figures can only
be held against an interval.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from simulate.errors import UserError

MISSING = frozenset({"", "-", "--", "N/A", "NA", "n/a", ".", "*", "nan", "NaN", "P4R"})
"""Cell texts, stripped, that stand for no number.

``*`` is a small cell that CMS suppressed; ``P4R`` (pay for reporting) stands in
place of a quality score in first performance years.
"""

# Spreadsheets show a number in "General" format with at most ten or eleven digits.
_GENERAL_FORMAT_DIGITS = 10
# Below this it shows three digits as 9.66E-05, which some files spell out: 0.0000966.
_SCIENTIFIC = 1e-4

# A binary number printed in full has 15 to 17 digits.
_FLOAT_NOISE_LENGTH = 16

_NUMBER = re.compile(r"-?(\d+)?(?:\.(\d*))?(?:[eE]([+-]?\d+))?")

_DATE_FORMS = (
    (re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})(?:\s.*)?"), (3, 1, 2)),
    (re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T\s].*)?"), (1, 2, 3)),
)

_FLAGS = {"1": True, "0": False, "1.0": True, "0.0": False}
_FLAGS |= {"y": True, "yes": True, "true": True, "n": False, "no": False, "false": False}


@dataclass(frozen=True)
class Place:
    """Where a column stands, for messages.

    Attributes
    ----------
    file : str
        Name of the file.
    column : str
        Header as printed in the file.
    lines : sequence of int
        Line of the file of each row.
    """

    file: str
    column: str
    lines: Sequence[int]

    def error(self, row: int, text: str, allowed: str) -> UserError:
        """Return the error for the cell of `row` that reads `text`."""
        return UserError(
            f"{self.file}, line {self.lines[row]}, column {self.column}: {text!r} cannot be "
            f"used; expected {allowed}. Correct the cell or download the file again."
        )


@dataclass
class Numbers:
    """The numbers of one column, as printed.

    Attributes
    ----------
    texts : list of str or None
        Digits without blanks, commas and signs of unit; ``None`` where missing.
    values : list of float or None
        As printed: ``2.13%`` is 2.13.
    half_units : list of float
        Half a unit of the last printed digit, in the same unit as `values`.
    percent_signs : list of bool
        Whether the cell carries a ``%``.
    """

    texts: list[str | None]
    values: list[float | None]
    half_units: list[float]
    percent_signs: list[bool]


def shift(text: str, places: int) -> float:
    """Return the number written as `text` times 10**places, without rounding twice."""
    mantissa, _, exponent = text.lower().partition("e")
    return float(f"{mantissa}e{int(exponent or 0) + places}")


def _plain(text: str) -> tuple[str, bool, bool]:
    """Return the bare digits of a printed number, and whether it has commas and ``%``."""
    percent = text.endswith("%")
    commas = "," in text
    if text.startswith("(") and text.endswith(")"):
        text = "-" + text[1:-1]
    for mark in (",", "$", "%", " "):
        text = text.replace(mark, "")
    return text.replace("\N{MINUS SIGN}", "-"), commas, percent


def _without_float_noise(text: str) -> str:
    """Return ``0.9381`` for ``0.9381000000000002``, the rest of binary arithmetic.

    Only where twelve digits say the same in clearly fewer characters.
    """
    short = f"{float(text):.12g}"
    return short if len(short) <= len(text) - 4 and "e" not in short else text


def read_numbers(cells: Sequence[str], place: Place) -> Numbers:
    """Return the numbers of a column with their precision.

    Parameters
    ----------
    cells : sequence of str
        One a row, as printed.
    place : Place
        For messages.

    Returns
    -------
    Numbers

    Raises
    ------
    UserError
        For a cell that is neither a number nor a missing marker.
    """
    count = len(cells)
    found = Numbers([None] * count, [None] * count, [0.0] * count, [False] * count)
    # Row -> (digits before the point, decimals, exponent), by way of writing.
    plain_cells: dict[int, tuple[int, int, int | None]] = {}
    comma_cells: dict[int, tuple[int, int, int | None]] = {}
    for row, cell in enumerate(cells):
        text = cell.strip()
        if text in MISSING:
            continue
        commas = False
        match = _NUMBER.fullmatch(text)
        if match is None:
            text, commas, found.percent_signs[row] = _plain(text)
            match = _NUMBER.fullmatch(text)
        if match is None or not (match[1] or match[2]):
            raise place.error(row, cell, "a number, or one of the marks - . * N/A for none")
        if len(text) >= _FLOAT_NOISE_LENGTH and "." in text:
            text = _without_float_noise(text)
            match = _NUMBER.fullmatch(text) or match
        found.texts[row] = text
        found.values[row] = float(text)
        exponent = int(match[3]) if match[3] else None
        shape = (len(match[1] or "0"), len(match[2] or ""), exponent)
        (comma_cells if commas else plain_cells)[row] = shape
    for shapes in (plain_cells, comma_cells):
        _set_half_units(found, shapes)
    return found


def _set_half_units(found: Numbers, shapes: dict[int, tuple[int, int, int | None]]) -> None:
    """Fill in the half units of the cells in `shapes`, all written in the same way.

    Spreadsheets drop trailing zeros, so a column has the precision of its longest
    cell, except where the width of the cell is what cut the digits off.
    """
    fixed = {row: shape for row, shape in shapes.items() if shape[2] is None}
    decimals = max((shape[1] for shape in fixed.values()), default=0)
    width = max((shape[0] + shape[1] for shape in fixed.values()), default=0)
    if decimals == 1 and _is_written_by_program(found, fixed):
        decimals = width = 0
    for row, (whole, own, exponent) in shapes.items():
        if exponent is not None:
            places = own - exponent
        elif width >= _GENERAL_FORMAT_DIGITS and 0 < abs(found.values[row] or 0.0) < _SCIENTIFIC:
            places = own
        elif decimals == 0:
            places = 0
        elif width >= _GENERAL_FORMAT_DIGITS:
            places = max(own, min(decimals, width - whole))
        else:
            places = decimals
        found.half_units[row] = float(f"5e{-places - 1}")


def _is_written_by_program(found: Numbers, fixed: dict[int, tuple[int, int, int | None]]) -> bool:
    """Say whether the only decimal is the ``.0`` that programs add to whole numbers."""
    return all((found.texts[row] or "").endswith(".0") for row in fixed) and not any(
        found.percent_signs[row] for row in fixed
    )


def read_dates(cells: Sequence[str], place: Place) -> list[date | None]:
    """Return the dates of a column; time of day is dropped."""
    known: dict[str, date | None] = {}
    for row, cell in enumerate(cells):
        if cell not in known:
            text = cell.strip()
            known[cell] = None if text in MISSING else _read_date(text, row, place)
    return [known[cell] for cell in cells]


def _read_date(text: str, row: int, place: Place) -> date:
    for form, order in _DATE_FORMS:
        match = form.fullmatch(text)
        if match is None:
            continue
        year, month, day = (int(match[group]) for group in order)
        try:
            return date(year + 2000 if year < 100 else year, month, day)
        except ValueError:
            break
    raise place.error(row, text, "a date such as 7/1/2019 or 2019-07-01")


def read_flags(cells: Sequence[str], place: Place) -> list[bool | None]:
    """Return the flags of a column: 1 or 0, also Y or N, yes or no, true or false."""
    known: dict[str, bool | None] = {}
    for row, cell in enumerate(cells):
        if cell not in known:
            text = cell.strip()
            if text in MISSING:
                known[cell] = None
            elif text.lower() in _FLAGS:
                known[cell] = _FLAGS[text.lower()]
            else:
                raise place.error(row, text, "1 or 0")
    return [known[cell] for cell in cells]


def read_texts(cells: Sequence[str]) -> list[str | None]:
    """Return the stripped texts of a column, ``None`` where missing."""
    stripped = [cell.strip() for cell in cells]
    return [None if text in MISSING else text for text in stripped]
