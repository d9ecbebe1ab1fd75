"""What CMS counts of a care programme: closed forms, a naive twin, monotone, the catalogue."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.special import ndtr

from simulate.data.enrollment import ENROLLMENT_TYPES
from simulate.errors import UserError
from simulate.population.intervention import (
    Programme,
    ProgrammeEffect,
    counted_saving,
    courses,
    effect_of,
)
from simulate.population.intervention_catalogue import intervention_ids, load_intervention
from simulate.population.panel import panel_model
from simulate.population.population import Population
from simulate.population.quantile_table import QuantileTable
from simulate.population.spend import SpendModel, spend_models

WHOLE = Programme(
    name="care",
    group="all",
    enrollment_types=ENROLLMENT_TYPES,
    spend_band=(0.0, 1.0),
    uptake=1.0,
    participants=None,
    starts_in_month=1,
    ramp_months=0,
    effect=1000.0,
    effect_standard_error=0.0,
    effect_months=12,
    cost=0.0,
)
DECEDENTS = replace(WHOLE, group="decedents", uptake=0.2, effect=12_000.0, effect_months=3)


def population(models: tuple[SpendModel, ...] | None = None) -> Population:
    """Return 10,000 aged/non-dual beneficiaries at $12,000 a person-year."""
    return Population(
        (0, 0, 0, 10_000),
        (0.0, 0.0, 0.0, 9_790.0),
        (9e4, 1e4, 2e4, 12_000.0),
        models or spend_models(),
    )


def of(programme: Programme, **changes: Any) -> ProgrammeEffect:
    return effect_of(replace(programme, **changes), population())


# --- one participant --------------------------------------------------------


@pytest.mark.parametrize(
    ("spend", "effect", "part", "counted"),
    [
        (50_000.0, 10_000.0, 1.0, 10_000.0),  # below the truncation point: in full
        (150_000.0, 10_000.0, 1.0, 0.0),  # above it with and without: nothing
        (104_000.0, 10_000.0, 1.0, 6_000.0),  # across it: what is below
        (4_000.0, 10_000.0, 1.0, 4_000.0),  # nobody spends less than nothing
        (90_000.0, 10_000.0, 0.5, 10_000.0),  # half a year: 20,000 annualised, half counts
        (110_000.0, 10_000.0, 0.5, 5_000.0),  # truncated at 50,000 dollars of half a year
        (150_000.0, -10_000.0, 1.0, 0.0),  # costs more, but above the truncation point
        (95_000.0, -10_000.0, 1.0, -5_000.0),
        (0.0, -10_000.0, 1.0, -10_000.0),
    ],
)
def test_one_participant_by_hand(spend: float, effect: float, part: float, counted: float) -> None:
    found = counted_saving(np.array([spend]), 100_000.0, effect, part)
    assert found[0] == pytest.approx(counted)


# --- groups with a closed form ----------------------------------------------


def uniform_model(top: float, truncation: float) -> SpendModel:
    """Return a model of spending uniform from 0 to `top`, in units of the benchmark."""
    classes = 64
    means = tuple((np.arange(classes) + 0.5) * top / classes)
    table = QuantileTable(0.0, (1.0 / classes,) * classes, means)
    return SpendModel("aged_non_dual", table, truncation)


def test_uniform_spending_counts_the_share_below_truncation() -> None:
    # Of U(0, b) truncated at T, an effect d with d + T <= b counts as d T / b (by integration).
    models = (*spend_models()[:3], uniform_model(2.0, 1.2))
    found = effect_of(replace(WHOLE, effect=3_000.0), population(models))
    assert found.per_participant.counted == pytest.approx(3_000.0 * 1.2 / 2.0, rel=1e-3)
    assert found.participants == pytest.approx(10_000)
    assert found.savings / population().benchmark == pytest.approx(
        10_000 * 1_800.0 / (9_790.0 * 12_000.0), rel=1e-3
    )


def test_a_group_wholly_above_the_truncation_point_saves_nothing() -> None:
    found = of(WHOLE, spend_band=(0.999, 1.0))
    assert found.per_participant.saved == pytest.approx(1_000.0)
    assert found.savings == 0.0


def test_a_group_wholly_below_it_saves_in_full() -> None:
    found = of(WHOLE, spend_band=(0.8, 0.95))
    assert found.per_participant == pytest.approx((1_000.0,) * 3)
    assert found.participants == pytest.approx(1_500.0)


# --- decedents --------------------------------------------------------------


def test_the_death_rate_and_what_falls_into_the_year() -> None:
    found = of(DECEDENTS)
    assert found.group_size == pytest.approx(400.0, abs=0.5)
    assert found.participants == pytest.approx(80.0, abs=0.1)
    # Deaths in months 1 and 2 have one and two thirds of the last three months in the year.
    assert found.per_participant.in_year == pytest.approx(12_000.0 * (10 + 1 / 3 + 2 / 3) / 12)
    steps = found.per_participant
    assert steps.counted < steps.saved < steps.in_year < 12_000.0


def drawn(programme: Programme, years: int, seed: int) -> np.ndarray:
    """Return counted savings of simulated years, every beneficiary drawn: a naive twin."""
    people, rng = population(), np.random.default_rng(seed)
    model = people.models[3]
    dies = panel_model(people.models, None, partial_years=True).chains[3].dies
    levels = model.level_means(4096) * 12_000.0
    cap = model.truncation * 12_000.0
    totals = np.zeros(years)
    for year in range(years):
        effect = rng.normal(programme.effect, programme.effect_standard_error)
        level = rng.integers(0, 4096, people.size)
        takes = rng.random(people.size) < dies[level // 256] * (programme.uptake or 0.0)
        part = rng.integers(1, 13, int(takes.sum())) / 12.0
        inside = effect * np.minimum(part * 12.0 / programme.effect_months, 1.0)
        spend = levels[level[takes]]
        less = np.maximum(spend - inside / part, 0.0)
        totals[year] = np.sum(part * (np.minimum(spend, cap) - np.minimum(less, cap)))
    return totals


def test_mean_and_spread_agree_with_drawing_everybody() -> None:
    programme = replace(DECEDENTS, effect_standard_error=2_600.0)
    found, totals = of(programme), drawn(programme, 4_000, seed=5)
    error = totals.std() / math.sqrt(totals.size)
    assert abs(totals.mean() - found.savings) < 4.0 * error  # wrongly red: 1 in 16,000
    # The standard deviation of 4,000 nearly normal figures is known to 1.1 %.
    assert totals.std() == pytest.approx(found.savings_sd, rel=0.05)


def test_a_normal_amount_moves_no_chance_by_a_hundredth_of_a_point() -> None:
    programme = replace(DECEDENTS, effect_standard_error=2_600.0)
    totals = drawn(programme, 4_000, seed=6) / population().benchmark
    noise, margins = 0.0228, np.linspace(-0.06, 0.06, 25)
    mean, sd = totals.mean(), totals.std()  # its own: only the shape is compared
    exact = np.array([ndtr((margin + totals) / noise).mean() for margin in margins])
    normal = ndtr((margins + mean) / math.hypot(noise, sd))
    assert np.abs(exact - normal).max() < 1e-4


def test_stated_participants_are_known_in_number() -> None:
    by_uptake = of(DECEDENTS)
    stated = of(DECEDENTS, uptake=None, participants=by_uptake.participants)
    assert stated.savings == pytest.approx(by_uptake.savings)
    assert 0.0 < stated.savings_sd < by_uptake.savings_sd


# --- timing -----------------------------------------------------------------


def test_timing_of_deaths_and_of_joining() -> None:
    late = courses(replace(DECEDENTS, starts_in_month=7))
    assert sum(c.share for c in late) == pytest.approx(0.5)
    assert sum(c.share for c in courses(DECEDENTS)) == pytest.approx(1.0)
    joining = courses(replace(WHOLE, ramp_months=12))
    assert sum(c.share for c in joining) == pytest.approx(1.0)
    # A twelfth joins each month and has what is left of the year: 12/12, 11/12, ...
    assert sum(c.share * c.effect_share for c in joining) == pytest.approx(78 / 144)


def test_a_ramp_beyond_the_year_reaches_part_of_the_group() -> None:
    found = of(WHOLE, ramp_months=24)
    assert found.participants == pytest.approx(5_000)
    assert found.group_size == pytest.approx(10_000)


def in_year(programme: Programme, year: int, **changes: Any) -> ProgrammeEffect:
    return effect_of(replace(programme, **changes), population(), year=year)


#: From July on, an eighteenth more each month: 6 eighteenths in December, all in the next one.
def test_who_dies_soon_after_the_start_has_had_little_of_it() -> None:
    # From December: one month of three. From November: those of December two, of November one.
    from_december = courses(replace(DECEDENTS, starts_in_month=12, effect_months=3))
    assert [(c.share, c.effect_share) for c in from_december] == [(1 / 12, 1 / 3)]
    from_november = courses(replace(DECEDENTS, starts_in_month=11, effect_months=3))
    assert [c.effect_share for c in from_november] == [1 / 3, 2 / 3]
    # Half by November, all by December: of those who die then, half joined a month ago.
    slowly = courses(replace(DECEDENTS, starts_in_month=11, ramp_months=2, effect_months=3))
    assert [(12 * c.share, 3 * c.effect_share) for c in slowly] == [
        pytest.approx(pair) for pair in ((0.5, 1), (0.5, 2), (0.5, 1))
    ]


def test_members_who_stay_are_paid_for_by_the_month_and_decedents_as_a_whole() -> None:
    assert of(replace(WHOLE, cost=1_200.0)).cost == pytest.approx(1_200 * 10_000)
    late = of(replace(WHOLE, cost=1_200.0, starts_in_month=10))
    assert (late.participants, late.cost) == (pytest.approx(10_000), pytest.approx(300 * 10_000))
    # A twelfth joins each month: 12 + 11 + ... + 1 twelfths of a year of a twelfth of them.
    ramp = of(replace(WHOLE, cost=1_200.0, ramp_months=12))
    assert ramp.cost == pytest.approx(1_200 * 10_000 * 78 / 144)
    dying = of(replace(DECEDENTS, cost=1_200.0, starts_in_month=10))
    assert dying.cost == pytest.approx(1_200 * dying.participants)


SLOWLY = {"starts_in_month": 7, "ramp_months": 18}


def test_a_ramp_over_the_turn_of_the_year_by_hand() -> None:
    # Of those who die, a twelfth does each month: (1 + ... + 6) / 18 of it in the first year,
    # (7 + ... + 18) / 18 in the second, all in the third.
    expected = [21 / 216, 150 / 216, 1.0]
    for year, share in enumerate(expected, start=1):
        found = courses(replace(DECEDENTS, **SLOWLY), year)
        assert sum(c.share for c in found) == pytest.approx(share)
        assert in_year(DECEDENTS, year, **SLOWLY).participants == pytest.approx(
            80 * share, rel=1e-3
        )


def test_who_joined_before_has_the_effect_of_a_whole_year() -> None:
    first, second, third = (courses(replace(WHOLE, **SLOWLY), year) for year in (1, 2, 3))
    # First year: an eighteenth each for 6, 5, ... 1 months. Second: 6 eighteenths from before and
    # one in January for twelve months, then one each for 11, 10, ... 1.
    assert sum(c.share for c in first) == pytest.approx(6 / 18)
    assert sum(c.share * c.effect_share for c in first) == pytest.approx(21 / 216)
    assert second[0].share == pytest.approx(7 / 18)
    assert sum(c.share * c.effect_share for c in second) == pytest.approx((7 * 12 + 66) / 216)
    assert [c for c in third if c.share] == [(1.0, 1.0, 1.0)]


def test_a_programme_of_later_years_and_one_that_ends() -> None:
    later = {**SLOWLY, "starts_in_year": 3}
    for year in (1, 2):
        found = in_year(DECEDENTS, year, **later)
        assert (found.participants, found.savings, found.savings_sd, found.cost) == (0, 0, 0, 0)
        assert (
            in_year(DECEDENTS, year + 2, **later).savings
            == in_year(DECEDENTS, year, **SLOWLY).savings
        )
    assert in_year(WHOLE, 2, ends_in_year=2) == replace(
        in_year(WHOLE, 1), programme=replace(WHOLE, ends_in_year=2)
    )
    assert in_year(WHOLE, 3, ends_in_year=2).participants == 0.0


def test_stated_participants_are_those_of_the_first_year_it_runs() -> None:
    stated = {"uptake": None, "participants": 40.0, "starts_in_month": 7, "starts_in_year": 2}
    numbers = [in_year(DECEDENTS, year, **stated).participants for year in (1, 2, 3, 4)]
    # Half a year's deaths in the second year, all of a year's from the third.
    assert numbers == pytest.approx([0.0, 40.0, 80.0, 80.0])


# --- monotone, empty --------------------------------------------------------


def test_more_uptake_and_more_effect_save_more() -> None:
    uptakes = [of(DECEDENTS, uptake=u).savings for u in (0.0, 0.1, 0.2, 0.5, 1.0)]
    effects = [of(DECEDENTS, effect=e).savings for e in (-6e3, 0.0, 1e3, 6e3, 12e3, 5e4)]
    assert np.all(np.diff(uptakes) > 0.0)
    assert np.all(np.diff(effects) > 0.0)
    assert uptakes[0] == 0.0
    assert effects[1] == 0.0


def test_nobody_takes_part() -> None:
    for changes in ({"uptake": 0.0}, {"uptake": None, "participants": 0.0}):
        found = of(DECEDENTS, **changes)
        assert (found.savings, found.savings_sd, found.cost) == (0.0, 0.0, 0.0)
    found = of(DECEDENTS, enrollment_types=("esrd",))  # there are none
    assert (found.participants, found.savings, found.savings_sd) == (0.0, 0.0, 0.0)


# --- the catalogue ----------------------------------------------------------


@pytest.mark.parametrize("intervention_id", intervention_ids())
def test_every_number_of_the_catalogue_has_a_reference(intervention_id: str) -> None:
    shipped = load_intervention(intervention_id)
    assert shipped.id == intervention_id
    assert shipped.warning
    for cited in (shipped.uptake, shipped.effect_months, *shipped.effects.values()):
        assert cited.reference
        assert cited.confidence in ("confirmed", "unconfirmed")


def test_published_palliative_care() -> None:
    effects = load_intervention("palliative-care").effects
    assert effects["published"].effect == 32_420 - 20_420
    assert effects["published"].standard_error == pytest.approx(
        math.hypot(20_420 / math.sqrt(82), 32_420 / math.sqrt(569)), abs=50
    )
    assert effects["cautious"].effect < 0.2 * effects["published"].effect
    low, high = 6335, 7186
    assert effects["adverse"].standard_error == pytest.approx((high - low) / 2 / 1.96, abs=1)


def test_unknown_names_are_refused() -> None:
    with pytest.raises(UserError, match="Did you mean palliative-care"):
        load_intervention("paliative-care")
    with pytest.raises(UserError, match="adverse, no-effect, cautious, published"):
        load_intervention("palliative-care").effect("best")
