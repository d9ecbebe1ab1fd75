"""The spend model file: TOML, written whole or not at all, and read back as spend models.

It holds parameters, figures of at least 11 beneficiaries, counts and the hash of the data;
never an identity, a row number or the spending of one beneficiary. Counts from 1 to 10 are
written as ``"1-10"`` (CMS cell size suppression policy).
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from simulate.data.enrollment import ENROLLMENT_TYPES
from simulate.errors import UserError, nearest
from simulate.output import check_writable, replace_file
from simulate.population.calibrate import Calibration, TypeCalibration
from simulate.population.families import GB2, GammaPower, LognormalMixture, Shape
from simulate.population.persistence import PersistenceEstimates
from simulate.population.quantile_table import QuantileTable
from simulate.population.spend import SpendModel, default_model
from simulate.population.spend_sample import MIN_CLASS, TOPS, SpendFigures, SpendSample

#: Version of the layout of the file.
FORMAT = 1
_STATEMENT = (
    "Spend model by enrollment type, in multiples of the type's truncated mean. Aggregates "
    f"only: every class of a table holds at least {MIN_CLASS} beneficiaries. Written by "
    "simulate calibrate; change nothing by hand."
)
#: How far a stated truncated CV may be from that of the stated parameters.
_AGREEMENT = 1e-4


@dataclass(frozen=True)
class SpendFile:
    """A spend model file, read.

    Attributes
    ----------
    models : tuple of SpendModel
        In the order of `ENROLLMENT_TYPES`.
    from_data : tuple of str
        The enrollment types that were fitted to data; the others are default models.
    persistence : dict of str to PersistenceEstimates
    created, version : str
        Date of the calibration, version of the package that made it.
    sha256 : tuple of str
        Hashes of the claims files.
    notes : tuple of str
    """

    path: str
    models: tuple[SpendModel, ...]
    from_data: tuple[str, ...]
    persistence: dict[str, PersistenceEstimates]
    created: str
    version: str
    sha256: tuple[str, ...]
    notes: tuple[str, ...]


def write_spend_file(calibration: Calibration, path: str | Path, option: str = "--out") -> None:
    """Write a calibration as a spend model file.

    Parameters
    ----------
    calibration : Calibration
    path : path
        What stands there is replaced only when the new file is complete.
    option : str
        The option that named the path, for messages.

    Raises
    ------
    UserError
        The file cannot be written.
    """
    check_writable(path, option)
    replace_file(path, spend_file_text(calibration))


def spend_file_text(calibration: Calibration) -> str:
    """Return the text of the spend model file of a calibration."""
    import tomlkit

    document = {
        "format": FORMAT,
        "statement": _STATEMENT,
        "created": calibration.created.isoformat(),
        "simulate_version": calibration.version,
        "notes": list(calibration.notes),
        "truncation_rule": calibration.truncation,
        "completion_factor": calibration.completion_factor,
        "data": [
            {"file": s.name, "sha256": s.sha256, "rows": _count(s.rows), "years": list(s.years)}
            for s in calibration.sources
        ],
        "set_aside": {finding.kind: _count(finding.count) for finding in calibration.findings},
        "types": {name: _type_table(found) for name, found in calibration.types.items()},
        "persistence": {
            name: {k: _plain(v) for k, v in asdict(found).items() if v is not None}
            for name, found in calibration.persistence.items()
        },
    }
    return tomlkit.dumps(document)


def _count(count: int) -> int | str:
    return f"1-{MIN_CLASS - 1}" if 0 < count < MIN_CLASS else count


def _plain(value: float | int) -> float | int | str:
    # Estimates to six digits; counts suppressed where small.
    return _count(value) if isinstance(value, int) else float(f"{value:.6g}")


def _type_table(found: TypeCalibration) -> dict[str, Any]:
    if found.sample is None or found.chosen is None or found.recommendation is None:
        return {"family": "default"}
    shape, sample = found.model.shape, found.sample
    return {
        "family": shape.family,
        "recommended": found.recommendation.fit.family,
        "reason": found.recommendation.reason,
        "zero_mass": shape.zero_mass,
        "truncation_multiple": found.model.truncation,
        "truncated_cv": found.model.truncated_cv,
        "beneficiary_years": sample.count,
        "person_years": round(sample.person_years, 1),
        "parameters": shape.parameters,
        "data": _data_figures(sample),
        "years": [
            {
                "year": year.year,
                "beneficiaries": _count(year.count),
                "person_years": round(year.person_years, 1),
                "truncation_point_dollars": round(year.truncation_point, 2),
                "per_capita_dollars": round(year.per_capita, 2),
            }
            for year in found.years
            if year.count >= MIN_CLASS
        ],
        "compared": {
            fit.family: _figures(fit.figures)
            | ({} if fit.aic is None or fit.bic is None else {"aic": fit.aic, "bic": fit.bic})
            for fit in found.fits
        },
    }


def _data_figures(sample: SpendSample) -> dict[str, Any]:
    # A share that rests on fewer than MIN_CLASS people is a small cell.
    figures = _figures(sample.figures) | {"truncated_cv_error": _plain(sample.cv_error)}
    small = []
    if sample.figures.share_above * sample.person_years < MIN_CLASS:
        small += ["share_above", "lost"]
    small += [f"top_{100 * top:g}_percent" for top in TOPS if top * sample.count < MIN_CLASS]
    return {key: value for key, value in figures.items() if key not in small}


def _figures(figures: SpendFigures) -> dict[str, Any]:
    shares = {
        f"top_{100 * top:g}_percent": _plain(share)
        for top, share in zip(TOPS, figures.concentration, strict=True)
    }
    return {
        "truncated_mean": _plain(figures.truncated_mean),
        "truncated_cv": _plain(figures.truncated_cv),
        "share_above": _plain(figures.share_above),
        "lost": _plain(figures.lost),
    } | shares


def read_spend_file(path: str | Path) -> tuple[SpendModel, ...]:
    """Return the spend models of a spend model file, in the order of `ENROLLMENT_TYPES`.

    Raises
    ------
    UserError
        As `load_spend_file`.
    """
    return load_spend_file(path).models


def load_spend_file(path: str | Path) -> SpendFile:
    """Read a spend model file.

    Raises
    ------
    UserError
        It does not exist, is no spend model file, or its numbers do not agree.
    """
    data = _parsed(Path(path))
    where = f"spend model file {path}"
    types = data.get("types")
    if data.get("format") != FORMAT or not isinstance(types, dict):
        raise UserError(
            f"{where}: is not a spend model file of format {FORMAT}; make one with "
            "simulate calibrate."
        )
    unknown = [name for name in types if name not in ENROLLMENT_TYPES]
    if unknown:
        known = ", ".join(ENROLLMENT_TYPES)
        raise UserError(
            f"{where}: types.{unknown[0]}: no such enrollment type."
            f"{nearest(unknown[0], ENROLLMENT_TYPES)} The types are: {known}."
        )
    models = tuple(_model(name, types.get(name), where) for name in ENROLLMENT_TYPES)
    return SpendFile(
        str(path),
        models,
        tuple(name for name in ENROLLMENT_TYPES if types[name].get("family") != "default"),
        {name: _persistence(name, held, where) for name, held in _tables(data, "persistence")},
        str(data.get("created", "")),
        str(data.get("simulate_version", "")),
        tuple(str(source.get("sha256", "")) for source in data.get("data", [])),
        tuple(str(note) for note in data.get("notes", [])),
    )


def _tables(data: Mapping[str, Any], key: str) -> list[tuple[str, dict[str, Any]]]:
    return [(name, held) for name, held in data.get(key, {}).items() if isinstance(held, dict)]


def _parsed(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise UserError(f"spend model file {path} does not exist. Check the path.") from None
    except IsADirectoryError:
        raise UserError(f"spend model file {path} is a folder. Give the file's path.") from None
    except UnicodeDecodeError:
        raise UserError(f"spend model file {path} is not UTF-8 text.") from None
    except tomllib.TOMLDecodeError as problem:
        raise UserError(f"spend model file {path} is not TOML: {problem}.") from None
    except OSError as problem:
        raise UserError(f"spend model file {path} cannot be read: {problem.strerror}.") from None


def _model(name: str, stated: Any, where: str) -> SpendModel:
    if not isinstance(stated, dict):
        raise UserError(f"{where}: types.{name} is missing; every enrollment type is needed.")
    if stated.get("family") == "default":
        return default_model(name)
    try:
        shape = shape_from(stated["family"], _number(stated["zero_mass"]), stated["parameters"])
        model = SpendModel(name, shape, _number(stated["truncation_multiple"]))
        cv = _number(stated["truncated_cv"])
        sound = 0.0 <= shape.zero_mass < 1.0 and math.isfinite(shape.mean()) and shape.mean() > 0
    except KeyError as problem:
        raise UserError(
            f"{where}: types.{name}: {problem.args[0]!r} is missing or unknown."
        ) from None
    except (TypeError, ValueError, ZeroDivisionError):
        raise UserError(
            f"{where}: types.{name}: a number or list is not what it must be."
        ) from None
    if not sound or not _agrees(model, cv):
        raise UserError(
            f"{where}: types.{name}: the parameters do not give the stated truncated mean and "
            f"truncated CV of {cv:g}; the file was changed or cut. Calibrate again."
        )
    return model


def _agrees(model: SpendModel, cv: float) -> bool:
    with np.errstate(all="ignore"):
        moments = model.shape.truncated(model.truncation)
    return abs(moments.cv / cv - 1.0) < _AGREEMENT and abs(moments.mean - 1.0) < _AGREEMENT


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(value)
    return float(value)


def _persistence(name: str, stated: Mapping[str, Any], where: str) -> PersistenceEstimates:
    known = PersistenceEstimates.__dataclass_fields__
    for key in stated:
        if key not in known:
            raise UserError(f"{where}: persistence.{name}.{key}: no such key.{nearest(key, known)}")
    pairs = stated.get("pairs", 0)
    try:
        numbers = {key: _number(value) for key, value in stated.items() if key != "pairs"}
    except ValueError:
        raise UserError(f"{where}: persistence.{name}: a value is no number.") from None
    # A count of 1 to 10 was written as a range: too few to matter.
    return PersistenceEstimates(pairs if isinstance(pairs, int) else 0, **numbers)


def shape_from(family: str, zero_mass: float, parameters: Mapping[str, Any]) -> Shape:
    """Return the shape that a family's name and its stated parameters describe.

    Raises
    ------
    KeyError
        An unknown family or a parameter that is missing.
    ValueError
        A parameter that is no finite number, or out of its range.
    """
    values = dict(parameters)
    if family in ("lognormal", "two_lognormals"):
        if family == "lognormal":
            m, s = _number(values["log_mean"]), _number(values["log_sd"])
            return LognormalMixture(zero_mass, 0.0, (m, m), (s, s))
        (low, high), (narrow, wide) = values["log_means"], values["log_sds"]
        means, sds = (_number(low), _number(high)), (_number(narrow), _number(wide))
        return LognormalMixture(zero_mass, _number(values["high_weight"]), means, sds)
    if family in ("gamma", "weibull", "generalised_gamma"):
        form, power, scale = (_number(values[k]) for k in ("form", "power", "scale"))
        return GammaPower(zero_mass, form, power, scale)
    if family in ("burr12", "gb2"):
        return GB2(zero_mass, *(_number(values[k]) for k in ("a", "p", "q", "scale")))
    if family == "quantile_table":
        shares, amounts = (tuple(_number(v) for v in values[k]) for k in ("shares", "means"))
        rising = all(a < b for a, b in pairwise((0.0, *amounts)))
        if len(shares) != len(amounts) or min(shares) <= 0.0 or not rising:
            raise ValueError("classes")
        return QuantileTable(zero_mass, shares, amounts)
    raise KeyError(family)
