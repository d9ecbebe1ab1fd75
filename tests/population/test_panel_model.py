"""How people go from year to year: what is stated, what is reached, what people drawn show."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from simulate.data.enrollment import ENROLLMENT_TYPES
from simulate.errors import UserError
from simulate.kernels.panel import CLASSES, DECISIONS
from simulate.population.panel import (
    Chain,
    Persistence,
    default_persistence,
    fit_chain,
    independent_people,
    panel_defaults,
    panel_model,
)
from simulate.population.spend import default_model, spend_models

MODELS = spend_models()
WHOLE = dict(zip(ENROLLMENT_TYPES, panel_model(MODELS).chains, strict=True))
PARTIAL = dict(zip(ENROLLMENT_TYPES, panel_model(MODELS, partial_years=True).chains, strict=True))
types = pytest.mark.parametrize("name", ENROLLMENT_TYPES)
both = pytest.mark.parametrize("chains", [WHOLE, PARTIAL], ids=["whole years", "partial years"])
PEOPLE = 2_000_000


def persistence(**changed) -> Persistence:
    return Persistence(**{**vars(default_persistence("aged_non_dual")), **changed})


# --- the chain ---------------------------------------------------------------


@types
@both
def test_levels_stay_equally_likely(name, chains) -> None:
    # Symmetric in level and candidate, in whole decisions: detailed balance, without rounding.
    decisions = chains[name].moves * DECISIONS
    np.testing.assert_array_equal(decisions, decisions.T)
    np.testing.assert_array_equal(decisions, np.rint(decisions))
    kept = np.diag(1.0 - chains[name].moves.mean(axis=1))
    transition = chains[name].moves / CLASSES + kept
    np.testing.assert_allclose(transition.sum(axis=0), 1.0, rtol=1e-14)


@types
@both
def test_nobody_is_kept_whose_person_may_have_left(name, chains) -> None:
    chain = chains[name]
    bounds = DECISIONS * (1.0 - chain.moves)
    assert np.all(bounds <= np.minimum.outer(chain.dead, chain.dead))
    assert max(chain.dead) <= chain.leave <= chain.arrive <= DECISIONS


@types
@both
def test_turnover_and_deaths_are_held(name, chains) -> None:
    reached = chains[name].reached(default_model(name))
    assert reached.turnover == pytest.approx(0.16, abs=2e-5)
    assert reached.death_rate == pytest.approx(0.04, abs=2e-5)
    wanted = 1.5 if name == "esrd" else 3.8
    # Whole years to the rounding of decisions; months of new people who die, within 1 %.
    close = 1e-3 if chains is WHOLE else 1e-2
    assert reached.decedent_ratio == pytest.approx(wanted, rel=close)
    assert np.all(np.diff(chains[name].dies) >= 0.0)


@pytest.mark.parametrize("name", ENROLLMENT_TYPES[1:])
def test_deaths_of_the_top_quarter_are_as_published(name) -> None:
    # CBO 2005: 14 % of the costliest quarter died in the year (not used in the fit).
    assert 0.10 < WHOLE[name].dies[-CLASSES // 4 :].mean() < 0.16


@types
def test_default_persistence_is_reached(name) -> None:
    reached = WHOLE[name].reached(default_model(name))
    stated = default_persistence(name)
    assert reached.rank_correlation == pytest.approx(stated.rank_correlation, abs=2e-3)
    assert reached.top_stays == pytest.approx(0.30, abs=2e-3)
    assert reached.top_to_decile == pytest.approx(0.45, abs=0.05)
    assert 0.2 < reached.truncated_correlation < 0.35
    assert reached.person_years == 1.0
    for key, value in panel_defaults()["came_out"][name].items():
        assert getattr(reached, key) == pytest.approx(value, abs=6e-4), key


@types
def test_partial_years_are_the_published_share_of_person_years(name) -> None:
    reached = PARTIAL[name].reached(default_model(name))
    assert reached.person_years == pytest.approx(0.979, abs=5e-4)
    assert reached.top_stays == pytest.approx(0.30, abs=0.01)
    # The deaths that 3.8 times the dollars in half the months ask for leave less to persist.
    stated = default_persistence(name)
    assert (
        stated.rank_correlation - 0.14 < reached.rank_correlation < stated.rank_correlation + 0.01
    )


@pytest.mark.parametrize("correlation", [0.2, 0.25, 0.3, 0.4, 0.5])
def test_a_stated_dollar_correlation_is_reached(correlation) -> None:
    model = default_model("aged_non_dual")
    stated = persistence(truncated_correlation=correlation)
    reached = fit_chain(model, stated).reached(model)
    assert reached.truncated_correlation == pytest.approx(correlation, abs=0.02)
    assert reached.rank_correlation == pytest.approx(0.65, abs=0.02)


def test_independent_people_share_nothing() -> None:
    for chain in independent_people().chains:
        assert np.all(chain.moves == 1.0)
        assert np.all(chain.leaves == 1.0)
    everybody_changes = persistence(turnover=1.0)
    assert np.all(fit_chain(MODELS[3], everybody_changes).moves == 1.0)


def test_people_for_life_may_be_kept_for_ever() -> None:
    stated = persistence(turnover=0.0, death_rate=0.0, rank_correlation=0.9, top_stays=0.6)
    reached = fit_chain(MODELS[3], stated).reached(MODELS[3])
    assert reached.turnover == reached.death_rate == 0.0
    assert math.isnan(reached.decedent_ratio)
    assert reached.rank_correlation == pytest.approx(0.9, abs=0.02)
    assert reached.slot_correlation == pytest.approx(reached.truncated_correlation)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"turnover": 16.0}, "turnover = 16: a fraction"),
        ({"rank_correlation": -0.1}, "rank_correlation = -0.1"),
        ({"death_rate": 0.2}, "death_rate = 0.2 is above turnover = 0.16"),
        ({"decedent_ratio": 30.0}, r"decedent_ratio.aged_non_dual = 30: .* reaches 0.\d+ to 9.\d+"),
        ({"rank_correlation": 0.99, "top_stays": 0.0}, "the nearest is"),
        ({"truncated_correlation": 0.95}, "with truncated_correlation = 0.95"),
    ],
)
def test_what_cannot_be_is_refused(changed, message) -> None:
    with pytest.raises(UserError, match=message):
        fit_chain(MODELS[3], persistence(**changed))


def test_every_default_has_its_source() -> None:
    def sources(entry):
        entries = [entry, *entry.get("types", {}).values()] if "value" in entry else []
        return entries or list(entry["types"].values())

    for key, entry in panel_defaults().items():
        for stated in [] if key == "came_out" else sources(entry):
            assert stated["reference"], key
            assert stated["confidence"] in ("confirmed", "unconfirmed"), key


# --- people drawn, in plain NumPy -----------------------------------------------


def drawn(chain: Chain, model):
    """Levels of two years, decisions and months of the first: the rule of the chain, for people."""
    rng = np.random.default_rng(7)
    level, candidate = rng.integers(0, 2**14, (2, PEOPLE))
    decision, earlier = rng.integers(0, DECISIONS, (2, PEOPLE))
    grade, other = level >> 10, candidate >> 10
    bound = np.minimum(chain.most, chain.base - chain.slope * (grade + other))
    following = np.where(decision < bound, (level & ~1023) | (candidate & 1023), candidate)
    dead = np.array(chain.dead)[grade]
    spend = model.level_means(2**14)
    months = np.full(PEOPLE, 12)
    if chain.partial_years:
        died = (decision >= dead) & (decision < chain.leave)
        months = np.where(died, 1 + 12 * (decision % 64) // 64, 12)
        came = np.where(earlier >= chain.arrive, 1 + 12 * (earlier % 64) // 64, 12)
        months = np.minimum(months, came)
    return level, following, decision, dead, months, spend


@types
def test_people_drawn_show_the_stated_persistence(name) -> None:
    # Fixed seed. Correlations within 4/sqrt(people), shares within 4.5 binomial se.
    chain, model = WHOLE[name], default_model(name)
    level, following, decision, dead, _, spend = drawn(chain, model)
    reached = chain.reached(model)
    same = decision < dead
    first, second = level[same], following[same]
    truncated = np.minimum(spend, model.truncation)
    close = 4.0 / math.sqrt(same.sum())
    rank = stats.spearmanr(first[::4], second[::4]).statistic
    assert rank == pytest.approx(reached.rank_correlation, abs=2 * close)
    dollars = np.corrcoef(truncated[first], truncated[second])[0, 1]
    # The tail widens the error of a correlation of dollars about twofold.
    assert dollars == pytest.approx(reached.truncated_correlation, abs=2 * close)
    slots = np.corrcoef(truncated[level], truncated[following])[0, 1]
    assert slots == pytest.approx(reached.slot_correlation, abs=2 * close)
    top = second[first >= 0.95 * 2**14] / 2**14
    for share, wanted in ((0.95, reached.top_stays), (0.90, reached.top_to_decile)):
        assert np.mean(top >= share) == pytest.approx(wanted, abs=4.5 * 0.5 / math.sqrt(top.size))
    # What is stated, too: 0.4, 0.7 and 0.65 of ranks, 30 % of the top 5 %.
    assert rank == pytest.approx(default_persistence(name).rank_correlation, abs=0.01)
    assert np.mean(top >= 0.95) == pytest.approx(0.30, abs=0.01)


@types
@both
def test_people_drawn_die_and_leave_as_stated(name, chains) -> None:
    chain, model = chains[name], default_model(name)
    level, following, decision, dead, months, spend = drawn(chain, model)
    reached = chain.reached(model)
    died = (decision >= dead) & (decision < chain.leave)
    close = 4.5 * 0.5 / math.sqrt(PEOPLE)
    assert np.mean(decision >= dead) == pytest.approx(0.16, abs=close)
    assert died.mean() == pytest.approx(0.04, abs=close)
    dollars = spend[level] * months
    ratio = dollars[died].mean() / dollars[~died].mean()
    # 80,000 decedents whose spending has a CV near 1: 4.5 se are 2 %.
    assert ratio == pytest.approx(reached.decedent_ratio, rel=0.02)
    assert months.mean() / 12 == pytest.approx(reached.person_years, abs=close)
    by_class = np.bincount(level >> 10, weights=months) / np.bincount(level >> 10)
    np.testing.assert_allclose(by_class, chain.months, atol=4.5 * 4.0 / math.sqrt(PEOPLE / CLASSES))
    # The next year's levels are as likely as this year's: chi-squared, false alarm 1e-4.
    hits = np.bincount(following >> 4, minlength=1024)
    assert stats.chisquare(hits).pvalue > 1e-4
