"""The page of results: lines fitted, targets judged, numbers rounded."""

from __future__ import annotations

import numpy as np
import pytest
from results_table import Claim, Growth, Results, Wait, number

from simulate.bench.measure import Ratio

RATIO = Ratio(value=32.4, low=28.0, median=31.0, high=33.0)


def growth(seconds) -> Growth:
    return Growth("people", [10, 20, 40], list(seconds), "a person", 1e3, "ms")


def test_a_straight_line_is_found() -> None:
    found = growth(0.5 + 0.02 * np.array([10, 20, 40]))
    assert found.line == pytest.approx((0.02, 0.5))
    assert found.largest_residual == pytest.approx(0.0, abs=1e-12)
    assert found.cells()[3:] == ["20 ms a person", "500.0", "0.0 %", found.cells()[-1]]


def test_growth_in_proportion_has_exponent_one_and_a_square_two() -> None:
    amounts = np.array([10.0, 20.0, 40.0])
    assert growth(0.3 * amounts).exponent == pytest.approx(1.0)
    assert growth(0.3 * amounts**2).exponent == pytest.approx(2.0)
    assert growth(0.3 * amounts**2).largest_residual > 0.1


@pytest.mark.parametrize(
    ("target", "shown"), [(None, ["", ""]), (30.0, ["≥ 30", "yes"]), (40.0, ["≥ 40", "**no**"])]
)
def test_a_target_is_judged_by_the_best_rounds(target, shown) -> None:
    cells = Claim("ours", "theirs", RATIO, target).cells()
    assert cells == ["ours", "theirs", "32", "28 / 31 / 33", *shown]


@pytest.mark.parametrize(
    ("most", "shown"), [(None, ["", ""]), (5.0, ["≤ 5.0", "yes"]), (1.0, ["≤ 1.0", "**no**"])]
)
def test_a_wait_is_judged_by_the_best(most, shown) -> None:
    assert Wait("import", (4.0, 2.0, 9.0), most).cells() == ["import", "2.00", "4.00", *shown]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.7749, "0.77"),
        (0.996, "1.0"),
        (1.84, "1.8"),
        (9.96, "10"),
        (34.6, "35"),
        (1234.5, "1,234"),
    ],
)
def test_two_significant_digits(value, shown) -> None:
    assert number(value) == shown


def test_the_page_names_date_machine_and_versions_and_leaves_out_empty_tables() -> None:
    page = Results(claims=[Claim("ours", "theirs", RATIO, 30.0)], notes=["skipped"]).markdown()
    assert "| ours | theirs | 32 | 28 / 31 / 33 | ≥ 30 | yes |" in page
    assert f"numpy {np.__version__}" in page
    assert "processor" in page
    assert "UTC" in page
    assert "* skipped" in page
    assert "## Growth" not in page
