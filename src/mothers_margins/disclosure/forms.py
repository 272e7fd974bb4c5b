"""Which of several forms a table may be printed in, when its reader knows the rule.

All tables that are possible are judged at once. A form that was refused tells something, too: that
the table is one of those to which it is refused. So a coarser form is judged among these only, and
tables are withheld beside those that must be, if these would be too few.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

# In this order, from fine to coarse. class: a p value as `<0.05`; whole: without decimals.
Form = Literal["shown", "one_decimal", "class", "whole", "withheld"]


class Count(NamedTuple):
    """One count in each of k tables, and where it is small, so that it must not be found out."""

    values: np.ndarray
    small: np.ndarray


class Step(NamedTuple):
    """A form, and what each of k tables prints in it: labels from 0, equal where that is equal."""

    form: Form
    labels: np.ndarray


def given_forms(
    steps: Sequence[Step], counts: Sequence[Count], feasible: int, tables: int
) -> np.ndarray:
    """The place in `steps` of the first form that each table may be printed in, from fine to
    coarse; the number of steps for a table that is withheld.
    """
    given = np.full(tables, len(steps))
    left = np.ones(tables, dtype=bool)
    for place, step in enumerate(steps):
        passing = may_be_printed(step.labels, left, counts, feasible)
        given[passing] = place
        left &= ~passing
    return given


def with_enough_withheld(
    given: np.ndarray, steps: Sequence[Step], counts: Sequence[Count], feasible: int
) -> np.ndarray:
    """The forms that are given, or withheld from some more tables, so that none of those that are
    withheld is found out by that.

    All that print the same are withheld together, which leaves the others as they are: the fewest
    first, and of these the nearest in order to the first that is found out. Where nothing is left
    to withhold, what is known finds a count out without any form.
    """
    given = given.copy()
    prints = np.column_stack([given, *(step.labels for step in steps)])
    for place in range(len(steps)):
        prints[given == place, 1:] *= np.arange(1, len(steps) + 1) == place + 1  # its own form only
    _, alike, sizes = np.unique(prints, axis=0, return_inverse=True, return_counts=True)
    alike = alike.ravel()
    same_print = np.zeros(len(given), dtype=int)
    while True:
        withheld = given == len(steps)
        found_out = np.flatnonzero(_found_out(same_print, withheld, counts, feasible))
        printed = np.flatnonzero(~withheld)
        if not len(found_out) or not len(printed):
            return given
        first = np.lexsort((np.abs(printed - found_out[0]), sizes[alike[printed]]))[0]
        given[alike == alike[printed[first]]] = len(steps)


def may_be_printed(
    labels: np.ndarray, left: np.ndarray, counts: Sequence[Count], feasible: int
) -> np.ndarray:
    """Which of the tables that are left may be printed: the most of them such that each of their
    small counts has enough values among those that print the same and may be printed.
    """
    passing = left.copy()
    while True:
        found_out = _found_out(labels, passing, counts, feasible)
        if not found_out.any():
            return passing
        passing &= ~found_out


def _found_out(
    labels: np.ndarray, among: np.ndarray, counts: Sequence[Count], feasible: int
) -> np.ndarray:
    """Which of some tables have a small count with too few values among those that print the
    same.
    """
    found_out = np.zeros(len(labels), dtype=bool)
    for count in counts:
        values = _different_values(labels, count.values, among)
        found_out |= among & count.small & (values < feasible)
    return found_out


def _different_values(labels: np.ndarray, values: np.ndarray, among: np.ndarray) -> np.ndarray:
    """For each table the number of values that some tables with its label have."""
    size = int(values.max()) + 1
    pairs = np.unique(labels[among] * size + values[among])
    number: np.ndarray = np.bincount(pairs // size, minlength=int(labels.max()) + 1)[labels]
    return number
