"""Which column of a claims extract is what: names, aliases, the user's mapping, layouts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from simulate.errors import UserError, nearest

#: What a column can be, with the names that are recognised (compared without case and
#: punctuation). The upper-case names are those of CMS's DE-SynPUF summary files.
TEXT_FIELDS: dict[str, tuple[str, ...]] = {
    "id": ("id", "beneficiary_id", "bene_id", "member_id", "person_id", "DESYNPUF_ID"),
    "enrollment_type": ("enrollment_type", "enrolment_type", "type"),
    "esrd": ("esrd", "esrd_flag", "esrd_ind", "BENE_ESRD_IND"),
    "disabled": ("disabled", "disabled_flag"),
    "dual": ("dual", "dual_flag"),
    "birth_date": ("birth_date", "date_of_birth", "dob", "bene_birth_date", "BENE_BIRTH_DT"),
    "death_date": ("death_date", "date_of_death", "dod", "bene_death_date", "BENE_DEATH_DT"),
    "died": ("died", "died_in_year", "decedent"),
}
NUMBER_FIELDS: dict[str, tuple[str, ...]] = {
    "year": ("year", "calendar_year", "performance_year"),
    "months": ("months", "months_a_and_b", "months_ab", "enrolled_months", "covered_months"),
    "part_a_months": ("part_a_months", "months_part_a", "a_months", "BENE_HI_CVRAGE_TOT_MONS"),
    "part_b_months": ("part_b_months", "months_part_b", "b_months", "BENE_SMI_CVRAGE_TOT_MONS"),
    "ma_months": ("ma_months", "hmo_months", "BENE_HMO_CVRAGE_TOT_MONS"),
    "dual_months": ("dual_months", "months_dual"),
    "esrd_months": ("esrd_months", "months_esrd"),
    "age": ("age",),
}
TOTAL_PAID = ("paid", "paid_amount", "total_paid", "paid_total", "total_paid_amount")
PAID_PARTS = (
    *("paid_part_a", "paid_part_b", "part_a_paid", "part_b_paid"),
    *("paid_inpatient", "paid_outpatient", "paid_carrier", "paid_professional"),
    *("paid_snf", "paid_home_health", "paid_hospice", "paid_dme"),
    *("MEDREIMB_IP", "MEDREIMB_OP", "MEDREIMB_CAR"),
)
_NAMES = ("paid", *TEXT_FIELDS, *NUMBER_FIELDS)

SYNPUF_NOTES = (
    "CMS DE-SynPUF beneficiary summary: synthetic data. Its people are not real, and its "
    "levels, trend, deaths and ESRD flag differ from Medicare's; use it to try the tool, "
    "not to price.",
    "DE-SynPUF has no dual flag: all aged count as aged/non-dual, and aged/dual keeps the "
    "default spend model.",
    "DE-SynPUF holds three parts of spending only: inpatient, outpatient and carrier.",
)


@dataclass(frozen=True)
class Columns:
    """The columns of one file, by what they are.

    Attributes
    ----------
    texts, numbers : dict of str to str
        Field -> column name.
    paid : tuple of str
        Columns whose sum is the year's paid amount.
    synpuf : bool
        The file is a DE-SynPUF beneficiary summary.
    has_dual, has_esrd, has_deaths : bool
        The file can tell duals, ESRD, deaths.
    """

    texts: dict[str, str]
    numbers: dict[str, str]
    paid: tuple[str, ...]
    synpuf: bool

    @property
    def has_dual(self) -> bool:
        """Whether the file can tell aged/dual from aged/non-dual."""
        return "enrollment_type" in self.texts or "dual" in self.texts or self._has("dual_months")

    @property
    def has_esrd(self) -> bool:
        """Whether the file can tell ESRD."""
        return "enrollment_type" in self.texts or "esrd" in self.texts or self._has("esrd_months")

    @property
    def has_deaths(self) -> bool:
        """Whether the file says who died."""
        return "death_date" in self.texts or "died" in self.texts

    def _has(self, number: str) -> bool:
        return number in self.numbers


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def find_columns(
    file: str, names: Sequence[str], mapping: Mapping[str, str | Sequence[str]] | None = None
) -> Columns:
    """Find out which column is what.

    Parameters
    ----------
    file : str
        Name of the file, for messages.
    names : sequence of str
        Column names of the file.
    mapping : mapping of str to str or list of str, optional
        Field -> column name where it is not one that is recognised; ``paid`` may name
        several columns, which are added up. A mapped field is looked for nowhere else.

    Raises
    ------
    UserError
        A field that does not exist, a column that the file lacks, or columns that are
        needed and not found.
    """
    stated = _checked_mapping(file, names, mapping or {})
    by_plain = {_plain(name): name for name in reversed(names)}

    def find(fields: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
        found = {}
        for field, aliases in fields.items():
            known = [by_plain[_plain(a)] for a in aliases if _plain(a) in by_plain]
            column = stated[field][0] if field in stated else next(iter(known), None)
            if column is not None:
                found[field] = column
        return found

    total = [by_plain[_plain(a)] for a in TOTAL_PAID if _plain(a) in by_plain][:1]
    parts = [by_plain[_plain(a)] for a in PAID_PARTS if _plain(a) in by_plain]
    paid = stated.get("paid") or tuple(total or parts)
    columns = Columns(
        find(TEXT_FIELDS), find(NUMBER_FIELDS), paid, {"DESYNPUF_ID", "MEDREIMB_IP"} <= set(names)
    )
    _check_needed(file, names, columns)
    return columns


def _checked_mapping(
    file: str, names: Sequence[str], mapping: Mapping[str, str | Sequence[str]]
) -> dict[str, tuple[str, ...]]:
    stated: dict[str, tuple[str, ...]] = {}
    for field, column in mapping.items():
        if field not in _NAMES:
            raise UserError(
                f"mapping {field!r}: there is no such field.{nearest(field, _NAMES)} "
                f"The fields are: {', '.join(_NAMES)}."
            )
        columns = (column,) if isinstance(column, str) else tuple(column)
        for name in columns:
            if name not in names:
                raise UserError(
                    f"mapping {field} = {name!r}: the claims file {file} has no such column."
                    f"{nearest(name, names)}"
                )
        if len(columns) != 1 and field != "paid":
            raise UserError(f"mapping {field}: names {len(columns)} columns; one is wanted.")
        stated[field] = columns
    return stated


def _check_needed(file: str, names: Sequence[str], columns: Columns) -> None:
    numbers, texts = columns.numbers, columns.texts
    both = "part_a_months" in numbers and "part_b_months" in numbers
    typed = "enrollment_type" in texts or "age" in numbers or "birth_date" in texts
    needed = {
        "id": "id" in texts,
        "paid (the total, or its parts as paid_part_a and paid_part_b, or paid_inpatient …)": bool(
            columns.paid
        ),
        "months (or part_a_months and part_b_months)": both or "months" in numbers,
        "enrollment_type (or age or birth_date, with esrd and dual or dual_months)": typed,
    }
    missing = [name for name, there in needed.items() if not there]
    if missing:
        shown = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
        raise UserError(
            f"claims file {file}: no column for {'; '.join(missing)}. Name it in the mapping, "
            f"as in --map paid=AMOUNT. Its columns are: {shown}."
        )
