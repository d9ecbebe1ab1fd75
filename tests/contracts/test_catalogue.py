"""The catalogue of contracts against the rules, term by term, and its own discipline."""

from __future__ import annotations

import copy
import re
from importlib import resources
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from simulate.contracts.contract import (
    Contract,
    contract_ids,
    load_contract,
    read_contract_file,
)
from simulate.errors import UserError

OTHER_MODELS = (
    "pioneer-core",
    "pioneer-option-a",
    "pioneer-option-b",
    "next-generation-a",
    "next-generation-b",
    "reach-professional",
    "reach-global",
    "lead-professional",
    "lead-global",
    "pc-flex",
    "mcp-track-1",
    "mcp-track-2",
    "mcp-track-3",
)
IDS = (
    "track-1",
    "track-1-proposed-2011",
    "track-1-second-agreement-proposed-2014",
    "track-2-2012",
    "track-2-proposed-2011",
    "track-2-proposed-2014",
    "track-2",
    "track-3-proposed-2014",
    "track-3",
    "track-1-plus",
    "basic-a",
    "basic-b",
    "basic-c",
    "basic-d",
    "basic-e",
    "enhanced",
)
ALL_IDS = (*IDS, *OTHER_MODELS)

ONE_MINUS_FINAL = "one-minus-final-sharing-rate"
ONE_MINUS_SCORE = "one-minus-maximum-rate-times-score"
LESSER = "lesser-of-revenue-and-benchmark"

