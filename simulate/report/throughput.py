"""What the terminal shows of a measured throughput."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulate.bench.hardware import hardware_line, versions

if TYPE_CHECKING:
    from simulate.bench.measure import Ratio
    from simulate.bench.throughput import Throughput

_YEARS_OF_A_LONG_RUN = 100_000
_BILLION = 1e9


def show_throughput(measured: Throughput) -> None:
    """Print how fast the simulation is, and beside what."""
    print("\n".join(lines_of(measured)))


def lines_of(measured: Throughput) -> list[str]:
    """Return the measurement in lines that a user understands."""
    one, run, people = measured.one_thread, measured.run, measured.sizes.beneficiaries
    seconds = people * _YEARS_OF_A_LONG_RUN / run.per_second
    return [
        f"Simulates {_billion(run.per_second)} billion beneficiary-years per second on "
        f"{_threads(measured.threads)}: {_YEARS_OF_A_LONG_RUN:,} performance years of an ACO of "
        f"{people:,} in {seconds:.2g} s.",
        f"One thread: {_billion(one.per_second)} billion a second. On one thread and the same "
        "model (zero mass, mixture, truncation, scale of each year) that is",
        f"  {_with_range(measured.ratio_to_numpy)} times NumPy's vectorised generator, which "
        "draws who falls in each part of the spend model",
        f"  {_with_range(measured.ratio_to_numpy_by_component)} times NumPy's, where it draws "
        "only how many do",
        f"  {_with_range(measured.ratio_to_random_stream)} of the random stream alone, at one "
        "32-bit word a beneficiary",
        f"Best of {measured.rounds} interleaved rounds; in brackets the range over them.",
        hardware_line(),
        ", ".join(f"{name} {number}" for name, number in versions().items()),
    ]


def _billion(number: float) -> str:
    return _two(number / _BILLION)


def _with_range(ratio: Ratio) -> str:
    """Return a ratio with its range over the rounds: ``35 (28 to 36)``."""
    return f"{_two(ratio.value)} ({_two(ratio.low)} to {_two(ratio.high)})"


def _two(number: float) -> str:
    """Return two significant digits, without an exponent: ``0.90``, ``1.8``, ``35``, ``120``."""
    if number >= 9.95:
        return f"{number:.0f}"
    return f"{number:.1f}" if number >= 0.995 else f"{number:.2f}"


def _threads(count: int) -> str:
    return "1 thread" if count == 1 else f"{count} threads"
