"""The true savings of an agreement year by year: stated, grown, and what care programmes add.

The true savings of the calendar years are normal together. What is uncertain about the stated
ones and about the mean effect of a programme lasts through all years. Who happens to take part
is another draw every year where a programme is for those who die, and lasts where it is for
people who stay. So the years have a known covariance; it is factored year by year (Cholesky),
so that no year depends on a later one. Savings that are in full in the first year take that
year from the draw of a run of that year alone, to the last bit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from simulate.analysis.interventions import added
from simulate.engine.shared_draws import Draws
from simulate.engine.walks import CARE_PROGRAMMES
from simulate.engine.years import TRUE_SAVINGS, View, on_grid
from simulate.measures.estimate import FloatArray
from simulate.population.intervention import ProgrammeEffect

#: What one programme comes to in each calendar year.
ProgrammeYears = tuple[ProgrammeEffect, ...]
#: Below this part of a year's variance, what is left of it is an error of rounding.
_NOTHING_LEFT = 1e-12


@dataclass(frozen=True)
class SavingsCourse:
    """A view of the true savings through the calendar years of an agreement.

    Parameters
    ----------
    stated : View
        The true savings besides programmes, before they grow.
    ramp : tuple of float
        What these are multiplied by in each calendar year.
    programmes : tuple of ProgrammeYears
        Independent of each other.
    benchmark : float
        Of a calendar year, at the level of the programmes' dollars.
    drifts : bool
        Whether a random walk is added.
    """

    stated: View
    ramp: tuple[float, ...]
    programmes: tuple[ProgrammeYears, ...] = ()
    benchmark: float = 1.0
    drifts: bool = True

    @property
    def changed(self) -> bool:
        """Whether programmes add anything, certain or not, in any year."""
        return any(e.savings or e.savings_sd for years in self.programmes for e in years)

    @property
    def drawn(self) -> View:
        """What the engine draws once a path."""
        return self.by_year()[0] if self._from_first_year else self.stated

    def factors(self) -> list[float]:
        """Return what the draw is multiplied by in each calendar year."""
        if self._from_first_year:
            return [1.0] + [0.0] * (len(self.ramp) - 1)
        return list(self.ramp)

    def added(self, draws: Draws, paths: int) -> FloatArray:
        """Return what is then added in each calendar year, drifts aside, (paths, years)."""
        found = np.zeros((paths, len(self.ramp)))
        if self._from_first_year:
            means, covariance = [view.mean for view in self.by_year()], self.covariance()
            normal = [_normal(draws, paths, TRUE_SAVINGS), *self._later_draws(draws, paths)]
        elif self.changed:
            means, covariance = self.programme_means(), self.programme_covariance()
            normal = self._later_draws(draws, paths)
        else:
            return found
        factor = triangular_factor(covariance)
        for year in range(self._from_first_year, len(self.ramp)):
            found[:, year] = means[year]
            for earlier in range(year + 1):
                found[:, year] += factor[year, earlier] * normal[earlier]
        return on_grid(found)

    def drawn_savings(self, draws: Draws, paths: int) -> FloatArray:
        """Return the true savings of simulated paths, drifts aside, (paths, calendar years)."""
        drawn = self.drawn
        once = drawn.mean + drawn.sd * _normal(draws, paths, TRUE_SAVINGS)
        return np.asarray(np.outer(once, self.factors()) + self.added(draws, paths))

    def by_year(self) -> tuple[View, ...]:
        """Return the true savings of each calendar year, programmes included."""
        views = []
        for year, factor in enumerate(self.ramp):
            view = View(factor * self.stated.mean, abs(factor) * self.stated.sd)
            for programme in self.programmes:
                view = added(view, programme[year], self.benchmark)
            views.append(view)
        return tuple(views)

    def programme_means(self) -> list[float]:
        """Return what programmes are expected to add in each calendar year, fractions."""
        by_year = zip(*self.programmes, strict=True)
        return [sum(effect.savings for effect in year) / self.benchmark for year in by_year]

    def covariance(self) -> FloatArray:
        """Return the covariance of the true savings of the calendar years."""
        stated = self.stated.sd * np.array(self.ramp)
        return np.asarray(np.outer(stated, stated) + self.programme_covariance())

    def programme_covariance(self) -> FloatArray:
        """Return the covariance of what programmes add in the calendar years."""
        found = np.zeros((len(self.ramp), len(self.ramp)))
        for years in self.programmes:
            effect = [e.participants * e.effect_sd / self.benchmark for e in years]
            luck = [math.sqrt(e.participants) * e.participation_sd / self.benchmark for e in years]
            # Others die every year; who stays goes on.
            another_draw = years[0].programme.group == "decedents"
            found += np.outer(effect, effect)
            found += np.diag(np.square(luck)) if another_draw else np.outer(luck, luck)
        return found

    @property
    def _from_first_year(self) -> bool:
        return self.changed and self.ramp[0] == 1.0

    def _later_draws(self, draws: Draws, paths: int) -> list[FloatArray]:
        numbers = range(1, len(self.ramp) + 1)
        return [_normal(draws, paths, CARE_PROGRAMMES, number) for number in numbers]


def triangular_factor(covariance: FloatArray) -> FloatArray:
    """Return the lower triangular L with L L' = `covariance`, which may be singular.

    A row depends on the years up to its own alone.
    """
    found = np.zeros_like(covariance)
    for row, variance in enumerate(np.diag(covariance)):
        for column in range(row):
            if found[column, column]:
                known = sum(found[row, k] * found[column, k] for k in range(column))
                found[row, column] = (covariance[row, column] - known) / found[column, column]
        left = variance - sum(found[row, k] ** 2 for k in range(row))
        found[row, row] = math.sqrt(left) if left > _NOTHING_LEFT * variance else 0.0
    return found


def _normal(draws: Draws, paths: int, source: int, number: int = 0) -> FloatArray:
    """Return standard normal draws of a source, shape (paths,)."""
    from scipy.special import ndtri

    index = np.arange(paths, dtype=np.uint64)
    return on_grid(ndtri(draws.uniforms(index, source, number)))
