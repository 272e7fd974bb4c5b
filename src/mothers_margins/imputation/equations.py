"""What is imputed and how: one equation per incomplete variable."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from mothers_margins.imputation.values import is_number

Name = Hashable  # of a column, as pandas has it
Level = Hashable
Method = Literal["logit", "ologit", "mlogit", "pmm", "regress", "truncreg"]
LEVELLED = ("logit", "ologit", "mlogit")
METHODS = (*LEVELLED, "pmm", "regress", "truncreg")


Draws = Literal["calibrated", "plain"]


@dataclass(frozen=True, eq=False)
class Answers:
    """What a score is the sum of, so that an imputed score holds what was answered.

    known: n x k numbers, one column per item, missing where it is not answered. imputed: items that
    are variables of the run themselves, by column of `known`. What is left unanswered is taken from
    a donor's answers to the same items.
    """

    known: pd.DataFrame
    imputed: Mapping[Name, "ImputedAnswer"] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class ImputedAnswer:
    """What a variable that is imputed itself adds to a score: of levels the number that each
    counts (others none), of a number start + sign times it.
    """

    variable: Name
    by_level: Mapping[Level, float] = field(default_factory=dict)
    start: float = 0.0
    sign: float = 1.0


@dataclass(frozen=True, eq=False)
class Cut:
    """A score and the levels it is cut into: `level` exactly where the score is `at` or more.

    variable: the other of the two. Of the score's equation the levels, which are drawn first, so
    that the score follows inside; of the levels' equation the score, whose answers settle the level
    of those who answered some items.
    """

    variable: Name
    level: Level
    at: float


@dataclass(frozen=True, eq=False)
class Equation:
    """How one variable is imputed.

    omit: predictors left out of its equation; only: the only ones in it, if any are named. knn:
    donors of pmm. limits: of truncreg, and of what delta moves. delta: added to every imputed
    value, for a run not missing at random; of logit to the log-odds of its second level, of ologit
    to those of higher levels. applies: where there is something to know; elsewhere nothing is
    imputed, and the cell stands at the base as a predictor. A boolean Series, or (variable, level)
    or (variable, (level, ...)): where that column, its gate, observed or as imputed in this chain
    and sweep, has such a level (Stata's `conditional`). The equation is fitted where its gate is
    open, and a variable predicts neither its gate nor what the gate hangs on, which it would give
    away. closed_as: the level that a row has where the gate is closed, if it has one.

    Of numbers: bounds: row by row the least and the most that can be; pmm takes donors inside them,
    truncreg draws inside, and a delta stops at them. answers, cut: see `Answers` and `Cut`. beside:
    another number and the most that the two can be together.
    """

    method: Method
    omit: tuple[Name, ...] = ()
    only: tuple[Name, ...] = ()
    knn: int = 5
    limits: tuple[float, float] = (-np.inf, np.inf)
    applies: pd.Series | tuple[Name, Level | tuple[Level, ...]] | None = None
    delta: float = 0.0
    closed_as: Level | None = None
    bounds: tuple[pd.Series, pd.Series] | None = None
    answers: Answers | None = None
    cut: Cut | None = None
    beside: tuple[Name, pd.Series | float] | None = None


@dataclass(frozen=True, eq=False)
class Passive:
    """A variable made anew in every sweep from others, by a function from their completed columns
    to a Series.

    sources: columns, or passive variables declared before. make: gets them in their own types, for
    some rows only if it works row by row, and of levels then each row with the same values only
    once; what it returns missing stands at the base as a predictor. Cells that are observed stay.
    It never predicts its sources; predicts: whether it predicts other variables. of_numbers: the
    same from arrays of the sources, nan where missing, in their order; a sweep is faster with it,
    and uses it where the sources are numbers.
    """

    sources: tuple[Name, ...]
    make: Callable[[pd.DataFrame], pd.Series]
    predicts: bool = True
    of_numbers: Callable[[Sequence[np.ndarray]], np.ndarray] | None = None


Equations = Mapping[Name, Method | Equation | Passive]
# What the engine can do to a variable. Codes: their words belong to whoever prints them.
HAPPENINGS = (
    "augmented",  # pseudo-rows supported its equation: a level is rare, or perfectly predicted
    "constant",  # in this sweep all rows that its equation is fitted on have one value
    "constant_imputed",  # all its observed values are one value, which is imputed
    "collinear_left_out",  # predictors that follow from others; names
    "constant_left_out",  # predictors that do not vary among the rows that are fitted on; names
    "few_rows",  # no more observed rows than predictors
    "pmm_in_place",  # its own method did not converge
    "few_donors",  # fewer donors inside a row's bounds than asked for: drawn inside them
    "shift_stopped",  # values that a delta did not move: at their bounds, or decided by answers
    "stayed_missing",  # a passive variable that its sources do not settle
    "no_place",  # a passive variable with a value that the design has no column for: at the base
    "predicts_nothing",  # complete, and one value
    "gate_missing_kept",  # observed where its gate is missing; names: the gate
    "levels_left_out",  # declared levels that no row has
    "alphabetical_order",  # a shift goes by the order of its levels, which are held as text
    "chain_failed",  # names: the kind of error
)


@dataclass(frozen=True)
class Event:
    """What the engine did to a variable, as one of HAPPENINGS; how often; and the variables that it
    did it with.
    """

    variable: str
    event: str
    n: int
    names: tuple[str, ...] = ()


def default_method(values: pd.Series) -> Method:
    """By kind: two levels logit, ordered levels ologit, other levels mlogit, numbers pmm."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        if len(values.dtype.categories) <= 2:
            return "logit"
        return "ologit" if values.dtype.ordered else "mlogit"
    if is_number(values):
        return "pmm"
    return "logit" if values.nunique() <= 2 else "mlogit"
