"""Train networks into classifiers; evaluate, predict, explain, save and load.

`train` trains a network, by name or of your own, as configured by `TrainConfig`, or fine-tunes a classifier. It returns
a `TrainResult`: the `Classifier` and the history of the training. `train_seeds` trains a small network from several
seeds at once. `evaluate` applies a classifier to every galaxy of a data set and returns `Scores`.

``Classifier.predict`` takes image files and returns a table; ``Classifier.predict_to`` writes it to a file, for any
number of images. ``Classifier.save`` and ``Classifier.load`` use one file of weights and text, without code.
``Classifier.pretrained`` loads a classifier that comes with galmorph, and ``Classifier.calibrate`` makes probabilities
more reliable. ``Classifier.from_torch`` makes one of weights that were learned in PyTorch, to be fine-tuned. `saliency`
and `grad_cam` show which pixels decide an answer.

>>> from galmorph.simulation import simulate_galaxies
>>> from galmorph.training import TrainConfig, evaluate, train
>>> learn, validation, test = simulate_galaxies(100, seed=0).split((0.6, 0.2, 0.2), seed=0)
>>> result = train("lenet5", learn, validation=validation, config=TrainConfig(epochs=1), progress=False)
>>> evaluate(result.classifier, test).confusion.sum()
np.int64(20)
"""

from galmorph.training._classifier.classifier import Classifier
from galmorph.training._classifier.temperature import TEMPERATURE_LIMITS, fit_temperature, with_temperature
from galmorph.training._engine.config import TrainConfig
from galmorph.training._engine.history import EpochReport
from galmorph.training._engine.scaling import Scaling
from galmorph.training._ensemble.agreement import disagreement
from galmorph.training._ensemble.ensemble import Ensemble
from galmorph.training._evaluate import Scores, evaluate
from galmorph.training._evaluate_fractions import FractionScores, evaluate_fractions
from galmorph.training._explanations.grad_cam import grad_cam
from galmorph.training._explanations.saliency import saliency
from galmorph.training._features.embedding import Embedding, embed
from galmorph.training._features.embedding_plot import plot_embedding
from galmorph.training._features.neighbour_plot import plot_neighbours
from galmorph.training._features.neighbours import Neighbours, most_unusual, nearest
from galmorph.training._predictions.domain import Domain
from galmorph.training._predictions.picture_recipe import PictureRecipe
from galmorph.training._predictions.prediction_table import probability_columns
from galmorph.training._seeds import train_seeds
from galmorph.training._soft_labels.soft_labels import SoftLabels
from galmorph.training._train import TrainResult, train

__all__ = [
    "TEMPERATURE_LIMITS",
    "Classifier",
    "Domain",
    "Embedding",
    "Ensemble",
    "EpochReport",
    "FractionScores",
    "Neighbours",
    "PictureRecipe",
    "Scaling",
    "Scores",
    "SoftLabels",
    "TrainConfig",
    "TrainResult",
    "disagreement",
    "embed",
    "evaluate",
    "evaluate_fractions",
    "fit_temperature",
    "grad_cam",
    "most_unusual",
    "nearest",
    "plot_embedding",
    "plot_neighbours",
    "probability_columns",
    "saliency",
    "train",
    "train_seeds",
    "with_temperature",
]

for _name in set(__all__) - {"TEMPERATURE_LIMITS"}:
    globals()[_name].__module__ = __name__
