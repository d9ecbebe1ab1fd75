"""The figures of the report: pictures, each with its finding in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from simulate.analysis.curves import least_certain
from simulate.analysis.forecast import rate_forecast
from simulate.analysis.run import ASSUMED, CHANCE_ALONE
from simulate.report.figures.chances import chance_against_size, chance_against_true_savings
from simulate.report.figures.convergence import convergence
from simulate.report.figures.exceedance import exceedance
from simulate.report.figures.history import history
from simulate.report.figures.house import chosen_ids, figure_of
from simulate.report.figures.net_outcome import net_outcome
from simulate.report.figures.paired import paired_difference
from simulate.report.figures.payoff import payoff_curve, payoff_groups
from simulate.report.figures.probabilities import probabilities
from simulate.report.grouping import holders
from simulate.report.html.svg import picture_uri
from simulate.report.numbers import dollars, percent, percent_or_bound, plain_percent
from simulate.report.sweep_words import measure_words

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulate.analysis.compare import ContractComparison
    from simulate.analysis.run import Run
    from simulate.analysis.what_if import Needed
    from simulate.measures.estimate import Estimate
    from simulate.report.figures.house import Group

#: So many groups are described one by one; of more, those at the two ends.
_FEW = 3
_IN_TABLE = " Every figure is in the tables of this report."


class Picture(NamedTuple):
    """A figure as a data URI, and what it shows in words."""

    uri: str
    alt: str


def net_outcome_picture(run: Run, groups: Sequence[Group]) -> Picture:
    """Draw the distribution of the net outcome of each contract."""

    def words(group: Group) -> str:
        found = run[group.ids[0]].measures
        return (
            f"{group.label} brings {dollars(found.expected_net)} on average, nine years in ten "
            f"between {dollars(found.net_p05)} and {dollars(found.net_p95)}"
        )

    found = _ends(groups, words, lambda g: run[g.ids[0]].expected_net.value)
    return Picture(
        picture_uri(figure_of(net_outcome(run))),
        f"Distribution of the net outcome, one row a contract. {found}",
    )


def probability_picture(run: Run, groups: Sequence[Group]) -> Picture:
    """Draw how often each contract earns and owes."""

    def words(group: Group) -> str:
        result = run[group.ids[0]]
        here, luck = result.measures, result.chance_alone
        earns = (
            f"{group.label} earns in {percent_or_bound(here.probability_of_shared_savings)} of "
            f"years (by chance alone {percent_or_bound(luck.probability_of_shared_savings)})"
        )
        if not result.resolved.two_sided:
            return f"{earns} and never owes"
        owes = percent_or_bound(here.probability_of_shared_losses)
        return f"{earns} and owes in {owes}"

    found = _ends(groups, words, lambda g: run[g.ids[0]].probability_of_shared_savings.value)
    return Picture(
        picture_uri(figure_of(probabilities(run))),
        f"Bars of how often each contract earns and owes. {found}",
    )


def exceedance_picture(run: Run, groups: Sequence[Group]) -> Picture | None:
    """Draw how often shared losses exceed an amount; None where nothing is ever owed."""
    owing = [
        group
        for group in groups
        if run[group.ids[0]].resolved.two_sided
        and run[group.ids[0]].probability_of_shared_losses.value > 0.0
    ]
    if not owing:
        return None

    def words(group: Group) -> str:
        found = run[group.ids[0]].measures
        return (
            f"under {group.label} one year in twenty owes more than {_amount(found.loss_var_95)}, "
            f"and those years {_amount(found.loss_tvar_95)} on average"
        )

    found = _ends(owing, words, lambda g: run[g.ids[0]].loss_tvar_95.value)
    return Picture(
        picture_uri(figure_of(exceedance(run))),
        f"Curves of how often shared losses exceed an amount: {found}",
    )


def payoff_pictures(run: Run) -> list[Picture]:
    """Draw what each contract pays against the measured savings rate."""
    return [
        Picture(
            picture_uri(figure_of(payoff_curve(run, group.ids))),
            f"Payoff of {group.label}: {_threshold_words(run, group)}.",
        )
        for group in payoff_groups(run, chosen_ids(run, None))
    ]


def comparison_picture(comparison: ContractComparison) -> Picture:
    """Draw the paired difference of a comparison."""
    paired = comparison.assumed
    return Picture(
        picture_uri(figure_of(paired_difference(comparison))),
        f"Distribution of net under {comparison.first} less net under {comparison.second}, year "
        f"by year: mean {dollars(paired.differences['expected_net'])}; {comparison.first} better "
        f"in {percent(paired.first_better)} of years, {comparison.second} in "
        f"{percent(paired.second_better)}, equal in {percent(paired.equal)}.",
    )


def history_picture(run: Run) -> Picture | None:
    """Draw the published savings rates and the forecast; None where no rate is published."""
    if run.aco.savings_rate is None:
        return None
    found = rate_forecast(run.aco)
    low, high = (plain_percent(end, 1) for end in found.prediction.interval(0.9))
    published = ", ".join(f"{plain_percent(one.rate, 1)} in {one.year}" for one in found.record)
    return Picture(
        picture_uri(figure_of(history(run.aco))),
        f"Published savings rates: {published}. Forecast of the rate published for {found.year}: "
        f"{plain_percent(found.prediction.mean, 1)}, nine chances in ten from {low} to {high}.",
    )


def true_savings_picture(run: Run, needed: dict[str, Needed]) -> Picture:
    """Draw the chances were the true savings known."""
    words = "; ".join(f"{', '.join(ids)}: {_needed_words(one)}" for ids, one in holders(needed))
    return Picture(
        picture_uri(figure_of(chance_against_true_savings(run))),
        f"Chance of earning and owing against the true savings. {words}.",
    )


def size_pictures(run: Run) -> list[Picture]:
    """Draw the chances were the ACO of another size: by chance alone, and as assumed."""
    found = []
    for view, name in ((CHANCE_ALONE, "by chance alone"), (ASSUMED, "at the assumed true savings")):
        curves, words = run.chance_by_size[view], []
        for ids, chances in holders(curves.chances):
            first, last = (percent_or_bound(chances[end].earns, 1) for end in (0, -1))
            words.append(f"{first} and {last} under {', '.join(ids)}")
        alt = (
            "Chance of earning and owing against the number of assigned beneficiaries, "
            f"{name}. At {curves.at[0]:,} and at {curves.at[-1]:,} beneficiaries shared savings "
            f"are earned in {'; '.join(words)}."
        )
        found.append(Picture(picture_uri(figure_of(chance_against_size(run, view=view))), alt))
    return found


def convergence_picture(run: Run) -> Picture:
    """Draw how the least certain probability of a run settles down."""
    contract_id, measure = least_certain(run)
    found = getattr(run[contract_id].measures, measure)
    return Picture(
        picture_uri(figure_of(convergence(run, contract_id, measure, view=ASSUMED))),
        f"The {measure_words(measure)} under {contract_id}, the least certain of this run, settles "
        f"at {percent_or_bound(found)} with a standard error of "
        f"{100.0 * found.standard_error:.2g} points after {run.years:,} years.",
    )


def _ends(
    groups: Sequence[Group], words: Callable[[Group], str], size: Callable[[Group], float]
) -> str:
    """Return what a few groups show, or of many the largest and the smallest."""
    if len(groups) <= _FEW:
        return "; ".join(words(group) for group in groups) + "."
    ordered = sorted(groups, key=size)
    found = f"{words(ordered[-1])}, the most; {words(ordered[0])}, the least."
    return found + _IN_TABLE


def _needed_words(found: Needed) -> str:
    if found.earns_half is None:
        return "half of years are earned at no true savings shown"
    return f"half of years are earned from true savings of {plain_percent(found.earns_half, 1)}"


def _amount(estimate: Estimate) -> str:
    return dollars(estimate) if estimate.value else "$0"


def _threshold_words(run: Run, group: Group) -> str:
    resolved = run[group.ids[0]].resolved
    savings = "shares no savings"
    if resolved.shares_savings:
        savings = f"shares savings from an MSR of {plain_percent(resolved.terms.msr)}"
    if not resolved.two_sided:
        return f"{savings}, owes no losses"
    return f"{savings}, owes losses from an MLR of {plain_percent(resolved.terms.mlr)}"
