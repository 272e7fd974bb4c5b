"""One target given the design as it stands: which rows and columns take part, what is done if a fit
fails, the draw.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from mothers_margins.imputation import newton
from mothers_margins.imputation.calibration import (
    calibrated_logit,
    calibrated_mlogit,
    calibrated_ologit,
    chances,
)
from mothers_margins.imputation.columns import Column, Items, Pattern
from mothers_margins.imputation.equations import Equation, Name
from mothers_margins.imputation.linear_regression import draw_regress_params, fit_regress
from mothers_margins.imputation.logistic_regression import (
    draw_logit,
    draw_mlogit,
    fit_logit,
    fit_mlogit,
)
from mothers_margins.imputation.predictive_mean_matching import matched
from mothers_margins.imputation.proportional_odds import draw_ologit, fit_ologit
from mothers_margins.imputation.pseudo_rows import augmented
from mothers_margins.imputation.truncated_regression import (
    draw_truncreg,
    drawn_inside,
    fit_truncreg,
)

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
    # of levels: the share of the rarest that the drawn equation expects among the observed rows
    expected: float = np.nan


@dataclass(frozen=True, eq=False)
class Stand:
    """A chain as it stands, as far as a draw looks at it.

    design: n x p. values: by name the n codes or numbers of the columns that bounds and items ask
    for. calibrated: whether the levels' expected counts are set (see `calibration`).
    """

    design: Array
    values: Mapping[Name, Array]
    calibrated: bool


def draw(
    target: Column,
    stand: Stand,
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
    rows, events = _rows(target, stand.design, seen, predictors, owners, memory)
    draw_by_kind = _levels if target.levels else _numbers
    try:
        drawn = draw_by_kind(target, rows, stand, rng, memory)
    except (ArithmeticError, np.linalg.LinAlgError) as error:
        raise ArithmeticError(f"'{target.name}' ({target.equation.method}): {error}") from error
    if isinstance(drawn, Drawn):
        return replace(drawn, events=events + drawn.events)
    # some columns depend on others: once more without them
    left_out = memory.left_out | {int(rows.columns[place]) for place in drawn}
    return draw(target, stand, seen, predictors, owners, rng, Memory(left_out=left_out))


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
    target: Column, rows: _Rows, stand: Stand, rng: np.random.Generator, memory: Memory
) -> Drawn | Array:
    """Numbers, or the columns that depend on others."""
    least_squares = fit_regress(rows.x, rows.y)
    if len(rows.x) > rows.x.shape[1]:
        loose = newton.dependent(least_squares[1])
        if loose.size:
            return loose
    limits = _limits(target, stand)
    values = np.empty(len(limits[0]))
    happened: list[Happening] = []
    alone = np.ones(len(values), dtype=bool)  # rows without an answer that binds
    for pattern in target.items.patterns if target.items else ():
        alone[pattern.rows] = False
        own = _limits_of(pattern.rows, limits)
        values[pattern.rows], more = _with_answers(target, pattern, rows.columns, stand, own, rng)
        happened += more
    if alone.any():
        values[alone], more = _one_number_each(
            target.equation,
            replace(rows, wanted=rows.wanted[alone]),
            least_squares,
            _limits_of(alone, limits),
            rng,
        )
        happened += more
    values, stopped = _shifted(values, target.equation.delta, limits)
    happened += [("shift_stopped", ())] * stopped
    return Drawn(values, happened, Memory(rows.columns, left_out=memory.left_out))


def _limits(target: Column, stand: Stand) -> tuple[Array, Array]:
    """The least and the most that each missing cell can be, as the chain stands."""
    if target.bounds:
        return target.bounds.now(target.missing, stand.values)
    low, high = target.equation.limits
    missing = int(target.missing.sum())
    # limits without bounds are those of truncreg and of a delta
    return np.full(missing, low), np.full(missing, high)


def _limits_of(cells: Array, limits: tuple[Array, Array]) -> tuple[Array, Array]:
    """The limits of some of the missing cells."""
    low, high = limits
    return low[cells], high[cells]


def _one_number_each(
    equation: Equation,
    rows: _Rows,
    least_squares: tuple[Array, Array, float, int],
    limits: tuple[Array, Array],
    rng: np.random.Generator,
) -> tuple[Array, list[Happening]]:
    """A number for every missing row, by the equation's method."""
    method = equation.method
    happened: list[Happening] = []
    if method == "truncreg":
        try:
            params, information = fit_truncreg(rows.x, rows.y, *equation.limits)
            params = newton.drawn(params, information, rng)
            return draw_truncreg(rows.wanted, params, *limits, rng), happened
        except ArithmeticError:
            method = "pmm"
            happened.append(("pmm_in_place", ()))
    donors, wanted = _regressed(rows, least_squares, equation.knn, rng)
    if method == "regress":
        return wanted + donors.sigma * rng.standard_normal(len(wanted)), happened
    values, few = _matched_inside(donors, wanted, limits, rng)
    return values, happened + few


