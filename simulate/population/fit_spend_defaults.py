"""Solve the default spend shapes; run as a module to print `spend_defaults.yaml`'s numbers.

For each enrollment type: truncation at the 99th percentile, the truncated
coefficient of variation met exactly, the truncation point as near its published
multiple of the mean as the other targets allow. For the aged those are the
published concentration of spending; for all, about 5 % of spending above the
truncation point. The targets and their sources stand in `spend_defaults.yaml`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.optimize import least_squares
from scipy.special import expit, logit

from simulate.population.spend import (
    FloatArray,
    SpendModel,
    SpendShape,
    model_from_shape,
    spend_defaults,
)

_LOWEST = (-6.0, -1.0, -2.5, -2.5)
_HIGHEST = (2.0, 5.0, 0.9, 0.6)


def _shape(x: FloatArray, zero_mass: float) -> SpendShape:
    log_sds = (float(np.exp(x[2])), float(np.exp(x[3])))
    return SpendShape(zero_mass, float(expit(x[0])), (0.0, float(x[1])), log_sds)


def fit_shape(targets: dict[str, Any], concentration: dict[float, float]) -> SpendModel:
    """Fit one enrollment type by weighted least squares.

    Parameters
    ----------
    targets : dict
        `zero_mass`, `truncated_cv`, `truncation_multiple`, and the `weights` of the
        targets that may give way; `start` the first guess.
    concentration : dict
        Top share of beneficiaries to share of spending, for types that are held to it.
    """
    weights = targets["weights"]
    start = targets["start"]
    guess = np.array(
        [logit(start["high_weight"]), start["log_mean"], *np.log(start["log_sds"])], dtype=float
    )

    def misses(x: FloatArray) -> FloatArray:
        model = model_from_shape("", _shape(x, targets["zero_mass"]))
        shares = np.array(model.concentration(tuple(concentration)))
        return np.concatenate(
            [
                [1000.0 * (model.truncated_cv - targets["truncated_cv"])],
                [
                    weights["truncation_multiple"]
                    * np.log(model.truncation / targets["truncation_multiple"])
                ],
                [weights["lost"] * (model.lost_to_truncation - 0.05)],
                weights["concentration"] * 100.0 * (shares - list(concentration.values())),
                weights["stay_near_start"] * (x - guess),
            ]
        )

    found = least_squares(misses, guess, bounds=(_LOWEST, _HIGHEST), max_nfev=400)
    return model_from_shape("", _shape(found.x, targets["zero_mass"]))


def main() -> None:
    """Print the solved shapes."""
    data = spend_defaults()
    for name, stated in data["types"].items():
        model = fit_shape(stated["targets"], data["concentration"]["shares"])
        print(name, model, f"truncated CV {model.truncated_cv:.4f}")
        print("  lost", model.lost_to_truncation, model.concentration((0.01, 0.05, 0.1, 0.2, 0.5)))


if __name__ == "__main__":
    main()
