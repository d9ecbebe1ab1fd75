"""Which paths a scenario states, or else what its ACO would take; and their contracts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from simulate.agreement.notation import (
    DEFAULT,
    GLIDE_PATH,
    WrittenPath,
    glide_path,
    read_path,
    unknown_path,
    written,
)
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
    texts = tuple(paths or settings.paths) or (DEFAULT,)
    read = tuple(_read(scenario, start_year, text) for text in texts)
    _check_different(texts, read)
    _check_years(settings.years, read)
    return StatedPaths(read, tuple(_assumed(scenario, start_year, texts)))


def label_of(scenario: Scenario, start_year: int, text: str) -> str:
    """Return the label under which a run holds the path of a text, such as ``glide-path``.

    Raises
    ------
    UserError
        A path that cannot be read.
    """
    return _read(scenario, start_year, text).label


def _read(scenario: Scenario, start_year: int, text: str) -> WrittenPath:
    years = _default_years(scenario, start_year)
    kept = _kept_level(scenario, start_year)
    own = _own_path(scenario, years, kept)[0]
    return read_path(text, years, lambda: own, _level(scenario), kept)


def _check_different(texts: Sequence[str], read: Sequence[WrittenPath]) -> None:
    """Refuse a path that is named twice, by the same text or by another one."""
    by_label: dict[str, list[str]] = {}
    for text, path in zip(texts, read, strict=True):
        by_label.setdefault(path.label, []).append(text)
    for label, named in by_label.items():
        if len(named) > 1:
            others = ", ".join(text for text in dict.fromkeys(named) if normal_id(text) != label)
            by = f", also by {others}" if others else ""
            raise UserError(f"agreement.paths: {label}: named twice{by}; once is enough.")


def _check_years(years: int | None, read: Sequence[WrittenPath]) -> None:
    """Refuse a number of performance years that no path takes."""
    own = {path.label: sum(map(len, path.agreements)) for path in read}
    if years is not None and years not in own.values():
        said = ", ".join(f"{label} ({count})" for label, count in own.items())
        raise UserError(
            f"agreement.years = {years}: without effect; it is for a path that names one contract, "
            f"and these say how many years they have: {said}. Leave it out."
        )


def _assumed(scenario: Scenario, start_year: int, texts: Sequence[str]) -> Iterator[str]:
    """Yield what was assumed because nothing was stated."""
    years, names = _default_years(scenario, start_year), [normal_id(text) for text in texts]
    path, why = _own_path(scenario, years, _kept_level(scenario, start_year))
    if DEFAULT in names:
        yield f"{why}, {sum(map(len, path.agreements))} performance years"
    if GLIDE_PATH in names:
        level, year = _level(scenario), scenario.aco.performance_year
        yield (
            f"{GLIDE_PATH} begins at {level}, the ACO's own level of {year}"
            if level
            else f"{GLIDE_PATH} begins at the first level, because the ACO is known at none"
        )
    if scenario.agreement.start_year is None:
        yield f"a new agreement from {start_year}, the year after the stated one"


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
    gone = settings.first_agreement_year - 1
    term: int = agreement_rules().of_year("agreement_term", start_year - gone)
    # An agreement from July 2019 has the half year before its five.
    whole = term + (1 if settings.months and settings.months[0] < MONTHS else 0)
    return max(whole - gone, 1)


def _kept_level(scenario: Scenario, start_year: int) -> int:
    """Return the performance years in the first level of a glide path: a half year is extra."""
    settings = scenario.agreement
    begins = settings.first_agreement_year == 1 and settings.months[:1] == (MONTHS // 2,)
    return 2 if begins and start_year == agreement_rules().half_years.value else 1


def _own_path(scenario: Scenario, years: int, kept: int) -> tuple[WrittenPath, str]:
    """Return the path of an ACO that names none, and why."""
    contract, year = scenario.aco.contract, scenario.aco.performance_year
    level = _level(scenario)
    if level:
        return glide_path(
            "", years, level, kept
        ), f"the glide path from {level}, the level of {year}"
    if contract in contract_ids():
        return written(((contract,) * years,), years), f"{contract}, the contract of {year}"
    return glide_path("", years, "", kept), "the glide path, because no contract is stated"


def _level(scenario: Scenario) -> str:
    """Return the level of the BASIC track that the ACO is at; empty where it is at none."""
    levels = agreement_rules().glide_path.value or []
    return scenario.aco.contract if scenario.aco.contract in levels else ""
