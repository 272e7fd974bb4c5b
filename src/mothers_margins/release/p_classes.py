"""Whether the class of a p value may stand beside a table of which something is hidden.

Tables that agree with all that is told of the two groups are listed: all of them where they are
few, else those near the true one. The class may be shown where every small count of the true table
has enough values among those that print the same class, by the same test: whether Fisher's test is
quoted follows from expected counts, so it tells something, too.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import prod

import numpy as np
from scipy.special import ndtr, ndtri

from mothers_margins.disclosure.forms import Count, Step, given_forms, with_enough_withheld
from mothers_margins.disclosure.policy import Policy
from mothers_margins.disclosure.printed import PERCENT_FROM
from mothers_margins.disclosure.printed_text import P_CLASSES, Rule, in_units, p_class
from mothers_margins.disclosure.table_statistics import TestName, p_of_test

ALL = 20_000  # tables up to which all are listed
NEAR = 3  # participants that a near table has more or fewer in a cell
FISHER_WAYS = 50_000  # tables with the same margins that Fisher's test lists
UNTESTED = len(P_CLASSES) + 1


@dataclass(frozen=True, eq=False)
class ToldTable:
    """What is told of a table, r levels by two groups.

    table: the true counts of those known. sizes: of the two groups. least, most: bounds of each
    cell, equal where it is told. known: how many of each group have a value, missing (nan) where it
    is not told. percents: whole per cent of those known, missing where they are not told. rule: of
    their rounding.
    """

    table: np.ndarray
    sizes: np.ndarray
    least: np.ndarray
    most: np.ndarray
    known: np.ndarray
    percents: np.ndarray
    rule: Rule = "half_up"


@dataclass(frozen=True)
class QuotedTest:
    """Which test is quoted: Fisher's where an expected count is below a number, else chi-squared,
    with Yates's correction for two levels or without.
    """

    fisher_below: float
    yates: bool = False


def class_may_be_shown(told: ToldTable, quoted: QuotedTest, policy: Policy) -> bool:
    """Whether the class of the quoted test's p may be shown."""
    tables, are_all = _tables(told)
    truth = np.flatnonzero((tables == told.table).all(axis=(1, 2)))
    try:
        labels = _labels(tables, quoted)
    except OverflowError:
        return False
    if not len(truth) or labels[truth[0]] == UNTESTED:
        return False
    counts = list(_counts(tables, told, policy))
    steps = [Step("class", labels)]
    given = given_forms(steps, counts, policy.feasible, len(tables))
    if are_all:
        given = with_enough_withheld(given, steps, counts, policy.feasible)
    return bool(given[truth[0]] == 0)


def class_is_steady(p_value: float, known: tuple[int, int]) -> bool:
    """Whether the class of a test of a number stays if either group had some participants more or
    fewer than are known, so that it says nothing of their numbers.

    The statistic grows with the root of the numbers, whatever the spread: a test statistic is
    bounded by what both groups together change it.
    """
    smallest = min(known)
    if not 0 < p_value < 1 or smallest <= NEAR:
        return False
    from_normal = -ndtri(p_value / 2)
    factors = np.sqrt([(smallest - NEAR) / smallest, (smallest + NEAR) / smallest])
    classes = p_class(2 * ndtr(-from_normal * factors))
    return bool(classes[0] == classes[1])


# ---- tables


def _tables(told: ToldTable) -> tuple[np.ndarray, bool]:
    """Tables that agree with what is told, k x r x 2, and whether these are all."""
    ranges = [
        int(high - low + 1) for low, high in zip(told.least.flat, told.most.flat, strict=True)
    ]
    if prod(ranges) <= ALL:
        every = product(
            *(
                range(int(low), int(high) + 1)
                for low, high in zip(told.least.flat, told.most.flat, strict=True)
            )
        )
        tables = np.array(list(every), dtype=np.int64).reshape(-1, *told.table.shape)
        return tables[_agree(tables, told)], True
    tables = _near(told.table)
    return tables[_agree(tables, told)], False


