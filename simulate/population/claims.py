"""Beneficiary-years from a claims extract: who counts, under which type, with which months.

Rules: 42 CFR 425.601(a) for the enrollment types; a beneficiary is assignable with Part A
and Part B together, no month of only one of them, and no month in a Medicare Advantage
plan (42 CFR 425.401(a)). What does not count is excluded and counted by kind with the
first row's number. Identities are hashed on reading and kept for matching only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simulate.data.enrollment import ENROLLMENT_TYPES
from simulate.errors import UserError
from simulate.population.claims_columns import SYNPUF_NOTES, Columns, find_columns
from simulate.population.claims_files import (
    Chunk,
    check_file,
    column_chunks,
    column_names,
    is_parquet,
    sha256_of,
)
from simulate.population.families import FloatArray

BoolArray = NDArray[np.bool_]

ESRD, DISABLED, AGED_DUAL, AGED_NON_DUAL = range(4)
_UNKNOWN = -1

#: Why a row does not count; the first that fits.
EXCLUSIONS = {
    "missing": "identity, year, months or paid amount missing or unreadable",
    "no_type": "enrollment type not known, or no age or birth date to decide it",
    "impossible_months": "months of coverage below 0 or above 12",
    "medicare_advantage": "months in a Medicare Advantage plan",
    "zero_months": "no month of coverage",
    "not_both_parts": "months with only one of Part A and Part B",
}
_YES = (b"Y", b"y", b"1", b"1.0", b"Yes", b"YES", b"yes", b"T", b"True", b"true", b"TRUE")
_TYPE_NAMES = {
    **{"esrd": ESRD, "endstagerenaldisease": ESRD, "disabled": DISABLED, "dis": DISABLED},
    **{"ageddual": AGED_DUAL, "dual": AGED_DUAL, "agdu": AGED_DUAL},
    **{"agednondual": AGED_NON_DUAL, "nondual": AGED_NON_DUAL, "agnd": AGED_NON_DUAL},
}


@dataclass
class Finding:
    """One kind of problem: how many rows, and where the first is.

    Attributes
    ----------
    kind, meaning : str
        Key and description.
    count : int
        Rows.
    file : str
    row : int
        Number of the first such row as a spreadsheet shows it: in CSV the header is row 1;
        in Parquet the first row of data is row 1.
    """

    kind: str
    meaning: str
    count: int
    file: str
    row: int


@dataclass(frozen=True)
class Source:
    """A file that was read."""

    name: str
    sha256: str
    rows: int
    years: tuple[int, ...]


@dataclass
class Claims:
    """The rows that count, as columns; and what was found on the way.

    Attributes
    ----------
    person : uint64 array
        Hash of the identity.
    year, kind : int16 and int8 arrays
        Calendar year; place in `ENROLLMENT_TYPES`.
    months, paid : float32 arrays
        Months with Part A and Part B; dollars paid in the year, not annualised.
    died : bool array
        Died in the year; all False where the files do not say.
    row : int32 array
        Row number, as in `Finding`.
    file : int8 array
        Place in `sources`.
    """

    person: NDArray[np.uint64]
    year: NDArray[np.int16]
    kind: NDArray[np.int8]
    months: NDArray[np.float32]
    paid: NDArray[np.float32]
    died: BoolArray
    row: NDArray[np.int32]
    file: NDArray[np.int8]
    sources: list[Source]
    findings: list[Finding]
    notes: list[str] = field(default_factory=list)
    has_dual: bool = True
    has_esrd: bool = True
    has_deaths: bool = True
    synpuf: bool = False

    def first_row(self, chosen: BoolArray) -> str:
        """Return the place of the first of some rows, for a message."""
        at = int(np.flatnonzero(chosen)[0])
        return f"row {self.row[at]} of {self.sources[self.file[at]].name}"


_Part = tuple[NDArray[np.generic], ...]


def read_claims(
    paths: Sequence[Path],
    mapping: Mapping[str, str | Sequence[str]] | None = None,
    years: Sequence[int] | None = None,
) -> Claims:
    """Read one or several extracts, one row a beneficiary-year.

    Parameters
    ----------
    paths : sequence of pathlib.Path
    mapping : mapping, optional
        As `find_columns`.
    years : sequence of int, optional
        Calendar year of each file that has no column for it; left out, the year is taken
        from the file's name.

    Raises
    ------
    UserError
        A file cannot be used, a beneficiary-year occurs twice, or no row has a month.
    """
    if years is not None and len(years) != len(paths):
        raise UserError(f"{len(years)} years are stated for {len(paths)} claims files.")
    if len(paths) > 100:
        raise UserError(f"{len(paths)} claims files; at most 100 are read at once.")
    found: dict[str, Finding] = {}
    parts: list[_Part] = []
    sources, layouts = [], []
    for place, path in enumerate(paths):
        check_file(path)
        columns = find_columns(path.name, column_names(path), mapping)
        year = _year_of(path, columns, None if years is None else years[place])
        layouts.append(columns)
        chunks = list(_read_file(path, columns, year, place, found))
        parts += chunks
        seen = sorted({int(y) for part in chunks for y in np.unique(part[1]) if y > 0})
        rows = sum(part[0].size for part in chunks)
        sources.append(Source(path.name, sha256_of(path), rows, tuple(seen)))
    if not any(source.rows for source in sources):
        raise UserError(f"claims file {paths[0].name}: has a header and no rows.")
    person, held_years, kind, months, paid, died, row, file = (
        np.concatenate(list(column)) for column in zip(*parts, strict=True)
    )
    del parts
    synpuf = any(columns.synpuf for columns in layouts)
    claims = Claims(
        *(person, held_years, kind, months, paid, died, row, file),
        sources,
        sorted(found.values(), key=lambda finding: list(EXCLUSIONS).index(finding.kind)),
        list(SYNPUF_NOTES) if synpuf else [],
        has_dual=all(columns.has_dual for columns in layouts),
        has_esrd=all(columns.has_esrd for columns in layouts),
        has_deaths=all(columns.has_deaths for columns in layouts),
        synpuf=synpuf,
    )
    _refuse_duplicates(claims)
    _refuse_nothing_left(claims)
    return _kept(claims)


def _year_of(path: Path, columns: Columns, stated: int | None) -> int | None:
    if "year" in columns.numbers:
        if stated is not None:
            raise UserError(f"claims file {path.name}: has a year column and a stated year.")
        return None
    found = sorted(set(re.findall(r"(?<!\d)((?:19|20)\d\d)(?!\d)", path.stem)))
    if stated is None and len(found) != 1:
        raise UserError(
            f"claims file {path.name}: no year column, and its name does not hold one year. "
            "State the year (--year), or name its column in the mapping (--map year=YEAR)."
        )
    return int(found[0]) if stated is None else stated


def _read_file(
    path: Path, columns: Columns, year: int | None, place: int, found: dict[str, Finding]
) -> Iterator[_Part]:
    texts = list(dict.fromkeys(columns.texts.values()))
    numbers = list(dict.fromkeys([*columns.numbers.values(), *columns.paid]))
    numbers = [name for name in numbers if name not in texts]
    row = 1 if is_parquet(path) else 2
    for chunk in column_chunks(path, texts, numbers):
        rows = _Rows(chunk, columns, year)
        for kind, bad in rows.excluded.items():
            _note(found, kind, bad, path.name, row)
        yield (*rows.arrays(), np.arange(row, row + rows.size, dtype=np.int32), rows.file(place))
        row += rows.size


def _note(found: dict[str, Finding], kind: str, bad: BoolArray, file: str, first: int) -> None:
    count = int(bad.sum())
    if not count:
        return
    if kind in found:
        found[kind].count += count
    else:
        row = first + int(np.argmax(bad))
        found[kind] = Finding(kind, EXCLUSIONS[kind], count, file, row)


class _Rows:
    """The rows of one chunk, read by the rules."""

    def __init__(self, chunk: Chunk, columns: Columns, year: int | None) -> None:
        self._chunk, self._columns = chunk, columns
        identity = chunk[columns.texts["id"]]
        self.size = identity.size
        self.person = hashed(identity)
        stated = self._number("year")
        self.year = np.full(self.size, float(year or 0)) if stated is None else stated
        self.paid = np.sum([chunk[name] for name in columns.paid], axis=0)
        self.months, self.excluded = self._coverage(identity == b"")
        kind = self._kind()
        taken = np.logical_or.reduce(list(self.excluded.values()))
        self.excluded["no_type"] = (kind == _UNKNOWN) & ~taken
        self.kind = np.where(taken, _UNKNOWN, kind)

    def arrays(self) -> _Part:
        """Return person, year, kind, months, paid and died in their compact types."""
        return (
            self.person,
            np.nan_to_num(self.year).astype(np.int16),
            self.kind.astype(np.int8),
            self.months.astype(np.float32),
            self.paid.astype(np.float32),
            self._died(),
        )

    def file(self, place: int) -> NDArray[np.int8]:
        """Return the place of the file, once a row."""
        return np.full(self.size, place, np.int8)

    def _number(self, name: str) -> FloatArray | None:
        column = self._columns.numbers.get(name)
        return None if column is None else np.asarray(self._chunk[column], np.float64)

    def _text(self, name: str) -> NDArray[np.bytes_] | None:
        column = self._columns.texts.get(name)
        return None if column is None else self._chunk[column]

    def _coverage(self, nameless: BoolArray) -> tuple[FloatArray, dict[str, BoolArray]]:
        part_a, part_b = self._number("part_a_months"), self._number("part_b_months")
        both = self._number("months")
        if part_a is None or part_b is None:
            assert both is not None
            part_a = part_b = both
        months = np.minimum(part_a, part_b) if both is None else both
        advantage = self._number("ma_months")
        tests = {
            "missing": nameless
            | ~np.isfinite(self.year + self.paid + months + part_a + part_b)
            | ~((self.year > 1900) & (self.year < 2200)),
            "impossible_months": ~((months >= 0.0) & (np.maximum(part_a, part_b) <= 12.0))
            | (months > 12.0),
            "medicare_advantage": np.zeros(self.size, bool) if advantage is None else advantage > 0,
            "zero_months": np.maximum(np.maximum(part_a, part_b), months) == 0.0,
            "not_both_parts": (part_a != part_b) | (months == 0.0),
        }
        left = np.ones(self.size, bool)
        excluded = {}
        for kind, bad in tests.items():
            excluded[kind] = left & bad
            left &= ~bad
        return months, excluded

    def _flag(self, name: str, months: str | None = None) -> BoolArray:
        # A month count decides by the larger part of the covered months.
        counted = None if months is None else self._number(months)
        if counted is not None:
            return (counted > 0.0) & (2.0 * counted >= self.months)
        text = self._text(name)
        if text is None:
            return np.zeros(self.size, bool)
        return np.asarray(np.isin(text, _YES))

    def _kind(self) -> NDArray[np.int64]:
        stated = self._text("enrollment_type")
        if stated is not None:
            return _named_kinds(stated)
        age = self._age()
        young = (age < 65.0) | self._flag("disabled")
        dual = self._flag("dual", "dual_months")
        kind = np.where(young, DISABLED, np.where(dual, AGED_DUAL, AGED_NON_DUAL))
        kind = np.where(np.isfinite(age), kind, _UNKNOWN)
        return np.where(self._flag("esrd", "esrd_months"), ESRD, kind)

    def _age(self) -> FloatArray:
        # Age on 1 July: the type that held in the larger part of the year.
        born = self._text("birth_date")
        if born is None:
            age = self._number("age")
            assert age is not None
            return age
        year, month = _dates(born)
        return self.year - year - (month > 6.0)

    def _died(self) -> BoolArray:
        if "died" in self._columns.texts:
            return self._flag("died")
        date = self._text("death_date")
        if date is None:
            return np.zeros(self.size, bool)
        return np.asarray(_dates(date)[0] == self.year)


def _named_kinds(stated: NDArray[np.bytes_]) -> NDArray[np.int64]:
    _, first, inverse = np.unique(hashed(stated), return_index=True, return_inverse=True)
    kinds = []
    for text in stated[first]:
        plain = re.sub(r"[^a-z]", "", text.decode(errors="replace").lower())
        kinds.append(_TYPE_NAMES.get(plain, _UNKNOWN))
    return np.array(kinds, dtype=np.int64)[inverse]


def _dates(texts: NDArray[np.bytes_]) -> tuple[FloatArray, FloatArray]:
    """Return year and month of dates as YYYYMMDD or YYYY-MM-DD; NaN where there is none."""
    wide = texts.astype(f"S{max(texts.dtype.itemsize, 7)}")
    digits = wide.view(np.uint8).reshape(wide.size, -1).astype(np.float64) - ord("0")
    dashed = wide.view(np.uint8).reshape(wide.size, -1)[:, 4] == ord("-")
    digits[(digits < 0.0) | (digits > 9.0)] = np.nan
    year = digits[:, :4] @ np.array([1000.0, 100.0, 10.0, 1.0])
    tens = np.where(dashed, digits[:, 5], digits[:, 4])
    ones = np.where(dashed, digits[:, 6], digits[:, 5])
    month = 10.0 * tens + ones
    real = (month >= 1.0) & (month <= 12.0) & (year > 1800.0) & (year < 2200.0)
    return np.where(real, year, np.nan), np.where(real, month, np.nan)


def hashed(texts: NDArray[np.bytes_]) -> NDArray[np.uint64]:
    """Return a 64-bit hash of texts, whatever the width of their array.

    Among 20 million identities the chance that any two share a hash is 1 in 90,000.
    """
    words = -(-texts.dtype.itemsize // 8)
    wide = np.ascontiguousarray(texts.astype(f"S{8 * words}")).view(np.uint64)
    total = np.zeros(texts.size, np.uint64)
    for place, column in enumerate(wide.reshape(texts.size, words).T):
        salt = np.uint64(0x9E3779B97F4A7C15 * (place + 1) % 2**64)
        total += np.where(column == 0, np.uint64(0), _mixed(column + salt))
    return _mixed(total)


def _mixed(word: NDArray[np.uint64]) -> NDArray[np.uint64]:
    # The finaliser of SplitMix64 (Steele, Lea & Flood 2014).
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        word = (word ^ (word >> np.uint64(shift))) * np.uint64(factor)
    return word ^ (word >> np.uint64(31))


def _refuse_duplicates(claims: Claims) -> None:
    missing = (claims.kind == _UNKNOWN) & ((claims.year == 0) | (claims.person == hashed_nothing()))
    keys = _mixed(claims.person + claims.year.astype(np.uint64))[~missing]
    rising = np.sort(keys)
    twice = np.unique(rising[1:][rising[1:] == rising[:-1]])
    if not twice.size:
        return
    places = np.flatnonzero(~missing)[keys == twice[0]]
    count = int(keys.size - np.count_nonzero(np.diff(rising)) - 1)
    first, second = (
        f"row {claims.row[i]} of {claims.sources[claims.file[i]].name}" for i in places[:2]
    )
    raise UserError(
        f"claims: {count:,} rows repeat a beneficiary-year, as {first} and {second}. One row a "
        "beneficiary and year is wanted: add the amounts of a beneficiary-year up first."
    )


def hashed_nothing() -> np.uint64:
    """Return the hash of an empty identity."""
    return np.uint64(hashed(np.array([b""]))[0])


def _refuse_nothing_left(claims: Claims) -> None:
    if np.any(claims.kind != _UNKNOWN):
        return
    counts = {finding.kind: finding for finding in claims.findings}
    if "zero_months" in counts and not np.any(claims.months > 0):
        raise UserError(
            "claims: every row has zero months of coverage, so nothing can be annualised. "
            "Check which column holds the months, and name it in the mapping."
        )
    listed = "; ".join(
        f"{f.count:,} {f.meaning} (as row {f.row} of {f.file})" for f in counts.values()
    )
    raise UserError(f"claims: no row counts. {listed}.")


def _kept(claims: Claims) -> Claims:
    kept = claims.kind != _UNKNOWN
    if not kept.all():
        for name in ("person", "year", "kind", "months", "paid", "died", "row", "file"):
            setattr(claims, name, getattr(claims, name)[kept])
    return claims


def type_counts(claims: Claims) -> dict[str, int]:
    """Return the beneficiary-years that count, by enrollment type."""
    counts = np.bincount(claims.kind, minlength=len(ENROLLMENT_TYPES))
    return dict(zip(ENROLLMENT_TYPES, counts.tolist(), strict=True))
