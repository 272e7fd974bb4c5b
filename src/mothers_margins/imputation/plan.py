"""Lays out the design of checked data and equations: what hangs on what, what predicts what, in
which order.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from mothers_margins.imputation.columns import Array, Column
from mothers_margins.imputation.equations import (
    LEVELLED,
    Draws,
    Equation,
    Equations,
    Event,
    Name,
    Passive,
)
from mothers_margins.imputation.faults import faults_by_column, refuse
from mothers_margins.imputation.passive import passive_column
from mothers_margins.imputation.targets import data_column


@dataclass(frozen=True, eq=False)
class Plan:
    """All that chains share.

    columns: every column of the data, and passive ones. targets: in the order of the sweeps. made:
    passive variables, in declared order. affected: by target what hangs on it (conditional and
    passive variables), in the order of making; none of that predicts it. design: n x p, all
    columns. owners: the p names whose columns they are. predictors: by target the places of its
    predictors. draws: as `chained` takes it.
    """

    data: pd.DataFrame
    columns: tuple[Column, ...]
    targets: tuple[Column, ...]
    made: tuple[Column, ...]
    affected: Mapping[Name, tuple[Column, ...]]
    design: Array
    owners: tuple[str, ...]
    predictors: Mapping[Name, Array]
    events: tuple[Event, ...]
    draws: Draws = "calibrated"


def prepared(data: pd.DataFrame, equations: Equations, draws: Draws = "calibrated") -> Plan:
    """Check data and equations and lay out the design. Raises ValueError, naming variables and
    never values.
    """
    declared, passive = _by_kind(equations)
    refuse(faults_by_column(data, declared, passive))
    order = _order(data, declared, passive)
    columns, events = _columns(data, order, declared, passive)
    above = _above(order, declared, passive)
    swept = _sweep_order(order, declared, columns, above)
    design = _laid_out(columns, _in_design(data, swept, passive), len(data))
    varies = _varies(design.matrix)
    events += _idle(design.columns, swept, varies)
    for name in (*swept, *passive):
        varies[design.placed[name].places] = True  # or it may, when what is missing is filled
    followers = _followers([design.placed[name] for name in order], design.columns, above)
    return Plan(
        data=data,
        columns=tuple(design.placed.values()),
        targets=tuple(design.placed[name] for name in swept),
        made=tuple(design.placed[name] for name in passive),
        affected={
            name: tuple(column for column in followers if name in above[column.name])
            for name in swept
        },
        design=design.matrix,
        owners=design.owners,
        predictors={
            name: np.flatnonzero(varies & _allowed(name, declared[name], design.columns, above))
            for name in swept
        },
        events=tuple(events),
        draws=draws,
    )


def _in_design(
    data: pd.DataFrame, swept: list[Name], passive: Mapping[Name, Passive]
) -> list[Name]:
    """What has columns of the design, in their order: what is complete, what is imputed, and what
    is made and predicts.
    """
    complete = [name for name in data if name not in swept and name not in passive]
    predicting = [name for name, recipe in passive.items() if recipe.predicts]
    return [*complete, *swept, *predicting]


def _idle(in_design: list[Column], swept: list[Name], varies: Array) -> list[Event]:
    """Complete columns that are the same for all rows."""
    return [
        Event(str(column.name), "predicts_nothing", 1)
        for column in in_design
        if column.name not in swept and not column.missing.any() and not varies[column.places].any()
    ]


def _followers(
    columns: list[Column], in_design: list[Column], above: Mapping[Name, frozenset[Name]]
) -> list[Column]:
    """What is made anew when its sources change. What predicts nothing, itself or by what is made
    from it, is not made in every sweep.
    """
    needed = {column.name for column in in_design}
    needed = needed.union(*(above[column.name] for column in in_design))
    return [column for column in columns if column.name in needed and column.missing.any()]


def _by_kind(equations: Equations) -> tuple[dict[Name, Equation], dict[Name, Passive]]:
    """The equations, a method's name as one, and what is passive."""
    declared: dict[Name, Equation] = {}
    passive: dict[Name, Passive] = {}
    for name, equation in equations.items():
        if isinstance(equation, Passive):
            passive[name] = equation
        else:
            declared[name] = Equation(equation) if isinstance(equation, str) else equation
    return declared, passive


