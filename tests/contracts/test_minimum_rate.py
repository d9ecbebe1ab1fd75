"""The minimum savings and loss rate: the size table, where it comes from, the choices."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

from simulate.contracts.contract import contract_ids, load_contract, programme
from simulate.contracts.minimum_rate import (
    chosen_rate,
    size_table_is_unconfirmed,
    size_table_rate,
)
from simulate.contracts.resolution import Circumstances, resolve
from simulate.errors import UserError

# 42 CFR 425.604(b): the rates at the low end of each row, percent.
ANCHORS = {
    500: 12.2, 1000: 8.7, 3000: 5.0, 5000: 3.9, 6000: 3.6, 7000: 3.4, 8000: 3.2, 9000: 3.1,
    10_000: 3.0, 15_000: 2.7, 20_000: 2.5, 50_000: 2.2, 60_000: 2.0,
}  # fmt: skip
ROW_ENDS = {
    999: 8.7, 2999: 5.0, 4999: 3.9, 5999: 3.6, 6999: 3.4, 7999: 3.2, 8999: 3.1, 9999: 3.0,
    14_999: 2.7, 19_999: 2.5, 49_999: 2.2, 59_999: 2.0,
}  # fmt: skip
# The interpolation worked out to four decimals of a percent.
UNIT_VALUES = {
    605: 11.4635, 640: 11.2180, 1401: 7.9578, 1529: 7.7209, 2047: 6.7621, 2647: 5.6515,
    4846: 3.9842, 4946: 3.9292, 5333: 3.8000, 6150: 3.5700, 7500: 3.2999, 8027: 3.1973,
    9139: 3.0861, 13_833: 2.7700, 36_268: 2.3373, 55_000: 2.1000,
}  # fmt: skip


@pytest.mark.parametrize(("size", "percent"), UNIT_VALUES.items())
def test_interpolation_gives_the_printed_unit_values(size: int, percent: float) -> None:
    assert 100 * size_table_rate(size) == pytest.approx(percent, abs=5e-5)


def test_interpolation_is_exact_not_rounded() -> None:
    # 5,333 in [5,000, 5,999]: 3.9 * 666/999 + 3.6 * 333/999 = 3.9 * 2/3 + 3.6 / 3 = 3.8.
    assert 100 * size_table_rate(5333) == pytest.approx(3.8, abs=1e-12)
    # 7,500 in [7,000, 7,999]: 3.4 * 499/999 + 3.2 * 500/999 = (1,696.6 + 1,600) / 999.
    assert 100 * size_table_rate(7500) == pytest.approx(3296.6 / 999, abs=1e-12)
    # 13,833 in [10,000, 14,999]: 3.0 * 1,166/4,999 + 2.7 * 3,833/4,999.
    assert 100 * size_table_rate(13_833) == pytest.approx(
        (3.0 * 1166 + 2.7 * 3833) / 4999, abs=1e-12
    )


@pytest.mark.parametrize(("size", "percent"), {**ANCHORS, **ROW_ENDS}.items())
def test_anchors_are_exact(size: int, percent: float) -> None:
    assert size_table_rate(size) == pytest.approx(percent / 100, rel=0, abs=1e-16)


def test_the_table_is_continuous_at_row_joints_and_never_rises() -> None:
    for size in ROW_ENDS:
        assert size_table_rate(size) == size_table_rate(size + 1)
    rates = np.array([size_table_rate(n) for n in range(1, 70_001)])
    steps = np.diff(rates)
    assert steps.max() <= 0.0
    # No step is larger than the steepest slope, 3.5 points over the 499 of the first row.
    assert -steps.min() <= 0.035 / 499 * (1 + 1e-9)


@pytest.mark.parametrize("size", [60_000, 60_001, 250_000, 10**7])
def test_two_percent_from_sixty_thousand_on(size: int) -> None:
    assert size_table_rate(size) == 0.02


@pytest.mark.parametrize("size", [1, 152, 499])
def test_below_five_hundred_the_rate_is_held_and_marked_unconfirmed(size: int) -> None:
    assert size_table_rate(size) == 0.122
    assert size_table_is_unconfirmed(size)


def test_from_five_hundred_on_the_table_is_confirmed() -> None:
    assert not size_table_is_unconfirmed(500)
    assert not size_table_is_unconfirmed(60_000)
    note = programme()["size_table"]["note"]
    assert "below 500" in note
    assert "unconfirmed" in note


@pytest.mark.parametrize("size", [0, -1, -5000])
def test_a_size_below_one_is_refused(size: int) -> None:
    with pytest.raises(UserError, match=rf"assigned_beneficiaries = {size}.*at least 1"):
        size_table_rate(size)


# ---- Where the table comes from: chance alone, at levels that rise with size ----

LEVELS = ((5000, 0.90), (20_000, 0.95), (50_000, 0.99))


def noise_units(size: int, tail: int = 1, blend_levels: bool = False) -> float:
    """Return the MSR in percent for k = 1: z / sqrt(N), blended linearly in N between levels."""

    def msr(level: float) -> float:
        return 100.0 * float(norm.ppf(1.0 - (1.0 - level) / tail)) / math.sqrt(size)

    sizes, levels = zip(*LEVELS, strict=True)
    if blend_levels:
        return msr(float(np.interp(size, sizes, levels)))
    return float(np.interp(size, sizes, [msr(level) for level in levels]))


def missed(k: float, **how: Any) -> int:
    derived = {n: max(2.0, k * noise_units(n, **how)) for n in ANCHORS}
    return sum(abs(derived[n] - 100 * size_table_rate(n)) > 0.05 for n in ANCHORS)


def test_back_solving_the_noise_constant_from_the_table() -> None:
    # Each published rate, known to +/- 0.05, holds k in an interval; all of them meet here.
    published = {n: 100 * size_table_rate(n) for n in ANCHORS}
    lowest = max((rate - 0.05) / noise_units(n) for n, rate in published.items())
    highest = min((rate + 0.05) / noise_units(n) for n, rate in published.items())
    # [2.13442, 2.13740]: to four decimals, rounded inwards, [2.1345, 2.1373].
    assert math.ceil(1e4 * lowest) == 21_345
    assert math.floor(1e4 * highest) == 21_373


@pytest.mark.parametrize("k", [2.1345, 2.136, 2.1373])
def test_the_derivation_rounds_to_all_thirteen_anchors(k: float) -> None:
    assert len(ANCHORS) == 13
    for size, percent in ANCHORS.items():
        assert round(max(2.0, k * noise_units(size)), 1) == percent


def test_the_derivation_at_k_2136_unrounded() -> None:
    unrounded = {
        500: 12.242, 1000: 8.656, 3000: 4.998, 5000: 3.871, 6000: 3.601, 7000: 3.395,
        8000: 3.234, 9000: 3.104, 10_000: 2.996, 15_000: 2.657, 20_000: 2.484, 50_000: 2.222,
        60_000: 2.029,
    }  # fmt: skip
    for size, percent in unrounded.items():
        assert 2.136 * noise_units(size) == pytest.approx(percent, abs=6e-4)


def test_other_derivations_do_not_fit() -> None:
    assert missed(2.136) == 0
    assert missed(2.15) == 2
    assert missed(2.136, blend_levels=True) == 1
    assert min(missed(k, tail=2) for k in np.arange(1.0, 3.0, 0.01)) >= 5


# ---- The choice of an ACO on a two-sided track ----


@pytest.mark.parametrize(
    ("choice", "rate"),
    [
        ("0.0", 0.0), ("0", 0.0), ("0.5", 0.005), ("1.0", 0.01), ("1", 0.01), ("1.5", 0.015),
        ("2.0", 0.02), (2.0, 0.02), (0, 0.0), (" 2.0 % ", 0.02), ("1.5%", 0.015),
        ("table", None), ("Table", None), ("size-table", None),
    ],
)  # fmt: skip
def test_choices(choice: Any, rate: float | None) -> None:
    assert chosen_rate(choice) == rate


@pytest.mark.parametrize(
    "choice", ["0.02", "2.5", "3", "0.25", "-1", "1.0.0", "", "nan", "inf", "tabel", "0,5"]
)
def test_anything_else_is_refused_with_the_choices(choice: str) -> None:
    with pytest.raises(UserError) as caught:
        chosen_rate(choice)
    said = str(caught.value)
    assert f"msr = {choice!r}" in said
    assert "0.0, 0.5, 1.0, 1.5, 2.0 (percent" in said
    assert "table" in said
    assert "425.605(b)(2)" in said


CHOOSERS = (
    "track-2", "track-3", "track-1-plus", "basic-c", "basic-d", "basic-e", "enhanced", "pc-flex",
)  # fmt: skip


def thresholds(contract_id: str, size: int, **at: Any) -> tuple[float, float]:
    terms = resolve(load_contract(contract_id), Circumstances(size, **at)).terms
    return terms.msr, terms.mlr


def test_these_contracts_give_a_choice() -> None:
    giving = {
        i for i in contract_ids() if load_contract(i).terms.minimum_savings_rate.value == "choice"
    }
    assert giving == set(CHOOSERS)


@pytest.mark.parametrize("contract_id", CHOOSERS)
@pytest.mark.parametrize("choice", ["0.0", "0.5", "1.0", "1.5", "2.0"])
def test_the_choice_is_symmetric(contract_id: str, choice: str) -> None:
    rate = float(choice) / 100
    assert thresholds(contract_id, 12_000, msr=choice) == (rate, rate)
    table = size_table_rate(12_000)
    assert thresholds(contract_id, 12_000, msr="table") == (table, table)


@pytest.mark.parametrize("contract_id", CHOOSERS)
def test_an_impossible_choice_is_refused_where_there_is_one(contract_id: str) -> None:
    with pytest.raises(UserError, match=r"msr = '3\.0'"):
        thresholds(contract_id, 12_000, msr="3.0")


@pytest.mark.parametrize(
    "contract_id",
    ["track-1", "track-1-second-agreement-proposed-2014", "basic-a", "basic-b"],
)
def test_one_sided_contracts_use_the_table_whatever_was_chosen(contract_id: str) -> None:
    assert thresholds(contract_id, 8027, msr="0.0") == (size_table_rate(8027), math.inf)


@pytest.mark.parametrize(
    "contract_id", ["track-2-2012", "track-2-proposed-2011", "track-3-proposed-2014"]
)
@pytest.mark.parametrize("size", [600, 4999, 5000, 80_000])
def test_a_flat_rate_stays_flat_at_every_size(contract_id: str, size: int) -> None:
    assert thresholds(contract_id, size, msr="0.0") == (0.02, 0.02)


def test_the_2014_proposal_for_track_2_is_the_table_both_ways() -> None:
    rate = size_table_rate(15_000)
    assert thresholds("track-2-proposed-2014", 15_000) == (rate, rate)


def test_the_2011_proposal_for_track_1_turns_two_sided_in_year_three() -> None:
    for year, expected in ((1, (0.03, math.inf)), (2, (0.03, math.inf)), (3, (0.02, 0.02))):
        found = thresholds("track-1-proposed-2011", 10_000, agreement_year=year)
        assert found == expected


# ---- Below 5,000: 42 CFR 425.110(b)(3)(iii), from July 2019 on ----


@pytest.mark.parametrize(
    ("contract_id", "year", "switched"),
    [
        ("track-2", 2016, False),
        ("track-2", 2018, False),
        ("track-2", 2019, False),  # the year began before 1 July 2019
        ("track-2", 2020, True),
        ("track-2", 2021, True),
        ("track-3", 2017, False),
        ("track-3", 2019, False),
        ("track-3", 2020, True),
        ("track-1-plus", 2018, False),
        ("track-1-plus", 2019, False),
        ("track-1-plus", 2020, True),
        ("basic-c", 2019, True),
        ("basic-d", 2022, True),
        ("basic-e", 2024, True),
        ("basic-e", 2026, True),
        ("enhanced", 2019, True),
        ("enhanced", 2024, True),
    ],
)
def test_the_switch_to_the_table_below_5000(contract_id: str, year: int, switched: bool) -> None:
    table = size_table_rate(4999)
    below = table if switched else 0.005
    assert thresholds(contract_id, 4999, performance_year=year, msr="0.5") == (below, below)
    assert thresholds(contract_id, 5000, performance_year=year, msr="0.5") == (0.005, 0.005)
    notes = resolve(
        load_contract(contract_id), Circumstances(4999, performance_year=year, msr="0.5")
    ).notes
    said = [n for n in notes if "size table replaces" in n]
    assert len(said) == switched
    assert all("5,000" in note and "425.110" in note for note in said)