# Truth from outside the package: 42 CFR 425.604, 605, 606, 610 and the proposed rules
# 76 FR 19528 and 79 FR 72760, read by hand. (contract, performance year, agreement year)
# -> term -> value; None: the contract has no such term.
EXPECTED: dict[tuple[str, int, int], dict[str, Any]] = {
    ("track-1", 2013, 1): {
        "maximum_sharing_rate": 0.50,
        "minimum_savings_rate": "size-table",
        "minimum_loss_rate": "none",
        "loss_rate_rule": "none",
        "payment_limit": 0.10,
        "net_threshold": None,
        "withhold": None,
        "quality_rule": "score",
        "sequestration": 0.02,
    },
    # Still one-sided in the third year, and still 50 % in the second agreement.
    ("track-1", 2015, 3): {"minimum_loss_rate": "none", "loss_rate_rule": "none"},
    ("track-1", 2017, 5): {"maximum_sharing_rate": 0.50, "payment_limit": 0.10},
    ("track-1", 2019, 3): {"sequestration": 0.0},
    ("track-1", 2021, 3): {"quality_rule": "pass-or-fail", "sequestration": 0.02},
    ("track-1-proposed-2011", 2012, 1): {
        "maximum_sharing_rate": 0.50,
        "sharing_rate_bonus": 0.0,
        "minimum_savings_rate": "size-table",
        "minimum_loss_rate": "none",
        "loss_rate_rule": "none",
        "payment_limit": 0.075,
        "net_threshold": 0.02,
        "net_threshold_exempt_below_beneficiaries": 10_000,
        "withhold": 0.25,
    },
    ("track-1-proposed-2011", 2013, 2): {
        "maximum_sharing_rate": 0.50,
        "minimum_savings_rate": "size-table",
        "payment_limit": 0.075,
        "net_threshold": 0.02,
        "loss_rate_rule": "none",
    },
    ("track-1-proposed-2011", 2014, 3): {
        "maximum_sharing_rate": 0.60,
        "minimum_savings_rate": 0.02,
        "minimum_loss_rate": 0.02,
        "loss_rate_rule": ONE_MINUS_FINAL,
        "payment_limit": 0.10,
        "loss_limit_of_benchmark": 0.05,
        "net_threshold": 0.0,
        "quality_rule": "score",
    },
    ("track-2-proposed-2011", 2012, 1): {
        "maximum_sharing_rate": 0.60,
        "minimum_savings_rate": 0.02,
        "minimum_loss_rate": 0.02,
        "loss_rate_rule": ONE_MINUS_FINAL,
        "payment_limit": 0.10,
        "loss_limit_of_benchmark": 0.05,
        "withhold": 0.25,
        "net_threshold": None,
    },
    ("track-2-proposed-2011", 2013, 2): {"loss_limit_of_benchmark": 0.075},
    ("track-2-proposed-2011", 2014, 3): {"loss_limit_of_benchmark": 0.10},
    ("track-1-second-agreement-proposed-2014", 2016, 1): {
        "maximum_sharing_rate": 0.40,
        "minimum_savings_rate": "size-table",
        "minimum_loss_rate": "none",
        "loss_rate_rule": "none",
        "payment_limit": 0.10,
        "quality_rule": "score",
    },
    ("track-2-2012", 2013, 1): {
        "maximum_sharing_rate": 0.60,
        "minimum_savings_rate": 0.02,
        "minimum_loss_rate": 0.02,
        "loss_rate_rule": ONE_MINUS_FINAL,
        "maximum_loss_rate": 0.60,
        "payment_limit": 0.15,
        "loss_limit_of_benchmark": 0.05,
        "withhold": None,
        "size_table_below_beneficiaries": None,
    },
    ("track-2-2012", 2014, 2): {"loss_limit_of_benchmark": 0.075},
    ("track-2-2012", 2015, 3): {"loss_limit_of_benchmark": 0.10},
    ("track-2-proposed-2014", 2016, 1): {
        "maximum_sharing_rate": 0.60,
        "minimum_savings_rate": "size-table",
        "minimum_loss_rate": "same-as-msr",
        "loss_rate_rule": ONE_MINUS_FINAL,
        "loss_rate_floor": 0.40,
        "maximum_loss_rate": 0.60,
        "payment_limit": 0.15,
        "loss_limit_of_benchmark": 0.05,
    },
    ("track-2-proposed-2014", 2018, 3): {"loss_limit_of_benchmark": 0.10},
    ("track-2", 2016, 1): {
        "maximum_sharing_rate": 0.60,
        "minimum_savings_rate": "choice",
        "minimum_loss_rate": "same-as-msr",
        "size_table_below_beneficiaries": 0,
        "loss_rate_rule": ONE_MINUS_FINAL,
        "loss_rate_floor": 0.40,
        "maximum_loss_rate": 0.60,
        "payment_limit": 0.15,
        "loss_limit_of_benchmark": 0.05,
    },
    ("track-2", 2017, 2): {"loss_limit_of_benchmark": 0.075},
    # PY2021 results: relief 1,110,310 = 2,382,640 x (1 - .60 x .89)
    ("track-2", 2021, 5): {"loss_rate_rule": ONE_MINUS_SCORE},
    ("track-2", 2020, 4): {
        "loss_limit_of_benchmark": 0.10,
        "size_table_below_beneficiaries": 5000,
    },
    ("track-3-proposed-2014", 2016, 1): {
        "maximum_sharing_rate": 0.75,
        "minimum_savings_rate": 0.02,
        "minimum_loss_rate": 0.02,
        "loss_rate_rule": ONE_MINUS_FINAL,
        "loss_rate_floor": 0.40,
        "maximum_loss_rate": 0.75,
        "payment_limit": 0.20,
        "loss_limit_of_benchmark": 0.15,
    },
    ("track-3", 2016, 1): {
        "maximum_sharing_rate": 0.75,
        "minimum_savings_rate": "choice",
        "minimum_loss_rate": "same-as-msr",
        "loss_rate_rule": ONE_MINUS_FINAL,
        "loss_rate_floor": 0.40,
        "maximum_loss_rate": 0.75,
        "payment_limit": 0.20,
        "loss_limit_of_benchmark": 0.15,
        "size_table_below_beneficiaries": 0,
    },
    ("track-3", 2019, 3): {"size_table_below_beneficiaries": 0},
    ("track-3", 2020, 3): {"loss_limit_of_benchmark": 0.15, "size_table_below_beneficiaries": 5000},
    ("track-1-plus", 2018, 1): {
        "maximum_sharing_rate": 0.50,
        "minimum_savings_rate": "choice",
        "minimum_loss_rate": "same-as-msr",
        "loss_rate_rule": "fixed",
        "maximum_loss_rate": 0.30,
        "payment_limit": 0.10,
        "loss_limit_basis": "revenue-where-stated",
        "loss_limit_of_revenue": 0.08,
        "loss_limit_of_benchmark": 0.04,
        "size_table_below_beneficiaries": 0,
    },
    ("track-1-plus", 2021, 4): {"size_table_below_beneficiaries": 5000},
    ("enhanced", 2019, 1): {
        "maximum_sharing_rate": 0.75,
        "minimum_savings_rate": "choice",
        "minimum_loss_rate": "same-as-msr",
        "size_table_below_beneficiaries": 5000,
        "loss_rate_rule": ONE_MINUS_FINAL,
        "loss_rate_floor": 0.40,
        "maximum_loss_rate": 0.75,
        "payment_limit": 0.20,
        "loss_limit_of_benchmark": 0.15,
        "half_rate": None,
    },
    ("enhanced", 2022, 4): {"loss_rate_rule": ONE_MINUS_SCORE, "quality_rule": "pass-or-fail"},
    ("enhanced", 2023, 5): {
        "loss_rate_rule": ONE_MINUS_SCORE,
        "quality_rule": "standard-or-alternative",
    },
    ("enhanced", 2026, 1): {"loss_rate_rule": ONE_MINUS_SCORE, "maximum_sharing_rate": 0.75},
}
for _level in ("basic-a", "basic-b"):
    EXPECTED[_level, 2024, 1] = {
        "maximum_sharing_rate": 0.40,
        "minimum_savings_rate": "size-table",
        "minimum_loss_rate": "none",
        "loss_rate_rule": "none",
        "payment_limit": 0.10,
        "half_rate": 0.5,
        "half_rate_agreements_from_year": 2024,
        "half_rate_minimum_beneficiaries": 5000,
        "loss_limit_of_benchmark": None,
    }
