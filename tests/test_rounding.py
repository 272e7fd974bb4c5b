"""Rounding of what is printed."""

from mothers_margins.rounding import p_rounded


def test_p_never_rounds_to_zero():
    assert p_rounded(0.0004, 3, "half_up") == "<0.001"
    assert p_rounded(0.0999, 3, "half_up") == "0.100"
    assert p_rounded(0.001, 3, "half_up") == "0.001"
