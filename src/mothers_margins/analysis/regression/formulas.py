"""Formulas: from "low ~ age + C(race)" to the columns of a design, refused as a declared model
would be.
"""

from dataclasses import replace

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
    is_level = isinstance(values.dtype, pd.CategoricalDtype)
    if is_level or pd.api.types.is_string_dtype(values.dtype):
        made = values.astype("str").map({"Yes": 1.0, "No": 0.0})
    else:
        made = values.astype("Float64").astype(float)
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
        made = model_matrix(
            right, pd.DataFrame(plain, index=data.index), na_action="drop", output="pandas"
        )
        terms = [
            (str(term), [factor.expr for factor in term.factors], places)
            for term, places in made.model_spec.term_slices.items()
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
    for term, factors, places in terms:
        for name in map(str, design.columns[places]):
            level = _level_in(name) if len(factors) == 1 else ""
            columns.append(Column(name, "" if name == CONSTANT else term, level))
    return design, tuple(columns)


def _level_in(name: str) -> str:
    """The level that formulaic writes into the name of a column, as in `C(race)[T.black]`."""
    return name.rpartition("[T.")[2].removesuffix("]") if "[T." in name else ""


def _plain(values: pd.Series) -> pd.Series:
    """A column in a type that formulaic reads."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        return values.cat.remove_unused_categories()
    if pd.api.types.is_numeric_dtype(values.dtype):
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
    right = split(formula)[1]
    names = _variables(study, right, outcome)
    used = {name: _with_reference(study, name, column(cohort, name)) for name in names}
    design, columns = design_of(pd.DataFrame(used), right)
    said = []
    for one in columns:
        is_variable = one.variable in names
        is_between = is_variable and study.timepoint(one.variable) == "between"
        reference = _reference(study, one.variable) if one.level and is_variable else ""
        said.append(replace(one, reference=reference, note=BETWEEN if is_between else ""))
    return design.reindex(cohort.data.index), tuple(said), names


def _with_reference(study: Study, name: str, values: pd.Series) -> pd.Series:
    """A variable whose reference, if it has levels, is the first of them."""
    if not study.levels(name):
        return values
    reference = _reference(study, name)
    others = [level for level in study.levels(name) if level != reference]
    return values.cat.set_categories([reference, *others], ordered=False)


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
