"""From CMS's track columns to the contract ids of this package."""

from __future__ import annotations

import re
from collections.abc import Sequence

from simulate.data.cells import Place, read_flags, read_texts
from simulate.data.columns import TRACK_FLAGS, TRACK_TEXT_NAMES
from simulate.data.table import Table
from simulate.errors import UserError

# The June 2015 final rule (80 FR 32692) gave Track 2 its choice of MSR and MLR from PY2016.
_TRACK_2_CHOICE_FROM = 2016

_ONE_SIDED = frozenset({"track-1", "basic-a", "basic-b"})

_BY_LABEL = {
    "1": "track-1",
    "2": "track-2",
    "3": "track-3",
    **dict.fromkeys(("1+", "1P", "1PLUS"), "track-1-plus"),
    **{level: f"basic-{level.lower()}" for level in "ABCDE"},
    **dict.fromkeys(("EN", "ENHANCED"), "enhanced"),
}


def has_track(table: Table) -> bool:
    """Say whether the file has any column that tells the contract."""
    return table.find([*TRACK_TEXT_NAMES, *(name for name, _ in TRACK_FLAGS)]) is not None


def contracts_of(table: Table, years: Sequence[int]) -> list[str]:
    """Return the contract id of each row, from the track text or the track flags.

    Raises
    ------
    UserError
        For a track that is unknown, or flags of which not exactly one is 1.
    """
    place = table.find(TRACK_TEXT_NAMES)
    found = _from_flags(table) if place is None else _from_text(table, place)
    return [
        "track-2-2012" if contract == "track-2" and year < _TRACK_2_CHOICE_FROM else contract
        for contract, year in zip(found, years, strict=True)
    ]


def _from_text(table: Table, place: int) -> list[str]:
    known: dict[str, str] = {}
    cells = table.columns[place]
    for row, cell in enumerate(cells):
        if cell in known:
            continue
        label = re.sub(r"[^A-Z0-9+]", "", cell.upper())
        label = re.sub(r"^T(?=\d)", "", re.sub(r"^(?:BASIC|LEVEL|TRACK)+", "", label))
        if label not in _BY_LABEL:
            raise Place(table.name, table.header[place], table.lines).error(
                row, cell, "a track: A, B, C, D, E, EN, or T1, T1+, T2, T3"
            )
        known[cell] = _BY_LABEL[label]
    return [known[cell] for cell in cells]


def _from_flags(table: Table) -> list[str]:
    count = len(table.lines)
    chosen: list[list[str]] = [[] for _ in range(count)]
    present = []
    for name, contract in TRACK_FLAGS:
        place = table.find([name])
        if place is None:
            continue
        title = table.header[place]
        present.append(title)
        flags = read_flags(table.columns[place], Place(table.name, title, table.lines))
        for row, flag in enumerate(flags):
            if flag:
                chosen[row].append(contract)
    # The first file flags only the Track 2 ACOs: all others were in Track 1.
    only_track_2 = len(present) == 1 and table.find(["Track2"]) is not None
    for row, contracts in enumerate(chosen):
        if not contracts and only_track_2:
            contracts.append("track-1")
        if len(contracts) != 1:
            raise UserError(
                f"{table.name}, line {table.lines[row]}: {len(contracts)} of the columns "
                f"{', '.join(present)} are 1; expected exactly one. Correct the row."
            )
    return [contracts[0] for contracts in chosen]


def two_sided_of(table: Table, place: int | None, contracts: Sequence[str]) -> list[bool | None]:
    """Return whether each row can owe losses: from ``Risk_Model``, else from its contract."""
    by_contract = [contract not in _ONE_SIDED for contract in contracts]
    if place is None:
        return list(by_contract)
    found: list[bool | None] = []
    for row, text in enumerate(read_texts(table.columns[place])):
        words = (text or "").lower().replace("-", " ").split()
        if not words:
            found.append(by_contract[row])
        elif words[0] in ("one", "two"):
            found.append(words[0] == "two")
        else:
            raise Place(table.name, table.header[place], table.lines).error(
                row, text or "", "One-Sided or Two-Sided"
            )
    return found
