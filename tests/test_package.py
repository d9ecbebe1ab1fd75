"""The package as a whole: public names, what importing costs, which way imports run."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import simulate as sim

PACKAGE = Path(sim.__file__).parent

# --- public names -----------------------------------------------------------


def test_public_names_exist_and_are_documented() -> None:
    assert {"ACO", "Scenario", "run", "compare", "UserError"} <= set(sim.__all__)
    assert sorted(sim.__all__) == sim.__dir__()
    for name in sim.__all__:
        value = getattr(sim, name)
        if name != "__version__":
            assert value.__doc__, name
            assert value.__module__.startswith("simulate."), name


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'nonsense'"):
        sim.nonsense  # noqa: B018
    assert not hasattr(sim, "Nonsense")


@pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")
def test_the_python_example_of_the_design(tmp_path: Path) -> None:
    aco = sim.ACO.from_published_results("A1001", year=2024).scaled_to(500)
    run = sim.run(aco, contracts=["track-2", "track-3"], years=30, seed=1)
    owes = run["track-3"].probability_of_shared_losses
    assert isinstance(owes, sim.Estimate)
    assert 0.0 <= owes.value <= 1.0
    assert owes.standard_error >= 0.0
    comparison = sim.compare(run, "track-2", "track-3")
    assert (comparison.first, comparison.second) == ("track-2", "track-3")
    frame = run.to_frame()
    assert set(frame["contract"]) == {"track-2", "track-3"}
    assert set(frame["view"]) == {"assumed", "chance alone"}
    with pytest.raises(sim.UserError, match="Did you mean track-3"):
        run["trak-3"]
    with pytest.raises(AttributeError):
        run["track-3"].nonsense  # noqa: B018
    assert issubclass(sim.UserError, ValueError)


# --- what importing costs ---------------------------------------------------


def _python(code: str) -> str:
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def test_importing_loads_next_to_nothing() -> None:
    loaded = _python(
        "import sys; before = set(sys.modules); import simulate; "
        "print(*sorted(set(sys.modules) - before))"
    ).split()
    assert [name for name in loaded if name.startswith("simulate")] == [
        "simulate",
        "simulate._version",
    ]
    foreign = {name.partition(".")[0] for name in loaded} - set(sys.stdlib_module_names)
    assert foreign <= {"simulate", "copyreg", "_sre"}


@pytest.mark.parametrize("name", ["ACO", "Scenario", "UserError", "contract_ids", "settle"])
def test_names_that_need_no_compiler_load_none(name: str) -> None:
    print_heavy = (
        "print([m for m in ('numba', 'scipy', 'matplotlib', 'pandas') if m in sys.modules])"
    )
    assert _python(f"import sys, simulate; simulate.{name}; {print_heavy}").strip() == "[]"


def test_version() -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "simulate", "--version"], capture_output=True, text=True
    )
    assert (finished.returncode, finished.stderr) == (0, "")
    assert finished.stdout == f"simulate {sim.__version__}\n"
    assert re.fullmatch(r"\d+(\.\d+)+\S*", sim.__version__)


# --- the architecture page --------------------------------------------------


def _folders() -> set[str]:
    """Return the folders of the package that hold something, by their path in it."""
    return {
        folder.relative_to(PACKAGE).as_posix()
        for folder in PACKAGE.rglob("*")
        if folder.is_dir()
        and "__pycache__" not in folder.parts
        and any(file.is_file() and "__pycache__" not in file.parts for file in folder.rglob("*"))
    }


@pytest.mark.skipif(not (PACKAGE / "README.md").exists(), reason="no architecture page yet")
def test_the_architecture_page_lists_the_folders() -> None:
    page = (PACKAGE / "README.md").read_text("utf-8")
    block = re.search(r"^```[^\n]*\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert block is not None
    listed = re.findall(r"^[\s│├└─|`+-]*([\w./-]+)/(?=\s|$)", block[1], re.MULTILINE)
    names = {name.removeprefix("simulate/").rpartition("/")[2] for name in listed} - {"simulate"}
    folders = _folders()
    assert names <= {folder.rpartition("/")[2] for folder in folders}
    assert names >= {folder for folder in folders if "/" not in folder}


# --- which way imports run --------------------------------------------------

#: Rooms and modules of the package that each room may import, besides itself.
ALLOWED = {
    "kernels": set(),
    "errors": set(),
    "output": {"errors"},
    "validation": {"errors"},
    "data": {"errors"},
    "scenario": {"data", "errors", "validation"},
    "contracts": {"errors", "kernels", "validation"},
    "population": {"data", "errors", "kernels", "output"},
    "engine": {"errors", "kernels", "population", "data"},
    "measures": set(),
    "bench": {"engine", "kernels", "population"},
}
#: Besides these, only the command line and the public names see several rooms.
SEE_ALL = {"agreement", "analysis", "report", "verify", "cli", "__init__", "__main__"}


def _room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def _imports(path: Path, module_level: bool = False) -> Iterator[str]:
    """Yield the rooms that a module imports, imports for type checking left out."""
    pending: list[ast.AST] = [ast.parse(path.read_text("utf-8"))]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            pending += node.orelse
            continue
        if module_level and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            pending += ast.iter_child_nodes(node)
            continue
        for name in names:
            package, _, rest = name.partition(".")
            if package == "simulate" and rest:
                yield rest.partition(".")[0]


MODULES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("room", ALLOWED)
def test_imports_run_only_against_the_data_flow(room: str) -> None:
    own = [path for path in MODULES if _room(path) == room]
    assert own
    for path in own:
        # A script that made shipped data is no part of the flow.
        if path.name.startswith(("build_", "fit_")):
            continue
        foreign = set(_imports(path)) - {room, "_version"}
        assert foreign <= ALLOWED[room], f"{path.relative_to(PACKAGE)} imports {foreign}"


def test_every_room_has_its_rule() -> None:
    rooms = {_room(path) for path in MODULES} - {"_version"}
    assert rooms == set(ALLOWED) | SEE_ALL


@pytest.mark.parametrize(
    "room", ["measures", "engine", "contracts", "population", "analysis", "agreement"]
)
def test_nothing_before_it_imports_the_report(room: str) -> None:
    for path in MODULES:
        if _room(path) == room:
            assert "report" not in set(_imports(path, module_level=True)), path


def test_only_the_command_line_imports_the_command_line() -> None:
    for path in MODULES:
        if _room(path) not in {"cli", "__main__"}:
            assert "cli" not in set(_imports(path)), path
