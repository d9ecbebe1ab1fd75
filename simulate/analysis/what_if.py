"""What could change the answer of a run: another MSR, other true savings, another contract.

Everything is settled on the run's own simulated years, so that differences are those of the
terms and not of luck.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from simulate.analysis.choices import chosen_msr, circumstances_of
from simulate.analysis.curves import Chances, chances_under
from simulate.analysis.run import ASSUMED, CHANCE_ALONE
from simulate.contracts.contract import programme
from simulate.contracts.minimum_rate import chosen_rate
from simulate.contracts.resolution import ResolvedContract, resolve
from simulate.measures.estimate import Estimate, mean

if TYPE_CHECKING:
    from simulate.analysis.curves import ChanceCurves
    from simulate.analysis.run import Run

#: The choice of the size table in place of a rate.
TABLE = "table"


@dataclass(frozen=True)
class MsrChoices:
    """What each choice of MSR and MLR would give under the contracts that have one.

    Attributes
    ----------
    choices : tuple of str
        As CMS writes them, in percent, and ``"table"``.
    own : str
        The choice of the run.
    assumed, chance_alone : dict of str to tuple of Chances
        By contract that has the choice: one for each of `choices`, at the assumed true savings
        and at zero.
    """

    choices: tuple[str, ...]
    own: str
    assumed: dict[str, tuple[Chances, ...]]
    chance_alone: dict[str, tuple[Chances, ...]]


def msr_choices(run: Run) -> MsrChoices | None:
    """Settle the years of a run under every MSR that a two-sided ACO can choose.

    Returns
    -------
    MsrChoices or None
        None where no contract of the run has the choice: one-sided and flat ones, and every
        contract below 5,000 assigned beneficiaries (42 CFR 425.110(b)(3)(iii)).
    """
    choices = (*(f"{100.0 * rate:.1f}" for rate in programme()["choices"]["values"]), TABLE)
    by_choice = [_resolved_with(run, choice) for choice in choices]
    having = [i for i in run.contracts if len({_thresholds(found[i]) for found in by_choice}) > 1]
    if not having:
        return None
    assumed, by_chance = (
        [chances_under(run, [found[i] for i in having], view) for found in by_choice]
        for view in (ASSUMED, CHANCE_ALONE)
    )
    return MsrChoices(
        choices,
        _as_listed(chosen_msr(run.scenario), choices),
        {i: tuple(found[i] for found in assumed) for i in having},
        {i: tuple(found[i] for found in by_chance) for i in having},
    )


def _resolved_with(run: Run, choice: str) -> dict[str, ResolvedContract]:
    at = replace(circumstances_of(run.scenario), msr=choice)
    return {i: resolve(found.resolved.contract, at) for i, found in run.contracts.items()}


def _thresholds(resolved: ResolvedContract) -> tuple[float, float]:
    return resolved.terms.msr, resolved.terms.mlr


def _as_listed(own: str, choices: Sequence[str]) -> str:
    """Return a choice in the spelling of the list: ``2`` and ``2.0`` are one."""
    rate = chosen_rate(own)
    return TABLE if rate is None else next(c for c in choices if chosen_rate(c) == rate)


@dataclass(frozen=True)
class Needed:
    """The true savings at which something changes, were they known; fractions, or None.

    Attributes
    ----------
    earns_half, earns_nine_tenths : float or None
        From here on shared savings are earned in half, or in nine tenths, of years.
    owes_tenth : float or None
        Below this, losses are owed in a tenth of years or more.
    breaks_even : float or None
        From here on the expected net outcome is above $0.
    """

    earns_half: float | None
    earns_nine_tenths: float | None
    owes_tenth: float | None
    breaks_even: float | None


def needed_savings(curves: ChanceCurves, contract_id: str) -> Needed:
    """Return the true savings that a contract needs, read off the curves of a run.

    None where nothing changes inside the range of the curves. Between two points of a curve,
    which are closer together than anything bends, it is taken as straight.
    """
    earns, owes, net = (
        np.array([estimate.value for estimate in column])
        for column in zip(*curves.chances[contract_id], strict=True)
    )
    at = np.array(curves.at)
    return Needed(
        earns_half=_crossing(at, earns - 0.5),
        earns_nine_tenths=_crossing(at, earns - 0.9),
        owes_tenth=_crossing(at, 0.1 - owes),
        breaks_even=_crossing(at, net),
    )


def _crossing(at: np.ndarray, height: np.ndarray) -> float | None:
    """Return where a line rises through zero for the last time; None where it does not."""
    rising = np.flatnonzero((height[:-1] < 0.0) & (height[1:] >= 0.0))
    if not rising.size:
        return None
    left = int(rising[-1])
    part = -height[left] / (height[left + 1] - height[left])
    return float(at[left] + part * (at[left + 1] - at[left]))


@dataclass(frozen=True)
class Alternative:
    """Another contract of a run beside one that is asked about.

    Attributes
    ----------
    contract_id : str
    difference : Estimate
        Its expected net outcome less that of the one asked about, at the assumed true savings,
        with the standard error of the pairs; dollars per performance year.
    """

    contract_id: str
    difference: Estimate


def best_alternative(run: Run, contract_id: str) -> Alternative | None:
    """Return the contract with the largest expected net outcome beside one of a run.

    Contracts in force come first; where the run holds no other in force, the rest are looked
    at. One that pays the same in every simulated year is no alternative. Whether the ACO may
    enter a contract is not asked.

    Returns
    -------
    Alternative or None
        None where every contract of the run pays the same.
    """
    own = run.outcomes(contract_id, ASSUMED).net
    chance = run.outcomes(contract_id, CHANCE_ALONE).net
    for in_force in (True, False):
        for other in _by_expected_net(run, contract_id, in_force):
            net = run.outcomes(other, ASSUMED).net
            if np.array_equal(net, own) and np.array_equal(
                run.outcomes(other, CHANCE_ALONE).net, chance
            ):
                continue
            return Alternative(other, _difference(run, contract_id, other, net - own))
    return None


def _by_expected_net(run: Run, contract_id: str, in_force: bool) -> list[str]:
    others = (
        i
        for i, found in run.contracts.items()
        if i != contract_id and (found.resolved.contract.status == "in force") == in_force
    )
    return sorted(others, key=lambda i: -run[i].expected_net.value)


def _difference(run: Run, contract_id: str, other: str, paired: np.ndarray) -> Estimate:
    if run.years:
        return mean(paired, run.simulated.replicates)
    # The exact engine's own figures; what stands for its years is for pictures.
    return Estimate(run[other].expected_net.value - run[contract_id].expected_net.value, 0.0)


def chances_at(curves: ChanceCurves, contract_id: str, rate: float) -> tuple[float, float, float]:
    """Return the chances of earning and of owing, and the expected net, at known true savings.

    Parameters
    ----------
    curves : ChanceCurves
        Against the true savings.
    contract_id : str
    rate : float
        True savings, a fraction of the benchmark, inside the range of the curves; between
        two points a curve is taken as straight.
    """
    columns = zip(*curves.chances[contract_id], strict=True)
    earns, owes, net = (
        float(np.interp(rate, curves.at, [estimate.value for estimate in column]))
        for column in columns
    )
    return earns, owes, net
