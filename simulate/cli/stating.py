"""From options as typed to what is stated: the scenario, contracts of the user's own, terms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulate.errors import UserError

if TYPE_CHECKING:
    from simulate.contracts.contract import Contract
    from simulate.scenario.scenario import Scenario


def stated_scenario(
    path: str | None,
    aco_id: str | None,
    year: int | None,
    results: str | None,
    changes: list[str] | None,
    options: dict[str, tuple[str, Any]],
) -> Scenario:
    """Return the scenario that a file or an ACO id states, changed by --set and by options.

    `options` maps the option as typed to the key of the scenario that it states and its
    value; options win over --set, which wins over the file.
    """
    from simulate.scenario.aco import ACO
    from simulate.scenario.file import read_scenario
    from simulate.scenario.scenario import Scenario

    if path is None and aco_id is None:
        raise UserError("no ACO: name one by its CMS id, --aco A1001, or give a scenario file.")
    if path is not None and aco_id is not None:
        raise UserError(
            f"both the scenario {path} and --aco {aco_id}: a scenario file states its own ACO; "
            "leave one out."
        )
    if path is not None and (year is not None or results is not None):
        raise UserError("--year and --results go with --aco; a scenario file states its own year.")
    if path is not None:
        stated = read_scenario(path)
        if {"contracts", "agreement.paths"} & {key for key, _ in options.values()}:
            # Other contracts are run than the file's: terms of those left out do not matter.
            stated = stated.without_contract_terms()
    else:
        assert aco_id is not None
        stated = Scenario(aco=ACO.from_published_results(aco_id, year, results))
    stated = stated.with_changes(changes or [])
    for typed, (key, value) in options.items():
        stated = stated.with_value(key, value, typed)
    return stated


def own_contract(path: str, contract_id: str | None) -> Contract:
    """Return the contract of a file, refusing another one than was named."""
    from simulate.contracts.contract import read_contract_file

    own = read_contract_file(path)
    if contract_id is not None and own.id != contract_id:
        raise UserError(
            f"--contract-file {path}: holds the contract {own.id!r}, not {contract_id!r}; name it "
            "by its own id."
        )
    return own


def stated_options(
    contracts: str | None,
    years: int | None,
    seed: int | None,
    true_savings: str | None,
    contract_files: list[str] | None,
    precision: float | None = None,
) -> dict[str, tuple[str, Any]]:
    """Return the options that state a key of the scenario: as typed, to key and value."""
    from simulate.scenario.scenario import parsed_value

    if years is not None and precision is not None:
        raise UserError(
            f"--years {years} and --precision {precision:g}: a precision chooses how many years "
            "are simulated; leave one out."
        )
    options: dict[str, tuple[str, Any]] = {}
    if contracts is not None:
        named = [name.strip() for name in contracts.split(",") if name.strip()]
        if not named:
            raise UserError(
                f"--contracts {contracts!r}: contract ids, comma-separated, are wanted."
            )
        options[f"--contracts {contracts}"] = ("contracts", named)
    if contract_files:
        options[f"--contract-file {' '.join(contract_files)}"] = ("contract_files", contract_files)
    if true_savings is not None:
        options[f"--true-savings {true_savings}"] = ("true_savings", parsed_value(true_savings))
    if years is not None:
        options[f"--years {years}"] = ("years", years)
    if precision is not None:
        options[f"--precision {precision:g}"] = ("precision", precision)
    if seed is not None:
        options[f"--seed {seed}"] = ("seed", seed)
    return options


def stated_terms(contract_id: str, changes: list[str]) -> dict[str, Any]:
    """Return the terms that --set replaces in the one contract at hand."""
    from simulate.scenario.scenario import parsed_value

    terms = {}
    for change in changes:
        key, separator, text = change.partition("=")
        owner, _, term = key.strip().rpartition(".")
        if not separator or owner not in ("", contract_id) or not term:
            raise UserError(f"--set {change}: {contract_id}.TERM=VALUE is wanted here.")
        terms[term] = parsed_value(text.strip())
    return terms


def stated_pairs(stated: list[str] | None, option: str) -> list[tuple[str, str]]:
    """Return NAME=VALUE options as pairs."""
    pairs = []
    for text in stated or []:
        key, separator, value = text.partition("=")
        if not (separator and key.strip() and value.strip()):
            raise UserError(f"{option} {text}: NAME=VALUE is wanted.")
        pairs.append((key.strip(), value.strip()))
    return pairs
