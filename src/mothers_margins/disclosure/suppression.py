"""Which cells to hide so that nothing hidden can be worked out: the fewest, by weight.

Fischetti and Salazar-González (2000, Math Program 84:283; 2001, Manag Sci 47:1008): a cell is
hidden or shown (0 or 1), and for every protected sum an attacker's linear programme over the tables
that agree with what is shown must leave a range wide enough. Each programme that finds too narrow a
range gives a cut for the choice of cells (Benders), by its dual values; with all cuts that are
needed the choice is optimal. First with cells hidden in part, then whole; then integers are asked.
"""

from collections.abc import Iterable

import numpy as np
from scipy import sparse

from mothers_margins.disclosure.choice import Choice
from mothers_margins.disclosure.feasible_values import (
    NEVER,
    Question,
    Range,
    is_table,
    pinned_by,
    witnesses,
)
from mothers_margins.disclosure.nearest_tables import NearestTables
from mothers_margins.disclosure.problem import Chosen, Cut, NotProtectableError, Problem, Target

Array = np.ndarray
PATIENCE = 12  # how often targets may be found not to be confirmed before it is given up
AT_ONCE = 3  # cuts of targets that are not confirmed


def suppress(problem: Problem) -> Chosen:
    """The cells to hide at the least cost.

    Raises NotProtectableError, naming the target that cannot be protected; TooDearError where it
    costs more than it may.
    """
    if not len(problem.costs):
        return _nothing_to_choose(problem)
    attack = _Attack(problem)
    choice = Choice(problem)
    for _ in range(PATIENCE):
        hidden = choice.cheapest(attack.cuts)
        found, cuts = attack.confirmed(hidden)
        if not cuts:
            return Chosen(hidden.astype(bool), found, tuple(choice.cuts))
        for cut in cuts:
            choice.add(cut)
    raise NotProtectableError(cuts[0].target)


def _nothing_to_choose(problem: Problem) -> Chosen:
    """Of no cell at all: whether what is known beforehand leaves the targets open."""
    hidden = np.empty(0, dtype=bool)
    question = problem.question(hidden)
    found = []
    for target in problem.targets:
        own = witnesses(question, target.weights, target.values)
        if len(own) < target.values:
            raise NotProtectableError(target.name)
        found.append(tuple(own))
    return Chosen(hidden, tuple(found))


def confirmed(problem: Problem, hidden: Array) -> list[list[Array]]:
    """For every target the tables that were found to agree with what is shown and give it different
    values: as many as it needs, or fewer, and then it must not be called safe.
    """
    question = problem.question(hidden)
    nearest = question.nearest()
    pool = Pool(problem)
    every = []
    for target in problem.targets:
        own = pool.witnesses(question.made, target)
        if len(own) < target.values:
            own = witnesses(question, target.weights, target.values, own, nearest)
            pool.add(own)
        every.append(own)
    return every


class _Attack:
    """The attacker's programmes. Tables that were found are kept: as long as those that agree with
    what is shown are far enough apart, a target's range is known to be wide enough.
    """

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._range = Range(problem.known, problem.totals, problem.statements)
        self._nearest: NearestTables | None = None
        self._pool = Pool(problem)
        self._found = _Found(problem)

    def cuts(self, hidden: Array) -> list[Cut]:
        """A cut for every target whose range is too narrow."""
        self._range.hide(hidden)
        self._found.hide(hidden)
        cuts = []
        for place in range(len(self._problem.targets)):
            if self._found.is_wide(place):
                continue
            cut = self._cut(place, hidden)
            if cut:
                cuts.append(cut)
        return cuts

    def _cut(self, place: int, hidden: Array) -> Cut | None:
        target = self._problem.targets[place]
        most, table, slopes_up = self._range.extreme(target.weights, 1)
        self._found.add(table)
        if self._found.is_wide(place):
            return None
        least, table, slopes_down = self._range.extreme(target.weights, -1)
        self._found.add(table)
        lacking = target.values - 1 - (most - least)
        if lacking <= 1e-6:
            return None
        gains = self._gains(slopes_up) + self._gains(slopes_down)
        needed = lacking + gains @ hidden
        gains = np.minimum(gains, needed)
        gains[gains < 1e-9] = 0.0
        if not gains.any():
            raise NotProtectableError(target.name)
        return Cut(gains, needed, target.name)

    def _gains(self, slopes: Array) -> Array:
        """How much an extreme moves, at most, when each cell is hidden whole."""
        statements = self._problem.statements
        by_low = np.maximum(slopes, 0) * (statements.low - statements.widest_low)
        by_high = np.maximum(-slopes, 0) * (statements.widest_high - statements.high)
        gains = np.zeros(len(self._problem.costs))
        np.add.at(gains, statements.cell, by_low + by_high)
        return gains

    def confirmed(self, hidden: Array) -> tuple[tuple[tuple[Array, ...], ...], list[Cut]]:
        """Witnesses of every target; where there are too few, a cut: of the shown cells that pin it
        one must be hidden.
        """
        question = self._problem.question(hidden)
        if self._nearest is None:
            self._nearest = question.nearest()
        found = []
        cuts: list[Cut] = []
        for target in self._problem.targets:
            own = self._pool.witnesses(question.made, target)
            if len(own) < target.values:
                own = witnesses(question, target.weights, target.values, own, self._nearest)
                self._pool.add(own)
            found.append(tuple(own))
            if len(own) >= target.values:
                continue
            if len(cuts) >= AT_ONCE:
                break  # they are asked again after these have been mended
            weights = np.zeros(len(self._problem.costs))
            weights[self._to_blame(question, target, hidden)] = 1.0
            cuts.append(Cut(weights, 1.0, target.name))
        return tuple(found), cuts

    def _to_blame(self, question: Question, target: Target, hidden: Array) -> list[int]:
        """Shown cells of which one must be hidden so that a target may be confirmed: an irreducible
        set that pins it, or, where none was found, those that count the same people. Raises
        NotProtectableError where nothing is left to hide.
        """
        free = (hidden < 1) & ~self._problem.shown
        pinning = pinned_by(question, target.weights, target.values, self._nearest)
        if len(pinning) and free[pinning].any():
            return pinning
        if not free.any():
            raise NotProtectableError(target.name)
        same = self._overlap(target)
        most = same[free].max()
        return [int(cell) for cell in np.flatnonzero(free & (same >= most - NEVER))]

    def _overlap(self, target: Target) -> Array:
        """By cell how much of what a target counts it counts too, among all that it counts."""
        statements = self._problem.statements
        counted = statements.weights != 0
        shared = (counted & (target.weights != 0)).sum(axis=1) / np.maximum(counted.sum(axis=1), 1)
        overlap = np.zeros(len(self._problem.costs))
        np.maximum.at(overlap, statements.cell, shared)
        return overlap


