"""Settlements that reach every branch of the rule, and a spreadsheet program in batch mode."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl

import simulate as sim
from simulate.analysis.choices import resolved_contracts
from simulate.contracts.contract import Contract
from simulate.contracts.resolution import Circumstances
from simulate.kernels.settlement_rule import Terms
from simulate.report.workbook.contract_table import ContractTable, table_of
from simulate.report.workbook.settlement_case import Case, Inputs

SOFFICE = shutil.which("soffice") or shutil.which("libreoffice")
#: A value that no cell of a settlement has.
STALE_NUMBER, STALE_TEXT = "987654321.125", "not computed"


def real_table(aco_id: str, year: int, *own: Contract) -> ContractTable:
    """Every contract of the catalogue, and some of one's own, for a published ACO."""
    scenario = sim.Scenario(aco=sim.ACO.from_published_results(aco_id, year))
    contracts = [sim.load_contract(i) for i in sim.contract_ids()]
    return table_of(scenario, resolved_contracts(scenario, [*contracts, *own]))


def banded(contract_id: str = "banded") -> Contract:
    """A contract of one's own with risk corridors both ways, a withhold and extra cash flows."""
    stated = sim.load_contract("enhanced").model_dump()
    cited = {"unit": "u", "reference": "none: an example", "confidence": "unconfirmed"}
    dated = {**cited, "effective": "2012-01-01"}
    bands = [(0.01, 1.0), (0.03, 0.5), (0.06, 0.35), (0.1, 0.15), (None, 0.0)]
    rise = [{"up_to": up_to, "share": share} for up_to, share in bands]
    stated["terms"]["loss_bands"] = {**dated, "value": rise}
    stated["terms"]["savings_bands"] = {**dated, "value": rise[:3]}
    stated["terms"]["net_threshold"] = {**dated, "value": 0.005}
    stated["terms"]["withhold"] = {**dated, "value": 0.25}
    stated["terms"]["sharing_rate_bonus"] = {**dated, "value": 0.05}
    stated["id"] = contract_id
    stated["extra_cash_flows"] = [
        {**dated, "name": "per head", "per_beneficiary_month": 8.0},
        {**dated, "name": "a year", "per_year": -250_000.0},
    ]
    return Contract.model_validate(stated)


def cases(table: ContractTable, turn: int) -> list[Case]:
    """Return a settlement under each contract, everything that counts drawn anew each turn.

    Besides, what few draws would reach: the half rate, losses limited by revenue, a threshold
    met to the cent, a termination in June, and what only a contract of one's own has.
    """
    found = [_drawn(table, contract_id, turn) for contract_id in table.contracts]
    at = replace(table.circumstances, assigned_beneficiaries=31_416, msr="2.0", low_revenue=True)
    for revenue in (None, 31e6):
        stated = replace(at, participant_revenue=revenue)
        for rate in (0.0123, -0.4):
            found.append(_case(table, "basic-e", stated, rate, (0.83, "met")))
    found.append(_case(table, "track-1-plus", stated, -0.4, (0.83, "met")))
    found += [
        _case(table, "track-3", at, f"{beside} {minimum}", (0.83, "met"))
        for beside in ("at", "below")
        for minimum in ("MSR", "MLR")
    ]
    june = replace(at, termination="voluntary", months_in_programme=6)
    found.append(_case(table, "track-3", june, -0.1, (0.83, "met")))
    own = [i for i in table.contracts if i not in sim.contract_ids()]
    return found + [_case(table, i, at, rate, (0.83, "met")) for i in own for rate in (0.08, -0.08)]


def _drawn(table: ContractTable, contract_id: str, turn: int) -> Case:
    # Of the contract's own, so that a new contract of the catalogue leaves the others' alone.
    own = zlib.crc32(contract_id.encode())
    rng = np.random.default_rng([own, turn])
    at = _circumstances(table.circumstances, rng)
    rate, quality = _RATES[rng.integers(len(_RATES))], _QUALITY[(own + turn) % len(_QUALITY)]
    return _case(table, contract_id, at, rate, quality)


def _case(
    table: ContractTable,
    contract_id: str,
    at: Circumstances,
    rate: float | str,
    quality: tuple[float, Any],
) -> Case:
    benchmark = round(11_873.41 * at.assigned_beneficiaries, 2)
    inputs = Inputs(contract_id, at, benchmark, benchmark, *quality)
    even = Case(table, inputs)
    settled = even.outcome.settled_benchmark
    return Case(table, replace(inputs, expenditure=_spent(even.terms, settled, rate)))


