"""The size table against what CMS printed for every one-sided ACO-year that ships.

Answer: 3,252 rows with 5,000 beneficiaries or more and 126 with 500 to 4,999, all to
printed precision (42 CFR 425.604(b)).
"""

from __future__ import annotations

from simulate.contracts.minimum_rate import size_table_rate
from simulate.data import PublishedResult, published_results, published_years


def _one_sided() -> list[PublishedResult]:
    rows = [
        row
        for year in published_years()
        for row in published_results(year).rows
        if row.performance_year == year and row.two_sided is False
    ]
    return [row for row in rows if row.minimum_savings_rate is not None]


def test_every_published_msr_is_the_size_table_s():
    rows = [row for row in _one_sided() if row.assigned_beneficiaries >= 500]
    missed = []
    for row in rows:
        # CMS rounded some files twice, which can add a tenth of the half unit.
        allowed = 1.1 * row.half_unit["minimum_savings_rate"] + 1e-12
        computed = size_table_rate(row.assigned_beneficiaries)
        if abs(computed - row.minimum_savings_rate) > allowed:
            missed.append((row.performance_year, row.assigned_beneficiaries, computed))
    assert missed == []
    assert sum(row.assigned_beneficiaries >= 5000 for row in rows) == 3252
    assert sum(row.assigned_beneficiaries < 5000 for row in rows) == 126
