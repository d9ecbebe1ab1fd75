"""Small synthetic claims extracts, written as a user's system or CMS's DE-SynPUF would."""

from __future__ import annotations

from pathlib import Path

import numpy as np

TYPES = ("esrd", "disabled", "aged_dual", "aged_non_dual")
# Dollars a year of each type and the number of people, small enough for a quick suite.
LEVEL = {"esrd": 60_000.0, "disabled": 9_000.0, "aged_dual": 15_000.0, "aged_non_dual": 8_000.0}
COUNT = {"esrd": 300, "disabled": 700, "aged_dual": 600, "aged_non_dual": 3_000}


def extract(seed: int = 1, year: int = 2022, count: dict[str, int] | None = None) -> dict:
    """Columns of one year: canonical names, all four types, a tenth of them part of the year."""
    rng = np.random.default_rng(seed)
    kinds = np.repeat(TYPES, [(count or COUNT)[name] for name in TYPES])
    n = kinds.size
    months = np.where(rng.random(n) < 0.1, rng.integers(1, 12, n), 12)
    level = np.array([LEVEL[name] for name in kinds])
    full = np.where(rng.random(n) < 0.1, 0.0, np.exp(1.3 * rng.standard_normal(n) - 0.8) * level)
    order = rng.permutation(n)
    columns = {
        "id": np.array([f"P{i:07d}Q" for i in range(n)]),
        "year": np.full(n, year),
        "enrollment_type": kinds,
        "months": months,
        "paid": np.round(full * months / 12.0, 2),
    }
    return {name: values[order] for name, values in columns.items()}


def with_flags(columns: dict) -> dict:
    """The same people with the flags that decide the type, parts of spending and deaths."""
    kinds, n = columns["enrollment_type"], columns["id"].size
    young = kinds == "disabled"
    born = columns["year"] - np.where(young, 50, 75)
    flags = {
        "id": columns["id"],
        "year": columns["year"],
        "birth_date": np.array([f"{y}-05-17" for y in born]),
        "esrd": np.where(kinds == "esrd", "Y", "0"),
        "dual_months": np.where(kinds == "aged_dual", columns["months"], 0),
        "part_a_months": columns["months"],
        "part_b_months": columns["months"],
        "ma_months": np.zeros(n, int),
        "paid_part_a": np.round(0.5 * columns["paid"], 2),
    }
    flags["paid_part_b"] = np.round(columns["paid"] - flags["paid_part_a"], 2)
    return flags


def synpuf(columns: dict) -> dict:
    """The same people in the layout of a DE-SynPUF beneficiary summary; no dual flag."""
    kinds, n, paid = columns["enrollment_type"], columns["id"].size, columns["paid"]
    born = columns["year"] - np.where(kinds == "disabled", 50, 75)
    return {
        "DESYNPUF_ID": np.array([f"{i:08X}ABCDEF01" for i in range(n)]),
        "BENE_BIRTH_DT": born * 10_000 + 401,
        "BENE_DEATH_DT": np.full(n, ""),
        "BENE_SEX_IDENT_CD": np.ones(n, int),
        "BENE_ESRD_IND": np.where(kinds == "esrd", "Y", "0"),
        "SP_STATE_CODE": np.full(n, 39),
        "BENE_HI_CVRAGE_TOT_MONS": columns["months"],
        "BENE_SMI_CVRAGE_TOT_MONS": columns["months"],
        "BENE_HMO_CVRAGE_TOT_MONS": np.zeros(n, int),
        "PLAN_CVRG_MOS_NUM": np.full(n, "00"),
        "MEDREIMB_IP": np.round(0.5 * paid, 2),
        "MEDREIMB_OP": np.round(0.2 * paid, 2),
        "MEDREIMB_CAR": np.round(0.3 * paid, 2),
    }


def write_csv(path: Path, columns: dict, quoted: bool = False, delimiter: str = ",") -> Path:
    """Write columns as CSV and return the path."""
    header = [f'"{name}"' if quoted else name for name in columns]
    rows = zip(*(values.tolist() for values in columns.values()), strict=True)
    lines = [delimiter.join(header), *(delimiter.join(map(str, row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def changed(columns: dict, **cells: dict[int, object]) -> dict:
    """Return the columns with some cells replaced: ``changed(c, months={3: 0})``."""
    result = dict(columns)
    for name, new in cells.items():
        values = columns[name].astype(object)
        for row, value in new.items():
            values[row] = value
        result[name] = values
    return result
