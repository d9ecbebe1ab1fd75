"""Who is simulated in every measurement: an ACO of typical size and mix."""

from __future__ import annotations

from simulate.population.population import (
    Noise,
    Population,
    default_noise,
    split_by_person_years,
)
from simulate.population.spend import spend_models

#: The median ACO of CMS's results of performance year 2024 has 13,151 assigned beneficiaries.
BENEFICIARIES = 13_000
#: All ACOs of the same results whose cells are not suppressed: person-years by enrollment
#: type (shares), expenditure per person-year (dollars), person-years a beneficiary.
MIX = (0.0037, 0.0687, 0.0545, 0.8731)
PER_CAPITA = (98_200.0, 12_700.0, 20_300.0, 12_500.0)
PERSON_YEARS = 0.979
#: Practices and common shock as a default run has them.
PRACTICE_NOISE_CONSTANT = 1.14
COMMON_SHOCK_SD = 0.0065


def subject(beneficiaries: int = BENEFICIARIES) -> tuple[Population, Noise]:
    """Return an ACO of that many beneficiaries, and the default model's noise, all of it."""
    person_years = tuple(PERSON_YEARS * beneficiaries * share for share in MIX)
    counts = split_by_person_years(beneficiaries, person_years)
    population = Population(counts, person_years, PER_CAPITA, spend_models())
    noise = default_noise(population, PRACTICE_NOISE_CONSTANT, COMMON_SHOCK_SD, people=True)
    return population, noise
