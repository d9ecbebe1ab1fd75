"""What an agreement leaves after everything: costs, payments in advance, reinsurance."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np

from simulate.measures import estimate as of
from simulate.measures.agreement_comparison import AgreementDifference
from simulate.measures.estimate import Estimate, FloatArray

_QUANTILES = (("p05", 0.05), ("p50", 0.50), ("p95", 0.95))


class BottomLine(NamedTuple):
    """What simulated paths leave; dollars, arrays of shape (paths,).

    Attributes
    ----------
    net : float64 array
        Sum of all that is received and paid.
    present_value : float64 array
        The same, discounted to the first day.
    priced : tuple of two float64 arrays, shape (paths,), or None
        Each path's influence on the premiums in the two, where these are estimated from the
        paths: the `shift` of `simulate.measures.estimate`. None without such premiums.
    """

    net: FloatArray
    present_value: FloatArray
    priced: tuple[FloatArray, FloatArray] | None = None

    def with_shifts(self) -> dict[str, tuple[FloatArray, FloatArray | None]]:
        """Return both amounts by name, each with its shift."""
        shifts = self.priced or (None, None)
        return {
            "net": (self.net, shifts[0]),
            "present_value": (self.present_value, shifts[1]),
        }


@dataclass(frozen=True)
class BottomLineMeasures:
    """The distribution of a bottom line; dollars over all years.

    Attributes
    ----------
    expected_net, standard_deviation_of_net, net_p05, net_p50, net_p95 : Estimate
        Of the sum of all that is received and paid.
    expected_present_value, standard_deviation_of_present_value : Estimate
    present_value_p05, present_value_p50, present_value_p95 : Estimate
    probability_of_covering_costs : Estimate
        The sum is not below zero.
    """

    expected_net: Estimate
    standard_deviation_of_net: Estimate
    net_p05: Estimate
    net_p50: Estimate
    net_p95: Estimate
    expected_present_value: Estimate
    standard_deviation_of_present_value: Estimate
    present_value_p05: Estimate
    present_value_p50: Estimate
    present_value_p95: Estimate
    probability_of_covering_costs: Estimate

    def to_dict(self) -> dict[str, dict[str, float]]:
        """Return plain data for JSON, by measure."""
        return {field.name: getattr(self, field.name).to_dict() for field in fields(self)}


def measure_bottom_line(
    line: BottomLine, certain: bool = False, replicates: int | None = None
) -> BottomLineMeasures:
    """Measure a bottom line.

    Parameters
    ----------
    line : BottomLine
    certain, replicates
        See `simulate.measures.estimate`.
    """
    found = {}
    for name, (values, shift) in line.with_shifts().items():
        found[f"expected_{name}"] = of.mean(values, replicates, shift)
        found[f"standard_deviation_of_{name}"] = of.standard_deviation(values, replicates)
        for suffix, level in _QUANTILES:
            found[f"{name}_{suffix}"] = of.quantile(values, level, replicates, shift)
    _, shift = line.with_shifts()["net"]
    covered = of.proportion_above(line.net, certain, replicates, shift)
    return BottomLineMeasures(**found, probability_of_covering_costs=covered)


def compare_bottom_lines(
    first: BottomLine, second: BottomLine, certain: bool = False, replicates: int | None = None
) -> AgreementDifference:
    """Compare two bottom lines over the same simulated paths, first less second.

    Parameters
    ----------
    first, second : BottomLine
    certain, replicates
        See `simulate.measures.estimate`.

    Returns
    -------
    AgreementDifference
        By measure of `BottomLineMeasures`; the better one by the present value.
    """
    found = {}
    pairs = zip(first.with_shifts().items(), second.with_shifts().values(), strict=True)
    for (name, (one, on_one)), (two, on_two) in pairs:
        shift = _difference(on_one, on_two)
        found[f"expected_{name}"] = of.mean(one - two, replicates, shift)
        found[f"standard_deviation_of_{name}"] = of.paired_deviation(one, two, replicates)
        for suffix, level in _QUANTILES:
            found[f"{name}_{suffix}"] = of.paired_quantile(one, two, level, replicates, shift)
    covered = (first.net >= 0.0).astype(np.float64) - (second.net >= 0.0)
    found["probability_of_covering_costs"] = of.mean(covered, replicates)
    worth = first.present_value, second.present_value
    return AgreementDifference(
        found,
        first_better=of.proportion(worth[0] > worth[1], certain, replicates),
        second_better=of.proportion(worth[1] > worth[0], certain, replicates),
        equal=of.proportion(worth[0] == worth[1], certain, replicates),
    )


def _difference(first: FloatArray | None, second: FloatArray | None) -> FloatArray | None:
    if first is None or second is None:
        return first if second is None else -second
    return first - second
