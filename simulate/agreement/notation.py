"""Paths of contracts as they are written: one id, ids by year, agreements, standard names."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from simulate.contracts.agreement_rules import agreement_rules
from simulate.contracts.contract import named_contract_ids, normal_id
from simulate.errors import UserError, nearest

#: What stands for the path that an ACO takes unless it names one.
DEFAULT = "default"
#: The levels of the BASIC track in turn, from the ACO's own; with a level behind it from there.
GLIDE_PATH = "glide-path"
_FROM = f"{GLIDE_PATH}-from-"
_REPEATED = re.compile(r"(\d+)\s*[x×]\s*(\S.*)")
_MOST_REPEATS = 20


@dataclass(frozen=True)
class WrittenPath:
    """A path of contracts, not yet put into calendar years.

    Attributes
    ----------
    label : str
        What it is called: the name or the text that states it.
    agreements : tuple of tuples of str
        Contract ids by performance year, one tuple an agreement.
    title : str
        What it is, in words; empty where its label says it all.
    as_of_year : bool
        Whether each performance year takes the terms that were in force in it, where the
        catalogue holds earlier ones under an id of their own; see `Path`'s years.
    """

    label: str
    agreements: tuple[tuple[str, ...], ...]
    title: str = ""
    as_of_year: bool = False

    @property
    def contract_ids(self) -> tuple[str, ...]:
        """The ids in it, each once."""
        return tuple(dict.fromkeys(i for years in self.agreements for i in years))


def read_path(
    text: str, years: int, default: Callable[[], WrittenPath], level: str = "", kept: int = 1
) -> WrittenPath:
    """Read a path from its text.

    Parameters
    ----------
    text : str
        ``glide-path`` or another standard name; a contract id, held for `years` performance
        years; or ids by performance year, comma-separated, ``3xID`` for one that stays, and
        ``/`` where the next agreement begins; ``default`` for what `default` returns.
    years : int
        Performance years of a glide path and of a path that names one contract.
    default : callable
        Returns the ACO's own path.
    level : str
        Level of the BASIC track that the ACO is at; empty where it is at none. There
        ``glide-path`` begins; ``glide-path-from-basic-a`` begins where it says.
    kept : int
        Performance years that a glide path spends in its first level.

    Raises
    ------
    UserError
        Nothing in a place where a contract is wanted, or too many years.
    """
    name = normal_id(text)
    if name == DEFAULT:
        return default()
    if name == GLIDE_PATH or name.startswith(_FROM):
        return glide_path(name.removeprefix(_FROM).removeprefix(GLIDE_PATH), years, level, kept)
    standard = agreement_rules().standard_paths.get(name)
    if standard is not None:
        return WrittenPath(name, _agreements(standard.path), standard.title, as_of_year=True)
    agreements = _agreements(text)
    if agreements == ((name,),):
        return WrittenPath(name, ((name,) * years,))
    return written(agreements, years)


def written(agreements: tuple[tuple[str, ...], ...], years: int) -> WrittenPath:
    """Return a path labelled as one would type it; a contract held for `years` by its id."""
    first = agreements[0][0]
    held = agreements == ((first,) * years,)
    return WrittenPath(first if held else _label(agreements), agreements)


def glide_path(start: str, years: int, level: str, kept: int = 1) -> WrittenPath:
    """Return the glide path from a level on, one level up each performance year.

    Parameters
    ----------
    start : str
        Its first level; empty for that of the ACO, or else for the lowest.
    years : int
        Performance years; the highest level holds.
    level : str
        Level that the ACO is at, empty where it is at none.
    kept : int
        Performance years in the first level.

    Raises
    ------
    UserError
        `start` is no level of the BASIC track.
    """
    levels = agreement_rules().glide_path.value or []
    first = start or level or levels[0]
    if first not in levels:
        near = nearest(first, levels)
        raise UserError(
            f"agreement.paths: {_FROM}{first}: there is no such level.{near} The levels of the "
            f"BASIC track are {', '.join(levels)}."
        )
    ahead = levels[levels.index(first) :]
    steps = (max(place - kept + 1, 0) for place in range(years))
    ids = tuple(ahead[min(step, len(ahead) - 1)] for step in steps)
    if len(set(ids)) == 1:
        return written((ids,), years)
    # The bare name is that of the whole path, unless the ACO's own begins elsewhere.
    whole = first == levels[0] and level in ("", first)
    title = f"BASIC glide path, Levels {_letter(ids[0])} to {_letter(ids[-1])}"
    return WrittenPath(GLIDE_PATH if whole else f"{_FROM}{first}", (ids,), title)


def _letter(level: str) -> str:
    return level.rpartition("-")[2].upper()


def known_names() -> list[str]:
    """Return the names of standard paths."""
    return [GLIDE_PATH, *agreement_rules().standard_paths]


def is_only_a_path(text: str) -> bool:
    """Whether a text can be nothing but a path: a standard name, or contracts year by year."""
    name = normal_id(text)
    several = "," in text or "/" in text or _REPEATED.fullmatch(text.strip()) is not None
    return several or name in known_names() or name.startswith(_FROM)


def unknown_path(path: WrittenPath, message: str) -> UserError:
    """Return the error of a path that names no contract, with the nearest standard name."""
    only = path.contract_ids[0] if len(path.contract_ids) == 1 else ""
    near = nearest(path.label, known_names()) if only else ""
    of_programme = named_contract_ids(only) if only else (only,)
    if of_programme != (only,):
        # A path is one contract a year: unlike --contracts it cannot take several at once.
        near = f" {only} is a programme; its contracts are {', '.join(of_programme)}."
    return UserError(
        f"agreement.paths: {path.label}: {message}{near} Standard paths: "
        f"{', '.join(known_names())}. A path is a contract id, or ids by performance year, "
        "comma-separated: 2xbasic-b,basic-c,2xbasic-e."
    )


def _agreements(text: str) -> tuple[tuple[str, ...], ...]:
    return tuple(
        tuple(i for part in agreement.split(",") for i in _ids(part, text))
        for agreement in text.split("/")
    )


def _ids(part: str, text: str) -> tuple[str, ...]:
    repeated = _REPEATED.fullmatch(part.strip())
    count, name = (int(repeated[1]), repeated[2]) if repeated else (1, part)
    if not name.strip():
        raise UserError(
            f"agreement.paths: {text!r}: a contract id is missing; write ids by performance year, "
            "comma-separated, such as basic-b,basic-c,3xbasic-e, or one id for all years."
        )
    if not 1 <= count <= _MOST_REPEATS:
        raise UserError(f"agreement.paths: {part.strip()}: 1 to {_MOST_REPEATS} years are allowed.")
    return (normal_id(name),) * count


def _label(agreements: tuple[tuple[str, ...], ...]) -> str:
    return "/".join(",".join(_in_runs(years)) for years in agreements)


def _in_runs(years: tuple[str, ...]) -> list[str]:
    """Return ids with repeats counted: ``basic-a,2xbasic-b``."""
    runs: list[tuple[str, int]] = []
    for name in years:
        if runs and runs[-1][0] == name:
            runs[-1] = (name, runs[-1][1] + 1)
        else:
            runs.append((name, 1))
    return [name if count == 1 else f"{count}x{name}" for name, count in runs]
