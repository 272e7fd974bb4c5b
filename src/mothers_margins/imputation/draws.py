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
    y = target.values[seen]
    if (y == y[0]).all():
        return Drawn(np.full(int(target.missing.sum()), y[0]), [("constant", ())], memory)
    columns = predictors
    events: list[Happening] = []
    if memory.left_out:
        columns = columns[~np.isin(columns, list(memory.left_out))]
        events.append(("collinear_left_out", _names(owners, memory.left_out)))
    x = _part(design, seen, columns)
    varies = (x != x[0]).any(axis=0)
    varies[0] = True
    if not varies.all():
        events.append(("constant_left_out", _names(owners, columns[~varies])))
        columns, x = columns[varies], x[:, varies]
    wanted = _part(design, target.missing, columns)
    if len(x) <= x.shape[1]:
        events.append(("few_rows", ()))
    draw_by_kind = _levels if target.levels else _numbers
    try:
        drawn = draw_by_kind(target, x, y, wanted, rng, memory, columns)
    except (ArithmeticError, np.linalg.LinAlgError) as error:
        raise ArithmeticError(f"'{target.name}' ({target.equation.method}): {error}") from error
    if isinstance(drawn, Drawn):
        return Drawn(drawn.values, events + drawn.events, drawn.memory)
    # some columns depend on others: once more without them
    left_out = memory.left_out | {int(columns[place]) for place in drawn}
    return draw(target, design, seen, predictors, owners, rng, Memory(left_out=left_out))


def _part(design: Array, rows: Array, columns: Array) -> Array:
    """Rows (truth values), then columns: a quarter of the time of both at once."""
    return design.take(np.flatnonzero(rows), axis=0).take(columns, axis=1)


def _names(owners: tuple[str, ...], columns: Iterable[int]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(owners[column] for column in sorted(columns)))


def _numbers(
    target: Column,
    x: Array,
    y: Array,
    wanted: Array,
    rng: np.random.Generator,
    memory: Memory,
    columns: Array,
) -> Drawn | Array:
    """Numbers, or the columns that depend on others."""
    equation = target.equation
    after = Memory(columns, left_out=memory.left_out)
    happened: list[Happening] = []
    fitted = methods.fit_regress(x, y)
    estimate, gram = fitted[:2]
    if len(x) > x.shape[1] and (loose := methods.dependent(gram)).size:
        return loose
    low, high = equation.limits
    method = equation.method
    if method == "truncreg":
        try:
            params, information = methods.fit_truncreg(x, y, low, high)
            params = methods.drawn(params, information, rng)
            values = methods.draw_truncreg(wanted, params, low, high, rng)
            return Drawn(_shifted(values, equation), happened, after)
        except ArithmeticError:
            method = "pmm"
            happened.append(("pmm_in_place", ()))
    params, sigma = methods.draw_regress_params(*fitted, rng)
    if method == "pmm":
        # type 1: donors at the estimate, the missing at a draw (van Buuren 2018, §3.4.2)
        values = methods.matched(x @ estimate, wanted @ params, y, equation.knn, rng)
    else:
        values = wanted @ params + sigma * rng.standard_normal(len(wanted))
    return Drawn(_shifted(values, equation), happened, after)


def _shifted(values: Array, equation: Equation) -> Array:
    """Values with delta added, kept inside the limits if there are any."""
    return np.clip(values + equation.delta, *equation.limits) if equation.delta else values


def _levels(
    target: Column,
    x: Array,
    y: Array,
    wanted: Array,
    rng: np.random.Generator,
    memory: Memory,
    columns: Array,
) -> Drawn | Array:
    """Levels, or the columns that depend on others."""
    fit, draw_one = LEVELLED_METHODS[target.equation.method]
    codes, levels = y.astype(int), len(target.levels)
    start = memory.params if np.array_equal(memory.columns, columns) else None
    # what was separated once stays supported in this chain: it would only fail again; and a level
    # with fewer observed rows than there are predictors is as good as separated
    support = memory.supported or np.bincount(codes, minlength=levels).min() < x.shape[1]
    if not support:
        try:
            params, information = fit(x, codes, None, start, methods.ENOUGH)
            root = methods.root(information)
            doubtful = methods.is_loose(root, information)
        except methods.NotConvergedError:
            support, start, doubtful = True, None, True
        if doubtful and (loose := methods.dependent(x.T @ x)).size:
            return loose
    if support:
        more, more_codes, weights = methods.augmented(x, codes, levels, np.vstack([x, wanted]))
        try:
            params, information = fit(more, more_codes, weights, start, methods.ENOUGH)
            root = methods.root(information)
        except methods.NotConvergedError as error:
            raise methods.NotConvergedError(f"{error}, with pseudo-rows too") from error
    moved = methods.moved(params, root, rng)
    if target.equation.method == "logit":
        moved[0] += target.equation.delta
    elif target.equation.method == "ologit":
        moved[x.shape[1] - 1 :] -= target.equation.delta  # lower cut points, higher levels
    values = draw_one(wanted, moved, levels, rng).astype(float)
    happened: list[Happening] = [("augmented", ())] if support else []
    return Drawn(values, happened, Memory(columns, params, support, memory.left_out))


LEVELLED_METHODS: dict[str, tuple[Callable[..., tuple[Array, Array]], Callable[..., Array]]] = {
    "logit": (methods.fit_logit, methods.draw_logit),
    "ologit": (methods.fit_ologit, methods.draw_ologit),
    "mlogit": (methods.fit_mlogit, methods.draw_mlogit),
}
