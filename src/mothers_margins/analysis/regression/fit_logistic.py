"""Logistic regression as the study declares it: what enters, and whether it may be fitted."""

import re
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from mothers_margins.analysis.missing_data.imputed import Imputed
from mothers_margins.analysis.regression import likelihood
from mothers_margins.analysis.regression.fit import BY_FIRTH, Column, Fit, Happened, Method, joined
from mothers_margins.analysis.regression.formulas import from_frame, split
from mothers_margins.analysis.regression.likelihood import Solution
from mothers_margins.analysis.regression.model_data import (
    ModelData,
    cells_by_level,
    does_not_apply,
    model_data,
    small_cells,
)
from mothers_margins.analysis.regression.pooled_fit import PooledFit, pool_fits
from mothers_margins.cohort.cohort import Cohort, only_recorded
from mothers_margins.errors import UsageError, expect
from mothers_margins.imputation import Imputations
from mothers_margins.results.results import Results, Row, tidy
from mothers_margins.study.analysis_plan import Regression
from mothers_margins.study.study import Study


def fit_logistic(
    data: Cohort | pd.DataFrame | Imputed | Imputations,
    model: str,
    method: Method | None = None,
    *,
    outcome: str | None = None,
    profile: bool = True,
) -> Fit | PooledFit:
    """Logistic regression on complete cases, adjusted, with the unadjusted one of each variable on
    the same rows.

    data: a derived cohort, or any data frame, of which `model` is then a formula ("low ~ age +
    C(race)", read by formulaic); a data frame has no study, so nothing is tabulated and no rule but
    that against separation applies. Of an imputed cohort, or imputations of a data frame, the model
    is fitted to every completed data set and pooled by Rubin's rules (a `PooledFit`); the method is
    then one for all of them, and there are no profile intervals. model: a model of the study, or a
    formula of its variables with an outcome at the left. method: logit (maximum likelihood) or
    firth; by default as the study's rule says. outcome: by default the study's primary outcome
    (with a formula, its left side). profile: whether profile limits are found too; without them a
    fit takes a third of the time. Every level is tabulated against the outcome first. A level with
    fewer than `minimum_cell` participants with, or without, the outcome stops the model unless the
    study declares Firth (`below_minimum`), or levels that are put together in `coding`. A level of
    nobody is left out and said. A model of an exploratory outcome needs `exploratory_events` per
    parameter among all whose outcome is known. Returns a `Fit`. Raises UsageError for unknown
    names, a variable recorded after the outcome or made from it, an outcome for which the model
    lists nothing or is too rare, small cells, separated data (which have no maximum-likelihood
    estimate), columns that say the same, and an outcome that nobody, or everybody, has.
    """
    if method not in (None, "logit", "firth"):
        raise UsageError("fit_logistic: method is logit, firth, or left out.")
    if not isinstance(model, str) or not (outcome is None or isinstance(outcome, str)):
        raise UsageError("fit_logistic: model and outcome are names, or model is a formula.")
    if isinstance(data, Imputed):
        return _of_imputed(data, model, method, outcome)
    if isinstance(data, Imputations):
        fits = tuple(
            _of_frame(data.complete(i), model, method, profile=False) for i in range(1, data.m + 1)
        )
        return pool_fits(fits, "rubin")
    if isinstance(data, Cohort):
        return _of_cohort(data, model, method, outcome, profile)
    expect(data, pd.DataFrame, "fit_logistic", "a cohort, as derive returns it, or a data frame")
    return _of_frame(data, model, method, profile)


def _of_frame(data: pd.DataFrame, formula: str, method: Method | None, profile: bool) -> Fit:
    """A formula of a data frame, which has no study and so no rules."""
    design, event, columns = from_frame(data, formula)
    fit = Fit(
        outcome=split(formula)[0],
        model="formula",
        method=method or "logit",
        columns=columns,
        design=design,
        event=event,
        solution=solved(design, event, method or "logit", Regression(), profile),
        rules=Regression(),
    )
    return replace(fit, done=_separations(fit), unadjusted=_unadjusted(fit, profile))


