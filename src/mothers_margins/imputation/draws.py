"""One target given the design as it stands: which rows and columns take part, what is done if a fit
fails, the draw.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np

from mothers_margins.imputation import methods
from mothers_margins.imputation.columns import Column
from mothers_margins.imputation.equations import Equation

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class Memory:
    """What a chain knows of a target from the sweep before.

    columns: of the design, in its last fit. params: its estimates, where the next fit starts.
    supported: by pseudo-rows from then on. left_out: columns that depend on others, out of its
    equation for the rest of the chain.
    """

    columns: Array = field(default_factory=lambda: np.empty(0, dtype=int))
    params: Array | None = None
    supported: bool = False
    left_out: frozenset[int] = frozenset()


Happening = tuple[str, tuple[str, ...]]  # one of HAPPENINGS, and the variables that it is about


@dataclass(frozen=True, eq=False)
class Drawn:
    """Values for the missing rows, what had to be done, and what to remember."""

    values: Array
    events: list[Happening]
    memory: Memory


def draw(
    target: Column,
    design: Array,
    seen: Array,
    predictors: Array,
    owners: tuple[str, ...],
    rng: np.random.Generator,
    memory: Memory,
) -> Drawn:
    """Draw one target. seen: truth per row, those to fit on. Raises ArithmeticError, naming
    variable and method.
    """
    if _is_constant(target.values[seen]):
        only = target.values[seen][0]
        return Drawn(np.full(int(target.missing.sum()), only), [("constant", ())], memory)
    rows, events = _rows(target, design, seen, predictors, owners, memory)
    draw_by_kind = _levels if target.levels else _numbers
    try:
        drawn = draw_by_kind(target, rows, rng, memory)
    except (ArithmeticError, np.linalg.LinAlgError) as error:
        raise ArithmeticError(f"'{target.name}' ({target.equation.method}): {error}") from error
    if isinstance(drawn, Drawn):
        return Drawn(drawn.values, events + drawn.events, drawn.memory)
    # some columns depend on others: once more without them
    left_out = memory.left_out | {int(rows.columns[place]) for place in drawn}
    return draw(target, design, seen, predictors, owners, rng, Memory(left_out=left_out))


@dataclass(frozen=True, eq=False)
class _Rows:
    """What one draw sees: predictors and values of the rows to fit on, predictors of the missing
    ones, and which columns of the design these are.
    """

    x: Array
    y: Array
    wanted: Array
    columns: Array


def _rows(
    target: Column,
    design: Array,
    seen: Array,
    predictors: Array,
    owners: tuple[str, ...],
    memory: Memory,
) -> tuple[_Rows, list[Happening]]:
    """Rows and columns of one draw: without what was left out before, and without what is the same
    for all rows to fit on.
    """
    columns = predictors
    events: list[Happening] = []
    if memory.left_out:
        columns = columns[~np.isin(columns, list(memory.left_out))]
        events.append(("collinear_left_out", _names(owners, memory.left_out)))
    x = _part(design, seen, columns)
    varies = (x != x[0]).any(axis=0)
    varies[0] = True  # the constant
    if not varies.all():
        events.append(("constant_left_out", _names(owners, columns[~varies])))
        columns = columns[varies]
        x = x[:, varies]
    if len(x) <= x.shape[1]:
        events.append(("few_rows", ()))
    return _Rows(x, target.values[seen], _part(design, target.missing, columns), columns), events


def _is_constant(values: Array) -> bool:
    return bool((values == values[0]).all())


def _part(design: Array, rows: Array, columns: Array) -> Array:
    """Rows (truth values), then columns: a quarter of the time of both at once."""
    return design.take(np.flatnonzero(rows), axis=0).take(columns, axis=1)


def _names(owners: tuple[str, ...], columns: Iterable[int]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(owners[column] for column in sorted(columns)))


def _numbers(
    target: Column, rows: _Rows, rng: np.random.Generator, memory: Memory
) -> Drawn | Array:
    """Numbers, or the columns that depend on others."""
    least_squares = methods.fit_regress(rows.x, rows.y)
    if len(rows.x) > rows.x.shape[1]:
        loose = methods.dependent(least_squares[1])
        if loose.size:
            return loose
    after = Memory(rows.columns, left_out=memory.left_out)
    equation = target.equation
    method = equation.method
    happened: list[Happening] = []
    if method == "truncreg":
        try:
            values = _truncated(rows, equation, rng)
            return Drawn(_shifted(values, equation), happened, after)
        except ArithmeticError:
            method = "pmm"
            happened.append(("pmm_in_place", ()))
    params, sigma = methods.draw_regress_params(*least_squares, rng)
    if method == "pmm":
        # type 1: donors at the estimate, the missing at a draw (van Buuren 2018, §3.4.2)
        at_donors = rows.x @ least_squares[0]
        values = methods.matched(at_donors, rows.wanted @ params, rows.y, equation.knn, rng)
    else:
        values = rows.wanted @ params + sigma * rng.standard_normal(len(rows.wanted))
    return Drawn(_shifted(values, equation), happened, after)


def _truncated(rows: _Rows, equation: Equation, rng: np.random.Generator) -> Array:
    low, high = equation.limits
    params, information = methods.fit_truncreg(rows.x, rows.y, low, high)
    params = methods.drawn(params, information, rng)
    return methods.draw_truncreg(rows.wanted, params, low, high, rng)


def _shifted(values: Array, equation: Equation) -> Array:
    """Values with delta added, kept inside the limits if there are any."""
    return np.clip(values + equation.delta, *equation.limits) if equation.delta else values


def _levels(target: Column, rows: _Rows, rng: np.random.Generator, memory: Memory) -> Drawn | Array:
    """Levels, or the columns that depend on others."""
    method = target.equation.method
    fitted = _fit_levels(target, rows, memory)
    if not isinstance(fitted, _FittedLevels):
        return fitted
    params = methods.moved(fitted.params, fitted.root, rng)
    if method == "logit":
        params[0] += target.equation.delta
    elif method == "ologit":
        params[rows.x.shape[1] - 1 :] -= target.equation.delta  # lower cut points, higher levels
    draw_levels = LEVELLED_METHODS[method][1]
    values = draw_levels(rows.wanted, params, len(target.levels), rng).astype(float)
    happened: list[Happening] = [("augmented", ())] if fitted.supported else []
    after = Memory(rows.columns, fitted.params, fitted.supported, memory.left_out)
    return Drawn(values, happened, after)


@dataclass(frozen=True, eq=False)
class _FittedLevels:
    """Estimates, the lower Cholesky factor of their information, and whether pseudo-rows supported
    them.
    """

    params: Array
    root: Array
    supported: bool


def _fit_levels(target: Column, rows: _Rows, memory: Memory) -> _FittedLevels | Array:
    """The fit of an equation of levels, or the columns that depend on others.

    What was separated once stays supported in its chain, as it would only fail again; and a level
    with fewer observed rows than there are predictors is as good as separated.
    """
    rarest = np.bincount(rows.y.astype(int), minlength=len(target.levels)).min()
    start = memory.params if np.array_equal(memory.columns, rows.columns) else None
    if memory.supported or rarest < rows.x.shape[1]:
        return _fit_supported(target, rows, start)
    fit = LEVELLED_METHODS[target.equation.method][0]
    fitted = None
    try:
        params, information = fit(rows.x, rows.y.astype(int), None, start, methods.ENOUGH)
        root = methods.root(information)
        fitted = _FittedLevels(params, root, supported=False)
    except methods.NotConvergedError:
        pass
    # a fit may fail, or find a maximum by chance, where columns depend on each other
    if fitted is None or methods.is_loose(root, information):
        loose = methods.dependent(rows.x.T @ rows.x)
        if loose.size:
            return loose
    return fitted or _fit_supported(target, rows, None)


def _fit_supported(target: Column, rows: _Rows, start: Array | None) -> _FittedLevels:
    """The fit with the pseudo-rows of White, Daniel and Royston (2010)."""
    fit = LEVELLED_METHODS[target.equation.method][0]
    every_row = np.vstack([rows.x, rows.wanted])
    x, codes, weights = methods.augmented(rows.x, rows.y.astype(int), len(target.levels), every_row)
    try:
        params, information = fit(x, codes, weights, start, methods.ENOUGH)
        return _FittedLevels(params, methods.root(information), supported=True)
    except methods.NotConvergedError as error:
        raise methods.NotConvergedError(f"{error}, with pseudo-rows too") from error


LEVELLED_METHODS: dict[str, tuple[Callable[..., tuple[Array, Array]], Callable[..., Array]]] = {
    "logit": (methods.fit_logit, methods.draw_logit),
    "ologit": (methods.fit_ologit, methods.draw_ologit),
    "mlogit": (methods.fit_mlogit, methods.draw_mlogit),
}
