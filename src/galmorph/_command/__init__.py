"""The command ``galmorph``: a module for each subcommand, thin over the library. It may import every room.

JAX takes a second to load, so a subcommand imports the rooms that it needs only when it runs.
"""
