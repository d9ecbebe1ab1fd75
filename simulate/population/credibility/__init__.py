"""How much of a published record of savings rates to believe, and what comes next.

`fit_credibility` fits one panel model to any set of CMS's results files,
`default_credibility` is the fit to the files that ship with the package,
`true_savings_posterior` and `predict_rate` apply it to one ACO's record.
Rates are fractions of the benchmark throughout.
"""

from simulate.population.credibility.agreements import (
    expected_last_year,
    regional_update,
)
from simulate.population.credibility.fit import fit_credibility
from simulate.population.credibility.model import (
    CredibilityModel,
    Drift,
    default_credibility,
    read_credibility,
)
from simulate.population.credibility.panel import Parameters
from simulate.population.credibility.posterior import (
    Posterior,
    RatePrediction,
    predict_rate,
    true_savings_posterior,
)
from simulate.population.credibility.record import Observation, observation_of, records_of

__all__ = [
    "CredibilityModel",
    "Drift",
    "Observation",
    "Parameters",
    "Posterior",
    "RatePrediction",
    "default_credibility",
    "expected_last_year",
    "fit_credibility",
    "observation_of",
    "predict_rate",
    "read_credibility",
    "records_of",
    "regional_update",
    "true_savings_posterior",
]