for _level, _revenue, _benchmark in (
    ("basic-c", 0.02, 0.01),
    ("basic-d", 0.04, 0.02),
    ("basic-e", 0.08, 0.04),
):
    EXPECTED[_level, 2024, 1] = {
        "maximum_sharing_rate": 0.50,
        "minimum_savings_rate": "choice",
        "minimum_loss_rate": "same-as-msr",
        "size_table_below_beneficiaries": 5000,
        "loss_rate_rule": "fixed",
        "maximum_loss_rate": 0.30,
        "payment_limit": 0.10,
        "loss_limit_basis": LESSER,
        "loss_limit_of_revenue": _revenue,
        "loss_limit_of_benchmark": _benchmark,
        "half_rate": 0.5,
        "half_rate_agreements_from_year": 2024,
    }
TABLE = [
    (contract, term, performance_year, agreement_year, value)
    for (contract, performance_year, agreement_year), terms in EXPECTED.items()
    for term, value in terms.items()
]

SPAN = {
    "track-1": ("ended", 2012, 2021),
    "track-1-proposed-2011": ("proposed", 2012, 2014),
    "track-2-proposed-2011": ("proposed", 2012, 2014),
    "track-2-2012": ("ended", 2012, 2015),
    "track-1-second-agreement-proposed-2014": ("proposed", 2016, 2018),
    "track-2-proposed-2014": ("proposed", 2016, 2018),
    "track-3-proposed-2014": ("proposed", 2016, 2018),
    "track-2": ("ended", 2016, 2021),
    "track-3": ("ended", 2016, 2021),
    "track-1-plus": ("ended", 2018, 2021),
    "basic-a": ("in force", 2019, None),
    "basic-b": ("in force", 2019, None),
    "basic-c": ("in force", 2019, None),
    "basic-d": ("in force", 2019, None),
    "basic-e": ("in force", 2019, None),
    "enhanced": ("in force", 2019, None),
    **dict.fromkeys(
        ("pioneer-core", "pioneer-option-a", "pioneer-option-b"), ("ended", 2012, 2016)
    ),
    **dict.fromkeys(("next-generation-a", "next-generation-b"), ("ended", 2016, 2021)),
    **dict.fromkeys(("reach-professional", "reach-global"), ("in force", 2021, 2026)),
    # Announced, not in force: nothing is settled under it before 2027.
    **dict.fromkeys(("lead-professional", "lead-global"), ("proposed", 2027, 2036)),
    "pc-flex": ("in force", 2025, 2029),
    **dict.fromkeys(("mcp-track-1", "mcp-track-2", "mcp-track-3"), ("ended", 2024, 2025)),
}

