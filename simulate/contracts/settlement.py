"""Settlement of a performance year, with its waterfall.

The arithmetic is one pure function, `simulate.kernels.settlement_rule.settle_year`. One
settlement gets its waterfall (`simulate.contracts.waterfall`); arrays of simulated years
go through the same function, compiled.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulate.contracts.contract import Contract
from simulate.contracts.resolution import (
    STANDARDS,
    Circumstances,
    QualityStandard,
    ResolvedContract,
    check_shares,
    resolve,
)
from simulate.contracts.waterfall import Step, waterfall, whole_cents
from simulate.errors import UserError
from simulate.kernels import settlement_rule as rule

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Settlement:
    """One settled performance year.

    Attributes
    ----------
    shared_savings, shared_losses : float
        Dollars paid to the ACO, and owed by it (both >= 0), to the cent.
    net : float
        Shared savings less shared losses, plus any extra cash flow and performance
        incentive of the contract.
    waterfall : tuple of Step
        From the benchmark to the result. The lines marked by a sign in `detail` add
        up, to the cent, from gross savings or losses to the result.
    notes : tuple of str
        What was assumed.
    """

    contract: ResolvedContract
    outcome: rule.Outcome
    shared_savings: float
    shared_losses: float
    net: float
    waterfall: tuple[Step, ...]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, object]:
        """Return the settlement as plain data for JSON."""
        return {
            "contract": self.contract.contract.id,
            "performance_year": self.contract.performance_year,
            "shared_savings": self.shared_savings,
            "shared_losses": self.shared_losses,
            "net": self.net,
            "waterfall": [step._asdict() for step in self.waterfall],
            "notes": list(self.notes),
        }


def settle(
    contract: Contract,
    circumstances: Circumstances,
    benchmark: float,
    expenditure: float,
    quality_score: float = 1.0,
    quality_standard: QualityStandard = "met",
) -> Settlement:
    """Settle one performance year under a contract, as CMS does.

    Parameters
    ----------
    contract : Contract
        From the catalogue or the user's own.
    circumstances : Circumstances
        Size, year, choices and events.
    benchmark, expenditure : float
        Total updated benchmark and total expenditure in dollars, on the same
        truncated basis.
    quality_score : float
        Fraction from 0 to 1.
    quality_standard : {"met", "alternative", "failed"}
        Which quality performance standard was met (42 CFR 425.512).

    Returns
    -------
    Settlement

    Raises
    ------
    UserError
        Dollars or shares that cannot be, or a quality standard that the year does
        not have.

    Notes
    -----
    CMS methodology specifications v11 (January 2023), section 4.3, steps 1 to 11;
    42 CFR 425.604, 605, 606, 610.
    """
    _check_dollars(benchmark, expenditure)
    check_shares(quality=quality_score)
    resolved = resolve(contract, circumstances)
    if quality_standard not in STANDARDS:
        raise UserError(
            f"quality_standard = {quality_standard!r}: allowed are {', '.join(STANDARDS)}."
        )
    if quality_standard == "alternative" and resolved.terms.quality_rule != rule.QUALITY_TIERS:
        year = f"the rules of {resolved.performance_year}"
        under = year if contract.under_programme_rules else "a model that has none"
        raise UserError(
            "quality_standard = alternative: the alternative quality standard exists from "
            f"performance year 2023 on (42 CFR 425.512(a)); {contract.id} is settled under "
            f"{under}. Use met or failed, or another --year."
        )
    standard = STANDARDS[quality_standard]
    outcome = rule.settle_year(resolved.terms, benchmark, expenditure, quality_score, standard)
    steps = tuple(waterfall(resolved, outcome, benchmark, expenditure))
    savings = whole_cents(outcome.shared_savings) / 100
    losses = whole_cents(outcome.shared_losses) / 100
    return Settlement(
        resolved,
        outcome,
        savings,
        losses,
        round(savings - losses + outcome.extra_cash + outcome.incentive, 2),
        steps,
        resolved.notes,
    )


def _check_dollars(benchmark: float, expenditure: float) -> None:
    for name, value in (("benchmark", benchmark), ("expenditure", expenditure)):
        if not (math.isfinite(value) and 0.0 < value < 1e12):
            raise UserError(
                f"{name} = {value:g}: a total in dollars for the performance year is wanted, "
                "above 0 and below 1,000,000,000,000."
            )
    if not 0.1 <= expenditure / benchmark <= 10.0:
        raise UserError(
            f"expenditure = {expenditure:g} is {expenditure / benchmark:.2g} times the benchmark "
            f"of {benchmark:g}: both are totals in dollars for the same performance year."
        )


@dataclass(frozen=True)
class SettledYears:
    """Simulated years settled under one contract; arrays of shape (years,), dollars.

    `threshold` holds 1 where the MSR was met, 2 where the half rate applied, -1 where
    the MLR was met, else 0; `limited` is true where a payment or loss limit cut.
    """

    resolved: ResolvedContract
    shared_savings: FloatArray
    shared_losses: FloatArray
    net: FloatArray
    threshold: NDArray[np.int8]
    limited: NDArray[np.bool_]


#: Years that are settled at a time: what they need besides the result stays small.
_YEARS_AT_A_TIME = 1 << 14


def settle_simulated_years(
    resolved: ResolvedContract,
    benchmark: float | FloatArray,
    expenditures: FloatArray,
    quality_score: float | FloatArray,
    quality_standard: QualityStandard,
) -> SettledYears:
    """Settle an array of simulated expenditures (dollars, shape (years,)) under one contract.

    The same rule as `settle`, compiled; benchmark and quality score are one, or one a year.
    """
    from simulate.kernels.settlement_loop import settle_years

    standard = STANDARDS[quality_standard]
    if resolved.terms.quality_rule != rule.QUALITY_TIERS and quality_standard == "alternative":
        # Before 2023 there was no alternative standard: such an ACO met the standard.
        standard = rule.STANDARD_MET
    years = expenditures.size
    stated = np.broadcast_arrays(benchmark, expenditures, quality_score)
    savings, losses, net = np.empty(years), np.empty(years), np.empty(years)
    threshold, limited = np.empty(years, dtype=np.int8), np.empty(years, dtype=np.bool_)
    for start in range(0, years, _YEARS_AT_A_TIME):
        part = slice(start, start + _YEARS_AT_A_TIME)
        # Copies: the kernel is compiled for arrays of its own, whatever it is given.
        benchmarks, spent, scores = (np.array(values[part], dtype=np.float64) for values in stated)
        outcome = np.empty((5, spent.size))
        settle_years(resolved.terms, benchmarks, spent, scores, standard, outcome)
        savings[part], losses[part], net[part], threshold[part] = outcome[:4]
        limited[part] = outcome[4] > 0.0
    return SettledYears(resolved, savings, losses, net, threshold, limited)
