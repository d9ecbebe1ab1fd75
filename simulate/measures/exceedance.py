"""How often an amount is exceeded: the curve behind a value at risk."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulate.measures.estimate import FloatArray, proportion

#: Amounts of a curve: finer than a line that is drawn.
_POINTS = 400


@dataclass(frozen=True)
class Exceedance:
    """The chance that each of some amounts is exceeded, from simulated years.

    Attributes
    ----------
    amounts : float64 array, shape (points,)
        Rising, from 0 to the largest that was simulated; dollars.
    chances : float64 array, shape (points,)
        Share of the years with more; it holds from its amount up to the next.
    standard_errors : float64 array, shape (points,)
        Of the chances.
    """

    amounts: FloatArray
    chances: FloatArray
    standard_errors: FloatArray

    def at(self, amount: float) -> float:
        """Return the chance that an amount (0 or more) is exceeded."""
        return float(self.chances[np.searchsorted(self.amounts, amount, side="right") - 1])


def exceedance(
    values: FloatArray,
    marked: tuple[float, ...] = (),
    certain: bool = False,
    replicates: int | None = None,
) -> Exceedance:
    """Estimate how often amounts are exceeded, at amounts that many or few years exceed.

    Parameters
    ----------
    values : float64 array, shape (years,)
        One amount a year, none below 0; dollars.
    marked : tuple of float
        Amounts (0 or more) that the curve must have, such as a value at risk.
    certain : bool
        Nothing is random, so that a share of years is exact.
    replicates : int, optional
        As in `simulate.measures.estimate`.
    """
    amounts = np.unique(np.concatenate([[0.0], marked, _spread(values)]))
    found = [proportion(values > amount, certain, replicates) for amount in amounts]
    chances, errors = np.array(found).T
    return Exceedance(amounts, chances, errors)


def _spread(values: FloatArray) -> FloatArray:
    """Return simulated amounts above 0, the rarer the closer together, and the largest."""
    ordered = np.sort(values[values > 0.0])
    if not ordered.size:
        return ordered
    # Equal ratios of the number of years that exceed each.
    exceeding = np.geomspace(1.0, ordered.size, _POINTS).astype(np.intp) - 1
    return np.asarray(ordered[ordered.size - 1 - exceeding])
