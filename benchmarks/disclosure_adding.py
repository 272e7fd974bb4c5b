"""Adds up what a joint table prints, by levels and groups alone: it asks nothing of what chose the
cells, and no solver.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.disclosure_attacks import columns_of
from mothers_margins.disclosure.printed import Cell
from mothers_margins.disclosure.request import Protected, Request
from mothers_margins.disclosure.universe import NOT_CONCERNED, NOT_KNOWN

Array = np.ndarray
IN_NONE = (NOT_KNOWN, NOT_CONCERNED)
ONCE = "known at "  # begins the name of those who are known at one timepoint only


@dataclass(frozen=True, eq=False)
class Adder:
    """The sums of a block's joint tables.

    request: the block as it is printed. protected: which cells, in which forms.
    """

    request: Request
    protected: Protected

    def counts(self, table: Array) -> dict[tuple[str, str], Array]:
        """By variable and level how many there are in each region."""
        block = self.request.block
        found = {}
        for place, name in enumerate(block.variables):
            own = block.levels[:, place]
            for level in np.unique(own).tolist():
                found[name, level] = table[own == level].sum(axis=0)
        return found

    def printed(self, table: Array) -> dict[Cell, int]:
        """Every number that is shown."""
        counts = self.counts(table)
        return {
            cell: self._number(counts, cell)
            for cell, decided in self.protected.cells.items()
            if not decided.hidden
        }

    def _number(self, counts: dict[tuple[str, str], Array], cell: Cell) -> int:
        inside = self._inside(cell.group)
        variable = self.request.variables[cell.variable]
        form = self.protected.forms[cell.variable]

        def of(levels: Sequence[str]) -> int:
            known = [counts[cell.variable, one] for one in levels if (cell.variable, one) in counts]
            return int(sum(own[inside].sum() for own in known))

        if form == "percent":
            known = of(variable.levels)
            return (200 * of([cell.level]) + known) // (2 * known) if known else -1
        is_last = len(variable.levels) > 1 and cell.level == variable.levels[-1]
        if form == "share_of_all" and is_last:
            return of([cell.level, *IN_NONE])
        return of([cell.level])

    def sum_of(self, table: Array, name: tuple[str, ...]) -> int:
        """A protected sum, by its name: variable, level and whom it counts."""
        variable, level, group = name
        levels = [level]
        if level == "last_and_not_known":
            levels = [self.request.variables[variable].levels[-1], *IN_NONE]
        counts = self.counts(table)
        weights = self._weights(variable, group)
        known = [counts[variable, one] for one in levels if (variable, one) in counts]
        return int(sum((own * weights).sum() for own in known))

    def _inside(self, group: str) -> Array:
        universe = self.request.universe
        return np.asarray(universe.inside[universe.groups.index(group)])

    def _weights(self, variable: str, group: str) -> Array:
        """How often each region counts."""
        if group.startswith(ONCE):
            one, other = group.removeprefix(ONCE).split(", not at ")
            first, second = (self._known_at(variable, int(place)) for place in (one, other))
            return np.asarray(first & ~second).astype(int)
        larger, smaller = columns_of(group, self.request.universe)
        weights = self._inside(larger).astype(int)
        return weights - self._inside(smaller).astype(int) if smaller else weights

    def _known_at(self, variable: str, timepoint: int) -> Array:
        """Regions in a printed column of a timepoint."""
        universe = self.request.universe
        columns = self.request.variables[variable].columns
        own = [group for group in columns if universe.timepoints.get(group) == timepoint]
        return np.any([self._inside(group) for group in own], axis=0)


def faults(adder: Adder, table: Array, sizes: Array) -> Iterator[str]:
    """What is wrong with a joint table as a second data set: it must have these sizes of regions,
    nobody where nobody can be, and print every shown number.
    """
    block = adder.request.block
    if (table < 0).any() or table[~block.possible].any():
        yield "somebody is where nobody can be"
    if (table.sum(axis=0) != sizes).any():
        yield "regions have other sizes"
    if adder.printed(table) != adder.printed(block.counts):
        yield "a shown number is another"
