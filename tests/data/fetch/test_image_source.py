"""Targets: what a source is given about a galaxy."""

import astropy.units as u
import numpy as np
from astropy.table import MaskedColumn, Table

from galmorph.data._fetch.image_source import Target, targets_of


def test_targets_carry_units_to_degrees_and_arcsec():
    """Columns may have units, be masked, or be missing; a name counts once, by its first row."""
    catalogue = Table(
        {
            "name": ["M  31", "M 31", "x", "y", "z"],
            "ra": [60, 2, 3, np.nan, 0] * u.arcmin,
            "dec": [1.0, 2.0, 91.0, 4.0, -90.0],
            "major_axis_arcmin": MaskedColumn([60, 1, 0, 2, 3], mask=[False, False, False, False, True], unit=u.arcsec),
        }
    )
    assert list(targets_of(catalogue).values()) == [
        Target(name="M 31", ra=1.0, dec=1.0, diameter=60.0),
        Target(name="x"),
        Target(name="y", diameter=2.0),
        Target(name="z", ra=0.0, dec=-90.0),
    ]
    assert targets_of(Table({"name": ["x"]})) == {"x": Target(name="x")}
