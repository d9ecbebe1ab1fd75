"""Spending of an agreement at any true savings: what a search over them settles."""

from __future__ import annotations

import numpy as np

from simulate.agreement.run import AgreementRun
from simulate.agreement.simulation import SimulatedAgreement, assumed_course, simulate_courses
from simulate.engine.years import Execution, View
from simulate.measures.estimate import FloatArray

#: Range of mean true savings rates that is searched.
SEARCHED = (-0.10, 0.20)
_NODES = 6
_MOST_PATHS = 4_000


class SpendingBySavings:
    """Spending of the first simulated paths at any mean of the true savings.

    Simulated exactly at a few Chebyshev nodes, as uncertain around each mean as in the run
    unless another `sd` is stated, and interpolated by the polynomial through them, as a
    comparison of single years does. Care programmes add to them what they add in the run.
    """

    simulated: SimulatedAgreement

    def __init__(
        self,
        run: AgreementRun,
        execution: Execution | None,
        sd: float | None = None,
        most_paths: int = _MOST_PATHS,
    ) -> None:
        low, high = SEARCHED
        angles = (2 * np.arange(_NODES) + 1) * np.pi / (2 * _NODES)
        self.nodes = 0.5 * (low + high) - 0.5 * (high - low) * np.cos(angles)
        self.paths = min(run.plan.simulated_paths, most_paths)
        sd = run.plan.true_savings.view.sd if sd is None else sd
        self.courses = [assumed_course(run.plan, View(float(node), sd)) for node in self.nodes]
        self.simulated = simulate_courses(run.plan, self.courses, self.paths, execution)

    def __call__(self, mean: float) -> FloatArray:
        """Return expenditure at a mean of the true savings, shape (paths, calendar years)."""
        return self.between(self.simulated.expenditure, mean)

    def between(self, at_nodes: FloatArray, mean: float) -> FloatArray:
        """Return values known at the nodes, the first axis, at a mean of the true savings."""
        weights = [
            np.prod([(mean - other) / (node - other) for other in self.nodes if other != node])
            for node in self.nodes
        ]
        return np.asarray(np.einsum("n,nyc->yc", np.array(weights), at_nodes))
