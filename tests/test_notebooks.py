"""The notebooks as stored: executed in order, short, small, nameless; and what finds them stale.

Executing them takes a minute and packages of its own: ``notebooks/refresh.py --check``.
"""

from __future__ import annotations

import copy
import importlib.util
import json
import re
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parent.parent / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
MOST_BYTES = 600_000
MOST_CODE_CELLS = 10

_spec = importlib.util.spec_from_file_location("refresh", FOLDER / "refresh.py")
assert _spec is not None
assert _spec.loader is not None
refresh = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(refresh)


def _read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text("utf-8"))


def _cells(notebook: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == kind]


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def path(request: pytest.FixtureRequest) -> Path:
    return request.param


@pytest.fixture
def notebook(path: Path) -> dict[str, Any]:
    return _read(path)


# --- as stored --------------------------------------------------------------


def test_there_are_notebooks_and_the_index_lists_each() -> None:
    assert len(NOTEBOOKS) >= 6
    index = FOLDER.joinpath("README.md").read_text("utf-8")
    assert re.findall(r"\]\(([^)]+\.ipynb)\)", index) == [path.name for path in NOTEBOOKS]


def test_it_begins_with_a_title_and_a_question(notebook: dict[str, Any]) -> None:
    first = "".join(notebook["cells"][0]["source"])
    title, question, *_ = [line for line in first.split("\n") if line]
    assert title.startswith("# ")
    assert question.startswith("**")
    assert "?**" in first


def test_every_cell_ran_in_order_and_shows_something(notebook: dict[str, Any]) -> None:
    code = _cells(notebook, "code")
    assert 3 <= len(code) <= MOST_CODE_CELLS
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    for cell in code:
        kinds = [output["output_type"] for output in cell["outputs"]]
        assert kinds, cell["id"]
        assert set(kinds) <= {"execute_result", "stream"}, cell["id"]
        assert all(output.get("name") != "stderr" for output in cell["outputs"]), cell["id"]


def test_the_answer_comes_first_and_in_bold(notebook: dict[str, Any]) -> None:
    shown = [
        "".join(output.get("data", {}).get("text/html", ""))
        for cell in _cells(notebook, "code")[:2]
        for output in cell["outputs"]
    ]
    assert any(html.startswith("<p><strong>") for html in shown)


def test_written_text_holds_no_result_that_could_go_stale(notebook: dict[str, Any]) -> None:
    for cell in _cells(notebook, "markdown"):
        text = "".join(cell["source"])
        assert not re.search(r"\d\s?%|\$\s?\d|\d (million|billion|thousand)", text), text


def test_it_says_nothing_of_when_and_where_it_ran(path: Path, notebook: dict[str, Any]) -> None:
    assert path.stat().st_size < MOST_BYTES
    assert notebook["metadata"] == {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    assert all(cell["metadata"] == {} for cell in notebook["cells"])
    without_pictures = re.sub(r'"image/png": "[^"]*"', "", path.read_text("utf-8"))
    assert not re.search(r"/(home|root|work|tmp|opt|Users|var)/", without_pictures)


def test_ids_are_words_and_pictures_are_described(notebook: dict[str, Any]) -> None:
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", cell_id) for cell_id in ids)
    for cell in _cells(notebook, "code"):
        for output in cell["outputs"]:
            if "image/png" in output.get("data", {}):
                assert len(output["metadata"]["image/png"]["alt"]) > 20


# --- what finds them stale --------------------------------------------------


@pytest.mark.parametrize(
    ("stored", "fresh", "same"),
    [
        ("owes in 10.7 % of years", "owes in 10.7 % of years", True),
        ("owes in 10.7 % of years", "owes in 10.8 % of years", True),
        ("owes in 10.7 % of years", "owes in 10.9 % of years", False),
        ("owes in 10.7 % of years", "owes in 10.70 % of years", False),
        ("owes in 10.7 % of years", "earns in 10.7 % of years", False),
        ("$4,999 a year", "$5,000 a year", True),
        ("$4,999 a year", "$5,001 a year", False),
        ("99.9 %", "100.0 %", True),
        ("net -1.2", "net 1.2", False),
        ("a   9\nb  10", "a  10\nb  10", True),
        ("1 and 2", "1", False),
    ],
)
def test_texts_are_the_same_up_to_one_unit_in_the_last_digit(
    stored: str, fresh: str, same: bool
) -> None:
    assert refresh.same_text(stored, fresh) is same


def test_a_stored_notebook_agrees_with_itself(notebook: dict[str, Any]) -> None:
    assert list(refresh.differences(notebook, copy.deepcopy(notebook))) == []


def _first_with(notebook: dict[str, Any], kind: str) -> dict[str, Any]:
    return next(
        output
        for cell in _cells(notebook, "code")
        for output in cell["outputs"]
        if kind in output.get("data", {})
    )


def test_a_changed_number_is_found(notebook: dict[str, Any]) -> None:
    fresh = copy.deepcopy(notebook)
    data = _first_with(fresh, "text/html")["data"]
    text = "".join(data["text/plain"])
    data["text/plain"] = re.sub(r"\d", lambda digit: str((int(digit[0]) + 4) % 10), text, count=1)
    (found,) = refresh.differences(notebook, fresh)
    assert found.startswith("code cell ")
    assert text in found


def test_a_missing_picture_is_found(notebook: dict[str, Any]) -> None:
    fresh = copy.deepcopy(notebook)
    del _first_with(fresh, "image/png")["data"]["image/png"]
    (found,) = refresh.differences(notebook, fresh)
    assert "image/png" in found


def test_a_missing_output_is_found(notebook: dict[str, Any]) -> None:
    fresh = copy.deepcopy(notebook)
    _cells(fresh, "code")[-1]["outputs"] = []
    assert len(list(refresh.differences(notebook, fresh))) == 1
