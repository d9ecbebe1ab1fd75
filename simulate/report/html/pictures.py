"""The figures of the report: pictures with a caption and a description in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from simulate.report.figures.house import chosen_ids, figure_of, svg_uri
from simulate.report.figures.net_outcome import net_outcome, outcome_groups
from simulate.report.figures.paired import paired_difference
from simulate.report.figures.payoff import payoff_curve, payoff_groups
from simulate.report.figures.probabilities import probabilities
from simulate.report.numbers import dollars, percent, plain_percent

if TYPE_CHECKING:
    from simulate.analysis.compare import ContractComparison
    from simulate.analysis.run import Run
    from simulate.report.figures.house import Group


class Picture(NamedTuple):
    """A figure as a data URI, and what it shows in words."""

    uri: str
    alt: str


class Pictures(NamedTuple):
    """The figures of a run."""

    net_outcome: Picture
    probabilities: Picture
    payoffs: list[Picture]


def pictures(run: Run) -> Pictures:
    """Draw the figures of a run."""
    ids = chosen_ids(run, None)
    groups = outcome_groups(run, ids)
    return Pictures(
        Picture(
            svg_uri(figure_of(net_outcome(run))),
            "Distribution of the net outcome at the assumed true savings. "
            + " ".join(_outcome_words(run, group) for group in groups),
        ),
        Picture(
            svg_uri(figure_of(probabilities(run))),
            "Share of years in which each contract earns and owes. "
            + " ".join(_probability_words(run, group) for group in groups),
        ),
        [
            Picture(
                svg_uri(figure_of(payoff_curve(run, group.ids))),
                f"Payoff of {group.label} against the measured savings rate: "
                f"{_threshold_words(run, group)}.",
            )
            for group in payoff_groups(run, ids)
        ],
    )


def comparison_picture(comparison: ContractComparison) -> Picture:
    """Draw the paired difference of a comparison."""
    paired = comparison.assumed
    return Picture(
        svg_uri(figure_of(paired_difference(comparison))),
        f"Distribution of net under {comparison.first} less net under {comparison.second}, year "
        f"by year: mean {dollars(paired.differences['expected_net'])}; {comparison.first} better "
        f"in {percent(paired.first_better)} of years, {comparison.second} in "
        f"{percent(paired.second_better)}, equal in {percent(paired.equal)}.",
    )


def _outcome_words(run: Run, group: Group) -> str:
    found = run[group.ids[0]].measures
    return (
        f"{group.label}: mean {dollars(found.expected_net)}, nine years in ten between "
        f"{dollars(found.net_p05)} and {dollars(found.net_p95)}."
    )


def _probability_words(run: Run, group: Group) -> str:
    result = run[group.ids[0]]
    here, luck = result.measures, result.chance_alone
    return (
        f"{group.label}: earns in {percent(here.probability_of_shared_savings)} "
        f"(by chance alone {percent(luck.probability_of_shared_savings)}), owes in "
        f"{percent(here.probability_of_shared_losses)} "
        f"(by chance alone {percent(luck.probability_of_shared_losses)})."
    )


def _threshold_words(run: Run, group: Group) -> str:
    resolved = run[group.ids[0]].resolved
    savings = f"shares savings from an MSR of {plain_percent(resolved.terms.msr)}"
    if not resolved.two_sided:
        return f"{savings}, owes no losses"
    return f"{savings}, owes losses from an MLR of {plain_percent(resolved.terms.mlr)}"
