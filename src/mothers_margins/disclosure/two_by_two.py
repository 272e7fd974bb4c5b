"""Which tables of counts are compatible with what is printed of them, by enumeration.

A table has r levels as rows and two columns, with and without the outcome; the last row is the
reference level. Two groups that are compared are such columns, too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mothers_margins.disclosure.printed_text import Rule, agrees, limits_of, p_agrees
from mothers_margins.disclosure.table_statistics import (
    Method,
    TestName,
    added,
    chi_squared,
    column_difference,
    cramers_v,
    expanded,
    log_limit,
    log_odds_ratio,
    odds_ratio_p,
    p_of_test,
    risk_difference,
)

Cell = tuple[int, int]  # row and column, from 0
UNKNOWN = -1


@dataclass(frozen=True)
class OddsRatio:
    """What is printed of a level's odds ratio against the reference level; an empty text was not.

    level: confidence of the interval in per cent. cuts: the classes of p, as in `p_agrees`.
    within: units of the last decimal by which estimate and limits may differ from their text (for
    programs whose rounding is not known).
    """

    value: str = ""
    low: str = ""
    high: str = ""
    p_value: str = ""
    method: Method = "wald"
    level: float = 95.0
    cuts: tuple[float, ...] = ()
    within: int = 0


@dataclass(frozen=True)
class Test:
    """What is printed of a test of the whole table; an empty text was not.

    v: Cramér's V, which has no correction. cuts: the classes of p, as in `p_agrees`. Fisher's exact
    test has no statistic.
    """

    __test__ = False  # pytest takes classes of this name for its own

    name: TestName = "chi_squared"
    statistic: str = ""
    v: str = ""
    p_value: str = ""
    cuts: tuple[float, ...] = ()


@dataclass(frozen=True)
class Percentage:
    """A printed percentage: participants in some cells, of those in others (its base)."""

    cells: tuple[Cell, ...]
    base: tuple[Cell, ...]
    text: str


@dataclass(frozen=True)
class Printed:
    """What is printed of one table, and what else is known of it; what is left out is not known.

    rows: number of levels, each of them with someone. row_totals: one per row, None where it is not
    known; for two rows the exposed and the others. least, most: bounds of the cells, r x 2; a cell
    whose bounds are equal is known. odds_ratios: one per row but the reference, None where nothing
    is printed. risk_differences: one per row but the reference, share with the outcome minus that
    of the reference, in points. column_differences: one per row, share of the level in the first
    column minus that in the second, in points. rounding: how numbers became texts.
    """

    rows: int = 2
    n: int | None = None
    n_events: int | None = None
    row_totals: tuple[int | None, ...] = ()
    least: tuple[Cell, ...] = ()
    most: tuple[Cell, ...] = ()
    odds_ratios: tuple[OddsRatio | None, ...] = ()
    tests: tuple[Test, ...] = ()
    risk_differences: tuple[str, ...] = ()
    column_differences: tuple[str, ...] = ()
    percentages: tuple[Percentage, ...] = ()
    rounding: Rule = "half_up"

    def __post_init__(self) -> None:
        lengths = {
            "row_totals": self.rows,
            "least": self.rows,
            "most": self.rows,
            "odds_ratios": self.rows - 1,
            "risk_differences": self.rows - 1,
            "column_differences": self.rows,
        }
        wrong = [
            name for name, length in lengths.items() if len(getattr(self, name)) not in (0, length)
        ]
        if self.rows < 2 or wrong:
            raise ValueError(f"Printed: two rows or more, and one each: {', '.join(wrong)}.")


@dataclass(frozen=True, eq=False)
class Identified:
    """How many different values compatible tables leave, where 1 is a number found out.

    cells: r x 2. sums: by name.
    """

    cells: np.ndarray
    sums: Mapping[str, int]


class _Known(NamedTuple):
    """Totals and bounds of a table as numbers. n_most is n where that is known. row_totals: of r,
    UNKNOWN where they are. least, most: r x 2.
    """

    n: int | None
    n_events: int | None
    n_most: int
    row_totals: np.ndarray
    least: np.ndarray
    most: np.ndarray


def compatible_tables(printed: Printed, n_most: int | None = None) -> np.ndarray:
    """Every table of nonnegative whole numbers that has the known totals and whose statistics print
    as the texts say: k x r x 2, k may be 0.

    n_most: bound of an n that is not known. A statistic that a table does not have (an empty
    margin) prints as nothing, so such a table is not compatible with a text of it. Raises
    ValueError for a text that is no number, and where nothing bounds n; OverflowError where more
    than 5 million tables would be held on the way.
    """
    known = _known(printed, n_most)
    reference = printed.rows - 1
    order = [reference, *range(reference)]
    tables = np.zeros((1, printed.rows, 2), dtype=np.int64)
    for row in order:
        is_last = row == order[-1]
        low, high = _events_of_row(tables, row, known, is_last)
        tables = _filled(tables, (row, 0), low, high)
        low, high = _others_of_row(tables, row, known, is_last)
        if row != reference:
            window = _window(tables, row, printed, known.n_most)
            low = np.maximum(low, window[0])
            high = np.minimum(high, window[1])
        tables = _filled(tables, (row, 1), low, high)
        if row != reference:
            tables = _agreeing_in_row(tables, row, printed)
    return _agreeing(tables, printed)


def identified(tables: np.ndarray, sums: Mapping[str, Sequence[Cell]] | None = None) -> Identified:
    """The number of different values of each cell and of named sums of cells over tables (k x r x
    2); 0 throughout where there is none.
    """
    cells = np.array(
        [
            [len(np.unique(tables[:, row, column])) for column in (0, 1)]
            for row in range(tables.shape[1])
        ]
    )
    of_sums = {name: len(np.unique(sum_of(tables, of))) for name, of in (sums or {}).items()}
    return Identified(cells, of_sums)


def sum_of(tables: np.ndarray, cells: Sequence[Cell]) -> np.ndarray:
    """The sum of some cells of each table."""
    rows, columns = zip(*cells, strict=True)
    total: np.ndarray = tables[:, rows, columns].sum(axis=1)
    return total


def _known(printed: Printed, n_most: int | None) -> _Known:
    """Totals and bounds; what follows at once from the others is filled in."""
    totals = list(printed.row_totals or [None] * printed.rows)
    n = printed.n
    left_open = [row for row, total in enumerate(totals) if total is None]
    if not left_open:
        n = sum(total for total in totals if total is not None) if n is None else n
    elif len(left_open) == 1 and n is not None:
        totals[left_open[0]] = n - sum(total for total in totals if total is not None)
    if n is None and n_most is None and printed.most:
        n_most = int(np.sum(printed.most))
    bound = n if n is not None else n_most
    if bound is None:
        raise ValueError("compatible_tables: n is not known and has no bound.")
    row_totals = np.array([UNKNOWN if total is None else total for total in totals])
    no_bounds = np.zeros((printed.rows, 2), dtype=np.int64)
    least = np.array(printed.least) if printed.least else no_bounds
    most = np.array(printed.most) if printed.most else no_bounds + bound
    return _Known(n, printed.n_events, bound, row_totals, least, most)


def _filled(tables: np.ndarray, cell: Cell, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Each table with every value of a cell from low to high."""
    places, values = expanded(low, high)
    filled: np.ndarray = tables[places]
    filled[:, cell[0], cell[1]] = values
    return filled


