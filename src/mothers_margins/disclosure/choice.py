"""Which cells to hide at the least cost, so that all cuts are met: first in part, then whole.

A cell is hidden whole or not at all, so that the linear programme is asked in branches: in one a
cell is hidden, in the other it is shown. Branches that cannot be cheaper than a choice that is
known to protect everything are left out, and cuts are looked for on the way. Costs are so made that
no two choices cost the same; so there is one answer, however it is found.
"""

from collections.abc import Callable
from dataclasses import dataclass

import highspy
import numpy as np

from mothers_margins.disclosure.problem import (
    Array,
    Cut,
    NotProtectableError,
    Problem,
    TooDearError,
)
from mothers_margins.disclosure.solver import quiet_solver

LEAST_TIE = 1e-6  # costs of two choices that differ by less are the same
UNDECIDED = 1e-6  # a cell that is hidden in a part that is smaller is shown
RATHER_HIDDEN = 1e-3  # of two cells as little decided, the one that is hidden for the larger part
MOST_BRANCHES = 3000  # a hard block of 100 cells needs some 500
MOST_ROUNDS = 500  # of cuts; a problem of this size needs some ten

CutsOf = Callable[[Array], list[Cut]]  # cuts that a choice does not meet


@dataclass(frozen=True, eq=False)
class _Branch:
    """Choices in which some cells are decided: each lies between two. least: what they cost at
    least.
    """

    low: Array
    high: Array
    least: float


class Choice:
    """The programme that chooses the cells. cuts: that it meets, all so far."""

    def __init__(self, problem: Problem) -> None:
        self._most_cost = problem.most_cost + LEAST_TIE
        self._root = _Branch(
            problem.hidden.astype(float),
            np.where(problem.shown & ~problem.hidden, 0.0, 1.0),
            0.0,
        )
        self._asked = self._root
        self._solver = quiet_solver()
        self._solver.setOptionValue("presolve", "off")  # each answer starts from the last
        for cell, cost in enumerate(problem.costs.tolist()):
            self._solver.addVar(float(self._root.low[cell]), float(self._root.high[cell]))
            self._solver.changeColCost(cell, cost)
        self._last: tuple[str, ...] = ()
        self.cuts: list[Cut] = []
        for cut in problem.cuts:
            self.add(cut)

    def add(self, cut: Cut) -> None:
        """From now on choices meet a cut."""
        self._last = cut.target
        self.cuts.append(cut)
        places = np.flatnonzero(cut.weights)
        self._solver.addRow(
            cut.least,
            highspy.kHighsInf,
            len(places),
            places.astype(np.int32),
            cut.weights[places],
        )

    def cheapest(self, cuts_of: CutsOf) -> Array:
        """The cheapest choice of whole cells that meets all cuts there are: 1 for each cell that is
        hidden, 0 for the others.

        Raises NotProtectableError where there is none, TooDearError where all cost too much.
        """
        self._meet_in_part(cuts_of)
        best: Array | None = None
        cost = self._most_cost + LEAST_TIE
        branches = [self._root]
        for _ in range(MOST_BRANCHES):
            if not branches:
                break
            branch = branches.pop()
            found = self._cheaper(branch, cost, cuts_of)
            if found and _is_whole(found[0]):
                best, cost = np.rint(found[0]), found[1]
            elif found:
                branches += _halves(branch, *found)
        if branches:
            return self._by_integers(cuts_of)
        if best is None:
            raise TooDearError if np.isfinite(self._most_cost) else NotProtectableError(self._last)
        return best

    def _meet_in_part(self, cuts_of: CutsOf) -> None:
        """Find cuts until the cheapest choice of cells hidden in part meets all."""
        self._only(self._root)
        for _ in range(MOST_ROUNDS):
            found = self._solved()
            if found is None:
                raise NotProtectableError(self._last)
            hidden, cost = found
            if cost > self._most_cost:
                raise TooDearError
            cuts = cuts_of(hidden)
            if not cuts:
                return
            for cut in cuts:
                self.add(cut)
        raise NotProtectableError(self._last)

    def _cheaper(self, branch: _Branch, than: float, cuts_of: CutsOf) -> tuple[Array, float] | None:
        """The cheapest choice of a branch, which meets all cuts if it is of whole cells, and its
        cost; None where none is cheaper than an amount.
        """
        if branch.least >= than - LEAST_TIE:
            return None
        self._only(branch)
        while True:
            found = self._solved()
            if found is None or found[1] >= than - LEAST_TIE:
                return None
            hidden, _ = found
            cuts = cuts_of(np.rint(hidden)) if _is_whole(hidden) else []
            if not cuts:
                return found
            for cut in cuts:
                self.add(cut)

    def _by_integers(self, cuts_of: CutsOf) -> Array:
        """As `cheapest`, where there are too many branches: by the solver's integer programme."""
        self._only(self._root)
        self._solver.setOptionValue("presolve", "on")
        self._solver.setOptionValue("mip_abs_gap", LEAST_TIE)
        for cell in range(len(self._root.low)):
            self._solver.changeColIntegrality(cell, highspy.HighsVarType.kInteger)
        for _ in range(MOST_ROUNDS):
            found = self._solved()
            if found is None:
                break
            hidden = np.asarray(np.rint(found[0]))
            cuts = cuts_of(hidden)
            if not cuts:
                return hidden
            for cut in cuts:
                self.add(cut)
        raise NotProtectableError(self._last)

    def _only(self, branch: _Branch) -> None:
        """From now on only choices of a branch."""
        before = self._asked
        changed = (branch.low != before.low) | (branch.high != before.high)
        for cell in np.flatnonzero(changed).tolist():
            self._solver.changeColBounds(cell, float(branch.low[cell]), float(branch.high[cell]))
        self._asked = branch

    def _solved(self) -> tuple[Array, float] | None:
        """The cheapest choice that meets the cuts so far, and its cost; None if there is none."""
        self._solver.run()
        if self._solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        hidden = np.clip(np.array(self._solver.getSolution().col_value), 0.0, 1.0)
        return hidden, float(self._solver.getInfo().objective_function_value)


def _is_whole(hidden: Array) -> bool:
    """Whether every cell is hidden or shown, none in part."""
    return bool((np.abs(hidden - np.rint(hidden)) < UNDECIDED).all())


def _halves(branch: _Branch, hidden: Array, cost: float) -> list[_Branch]:
    """Two branches by the cell that is least decided: where it is shown, and, asked first, where
    it is hidden.
    """
    cell = int(np.argmax(np.abs(hidden - np.rint(hidden)) + RATHER_HIDDEN * hidden))
    low, high = branch.low.copy(), branch.high.copy()
    low[cell], high[cell] = 1.0, 0.0
    return [_Branch(branch.low, high, cost), _Branch(low, branch.high, cost)]
