"""Two paths of contracts on the same simulated years: paired differences, and the better one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from simulate.measures import estimate as of
from simulate.measures.agreement import AgreementYears
from simulate.measures.estimate import Estimate, FloatArray
from simulate.measures.outcomes import TAIL_LEVEL

_LEVELS = {"p05": 0.05, "p50": 0.50, "p95": 0.95}


@dataclass(frozen=True)
class AgreementDifference:
    """First path of contracts less the second, over the same simulated paths; dollars.

    Attributes
    ----------
    differences : dict of str to Estimate
        By measure of `simulate.measures.agreement.CumulativeMeasures`, with the standard error of
        the paired difference.
    first_better, second_better, equal : Estimate
        Share of simulated paths in which the net present value of one is the larger.
    """

    differences: dict[str, Estimate]
    first_better: Estimate
    second_better: Estimate
    equal: Estimate

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "differences": {name: d.to_dict() for name, d in self.differences.items()},
            "first_better": self.first_better.to_dict(),
            "second_better": self.second_better.to_dict(),
            "equal": self.equal.to_dict(),
        }


def compare_agreements(
    first: AgreementYears, second: AgreementYears, discount_rate: float, certain: bool = False
) -> AgreementDifference:
    """Compare two paths of contracts settled on the same simulated years.

    Parameters
    ----------
    first, second : AgreementYears
        Of any numbers of performance years.
    discount_rate : float
        A year; a fraction.
    certain : bool
        Nothing is random, so that a share of 0 or 1 of the paths is exact.
    """
    replicates = first.replicates
    one, two = (_figures(years, discount_rate) for years in (first, second))
    values = one["net_present_value"], two["net_present_value"]
    differences = {name: of.mean(one[name] - two[name], replicates) for name in one}
    for name in ("net_present_value", "cumulative_net"):
        pair = one[name], two[name]
        differences[f"standard_deviation_of_{name}"] = of.paired_deviation(*pair, replicates)
        for suffix, level in _LEVELS.items():
            differences[f"{name}_{suffix}"] = of.paired_quantile(*pair, level, replicates)
    differences["expected_cumulative_net"] = differences.pop("cumulative_net")
    losses = one["expected_cumulative_losses"], two["expected_cumulative_losses"]
    differences["cumulative_losses_var_95"] = of.paired_quantile(*losses, TAIL_LEVEL, replicates)
    differences["cumulative_losses_tvar_95"] = of.paired_tail_mean(*losses, TAIL_LEVEL, replicates)
    return AgreementDifference(
        differences,
        first_better=of.proportion(values[0] > values[1], certain, replicates),
        second_better=of.proportion(values[1] > values[0], certain, replicates),
        equal=of.proportion(values[0] == values[1], certain, replicates),
    )


def _figures(years: AgreementYears, discount_rate: float) -> dict[str, FloatArray]:
    """Return what is averaged over paths, one array of shape (paths,) a measure."""
    net, losses = years.net, years.shared_losses
    total = np.cumsum(net, axis=1)[:, -1]
    return {
        "net_present_value": years.cash.present_value(discount_rate),
        "cumulative_net": total,
        "expected_cumulative_losses": np.cumsum(losses, axis=1)[:, -1],
        "probability_of_cumulative_loss": _as_numbers(total < 0.0),
        "probability_of_ever_earning": _as_numbers((years.shared_savings > 0.0).any(axis=1)),
        "probability_of_ever_owing": _as_numbers((losses > 0.0).any(axis=1)),
        "expected_worst_year": net.min(axis=1),
    }


def _as_numbers(truths: Any) -> FloatArray:
    return np.asarray(truths, dtype=np.float64)
