"""Which paths a scenario states, or else what its ACO would take; and their contracts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
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
from simulate.agreement.path import MONTHS, Path
from simulate.analysis.choices import chosen_contracts
from simulate.contracts.agreement_rules import agreement_rules
from simulate.contracts.contract import (
    Contract,
    contract_ids,
    load_contract,
    normal_id,
    read_contract_file,
)
from simulate.errors import UserError, nearest
from simulate.scenario.scenario import Scenario


class StatedPaths(NamedTuple):
    """The paths of a run, not yet put into calendar years.

    Attributes
    ----------
    paths : tuple of WrittenPath
    assumed : tuple of str
        What was assumed because nothing was stated, and texts that mean the same path.
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
        A path that cannot be read, or one that is written twice.
    """
    settings = scenario.agreement
    texts = tuple(paths or settings.paths) or (DEFAULT,)
    _check_written_once(texts)
    read = tuple(_read(scenario, start_year, text) for text in texts)
    _check_years(settings.years, read)
    shown = {path.label: path for path in reversed(read)}
    labels = dict.fromkeys(path.label for path in read)
    assumed = tuple(_assumed(scenario, start_year, dict(zip(texts, read, strict=True))))
    return StatedPaths(tuple(shown[label] for label in labels), assumed)


def label_of(scenario: Scenario, start_year: int, text: str) -> str:
    """Return the label under which a run holds the path of a text, such as ``glide-path``.

    Raises
    ------
    UserError
        A path that cannot be read.
    """
    return _read(scenario, start_year, text).label


def _read(scenario: Scenario, start_year: int, text: str) -> WrittenPath:
    years, kept = _default_years(scenario, start_year), _kept_level(scenario, start_year)
    own = _own_path(scenario, start_year)[0]
    return read_path(text, years, lambda: own, _level(scenario, start_year), kept)


def _check_written_once(texts: Sequence[str]) -> None:
    """Refuse a path that is written twice; two texts of one path are shown once."""
    written = Counter(map(normal_id, texts))
    for name, count in written.items():
        if count > 1:
            raise UserError(f"agreement.paths: {name}: named twice; once is enough.")


def _check_years(years: int | None, read: Sequence[WrittenPath]) -> None:
    """Refuse a number of performance years that no path takes."""
    own = {path.label: sum(map(len, path.agreements)) for path in read}
    if years is not None and years not in own.values():
        said = ", ".join(f"{label} ({count})" for label, count in own.items())
        raise UserError(
            f"agreement.years = {years}: without effect; it is for a path that names one contract, "
            f"and these say how many years they have: {said}. Leave it out."
        )


def _assumed(scenario: Scenario, start_year: int, read: Mapping[str, WrittenPath]) -> Iterator[str]:
    """Yield what was assumed because nothing was stated, and texts that mean the same path."""
    names = {normal_id(text): path for text, path in read.items()}
    if DEFAULT in names:
        count = sum(map(len, names[DEFAULT].agreements))
        yield f"{_own_path(scenario, start_year)[1]}, {count} performance years"
    doubled = list(_shown_once(names, _level(scenario, start_year)))
    if GLIDE_PATH in names and not any(text.startswith(f"{GLIDE_PATH} is ") for text in doubled):
        yield _beginning(scenario, start_year)
    yield from doubled
    yield from _when(scenario, start_year)


def _beginning(scenario: Scenario, start_year: int) -> str:
    """Return where ``glide-path`` begins, and why."""
    level, why = _level_with_reason(scenario, start_year)
    if level:
        return f"{GLIDE_PATH} begins at {level}, {why}"
    return f"{GLIDE_PATH} begins at the first level, because {why}"


def _shown_once(names: Mapping[str, WrittenPath], level: str) -> Iterator[str]:
    """Yield which texts mean the path of another one; the one that is its label comes last."""
    by_label: dict[str, list[str]] = {}
    for name, path in names.items():
        by_label.setdefault(path.label, []).append(name)
    for label, texts in by_label.items():
        if len(texts) > 1:
            others = [name for name in texts if name != label] or texts[:1]
            where = ", where the ACO is," if GLIDE_PATH in others and label == level else ""
            verb = "is" if len(others) == 1 else "are"
            yield f"{', '.join(others)} {verb} {label}{where} and shown once"


def _when(scenario: Scenario, start_year: int) -> Iterator[str]:
    """Yield in which agreement and year the paths begin, where that is not stated."""
    if scenario.agreement.start_year is not None:
        return
    running, after = scenario.agreement.first_agreement_year, "the year after the stated one"
    if running > 1:
        yield f"the agreement goes on from its year {running} in {start_year}, {after}"
    else:
        yield f"a new agreement from {start_year}, {after}"


def start_year_of(scenario: Scenario) -> int:
    """Return the calendar year in which the paths of a scenario begin."""
    return scenario.agreement.start_year or scenario.aco.performance_year + 1


def check_two_paths(scenario: Scenario) -> None:
    """Refuse to compare a path with itself: the two that a scenario states are to differ.

    Raises
    ------
    UserError
        Both texts mean the same path of contracts.
    """
    texts = scenario.agreement.paths
    one, *others = {label_of(scenario, start_year_of(scenario), text) for text in texts}
    if others:
        return
    said = f"compare {' '.join(texts)}: both are {one}"
    if GLIDE_PATH in map(normal_id, texts):
        first = (agreement_rules().glide_path.value or [""])[0]
        whole = f"{GLIDE_PATH}-from-{first}"
        raise UserError(
            f"{said}: {GLIDE_PATH} begins at the ACO's own level of "
            f"{scenario.aco.performance_year}. The path from the lowest level on is {whole}."
        )
    raise UserError(f"{said}; name two different paths.")


def contracts_of(
    scenario: Scenario, written: Sequence[WrittenPath], paths: Sequence[Path]
) -> dict[str, Contract]:
    """Return the contracts in some paths by id, terms that the user replaced in them.

    Parameters
    ----------
    scenario : Scenario
    written : sequence of WrittenPath
        As they were stated, with years that a termination leaves out.
    paths : sequence of Path
        The same in calendar years.

    Raises
    ------
    UserError
        An id that is neither in the catalogue nor in a contract file.
    """
    own = [read_contract_file(path) for path in scenario.run.contract_files]
    known = sorted({*contract_ids(), *(contract.id for contract in own)})
    for one in written:
        for contract_id in one.contract_ids:
            if contract_id not in known:
                near = nearest(contract_id, known)
                raise unknown_path(one, f"there is no contract {contract_id!r}.{near}")
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


def _own_path(scenario: Scenario, start_year: int) -> tuple[WrittenPath, str]:
    """Return the path of an ACO that names none, and why."""
    contract, year = scenario.aco.contract, scenario.aco.performance_year
    years, kept = _default_years(scenario, start_year), _kept_level(scenario, start_year)
    level, why = _level_with_reason(scenario, start_year)
    if level:
        return glide_path("", years, level, kept), f"the glide path from {level}, {why}"
    if contract in contract_ids() and not _known_level(scenario):
        return written(((contract,) * years,), years), f"{contract}, the contract of {year}"
    return glide_path("", years, "", kept), f"the whole glide path, because {why}"


def _level(scenario: Scenario, start_year: int) -> str:
    """Return the level of the BASIC track at which an ACO begins; empty where it is not known."""
    return _level_with_reason(scenario, start_year)[0]


def _level_with_reason(scenario: Scenario, start_year: int) -> tuple[str, str]:
    """Return the level of the BASIC track at which an ACO begins, or nothing; and why.

    An agreement that runs on goes up a level each year. In a new one an ACO that has been
    in a two-sided level begins where it may.
    """
    known, year = _known_level(scenario), scenario.aco.performance_year
    rules = agreement_rules()
    levels = rules.glide_path.value or []
    if not known:
        return "", "the ACO is known at none"
    if start_year < year:
        return "", f"the ACO's own is of {year}, later"
    if scenario.agreement.first_agreement_year > 1:
        ahead = levels[levels.index(known) :]
        level = ahead[min(start_year - year, len(ahead) - 1)]
        return level, f"a level a year up from {known} in {year}" if level != known else _own(year)
    open_to = rules.of_year("entry_of_experienced", start_year)["low"]
    entered = [level for level in open_to if level in levels]
    if load_contract(known).two_sided and entered and known not in entered:
        return entered[0], f"where an ACO that was at {known} in {year} may begin"
    return known, _own(year)


def _own(year: int) -> str:
    return f"the ACO's own level of {year}"


def _known_level(scenario: Scenario) -> str:
    """Return the level of the BASIC track that the ACO is at; empty where it is at none."""
    levels = agreement_rules().glide_path.value or []
    return scenario.aco.contract if scenario.aco.contract in levels else ""
