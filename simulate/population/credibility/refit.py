"""Refit the credibility model; ``python -m simulate.population.credibility.refit [FILES]``.

Prints YAML that `read_credibility` reads. Without files it fits the results that ship
with the package: this is how `credibility_defaults.yaml` was made.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace

from simulate.data import ResultsFile, published_results, published_years, read_results_file
from simulate.population.credibility.fit import fit_credibility
from simulate.population.credibility.model import CredibilityModel, model_text

_COMMENTS = (
    "The panel model of published savings rates (simulate.population.credibility), fitted by",
    "penalised maximum likelihood to the files below. Rates are fractions of the benchmark,",
    "the size constants fractions times the square root of beneficiaries. Intervals: 90 %,",
    "sandwich estimator by ACO. Made by: python -m simulate.population.credibility.refit",
)


def fit_shipped(up_to: int | None = None, intervals: bool = True) -> CredibilityModel:
    """Return the fit to the shipped years, up to and including one of them."""
    years = [year for year in published_years() if up_to is None or year <= up_to]
    files = [replace(published_results(year), name=f"shipped PY{year}") for year in years]
    return fit_credibility(files, intervals)


def refit_text(files: Sequence[ResultsFile] = ()) -> str:
    """Return the fit to `files`, or to the shipped years if there are none, as YAML."""
    model = fit_credibility(files) if files else fit_shipped()
    return model_text(model, _COMMENTS)


if __name__ == "__main__":
    print(refit_text([read_results_file(path) for path in sys.argv[1:]]), end="")
