"""Which values print as a text: beside the rounding of the tables."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mothers_margins.disclosure.printed_text import (
    agrees,
    in_units,
    limits_of,
    p_agrees,
    p_class_text,
    p_in_units,
    without_noise,
)
from mothers_margins.rounding import p_rounded, rounded

RULES = st.sampled_from(["half_up", "half_even"])


@given(st.integers(-3000, 3000), st.integers(1, 400), st.integers(0, 3), RULES)
def test_shares_print_as_in_the_tables(part, whole, decimals, rule):
    value = 100 * part / whole
    assert agrees(np.array([value]), rounded(value, decimals, rule), rule)[0]


@given(st.floats(-1e6, 1e6), st.integers(0, 4), RULES)
def test_any_number_prints_as_in_the_tables(value, decimals, rule):
    assert in_units(np.array([value]), decimals, rule)[0] == round(
        float(rounded(value, decimals, rule)) * 10**decimals
    )


@given(st.integers(-4000, 4000), st.integers(0, 3), st.integers(-3, 3), RULES)
def test_halves_with_noise_print_as_in_the_tables(half, decimals, steps, rule):
    """Steps to the next double, up or down, are the noise of a calculation."""
    value = (half + 0.5) / 10**decimals
    for _ in range(abs(steps)):
        value = float(np.nextafter(value, np.inf * steps))
    assert agrees(np.array([value]), rounded(value, decimals, rule), rule)[0]


def test_a_half_goes_up_or_to_the_even_digit():
    halves = np.array([0.285, 0.275, -0.285, 12.5, 2.5])
    assert in_units(halves[:3], 2, "half_up").tolist() == [29, 28, -29]
    assert in_units(halves[:3], 2, "half_even").tolist() == [28, 28, -28]
    assert in_units(halves[3:], 0, "half_up").tolist() == [13, 3]
    assert in_units(halves[3:], 0, "half_even").tolist() == [12, 2]


def test_what_is_missing_or_infinite_prints_as_no_number():
    values = np.array([np.nan, np.inf, -np.inf, 0.0])
    assert agrees(values, "0.00").tolist() == [False, False, False, True]


def test_units_by_which_a_program_may_differ():
    values = np.array([1.14, 1.15, 1.25, 1.35, 1.45])
    assert agrees(values, "1.3", within=0).tolist() == [False, False, True, False, False]
    assert agrees(values, "1.3", within=1).tolist() == [False, True, True, True, False]


@pytest.mark.parametrize("text", ["", "x", "1,2", "inf", "nan", "<0.05"])
def test_a_text_that_is_no_number_is_refused(text):
    with pytest.raises(ValueError, match="A printed number is digits"):
        agrees(np.zeros(1), text)


def test_a_minus_sign_of_the_tables_is_read():
    assert agrees(np.array([-4.26]), "−4.3")[0]


@given(st.floats(-50, 50), st.integers(0, 3), st.integers(0, 2))
def test_what_agrees_lies_within_the_limits(value, decimals, within):
    text = rounded(value, decimals, "half_up")
    low, high = limits_of(text, within)
    noise = 1e-12 * max(abs(value), 1)
    assert low - noise <= value <= high + noise
    assert high - low == pytest.approx((1 + 2 * within) / 10**decimals)


@given(st.floats(0, 1), st.integers(2, 4))
def test_p_values_print_as_in_the_tables(p_value, decimals):
    text = p_rounded(p_value, decimals, "half_up")
    assert p_agrees(np.array([p_value]), text)[0]
    units = 0 if text.startswith("<") else round(float(text) * 10**decimals)
    assert p_in_units(np.array([p_value]), decimals)[0] == units


def test_what_prints_as_below_the_last_decimal_prints_as_no_number():
    p_values = np.array([0.0004, 0.0007, 0.001, 0.001 - 2e-19, 0.0014])
    assert p_agrees(p_values, "<0.001").tolist() == [True, True, False, False, False]
    assert p_agrees(p_values, "0.001").tolist() == [False, False, True, True, True]
    assert p_agrees(p_values, "0.000").tolist() == [True, False, False, False, False]


def test_classes_of_p():
    p_values = np.array([0.0009, 0.001, 0.0099, 0.01, 0.0499, 0.05, 0.05 - 7e-18, 0.7])
    cuts = (0.001, 0.01, 0.05)
    assert p_agrees(p_values, "<0.05").tolist() == [True] * 5 + [False] * 3
    assert p_agrees(p_values, "<0.05", cuts=cuts).tolist() == [False] * 3 + [True] * 2 + [False] * 3
    assert p_agrees(p_values, ">=0.05", cuts=cuts).tolist() == [False] * 5 + [True] * 3
    assert (
        p_agrees(p_values, ">=0.01", cuts=cuts).tolist() == [False] * 3 + [True] * 2 + [False] * 3
    )
    for p_value in p_values:
        assert p_agrees(np.array([p_value]), p_class_text(p_value), cuts=cuts)[0]
    assert [p_class_text(p_value) for p_value in (0.0002, 0.003, 0.02, 0.05)] == [
        "<0.001",
        "<0.01",
        "<0.05",
        ">=0.05",
    ]


@given(st.floats(1e-9, 1e9))
def test_without_noise_is_thirteen_digits(value):
    assert without_noise(np.array([value]))[0] == pytest.approx(float(f"{value:.13g}"), rel=2e-16)
