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
    witnesses,
)
from mothers_margins.disclosure.nearest_tables import NearestTables
from mothers_margins.disclosure.solver import quiet_solver

Array = np.ndarray
PATIENCE = 12  # how often targets may be found not to be confirmed before it is given up
LEAST_TIE = 1e-6  # costs of two patterns that differ by less are the same
AT_ONCE = 3  # cuts of targets that are not confirmed
ROUGHLY = 0.05  # how much dearer a choice may be as long as cuts are found that it does not meet
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
    tried: tuple[Array, ...] = ()
    cuts: tuple["Cut", ...] = ()
    most_cost: float = np.inf
    certain: Array = field(default_factory=lambda: np.zeros(0, dtype=bool))

    def question(self, hidden: Array) -> Question:
        """What an attacker knows when some cells are hidden."""
        made = ~hidden[self.statements.cell].astype(bool)
        return Question(self.known, self.totals, self.statements, made, self.truth)


@dataclass(frozen=True, eq=False)
class Cut:
    """What every choice of cells fulfils that leaves a target open: weights @ hidden >= least. It
    holds wherever the same cells can be printed, whatever else is.
    """

    weights: Array
    least: float
    target: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Chosen:
    """Which cells are hidden (truth per cell), and for each target tables that give it different
    values and agree with all that is shown. cuts: that were found on the way.
    """

    hidden: Array
    witnesses: tuple[tuple[Array, ...], ...]
    cuts: tuple[Cut, ...] = ()


class NotProtectableError(ValueError):
    """A target that stays too narrow whatever is hidden. target: which."""

    def __init__(self, target: tuple[str, ...]) -> None:
        super().__init__(" ".join(target))
        self.target = target


class TooDearError(ValueError):
    """Whatever protects all targets costs more than it may."""


def suppress(problem: Problem) -> Chosen:
    """The cells to hide at the least cost.

    Raises NotProtectableError, naming the target that cannot be protected; TooDearError where it
    costs more than it may.
    """
    if not len(problem.costs):
        return _nothing_to_choose(problem)
    attack = _Attack(problem)
    choice = _Choice(problem)
    patience = PATIENCE
    for _ in range(ROUNDS):
        hidden = choice.made()
        cuts = attack.cuts(hidden)
        if not cuts and not choice.is_best:
            choice.ask_more()
            continue
        if not cuts:
            found, cuts = attack.confirmed(hidden)
            if not cuts:
                return Chosen(hidden.astype(bool), found, tuple(choice.cuts))
            patience -= 1
            if not patience:
                raise NotProtectableError(cuts[0].target)
        for cut in cuts:
            choice.add(cut)
    raise NotProtectableError(("rounds",))


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
        self._weights = problem.statements.weights.astype(float)
        weights = [target.weights for target in problem.targets]
        self._targets = np.array(weights, dtype=float).reshape(-1, len(problem.truth))
        self._needed = np.array([target.values - 1 for target in problem.targets], dtype=float)
        self._sums: list[Array] = []  # of each table by statement
        self._values: list[Array] = []  # of each table by target
        self._most = np.zeros(len(problem.targets))
        self._least = np.zeros(len(problem.targets))
        for table in (problem.truth, *problem.tried):
            self.add(table)  # those that do not agree are left out by `hide`

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
        self._sums.append(self._weights @ table)
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
    """The programme that chooses the cells, cut by cut; in part first, then whole, and last so that
    no choice of whole cells is cheaper.

    cuts: all so far. is_best: whether the last choice is of whole cells and none is cheaper.
    """

    def __init__(self, problem: Problem) -> None:
        self._cells = len(problem.costs)
        self._most_cost = problem.most_cost
        self._solver = quiet_solver()
        self._solver.setOptionValue("mip_abs_gap", LEAST_TIE)
        self._solver.setOptionValue("mip_rel_gap", ROUGHLY)
        self._solver.setOptionValue("mip_allow_restart", False)  # it takes longer than the rest
        for cell in range(self._cells):
            low = 1.0 if problem.hidden[cell] else 0.0
            high = 0.0 if problem.shown[cell] and not problem.hidden[cell] else 1.0
            self._solver.addVar(low, high)
            self._solver.changeColCost(cell, float(problem.costs[cell]))
        self._is_whole = False
        self._is_exact = False
        self._last: tuple[str, ...] = ()
        self.is_best = False
        self.cuts: list[Cut] = []
        for cut in problem.cuts:
            self.add(cut)

    def ask_more(self) -> None:
        """From now on a cell is hidden or not; if that was so, none is cheaper."""
        if self._is_whole:
            self._is_exact = True
            self._solver.setOptionValue("mip_rel_gap", 0.0)
            return
        self._is_whole = True
        for cell in range(self._cells):
            self._solver.changeColIntegrality(cell, highspy.HighsVarType.kInteger)

    def add(self, cut: Cut) -> None:
        """From now on choices fulfil a cut."""
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

    def made(self) -> Array:
        """The cheapest choice that all cuts allow, or one that is hardly dearer.

        Raises NotProtectableError where there is none, TooDearError where all cost too much.
        """
        self._solver.run()
        if self._solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            raise NotProtectableError(self._last)
        info = self._solver.getInfo()
        cost = info.objective_function_value
        least = info.mip_dual_bound if self._is_whole else cost
        if least > self._most_cost:
            raise TooDearError(self._last)
        hidden = np.array(self._solver.getSolution().col_value)
        whole = np.rint(hidden)
        is_whole = self._is_whole or bool((np.abs(hidden - whole) < NEVER).all())
        self.is_best = is_whole and (self._is_exact or cost - least <= LEAST_TIE)
        return np.asarray(whole if is_whole else np.clip(hidden, 0.0, 1.0))
