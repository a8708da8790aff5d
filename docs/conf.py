import builtins
import sys
from importlib import metadata
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from draw_house import write_house

write_house()

project = "galmorph"
author = "The galmorph developers"
copyright = "2026, the galmorph developers"
release = metadata.version("galmorph-jax")

extensions = [
    "myst_nb",  # with myst_parser
    "mathml",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build", "api/generated", "gallery/*.ipynb", "sg_execution_times.rst"]

html_theme = "furo"
html_math_renderer = "mathml"
templates_path = ["_templates"]
autosummary_ignore_module_all = False
html_title = f"galmorph {release}"

# Pages with code cells (ten_minutes.md) are run when they are read; an error in a cell is a warning, which is fatal.
# Notebooks show what they contain (draw_notebook.py). ``-D nb_execution_mode=off`` skips the run.
nb_execution_mode = "force"
nb_execution_excludepatterns = ["notebooks/*"]
nb_execution_in_temp = True
nb_execution_timeout = 600
nb_output_stderr = "remove"  # progress bars

myst_enable_extensions = ["deflist", "dollarmath"]
myst_heading_anchors = 3

# A name in single backticks is ours, or a parameter, an attribute or an axis in its own docstring.
default_role = "py:obj"
autodoc_member_order = "groupwise"
autodoc_default_options = {"show-inheritance": True}
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_attr_annotations = False
python_maximum_signature_line_length = 100

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "gallery",
    # The tests run the examples; here they are only shown.
    "plot_gallery": False,
    "download_all_examples": False,
    "show_memory": False,
    "min_reported_time": 1e9,
}

if tags.has("intersphinx"):
    extensions.append("sphinx.ext.intersphinx")
    intersphinx_mapping = {
        "python": ("https://docs.python.org/3", None),
        "numpy": ("https://numpy.org/doc/stable", None),
        "astropy": ("https://docs.astropy.org/en/stable", None),
        "jax": ("https://docs.jax.dev/en/latest", None),
        "flax": ("https://flax.readthedocs.io/en/latest", None),
        "matplotlib": ("https://matplotlib.org/stable", None),
    }

# What is not ours can't be looked up without the network; what is ours must exist. A bare name in backticks may be a
# parameter, which Sphinx doesn't know as a target; a bare error must be ours or Python's.
_python_errors = "|".join(name for name, item in vars(builtins).items() if isinstance(item, type))
nitpick_ignore_regex = [
    ("py:(class|data|obj|func|meth|attr|mod)", r"(?!galmorph\.).*"),
    # A signature may ask for a private protocol: whatever has the attributes will do.
    ("py:(class|data|obj)", r"galmorph\.\w+\._[\w.]+"),
    ("py:exc", rf"({_python_errors}|(?!galmorph\.)\w+\..*)"),
]


def setup(app):
    """Print ``...`` for the default of a dataclass field made anew each time, whose repr Python cannot parse."""

    def tidy(*event):
        signature, returns = event[-2:]
        return signature and signature.replace("<factory>", "..."), returns

    app.connect("autodoc-process-signature", tidy)
