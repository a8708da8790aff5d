"""Galaxies from archives, image files and labels, and the `Dataset` that holds them.

Four functions make a `Dataset`, which is stamps with labels and a table of everything else:

- `load_image_folder`: your own FITS, JPEG or PNG files, in one sub-folder for each class or named in a table of labels.
- `load_galaxy_zoo_2`: the images and votes of Galaxy Zoo 2, in the five classes of Dai & Tong (2018) or in four.
- `load_galaxy10`: an HDF5 file of Galaxy10 (DECaLS or SDSS), in its ten classes.
- `build_dataset`: a catalogue of named galaxies, whose images `fetch_images` has put into a folder.

All take a recipe (`galmorph.preprocessing.Recipe`) that turns each image into a stamp. `read_image` reads one file into
a `galmorph.types.GalaxyImage`; a file that is not one image of one galaxy is refused, with the reason. `read_bands`
reads several files of one galaxy, one for each band, `band_files` finds such files, and `as_image` takes what is in
memory. `galmorph.simulation` makes a `Dataset` without any image.

A catalogue is an astropy table with one row for each galaxy. `NedClient` searches NED for one, `CdsCatalogue` gets
RC3, HyperLEDA, EFIGI and others from CDS, and `NedCatalogue` gives NED's in their common table. `resolve` makes one of
your own list, by `NedClient` or `SimbadClient`, and `combine` joins several, with all types side by side. `clean`
removes components and rows that are not galaxies, and `sky_groups` finds the rows that show the same sky.
`fetch_images` gets the images from an `ImageSource`, `NedImages` or `HipsImages`; an interrupted run can be resumed.
`parse_morphology` reads a type such as ``SAB(rs)bc``, and a `Scheme` turns it into a class.

``galaxies.split((0.7, 0.1, 0.2), seed=0)`` cuts a data set into parts that have the same mixture of classes and share
no group: galaxies that may show the same sky stay together. `plan_split` gives the split itself, to save and to apply
again, `leak_report` searches for galaxies in several parts, and `Dataset.group_copies` groups equal and turned stamps.
``galaxies.save`` writes a folder that ``Dataset.load`` opens without reading the stamps into memory, and `batches` goes
through a data set in batches of a fixed size. ``Dataset.concatenate`` joins data sets. With ``shards=``, a loader keeps
what it has made, and goes on there after an interruption.
"""

from galmorph.data._catalogue.clean import clean, only
from galmorph.data._catalogue.sky import sky_groups
from galmorph.data._catalogue_sources.catalogue_source import CatalogueSource
from galmorph.data._catalogue_sources.cds import CdsCatalogue
from galmorph.data._catalogue_sources.combine import combine
from galmorph.data._catalogue_sources.ned import NedCatalogue
from galmorph.data._dataset.batches import batches, epoch_order
from galmorph.data._dataset.dataset import Dataset
from galmorph.data._dataset.leaks import LeakReport, leak_report
from galmorph.data._dataset.split import Split, plan_folds, plan_split
from galmorph.data._fetch.fetch import fetch_images, plan_fetch
from galmorph.data._fetch.hips import HipsImages
from galmorph.data._fetch.image_source import Candidate, ImageSource, Target
from galmorph.data._fetch.manifest import read_manifest
from galmorph.data._fetch.ned_images import NedImages
from galmorph.data._galaxy_table.name_service import NameService
from galmorph.data._galaxy_table.resolve import plan_resolve, resolve
from galmorph.data._galaxy_zoo.fractions import GALAXY_ZOO_2_COUNTS, galaxy_zoo_fractions
from galmorph.data._galaxy_zoo.from_galaxy10 import GALAXY10_CLASSES, load_galaxy10
from galmorph.data._galaxy_zoo.from_galaxy_zoo import load_galaxy_zoo_2
from galmorph.data._images.as_image import as_image
from galmorph.data._images.band_files import band_files, files_of
from galmorph.data._images.folder import image_files
from galmorph.data._images.read import image_stem, read_image
from galmorph.data._images.read_bands import read_bands
from galmorph.data._load.from_catalogue import build_dataset
from galmorph.data._load.from_folder import load_image_folder
from galmorph.data._load.listed_images import Images, list_images
from galmorph.data._load.stamps_from_files import FileStamp, stamps_from_files
from galmorph.data._morphology.galaxy_zoo import GALAXY_ZOO_2_CLASSES, galaxy_zoo_classes
from galmorph.data._morphology.gz2_class import TUNING_FORK_CLASSES, GZ2Class, parse_gz2_class
from galmorph.data._morphology.morphology import Morphology
from galmorph.data._morphology.parser import parse_morphology
from galmorph.data._morphology.schemes import SCHEMES, LeftOut, Scheme, get_scheme
from galmorph.data._ned.client import NedClient
from galmorph.data._simbad.client import SimbadClient
from galmorph.data._web.cache import AnswerCache
from galmorph.data._web.http_transport import HttpTransport
from galmorph.data._web.request import Answer, Request, Transport
from galmorph.data._web.request_plan import RequestPlan

__all__ = [
    "GALAXY10_CLASSES",
    "GALAXY_ZOO_2_CLASSES",
    "GALAXY_ZOO_2_COUNTS",
    "SCHEMES",
    "TUNING_FORK_CLASSES",
    "Answer",
    "AnswerCache",
    "Candidate",
    "CatalogueSource",
    "CdsCatalogue",
    "Dataset",
    "FileStamp",
    "GZ2Class",
    "HipsImages",
    "HttpTransport",
    "ImageSource",
    "Images",
    "LeakReport",
    "LeftOut",
    "Morphology",
    "NameService",
    "NedCatalogue",
    "NedClient",
    "NedImages",
    "Request",
    "RequestPlan",
    "Scheme",
    "SimbadClient",
    "Split",
    "Target",
    "Transport",
    "as_image",
    "band_files",
    "batches",
    "build_dataset",
    "clean",
    "combine",
    "epoch_order",
    "fetch_images",
    "files_of",
    "galaxy_zoo_classes",
    "galaxy_zoo_fractions",
    "get_scheme",
    "image_files",
    "image_stem",
    "leak_report",
    "list_images",
    "load_galaxy10",
    "load_galaxy_zoo_2",
    "load_image_folder",
    "only",
    "parse_gz2_class",
    "parse_morphology",
    "plan_fetch",
    "plan_folds",
    "plan_resolve",
    "plan_split",
    "read_bands",
    "read_image",
    "read_manifest",
    "resolve",
    "sky_groups",
    "stamps_from_files",
]

_CONSTANTS = {
    "GALAXY10_CLASSES",
    "GALAXY_ZOO_2_CLASSES",
    "GALAXY_ZOO_2_COUNTS",
    "SCHEMES",
    "TUNING_FORK_CLASSES",
    "Images",
}
for _name in set(__all__) - _CONSTANTS:
    globals()[_name].__module__ = __name__
