"""The settlement rule, compiled."""

from __future__ import annotations

from simulate.kernels import settlement_rule as rule
from simulate.kernels.jit import kernel, usable_in_kernels

usable_in_kernels(
    rule.cents,
    rule.within_bands,
    rule.earned_quality,
    rule.taken_off_benchmark,
    rule.threshold_passed,
    rule.final_sharing_rate,
    rule.shared_loss_rate,
    rule.settle_year,
)
settle_years = kernel(rule.settle_years)
