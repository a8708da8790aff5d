"""NED's lists in the common table of all catalogues."""

import numpy as np
import pytest
from ned_answers import quick_client
from ned_server import Row

from galmorph.data import CatalogueSource, NedCatalogue, clean
from galmorph.errors import IncompleteWarning


def test_neds_list_is_a_common_table(ned_server):
    """The common columns come first, with T of the type; what else NED lists follows, and `clean` reads it."""
    ned_server.add("E", [
        Row("NGC 1", morphology="E2", legacy_type="E3             Sy2", redshift="0.01"),
        Row("NGC 2", legacy_type="SB(s)b         HII", redshift="", object_type="GPair"),
        Row("NGC 3"),
    ])  # fmt: skip
    source = NedCatalogue(["E"], client=quick_client(ned_server))
    table = source.fetch(progress=False)
    assert table.colnames[:4] == ["name", "ra", "dec", "morphology"]
    assert table["morphology"].tolist() == ["E2", "SB(s)b", ""]
    assert table["t"].filled(99).tolist() == [-5, 3, 99]
    assert table["redshift"].mask.tolist() == [False, True, False]
    assert table["major_axis_arcmin"].mask.all()
    assert (set(table["source"]), set(table["requested"])) == ({"NED"}, {"E"})
    assert table["dec"][0] == pytest.approx(-(40 + 54 / 60 + 11.9 / 3600))
    assert "NASA/IPAC Extragalactic Database" in table.meta["acknowledgement"]
    assert clean(table)["name"].tolist() == ["NGC 1", "NGC 3"]
    assert isinstance(source, CatalogueSource)
    assert np.all(table["ra"].mask == [False] * 3)


def test_plan_and_limit_are_those_of_the_search(ned_server):
    """The plan counts pages, and a limit warns of what is left out."""
    ned_server.add("E", [Row(f"NGC {number}") for number in range(250)])
    assert NedCatalogue(["E"], client=quick_client(ned_server)).plan().requests == 2
    with pytest.warns(IncompleteWarning, match="10 rows were requested, NED has"):
        assert len(NedCatalogue(["E"], client=quick_client(ned_server), limit=10).fetch(progress=False)) == 10