def _columns(
    data: pd.DataFrame,
    order: list[Name],
    declared: Mapping[Name, Equation],
    passive: Mapping[Name, Passive],
) -> tuple[dict[Name, Column], list[Event]]:
    """Every column, not yet in its place, and what had to be done; ValueError for all that is
    wrong.
    """
    columns: dict[Name, Column] = {}
    as_series: dict[Name, pd.Series] = {name: data[name] for name in data if name not in passive}
    events: list[Event] = []
    faults: list[str] = []
    for name in order:
        if name in passive:
            columns[name], as_series[name] = passive_column(
                name, passive[name], data, columns, as_series
            )
            continue
        columns[name], happened, fault = data_column(data[name], declared.get(name), columns)
        events += happened
        if fault:
            faults.append(f"'{name}' {fault}")
    refuse(faults)
    return columns, events


def _sweep_order(
    order: list[Name],
    declared: Mapping[Name, Equation],
    columns: Mapping[Name, Column],
    above: Mapping[Name, frozenset[Name]],
) -> list[Name]:
    """The incomplete columns from least to most missing, but each after what it hangs on."""
    incomplete = [name for name in declared if columns[name].missing.any()]
    incomplete.sort(key=lambda name: columns[name].missing.sum())
    swept: dict[Name, None] = {}
    for name in incomplete:
        before = [other for other in order if other in above[name] and other in incomplete]
        swept |= dict.fromkeys([*before, name])
    return list(swept)


@dataclass(frozen=True, eq=False)
class _Design:
    """placed: every column of the data, and passive ones; those in the design with their places.
    columns: those in the design, in its order. matrix: the design. owners: the name that each of
    its columns belongs to; the first is the constant.
    """

    placed: Mapping[Name, Column]
    columns: list[Column]
    matrix: Array
    owners: tuple[str, ...]


def _laid_out(columns: Mapping[Name, Column], names: list[Name], rows: int) -> _Design:
    """The design of the columns that are named, in this order."""
    placed = dict(columns)
    blocks = [np.ones((rows, 1))]
    owners = [""]
    for name in names:
        column = columns[name]
        placed[name] = replace(column, places=slice(len(owners), len(owners) + column.width))
        blocks.append(column.columns(column.values))
        owners += [str(name)] * column.width
    in_design = [placed[name] for name in names]
    return _Design(placed, in_design, np.hstack(blocks), tuple(owners))


def _varies(design: Array) -> Array:
    """Truth per column of the design; the constant counts as if it did."""
    varies = (design != design[0]).any(axis=0)
    varies[0] = True
    return np.asarray(varies)


def _allowed(
    name: Name,
    equation: Equation,
    in_design: list[Column],
    above: Mapping[Name, frozenset[Name]],
) -> Array:
    """Truth per column of the design: whether it may predict a target by its equation. What hangs
    on the target would give it away.
    """
    allowed = np.ones(1 + sum(column.width for column in in_design), dtype=bool)
    for column in in_design:
        gives_away = column.name == name or name in above[column.name]
        unnamed = bool(equation.only) and column.name not in equation.only
        if gives_away or unnamed or column.name in equation.omit:
            allowed[column.places] = False
    return allowed


def _parents(
    name: Name, declared: Mapping[Name, Equation], passive: Mapping[Name, Passive]
) -> tuple[Name, ...]:
    """What a column hangs on directly: its sources; its gate, the items that are imputed, and what
    decides its bounds.
    """
    if name in passive:
        return tuple(passive[name].sources)
    if name not in declared:
        return ()
    equation = declared[name]
    parents: list[Name] = []
    if isinstance(equation.applies, tuple):
        parents.append(equation.applies[0])
    if equation.answers:
        parents += [answer.variable for answer in equation.answers.imputed.values()]
    if equation.cut and equation.method not in LEVELLED:
        parents.append(equation.cut.variable)  # the levels of a cut come before its score
    if equation.beside:
        parents.append(equation.beside[0])
    return tuple(dict.fromkeys(parents))


def _order(
    data: pd.DataFrame, declared: Mapping[Name, Equation], passive: Mapping[Name, Passive]
) -> list[Name]:
    """Every column after those it hangs on."""
    order, open_ = list[Name](), list[Name]()

    def visit(name: Name) -> None:
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
    order: list[Name], declared: Mapping[Name, Equation], passive: Mapping[Name, Passive]
) -> dict[Name, frozenset[Name]]:
    """All that a column hangs on, directly or not."""
    above: dict[Name, frozenset[Name]] = {}
    for name in order:
        parents = _parents(name, declared, passive)
        above[name] = frozenset(parents).union(*(above[parent] for parent in parents))
    return above
