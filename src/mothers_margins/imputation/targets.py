"""Columns of the data with what their equations say: the gate behind which a target applies, the
bounds of its missing cells, the items that a score is the sum of.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from mothers_margins.imputation.columns import (
    Array,
    Bounds,
    Column,
    Gate,
    ImputedItem,
    InNeither,
    Items,
    Pattern,
    coded,
    levels_of,
    standardised,
)
from mothers_margins.imputation.equations import Equation, Event, ImputedAnswer, Level, Name
from mothers_margins.imputation.values import as_numbers, is_text


def data_column(
    column: pd.Series, equation: Equation | None, before: dict[Name, Column]
) -> tuple[Column, list[Event], str]:
    """A column of the data; its events, and what is wrong with it."""
    levels, _ = levels_of(column, equation.method if equation else "")
    values = coded(column, levels) if levels else as_numbers(column)
    laid_out = standardised(
        Column(name=column.name, values=values, missing=column.isna().to_numpy(), levels=levels)
    )
    if equation is None:
        return laid_out, [], ""
    target, events, fault = _where_it_applies(replace(laid_out, equation=equation), before)
    if fault or not target.missing.any():
        return target, events, fault
    target = _with_room(_with_items(_with_bounds(target, before), before), before)
    observed = values[~np.isnan(values)]
    if not len(observed):
        return target, events, "has no observed value"
    name = str(column.name)
    if isinstance(column.dtype, pd.CategoricalDtype):
        of_nobody = len(column.dtype.categories) - len(levels)
        if of_nobody:
            events.append(Event(name, "levels_left_out", of_nobody))
    if equation.delta and is_text(column):
        events.append(Event(name, "alphabetical_order", len(levels)))
    if np.ptp(observed) == 0:
        events.append(Event(name, "constant_imputed", int(target.missing.sum())))
    return target, events, ""


def _where_it_applies(
    target: Column, before: Mapping[Name, Column]
) -> tuple[Column, list[Event], str]:
    """A target with its gate, and only those cells missing that may apply; its events, and what is
    wrong with the gate.
    """
    applies = target.equation.applies
    if applies is None:
        return target, [], ""
    if not isinstance(applies, tuple):
        concerned = applies.to_numpy(dtype=bool)
        return replace(target, missing=target.missing & concerned, concerned=concerned), [], ""
    gated = before[applies[0]]
    gate = _gate(gated, applies[1])
    if gate is None:
        return target, [], f"applies by a level that no row of '{gated.name}' has"
    is_open = gate.is_open(gated.values)
    is_unknown = np.isnan(gated.values)
    is_closed_level = np.zeros(len(target.values), dtype=bool)
    if target.equation.closed_as in target.levels:
        is_closed_level = target.values == target.levels.index(target.equation.closed_as)
    closed = int((~target.missing & ~is_open & ~is_unknown & ~is_closed_level).sum())
    if closed:
        return target, [], f"has {closed} observed values where its gate '{gated.name}' is closed"
    kept = int((~target.missing & is_unknown).sum())
    events = (
        [Event(str(target.name), "gate_missing_kept", kept, (str(gated.name),))] if kept else []
    )
    missing = target.missing
    if target.equation.closed_as is None:
        missing = missing & (is_open | gated.missing)
    return replace(target, missing=missing, gate=gate), events, ""


def _gate(gated: Column, level: Level | tuple[Level, ...]) -> Gate | None:
    """The gate that some levels of a column open; None if no row has one of them."""
    asked = list(level) if isinstance(level, tuple | list) else [level]
    observed = np.unique(gated.values[~np.isnan(gated.values)])
    code_of = {number: number for number in observed.tolist()}
    if gated.levels:
        code_of = {known: code for code, known in enumerate(gated.levels)}
    codes = [code_of[opening] for opening in asked if opening in code_of]
    if not codes or len(codes) < len(asked):
        return None
    return Gate(gated.name, np.array(codes, dtype=float))


def _with_bounds(target: Column, before: Mapping[Name, Column]) -> Column:
    """A number with the limits of its missing cells."""
    equation = target.equation
    if target.levels or not (equation.bounds or equation.cut or equation.beside):
        return target
    missing = int(target.missing.sum())
    low = np.full(missing, equation.limits[0])
    high = np.full(missing, equation.limits[1])
    if equation.bounds:
        least, most = equation.bounds
        low = np.maximum(low, least.to_numpy(dtype=float)[target.missing])
        high = np.minimum(high, most.to_numpy(dtype=float)[target.missing])
    together: tuple[Name, Array | float] | None = None
    if equation.beside:
        name, together_most = equation.beside
        if isinstance(together_most, pd.Series):
            together = (name, together_most.to_numpy(dtype=float)[target.missing])
        else:
            together = (name, together_most)
    cut = None
    if equation.cut:
        levels = before[equation.cut.variable].levels
        cut = (equation.cut.variable, levels.index(equation.cut.level), equation.cut.at)
    return replace(target, bounds=Bounds(low, high, cut, together))


def _with_items(target: Column, before: Mapping[Name, Column]) -> Column:
    """A score, or the levels it is cut into, with its items and the patterns of what is missing."""
    answers = target.equation.answers
    if answers is None:
        return target
    items = list(answers.known)
    numbers = answers.known.to_numpy(dtype=float, na_value=np.nan)
    imputed = tuple(
        _imputed_item(items.index(item), before[answer.variable], answer)
        for item, answer in answers.imputed.items()
    )
    unanswered = np.isnan(numbers[target.missing])
    for item in imputed:
        unanswered[:, item.place] &= ~before[item.name].missing[target.missing]
    partly = np.flatnonzero(~unanswered.all(axis=1))
    patterns = [
        Pattern(partly[(unanswered[partly] == own).all(axis=1)], own)
        for own in np.unique(unanswered[partly], axis=0)
    ]
    complete = ~np.isnan(numbers).any(axis=1)
    at = None
    cut = target.equation.cut
    if target.levels and cut:
        at = (cut.at, target.levels.index(cut.level))
    return replace(target, items=Items(numbers, imputed, tuple(patterns), complete), at=at)


def _imputed_item(place: int, variable: Column, answer: ImputedAnswer) -> ImputedItem:
    by_code = [float(answer.by_level.get(level, 0.0)) for level in variable.levels]
    return ImputedItem(place, variable.name, np.array(by_code), answer.start, answer.sign)


def _with_room(target: Column, before: Mapping[Name, Column]) -> Column:
    """A count beside another one of the same items, with those of them that are imputed: as neither
    they leave both less room.
    """
    bounds = target.bounds
    if bounds is None or bounds.beside is None or target.items is None:
        return target
    other = before[bounds.beside[0]].items
    counts = {item.name: item.counts for item in other.imputed} if other else {}
    answers = target.items.answers[target.missing]
    neither = tuple(
        InNeither(item.name, item.counts + counts[item.name] == 0, np.isnan(answers[:, item.place]))
        for item in target.items.imputed
        if len(item.counts) and item.name in counts
    )
    return replace(target, bounds=replace(bounds, neither=neither))
