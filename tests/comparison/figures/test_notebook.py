"""Figures in a notebook: each is shown once, whether or not the notebook imports pyplot."""

import io
import os
from base64 import b64decode
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbconvert.preprocessors import ExecutePreprocessor
from PIL import Image

pytestmark = pytest.mark.slow

PREPARE = """
from fabricated import fabricate_comparison
comparison = fabricate_comparison({"poor": 0.5, "good": 2.5}, seeds=(0,))
plots = comparison.plots"""

# Cells, and how many pictures each of them shows. The sixth imports pyplot.
CELLS = {
    PREPARE: 0,
    "plots.ranking();": 1,
    "drawn = [plots.confusion(name) for name in ('poor', 'good')]": 2,
    "plots.gallery(rows=1, columns=3)": 1,
    "kept = plots.mistakes(count=3);": 1,
    "import matplotlib.pyplot as plt\nplots.recall()\nplt.show()": 1,
    "figure, axes = plt.subplots()\nplots.pairs(axes=axes);": 1,
    "kept": 1,
}


@pytest.fixture(scope="module")
def pictures(tmp_path_factory) -> list[list[np.ndarray]]:
    """Pictures that each cell shows, as pixels from black (0) to white (255)."""
    folder = tmp_path_factory.mktemp("notebook")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MPLBACKEND")  # as Jupyter starts, so that it shows figures in its own way
        patch.setenv("PYTHONWARNINGS", "error::UserWarning,error::RuntimeWarning")
        patch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]))
        ExecutePreprocessor(timeout=120).preprocess(notebook, {"metadata": {"path": folder}})
    outputs = [cell.outputs for cell in notebook.cells]
    assert [each for cell in outputs for each in cell if each.get("name") == "stderr"] == []
    shown = [[each.data["image/png"] for each in cell if "image/png" in each.get("data", {})] for cell in outputs]
    return [[np.asarray(Image.open(io.BytesIO(b64decode(each))).convert("L")) for each in cell] for cell in shown]


def test_each_figure_is_shown_once(pictures):
    """After a semicolon, in a loop, as a result, by ``plt.show()``, on given axes, and again by name."""
    assert dict(zip(CELLS, map(len, pictures), strict=True)) == CELLS


def test_pictures_have_content(pictures):
    """Each is as wide as a column at least, light at its edge, and drawn upon in many shades."""
    for picture in [each for cell in pictures for each in cell]:
        assert picture.shape[1] > 200
        assert picture[:3].min() > 250
        assert np.mean(picture < 128) > 0.005
        assert len(np.unique(picture)) > 20
