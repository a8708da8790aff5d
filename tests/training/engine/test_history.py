"""The history of a training, as it is printed."""

import pytest

from galmorph.training._engine.history import history_table


@pytest.mark.parametrize("validated", [True, False])
def test_all_columns_are_printed(validated):
    """On a screen of 80 characters no column is hidden, and losses have three digits, not seventeen."""
    row = {"epoch": 1, "learning_rate": 0.00035714285714285714, "loss": 0.69314718055994531, "accuracy": 2 / 3}
    if validated:
        row |= {"validation_loss": 0.5234567890123456, "validation_accuracy": 0.8}
    lines = history_table([row | {"seconds": 1.23456789}]).pformat(max_width=80)
    assert "..." not in lines[0]
    assert lines[-1].split() == ["1", "3.57e-04", "0.693", "0.667", *(["0.523", "0.800"] * validated), "1.2"]


def test_values_keep_all_digits():
    """Only the print is rounded."""
    assert history_table([{"epoch": 1, "loss": 2 / 3}])["loss"][0] == 2 / 3
