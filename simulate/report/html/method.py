"""Method, data, limitations and validation, as ASOP 23, 41 and 56 ask of a model's user."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from simulate.analysis.cross_check import CrossCheck, cross_check
from simulate.analysis.true_savings import record_of
from simulate.contracts.contract import programme
from simulate.data import published_years
from simulate.data.enrollment import ENROLLMENT_NAMES
from simulate.population.spend import spend_defaults
from simulate.report.html.assumptions import is_published
from simulate.report.html.pictures import convergence_picture
from simulate.verify.recorded import BacktestRecord, recorded

if TYPE_CHECKING:
    from simulate.analysis.run import Run
    from simulate.verify.checks import Check

_RESULTS = "CMS, Performance Year Financial and Quality Results"


class Source(NamedTuple):
    """One body of data: what it is, where from, what was done to review it, what to mind."""

    what: str
    source: str
    review: str
    mind: str


class Finding(NamedTuple):
    """One way in which the model was tested, and what came out."""

    what: str
    against: str
    found: str


class Tested(NamedTuple):
    """Answer keys of one kind: how many checks agree, and what they were held against."""

    key: str
    checks: tuple[Check, ...]
    references: tuple[str, ...]

    @property
    def agree(self) -> int:
        """How many agree with the outside."""
        return sum(check.verdict == "agrees" for check in self.checks)


def method_view(run: Run) -> dict[str, Any]:
    """Return what the section on method, data, limitations and validation is filled with."""
    return {
        "sources": _sources(run),
        "findings": _findings(run),
        "tested": _tested(recorded().checks),
        "recorded_with": recorded().version,
        "known_through": programme()["known_through"],
        "convergence": convergence_picture(run) if run.years else None,
        "history": run.true_savings.posterior is not None,
        "one_year": run.scenario.assumptions.benchmark_noise == "none",
    }


def _sources(run: Run) -> list[Source]:
    return [
        _own_data(run),
        *([_record(run)] if run.true_savings.posterior is not None else []),
        _spending(run),
        Source(
            "How savings rates scatter by luck",
            f"{_RESULTS}, changes of ACOs within one agreement, performance years 2021 to 2024",
            "Fitted with bootstrap intervals; the fit can be repeated (simulate credibility).",
            "Upper bounds on pure chance: real changes of performance are in the same data. Not "
            "confirmed by a source outside the files.",
        ),
        _terms(run),
    ]


def _own_data(run: Run) -> Source:
    year = run.aco.performance_year
    if is_published(run.aco):
        replay = recorded().replay
        return Source(
            "The ACO: size, person-years, benchmark, quality",
            f"{_RESULTS}, performance year {year}, as published",
            "Read by column name; columns, numbers and units are checked, and a file is refused "
            "where they cannot be told. The settlement of every published row was recomputed: "
            f"{replay.matched:,} of {replay.rows:,} match. Not audited; inputs of CMS not seen.",
            "The benchmark by enrollment type is not published and is split in proportion to "
            "expenditure. Participant revenue is not published. CMS reissues its files.",
        )
    return Source(
        "The ACO: size, person-years, benchmark, quality",
        "Stated by the user, in full or in place of published figures",
        "Units and ranges are checked when a scenario is read. Whether the figures are right was "
        "not reviewed: that is for the user.",
        "The benchmark must be on CMS's truncated basis.",
    )


def _record(run: Run) -> Source:
    years = [one.performance_year for one in record_of(run.aco)]
    missing = [y for y in range(years[0], years[-1]) if y not in published_years()]
    gap = f" Performance years {_listed(missing)} do not ship." if missing else ""
    return Source(
        "The ACO's savings rates behind its true savings",
        f"{_RESULTS}, performance years {_listed(years)}",
        "Joined by ACO id within CMS's two formats of it. Ids before 2018 cannot be joined with "
        "later ones.",
        f"An ACO's organisation and contract may have changed in between.{gap}",
    )


def _spending(run: Run) -> Source:
    file = run.scenario.assumptions.spend_model
    if file is not None:
        return Source(
            "How spending varies between people",
            f"The user's claims extract, by simulate calibrate: {file}",
            "Checked on reading: columns, enrollment types, months, negative and missing amounts.",
            "Whether the extract is complete was not reviewed: that is for the user.",
        )
    types = spend_defaults()["types"].values()
    unconfirmed = sum(kind["confidence"] != "confirmed" for kind in types)
    return Source(
        "How spending varies between people",
        "Published concentration of Medicare fee-for-service spending and CMS's national figures "
        "by enrollment type; each with its reference under the assumptions",
        "The fitted distributions are held against the published shares of spending, not against "
        "records of people.",
        f"National patterns, set to this ACO's benchmark. {unconfirmed} of {len(ENROLLMENT_NAMES)} "
        "enrollment types rest on unconfirmed figures.",
    )


def _terms(run: Run) -> Source:
    contracts = [result.resolved.contract for result in run.contracts.values()]
    terms = sum(len(contract.stated_terms()) for contract in contracts)
    unconfirmed = sum(len(contract.unconfirmed()) for contract in contracts)
    changed = sum(len(contract.changed()) for contract in contracts)
    mind = f"{unconfirmed} of the {terms} terms shown were not found in a primary source."
    return Source(
        "Contract terms",
        "42 CFR part 425, the Federal Register and CMS's model documents, term by term",
        "Each number has its paragraph; settlements by these terms were held against CMS's "
        "published ones.",
        f"{mind} {changed} were changed by the user." if changed else mind,
    )


def _findings(run: Run) -> list[Finding]:
    found, replay = recorded(), recorded().replay
    agree = sum(check.verdict == "agrees" for check in found.checks)
    contradict = sum(check.verdict == "sources contradict" for check in found.checks)
    said = f"{agree} of {len(found.checks)} checks agree"
    if contradict:
        said += f"; in {contradict} the published sources contradict each other, both are shown"
    return [
        Finding(
            "Settlement rules",
            f"every settlement CMS published for {replay.first_year} to {replay.last_year}, of the "
            "years that ship",
            f"{replay.matched:,} of {replay.rows:,} recomputed from their printed inputs, "
            f"{replay.money_matched:,} of {replay.money_rows:,} where money moved",
        ),
        Finding(
            "Answer keys",
            "worked examples and design error rates of CMS, published studies, closed forms, "
            "test vectors of the random numbers",
            f"{said}; none fails" if agree + contradict == len(found.checks) else said,
        ),
        *_against_exact(run),
        Finding(
            "Savings rates foretold",
            f"{len(found.backtests)} published years, each predicted from the years before it",
            _backtests(found.backtests),
        ),
    ]


def _against_exact(run: Run) -> list[Finding]:
    against = "the exact engine (characteristic functions, no sampling), same assumptions"
    checks = [c for c in recorded().checks if c.key == "exact engine" and "se" in c.got]
    general = "; ".join(f"{c.what.partition(':')[0]} beneficiaries: {c.got}" for c in checks)
    findings = [Finding("Simulation", against, f"in errors of the sampling (se), at {general}")]
    here = cross_check(run)
    if here is not None:
        findings.append(Finding("This run", against, _cross_check_words(here)))
    return findings


def _cross_check_words(here: CrossCheck) -> str:
    return (
        f"{here.figures} chances and means lie within {here.largest:.1f} standard errors; of so "
        f"many independent figures the farthest would be beyond {here.expected_largest:.1f} once "
        "in twenty runs"
    )


def _backtests(records: Sequence[BacktestRecord]) -> str:
    acos = sum(one.acos for one in records)
    better = sum(one.crps < one.crps_baseline for one in records)
    covered = []
    for level in (50, 90):
        shares = [getattr(one, f"coverage_{level}") for one in records]
        mean = sum(s * one.acos for s, one in zip(shares, records, strict=True)) / acos
        covered.append(
            f"the {level} % interval held {100 * mean:.0f} % of them "
            f"({100 * min(shares):.0f} to {100 * max(shares):.0f} % in single years)"
        )
    return (
        f"{acos:,} ACO-years: {' and '.join(covered)}; a better score (CRPS) than the better of "
        f"two simple forecasts in {better} of {len(records)} years"
    )


def _tested(checks: Sequence[Check]) -> list[Tested]:
    keys = dict.fromkeys(check.key for check in checks)
    found = []
    for key in keys:
        own = tuple(check for check in checks if check.key == key)
        found.append(Tested(key, own, tuple(dict.fromkeys(check.reference for check in own))))
    return found


def _listed(years: Sequence[int]) -> str:
    """Return years as text, several in a row as a span: ``2018 to 2021 and 2024``."""
    spans: list[list[int]] = []
    for year in years:
        if spans and year == spans[-1][-1] + 1:
            spans[-1].append(year)
        else:
            spans.append([year])
    words = [str(s[0]) if len(s) == 1 else f"{s[0]} to {s[-1]}" for s in spans]
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
