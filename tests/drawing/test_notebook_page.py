"""The executed notebook of the documentation: its cells are those of the script that makes it, and they ran well."""

import importlib.util

import nbformat
import pytest


@pytest.fixture(scope="module")
def script(repository):
    """The script ``docs/draw_notebook.py``, as a module."""
    spec = importlib.util.spec_from_file_location("draw_notebook", repository / "docs" / "draw_notebook.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_notebook_is_up_to_date(script):
    """Text and code are those of the script, and the file is a valid notebook of less than a megabyte."""
    kept = nbformat.read(script.NOTEBOOK, as_version=4)
    nbformat.validate(kept)
    assert [(cell.cell_type, cell.source) for cell in kept.cells] == [
        (cell.cell_type, cell.source) for cell in script.make().cells
    ]
    assert script.NOTEBOOK.stat().st_size < 1e6


def test_every_code_cell_shows_something(script):
    """No cell ended with an error, and the objects are shown as HTML."""
    cells = [cell for cell in nbformat.read(script.NOTEBOOK, as_version=4).cells if cell.cell_type == "code"]
    outputs = [output for cell in cells for output in cell.outputs]
    assert all(cell.outputs for cell in cells)
    assert {output.output_type for output in outputs} <= {"execute_result", "display_data"}
    assert sum("text/html" in output.data for output in outputs) == len(cells) - 1  # one is a figure
