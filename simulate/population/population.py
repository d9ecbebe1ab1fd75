"""The assigned population of one ACO: who is drawn, and what each type's mean must be."""

from __future__ import annotations

import math
from dataclasses import dataclass

from simulate.population.spend import SpendModel


@dataclass(frozen=True)
class Population:
    """The assigned beneficiaries by enrollment type; tuples in the order of `ENROLLMENT_TYPES`.

    Parameters
    ----------
    beneficiaries : tuple of int
        Assigned beneficiaries: how many are drawn in each simulated year.
    person_years : tuple of float
        Their person-years; every beneficiary of a type carries the same part of a year.
    benchmark_per_capita : tuple of float
        Updated benchmark, dollars per person-year, truncated basis. At no savings and
        no shock the simulated mean equals it.
    models : tuple of SpendModel
        Relative spending of each type.
    """

    beneficiaries: tuple[int, ...]
    person_years: tuple[float, ...]
    benchmark_per_capita: tuple[float, ...]
    models: tuple[SpendModel, ...]

    @property
    def size(self) -> int:
        """Count of assigned beneficiaries."""
        return sum(self.beneficiaries)

    @property
    def benchmark_by_type(self) -> tuple[float, ...]:
        """Updated benchmark of each type, dollars per performance year."""
        return tuple(
            p * b for p, b in zip(self.person_years, self.benchmark_per_capita, strict=True)
        )

    @property
    def benchmark(self) -> float:
        """Total updated benchmark, dollars per performance year."""
        return sum(self.benchmark_by_type)

    @property
    def people_noise_constant(self) -> float:
        """The k of people alone: their luck moves the savings rate by an sd of k/sqrt(N)."""
        variance = sum(
            (amount * model.truncated_cv) ** 2 / count
            for amount, model, count in zip(
                self.benchmark_by_type, self.models, self.beneficiaries, strict=True
            )
            if count
        )
        return math.sqrt(variance * self.size) / self.benchmark


def split_by_person_years(assigned: int, person_years: tuple[float, ...]) -> tuple[int, ...]:
    """Split a count of beneficiaries over enrollment types in proportion to person-years.

    Largest remainders, so the counts add up; every type with person-years has at least
    one beneficiary where the count allows.
    """
    total = sum(person_years)
    exact = [assigned * part / total for part in person_years]
    counts = [max(int(e), 1) if e > 0 else 0 for e in exact]
    by_remainder = sorted(range(len(exact)), key=lambda i: exact[i] - counts[i], reverse=True)
    for i in by_remainder * 2:
        if sum(counts) < assigned:
            counts[i] += 1 if exact[i] > 0 else 0
    while sum(counts) > assigned:
        largest = max(range(len(counts)), key=lambda i: counts[i])
        counts[largest] -= 1
    return tuple(counts)


@dataclass(frozen=True)
class Noise:
    """What makes the savings rate scatter at given true savings; fractions.

    Parameters
    ----------
    people : float
        Part of the independent beneficiaries' deviation that is kept: 1 simulates them
        as they are, 0 leaves them out.
    practice_sd : float
        Standard deviation of the practice effect of a year: people of one practice share
        luck and habits, so it is the sum of many small effects and falls with size.
    common_shock_sd : float
        Standard deviation of the common shock of a year (its logarithm), the same for
        every member and every size.
    as_stated : bool
        The deviation of the savings rate is as stated at any true savings: it is that at
        no savings. Otherwise chance moves what is spent, so savings make it smaller too.
    common_shock_df : float
        Degrees of freedom of the common shock: infinite for a normal shock, else a
        Student's t of the same standard deviation.
    """

    people: float
    practice_sd: float
    common_shock_sd: float
    as_stated: bool = False
    common_shock_df: float = math.inf

    @property
    def silent(self) -> bool:
        """Whether nothing is random at given true savings."""
        return not (self.people or self.practice_sd or self.common_shock_sd)


def default_noise(
    population: Population, practice_noise_constant: float, common_shock_sd: float, people: bool
) -> Noise:
    """Return the noise of independent people, practice clusters and the common shock."""
    practice_sd = practice_noise_constant / math.sqrt(population.size)
    return Noise(1.0 if people else 0.0, practice_sd, common_shock_sd)


def noise_from_constant(
    population: Population, noise_constant: float, common_shock_sd: float
) -> Noise:
    """Return noise with a standard deviation of the savings rate of `noise_constant`/sqrt(N).

    People first; what they lack is put into practice clusters, what they have too much
    is taken off their deviation. A common shock, where stated, comes on top.
    """
    # Rounded, so that the last bits of a platform's special functions reach no result.
    people = round(population.people_noise_constant * 2.0**40) / 2.0**40
    if noise_constant <= people:
        return Noise(noise_constant / people, 0.0, common_shock_sd, as_stated=True)
    missing = math.sqrt(noise_constant**2 - people**2)
    return Noise(1.0, missing / math.sqrt(population.size), common_shock_sd, as_stated=True)
