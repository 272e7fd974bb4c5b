"""Counts in bins: limits from the definition alone, counts by hand."""

from collections import Counter
from dataclasses import replace
from math import floor

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mothers_margins as mm
from mothers_margins.analysis.bin_counts import edges

SIDES = ["involved_t1", "not_involved_t1"]


@pytest.mark.parametrize(
    ("lowest", "highest", "first", "width", "bins"),
    [
        (16, 55, 16, 2, 20),  # 16 to 56
        (0, 20, 0, 1, 21),
        (25, 125, 25, 5, 21),  # 125 lies in a bin of its own
        (0, 730, 0, 50, 15),
        (1, 32844, 0, 2000, 17),
        (19, 114, 15, 5, 20),  # limits are multiples of the width
        (22, 43, 22, 1, 22),
        (3, 3, 3, 1, 1),
    ],
)
def test_bins_by_hand(lowest, highest, first, width, bins):
    assert edges(lowest, highest) == [first + width * place for place in range(bins + 1)]


@given(st.integers(-1000, 10**6), st.integers(0, 10**6))
def test_bins_hold_every_allowed_value_and_are_few(lowest, size):
    limits = edges(lowest, lowest + size)
    assert limits[0] <= lowest
    assert limits[-2] <= lowest + size < limits[-1]
    assert 2 <= len(limits) <= 25


def test_counts_are_those_of_the_rows(demo, shipped):
    bins = mm.bin_counts(demo, ["age_years"], SIDES, 1)
    # counted one by one, from the file's text
    for group in SIDES:
        rows = bins[bins["group"] == group]
        mask = demo.data["involved_t1"] == ("Yes" if group == "involved_t1" else "No")
        ages = [int(text) for text in shipped.loc[mask[mask].index, "age_years"] if text.isdigit()]
        by_hand = Counter(2 * floor(age / 2) for age in ages)
        assert {low: n for low, n in zip(rows["lower"], rows["n"], strict=True) if n} == by_hand
        assert set(rows["denominator"]) == {len(ages)}
        assert rows["n"].sum() == len(ages)
    assert set(bins["timepoint"]) == {1}


def test_a_value_on_a_limit_is_in_the_upper_bin(demo):
    ages = pd.Series([16, 17, 18, 55, 55], dtype="Int64")
    few = with_ages(demo, ages)
    bins = mm.bin_counts(few, ["age_years"], {"all": {}})
    found = {low: n for low, n in zip(bins["lower"], bins["n"], strict=True) if n}
    assert found == {16: 2, 18: 1, 54: 2}


def with_ages(cohort: mm.Cohort, ages: pd.Series) -> mm.Cohort:
    """The first participants, with these ages."""
    data = cohort.data.iloc[: len(ages)].copy()
    data["age_years"] = ages.to_numpy()
    return replace(cohort, data=data, reasons=cohort.reasons.iloc[: len(ages)])


def test_no_row_moves_a_limit(demo):
    whole = mm.bin_counts(demo, ["age_years", "ctq_total"], SIDES)
    few = mm.bin_counts(with_ages(demo, pd.Series([30], dtype="Int64")), ["age_years"], SIDES)
    first = whole[whole["variable"] == "age_years"]
    assert list(few["lower"]) == list(first["lower"])
    assert list(few["upper"]) == list(first["upper"])


def test_of_nobody_there_is_no_count(demo):
    ages = pd.Series([pd.NA, pd.NA], dtype="Int64")
    bins = mm.bin_counts(with_ages(demo, ages), ["age_years"], {"all": {}})
    assert set(bins["status"]) == {"missing"}
    assert set(bins["denominator"]) == {0}
    assert set(bins["missing"]) == {2}


def test_whom_a_question_does_not_concern_is_not_missing(demo):
    bins = mm.bin_counts(demo, ["days_to_readmission"], {"all": {}})
    # whether she was re-admitted can be unknown itself: then it may concern her
    applies = demo.data["readmitted_1y"].astype(object).map(lambda told: told != "No")
    known = demo.data["days_to_readmission"].notna()
    assert set(bins["denominator"]) == {int(known.sum())}
    assert set(bins["missing"]) == {int((applies & ~known).sum())}


def test_what_has_no_limits_is_refused_by_name(demo, cohort):
    with pytest.raises(mm.UsageError, match="declared minimum and maximum") as refused:
        mm.bin_counts(demo, ["age_years", "dv_any", "dyad_id"])
    assert "dv_any" in str(refused.value)
    assert "age_years" not in str(refused.value)
    with pytest.raises(mm.UsageError, match="no variable 'height'"):
        mm.bin_counts(demo, ["height"])
    with pytest.raises(mm.UsageError, match="must be a list"):
        mm.bin_counts(demo, "age_years")
    with pytest.raises(mm.DisclosureError, match="rebuilt from a publication"):
        mm.bin_counts(cohort, ["age_years"])
    assert "is a number with a declared minimum" in str(mm.bin_counts(demo, []))
    assert "is a number with a declared minimum" in str(demo.study.numbers(["dv_any"]))


def test_numbers_are_those_with_declared_limits(esmi):
    chosen = esmi.numbers(["dv_any", "age_years", "ctq_total", "icd10_primary", "age_band"])
    assert chosen == ("age_years", "ctq_total")
    assert esmi.limits_of("ctq_total") == (25, 125)
