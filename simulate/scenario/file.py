"""Scenario files: TOML to read, and to write with every key commented."""

from __future__ import annotations

import textwrap
import tomllib
from pathlib import Path
from typing import Any

import tomlkit
from pydantic import BaseModel

from simulate.errors import UserError
from simulate.scenario.scenario import Scenario, validated_scenario

_COMMENT_WIDTH = 96


def read_scenario(path: str | Path) -> Scenario:
    """Read a scenario from a TOML file.

    Raises
    ------
    UserError
        The file cannot be read, is not TOML, or states something that is not allowed;
        the message names the key, the value and what is allowed.
    """
    try:
        text = Path(path).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"scenario {path}: cannot be read ({error}).") from None
    try:
        stated = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"scenario {path}: not valid TOML: {error}.") from None
    return validated_scenario(stated, f"scenario {path}")


def scenario_text(scenario: Scenario) -> str:
    """Return a scenario as TOML, every key with a comment; keys left out are commented out."""
    lines = [
        "# A scenario for simulate. Run it with:  simulate run THIS_FILE.toml",
        "# Dollars are US dollars, rates are fractions (2 percent is 0.02), per capita is per",
        "# person-year. A line that starts with '# ' and a key shows a key that is left out.",
        "",
    ]
    for name in ("aco", "assumptions", "run"):
        lines += [f"[{name}]", *_section(getattr(scenario, name)), ""]
    lines += ["# Terms of a contract to replace, such as", '# [contract_terms."track-3"]']
    lines += ["# maximum_loss_rate = 0.5"]
    for contract, terms in scenario.contract_terms.items():
        lines += [f"[contract_terms.{tomlkit.item(contract).as_string()}]"]
        lines += [f"{key} = {_toml(value)}" for key, value in terms.items()]
    return "\n".join(lines) + "\n"


def _section(model: BaseModel) -> list[str]:
    lines = []
    for key, field in type(model).model_fields.items():
        value = _plain(getattr(model, key))
        lines += [f"# {line}" for line in textwrap.wrap(field.description or key, _COMMENT_WIDTH)]
        if value is None or value == {}:
            lines += [f"# {key} ="]
        else:
            lines += [f"{key} = {_toml(value)}"]
    return lines


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return {k: v for k, v in value.model_dump().items() if v is not None}
    return list(value) if isinstance(value, tuple) else value


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k} = {_toml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, float):
        return repr(value)
    return str(tomlkit.item(value).as_string())
