"""Contracts that have the same finding, named together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

T = TypeVar("T")


def holders(found: Mapping[str, T]) -> list[tuple[tuple[str, ...], T]]:
    """Return each different finding once, with the contracts that have it, in their order."""
    gathered: list[tuple[list[str], T]] = []
    for contract_id, value in found.items():
        ids = next((ids for ids, other in gathered if other == value), None)
        if ids is None:
            gathered.append(([contract_id], value))
        else:
            ids.append(contract_id)
    return [(tuple(ids), value) for ids, value in gathered]
