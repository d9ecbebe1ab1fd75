"""What an agreement costs and what capital it takes: costs, reinsurance, payments in advance."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from simulate.errors import UserError
from simulate.scenario.aco import Fraction, Rate, Strict

#: Below this an amount is taken for a fraction of the benchmark that was mistyped.
_LEAST_DOLLARS = 1_000.0


def _part_or_dollars(value: Any) -> Any:
    """Read a fraction of the benchmark (up to 1) or dollars (1,000 or more)."""
    if value is None or isinstance(value, bool) or not isinstance(value, int | float):
        return value
    if 0.0 <= value <= 1.0 or (value >= _LEAST_DOLLARS and math.isfinite(value)):
        return value
    raise ValueError(
        f"{value:g}: a fraction of the benchmark from 0 to 1 (1 percent is written 0.01), or "
        f"dollars, at least {_LEAST_DOLLARS:,.0f}, are wanted"
    )


def _whole_dollars(value: Any) -> Any:
    """Read dollars of the whole ACO, or 0; less than 1,000 is in another unit."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    if 0.0 < value < _LEAST_DOLLARS:
        raise ValueError(
            f"{value:g}: dollars of the whole ACO are wanted, at least {_LEAST_DOLLARS:,.0f}; a "
            "share, thousands, or dollars a beneficiary have to be converted"
        )
    return value


Dollars = Annotated[float, Field(ge=0.0, le=1e10, allow_inf_nan=False)]
MonthlyRate = Annotated[float, Field(ge=0.0, le=1_000.0, allow_inf_nan=False)]
PartOrDollars = Annotated[float, BeforeValidator(_part_or_dollars)]
WholeDollars = Annotated[Dollars, BeforeValidator(_whole_dollars)]
Premium = Annotated[WholeDollars, Field(gt=0.0)]
#: Covers in words, by how their keys begin.
COVERS = {"stop_loss": "stop-loss per beneficiary", "aggregate": "aggregate stop-loss"}
#: Below this nearly everybody's spending would be insured.
_LEAST_ATTACHMENT = 1_000.0


