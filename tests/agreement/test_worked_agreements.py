"""Agreements without noise against cash flows worked out by hand, the arithmetic beside each."""

from __future__ import annotations

import numpy as np
import pytest
from agreement_cases import round_aco, silent_run

M = 1_000_000.0


def dollars(values) -> np.ndarray:
    """The one path that all simulated paths are."""
    assert np.all(values == values[0])
    return np.asarray(values[0])


def test_glide_path_with_losses_and_savings() -> None:
    """Benchmark 100 million in every year; MSR 3.0 % by size in A and B, chosen 1.0 % from C on.

    | year | level | savings | gross  | what happens                                        |
    |------|-------|---------|--------|-----------------------------------------------------|
    | 2025 | A     | -4 %    | -4 M   | one-sided: nothing                                  |
    | 2026 | B     |  2 %    |  2 M   | below the MSR of 3 M: nothing                       |
    | 2027 | C     |  4 %    |  4 M   | 50 % of 4 M = 2 M, less 2 % sequestration: 1.96 M   |
    | 2028 | D     | -2 %    | -2 M   | MLR 1 M passed; 30 % of 2 M = 0.6 M, limit 2 M      |
    | 2029 | E     | -16 %   | -16 M  | 30 % of 16 M = 4.8 M, above the limit of 4 %: 4 M   |

    In all 1.96 - 0.6 - 4 = -2.64 M. Paid 0.75 years after each year, at 10 % a year:
    1.96 / 1.1^3.75 - 0.6 / 1.1^4.75 - 4 / 1.1^5.75.
    """
    run = silent_run(
        round_aco(),
        ["glide-path"],
        true_savings=0.04,
        savings_ramp=[-1.0, 0.5, 1.0, -0.5, -4.0],
        msr="1.0",
        discount_rate=0.10,
        start_year=2025,
    )
    settled = run.outcomes("glide-path")
    np.testing.assert_allclose(dollars(settled.net), [0, 0, 1.96 * M, -0.6 * M, -4 * M], atol=1e-6)
    np.testing.assert_allclose(dollars(settled.savings_rate), [-0.04, 0.02, 0.04, -0.02, -0.16])
    found = run["glide-path"].assumed.measures.cumulative
    assert found.expected_cumulative_net.value == pytest.approx(-2.64 * M)
    value = M * (1.96 / 1.1**3.75 - 0.6 / 1.1**4.75 - 4 / 1.1**5.75)
    assert found.net_present_value.value == pytest.approx(value)
    assert found.expected_worst_year.value == pytest.approx(-4 * M)
    # Ahead once the settlement of 2027 is paid, 3.75 years after the start.
    assert found.time_to_break_even_p50 == (3.75, 0.0)
    for probability in (found.probability_of_cumulative_loss, found.probability_of_ever_owing):
        assert probability == (1.0, 0.0)


def test_track_2_meets_its_limits_year_by_year() -> None:
    """Losses of 20 % in each of three years; quality 0.9; the benchmark grows by 10 % a year.

    Final sharing rate 60 % x 0.9 = 54 %, so the shared loss rate is 46 %.

    | year | benchmark | losses | 46 %    | limit               | owed   |
    |------|-----------|--------|---------|---------------------|--------|
    | 2016 | 100 M     | 20 M   | 9.2 M   | 5 %   =  5 M        | 5 M    |
    | 2017 | 110 M     | 22 M   | 10.12 M | 7.5 % =  8.25 M     | 8.25 M |
    | 2018 | 121 M     | 24.2 M | 11.132 M| 10 %  = 12.1 M      | 11.132 M |
    """
    aco = round_aco(performance_year=2016, quality_score=0.9)
    run = silent_run(aco, ["track-2"], true_savings=-0.2, benchmark_update=0.1, start_year=2016)
    settled = run.outcomes("track-2")
    np.testing.assert_allclose(dollars(settled.benchmark), [100 * M, 110 * M, 121 * M])
    owed = [5 * M, 8.25 * M, 11.132 * M]
    np.testing.assert_allclose(dollars(settled.shared_losses), owed)
    np.testing.assert_allclose(dollars(settled.net), [-x for x in owed])
    total = run["track-2"].assumed.measures.cumulative.cumulative_losses_tvar_95
    assert total.value == pytest.approx(24.382 * M)


