"""Images and labels to a `Dataset`: from a catalogue, a folder, a table of labels, or Galaxy Zoo 2.

The top floor of `galmorph.data`: it may import from every other folder of the room, and only the room's ``__init__``
imports from here.
"""
