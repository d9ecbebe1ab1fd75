"""What a sweep covers: sizes, true savings and MSR choices; each listed, or a range in steps."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from simulate.scenario.aco import LARGEST_ACO, Strict

#: More would be a slip of the keyboard, and no one could read the table.
MOST_VALUES = 200
#: Steps of a range are rounded here, so that -0.05:0.05:21 holds the 0.005 that one would type.
_DECIMALS = 10


def _numbers(name: str, value: Any) -> list[float]:
    """Return the numbers of an axis as stated: a number, a list, ``a,b,c`` or a range."""
    if isinstance(value, dict):
        return _range_of_table(name, value)
    if isinstance(value, str) and ":" in value:
        return _range(name, value, value.split(":"))
    if isinstance(value, str):
        value = [part for part in value.split(",") if part.strip()]
    parts = list(value) if isinstance(value, Iterable) else [value]
    if len(parts) > MOST_VALUES:
        raise ValueError(f"{name}: {len(parts):,} values; at most {MOST_VALUES} are swept")
    return [_number(name, part) for part in parts]


def _number(name: str, part: Any) -> float:
    try:
        number = math.nan if isinstance(part, bool) else float(part)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{name} = {part}: a number is wanted{_forms(name)}")
    return number + 0.0  # never -0.0


def _forms(name: str) -> str:
    example = "5000:100000:20" if name == "sizes" else "-0.05:0.05:21"
    return f"; state numbers separated by commas, or from:to:steps such as {example}"


def _range_of_table(name: str, table: dict[str, Any]) -> list[float]:
    unknown = set(table) - {"from", "to", "steps", "spacing"}
    missing = {"from", "to", "steps"} - set(table)
    if unknown or missing:
        raise ValueError(f"{name} = {table}: a range has from, to, steps and, if wanted, spacing")
    parts = [table["from"], table["to"], table["steps"], table.get("spacing", "even")]
    return _range(name, ":".join(map(str, parts)), parts)


def _range(name: str, stated: str, parts: list[Any]) -> list[float]:
    """Return `steps` values from the first to the last, evenly or by an equal ratio (log)."""
    spacing = str(parts[3]).strip() if len(parts) == 4 else "even"
    if len(parts) not in (3, 4) or spacing not in ("even", "log"):
        raise ValueError(
            f"{name} = {stated}: from:to:steps is wanted, and :log behind it for equal ratios"
        )
    first, last, steps = (_number(name, part) for part in parts[:3])
    if not (steps.is_integer() and 2 <= steps <= MOST_VALUES) or first >= last:
        raise ValueError(
            f"{name} = {stated}: from:to:steps wants from below to, and 2 to {MOST_VALUES} steps, "
            "which count both ends"
        )
    if spacing == "log" and first <= 0.0:
        raise ValueError(f"{name} = {stated}: equal ratios need a range above 0")
    parts_of_way = [i / (steps - 1) for i in range(int(steps))]
    if spacing == "log":
        values = [first * (last / first) ** part for part in parts_of_way]
    else:
        values = [first + (last - first) * part for part in parts_of_way]
    return [round(value, _DECIMALS) for value in values]


def _sizes(value: Any) -> list[int]:
    in_steps = isinstance(value, dict) or (isinstance(value, str) and ":" in value)
    sizes = set()
    for number in _numbers("sizes", value):
        size = float(round(number)) if in_steps else number
        if not (size.is_integer() and 1 <= size <= LARGEST_ACO):
            raise ValueError(
                f"sizes = {number:g}: a whole number of assigned beneficiaries from 1 to "
                f"{LARGEST_ACO:,} is wanted"
            )
        sizes.add(int(size))
    return sorted(sizes)


def _true_savings(value: Any) -> list[float]:
    rates = _numbers("true_savings", value)
    for rate in rates:
        if not -0.5 < rate < 0.5:
            hint = f"; {rate:g} percent is written {rate / 100:g}" if abs(rate) <= 50.0 else ""
            raise ValueError(
                f"true_savings = {rate:g}: a fraction between -0.5 and 0.5 is wanted{hint}"
            )
    return sorted(set(rates))


def _msr_choices(value: Any) -> list[str]:
    if isinstance(value, str):
        value = [part for part in value.split(",") if part.strip()]
    parts = list(value) if isinstance(value, Iterable) else [value]
    return list(dict.fromkeys(_msr_choice(part) for part in parts))


def _msr_choice(part: Any) -> str:
    """Write a choice as CMS does (``1.0``), keeping what is none as it is."""
    text = str(part).strip().lower()
    try:
        number = float(text)
    except ValueError:
        return text
    return f"{number:.1f}" if round(number, 1) == number else f"{number:g}"


class SweepSettings(Strict):
    """What a sweep covers. The contracts are those of the run."""

    sizes: Annotated[tuple[int, ...], BeforeValidator(_sizes)] = Field(
        (),
        description="simulate sweep: assigned beneficiaries, a list or a range "
        '"from:to:steps" ("5000:100000:20"; :log behind it for equal ratios). Empty: 12 sizes '
        "from 5,000 to 100,000 and the ACO's own.",
    )
    true_savings: Annotated[tuple[float, ...], BeforeValidator(_true_savings)] = Field(
        (),
        description="simulate sweep: true savings, fractions, a list or a range "
        '("-0.05:0.05:21"), in place of the one above. Empty: -0.03 to 0.05 in steps of 0.005, '
        "or of 0.01 and further where the ACO's own lie outside.",
    )
    msr: Annotated[tuple[str, ...], BeforeValidator(_msr_choices)] = Field(
        (),
        description="simulate sweep: MSR choices to compare where a contract gives the choice, "
        'in percent as CMS writes them, such as ["0.0", "1.0", "table"]. Empty: the one above.',
    )
    prefer: str = Field(
        "expected_net",
        description="simulate sweep: the measure by which a contract is preferred, such as "
        "expected_net, net_p05 or loss_tvar_95.",
    )
