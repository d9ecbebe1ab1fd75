"""Maximum-likelihood fits of the spend families, compared by what matters for risk.

The likelihood is that of a histogram of log spend in classes of 1 % (`spend_sample.LOG_BIN`),
so its cost does not grow with the number of beneficiaries. The tail beyond the truncation
point hardly moves a settlement; the truncated coefficient of variation decides it. So the
recommendation asks first for the truncated mean and CV and then for the likelihood.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

from simulate.population.families import (
    FAMILY_NAMES,
    GB2,
    FloatArray,
    GammaPower,
    LognormalMixture,
    Shape,
)
from simulate.population.spend_sample import SpendFigures, SpendSample, figures_of

#: How near a family must come to the data's truncated mean and CV to be recommended, as a
#: fraction; or two standard errors of the data's figure, whichever is more.
TOLERANCE = 0.02
#: The same for the share of spending of the top 1 to 50 %; or two standard errors of the
#: untruncated mean, which is about what the share of the top moves with chance.
CONCENTRATION_TOLERANCE = 0.03
_TAIL_MARGIN = 0.05
_SMALLEST_SD = 0.05


@dataclass(frozen=True)
class FamilyFit:
    """One family fitted to one sample.

    Attributes
    ----------
    shape : Shape
        In truncated means of the data.
    parameters : int
        Free parameters, the zero mass among them.
    log_likelihood : float or None
        Of log spend in multiples of the truncated mean, zeros included, at the sample's
        effective size; none for the empirical table.
    figures : SpendFigures
        At the data's truncation point.
    """

    shape: Shape
    parameters: int
    log_likelihood: float | None
    effective_count: float
    figures: SpendFigures

    @property
    def family(self) -> str:
        """Name of the family."""
        return self.shape.family

    @property
    def aic(self) -> float | None:
        """Akaike's information criterion; less is better."""
        if self.log_likelihood is None:
            return None
        return 2.0 * self.parameters - 2.0 * self.log_likelihood

    @property
    def bic(self) -> float | None:
        """Bayesian information criterion at the effective size; less is better."""
        if self.log_likelihood is None:
            return None
        return self.parameters * float(np.log(self.effective_count)) - 2.0 * self.log_likelihood


@dataclass(frozen=True)
class Recommendation:
    """The family to use, and why in one sentence."""

    fit: FamilyFit
    reason: str


def _mean(sample: SpendSample, values: FloatArray) -> float:
    return float(np.dot(sample.weights, values) / sample.weights.sum())


def _fit_lognormal(sample: SpendSample) -> Shape:
    m = _mean(sample, sample.log_amounts)
    s = float(np.sqrt(_mean(sample, (sample.log_amounts - m) ** 2)))
    return LognormalMixture(sample.zero_mass, 0.0, (m, m), (s, s))


def _fit_gamma(sample: SpendSample) -> Shape:
    mean = _mean(sample, np.exp(sample.log_amounts))
    gap = np.log(mean) - _mean(sample, sample.log_amounts)

    def miss(log_form: float) -> float:
        return float(log_form - special.digamma(np.exp(log_form)) - gap)

    form = float(np.exp(optimize.brentq(miss, -8.0, 12.0)))
    return GammaPower(sample.zero_mass, form, 1.0, mean / form)


def _fit_weibull(sample: SpendSample) -> Shape:
    y = sample.log_amounts
    centre, top = _mean(sample, y), float(y.max())

    def raised(k: float) -> FloatArray:
        return sample.weights * np.exp(k * (y - top))

    def miss(k: float) -> float:
        w = raised(k)
        return float(np.dot(w, y) / w.sum() - 1.0 / k - centre)

    k = float(optimize.brentq(miss, 0.02, 200.0))
    scale = np.exp(top) * (raised(k).sum() / sample.weights.sum()) ** (1.0 / k)
    return GammaPower(sample.zero_mass, 1.0, 1.0 / k, float(scale))


def _best(
    sample: SpendSample,
    build: Callable[[FloatArray], Shape],
    starts: Iterable[FloatArray],
    bounds: list[tuple[float, float]],
) -> Shape:
    weights = sample.weights / sample.weights.sum()

    def cost(x: FloatArray) -> float:
        value = -float(np.dot(weights, build(x).log_density(sample.log_amounts)))
        return value if np.isfinite(value) else 1e10

    options = {"maxiter": 2000, "maxfun": 40000, "ftol": 1e-13, "gtol": 1e-8}
    low, high = np.array(bounds).T
    found = [
        optimize.minimize(
            cost, np.clip(start, low, high), method="L-BFGS-B", bounds=bounds, options=options
        )
        for start in starts
    ]
    return build(min(found, key=lambda result: float(result.fun)).x)


