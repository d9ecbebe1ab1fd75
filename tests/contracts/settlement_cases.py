"""Random situations of an ACO, and a settlement written apart from the package.

`by_hand` follows the rules (42 CFR 425.502, 512, 604, 605, 606, 609, 610, 611, 221; CMS
methodology specifications v11, section 4.3; 76 FR 19528 and 79 FR 72760 for the proposals)
step by step. It shares no number and no code with the package: the terms stand here again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

from simulate.contracts.resolution import STANDARDS, Circumstances

SPANS = {
    "track-1": (2012, 2021),
    "track-1-proposed-2011": (2012, 2014),
    "track-1-second-agreement-proposed-2014": (2016, 2018),
    "track-2-2012": (2012, 2015),
    "track-2-proposed-2011": (2012, 2014),
    "track-2-proposed-2014": (2016, 2018),
    "track-2": (2016, 2021),
    "track-3-proposed-2014": (2016, 2018),
    "track-3": (2016, 2021),
    "track-1-plus": (2018, 2021),
    "basic-a": (2019, 2027),
    "basic-b": (2019, 2027),
    "basic-c": (2019, 2027),
    "basic-d": (2019, 2027),
    "basic-e": (2019, 2027),
    "enhanced": (2019, 2027),
}
IDS = tuple(SPANS)
# Models of the CMS Innovation Center, and PC Flex on top of BASIC Level E.
OTHER_SPANS = {
    "pioneer-core": (2012, 2016),
    "pioneer-option-a": (2012, 2016),
    "pioneer-option-b": (2012, 2016),
    "next-generation-a": (2016, 2021),
    "next-generation-b": (2016, 2021),
    "reach-professional": (2021, 2026),
    "reach-global": (2021, 2026),
    "lead-professional": (2027, 2036),
    "lead-global": (2027, 2036),
    "pc-flex": (2025, 2029),
    "mcp-track-1": (2024, 2025),
    "mcp-track-2": (2024, 2025),
    "mcp-track-3": (2024, 2025),
}
OTHER_IDS = tuple(OTHER_SPANS)
_ALL_SPANS = SPANS | OTHER_SPANS
CHOICES = ("0.0", "0.5", "1.0", "1.5", "2.0", "table")


@dataclass(frozen=True)
class Situation:
    """Everything that a settlement depends on."""

    contract_id: str
    year: int
    agreement_year: int
    beneficiaries: int
    msr: str
    low_revenue: bool
    revenue: float | None
    disaster_months: float
    disaster_people: float
    termination: str
    months: int
    months_in_year: int
    guardrail: bool
    benchmark: float
    expenditure: float
    score: float
    standard: str

    @property
    def circumstances(self) -> Circumstances:
        return Circumstances(
            assigned_beneficiaries=self.beneficiaries,
            performance_year=self.year,
            agreement_year=self.agreement_year,
            msr=self.msr,
            low_revenue=self.low_revenue,
            participant_revenue=self.revenue,
            disaster_months_share=self.disaster_months,
            disaster_beneficiary_share=self.disaster_people,
            months_in_programme=self.months,
            termination=self.termination,
            months_in_year=self.months_in_year,
            guardrail=self.guardrail,
        )

    @property
    def quality(self) -> tuple[float, float]:
        return self.score, STANDARDS[self.standard]


def random_situation(rng: np.random.Generator, contract_id: str) -> Situation:
    """Draw a situation; plain years are as likely as odd ones."""
    first, last = _ALL_SPANS[contract_id]
    year = int(rng.integers(first, last + 1))
    benchmark = float(np.exp(rng.uniform(np.log(1e6), np.log(2e9))))
    rate = rng.choice([rng.uniform(-0.06, 0.06), rng.uniform(-0.5, 0.5)])
    odd = rng.random() < 0.3
    termination = str(rng.choice(["none", "voluntary", "involuntary"])) if odd else "none"
    tiers = year >= 2023 and contract_id in SPANS
    standards = ["met", "met", "failed"] + (["alternative"] * 2 if tiers else [])
    return Situation(
        contract_id=contract_id,
        year=year,
        agreement_year=int(rng.integers(1, 7)),
        beneficiaries=int(np.exp(rng.uniform(np.log(300), np.log(200_000)))),
        msr=str(rng.choice(CHOICES)),
        low_revenue=bool(rng.random() < 0.5),
        revenue=None if rng.random() < 0.4 else float(benchmark * rng.uniform(0.02, 2.0)),
        disaster_months=float(rng.random()) if odd else 0.0,
        disaster_people=float(rng.random()) if odd else 0.0,
        termination=termination,
        months=int(rng.integers(1, 13)) if termination != "none" else 12,
        months_in_year=int(rng.choice([6, 12])) if year == 2019 else 12,
        guardrail=bool(odd and rng.random() < 0.3),
        benchmark=benchmark,
        expenditure=benchmark * (1.0 - float(rate)),
        score=float(rng.choice([rng.random(), 1.0, 0.0, 0.8])),
        standard=str(rng.choice(standards)),
    )


@st.composite
def situations(draw: Any, contract_ids: tuple[str, ...] = IDS) -> Situation:
    contract_id = draw(st.sampled_from(contract_ids))
    first, last = _ALL_SPANS[contract_id]
    year = draw(st.integers(first, last))
    benchmark = draw(st.integers(10**8, 2 * 10**11)) / 100.0
    rate = draw(st.floats(-0.08, 0.08) | st.floats(-0.6, 0.6))
    odd = draw(st.integers(0, 3)) == 0
    termination = draw(st.sampled_from(["none", "voluntary", "involuntary"])) if odd else "none"
    tiers = year >= 2023 and contract_id in SPANS
    standards = ["met", "failed"] + (["alternative"] if tiers else [])
    shares = st.floats(0.0, 1.0)
    return Situation(
        contract_id=contract_id,
        year=year,
        agreement_year=draw(st.integers(1, 6)),
        beneficiaries=draw(st.integers(100, 100_000)),
        msr=draw(st.sampled_from(CHOICES)),
        low_revenue=draw(st.booleans()),
        revenue=draw(st.none() | st.floats(0.02, 2.0).map(lambda x: x * benchmark)),
        disaster_months=draw(shares) if odd else 0.0,
        disaster_people=draw(shares) if odd else 0.0,
        termination=termination,
        months=draw(st.integers(1, 12)) if termination != "none" else 12,
        months_in_year=draw(st.sampled_from([6, 12])) if year == 2019 else 12,
        guardrail=draw(st.booleans()) if odd else False,
        benchmark=benchmark,
        expenditure=round(benchmark * (1.0 - rate), 2),
        score=draw(shares),
        standard=draw(st.sampled_from(standards)),
    )


# 42 CFR 425.604(b), row by row as printed: both ends of each row, percent.
_SIZES = (
    (500, 12.2), (999, 8.7), (1000, 8.7), (2999, 5.0), (3000, 5.0), (4999, 3.9), (5000, 3.9),
    (5999, 3.6), (6000, 3.6), (6999, 3.4), (7000, 3.4), (7999, 3.2), (8000, 3.2), (8999, 3.1),
    (9000, 3.1), (9999, 3.0), (10000, 3.0), (14999, 2.7), (15000, 2.7), (19999, 2.5),
    (20000, 2.5), (49999, 2.2), (50000, 2.2), (59999, 2.0), (60000, 2.0),
)  # fmt: skip


def table_rate(beneficiaries: int) -> float:
    """Linear inside a row, 12.2 % held below 500, 2 % above 60,000."""
    sizes, percents = zip(*_SIZES, strict=True)
    return float(np.interp(beneficiaries, sizes, percents)) / 100.0


def by_hand(s: Situation) -> tuple[float, float, float]:
    """Return shared savings, shared losses and the threshold passed (1, 0.5, 0 or -1)."""
    name, bench = s.contract_id, s.benchmark
    gross = bench - s.expenditure
    year_of_three = min(s.agreement_year, 3)
    third_year = s.agreement_year >= 3

    # Sharing rate before quality; payment limit; who is at risk.
    maximum, payment_limit = {
        "track-1": (0.50, 0.10),
        "track-1-proposed-2011": (0.60, 0.10) if third_year else (0.50, 0.075),
        "track-1-second-agreement-proposed-2014": (0.40, 0.10),
        "track-2-2012": (0.60, 0.15),
        "track-2-proposed-2011": (0.60, 0.10),
        "track-2-proposed-2014": (0.60, 0.15),
        "track-2": (0.60, 0.15),
        "track-3-proposed-2014": (0.75, 0.20),
        "track-3": (0.75, 0.20),
        "track-1-plus": (0.50, 0.10),
        "basic-a": (0.40, 0.10),
        "basic-b": (0.40, 0.10),
        "basic-c": (0.50, 0.10),
        "basic-d": (0.50, 0.10),
        "basic-e": (0.50, 0.10),
        "enhanced": (0.75, 0.20),
    }[name]
    one_sided = name in (
        "track-1",
        "track-1-second-agreement-proposed-2014",
        "basic-a",
        "basic-b",
    ) or (name == "track-1-proposed-2011" and not third_year)

    # Minimum savings rate, which is also the minimum loss rate.
    if one_sided or name == "track-2-proposed-2014":
        minimum = table_rate(s.beneficiaries)
    elif name in (
        "track-1-proposed-2011",
        "track-2-proposed-2011",
        "track-2-2012",
        "track-3-proposed-2014",
    ):
        minimum = 0.02
    else:
        pathways = name.startswith("basic") or name == "enhanced" or s.year >= 2020
        if s.msr == "table" or (pathways and s.beneficiaries < 5000):
            minimum = table_rate(s.beneficiaries)
        else:
            minimum = float(s.msr) / 100.0

    # Quality.
    if s.standard == "failed":
        q = 0.0
    elif s.year <= 2020 or (s.year >= 2023 and s.standard == "alternative"):
        q = s.score
    else:
        q = 1.0
    rate = maximum * q

    if gross > 0:
        passed = round(gross * 100) >= round(minimum * bench * 100)
        halved = (
            name.startswith("basic")
            and s.low_revenue
            and s.year - s.agreement_year + 1 >= 2024
            and s.beneficiaries >= 5000
        )
        if not passed and not halved:
            return 0.0, 0.0, 0.0
        shared = gross
        if name == "track-1-proposed-2011" and not third_year and s.beneficiaries >= 10_000:
            shared = max(0.0, gross - 0.02 * bench)
        savings = (rate if passed else rate / 2.0) * shared
        if s.year not in (2019, 2020):
            savings *= 0.98
        savings = min(savings, payment_limit * bench)
        if s.guardrail or (s.termination != "none" and s.months < 12):
            savings = 0.0
        return savings * s.months_in_year / 12.0, 0.0, 1.0 if passed else 0.5

    if one_sided or gross == 0 or round(-gross * 100) < round(minimum * bench * 100):
        return 0.0, 0.0, 0.0
    if name in ("basic-c", "basic-d", "basic-e", "track-1-plus"):
        loss_rate = 0.30
    elif name in ("track-2", "track-3", "enhanced") and s.year >= 2021:
        # 85 FR 84472: from 2021 the score moves the loss rate, the standard met or not.
        highest = 0.60 if name == "track-2" else 0.75
        loss_rate = highest if s.standard == "failed" else 1.0 - highest * s.score
    else:
        loss_rate = 1.0 - rate
    floor, ceiling = {
        "track-2-2012": (0.0, 0.60),
        "track-2-proposed-2014": (0.40, 0.60),
        "track-2": (0.40, 0.60),
        "track-3-proposed-2014": (0.40, 0.75),
        "track-3": (0.40, 0.75),
        "enhanced": (0.40, 0.75),
    }.get(name, (0.0, 1.0))
    loss_rate = max(floor, min(ceiling, loss_rate))

    if name == "track-1-proposed-2011":
        limit = 0.05 * bench
    elif name.startswith("track-2"):
        limit = {1: 0.05, 2: 0.075, 3: 0.10}[year_of_three] * bench
    elif name.startswith("basic"):
        of_bench, of_revenue = {"c": (0.01, 0.02), "d": (0.02, 0.04), "e": (0.04, 0.08)}[name[-1]]
        limit = of_bench * bench
        if s.revenue is not None:
            limit = min(limit, of_revenue * s.revenue)
    elif name == "track-1-plus":
        limit = 0.04 * bench if s.revenue is None else 0.08 * s.revenue
    else:
        limit = 0.15 * bench
    losses = min(loss_rate * -gross, limit)
    losses -= losses * (s.disaster_months * s.disaster_people)
    if s.termination == "voluntary" and s.months <= 6:
        losses = 0.0
    elif s.termination != "none":
        losses *= s.months / 12.0
    losses *= s.months_in_year / 12.0
    assert math.isfinite(losses)
    return 0.0, losses, -1.0
