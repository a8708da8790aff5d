"""Draw the pictures of the README and of the guides, from simulated galaxies alone.

``python docs/draw_pictures.py`` takes about four minutes on two cores. The files in ``pictures/`` were drawn with jax
0.10.2.
"""

from pathlib import Path

import galmorph as gm

FOLDER = Path(__file__).parent / "pictures"


def main() -> None:
    """Compare two small networks, and explain the answers of the classifier that comes with the package."""
    galaxies = gm.simulation.simulate_galaxies(1_500, scheme="galaxy-zoo-2", seed=0)
    config = gm.training.TrainConfig(epochs=12, augmentation=gm.preprocessing.Augmentation(rotation="quarter"))
    comparison = gm.comparison.compare(["lenet5", "small_resnet"], galaxies, seeds=3, config=config)
    print(comparison)
    plots = comparison.plots
    classifier = gm.training.Classifier.pretrained("galaxy-zoo-2")
    others = gm.simulation.simulate_galaxies(5, size=classifier.recipe.size, seed=3)
    pictures = {
        "ranking": plots.ranking().figure,
        "confusion": plots.confusion().figure,
        "answers": plots.gallery(rows=2, columns=6),
        "explanations": gm.comparison.plot_explanations(classifier, others),
    }
    FOLDER.mkdir(exist_ok=True)
    for name, figure in pictures.items():
        figure.savefig(FOLDER / f"{name}.png", dpi=150, metadata={"Software": None})


if __name__ == "__main__":
    main()
