"""Small blocks whose every table can be written down, and an adder of its own for what is printed.

Nothing here asks `System` or `Statements`: counts are added up from levels, groups and the joint
table, so that a mistake in the laying out of tables cannot hide itself.
"""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import product
from math import floor

import numpy as np

from mothers_margins.disclosure.policy import Policy
from mothers_margins.disclosure.printed import Cell, Form, Variable
from mothers_margins.disclosure.request import Protected, Request
from mothers_margins.disclosure.universe import NOT_CONCERNED, NOT_KNOWN, Block, Universe


def policy(**changed: object) -> Policy:
    """A policy of the tests, with some fields changed."""
    said = {
        "name": "threshold_10",
        "threshold": 4,
        "feasible": 3,
        "symbol": "[c]",
        "counts": True,
        "smallest_group": 0,
        "not_known": "protected",
        "follow_up": "shown",
        "precedence": ("first", "second"),
        "author": "the tests",
        "reason": "small numbers",
    }
    return Policy(**{**said, **changed})


def universe_of(
    members: Mapping[str, Sequence[int]], sizes: Sequence[int], timepoints: Mapping[str, int] = {}
) -> Universe:
    """A universe by the regions of each group."""
    inside = np.zeros((len(members), len(sizes)), dtype=bool)
    for place, regions in enumerate(members.values()):
        inside[place, list(regions)] = True
    return Universe(tuple(members), inside, np.array(sizes), dict(timepoints))


def block_of(
    levels: Mapping[str, Sequence[str]], counts: Sequence[Sequence[int]], possible: object = None
) -> Block:
    """A block by the levels of its variables in each atom, and counts atom by region."""
    table = np.array(counts)
    can_be = np.ones(table.shape, dtype=bool) if possible is None else np.array(possible)
    return Block(next(iter(levels)), tuple(levels), np.array([*levels.values()]).T, table, can_be)


def every_table(block: Block, universe: Universe) -> Iterator[np.ndarray]:
    """Every joint table, atoms x regions: the regions' sizes, and nobody where none can be."""
    by_region = []
    for region, size in enumerate(universe.sizes.tolist()):
        atoms = np.flatnonzero(block.possible[:, region])
        columns = []
        for counts in _compositions(size, len(atoms)):
            column = np.zeros(len(block.levels), dtype=int)
            column[atoms] = counts
            columns.append(column)
        by_region.append(columns)
    for columns in product(*by_region):
        yield np.array(columns).T


def _compositions(total: int, parts: int) -> Iterator[tuple[int, ...]]:
    if parts == 0:
        if total == 0:
            yield ()
        return
    if parts == 1:
        yield (total,)
        return
    for first in range(total + 1):
        for rest in _compositions(total - first, parts - 1):
            yield (first, *rest)


# ---- what is printed, added up from the joint table


def count(
    block: Block, universe: Universe, table: np.ndarray, variable: str, level: str, group: str
) -> int:
    """Participants of a group with a level."""
    atoms = block.levels[:, block.variables.index(variable)] == level
    regions = universe.inside[universe.groups.index(group)]
    return int(table[np.ix_(atoms, regions)].sum())


def percent_of(part: int, whole: int) -> int | None:
    """A whole number in 100, a half upwards; None of nobody."""
    return floor(Fraction(100 * part, whole) + Fraction(1, 2)) if whole else None


def printed_number(
    block: Block, universe: Universe, table: np.ndarray, cell: Cell, variable: Variable, form: Form
) -> int | None:
    """The number that a cell prints in a form."""

    def of(level: str) -> int:
        return count(block, universe, table, cell.variable, level, cell.group)

    if form == "percent":
        return percent_of(of(cell.level), sum(of(level) for level in variable.levels))
    is_last = len(variable.levels) > 1 and cell.level == variable.levels[-1]
    if form == "share_of_all" and is_last:
        return of(cell.level) + of(NOT_KNOWN) + of(NOT_CONCERNED)
    return of(cell.level)


def printed(protected: Protected, request: Request, table: np.ndarray) -> dict[Cell, int | None]:
    """Every number that is shown, from a joint table."""
    return {
        cell: printed_number(
            request.block,
            request.universe,
            table,
            cell,
            request.variables[cell.variable],
            protected.forms[cell.variable],
        )
        for cell, decided in protected.cells.items()
        if not decided.hidden
    }


# ---- drawn at random


def random_universe(random: np.random.Generator, regions: int = 3, most: int = 4) -> Universe:
    """Everybody and two groups inside, which overlap or not, of a few participants."""
    sizes = random.integers(1, most + 1, size=regions)
    inside = random.random((2, regions)) < 0.6
    inside[inside.sum(axis=1) == 0, 0] = True
    return Universe(
        ("everybody", "group", "other"),
        np.vstack([np.ones(regions, dtype=bool), inside]),
        sizes,
        {},
    )


def random_block(
    random: np.random.Generator, universe: Universe, levels: Sequence[str] = ("Yes", "No", "")
) -> Block:
    """One variable, each participant's level drawn."""
    chances = random.dirichlet(np.ones(len(levels)))
    counts = np.array([random.multinomial(size, chances) for size in universe.sizes]).T
    return block_of({"partner": levels}, counts)


def request_of(block: Block, universe: Universe, **more: object) -> Request:
    """All variables of a block printed in all groups, in one table."""
    columns = dict.fromkeys(universe.groups, 0)
    variables = {}
    for place, name in enumerate(block.variables):
        own = tuple(dict.fromkeys(block.levels[:, place].tolist()))
        known = tuple(level for level in own if level not in (NOT_KNOWN, NOT_CONCERNED))
        variables[name] = Variable(name, known, columns)
    return Request(block, universe, variables, **more)
