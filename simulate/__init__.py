"""Monte Carlo risk toolkit for Medicare accountable care organizations (ACOs).

Everything public is here, and loaded when first used::

    import simulate as sim
    aco = sim.ACO.from_published_results("A1001", year=2024)
    run = sim.run(aco, contracts=["track-2", "track-3"], years=100_000, seed=1)
    run["track-3"].probability_of_shared_losses
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from simulate._version import __version__

if TYPE_CHECKING:
    from simulate.agreement.compare import AgreementComparison, compare_paths
    from simulate.agreement.programme_worth import (
        AgreementInterventionWorth,
        intervention_worth_in_agreement,
    )
    from simulate.agreement.run import AgreementRun, run_agreement
    from simulate.analysis.compare import ContractComparison, compare
    from simulate.analysis.intervention_worth import InterventionWorth, intervention_worth
    from simulate.analysis.run import Run, run
    from simulate.analysis.sweep import Sweep, sweep
    from simulate.contracts.contract import (
        Contract,
        contract_ids,
        load_contract,
        read_contract_file,
    )
    from simulate.contracts.resolution import Circumstances
    from simulate.contracts.settlement import Settlement, settle
    from simulate.engine.years import Execution
    from simulate.errors import UserError
    from simulate.measures.estimate import Estimate
    from simulate.measures.outcomes import Measures
    from simulate.scenario.aco import ACO
    from simulate.scenario.scenario import Assumptions, Scenario

_HOMES = {
    "ACO": "simulate.scenario.aco",
    "AgreementComparison": "simulate.agreement.compare",
    "AgreementInterventionWorth": "simulate.agreement.programme_worth",
    "AgreementRun": "simulate.agreement.run",
    "Assumptions": "simulate.scenario.scenario",
    "Circumstances": "simulate.contracts.resolution",
    "Contract": "simulate.contracts.contract",
    "ContractComparison": "simulate.analysis.compare",
    "Estimate": "simulate.measures.estimate",
    "Execution": "simulate.engine.years",
    "InterventionWorth": "simulate.analysis.intervention_worth",
    "Measures": "simulate.measures.outcomes",
    "Run": "simulate.analysis.run",
    "Scenario": "simulate.scenario.scenario",
    "Settlement": "simulate.contracts.settlement",
    "Sweep": "simulate.analysis.sweep",
    "UserError": "simulate.errors",
    "compare": "simulate.analysis.compare",
    "compare_paths": "simulate.agreement.compare",
    "contract_ids": "simulate.contracts.contract",
    "intervention_worth": "simulate.analysis.intervention_worth",
    "intervention_worth_in_agreement": "simulate.agreement.programme_worth",
    "load_contract": "simulate.contracts.contract",
    "read_contract_file": "simulate.contracts.contract",
    "run": "simulate.analysis.run",
    "run_agreement": "simulate.agreement.run",
    "settle": "simulate.contracts.settlement",
    "sweep": "simulate.analysis.sweep",
}

__all__ = [
    "ACO",
    "AgreementComparison",
    "AgreementInterventionWorth",
    "AgreementRun",
    "Assumptions",
    "Circumstances",
    "Contract",
    "ContractComparison",
    "Estimate",
    "Execution",
    "InterventionWorth",
    "Measures",
    "Run",
    "Scenario",
    "Settlement",
    "Sweep",
    "UserError",
    "__version__",
    "compare",
    "compare_paths",
    "contract_ids",
    "intervention_worth",
    "intervention_worth_in_agreement",
    "load_contract",
    "read_contract_file",
    "run",
    "run_agreement",
    "settle",
    "sweep",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'simulate' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