class FinanceSettings(Strict):
    """What comes on top of settlements. Dollars are those of the year they fall in."""

    start_up_cost: Dollars | None = Field(
        None,
        description="simulate run --agreement --finance: cost of starting, dollars, in the first "
        "quarter. Left out: CMS's average of 2011, just under $0.6 million, for any size; nothing "
        "in an agreement that runs already.",
        examples=[600_000.0],
    )
    operating_cost: Dollars | None = Field(
        None,
        description="Cost of operating, dollars a year, spread over its quarters. Left out: CMS's "
        "average of 2011, about $1.3 million, for any size.",
        examples=[1_300_000.0],
    )
    cost_growth: Rate = Field(
        0.0,
        description="Growth of the operating cost, and of the cost of care programmes, a year; the "
        "benchmark grows by agreement.benchmark_update.",
    )
    opening_cash: Dollars = Field(0.0, description="Cash on hand on the first day, dollars.")
    repayment_mechanism: WholeDollars | None = Field(
        None,
        description="Amount of the repayment mechanism, dollars; what a letter of credit costs is "
        "not reckoned. Left out: what CMS asks for "
        "(42 CFR 425.204(f)).",
        examples=[1_000_000.0],
    )
    stop_loss_attachment: Annotated[float, Field(ge=_LEAST_ATTACHMENT, le=1e8)] | None = Field(
        None,
        description="Stop-loss per beneficiary: annualised spending above which it pays, dollars "
        "of each year. Left out: no such cover.",
        examples=[100_000.0],
    )
    stop_loss_limit: Annotated[float, Field(ge=_LEAST_ATTACHMENT, le=1e8)] | None = Field(
        None,
        description="Spending up to which it pays, dollars. Left out: CMS's truncation point of "
        "the enrollment type, above which spending costs an ACO nothing.",
        examples=[500_000.0],
    )
    stop_loss_share: Fraction = Field(
        0.3,
        description="Share of that layer which it pays. 0.3: what an ACO at Levels C to E bears of "
        "losses; more would insure what is Medicare's.",
    )
    stop_loss_premium: Premium | None = Field(
        None,
        description="A reinsurer's quote in place of a priced premium: dollars for twelve months "
        "of the first performance year in which the cover can pay; other years in proportion to "
        "their expected recovery. Left out: expected recovery and premium_loading.",
        examples=[1_000_000.0],
    )
    aggregate_attachment: PartOrDollars | None = Field(
        None,
        description="Aggregate stop-loss: shared losses of a performance year above which it "
        "pays, a fraction of the benchmark (0.01) or dollars; of half a year half as much. Left "
        "out: no such cover.",
        examples=[0.005],
    )
    aggregate_limit: PartOrDollars | None = Field(
        None,
        description="Shared losses up to which it pays: the other end of the corridor, a fraction "
        "or dollars. Left out: all above the attachment.",
        examples=[0.02],
    )
    aggregate_share: Fraction = Field(1.0, description="Share of that corridor which it pays.")
    aggregate_premium: Premium | None = Field(
        None,
        description="A quote for it, as stop_loss_premium. Left out: expected recovery and "
        "premium_loading.",
        examples=[250_000.0],
    )
    premium_loading: Annotated[float, Field(ge=0.0, le=5.0)] = Field(
        0.25,
        description="What a premium adds to the expected recovery at the assumed true savings, a "
        "fraction of it.",
    )
    advance: Literal["none", "aip", "pc-flex", "prepaid"] = Field(
        "none",
        description="Payments in advance: none, aip (advance investment payments), pc-flex (ACO "
        "Primary Care Flex) or prepaid (prepaid shared savings).",
    )
    advance_balance: Dollars = Field(
        0.0,
        description="Payments in advance not yet recouped on the first day, dollars, of an "
        "agreement that runs (agreement.first_agreement_year above 1).",
    )
    aip_quarterly_payment: Annotated[float, Field(ge=0.0, le=45.0)] | None = Field(
        None,
        description="Advance investment payments: mean dollars a beneficiary and quarter. Left "
        "out: from the two keys below where stated, else 35.64, the median of 18 ACOs in 2024.",
        examples=[36.0],
    )
    aip_dual_or_lis_share: Fraction | None = Field(
        None,
        description="Share of assigned beneficiaries with dual eligibility or low-income subsidy, "
        "whose score is 100, for CMS's tiers by score (unconfirmed but for the highest, $45).",
        examples=[0.2],
    )
    aip_adi_percentile: Annotated[float, Field(ge=0.0, le=100.0)] | None = Field(
        None,
        description="Score of the others: the national percentile, 0 to 100, of the area "
        "deprivation index where they live.",
        examples=[50.0],
    )
    flex_base_rate: MonthlyRate | None = Field(
        None,
        description="ACO Primary Care Flex: county base rate, dollars a beneficiary and month; it "
        "counts as expenditure.",
        examples=[30.0],
    )
    flex_displaced_claims: MonthlyRate | None = Field(
        None,
        description="Primary care claims that the payment replaces, dollars a beneficiary and "
        "month. Left out: as much as the base rate, so that expenditure stays as it is.",
        examples=[25.0],
    )
    flex_enhancement: MonthlyRate | None = Field(
        None,
        description="Enhancements of the base rate, dollars a beneficiary and month. Left out: "
        "the credit of contract pc-flex, and none under other contracts.",
        examples=[15.0],
    )
    flex_enhancement_in_expenditure: Fraction = Field(
        0.0,
        description="Part of the enhancements that counts as expenditure at reconciliation "
        "(unconfirmed).",
    )
    prepaid_per_quarter: Dollars | None = Field(
        None,
        description="Prepaid shared savings, dollars a quarter; CMS derives them from earlier "
        "shared savings.",
        examples=[250_000.0],
    )
    prepaid_shortfall: Literal["at-settlement", "at-end"] = Field(
        "at-settlement",
        description="When prepaid shared savings that were not earned are repaid: at-settlement "
        "of their performance year, or at-end of the agreement (unconfirmed).",
    )

    def quote(self, cover: str) -> float | None:
        """Return the premium that is stated of a cover, ``stop_loss`` or ``aggregate``."""
        stated: float | None = getattr(self, f"{cover}_premium")
        return stated

    @property
    def stated(self) -> bool:
        """Whether anything differs from what holds without a word."""
        return self != FinanceSettings()


