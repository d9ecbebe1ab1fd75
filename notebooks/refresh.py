"""Execute the notebooks from scratch and store their outputs, or check the stored ones.

``python notebooks/refresh.py`` stores what the code gives now; with ``--check`` it stores
nothing and fails where the stored outputs are not that. Parts of names, such as
``size-the-risk``, choose some of the notebooks.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
#: Seconds for one cell, far more than any takes.
PATIENCE = 300

Notebook = dict[str, Any]
Output = dict[str, Any]

#: What a terminal reads as a change of colour.
_COLOUR = re.compile(r"\x1b\[[\d;]*m")
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


def main() -> int:
    """Execute every notebook asked for; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", help="parts of names; all notebooks by default")
    parser.add_argument("--check", action="store_true", help="compare, store nothing")
    asked = parser.parse_args()
    chosen = [path for path in notebooks() if _is_meant(path, asked.names)]
    if not chosen:
        parser.error(f"no notebook is called {', '.join(asked.names)}")
    _build_font_cache()
    stale = [path.name for path in chosen if not _done(path, asked.check)]
    if stale:
        print(f"{', '.join(stale)}: run python notebooks/refresh.py and look at the changes.")
    return 1 if stale else 0


def notebooks() -> list[Path]:
    """Return the notebooks of this folder, by name."""
    return sorted(FOLDER.glob("*.ipynb"))


def differences(stored: Notebook, fresh: Notebook) -> Iterator[str]:
    """Yield in words where the outputs of two executions of a notebook differ.

    Texts must be the same up to one unit in the last printed digit of each number, which
    another processor may round the other way; pictures must be there.
    """
    for number, (before, after) in enumerate(
        zip(_code_cells(stored), _code_cells(fresh), strict=True), start=1
    ):
        kinds = [[_kinds(output) for output in cell["outputs"]] for cell in (before, after)]
        texts = [_shown_text(cell) for cell in (before, after)]
        if kinds[0] != kinds[1]:
            yield f"code cell {number}: stored outputs are {kinds[0]}, fresh ones {kinds[1]}"
        elif not same_text(*texts):
            yield f"code cell {number}: stored\n{texts[0]}\nbut fresh\n{texts[1]}"


def same_text(stored: str, fresh: str) -> bool:
    """Whether two texts agree up to one unit in the last digit of each number."""
    if _words(stored) != _words(fresh):
        return False
    pairs = zip(_NUMBER.findall(stored), _NUMBER.findall(fresh), strict=True)
    return all(_same_number(*pair) for pair in pairs)


def _words(text: str) -> list[str]:
    """Return what stands between the numbers; a digit more or less moves the blanks."""
    return [" ".join(part.split()) for part in _NUMBER.split(text)]


def _same_number(stored: str, fresh: str) -> bool:
    decimals = [len(text.partition(".")[2]) for text in (stored, fresh)]
    values = [float(text.replace(",", "")) for text in (stored, fresh)]
    return decimals[0] == decimals[1] and abs(values[0] - values[1]) < 1.5 * 10.0 ** -decimals[0]


def _is_meant(path: Path, names: list[str]) -> bool:
    return not names or any(name in path.name for name in names)


def _build_font_cache() -> None:
    """Have matplotlib build it here, where it may say so, and not in a notebook."""
    import matplotlib.font_manager  # noqa: F401


def _done(path: Path, check: bool) -> bool:
    """Execute a notebook; store its outputs, or say whether the stored ones are the same."""
    import nbformat

    started = time.monotonic()
    stored = nbformat.read(path, as_version=4)
    fresh = executed(path)
    found = list(differences(stored, fresh)) if check else []
    if not check:
        nbformat.write(fresh, path)
    verdict = "differs" if found else "agrees" if check else "stored"
    print(f"{path.name}: {verdict} ({time.monotonic() - started:.0f} s)", *found, sep="\n")
    return not found


def executed(path: Path) -> Notebook:
    """Return a notebook executed in a fresh kernel, without traces of when and where."""
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    client = NotebookClient(
        nbformat.read(path, as_version=4),
        timeout=PATIENCE,
        kernel_name="python3",
        record_timing=False,
        extra_arguments=["--IPKernelApp.log_level=40"],
    )
    try:
        fresh: Notebook = client.execute(cwd=str(FOLDER))
    except CellExecutionError as error:
        sys.exit(f"{path.name}: {_COLOUR.sub('', str(error))}")
    fresh["metadata"]["language_info"] = {"name": "python"}
    for number, cell in enumerate(_code_cells(fresh), start=1):
        _refuse_warnings(path, number, cell)
    return fresh


def _refuse_warnings(path: Path, number: int, cell: dict[str, Any]) -> None:
    for output in cell["outputs"]:
        if output.get("name") == "stderr":
            sys.exit(f"{path.name}, code cell {number} warns:\n{output['text']}")


def _code_cells(notebook: Notebook) -> list[dict[str, Any]]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def _kinds(output: Output) -> str:
    return ", ".join(sorted(output.get("data", {output["output_type"]: ""})))


def _shown_text(cell: dict[str, Any]) -> str:
    """Return what a cell prints and shows, as plain text."""
    texts = [
        output.get("text") or output.get("data", {}).get("text/plain", "")
        for output in cell["outputs"]
    ]
    return "\n".join("".join(text) for text in texts)


if __name__ == "__main__":
    sys.exit(main())
