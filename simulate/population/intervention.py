"""A care programme that changes the spending of a stated group, and what of it CMS counts.

A participant who would have spent `x` spends `x` less the effect. CMS annualises a
beneficiary's spending, truncates it at `T`, the 99th percentile of the enrollment type, and
counts it for the beneficiary's part `f` of the year (42 CFR 425.605(a)(3)). So of an effect of
`d` dollars inside the year

    f * (min(x, T) - min(x - d / f, T)),    x annualised,

is counted. Those who die count for part of a year only: truncation reaches them at `f T` dollars.
Who they are and what they spend is what the agreement engine simulates
(`simulate.population.panel` with partial years); everything here is summed over levels of
spending, months and the uncertainty of the effect, nothing is drawn.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from simulate.data.enrollment import ENROLLMENT_TYPES
from simulate.population.population import Population
from simulate.population.spend import FloatArray, SpendModel

if TYPE_CHECKING:
    from simulate.population.panel import Persistence

GroupName = Literal["all", "decedents"]
MONTHS = 12
#: Levels of spending of a type that sums run over: the costliest are a class of 1 in 4,096.
_LEVELS = 4096
#: Values of a normal effect that sums run over (Gauss-Hermite); exact for polynomials to order 29.
_EFFECTS = 15


@dataclass(frozen=True)
class Programme:
    """A care programme in numbers.

    Calendar years are those of an agreement, 1 for the first; a run of one year is year 1.

    Parameters
    ----------
    name : str
    group : {"all", "decedents"}
        Whom it is offered to: everybody, or those who die in the performance year.
    enrollment_types : tuple of str
        Types that it is offered to.
    spend_band : tuple of two floats
        From which to which share of a type's beneficiaries, by rising spending:
        (0.95, 1) is the costliest twentieth.
    uptake : float or None
        Share of the group who participate once the programme runs in full.
    participants : float or None
        Participants of the first calendar year in which it runs, in place of `uptake`.
    starts_in_month, ramp_months : int
        Month of its first calendar year in which it starts (1 to 12), and over how many months
        it then grows evenly to its full size (0: at once), through later years where need be.
    effect, effect_standard_error : float
        Dollars that a participant spends less (negative: more), and how uncertain the mean is.
    effect_months : int
        Decedents: the months before death over which the effect is spread. Others: it is
        that of twelve months.
    cost : float
        Dollars a participant and year that the ACO pays for it, outside the settlement.
    starts_in_year : int
        Calendar year in which it starts.
    ends_in_year : int or None
        Calendar year at whose end it stops; None: it goes on.
    """

    name: str
    group: GroupName
    enrollment_types: tuple[str, ...]
    spend_band: tuple[float, float]
    uptake: float | None
    participants: float | None
    starts_in_month: int
    ramp_months: int
    effect: float
    effect_standard_error: float
    effect_months: int
    cost: float
    starts_in_year: int = 1
    ends_in_year: int | None = None


class Course(NamedTuple):
    """One way in which a member of the group takes part.

    Attributes
    ----------
    share : float
        Of the group's members, at full uptake.
    part_of_year : float
        What the member counts for.
    effect_share : float
        Of the effect that falls into the performance year.
    """

    share: float
    part_of_year: float
    effect_share: float


class Counted(NamedTuple):
    """The effect on an average participant, dollars; each step is what the last one leaves.

    Attributes
    ----------
    in_year : float
        Falls into the performance year.
    saved : float
        Saved: nobody spends less than nothing.
    counted : float
        Counted by CMS, below the truncation point.
    """

    in_year: float
    saved: float
    counted: float


@dataclass(frozen=True)
class ProgrammeEffect:
    """What a programme comes to in a performance year.

    Attributes
    ----------
    programme : Programme
    group_size : float
        Expected members of the group in the ACO, participants or not.
    most_participants : float
        Participants if every member took part, given when the programme starts.
    participants : float
        Expected participants.
    per_participant : Counted
    effect_sd : float
        Standard deviation of what is counted of an average participant, from the uncertain effect.
    participation_sd : float
        Standard deviation from who happens to take part, for one participant; it grows as the
        square root of their number.
    part_paid : float
        Of the cost of a participant and year: a decedent is paid for as a whole, others for
        the months in which they take part.
    """

    programme: Programme
    group_size: float
    most_participants: float
    participants: float
    per_participant: Counted
    effect_sd: float
    participation_sd: float
    part_paid: float

    @property
    def savings(self) -> float:
        """Expected savings that count, dollars."""
        return self.participants * self.per_participant.counted

    @property
    def savings_sd(self) -> float:
        """Standard deviation of the savings that count, dollars."""
        by_chance = math.sqrt(self.participants) * self.participation_sd
        return math.hypot(self.participants * self.effect_sd, by_chance)

    @property
    def cost(self) -> float:
        """Expected cost of the programme, dollars."""
        return self.participants * self.part_paid * self.programme.cost

    def with_participants(self, participants: float) -> ProgrammeEffect:
        """Return what the programme comes to with another number of the same participants."""
        return replace(self, participants=participants)


def counted_saving(
    spend: FloatArray, truncation: float, effect: float, part_of_year: float = 1.0
) -> FloatArray:
    """Return what CMS counts of an effect, dollars, shape of `spend`.

    Parameters
    ----------
    spend : float64 array
        Annualised spending without the programme, dollars.
    truncation : float
        The truncation point of the enrollment type, annualised dollars.
    effect : float
        Dollars that a participant spends less inside the year; nobody spends less than nothing.
    part_of_year : float
        What the participant counts for, above 0 and at most 1.
    """
    with_it = np.maximum(spend - effect / part_of_year, np.minimum(spend, 0.0))
    saved = np.minimum(spend, truncation) - np.minimum(with_it, truncation)
    return np.asarray(part_of_year * saved)


def courses(programme: Programme, year: int = 1) -> list[Course]:
    """Return the ways in which a group's members take part in a calendar year.

    Decedents by month of death and of joining: who dies within months of joining has had the
    effect of these months. Others by month of joining, where all who joined in earlier years
    are among those of the first month and have the effect of twelve.
    """
    running, last = running_by_month(programme, year), programme.effect_months
    if programme.group == "decedents":
        return [course for month in range(1, MONTHS + 1) for course in _dying(month, running, last)]
    joined = np.diff(running, prepend=0.0)
    return [
        Course(float(share), 1.0, (MONTHS - month) / MONTHS) for month, share in enumerate(joined)
    ]


def _dying(month: int, running: Sequence[float], last: int) -> list[Course]:
    """Return the courses of those who die in a month, 1 to 12, by the month in which they joined.

    Who joined before the last months that have the effect, or before the year, has all of them
    that lie in the year.
    """
    since = max(month - last, 0)
    window = running[since:month]
    joined = np.diff(window, prepend=0.0)
    return [
        Course(float(share) / MONTHS, month / MONTHS, (len(window) - place) / last)
        for place, share in enumerate(joined)
        if share
    ]


def running_by_month(programme: Programme, year: int = 1) -> list[float]:
    """Return the part of its full size that a programme has in each month of a calendar year."""
    if programme.ends_in_year is not None and year > programme.ends_in_year:
        return [0.0] * MONTHS
    before = MONTHS * (year - programme.starts_in_year) - programme.starts_in_month + 1
    full = max(programme.ramp_months, 1)
    return [min(max(before + month, 0) / full, 1.0) for month in range(1, MONTHS + 1)]


def _participants(programme: Programme, year: int, most: float) -> float:
    """Return expected participants of a calendar year, given those if every member took part."""
    if programme.participants is None:
        return (programme.uptake or 0.0) * most
    first, now = (_taking_part(programme, y) for y in (programme.starts_in_year, year))
    return programme.participants * (now / first)


def _taking_part(programme: Programme, year: int) -> float:
    return sum(course.share for course in courses(programme, year))


class _Sums(NamedTuple):
    """Sums over one type's participants at full uptake; `counted` by value of the effect."""

    beneficiaries: int
    members: float
    taking_part: float
    in_year: float
    saved: float
    counted: FloatArray
    squared: float