def _of_cohort(
    cohort: Cohort, model: str, method: Method | None, outcome: str | None, profile: bool
) -> Fit:
    """A model of complete cases."""
    data = model_data(only_recorded(cohort, "fit_logistic"), model, outcome)
    not_known = int(data.event.notna().sum()) - int(data.complete.sum())
    left_out = Happened("term_not_known", n=not_known)
    return _on_rows(data, data.complete, method, (left_out,), profile)


def _of_imputed(
    imputed: Imputed, model: str, method: Method | None, outcome: str | None
) -> PooledFit:
    """The model on every completed cohort, by one method, pooled by the plan's rule."""
    each = _completed(imputed, model, outcome)
    rows = _same_rows(each)
    _all_imputed(imputed, each[0])
    if any(data.terms.columns != each[0].terms.columns for data in each):
        raise UsageError("fit_logistic: the columns of the model differ between imputations.")
    outside = Happened("not_concerned", n=int((~rows).sum()))
    done = (outside,) if outside.n else ()
    method = method or _one_method(each, rows)
    fits = tuple(_on_rows(data, rows, method, done, profile=False) for data in each)
    return pool_fits(fits, imputed.plan.df_rule, _variant(imputed))


def _completed(imputed: Imputed, model: str, outcome: str | None) -> list[ModelData]:
    """What the model needs of each completed cohort."""
    if outcome not in (None, imputed.outcome):
        raise UsageError(
            f"fit_logistic: these imputations are for {imputed.outcome}; impute for {outcome}."
        )
    _refuse_levels_apart(imputed, model)
    if "~" in model:
        each = [model_data(imputed.complete(i), model, None) for i in range(1, imputed.m + 1)]
        if each[0].outcome != imputed.outcome:
            raise UsageError(
                f"fit_logistic: these imputations are for {imputed.outcome}, which the formula "
                "must have left."
            )
        return each
    terms = imputed.cohort.study.terms(model, imputed.outcome)
    return [
        model_data(imputed.complete(i, terms), model, imputed.outcome)
        for i in range(1, imputed.m + 1)
    ]


def _refuse_levels_apart(imputed: Imputed, model: str) -> None:
    """Raise UsageError for a model that keeps levels apart which were imputed together."""
    study = imputed.cohort.study
    if "~" in model:
        apart = [name for name in imputed.together if re.search(rf"\b{name}\b", split(model)[1])]
    else:
        terms = study.terms(model, imputed.outcome)
        apart = [
            name
            for name, levels in imputed.together.items()
            if name in terms and not {*levels} <= {*study.coding(model, name).merged}
        ]
    if apart:
        raise UsageError(
            f"fit_logistic: model {imputed.model}, for which these rows were imputed, puts levels "
            "together that this one keeps apart.",
            apart,
            "Impute for the model that keeps them apart.",
        )


def _same_rows(each: list[ModelData]) -> pd.Series:
    """The rows of the model, which are the same in all completed data sets, or UsageError."""
    rows = each[0].complete
    if any((data.complete != rows).any() for data in each):
        raise UsageError(
            "fit_logistic: who is concerned by a variable differs between imputations."
        )
    return rows


def _all_imputed(imputed: Imputed, data: ModelData) -> None:
    """Raise UsageError for variables with values that are missing though the question applies."""
    missing = data.terms.design.isna() & ~does_not_apply(imputed.cohort.reasons, data)
    incomplete = {
        column.variable or column.name
        for column in data.terms.columns
        if missing[column.name].any()
    }
    if incomplete:
        raise UsageError(
            "fit_logistic: these variables are incomplete and were not imputed in this run.",
            sorted(incomplete),
            "Impute for the model that has them, or name them among the plan's auxiliaries.",
        )


def _variant(imputed: Imputed) -> str:
    """What a sensitivity run did otherwise, as a code; empty for the run of the plan."""
    if imputed.shifts:
        return "shifted"
    return imputed.composites if imputed.composites != "components" else ""


