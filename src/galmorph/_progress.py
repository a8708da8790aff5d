"""Progress bars: a widget in notebooks that have ipywidgets, text elsewhere."""

import warnings

from tqdm import TqdmWarning

with warnings.catch_warnings():
    # Without ipywidgets, a notebook gets bars of text, which is no reason to warn whoever imports galmorph.
    warnings.simplefilter("ignore", TqdmWarning)
    from tqdm.auto import tqdm

__all__ = ["tqdm"]
