"""The minimum savings rate (MSR) and minimum loss rate (MLR).

The size table of 42 CFR 425.604(b) with its exact interpolation, and the choices
that a two-sided ACO has. The numbers stand, cited, in `programme.yaml`.
"""

from __future__ import annotations

from functools import cache

from simulate.contracts.contract import programme
from simulate.errors import UserError

SIZE_TABLE = "size-table"


@cache
def _rows() -> tuple[tuple[int, int | None, float, float], ...]:
    return tuple(tuple(row) for row in programme()["size_table"]["rows"])


def size_table_rate(assigned_beneficiaries: int) -> float:
    """Return the MSR of the size table, a fraction of the benchmark, not rounded.

    Parameters
    ----------
    assigned_beneficiaries : int
        The count of assigned beneficiaries (not person-years), at least 1.

    Returns
    -------
    float
        Linear inside the printed row; below 500, where CMS publishes no
        interpolation, the rate at 500 is held (unconfirmed).

    Notes
    -----
    42 CFR 425.604(b), 425.605(b)(1); CMS methodology specifications v11, table 5.
    A row ends as printed, at 5,999 and not 6,000, so 5,333 gives 3.8 %.
    """
    if assigned_beneficiaries < 1:
        raise UserError(
            f"assigned_beneficiaries = {assigned_beneficiaries}: the size table of the minimum "
            "savings rate needs at least 1."
        )
    for low, high, rate_low, rate_high in _rows():
        if high is None or assigned_beneficiaries <= high:
            if assigned_beneficiaries <= low or high is None:
                return rate_low
            inside = (assigned_beneficiaries - low) / (high - low)
            return rate_low * (1.0 - inside) + rate_high * inside
    raise AssertionError("the last row of the size table is open")


def size_table_is_unconfirmed(assigned_beneficiaries: int) -> bool:
    """Whether the size table's rate at this size is not published by CMS."""
    return assigned_beneficiaries < _rows()[0][0]


def chosen_rate(choice: str | float) -> float | None:
    """Return a chosen symmetric MSR and MLR as a fraction; None for the size table.

    Parameters
    ----------
    choice : str or float
        In percent as CMS writes it (0.0, 0.5, 1.0, 1.5 or 2.0), or ``"table"``.

    Raises
    ------
    UserError
        Anything else: the choices are fixed by 42 CFR 425.605(b)(2).
    """
    if str(choice).strip().lower() in {"table", SIZE_TABLE}:
        return None
    allowed = programme()["choices"]["values"]
    try:
        percent = float(str(choice).strip().removesuffix("%"))
    except ValueError:
        percent = -1.0
    for rate in allowed:
        if abs(percent - 100.0 * rate) < 1e-9:
            return float(rate)
    shown = ", ".join(f"{100 * rate:.1f}" for rate in allowed)
    raise UserError(
        f"msr = {choice!r}: an ACO on a two-sided track chooses {shown} (percent of the benchmark, "
        "as CMS writes it) or table, the size table (42 CFR 425.605(b)(2))."
    )


def choice_behind(published_msr: float) -> str:
    """Return the choice, as CMS writes it, that a two-sided ACO's published MSR shows.

    A rate that is none of the choices is the size table's.
    """
    percent = 100.0 * published_msr
    for rate in programme()["choices"]["values"]:
        # Printed to 0.01 percent at best.
        if abs(percent - 100.0 * rate) < 0.005:
            return f"{100.0 * rate:.1f}"
    return "table"
