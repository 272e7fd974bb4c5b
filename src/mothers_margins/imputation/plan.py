"""Checks data and equations, and lays out the design: what hangs on what, what predicts what, in
which order.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from mothers_margins.imputation.columns import (
    Array,
    Column,
    Gate,
    Part,
    coded,
    levels_of,
    make,
    put,
)
from mothers_margins.imputation.equations import METHODS, Equation, Equations, Event, Passive


@dataclass(frozen=True, eq=False)
class Plan:
    """All that chains share.

    targets: in the order of the sweeps. made: passive variables, in declared order. affected: by
    target what hangs on it (conditional and passive variables), in the order of making; none of
    that predicts it. design: n x p, all columns. owners: the p names whose columns they are.
    predictors: by target the places of its predictors.
    """

    data: pd.DataFrame
    targets: tuple[Column, ...]
    made: tuple[Column, ...]
    affected: Mapping[Any, tuple[Column, ...]]
    design: Array
    owners: tuple[str, ...]
    predictors: Mapping[Any, Array]
    events: tuple[Event, ...]


def prepared(data: pd.DataFrame, equations: Equations) -> Plan:
    """Check data and equations and lay out the design. Raises ValueError, naming variables and
    never values.
    """
    passive = {name: one for name, one in equations.items() if isinstance(one, Passive)}
    written = {name: one for name, one in equations.items() if not isinstance(one, Passive)}
    declared = {
        name: Equation(one) if isinstance(one, str) else one for name, one in written.items()
    }
    _refuse(_faults(data, declared, passive))
    order = _order(data, declared, passive)
    columns: dict[Any, Column] = {}
    frames: dict[Any, pd.Series] = {name: data[name] for name in data if name not in passive}
    events: list[Event] = []
    problems: list[str] = []
    for name in order:
        if name in passive:
            columns[name], frames[name] = _made(name, passive[name], data, columns, frames)
            continue
        columns[name], more, fault = _column(data[name], declared.get(name), columns)
        events += more
        problems += [f"'{name}' {fault}"] if fault else []
    _refuse(problems)
    above = _above(order, declared, passive)
    by_gaps = sorted(
        (n for n in declared if columns[n].missing.any()), key=lambda n: columns[n].missing.sum()
    )
    ordered = list[Any]()
    for name in by_gaps:  # from least to most missing, but after what it hangs on
        ordered += [
            one
            for one in [*(n for n in order if n in above[name] and n in by_gaps), name]
            if one not in ordered
        ]
    laid = [name for name in data if name not in ordered and name not in passive]
    laid += [*ordered, *(name for name, one in passive.items() if one.predicts)]
    place, blocks, owners = 1, [np.ones((len(data), 1))], [""]
    for name in laid:
        width = columns[name].width
        columns[name] = replace(columns[name], places=slice(place, place + width))
        blocks.append(columns[name].columns(columns[name].values))
        owners += [str(name)] * width
        place += width
    design = np.hstack(blocks)
    idle = (design == design[0]).all(axis=0)
    idle[0] = False
    needed = {one for one in order if one in laid or any(one in above[other] for other in laid)}
    affected, predictors = {}, {}
    for name in ordered:
        affected[name] = tuple(
            columns[n]
            for n in order
            if name in above[n] and n in needed and columns[n].missing.any()
        )
        equation, keep = declared[name], np.ones(place, dtype=bool)
        for one in laid:
            unnamed = bool(equation.only) and one not in equation.only
            if one == name or name in above[one] or one in equation.omit or unnamed:
                keep[columns[one].places] = False
        predictors[name] = np.flatnonzero(keep)
    for name in laid:
        if (
            name not in ordered
            and not columns[name].missing.any()
            and idle[columns[name].places].all()
        ):
            events.append(Event(str(name), "predicts_nothing", 1))
    fixed = idle.copy()
    for name in [*ordered, *passive]:
        fixed[columns[name].places] = False
    predictors = {name: at[~fixed[at]] for name, at in predictors.items()}
    made = tuple(columns[name] for name in passive)
    targets = tuple(columns[name] for name in ordered)
    return Plan(data, targets, made, affected, design, tuple(owners), predictors, tuple(events))


def _refuse(problems: list[str]) -> None:
    if problems:
        raise ValueError("chained: " + "; ".join(problems))


def _parents(
    name: Any, declared: Mapping[Any, Equation], passive: Mapping[Any, Passive]
) -> tuple[Any, ...]:
    """What a column hangs on directly: its sources or its gate."""
    if name in passive:
        return tuple(passive[name].sources)
    applies = declared[name].applies if name in declared else None
    return (applies[0],) if isinstance(applies, tuple) else ()


def _faults(
    data: pd.DataFrame, declared: Mapping[Any, Equation], passive: Mapping[Any, Passive]
) -> list[str]:
    """What can be seen wrong column by column."""
    if not len(data) or not data.columns.is_unique:
        return ["the data frame has no rows" if not len(data) else "two columns have the same name"]
    found = [f"'{name}' has an equation and is no column" for name in declared if name not in data]
    for name, equation in declared.items():
        applies, (low, high) = equation.applies, equation.limits
        if equation.method not in METHODS:
            found.append(f"'{name}' has an unknown method; allowed: {', '.join(METHODS)}")
            continue
        strange = [
            str(one)
            for one in (*equation.omit, *equation.only)
            if one not in data and one not in passive
        ]
        if strange:
            found.append(f"'{name}' names predictors that are no columns: {', '.join(strange)}")
        if equation.knn < 1:
            found.append(f"'{name}' needs at least one donor (knn)")
        if equation.delta and equation.method == "mlogit":
            found.append(f"'{name}' has a delta, which unordered levels cannot be shifted by")
        if isinstance(applies, tuple):
            if len(applies) != 2 or (applies[0] not in data and applies[0] not in passive):
                found.append(f"'{name}' applies by a column that is none")
        elif applies is not None and (len(applies) != len(data) or applies.isna().any()):
            found.append(
                f"'{name}' applies by truth values that are missing or of another length than "
                "the data"
            )
        if (
            equation.method == "truncreg"
            and name in data
            and pd.api.types.is_numeric_dtype(data[name].dtype)
        ):
            outside = int(((data[name] < low) | (data[name] > high)).sum())
            found += (
                [f"'{name}' has {outside} observed values outside its limits"]
                if outside or low >= high
                else []
            )
    for place, (name, one) in enumerate(passive.items()):
        later = [other for other in list(passive)[place:] if other in one.sources]
        lost = [
            str(other)
            for other in one.sources
            if other in later or (other not in data and other not in passive)
        ]
        if lost:
            found.append(
                f"passive '{name}' needs {', '.join(lost)}, which is no column, or is made later"
            )
    for name in data:
        if name in passive:
            continue
        method = declared[name].method if name in declared else ""
        fault = levels_of(data[name], method)[1] if method in ("", *METHODS) else ""
        found += [f"'{name}' {fault}"] if fault else []
        if data[name].isna().any() and name not in declared:
            found.append(f"'{name}' has missing values and no equation")
        if name in declared and declared[name].applies is None and data[name].isna().all():
            found.append(f"'{name}' has no observed value")
    return found


def _order(
    data: pd.DataFrame, declared: Mapping[Any, Equation], passive: Mapping[Any, Passive]
) -> list[Any]:
    """Every column after those it hangs on."""
    order, open_ = list[Any](), list[Any]()

    def visit(name: Any) -> None:
        if name in open_:
            raise ValueError(
                f"chained: '{name}' hangs on itself, by its gate or by what it is made from"
            )
        if name not in order:
            open_.append(name)
            for parent in _parents(name, declared, passive):
                visit(parent)
            order.append(open_.pop())

    for name in [*data, *passive]:
        visit(name)
    return order


def _above(
    order: list[Any], declared: Mapping[Any, Equation], passive: Mapping[Any, Passive]
) -> dict[Any, frozenset[Any]]:
    """All that a column hangs on, directly or not."""
    above: dict[Any, frozenset[Any]] = {}
    for name in order:
        parents = _parents(name, declared, passive)
        above[name] = frozenset(parents).union(*(above[parent] for parent in parents))
    return above


def _column(
    column: pd.Series, equation: Equation | None, before: dict[Any, Column]
) -> tuple[Column, list[Event], str]:
    """A column of the data; its events, and what is wrong with it."""
    name, events = column.name, list[Event]()
    levels, _ = levels_of(column, equation.method if equation else "")
    values = coded(column, levels) if levels else column.to_numpy(dtype=float, na_value=np.nan)
    missing = column.isna().to_numpy()
    seen = values[~missing]
    made = Column(name=name, values=values, missing=missing, levels=levels)
    if not levels and len(seen):
        made = replace(made, centre=float(seen.mean()), scale=float(seen.std()) or 1.0)
    if equation is None:
        return made, events, ""
    gate, applies = None, equation.applies
    if isinstance(applies, tuple):
        gated = before[applies[0]]
        gate, fault = _gate(gated, applies[1])
        if fault:
            return made, events, fault
        is_open = gate.is_open(gated.values)
        closed = int((~missing & ~is_open & ~np.isnan(gated.values)).sum())
        if closed:
            return (
                made,
                events,
                f"has {closed} observed values where its gate '{gated.name}' is closed",
            )
        unknown = int((~missing & np.isnan(gated.values)).sum())
        if unknown:
            events.append(Event(str(name), "gate_missing_kept", unknown, (str(gated.name),)))
        missing = missing & (is_open | gated.missing)
    elif applies is not None:
        missing = missing & applies.to_numpy(dtype=bool)
    made = replace(made, missing=missing, equation=equation, gate=gate)
    if missing.any():
        if not len(seen):
            return made, events, "has no observed value"
        if isinstance(column.dtype, pd.CategoricalDtype) and (
            lost := len(column.dtype.categories) - len(levels)
        ):
            events.append(Event(str(name), "levels_left_out", lost))
        if np.ptp(seen) == 0:
            events.append(Event(str(name), "constant_imputed", int(missing.sum())))
    return made, events, ""


def _gate(gated: Column, level: Any) -> tuple[Gate, str]:
    asked = list(level) if isinstance(level, tuple | list) else [level]
    known = gated.levels or tuple(np.unique(gated.values[~np.isnan(gated.values)]))
    codes = [
        (gated.levels.index(one) if gated.levels else float(one)) for one in asked if one in known
    ]
    fault = (
        ""
        if codes and len(codes) == len(asked)
        else f"applies by a level that no row of '{gated.name}' has"
    )
    return Gate(gated.name, np.array(codes, dtype=float)), fault


def _made(
    name: Any,
    passive: Passive,
    data: pd.DataFrame,
    columns: dict[Any, Column],
    frames: dict[Any, pd.Series],
) -> tuple[Column, pd.Series]:
    """A passive variable as it stands before any imputation, as a column and as the series its
    followers see.
    """
    sources = pd.DataFrame({source: frames[source] for source in passive.sources}, index=data.index)
    waits = np.any(
        [columns[source].missing for source in passive.sources] or [np.zeros(len(data), bool)],
        axis=0,
    )
    known = sources[~waits]
    first = make(name, passive, known)
    if not _row_by_row(first, make(name, passive, known.iloc[::2])):
        waits = np.ones(len(data), dtype=bool) if waits.any() else waits
        first = make(name, passive, sources)
        first = first[~waits]
    if name in data:
        base = put(data[name], (gone := data[name].isna().to_numpy() & ~waits), first[gone[~waits]])
        missing = waits & data[name].isna().to_numpy()
    else:
        at = np.where(waits, -1, np.cumsum(~waits) - 1)
        taken = pd.api.extensions.take(first.array, at, allow_fill=True)
        base, missing = pd.Series(taken, index=data.index, name=name), waits
    kind: Any = first.dtype if name not in data else base.dtype
    if isinstance(kind, pd.CategoricalDtype):
        levels = tuple(kind.categories) or (None,)
    elif pd.api.types.is_bool_dtype(kind):
        levels = (False, True)
    elif pd.api.types.is_numeric_dtype(kind):
        levels = ()
    else:
        levels = levels_of(base, "mlogit")[0]
    column = Column(name=name, values=np.empty(0), missing=missing, levels=levels, passive=passive)
    values = column.coded(base)
    seen = values[~np.isnan(values)]
    centre, scale = (
        (float(seen.mean()), float(seen.std()) or 1.0) if not levels and len(seen) else (0.0, 1.0)
    )
    parts = []
    for source in passive.sources:
        own = columns[source].missing
        pick = (np.cumsum(own) - 1)[missing & own]
        parts.append(Part(source, frames[source][missing], np.flatnonzero(own[missing]), pick))
    return replace(column, values=values, centre=centre, scale=scale, parts=tuple(parts)), base


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
