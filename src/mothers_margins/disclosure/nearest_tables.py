"""Tables that agree with all that is released and lie near a table that does, but give a sum
another value: what an attacker cannot rule out.

The question is asked in changes. A table that nobody can tell from the true one mostly differs
from it by a few participants who change places, and the programme that wants the least change
starts from none at all: it needs a handful of steps, and its answer is mostly whole as it is.
"""

from functools import cache

import highspy
import numpy as np

from mothers_margins.disclosure.solver import InfeasibleError, NotSolvedError, programme

Array = np.ndarray
MOST_NODES = 30  # of an integer programme; what it has not found by then counts as not found
NOTHING = 1e-9  # a change that is smaller is none
ANY_TABLE = 1e9  # the gap at which the first table of whole numbers is good enough


class NearestTables:
    """Asks for a table near another one.

    known: rows that all tables have in common. weights, low, high: of s statements; which of them
    are made is said by `make`. start: n whole numbers, a table that agrees with everything.
    """

    def __init__(self, start: Array, known: Array, weights: Array, low: Array, high: Array) -> None:
        self._known = known
        self._weights = weights
        self._low = low
        self._high = high
        self._made = np.ones(len(weights), dtype=bool)
        self._start = start
        self._touched = np.zeros(len(start), dtype=bool)  # columns that changes have touched so far
        self._of_parts = _Programme(self._rows(), len(known), whole=False)
        self._of_whole: _Programme | None = None

    def make(self, made: Array) -> None:
        """From now on only some statements hold. made: truth per statement."""
        self._made = made.astype(bool)

    def begin_at(self, start: Array) -> None:
        """From now on changes are counted from another table, which must agree as well."""
        self._start = start

    def in_parts(self, weights: Array, value: float, variant: int = 0) -> Array:
        """A near table with this value of a sum; it may have parts of participants. variant: which
        changes cost more; 0 means that all cost the same.

        Raises InfeasibleError where no table has this value, NotSolvedError where none was found.
        """
        self._of_parts.vary(variant)
        everywhere = np.ones(len(self._start), dtype=bool)
        table = self._asked(self._of_parts, weights, value, value, everywhere)
        self._touched |= np.abs(table - self._start) > NOTHING
        return table

    def put_together(self, weights: Array, value: float) -> Array:
        """A near table of whole numbers with this value of a sum, put together from such changes
        as were found before: a small integer programme. Raises as `in_parts` does, and both say
        only that none can be put together.
        """
        return self._of_few(weights, value, np.flatnonzero(self._touched))

    def whole(self, weights: Array, low: float, high: float) -> Array:
        """A near table of whole numbers in which a sum lies between two values, found by an integer
        programme over all changes. Raises as `in_parts` does.
        """
        everywhere = np.ones(len(self._start), dtype=bool)
        return self._asked(self._whole(), weights, low, high, everywhere)

    def with_totals(self, change: Array, variant: int | None = 0) -> Array:
        """A near table whose known rows add up to other totals. change: by how much, by row.
        variant: as in `in_parts`; None asks for whole numbers, by an integer programme. Raises as
        `in_parts` does.
        """
        asked = self._whole() if variant is None else self._of_parts
        asked.vary(variant or 0)
        asked.change_known(change)
        everywhere = np.ones(len(self._start), dtype=bool)
        nothing = np.zeros(len(self._start), dtype=np.int64)
        try:
            return self._asked(asked, nothing, -np.inf, np.inf, everywhere)
        finally:
            asked.change_known(np.zeros(len(self._known)))

    def _of_few(self, weights: Array, value: float, columns: Array) -> Array:
        """As `put_together`, with changes in some columns: a programme of these columns alone, for
        to presolve one of all columns takes longer than to solve this one.
        """
        rows = np.vstack([self._known, self._weights[self._made], weights[None, :]])[:, columns]
        few = _Programme(rows, len(self._known), whole=True)
        start = self._start[columns]
        few.change_columns(np.ones(len(columns), dtype=bool), start)
        sums = self._weights[self._made] @ self._start
        few.change_statements(self._low[self._made] - sums, self._high[self._made] - sums)
        change = value - float(weights @ self._start)
        table = self._start.astype(float)
        table[columns] += few.least_change(change, change)
        return table

    def _whole(self) -> "_Programme":
        if self._of_whole is None:
            self._of_whole = _Programme(self._rows(), len(self._known), whole=True)
        return self._of_whole

    def _rows(self) -> Array:
        """What is known, every statement, and last the sum that is asked for."""
        nothing = np.zeros((1, len(self._start)), dtype=np.int64)
        return np.vstack([self._known, self._weights, nothing])

    def _asked(
        self, of: "_Programme", weights: Array, low: float, high: float, columns: Array
    ) -> Array:
        sums = self._weights @ self._start
        now = float(weights @ self._start)
        of.change_columns(columns, self._start)
        of.change_statements(
            np.where(self._made, self._low - sums, -highspy.kHighsInf),
            np.where(self._made, self._high - sums, highspy.kHighsInf),
        )
        of.ask_of(weights)
        change = of.least_change(low - now, high - now)
        return np.asarray(self._start + change)


