"""A reader who works out hidden counts from what is printed: integer programmes of scipy over the
joint levels by regions, sharing no code with what chose the pattern.
"""

from collections.abc import Callable, Iterable, Mapping

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from mothers_margins.disclosure.request import Protected, Request
from mothers_margins.disclosure.universe import Block, Universe

Sum = tuple[str, str, str]  # variable, level, group


class Reader:
    """What somebody can work out about the table of a block who knows the sizes of groups.

    Everything said is a row: a count of a level in a group lies between two numbers.
    """

    def __init__(self, block: Block, universe: Universe) -> None:
        self._block = block
        self._universe = universe
        self._rows: list[np.ndarray] = []
        self._low: list[float] = []
        self._high: list[float] = []
        every_atom = np.ones(len(block.levels), dtype=bool)
        for group in universe.groups:
            inside = universe.inside[universe.groups.index(group)]
            self._say(np.outer(every_atom, inside), universe.sizes[inside].sum())

    def _say(self, weights: np.ndarray, low: float, high: float | None = None) -> None:
        self._rows.append(weights.astype(float).ravel())
        self._low.append(low)
        self._high.append(low if high is None else high)

    def weights(self, variable: str, levels: Iterable[str], group: str) -> np.ndarray:
        """Which cells of the joint table a sum counts."""
        atoms = np.isin(self._block.levels[:, self._block.variables.index(variable)], list(levels))
        return np.outer(atoms, self._universe.inside[self._universe.groups.index(group)])

    def reads(self, variable: str, levels: Iterable[str], group: str) -> None:
        """A count is printed."""
        weights = self.weights(variable, levels, group)
        self._say(weights, float((weights * self._block.counts).sum()))

    def reads_between(self, sum_of: Sum, low: int, high: int) -> None:
        """A count is hidden by a rule that says within which numbers it lies."""
        variable, level, group = sum_of
        self._say(self.weights(variable, [level], group), low, high)

    def interval(self, weights: np.ndarray) -> tuple[int, int]:
        """The least and the most that a sum can be."""
        least, most = (
            milp(
                sign * weights.astype(float).ravel(),
                constraints=LinearConstraint(np.array(self._rows), self._low, self._high),
                integrality=np.ones(weights.size),
                bounds=Bounds(0, np.inf),
            )
            for sign in (1, -1)
        )
        if least.status or most.status:
            raise ArithmeticError("the reader's programme was not solved")
        return round(least.fun), round(-most.fun)


def naive(
    request: Request, is_hidden: Callable[[int], bool], low: int, high: int
) -> tuple[int, int]:
    """Cells hidden by a rule about single counts alone, and how many of them a reader who knows the
    rule works out exactly.
    """
    reader = Reader(request.block, request.universe)
    hidden = []
    for name, variable in request.variables.items():
        for group in variable.columns:
            for level in variable.levels:
                weights = reader.weights(name, [level], group)
                if is_hidden(int((weights * request.block.counts).sum())):
                    hidden.append((name, level, group))
                    reader.reads_between((name, level, group), low, high)
                else:
                    reader.reads(name, [level], group)
    exact = 0
    for name, level, group in hidden:
        least, most = reader.interval(reader.weights(name, [level], group))
        exact += least == most
    return len(hidden), exact


def columns_of(name: str, universe: Universe) -> tuple[str, str]:
    """The group of a target's name and none, or the two groups of `larger without smaller`; groups
    may have the word in their own names.
    """
    if name in universe.groups:
        return name, ""
    between = " without "
    for larger in universe.groups:
        smaller = name.removeprefix(larger + between)
        if smaller != name and smaller in universe.groups:
            return larger, smaller
    raise KeyError(name)


def against_ours(protected: Protected, request: Request) -> tuple[int, int, int]:
    """Of a block printed in counts: hidden cells, how many of these a reader works out exactly, and
    how many small differences of columns.
    """
    reader = Reader(request.block, request.universe)
    hidden = []
    for cell, decided in protected.cells.items():
        if decided.hidden:
            hidden.append(cell)
        else:
            reader.reads(cell.variable, [cell.level], cell.group)
    intervals: Mapping = {
        cell: reader.interval(reader.weights(cell.variable, [cell.level], cell.group))
        for cell in hidden
    }
    exact = sum(least == most for least, most in intervals.values())
    differences = 0
    for target in protected.targets:
        variable, level, group = target.name
        larger, smaller = columns_of(group, request.universe)
        if not smaller:
            continue
        weights = reader.weights(variable, [level], larger).astype(int)
        weights = weights - reader.weights(variable, [level], smaller)
        least, most = reader.interval(weights)
        differences += least == most
    return len(hidden), exact, differences