def _gb2(sample: SpendSample, x: FloatArray, p: float) -> GB2:
    # The tail index a q stays above 1, so that the mean is finite.
    a = float(np.exp(x[0]))
    q = (1.0 + _TAIL_MARGIN + float(np.exp(x[1]))) / a
    return GB2(sample.zero_mass, a, p, q, float(np.exp(x[2])))


_GB2_BOUNDS = [(-2.5, 3.0), (-6.0, 6.0), (-20.0, 20.0)]


def _fit_burr12(sample: SpendSample) -> Shape:
    centre = _mean(sample, sample.log_amounts)
    starts = [np.array([np.log(a), np.log(t), centre + 1.0]) for a, t in ((0.8, 1.0), (1.5, 2.0))]
    return _best(sample, lambda x: _gb2(sample, x, 1.0), starts, _GB2_BOUNDS)


def _fit_gb2(sample: SpendSample) -> Shape:
    burr = _fit_burr12(sample)
    assert isinstance(burr, GB2)
    tail = max(burr.a * burr.q - 1.0 - _TAIL_MARGIN, 0.01)
    start = np.array([np.log(burr.a), np.log(tail), np.log(burr.scale), 0.001])
    moves = ((0.0, 0.0, 0.0, 0.0), (-0.7, 0.0, 0.5, 0.7), (0.7, 0.0, 0.5, -0.7))
    starts = [start + np.array(move) for move in moves]
    bounds = [*_GB2_BOUNDS, (-4.0, 4.0)]
    return _best(sample, lambda x: _gb2(sample, x[:3], float(np.exp(x[3]))), starts, bounds)


def _mixture(sample: SpendSample, x: FloatArray) -> LognormalMixture:
    weight = float(special.expit(x[0]))
    parts = [(float(x[1]), float(np.exp(x[2]))), (float(x[3]), float(np.exp(x[4])))]
    if parts[0][0] + 0.5 * parts[0][1] ** 2 > parts[1][0] + 0.5 * parts[1][1] ** 2:
        parts, weight = parts[::-1], 1.0 - weight
    (low, narrow), (high, wide) = parts
    return LognormalMixture(sample.zero_mass, weight, (low, high), (narrow, wide))


def _fit_two_lognormals(sample: SpendSample) -> Shape:
    starts = [_em(sample, split) for split in (0.1, 0.5, 0.85)]
    log_sd = (float(np.log(_SMALLEST_SD)), 3.0)
    bounds = [(-9.0, 9.0), (-25.0, 25.0), log_sd, (-25.0, 25.0), log_sd]
    return _best(sample, lambda x: _mixture(sample, x), starts, bounds)


def _em(sample: SpendSample, split: float, rounds: int = 60) -> FloatArray:
    # From a cut at the stated share, expectation and maximisation in turn.
    y, w = sample.log_amounts, sample.weights / sample.weights.sum()
    upper = np.where(np.cumsum(w) > split, 0.9, 0.1)
    for _ in range(rounds):
        logs = []
        moments = []
        for share in (1.0 - upper, upper):
            mass = max(float(np.dot(w, share)), 1e-9)
            m = float(np.dot(w * share, y)) / mass
            s = max(np.sqrt(float(np.dot(w * share, (y - m) ** 2)) / mass), _SMALLEST_SD)
            logs.append(np.log(mass) - np.log(s) - 0.5 * ((y - m) / s) ** 2)
            moments += [m, float(np.log(s))]
        upper = special.expit(logs[1] - logs[0])
    return np.array([special.logit(np.clip(float(np.dot(w, upper)), 1e-4, 0.9999)), *moments])


_FITS: dict[str, tuple[Callable[[SpendSample], Shape], int]] = {
    "lognormal": (_fit_lognormal, 3),
    "gamma": (_fit_gamma, 3),
    "weibull": (_fit_weibull, 3),
    "burr12": (_fit_burr12, 4),
    "gb2": (_fit_gb2, 5),
    "two_lognormals": (_fit_two_lognormals, 6),
}


