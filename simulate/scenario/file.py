"""Scenario files: TOML to read, and to write with every key commented."""

from __future__ import annotations

import textwrap
import tomllib
from pathlib import Path
from typing import Any

import tomlkit
from pydantic import BaseModel

from simulate.errors import UserError
from simulate.scenario.scenario import RunSettings, Scenario, validated_scenario

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
        # Windows editors put a byte-order mark in front.
        text = Path(path).read_text("utf-8-sig")
    except FileNotFoundError:
        if str(path).isalnum():
            raise UserError(
                f"scenario {path}: the file does not exist. An ACO is named with --aco {path}."
            ) from None
        raise UserError(
            f"scenario {path}: the file does not exist. Write one to start from with "
            "simulate run --aco A1001 --write-scenario my_aco.toml."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise UserError(f"scenario {path}: cannot be read ({reason}).") from None
    try:
        stated = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"scenario {path}: not valid TOML: {error}.") from None
    scenario = validated_scenario(stated, f"scenario {path}")
    folder = Path(path).resolve().parent
    files = tuple(str(folder / name) for name in scenario.run.contract_files)
    changed: dict[str, Any] = {"run": scenario.run.model_copy(update={"contract_files": files})}
    if scenario.assumptions.spend_model is not None:
        model = str(folder / scenario.assumptions.spend_model)
        changed["assumptions"] = scenario.assumptions.model_copy(update={"spend_model": model})
    return scenario.model_copy(update=changed)


def scenario_text(scenario: Scenario) -> str:
    """Return a scenario as TOML, every key with a comment; keys left out are commented out."""
    lines = [
        "# A scenario for simulate. Run it with:  simulate run THIS_FILE.toml",
        "# Dollars are US dollars, rates are fractions (2 percent is 0.02), per capita is per",
        "# person-year. A key behind '# ' is left out; what it shows is an example.",
        "",
    ]
    for name in ("aco", "assumptions", "run", "sweep", "agreement", "finance"):
        lines += [f"[{name}]", *_section(getattr(scenario, name)), ""]
    for intervention in scenario.interventions:
        lines += ["[[interventions]]", *_section(intervention), ""]
    if not scenario.interventions:
        lines += ["# A care programme that changes spending (simulate intervention lists them):"]
        lines += ["# [[interventions]]", '# name = "palliative-care"', '# like = "palliative-care"']
        lines += [""]
    lines += ["# Terms of a contract to replace, such as", '# [contract_terms."track-3"]']
    lines += ["# maximum_loss_rate = 0.5", ""]
    text = "\n".join(lines)
    if scenario.contract_terms:
        text += tomlkit.dumps({"contract_terms": scenario.contract_terms})
    return text


def _section(model: BaseModel) -> list[str]:
    lines = []
    left_out = model.left_out() if isinstance(model, RunSettings) else frozenset()
    for key, field in type(model).model_fields.items():
        value = _plain(getattr(model, key))
        if key == "contract_files":
            # Read relative to the scenario file, wherever that is written.
            value = [str(Path(name).resolve()) for name in value]
        if key == "spend_model" and value is not None:
            value = str(Path(value).resolve())
        lines += [f"# {line}" for line in textwrap.wrap(field.description or key, _COMMENT_WIDTH)]
        if value is None or value == {} or key in left_out:
            example = field.examples[0] if field.examples else value or ""
            lines += [f"# {key} = {_toml(example)}"]
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
