"""The same people over several calendar years: persistence, turnover, death.

An assigned slot holds one beneficiary at a time, on one of equally likely levels of
spending. From year to year the slot stays in its class of levels (a sixteenth of all,
redrawn within it) or takes a fresh level; the chance of the second rises linearly with
the sum of the two classes. That rule is the same forward and backward in time, so every
year's marginal distribution is exactly what it was. High levels keep people less than low
ones do, which is what puts the correlation of dollars far below that of ranks.

Who leaves and who dies is decided with the same draw: a slot of a leaver always takes
the fresh level, of a new person. The chance of death rises with the level so that the
stated death rate and the stated ratio of decedents' to survivors' spending both hold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from simulate.data.enrollment import ENROLLMENT_TYPES
from simulate.errors import UserError
from simulate.kernels.panel import CLASSES, DECISIONS, MONTHS, months_of
from simulate.population.spend import FloatArray, SpendModel

#: How far what is reached may lie from a stated correlation or share.
_TOLERANCE = 0.15
_GRID = 4096
_CLASS = np.arange(CLASSES)
_TOP, _TOP_DECILE = 0.05, 0.10


@dataclass(frozen=True)
class Persistence:
    """How people of one enrollment type go from year to year, as stated; fractions.

    Parameters
    ----------
    rank_correlation : float
        Spearman's correlation of spending a year apart, of people in both years.
    top_stays : float
        Share of the top 5 % who are in the top 5 % of the next year, of the same people.
    turnover : float
        Share of a year's people who are replaced by others in the next, deaths included.
    death_rate : float
        Share of a year's people who die in it.
    decedent_ratio : float
        Mean calendar-year spending of those who die over that of the others.
    truncated_correlation : float, optional
        Pearson's correlation of truncated spending, held instead of `top_stays`.
    """

    rank_correlation: float
    top_stays: float
    turnover: float
    death_rate: float
    decedent_ratio: float
    truncated_correlation: float | None = None

    def __post_init__(self) -> None:
        for name in ("rank_correlation", "top_stays", "turnover", "death_rate"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise UserError(f"{name} = {getattr(self, name):g}: a fraction from 0 to 1.")
        if self.death_rate > self.turnover:
            raise UserError(
                f"death_rate = {self.death_rate:g} is above turnover = {self.turnover:g}: those "
                "who die are part of the turnover. State a turnover of all causes."
            )


@dataclass(frozen=True)
class Reached:
    """What a chain comes to, exactly; of people in both years where two years are named.

    Attributes
    ----------
    turnover, death_rate, decedent_ratio : float
        As in `Persistence`.
    rank_correlation, truncated_correlation : float
        A year apart.
    rank_correlation_two_years, truncated_correlation_two_years : float
        Two years apart.
    top_stays, top_to_decile : float
        Shares of the top 5 % who are in the top 5 % and in the top tenth of the next year.
    slot_correlation : float
        Correlation of a slot's truncated spending a year apart, new people included.
    person_years : float
        Person-years a beneficiary.
    """

    turnover: float
    death_rate: float
    decedent_ratio: float
    rank_correlation: float
    truncated_correlation: float
    rank_correlation_two_years: float
    truncated_correlation_two_years: float
    top_stays: float
    top_to_decile: float
    slot_correlation: float
    person_years: float


@dataclass(frozen=True)
class Chain:
    """How the slots of one enrollment type go from year to year; of 65,536 decisions.

    Parameters
    ----------
    base, slope, most : int
        A decision below ``min(most, base - slope * (class + candidate's class))`` keeps the
        slot in its class.
    leave : int
        From here on a decision brings a new person because the earlier one left.
    arrive : int
        From here on the new person comes in the course of the year.
    dead : tuple of int
        By class: from here up to `leave` the earlier person died.
    partial_years : bool
        Those who die or come in the course of a year count for their months.
    """

    base: int
    slope: int
    most: int
    leave: int
    arrive: int
    dead: tuple[int, ...]
    partial_years: bool = False

    @property
    def moves(self) -> FloatArray:
        """Chance that a slot takes its candidate, by class and candidate's class."""
        bound = np.minimum(self.most, self.base - self.slope * np.add.outer(_CLASS, _CLASS))
        return np.asarray(1.0 - np.clip(bound, 0, DECISIONS) / DECISIONS)

    @property
    def leaves(self) -> FloatArray:
        """Chance that a slot has another person in the next year, by class."""
        return np.asarray(1.0 - np.array(self.dead) / DECISIONS)

    @property
    def dies(self) -> FloatArray:
        """Chance that a person dies in the year, by class."""
        return np.asarray((self.leave - np.array(self.dead)) / DECISIONS)

    @property
    def months(self) -> FloatArray:
        """Expected months that a slot counts in a year, by class."""
        if not self.partial_years:
            return np.full(CLASSES, float(MONTHS))
        came = _month_chances(self.arrive, DECISIONS)
        return np.array([_shorter(came, _month_chances(d, self.leave)) for d in self.dead])

    def reached(self, model: SpendModel) -> Reached:
        """Return what the chain comes to with a spend model."""
        spend = _class_means(model)
        same = _same_person(self.moves, self.leaves)
        two_years = same @ same * CLASSES
        one, two = _Pair(same), _Pair(two_years)
        slots = _Pair(_same_person(self.moves, np.zeros(CLASSES)))
        dead, months = self.dies, self.months
        died = _ratio_of_decedents(dead, spend.mean, self._months_of_decedents(), months)
        return Reached(
            turnover=float(self.leaves.mean()),
            death_rate=float(dead.mean()),
            decedent_ratio=died,
            rank_correlation=one.rank_correlation(),
            truncated_correlation=one.correlation(spend),
            rank_correlation_two_years=two.rank_correlation(),
            truncated_correlation_two_years=two.correlation(spend),
            top_stays=one.top_goes_to(_TOP),
            top_to_decile=one.top_goes_to(_TOP_DECILE),
            slot_correlation=slots.correlation(spend),
            person_years=float(months.mean()) / MONTHS,
        )

    def _months_of_decedents(self) -> FloatArray:
        if not self.partial_years:
            return np.full(CLASSES, float(MONTHS))
        came = _month_chances(self.arrive, DECISIONS)
        return np.array(
            [_shorter(came, _month_chances(d, self.leave, surely=True)) for d in self.dead]
        )


@dataclass(frozen=True)
class PanelModel:
    """The chains of the four enrollment types, in the order of `ENROLLMENT_TYPES`."""

    chains: tuple[Chain, ...]

    @property
    def partial_years(self) -> bool:
        """Whether people count for their months."""
        return any(chain.partial_years for chain in self.chains)


@cache
def panel_defaults() -> dict[str, Any]:
    """Return the defaults as data: values, units and their sources."""
    folder = resources.files("simulate.population")
    text = folder.joinpath("panel_defaults.yaml").read_text("utf-8")
    data: dict[str, Any] = yaml.safe_load(text)
    return data


def default_persistence(enrollment_type: str) -> Persistence:
    """Return the default persistence of an enrollment type."""

    def value(name: str) -> float:
        entry = panel_defaults()[name]
        found: float = entry.get("types", {}).get(enrollment_type, entry)["value"]
        return found

    stated = ("rank_correlation", "top_stays", "turnover", "death_rate", "decedent_ratio")
    return Persistence(*(value(name) for name in stated))


def panel_model(
    models: tuple[SpendModel, ...],
    stated: Mapping[str, Persistence] | None = None,
    partial_years: bool = False,
) -> PanelModel:
    """Return the panel model of four spend models.

    Parameters
    ----------
    models : tuple of SpendModel
        Of the four enrollment types, in order.
    stated : mapping, optional
        `Persistence` by enrollment type where it is not the default.
    partial_years : bool
        Those who die or come in the course of a year count for their months. Off, everybody
        counts for a whole year, and the first year is the single-year engine's to the last
        bit: its coefficients of variation describe people with their partial years in them.

    Raises
    ------
    UserError
        What is stated cannot be, or not together.
    """
    known = stated or {}
    chains = []
    for model in models:
        name = model.enrollment_type
        chains.append(fit_chain(model, known.get(name) or default_persistence(name), partial_years))
    return PanelModel(tuple(chains))


def independent_people(models: tuple[SpendModel, ...] | None = None) -> PanelModel:
    """Return the panel model in which every year has other people."""
    count = len(models or ENROLLMENT_TYPES)
    chain = Chain(0, 0, 0, leave=0, arrive=DECISIONS, dead=(0,) * CLASSES)
    return PanelModel((chain,) * count)


def fit_chain(model: SpendModel, stated: Persistence, partial_years: bool = False) -> Chain:
    """Return the chain that comes nearest to what is stated for one enrollment type.

    Turnover, deaths and their ratio are held; the two constants of persistence are the
    least-squares solution for the rank correlation and `top_stays` (or
    `truncated_correlation`), which is exact where both can be had together.

    Raises
    ------
    UserError
        The ratio or a correlation is out of reach.
    """
    ends = _ends(model, stated, partial_years)
    if stated.turnover == 1.0:
        return ends
    spend = _class_means(model)

    def missed(constants: FloatArray) -> float:
        pair = _Pair(_same_person(_with_moves(ends, constants).moves, ends.leaves))
        second = _second_target(stated, pair, spend)
        return float((pair.rank_correlation() - stated.rank_correlation) ** 2 + second**2)

    chain = _with_moves(ends, _least(missed))
    _refuse_what_was_missed(chain.reached(model), model.enrollment_type, stated)
    return chain


@dataclass(frozen=True)
class _ClassMeans:
    """Mean spending by class, mean truncated spending, and its mean square."""

    mean: FloatArray
    truncated: FloatArray
    square: FloatArray


@cache
def _class_means(model: SpendModel) -> _ClassMeans:
    levels = model.level_means(_GRID)
    capped = np.minimum(levels, model.truncation)

    def by_class(values: FloatArray) -> FloatArray:
        return np.asarray(values.reshape(CLASSES, -1).mean(axis=1))

    return _ClassMeans(by_class(levels), by_class(capped), by_class(capped**2))


def _same_person(moves: FloatArray, leaves: FloatArray) -> FloatArray:
    """Return the joint mass of the classes of two years where the person is the same."""
    mass = (moves - leaves[:, None]) / CLASSES**2
    mass[_CLASS, _CLASS] += (1.0 - moves.mean(axis=1)) / CLASSES
    return np.asarray(mass)


class _Pair:
    """The classes of the same person in two years."""

    def __init__(self, mass: FloatArray) -> None:
        self.mass = mass / mass.sum()
        self.first, self.second = self.mass.sum(axis=1), self.mass.sum(axis=0)

    def rank_correlation(self) -> float:
        """Return Spearman's correlation; levels within a class are drawn afresh."""

        def ranks(margin: FloatArray) -> tuple[FloatArray, float]:
            middle = np.cumsum(margin) - 0.5 * margin - 0.5
            return middle, float(middle**2 @ margin + (margin**3).sum() / 12.0)

        (first, variance), (second, other) = ranks(self.first), ranks(self.second)
        return float(first @ self.mass @ second / np.sqrt(variance * other))

    def correlation(self, spend: _ClassMeans) -> float:
        """Return the correlation of truncated spending."""
        mean, other = self.first @ spend.truncated, self.second @ spend.truncated
        variance = (self.first @ spend.square - mean**2) * (self.second @ spend.square - other**2)
        product = spend.truncated @ self.mass @ spend.truncated
        return float((product - mean * other) / np.sqrt(variance))

    def top_goes_to(self, share: float) -> float:
        """Return the part of the top 5 % that is in a top share in the other year."""
        top, later = _part_in_top(_TOP), _part_in_top(share)
        return float(top @ self.mass @ later / (top @ self.first))


def _part_in_top(share: float) -> FloatArray:
    return np.asarray(np.clip(_CLASS + 1 - CLASSES * (1.0 - share), 0.0, 1.0))


def _ends(model: SpendModel, stated: Persistence, partial_years: bool) -> Chain:
    """Return a chain with who leaves, comes and dies, and no persistence yet."""
    leave = round(DECISIONS * (1.0 - stated.turnover + stated.death_rate))
    arrive = DECISIONS
    ratio = stated.decedent_ratio
    if partial_years:
        whole = panel_defaults()["person_years_per_beneficiary"]["value"]
        lost = 1.0 - float(_months_counted(0, DECISIONS) @ np.arange(1, MONTHS + 1)) / (
            MONTHS * DECISIONS
        )
        coming = (1.0 - whole) / lost - stated.death_rate
        coming = min(max(coming, 0.0), stated.turnover - stated.death_rate)
        arrive -= round(DECISIONS * coming)
        ratio *= (1.0 - coming * lost) / (1.0 - lost)
    chances = _death_chances(model, stated, ratio)
    highest = np.maximum(leave - np.rint(DECISIONS * chances), 0.0).astype(int)
    return Chain(0, 0, 0, leave, arrive, tuple(highest.tolist()), partial_years)


def _death_chances(model: SpendModel, stated: Persistence, ratio: float) -> FloatArray:
    """Return chances of death that rise exponentially with the class, for rate and ratio."""
    from scipy.optimize import brentq

    most = 1.0 - stated.turnover + stated.death_rate
    if stated.death_rate in (0.0, most):
        return np.full(CLASSES, stated.death_rate)
    spend, whole = _class_means(model).mean, np.ones(CLASSES)

    def chances(steepness: float) -> FloatArray:
        shape = np.exp(steepness * (_CLASS + 1 - CLASSES) / CLASSES)
        scale = brentq(
            lambda s: np.minimum(s * shape, most).mean() - stated.death_rate, 0.0, 1.0 / shape.min()
        )
        return np.asarray(np.minimum(scale * shape, most))

    def excess(steepness: float) -> float:
        return _ratio_of_decedents(chances(steepness), spend, whole, whole) - ratio

    low, high = -5.0, 40.0
    if not excess(low) < 0.0 < excess(high):
        least, most_ratio = (
            stated.decedent_ratio * (1.0 + excess(end) / ratio) for end in (low, high)
        )
        raise UserError(
            f"decedent_ratio.{model.enrollment_type} = {stated.decedent_ratio:g}: with a death "
            f"rate of {stated.death_rate:g} this spend model reaches {least:.2f} to "
            f"{most_ratio:.2f}. Published: 3.8 for all of Medicare at 4 % a year."
        )
    return chances(brentq(excess, low, high))


def _ratio_of_decedents(
    dies: FloatArray, spend: FloatArray, months_of_decedents: FloatArray, months: FloatArray
) -> float:
    """Return mean calendar-year spending of decedents over survivors'."""
    if not dies.any():
        return float("nan")
    dollars_of_decedents = (dies * spend * months_of_decedents).sum()
    dollars_of_others = (spend * months).sum() - dollars_of_decedents
    count = dies.sum()
    return float(dollars_of_decedents / count * (CLASSES - count) / dollars_of_others)


def _with_moves(ends: Chain, constants: FloatArray) -> Chain:
    """Return the chain that keeps ``constants[0] - constants[1] * mean class`` of a slot.

    No slot is kept where its person may have left: the chance of leaving by the higher of
    the two classes bounds what is kept.
    """
    base = round(DECISIONS * float(constants[0]))
    slope = round(DECISIONS * float(constants[1]) / (2 * (CLASSES - 1)))
    kept = base - slope * np.add.outer(_CLASS, _CLASS)
    dead = np.array(ends.dead)
    allowed = np.minimum.outer(dead, dead)
    beyond = kept > allowed
    most = int(allowed[beyond].min()) if beyond.any() else DECISIONS
    return replace(ends, base=base, slope=slope, most=most)


def _second_target(stated: Persistence, pair: _Pair, spend: _ClassMeans) -> float:
    if stated.truncated_correlation is not None:
        return pair.correlation(spend) - stated.truncated_correlation
    return pair.top_goes_to(_TOP) - stated.top_stays


def _least(missed: Callable[[FloatArray], float]) -> FloatArray:
    from scipy.optimize import minimize

    starts = ([1.2, 1.3], [0.7, 0.6])
    options = {"xatol": 1e-5, "fatol": 1e-12, "maxiter": 400}
    found = [minimize(missed, s, method="Nelder-Mead", options=options) for s in starts]
    return np.asarray(min(found, key=lambda result: float(result.fun)).x)


def _refuse_what_was_missed(reached: Reached, name: str, stated: Persistence) -> None:
    second = "top_stays" if stated.truncated_correlation is None else "truncated_correlation"
    for key in ("rank_correlation", second):
        found, wanted = getattr(reached, key), getattr(stated, key)
        if abs(found - wanted) > _TOLERANCE:
            other = second if key == "rank_correlation" else "rank_correlation"
            raise UserError(
                f"{key}.{name} = {wanted:g}: with {other} = {getattr(stated, other):g}, a turnover "
                f"of {stated.turnover:g} and a death rate of {stated.death_rate:g} the nearest is "
                f"{found:.2f}. Published: rank correlations 0.6 to 0.75 (ESRD 0.26 to 0.47), 30 % "
                "of the top 5 % stay, truncated dollars 0.2 to 0.5."
            )


def _month_chances(first: int, beyond: int, surely: bool = False) -> FloatArray:
    """Return the chance of each count of months, 1 to 12, that decisions of a range give.

    Of all decisions, those out of the range count twelve months; `surely`: of the range alone.
    """
    counts = _months_counted(first, beyond)
    if surely:
        return np.asarray(counts / max(beyond - first, 1))
    counts[-1] += DECISIONS - (beyond - first)
    return np.asarray(counts / DECISIONS)


def _months_counted(first: int, beyond: int) -> FloatArray:
    words: NDArray[np.uint64] = np.arange(first, beyond, dtype=np.uint64) << np.uint64(16)
    months = [int(months_of(word)) for word in words[:64]]
    times = np.bincount(np.arange(words.size) % 64, minlength=64)[: len(months)]
    return np.bincount(months, weights=times, minlength=MONTHS + 1)[1:].astype(np.float64)


def _shorter(one: FloatArray, other: FloatArray) -> float:
    """Return the expected value of the smaller of two independent counts of months."""
    at_least = np.cumsum(one[::-1])[::-1] * np.cumsum(other[::-1])[::-1]
    return float(at_least.sum())