def fit_family(sample: SpendSample, family: str) -> FamilyFit:
    """Fit one family to a sample by maximum likelihood.

    Parameters
    ----------
    sample : SpendSample
    family : str
        A key of `FAMILY_NAMES`.
    """
    count = sample.effective_count
    if family == "quantile_table":
        table = sample.table
        figures = figures_of(table, sample.truncation)
        return FamilyFit(table, 2 * len(table.means), None, count, figures)
    fit, parameters = _FITS[family]
    shape = fit(sample)
    positive = float(np.dot(sample.weights, shape.log_density(sample.log_amounts)))
    likelihood = count * positive / float(sample.weights.sum())
    zero = sample.zero_mass
    odds = special.xlogy(zero, zero) + special.xlog1py(1.0 - zero, -zero)
    likelihood += count / (1.0 - zero) * float(odds)
    figures = figures_of(shape, sample.truncation)
    return FamilyFit(shape, parameters, likelihood, count, figures)


def fit_families(
    sample: SpendSample, families: Iterable[str] = tuple(FAMILY_NAMES)
) -> tuple[FamilyFit, ...]:
    """Fit several families to a sample, in the order named."""
    return tuple(fit_family(sample, family) for family in families)


def recommend(sample: SpendSample, fits: tuple[FamilyFit, ...]) -> Recommendation:
    """Choose among fits: truncated mean, truncated CV and concentration first, then AIC.

    Returns
    -------
    Recommendation
        The likeliest family (lowest AIC) whose truncated mean and CV are within `TOLERANCE`
        and whose concentration is within `CONCENTRATION_TOLERANCE` of the data's, or within
        two standard errors; where none is, the empirical table if it is itself that near;
        else the family that comes nearest.
    """
    ranked = sorted((f for f in fits if f.aic is not None), key=lambda fit: fit.aic or 0.0)
    data = f"the data's {sample.figures.truncated_cv:.3f} ± {sample.cv_error:.3f}"
    good = [fit for fit in ranked if not _misses(sample, fit)]
    if good:
        best = good[0]
        cv = f"truncated CV {best.figures.truncated_cv:.3f} against {data}"
        if best is ranked[0]:
            return Recommendation(best, f"likeliest (lowest AIC), {cv}")
        return Recommendation(
            best,
            f"likeliest of those that meet the data where it matters, {cv}; "
            f"{_passed(sample, ranked[0])}",
        )
    tables = [fit for fit in fits if fit.aic is None and not _misses(sample, fit)]
    passed = f"; {_passed(sample, ranked[0])}" if ranked else ""
    if tables:
        return Recommendation(tables[0], f"no family meets the data where it matters{passed}")
    best = min(fits, key=lambda fit: _distance(sample, fit))
    cv = f"truncated CV {best.figures.truncated_cv:.3f} against {data}"
    return Recommendation(best, f"nearest where it matters though it misses, {cv}{passed}")


def _passed(sample: SpendSample, fit: FamilyFit) -> str:
    missed = " and ".join(_misses(sample, fit))
    return f"the likeliest, {FAMILY_NAMES[fit.family]}, misses {missed}"


def _gaps(sample: SpendSample, fit: FamilyFit) -> tuple[float, float, float]:
    data, found = sample.figures, fit.figures
    pairs = zip(found.concentration, data.concentration, strict=True)
    return (
        abs(found.truncated_cv / data.truncated_cv - 1.0),
        abs(found.truncated_mean - 1.0),
        max(abs(a - b) for a, b in pairs),
    )


def _misses(sample: SpendSample, fit: FamilyFit) -> list[str]:
    """Return what a fit does not meet, in words with its figure; empty where it meets all."""
    cv, mean, concentration = _gaps(sample, fit)
    missed = []
    if cv > max(TOLERANCE, 2.0 * sample.cv_error / sample.figures.truncated_cv):
        missed.append(f"the truncated CV ({fit.figures.truncated_cv:.3f})")
    if mean > max(TOLERANCE, 2.0 * sample.mean_error):
        missed.append(f"the truncated mean ({fit.figures.truncated_mean:.3f} of the data's)")
    if concentration > max(CONCENTRATION_TOLERANCE, 2.0 * sample.untruncated_error):
        missed.append(f"the concentration (by {100.0 * concentration:.0f} points)")
    return missed


def _distance(sample: SpendSample, fit: FamilyFit) -> float:
    return sum(_gaps(sample, fit))
