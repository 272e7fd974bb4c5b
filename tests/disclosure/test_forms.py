"""Forms by hand: who may be printed among tables that print the same, and whose refusal tells."""

import numpy as np
import pytest

from mothers_margins.disclosure.forms import (
    Count,
    Step,
    given_forms,
    may_be_printed,
    with_enough_withheld,
)


@pytest.mark.parametrize(
    ("feasible", "expected"),
    [
        (2, [True, True, True, True]),
        (3, [True, False, True, True]),
        (4, [False, False, True, True]),
    ],
)
def test_a_table_that_cannot_be_printed_hides_no_other(feasible, expected):
    """Four tables that print the same; a first count is 9, 8, 12, 13 and a second is small in the
    second table only, where it has two values. If three are needed the second cannot be printed,
    and without it the first count keeps three values.
    """
    first = Count(np.array([9, 8, 12, 13]), np.array([True, True, False, False]))
    second = Count(np.array([20, 7, 20, 20]), np.array([False, True, False, False]))
    every = np.ones(4, dtype=bool)
    passing = may_be_printed(np.zeros(4, dtype=int), every, [first, second], feasible)
    assert passing.tolist() == expected


# Counts of nine tables, the first five of them small. In the fine form the first three print the
# same, and each of the others for itself.
VALUES = np.arange(1, 10)
COUNT = Count(VALUES, VALUES <= 5)
FINE = Step("shown", np.array([0, 0, 0, 1, 2, 3, 4, 5, 6]))


def test_a_coarser_form_is_judged_without_those_that_have_the_finer():
    """Tables 4 and 5 print as 3 to 5 in the coarse form, but 3 is shown: two are left."""
    coarse = Step("class", np.array([0, 0, 1, 1, 1, 2, 2, 2, 2]))
    assert given_forms([FINE, coarse], [COUNT], 3, 9).tolist() == [0, 0, 0, 2, 2, 0, 0, 0, 0]
    assert given_forms([FINE, coarse], [COUNT], 2, 9).tolist() == [0, 0, 0, 1, 1, 0, 0, 0, 0]
    assert given_forms([coarse], [COUNT], 3, 9).tolist() == [1, 1, 0, 0, 0, 0, 0, 0, 0]


def test_where_two_are_withheld_a_third_is_too():
    """4 and 5 must be; of those that print for themselves 6 is the nearest."""
    given = given_forms([FINE], [COUNT], 3, 9)
    assert given.tolist() == [0, 0, 0, 1, 1, 0, 0, 0, 0]
    enough = with_enough_withheld(given, [FINE], [COUNT], 3)
    assert enough.tolist() == [0, 0, 0, 1, 1, 1, 0, 0, 0]
    assert with_enough_withheld(given, [FINE], [COUNT], 2).tolist() == given.tolist()


def test_all_that_print_the_same_are_withheld_together():
    """In the fine form 1 to 3 print the same and 6 to 9, with 5 withheld beside 4."""
    pairs = Step("shown", np.array([0, 0, 0, 1, 2, 3, 3, 3, 3]))
    given = given_forms([pairs], [COUNT], 3, 9)
    assert given.tolist() == [0, 0, 0, 1, 1, 0, 0, 0, 0]
    enough = with_enough_withheld(given, [pairs], [COUNT], 3)
    assert enough.tolist() == [1, 1, 1, 1, 1, 0, 0, 0, 0]


def test_where_nothing_is_enough_everything_is_withheld():
    given = given_forms([FINE], [COUNT], 10, 9)
    assert with_enough_withheld(given, [FINE], [COUNT], 10).tolist() == [1] * 9