def _events_of_row(
    tables: np.ndarray, row: int, known: _Known, is_last: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Between which numbers the row's first cell can lie, of each table."""
    left = known.n_most - tables.sum(axis=(1, 2))
    high = np.minimum(left, known.most[row, 0])
    low = np.full(len(tables), known.least[row, 0])
    if known.row_totals[row] != UNKNOWN:
        high = np.minimum(high, known.row_totals[row])
    if known.n_events is not None:
        events_left = known.n_events - tables[:, :, 0].sum(axis=1)
        high = np.minimum(high, events_left)
        low = np.maximum(low, events_left) if is_last else low
    return low, high


def _others_of_row(
    tables: np.ndarray, row: int, known: _Known, is_last: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Between which numbers the row's second cell can lie, of each table, whose first is there."""
    left = known.n_most - tables.sum(axis=(1, 2))
    high = np.minimum(left, known.most[row, 1])
    low = np.full(len(tables), known.least[row, 1])
    if known.row_totals[row] != UNKNOWN:
        rest_of_row = known.row_totals[row] - tables[:, row, 0]
        low = np.maximum(low, rest_of_row)
        high = np.minimum(high, rest_of_row)
    if known.n is not None and known.n_events is not None:
        others_left = known.n - known.n_events - tables[:, :, 1].sum(axis=1)
        high = np.minimum(high, others_left)
    if known.n is not None and is_last:
        low = np.maximum(low, left)
    return low, high


def _window(
    tables: np.ndarray, row: int, printed: Printed, n_most: int
) -> tuple[np.ndarray, np.ndarray]:
    """Between which numbers the printed odds ratio leaves the row's second cell, of each table, one
    more on both sides than it does: the ratio falls as the cell grows.
    """
    stated = printed.odds_ratios[row] if printed.odds_ratios else None
    if stated is None or not stated.value:
        return np.zeros(len(tables), dtype=np.int64), np.full(len(tables), n_most)
    least, greatest = limits_of(stated.value, stated.within)
    more = added(stated.method)
    events = tables[:, row, 0] + more
    reference = tables[:, -1] + more
    with np.errstate(divide="ignore", invalid="ignore"):
        product = events * reference[:, 1] / reference[:, 0]
        low = product / greatest - more
        high = product / least - more if least > 0 else np.full(len(tables), np.inf)
    # an estimate that is infinite or zero divided by zero is no number, and leaves no cell
    low = np.where(np.isfinite(low), low, n_most + 2)
    high = np.where(np.isnan(high), -2, high)
    within = (-2, n_most + 2)
    lowest = np.floor(np.clip(low, *within)).astype(np.int64) - 1
    highest = np.ceil(np.clip(high, *within)).astype(np.int64) + 1
    return lowest, highest


def _agreeing_in_row(tables: np.ndarray, row: int, printed: Printed) -> np.ndarray:
    """The tables in which what is printed of a row against the reference holds; what costs more is
    asked of those that are left.
    """
    stated = printed.odds_ratios[row] if printed.odds_ratios else None
    if printed.risk_differences and printed.risk_differences[row]:
        difference = risk_difference(_pairs(tables, row))
        tables = tables[agrees(difference, printed.risk_differences[row], printed.rounding)]
    if stated is None:
        return tables
    for text, side in ((stated.value, 0), (stated.low, -1), (stated.high, 1)):
        if text:
            numbers = np.exp(_log_estimate(_pairs(tables, row), stated, side))
            tables = tables[agrees(numbers, text, printed.rounding, stated.within)]
    if stated.p_value:
        p_values = odds_ratio_p(_pairs(tables, row), stated.method)
        tables = tables[p_agrees(p_values, stated.p_value, printed.rounding, stated.cuts)]
    return tables


def _pairs(tables: np.ndarray, row: int) -> np.ndarray:
    """A row and the reference of each table: k x 2 x 2."""
    pairs: np.ndarray = tables[:, [row, -1]]
    return pairs


def _log_estimate(pairs: np.ndarray, stated: OddsRatio, side: int) -> np.ndarray:
    """The log odds ratio (side 0) or a limit of it (-1, +1)."""
    if side == 0:
        return log_odds_ratio(pairs, stated.method)
    return log_limit(pairs, stated.method, stated.level, side)


def _agreeing(tables: np.ndarray, printed: Printed) -> np.ndarray:
    """The tables in which what is printed of the whole table holds."""
    for row, text in enumerate(printed.column_differences):
        if text:
            difference = column_difference(tables, row)
            tables = tables[agrees(difference, text, printed.rounding)]
    for percentage in printed.percentages:
        with np.errstate(divide="ignore", invalid="ignore"):
            share = 100 * sum_of(tables, percentage.cells) / sum_of(tables, percentage.base)
        tables = tables[agrees(share, percentage.text, printed.rounding)]
    for test in printed.tests:
        tables = _agreeing_with_test(tables, test, printed.rounding)
    return tables


def _agreeing_with_test(tables: np.ndarray, test: Test, rounding: Rule) -> np.ndarray:
    """The tables in which what is printed of a test holds."""
    if test.statistic:
        statistic = chi_squared(tables, yates=test.name == "chi_squared_yates")
        tables = tables[agrees(statistic, test.statistic, rounding)]
    if test.v:
        tables = tables[agrees(cramers_v(tables), test.v, rounding)]
    if test.p_value:
        p_values = p_of_test(tables, test.name)
        tables = tables[p_agrees(p_values, test.p_value, rounding, test.cuts)]
    return tables