def test_track_1_from_july_2012_with_interim_payment() -> None:
    """An 18-month first performance year (July 2012 to 2013), quality phased in, scores of 0.8.

    Savings 10 % in 2012, 2 % in 2013, 4 % in 2014 and 2015; benchmark 100 million a year.

    * Performance year 1: benchmark 6/12 x 100 + 100 = 150 M. Savings 5 + 2 = 7 M, 4.67 % and so
      above the MSR of 3 %. Complete reporting earns the full 50 %: 3.5 M, less 2 %: 3.43 M.
    * Interim, first 12 months: 6/12 of 2012 and 6/12 of 2013. Savings 5 + 1 = 6 M of 100 M:
      3 M less 2 % = 2.94 M, paid first. The final reconciliation pays 3.43 - 2.94 = 0.49 M.
    * 2014: 25 of 33 measures are paid for performance, by domain 6/7, 5/6, 5/8 and 9/12: on
      average 0.766369. Score 1 - 0.766369 x 0.2 = 0.846726. 50 % x 4 M x 0.98 = 1.96 M times
      the score.
    * 2015: 32 of 33, on average (6/7 + 3) / 4 = 27/28. Score 1 - 27/28 x 0.2 = 113/140.
    """
    run = silent_run(
        round_aco(performance_year=2012, quality_score=0.8),
        ["track-1"],
        true_savings=0.02,
        savings_ramp=[5.0, 1.0, 2.0, 2.0],
        start_year=2012,
        months=[18],
        interim_payment=True,
        quality_phase_in=True,
    )
    settled = run.outcomes("track-1")
    np.testing.assert_allclose(dollars(settled.benchmark), [150 * M, 100 * M, 100 * M])
    share = (6 / 7 + 5 / 6 + 5 / 8 + 9 / 12) / 4
    earned = [3.43 * M, 1.96 * M * (1 - share * 0.2), 1.96 * M * 113 / 140]
    np.testing.assert_allclose(dollars(settled.net), earned)
    np.testing.assert_allclose(dollars(settled.cash.dollars), [2.94 * M, 0.49 * M, *earned[1:]])
    # Of 1 July 2012: the first 12 months end after one year, the calendar years half a year on.
    np.testing.assert_allclose(settled.cash.times, [1.75, 2.25, 3.25, 4.25])
    assert settled.cash.labels[0] == "interim payment, first 12 months"


def test_the_2011_proposal_with_its_forced_third_year_and_withhold() -> None:
    """Savings of 4 % and 20 %, then losses of 5 %; quality 1; 10,000 beneficiaries.

    * Year 1: MSR 3 % met. Shared above 2 % of the benchmark: 50 % of 2 M = 1 M, less 2 %: 0.98 M.
    * Year 2: 50 % of 18 M = 9 M, less 2 % = 8.82 M, limited to 7.5 %: 7.5 M.
    * Year 3, two-sided: loss rate 1 - 60 % = 40 % of 5 M = 2 M, below the limit of 5 M.
    * A quarter is withheld: 0.245 M and 1.875 M, in all 2.12 M. It meets the 2 M that are owed,
      and the 0.12 M left are paid with the last settlement.
    """
    run = silent_run(
        round_aco(performance_year=2012),
        ["2011-proposal"],
        true_savings=0.04,
        savings_ramp=[1.0, 5.0, -1.25],
        start_year=2012,
    )
    settled = run.outcomes("2011-proposal")
    assert [one.two_sided for one in settled.resolved] == [False, False, True]
    np.testing.assert_allclose(dollars(settled.net), [0.98 * M, 7.5 * M, -2 * M])
    paid = [0.735 * M, 5.625 * M, 0.12 * M]
    np.testing.assert_allclose(dollars(settled.cash.dollars), paid)


@pytest.mark.parametrize(
    ("start_year", "second_benchmark", "second_net"),
    [
        # Agreements from 2024 give half of prior savings back: 95 + 2.5 = 97.5 M. Savings of
        # 2.5 M are 2.56 %: 60 % less 2 % sequestration of it, above a chosen MSR of 2 %.
        (2025, 97.5, 0.588 * 2.5),
        # Before, the benchmark is what was spent: no savings are left.
        (2013, 95.0, 0.0),
    ],
)
def test_track_1_then_2_pays_for_its_success(
    start_year: int, second_benchmark: float, second_net: float
) -> None:
    """Savings of 5 % in all six years: 50 % of 5 M less 2 % = 2.45 M a year, then rebasing."""
    aco = round_aco(performance_year=start_year)
    run = silent_run(aco, ["track-1-then-2"], true_savings=0.05, start_year=start_year)
    settled = run.outcomes("track-1-then-2")
    expected = [100 * M] * 3 + [second_benchmark * M] * 3
    np.testing.assert_allclose(dollars(settled.benchmark), expected)
    np.testing.assert_allclose(
        dollars(settled.net), [2.45 * M] * 3 + [second_net * M] * 3, atol=1e-6
    )
    renewal = run["track-1-then-2"].assumed.next_benchmarks[0]
    assert renewal.change.value == pytest.approx(second_benchmark / 100 - 1)


def test_savings_beyond_the_cap_of_prior_savings() -> None:
    """Half of 20 M would be 10 M; 5 % of 10,000 x 11,610.30 national dollars are 5.805 M."""
    aco = round_aco(performance_year=2022)
    run = silent_run(aco, ["3xenhanced / 3xenhanced"], true_savings=0.2, start_year=2024)
    second = dollars(run.outcomes("3xenhanced/3xenhanced").benchmark)[3]
    assert second == pytest.approx(80 * M + 0.05 * 10_000 * 11_610.30)
