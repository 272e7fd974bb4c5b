"""What a table would print of a variable, and what each printed number says of an attacker's table.

A variable has one form in all its columns:

- counts: n (%) of those known, with the number not known beside it, so with its base;
- share_of_all: n (% of all in the column); who is not known is counted in the unprinted second
  level, or in the last one, which says so;
- percent: whole per cent of those known, without any count;
- withheld: nothing.

Of a number (age, a score) only its base is a count: how many are not known.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import floor
from typing import Literal

import numpy as np

from mothers_margins.disclosure.feasible_values import Statements
from mothers_margins.disclosure.universe import NOT_CONCERNED, NOT_KNOWN, Array, System

Form = Literal["counts", "share_of_all", "percent", "withheld"]
FORMS: tuple[Form, ...] = ("counts", "share_of_all", "percent", "withheld")
# Costs of hiding, in thousandths of a level's cell: the second level of a pair is what the first
# leaves, and a base is read less often than what it is the base of.
PERCENT_FROM = 50  # whole numbers in 100 of fewer tell the count
LEVEL, BASE, SECOND_OF_PAIR, BY_SIZE = 1000, 600, 30, 9


@dataclass(frozen=True)
class Variable:
    """A variable as tables print it.

    levels: in printed order, none of a number. columns: the groups it is printed in, each with the
    place of its table in the order of precedence (0 comes first). zeros: (level, group) that are
    nought by definition.
    """

    name: str
    levels: tuple[str, ...]
    columns: Mapping[str, int]
    zeros: frozenset[tuple[str, str]] = frozenset()

    @property
    def is_number(self) -> bool:
        """Whether it has no levels."""
        return not self.levels

    @property
    def is_pair(self) -> bool:
        """Whether it has two levels, of which the second is what the first leaves."""
        return len(self.levels) == 2

    def is_zero(self, level: str, group: str) -> bool:
        """Whether a cell is nought by definition."""
        return (level, group) in self.zeros


@dataclass(frozen=True)
class Cell:
    """One number that can be printed. level: NOT_KNOWN for a base, NOT_CONCERNED for those to whom
    the variable does not apply.
    """

    variable: str
    level: str
    group: str


@dataclass(frozen=True, eq=False)
class Candidate:
    """A cell with what it says if it is printed.

    rows: (weights, low, high, widest low, widest high) of its statements. cost: of hiding it.
    must_hide, must_show: decided by rule. tier: of its table. is_zero: nought by definition.
    """

    cell: Cell
    rows: tuple[tuple[Array, float, float, float, float], ...]
    cost: int
    tier: int
    must_hide: bool = False
    must_show: bool = False
    is_zero: bool = False


@dataclass(frozen=True)
class Rule:
    """The numbers of a policy that decide about single cells.

    threshold: a count below it is hidden. not_known: whether counts of those not known are
    protected. rounding: of whole per cent.
    """

    threshold: int
    not_known: bool
    smallest_group: int = 0
    rounding: Literal["half_up", "half_even"] = "half_up"


@dataclass(frozen=True, eq=False)
class Printing:
    """A variable of a system, asked for its cells in one form."""

    system: System
    variable: Variable
    rule: Rule
    _kept: dict[tuple[str, str], Array] = field(default_factory=dict)

    def weights(self, level: str, group: str) -> Array:
        """Coefficients of a level's count in a group."""
        key = (level, group)
        if key not in self._kept:
            regions = self.system.universe.regions(group)
            self._kept[key] = self.system.weights(self.variable.name, [level], regions)
        return self._kept[key]

    def count(self, level: str, group: str) -> int:
        """The true count."""
        return int(self.weights(level, group) @ self.system.truth)

    def known(self, group: str) -> Array:
        """Coefficients of those with a known value."""
        levels = self.variable.levels or ("known",)
        return np.asarray(np.sum([self.weights(level, group) for level in levels], axis=0))

    def without_level(self, group: str) -> list[str]:
        """Who is in no level though in the group: not known, not concerned; those that there can
        be.
        """
        return [
            level
            for level in (NOT_KNOWN, NOT_CONCERNED)
            if self.weights(level, group).any() and not self.variable.is_zero(level, group)
        ]

    def is_small(self, level: str, group: str) -> bool:
        """Whether a count is protected: below the threshold and not nought by definition. That
        nobody is without a value is no news of anybody.
        """
        count = self.count(level, group)
        if level == NOT_KNOWN:
            return self.rule.not_known and 0 < count < self.rule.threshold
        if level == NOT_CONCERNED:
            return 0 < count < self.rule.threshold
        return count < self.rule.threshold and not self.variable.is_zero(level, group)

    def base_passes(self, group: str) -> bool:
        """Whether all counts of those without a level may stand beside a column."""
        return not any(self.is_small(level, group) for level in self.without_level(group))

    def is_too_small(self, group: str) -> bool:
        """Whether a group is too small to be a column at all."""
        return self.system.universe.size(group) < self.rule.smallest_group

    # ---- cells by form

    def candidates(self, form: Form) -> Iterator[Candidate]:
        """Every cell of every column in a form."""
        if form == "withheld":
            return
        first = min(self.variable.columns.values(), default=0)
        for group, tier in self.variable.columns.items():
            if self.variable.is_number:
                yield from self._bases(group, tier, must_show=False)
            elif form == "counts":
                yield from self._counts(group, tier)
            elif form == "share_of_all":
                yield from self._shares(group, tier)
            else:
                yield from self._percents(group, tier, is_later=tier > first)

    def allowed(self, form: Form) -> bool:
        """Whether a form can be had: counts need a base that passes in every column that comes
        first.
        """
        if form != "counts" or self.variable.is_number:
            return True
        first = min(self.variable.columns.values(), default=0)
        return all(
            self.base_passes(group)
            for group, tier in self.variable.columns.items()
            if tier == first
        )

    def _bases(self, group: str, tier: int, must_show: bool) -> Iterator[Candidate]:
        for level in self.without_level(group):
            hide = self.is_small(level, group) or self.is_too_small(group)
            yield self._exact(
                Cell(self.variable.name, level, group),
                self.weights(level, group),
                BASE,
                tier,
                must_hide=hide,
                must_show=must_show and not hide,
            )

    def _counts(self, group: str, tier: int) -> Iterator[Candidate]:
        passes = self.base_passes(group)
        yield from self._bases(group, tier, must_show=passes)
        for place, level in enumerate(self.variable.levels):
            yield self._exact(
                Cell(self.variable.name, level, group),
                self.weights(level, group),
                self._cost(place),
                tier,
                must_hide=not passes or self.is_small(level, group) or self.is_too_small(group),
                must_show=self.variable.is_zero(level, group),
            )

    def _shares(self, group: str, tier: int) -> Iterator[Candidate]:
        levels = self.variable.levels[:1] if self.variable.is_pair else self.variable.levels
        for place, level in enumerate(levels):
            weights = self.weights(level, group)
            is_zero = self.variable.is_zero(level, group)
            if place and level == self.variable.levels[-1]:
                weights = self.last_with_rest(group)
                is_zero = is_zero and not self.without_level(group)
            # a last level is printed with those not known, so that only both together are small
            count = int(weights @ self.system.truth)
            small = count < self.rule.threshold and not is_zero
            yield self._exact(
                Cell(self.variable.name, level, group),
                weights,
                self._cost(place),
                tier,
                must_hide=small or self.is_too_small(group),
                must_show=is_zero,
            )

    def last_with_rest(self, group: str) -> Array:
        """Coefficients of the last level together with those in no level."""
        together = [self.variable.levels[-1], *self.without_level(group)]
        return np.asarray(np.sum([self.weights(level, group) for level in together], axis=0))

    def _percents(self, group: str, tier: int, is_later: bool) -> Iterator[Candidate]:
        """A later table, whose columns cut those of the first, would tell the counts: whole
        numbers in 100 of many overlapping groups leave hardly any table of whole numbers.
        """
        levels = self.variable.levels[:1] if self.variable.is_pair else self.variable.levels
        base = self.known(group)
        known = int(base @ self.system.truth)
        for place, level in enumerate(levels):
            is_zero = self.variable.is_zero(level, group)
            must_hide = self.is_small(level, group) or self.is_too_small(group)
            must_hide = must_hide or is_later or known < PERCENT_FROM  # of fewer it is the count
            cell = Cell(self.variable.name, level, group)
            rows = self._percent_rows(self.weights(level, group), base, group)
            yield Candidate(
                cell,
                rows,
                self._cost(place, group),
                tier,
                must_hide and not is_zero,
                must_show=is_zero,
                is_zero=is_zero,
            )

    def _percent_rows(
        self, weights: Array, base: Array, group: str
    ) -> tuple[tuple[Array, float, float, float, float], ...]:
        """That 100 n / base rounds to p: (2p - 1) base <= 200 n < (2p + 1) base, with the ends as
        the rule of rounding has them.
        """
        count, known = int(weights @ self.system.truth), int(base @ self.system.truth)
        if not known:
            return ()
        percent = whole_percent(count, known, self.rule.rounding)
        has_low, has_high = True, False
        if self.rule.rounding == "half_even":
            has_low = has_high = percent % 2 == 0
        size = self.system.universe.size(group)
        below, above = 2 * percent - 1, 2 * percent + 1
        most = 200.0 * size  # of either sum: nobody's base is larger than the group
        low_row = 200 * weights - below * base
        high_row = 200 * weights - above * base
        return (
            (
                low_row,
                0.0 if has_low else 1.0,
                most + size,
                -float(max(below, 0) * size),
                most + size,
            ),
            (high_row, -float(above * size), 0.0 if has_high else -1.0, -float(above * size), most),
        )

    def _exact(
        self,
        cell: Cell,
        weights: Array,
        cost: int,
        tier: int,
        must_hide: bool,
        must_show: bool,
    ) -> Candidate:
        count = float(weights @ self.system.truth)
        size = float(self.system.universe.size(cell.group))
        return Candidate(
            cell,
            ((weights, count, count, 0.0, size),),
            cost + self._by_size(cell.group),
            tier,
            must_hide and not must_show,
            must_show,
            is_zero=must_show and not count,
        )

    def _cost(self, place: int, group: str = "") -> int:
        cost = SECOND_OF_PAIR if self.variable.is_pair and place else LEVEL
        return cost + (self._by_size(group) if group else 0)

    def _by_size(self, group: str) -> int:
        """Ties go against smaller groups: by public sizes only, never by a count."""
        everybody = int(self.system.universe.sizes.sum())
        return round(BY_SIZE * self.system.universe.size(group) / max(everybody, 1))


def whole_percent(count: int, base: int, rounding: str = "half_up") -> int:
    """100 count / base as a whole number, by integers."""
    doubled, rest = divmod(200 * count, base)
    if rounding == "half_even" and not rest and doubled % 2:
        lower = doubled // 2
        return lower + lower % 2
    return floor((200 * count + base) / (2 * base))


def statements(candidates: list[Candidate], columns: int) -> Statements:
    """All statements of some cells, by the cells' places in the list."""
    rows = [row for candidate in candidates for row in candidate.rows]
    cell = [place for place, candidate in enumerate(candidates) for _ in candidate.rows]
    if not rows:
        nothing = np.empty(0)
        return Statements(
            np.empty((0, columns), dtype=np.int64),
            nothing,
            nothing,
            nothing,
            nothing,
            np.empty(0, dtype=int),
        )
    return Statements(
        np.array([row[0] for row in rows], dtype=np.int64),
        np.array([row[1] for row in rows], dtype=float),
        np.array([row[2] for row in rows], dtype=float),
        np.array([row[3] for row in rows], dtype=float),
        np.array([row[4] for row in rows], dtype=float),
        np.array(cell, dtype=int),
    )
