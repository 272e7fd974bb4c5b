"""Which cells to hide so that nothing hidden can be worked out: the fewest, by weight.

Fischetti and Salazar-González (2000, Math Program 84:283; 2001, Manag Sci 47:1008): a cell is
hidden or shown (0 or 1), and for every protected sum an attacker's linear programme over the tables
that agree with what is shown must leave a range wide enough. Each programme that finds too narrow a
range gives a cut for the choice of cells (Benders), by its dual values; with all cuts that are
needed the choice is optimal. First with cells hidden in part, then whole; then integers are asked.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import highspy
import numpy as np

from mothers_margins.disclosure.feasible_values import (
    NEVER,
    Question,
    Range,
    Statements,
    is_table,
    pinned_by,
    quiet_solver,
    witnesses,
)

Array = np.ndarray
PATIENCE = 12  # how often targets may be found not to be confirmed before it is given up
LEAST_TIE = 1e-6  # costs of two patterns that differ by less are the same
AT_ONCE = 3  # cuts of targets that are not confirmed
ROUNDS = 500  # of cuts; a problem of this size needs some ten


@dataclass(frozen=True, eq=False)
class Target:
    """A sum that must stay uncertain: its coefficients, how many values it must keep, and what it
    is, for messages.
    """

    weights: Array
    values: int
    name: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Problem:
    """Cells to choose among. known, totals, truth: as in System. statements: of c cells. costs: of
    hiding each. hidden, shown: truth per cell, what is decided beforehand. moves: as in System.
    is_thorough: whether integer programmes are asked where shares are printed; if not, what single
    moves do not confirm counts as not safe. tried: tables that may be witnesses. certain: truth per
    cell that is shown whatever else is hidden.
    """

    known: Array
    totals: Array
    truth: Array
    statements: Statements
    costs: Array
    hidden: Array
    shown: Array
    targets: tuple[Target, ...]
    moves: Array
    is_thorough: bool = True
    tried: tuple[Array, ...] = ()
    certain: Array = field(default_factory=lambda: np.zeros(0, dtype=bool))

    def question(self, hidden: Array) -> Question:
        """What an attacker knows when some cells are hidden."""
        made = ~hidden[self.statements.cell].astype(bool)
        return Question(self.known, self.totals, self.statements, made, self.truth)


@dataclass(frozen=True, eq=False)
class Chosen:
    """Which cells are hidden (truth per cell), and for each target tables that give it different
    values and agree with all that is shown.
    """

    hidden: Array
    witnesses: tuple[tuple[Array, ...], ...]


class NotProtectableError(ValueError):
    """A target that stays too narrow whatever is hidden. target: which."""

    def __init__(self, target: tuple[str, ...]) -> None:
        super().__init__(" ".join(target))
        self.target = target


def suppress(problem: Problem, in_part_first: bool = True) -> Chosen:
    """The cells to hide at the least cost. Raises NotProtectableError, naming the target that
    cannot be protected.
    """
    if not len(problem.costs):
        return _nothing_to_choose(problem)
    attack = _Attack(problem)
    choice = _Choice(problem)
    hidden = np.maximum(problem.hidden.astype(float), 0.0)
    whole = not in_part_first
    if whole:
        choice.make_whole()
    patience = PATIENCE
    for _ in range(ROUNDS):
        cuts = attack.cuts(hidden)
        if not cuts and not whole:
            choice.make_whole()
            whole = True
            hidden = choice.made()
            continue
        if not cuts:
            found, cuts = attack.confirmed(hidden)
            if not cuts:
                return Chosen(hidden.astype(bool), found)
            patience -= 1
            if not patience:
                raise NotProtectableError(cuts[0].target)
        for cut in cuts:
            choice.add(cut)
        hidden = choice.made()
    raise NotProtectableError(("rounds",))


def _nothing_to_choose(problem: Problem) -> Chosen:
    """Of no cell at all: whether what is known beforehand leaves the targets open."""
    hidden = np.empty(0, dtype=bool)
    question = problem.question(hidden)
    found = []
    for target in problem.targets:
        own = witnesses(question, target.weights, target.values, [problem.truth])
        if len(own) < target.values:
            raise NotProtectableError(target.name)
        found.append(tuple(own))
    return Chosen(hidden, tuple(found))


def confirmed(problem: Problem, hidden: Array) -> list[list[Array]]:
    """For every target the tables that were found to agree with what is shown and give it different
    values: as many as it needs, or fewer, and then it must not be called safe.
    """
    question = problem.question(hidden)
    nearby = question.neighbourhood(problem.moves)
    has_moves = problem.moves.shape[1] > 0
    is_thorough = problem.is_thorough or not question.has_intervals or not has_moves
    pool = Pool(problem)
    every = []
    for target in problem.targets:
        own = pool.witnesses(question.made, target)
        if len(own) < target.values:
            tried = own or [problem.truth]
            own = witnesses(question, target.weights, target.values, tried, nearby, is_thorough)
            pool.add(own)
        every.append(own)
    return every


@dataclass(frozen=True, eq=False)
class _Cut:
    """weights @ hidden >= least."""

    weights: Array
    least: float
    target: tuple[str, ...]


class _Attack:
    """The attacker's programmes, each target's last tables kept: while they still agree with what
    is shown, its range is known to be wide enough.
    """

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._range = Range(problem.known, problem.totals, problem.statements)
        self._most = [problem.truth.astype(float) for _ in problem.targets]
        self._least = [problem.truth.astype(float) for _ in problem.targets]
        self._pool = Pool(problem)

    def cuts(self, hidden: Array) -> list[_Cut]:
        """A cut for every target whose range is too narrow."""
        self._range.hide(hidden)
        cuts = []
        for place in self._in_doubt(hidden):
            cut = self._cut(int(place), hidden)
            if cut:
                cuts.append(cut)
        return cuts

    def _in_doubt(self, hidden: Array) -> Array:
        """Targets whose last tables no longer agree, or are not far enough apart."""
        statements = self._problem.statements
        share = hidden[statements.cell]
        low = statements.low + share * (statements.widest_low - statements.low) - NEVER
        high = statements.high + share * (statements.widest_high - statements.high) + NEVER
        doubtful = []
        for place, target in enumerate(self._problem.targets):
            most, least = self._most[place], self._least[place]
            wide = target.weights @ most - target.weights @ least >= target.values - 1 - NEVER
            sums = statements.weights @ np.column_stack([most, least])
            agree = (sums >= low[:, None]).all() and (sums <= high[:, None]).all()
            if not (wide and agree):
                doubtful.append(place)
        return np.array(doubtful, dtype=int)

    def _cut(self, place: int, hidden: Array) -> _Cut | None:
        target = self._problem.targets[place]
        most, self._most[place], slopes_up = self._range.extreme(target.weights, 1)
        least, self._least[place], slopes_down = self._range.extreme(target.weights, -1)
        lacking = target.values - 1 - (most - least)
        if lacking <= 1e-6:
            return None
        gains = self._gains(slopes_up) + self._gains(slopes_down)
        needed = lacking + gains @ hidden
        gains = np.minimum(gains, needed)
        gains[gains < 1e-9] = 0.0
        if not gains.any():
            raise NotProtectableError(target.name)
        return _Cut(gains, needed, target.name)

    def _gains(self, slopes: Array) -> Array:
        """How much an extreme moves, at most, when each cell is hidden whole."""
        statements = self._problem.statements
        by_low = np.maximum(slopes, 0) * (statements.low - statements.widest_low)
        by_high = np.maximum(-slopes, 0) * (statements.widest_high - statements.high)
        gains = np.zeros(len(self._problem.costs))
        np.add.at(gains, statements.cell, by_low + by_high)
        return gains

    def confirmed(self, hidden: Array) -> tuple[tuple[tuple[Array, ...], ...], list[_Cut]]:
        """Witnesses of every target; where there are too few, a cut: of the shown cells that pin it
        one must be hidden; all of them where nobody searches long, so that it ends.
        """
        question = self._problem.question(hidden)
        # of counts alone an integer programme is solved at once; shares of unknown bases are hard
        of_counts = not question.has_intervals
        nearby = None if of_counts else question.neighbourhood(self._problem.moves)
        has_moves = self._problem.moves.shape[1] > 0
        is_thorough = of_counts or self._problem.is_thorough or not has_moves
        found = []
        cuts: list[_Cut] = []
        for place, target in enumerate(self._problem.targets):
            own = self._pool.witnesses(question.made, target)
            if len(own) < target.values:
                tried = [*own, self._least[place], self._most[place]]
                own = witnesses(question, target.weights, target.values, tried, nearby, is_thorough)
                self._pool.add(own)
            found.append(tuple(own))
            if len(own) >= target.values:
                continue
            if len(cuts) >= AT_ONCE:
                break  # they are asked again after these have been mended
            cells = self._to_blame(question, target, hidden)
            for together in [cells] if is_thorough else [[cell] for cell in cells]:
                weights = np.zeros(len(self._problem.costs))
                weights[together] = 1.0
                cuts.append(_Cut(weights, 1.0, target.name))
        return tuple(found), cuts

    def _to_blame(self, question: Question, target: Target, hidden: Array) -> list[int]:
        """Shown cells of which one must be hidden so that a target may be confirmed: an irreducible
        set that pins it, or, where none is found by moving single participants, those that count
        the same people. Raises NotProtectableError where nothing is left to hide.
        """
        free = (hidden < 1) & ~self._problem.shown
        of_counts = not question.has_intervals
        if of_counts or self._problem.is_thorough:
            moves = None if of_counts else self._problem.moves
            pinning = pinned_by(
                question, target.weights, target.values, moves, is_thorough=of_counts
            )
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


class Pool:
    """Tables of whole numbers that add up to what is known, with all their sums. What shows one
    target open often shows another, and each is checked once.
    """

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._tables: list[Array] = []
        self._sums: list[Array] = []
        self._seen: set[bytes] = set()
        self.add([problem.truth, *problem.tried])

    def add(self, tables: Iterable[Array]) -> None:
        """Take in those that add up, by integer arithmetic."""
        for table in tables:
            key = table.tobytes()
            if key in self._seen or not is_table(table, self._problem.known, self._problem.totals):
                continue
            self._seen.add(key)
            self._tables.append(table)
            self._sums.append(self._problem.statements.weights @ table)

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


class _Choice:
    """The programme that chooses the cells, cut by cut; in part first, then whole."""

    def __init__(self, problem: Problem) -> None:
        self._cells = len(problem.costs)
        self._solver = quiet_solver()
        self._solver.setOptionValue("mip_abs_gap", LEAST_TIE)
        for cell in range(self._cells):
            low = 1.0 if problem.hidden[cell] else 0.0
            high = 0.0 if problem.shown[cell] and not problem.hidden[cell] else 1.0
            self._solver.addVar(low, high)
            self._solver.changeColCost(cell, float(problem.costs[cell]))
        self._whole = False
        self._last: tuple[str, ...] = ()

    def make_whole(self) -> None:
        """From now on a cell is hidden or not."""
        self._whole = True
        for cell in range(self._cells):
            self._solver.changeColIntegrality(cell, highspy.HighsVarType.kInteger)

    def add(self, cut: _Cut) -> None:
        self._last = cut.target
        places = np.flatnonzero(cut.weights)
        self._solver.addRow(
            cut.least,
            highspy.kHighsInf,
            len(places),
            places.astype(np.int32),
            cut.weights[places],
        )

    def made(self) -> Array:
        """The cheapest choice that all cuts allow; NotProtectableError where there is none."""
        self._solver.run()
        if self._solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            raise NotProtectableError(self._last)
        hidden = np.array(self._solver.getSolution().col_value)
        return np.asarray(np.rint(hidden) if self._whole else np.clip(hidden, 0.0, 1.0))
