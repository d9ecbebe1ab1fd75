"""Files in CMS's layouts, made from the shipped ones."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

import simulate.data

SHIPPED = Path(simulate.data.__file__).parent / "published_results"

Rewrite = Callable[[str], str]


@dataclass
class Sheet:
    """A results file in memory, to be changed and written."""

    header: list[str]
    rows: list[list[str]]

    def place(self, name: str) -> int:
        return self.header.index(name)

    def map(self, name: str, rewrite: Rewrite) -> Sheet:
        for row in self.rows:
            row[self.place(name)] = rewrite(row[self.place(name)])
        return self

    def set(self, row: int, name: str, text: str) -> Sheet:
        self.rows[row][self.place(name)] = text
        return self

    def drop(self, *names: str) -> Sheet:
        keep = [place for place, name in enumerate(self.header) if name not in names]
        self.header = [self.header[place] for place in keep]
        self.rows = [[row[place] for place in keep] for row in self.rows]
        return self

    def add(self, name: str, texts: list[str]) -> Sheet:
        self.header.append(name)
        for row, text in zip(self.rows, texts, strict=True):
            row.append(text)
        return self

    def rename(self, **names: str) -> Sheet:
        self.header = [names.get(name, name) for name in self.header]
        return self

    def head(self, count: int) -> Sheet:
        self.rows = self.rows[:count]
        return self

    def text(self) -> str:
        out = io.StringIO(newline="")
        csv.writer(out).writerows([self.header, *self.rows])
        return out.getvalue()

    def write(self, path: Path, encoding: str = "utf-8") -> Path:
        path.write_bytes(self.text().encode(encoding))
        return path


@pytest.fixture
def sheet() -> Callable[[str], Sheet]:
    """Return a function that loads a shipped file: ``sheet("PY2024")``."""

    def load(name: str) -> Sheet:
        text = gzip.decompress((SHIPPED / f"{name}.csv.gz").read_bytes()).decode()
        rows = list(csv.reader(io.StringIO(text)))
        return Sheet(rows[0], rows[1:])

    return load


def moved(text: str, places: int) -> str:
    """Return the number written as `text` times 10**places, as a spreadsheet writes it."""
    if not any(letter.isdigit() for letter in text):
        return text
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    whole, _, decimals = digits.partition(".")
    padded, point = whole + decimals, len(whole) + places
    if point <= 0:
        padded, point = "0" * (1 - point) + padded, 1
    padded = padded.ljust(point, "0")
    number = f"{padded[:point].lstrip('0') or '0'}.{padded[point:]}".rstrip("0").rstrip(".")
    return sign + number


@pytest.fixture
def shift_text() -> Callable[[str, int], str]:
    return moved
