"""Synthetic panels of published savings rates with known constants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from simulate.data import ResultsFile
from simulate.population.credibility import Parameters

TRUTH = Parameters(
    spread=0.03,
    spread_size_constant=3.0,
    persistence=0.85,
    persistence_rebasing=0.4,
    noise_constant=2.2,
    common_sd_national=0.016,
    common_sd_regional=0.006,
    tail_df=6.0,
)


@dataclass(frozen=True)
class Row:
    """What the panel model reads of a published result."""

    aco_id: str
    performance_year: int
    savings_rate: float
    assigned_beneficiaries: int
    current_start: date | None
    agreement_period: int | None = 1
    months_covered: int | None = 12


def synthetic_rows(
    acos: int, years: Sequence[int], seed: int, truth: Parameters = TRUTH
) -> list[Row]:
    """Simulate ACOs in agreements of three years; from 2020 on all updates are regional.

    Step by step, without the covariance of the code under test: persistent part, noise,
    and one factor an ACO that makes its years jointly Student t.
    """
    rng = np.random.default_rng(seed)
    df = truth.tail_df
    rows = []
    for aco in range(acos):
        people = int(np.exp(rng.normal(9.6, 0.8)))
        volatility = np.sqrt((df - 2.0) / rng.chisquare(df))
        sd = np.hypot(truth.spread, truth.spread_size_constant / np.sqrt(people)) * volatility
        persistent = sd * rng.standard_normal()
        start = years[0] - int(rng.integers(0, 3))
        for place, year in enumerate(years):
            new = year - start >= 3
            start = year if new else start
            if place:
                kept = truth.persistence_rebasing if new else truth.persistence
                persistent = kept * persistent + np.sqrt(1 - kept**2) * sd * rng.standard_normal()
            regional = start >= 2020
            common = truth.common_sd_regional if regional else truth.common_sd_national
            noise = np.hypot(common, truth.noise_constant / np.sqrt(people)) * volatility
            rate = 0.01 + 0.004 * place + persistent + noise * rng.standard_normal()
            rows.append(Row(f"A{aco:04d}", year, float(rate), people, date(start, 1, 1)))
    return rows


def results_file(rows: Sequence[Row], name: str = "synthetic.csv") -> ResultsFile:
    """Return rows as a file that has been read."""
    return ResultsFile(name, tuple(rows), "stated", {}, "utf-8", (), ())  # type: ignore[arg-type]
