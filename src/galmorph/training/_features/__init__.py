"""What a network sees in a galaxy: features, neighbours, unusual galaxies, and the embedding in a plane.

Imports the engine. The classifier and the explanations import from here.
"""
