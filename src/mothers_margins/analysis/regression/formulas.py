"""Formulas: from "low ~ age + C(race)" to the columns of a design, refused as a declared model
would be.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from mothers_margins.analysis.regression.fit import BETWEEN, CONSTANT, Column
from mothers_margins.cohort.cohort import Cohort, column
from mothers_margins.errors import UsageError, unknown
from mothers_margins.imputation.formulas import FormulaError, RightSide, learned, names_in, parsed
from mothers_margins.imputation.values import as_event
from mothers_margins.study.outcomes import ORDER
from mothers_margins.study.study import Study

REMEDY = "Write an outcome, ~, and columns joined by +, such as 'low ~ age + C(race)'."


def split(formula: str) -> tuple[str, str]:
    """The outcome and the right side of a formula. Raises UsageError if it has not the form of
    one.
    """
    outcome, tilde, right = formula.partition("~")
    if not (tilde and outcome.strip() and right.strip()):
        raise UsageError("fit_logistic: this is no formula.", (), REMEDY)
    return outcome.strip().strip("`"), right.strip()


@dataclass(frozen=True, eq=False)
class FrameData:
    """What a formula needs of a data frame: the rows that have all of it.

    not_known: how many have the outcome and not every variable that the formula names.
    """

    design: pd.DataFrame
    event: pd.Series
    columns: tuple[Column, ...]
    not_known: int


def from_frame(data: pd.DataFrame, formula: str, right: RightSide | None = None) -> FrameData:
    """Design, event and columns of a formula of a data frame, on the rows that have all of it.

    right: what its terms learned from another data set, where the fits are to be pooled. Rows keep
    their labels, and are told apart by their place: labels may repeat.
    """
    outcome, text = split(formula)
    stands = int((data.columns == outcome).sum())
    if stands != 1:
        raise UsageError(
            f"fit_logistic: {'no column' if not stands else 'more than one column'} '{outcome}'.",
            (),
            f"Columns: {', '.join(map(str, data))}.",
        )
    event = _event(data[outcome])
    known = data[~np.isnan(event)].drop(columns=outcome)
    design, columns, rows = design_of(known, text, right)
    design.index = known.index[rows]
    event = event[~np.isnan(event)][rows]
    return FrameData(
        design, pd.Series(event, index=design.index), columns, int(len(rows) - rows.sum())
    )


def learned_from_first_frame(data: pd.DataFrame, formula: str) -> RightSide:
    """What the terms of a formula learn from the first of several data sets, for all of them."""
    outcome, text = split(formula)
    known = data
    if outcome in data:
        known = data[~np.isnan(_event(data[outcome]))].drop(columns=outcome)
    return _learned(text, known, of_several=True)


def _event(values: pd.Series) -> np.ndarray:
    """0 and 1, nan where missing. Raises UsageError for anything but numbers, truth values, or Yes
    and No.
    """
    answers = as_event(values)
    if answers is None:
        raise UsageError("fit_logistic: the outcome must be 0 or 1, true or false, or Yes or No.")
    return answers


def design_of(
    data: pd.DataFrame, text: str, right: RightSide | None = None
) -> tuple[pd.DataFrame, tuple[Column, ...], np.ndarray]:
    """Columns of the right side of a formula, and which rows they are of: those that have all
    variables named in it.

    Texts are taken as levels, truth values as numbers. A column knows its variable, level and
    reference where its term is one variable, else the term; the constant must be among them. Raises
    UsageError for what cannot be read.
    """
    right = right or _learned(text, data)
    try:
        entered = right.design(data)
    except FormulaError as error:
        raise _refusal(error, data) from None
    if CONSTANT not in entered.columns or len(entered.columns.columns) < 2:
        raise UsageError(
            "fit_logistic: a formula needs its constant and at least one column beside it.",
            (),
            REMEDY,
        )
    variables = Counter(term.variable for term in right.terms)
    columns = []
    for term in right.terms:
        for name in term.columns:
            # of a variable that stands in several terms, each is called as it is written
            variable = term.variable if variables[term.variable] == 1 else term.text
            columns.append(
                Column(
                    name,
                    "" if name == CONSTANT else variable,
                    term.levels.get(name, ""),
                    term.reference if name in term.levels else "",
                    term=term.text,
                    named=term.named,
                )
            )
    return entered.columns, tuple(columns), entered.rows


def _learned(text: str, data: pd.DataFrame, *, of_several: bool = False) -> RightSide:
    try:
        return learned(text, data, of_several=of_several)
    except FormulaError as error:
        raise _refusal(error, data) from None


def _refusal(error: FormulaError, data: pd.DataFrame) -> UsageError:
    remedy = error.remedy or f"{REMEDY} Columns: {', '.join(map(str, data))}."
    return UsageError(f"fit_logistic: {error.summary}", error.problems, remedy)


def from_cohort(
    cohort: Cohort, formula: str, outcome: str, right: RightSide | None = None
) -> tuple[pd.DataFrame, tuple[Column, ...], tuple[str, ...]]:
    """Design with missing values where a variable is missing, or the outcome; its columns, and the
    variables in it.

    The reference of a level is the declared one, else "No", else the first. right: what its terms
    learned from another completed cohort. Raises UsageError for variables that a declared model
    could not have.
    """
    study = cohort.study
    text = split(formula)[1]
    names = _variables(study, text, outcome)
    known = _with_outcome(cohort, names, outcome)
    design, columns, rows = design_of(known, text, right)
    design.index = known.index[rows]
    noted = []
    for each in columns:
        is_between = any(study.timepoint(name) == "between" for name in each.named)
        noted.append(replace(each, note=BETWEEN if is_between else ""))
    return design.reindex(cohort.data.index), tuple(noted), names


def learned_from_first(cohort: Cohort, formula: str, outcome: str) -> RightSide:
    """What the terms of a formula learn from the first of several completed cohorts, for all of
    them.
    """
    text = split(formula)[1]
    names = _variables(cohort.study, text, outcome)
    return _learned(text, _with_outcome(cohort, names, outcome), of_several=True)


def _with_outcome(cohort: Cohort, names: Sequence[str], outcome: str) -> pd.DataFrame:
    """The variables of a formula where the outcome is known: terms learn from no other rows."""
    used = {name: _with_reference(cohort.study, name, column(cohort, name)) for name in names}
    known = column(cohort, outcome).notna()
    return pd.DataFrame(used, index=cohort.data.index)[known]


def _with_reference(study: Study, name: str, values: pd.Series) -> pd.Series:
    """A variable whose reference, if it has levels, is the first of them."""
    if not study.levels(name):
        return values
    reference = _reference(study, name)
    others = [level for level in study.levels(name) if level != reference]
    return values.cat.set_categories([reference, *others], ordered=False)


def _reference(study: Study, name: str) -> str:
    levels, coding = study.levels(name), study.codings.get(name)
    declared = coding.reference if coding and coding.reference in levels else ""
    return declared or ("No" if "No" in levels else levels[0])


def _variables(study: Study, right: str, outcome: str) -> tuple[str, ...]:
    """Variables at the right of a formula, refused as those of a declared model would be."""
    try:
        named = sorted(names_in(parsed(right, study.variables), study.declared))
    except FormulaError:
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
