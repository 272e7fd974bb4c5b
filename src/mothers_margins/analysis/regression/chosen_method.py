"""By which method an analysis is: maximum likelihood, as planned, wherever it has a maximum.

An analysis is the complete cases, or all m completed data sets: one analysis, one method.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mothers_margins.analysis.regression import likelihood
from mothers_margins.analysis.regression.fit import Column, Happened, Method, Standing
from mothers_margins.errors import UsageError
from mothers_margins.study.analysis_plan import Regression

DataSet = tuple[pd.DataFrame, pd.Series]  # a design without missing values, and the outcome


@dataclass(frozen=True)
class ChosenMethod:
    """The method of an analysis, and why.

    without_maximum: in how many of its m data sets the likelihood has no maximum. separated: names
    of columns without a finite estimate, each with the number of data sets in which it has none.
    """

    method: Method
    standing: Standing
    without_maximum: int
    separated: dict[str, int]
    m: int

    def happened(self, columns: Sequence[Column]) -> Iterator[Happened]:
        """The columns without a finite estimate, as events."""
        for column in columns:
            number = self.separated.get(column.name, 0)
            if number:
                about = (column.variable, column.level or column.name)
                yield Happened("separated", *about, chains=number, chains_in_all=self.m)


def chosen_method(
    data_sets: Sequence[DataSet],
    rules: Regression,
    asked: Method | None,
    *,
    has_small_cell: bool,
    known: likelihood.Solved | None = None,
) -> ChosenMethod:
    """The method of an analysis.

    asked: the method that is asked for, or None for the plan's. has_small_cell: whether a level is
    below the study's minimum. known: where solutions that are found on the way are kept. Raises
    UsageError where maximum likelihood is asked for and has no maximum, and where columns say the
    same.
    """
    known = {} if known is None else known
    infinite = [_infinite(design, event, known) for design, event in data_sets]
    without = sum(bool(names) for names in infinite)
    separated = dict(Counter(name for names in infinite for name in names))
    planned: Method = "logit"
    standing: Standing = "planned"
    if without:
        planned, standing = "firth", "no_maximum"
    elif has_small_cell and rules.below_minimum == "replace":
        planned, standing = "firth", "small_cells"
    if asked == "logit" and without:
        raise no_maximum(separated)
    if asked and asked != planned:
        standing = "asked_for"
    return ChosenMethod(asked or planned, standing, without, separated, len(data_sets))


def no_maximum(names: Sequence[str] | dict[str, int]) -> UsageError:
    """The error of a likelihood without a maximum, naming the columns without a finite estimate."""
    return UsageError(
        "fit_logistic: the outcome is separated, so these have no finite estimate.",
        list(names),
        'Put levels together, or use method="firth", which stays finite.',
    )


def _infinite(design: pd.DataFrame, event: pd.Series, known: likelihood.Solved) -> list[str]:
    """Names of the columns whose maximum-likelihood estimate is infinite."""
    x = design.to_numpy(float)
    y = event.to_numpy(float)
    if len(y) == 0 or y.min() == y.max():
        raise UsageError("fit_logistic: nobody or everybody has the outcome.")
    refuse_dependent(design)
    if _plainly_finite(x, y, known):
        return []
    return [str(name) for name in design.columns[likelihood.separated(x, y)]]


def refuse_dependent(design: pd.DataFrame) -> None:
    """Raise UsageError, naming them, for columns that follow from those before them, and at once
    for more columns than rows.
    """
    x = design.to_numpy(float)
    rows, columns = x.shape
    if columns > rows:
        raise UsageError(
            f"fit_logistic: {columns} columns for {rows} rows; no model has more columns than "
            "rows.",
            (),
            "Leave out an id or free text, or put levels together.",
        )
    follows = likelihood.follow_from_others(x)
    if follows.any():
        raise UsageError(
            "fit_logistic: a column follows from those before it.",
            [str(name) for name in design.columns[follows]],
            "Leave one of them out, or put levels together.",
        )


def _plainly_finite(x: np.ndarray, y: np.ndarray, known: likelihood.Solved) -> bool:
    """Whether a maximum is found with small errors, so that the linear program need not be asked.

    Where there is none, Newton's steps end, if at all, at errors in the thousands.
    """
    try:
        solution = likelihood.maximum_likelihood(x, y, 95, profile=False)
    except ArithmeticError:
        return False
    known["logit", False, x.tobytes(), y.tobytes()] = solution
    errors = np.sqrt(np.diag(solution.covariance))
    in_spreads = errors * np.maximum(x.std(axis=0), 1e-12)
    return bool(in_spreads.max() < 10)
