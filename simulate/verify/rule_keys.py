"""Answer keys without simulation: size table, its derivation, settlements, Philox, population."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

from simulate.contracts.contract import load_contract
from simulate.contracts.minimum_rate import size_table_rate
from simulate.contracts.resolution import Circumstances, QualityStandard
from simulate.contracts.settlement import settle
from simulate.data import PublishedResult, published_results, published_years
from simulate.kernels.philox import philox_blocks
from simulate.population.spend import spend_defaults, spend_models
from simulate.verify.checks import Check, counted, stated, within

_TABLE = "42 CFR 425.604(b); CMS methodology specifications v11, table 5"
_PUF = "CMS, Performance Year Financial and Quality Results, PY2013-2021 and 2024"
_V11 = "CMS methodology specifications v11 (January 2023), section 4.3"

#: Assigned beneficiaries and the MSR in percent, by the published interpolation.
_UNIT_VALUES = {
    605: 11.4635, 640: 11.2180, 1401: 7.9578, 1529: 7.7209, 2047: 6.7621, 2647: 5.6515,
    4846: 3.9842, 4946: 3.9292, 5333: 3.8000, 6150: 3.5700, 7500: 3.2999, 8027: 3.1973,
    9139: 3.0861, 13833: 2.7700, 36268: 2.3373, 55000: 2.1000,
}  # fmt: skip
_ANCHORS = (
    500, 1000, 3000, 5000, 6000, 7000, 8000, 9000, 10000, 15000, 20000, 50000, 60000,
)  # fmt: skip


def rule_checks() -> list[Check]:
    """Return every check that needs no simulation."""
    return [
        *_size_table(),
        _published_msr(),
        *_derivation(),
        *_worked_settlements(),
        *_philox(),
        *_population(),
    ]


def _size_table() -> list[Check]:
    worst = max(abs(100 * size_table_rate(n) - msr) for n, msr in _UNIT_VALUES.items())
    return [
        within("size table", "16 sizes, largest miss, points", _TABLE, 0.0, worst, 5e-5, ".1e"),
        within("size table", "example of CMS: 5,333", _V11, 3.8, 100 * size_table_rate(5333), 1e-9),
    ]


def _published_msr() -> Check:
    rows = [row for row in all_published() if row.two_sided is False]
    rows = [row for row in rows if row.assigned_beneficiaries >= 500]
    return counted(
        "size table",
        "published MSR of every one-sided ACO-year, 500 and over",
        _PUF,
        len(rows),
        sum(map(_prints_the_size_table, rows)),
    )


def all_published() -> list[PublishedResult]:
    """Return every published row that ships with the package."""
    return [
        row
        for year in published_years()
        for row in published_results(year).rows
        if row.performance_year == year
    ]


def _prints_the_size_table(row: PublishedResult) -> bool:
    if row.minimum_savings_rate is None:
        return False
    # CMS rounded some files twice, which can add a tenth of the half unit.
    allowed = 1.1 * row.half_unit["minimum_savings_rate"] + 1e-12
    computed = size_table_rate(row.assigned_beneficiaries)
    return abs(computed - row.minimum_savings_rate) <= allowed


def derived_msr(size: float, noise_constant: float) -> float:
    """Return the MSR (percent) that CMS's stated confidence levels give at a size.

    One-tailed 90 % up to 5,000 beneficiaries, 95 % at 20,000, 99 % from 50,000 on; MSRs
    blended linearly in size between; never below 2 % (76 FR 19528).
    """
    levels = norm.ppf([0.90, 0.95, 0.99])
    z = np.interp(size, [5000.0, 20000.0, 50000.0], levels)
    return float(max(100.0 * noise_constant * z / np.sqrt(size), 2.0))


def _is_derived(size: int, noise_constant: float) -> bool:
    """Whether the package's size table has, to one decimal, what the derivation gives."""
    table = round(100.0 * size_table_rate(size), 1)
    return round(derived_msr(size, noise_constant), 1) == table


def _derivation() -> list[Check]:
    def reproduces(constant: float) -> bool:
        return all(_is_derived(size, constant) for size in _ANCHORS)

    grid = np.arange(2.10, 2.17, 0.0001)
    found = [float(k) for k in grid if reproduces(float(k))]
    reference = "76 FR 19528 (April 2011): one-tailed 90 / 95 / 99 %"
    return [
        within("derivation", "smallest k behind the table", reference, 2.1345, found[0], 2e-4),
        within("derivation", "largest k behind the table", reference, 2.1373, found[-1], 2e-4),
        stated(
            "derivation",
            "all 13 anchors at k = 2.136",
            _TABLE,
            "13 of 13",
            f"{sum(_is_derived(size, 2.136) for size in _ANCHORS)} of 13",
            reproduces(2.136),
        ),
    ]


