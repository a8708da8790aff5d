"""Types of a catalogue to labels."""

import numpy as np
import pytest
from astropy.table import MaskedColumn, Table

from galmorph.data import get_scheme
from galmorph.data._load.left_out import LeftOutGalaxies
from galmorph.data._load.type_labels import label_types, types_of
from galmorph.errors import InvalidValueError


def test_types() -> None:
    """The type is the morphology or, if that is empty or masked, the legacy type; one of the columns is enough."""
    morphology = MaskedColumn(["E2", "Sb", ""], mask=[False, True, False])
    catalogue = Table({"morphology": morphology, "legacy_type": ["S0", "Sc", " "]})
    assert types_of(catalogue) == ["E2", "Sc", ""]
    assert types_of(catalogue["legacy_type",]) == ["S0", "Sc", ""]


def test_no_types() -> None:
    """A catalogue without a column of types is refused, with the columns it has."""
    with pytest.raises(InvalidValueError, match=r"expected a column morphology or legacy_type .* got name, ra"):
        types_of(Table({"name": ["a"], "ra": [1.0]}))


def test_labels_and_reasons() -> None:
    """Galaxies without a class get -1 and are left out with the scheme's reason and their type."""
    left_out = LeftOutGalaxies(["a", "b", "c", "d"], "raise")
    labels = label_types(["E", "Se", "", "Sb"], get_scheme("hubble"), left_out)
    np.testing.assert_array_equal(labels, [0, -1, -1, 2])
    assert left_out.entries() == [{"name": "b", "reason": "unparsed: 'Se'"}, {"name": "c", "reason": "no text"}]
    assert left_out.images == 0
