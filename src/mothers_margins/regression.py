"""Logistic regression as the study declares it: what enters, and whether it may be fitted."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from mothers_margins import logistic
from mothers_margins.coding import coded, put_together
from mothers_margins.cohort import Cohort, column
from mothers_margins.definition import Regression
from mothers_margins.errors import UsageError, count
from mothers_margins.fitted import CONSTANT, Column, Fit, Method, framed, joined
from mothers_margins.formulas import cohort_formula, from_formula, terms_of_formula
from mothers_margins.results import About, Results
from mothers_margins.study import Study, unknown


def fit_logistic(
    data: Cohort | pd.DataFrame, model: str, method: Method | None = None, *, outcome: str | None = None
) -> Fit:
    """Logistic regression on complete cases, adjusted, with the unadjusted one of each variable on the same rows.

    data: a derived cohort, or any data frame of which `model` is then a formula (formulaic's: "low ~ age + C(race)").
    model: a model of the study, or a formula of its variables with an outcome at the left.
    method: logit (maximum likelihood) or firth; by default as the study's rule says.
    outcome: by default the study's primary outcome (with a formula, its left side).
    Every level is tabulated against the outcome first. A level with fewer than `minimum_cell` participants with, or
    without, the outcome stops the model unless the study declares Firth (`below_minimum`), or levels that are put
    together in `coding`. A level of nobody is left out and said. Levels that enter as one linear step are tabulated
    but cannot stop it.
    Returns a `Fit`. Raises UsageError for unknown names, a variable recorded after the outcome or made from it, small
    cells, separated data (which have no maximum-likelihood estimate), columns that say the same, and an outcome that
    nobody, or everybody, has.
    """
    if method not in (None, "logit", "firth"):
        raise UsageError("fit_logistic: method is logit, firth, or left out.")
    if not isinstance(data, Cohort):
        if not isinstance(data, pd.DataFrame):
            raise UsageError("fit_logistic: needs a cohort, as derive returns it, or a data frame.")
        design, event = from_formula(data, model)
        names = tuple(Column(str(name)) for name in design)
        outcome_name = model.partition("~")[0].strip()
        return _fitted(outcome_name, model, method or "logit", names, design, event, Regression())
    prepared = _prepared(data, model, outcome)
    complete = prepared.design.notna().all(axis=1) & prepared.event.notna()
    known = int(prepared.event.notna().sum())
    left_out = ("", "left out: participants with an explanatory variable not known", known - int(complete.sum()))
    return _on_rows(prepared, complete, method, (left_out,))


def available_case(cohort: Cohort, model: str, outcome: str | None = None) -> Results:
    """Unadjusted estimates, each on all participants for whom its variable is known: kind estimates, an extra.

    They are on other rows than `fit_logistic`'s, so the two are not compared with each other; method says
    available_case, and there are no profile intervals. Raises UsageError as `fit_logistic` does.
    """
    prepared = _prepared(cohort, model, outcome)
    rows: list[dict[str, Any]] = []
    for variable in dict.fromkeys(one.variable for one in prepared.columns if one.variable):
        chosen = [one for one in prepared.columns if one.variable in ("", variable)]
        part = replace(prepared, columns=tuple(chosen), design=prepared.design[[one.name for one in chosen]])
        part = replace(
            part,
            levels={name: values for name, values in prepared.levels.items() if name == variable},
            together=tuple(pair for pair in prepared.together if pair[0] == variable),
        )
        fit = _on_rows(part, part.design.notna().all(axis=1) & part.event.notna(), None, (), profile=False)
        by_firth = "by Firth's method: a cell is below the minimum" if fit.method == "firth" else ""
        rows += [
            row | {"method": "available_case", "note": joined(str(row["note"]), by_firth)}
            for row in fit.rows("unadjusted")
        ]
    found = framed(rows, prepared.about, prepared.timepoint)
    assert isinstance(found, Results)  # noqa: S101 (a cohort's always are)
    return found


@dataclass(frozen=True, eq=False)
class _Prepared:
    """All that a model needs of a cohort: one row per participant, missing values still in it.

    levels: categories of the variables that have them, as they enter; linear: those that enter as one step per level.
    together: levels that were put together, as (variable, new level).
    """

    study: Study
    outcome: str
    model: str
    columns: tuple[Column, ...]
    design: pd.DataFrame
    event: pd.Series
    levels: dict[str, pd.Series]
    linear: frozenset[str]
    together: tuple[tuple[str, str], ...]
    about: About
    timepoint: int | None


def _prepared(cohort: Cohort, model: str, outcome: str | None) -> _Prepared:
    study = cohort.study
    formula = "~" in model
    if formula:
        outcome = model.partition("~")[0].strip()
    elif outcome is None:
        primary = [one.name for one in study.file.outcomes if one.kind == "primary"]
        outcome = primary[0] if primary else ""
    if outcome not in study.outcomes:
        raise unknown("outcome", [outcome], study.outcomes, f"study {study.name}")
    event = column(cohort, outcome).map({"Yes": 1.0, "No": 0.0}).astype(float)
    terms = terms_of_formula(cohort, model, outcome) if formula else study.terms(model, outcome)
    columns: list[Column] = [Column(CONSTANT)]
    found: dict[str, pd.Series] = {CONSTANT: pd.Series(1.0, index=cohort.data.index)}
    levels: dict[str, pd.Series] = {}
    linear, together = set[str](), list[tuple[str, str]]()
    for term in terms:
        values = column(cohort, term)
        if formula:
            if study.levels(term):
                levels[term] = values
            continue
        coding = study.coding(model, term)
        between = study.timepoint(term) == "between"
        note = "recorded between the timepoints, after timepoint 1" if between else ""
        for (variable, level), numbers in coded(study, cohort.data, term, coding).items():
            one = Column(f"{variable}[{level}]" if level else variable, variable, level, coding.reference, note)
            columns.append(one)
            found[one.name] = numbers
        if study.levels(term):
            levels[term] = values if coding.linear else put_together(study, values, term, coding)
            linear |= {term} if coding.linear else set()
        together += [(term, new) for new, olds in coding.merged.items() if len(olds) > 1]
    design = pd.DataFrame(found)
    if formula:
        design = cohort_formula(cohort, model, outcome, terms)
        columns = [Column(str(name), "" if name == CONSTANT else str(name)) for name in design]
    about = About("estimates", study, cohort.source, {})
    timepoint = study.outcomes[outcome].timepoint
    return _Prepared(
        study,
        outcome,
        "formula" if formula else model,
        tuple(columns),
        design,
        event,
        levels,
        frozenset(linear),
        tuple(together),
        about,
        timepoint if timepoint in (1, 2) else None,
    )


def _on_rows(
    prepared: _Prepared,
    chosen: pd.Series,
    method: Method | None,
    done: tuple[tuple[str, str, int], ...],
    profile: bool = True,
) -> Fit:
    """The model of the chosen rows, after its cells have been looked at."""
    rules = prepared.study.file.regression
    event = prepared.event[chosen]
    unit = prepared.study.file.unit.many
    if event.nunique() < 2:
        raise UsageError(
            f"fit_logistic: among {count(len(event), 'complete case')}, nobody or everybody has the outcome."
        )
    cells = _tabulated(prepared, chosen)
    binding = cells[~cells["variable"].isin(prepared.linear) & (cells[["yes", "no"]].sum(axis=1) > 0)]
    small = binding[(binding[["yes", "no"]] < rules.minimum_cell).any(axis=1)]
    if len(small) and (method == "logit" or rules.below_minimum == "stop"):
        problems = [f"{row['variable']} '{row['level']}'" for row in small.to_dict("records")]
        wrong = f"fit_logistic: levels with fewer than {rules.minimum_cell} {unit} with, or without, the outcome."
        remedy = "In study.yaml, put levels together (coding), or declare regression: {below_minimum: firth}."
        raise UsageError(wrong, problems, remedy + (" Then leave method out." if method == "logit" else ""))
    method = method or ("firth" if len(small) else "logit")
    for name, new in prepared.together:
        done += ((name, f"levels put together: {new}", int((prepared.levels[name][chosen] == new).sum())),)
    done += tuple(
        (
            row["variable"],
            f"Firth's method, because a level has fewer than {rules.minimum_cell} in a cell: {row['level']}",
            min(row["yes"], row["no"]),
        )
        for row in small.to_dict("records")
    )
    design = prepared.design[chosen]
    empty = [one for one in prepared.columns if one.level and not design[one.name].any()]
    done += tuple((one.variable, f"left out, because nobody has the level: {one.level}", 0) for one in empty)
    columns = tuple(one for one in prepared.columns if one not in empty)
    design = design[[one.name for one in columns]]
    fit = _fitted(prepared.outcome, prepared.model, method, columns, design, event, rules, profile)
    infinite: Iterable[bool] = (
        logistic.separated(design.to_numpy(float), event.to_numpy(float)) if method == "firth" else []
    )
    done += tuple(
        (one.variable, "separated, so without Firth's method its estimate is infinite: " + (one.level or one.name), 0)
        for one, there in zip(columns, infinite, strict=False)
        if there
    )
    variables = dict.fromkeys(one.variable for one in columns if one.variable)
    unadjusted = []
    for variable in variables if len(variables) > 1 else ():
        part = tuple(one for one in columns if one.variable in ("", variable))
        own = design[[one.name for one in part]]
        alone = _fitted(prepared.outcome, prepared.model, method, part, own, event, rules)
        unadjusted.append(replace(alone, about=prepared.about, timepoint=prepared.timepoint))
    fit = replace(fit, about=prepared.about, timepoint=prepared.timepoint)
    return replace(
        fit,
        cells=cells,
        done=done,
        unadjusted=tuple(unadjusted) or (fit,),
    )


def _tabulated(prepared: _Prepared, chosen: pd.Series) -> pd.DataFrame:
    """Number with and without the outcome in each level that enters, among the chosen rows; of nobody too."""
    rows = []
    event = prepared.event[chosen]
    for name, values in prepared.levels.items():
        for level in values.cat.categories:
            inside = values[chosen] == level
            yes = int((inside & (event == 1)).sum())
            rows.append({"variable": name, "level": str(level), "yes": yes, "no": int(inside.sum()) - yes})
    return pd.DataFrame(rows, columns=["variable", "level", "yes", "no"])


def _fitted(
    outcome: str,
    model: str,
    method: Method,
    columns: tuple[Column, ...],
    design: pd.DataFrame,
    event: pd.Series,
    rules: Regression,
    profile: bool = True,
) -> Fit:
    """One fit of a design without missing values, after its columns have been looked at."""
    x, y = design.to_numpy(float), event.to_numpy(float)
    if len(y) == 0 or y.min() == y.max():
        raise UsageError("fit_logistic: nobody or everybody has the outcome.")
    dependent = [
        name for k, name in enumerate(design) if np.linalg.matrix_rank(x[:, : k + 1]) == np.linalg.matrix_rank(x[:, :k])
    ]
    if dependent:
        remedy = "Leave one of them out, or put levels together."
        raise UsageError("fit_logistic: a column follows from those before it.", map(str, dependent), remedy)
    if method == "logit":
        infinite = [str(name) for name, there in zip(design, logistic.separated(x, y), strict=True) if there]
        if infinite:
            remedy = 'Put levels together, or use method="firth", which stays finite.'
            raise UsageError(
                "fit_logistic: the outcome is separated, so these have no finite estimate.", infinite, remedy
            )
    try:
        if method == "firth":
            augmented = rules.firth_std_error == "augmented"
            solution = logistic.firth(x, y, rules.confidence, augmented=augmented, profile=profile)
        else:
            solution = logistic.maximum_likelihood(x, y, rules.confidence, profile=profile)
    except ArithmeticError as error:
        raise UsageError(f"fit_logistic: {error}.") from None
    return Fit(outcome, model, method, columns, design, event, solution, rules)