def _worked_settlements() -> list[Check]:
    disaster = Circumstances(
        20_000, msr="1.0", disaster_months_share=0.15, disaster_beneficiary_share=0.90
    )
    large = Circumstances(60_000)
    cases: list[tuple[str, str, Circumstances, float, float, float, QualityStandard, float]] = [
        ("BASIC B, standard met", "basic-b", large, 500e6, 487e6, 1.0, "met", 5_096_000.0),
        ("BASIC B, score 45", "basic-b", large, 500e6, 487e6, 0.45, "alternative", 2_293_200.0),
        ("ENHANCED, failed", "enhanced", disaster, 130e6, 132.6e6, 1.0, "failed", -1_686_750.0),
    ]
    checks = []
    for what, contract, at, benchmark, expenditure, score, standard, expected in cases:
        result = settle(load_contract(contract), at, benchmark, expenditure, score, standard)
        checks.append(within("settlement", what, _V11, expected, result.net, 0.005, ",.2f"))
    slip = settle(load_contract("enhanced"), disaster, 130e6, 132.6e6, 0.45, "alternative").net
    checks.append(
        Check(
            "settlement",
            "ENHANCED losses, score 45, disaster: CMS subtracts the relief of another case "
            "(263,250); its own rule gives 13.5 % of 1,722,500",
            _V11,
            "-1,459,250.00 printed, -1,489,962.50 by its rule",
            f"{slip:,.2f}",
            "±0.005 of the rule",
            "sources contradict" if abs(slip + 1_489_962.50) <= 0.005 else "fails",
        )
    )
    return checks


def _philox() -> list[Check]:
    vectors = [
        ((0,) * 4, (0, 0), "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            "d16cfe09 94fdcceb 5001e420 24126ea1",
        ),
    ]
    reference = "Random123 1.14, known-answer vectors of philox4x32-10"
    checks = []
    for number, (counter, key, expected) in enumerate(vectors, start=1):
        for stream, words in (
            ("shared draws", philox_blocks(counter, (key[0], key[1]))),
            ("compiled stream", _compiled_block(counter, (key[0], key[1]))),
        ):
            got = " ".join(f"{int(word):08x}" for word in words)
            what = f"vector {number}, {stream}"
            checks.append(stated("random stream", what, reference, expected, got, got == expected))
    return checks


def _compiled_block(counter: tuple[int, ...], key: tuple[int, int]) -> list[int]:
    """Return the four words of one block as the kernel draws them."""
    from simulate.kernels.people import fill_words

    words = np.zeros(64, np.uint32)
    rest = (np.uint32(word) for word in (*counter[1:], *key))
    fill_words(words, 1, counter[0], *rest)
    return [int(words[lane]) for lane in (0, 16, 32, 48)]


def _population() -> list[Check]:
    defaults = spend_defaults()["concentration"]
    aged = spend_models()[3]
    tops = tuple(defaults["shares"])
    # The fee-for-service mix and levels of the two aged types in 2018 (CMS county data).
    got = pooled_concentration(tops)
    checks = [
        within(
            "population",
            f"top {100 * top:g} % of the aged: share of spending, percent",
            defaults["reference"],
            100 * share,
            100 * found,
            1.0,
            ".1f",
        )
        for (top, share), found in zip(defaults["shares"].items(), got, strict=True)
    ]
    reference = "follows from the published concentration: 1.80 to 1.95"
    checks.append(
        within(
            "population",
            "truncated coefficient of variation, aged/non-dual",
            reference,
            1.875,
            aged.truncated_cv,
            0.075,
        )
    )
    return checks


#: Person-years and dollars per person-year of aged/dual and aged/non-dual, fee-for-service 2018.
_AGED_MIX = ((0.092, 17_245.0), (0.756, 10_173.0))


def pooled_concentration(tops: tuple[float, ...]) -> list[float]:
    """Return the share of untruncated spending of the top shares of all aged beneficiaries."""
    models = spend_models()[2:]
    weights = np.array([share for share, _ in _AGED_MIX])
    weights = weights / weights.sum()
    levels, masses = [], []
    for model, weight, (_, per_capita) in zip(models, weights, _AGED_MIX, strict=True):
        # Many classes, so that the class that a cut falls into hardly matters.
        means = model.level_means(1 << 16) * per_capita
        levels.append(means)
        masses.append(np.full(means.size, weight / means.size))
    amounts, mass = np.concatenate(levels), np.concatenate(masses)
    order = np.argsort(-amounts)
    people = np.cumsum(mass[order])
    spent = np.cumsum((amounts * mass)[order])
    return [float(np.interp(top, people, spent) / spent[-1]) for top in tops]
