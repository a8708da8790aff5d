"""Words: numbers, intervals and lists as text."""

from galmorph.comparison._findings.result import Estimate
from galmorph.comparison._findings.words import (
    brief,
    duration,
    estimate,
    in_words,
    listed,
    p_value,
    percent,
    percent_interval,
    plural,
    points,
    points_interval,
)

NAN = float("nan")


def test_words():
    """Each way of writing, at its edges."""
    written = [
        (listed(["a"]), "a"),
        (listed(["a", "b"]), "a and b"),
        (plural(1, "epoch"), "1 epoch"),
        (plural(2000, "epoch"), "2,000 epochs"),
        (in_words(10), "ten"),
        (in_words(11), "11"),
        (percent(0.0494), "4.9 %"),
        (percent(NAN), "\N{EN DASH}"),
        (percent_interval((0.8691, 0.8172, 0.9083)), "86.9 % (81.7 to 90.8)"),
        (estimate(Estimate(0.5, 0.25, 0.75)), "0.500 [0.250, 0.750]"),
        (estimate(Estimate(NAN, 0, 1)), "\N{EN DASH}"),
        (points(0.0612), "+6.1"),
        (points(-0.0612), "\N{MINUS SIGN}6.1"),
        (points(-0.0004), "0.0"),
        (points_interval(-0.01, 0.083), "-1.0 to 8.3"),
        (p_value(0.0351), "0.035"),
        (p_value(9e-8), "9.0e-08"),
        (brief(11_179_077), "11.2 M"),
        (brief(338_061), "338 k"),
        (brief(512), "512"),
        (duration(599), "599 s"),
        (duration(600), "10 min"),
        (duration(36_000), "10 h"),
    ]
    assert [text for text, _ in written] == [expected for _, expected in written]
