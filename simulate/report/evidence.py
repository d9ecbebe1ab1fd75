"""What the terminal shows of replays and verifications."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from simulate.report.numbers import cents
from simulate.report.terminal import console, plain_table
from simulate.verify.replay import MatchClass

if TYPE_CHECKING:
    from simulate.verify.backtest import Backtest
    from simulate.verify.replay import Replay
    from simulate.verify.verification import Verification

_VERDICT_STYLE = {"agrees": "green", "fails": "bold red", "sources contradict": "yellow"}


def show_verification(verification: Verification) -> None:
    """Print every check with its outside reference and verdict."""
    out = console()
    table = plain_table()
    for header in ("key", "what", "expected", "got", "allowed", "verdict"):
        table.add_column(header, no_wrap=header in ("key", "verdict"))
    for check in verification.checks:
        verdict = Text(check.verdict, style=_VERDICT_STYLE[check.verdict])
        table.add_row(check.key, check.what, check.expected, check.got, check.allowed, verdict)
    out.print(table)
    out.print()
    references = dict.fromkeys(f"{c.key}: {c.reference}" for c in verification.checks)
    out.print(Text("Outside references\n" + "\n".join(references), style="dim"))
    failed = sum(check.verdict == "fails" for check in verification.checks)
    total = len(verification.checks)
    out.print(
        f"{total - failed} of {total} checks agree with the outside or show a contradiction "
        f"between published sources; {failed} fail.",
        style="bold",
    )


def show_replay(replay: Replay) -> None:
    """Print the table by year and class, and every row that is not matched with its reason."""
    out = console()
    table = plain_table()
    table.add_column("year")
    for header in (
        "rows",
        "to the dollar",
        "within rounding",
        "bounded",
        "unmatched",
        "money rows",
        "matched",
    ):
        table.add_column(header, justify="right")
    for line in replay.summary():
        classes = [f"{line.by_class[kind]:,}" for kind in MatchClass]
        year = "all" if line.performance_year is None else str(line.performance_year)
        table.add_row(
            year, f"{line.rows:,}", *classes, f"{line.money_rows:,}", f"{line.money_matched:,}"
        )
    out.print(table)
    out.print(f"{replay.matched:,} of {len(replay.rows):,} rows matched from their inputs.")
    for row in replay.not_matched():
        out.print()
        out.print(
            f"{row.performance_year} {row.aco_id} {row.aco_name or ''} ({row.contract}): "
            f"published {_amount(row.published)}, recomputed {_amount(row.recomputed)}, "
            f"difference {_amount(row.difference)}; {row.match_class}"
        )
        out.print(Text(row.reason, style="dim"))
    if len(replay.files) <= 1:
        for note in replay.notes:
            out.print(Text(note, style="dim"))


def _amount(value: float | None) -> str:
    return "nothing" if value is None else cents(value)


def show_backtest(result: Backtest) -> None:
    """Print coverage, sharpness and skill of predicted savings rates."""
    out = console()
    out.print(
        f"Savings rates of {result.next_year} predicted from {result.previous_year} and "
        f"before: {len(result.predictions):,} ACOs",
        style="bold",
    )
    out.print(
        f"{100 * result.coverage_90:.1f} % of ACOs fell inside their 90 % interval, "
        f"{100 * result.coverage_50:.1f} % inside their 50 % interval. "
        f"CRPS {100 * result.crps:.2f} points, {100 * result.gain:.1f} % below the better baseline "
        f"({100 * result.crps_baseline:.2f}); bias {100 * result.bias:+.2f} points."
    )
    table = plain_table()
    for header in ("assigned", "ACOs", "inside 50 %", "inside 90 %", "width of 90 %"):
        table.add_column(header, justify="right")
    for size in result.by_size:
        table.add_row(
            f"{size.smallest:,} and over",
            f"{size.acos:,}",
            f"{100 * size.coverage_50:.0f} %",
            f"{100 * size.coverage_90:.0f} %",
            f"{100 * size.width_90:.1f} points",
        )
    out.print(table)
