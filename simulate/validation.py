"""One readable sentence for each thing pydantic found wrong."""

from __future__ import annotations

import typing
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
    lines = [_sentence(dict(problem), model) for problem in error.errors()]
    if len(lines) == 1:
        return f"{where}: {lines[0]}"
    return f"{where}:\n" + "\n".join(f"  - {line}" for line in dict.fromkeys(lines))


def _sentence(problem: dict[str, Any], model: type[BaseModel] | None) -> str:
    path = [part for part in problem["loc"] if isinstance(part, str | int)]
    field = ".".join(str(part) for part in path)
    if problem["type"] == "extra_forbidden":
        known = known_keys(model, path[:-1]) if model else []
        listed = f" The keys here are: {', '.join(known)}." if known else ""
        return f"{field}: no such key.{nearest(str(path[-1]), known)}{listed}"
    if problem["type"] == "missing":
        return f"{field}: missing; it must be given."
    message = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "value_error":
        return f"{field}: {message}" if field else message
    return f"{field} = {problem['input']!r}: {message[0].lower()}{message[1:]}."


def known_keys(model: type[BaseModel], path: list[str | int]) -> list[str]:
    """Return the keys allowed at a place inside a model."""
    current: Any = model
    for part in path:
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
