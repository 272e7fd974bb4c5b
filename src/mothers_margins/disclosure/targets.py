"""What must stay uncertain: every small count of a variable, what one column leaves of another, and
what a person or an earlier release keeps back.
"""

from collections.abc import Iterator, Mapping
from itertools import permutations

import numpy as np

from mothers_margins.disclosure.policy import Policy
from mothers_margins.disclosure.printed import Cell, Form, Printing
from mothers_margins.disclosure.problem import Target
from mothers_margins.disclosure.universe import NOT_CONCERNED, NOT_KNOWN, Array, Universe


def policy_targets(printing: Printing, policy: Policy) -> Iterator[tuple[int, Target]]:
    """Every small count of a variable in a column, and in what one column leaves of another."""
    columns = printing.variable.columns
    levels = printing.variable.levels or ()
    for group, tier in columns.items():
        for level in (*levels, NOT_KNOWN, NOT_CONCERNED):
            if printing.is_small(level, group):
                yield tier, _target(printing, level, group, policy)
    for larger, smaller in _differences(printing.system.universe, columns, policy):
        tier = max(columns[larger], columns[smaller])
        for level in (*levels, NOT_KNOWN, NOT_CONCERNED):
            target = _difference(printing, level, larger, smaller, policy)
            if target:
                yield tier, target
    if policy.follow_up == "protected":
        yield from _known_once(printing, policy)


def _target(printing: Printing, level: str, group: str, policy: Policy) -> Target:
    weights = printing.weights(level, group)
    size = printing.system.universe.size(group)
    name = (printing.variable.name, level, group)
    return Target(weights, values_to_keep(policy, size), name)


def values_to_keep(policy: Policy, size: int) -> int:
    """How many values a sum must keep; of a group of one there are no more than two."""
    return min(policy.feasible, size + 1)


def last_targets(printing: Printing, policy: Policy) -> Iterator[tuple[int, Target]]:
    """A last level together with those in none, where both are few."""
    for group, tier in printing.variable.columns.items():
        weights = printing.last_with_rest(group)
        count = int(weights @ printing.system.truth)
        is_zero = printing.variable.is_zero(printing.variable.levels[-1], group)
        if count < policy.threshold and not (is_zero and count == 0):
            size = printing.system.universe.size(group)
            name = (printing.variable.name, "last_and_not_known", group)
            yield tier, Target(weights, values_to_keep(policy, size), name)


def kept_back(
    printing: Printing, cell: Cell, form: Form
) -> Iterator[tuple[tuple[str, ...], Array, int]]:
    """What must stay uncertain of a cell that is kept back, whatever it counts: name, coefficients
    and the size of its group. Of a last level that is printed with those in none both sums. What is
    nought by definition, and a level that nobody can have, is no secret.
    """
    if cell.group not in printing.system.universe.groups:
        return
    size = printing.system.universe.size(cell.group)
    weights = printing.weights(cell.level, cell.group)
    if weights.any() and not printing.variable.is_zero(cell.level, cell.group):
        yield _name(cell), weights, size
    levels = printing.variable.levels
    is_last = bool(levels) and cell.level == levels[-1] and not printing.variable.is_pair
    if is_last and form == "share_of_all" and printing.without_level(cell.group):
        name = (cell.variable, "last_and_not_known", cell.group)
        yield name, printing.last_with_rest(cell.group), size


def _name(cell: Cell) -> tuple[str, ...]:
    return (cell.variable, cell.level, cell.group)


def _differences(
    universe: Universe, columns: Mapping[str, int], policy: Policy
) -> Iterator[tuple[str, str]]:
    """Pairs of columns of which one lies inside the other, and what is left is no column itself; a
    column of a later table does not count, for it would be protected too late.
    """
    insides = {group: universe.regions(group) for group in columns}
    for larger, smaller in permutations(sorted(columns), 2):
        left = insides[larger] & ~insides[smaller]
        nested = not (insides[smaller] & ~insides[larger]).any()
        if not nested or not left.any():
            continue
        last = max(columns[larger], columns[smaller])
        is_column = any(
            (left == inside).all() for group, inside in insides.items() if columns[group] <= last
        )
        follow_up = _is_follow_up(universe, larger, smaller) and policy.follow_up == "shown"
        if not is_column and not follow_up:
            yield larger, smaller


def _is_follow_up(universe: Universe, larger: str, smaller: str) -> bool:
    """Whether two groups differ by who was known at which timepoint."""
    first = universe.timepoints.get(larger)
    second = universe.timepoints.get(smaller)
    return first is not None and second is not None and first != second


def _difference(
    printing: Printing, level: str, larger: str, smaller: str, policy: Policy
) -> Target | None:
    weights = printing.weights(level, larger) - printing.weights(level, smaller)
    count = int(weights @ printing.system.truth)
    by_definition = printing.variable.is_zero(level, larger)
    is_rest = level in (NOT_KNOWN, NOT_CONCERNED)
    if level == NOT_KNOWN and policy.not_known != "protected":
        return None
    if count >= policy.threshold or by_definition or not weights.any() or (is_rest and not count):
        return None
    universe = printing.system.universe
    size = universe.size(larger) - universe.size(smaller)
    name = (printing.variable.name, level, f"{larger} without {smaller}")
    return Target(weights, values_to_keep(policy, size), name)


def _known_once(printing: Printing, policy: Policy) -> Iterator[tuple[int, Target]]:
    """Levels among those who are in a column of one timepoint and in none of another."""
    universe = printing.system.universe
    by_timepoint: dict[int, Array] = {}
    for group in printing.variable.columns:
        timepoint = universe.timepoints.get(group)
        if timepoint is not None:
            before = by_timepoint.get(timepoint, np.zeros(len(universe.sizes), dtype=bool))
            by_timepoint[timepoint] = before | universe.regions(group)
    for one, other in permutations(sorted(by_timepoint), 2):
        regions = by_timepoint[one] & ~by_timepoint[other]
        size = int(universe.sizes[regions].sum())
        if not size:
            continue
        for level in (*printing.variable.levels, NOT_KNOWN):
            weights = printing.system.weights(printing.variable.name, [level], regions)
            count = int(weights @ printing.system.truth)
            if count < policy.threshold and weights.any() and (level or count):
                name = (printing.variable.name, level, f"known at {one}, not at {other}")
                yield 0, Target(weights, values_to_keep(policy, size), name)