def check_together(settings: FinanceSettings) -> None:
    """Refuse keys that say nothing, or too much, together.

    Not as they are stated: they come one by one, in any order.

    Raises
    ------
    UserError
    """
    _check_order(settings, "stop_loss")
    _check_order(settings, "aggregate")
    _check_scores(settings)
    _check_advances(settings)
    _check_covers(settings)
    if settings.advance == "prepaid" and settings.prepaid_per_quarter is None:
        raise UserError(
            "finance.advance = prepaid: state finance.prepaid_per_quarter, dollars a quarter, too; "
            "CMS tells an ACO how much from its earlier shared savings."
        )
    if settings.advance == "pc-flex" and settings.flex_base_rate is None:
        raise UserError(
            "finance.advance = pc-flex: state finance.flex_base_rate, the county base rate in "
            "dollars a beneficiary and month, too."
        )


#: Keys of each kind of payments in advance begin so.
_KEYS_OF = {"aip_": "aip", "flex_": "pc-flex", "prepaid_": "prepaid"}


def _check_advances(settings: FinanceSettings) -> None:
    """Refuse what is stated of payments in advance that are not reckoned."""
    defaults = FinanceSettings()
    for name in FinanceSettings.model_fields:
        kind = next((kind for start, kind in _KEYS_OF.items() if name.startswith(start)), None)
        value = getattr(settings, name)
        if kind not in (None, settings.advance) and value != getattr(defaults, name):
            raise UserError(
                f"finance.{name} = {value}: without effect at finance.advance = "
                f"{settings.advance}; state finance.advance = {kind}, or leave it out."
            )
    if settings.flex_enhancement_in_expenditure and settings.flex_enhancement is None:
        raise UserError(
            f"finance.flex_enhancement_in_expenditure = "
            f"{settings.flex_enhancement_in_expenditure:g}: state finance.flex_enhancement, the "
            "dollars of which it is a part, too."
        )


def _check_covers(settings: FinanceSettings) -> None:
    """Refuse what is stated of a cover that there is not."""
    people, in_all = "stop_loss_attachment", "aggregate_attachment"
    for name, keys in (
        ("stop_loss_share", (people,)),
        ("aggregate_share", (in_all,)),
        ("premium_loading", (people, in_all)),
        ("stop_loss_premium", (people,)),
        ("aggregate_premium", (in_all,)),
    ):
        without = all(getattr(settings, key) is None for key in keys)
        value = getattr(settings, name)
        if without and value != FinanceSettings.model_fields[name].default:
            raise UserError(
                f"finance.{name} = {value:g}: without effect; state finance."
                f"{' or finance.'.join(keys)}, from where a cover pays, too."
            )
    _check_quotes(settings)


def _check_quotes(settings: FinanceSettings) -> None:
    """Refuse a loading where every premium is quoted."""
    quoted = [name for name in COVERS if settings.quote(name) is not None]
    priced = [
        name
        for name in COVERS
        if getattr(settings, f"{name}_attachment") is not None and name not in quoted
    ]
    default = FinanceSettings.model_fields["premium_loading"].default
    if quoted and not priced and settings.premium_loading != default:
        raise UserError(
            f"finance.premium_loading = {settings.premium_loading:g} and finance.{quoted[0]}_"
            f"premium = {settings.quote(quoted[0]):g}: both say what the premium is; leave one out."
        )


def _check_order(settings: FinanceSettings, cover: str) -> None:
    attachment = getattr(settings, f"{cover}_attachment")
    limit = getattr(settings, f"{cover}_limit")
    if limit is None:
        return
    if attachment is None:
        raise UserError(
            f"finance.{cover}_limit = {limit:g}: state finance.{cover}_attachment, from where the "
            "cover pays, too."
        )
    if (limit <= 1.0) == (attachment <= 1.0) and limit <= attachment:
        raise UserError(
            f"finance.{cover}_limit = {limit:g}: not above finance.{cover}_attachment = "
            f"{attachment:g}; the cover pays between the two."
        )


def _check_scores(settings: FinanceSettings) -> None:
    by_score = settings.aip_dual_or_lis_share, settings.aip_adi_percentile
    if (by_score[0] is None) != (by_score[1] is None):
        raise UserError(
            "finance.aip_dual_or_lis_share and finance.aip_adi_percentile: state both, or neither; "
            "the score of every beneficiary comes from one of them."
        )
    if by_score[0] is not None and settings.aip_quarterly_payment is not None:
        raise UserError(
            f"finance.aip_quarterly_payment = {settings.aip_quarterly_payment:g} and "
            "finance.aip_dual_or_lis_share: both say how much a quarter brings; leave one out."
        )
