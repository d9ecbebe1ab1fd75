"""Every size in one pass against each size alone, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest
from engine_cases import MODELS, population

from simulate.engine.sizes import simulate_sizes
from simulate.engine.years import Execution, View, simulate_years
from simulate.population.population import Noise
from simulate.population.spend import default_model, with_truncated_cv

SIZES = (700, 130, 5_000, 700)
VIEWS = tuple(View(rate, 0.01) for rate in (-0.04, 0.0, 0.03, 0.06))


def cases(people=1.0, common_shock_sd=0.0065, **others):
    return [
        (population(size), Noise(people, 1.14 / size**0.5, common_shock_sd, **others))
        for size in SIZES
    ]


@pytest.mark.parametrize("views", [VIEWS[:1], VIEWS[:2], VIEWS], ids=["one", "two", "four"])
@pytest.mark.parametrize(
    "noise",
    [
        {"people": 1.0, "common_shock_sd": 0.0065},
        {"people": 0.7, "common_shock_sd": 0.01, "common_shock_df": 5.0},
        {"people": 1.2, "as_stated": True},
        {"people": 0.0, "common_shock_sd": 0.0065},
    ],
    ids=["default", "part of the people", "constant", "no people"],
)
def test_each_size_is_as_if_alone(noise, views) -> None:
    together = simulate_sizes(cases(**noise), views, 9, 5, Execution(2, 4))
    for (whole, luck), found in zip(cases(**noise), together, strict=True):
        alone = simulate_years(whole, luck, views, 9, 5, Execution(1))
        np.testing.assert_array_equal(found.expenditure, alone.expenditure)
        assert found.benchmark == alone.benchmark


def test_threads_and_chunks_do_not_matter() -> None:
    found = [
        [s.expenditure for s in simulate_sizes(cases(), VIEWS, 7, 1, Execution(*how))]
        for how in ((1, None), (1, 1), (2, 3))
    ]
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], found[2])


def test_views_beyond_two_see_the_same_people() -> None:
    whole, noise = cases()[0]
    four = simulate_years(whole, noise, VIEWS, 9, 5)
    for at, view in enumerate(VIEWS):
        one = simulate_years(whole, noise, (view,), 9, 5)
        np.testing.assert_array_equal(four.expenditure[at], one.expenditure[0])


def test_other_people_are_refused() -> None:
    models = (with_truncated_cv(default_model("esrd"), 1.3), *MODELS[1:])
    whole, noise = cases()[0]
    other = type(whole)(whole.beneficiaries, whole.person_years, whole.benchmark_per_capita, models)
    with pytest.raises(ValueError, match="same spend models"):
        simulate_sizes([(whole, noise), (other, noise)], VIEWS, 2, 1)
