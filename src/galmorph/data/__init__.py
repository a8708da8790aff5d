"""To be written."""

from galmorph.data._batches import batches, epoch_order
from galmorph.data._dataset import Dataset
from galmorph.data._folder import load_image_folder
from galmorph.data._galaxy_zoo import GALAXY_ZOO_2_CLASSES, galaxy_zoo_classes, load_galaxy_zoo_2
from galmorph.data._images import read_image
from galmorph.data._simulate import simulate_galaxies
from galmorph.data._split import Split, plan_split
from galmorph.data._stamps import FileStamp, stamps_from_files

__all__ = [
    "GALAXY_ZOO_2_CLASSES",
    "Dataset",
    "FileStamp",
    "Split",
    "batches",
    "epoch_order",
    "galaxy_zoo_classes",
    "load_galaxy_zoo_2",
    "load_image_folder",
    "plan_split",
    "read_image",
    "simulate_galaxies",
    "stamps_from_files",
]
