"""What the sheets of a workbook are filled from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from simulate.report.html.tables import MEASURES, ViewOf, comparison_view, views_of
from simulate.report.workbook.contract_table import ContractTable, contract_table

if TYPE_CHECKING:
    from simulate.analysis.compare import ContractComparison
    from simulate.analysis.run import ContractResult, Run

#: Every measure: its title, and whether it is dollars.
MEASURE_WORDS = {name: (title, is_dollars) for name, title, is_dollars in MEASURES}


@dataclass(frozen=True)
class Content:
    """A run, its comparison if there is one, and the command that led to it."""

    run: Run
    comparison: ContractComparison | None
    command: str | None

    @cached_property
    def table(self) -> ContractTable:
        """The contracts of the run and the rest of the catalogue, for the settlement sheet."""
        return contract_table(self.run)

    @cached_property
    def compared(self) -> dict[str, Any]:
        """The comparison as the reports tell it; empty without one."""
        if self.comparison is None:
            return {}
        return comparison_view(self.comparison, views_of(self.run))

    @cached_property
    def views(self) -> list[ViewOf]:
        """The views of the true savings: the assumed one first, then by chance alone."""
        return list(reversed(views_of(self.run)))

    @property
    def exact(self) -> bool:
        """Whether the run was computed by the exact engine: no years, no errors."""
        return self.run.years == 0


def title_of(result: ContractResult) -> str:
    """Return the title of a contract."""
    return result.resolved.contract.title


def sentence(text: str) -> str:
    """Return words as the beginning of a sentence."""
    return text[:1].upper() + text[1:]