def effect_of(
    programme: Programme,
    population: Population,
    persistence: Mapping[str, Persistence] | None = None,
    year: int = 1,
) -> ProgrammeEffect:
    """Return what a programme comes to in an ACO's performance year.

    Parameters
    ----------
    programme : Programme
    population : Population
        Whose spend models and benchmarks say what the group spends without the programme.
    persistence : mapping, optional
        Death rate and decedents' spending by enrollment type, where not the default.
    year : int
        Calendar year of an agreement, from 1.
    """
    sums = _sums_by_type(programme, population, persistence, year)
    _, weights = _effects(programme)
    most = sum(s.taking_part for s in sums)
    participants = _participants(programme, year, most)
    per = most or 1.0  # nobody in the group: sums are 0
    by_effect = sum((s.counted for s in sums), np.zeros(weights.size)) / per
    counted = float(weights @ by_effect)
    return ProgrammeEffect(
        programme=programme,
        group_size=sum(s.members for s in sums),
        most_participants=most,
        participants=participants,
        per_participant=Counted(
            sum(s.in_year for s in sums) / per, sum(s.saved for s in sums) / per, counted
        ),
        effect_sd=math.sqrt(float(weights @ (by_effect - counted) ** 2)),
        participation_sd=math.sqrt(_variance_of_one(programme, sums)),
        part_paid=_part_paid(programme, year),
    )


