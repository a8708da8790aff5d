"""What the tests of figures share."""

import pytest
from fabricated import fabricate_comparison

from galmorph.comparison import Comparison


@pytest.fixture(scope="package")
def comparison() -> Comparison:
    """Three architectures: a poor one, a good one, and one nearly as good."""
    return fabricate_comparison({"poor": 0.5, "good": 2.5, "fair_one": 2.4})
