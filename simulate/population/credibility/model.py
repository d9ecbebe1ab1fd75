"""A fitted credibility model: constants with intervals, year means, drift; as plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from simulate.errors import UserError
from simulate.population.credibility.panel import Parameters

#: What is believed of a year's change in the mean before any is seen: no trend, worth two
#: years; a standard deviation of 0.7 points, worth five. National per-capita growth has an
#: sd of 1.6 points a year (Wallis et al. 2021), and the benchmark's update takes out most.
PRIOR_DRIFT_YEARS = 2.0
PRIOR_DRIFT_SD = 0.007
PRIOR_DRIFT_DF = 5.0


@dataclass(frozen=True)
class Drift:
    """How ACOs that go on move together: a random walk with drift, its constants uncertain.

    Parameters
    ----------
    mean : float
        Expected change a year, fraction of the benchmark.
    sd : float
        Standard deviation of one year's change, the uncertainty about it included.
    years : float
        How many years of experience `mean` rests on, the prior's included.
    """

    mean: float
    sd: float
    years: float

    def over(self, years: int) -> tuple[float, float]:
        """Return mean and standard deviation of the change over `years`."""
        return years * self.mean, self.sd * (years + years**2 / self.years) ** 0.5


class MeanChange(NamedTuple):
    """How the ACOs that went on moved together from one year to a later one.

    Attributes
    ----------
    earlier, later : int
        Performance years.
    change : float
        Mean of what they reached less what their records let expect at an unchanged year
        mean, fraction of the benchmark. It holds what moved the year for all and what
        comes of the weaker ACOs leaving; entrants do not dilute it.
    """

    earlier: int
    later: int
    change: float


def drift_of(changes: Sequence[MeanChange]) -> Drift:
    """Return the drift learned from past changes: conjugate normal, prior as stated above."""
    gaps = [one.later - one.earlier for one in changes]
    weight = PRIOR_DRIFT_YEARS + sum(gaps)
    mean = sum(one.change for one in changes) / weight
    squares = PRIOR_DRIFT_DF * PRIOR_DRIFT_SD**2 - weight * mean**2
    squares += sum(one.change**2 / gap for one, gap in zip(changes, gaps, strict=True))
    df = PRIOR_DRIFT_DF + len(changes)
    return Drift(mean, (squares / (df - 2.0)) ** 0.5, weight)


@dataclass(frozen=True)
class CredibilityModel:
    """The panel model fitted to a set of results files.

    Parameters
    ----------
    parameters : Parameters
    intervals : mapping of str to (float, float)
        90 % intervals of the parameters by name; empty where not asked for.
    early_renewal : float
        How likely an ACO renews in a year though its agreement is not due to end.
    year_means : mapping of int to float
        Mean savings rate of each performance year, fraction of the benchmark.
    mean_changes : tuple of MeanChange
        From each year to the next one with ACOs in common.
    acos, rates : int
        Records (ids) and published rates it rests on.
    files : tuple of str
        Names of the files.
    """

    parameters: Parameters
    intervals: Mapping[str, tuple[float, float]]
    early_renewal: float
    year_means: Mapping[int, float]
    mean_changes: tuple[MeanChange, ...]
    acos: int
    rates: int
    files: tuple[str, ...]

    @property
    def drift(self) -> Drift:
        """How the ACOs of a year are expected to move until the next."""
        return drift_of(self.mean_changes)

    def mean_of(self, year: int) -> float:
        """Return the mean of a year: fitted, between its neighbours, or with the drift."""
        if year in self.year_means:
            return self.year_means[year]
        known = sorted(self.year_means)
        before = max((y for y in known if y < year), default=None)
        after = min((y for y in known if y > year), default=None)
        if before is None:
            return self.year_means[known[0]]
        if after is None:
            return self.year_means[before] + (year - before) * self.drift.mean
        part = (year - before) / (after - before)
        return (1.0 - part) * self.year_means[before] + part * self.year_means[after]

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON or YAML."""
        return {
            "files": list(self.files),
            "acos": self.acos,
            "rates": self.rates,
            "parameters": dict(self.parameters._asdict()),
            "intervals_90": {name: list(ends) for name, ends in self.intervals.items()},
            "early_renewal": self.early_renewal,
            "year_means": {int(year): mean for year, mean in self.year_means.items()},
            "mean_changes": [list(change) for change in self.mean_changes],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> CredibilityModel:
        """Return the model of `to_dict`.

        Raises
        ------
        UserError
            Something is missing or of the wrong kind.
        """
        try:
            means = {int(year): float(mean) for year, mean in data["year_means"].items()}
            return cls(
                Parameters(**{name: float(x) for name, x in data["parameters"].items()}),
                {name: (float(low), float(high))
                 for name, (low, high) in data["intervals_90"].items()},
                float(data["early_renewal"]), means,
                tuple(MeanChange(int(a), int(b), float(x)) for a, b, x in data["mean_changes"]),
                int(data["acos"]), int(data["rates"]), tuple(data["files"]),
            )  # fmt: skip
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise UserError(
                f"not a credibility model ({type(error).__name__}: {error}); fit it again."
            ) from None


def read_credibility(path: str | Path) -> CredibilityModel:
    """Read a fitted model from a YAML (or JSON) file.

    Raises
    ------
    UserError
        The file cannot be read or holds something else.
    """
    try:
        data = yaml.safe_load(Path(path).read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UserError(f"credibility {path}: cannot be read ({error}).") from None
    return CredibilityModel.from_dict(data)


@cache
def default_credibility() -> CredibilityModel:
    """Return the model fitted to the results that ship with the package."""
    folder = resources.files("simulate.population")
    text = folder.joinpath("credibility_defaults.yaml").read_text("utf-8")
    return CredibilityModel.from_dict(yaml.safe_load(text))


def model_text(model: CredibilityModel, comments: Sequence[str] = ()) -> str:
    """Return a model as YAML, with comments above it; `read_credibility` reads it."""
    lines = [f"# {comment}" for comment in comments]
    return "\n".join([*lines, yaml.safe_dump(_rounded(model.to_dict()), sort_keys=False)])


def _rounded(value: Any) -> Any:
    """Return plain data with floats to six significant digits."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, list) else value
