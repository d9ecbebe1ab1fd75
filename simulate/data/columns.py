"""Every column of CMS's results files that this package reads: one table.

A column of the file belongs to one canonical field of
:class:`simulate.data.published_result.PublishedResult`. CMS renamed columns over
the years, so a field lists every name it has had; matching ignores case,
surrounding blanks, and whether words are joined by ``_``, ``-`` or a blank.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "date", "flag", "number", "rate"]
"""How the cells of a column are read.

``number`` holds dollars, dollars per person-year, people or person-years, always
as printed; ``rate`` is turned into a fraction once its unit has been found.
"""

ENROLLMENT_TYPES = ("esrd", "disabled", "aged_dual", "aged_non_dual")
"""Enrollment types in CMS's order: ESRD, disabled, aged/dual, aged/non-dual."""


@dataclass(frozen=True)
class Column:
    """One canonical field and the names CMS has given to its column.

    Attributes
    ----------
    field : str
        Field of `PublishedResult`; ``field.type`` is one enrollment type of it.
    kind : Kind
        How cells are read.
    names : tuple of str
        Accepted names in CMS's spelling, the one searched first in front.
    required : bool
        Whether a file without it cannot be read.
    """

    field: str
    kind: Kind
    names: tuple[str, ...]
    required: bool = False


def _by_type(field: str, pattern: str, labels: tuple[str, ...], *suffixes: str) -> list[Column]:
    """Return one column an enrollment type, e.g. ``Per_Capita_Exp_ALL_DIS_BY1``."""
    return [
        Column(f"{field}.{kind}", "number", tuple(f"{pattern}{label}{end}" for end in suffixes))
        for kind, label in zip(ENROLLMENT_TYPES, labels, strict=True)
    ]


_SPEND = ("Per_Capita_Exp_ALL_", ("ESRD", "DIS", "AGDU", "AGND"))
_YEARS = ("N_AB_Year_", ("ESRD", "DIS", "AGED_Dual", "AGED_NonDual"))

COLUMNS: tuple[Column, ...] = (
    Column("aco_id", "text", ("ACO_ID", "ACO_Num"), required=True),
    Column("aco_name", "text", ("ACO_Name",)),
    Column("state", "text", ("ACO_State",)),
    Column("agreement_type", "text", ("Agree_Type",)),
    Column("agreement_period", "number", ("Agreement_Period_Num",)),
    # Until PY2015 every ACO was in its first agreement, whose start is Start_Date.
    Column("initial_start", "date", ("Initial_Start_Date", "Start_Date")),
    Column("current_start", "date", ("Current_Start_Date", "Start_Date")),
    Column("risk_model", "text", ("Risk_Model",)),
    Column("assignment_type", "text", ("Assign_Type",)),
    Column("assigned_beneficiaries", "number", ("N_AB",), required=True),
    Column("person_years", "number", ("N_AB_Year_PY", "N_AB_Year"), required=True),
    *_by_type("person_years_by_type", *_YEARS, "_PY", ""),
    *_by_type("person_years_by_type_by3", *_YEARS, "_BY3"),
    *_by_type("per_capita_by_type", *_SPEND, "_PY", ""),
    *_by_type("per_capita_by_type_by1", *_SPEND, "_BY1"),
    *_by_type("per_capita_by_type_by2", *_SPEND, "_BY2"),
    *_by_type("per_capita_by_type_by3", *_SPEND, "_BY3"),
    Column("per_capita_expenditure", "number", ("Per_Capita_Exp_TOTAL_PY",)),
    Column("benchmark", "number", ("ABtotBnchmk",), required=True),
    Column("expenditure", "number", ("ABtotExp",), required=True),
    Column("benchmark_minus_expenditure", "number", ("BnchmkMinExp",)),
    Column("updated_benchmark_per_capita", "number", ("UpdatedBnchmk",)),
    Column("historical_benchmark_per_capita", "number", ("HistBnchmk",)),
    Column("savings_rate_printed", "rate", ("Sav_rate",)),
    Column("minimum_savings_rate", "rate", ("MinSavPerc",), required=True),
    Column("minimum_loss_rate", "rate", ("MinLossPerc",)),
    Column("generated_savings_or_losses", "number", ("GenSaveLoss",)),
    Column("earned_savings_or_losses", "number", ("EarnSaveLoss", "EarnShrSavings"), required=True),
    Column("owed_losses", "number", ("OweLosses",)),
    Column("quality_score", "rate", ("QualScore",)),
    Column("met_quality_standard", "flag", ("Met_QPS",)),
    Column("met_alternative_standard", "flag", ("Met_AltQPS",)),
    Column("final_sharing_rate", "rate", ("FinalShareRate",)),
    Column("maximum_sharing_rate", "rate", ("MaxShareRate", "QualPerfShare")),
    Column("final_loss_rate", "rate", ("FinalLossRate",)),
    Column("disaster_adjustment", "number", ("DisAdj",)),
    Column("disaster_affected_quality", "flag", ("DisAffQual",)),
    Column("revenue_category", "text", ("Rev_Exp_Cat",)),
    Column("revenue_loss_limit_applies", "flag", ("RevLossLimit",)),
    Column("guardrail", "flag", ("Guardrail",)),
    Column("reduced_shared_savings", "flag", ("ReducedSS",)),
    Column("midyear_termination_impact", "number", ("Impact_Mid_Year_Termination",)),
    Column("prorate_shared_losses", "number", ("Prorate_Shared_Losses",)),
    Column("regional_adjustment", "number", ("RegAdj",)),
    Column("prior_savings_adjustment", "number", ("PriorSavAdj", "Prior_Sav_Adj")),
    Column("adjustment_category", "text", ("FinalAdjCat",)),
    Column("aip", "flag", ("AIP",)),
    Column("aip_balance", "number", ("AIPBalance",)),
    Column("aip_recoup", "number", ("AIPRecoup",)),
    Column("aip_owe", "number", ("AIPOwe",)),
    Column("adv_pay", "flag", ("Adv_Pay",)),
    Column("adv_pay_amount", "number", ("Adv_Pay_Amt",)),
    Column("adv_pay_recoup", "number", ("Adv_Pay_Recoup",)),
)

