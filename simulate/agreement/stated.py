"""Which paths a scenario states, or else what its ACO would take; and their contracts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from simulate.agreement.notation import DEFAULT, WrittenPath, read_path, unknown_path, written
from simulate.agreement.path import MONTHS
from simulate.analysis.choices import chosen_contracts
from simulate.contracts.agreement_rules import agreement_rules
from simulate.contracts.contract import Contract, contract_ids, normal_id, read_contract_file
from simulate.errors import UserError, nearest
from simulate.scenario.scenario import Scenario


class StatedPaths(NamedTuple):
    """The paths of a run, not yet put into calendar years.

    Attributes
    ----------
    paths : tuple of WrittenPath
    assumed : tuple of str
        What was assumed because nothing was stated.
    """

    paths: tuple[WrittenPath, ...]
    assumed: tuple[str, ...]


def stated_paths(scenario: Scenario, start_year: int, paths: Sequence[str] | None) -> StatedPaths:
    """Return the paths that a scenario states, its ACO's own where it states none.

    Parameters
    ----------
    scenario : Scenario
    start_year : int
        Calendar year in which the paths begin.
    paths : sequence of str, optional
        Instead of the scenario's own.

    Raises
    ------
    UserError
        A path that cannot be read, or one that is named twice.
    """
    settings = scenario.agreement
    years = _default_years(scenario, start_year)
    own, why = _own_path(scenario, years)
    texts = tuple(paths or settings.paths) or (DEFAULT,)
    read = tuple(read_path(text, years, lambda: own) for text in texts)
    labels = [path.label for path in read]
    twice = sorted({label for label in labels if labels.count(label) > 1})
    if twice:
        raise UserError(f"agreement.paths: {', '.join(twice)}: named twice; once is enough.")
    assumed = []
    if any(normal_id(text) == DEFAULT for text in texts):
        assumed.append(f"{why}, {sum(map(len, own.agreements))} performance years")
    if settings.start_year is None:
        assumed.append(f"a new agreement from {start_year}, the year after the stated one")
    return StatedPaths(read, tuple(assumed))


def contracts_of(scenario: Scenario, paths: Sequence[WrittenPath]) -> dict[str, Contract]:
    """Return the contracts in some paths by id, terms that the user replaced in them.

    Raises
    ------
    UserError
        An id that is neither in the catalogue nor in a contract file.
    """
    own = [read_contract_file(path) for path in scenario.run.contract_files]
    known = sorted({*contract_ids(), *(contract.id for contract in own)})
    for path in paths:
        for contract_id in path.contract_ids:
            if contract_id not in known:
                near = nearest(contract_id, known)
                raise unknown_path(path, f"there is no contract {contract_id!r}.{near}")
    ids = list(dict.fromkeys(i for path in paths for i in path.contract_ids))
    return {contract.id: contract for contract in chosen_contracts(scenario, ids)}


def _default_years(scenario: Scenario, start_year: int) -> int:
    settings = scenario.agreement
    if settings.years is not None:
        return settings.years
    term: int = agreement_rules().of_year("agreement_term", start_year)
    # An agreement from July 2019 has the half year before its five.
    return term + (1 if settings.months and settings.months[0] < MONTHS else 0)


def _own_path(scenario: Scenario, years: int) -> tuple[WrittenPath, str]:
    """Return the path of an ACO that names none, and why."""
    contract, year = scenario.aco.contract, scenario.aco.performance_year
    levels = agreement_rules().glide_path.value or []
    if contract in levels:
        ahead = levels[levels.index(contract) :]
        ids = tuple(ahead[min(place, len(ahead) - 1)] for place in range(years))
        return written((ids,), years), f"the glide path from {contract}, the level of {year}"
    if contract in contract_ids():
        return written(((contract,) * years,), years), f"{contract}, the contract of {year}"
    ids = tuple(levels[min(place, len(levels) - 1)] for place in range(years))
    return written((ids,), years), "the glide path, because no contract is stated"
