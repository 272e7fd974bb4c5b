"""One column as the chains hold it: codes or numbers, what is missing, its place in the design."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from mothers_margins.imputation.equations import LEVELLED, Equation, Level, Name, Passive
from mothers_margins.imputation.values import (
    as_numbers,
    fault_of,
    has_order,
    is_number,
    kinds_of,
    levels_in_order,
)

Array = np.ndarray
Cells = Any  # levels, numbers or a Series: pandas takes them, its type stubs by dtype only


@dataclass(frozen=True, eq=False)
class Gate:
    """Where a variable applies: the column that says so, and its codes (or numbers) where it
    does.
    """

    name: Name
    codes: Array

    def is_open(self, values: Array) -> Array:
        """Truth per value; a missing one opens nothing."""
        return np.isin(values, self.codes)


@dataclass(frozen=True, eq=False)
class ImputedItem:
    """An item of a score that is a variable of the run itself: its place among the items, and the
    numbers that its codes count; without any, start + sign times itself.
    """

    place: int
    name: Name
    counts: Array
    start: float
    sign: float

    def numbers(self, values: Array) -> Array:
        """What codes, or numbers, add to the score; nan where missing."""
        if not len(self.counts):
            return self.start + self.sign * values
        known = ~np.isnan(values)
        numbers = np.full(len(values), np.nan)
        numbers[known] = self.counts[values[known].astype(int)]
        return numbers


@dataclass(frozen=True, eq=False)
class Pattern:
    """Missing rows of a score that left the same items unanswered.

    rows: their places among the score's missing cells. unanswered: truth per item.
    """

    rows: Array
    unanswered: Array


@dataclass(frozen=True, eq=False)
class Items:
    """What a score is the sum of. answers: n x k numbers, missing where not answered. imputed:
    items with an equation of their own. patterns: of the missing rows in which something is
    answered, or imputed as an item. complete: rows with every item answered: the donors of these.
    """

    answers: Array
    imputed: tuple[ImputedItem, ...]
    patterns: tuple[Pattern, ...]
    complete: Array

    def answered(self, pattern: Pattern, at: Array, imputed: Mapping[Name, Array]) -> Array:
        """Sums of the answers of a pattern's rows. at: their places among all rows; imputed: by
        variable its values as they stand, for all rows.
        """
        answers = self.answers[at]
        for item in self.imputed:
            answers[:, item.place] = item.numbers(imputed[item.name][at])
        return np.asarray(answers[:, ~pattern.unanswered].sum(axis=1))


@dataclass(frozen=True, eq=False)
class InNeither:
    """An item that is imputed itself, of two counts beside each other: truth per code, whether
    neither of the two counts it, and per missing cell, whether the item is open there.
    """

    name: Name
    codes: Array
    is_open: Array

    def taken(self, codes: Array) -> Array:
        """Truth per cell, from the codes as they stand: the item is in neither of the counts."""
        known = ~np.isnan(codes)
        taken = np.zeros(len(codes), dtype=bool)
        taken[known] = self.codes[codes[known].astype(int)]
        return np.asarray(taken & self.is_open)


@dataclass(frozen=True, eq=False)
class Bounds:
    """The least and the most that each missing cell of a number can be: the row's own limits, and
    those that follow from another column. cut: its name, the code of its level, and where the
    number is cut; beside: another number's name, and the most that both can be together, less the
    items that were imputed as neither.
    """

    low: Array
    high: Array
    cut: tuple[Name, int, float] | None = None
    beside: tuple[Name, Array | float] | None = None
    neither: tuple[InNeither, ...] = ()

    def now(self, missing: Array, values: Mapping[Name, Array]) -> tuple[Array, Array]:
        """Lower and upper limits of the missing cells, given the other columns as they stand."""
        low = self.low
        high = self.high
        if self.cut:
            name, code, at = self.cut
            level = values[name][missing]
            low = np.where(level == code, np.maximum(low, at), low)
            # the largest number below the cut: a prorated score is not whole
            under = np.nextafter(at, -np.inf)
            high = np.where((level != code) & ~np.isnan(level), np.minimum(high, under), high)
        if self.beside:
            name, together = self.beside
            other = values[name][missing]
            room = np.where(np.isnan(other), np.inf, together - other)
            for item in self.neither:
                room = room - item.taken(values[item.name][missing])
            high = np.maximum(np.minimum(high, room), low)
        return low, high


@dataclass(frozen=True, eq=False)
class Part:
    """One source of a passive variable: its column where the passive is made, and which of its
    cells are filled.

    at: their places in `column`. pick: their places among the source's own missing cells.
    """

    source: Name
    column: pd.Series
    at: Array
    pick: Array


# By row and the values imputed in it: the code that was made, and whether it was missing. The
# function of a composite is asked the same again and again, by all chains of a process.
Remembered = dict[bytes, tuple[float, bool]]
ENOUGH_REMEMBERED = 100_000  # rows of sources that never repeat are not worth more memory


@dataclass(frozen=True, eq=False, kw_only=True)
class Column:
    """One column, with n values.

    values: codes of the levels, or numbers, nan where missing. missing: the n truth values of the
    cells that are imputed or made. places: its columns of the design, none if it predicts nothing.
    centre, scale: numbers are standardised as predictors. equation: of an imputed column; its gate
    if it has one. passive, parts: of one that is made. items, bounds: of a score, or a number with
    limits; at: of levels that a score is cut into, the score from which on they have the code.
    concerned: truth per row, where it applies by rows. remembered: of levels made row by row from
    imputed columns, what was made so far (see `Remembered`).
    """

    name: Name
    values: Array
    missing: Array
    levels: tuple[Level, ...]
    places: slice = field(default_factory=lambda: slice(0, 0))
    centre: float = 0.0
    scale: float = 1.0
    equation: Equation = field(default_factory=lambda: Equation("pmm"))
    gate: Gate | None = None
    passive: Passive | None = None
    parts: tuple[Part, ...] = ()
    items: Items | None = None
    bounds: Bounds | None = None
    at: tuple[float, int] | None = None
    concerned: Array | None = None
    remembered: Remembered | None = None

    @property
    def width(self) -> int:
        """Columns of the design it needs."""
        return len(self.levels) - 1 if self.levels else 1

    def columns(self, values: Array) -> Array:
        """Values as they stand in the design; missing ones at the base: the first level, or the
        centre.
        """
        missing = np.isnan(values)
        if self.levels:
            codes = np.where(missing, 0, values).astype(int)
            return np.asarray(np.eye(len(self.levels))[codes][:, 1:])
        standardised = (values - self.centre) / self.scale
        return np.asarray(np.where(missing, 0.0, standardised)[:, None])

    def decoded(self, values: Array) -> Sequence[Level] | Array:
        """Values, none of them missing, as they stand in the data frame."""
        return [self.levels[int(code)] for code in values] if self.levels else values

    def coded(self, made: pd.Series) -> Array:
        """What `make` returned, as codes or numbers; nan where it has no place in the design."""
        if self.levels:
            return coded(made, self.levels)
        numbers = as_numbers(made)
        return np.where(np.isfinite(numbers), numbers, np.nan)


def standardised(column: Column) -> Column:
    """Numbers with their centre and scale; levels as they are."""
    observed = column.values[~np.isnan(column.values)]
    if column.levels or not len(observed):
        return column
    return replace(column, centre=float(observed.mean()), scale=float(observed.std()) or 1.0)


def put(column: pd.Series, at: Array, values: Cells) -> pd.Series:
    """A column with other cells at some places, in its own type where that holds them, whole
    numbers else as Float64.

    Raises ValueError, naming the column, if they are of another kind altogether.
    """
    if isinstance(column.dtype, pd.CategoricalDtype):
        return _recoded(column, column.dtype, at, values)
    filled = column.copy()
    if isinstance(column.dtype, pd.ArrowDtype):
        # pyarrow holds no number beside decimals and no new word in a dictionary
        filled = column.astype("Float64" if is_number(column) else object)
    elif pd.api.types.is_integer_dtype(column.dtype):
        numbers = pd.Series(values).dropna().to_numpy(dtype=float)
        filled = filled if (np.round(numbers) == numbers).all() else filled.astype("Float64")
    elif pd.api.types.is_float_dtype(column.dtype):
        values = pd.array(values, dtype=column.dtype)  # a float32 does not take a float64
    elif isinstance(values, pd.Series):
        values = values.astype(object)
    values = values.array if isinstance(values, pd.Series) else values
    try:
        filled.iloc[at] = values
    except (TypeError, ValueError) as error:
        raise ValueError(f"chained: '{column.name}' cannot hold what is made for it") from error
    return filled


def _recoded(column: pd.Series, kind: pd.CategoricalDtype, at: Array, values: Cells) -> pd.Series:
    """Other levels at some places; by their codes, because setting items takes ten times as
    long.
    """
    place = {level: code for code, level in enumerate(kind.categories)}
    levels = list(values)  # once: a missing value read again need not be equal to itself
    # few levels, many rows; -1 is missing, -2 none of the levels
    codes_of = {level: -1 if pd.isna(level) else place.get(level, -2) for level in set(levels)}
    wanted = [codes_of[level] for level in levels]
    if -2 in wanted:
        raise ValueError(f"chained: '{column.name}' cannot hold what is made for it")
    codes = column.cat.codes.to_numpy().copy()
    codes[at] = wanted
    made = pd.Categorical.from_codes(codes, dtype=kind, validate=False)
    return pd.Series(made, index=column.index, name=column.name)


def levels_of(column: pd.Series, method: str) -> tuple[tuple[Level, ...], str]:
    """The levels that a column has, none for numbers; and what is wrong with it."""
    fault = fault_of(column)
    # a mixed column is no number, but what is declared as levels may be called anything
    if fault and not (method in ("logit", "mlogit") and len(kinds_of(column)) > 1):
        return (), fault
    if is_number(column) and method not in LEVELLED:
        return (), ""
    if method and method not in LEVELLED:
        return (), f"has levels, and {method} is for numbers"
    levels = levels_in_order(column)
    if method == "logit" and len(levels) > 2:
        return (), f"has {len(levels)} levels, and logit is for two"
    if method == "ologit" and not has_order(column):
        return (), "has levels without an order, and ologit needs one: declare ordered categories"
    return levels or (None,), ""


def coded(column: pd.Series, levels: tuple[Level, ...]) -> Array:
    """Codes of levels, nan where a value is missing or none of them."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        place = {level: float(code) for code, level in enumerate(levels)}
        by_code = np.array(
            [place.get(level, np.nan) for level in column.dtype.categories] + [np.nan]
        )
        return np.asarray(by_code[column.cat.codes.to_numpy()])
    codes = column.astype(object).map({level: code for code, level in enumerate(levels)})
    return codes.to_numpy(dtype=float, na_value=np.nan)
