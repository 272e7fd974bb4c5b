"""Rounding of what is printed."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import exp, log

import numpy as np
import pandas as pd
import pytest

import mothers_margins as mm
from mothers_margins.rounding import p_rounded, rounded


def test_p_never_rounds_to_zero():
    assert p_rounded(0.0004, 3, "half_up") == "<0.001"
    assert p_rounded(0.0999, 3, "half_up") == "0.100"
    assert p_rounded(0.001, 3, "half_up") == "0.001"
    assert p_rounded(0.001 - 2e-19, 3, "half_up") == "0.001"
    assert p_rounded(0.000999999999, 3, "half_up") == "<0.001"


def test_a_mean_that_is_a_half_is_rounded_as_one():
    """20.8 + 29.0 + 17.3 + 25.1 = 92.2, of which a quarter is 23.05; the double is a hair less."""
    mean = float(np.mean([20.8, 29.0, 17.3, 25.1]))
    assert mean < 23.05
    assert rounded(mean, 1, "half_up") == "23.1"
    assert rounded(mean, 1, "half_even") == "23.0"
    assert rounded(-mean, 1, "half_up") == "-23.1"
    assert rounded(23.15 + 4e-15, 1, "half_even") == "23.2"
    assert rounded(23.25 + 4e-15, 1, "half_even") == "23.2"  # a hair more is the half, too


def test_a_table_prints_the_half_rounded(tmp_path, small_study):
    """SD by hand: the deviations -2.25, 5.95, -5.75 and 2.05 have squares 5.0625, 35.4025, 33.0625
    and 4.2025, whose sum of 77.73 is three times 25.91, the square of 5.09.
    """
    cells = ["20.8", "29.0", "17.3", "25.1"]
    rows = [f"w{number},left,{cell},1,own,1,0" for number, cell in enumerate(cells)]
    text = "\n".join(["woman_id,side,score,visits,house,team,ward", *rows])
    (tmp_path / "own.csv").write_text(text, encoding="utf-8")
    cohort = mm.read_cohort(tmp_path / "own.csv", small_study)
    page = mm.characteristics(mm.summarise(cohort, ["score"], ["all"]))._repr_html_()
    assert "<td>23.1\u00a0(5.1)</td>" in page


@pytest.mark.parametrize("decimals", [1, 2])
@pytest.mark.parametrize("digits", [0, 1, 2])
def test_means_of_decimals_are_rounded_as_their_fractions(decimals, digits):
    """Every second one is made a half. Expected: the exact mean as a fraction, rounded by Python's
    decimal arithmetic.
    """
    draw = np.random.default_rng(10 * decimals + digits)
    halves = 0
    for number in range(600):
        whole = draw.integers(1, 9999, draw.choice([2, 4, 5, 8, 20, 40])).tolist()
        half = Fraction(len(whole) * 10**decimals, 2 * 10**digits)
        if number % 2 and half.denominator == 1:
            whole[-1] += int((half - sum(whole)) % (2 * half))
            halves += 1
        mean = Fraction(sum(whole), len(whole) * 10**decimals)
        exact = Decimal(mean.numerator) / Decimal(mean.denominator)
        expected = exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
        values = pd.Series([value / 10**decimals for value in whole], dtype="Float64")
        assert rounded(float(values.mean()), digits, "half_up") == str(expected)
    assert halves > 20


@pytest.mark.parametrize(
    ("value", "decimals", "expected"),
    [
        (float(np.std([20.05, 24.15, 20.05, 24.15])), 1, "2.1"),  # 2.05 by n
        (float(np.quantile([17.3, 20.8], 0.5)), 1, "19.1"),  # 19.05
        (float(np.quantile([17.3, 20.9], 0.25)), 1, "18.2"),  # 18.2, no half
        (exp(log(2.125)), 2, "2.13"),
        (exp(log(0.375) + log(3)), 2, "1.13"),  # 1.125
        (100 * (0.1 + 0.2) / 8, 2, "3.75"),
        (1.1 * 1.1 * 1.1 * 50, 1, "66.6"),  # 66.55
    ],
)
def test_what_is_calculated_otherwise_is_a_half_where_it_is_one(value, decimals, expected):
    assert rounded(value, decimals, "half_up") == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (23.0499999999, "23.0"),  # less than a half by what no noise is
        (23.0500000001, "23.1"),
        (23.049, "23.0"),
        (0.05 - 1e-12, "0.0"),
        (0.05 - 1e-17, "0.1"),
        (-0.04, "0.0"),
        (123456789012345.25, "123456789012345.3"),
        (123456789012345.0, "123456789012345.0"),
        (279, "279.0"),
    ],
)
def test_what_is_no_half_stays_where_it_is(value, expected):
    assert rounded(value, 1, "half_up") == expected
