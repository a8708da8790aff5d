"""The client for NED: requests to its services, and parsers for their answers.

Imports from ``_web``. ``_fetch`` and ``_load`` do not import from here: a client is passed to them as an argument.
"""
