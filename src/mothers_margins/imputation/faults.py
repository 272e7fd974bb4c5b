"""What cannot hold in data and equations: all of it is said at once, by names and never by
values.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from mothers_margins.imputation.columns import levels_of
from mothers_margins.imputation.equations import (
    LEVELLED,
    METHODS,
    Answers,
    Equation,
    Name,
    Passive,
)
from mothers_margins.imputation.values import as_numbers, is_number, kinds_of


def refuse(problems: list[str]) -> None:
    """Raise ValueError with all problems at once, if there are any."""
    if problems:
        raise ValueError("chained: " + "; ".join(problems))


def faults_by_column(
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
    faults = _faults_beside_a_method(equation)
    if equation.bounds:
        low, high = equation.bounds
        if len(low) != len(data) or len(high) != len(data) or (low > high).any():
            return [*faults, "has bounds of another length than the data, or lower above upper"]
        outside = _outside(data[name], low, high)
        if outside:
            faults.append(f"has {outside} observed values outside their bounds")
    if equation.answers:
        faults += _faults_of_answers(equation.answers, len(data), names)
    if equation.cut and equation.method not in LEVELLED and equation.cut.variable not in names:
        faults.append("is cut by a column that is none")
    if equation.beside and equation.beside[0] not in names:
        faults.append("has a number beside it that is no column")
    return faults


def _faults_beside_a_method(equation: Equation) -> list[str]:
    """Bounds and answers that the equation's method cannot keep."""
    faults = []
    is_levelled = equation.method in LEVELLED
    if equation.bounds and equation.method == "regress":
        faults.append("has bounds, which regress cannot keep: use pmm or truncreg")
    if is_levelled and (equation.bounds or equation.beside):
        faults.append("has bounds and levels")
    if is_levelled and equation.answers and not equation.cut:
        faults.append("has answers and levels, and no cut")
    return faults


def _outside(column: pd.Series, low: pd.Series, high: pd.Series) -> int:
    """How many observed values are outside their row's bounds."""
    known = column.to_numpy(dtype=float, na_value=np.nan)
    slack = 1e-9 * (1 + np.abs(known))  # a prorated score is not exact
    too_low = known < low.to_numpy(dtype=float) - slack
    too_high = known > high.to_numpy(dtype=float) + slack
    return int((too_low | too_high).sum())


def _faults_of_answers(answers: Answers, rows: int, names: set[Name]) -> list[str]:
    strange = [str(item) for item in answers.imputed if item not in answers.known]
    variables = [answer.variable for answer in answers.imputed.values()]
    strange += [str(variable) for variable in variables if variable not in names]
    if strange or len(answers.known) != rows:
        return ["has answers of another length, or to items that are no columns"]
    return []


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
