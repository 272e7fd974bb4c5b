"""What a count can be, given all that is released: by linear programmes (fast, too wide by
fractions at most), by integer programmes (exact), and by witnesses (checked without a solver).

A table of whole numbers that reproduces every released number is a witness that it could be the
true one. Solvers have called a poor solution optimal before; a witness is checked by adding up.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import highspy
import numpy as np
from scipy import sparse

from mothers_margins.disclosure.nearby_tables import Neighbourhood

Array = np.ndarray
NEVER = 1e-7  # of a linear programme: how far a sum may be off
MOST_NODES = 30  # of an integer programme; what it has not found by then counts as not found
MOST_MENDED = 6  # tables that almost agree
SMALLEST_STEP = 0.5  # between two whole numbers


class InfeasibleError(ValueError):
    """No table at all reproduces what is said to be known: it contradicts itself."""


class NotSolvedError(ArithmeticError):
    """The solver ended without an optimum. Nothing is taken from it."""


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

    def hold(self, table: Array, made: Array) -> bool:
        """Whether a table of whole numbers agrees with those statements that are made."""
        sums = self.weights[made] @ table
        return bool(((sums >= self.low[made]) & (sums <= self.high[made])).all())


def is_table(table: Array, known: Array, totals: Array) -> bool:
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
        self._solver = quiet_solver()
        self._pass(known, totals, whole)
        self._low = statements.low.astype(float)
        self._high = statements.high.astype(float)

    def _pass(self, known: Array, totals: Array, whole: bool) -> None:
        statements = self.statements
        model = highspy.HighsLp()
        model.num_col_ = self._columns
        model.num_row_ = self.rows
        model.col_cost_ = np.zeros(self._columns)
        model.col_lower_ = np.zeros(self._columns)
        model.col_upper_ = np.full(self._columns, highspy.kHighsInf)
        model.row_lower_ = np.concatenate([totals, statements.low]).astype(float)
        model.row_upper_ = np.concatenate([totals, statements.high]).astype(float)
        matrix = sparse.csr_matrix(np.vstack([known, statements.weights]).astype(float))
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_ = matrix.indptr
        model.a_matrix_.index_ = matrix.indices
        model.a_matrix_.value_ = matrix.data
        if whole:
            model.integrality_ = [highspy.HighsVarType.kInteger] * self._columns
            self._solver.setOptionValue("mip_max_nodes", MOST_NODES)
        self._solver.passModel(model)

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

    def limit(self, row: int, low: float, high: float) -> None:
        """Set the bounds of one statement by hand."""
        self._solver.changeRowBounds(self.first + row, low, high)
        self._low[row], self._high[row] = low, high

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


class _Silent(highspy.Highs):
    """A solver without callbacks, whose enabling announces the program on the terminal."""

    def enableCallbacks(self) -> None:  # noqa: N802  # its name is highspy's
        """None is used."""


# Any: highspy has no types
def quiet_solver() -> Any:
    """A solver that prints nothing, uses one thread, and stops by gap or nodes, never by time."""
    solver = _Silent()  # type: ignore[no-untyped-call]  # highspy has no types
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("random_seed", 0)
    solver.setOptionValue("mip_rel_gap", 0.0)
    solver.setOptionValue("mip_abs_gap", SMALLEST_STEP)
    return solver


@dataclass(frozen=True, eq=False)
class Question:
    """What is to be found out about a sum: how many values it can have, all that is made known."""

    known: Array
    totals: Array
    statements: Statements
    made: Array  # truth per statement
    truth: Array | None = None

    def neighbourhood(self, moves: Array) -> Neighbourhood:
        """Tables near the true one, asked for what an attacker cannot rule out."""
        statements = self.statements
        return Neighbourhood(
            moves,
            statements.weights[self.made],
            statements.low[self.made],
            statements.high[self.made],
        )

    def agreeing(self, tables: Iterable[Array]) -> list[Array]:
        """Those of some tables that an attacker cannot rule out."""
        return [table for table in tables if self.agrees(table)]

    def agrees(self, table: Array) -> bool:
        """Whether a table is one of those that an attacker cannot rule out."""
        return is_table(table, self.known, self.totals) and self.statements.hold(table, self.made)

    @property
    def has_intervals(self) -> bool:
        """Whether a statement that is made leaves more than one value, as a share does."""
        return bool((self.statements.low < self.statements.high)[self.made].any())

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
    nearby: Neighbourhood | None = None,
    is_thorough: bool = True,
) -> list[Array]:
    """Tables that agree with all that is known and give a sum different values: as many as wanted,
    or fewer if there are no more or none was confirmed.

    tried: tables that may be such, as from an earlier search. What a solver returns counts only
    after it has been rounded and checked by integer arithmetic.
    """
    by_value: dict[int, Array] = {}
    almost: dict[int, Array] = {}  # do not agree as they are, but may be near those that do
    for table in tried:
        whole = np.rint(table).astype(np.int64)
        value = int(weights @ whole)
        if len(by_value) < wanted and question.agrees(whole):
            by_value.setdefault(value, whole)
        elif is_table(whole, question.known, question.totals):
            almost.setdefault(value, whole)
    if nearby is not None and by_value:
        _mend(question, weights, wanted, nearby, by_value, almost)
        _look_around(question, weights, wanted, nearby, by_value)
    if len(by_value) < wanted and is_thorough:
        _search(question, weights, wanted, by_value)
    return [by_value[value] for value in sorted(by_value)]


def _mend(
    question: Question,
    weights: Array,
    wanted: int,
    nearby: Neighbourhood,
    by_value: dict[int, Array],
    almost: dict[int, Array],
) -> None:
    """Tables that give another value and almost agree, moved until they do."""
    for value in list(almost)[:MOST_MENDED]:
        if len(by_value) >= wanted:
            return
        if value in by_value:
            continue
        table = nearby.table(almost[value], weights, value)
        if table is not None and question.agrees(table):
            by_value[value] = table


def _look_around(
    question: Question,
    weights: Array,
    wanted: int,
    nearby: Neighbourhood,
    by_value: dict[int, Array],
) -> None:
    """Further values beside those there are, by moving single participants."""
    start_value = min(by_value)
    start = by_value[start_value]
    for step in (1, -1, 2, -2, 3, -3, 4, -4):
        if len(by_value) >= wanted:
            return
        value = start_value + step
        if value < 0 or value in by_value:
            continue
        table = nearby.table(start, weights, value)
        if table is not None and question.agrees(table):
            by_value[value] = table


def _search(question: Question, weights: Array, wanted: int, by_value: dict[int, Array]) -> None:
    """Further values, above those there are, below and between: for each an integer programme that
    only asks whether there is any such table.
    """
    least, most = widest(question, weights)
    solver = question.with_sum(weights, whole=True)
    row = int(question.made.sum())
    nothing = np.zeros(len(weights))
    open_gaps = _gaps(least, most, by_value)
    while open_gaps and len(by_value) < wanted:
        low, high = open_gaps.pop(0)
        solver.limit(row, low, high)
        try:
            _, table, _ = solver.extreme(nothing, 1)
        except (InfeasibleError, NotSolvedError):
            continue
        whole = np.rint(table).astype(np.int64)
        if not question.agrees(whole):
            continue
        value = int(weights @ whole)
        by_value[value] = whole
        open_gaps += [gap for gap in ((value + 1, high), (low, value - 1)) if gap[0] <= gap[1]]


def _gaps(least: int, most: int, values: Iterable[int]) -> list[tuple[int, int]]:
    """Stretches of whole numbers without one of some values: above, below, then between."""
    ordered = sorted(values)
    if not ordered:
        return [(least, most)] if least <= most else []
    outside = [(ordered[-1] + 1, most), (least, ordered[0] - 1)]
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
    question: Question,
    weights: Array,
    wanted: int,
    moves: Array | None = None,
    is_thorough: bool = True,
) -> list[int]:
    """An irreducible set of printed cells whose statements alone leave a sum fewer values than
    wanted (or fewer that can be confirmed): without any one of them there are enough. Empty if
    there are enough with all of them.

    By halves (Junker 2004, QuickXplain, AAAI 167), so that few sets are asked.
    """
    made = np.unique(question.statements.cell[question.made])

    def is_pinned(cells: list[int]) -> bool:
        only = question.made & np.isin(question.statements.cell, cells)
        part = Question(question.known, question.totals, question.statements, only)
        nearby = None if moves is None else part.neighbourhood(moves)
        tried = [] if question.truth is None else [question.truth]
        return len(witnesses(part, weights, wanted, tried, nearby, is_thorough)) < wanted

    cells = [int(cell) for cell in made]
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