# Rates and limits are confirmed for 2012 and 2013 of the core arrangement, and held from then on.
_PIONEER = {
    "maximum_sharing_rate",
    "minimum_savings_rate",
    "minimum_loss_rate",
    "loss_rate_rule",
    "maximum_loss_rate",
    "sequestration",
    "payment_limit",
    "loss_limit_of_benchmark",
}
# What no source at hand confirms; everything else in the catalogue is confirmed.
UNCONFIRMED = {
    "track-1-proposed-2011": {
        "maximum_sharing_rate",  # 60 % in year 3
        "loss_limit_of_benchmark",  # 5 % in year 3
        "net_threshold_exempt_below_beneficiaries",
        "withhold_forfeited",
    },
    "track-2-proposed-2011": {"withhold_forfeited"},
    "track-2-2012": {"loss_limit_of_benchmark"},  # 5, 7.5, 10 % in the final text
    "track-2": {"loss_limit_of_benchmark"},
    "track-3": {"loss_rate_rule"},  # of 2021: shown by published results for Track 2 alone
    "track-1-plus": {"payment_limit", "loss_limit_basis"},
    "pioneer-core": _PIONEER,
    "pioneer-option-a": _PIONEER,
    "pioneer-option-b": _PIONEER,
    "next-generation-a": {"quality_rule", "sequestration", "benchmark_discount"},
    "next-generation-b": {"quality_rule", "sequestration", "benchmark_discount"},
    "reach-professional": {"sequestration", "quality_withhold"},
    "reach-global": {
        "sequestration",
        "savings_bands",  # edges above the first, 2026
        "loss_bands",
        "benchmark_discount",  # 3 % in 2023 and 2024
        "quality_withhold",
    },
    "lead-professional": {"quality_withhold"},
    "lead-global": {"quality_withhold"},
    "pc-flex": {"enhanced_primary_care_payment"},
    "mcp-track-1": {"primary_care_share", "performance_incentive", "enhanced_services_payment"},
    "mcp-track-2": {"primary_care_share", "performance_incentive", "enhanced_services_payment"},
    "mcp-track-3": {"primary_care_share", "enhanced_services_payment"},
}

ONE_SIDED = {"track-1", "track-1-second-agreement-proposed-2014", "basic-a", "basic-b"}
LOSS_TERMS = (
    "loss_rate_floor",
    "maximum_loss_rate",
    "loss_limit_basis",
    "loss_limit_of_benchmark",
    "loss_limit_of_revenue",
    "size_table_below_beneficiaries",
)


def as_written(contract_id: str) -> dict[str, Any]:
    file = resources.files("simulate.contracts.catalogue").joinpath(f"{contract_id}.yaml")
    data: dict[str, Any] = yaml.safe_load(file.read_text("utf-8"))
    return data


def own_terms(contract: Contract) -> dict[str, Any]:
    stated = {name: getattr(contract.terms, name) for name in type(contract.terms).model_fields}
    flows = {flow.key: flow for flow in contract.extra_cash_flows}
    return {name: term for name, term in stated.items() if term is not None} | flows


def test_the_catalogue_holds_exactly_these_contracts() -> None:
    assert sorted(contract_ids()) == sorted(ALL_IDS)


def test_the_table_of_outside_truth_is_large_and_covers_every_contract() -> None:
    assert len(TABLE) >= 60
    assert {row[0] for row in TABLE} == set(IDS)


@pytest.mark.parametrize("contract_id", ALL_IDS)
def test_every_file_parses_and_bears_its_own_name(contract_id: str) -> None:
    contract = load_contract(contract_id)
    assert contract.id == contract_id
    assert (contract.status, contract.performance_years.first, contract.last_performance_year) == (
        SPAN[contract_id]
    )


@pytest.mark.parametrize(
    ("contract_id", "term", "performance_year", "agreement_year", "expected"), TABLE
)
def test_term_is_that_of_the_rules(
    contract_id: str, term: str, performance_year: int, agreement_year: int, expected: Any
) -> None:
    found = load_contract(contract_id).term(term)
    if expected is None:
        assert found is None
    else:
        assert found is not None
        assert found.at(performance_year, agreement_year) == expected


@pytest.mark.parametrize("contract_id", ALL_IDS)
def test_unconfirmed_terms_are_exactly_the_known_ones(contract_id: str) -> None:
    assert set(load_contract(contract_id).unconfirmed()) == UNCONFIRMED.get(contract_id, set())


@pytest.mark.parametrize("contract_id", ALL_IDS)
def test_notes_and_confidence_agree(contract_id: str) -> None:
    for name, term in own_terms(load_contract(contract_id)).items():
        assert term.confidence in {"confirmed", "unconfirmed"}, name
        says_so = "unconfirmed" in term.note.lower()
        assert says_so == (term.confidence == "unconfirmed"), name


@pytest.mark.parametrize("contract_id", ALL_IDS)
def test_every_term_cites_a_regulation_a_register_page_or_cms(contract_id: str) -> None:
    for name, term in own_terms(load_contract(contract_id)).items():
        assert re.search(r"42 CFR 4\d\d\.\d+|\b\d\d FR \d+|^CMS ", term.reference), name
        assert term.unit.strip(), name