@dataclass(frozen=True, eq=False)
class _Donors:
    """Predictions and values of the rows that give values; how many are near enough; the residual
    SD, for where there are too few.
    """

    predicted: Array
    values: Array
    knn: int
    sigma: float


def _regressed(
    rows: _Rows,
    least_squares: tuple[Array, Array, float, int],
    knn: int,
    rng: np.random.Generator,
) -> tuple[_Donors, Array]:
    """The donors of a regression, and predictions of the missing rows. Type 1: donors at the
    estimate, the missing at a draw (van Buuren 2018, §3.4.2).
    """
    params, sigma = draw_regress_params(*least_squares, rng)
    return _Donors(rows.x @ least_squares[0], rows.y, knn, sigma), rows.wanted @ params


def _matched_inside(
    donors: _Donors, wanted: Array, limits: tuple[Array, Array], rng: np.random.Generator
) -> tuple[Array, list[Happening]]:
    """Donors' values, for each row from donors inside its own limits; where there are fewer than
    asked for, a normal value inside them, whole if the donors' are.
    """
    values = np.empty(len(wanted))
    happened: list[Happening] = []
    both = np.column_stack(limits)
    same = bool((both == both[0]).all())
    for own in both[:1] if same else np.unique(both, axis=0):
        at = np.flatnonzero((both == own).all(axis=1))
        inside = (donors.values >= own[0]) & (donors.values <= own[1])
        if inside.sum() >= donors.knn or inside.all():
            values[at] = matched(
                donors.predicted[inside], wanted[at], donors.values[inside], donors.knn, rng
            )
        else:
            values[at] = _between(donors, wanted[at], own, rng)
            happened += [("few_donors", ())] * len(at)
    return values, happened


def _between(donors: _Donors, wanted: Array, own: Array, rng: np.random.Generator) -> Array:
    """Normal values inside one row's limits; whole ones where every donor's is whole and one fits
    in between.
    """
    low, high = float(own[0]), float(own[1])
    if low == high:
        return np.full(len(wanted), low)
    values = drawn_inside(wanted, max(donors.sigma, 1e-6), low, high, rng)
    whole = bool((donors.values == np.round(donors.values)).all())
    if whole and np.floor(high) >= np.ceil(low):
        return np.clip(np.round(values), np.ceil(low), np.floor(high))
    return values


def _with_answers(
    target: Column,
    pattern: Pattern,
    columns: Array,
    stand: Stand,
    limits: tuple[Array, Array],
    rng: np.random.Generator,
) -> tuple[Array, list[Happening]]:
    """Scores of rows that answered the same items: their answers, and for the rest a donor's
    answers to the unanswered ones.

    The rest is regressed on the predictors and on the sum of the answers, among rows with every
    item answered; a donor's is matched inside what the limits of the score leave.
    """
    items = target.items
    assert items  # noqa: S101 (the caller has looked)
    at = np.flatnonzero(target.missing)[pattern.rows]
    answered = items.answered(pattern, at, stand.values)
    if not pattern.unanswered.any():
        return answered, []
    asked = np.column_stack([stand.design[at][:, columns], answered])
    rows = _rest_by_sums(items, pattern, columns, stand.design, asked)
    if len(rows.y) < target.equation.knn:
        donors, wanted = _hardly_any_donors(rows.y, len(at), target.equation.knn)
    else:
        donors, wanted = _regressed(rows, fit_regress(rows.x, rows.y), target.equation.knn, rng)
    added, few = _matched_inside(donors, wanted, _room(answered, rows.y, limits), rng)
    return answered + added, few


def _rest_by_sums(
    items: Items, pattern: Pattern, columns: Array, design: Array, asked: Array
) -> _Rows:
    """What the open items add, by the predictors and the sum of the answered ones, in rows with
    every item answered. asked: the same predictors of the rows of the pattern.
    """
    answers = items.answers[items.complete]
    sums = answers[:, ~pattern.unanswered].sum(axis=1)
    x = np.column_stack([_part(design, items.complete, columns), sums])
    return _Rows(x, answers[:, pattern.unanswered].sum(axis=1), asked, columns)


def _room(answered: Array, rest: Array, limits: tuple[Array, Array]) -> tuple[Array, Array]:
    """What the limits of a score leave for its open items. These add no less than they do to any
    donor, whatever the row's own limits leave.
    """
    most = limits[1] - answered
    least = np.maximum(limits[0] - answered, rest.min() if len(rest) else -np.inf)
    return np.minimum(least, most), most


def _hardly_any_donors(rest: Array, rows: int, knn: int) -> tuple[_Donors, Array]:
    """Too few donors to regress on anything: their mean and spread, for every row."""
    if not len(rest):
        return _Donors(rest, rest, knn, 1.0), np.zeros(rows)
    return _Donors(rest, rest, knn, float(rest.std())), np.full(rows, rest.mean())


