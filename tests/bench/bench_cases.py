"""Small measurements shared by the tests of what `simulate bench` shows."""

from __future__ import annotations

from simulate.bench.measure import Timing
from simulate.bench.throughput import Sizes, Throughput

SMALL = Sizes(beneficiaries=60, years=4, numpy_years=3)


def made_up() -> Throughput:
    """A measurement with round numbers: 2 billion a second on one thread, 3.6 on two."""
    return Throughput(
        threads=2,
        sizes=Sizes(10_000, 40_000, 300),
        run=Timing((1.0, 1.25), 3_600_000_000),
        one_thread=Timing((1.0, 2.0), 2_000_000_000),
        by_person=Timing((1.0, 1.0), 50_000_000),
        by_component=Timing((1.0, 1.0), 80_000_000),
        stream=Timing((1.0, 1.0), 2_500_000_000),
    )
