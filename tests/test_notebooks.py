"""The notebooks in the docs run, and what is stored of them is small and names no machine."""

import json
import os
import re
from pathlib import Path

import pytest

from tests.needs import need_package
from tests.sizes import long

FOLDER = Path(__file__).parents[1] / "docs" / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def code_cells(path):
    return [cell for cell in json.loads(path.read_text())["cells"] if cell["cell_type"] == "code"]


def test_there_are_notebooks():
    assert len(NOTEBOOKS) >= 2


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_what_is_stored_is_whole_and_small(path):
    assert path.stat().st_size < 400_000
    cells = code_cells(path)
    assert [cell["execution_count"] for cell in cells] == [*range(1, len(cells) + 1)]
    outputs = [output for cell in cells for output in cell["outputs"]]
    assert outputs
    for output in outputs:
        assert output["output_type"] != "error"
        said = re.sub(r"base64,[^\"]*", "", json.dumps(output))
        assert not re.search(r"/(home|tmp|root|Users)/|<script", said)


@long
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs(path, tmp_path, monkeypatch):
    for name in ("nbclient", "ipykernel"):
        need_package(name, "notebooks")
    import nbformat
    from nbclient import NotebookClient

    monkeypatch.setenv("PYTHONSAFEPATH", "1")
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "1")
    monkeypatch.setenv("IPYTHONDIR", os.fspath(tmp_path / "ipython"))
    notebook = nbformat.read(path, 4)
    resources = {"metadata": {"path": os.fspath(tmp_path)}}
    NotebookClient(notebook, timeout=600, kernel_name="python3", resources=resources).execute()
    for cell, stored in zip(
        (cell for cell in notebook.cells if cell.cell_type == "code"), code_cells(path), strict=True
    ):
        told = [output for output in cell.outputs if output.get("name") != "stderr"]
        assert len(told) == len(stored["outputs"])
