"""Formulas: from "low ~ age + C(race)" to the columns of a design, refused as a declared model would be."""

from typing import Any

import pandas as pd

from mothers_margins.cohort import Cohort, column
from mothers_margins.consistency import ORDER
from mothers_margins.errors import UsageError
from mothers_margins.study import unknown


def from_formula(data: pd.DataFrame, formula: str) -> tuple[pd.DataFrame, pd.Series]:
    """Design and event of a formula, without the rows that have a missing value in it."""
    from formulaic import model_matrix

    if "~" not in formula:
        raise UsageError("fit_logistic: with a data frame, model is a formula such as 'low ~ age + C(race)'.")
    try:
        made: Any = model_matrix(formula, data, na_action="drop", output="pandas")
        left, design = made.lhs, made.rhs
    except Exception as error:
        wrong = f"fit_logistic: the formula cannot be read ({type(error).__name__})."
        raise UsageError(wrong, (), f"Columns: {', '.join(map(str, data.columns))}.") from None
    event = left.iloc[:, -1].astype(float)
    if left.shape[1] > 2 or not event.isin([0.0, 1.0]).all():
        raise UsageError("fit_logistic: the outcome must be 0 or 1, or have two levels.")
    return pd.DataFrame(design).astype(float), event


def terms_of_formula(cohort: Cohort, formula: str, outcome: str) -> tuple[str, ...]:
    """Variables at the right of a formula, refused as those of a declared model would be."""
    from formulaic import Formula
    from formulaic.errors import FormulaicError

    study = cohort.study
    try:
        named = sorted(str(name) for name in Formula(formula.partition("~")[2]).required_variables)
    except FormulaicError:
        raise UsageError("fit_logistic: the formula cannot be read.") from None
    absent = [name for name in named if name not in study.declared]
    if absent:
        raise unknown("variable", absent, study.variables, f"study {study.name}")
    problems = []
    for name in named:
        when = study.timepoint(name)
        if when is None:
            problems.append(f"'{name}' has no timepoint, so it could have been recorded after {outcome}")
        elif ORDER[when] > ORDER[study.outcomes[outcome].timepoint]:
            problems.append(f"'{name}' was recorded after {outcome}")
        elif study.recorded(name) & study.recorded(outcome):
            problems.append(f"'{name}' is made from what {outcome} is made from")
    if problems:
        raise UsageError("fit_logistic: what comes after an outcome, or is part of it, cannot explain it.", problems)
    return tuple(named)


def cohort_formula(cohort: Cohort, formula: str, outcome: str, terms: tuple[str, ...]) -> pd.DataFrame:
    """Design of a formula, with missing values where a variable or the outcome is missing."""
    raw = {
        name: values if cohort.study.levels(name) else values.astype(float)
        for name, values in ((name, column(cohort, name)) for name in terms)
    }
    whole = pd.DataFrame(raw)
    whole[outcome] = column(cohort, outcome).map({"Yes": 1.0, "No": 0.0}).astype(float)
    used = {name: whole[name].cat.remove_unused_categories() for name in terms if cohort.study.levels(name)}
    design, _ = from_formula(whole.assign(**used), formula)
    return design.reindex(whole.index)