class _Found:
    """Tables that linear programmes found, and how far apart they show each target to be."""

    def __init__(self, problem: Problem) -> None:
        self._statements = problem.statements
        weights = [target.weights for target in problem.targets]
        self._targets = np.array(weights, dtype=float).reshape(-1, len(problem.truth))
        self._needed = np.array([target.values - 1 for target in problem.targets], dtype=float)
        tables = np.column_stack([problem.truth, *problem.tried])
        # those that do not agree are left out by `hide`
        self._sums = [*self._statements.sums(tables).T]  # of each table by statement
        self._values = [*(self._targets @ tables).T]  # of each table by target
        self._most = np.zeros(len(problem.targets))
        self._least = np.zeros(len(problem.targets))

    def hide(self, hidden: Array) -> None:
        """Look only at tables that agree with what is shown. hidden: as in `Range.hide`."""
        rows = self._statements
        share = hidden[rows.cell]
        low = rows.low + share * (rows.widest_low - rows.low) - NEVER
        high = rows.high + share * (rows.widest_high - rows.high) + NEVER
        sums = np.array(self._sums)
        agree = ((sums >= low) & (sums <= high)).all(axis=1)
        values = np.array(self._values)[agree]  # the true table always agrees
        self._most = values.max(axis=0)
        self._least = values.min(axis=0)

    def add(self, table: Array) -> None:
        """Take in a table that agrees with what is shown now."""
        values = self._targets @ table
        self._sums.append(self._statements.sums(table))
        self._values.append(values)
        self._most = np.maximum(self._most, values)
        self._least = np.minimum(self._least, values)

    def is_wide(self, place: int) -> bool:
        """Whether a target is known to have a range that is wide enough."""
        return bool(self._most[place] - self._least[place] >= self._needed[place] - NEVER)


class Pool:
    """Tables of whole numbers that add up to what is known, with all their sums. What shows one
    target open often shows another, and each is checked once.
    """

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._known = sparse.csr_array(problem.known)
        self._tables: list[Array] = []
        self._sums: list[Array] = []
        self._seen: set[bytes] = set()
        self.add([problem.truth, *problem.tried])

    def add(self, tables: Iterable[Array]) -> None:
        """Take in those that add up, by integer arithmetic."""
        for table in tables:
            key = table.tobytes()
            if key in self._seen or not is_table(table, self._known, self._problem.totals):
                continue
            self._seen.add(key)
            self._tables.append(table)
            self._sums.append(self._problem.statements.sums(table))

    def witnesses(self, made: Array, target: Target) -> list[Array]:
        """Tables that agree with the statements that are made and give a target different values:
        as many as it needs, or as there are.
        """
        statements = self._problem.statements
        sums = np.array(self._sums)[:, made]
        agree = ((sums >= statements.low[made]) & (sums <= statements.high[made])).all(axis=1)
        tables = [self._tables[place] for place in np.flatnonzero(agree)]
        if not tables:
            return []
        values, places = np.unique(np.array(tables) @ target.weights, return_index=True)
        return [tables[place] for place in places[: target.values]] if len(values) else []
