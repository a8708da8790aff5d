"""Images and labels to a `Dataset`: from a catalogue, a folder, a table of labels, or Galaxy Zoo 2.

The top floor of `galmorph.data`: it may import from all other folders, and only ``galmorph/data/__init__.py`` imports
from here.
"""
