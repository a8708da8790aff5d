"""What the tests of this folder share."""

from collections.abc import Iterator

import pytest
from live_sky import all_services
from simbad_server import SimbadServer


@pytest.fixture
def sky() -> Iterator[SimbadServer]:
    """A server that answers like all the services together."""
    with all_services() as server:
        yield server