_QUALITY: list[tuple[float, Any]] = [
    (0.83, "met"), (1.0, "met"), (0.4, "failed"), (0.6, "alternative"),
]  # fmt: skip
#: Gross savings as a share of the benchmark; in words, against the thresholds in force.
_RATES: list[float | str] = [
    0.012, "at MSR", -0.4, "below MSR", "at MLR", 0.0, "below MLR", 0.35, -0.031, 0.06, -0.11,
]  # fmt: skip
_EVENTS: list[dict[str, Any]] = [
    *[{}] * 6,
    {"disaster_months_share": 0.25, "disaster_beneficiary_share": 0.6},
    {"termination": "voluntary", "months_in_programme": 5},
    {"termination": "voluntary", "months_in_programme": 9},
    {"termination": "voluntary", "months_in_programme": 12},
    {"termination": "involuntary", "months_in_programme": 5},
    {"months_in_year": 6},
    {"guardrail": True},
]


def _circumstances(of: Circumstances, rng: np.random.Generator) -> Circumstances:
    size = int(rng.choice([300, 750, 4_400, 5_333, 9_999, 31_416, 75_000]))
    revenue = [None, 900.0, 20_000.0][rng.integers(3)]
    return replace(
        of,
        assigned_beneficiaries=size,
        msr=str(rng.choice(["0.5", "table", "2.0", "0.0", "1.5"])),
        participant_revenue=None if revenue is None else revenue * size,
        low_revenue=bool(rng.random() < 0.6),
        **_EVENTS[rng.integers(len(_EVENTS))],
    )


def _spent(terms: Terms, benchmark: float, rate: float | str) -> float:
    """Return the expenditure that saves a part of the settled benchmark, or just a threshold."""
    if isinstance(rate, float):
        return round(benchmark * (1.0 - rate), 2)
    sign, minimum = (1.0, terms.msr) if rate.endswith("MSR") else (-1.0, terms.mlr)
    dollars = round(min(minimum, 0.02) * benchmark, 2)
    short = 0.01 if rate.startswith("below") else 0.0
    return round(benchmark - sign * (dollars - short), 2)


# --- files and the spreadsheet program ---------------------------------------


def poisoned(workbook: bytes) -> bytes:
    """Return a workbook whose formulas all carry a wrong value beside them."""
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as old, zipfile.ZipFile(result, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            if name.startswith("xl/worksheets/sheet"):
                text = re.sub(rb"<c [^>]*><f>.*?</c>", _poison, text)
            new.writestr(name, text)
    return result.getvalue()


def _poison(found: re.Match[bytes]) -> bytes:
    wrong = STALE_TEXT if b't="str"' in found[0].split(b">")[0] else STALE_NUMBER
    return re.sub(rb"<v>.*?</v>", f"<v>{wrong}</v>".encode(), found[0])


def recalculated(workbooks: Sequence[Path], folder: Path, to: str = "xlsx") -> list[Path]:
    """Open workbooks in LibreOffice, told to recalculate all formulas, and save them again."""
    assert SOFFICE is not None
    profile = folder / "profile"
    (profile / "user").mkdir(parents=True)
    # 0: always recalculate; LibreOffice would else show the values in the file.
    (profile / "user" / "registrymodifications.xcu").write_text(
        '<?xml version="1.0" encoding="UTF-8"?><oor:items '
        'xmlns:oor="http://openoffice.org/2001/registry"><item '
        'oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" '
        'oor:op="fuse"><value>0</value></prop></item></oor:items>',
        "utf-8",
    )
    result = folder / "recalculated"
    command = [SOFFICE, "--headless", "--norestore", f"-env:UserInstallation={profile.as_uri()}"]
    command += ["--convert-to", to, "--outdir", str(result), *map(str, workbooks)]
    home = {**os.environ, "HOME": str(folder)}
    finished = subprocess.run(command, capture_output=True, text=True, timeout=300, env=home)
    assert finished.returncode == 0, finished.stderr
    return [result / f"{path.stem}.{to}" for path in workbooks]


def shown(path: Path) -> Any:
    """Open a workbook for the values that its cells show."""
    return openpyxl.load_workbook(path, data_only=True)


def named(workbook: Any, sheet: str) -> dict[str, Any]:
    """Return the values of the named cells of a settlement sheet."""
    page = workbook[sheet]
    return {
        name: page[defined.attr_text.rpartition("!")[2].replace("$", "")].value
        for name, defined in page.defined_names.items()
        if not name.startswith("_xlnm")
    }
