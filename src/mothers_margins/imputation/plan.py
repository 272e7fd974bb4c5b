"""Checks data and equations, and lays out the design: what hangs on what, what predicts what, in
which order.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

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
    Part,
    Pattern,
    coded,
    levels_of,
    make,
    put,
)
from mothers_margins.imputation.equations import (
    LEVELLED,
    METHODS,
    Draws,
    Equation,
    Equations,
    Event,
    ImputedAnswer,
    Level,
    Name,
    Passive,
)
from mothers_margins.imputation.values import as_numbers, is_number, is_text, kinds_of


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
    _refuse(_faults(data, declared, passive))
    order = _order(data, declared, passive)
    columns, events = _columns(data, order, declared, passive)
    above = _above(order, declared, passive)
    swept = _sweep_order(order, declared, columns, above)
    complete = [name for name in data if name not in swept and name not in passive]
    predicting = [name for name, recipe in passive.items() if recipe.predicts]
    columns, design, owners = _laid_out(data, columns, [*complete, *swept, *predicting])
    in_design = [columns[name] for name in (*complete, *swept, *predicting)]
    varies = _varies(design)
    events += _idle(in_design, swept, varies)
    for name in (*swept, *passive):
        varies[columns[name].places] = True  # or it may, when what is missing is filled
    followers = _followers([columns[name] for name in order], in_design, above)
    return Plan(
        data=data,
        columns=tuple(columns.values()),
        targets=tuple(columns[name] for name in swept),
        made=tuple(columns[name] for name in passive),
        affected={
            name: tuple(column for column in followers if name in above[column.name])
            for name in swept
        },
        design=design,
        owners=owners,
        predictors={
            name: np.flatnonzero(varies & _allowed(name, declared[name], in_design, above))
            for name in swept
        },
        events=tuple(events),
        draws=draws,
    )


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
            columns[name], as_series[name] = _made(name, passive[name], data, columns, as_series)
            continue
        columns[name], happened, fault = _column(data[name], declared.get(name), columns)
        events += happened
        if fault:
            faults.append(f"'{name}' {fault}")
    _refuse(faults)
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


def _laid_out(
    data: pd.DataFrame, columns: Mapping[Name, Column], names: list[Name]
) -> tuple[dict[Name, Column], Array, tuple[str, ...]]:
    """The columns with their places in the design, the design, and the name that each of its
    columns belongs to; the first is the constant.
    """
    placed = dict(columns)
    blocks = [np.ones((len(data), 1))]
    owners = [""]
    for name in names:
        column = columns[name]
        placed[name] = replace(column, places=slice(len(owners), len(owners) + column.width))
        blocks.append(column.columns(column.values))
        owners += [str(name)] * column.width
    return placed, np.hstack(blocks), tuple(owners)


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


def _refuse(problems: list[str]) -> None:
    if problems:
        raise ValueError("chained: " + "; ".join(problems))


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


def _faults(
    data: pd.DataFrame, declared: Mapping[Name, Equation], passive: Mapping[Name, Passive]
) -> list[str]:
    """What can be seen wrong column by column."""
    if not len(data):
        return ["the data frame has no rows"]
    if not data.columns.is_unique:
        return ["two columns have the same name"]
    names = {*data, *passive}
    faults = [f"'{name}' has an equation and is no column" for name in declared if name not in data]
    for name, equation in declared.items():
        if equation.method not in METHODS:
            faults.append(f"'{name}' has an unknown method; allowed: {', '.join(METHODS)}")
            continue
        own = _faults_of_predictors(equation, names)
        own += _faults_of_gate(equation, len(data), names)
        if name in data:
            own += _faults_of_limits(equation, data[name])
            own += _faults_of_bounds(name, equation, data, names)
        faults += [f"'{name}' {fault}" for fault in own]
    faults += _faults_of_passive(data, passive)
    for name in data:
        if name not in passive:
            faults += [f"'{name}' {fault}" for fault in _faults_of_column(data[name], declared)]
    return faults


def _faults_of_predictors(equation: Equation, names: set[Name]) -> list[str]:
    faults = []
    strange = [str(name) for name in (*equation.omit, *equation.only) if name not in names]
    if strange:
        faults.append(f"names predictors that are no columns: {', '.join(strange)}")
    if equation.knn < 1:
        faults.append("needs at least one donor (knn)")
    if equation.delta and equation.method == "mlogit":
        faults.append("has a delta, which unordered levels cannot be shifted by")
    return faults


def _faults_of_gate(equation: Equation, rows: int, names: set[Name]) -> list[str]:
    applies = equation.applies
    if isinstance(applies, tuple):
        known = len(applies) == 2 and applies[0] in names
        return [] if known else ["applies by a column that is none"]
    if applies is None:
        return []
    if len(applies) != rows or applies.isna().any():
        return ["applies by truth values that are missing or of another length than the data"]
    if not {*kinds_of(applies)} <= {"truths", "numbers"}:
        return ["applies by something else than truth values"]  # 'False' as text would be true
    return []


def _faults_of_limits(equation: Equation, column: pd.Series) -> list[str]:
    if equation.method != "truncreg":
        return []
    if not is_number(column):
        return []  # that levels are no numbers is said of the column
    low, high = equation.limits
    values = as_numbers(column)
    outside = int(((values < low) | (values > high)).sum())
    if outside or low >= high:
        return [f"has {outside} observed values outside its limits"]
    return []


def _faults_of_bounds(
    name: Name, equation: Equation, data: pd.DataFrame, names: set[Name]
) -> list[str]:
    """Bounds, answers and cuts that cannot hold."""
    faults = []
    is_levelled = equation.method in LEVELLED
    if equation.bounds and equation.method == "regress":
        faults.append("has bounds, which regress cannot keep: use pmm or truncreg")
    if is_levelled and (equation.bounds or equation.beside):
        faults.append("has bounds and levels")
    if is_levelled and equation.answers and not equation.cut:
        faults.append("has answers and levels, and no cut")
    if equation.bounds:
        low, high = equation.bounds
        if len(low) != len(data) or len(high) != len(data) or (low > high).any():
            return [*faults, "has bounds of another length than the data, or lower above upper"]
        known = data[name].to_numpy(dtype=float, na_value=np.nan)
        slack = 1e-9 * (1 + np.abs(known))  # a prorated score is not exact
        too_low = known < low.to_numpy(dtype=float) - slack
        too_high = known > high.to_numpy(dtype=float) + slack
        outside = int((too_low | too_high).sum())
        if outside:
            faults.append(f"has {outside} observed values outside their bounds")
    if equation.answers:
        answers = equation.answers
        strange = [str(item) for item in answers.imputed if item not in answers.known]
        variables = [answer.variable for answer in answers.imputed.values()]
        strange += [str(variable) for variable in variables if variable not in names]
        if strange or len(answers.known) != len(data):
            faults.append("has answers of another length, or to items that are no columns")
    if equation.cut and equation.method not in LEVELLED and equation.cut.variable not in names:
        faults.append("is cut by a column that is none")
    if equation.beside and equation.beside[0] not in names:
        faults.append("has a number beside it that is no column")
    return faults


def _faults_of_passive(data: pd.DataFrame, passive: Mapping[Name, Passive]) -> list[str]:
    faults = []
    before = {*data} - {*passive}  # what can be a source: columns, and what is made earlier
    for name, recipe in passive.items():
        lost = [str(source) for source in recipe.sources if source not in before]
        if lost:
            faults.append(
                f"passive '{name}' needs {', '.join(lost)}, which is no column, or is made later"
            )
        before.add(name)
    return faults


def _faults_of_column(column: pd.Series, declared: Mapping[Name, Equation]) -> list[str]:
    faults = []
    method = declared[column.name].method if column.name in declared else ""
    if method in ("", *METHODS):
        fault = levels_of(column, method)[1]
        faults += [fault] if fault else []
    if column.isna().any() and column.name not in declared:
        faults.append("has missing values and no equation")
    everywhere = column.name in declared and declared[column.name].applies is None
    if everywhere and column.isna().all():
        faults.append("has no observed value")
    return faults


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


def _column(
    column: pd.Series, equation: Equation | None, before: dict[Name, Column]
) -> tuple[Column, list[Event], str]:
    """A column of the data; its events, and what is wrong with it."""
    levels, _ = levels_of(column, equation.method if equation else "")
    values = coded(column, levels) if levels else as_numbers(column)
    laid_out = _standardised(
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


def _imputed_item(place: int, variable: Column, answer: ImputedAnswer) -> ImputedItem:
    by_code = [float(answer.by_level.get(level, 0.0)) for level in variable.levels]
    return ImputedItem(place, variable.name, np.array(by_code), answer.start, answer.sign)


def _standardised(column: Column) -> Column:
    """Numbers with their centre and scale; levels as they are."""
    observed = column.values[~np.isnan(column.values)]
    if column.levels or not len(observed):
        return column
    return replace(column, centre=float(observed.mean()), scale=float(observed.std()) or 1.0)


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


def _made(
    name: Name,
    passive: Passive,
    data: pd.DataFrame,
    columns: Mapping[Name, Column],
    as_series: Mapping[Name, pd.Series],
) -> tuple[Column, pd.Series]:
    """A passive variable as it stands before any imputation, as a column and as the series its
    followers see.
    """
    sources = pd.DataFrame({name: as_series[name] for name in passive.sources}, index=data.index)
    waits = np.zeros(len(data), dtype=bool)
    for source in passive.sources:
        waits = waits | columns[source].missing
    made, waits = _made_of_known(name, passive, sources, waits)
    if name in data:
        series, missing = _recorded_first(data[name], made, waits)
        levels = _levels_made(series, series)
    else:
        series = _in_place(made, waits, data.index)
        series.name = name
        missing = waits
        levels = _levels_made(made, series)
    parts = tuple(
        _part(source, as_series[source], columns[source].missing, missing)
        for source in passive.sources
    )
    column = Column(
        name=name, values=np.empty(0), missing=missing, levels=levels, passive=passive, parts=parts
    )
    return _standardised(replace(column, values=column.coded(series))), series


def _recorded_first(recorded: pd.Series, made: pd.Series, waits: Array) -> tuple[pd.Series, Array]:
    """A variable that is in the data too: recorded values stay, gaps get what is made; and which
    cells stay missing.
    """
    gaps = recorded.isna().to_numpy()
    filled = gaps & ~waits
    return put(recorded, filled, made[filled[~waits]]), gaps & waits


def _in_place(made: pd.Series, waits: Array, index: pd.Index) -> pd.Series:
    """What was made, in the places of the rows that do not wait."""
    place = np.where(waits, -1, np.cumsum(~waits) - 1)  # among those made; -1 is missing
    return pd.Series(pd.api.extensions.take(made.array, place, allow_fill=True), index=index)


def _made_of_known(
    name: Name, passive: Passive, sources: pd.DataFrame, waits: Array
) -> tuple[pd.Series, Array]:
    """What is made for the rows whose sources are all known, and which rows wait: all of them for a
    function that looks at other rows, if any does.
    """
    known = sources[~waits]
    made = make(name, passive, known)
    if _row_by_row(made, make(name, passive, known.iloc[::2])):
        return made, waits
    if waits.any():
        waits = np.ones(len(sources), dtype=bool)
    return make(name, passive, sources)[~waits], waits


def _levels_made(values: pd.Series, series: pd.Series) -> tuple[Level, ...]:
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
