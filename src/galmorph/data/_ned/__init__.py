"""The client for NED: requests to its services, and parsers for their answers.

Imports from ``_web``. Only ``_fetch`` imports from here, because `NedImages` uses the client.
"""
