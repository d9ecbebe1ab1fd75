"""What all tests share."""

from __future__ import annotations

import pytest
from hypothesis import settings

from simulate.engine.warm import compile_kernels, kernel_names

# Examples are the same in every run, and may take as long as a busy machine or plain Python needs.
settings.register_profile("simulate", derandomize=True, deadline=None)
settings.load_profile("simulate")


@pytest.fixture(scope="session", autouse=True)
def _compiled() -> None:
    """Compile once, so that no test meets the message that says what a user waits for."""
    compile_kernels(kernel_names())
