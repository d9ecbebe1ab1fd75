"""The catalogue of interventions: one YAML file each, every number with its reference."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from simulate.errors import UserError, nearest

Confidence = Literal["confirmed", "unconfirmed"]


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CitedNumber(_Data):
    """A number with its unit, its reference and how far it is confirmed."""

    value: float
    unit: str
    reference: str
    confidence: Confidence
    note: str = ""


class CitedEffect(_Data):
    """One published or judged effect on a participant, dollars (positive: spends less)."""

    title: str
    effect: float
    standard_error: Annotated[float, Field(ge=0.0)]
    reference: str
    confidence: Confidence
    standard_error_confidence: Confidence
    note: str = ""


class CataloguedIntervention(_Data):
    """An intervention that ships with the package.

    Attributes
    ----------
    effects : dict of str to CitedEffect
        By name; `cautious` says which is taken unless another is named.
    warning : str
        What must be said with every result.
    """

    id: str
    title: str
    summary: str
    group: Literal["all", "decedents"]
    uptake: CitedNumber
    effect_months: CitedNumber
    effects: dict[str, CitedEffect]
    default_effect: str
    warning: str
    not_modelled: tuple[str, ...]

    @model_validator(mode="after")
    def _default_exists(self) -> CataloguedIntervention:
        if self.default_effect not in self.effects:
            raise ValueError(f"default_effect = {self.default_effect}: no such effect")
        return self

    def effect(self, name: str | None) -> CitedEffect:
        """Return an effect by name, or the one that is taken by default.

        Raises
        ------
        UserError
            There is no such effect.
        """
        wanted = name or self.default_effect
        if wanted not in self.effects:
            raise UserError(
                f"estimate = {wanted!r}: {self.id} has no such effect."
                f"{nearest(wanted, self.effects)} It has: {', '.join(self.effects)}."
            )
        return self.effects[wanted]

    def unconfirmed(self) -> list[str]:
        """Return what is not confirmed in a source, in words."""
        named = {"uptake": self.uptake, "effect_months": self.effect_months}
        words = [name for name, number in named.items() if number.confidence == "unconfirmed"]
        for name, effect in self.effects.items():
            if effect.confidence == "unconfirmed":
                words.append(f"effect {name}")
            elif effect.standard_error_confidence == "unconfirmed":
                words.append(f"standard error of effect {name}")
        return words


def intervention_ids() -> tuple[str, ...]:
    """Return the ids of the shipped interventions, in alphabetical order."""
    files = resources.files("simulate.population").joinpath("interventions").iterdir()
    return tuple(sorted(f.name[:-5] for f in files if f.name.endswith(".yaml")))


@cache
def load_intervention(intervention_id: str) -> CataloguedIntervention:
    """Return a shipped intervention.

    Raises
    ------
    UserError
        There is no such intervention.
    """
    known = intervention_ids()
    if intervention_id not in known:
        raise UserError(
            f"intervention {intervention_id!r}: there is no such intervention."
            f"{nearest(intervention_id, known)} There are: {', '.join(known)}; one of your own is "
            "stated as [[interventions]] in a scenario file."
        )
    folder = resources.files("simulate.population").joinpath("interventions")
    text = folder.joinpath(f"{intervention_id}.yaml").read_text("utf-8")
    return CataloguedIntervention.model_validate(yaml.safe_load(text))