def _one_method(each: list[ModelData], rows: pd.Series) -> Method | None:
    """Firth's for all imputations if a cell is below the minimum in one of them, and the study
    declares it.
    """
    rules = each[0].study.file.regression
    if rules.below_minimum != "firth":
        return None
    has_small_cell = (
        len(small_cells(cells_by_level(data, rows), rules.minimum_cell)) > 0 for data in each
    )
    return "firth" if any(has_small_cell) else "logit"


def available_case(cohort: Cohort, model: str, outcome: str | None = None) -> Results:
    """Unadjusted estimates, each on all participants for whom its variable is known: kind
    estimates, an extra.

    They are on other rows than `fit_logistic`'s, so the two are not compared with each other;
    method says available_case, and there are no profile intervals. Raises UsageError as
    `fit_logistic` does.
    """
    only_recorded(cohort, "available_case")
    if not isinstance(model, str):
        raise UsageError("available_case: model is a name of the study's, or a formula.")
    data = model_data(cohort, model, outcome)
    rows: list[Row] = []
    for variable in dict.fromkeys(column.variable for column in data.terms.columns):
        if variable:
            alone = replace(data, terms=data.terms.only(variable))
            fit = _on_rows(alone, alone.complete, None, (), profile=False)
            rows += with_method(fit, "unadjusted", "available_case")
    return tidy(rows, data.about, data.timepoint)


def with_method(fit: Fit, which: str, method: str) -> Iterator[Row]:
    """Rows of a fit whose method says on which rows it is; that it is Firth's is then in the
    note.
    """
    by_firth = BY_FIRTH if fit.method == "firth" else ""
    for row in fit.rows(which):
        yield row | {"method": method, "note": joined(str(row["note"]), by_firth)}


def _on_rows(
    data: ModelData,
    rows: pd.Series,
    method: Method | None,
    done: tuple[Happened, ...],
    profile: bool,
) -> Fit:
    """The model of the chosen rows, after its cells have been looked at."""
    rules = data.study.file.regression
    event = data.event[rows]
    if event.nunique() < 2:
        raise UsageError(
            "fit_logistic: among the complete cases nobody, or everybody, has the outcome."
        )
    cells = cells_by_level(data, rows)
    small = small_cells(cells, rules.minimum_cell)
    if len(small) and (method == "logit" or rules.below_minimum == "stop"):
        raise _small_cell_error(data.study, small, method)
    method = method or ("firth" if len(small) else "logit")
    design = data.terms.design[rows]
    empty = [
        column for column in data.terms.columns if column.level and not design[column.name].any()
    ]
    columns = tuple(column for column in data.terms.columns if column not in empty)
    design = design[[column.name for column in columns]]
    fit = Fit(
        outcome=data.outcome,
        model=data.model,
        method=method,
        columns=columns,
        design=design,
        event=event,
        solution=solved(design, event, method, rules, profile),
        rules=rules,
        cells=cells,
        about=data.about,
        timepoint=data.timepoint,
    )
    done = (*done, *_looked_at(data, rows, small, empty), *_separations(fit))
    return replace(fit, done=done, unadjusted=_unadjusted(fit, profile))


def _small_cell_error(study: Study, small: pd.DataFrame, method: Method | None) -> UsageError:
    remedy = (
        "In study.yaml, put levels together (coding), or declare regression: "
        "{below_minimum: firth}."
    )
    if method == "logit":
        remedy += " Then leave method out."
    return UsageError(
        f"fit_logistic: levels with fewer than {study.file.regression.minimum_cell} "
        f"{study.file.unit.many} with, or without, the outcome.",
        [f"{cell['variable']} '{cell['level']}'" for cell in small.to_dict("records")],
        remedy,
    )


def _looked_at(
    data: ModelData, rows: pd.Series, small: pd.DataFrame, empty: list[Column]
) -> Iterator[Happened]:
    """What was found in the cells of a model: levels put together, small, and of nobody."""
    for variable, new_level in data.terms.together:
        n = int((data.terms.levels[variable][rows] == new_level).sum())
        yield Happened("put_together", variable, new_level, n)
    for cell in small.to_dict("records"):
        n = min(cell["yes"], cell["no"])
        yield Happened("small_cell", cell["variable"], cell["level"], n)
    for column in empty:
        yield Happened("nobody_has_level", column.variable, column.level)


