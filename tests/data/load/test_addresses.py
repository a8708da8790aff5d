"""Addresses of files elsewhere are not opened, and the error says what to do."""

import pytest
from flat_images import Corner

from galmorph.data import stamps_from_files


@pytest.mark.parametrize("address", ["s3://bucket/a.fits", "zip://a.jpg::images.zip", "https://example.org/a.png"])
def test_addresses_are_not_opened(address: str) -> None:
    """An address is told from a file that is missing, also after a path has lost one of its slashes."""
    [error, missing] = stamps_from_files([address, "C:/a.fits"], Corner(), workers=1, progress=False)
    assert str(error).endswith("expected a readable image file; copy or mount what is at an address")
    assert str(missing).endswith("expected a readable image file")
