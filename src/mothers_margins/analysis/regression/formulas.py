"""Formulas: from "low ~ age + C(race)" to the columns of a design, refused as a declared model
would be.
"""

from typing import Any

import pandas as pd

from mothers_margins.analysis.regression.fit import BETWEEN, CONSTANT, Column
from mothers_margins.cohort.cohort import Cohort, column
from mothers_margins.errors import UsageError, unknown
from mothers_margins.study.study import ORDER, Study

REMEDY = "Write an outcome, ~, and columns joined by +, such as 'low ~ age + C(race)'."


def split(formula: str) -> tuple[str, str]:
    """The outcome and the right side of a formula. Raises UsageError if it has not the form of
    one.
    """
    outcome, tilde, right = formula.partition("~")
    if not (tilde and outcome.strip() and right.strip()):
        raise UsageError("fit_logistic: this is no formula.", (), REMEDY)
    return outcome.strip(), right.strip()


def from_frame(
    data: pd.DataFrame, formula: str
) -> tuple[pd.DataFrame, pd.Series, tuple[Column, ...]]:
    """Design, event and columns of a formula of a data frame, on the rows that have all of it."""
    outcome, right = split(formula)
    if outcome not in data:
        raise UsageError(
            f"fit_logistic: no column '{outcome}'.", (), f"Columns: {', '.join(map(str, data))}."
        )
    event = _event(data[outcome])
    known = data[event.notna()]
    design, columns = design_of(known.drop(columns=outcome), right)
    return design, event[design.index], columns


def _event(values: pd.Series) -> pd.Series:
    """0 and 1, from numbers, truth values, or Yes and No. Raises UsageError for anything else."""
    text = pd.api.types.is_string_dtype(values.dtype) or isinstance(
        values.dtype, pd.CategoricalDtype
    )
    made = (
        values.astype("str").map({"Yes": 1.0, "No": 0.0})
        if text
        else values.astype("Float64").astype(float)
    )
    made = made.where(values.notna())
    if made.isna().ne(values.isna()).any() or not made.dropna().isin([0.0, 1.0]).all():
        raise UsageError("fit_logistic: the outcome must be 0 or 1, true or false, or Yes or No.")
    return made


def design_of(data: pd.DataFrame, right: str) -> tuple[pd.DataFrame, tuple[Column, ...]]:
    """Columns of the right side of a formula, by formulaic; rows with a missing value in it are
    left out.

    Texts and truth values are taken as levels and numbers. A column knows its variable and level
    where its term is one variable, else the term; the constant must be among them. Raises
    UsageError for what cannot be read.
    """
    from formulaic import model_matrix

    plain = {name: _plain(values) for name, values in data.items()}
    try:
        made: Any = model_matrix(
            right, pd.DataFrame(plain, index=data.index), na_action="drop", output="pandas"
        )
        terms = [
            (str(term), [f.expr for f in term.factors], at)
            for term, at in made.model_spec.term_slices.items()
        ]
        design = pd.DataFrame(made).astype(float)
    except Exception as error:
        wrong = (
            f"fit_logistic: the right side of the formula cannot be read ({type(error).__name__})."
        )
        raise UsageError(wrong, (), f"{REMEDY} Columns: {', '.join(map(str, data))}.") from None
    if CONSTANT not in design or len(design.columns) < 2:
        raise UsageError(
            "fit_logistic: a formula needs its constant and at least one column beside it.",
            (),
            REMEDY,
        )
    columns = []
    for term, factors, at in terms:
        for name in map(str, design.columns[at]):
            level = (
                name.rpartition("[T.")[2].removesuffix("]")
                if len(factors) == 1 and "[T." in name
                else ""
            )
            columns.append(Column(name, "" if name == CONSTANT else term, level))
    return design, tuple(columns)


def _plain(values: pd.Series) -> pd.Series:
    """A column in a type that formulaic reads."""
    kind: Any = values.dtype
    if isinstance(kind, pd.CategoricalDtype):
        return values.cat.remove_unused_categories()
    if pd.api.types.is_numeric_dtype(kind):
        return values.astype("Float64").astype(float)
    return values.astype("str").where(values.notna()).astype("category")


def from_cohort(
    cohort: Cohort, formula: str, outcome: str
) -> tuple[pd.DataFrame, tuple[Column, ...], tuple[str, ...]]:
    """Design with missing values where a variable is missing, its columns, and the variables in it.

    The reference of a level is the declared one, else "No", else the first. Raises UsageError for
    variables that a declared model could not have.
    """
    study = cohort.study
    names = _variables(study, split(formula)[1], outcome)
    used = {}
    for name in names:
        values = column(cohort, name)
        if study.levels(name):
            levels = list(study.levels(name))
            first = _reference(study, name)
            values = values.cat.set_categories(
                [first, *(level for level in levels if level != first)], ordered=False
            )
        used[name] = values
    design, columns = design_of(pd.DataFrame(used), split(formula)[1])
    said = tuple(
        Column(
            one.name,
            one.variable,
            one.level,
            _reference(study, one.variable) if one.level and one.variable in names else "",
            BETWEEN if one.variable in names and study.timepoint(one.variable) == "between" else "",
        )
        for one in columns
    )
    return design.reindex(cohort.data.index), said, names


def _reference(study: Study, name: str) -> str:
    levels, coding = study.levels(name), study.file.coding.get(name)
    declared = coding.reference if coding and coding.reference in levels else ""
    return declared or ("No" if "No" in levels else levels[0])


def _variables(study: Study, right: str, outcome: str) -> tuple[str, ...]:
    """Variables at the right of a formula, refused as those of a declared model would be."""
    from formulaic import Formula

    try:
        named = sorted(str(name) for name in Formula(right).required_variables)
    except Exception:
        raise UsageError("fit_logistic: the formula cannot be read.", (), REMEDY) from None
    absent = [name for name in named if name not in study.declared]
    if absent:
        raise unknown("variable", absent, study.variables, f"study {study.name}")
    problems = []
    for name in named:
        when = study.timepoint(name)
        if name not in study.variables:
            problems.append(f"'{name}' is a list of codes or an id")
        elif name in study.file.descriptive_only:
            problems.append(
                f"'{name}' is for description only: {study.file.descriptive_only[name]}"
            )
        elif when is None:
            problems.append(
                f"'{name}' has no timepoint, so it could have been recorded after {outcome}"
            )
        elif ORDER[when] > ORDER[study.outcomes[outcome].timepoint]:
            problems.append(f"'{name}' was recorded after {outcome}")
        elif study.recorded(name) & study.recorded(outcome):
            problems.append(f"'{name}' is made from what {outcome} is made from")
    if problems:
        raise UsageError("fit_logistic: what cannot explain this outcome.", problems)
    return tuple(named)
