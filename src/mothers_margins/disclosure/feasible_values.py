"""What a count can be, given all that is released: by linear programmes (fast, too wide by
fractions at most), by integer programmes (exact), and by witnesses (checked without a solver).

A table of whole numbers that reproduces every released number is a witness that it could be the
true one. Solvers have called a poor solution optimal before; a witness is checked by adding up.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import highspy
import numpy as np
from scipy import sparse

from mothers_margins.disclosure.nearest_tables import MOST_NODES, NearestTables
from mothers_margins.disclosure.solver import InfeasibleError, NotSolvedError, programme

Array = np.ndarray
NEVER = 1e-7  # of a linear programme: how far a sum may be off
VARIANTS = 24  # of what a change costs, in search of one of whole participants
PRIMAL = 4  # HiGHS's simplex for when only what is asked for changes: the last table still holds
AT_A_TIME = 4  # variants, before whole changes are put together from what they found


@dataclass(frozen=True, eq=False)
class Statements:
    """Linear statements on tables of n columns: low <= weights @ x <= high.

    weights: m x n whole numbers. low, high: m. widest_low, widest_high: the same where a statement
    is not made, so that it says nothing. cell: by statement the place of the printed cell whose
    number says it.
    """

    weights: Array
    low: Array
    high: Array
    widest_low: Array
    widest_high: Array
    cell: Array

    @cached_property
    def _few(self) -> sparse.csr_array:
        """The weights without their noughts, which most are."""
        return sparse.csr_array(self.weights)

    def sums(self, tables: Array) -> Array:
        """By statement the sum of one table of n, or of t tables as m x t from n x t: by integer
        arithmetic where tables are of whole numbers.
        """
        return np.asarray(self._few @ tables)

    def hold(self, table: Array, made: Array) -> bool:
        """Whether a table of whole numbers agrees with those statements that are made."""
        sums = self.sums(table)[made]
        return bool(((sums >= self.low[made]) & (sums <= self.high[made])).all())


def is_table(table: Array, known: Array | sparse.csr_array, totals: Array) -> bool:
    """Whether whole numbers of zero and more add up to what is known: by integer arithmetic."""
    return bool((table >= 0).all() and (known @ table == totals).all())


class Range:
    """The least and the most that sums can be, by linear programmes that start from the last.

    known @ x == totals and x >= 0 always hold; the statements as far as they are made. whole: by
    integer programmes.
    """

    def __init__(
        self, known: Array, totals: Array, statements: Statements, whole: bool = False
    ) -> None:
        self.statements = statements
        self.first = len(known)  # place of the first statement among the rows
        self.rows = len(known) + len(statements.weights)
        self._columns = statements.weights.shape[1]
        self._solver = programme(
            np.zeros(self._columns),
            np.full(self._columns, highspy.kHighsInf),
            np.vstack([known, statements.weights]),
            np.concatenate([totals, statements.low]),
            np.concatenate([totals, statements.high]),
            whole,
        )
        if whole:
            self._solver.setOptionValue("mip_max_nodes", MOST_NODES)
        else:
            self._solver.setOptionValue("simplex_strategy", PRIMAL)
        self._low = statements.low.astype(float)
        self._high = statements.high.astype(float)

    def hide(self, hidden: Array) -> None:
        """Make the statements of shown cells only. hidden: by cell 1 where it is hidden, 0 where it
        is shown, or between: then its statements are widened by that share.
        """
        share = hidden[self.statements.cell]
        low = self.statements.low + share * (self.statements.widest_low - self.statements.low)
        high = self.statements.high + share * (self.statements.widest_high - self.statements.high)
        changed = np.flatnonzero((np.abs(low - self._low) + np.abs(high - self._high)) > NEVER)
        for row in changed.tolist():
            self._solver.changeRowBounds(self.first + row, low[row], high[row])
        self._low, self._high = low, high

    def extreme(self, weights: Array, sign: int) -> tuple[float, Array, Array]:
        """The most (sign 1) or the least (sign -1) of a sum; the table; and how fast the optimum
        moves with the bounds of each statement.

        Raises InfeasibleError where no table holds, NotSolvedError for anything but an optimum.
        """
        places = np.arange(self._columns, dtype=np.int32)
        self._solver.changeColsCost(self._columns, places, (-sign * weights).astype(float))
        self._solver.run()
        status = self._solver.getModelStatus()
        if status == highspy.HighsModelStatus.kInfeasible:
            raise InfeasibleError("no table reproduces what is known")
        if status != highspy.HighsModelStatus.kOptimal:
            raise NotSolvedError(str(status))
        solution = self._solver.getSolution()
        table = np.array(solution.col_value)
        slopes = np.array(solution.row_dual)[self.first :]
        return float(weights @ table), table, slopes


@dataclass(frozen=True, eq=False)
class Question:
    """What is to be found out about a sum: how many values it can have, all that is made known."""

    known: Array
    totals: Array
    statements: Statements
    made: Array  # truth per statement
    truth: Array

    def nearest(self) -> NearestTables:
        """Tables near the true one, asked for what an attacker cannot rule out."""
        rows = self.statements
        nearest = NearestTables(self.truth, self.known, rows.weights, rows.low, rows.high)
        nearest.make(self.made)
        return nearest

    @cached_property
    def _few(self) -> sparse.csr_array:
        """What is known without its noughts, which most are."""
        return sparse.csr_array(self.known)

    def agreeing(self, tables: Iterable[Array]) -> list[Array]:
        """Those of some tables that an attacker cannot rule out."""
        return [table for table in tables if self.agrees(table)]

    def agrees(self, table: Array) -> bool:
        """Whether a table is one of those that an attacker cannot rule out."""
        return is_table(table, self._few, self.totals) and self.statements.hold(table, self.made)

    def with_sum(self, weights: Array, whole: bool) -> Range:
        """A solver with the statements that are made and, last, one on a sum, which is free."""
        kept = self.statements.weights[self.made]
        low = np.append(self.statements.low[self.made], -np.inf)
        high = np.append(self.statements.high[self.made], np.inf)
        rows = Statements(
            np.vstack([kept, weights[None, :]]), low, high, low, high, np.arange(len(low))
        )
        return Range(self.known, self.totals, rows, whole)


def witnesses(
    question: Question,
    weights: Array,
    wanted: int,
    tried: Iterable[Array] = (),
    nearest: NearestTables | None = None,
) -> list[Array]:
    """Tables that agree with all that is known and give a sum different values: as many as wanted,
    or fewer if there are no more or none was confirmed.

    tried: tables that may be such, as from an earlier search. nearest: where others are looked for,
    if that has been built before. What a solver returns counts only after it has been rounded and
    checked by integer arithmetic.
    """
    by_value: dict[int, Array] = {}
    for table in (question.truth, *tried):
        _take(question, weights, table, by_value)
        if len(by_value) >= wanted:
            return _in_order(by_value)
    nearest = nearest or question.nearest()
    nearest.make(question.made)
    _look_around(question, weights, wanted, nearest, by_value)
    _search(question, weights, wanted, nearest, by_value)
    return _in_order(by_value)


def _in_order(by_value: dict[int, Array]) -> list[Array]:
    return [by_value[value] for value in sorted(by_value)]


def _take(question: Question, weights: Array, table: Array, by_value: dict[int, Array]) -> bool:
    """Take in a table, rounded, if it agrees and gives the sum a new value; whether it does."""
    whole = np.rint(table).astype(np.int64)
    value = int(weights @ whole)
    if value in by_value or not question.agrees(whole):
        return False
    by_value[value] = whole
    return True


def _look_around(
    question: Question,
    weights: Array,
    wanted: int,
    nearest: NearestTables,
    by_value: dict[int, Array],
) -> None:
    """Further values above and below those there are, one by one, by the least change in parts of
    participants; it is often a change of whole ones. If not, other changes are made cheaper, and
    after every few of these whole ones are put together from all that was found.
    """
    open_directions = [1, -1]
    for variant in range(VARIANTS):
        for direction in tuple(open_directions):
            if len(by_value) >= wanted:
                return
            try:
                value = _next_to(by_value, direction, nearest)
                _take(question, weights, nearest.in_parts(weights, value, variant), by_value)
            except InfeasibleError:
                open_directions.remove(direction)
            except NotSolvedError:
                continue
        if variant % AT_A_TIME == AT_A_TIME - 1:
            _put_together(question, weights, wanted, nearest, by_value, open_directions)


def _put_together(
    question: Question,
    weights: Array,
    wanted: int,
    nearest: NearestTables,
    by_value: dict[int, Array],
    directions: Iterable[int],
) -> None:
    """Further values in some directions, from changes that were found before."""
    for direction in directions:
        has_more = True
        while has_more and len(by_value) < wanted:
            try:
                value = _next_to(by_value, direction, nearest)
                table = nearest.put_together(weights, value)
                has_more = _take(question, weights, table, by_value)
            except (InfeasibleError, NotSolvedError):
                has_more = False


def _next_to(by_value: Mapping[int, Array], direction: int, nearest: NearestTables) -> int:
    """The value beyond those there are, asked from the table that is next to it."""
    end = max(by_value) if direction > 0 else min(by_value)
    nearest.begin_at(by_value[end])
    return end + direction


def _search(
    question: Question,
    weights: Array,
    wanted: int,
    nearest: NearestTables,
    by_value: dict[int, Array],
) -> None:
    """Further values, above those there are, below and between: for each an integer programme that
    asks for a table near the true one.
    """
    open_gaps = _gaps(by_value)
    while open_gaps and len(by_value) < wanted:
        low, high = open_gaps.pop(0)
        try:
            table = nearest.whole(weights, low, high)
        except (InfeasibleError, NotSolvedError):
            continue
        if _take(question, weights, table, by_value):
            value = int(weights @ np.rint(table).astype(np.int64))
            open_gaps += [gap for gap in ((value + 1, high), (low, value - 1)) if gap[0] <= gap[1]]


def _gaps(values: Iterable[int]) -> list[tuple[float, float]]:
    """Stretches of whole numbers without one of some values: above, below, then between."""
    ordered = sorted(values)
    outside = [(ordered[-1] + 1, np.inf), (-np.inf, ordered[0] - 1)]
    between = [(low + 1, high - 1) for low, high in pairwise(ordered)]
    return [gap for gap in (*outside, *between) if gap[0] <= gap[1]]


def widest(question: Question, weights: Array) -> tuple[int, int]:
    """Whole numbers between the extremes of the linear programme, outside which there is none."""
    solver = question.with_sum(weights, whole=False)
    least, _, _ = solver.extreme(weights, -1)
    most, _, _ = solver.extreme(weights, 1)
    return int(np.ceil(least - 1e-6)), int(np.floor(most + 1e-6))


def interval(question: Question, weights: Array) -> tuple[int, int]:
    """The least and the most whole number that a sum can be, by integer programmes.

    Raises InfeasibleError where nothing agrees with what is known, NotSolvedError where the solver
    gives up.
    """
    solver = question.with_sum(weights, whole=True)
    least, _, _ = solver.extreme(weights, -1)
    most, _, _ = solver.extreme(weights, 1)
    return round(least), round(most)


def pinned_by(
    question: Question, weights: Array, wanted: int, nearest: NearestTables | None = None
) -> list[int]:
    """An irreducible set of printed cells whose statements alone leave a sum fewer values than
    wanted (or fewer that can be confirmed): without any one of them there are enough. Empty if
    there are enough with all of them.

    By halves (Junker 2004, QuickXplain, AAAI 167), so that few sets are asked.
    """
    nearest = nearest or question.nearest()
    seen: list[Array] = []  # tables that leave the sum open where some cells are not printed

    def is_pinned(cells: list[int]) -> bool:
        only = question.made & np.isin(question.statements.cell, cells)
        part = replace(question, made=only)
        found = witnesses(part, weights, wanted, seen, nearest)
        seen.extend(found)
        return len(found) < wanted

    cells = [int(cell) for cell in np.unique(question.statements.cell[question.made])]
    if not is_pinned(cells):
        return []
    if is_pinned([]):
        return []
    return sorted(_needed([], cells, is_pinned, has_changed=False))


def _needed(
    kept: list[int],
    asked: list[int],
    is_pinned: Callable[[list[int]], bool],
    has_changed: bool,
) -> list[int]:
    """Those of the asked cells that, with the kept ones, are needed to pin."""
    if has_changed and is_pinned(kept):
        return []
    if len(asked) == 1:
        return asked
    half = len(asked) // 2
    first, second = asked[:half], asked[half:]
    of_second = _needed([*kept, *first], second, is_pinned, has_changed=bool(first))
    of_first = _needed([*kept, *of_second], first, is_pinned, has_changed=bool(of_second))
    return [*of_first, *of_second]