def _shifted(values: Array, delta: float, limits: tuple[Array, Array]) -> tuple[Array, int]:
    """Values with delta added, stopped at their limits; and how many were."""
    if not delta:
        return values, 0
    moved = np.clip(values + delta, *limits)
    return moved, int((moved != values + delta).sum())


def _levels(
    target: Column, rows: _Rows, stand: Stand, rng: np.random.Generator, memory: Memory
) -> Drawn | Array:
    """Levels, or the columns that depend on others."""
    fitted = _fit_levels(target, rows, memory)
    if not isinstance(fitted, _FittedLevels):
        return fitted
    params, expected = _drawn_params(target, rows, fitted, stand.calibrated, rng)
    draw_levels = LEVELLED_METHODS[target.equation.method][1]
    values = draw_levels(rows.wanted, params, len(target.levels), rng).astype(float)
    happened: list[Happening] = [("augmented", ())] if fitted.supported else []
    if target.items:
        for pattern in target.items.patterns:
            values[pattern.rows], more = _cut(target, pattern, rows.columns, stand, rng)
            happened += more
            if target.equation.delta:
                # what was answered decides these rows, so no shift reaches them
                happened += [("shift_stopped", ())] * len(pattern.rows)
    rarest = np.bincount(rows.y.astype(int), minlength=len(target.levels)).argmin()
    after = Memory(rows.columns, fitted.params, fitted.supported, memory.left_out)
    return Drawn(values, happened, after, float(expected[rarest]))


def _drawn_params(
    target: Column,
    rows: _Rows,
    fitted: "_FittedLevels",
    calibrated: bool,
    rng: np.random.Generator,
) -> tuple[Array, Array]:
    """Parameters as they are drawn, set and shifted; and the share of each level that they expect
    among the observed rows before the shift.
    """
    params = newton.moved(fitted.params, fitted.root, rng)
    method = target.equation.method
    if calibrated:
        params, expected = _calibrated(target, rows.x, params, rows.y.astype(int), rng)
    else:
        expected = chances(method, rows.x, params, len(target.levels)).mean(axis=0)
    if method == "logit":
        params[0] += target.equation.delta
    elif method == "ologit":
        params[rows.x.shape[1] - 1 :] -= target.equation.delta  # lower cut points, higher levels
    return params, expected


def _calibrated(
    target: Column, x: Array, params: Array, codes: Array, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Drawn parameters with their intercepts set, and the shares that they then expect."""
    if target.equation.method == "logit":
        return calibrated_logit(x, params, codes, rng)
    if target.equation.method == "ologit":
        return calibrated_ologit(x, params, codes, len(target.levels), rng)
    return calibrated_mlogit(x, params, codes, len(target.levels), rng)


def _cut(
    target: Column, pattern: Pattern, columns: Array, stand: Stand, rng: np.random.Generator
) -> tuple[Array, list[Happening]]:
    """Levels of rows that answered some items of the score that is cut: of a score drawn with these
    answers.
    """
    assert target.at  # noqa: S101 (levels have items only where a score is cut into them)
    at, code = target.at
    other = 1 - code
    anything = np.full(len(pattern.rows), np.inf)
    scores, few = _with_answers(target, pattern, columns, stand, (-anything, anything), rng)
    return np.where(scores >= at, float(code), float(other)), few


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
        params, information = fit(rows.x, rows.y.astype(int), None, start, newton.ENOUGH)
        root = newton.root(information)
        fitted = _FittedLevels(params, root, supported=False)
    except newton.NotConvergedError:
        pass
    # a fit may fail, or find a maximum by chance, where columns depend on each other
    if fitted is None or newton.is_loose(root, information):
        loose = newton.dependent(rows.x.T @ rows.x)
        if loose.size:
            return loose
    return fitted or _fit_supported(target, rows, None)


def _fit_supported(target: Column, rows: _Rows, start: Array | None) -> _FittedLevels:
    """The fit with the pseudo-rows of White, Daniel and Royston (2010)."""
    fit = LEVELLED_METHODS[target.equation.method][0]
    every_row = np.vstack([rows.x, rows.wanted])
    x, codes, weights = augmented(rows.x, rows.y.astype(int), len(target.levels), every_row)
    try:
        params, information = fit(x, codes, weights, start, newton.ENOUGH)
        return _FittedLevels(params, newton.root(information), supported=True)
    except newton.NotConvergedError as error:
        raise newton.NotConvergedError(f"{error}, with pseudo-rows too") from error


LEVELLED_METHODS: dict[str, tuple[Callable[..., tuple[Array, Array]], Callable[..., Array]]] = {
    "logit": (fit_logit, draw_logit),
    "ologit": (fit_ologit, draw_ologit),
    "mlogit": (fit_mlogit, draw_mlogit),
}
