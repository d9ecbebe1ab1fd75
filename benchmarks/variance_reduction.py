"""How many fewer years quasi-random shared factors need for the same standard error.

One real ACO is scaled to three sizes and settled under a two-sided contract, with true savings
stated as exactly 2 percent and as its published history has them. Every case is simulated with
many seeds, under independent and quasi-random sampling. For each figure the table shows

* gain: years of independent sampling for one quasi-random year at the same standard error,
  the ratio of the mean reported variances, with its standard error over the seeds;
* spread: the same ratio from how the estimates themselves scatter over the seeds, which trusts
  no formula but is known only roughly (its own relative error is about 2 / sqrt(seeds - 1));
* honest: how the quasi-random estimates scatter over the mean of their reported standard errors,
  1 where these are right;
* off: the mean of the quasi-random estimates less the exact engine's, in its standard errors.

Run it with:  python benchmarks/variance_reduction.py [--seeds 40] [--years 10000]
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass

import numpy as np

import simulate as sim

ACO_ID, YEAR, CONTRACT = "A4803", 2024, "enhanced"
SIZES = (5_000, 20_000, 100_000)
TRUE_SAVINGS = (0.02, "history")
FIGURES = {
    "probability_of_shared_savings": "P(savings)",
    "probability_of_shared_losses": "P(losses)",
    "expected_net": "mean net",
    "net_p05": "net 5 %",
    "loss_tvar_95": "TVaR",
}
#: The exact engine gives these to many digits; a quantile's estimate has a bias of its own.
HELD_AGAINST_EXACT = (
    "probability_of_shared_savings",
    "probability_of_shared_losses",
    "expected_net",
)


@dataclass(frozen=True)
class Sampled:
    """Estimates and standard errors of each figure over the seeds; arrays (figures, seeds)."""

    values: np.ndarray
    errors: np.ndarray


def sampled(
    aco: sim.ACO, true_savings: float | str, sampling: str, years: int, seeds: int
) -> Sampled:
    estimates = np.empty((len(FIGURES), 2, seeds))
    for seed in range(seeds):
        run = sim.run(
            aco, [CONTRACT], years, seed + 1, true_savings=true_savings, sampling=sampling
        )
        for row, figure in enumerate(FIGURES):
            estimates[row, :, seed] = getattr(run[CONTRACT], figure)
    return Sampled(estimates[:, 0], estimates[:, 1])


def ratio_of_means(above: np.ndarray, below: np.ndarray) -> tuple[float, float]:
    """Return the ratio of two means and its standard error."""
    parts = [np.std(x, ddof=1) / np.mean(x) / np.sqrt(x.size) for x in (above, below)]
    ratio = np.mean(above) / np.mean(below)
    return ratio, ratio * np.hypot(*parts)


def lines(aco: sim.ACO, true_savings: float | str, years: int, seeds: int) -> list[str]:
    independent, quasi_random = (
        sampled(aco, true_savings, sampling, years, seeds)
        for sampling in ("independent", "quasi-random")
    )
    exact = sim.run(aco, [CONTRACT], engine="exact", true_savings=true_savings)[CONTRACT]
    found = []
    for row, (figure, name) in enumerate(FIGURES.items()):
        if not quasi_random.errors[row].all():
            continue  # a quantile on one value that many years share, as no losses are
        gain, error = ratio_of_means(independent.errors[row] ** 2, quasi_random.errors[row] ** 2)
        spread = np.var(independent.values[row]) / np.var(quasi_random.values[row])
        scatter = np.std(quasi_random.values[row], ddof=1)
        honest = scatter / np.sqrt(np.mean(quasi_random.errors[row] ** 2))
        off = np.mean(quasi_random.values[row]) - getattr(exact, figure).value
        distance = f"{off / (scatter / np.sqrt(seeds)):+.1f}"
        cells = (
            f"{aco.assigned_beneficiaries:,}",
            str(true_savings),
            name,
            f"{gain:.2f} ± {error:.2f}",
            f"{spread:.2f}",
            f"{honest:.2f} ± {honest / np.sqrt(2 * (seeds - 1)):.2f}",
            distance if figure in HELD_AGAINST_EXACT else "",
        )
        found.append(f"| {' | '.join(cells)} |")
    return found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--seeds", type=int, default=40, help="at least 2")
    options.add_argument("--years", type=int, default=10_000, help="at least 1,000")
    options.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    asked = options.parse_args()
    began = time.perf_counter()
    published = sim.ACO.from_published_results(ACO_ID, year=YEAR)
    print(f"{ACO_ID} of {YEAR}, {CONTRACT}; {asked.seeds} seeds of {asked.years:,} years each\n")
    print("| beneficiaries | true savings | figure | gain | spread | honest | off |")
    print("|---:|---|---|---:|---:|---:|---:|")
    for size in asked.sizes:
        for true_savings in TRUE_SAVINGS:
            aco = published.scaled_to(size)
            print(*lines(aco, true_savings, asked.years, asked.seeds), sep="\n", flush=True)
    print(f"\nsimulate {sim.__version__}, {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
