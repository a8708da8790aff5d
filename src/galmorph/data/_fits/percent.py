"""Fractions as texts for notes."""

__all__ = ["percent"]


def percent(share: float) -> str:
    """Write a fraction in percent with two digits.

    Examples
    --------
    >>> percent(0.00123), percent(0.25), percent(0.999)
    ('0.12 %', '25 %', '100 %')
    """
    return f"{float(f'{100 * share:.2g}'):g} %"
