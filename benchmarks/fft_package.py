"""The people of an ACO in the words of `aggregate`, an independent package (FFT).

Each enrollment type is a compound distribution: a binomial number of people who spend, each
with a mixture of two lognormals up to the truncation point. Nothing comes from `simulate` but
the parameters. Amounts are in thousands of dollars a year.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from simulate.population.population import Population
from simulate.population.spend import SpendModel

THOUSAND = 1e3


def program_of(population: Population) -> str:
    """Return the whole ACO as a portfolio in the language of the package."""
    kinds = zip(
        population.beneficiaries, population.benchmark_by_type, population.models, strict=True
    )
    units = [_unit(people, amount / THOUSAND, model) for people, amount, model in kinds if people]
    return "\n\t".join(["port ACO", *units])


def _unit(people: int, amount: float, model: SpendModel) -> str:
    mean, shape = amount / people, model.shape
    spends = 1.0 - shape.zero_mass
    medians = " ".join(repr(float(mean * np.exp(m))) for m in shape.log_means)
    return (
        f"agg {model.enrollment_type.replace('_', '.')} {people * spends!r} claims "
        f"{mean * model.truncation!r} xs 0 "
        f"sev [{medians}] * lognorm [{shape.log_sds[0]} {shape.log_sds[1]}] "
        f"wts [{1.0 - shape.high_weight!r} {shape.high_weight!r}] "
        f"binomial {spends!r}"
    )


def distribution(build: Callable[..., Any], program: str, buckets_log2: int, bucket: float) -> Any:
    """Return the portfolio, convolved by FFT on 2**`buckets_log2` buckets.

    Parameters
    ----------
    build : callable
        `aggregate.build`.
    program : str
    buckets_log2 : int
    bucket : float
        Thousands of dollars.
    """
    portfolio = build(program, update=False)
    # Without the first option the package would replace every compound of more than a hundred
    # people by a shifted lognormal; without the second it would add what nobody asked for here.
    portfolio.update(log2=buckets_log2, bs=bucket, approx_freq_ge=1e12, add_exa=False)
    return portfolio


def probability_below(portfolio: Any, dollars: np.ndarray, bucket: float) -> np.ndarray:
    """Return the probability that expenditure is at or below each amount.

    The mass of a bucket is spread over its width.
    """
    upper = portfolio.density_df["loss"].to_numpy() + 0.5 * bucket
    return np.interp(dollars / THOUSAND, upper, np.cumsum(portfolio.density_df["p_total"]))