def _unadjusted(fit: Fit, profile: bool) -> tuple[Fit, ...]:
    """One fit per explanatory variable on the rows of a fit; an interaction is no variable of its
    own. Of a model of one variable the fit itself.
    """
    variables = dict.fromkeys(column.variable for column in fit.columns)
    alone: list[Fit] = []
    for variable in variables:
        if not variable or ":" in variable:
            continue
        columns = tuple(column for column in fit.columns if column.variable in ("", variable))
        if len(columns) == len(fit.columns):
            return (fit,)
        design = fit.design[[column.name for column in columns]]
        alone.append(
            Fit(
                outcome=fit.outcome,
                model=fit.model,
                method=fit.method,
                columns=columns,
                design=design,
                event=fit.event,
                solution=solved(design, fit.event, fit.method, fit.rules, profile),
                rules=fit.rules,
                about=fit.about,
                timepoint=fit.timepoint,
            )
        )
    return tuple(alone)


def _separations(fit: Fit) -> tuple[Happened, ...]:
    """Columns of a Firth fit whose maximum-likelihood estimate would be infinite."""
    if fit.method != "firth":
        return ()
    infinite = likelihood.separated(fit.design.to_numpy(float), fit.event.to_numpy(float))
    return tuple(
        Happened("separated", column.variable, column.level or column.name)
        for column, is_infinite in zip(fit.columns, infinite, strict=True)
        if is_infinite
    )


def solved(
    design: pd.DataFrame, event: pd.Series, method: Method, rules: Regression, profile: bool
) -> Solution:
    """The estimates of a design without missing values. Raises UsageError where its columns say the
    same, or the outcome does not vary, is separated, or the estimates do not converge.
    """
    x = design.to_numpy(float)
    y = event.to_numpy(float)
    if len(y) == 0 or y.min() == y.max():
        raise UsageError("fit_logistic: nobody or everybody has the outcome.")
    _independent(design, x)
    try:
        if method == "firth":
            augmented = rules.firth_std_error == "augmented"
            return likelihood.firth(x, y, rules.confidence, augmented=augmented, profile=profile)
        solution = None if profile else _plainly_finite(x, y, rules)
        if solution is None:
            _not_separated(design, x, y)
            solution = likelihood.maximum_likelihood(x, y, rules.confidence, profile=profile)
    except ArithmeticError as error:
        raise UsageError(f"fit_logistic: {error}.") from None
    return solution


def _independent(design: pd.DataFrame, x: np.ndarray) -> None:
    """Raise UsageError, naming them, for columns that follow from those before them."""
    rank = np.linalg.matrix_rank
    if rank(x) == x.shape[1]:
        return
    raise UsageError(
        "fit_logistic: a column follows from those before it.",
        [
            str(name)
            for place, name in enumerate(design)
            if rank(x[:, : place + 1]) == rank(x[:, :place])
        ],
        "Leave one of them out, or put levels together.",
    )


def _plainly_finite(x: np.ndarray, y: np.ndarray, rules: Regression) -> Solution | None:
    """The estimates where they are found with small errors, so that the linear program need not be
    asked.

    Where they are infinite, Newton's steps end, if at all, at errors in the thousands.
    """
    try:
        solution = likelihood.maximum_likelihood(x, y, rules.confidence, profile=False)
    except ArithmeticError:
        return None
    errors = np.sqrt(np.diag(solution.covariance))
    in_spreads = errors * np.maximum(x.std(axis=0), 1e-12)
    return solution if in_spreads.max() < 10 else None


def _not_separated(design: pd.DataFrame, x: np.ndarray, y: np.ndarray) -> None:
    """Raise UsageError, naming them, for columns without a finite maximum-likelihood estimate."""
    infinite = likelihood.separated(x, y)
    if infinite.any():
        raise UsageError(
            "fit_logistic: the outcome is separated, so these have no finite estimate.",
            [str(name) for name in design.columns[infinite]],
            'Put levels together, or use method="firth", which stays finite.',
        )
