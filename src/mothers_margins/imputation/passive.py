"""Passive variables: what is made from other columns, before any imputation and in every sweep."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from mothers_margins.imputation.columns import (
    Array,
    Column,
    Part,
    levels_of,
    put,
    standardised,
)
from mothers_margins.imputation.equations import Level, Name, Passive
from mothers_margins.imputation.values import is_number, kinds_of


def make(name: Name, passive: Passive, sources: pd.DataFrame) -> pd.Series:
    """The rows of a passive variable. Raises ValueError if its function returns anything else than
    their series.
    """
    values = passive.make(sources)
    if not isinstance(values, pd.Series) or not values.index.equals(sources.index):
        raise ValueError(f"chained: passive '{name}' must make a Series with the rows it is given")
    return values


def passive_column(
    name: Name,
    passive: Passive,
    data: pd.DataFrame,
    columns: Mapping[Name, Column],
    as_series: Mapping[Name, pd.Series],
) -> tuple[Column, pd.Series]:
    """A passive variable as it stands before any imputation, as a column and as the series its
    followers see.
    """
    sources = pd.DataFrame(
        {source: as_series[source] for source in passive.sources}, index=data.index
    )
    waits = np.zeros(len(data), dtype=bool)
    for source in passive.sources:
        waits = waits | columns[source].missing
    values, waits, row_by_row = _from_known_sources(name, passive, sources, waits)
    if name in data:
        series, missing = _recorded_first(data[name], values, waits)
        levels = _levels_of(series, series)
    else:
        series = _in_place(values, waits, data.index)
        series.name = name
        missing = waits
        levels = _levels_of(values, series)
    parts = tuple(
        _part(source, as_series[source], columns[source].missing, missing)
        for source in passive.sources
    )
    from_passive = any(columns[source].passive for source in passive.sources)
    column = Column(
        name=name,
        values=np.empty(0),
        missing=missing,
        levels=levels,
        passive=passive,
        parts=parts,
        remembered={} if row_by_row and levels and not from_passive else None,
    )
    return standardised(replace(column, values=column.coded(series))), series


def _from_known_sources(
    name: Name, passive: Passive, sources: pd.DataFrame, waits: Array
) -> tuple[pd.Series, Array, bool]:
    """What is made for the rows whose sources are all known, and which rows wait: all of them for a
    function that looks at other rows, if any does. Whether it works row by row.
    """
    known = sources[~waits]
    values = make(name, passive, known)
    if _row_by_row(values, make(name, passive, known.iloc[::2])):
        return values, waits, True
    if waits.any():
        waits = np.ones(len(sources), dtype=bool)
    return make(name, passive, sources)[~waits], waits, False


def _row_by_row(whole: pd.Series, half: pd.Series) -> bool:
    """Whether every other row gives what all rows gave; a function that looks at other rows is made
    on all of them.
    """
    try:
        pd.testing.assert_series_equal(
            whole.iloc[::2], half, check_dtype=False, check_categorical=False, check_names=False
        )
    except AssertionError:
        return False
    return True


def _recorded_first(
    recorded: pd.Series, values: pd.Series, waits: Array
) -> tuple[pd.Series, Array]:
    """A variable that is in the data too: recorded values stay, gaps get what is made; and which
    cells stay missing.
    """
    gaps = recorded.isna().to_numpy()
    filled = gaps & ~waits
    return put(recorded, filled, values[filled[~waits]]), gaps & waits


def _in_place(values: pd.Series, waits: Array, index: pd.Index) -> pd.Series:
    """What was made, in the places of the rows that do not wait."""
    place = np.where(waits, -1, np.cumsum(~waits) - 1)  # among those made; -1 is missing
    return pd.Series(pd.api.extensions.take(values.array, place, allow_fill=True), index=index)


def _levels_of(values: pd.Series, series: pd.Series) -> tuple[Level, ...]:
    """The levels that a passive variable can have, none for numbers. values: in the type in which
    they are made.
    """
    if isinstance(values.dtype, pd.CategoricalDtype):
        return tuple(values.dtype.categories) or (None,)
    if kinds_of(values) == ("truths",):
        return (False, True)
    if is_number(values):
        return ()
    return levels_of(series, "mlogit")[0]


def _part(source: Name, column: pd.Series, source_missing: Array, missing: Array) -> Part:
    """One source of a passive variable, in the rows where that is made."""
    among_its_missing = np.cumsum(source_missing) - 1
    return Part(
        source=source,
        column=column[missing],
        at=np.flatnonzero(source_missing[missing]),
        pick=among_its_missing[missing & source_missing],
    )