def _near(table: np.ndarray) -> np.ndarray:
    """The table, those with another count in one cell, and those with one or more participants
    moved between two.
    """
    changes = [np.zeros(table.size, dtype=np.int64)]
    for place in range(table.size):
        for change in range(-NEAR, NEAR + 1):
            one = np.zeros(table.size, dtype=np.int64)
            one[place] = change
            changes.append(one)
            for other in range(place):
                both = one.copy()
                both[other] = -change
                changes.append(both)
    tables = table + np.unique(changes, axis=0).reshape(-1, *table.shape)
    possible: np.ndarray = tables[(tables >= 0).all(axis=(1, 2))]
    return possible


def _agree(tables: np.ndarray, told: ToldTable) -> np.ndarray:
    """Which tables agree with what is told."""
    known = tables.sum(axis=1)
    agree = (tables >= told.least).all(axis=(1, 2)) & (tables <= told.most).all(axis=(1, 2))
    agree &= (known <= told.sizes).all(axis=1)
    agree &= (np.isnan(told.known) | (known == told.known)).all(axis=1)
    is_told = ~np.isnan(told.percents)
    agree &= ~(is_told.any(axis=0) & (known < PERCENT_FROM)).any(axis=1)
    shares = 100 * tables / np.maximum(known, 1)[:, None, :]
    prints = ~is_told | (in_units(shares, 0, told.rule) == told.percents)
    agreeing: np.ndarray = agree & prints.all(axis=(1, 2))
    return agreeing


def _counts(tables: np.ndarray, told: ToldTable, policy: Policy) -> Iterator[Count]:
    """Every cell, every level's total and who is not known, and where they are small. What is told
    is not protected.
    """
    for row, column in np.ndindex(*told.table.shape):
        if told.least[row, column] < told.most[row, column]:
            yield _count(tables[:, row, column], policy)
    for row in range(told.table.shape[0]):
        if (told.least[row] < told.most[row]).any():
            yield _count(tables[:, row].sum(axis=1), policy)
    if policy.not_known != "protected":
        return
    for column in (0, 1):
        if np.isnan(told.known[column]):
            left = told.sizes[column] - tables[:, :, column].sum(axis=1)
            count = _count(left, policy)
            yield Count(left, count.small & (left > 0))


def _count(values: np.ndarray, policy: Policy) -> Count:
    return Count(values, values < policy.threshold)


# ---- what is printed of each


def _labels(tables: np.ndarray, quoted: QuotedTest) -> np.ndarray:
    """One label for the class of p and the test that it is of."""
    labels = np.full(len(tables), UNTESTED)
    has_rows = tables.sum(axis=2) > 0
    patterns, place = np.unique(has_rows, axis=0, return_inverse=True)
    place = place.ravel()
    for number, rows in enumerate(patterns):
        own = np.flatnonzero(place == number)
        seen = tables[own][:, rows]
        own = own[(seen.sum(axis=1) > 0).all(axis=1)] if rows.sum() > 1 else own[:0]
        if len(own):
            labels[own] = _labels_of_full(tables[own][:, rows], quoted)
    return labels


def _labels_of_full(tables: np.ndarray, quoted: QuotedTest) -> np.ndarray:
    """The labels of tables without an empty row or column."""
    margins = tables.sum(axis=2)[:, :, None] * tables.sum(axis=1)[:, None, :]
    expected = margins / tables.sum(axis=(1, 2))[:, None, None]
    is_fisher = (expected < quoted.fisher_below).any(axis=(1, 2))
    labels = np.zeros(len(tables), dtype=int)
    corrected = quoted.yates and tables.shape[1] == 2
    plain: TestName = "chi_squared_yates" if corrected else "chi_squared"
    if (~is_fisher).any():
        labels[~is_fisher] = p_class(p_of_test(tables[~is_fisher], plain))
    if is_fisher.any():
        totals = np.sort(tables[is_fisher].sum(axis=2), axis=1)
        if (np.prod(totals[:, :-1] + 1.0, axis=1) > FISHER_WAYS).any():
            raise OverflowError("Fisher's test lists more tables than are counted through.")
        of_fisher = p_class(p_of_test(tables[is_fisher], "fisher_exact"))
        labels[is_fisher] = UNTESTED + 1 + of_fisher
    return labels
