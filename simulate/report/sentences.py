"""The answer in words: the same sentences in the terminal and in the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulate.report.numbers import (
    dollars,
    percent,
    percent_with_error,
    plain_percent,
)

if TYPE_CHECKING:
    from simulate.analysis.run import ContractResult, Run
    from simulate.measures.comparison import Flip
    from simulate.measures.estimate import Estimate


def headline_contract(run: Run) -> str:
    """Return the contract that the answer is about: the ACO's own, else the last one."""
    return run.aco.contract if run.aco.contract in run.contracts else list(run.contracts)[-1]


def answer(run: Run, contract_id: str | None = None) -> str:
    """Return the answer for a contract (the headline one), in a few sentences."""
    contract_id = contract_id or headline_contract(run)
    result = run[contract_id]
    title = result.resolved.contract.title
    earns = (
        f"Under {title} you earn shared savings in "
        f"{_with_error(result.probability_of_shared_savings)} of years, on average "
        f"{dollars(result.expected_shared_savings)} a year over all years, at "
        f"{true_savings_phrase(run)}."
    )
    return " ".join(
        [earns, _owes(result), _by_luck(result), _under_other_noise(run, contract_id)]
    ).strip()


def _owes(result: ContractResult) -> str:
    if not result.resolved.two_sided:
        return "It is one-sided: you never owe."
    owed = result.measures.probability_of_shared_losses
    if owed.value == 0.0:
        none = ": in none that was simulated" if owed.standard_error > 0.0 else ""
        return f"You owe money in {_with_error(owed)} of years{none}."
    tail = result.measures.loss_var_95
    rare = (
        f"one year in twenty more than {dollars(tail)}"
        if tail.value > 0.0
        else f"in the worst twentieth of years {dollars(result.measures.loss_tvar_95)} on average"
    )
    return (
        f"You owe money in {_with_error(owed)} of years; "
        f"on average {dollars(result.measures.expected_shared_losses)} a year, {rare}."
    )


def _by_luck(result: ContractResult) -> str:
    luck = result.chance_alone
    earns = (
        f"By chance alone, with no true savings, {_with_error(luck.probability_of_shared_savings)}"
    )
    if not result.resolved.two_sided:
        return f"{earns} of years would earn."
    return f"{earns} of years would earn and {_with_error(luck.probability_of_shared_losses)} owe."


def _under_other_noise(run: Run, contract_id: str) -> str:
    """Return how luck's chances change at low and high noise: error of the model."""
    if run.noise_range is None:
        return ""
    found = run.noise_range.chance_alone[contract_id]
    earns = _range(found["probability_of_shared_savings"])
    said = f"Under low and high noise that is {earns} to earn"
    if run[contract_id].resolved.two_sided:
        said += f" and {_range(found['probability_of_shared_losses'])} to owe"
    return f"{said} (the error of the model, which ± does not hold)."


def _range(ends: tuple[float, float]) -> str:
    low, high = sorted(ends)
    return f"{plain_percent(low, 1)} to {plain_percent(high, 1)}"


def _with_error(estimate: Estimate, most: int = 1) -> str:
    if estimate.standard_error == 0.0:
        return percent(estimate)
    shown = percent_with_error(estimate, most)
    if shown.startswith("<"):
        return f"fewer than {shown[1:]}"
    if shown.startswith(">"):
        return f"more than {shown[1:]}"
    value, error = shown.split(" ±")
    return f"{value} (±{error})"


def true_savings_phrase(run: Run) -> str:
    """Return the assumed true savings in words: ``true savings 8.7 % (sd 0.9)``."""
    view = run.true_savings.view
    if view.sd == 0.0:
        return f"true savings {plain_percent(view.mean)}"
    return f"true savings {plain_percent(view.mean, 1)} (sd {100.0 * view.sd:.1f} points)"


def flip_sentence(flip: Flip, first: str, second: str) -> str:
    """Return where the preference between two contracts changes, in one sentence."""
    names = (first, second)
    low, high = (plain_percent(rate, 0) for rate in flip.searched)
    if flip.true_savings is not None:
        return (
            f"{names[flip.preferred_below]} has the larger expected net below mean true savings of "
            f"{_with_error(flip.true_savings, 2)}, {names[flip.preferred_above]} above."
        )
    if flip.equal_between is not None:
        start, end = (plain_percent(rate, 1) for rate in flip.equal_between)
        return (
            f"{names[flip.preferred_above]} has the larger expected net at true savings above "
            f"{end}, {names[flip.preferred_below]} below {start}; in between both pay the same."
        )
    if flip.preferred_below < 0:
        return f"Both pay the same at any true savings from {low} to {high}."
    return (
        f"{names[flip.preferred_below]} has at least the expected net of the other at any true "
        f"savings from {low} to {high}."
    )