class _Programme:
    """The programme of the least change: how many are added in each column, and how many are
    taken away. rows: what is known, statements, and the sum that is asked for. first: place of the
    first statement.
    """

    def __init__(self, rows: Array, first: int, whole: bool) -> None:
        self._n = rows.shape[1]
        self._first = first
        self._last = len(rows) - 1
        self._whole = whole
        self._weights = rows[-1]
        self._known = np.zeros(first)
        self._low = np.zeros(self._last - first)
        self._high = np.zeros(self._last - first)
        self._most = np.zeros(2 * self._n)
        self._variant = 0
        nothing = np.zeros(len(rows))
        self._solver = programme(
            _costs(0, self._n),
            self._most,
            np.hstack([rows, -rows]),
            nothing,
            nothing,
            whole,
        )
        if whole:
            self._solver.setOptionValue("mip_max_nodes", MOST_NODES)
            self._solver.setOptionValue("mip_rel_gap", ANY_TABLE)
            # of the ways to a first table the one that finds it soonest here, and one that does not
            self._solver.setOptionValue("mip_heuristic_run_shifting", True)
            self._solver.setOptionValue("mip_heuristic_run_feasibility_jump", False)
        else:
            self._solver.setOptionValue("presolve", "off")  # it takes longer than the few steps

    def vary(self, variant: int) -> None:
        """Let other changes cost more."""
        if variant != self._variant:
            places = np.arange(2 * self._n, dtype=np.int32)
            self._solver.changeColsCost(2 * self._n, places, _costs(variant, self._n))
            self._variant = variant

    def change_columns(self, columns: Array, start: Array) -> None:
        """Which columns may change; none gives more participants away than it has."""
        most_added = np.where(columns, highspy.kHighsInf, 0.0)
        most_taken = np.where(columns, start, 0).astype(float)
        most = np.concatenate([most_added, most_taken])
        places = np.flatnonzero(most != self._most).astype(np.int32)
        if len(places):
            none = np.zeros(len(places))
            self._solver.changeColsBounds(len(places), places, none, most[places])
        self._most = most

    def change_known(self, change: Array) -> None:
        """By how much each known row changes."""
        for row in np.flatnonzero(change != self._known).tolist():
            self._solver.changeRowBounds(row, float(change[row]), float(change[row]))
        self._known = change

    def change_statements(self, low: Array, high: Array) -> None:
        """The least and the most by which each statement may change."""
        for row in np.flatnonzero((low != self._low) | (high != self._high)).tolist():
            self._solver.changeRowBounds(self._first + row, low[row], high[row])
        self._low, self._high = low, high

    def ask_of(self, weights: Array) -> None:
        """The sum that is asked for, by column."""
        for column in np.flatnonzero(weights != self._weights).tolist():
            weight = float(weights[column])
            self._solver.changeCoeff(self._last, column, weight)
            self._solver.changeCoeff(self._last, self._n + column, -weight)
        self._weights = weights

    def least_change(self, low: float, high: float) -> Array:
        """The change that moves the sum by an amount between two, by column."""
        self._solver.changeRowBounds(self._last, low, high)
        if not self._whole:
            self._solver.setBasis()  # no change at all: nearer than the last answer
        self._solver.run()
        status = self._solver.getModelStatus()
        if status == highspy.HighsModelStatus.kInfeasible:
            raise InfeasibleError("no table has such a sum")
        solution = self._solver.getSolution()
        if status != highspy.HighsModelStatus.kOptimal or not solution.value_valid:
            raise NotSolvedError(str(status))
        change = np.array(solution.col_value)
        return np.asarray(change[: self._n] - change[self._n :])


@cache
def _costs(variant: int, n: int) -> Array:
    """What each change costs: one, and in a variant up to twice as much, by a fixed draw."""
    costs = np.ones(2 * n)
    if variant:
        costs += np.random.default_rng(variant).random(2 * n)
    return costs
