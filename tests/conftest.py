"""What all tests share."""

from __future__ import annotations

import pytest

from simulate.engine.warm import compile_kernels, kernel_names


@pytest.fixture(scope="session", autouse=True)
def _compiled() -> None:
    """Compile once, so that no test meets the message that says what a user waits for."""
    compile_kernels(kernel_names())