YEAR_NAMES = ("year", "Performance_Year", "PY")
"""Names of a column that states the performance year of each row."""

TRACK_TEXT_NAMES = ("Current_Track", "track")
"""Names of a column that holds the contract as text."""

TRACK_FLAGS: tuple[tuple[str, str], ...] = (
    ("Track1", "track-1"),
    ("Track2", "track-2"),
    ("Current_Track_1", "track-1"),
    ("Current_Track_2", "track-2"),
    ("Current_Track_3", "track-3"),
    ("Current_Track_1_Plus", "track-1-plus"),
    ("Current_BASIC_A", "basic-a"),
    ("Current_BASIC_B", "basic-b"),
    ("Current_BASIC_C", "basic-c"),
    ("Current_BASIC_D", "basic-d"),
    ("Current_BASIC_E", "basic-e"),
    ("Current_ENHANCED", "enhanced"),
)
"""Columns of which exactly one is 1 in a row, and the contract each stands for."""

EXTRA_NAMES: tuple[str, ...] = (
    "Met_30pctl",
    "Met_40pctl",
    "Met_Incentive",
    "Met_FirstYear",
    "Met_SSP_quality_reporting_requirements",
    "Recvd30p",
    "Recvd40p",
    "RecvdMean",
    "Report_WI",
    "Report_eCQM",
    "Report_CQM",
    "Report_Inc",
    "Report_eCQM_CQM",
    "Report_eCQM_CQM_MedicareCQM",
    "PosRegAdj",
    "RegTrndUpdt",
    "AIM",
    "Int_Pmt",
    "SNF_Waiver",
)
"""Flags kept as CMS prints them, in `PublishedResult.extra` under these names."""

FIRST_PUBLISHED: tuple[tuple[str, int], ...] = (
    ("Met_QPS", 2016),
    ("DisAdj", 2017),
    ("Rev_Exp_Cat", 2018),
    ("Recvd30p", 2021),
    ("MaxShareRate", 2021),
    ("Current_Track", 2022),
    ("Met_AltQPS", 2023),
    ("FinalLossRate", 2023),
    ("Met_40pctl", 2024),
    ("ReducedSS", 2024),
)
"""The performance year in which CMS first printed a column.

Only a lower bound for a file that does not state its year: no new agreement
started in PY2021, so dates alone would place that file a year too early.
"""


def header_key(name: str) -> str:
    """Return the form in which column names are compared: ``Sav_Rate `` -> ``sav_rate``."""
    return re.sub(r"[\s_-]+", "_", name.strip().lower())


def known_header_keys() -> frozenset[str]:
    """Return the comparison form of every column name that the reader uses."""
    names = [name for column in COLUMNS for name in column.names]
    names += [*YEAR_NAMES, *TRACK_TEXT_NAMES, *EXTRA_NAMES]
    names += [name for name, _ in TRACK_FLAGS]
    return frozenset(map(header_key, names))
