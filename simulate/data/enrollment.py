"""The four enrollment types, and the national figures that CMS publishes for them."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

import yaml

#: In CMS's order: a beneficiary-month counts for the first type that fits (42 CFR 425.601(a)).
ENROLLMENT_TYPES = ("esrd", "disabled", "aged_dual", "aged_non_dual")
ENROLLMENT_NAMES = ("ESRD", "disabled", "aged/dual", "aged/non-dual")


@cache
def national_figures() -> dict[str, Any]:
    """Return national per capita and truncation points by type, with year and reference."""
    text = resources.files("simulate.data").joinpath("national.yaml").read_text("utf-8")
    figures: dict[str, Any] = yaml.safe_load(text)
    return figures
