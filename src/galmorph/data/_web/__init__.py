"""Web services in general: requests, the HTTP transport, the cache of answers, and readers for HTML and VOTables.

``_ned`` and ``_fetch`` import from here. This folder imports from no other folder of `galmorph.data`.
"""
