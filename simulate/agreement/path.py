"""A path of contracts in calendar years: which months each performance year covers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from simulate.agreement.notation import WrittenPath
from simulate.contracts.agreement_rules import agreement_rules
from simulate.contracts.contract import load_contract
from simulate.errors import UserError
from simulate.scenario.agreement import AgreementSettings

MONTHS = 12
#: The last performance year of `simulate.scenario.aco.ACO`.
LAST_YEAR = 2040


@dataclass(frozen=True)
class PerformanceYear:
    """One performance year of a path.

    Attributes
    ----------
    contract_id : str
    agreement : int
        Which agreement of the path it belongs to, from 0.
    agreement_year : int
        Performance year within that agreement, from 1.
    year : int
        Calendar year in which it ends, by which CMS names it.
    months : int
        How many it covers: 6, 12, 18 or 21.
    calendar : tuple of (int, float)
        Calendar years that it is settled on, counted from the first of the path, each with
        the part of its benchmark and expenditure that counts. A half year of 2019 is
        settled on all of 2019.
    ends_at : float
        Years from the first day of the path to the end of its last calendar year.
    begins_at : float
        Years from the first day of the path to its own.
    months_inside : int
        Months of it that the ACO is in the programme: all, but where it leaves early.
    """

    contract_id: str
    agreement: int
    agreement_year: int
    year: int
    months: int
    calendar: tuple[tuple[int, float], ...]
    ends_at: float
    begins_at: float
    months_inside: int

    @property
    def middle(self) -> float:
        """Years from the first day of the path to the middle of its months in the programme."""
        return self.begins_at + 0.5 * self.months_inside / MONTHS

    @property
    def label(self) -> str:
        """What it is called: ``PY2025``; with its months where they are not twelve."""
        return f"PY{self.year}" + ("" if self.months == MONTHS else f", {self.months} months")

    @property
    def last_calendar(self) -> int:
        """The last calendar year in it, counted from the first of the path."""
        return self.calendar[-1][0]


@dataclass(frozen=True)
class Path:
    """A path of contracts in calendar years.

    Attributes
    ----------
    label, title : str
        What it is called, and what it is in words.
    years : tuple of PerformanceYear
        In order; up to the termination, where the ACO leaves.
    starts : tuple of int
        First calendar year of each agreement, counted from that of the path; one more for
        the agreement that could follow.
    """

    label: str
    title: str
    years: tuple[PerformanceYear, ...]
    starts: tuple[int, ...]

    @property
    def contract_ids(self) -> tuple[str, ...]:
        """The contracts in it, each once."""
        return tuple(dict.fromkeys(year.contract_id for year in self.years))

    @property
    def calendar_years(self) -> int:
        """How many calendar years it covers."""
        return self.years[-1].last_calendar + 1

    def of_agreement(self, number: int) -> list[int]:
        """Return the places of an agreement's performance years in the path."""
        return [i for i, year in enumerate(self.years) if year.agreement == number]


def dated_path(written: WrittenPath, settings: AgreementSettings, start_year: int) -> Path:
    """Put a path of contracts into calendar years.

    Parameters
    ----------
    written : WrittenPath
    settings : AgreementSettings
        Months of each performance year, the first year of the agreement, termination.
    start_year : int
        Calendar year in which it begins.

    Raises
    ------
    UserError
        Months that no rule knows, or a termination outside the path.
    """
    count = sum(len(years) for years in written.agreements)
    months = _months(settings, count, start_year)
    first = _first_part(months)
    years: list[PerformanceYear] = []
    calendars = _calendars(months)
    for agreement, contract_ids in enumerate(written.agreements):
        before = settings.first_agreement_year - 1 if agreement == 0 else 0
        for place, contract_id in enumerate(contract_ids):
            covered = next(calendars)
            last, length = covered[-1][0], months[len(years)]
            # The first of two half years ends in the middle of its calendar year.
            unused = 0.5 if _is_first_half(months, len(years), place) else 0.0
            years.append(
                PerformanceYear(
                    _as_of(contract_id, start_year + last) if written.as_of_year else contract_id,
                    agreement,
                    before + place + 1,
                    start_year + last,
                    length,
                    covered,
                    first + last,
                    first + last - unused - length / MONTHS,
                    length,
                )
            )
    if years[-1].year > LAST_YEAR:
        raise UserError(
            f"agreement.paths: {written.label}: {count} performance years from {start_year} on: "
            f"the path ends in {years[-1].year}; the last year that can be settled is {LAST_YEAR}."
        )
    _check_half_years(years)
    kept = _until_termination(years, settings)
    begun = {year.agreement: year.calendar[0][0] for year in reversed(kept)}
    starts = *sorted(begun.values()), kept[-1].last_calendar + 1
    _check_base_years(written, starts)
    return Path(written.label, written.title, tuple(kept), starts)


