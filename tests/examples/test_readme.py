"""Lines of the README and of the manual, run as they are, with fewer galaxies."""

import re
from contextlib import chdir

import numpy as np
import pytest
from astropy.io import fits
from PIL import Image

import galmorph as gm

SMALLER = {"3_000": "150", "epochs=20": "epochs=1", "seeds=3": "seeds=2"}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::galmorph.errors.GalmorphWarning")
def test_twenty_lines_lead_to_a_verdict(repository, tmp_path, capsys):
    """They print scores, answers for files of one's own, and a ranking, and write the report."""
    code = re.search(r"^```python\n(.*?)^```", (repository / "README.md").read_text(), re.M | re.S)[1]
    assert len(code.splitlines()) <= 20
    for old, new in SMALLER.items():
        assert code.count(old) == 1
        code = code.replace(old, new)
    galaxies = gm.simulation.simulate_galaxies(150, scheme="galaxy-zoo-2", seed=0)
    Image.fromarray(galaxies.stamps[0]).resize((128, 128)).save(tmp_path / "my_galaxy.jpg")
    (tmp_path / "mine").mkdir()
    fits.writeto(tmp_path / "mine" / "other.fits", np.asarray(galaxies.stamps[1].mean(-1), np.float32))
    with chdir(tmp_path):
        exec(compile(code, "README.md", "exec"), {})  # noqa: S102 - a text of our own
    printed = capsys.readouterr().out
    assert re.search(r"^Scores\(\d+ galaxies", printed, re.M)
    assert re.search(r"^my_galaxy .*\n *other ", printed, re.M)
    assert re.search(r"^small_resnet +0\.\d", printed, re.M)
    assert "<html" in (tmp_path / "report.html").read_text()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::galmorph.errors.GalmorphWarning")
def test_a_network_of_your_own(repository, capsys, tmp_path, monkeypatch):
    """The script of docs/own_network.md trains, saves, loads, and compares."""
    blocks = re.findall(r"^```python\n(.*?)^```", (repository / "docs" / "own_network.md").read_text(), re.M | re.S)
    monkeypatch.chdir(tmp_path)
    exec(compile("\n".join(blocks), "own_network.md", "exec"), {})  # noqa: S102
    printed = capsys.readouterr().out
    assert re.search(r"^mine +0\.\d", printed, re.M)
    assert "Scores(60 galaxies" in printed
    assert (tmp_path / "report.html").stat().st_size > 100_000
