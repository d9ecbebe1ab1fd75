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
    """

    net: FloatArray
    present_value: FloatArray


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
    for name, values in line._asdict().items():
        found[f"expected_{name}"] = of.mean(values, replicates)
        found[f"standard_deviation_of_{name}"] = of.standard_deviation(values, replicates)
        for suffix, level in _QUANTILES:
            found[f"{name}_{suffix}"] = of.quantile(values, level, replicates)
    covered = of.proportion(np.asarray(line.net >= 0.0), certain, replicates)
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
    for name in BottomLine._fields:
        one, two = getattr(first, name), getattr(second, name)
        found[f"expected_{name}"] = of.mean(one - two, replicates)
        found[f"standard_deviation_of_{name}"] = of.paired_deviation(one, two, replicates)
        for suffix, level in _QUANTILES:
            found[f"{name}_{suffix}"] = of.paired_quantile(one, two, level, replicates)
    covered = (first.net >= 0.0).astype(np.float64) - (second.net >= 0.0)
    found["probability_of_covering_costs"] = of.mean(covered, replicates)
    worth = first.present_value, second.present_value
    return AgreementDifference(
        found,
        first_better=of.proportion(worth[0] > worth[1], certain, replicates),
        second_better=of.proportion(worth[1] > worth[0], certain, replicates),
        equal=of.proportion(worth[0] == worth[1], certain, replicates),
    )
