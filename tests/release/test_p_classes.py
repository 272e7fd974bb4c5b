"""Whether a class of p may stand, asked of single tables."""

from dataclasses import replace
from math import inf, nan

import numpy as np
import pytest
from scipy import stats

from mothers_margins.release.p_classes import QuotedTest, ToldTable, class_may_be_shown
from tests.release.made_release import POLICY

CHI_SQUARED = QuotedTest(0.0)


def one_base_hidden(first, other, size):
    """Of two groups only who is not known in the first is not told. One is: the table, and the
    class of each number that are not known.
    """
    table = np.array([[first, other[0]], [size - first - 1, other[1]]])
    least, most = table.copy(), table.copy()
    least[1, 0], most[1, 0] = 0, size - first
    told = ToldTable(
        table,
        np.array([size, sum(other)]),
        least,
        most,
        np.array([nan, sum(other)]),
        np.full((2, 2), nan),
    )
    p_values = [
        stats.chi2_contingency(
            [[first, other[0]], [size - first - rest, other[1]]], correction=False
        ).pvalue
        for rest in range(size - first)
    ]
    return told, np.searchsorted([0.001, 0.01, 0.05], p_values, "right")


@pytest.fixture(scope="module")
def tables():
    return [
        one_base_hidden(first, (other, 100 - other), 80)
        for first in range(20, 40, 2)
        for other in range(20, 40, 2)
    ]


def test_who_is_not_known_is_protected(tables):
    """The class leaves so many numbers as it leaves: two are too few, three enough."""
    refused = 0
    for told, classes in tables:
        values = int((classes == classes[1]).sum())
        is_shown = class_may_be_shown(told, CHI_SQUARED, POLICY)
        assert is_shown == (values >= 3)
        refused += not is_shown
    assert 0 < refused < len(tables)


def test_who_is_not_known_is_no_secret_where_the_policy_says_so(tables):
    policy = replace(POLICY, not_known="shown")
    assert all(class_may_be_shown(told, CHI_SQUARED, policy) for told, _ in tables)


@pytest.mark.parametrize("levels", [3, 4])
def test_more_levels_are_judged_by_the_tables_near(levels):
    table = np.array([[30, 30], [30, 40], [8, 20], [12, 30]])[:levels]
    sizes = table.sum(axis=0) + 5
    told = ToldTable(
        table,
        sizes,
        np.zeros_like(table),
        np.zeros_like(table) + sizes,
        np.full(2, nan),
        np.full(table.shape, nan),
    )
    assert class_may_be_shown(told, CHI_SQUARED, POLICY)
    pinned = replace(told, least=table, most=table + np.eye(levels, 2, -2).astype(int))
    assert not class_may_be_shown(pinned, CHI_SQUARED, POLICY)


def test_fishers_test_of_many_is_not_counted():
    table = np.full((6, 2), 30)
    told = ToldTable(
        table,
        table.sum(axis=0) + 5,
        np.zeros_like(table),
        np.zeros_like(table) + 60,
        np.full(2, nan),
        np.full(table.shape, nan),
    )
    assert class_may_be_shown(told, CHI_SQUARED, POLICY)
    assert not class_may_be_shown(told, QuotedTest(inf), POLICY)
