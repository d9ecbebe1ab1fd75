"""What the reader must know of the assumptions behind an agreement's finances, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from simulate.agreement.eligibility import advance_not_for_this_aco, standing_of
from simulate.agreement.plan import AgreementPlan
from simulate.contracts.finance_rules import finance_rules
from simulate.scenario.finance import COVERS, FinanceSettings

if TYPE_CHECKING:
    from simulate.agreement.finance.finances import PathFinances
    from simulate.scenario.scenario import Scenario

_COSTS = ("start_up_cost", "operating_cost")
_AVERAGE = "CMS's average of 2011, whatever the ACO's size, not trended since"
#: The largest part of losses that a contract of the programme makes an ACO bear.
_MOST_BORNE = 0.75
#: A quoted premium of later years is in proportion to recoveries that are known no better.
_POORLY_KNOWN = 0.2


def finance_notes(plan: AgreementPlan) -> Iterator[str]:
    """Yield what the reader must know of the assumptions behind the finances."""
    settings, rules = plan.scenario.finance, finance_rules()
    yield cost_sentence(plan.scenario)
    if names := _left_out(settings):
        cited = rules.cited(names[0].removeprefix("finance."))
        yield (f"{' and '.join(names)}, CMS's average: {cited.reference}; {cited.confidence}.")
    update = plan.settings.benchmark_update[0]
    if settings.cost_growth == 0.0 and update > 0.0:
        yield (
            f"Costs do not grow (finance.cost_growth = 0), while benchmarks grow by "
            f"{100.0 * update:g} % a year."
        )
    paid = [years[0].programme for years in plan.programmes if years[0].programme.cost]
    for programme in paid:
        yield (
            f"{programme.name}: ${programme.cost:,.0f} a participant and year in dollars of "
            f"{plan.start_year}, growing by {100.0 * settings.cost_growth:g} % a year as the "
            "operating cost does, in the quarters in which the programme runs; by chance alone "
            "it costs as much and brings nothing."
        )
    yield from _cover_notes(settings)
    yield from _advance_notes(plan)


def cost_sentence(scenario: Scenario) -> str:
    """Return the two amounts that are assumed of costs, and where they come from."""
    settings = scenario.finance
    start, yearly = (assumed_cost(scenario, name) for name in _COSTS)
    said = f"Costs assumed: ${start:,.0f} at the start and ${yearly:,.0f} a year"
    if settings.cost_growth:
        said += f", growing by {100.0 * settings.cost_growth:g} % a year"
    names = _left_out(settings)
    if not names:
        return f"{said}, as stated."
    if settings.start_up_cost is None and _runs_on(scenario):
        yearly_is = "as stated" if settings.operating_cost is not None else _AVERAGE
        return (
            f"{said}: an agreement that runs has started before, and the yearly cost is "
            f"{yearly_is}; state your own as {' and '.join(names)}."
        )
    which = "both are" if len(names) == 2 else f"{names[0].removeprefix('finance.')} is"
    return f"{said}: {which} {_AVERAGE}; state your own as {' and '.join(names)}."


def assumed_cost(scenario: Scenario, name: str) -> float:
    """Return a cost as stated, or CMS's estimate, dollars; nothing to start what runs already."""
    stated = getattr(scenario.finance, name)
    if stated is not None:
        return float(stated)
    if name == "start_up_cost" and _runs_on(scenario):
        return 0.0
    return float(finance_rules().of_year(name, 0))


def _runs_on(scenario: Scenario) -> bool:
    return scenario.agreement.first_agreement_year > 1


def _left_out(settings: FinanceSettings) -> list[str]:
    """Return the keys of costs that are not stated."""
    return [f"finance.{name}" for name in _COSTS if getattr(settings, name) is None]


def _cover_notes(settings: FinanceSettings) -> Iterator[str]:
    if settings.stop_loss_attachment is not None:
        end = (
            "CMS's truncation point of the enrollment type: spending above it costs an ACO nothing"
            if settings.stop_loss_limit is None
            else f"${settings.stop_loss_limit:,.0f}, also where CMS has truncated before"
        )
        yield (
            f"Stop-loss per beneficiary pays {100.0 * settings.stop_loss_share:g} % of annualised "
            f"spending from ${settings.stop_loss_attachment:,.0f} to {end}. Recoveries lower what "
            "the ACO bears, not what CMS measures. It pays for single costly beneficiaries, not "
            "for what moves all spending together, such as true savings and the common shock."
        )
        if settings.stop_loss_share > _MOST_BORNE:
            yield (
                f"stop_loss_share = {settings.stop_loss_share:g}: an ACO bears at most "
                f"{100.0 * _MOST_BORNE:g} % of losses; this insures what is Medicare's, at the "
                "ACO's premium."
            )
    if settings.aggregate_attachment is not None:
        end = "" if settings.aggregate_limit is None else f" to {_part(settings.aggregate_limit)}"
        yield (
            f"Aggregate stop-loss pays {100.0 * settings.aggregate_share:g} % of the shared losses "
            f"of a performance year from {_part(settings.aggregate_attachment)}{end}."
        )
    yield from _premium_notes(settings)


