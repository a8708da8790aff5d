"""Write the notebook of the documentation, with its outputs: ``python docs/draw_notebook.py``, some minutes.

The cells are below; the file holds what they showed when they were last run. Run it again when a display changes.
"""

from pathlib import Path

import nbformat
from nbconvert.preprocessors import ExecutePreprocessor

NOTEBOOK = Path(__file__).parent / "notebooks" / "first_look.ipynb"

#: Text and code in turn.
CELLS = (
    "# A first look\n\nSimulated galaxies, a small network, and what a notebook shows of them. Nothing is downloaded.",
    'import galmorph as gm\n\ngalaxies = gm.simulation.simulate_galaxies(600, scheme="galaxy-zoo-2", seed=0)\ngalaxies',
    "A data set shows its classes and some stamps of each. `plot` makes a figure of them.",
    "galaxies.plot(columns=6);",
    "Training shows a bar, and its result the curves.",
    "learn, validation, test = galaxies.split((0.7, 0.1, 0.2), seed=0)\n"
    "config = gm.training.TrainConfig(epochs=10, batch_size=32, seed=0)\n"
    'result = gm.training.train("lenet5", learn, validation=validation, config=config)\n'
    "result",
    "The classifier contains the recipe that prepares its images.",
    "result.classifier",
    "Galaxies that it has not seen show what it is worth.",
    "gm.training.evaluate(result.classifier, test)",
    "The classifier that comes with galmorph was trained on many more simulated galaxies.",
    'pretrained = gm.training.Classifier.pretrained("galaxy-zoo-2")\n'
    "others = gm.simulation.simulate_galaxies(120, size=pretrained.recipe.size, seed=1)\n"
    "gm.training.evaluate(pretrained, others)",
)


def make() -> nbformat.NotebookNode:
    """Make the notebook without outputs."""
    makers = (nbformat.v4.new_markdown_cell, nbformat.v4.new_code_cell)
    cells = [makers[number % 2](text) for number, text in enumerate(CELLS)]
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"  # the same in every run
    return nbformat.v4.new_notebook(cells=cells)


def main() -> None:
    """Run the cells and write the notebook."""
    notebook = make()
    ExecutePreprocessor(timeout=900, record_timing=False).preprocess(notebook)
    for cell in notebook.cells:  # bars of text overwrite each other on a terminal
        cell.outputs = [each for each in cell.get("outputs", []) if each.get("name") != "stderr"]
        if cell.cell_type == "markdown":
            del cell["outputs"]
    NOTEBOOK.parent.mkdir(exist_ok=True)
    nbformat.write(notebook, NOTEBOOK)


if __name__ == "__main__":
    main()
