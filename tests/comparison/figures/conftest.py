"""What the tests of figures share."""

from collections.abc import Iterator

import pytest
from fabricated import fabricate_comparison
from matplotlib import pyplot as plt

from galmorph.comparison import Comparison


@pytest.fixture(scope="package")
def comparison() -> Comparison:
    """Three architectures: a poor one, a good one, and one nearly as good."""
    return fabricate_comparison({"poor": 0.5, "good": 2.5, "fair_one": 2.4})


@pytest.fixture(autouse=True)
def _closed_figures() -> Iterator[None]:
    """Close the figures that a test leaves open in pyplot."""
    yield
    plt.close("all")
