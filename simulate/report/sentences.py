"""The answer in words: the same sentences in the terminal and in the report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from simulate.analysis.precision import PILOT_YEARS
from simulate.contracts.contract import SHARED_SAVINGS_PROGRAM, programme_contract_ids
from simulate.measures.estimate import Estimate
from simulate.report.numbers import (
    decimals_for,
    dollars,
    dollars_with_error,
    percent,
    percent_with_error,
    plain_percent,
)

if TYPE_CHECKING:
    from simulate.agreement.run import AgreementRun
    from simulate.analysis.run import ContractResult, Run
    from simulate.contracts.contract import Contract
    from simulate.measures.comparison import Flip


def headline_contract(run: Run) -> str:
    """Return the contract that the answer is about.

    It is the ACO's own; else the first of them that is in force; else the first. Where the run
    holds all contracts of the Shared Savings Program, the last one takes the first one's place.
    """
    if run.aco.contract in run.contracts:
        return run.aco.contract
    ids = list(run.contracts)
    if set(programme_contract_ids(SHARED_SAVINGS_PROGRAM)) <= set(ids):
        return ids[-1]
    in_force = [i for i in ids if run[i].resolved.contract.status == "in force"]
    return (in_force or ids)[0]


def answer(run: Run, contract_id: str | None = None) -> str:
    """Return the answer for a contract (the headline one), in three sentences."""
    return " ".join(answer_sentences(run, contract_id))


def answer_sentences(run: Run, contract_id: str | None = None) -> list[str]:
    """Return the answer for a contract: what it brings, what is luck, what else there is.

    Of a contract with a caveat that comes last.
    """
    contract_id = contract_id or headline_contract(run)
    third = beside_others(run, contract_id) or _spread(run[contract_id])
    said = [prospects(run, contract_id), luck(run, contract_id), third]
    return [*said, *caveats([run[contract_id].resolved.contract])]


def caveats(contracts: Iterable[Contract]) -> list[str]:
    """Return what must be known before a figure of some contracts is used, each once."""
    holders: dict[str, dict[str, None]] = {}
    for contract in contracts:
        holders.setdefault(" ".join(contract.caveat.split()), {})[contract.id] = None
    return [f"{', '.join(ids)}: {text}" for text, ids in holders.items() if text]


def prospects(run: Run, contract_id: str) -> str:
    """Return how likely a contract earns and owes, and how much, in one sentence."""
    result, most = run[contract_id], probability_decimals(run)
    under = f"Under {result.resolved.contract.title}, at {true_savings_phrase(run)},"
    if not result.resolved.shares_savings:
        paid = f"no savings are shared; what is paid beside them comes to {_a_year(result)}"
        return f"{under} {paid}, and you {_owes(result, most)}."
    earns = f"you earn shared savings in {_with_error(result.probability_of_shared_savings, most)}"
    if not result.resolved.two_sided:
        return f"{under} {earns} of years, on average {_a_year(result)}, and never owe."
    return f"{under} {earns} of years and {_owes(result, most)}; on average {_a_year(result)} net."


def prospects_of_both(run: Run, contract_ids: Sequence[str]) -> str:
    """Return how likely each of two contracts earns and owes, in one sentence."""
    most = probability_decimals(run)
    each = []
    for result in (run[contract_id] for contract_id in contract_ids):
        earned = _with_error(result.probability_of_shared_savings, most)
        under = f"under {result.resolved.contract.title} you earn shared savings in {earned}"
        each.append(f"{under} of years and {_owes(result, most)}")
    said = "; ".join(each)
    return f"{said[0].upper()}{said[1:]}."


def luck(run: Run, contract_id: str) -> str:
    """Return what chance alone would bring, and how far the model itself may be off."""
    result, most = run[contract_id].chance_alone, probability_decimals(run)
    two_sided = run[contract_id].resolved.two_sided
    if not run[contract_id].resolved.shares_savings and not two_sided:
        return "Neither luck nor savings move what it pays."
    earned = _with_error(result.probability_of_shared_savings, most)
    said = f"By chance alone, with no true savings, {earned} of years would earn"
    if two_sided:
        said += f" and {_with_error(result.probability_of_shared_losses, most)} owe"
    if run.noise_range is None:
        return f"{said}."
    found = run.noise_range.chance_alone[contract_id]
    ends = _range(found["probability_of_shared_savings"])
    if two_sided:
        ends += f" and {_range(found['probability_of_shared_losses'])}"
    return (
        f"{said}; between low and high noise, the error of the model that ± does not hold, {ends}."
    )


def beside_others(run: Run, contract_id: str) -> str:
    """Return how the best other contract of a run compares; nothing where there is none."""
    from simulate.analysis.what_if import best_alternative

    other = best_alternative(run, contract_id)
    if other is None:
        return ""
    contract = run[other.contract_id].resolved.contract
    which = f"The best other contract{' in force' if contract.status == 'in force' else ''}"
    gap = Estimate(abs(other.difference.value), other.difference.standard_error)
    shown = f"{bracketed(dollars_with_error(gap))} a year"
    how = "less" if other.difference.value < 0.0 else "more"
    if gap.value == 0.0:
        worth = "is worth the same on average"
    elif gap.value <= 2.0 * gap.standard_error:
        worth = f"is worth {shown} {how} on average, which may be chance of the simulation"
    else:
        worth = f"is worth {shown} {how} on average"
    return f"{which}, {contract.title}, {worth}{', in the same years' if run.years else ''}."


def _spread(result: ContractResult) -> str:
    found = result.measures
    if round(found.standard_deviation_of_net.value, 2) == 0.0:
        return "It brings the same in every year."
    return (
        f"Nine years in ten bring between {dollars(found.net_p05)} and {dollars(found.net_p95)} "
        f"net, with a standard deviation of {dollars(found.standard_deviation_of_net)}."
    )


def probability_decimals(run: Run | AgreementRun) -> int:
    """Return how many decimals probabilities in percent are shown with at most."""
    if run.precision is None:
        return 1
    return max(1, decimals_for(100.0 * run.precision.target, 3))


def _a_year(result: ContractResult) -> str:
    return f"{dollars(result.measures.expected_net)} a year"


def _owes(result: ContractResult, most: int) -> str:
    if not result.resolved.two_sided:
        return "never owe"
    owed = result.measures.probability_of_shared_losses
    if owed.value == 0.0:
        none = ", in none that was simulated" if owed.standard_error > 0.0 else ""
        return f"owe shared losses in {_with_error(owed, most)}{none}"
    tail = result.measures.loss_var_95
    rare = (
        f"more than {dollars(tail)} in one year of twenty"
        if tail.value > 0.0
        else f"{dollars(result.measures.loss_tvar_95)} on average in the worst twentieth of years"
    )
    return f"owe shared losses in {_with_error(owed, most)}, {rare}"


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


def bracketed(shown: str) -> str:
    """Return a figure with its error in brackets: ``12.3 % (±0.1)``."""
    value, sign, error = shown.partition(" ±")
    return f"{value} (±{error})" if sign else value


def true_savings_phrase(run: Run) -> str:
    """Return the assumed true savings in words: ``true savings 8.7 % (sd 0.9)``."""
    view = run.true_savings.view
    if view.sd == 0.0:
        return f"true savings {plain_percent(view.mean)}"
    return f"true savings {plain_percent(view.mean, 1)} (sd {100.0 * view.sd:.1f} points)"


def years_phrase(run: Run) -> str:
    """Return how many years were simulated and how: ``50,000 simulated performance …, seed 1``."""
    said = f"{run.years:,} simulated performance years, seed {run.scenario.run.seed}"
    if run.scenario.run.sampling == "quasi-random":
        said += ", shared factors quasi-random"
    return f"{said}, {precision_phrase(run)}" if run.precision is not None else said


def precision_phrase(run: Run | AgreementRun, counted: str = "years") -> str:
    """Return why there are so many years, where a precision was stated in their place."""
    chosen, reached = run.precision, run.largest_error()
    if chosen is None:
        return ""
    said = (
        f"chosen for a standard error of at most {100 * chosen.target:g} points (pilot of "
        f"{PILOT_YEARS:,} other {counted})"
    )
    if chosen.met(reached):
        return said
    return f"{said}, which they miss: the largest is {100 * reached:.3g} points"


def flip_sentence(
    flip: Flip, first: str, second: str, amount: str = "expected net", sd: float = 0.0
) -> str:
    """Return where the preference between two contracts changes, in one sentence.

    Preferred is the one with the larger `amount`; `sd` is the standard deviation that the
    true savings keep while their mean is moved, a fraction.
    """
    kept = f", uncertain by an sd of {100.0 * sd:.1f} points as they are here" if sd else ""
    names = (first, second)
    low, high = (plain_percent(rate, 0) for rate in flip.searched)
    if flip.true_savings is not None:
        return (
            f"{names[flip.preferred_below]} has the larger {amount} below mean true savings of "
            f"{_with_error(flip.true_savings, 2)}{kept}; {names[flip.preferred_above]} above."
        )
    if flip.equal_between is not None:
        start, end = (plain_percent(rate, 1) for rate in flip.equal_between)
        return (
            f"{names[flip.preferred_above]} has the larger {amount} at true savings above "
            f"{end}, {names[flip.preferred_below]} below {start}; in between both pay the same."
        )
    if flip.preferred_below < 0:
        return f"Both pay the same at any true savings from {low} to {high}."
    return (
        f"{names[flip.preferred_below]} has at least the {amount} of the other at any true "
        f"savings from {low} to {high}."
    )
