"""Scores of predictive distributions: coverage and the continuous ranked probability score.

Arrays of one length in, arrays out; all in the unit of what is predicted.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def crps_normal(actual: FloatArray, mean: FloatArray, sd: FloatArray) -> FloatArray:
    """Return the CRPS of normal predictions (Gneiting and Raftery 2007, eq. 21).

    Parameters
    ----------
    actual, mean, sd : array
        What happened, and the prediction.
    """
    from scipy.special import ndtr

    z = (actual - mean) / sd
    density = np.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)
    return np.asarray(sd * (z * (2.0 * ndtr(z) - 1.0) + 2.0 * density - 1.0 / math.sqrt(math.pi)))


def crps_t(actual: FloatArray, mean: FloatArray, scale: FloatArray, df: FloatArray) -> FloatArray:
    """Return the CRPS of Student t predictions (Jordan, Krueger and Lerch 2019, appendix A).

    Parameters
    ----------
    actual, mean : array
    scale : array
        Of the t, not its standard deviation.
    df : array
        Degrees of freedom, above 1.
    """
    from scipy.special import beta, stdtr
    from scipy.stats import t

    z = (actual - mean) / scale
    inner = z * (2.0 * stdtr(df, z) - 1.0) + 2.0 * t.pdf(z, df) * (df + z * z) / (df - 1.0)
    spread = 2.0 * np.sqrt(df) / (df - 1.0) * beta(0.5, df - 0.5) / beta(0.5, df / 2.0) ** 2
    return np.asarray(scale * (inner - spread))


def covered(pit: FloatArray, level: float) -> FloatArray:
    """Return 1 where the central interval of probability `level` holds the outcome, else 0.

    Parameters
    ----------
    pit : array
        Probability integral transform: predicted probability of at most the outcome.
    level : float
        0.9 for the interval from the 5th to the 95th percentile.
    """
    return np.asarray(np.abs(pit - 0.5) <= level / 2.0, dtype=np.float64)
