"""Names of `galmorph.preprocessing`: the augmentation, which is imported when it is first used, and unknown names.

That the import of the package loads no JAX is tested in test_house.py.
"""

import pytest

import galmorph.preprocessing


def test_unknown_name() -> None:
    """A name that the package does not have is an AttributeError that names the package."""
    with pytest.raises(AttributeError, match=r"'galmorph.preprocessing' has no attribute 'sharpen'"):
        _ = galmorph.preprocessing.sharpen


def test_augmentation_is_listed_and_imported() -> None:
    """`dir` lists all public names, and the augmentation names the package as its module."""
    assert set(galmorph.preprocessing.__all__) <= set(dir(galmorph.preprocessing))
    assert galmorph.preprocessing.Augmentation.__module__ == "galmorph.preprocessing"
