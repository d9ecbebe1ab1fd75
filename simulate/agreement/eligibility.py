"""What is known of an ACO before an agreement, and what it may not enter for it.

Who may enter what depends on facts that CMS publishes only in part. What they settle is said;
where they leave it open, nothing is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from simulate.agreement.path import Path
from simulate.contracts.agreement_rules import agreement_rules
from simulate.contracts.contract import contract_ids, load_contract
from simulate.contracts.finance_rules import finance_rules
from simulate.data import PublishedResult, history
from simulate.errors import UserError
from simulate.scenario.scenario import Scenario

#: First calendar year of the BASIC track.
_FIRST_OF_BASIC = 2019
_TRACK_1_PLUS = "track-1-plus"


@dataclass(frozen=True)
class Standing:
    """What is known of an ACO before its agreement, published or stated.

    Attributes
    ----------
    revenue : str
        ``"low"``, ``"high"`` or ``"unknown"``.
    start_year : int
        Calendar year in which the paths begin.
    began : int
        That in which the agreement began, earlier where it runs already.
    contracts : dict of int to str
        Contract by performance year before the agreement, where known.
    earned : dict of int to float
        Shared savings of those years, dollars, where published.
    level_before : str
        Level of the BASIC track in the year before the path, in the same agreement; else empty.
    one_sided : tuple of int
        Performance years before the path in Levels A and B, as far as known.
    """

    revenue: str
    start_year: int
    began: int
    contracts: dict[int, str]
    earned: dict[int, float]
    level_before: str
    one_sided: tuple[int, ...]

    @property
    def two_sided(self) -> dict[int, str]:
        """Two-sided contracts by performance year, which make an ACO experienced with risk."""
        return {year: one for year, one in self.contracts.items() if _two_sided(one)}

    def beginning(self, path: Path, agreement: int) -> int:
        """Return the calendar year in which an agreement of a path begins, or began."""
        return self.start_year + path.starts[agreement] if agreement else self.began


def standing_of(scenario: Scenario, start_year: int) -> Standing:
    """Return what is known of an ACO before the paths of its agreement.

    Parameters
    ----------
    scenario : Scenario
        As it was stated: the ACO in its own performance year.
    start_year : int
        Calendar year in which the paths begin.
    """
    aco, running = scenario.aco, scenario.agreement.first_agreement_year - 1
    began = start_year - running
    rows = [row for row in _published(aco.id) if row.performance_year < start_year]
    contracts = {row.performance_year: row.contract for row in rows}
    if aco.contract and aco.performance_year < start_year:
        contracts[aco.performance_year] = aco.contract
    levels = agreement_rules().glide_path.value or []
    last = contracts.get(start_year - 1, "")
    earned = {row.performance_year: row.earned_savings_or_losses for row in rows}
    return Standing(
        aco.revenue_category,
        start_year,
        began,
        {year: one for year, one in sorted(contracts.items()) if year < began},
        {year: max(found, 0.0) for year, found in earned.items() if found is not None},
        last if running and last in levels else "",
        tuple(sorted(set(_one_sided_years(contracts, _starts(scenario, rows))))),
    )


def _published(aco_id: str) -> Sequence[PublishedResult]:
    """Return the ACO's shipped results; none for an id of the user's."""
    try:
        return history(aco_id)
    except UserError:
        return []


def _starts(scenario: Scenario, rows: Iterable[PublishedResult]) -> dict[int, int]:
    """Return the first whole year of the agreement that each performance year belongs to."""
    aco = scenario.aco
    starts = {aco.performance_year: aco.agreement_start_year}
    return starts | {
        r.performance_year: _first_whole_year(r.current_start) for r in rows if r.current_start
    }


def _first_whole_year(start: date) -> int:
    """Return the first calendar year that counts of an agreement; a half year of 2019 does not."""
    half = start.year == agreement_rules().half_years.value and start.month > 1
    return start.year + 1 if half else start.year


def _one_sided_years(contracts: Mapping[int, str], starts: Mapping[int, int]) -> Iterator[int]:
    """Yield performance years in one-sided levels; those before in the same agreement were, too."""
    levels = agreement_rules().glide_path.value or []
    for year, contract in contracts.items():
        if contract in levels and not _two_sided(contract):
            yield from range(max(starts.get(year, year), _FIRST_OF_BASIC), year + 1)


def _two_sided(contract_id: str) -> bool:
    return contract_id in contract_ids() and load_contract(contract_id).two_sided


# --- contracts ---------------------------------------------------------------------------


def not_for_this_aco(path: Path, standing: Standing) -> Iterator[str]:
    """Yield a sentence for what an ACO may not enter by what is known of it.

    Parameters
    ----------
    path : Path
    standing : Standing
        Of the ACO, before the path.
    """
    yield from _not_for_experienced(path, standing)
    rule = agreement_rules().low_revenue_only
    for contract_id in dict.fromkeys(year.contract_id for year in path.years):
        if contract_id in (rule.value or []) and standing.revenue == "high":
            named = contract_id if path.label == contract_id else f"{path.label}: {contract_id}"
            yield (
                f"{named} is for low revenue ACOs ({rule.reference}), and this one is high "
                "revenue; settled as stated."
            )


def _not_for_experienced(path: Path, standing: Standing) -> Iterator[str]:
    """Yield what an ACO with two-sided years behind it may not begin an agreement in."""
    rules = agreement_rules()
    levels, rule = rules.glide_path.value or [], rules.entry_of_experienced
    before = dict(standing.contracts)
    for number in dict.fromkeys(year.agreement for year in path.years):
        years = [path.years[place] for place in path.of_agreement(number)]
        began = standing.beginning(path, number)
        experience = {year: one for year, one in before.items() if _two_sided(one)}
        before |= {year.year: year.contract_id for year in years}
        first, allowed = years[0].contract_id, _open_to(standing, experience, began)
        begins_here = years[0].agreement_year == 1
        if begins_here and experience and allowed and first in levels and first not in allowed:
            yield (
                f"{path.label}: an agreement from {began} begins at {first}, but an ACO "
                f"experienced with performance-based risk ({_latest(experience)}) may enter "
                f"{' or '.join(allowed)} only ({rule.reference.partition(';')[0]}, "
                f"{rule.confidence}); settled as stated."
            )


def _open_to(standing: Standing, experience: Mapping[int, str], began: int) -> list[str]:
    """Return what an experienced ACO may enter; the wider choice where its revenue is unknown."""
    by_revenue = agreement_rules().of_year("entry_of_experienced", began)
    strict = standing.revenue == "high" and _TRACK_1_PLUS not in experience.values()
    found: list[str] = by_revenue["high" if strict else "low"]
    return found


def _latest(experience: Mapping[int, str]) -> str:
    year = max(experience)
    return f"{experience[year]} in {year}"


# --- payments in advance -----------------------------------------------------------------


def advance_not_for_this_aco(
    advance: str, standing: Standing, first_contracts: Sequence[str]
) -> str:
    """Return why payments in advance are not for an ACO, a sentence; empty where they may be.

    Parameters
    ----------
    advance : str
        ``"aip"``, ``"pc-flex"`` or ``"prepaid"``; none of the others is for anybody special.
    standing : Standing
    first_contracts : sequence of str
        Contracts that the paths begin with.
    """
    rules = finance_rules()
    if advance == "aip":
        reasons, rule = _against_aip(standing, first_contracts), rules.cited("aip_for")
        for_whom = (
            "is for low revenue ACOs that are new to the programme, inexperienced with performance-"
            "based risk and on the BASIC track's glide path"
        )
    elif advance == "pc-flex":
        reasons, rule = _against_flex(standing), rules.cited("flex_starts")
        starts = " or ".join(map(str, rules.of_year("flex_starts", 0)))
        for_whom = f"is for low revenue ACOs with an agreement from {starts}"
    elif advance == "prepaid":
        reasons, rule = _against_prepaid(standing), rules.cited("prepaid_for")
        for_whom = "is for ACOs with a history of shared savings"
    else:
        return ""
    if not reasons:
        return ""
    *some, last = reasons
    against = f"{', '.join(some)} and {last}" if some else last
    sure = "" if rule.confidence == "confirmed" else f", {rule.confidence}"
    cited = rule.reference.partition(";")[0]
    return (
        f"advance = {advance}: {for_whom} ({cited}{sure}); this one {against}; reckoned as stated."
    )


def _against_aip(standing: Standing, first_contracts: Sequence[str]) -> list[str]:
    levels = agreement_rules().glide_path.value or []
    elsewhere = dict.fromkeys(i for i in first_contracts if i not in levels)
    reasons = ["is high revenue"] if standing.revenue == "high" else []
    if standing.contracts:
        reasons.append(f"was in the programme before ({_span(standing.contracts)})")
    if standing.two_sided:
        reasons.append(f"bore risk ({_latest(standing.two_sided)})")
    if elsewhere:
        reasons.append(f"is not on it under {', '.join(elsewhere)}")
    return reasons


def _against_flex(standing: Standing) -> list[str]:
    reasons = ["is high revenue"] if standing.revenue == "high" else []
    if standing.began not in finance_rules().of_year("flex_starts", 0):
        reasons.append(f"has one from {standing.began}")
    return reasons


def _against_prepaid(standing: Standing) -> list[str]:
    known = {year: dollars for year, dollars in standing.earned.items() if year < standing.began}
    if not known or known[max(known)] > 0.0:
        return []
    return [f"earned none in {max(known)}, the last year published"]


def _span(years: Collection[int]) -> str:
    """Return from when to when years are: ``2018 to 2021``."""
    first, last = min(years), max(years)
    return f"{first}" if first == last else f"{first} to {last}"
