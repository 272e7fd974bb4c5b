"""What may be released of a model: decisions about plain numbers, as codes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from mothers_margins.disclosure.forms import (
    Count,
    Form,
    Step,
    given_forms,
    with_enough_withheld,
)
from mothers_margins.disclosure.printed_text import (
    P_CLASSES,
    Rule,
    in_units,
    p_class,
    p_in_units,
)
from mothers_margins.disclosure.table_statistics import (
    Method,
    TestName,
    log_limit,
    log_odds_ratio,
    odds_ratio_p,
    p_of_test,
)
from mothers_margins.disclosure.two_by_two import OddsRatio, Printed, compatible_tables

# enough: the model is large enough. enough_tables: every small count keeps its values.
# no_small_count: there is none. pinned: decimals, or any form, would leave a small count too few.
# refusal_tells: it could be printed, but then those that are withheld would be too few.
# not_counted: more tables than can be held.
Reason = Literal[
    "enough",
    "few_residual_df",
    "few_events",
    "few_non_events",
    "small_level",
    "enough_tables",
    "no_small_count",
    "pinned",
    "refusal_tells",
    "not_counted",
]
MANY = 5000  # tables among which those that print nearly the same are picked first
# How far around the true table others are looked for where all cannot be held.
RADII = (1, 2)


@dataclass(frozen=True)
class Decision:
    """In which form a number may be released, and why."""

    form: Form
    reason: Reason


@dataclass(frozen=True, eq=False)
class Protection:
    """What is protected: counts below the threshold, zeros too, keep at least `feasible` values.

    bases: tables of the same variable and outcome on other released rows, r x 2, missing (nan) for
    cells that are not printed; what they have more than the model's sample is a count as well. That
    a sample lies inside a base is for `Printed.most` to say.
    """

    threshold: int
    feasible: int = 3
    bases: tuple[np.ndarray, ...] = ()


# From k tables what they print, form by form, from fine to coarse.
Steps = Callable[[np.ndarray], list[Step]]


def adjusted_estimates(
    *,
    residual_df: int,
    n_events: int,
    n_non_events: int,
    level_totals: Mapping[str, Sequence[int]],
    threshold: int,
    least_df: int = 10,
) -> Decision:
    """Whether the adjusted estimates of a model may be shown.

    level_totals: by categorical term, the number of participants of each of its levels in the
    model's sample, the reference level among them. The first rule that fails is the reason.
    """
    smallest = min((min(totals) for totals in level_totals.values()), default=threshold)
    if residual_df < least_df:
        return Decision("withheld", "few_residual_df")
    if n_events < threshold:
        return Decision("withheld", "few_events")
    if n_non_events < threshold:
        return Decision("withheld", "few_non_events")
    if smallest < threshold:
        return Decision("withheld", "small_level")
    return Decision("shown", "enough")


def unadjusted_odds_ratios(
    table: np.ndarray,
    known: Printed,
    protection: Protection,
    *,
    method: Method = "wald",
    level: float = 95.0,
    decimals: int = 2,
    p_decimals: int | None = None,
) -> Decision:
    """In which form a variable's unadjusted odds ratios with their intervals may be printed: with
    their decimals, with one, or not at all.

    table: the counts of the model's sample, r x 2, the reference level last. known: what else is
    known of that table: n, events, what was decided before; its own odds ratios are not read.
    level: of the interval, in per cent. p_decimals: of p values beside, where they are printed;
    beside ratios with one decimal these are classes. Every cell and every level's total is
    protected, but not a cell that `known` says is empty in any case (its `most` is 0). Raises
    ValueError for a table that contradicts what is known.
    """
    coarsest = min(decimals, 1)
    near = tuple(_coarse(pair, method, level, coarsest) for pair in _pairs(table[None]))

    def steps(tables: np.ndarray) -> list[Step]:
        fine = _printed_ratios(tables, method, level, decimals, known.rounding)
        coarse = _printed_ratios(tables, method, level, coarsest, known.rounding)
        if p_decimals is not None:
            p_values = [odds_ratio_p(pair, method) for pair in _pairs(tables)]
            fine += [p_in_units(p_value, p_decimals, known.rounding) for p_value in p_values]
            coarse += [p_class(p_value) for p_value in p_values]
        found = [Step("shown", _labels(fine)), Step("one_decimal", _labels(coarse))]
        return found if decimals > coarsest else found[:1]

    alone = replace(known, odds_ratios=())
    return _decided(table, alone, protection, steps, near)


def p_value(
    table: np.ndarray,
    known: Printed,
    protection: Protection,
    *,
    test: TestName = "chi_squared",
    decimals: int = 3,
    cuts: Sequence[float] = P_CLASSES,
) -> Decision:
    """In which form the p value of a test of a table may be printed: with its decimals, as a class,
    or not at all.

    table: r x 2. known: what else is known of it. Raises ValueError for a table that contradicts
    what is known.
    """

    def steps(tables: np.ndarray) -> list[Step]:
        p_values = p_of_test(tables, test)
        fine = p_in_units(p_values, decimals, known.rounding)
        return [
            Step("shown", _labels([fine])),
            Step("class", _labels([p_class(p_values, cuts)])),
        ]

    return _decided(table, known, protection, steps)


def per_hundred(
    prediction: float,
    *,
    level_total: int,
    n_events: int,
    protection: Protection,
    decimals: int = 0,
    rounding: Rule = "half_up",
) -> Decision:
    """In which form a predicted number in 100 may be printed for a level: with its decimals, whole,
    or not at all.

    n_events: how many of the level's `level_total` have the outcome. The level's total times the
    prediction guesses that count, also where the prediction is adjusted, so a count that is small,
    or would be guessed to be, must be left `feasible` guesses: the counts whose share prints as the
    prediction, or the one nearest to it.
    """
    forms: list[tuple[Form, int]] = [("shown", decimals)]
    if decimals > 0:
        forms.append(("whole", 0))
    counts = np.arange(level_total + 1)
    shares = 100 * counts / max(level_total, 1)
    reason: Reason = "pinned"
    for form, places in forms:
        printed = in_units(np.array([prediction]), places, rounding)
        guessed = counts[in_units(shares, places, rounding) == printed]
        if not len(guessed):
            guessed = counts[[np.abs(shares - prediction).argmin()]]
        either = np.append(guessed, n_events)
        is_small = np.minimum(either, level_total - either).min() < protection.threshold
        if not is_small or len(guessed) >= protection.feasible:
            reason = "enough_tables" if is_small else "no_small_count"
            return Decision(form, reason)
    return Decision("withheld", reason)


def _decided(
    table: np.ndarray,
    known: Printed,
    protection: Protection,
    steps: Steps,
    near: tuple[OddsRatio, ...] = (),
) -> Decision:
    """The form of the true table among all that are possible. near: what holds at least of those
    that print as it in any form; only these are looked at where all are many.

    Where even these are too many, those around the true table are: values that some leave are left
    by all, so what is shown by these is safe from a reader of the numbers. In both cases many
    tables would be withheld, and it is not asked whether they are few.
    """
    try:
        tables, all_of_them = _possible(known, near)
        return _decided_among(tables, table, known, protection, steps, all_of_them=all_of_them)
    except OverflowError:
        closer = replace(known, odds_ratios=near or known.odds_ratios)
        return _decided_around(table, closer, protection, steps)


def _possible(known: Printed, near: tuple[OddsRatio, ...]) -> tuple[np.ndarray, bool]:
    """The possible tables, and whether these are all of them, as `_decided` has it."""
    try:
        tables = compatible_tables(known)
        if len(tables) <= MANY or not near:
            return tables, True
    except OverflowError:
        if not near:
            raise
    return compatible_tables(replace(known, odds_ratios=near)), False


def _decided_around(
    table: np.ndarray, known: Printed, protection: Protection, steps: Steps
) -> Decision:
    """The form of the true table among those around it."""
    found = Decision("withheld", "not_counted")
    for radius in RADII:
        least = np.maximum(table - radius, known.least or 0)
        most = np.minimum(table + radius, known.most or table + radius)
        around = replace(known, least=_bounds(least), most=_bounds(most))
        try:
            tables = compatible_tables(around)
            decision = _decided_among(tables, table, known, protection, steps, all_of_them=False)
        except OverflowError:
            return found
        if decision.form != "withheld":
            found = decision
        if decision.form == "shown":
            return found
    return found


def _decided_among(
    tables: np.ndarray,
    table: np.ndarray,
    known: Printed,
    protection: Protection,
    steps: Steps,
    *,
    all_of_them: bool,
) -> Decision:
    """The first form in which the true table leaves every small count its values. Raises ValueError
    where it is not among the tables.
    """
    places = np.flatnonzero((tables == table).all(axis=(1, 2)))
    if not len(places):
        raise ValueError("The table contradicts what is known of it.")
    truth = places[0]
    counts = list(_counts(tables, known, protection))
    printed = steps(tables)
    forms: list[Form] = [*(step.form for step in printed), "withheld"]
    given = given_forms(printed, counts, protection.feasible, len(tables))
    if all_of_them:
        chosen = with_enough_withheld(given, printed, counts, protection.feasible)
        if chosen[truth] != given[truth]:
            return Decision("withheld", "refusal_tells")
    form = forms[given[truth]]
    if form != forms[0]:
        return Decision(form, "pinned")
    has_small = any(count.small[truth] for count in counts)
    return Decision(form, "enough_tables" if has_small else "no_small_count")


def _counts(tables: np.ndarray, known: Printed, protection: Protection) -> Iterator[Count]:
    """Every cell and every level's total, and where they, or what other bases have more, are
    small.
    """
    differ = [(~np.isnan(base) & (base != tables)).any(axis=(1, 2)) for base in protection.bases]
    for row in range(tables.shape[1]):
        empty = [bool(known.most) and known.most[row][column] == 0 for column in (0, 1)]
        parts = [[column] for column in (0, 1) if not empty[column]]
        for columns in [*parts, [0, 1]] if parts else []:
            values = tables[:, row, columns].sum(axis=1)
            small = values < protection.threshold
            for base, differs in zip(protection.bases, differ, strict=True):
                more = base[row, columns].sum() - values
                small |= differs & (more >= 0) & (more < protection.threshold)
            yield Count(values, small)


def _bounds(cells: np.ndarray) -> tuple[tuple[int, int], ...]:
    """An r x 2 array as bounds of cells."""
    return tuple((int(first), int(second)) for first, second in cells)


def _pairs(tables: np.ndarray) -> list[np.ndarray]:
    """Every level but the reference with the reference: k x 2 x 2 each."""
    return [tables[:, [row, -1]] for row in range(tables.shape[1] - 1)]


def _coarse(pair: np.ndarray, method: Method, level: float, decimals: int) -> OddsRatio:
    """What is true of every table that prints as this one in the coarsest form, and of every table
    that prints as one of those in the finer form: two units around. pair: 1 x 2 x 2.
    """
    value, low, high = (
        f"{numbers[0]:.{decimals}f}" if np.isfinite(numbers[0]) else ""
        for numbers in _ratios(pair, method, level)
    )
    return OddsRatio(value, low, high, method=method, level=level, within=2)


def _ratios(pair: np.ndarray, method: Method, level: float) -> list[np.ndarray]:
    """The odds ratio and its limits."""
    logarithms = [
        log_odds_ratio(pair, method),
        log_limit(pair, method, level, -1),
        log_limit(pair, method, level, 1),
    ]
    with np.errstate(over="ignore"):
        return [np.exp(logarithm) for logarithm in logarithms]


def _printed_ratios(
    tables: np.ndarray, method: Method, level: float, decimals: int, rounding: Rule
) -> list[np.ndarray]:
    """The odds ratios and limits of each table, in units of their last decimal: a list of k."""
    return [
        in_units(numbers, decimals, rounding)
        for pair in _pairs(tables)
        for numbers in _ratios(pair, method, level)
    ]


def _labels(printed: Sequence[np.ndarray]) -> np.ndarray:
    """One label for all that each table prints: equal where every number is. What is not defined or
    infinite prints as such.
    """
    numbers = np.nan_to_num(np.column_stack(printed), nan=-1.0, posinf=-2.0, neginf=-3.0)
    _, labels = np.unique(numbers, axis=0, return_inverse=True)
    return labels.ravel()
