"""One readable sentence for each thing pydantic found wrong."""

from __future__ import annotations

import typing
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from simulate.errors import nearest


def explain(error: ValidationError, where: str, model: type[BaseModel] | None = None) -> str:
    """Turn a validation error into one message for the user.

    Parameters
    ----------
    error : ValidationError
        What pydantic raised.
    where : str
        What was being read, named first in the message.
    model : type of BaseModel, optional
        The model, so that a misspelt key can be met with the nearest one.

    Returns
    -------
    str
        One line a problem: the field, the value, what is allowed, what to do.
    """
    by_field: dict[str, list[dict[str, Any]]] = {}
    for problem in error.errors():
        by_field.setdefault(_field(problem["loc"]), []).append(dict(problem))
    lines = list(dict.fromkeys(_sentence(f, problems, model) for f, problems in by_field.items()))
    if len(lines) == 1:
        return f"{where}: {lines[0]}"
    return f"{where}:\n" + "\n".join(f"  - {line}" for line in lines)


def _keys(location: Sequence[str | int]) -> list[str | int]:
    """Drop what pydantic adds for the branches of a union; keep keys and positions."""
    return [p for p in location if isinstance(p, int) or not _is_branch(p)]


def _is_branch(part: str) -> bool:
    return "[" in part or part.startswith("constrained-")


def _field(location: Sequence[str | int]) -> str:
    return ".".join(str(part) for part in _keys(location))


def _sentence(field: str, problems: list[dict[str, Any]], model: type[BaseModel] | None) -> str:
    first = problems[0]
    path = _keys(first["loc"])
    if first["type"] == "extra_forbidden":
        known = known_keys(model, path[:-1]) if model else []
        listed = f" The keys here are: {', '.join(known)}." if known else ""
        return f"{field}: no such key.{nearest(str(path[-1]), known)}{listed}"
    if first["type"] == "missing":
        return f"{field}: missing; it must be given."
    wanted = list(dict.fromkeys(_wanted(problem) for problem in problems))
    if first["type"] == "value_error":
        named = not field or wanted[0].startswith(f"{path[-1]} = ")
        return wanted[0] if named else f"{field}: {wanted[0]}"
    return f"{field} = {first['input']!r}: {', or '.join(wanted)}.{_percent_hint(problems)}"


def _wanted(problem: dict[str, Any]) -> str:
    if problem["type"] == "value_error":
        return str(problem["msg"]).removeprefix("Value error, ")
    message = str(problem["msg"])
    return message[0].lower() + message[1:]


def _percent_hint(problems: list[dict[str, Any]]) -> str:
    """Tell a percent from a fraction where at most 1 is allowed."""
    value = problems[0]["input"]
    if any(str(p["type"]).endswith("_parsing") for p in problems):
        return " Write plain digits, such as 500000000 or 500e6." if _has_digits(value) else ""
    at_most = [p.get("ctx", {}).get("le") or 9.0 for p in problems]
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if number and min(at_most) <= 1.0 and min(at_most) < value <= 100.0:
        return f" A fraction is wanted: {value:g} percent is written {value / 100:g}."
    return ""


def _has_digits(value: Any) -> bool:
    return isinstance(value, str) and any(letter.isdigit() for letter in value)


def known_keys(model: type[BaseModel], path: list[str | int]) -> list[str]:
    """Return the keys allowed at a place inside a model."""
    current: Any = model
    for part in path:
        if isinstance(part, int):
            continue  # the entries of a list are alike
        fields = getattr(current, "model_fields", {})
        if part not in fields:
            return []
        current = _inner_model(fields[part].annotation)
    return list(getattr(current, "model_fields", {}))


def _inner_model(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in typing.get_args(annotation):
        found = _inner_model(inner)
        if found is not None:
            return found
    return None
