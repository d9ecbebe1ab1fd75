"""The machine and the software that a measurement was made with."""

from __future__ import annotations

import platform
from importlib.metadata import version
from pathlib import Path

from simulate._version import __version__
from simulate.engine.years import processors

_DESCRIPTION = Path("/proc/cpuinfo")


def hardware_line() -> str:
    """Return the processor, as named by the system and by the compiler, and how many there are."""
    from simulate.kernels.jit import processor_kind

    count = processors()
    unit = "processor" if count == 1 else "processors"
    return (
        f"{_processor_name()} ({processor_kind()}), {count} {unit}, "
        f"{platform.system()} {platform.machine()}"
    )


def _processor_name() -> str:
    try:
        described = _DESCRIPTION.read_text("utf-8")
    except OSError:  # only Linux has the file
        described = ""
    for line in described.splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def versions() -> dict[str, str]:
    """Return the versions of what the measured code is made of."""
    packages = {name: version(name) for name in ("numpy", "numba", "llvmlite", "scipy")}
    return {"simulate": __version__, "python": platform.python_version(), **packages}