@pytest.mark.parametrize("contract_id", ALL_IDS)
def test_terms_are_dated_within_the_contract(contract_id: str) -> None:
    contract = load_contract(contract_id)
    first = contract.performance_years.first
    last = contract.last_performance_year or 9999
    for name, term in own_terms(contract).items():
        if getattr(term, "values", None) is not None:
            assert min(term.values) == first, name
            assert max(term.values) <= last, name
        else:
            assert first <= term.effective.year <= last, name


@pytest.mark.parametrize("contract_id", IDS)
def test_a_one_sided_contract_states_no_loss_terms_and_a_two_sided_one_limits_losses(
    contract_id: str,
) -> None:
    terms = own_terms(load_contract(contract_id))
    if contract_id in ONE_SIDED:
        assert not set(LOSS_TERMS) & set(terms)
    else:
        assert "loss_limit_of_benchmark" in terms
    if "loss_limit_of_revenue" in terms:
        assert "loss_limit_basis" in terms


@pytest.mark.parametrize("contract_id", IDS)
def test_a_proposal_says_that_it_never_took_effect(contract_id: str) -> None:
    contract = load_contract(contract_id)
    assert ("proposed" in contract_id) == (contract.status == "proposed")
    assert ("never took effect" in contract.summary) == (contract.status == "proposed")
    if contract.status == "proposed":
        assert contract.terms.quality_rule is not None


@pytest.mark.parametrize("missing", ["reference", "unit", "confidence"])
@pytest.mark.parametrize("contract_id", ALL_IDS)
def test_a_number_without_its_source_is_refused(contract_id: str, missing: str) -> None:
    whole = as_written(contract_id)
    Contract.model_validate(whole)
    for name in whole["terms"]:
        broken = copy.deepcopy(whole)
        del broken["terms"][name][missing]
        with pytest.raises(ValidationError, match=missing):
            Contract.model_validate(broken)
    for place in range(len(whole.get("extra_cash_flows", []))):
        broken = copy.deepcopy(whole)
        del broken["extra_cash_flows"][place][missing]
        with pytest.raises(ValidationError, match=missing):
            Contract.model_validate(broken)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"reference": None}, "reference"),
        ({"reference": "?"}, "reference"),
        ({"unit": None}, "unit"),
        ({"confidence": None}, "confidence"),
        ({"confidence": "probably"}, "confidence"),
        ({"effective": None}, "effective date"),
        ({"value": 75}, "maximum_sharing_rate"),
        ({"value": None}, "exactly one of"),
        ({"values": {2016: 0.75}}, "exactly one of"),
        ({"paragraph": "42 CFR 425.610"}, "no such key"),
    ],
)
def test_a_mistake_in_a_contract_file_is_one_clear_message(
    change: dict[str, Any], says: str, tmp_path: Any
) -> None:
    data = as_written("track-3")
    term = data["terms"]["maximum_sharing_rate"]
    term.update(change)
    data["terms"]["maximum_sharing_rate"] = {k: v for k, v in term.items() if v is not None}
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump(data), "utf-8")
    with pytest.raises(UserError, match=says) as caught:
        read_contract_file(file)
    assert "mine.yaml" in str(caught.value)


def test_the_catalogue_is_a_form_a_user_can_copy(tmp_path: Any) -> None:
    for contract_id in ALL_IDS:
        file = tmp_path / f"{contract_id}.yaml"
        file.write_text(yaml.safe_dump(as_written(contract_id)), "utf-8")
        assert read_contract_file(file) == load_contract(contract_id)


def test_an_unconfirmed_default_can_be_overridden() -> None:
    for contract_id, names in UNCONFIRMED.items():
        contract = load_contract(contract_id)
        for name in names:
            term = contract.term(name) if name in type(contract.terms).model_fields else None
            value = term.at(contract.performance_years.first, 3) if term else 0.01
            changed = contract.with_terms({name: value})
            assert name in changed.changed()
            assert name not in changed.unconfirmed()


def test_the_overlay_that_the_notes_recommend_works() -> None:
    # "--set CONTRACT.TERM=VALUE" in a note must name its own contract and a real term.
    found = 0
    for contract_id in ALL_IDS:
        for name, term in own_terms(load_contract(contract_id)).items():
            for target, key, value in re.findall(
                r"--set ([a-z0-9-]+)\.([a-z_]+)=([0-9.]*[0-9])", term.note
            ):
                assert (target, key) == (contract_id, name)
                changed = load_contract(target).with_terms({key: float(value)})
                assert key in changed.changed()
                assert changed.cited()[key].confidence == "assumed by the user"
                found += 1
    assert found == 17
