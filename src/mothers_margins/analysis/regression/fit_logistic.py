"""Logistic regression as the study declares it: what enters, and whether it may be fitted."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from mothers_margins.analysis.missing_data.imputed import Imputed
from mothers_margins.analysis.regression import likelihood
from mothers_margins.analysis.regression.fit import BY_FIRTH, Column, Fit, Happened, Method, joined
from mothers_margins.analysis.regression.formulas import from_frame, split
from mothers_margins.analysis.regression.likelihood import Solution
from mothers_margins.analysis.regression.model_data import (
    _inapplicable,
    _Prepared,
    _prepared,
    _small,
    _tabulated,
)
from mothers_margins.analysis.regression.pooled_fit import PooledFit, pool_fits
from mothers_margins.cohort.cohort import Cohort, only_recorded
from mothers_margins.errors import UsageError, expect
from mothers_margins.imputation import Imputations
from mothers_margins.results.results import Results, tidy
from mothers_margins.study.analysis_plan import Regression


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
        each = [
            fit_logistic(data.complete(i), model, method, profile=False)
            for i in range(1, data.m + 1)
        ]
        return pool_fits(tuple(fit for fit in each if isinstance(fit, Fit)), "rubin")
    if not isinstance(data, Cohort):
        expect(
            data, pd.DataFrame, "fit_logistic", "a cohort, as derive returns it, or a data frame"
        )
        design, event, columns = from_frame(data, model)
        rules, written = Regression(), split(model)[0]
        fit = _fitted(written, "formula", method or "logit", columns, design, event, rules, profile)
        return replace(fit, done=_separations(fit), unadjusted=_unadjusted(fit, profile))
    prepared = _prepared(only_recorded(data, "fit_logistic"), model, outcome)
    complete = prepared.design.notna().all(axis=1) & prepared.event.notna()
    known = int(prepared.event.notna().sum())
    left_out = Happened("term_not_known", n=known - int(complete.sum()))
    return _on_rows(prepared, complete, method, (left_out,), profile)


def _of_imputed(
    imputed: Imputed, model: str, method: Method | None, outcome: str | None
) -> PooledFit:
    """The model on every completed cohort, by one method, pooled by the plan's rule."""
    if outcome not in (None, imputed.outcome):
        raise UsageError(
            f"fit_logistic: these imputations are for {imputed.outcome}; impute for {outcome}."
        )
    named = imputed.outcome if "~" not in model else None
    only = imputed.cohort.study.terms(model, imputed.outcome) if named else None
    each = [_prepared(imputed.complete(i, only), model, named) for i in range(1, imputed.m + 1)]
    if each[0].outcome != imputed.outcome:
        raise UsageError(
            f"fit_logistic: these imputations are for {imputed.outcome}, which the formula must "
            "have left."
        )
    known = [one.design.notna().all(axis=1) & one.event.notna() for one in each]
    if any((one != known[0]).any() for one in known):
        raise UsageError(
            "fit_logistic: who is concerned by a variable differs between imputations."
        )
    holes = each[0].design.isna() & ~_inapplicable(imputed, each[0])
    gaps = sorted({one.variable or one.name for one in each[0].columns if holes[one.name].any()})
    if gaps:
        remedy = "Impute for the model that has them, or name them among the plan's auxiliaries."
        raise UsageError(
            "fit_logistic: these variables are incomplete and were not imputed in this run.",
            gaps,
            remedy,
        )
    nobody = [one for one in each if one.columns != each[0].columns]
    if nobody:
        raise UsageError("fit_logistic: the columns of the model differ between imputations.")
    outside = Happened("not_concerned", n=int((~known[0]).sum()))
    done = (outside,) if outside.n else ()
    firth = method or _one_method(each, known[0])
    fits = tuple(_on_rows(one, known[0], firth, done, profile=False) for one in each)
    variant = (
        "shifted"
        if imputed.shifts
        else imputed.composites
        if imputed.composites != "components"
        else ""
    )
    return pool_fits(fits, imputed.plan.df_rule, variant)


def _one_method(each: "list[_Prepared]", known: pd.Series) -> Method | None:
    """Firth's for all imputations if a cell is below the minimum in one of them, and the study
    declares it.
    """
    rules = each[0].study.file.regression
    if rules.below_minimum != "firth":
        return None
    small = (_small(_tabulated(one, known), rules.minimum_cell) for one in each)
    return "firth" if any(len(found) for found in small) else "logit"


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
    prepared = _prepared(cohort, model, outcome)
    rows: list[dict[str, Any]] = []
    for variable in dict.fromkeys(one.variable for one in prepared.columns if one.variable):
        chosen = [one for one in prepared.columns if one.variable in ("", variable)]
        part = replace(
            prepared, columns=tuple(chosen), design=prepared.design[[one.name for one in chosen]]
        )
        part = replace(
            part,
            levels={name: values for name, values in prepared.levels.items() if name == variable},
            together=tuple(pair for pair in prepared.together if pair[0] == variable),
        )
        fit = _on_rows(
            part, part.design.notna().all(axis=1) & part.event.notna(), None, (), profile=False
        )
        by_firth = BY_FIRTH if fit.method == "firth" else ""
        rows += [
            row | {"method": "available_case", "note": joined(str(row["note"]), by_firth)}
            for row in fit.rows("unadjusted")
        ]
    return tidy(rows, prepared.about, prepared.timepoint)


