"""Intervals of shares against statsmodels, and which pairs may be shown, on a release by hand."""

import pytest
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from mothers_margins.results.shown import Hidden, Number
from mothers_margins.slides.facts import Compared, Share, _has_cells, _share
from mothers_margins.study.leag_file import Phrase

PHRASE = Phrase.model_validate(
    {"variable": "a", "level": "Yes", "with": "had it", "without": "had not", "short": "Had it"}
)


def share(yes, of):
    return Share(100 * yes / of, yes, of)


@pytest.mark.parametrize(("yes", "of"), [(41, 99), (47, 179), (10, 50), (99, 278)])
def test_the_interval_of_a_share_is_wilsons(yes, of):
    low, high = proportion_confint(yes, of, method="wilson")
    found = share(yes, of).interval
    assert (found.low, found.high) == (pytest.approx(100 * low), pytest.approx(100 * high))


@pytest.mark.parametrize("counts", [(41, 99, 47, 179), (20, 99, 60, 179), (12, 60, 15, 70)])
def test_the_interval_of_a_difference_is_newcombes(counts):
    low, high = confint_proportions_2indep(*counts, method="newcomb", compare="diff")
    found = Compared(PHRASE, share(*counts[:2]), share(*counts[2:])).likely
    assert (found.low, found.high) == (pytest.approx(100 * low), pytest.approx(100 * high))


@pytest.mark.parametrize(
    ("first", "second", "may"),
    [
        (share(41, 99), share(47, 179), True),
        (Share(41.4, None, 99), share(47, 179), False),  # whole per cent without counts
        (share(24, 49), share(47, 179), False),  # fewer than 50
        (share(35, 70), share(47, 179), False),  # Wilson's interval is 22.8 points wide
    ],
)
def test_a_pair_needs_counts_many_mothers_and_narrow_intervals(first, second, may):
    assert _has_cells(first, second) is may


@pytest.mark.parametrize(
    ("percent", "count", "of", "there"),
    [
        (Number(2.5), Number(7), 279, False),  # 7 of 279 is below the threshold of 10
        (Number(97.5), Number(272), 279, False),  # and so are those who are left
        (Number(3.6), Number(10), 279, True),
        (Hidden(), Hidden(), 279, False),
        (Number(12), Hidden(), 279, True),  # released as whole per cent
        (Number(12), Number(12), 0, False),
    ],
)
def test_a_share_must_pass_the_threshold_on_both_sides(percent, count, of, there):
    found = _share({"percent": percent, "n": count}, of, 10)
    assert (found is not None) is there


def test_a_share_may_be_said_in_its_own_numbers_only():
    assert set(share(99, 278).numbers) == {"36", "64", "4", "99", "278"}