def _premium_notes(settings: FinanceSettings) -> Iterator[str]:
    covers = [name for name in COVERS if getattr(settings, f"{name}_attachment") is not None]
    priced = [COVERS[name] for name in covers if settings.quote(name) is None]
    if priced:
        whose = "" if len(priced) == len(covers) else f" of {priced[0]}"
        yield (
            f"Premiums{whose} are the expected recovery of the year at the assumed true savings "
            f"plus {100.0 * settings.premium_loading:g} % of it."
        )
    for name in covers:
        if (quote := settings.quote(name)) is not None:
            yield (
                f"{COVERS[name].capitalize()}: a quoted premium of ${quote:,.0f} for twelve months "
                "of the first performance year in which it can pay; that of other years is in "
                "proportion to their expected recovery, as a priced premium would be."
            )


def _part(amount: float) -> str:
    return f"{100.0 * amount:g} % of the benchmark" if amount <= 1.0 else f"${amount:,.0f}"


def notes_of_results(paths: Mapping[str, PathFinances]) -> Iterator[str]:
    """Yield what the reader must know of what was found for paths of contracts."""
    every = list(paths.values())
    settings = every[0].terms.settings
    for name, words in COVERS.items():
        attachment = getattr(settings, f"{name}_attachment")
        if attachment is None:
            continue
        never = [label for label, path in paths.items() if _never_pays(path, name)]
        if never:
            yield (
                f"{words.capitalize()}: {_part(attachment)} is never reached on the simulated "
                f"paths{_of(never, paths)}, so that it pays nothing."
            )
        poorly = [label for label, path in paths.items() if _poorly_known(path, name)]
        if poorly and settings.quote(name) is not None:
            yield (
                f"{words.capitalize()}: its expected recovery is poorly known{_of(poorly, paths)}, "
                "and so are the quoted premiums of later years; more years simulated help."
            )
    yield from _repayment_notes(paths)
    yield (
        "Cash for no shortfall is what it takes on the first day beyond the opening cash of "
        f"${settings.opening_cash:,.0f} (finance.opening_cash); no interest is reckoned on cash "
        "below zero."
    )


def _repayment_notes(paths: Mapping[str, PathFinances]) -> Iterator[str]:
    asked = [label for label, path in paths.items() if path.assumed.repayment.amount is not None]
    if not asked:
        return
    any_loss = [label for label in asked if paths[label].assumed.repayment.exceeded_by_any_loss]
    if any_loss:
        yield (
            f"Repayment mechanism{_of(any_loss, paths)}: the smallest shared losses simulated are "
            "larger, so that it is exceeded whenever anything is owed."
        )
    yield (
        "No cost of a letter of credit, a surety bond or an escrow account for the repayment "
        "mechanism is reckoned."
    )


def _never_pays(path: PathFinances, name: str) -> bool:
    return not any(
        view.covers[name].probability_of_recovering.value
        for view in (path.assumed, path.chance_alone)
    )


def _poorly_known(path: PathFinances, name: str) -> bool:
    loading = path.assumed.covers[name].loading
    return loading is not None and loading.standard_error > _POORLY_KNOWN * (1.0 + loading.value)


def _of(some: list[str], paths: Mapping[str, PathFinances]) -> str:
    """Return which paths a note is of; nothing where it is of all."""
    return "" if len(some) == len(paths) else f" of {', '.join(some)}"


def _displaced_words(settings: FinanceSettings) -> str:
    displaced = settings.flex_displaced_claims
    if displaced is None:
        return "taken to be as much (finance.flex_displaced_claims)"
    return f"${displaced:,.2f} a beneficiary and month"


def _advance_notes(plan: AgreementPlan) -> Iterator[str]:
    settings, rules = plan.scenario.finance, finance_rules()
    standing = standing_of(plan.asked, plan.start_year)
    first = [planned.path.years[0].contract_id for planned in plan.paths]
    if said := advance_not_for_this_aco(settings.advance, standing, first):
        yield said
    if settings.advance == "aip" and settings.aip_dual_or_lis_share is not None:
        cited = rules.cited("aip_tiers")
        yield (
            "Quarterly advance investment payments by CMS's tiers of a score, which are "
            f"{cited.confidence} but for the highest ({cited.reference})."
        )
    elif settings.advance == "aip" and settings.aip_quarterly_payment is None:
        typical = rules.of_year("aip_typical_payment", 0)
        yield (
            f"Quarterly advance investment payments: ${typical:g} a beneficiary, the median of the "
            "ACOs whose balance CMS published for 2024, which run from $6 to $45."
        )
    if settings.advance == "pc-flex":
        part = settings.flex_enhancement_in_expenditure
        counted = f"{100.0 * part:g} % of them counts" if part else "none of them counts"
        yield (
            "Primary Care Flex: the base rate counts as expenditure in the place of the claims it "
            f"replaces, {_displaced_words(settings)}; the enhancements come as a credit after "
            f"shared savings or losses, and {counted} as expenditure. What else counts, any limit, "
            "and how far the advance is repaid are unconfirmed (CMMI)."
        )
    if settings.advance == "prepaid":
        share = rules.of_year("prepaid_direct_services", 0)
        yearly = 4.0 * (settings.prepaid_per_quarter or 0.0)
        yield (
            f"Prepaid shared savings: at least ${share * yearly:,.0f} a year goes to direct "
            f"beneficiary services ({rules.cited('prepaid_direct_services').reference})."
        )