def _as_of(contract_id: str, year: int) -> str:
    """Return the contract that holds the terms of a performance year."""
    earlier = (agreement_rules().earlier_terms.value or {}).get(contract_id)
    if earlier is None:
        return contract_id
    covered = load_contract(earlier).performance_years
    return earlier if covered.first <= year <= (covered.last or year) else contract_id


def _months(settings: AgreementSettings, count: int, start_year: int) -> tuple[int, ...]:
    stated = settings.months
    if len(stated) > count:
        raise UserError(
            f"agreement.months: {len(stated)} values for a path of {count} performance years; "
            "state at most one a year."
        )
    months = (*stated, *(MONTHS,) * (count - len(stated)))
    rules = agreement_rules()
    long_years, only = rules.long_first_year.value or {}, rules.long_first_year_starts.value
    for place, length in enumerate(months):
        if length in long_years and (place > 0 or start_year != only):
            raise UserError(
                f"agreement.months: {length} months in performance year {place + 1} of an "
                f"agreement from {start_year}: only the first performance year of an agreement "
                f"that began in {only} had 18 or 21 months ({rules.long_first_year.reference})."
            )
    return months


def _first_part(months: tuple[int, ...]) -> float:
    """Return what of its first calendar year a path covers, in years."""
    long_years = agreement_rules().long_first_year.value or {}
    if months[0] in long_years:
        return long_years[months[0]] / MONTHS
    # A half year that another half follows is the first half; alone it began in July.
    return 0.5 if months[0] < MONTHS and months[1:2] != months[:1] else 1.0


def _is_first_half(months: tuple[int, ...], place: int, in_agreement: int) -> bool:
    """Whether a half year is January to June: before another, or the last of an agreement."""
    if months[place] >= MONTHS:
        return False
    follows, followed = (months[i : i + 1] == (months[place],) for i in (place - 1, place + 1))
    return followed or not (follows or in_agreement == 0)


def _calendars(months: tuple[int, ...]) -> Iterator[tuple[tuple[int, float], ...]]:
    """Yield the calendar years of each performance year, with the part that counts."""
    long_years = agreement_rules().long_first_year.value or {}
    calendar, second_half = 0, False
    for place, length in enumerate(months):
        if length in long_years:
            yield (calendar, long_years[length] / MONTHS), (calendar + 1, 1.0)
            calendar += 2
            continue
        yield ((calendar, 1.0),)
        # Where the next one is a half year, too, both lie in this calendar year.
        halves = length < MONTHS and months[place + 1 : place + 2] == (length,)
        second_half = halves and not second_half
        calendar += 0 if second_half else 1


def _check_half_years(years: list[PerformanceYear]) -> None:
    rule = agreement_rules().half_years
    for year in years:
        if year.months < MONTHS and year.year != rule.value:
            raise UserError(
                f"agreement.months: {year.months} months in {year.year}: only {rule.value} had "
                f"performance years of six months ({rule.reference}). Set start_year, or leave "
                "the 6 out."
            )
    for before, year, after in zip(years, years[1:], years[2:], strict=False):
        whole = before.months >= MONTHS <= after.months
        if year.months < MONTHS and whole and before.agreement == after.agreement:
            raise UserError(
                f"agreement.months: {year.months} months in {year.year} alone between two years of "
                "an agreement: the other half would be in none. State 6 for both halves, or leave "
                f"the 6 out ({rule.reference})."
            )


def _check_base_years(written: WrittenPath, starts: tuple[int, ...]) -> None:
    base_years = len((agreement_rules().base_year_weights.value or {})["later"])
    if any(start < base_years for start in starts[1:-1]):
        raise UserError(
            f"agreement.paths: {written.label}: the benchmark of an agreement that follows another "
            f"rests on {base_years} base years, so at least {base_years} calendar years must come "
            "before it in the path."
        )


def _until_termination(
    years: list[PerformanceYear], settings: AgreementSettings
) -> list[PerformanceYear]:
    """Return the performance years up to the one in which the ACO leaves."""
    if settings.termination == "none":
        if settings.termination_year is not None or settings.termination_months < MONTHS:
            raise UserError(
                "agreement.termination_year, termination_months: without effect; state "
                "termination = voluntary or involuntary."
            )
        return years
    found = [place for place, year in enumerate(years) if year.year == settings.termination_year]
    if not found or years[found[-1]].months != MONTHS:
        named = settings.termination_year or "left out"
        raise UserError(
            f"agreement.termination_year = {named}: a performance year of twelve months of the "
            f"path is wanted, {years[0].year} to {years[-1].year}."
        )
    last = replace(years[found[-1]], months_inside=settings.termination_months)
    return [*years[: found[-1]], last]