def _part_paid(programme: Programme, year: int) -> float:
    """Return the part of a year in which the average participant takes part."""
    running = running_by_month(programme, year)
    if programme.group == "decedents" or not running[-1]:
        return 1.0
    return sum(running) / running[-1] / MONTHS


def _variance_of_one(programme: Programme, sums: Sequence[_Sums]) -> float:
    """Return the variance of the savings from who takes part, over the number of participants.

    Each beneficiary takes part or not on their own. Where participants are stated, their
    number is known and only who they are is not.
    """
    most = sum(s.taking_part for s in sums)
    if not most:
        return 0.0
    _, weights = _effects(programme)
    squared = sum(s.squared for s in sums)
    if programme.participants is None:
        part = programme.uptake or 0.0
        expected = part * sum(weights @ s.counted**2 / s.beneficiaries for s in sums)
    else:
        expected = weights @ sum(s.counted for s in sums) ** 2 / most
    return max(squared - float(expected), 0.0) / most


def _effects(programme: Programme) -> tuple[FloatArray, FloatArray]:
    """Return values of the uncertain effect, dollars, and their weights."""
    if not programme.effect_standard_error:
        return np.array([programme.effect]), np.ones(1)
    nodes, weights = np.polynomial.hermite_e.hermegauss(_EFFECTS)
    effects = programme.effect + programme.effect_standard_error * nodes
    return np.asarray(effects), np.asarray(weights / weights.sum())


def _sums_by_type(
    programme: Programme,
    population: Population,
    persistence: Mapping[str, Persistence] | None,
    year: int,
) -> list[_Sums]:
    dies = _chances_of_death(programme, population.models, persistence)
    found = []
    for kind, name in enumerate(ENROLLMENT_TYPES):
        if name not in programme.enrollment_types or not population.beneficiaries[kind]:
            continue
        model, per_capita = population.models[kind], population.benchmark_per_capita[kind]
        in_group = _in_band(programme.spend_band) * dies[kind]
        people = population.beneficiaries[kind] / _LEVELS * in_group
        spend = model.level_means(_LEVELS) * per_capita
        cap = model.truncation * per_capita
        sums = _sums(programme, courses(programme, year), people, spend, cap)
        found.append(sums._replace(beneficiaries=population.beneficiaries[kind]))
    return found


def _sums(
    programme: Programme,
    taken: Sequence[Course],
    people: FloatArray,
    spend: FloatArray,
    cap: float,
) -> _Sums:
    effects, weights = _effects(programme)
    taking_part = in_year = saved = squared = 0.0
    counted = np.zeros(effects.size)
    for course in taken:
        if not course.share:
            continue
        taking = course.share * people
        taking_part += float(taking.sum())
        for n, effect in enumerate(effects):
            inside, part = effect * course.effect_share, course.part_of_year
            each = counted_saving(spend, cap, inside, part)
            in_year += float(weights[n] * taking.sum() * inside)
            saved += float(weights[n] * (taking @ counted_saving(spend, math.inf, inside, part)))
            counted[n] += float(taking @ each)
            squared += float(weights[n] * (taking @ each**2))
    return _Sums(0, float(people.sum()), taking_part, in_year, saved, counted, squared)


def _chances_of_death(
    programme: Programme,
    models: tuple[SpendModel, ...],
    persistence: Mapping[str, Persistence] | None,
) -> list[FloatArray]:
    """Return the chance of belonging to the group by type and level of spending."""
    if programme.group == "all":
        return [np.ones(_LEVELS)] * len(models)
    from simulate.population.panel import panel_model

    chains = panel_model(models, persistence, partial_years=True).chains
    return [np.repeat(chain.dies, _LEVELS // chain.dies.size) for chain in chains]


def _in_band(band: tuple[float, float]) -> FloatArray:
    """Return the part of each level that lies in a band of shares."""
    above = np.arange(_LEVELS + 1) / _LEVELS
    return np.asarray(np.diff(np.clip(above, *band)) * _LEVELS)
