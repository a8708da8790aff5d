"""Checks of arguments: what they refuse, and what they say."""

import numpy as np
import pytest

from galmorph._checks import (
    check_between,
    check_choice,
    check_flag,
    check_not_negative,
    check_positive,
    check_seed,
    check_whole,
)
from galmorph.errors import InvalidValueError
from galmorph.models import ARCHITECTURES

pytestmark = pytest.mark.usefixtures("unchecked_shapes")


@pytest.mark.parametrize(
    ("given", "meant"),
    [("resnet_18", "resnet18"), ("ResNet18", "resnet18"), ("LeNet-5", "lenet5"), ("small-resnet", "small_resnet")],
)
def test_a_similar_choice_is_named(given, meant):
    """Case, hyphens and underscores aside, the error says which choice was probably meant."""
    with pytest.raises(
        InvalidValueError, match=f"name: expected one of 'lenet5', .*, got '{given}'; did you mean '{meant}'"
    ):
        check_choice("name", given, ARCHITECTURES)


@pytest.mark.parametrize("given", ["vgg", None, 5, ["lenet5"], np.array(["lenet5", "alexnet"])])
def test_nothing_similar_is_not_named(given):
    """Where no choice is similar, or it is no text at all, the error lists the choices alone."""
    with pytest.raises(InvalidValueError, match=r"name: expected one of 'lenet5', .*, got [^;]*$"):
        check_choice("name", given, ARCHITECTURES)


@pytest.mark.parametrize("value", ["1e-3", None, True, [1.0], np.nan])
def test_numbers_are_numbers(value):
    """Text, lists, and True are no numbers; the error names the argument instead of failing in a comparison."""
    for expected, check in [
        ("a finite number above 0", lambda: check_positive("rate", value)),
        ("a finite number of at least 0", lambda: check_not_negative("rate", value)),
        ("a number from 0 to 2", lambda: check_between("rate", value, 0, 2)),
        ("a whole number of at least 1", lambda: check_whole("rate", value, least=1)),
    ]:
        with pytest.raises(InvalidValueError, match=f"rate: expected {expected}, got "):
            check()


def test_numbers_of_numpy_are_numbers():
    """NumPy's numbers pass where JSON need not hold them; a whole one is asked for as Python's."""
    check_positive("rate", np.float32(0.5))
    check_between("rate", np.int64(1), 0, 2)
    with pytest.raises(InvalidValueError, match=r"size: expected a whole number .*, got np.int64\(3\); pass it as int"):
        check_whole("size", np.int64(3), least=1)


@pytest.mark.parametrize("value", ["no", 0, None])
def test_flags_are_true_or_false(value):
    """A text such as "no" would count as true."""
    with pytest.raises(InvalidValueError, match="flip: expected True or False, got"):
        check_flag("flip", value)


@pytest.mark.parametrize("seed", [1.5, -1, 2**32, 2**63, True, "0", None])
def test_seeds_have_32_bits(seed):
    """JAX drops the bits above silently, so that two seeds would be one."""
    with pytest.raises(InvalidValueError, match="seed: expected a whole number"):
        check_seed("seed", seed)
    check_seed("seed", np.int64(2**32 - 1))
