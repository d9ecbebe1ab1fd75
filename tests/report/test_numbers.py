import pytest

from simulate.measures.estimate import Estimate
from simulate.report import numbers

MILLION = (1e6, "million", "M")


@pytest.mark.parametrize(
    ("error", "decimals"),
    [(0.0, 2), (0.004, 2), (0.01, 2), (0.02, 2), (0.1, 1), (0.35, 1), (1.0, 0), (40.0, 0)],
)
def test_decimals_follow_the_first_digit_of_the_error(error, decimals):
    assert numbers.decimals_for(error, 2) == decimals


def test_percent_shows_what_the_error_supports():
    assert numbers.percent_with_error(Estimate(0.12345, 0.0012)) == "12.3 % ±0.1"
    assert numbers.percent_with_error(Estimate(0.12345, 0.00004)) == "12.35 % ±0.01"
    assert numbers.percent(Estimate(-0.00001, 0.001)) == "0.0 %"


def test_what_never_happened_is_a_bound():
    shown = numbers.percent_with_error(Estimate(0.0, 0.5**0.5 / 20_000))
    assert shown == "<0.02 %"
    assert numbers.percent_with_error(Estimate(0.0, 0.0)) == "0.00 %"


def test_dollars_take_a_sensible_unit():
    assert numbers.dollars(Estimate(840_000.0, 12_000.0)) == "$840 thousand"
    assert numbers.dollars_with_error(Estimate(4.1234e6, 12_000.0)) == "$4.12 million ±0.01"
    assert numbers.dollars(Estimate(-2.5e9, 0.0)) == "-$2.50 billion"
    assert numbers.in_unit(Estimate(839_000.0, 200.0), MILLION) == "0.84 ±0.01"
    assert numbers.plain_dollars(84_909_055.0) == "$84.91 million"
    assert numbers.cents(-1234.5) == "-$1,234.50"
