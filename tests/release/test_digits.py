"""Numbers with no more digits than are printed."""

from math import exp, inf, isnan, log, nan

import pytest

from mothers_margins.release.digits import (
    LARGEST,
    log_of_ratio,
    p_as_class,
    p_to_decimals,
    to_decimals,
)


@pytest.mark.parametrize(
    ("ratio", "decimals", "expected"),
    [(1.2345, 2, 1.23), (1.235, 2, 1.24), (0.96, 1, 1.0), (12.345, 1, 12.3)],
)
def test_a_ratio_is_kept_as_the_logarithm_of_what_is_printed(ratio, decimals, expected):
    assert log_of_ratio(log(ratio), decimals, "half_up") == log(expected)


def test_ratios_at_the_ends():
    assert log_of_ratio(log(0.004), 2, "half_up") == -inf
    assert log_of_ratio(inf, 2, "half_up") == inf
    assert isnan(log_of_ratio(nan, 2, "half_up"))
    assert exp(log_of_ratio(1e6, 2, "half_up")) == pytest.approx(LARGEST)


def test_all_ratios_that_print_the_same_are_kept_the_same():
    kept = {log_of_ratio(log(1.235 + step / 1e4), 2, "half_up") for step in range(100)}
    assert kept == {log(1.24)}


@pytest.mark.parametrize(
    ("p_value", "expected"),
    [(0.00049, 0.0), (0.00099, 0.0), (0.001, 0.001), (0.0125, 0.013), (0.5, 0.5), (1.0, 1.0)],
)
def test_p_has_its_decimals_or_is_below_them(p_value, expected):
    assert p_to_decimals(p_value, 3, "half_up") == expected


def test_p_that_is_missing():
    assert isnan(p_to_decimals(nan, 3, "half_up"))


@pytest.mark.parametrize(
    ("p_value", "expected"),
    [
        (0.0009, (0.001, "p_below")),
        (0.001, (0.01, "p_below")),
        (0.0499, (0.05, "p_below")),
        (0.05, (0.05, "p_at_least")),
        (0.9, (0.05, "p_at_least")),
    ],
)
def test_a_class_is_a_limit_and_its_side(p_value, expected):
    assert p_as_class(p_value) == expected


def test_halves_go_by_the_rule():
    assert to_decimals(0.125, 2, "half_up") == 0.13
    assert to_decimals(0.125, 2, "half_even") == 0.12
