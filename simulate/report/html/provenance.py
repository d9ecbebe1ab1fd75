"""What reproduces a run: seed, versions, command, rule set and scenario."""

from __future__ import annotations

import hashlib
import json
import platform
import re
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from simulate._version import __version__
from simulate.report.sentences import precision_phrase
from simulate.scenario.file import scenario_text

if TYPE_CHECKING:
    from simulate.analysis.run import Run

#: Sections that other commands read.
_NOT_OF_A_RUN = ("[sweep]", "[agreement]")
_PACKAGES = ("numpy", "numba", "scipy", "matplotlib")


def provenance(run: Run, command: str | None) -> dict[str, Any]:
    """Return everything needed to run the same again."""
    return {
        "seed": run.scenario.run.seed,
        "years": ", ".join(filter(None, (f"{run.years:,}", precision_phrase(run)))),
        "sampling": run.scenario.run.sampling,
        "versions": versions(),
        "command": command,
        "rules_hash": rules_hash(run),
        "scenario": stated_keys(scenario_text(run.scenario)),
    }


def stated_keys(scenario: str) -> str:
    """Return a scenario file without comments and without what a run does not look at.

    The same run on less paper.
    """
    sections = re.split(r"^(?=\[)", scenario, flags=re.MULTILINE)[1:]
    kept = [text for text in sections if not text.startswith(_NOT_OF_A_RUN)]
    return without_comments("\n\n".join(kept))


def without_comments(scenario: str) -> str:
    """Return a scenario file without comments: the same scenario on less paper."""
    lines = (line for line in scenario.splitlines() if line[:1] != "#")
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def versions() -> list[tuple[str, str]]:
    """Return the versions of everything that the figures rest on, this package first."""
    return [
        ("simulate", __version__),
        ("Python", platform.python_version()),
        *((name, version(name)) for name in _PACKAGES),
    ]


def rules_hash(run: Run) -> str:
    """Return the SHA-256 of the resolved rule set: every contract's data and its plain numbers."""
    rules = {
        contract_id: {
            "contract": result.resolved.contract.model_dump(mode="json"),
            "performance_year": result.resolved.performance_year,
            "agreement_year": result.resolved.agreement_year,
            "terms": result.resolved.terms._asdict(),
        }
        for contract_id, result in run.contracts.items()
    }
    text = json.dumps(rules, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