def _on_rows(
    prepared: _Prepared,
    chosen: pd.Series,
    method: Method | None,
    done: tuple[Happened, ...],
    profile: bool = True,
) -> Fit:
    """The model of the chosen rows, after its cells have been looked at."""
    rules = prepared.study.file.regression
    event = prepared.event[chosen]
    unit = prepared.study.file.unit.many
    if event.nunique() < 2:
        raise UsageError(
            "fit_logistic: among the complete cases nobody, or everybody, has the outcome."
        )
    cells = _tabulated(prepared, chosen)
    small = _small(cells, rules.minimum_cell)
    if len(small) and (method == "logit" or rules.below_minimum == "stop"):
        problems = [f"{row['variable']} '{row['level']}'" for row in small.to_dict("records")]
        wrong = (
            f"fit_logistic: levels with fewer than {rules.minimum_cell} {unit} with, or "
            "without, the outcome."
        )
        remedy = (
            "In study.yaml, put levels together (coding), or declare regression: "
            "{below_minimum: firth}."
        )
        raise UsageError(
            wrong, problems, remedy + (" Then leave method out." if method == "logit" else "")
        )
    method = method or ("firth" if len(small) else "logit")
    for name, new in prepared.together:
        together = int((prepared.levels[name][chosen] == new).sum())
        done += (Happened("put_together", name, new, together),)
    for row in small.to_dict("records"):
        done += (Happened("small_cell", row["variable"], row["level"], min(row["yes"], row["no"])),)
    design = prepared.design[chosen]
    empty = [one for one in prepared.columns if one.level and not design[one.name].any()]
    done += tuple(Happened("nobody_has_level", one.variable, one.level) for one in empty)
    columns = tuple(one for one in prepared.columns if one not in empty)
    design = design[[one.name for one in columns]]
    fit = _fitted(prepared.outcome, prepared.model, method, columns, design, event, rules, profile)
    fit = replace(fit, about=prepared.about, timepoint=prepared.timepoint, cells=cells)
    return replace(fit, done=(*done, *_separations(fit)), unadjusted=_unadjusted(fit, profile))


def _unadjusted(fit: Fit, profile: bool) -> tuple[Fit, ...]:
    """One fit per explanatory variable on the rows of a fit; an interaction is no variable of its
    own.
    """
    found = []
    for variable in dict.fromkeys(
        one.variable for one in fit.columns if one.variable and ":" not in one.variable
    ):
        part = tuple(one for one in fit.columns if one.variable in ("", variable))
        own = fit.design[[one.name for one in part]]
        if len(part) == len(fit.columns):
            return (fit,)
        alone = _fitted(
            fit.outcome, fit.model, fit.method, part, own, fit.event, fit.rules, profile
        )
        found.append(replace(alone, about=fit.about, timepoint=fit.timepoint))
    return tuple(found)


def _separations(fit: Fit) -> tuple[Happened, ...]:
    """Columns of a Firth fit whose maximum-likelihood estimate would be infinite."""
    if fit.method != "firth":
        return ()
    infinite = likelihood.separated(fit.design.to_numpy(float), fit.event.to_numpy(float))
    return tuple(
        Happened("separated", one.variable, one.level or one.name)
        for one, there in zip(fit.columns, infinite, strict=True)
        if there
    )


def _plainly_finite(x: np.ndarray, y: np.ndarray, rules: Regression) -> Solution | None:
    """The estimates where they are found with small errors, so that the linear program need not be
    asked.

    Where they are infinite, Newton's steps end, if at all, at errors in the thousands.
    """
    try:
        found = likelihood.maximum_likelihood(x, y, rules.confidence, profile=False)
    except ArithmeticError:
        return None
    small = (np.sqrt(np.diag(found.covariance)) * np.maximum(x.std(axis=0), 1e-12)).max() < 10
    return found if small else None


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
    if np.linalg.matrix_rank(x) < x.shape[1]:
        rank = np.linalg.matrix_rank
        dependent = [name for k, name in enumerate(design) if rank(x[:, : k + 1]) == rank(x[:, :k])]
        remedy = "Leave one of them out, or put levels together."
        raise UsageError(
            "fit_logistic: a column follows from those before it.", map(str, dependent), remedy
        )
    quick = None if profile or method == "firth" else _plainly_finite(x, y, rules)
    if method == "logit" and quick is None:
        infinite = [
            str(name)
            for name, there in zip(design, likelihood.separated(x, y), strict=True)
            if there
        ]
        if infinite:
            remedy = 'Put levels together, or use method="firth", which stays finite.'
            raise UsageError(
                "fit_logistic: the outcome is separated, so these have no finite estimate.",
                infinite,
                remedy,
            )
    try:
        if method == "firth":
            augmented = rules.firth_std_error == "augmented"
            solution = likelihood.firth(
                x, y, rules.confidence, augmented=augmented, profile=profile
            )
        else:
            solution = quick or likelihood.maximum_likelihood(
                x, y, rules.confidence, profile=profile
            )
    except ArithmeticError as error:
        raise UsageError(f"fit_logistic: {error}.") from None
    return Fit(outcome, model, method, columns, design, event, solution, rules)
