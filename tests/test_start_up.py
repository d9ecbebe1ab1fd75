"""What is loaded when, and that a run compiles nothing that it has not said it compiles."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import numba
import pytest

# --- what is loaded -----------------------------------------------------------

#: What the command line is made of.
CLICK = {"annotated_doc", "click", "shellingham", "typer"}
#: What a statement is read and checked with; typer asks pydantic for types, too.
STATED = CLICK | {
    "annotated_types",
    "pydantic",
    "pydantic_core",
    "tomlkit",
    "typing_extensions",
    "typing_inspection",
    "yaml",
}
#: What a table is written with.
SHOWN = STATED | {"markdown_it", "mdurl", "numpy", "pygments", "rich"}

SETTLE = ["--beneficiaries", "60000", "--benchmark", "500e6", "--expenditure", "487e6"]

_LOADED_BY_IMPORT = """
import __future__, importlib, sys, typing
before = set(sys.modules)
import simulate
print(*sorted(set(sys.modules) - before))
"""

_LOADED_BY_COMMAND = """
import contextlib, io, json, sys
before = set(sys.modules)
sys.argv = ["simulate", *json.loads(sys.argv[1])]
from simulate.cli import main
with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
    with contextlib.suppress(SystemExit):
        main()
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def python(code: str, *arguments: str) -> str:
    finished = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, encoding="utf-8"
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def test_importing_the_package_loads_these_modules() -> None:
    assert python(_LOADED_BY_IMPORT).split() == ["simulate", "simulate._version"]


@pytest.mark.parametrize(
    ("command", "allowed"),
    [
        (["--help"], CLICK),
        (["run", "--help"], STATED),
        (["--version"], STATED),
        (["run"], STATED),
        (["run", "--aco", "A100"], STATED),
        (["run", "--aco", "A1001", "--contracts", "trak-3"], STATED),
        (["settle", "basic-f", *SETTLE], SHOWN),
        (["settle", "basic-e", *SETTLE], SHOWN),
        (["contracts"], SHOWN),
    ],
)
def test_commands_that_simulate_nothing_load_these_packages(
    command: list[str], allowed: set[str]
) -> None:
    loaded = json.loads(python(_LOADED_BY_COMMAND, json.dumps(command)))
    packages = {name.partition(".")[0] for name in loaded}
    # Modules of the standard library that are generated for a platform, such as _sysconfigdata_…
    foreign = {name for name in packages - sys.stdlib_module_names if not name.startswith("_")}
    assert foreign <= allowed | {"simulate", "cython_runtime"}


# --- what is compiled ---------------------------------------------------------

# Compiles what a run is said to need, runs it, and reports how many variants of each kernel
# there were before and after.
_COMPILED_BY = """
import json, sys
import simulate as sim
from numba.core.dispatcher import Dispatcher
from simulate.analysis.simulation import kernels_for
from simulate.engine import warm

engine, comparing, assumptions = json.loads(sys.argv[1])
aco = sim.ACO.from_published_results("A4803").scaled_to(300)
scenario = sim.Scenario(aco=aco).with_values({"contracts": ["basic-e", "enhanced"], **assumptions})
if engine == "monte-carlo":
    scenario = scenario.with_values({"years": 30})

def variants():
    kernels = [
        (f"{name}.{key}", value)
        for name, module in sys.modules.items() if name.startswith("simulate.kernels.")
        for key, value in vars(module).items() if isinstance(value, Dispatcher)
    ]
    return {name: len(kernel.signatures) for name, kernel in kernels if kernel.signatures}

names = kernels_for(scenario, engine, comparing)
warm.compile_kernels(names)
before = variants()
run = sim.run(scenario, engine=engine)
if comparing:
    sim.compare(run, "basic-e", "enhanced")
print(json.dumps([names, before, variants()]))
"""

#: The function that each name stands for; others are compiled into these.
CALLED = {
    "people": "people.sum_people",
    "settlement": "settlement_loop.settle_years",
    "sizes": "sizes.sum_sizes",
    "panel": "panel.sum_panel",
}


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is compiled")
@pytest.mark.parametrize(
    ("engine", "comparing", "assumptions", "needed"),
    [
        ("monte-carlo", False, {}, {"people", "settlement"}),
        ("monte-carlo", True, {}, {"people", "settlement", "sizes"}),
        ("monte-carlo", False, {"quality_score_sd": 0.1}, {"people", "settlement"}),
        ("monte-carlo", False, {"noise_constant": 2.15}, {"people", "settlement"}),
        ("monte-carlo", True, {"benchmark_noise": "10/30/60"}, {"people", "settlement", "panel"}),
        ("exact", False, {}, {"settlement"}),
    ],
)
def test_a_run_compiles_what_was_compiled_for_it_and_no_more(
    engine: str, comparing: bool, assumptions: dict[str, Any], needed: set[str]
) -> None:
    stated = json.dumps([engine, comparing, assumptions])
    names, before, after = json.loads(python(_COMPILED_BY, stated))
    assert set(names) == needed
    assert after == before
    for name in needed:
        assert after[f"simulate.kernels.{CALLED[name]}"] == 1
